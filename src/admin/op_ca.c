/* The device CAs that are trusted: the bundle is kept here; the rules of trust
 * are crypto/trust's. Our own CA is op_ca_own.c's. */
#include "admin/op_ca.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/file.h"
#include "crypto/cert.h"

#define BUNDLE "pki/device-ca.bundle.pem"
#define BUNDLE_MAX ((size_t)16 << 20)
#define SUBJECT_SHOWN 200

void op_ca_describe(const struct cert *c, struct arena *a,
	struct op_cert *out)
{
	unsigned char sha256[DIGEST_LEN];

	cert_sha256(c, sha256);
	*out = (struct op_cert){ .subject = cert_subject(c, a),
		.serial = cert_serial_hex(c, a),
		.not_before = cert_not_before(c), .not_after = cert_not_after(c) };
	enc_hex_to(out->sha256, sha256, sizeof(sha256));
}

static int read_bundle(const char *path, struct arena *a, struct bytes *text,
	struct cert ***list, size_t *n, struct err *e)
{
	*n = 0;
	if (file_read(path, BUNDLE_MAX, a, text, e) < 0)
		return -1;
	if (text->p == NULL)
		return 0;
	return cert_list_pem(*text, a, list, n, e) < 0 ?
		err_wrap(e, "%s", path) : 0;
}

static bool is_among(const struct op_cert *c, const struct op_certs *in)
{
	for (size_t i = 0; i < in->n; i++)
		if (strcmp(c->sha256, in->list[i].sha256) == 0)
			return true;
	return false;
}

static struct op_certs describe_all(struct cert *const *list, size_t n,
	struct arena *a)
{
	struct op_certs out = { arena_alloc(a, n * sizeof(*out.list)), n };

	for (size_t i = 0; i < n; i++)
		op_ca_describe(list[i], a, &out.list[i]);
	return out;
}

static int check_cas(struct cert *const *list, const struct op_certs *certs,
	struct err *e)
{
	if (certs->n == 0)
		return err_set(e, ERR_BAD_INPUT, "no PEM certificate in it");
	for (size_t i = 0; i < certs->n; i++)
		if (!cert_is_ca(list[i]))
			return err_set(e, ERR_BAD_INPUT, "certificate %zu (%.100s)"
				" is not a CA: its basic constraints do not say "
				"CA, or it may not sign certificates", i + 1,
				certs->list[i].subject);
	return 0;
}

/* With the folder locked, so that two at a time do not lose one's work. */
static int add_locked(const char *path, struct cert *const *list,
	struct op_certs *out, struct arena *a, struct err *e)
{
	struct cert **old_list;
	struct op_certs old;
	struct bytes text;
	struct buf b;
	bool any = false;
	size_t n_old;
	int rc = 0;

	if (read_bundle(path, a, &text, &old_list, &n_old, e) < 0)
		return -1;
	old = describe_all(old_list, n_old, a);
	buf_init(&b, BUNDLE_MAX);
	buf_add(&b, text.p, text.n);
	if (text.n > 0 && text.p[text.n - 1] != '\n')
		buf_addc(&b, '\n');
	for (size_t i = 0; i < out->n; i++) {
		struct op_certs before = { out->list, i };

		out->list[i].added = !is_among(&out->list[i], &old) &&
			!is_among(&out->list[i], &before);
		if (out->list[i].added)
			buf_adds(&b, cert_pem(list[i], a));
		any = any || out->list[i].added;
	}
	if (b.full)
		rc = err_set(e, ERR_TOO_LARGE, "%s: would be over %zu bytes",
			path, BUNDLE_MAX);
	else if (any)
		rc = file_write(path, buf_bytes(&b), 0600, e);
	buf_fini(&b);
	return rc;
}

int op_ca_trust(const struct op *op, struct bytes pem, struct arena *a,
	struct op_certs *out, struct err *e)
{
	char *folder = file_path(a, op->conf->dir, "pki");
	struct cert **list;
	size_t n;
	int fd, rc;

