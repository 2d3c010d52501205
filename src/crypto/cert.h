#ifndef MOORING_CRYPTO_CERT_H
#define MOORING_CRYPTO_CERT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/digest.h"

/* X.509 certificates (RFC 5280). `struct cert` is immutable and may be
 * shared by threads. */
struct cert;

/* The first certificate of a PEM text / one DER certificate, no trailing
 * data. Freed with the arena. ERR_BAD_INPUT when it is none. */
int cert_from_pem(struct bytes pem, struct arena *a, struct cert **out,
	struct err *e);
int cert_from_der(struct bytes der, struct arena *a, struct cert **out,
	struct err *e);
/* The DER of the first certificate of a PEM text, without parsing it. */
int cert_pem_der(struct bytes pem, struct arena *a, struct bytes *der,
	struct err *e);

struct bytes cert_der(const struct cert *c, struct arena *a);
char *cert_pem(const struct cert *c, struct arena *a);
void cert_sha256(const struct cert *c, unsigned char out[DIGEST_LEN]);
/* One line, RFC 2253 order, at most 255 bytes. */
char *cert_subject(const struct cert *c, struct arena *a);
/* The UID of the subject (0.9.2342.19200300.100.1.1), as UTF-8: a push
 * certificate's topic. NULL: none, or more than one, or it is empty or holds
 * control characters. */
char *cert_uid(const struct cert *c, struct arena *a);
/* The first common name of the subject; NULL: none, or it is empty or holds
 * control characters. */
char *cert_common_name(const struct cert *c, struct arena *a);
char *cert_serial_hex(const struct cert *c, struct arena *a);
int64_t cert_not_before(const struct cert *c);
int64_t cert_not_after(const struct cert *c);

/* ERR_BAD_INPUT "certificate expired on …" / "not valid before …"; both ends
 * are still valid. The second is for a cache that kept only the dates. */
int cert_valid_at(const struct cert *c, int64_t now, struct err *e);
int cert_dates_at(int64_t not_before, int64_t not_after, int64_t now,
	struct err *e);

/* Reads every certificate of a PEM file (for `ca trust`, `ca list`); none is
 * no error. Other PEM blocks are passed over. */
int cert_list_pem(struct bytes pem, struct arena *a, struct cert ***out,
	size_t *n, struct err *e);
bool cert_is_ca(const struct cert *c);
bool cert_is_rsa(const struct cert *c);
/* SHA-256 of the SubjectPublicKeyInfo, as csr_key_sha256. */
void cert_key_sha256(const struct cert *c, unsigned char out[DIGEST_LEN]);

/*
 * The trusted device CAs. A certificate is trusted, whatever the web server
 * decided, when a certificate of the bundle is its issuer: each of them, root
 * or intermediate, is an anchor by itself, so an intermediate must stand in
 * the bundle. And it must have an extended key usage with clientAuth, key
 * usage digitalSignature where there is a key usage, an RSA key of 1024 bits
 * or more or an EC key of 192 or more, and no signature by MD5.
 *
 * Dates: those of the device's certificate are checked apart, at each
 * request, by cert_dates_at. Those of a CA are not looked at: a CA that
 * expires would take every device it signed off at one moment, with nobody to
 * renew them through. A CA ends when the operator takes it out of the bundle
 * (trust_expires tells when to warn).
 *
 * Immutable; shared by threads.
 */
struct trust;
/* ERR_NOT_FOUND: no such file. ERR_BAD_INPUT: damaged, or no certificate in
 * it. */
int trust_open(const char *bundle_path, struct trust **out, struct err *e);
void trust_close(struct trust *t);	/* NULL is fine */
/* The number of certificates in the bundle. */
unsigned trust_count(const struct trust *t);
/* When the first of them expires. */
int64_t trust_expires(const struct trust *t);
/* 0 when it is trusted, else -1 ERR_BAD_INPUT: "certificate is not trusted:
 * …", "certificate lacks clientAuth". */
int trust_verify(const struct trust *t, const struct cert *c, struct err *e);
/*
 * The same for one who signed a message, with the certificates that came
 * along: a chain of at most 5 of them up to one of the bundle. No usage is
 * asked of the signer (Apple's device certificates have none); each of the
 * chain has a key and signature as above. now: within the dates of all of
 * them, or TRUST_ANY_TIME: dates are not looked at.
 */
#define TRUST_ANY_TIME INT64_MIN
int trust_verify_chain(const struct trust *t, const struct cert *c,
	struct cert *const *others, size_t n, int64_t now, struct err *e);
/* What OpenSSL's verification code means ("certificate has expired"), where a
 * web server passes the bare number. Static. */
const char *trust_reason(long code);

#endif
