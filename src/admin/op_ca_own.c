/* Our own device CA, as mooringctl uses it: what it issues, its revocation
 * list, its renewal. Which CAs are trusted is op_ca.c's; what a device asks for
 * by SCEP is scep/'s. */
#include "admin/op_ca.h"

#include <string.h>

#include "base/enc.h"
#include "base/file.h"
#include "base/log.h"
#include "crypto/cert.h"
#include "crypto/pkey.h"
#include "scep/scep_crl.h"

#define CN_MAX 64		/* ub-common-name of RFC 5280 */
#define SUBJECT_SHOWN 200
#define CLOCK_SLACK 3600	/* a device's clock may be behind */
#define CA_PEM "pki/device-ca.pem"

static int read_ca(const char *dir, struct arena *a, struct cert **ca,
	struct pkey **key, struct err *e)
{
	char *cert_path = file_path(a, dir, "pki/device-ca.pem");
	char *key_path = file_path(a, dir, "pki/device-ca.key");
	struct bytes cert_text, key_text;

	if (file_read(cert_path, OP_PEM_MAX, a, &cert_text, e) < 0 ||
		file_read(key_path, OP_PEM_MAX, a, &key_text, e) < 0)
		return -1;
	if (cert_text.p == NULL || key_text.p == NULL)
		return err_set(e, ERR_NOT_FOUND, "%s is missing",
			cert_text.p == NULL ? cert_path : key_path);
	if (cert_from_pem(cert_text, a, ca, e) < 0)
		return err_wrap(e, "%s", cert_path);
	if (pkey_from_pem(key_text, a, key, e) < 0)
		return err_wrap(e, "%s", key_path);
	return 0;
}

static int check_issue(const struct op_issue *in, struct err *e)
{
	size_t n = in->common_name != NULL ? strlen(in->common_name) : 0;

	if (n == 0 || n > CN_MAX || !str_is_utf8(in->common_name, n))
		return err_set(e, ERR_BAD_INPUT,
			"common name: use 1 to %d bytes of UTF-8", CN_MAX);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)in->common_name[i] < 0x20 ||
			in->common_name[i] == 0x7f)
			return err_set(e, ERR_BAD_INPUT,
				"common name: holds a control character");
	if (in->days == 0 || in->days > 36500)
		return err_set(e, ERR_BAD_INPUT, "days: use 1 to 36500");
	return 0;
}

struct issuing {
	const struct op *op;
	const struct issued *is;
	const char *sha256;
};

static int issue_tx(struct store_tx *tx, void *arg, struct err *e)
{
	const struct issuing *i = arg;

	if (store_issued_add(tx, i->is, e) < 0)
		return -1;
	return op_audit(tx, i->op, "ca.issue", 0, i->sha256, i->is->subject,
		e);
}

static int record(const struct op *op, const struct op_issue *in,
	const struct cert *c, const struct op_cert *shown, struct arena *a,
	struct err *e)
{
	struct issued is = { .serial = shown->serial,
		.subject = op_line(bytes_str(shown->subject), SUBJECT_SHOWN, a),
		.at = op->now, .not_before = shown->not_before,
		.not_after = shown->not_after, .der = cert_der(c, a),
		.grant = { .source = GRANT_OPERATOR, .serial = in->serial,
			.udid = in->udid } };
	struct issuing i = { op, &is, shown->sha256 };

	cert_sha256(c, is.cert);
	if (op_write(op, issue_tx, &i, e) == 0)
		return 0;
	if (grant_names(&is.grant))
		return -1;
	log_msg(LOG_WARN, "audit",
		"ca.issue is not in the audit log: %s", e->msg);
	*e = (struct err)ERR_INIT;
	return 0;
}

int op_ca_issue(const struct op *op, const struct op_issue *in,
	struct arena *a, struct op_issued *out, struct err *e)
{
	struct cert_request rq = { .profile = CERT_DEVICE,
		.common_name = in->common_name, .not_before = op->now - CLOCK_SLACK,
		.not_after = op->now + (int64_t)in->days * 86400 };
	struct pkey *ca_key, *key;
	struct cert *ca, *c;

	if (check_issue(in, e) < 0 || read_ca(op->conf->dir, a, &ca, &ca_key, e) < 0)
		return -1;
	if (rq.not_after > cert_not_after(ca))
		rq.not_after = cert_not_after(ca);
	if (rq.not_after <= op->now)
		return err_set(e, ERR_CONFLICT, "the device CA has expired");
	if ((in->ec ? pkey_new_ec_p256(a, &key, e) :
		pkey_new_rsa(2048, a, &key, e)) < 0 ||
		cert_issue(&rq, key, ca, ca_key, a, &c, e) < 0)
		return -1;
	op_ca_describe(c, a, &out->cert);
	out->pem = bytes_str(cert_pem(c, a));
	out->key_pem = bytes_str(pkey_pem(key, a));
	if (record(op, in, c, &out->cert, a, e) < 0)
		return -1;
	op_log(op, "ca.issue", out->cert.sha256);
	return 0;
}

int op_ca_crl(const struct op *op, unsigned hours, struct arena *a,
	struct bytes *der, struct err *e)
{
	struct pkey *key;
	struct cert *ca;

	if (hours == 0)
		return err_set(e, ERR_BAD_INPUT, "hours: must not be 0");
	if (read_ca(op->conf->dir, a, &ca, &key, e) < 0)
		return -1;
	return scep_crl(op->store, ca, key, op->now, (int64_t)hours * 3600, a,
		der, e);
}

int op_ca_renew(const struct op *op, unsigned days, struct arena *a,
	struct op_cert *out, struct err *e)
{
	char *path = file_path(a, op->conf->dir, CA_PEM);
	struct cert_request rq = { .profile = CERT_DEVICE_CA,
		.not_before = op->now - 86400,
		.not_after = op->now + (int64_t)days * 86400 };
	struct op_certs trusted;
	struct pkey *key;
	struct cert *ca, *c;
	struct bytes pem;

	if (days == 0 || days > 36500)
		return err_set(e, ERR_BAD_INPUT, "days: use 1 to 36500");
	if (read_ca(op->conf->dir, a, &ca, &key, e) < 0)
		return -1;
	rq.common_name = cert_common_name(ca, a);
	if (rq.common_name == NULL)
		return err_set(e, ERR_CONFLICT, "%s: the CA has no common "
			"name, or was not made by mooringctl init", path);
	if (cert_issue(&rq, key, NULL, key, a, &c, e) < 0)
		return -1;
	if (strcmp(cert_subject(c, a), cert_subject(ca, a)) != 0)
		return err_set(e, ERR_CONFLICT, "%s: its subject is more than "
			"a common name: renew it where it was made", path);
	pem = bytes_str(cert_pem(c, a));
	/* Trusted before it is used: a worker may see one file first. */
	if (op_ca_trust(op, pem, a, &trusted, e) < 0 ||
		file_write(path, pem, 0600, e) < 0)
		return -1;
	op_ca_describe(c, a, out);
	op_audit_done(op, "ca.renew", out->sha256,
		op_line(bytes_str(out->subject), SUBJECT_SHOWN, a));
	return 0;
}