	if (cert_list_pem(pem, a, &list, &n, e) < 0)
		return -1;
	*out = describe_all(list, n, a);
	if (check_cas(list, out, e) < 0)
		return -1;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(e, errno == ENOENT ? ERR_NOT_FOUND :
			ERR_INTERNAL, errno, "%s", folder);
	if (flock(fd, LOCK_EX) < 0)
		rc = err_errno(e, ERR_INTERNAL, errno, "%s: lock", folder);
	else
		rc = add_locked(file_path(a, op->conf->dir, BUNDLE), list, out,
			a, e);
	close(fd);
	for (size_t i = 0; rc == 0 && i < out->n; i++)
		if (out->list[i].added)
			op_audit_done(op, "ca.trust", out->list[i].sha256,
				op_line(bytes_str(out->list[i].subject),
					SUBJECT_SHOWN, a));
	return rc;
}

int op_ca_list(const struct op *op, struct arena *a, struct op_certs *out,
	struct err *e)
{
	char *path = file_path(a, op->conf->dir, BUNDLE);
	struct cert **list;
	struct bytes text;
	size_t n;

	if (read_bundle(path, a, &text, &list, &n, e) < 0)
		return -1;
	if (text.p == NULL)
		return err_set(e, ERR_NOT_FOUND,
			"%s is missing: make it with mooringctl init", path);
	*out = describe_all(list, n, a);
	return 0;
}

struct revoking {
	const struct op *op;
	unsigned char sha256[DIGEST_LEN];
	const char *serial;
	int64_t not_after;
	struct op_revoked *out;
};

static int revoke_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct revoking *r = arg;
	struct store_cert c;
	bool found;

	if (store_cert_get(tx, r->sha256, &found, &c, e) < 0)
		return -1;
	if (!found)
		c = (struct store_cert){ 0 };
	r->out->device = c.device;
	r->out->changed = c.revoked == 0;
	if (r->out->changed) {
		c.revoked = r->op->now;
		c.not_after = r->not_after;
		snprintf(c.serial, sizeof(c.serial), "%s", r->serial);
		if (store_cert_put(tx, r->sha256, &c, e) < 0 ||
			op_audit(tx, r->op, "ca.revoke", c.device,
				r->out->cert.sha256, NULL, e) < 0)
			return -1;
	}
	r->out->revoked = c.revoked;
	return 0;
}

static int revoke_cert(const struct op *op, const struct cert *c, struct arena *a,
	struct op_revoked *out, struct err *e)
{
	struct revoking r = { .op = op, .out = out };

	op_ca_describe(c, a, &out->cert);
	cert_sha256(c, r.sha256);
	r.serial = out->cert.serial;
	r.not_after = out->cert.not_after;
	if (store_write(op->store, revoke_tx, &r, e) < 0)
		return -1;
	if (out->changed)
		op_log(op, "ca.revoke", out->cert.sha256);
	return 0;
}

int op_ca_revoke(const struct op *op, struct bytes pem, struct arena *a,
	struct op_revoked *out, struct err *e)
{
	struct cert **list;
	size_t n;

	if (cert_list_pem(pem, a, &list, &n, e) < 0)
		return -1;
	if (n != 1)
		return err_set(e, ERR_BAD_INPUT,
			"one PEM certificate is needed, found %zu", n);
	if (cert_is_ca(list[0]))
		return err_set(e, ERR_BAD_INPUT, "%s is a CA: take it out of "
			"pki/device-ca.bundle.pem instead",
			cert_subject(list[0], a));
	return revoke_cert(op, list[0], a, out, e);
}

struct finding {
	const char *serial;
	struct arena *a;
	struct issued *found;
};

static int find_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct finding *f = arg;

	return store_issued_by_serial(tx, f->serial, f->a, &f->found, e);
}

int op_ca_revoke_serial(const struct op *op, const char *serial,
	struct arena *a, struct op_revoked *out, struct err *e)
{
	struct finding f = { .serial = serial, .a = a };
	struct cert *c;

	if (store_read(op->store, find_tx, &f, e) < 0)
		return -1;
	if (f.found == NULL)
		return err_set(e, ERR_NOT_FOUND, "no certificate with the "
			"serial number %.80s was issued here", serial);
	if (cert_from_der(f.found->der, a, &c, e) < 0)
		return -1;
	return revoke_cert(op, c, a, out, e);
}
