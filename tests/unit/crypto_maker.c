/* Makes in a folder what src/crypto sends to others, for test_crypto_made.py
 * to read with implementations that are not ours: crypto_maker DIR. The keys
 * are tests/data/crypto/scep's. */
#include <stdio.h>
#include <stdlib.h>

#include <openssl/obj_mac.h>

#include "base/file.h"
#include "crypto/cms.h"
#include "crypto/crl.h"
#include "crypto/csr.h"
#include "crypto/scep_cms.h"

#define NOW 1800000000	/* 2027 */
#define YEAR 31536000

static struct arena *a;
static struct err e;
static const char *dir;
static struct cert *ca, *device;
static struct pkey *ca_key, *device_key;

static void must(int rc, const char *what)
{
	if (rc < 0) {
		fprintf(stderr, "%s: %s\n", what, e.msg);
		exit(1);
	}
}

static struct bytes data(const char *name)
{
	struct bytes b = { NULL, 0 };

	must(file_read(arena_printf(a, "%s/crypto/scep/%s", getenv("TEST_DATA"), name),
		1 << 20, a, &b, &e), name);
	return b;
}

static void put(const char *name, struct bytes b)
{
	must(file_write(file_path(a, dir, name), b, 0600, &e), name);
}

static void load(void)
{
	must(cert_from_pem(data("ca.pem"), a, &ca, &e), "ca");
	must(cert_from_pem(data("device.pem"), a, &device, &e), "device");
	must(pkey_from_pem(data("ca.key"), a, &ca_key, &e), "ca key");
	must(pkey_from_pem(data("device.key"), a, &device_key, &e), "device key");
}

static struct cert *make_certs(void)
{
	const struct cert_request rq = { .profile = CERT_DEVICE,
		.common_name = "Ger\u00e4t, 1", .organization = "B\u00fcro",
		.unit = "MDM", .not_before = NOW, .not_after = NOW + YEAR };
	struct bytes der;
	struct csr *csr;
	struct cert *c;

	must(csr_new(device_key, "device", "a challenge", a, &der, &e), "csr");
	put("csr.der", der);
	must(csr_from_der(data("csr-rsa.der"), a, &csr, NULL, &e), "read csr");
	must(cert_issue_csr(&rq, csr, ca, ca_key, a, &c, &e), "issue");
	put("issued.pem", bytes_str(cert_pem(c, a)));
	return c;
}

static void make_crls(const struct cert *revoked)
{
	const struct crl_row rows[] = { { "7f01", NOW - 5 },
		{ cert_serial_hex(revoked, a), NOW - 9 }, { "02", NOW - 7 } };
	struct crl_request rq = { .rows = rows, .n = 3, .this_update = NOW,
		.next_update = NOW + YEAR, .number = 0x1234567890 };
	struct bytes der;

	must(crl_make(&rq, ca, ca_key, a, &der, &e), "crl");
	put("crl.der", der);
	put("crl.pem", bytes_str(crl_pem(der, a)));
	rq.n = 0;
	must(crl_make(&rq, ca, ca_key, a, &der, &e), "empty crl");
	put("crl-empty.der", der);
}

static void make_profile(const struct cert *c)
{
	const struct cert *const chain[] = { c, ca };
	struct bytes der;

	must(cms_sign_attached(c, device_key, chain, 2,
		bytes_str("<plist>\n\t<true/>\r\n</plist>\n"), a, &der, &e), "profile");
	put("profile.p7m", der);
}

static void make_scep(const struct cert *issued, int digest, int cipher, const char *name)
{
	const struct cert *const certs[] = { issued, ca };
	struct scep_cms_request rq = { .type = SCEP_PKCS_REQ, .transaction = "T-1",
		.content = data("csr-rsa.der"), .digest_nid = digest,
		.cipher_nid = cipher };
	struct scep_cms_reply r = { .status = SCEP_SUCCESS, .certs = certs, .n_certs = 2 };
	enum scep_fail fail;
	struct scep_cms m;
	struct bytes out;

	must(scep_cms_request(&rq, ca, device, device_key, a, &out, &e), "request");
	put(arena_printf(a, "request-%s.der", name), out);
	must(scep_cms_read(out, a, &m, &fail, &e), "read");
	must(scep_cms_reply(&m, &r, ca, ca_key, a, &out, &e), "reply");
	put(arena_printf(a, "reply-%s.der", name), out);
	r = (struct scep_cms_reply){ .status = SCEP_FAILURE, .fail = SCEP_BAD_REQUEST,
		.fail_text = "no" };
	must(scep_cms_reply(&m, &r, ca, ca_key, a, &out, &e), "refusal");
	put(arena_printf(a, "failure-%s.der", name), out);
	put("degenerate.p7c", scep_cms_degenerate(certs, 2, a));
}

int main(int argc, char **argv)
{
	struct cert *issued;

	if (argc != 2 || getenv("TEST_DATA") == NULL)
		return 2;
	dir = argv[1];
	a = arena_new();
	load();
	issued = make_certs();
	make_crls(issued);
	make_profile(issued);
	make_scep(issued, NID_sha1, NID_des_ede3_cbc, "old");
	make_scep(issued, NID_sha256, NID_aes_128_cbc, "new");
	make_scep(issued, NID_sha512, NID_aes_256_cbc, "strong");
	arena_free(a);
	return 0;
}
