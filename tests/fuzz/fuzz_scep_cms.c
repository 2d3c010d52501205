/* SCEP messages: read, opened with the key that the corpus is for, and what is
 * in it read on, as the server does it and as a device does. */
#include "fuzz.h"

#include <stdlib.h>

#include "crypto/csr.h"
#include "crypto/scep_cms.h"
#include "scep_cms_key.h"

static struct cert *cert;
static struct pkey *key;

static void load(void)
{
	static struct arena *a;
	struct err e = ERR_INIT;

	if (a != NULL)
		return;
	a = arena_new();
	if (cert_from_pem(bytes_str(ca_cert_pem), a, &cert, &e) < 0 ||
		pkey_from_pem(bytes_str(ca_key_pem), a, &key, &e) < 0)
		abort();
}

static void check(int rc, const struct err *e)
{
	if (rc < 0 && (e->kind != ERR_BAD_INPUT || e->msg[0] == '\0'))
		abort();
}

static void open_it(const struct scep_cms *m, struct arena *a)
{
	struct err e = ERR_INIT;
	struct bytes content;
	struct cert **certs;
	struct csr *csr;
	size_t n;

	if (m->transaction == NULL || m->signer == NULL || m->digest_nid == 0)
		abort();
	if ((m->envelope.p == NULL) != (m->cipher_nid == 0))
		abort();
	if (scep_cms_decrypt(m, cert, key, a, &content, &e) < 0) {
		check(-1, &e);
		return;
	}
	check(csr_from_der(content, a, &csr, NULL, &e), &e);
	check(scep_cms_certs(m, cert, key, a, &certs, &n, &e), &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	enum scep_fail fail;
	struct scep_cms m;
	int rc;

	load();
	rc = scep_cms_read(bytes_of(data, size), a, &m, &fail, &e);
	check(rc, &e);
	if (rc == 0)
		open_it(&m, a);
	arena_free(a);
	return 0;
}
