/* The keys and certificates of a new data directory. A key that is there is
 * used, never replaced; each certificate is written after its key, so what
 * is there is always whole. */
#include "admin/op_init_steps.h"

#include <string.h>

#include "base/file.h"
#include "crypto/cert.h"
#include "crypto/pkey.h"

#define PEM_MAX ((size_t)1 << 20)
#define CA_KEY_BITS 3072	/* RSA, which every SCEP client knows */
#define DAY 86400
#define CA_DAYS 7300
#define SERVER_DAYS 825		/* the most that Apple's systems accept */

/* The key that is there, or a new one. */
static int key_at(struct init_run *in, const char *name, bool rsa,
	struct pkey **out, struct err *e)
{
	const char *path = file_path(in->a, in->dir, name);
	struct bytes text;

	if (file_read(path, PEM_MAX, in->a, &text, e) < 0)
		return -1;
	if (text.p != NULL) {
		init_said(in, OP_KEPT, name, "");
		return pkey_from_pem(text, in->a, out, e) < 0 ?
			err_wrap(e, "%s", path) : 0;
	}
	if ((rsa ? pkey_new_rsa(CA_KEY_BITS, in->a, out, e) :
		pkey_new_ec_p256(in->a, out, e)) < 0 ||
		file_write(path, bytes_str(pkey_pem(*out, in->a)), 0600, e) < 0)
		return -1;
	init_said(in, OP_MADE, name, "");
	return 0;
}

/* With its issuer behind it, unless that is NULL. */
static int write_cert(struct init_run *in, const char *name, const struct cert *c,
	const struct cert *issuer, struct err *e)
{
	char *pem = arena_printf(in->a, "%s%s", cert_pem(c, in->a),
		issuer != NULL ? cert_pem(issuer, in->a) : "");

	if (file_write(file_path(in->a, in->dir, name), bytes_str(pem), 0600,
		e) < 0)
		return -1;
	init_said(in, OP_MADE, name, cert_subject(c, in->a));
	return 0;
}

/* HOST of https://HOST[:PORT] or https://[V6][:PORT], which conf checked. */
static const char *host_of(const char *url, struct arena *a)
{
	const char *host = url + strlen("https://");
	size_t n = strcspn(host, ":");

	if (*host == '[') {
		host++;
		n = strcspn(host, "]");
	}
	return arena_str(a, bytes_of(host, n));
}

static bool is_there(struct init_run *in, const char *name)
{
	return file_exists(file_path(in->a, in->dir, name));
}

/* As the certificate is there, whether its key is too. An operator may keep
 * the key elsewhere; a new one would not match. */
static void kept_pair(struct init_run *in, const char *cert, const char *key,
	const char *without)
{
	init_said(in, OP_KEPT, cert, "");
	if (is_there(in, key))
		init_said(in, OP_KEPT, key, "");
	else
		init_said(in, OP_NOTE, key, without);
}

int init_pki_devices(struct init_run *in, struct err *e)
{
	static const char cert_name[] = "pki/device-ca.pem";
	static const char bundle[] = "pki/device-ca.bundle.pem";
	struct cert_request rq = { .profile = CERT_DEVICE_CA,
		.not_before = in->options->now - DAY,
		.not_after = in->options->now + (int64_t)CA_DAYS * DAY };
	struct bytes text;
	struct pkey *key;
	struct cert *ca;

	if (is_there(in, cert_name)) {
		kept_pair(in, cert_name, "pki/device-ca.key",
			"is not here: device certificates cannot be issued");
	} else {
		rq.common_name = arena_printf(in->a, "Mooring device CA %.44s",
			host_of(in->conf->url, in->a));
		if (key_at(in, "pki/device-ca.key", true, &key, e) < 0 ||
			cert_issue(&rq, key, NULL, key, in->a, &ca, e) < 0 ||
			write_cert(in, cert_name, ca, NULL, e) < 0)
			return -1;
	}
	if (is_there(in, bundle)) {
		init_said(in, OP_KEPT, bundle, "");
		return 0;
	}
	if (file_read(file_path(in->a, in->dir, cert_name), PEM_MAX, in->a,
		&text, e) < 0 ||
		file_write(file_path(in->a, in->dir, bundle), text, 0600, e) < 0)
		return -1;
	init_said(in, OP_MADE, bundle, "");
	return 0;
}

int init_pki_server(struct init_run *in, struct err *e)
{
	const char *host = host_of(in->conf->url, in->a);
	struct cert_request root_rq = { .profile = CERT_SERVER_CA,
		.not_before = in->options->now - DAY,
		.not_after = in->options->now + (int64_t)SERVER_DAYS * DAY };
	struct cert_request rq = root_rq;
	struct pkey *root_key, *key;
	struct cert *root, *c;

	if (is_there(in, "pki/server.pem")) {
		kept_pair(in, "pki/server.pem", "pki/server.key",
			"is not here: put the key of server.pem there");
		if (is_there(in, "pki/server-root.pem"))
			init_said(in, OP_KEPT, "pki/server-root.pem", "");
		return 0;
	}
	rq.profile = CERT_SERVER;
	rq.not_after -= DAY;
	rq.host = host;
	rq.common_name = arena_printf(in->a, "%.64s", host);
	root_rq.common_name = arena_printf(in->a, "Mooring try-out root %.43s",
		host);
	/* Without server.pem, a server-root.pem is the rest of a run that was
	 * cut off: its key is gone, it has signed nothing. */
	if (key_at(in, "pki/server.key", false, &key, e) < 0 ||
		pkey_new_ec_p256(in->a, &root_key, e) < 0 ||
		cert_issue(&root_rq, root_key, NULL, root_key, in->a, &root,
			e) < 0 ||
		cert_issue(&rq, key, root, root_key, in->a, &c, e) < 0 ||
		write_cert(in, "pki/server-root.pem", root, NULL, e) < 0 ||
		/* lighttpd 1.4.69 ends every handshake with a lone
		 * certificate that another one signed. */
		write_cert(in, "pki/server.pem", c, root, e) < 0)
		return -1;
	return 0;
}
