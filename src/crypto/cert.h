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
/* DER length and bytes of the certificate in a PEM text without parsing the
 * certificate: what the caches are keyed by. */
int cert_pem_der(struct bytes pem, struct arena *a, struct bytes *der,
	struct err *e);

struct bytes cert_der(const struct cert *c, struct arena *a);
char *cert_pem(const struct cert *c, struct arena *a);
void cert_sha256(const struct cert *c, unsigned char out[DIGEST_LEN]);
/* One line, RFC 2253 order, at most 255 bytes. */
char *cert_subject(const struct cert *c, struct arena *a);
char *cert_serial_hex(const struct cert *c, struct arena *a);
int64_t cert_not_before(const struct cert *c);
int64_t cert_not_after(const struct cert *c);

/*
 * The trusted device CAs. The chain is verified by our own rules, whatever
 * the web server decided: a signature chain to a certificate of the bundle
 * (intermediates may be in the bundle; a partial chain to a trusted
 * intermediate is enough), clientAuth where an EKU is present and an EKU
 * present at all, key usage digitalSignature where present. Dates are
 * checked apart, at each request, by cert_valid_at.
 */
struct trust;
int trust_open(const char *bundle_path, struct trust **out, struct err *e);
void trust_close(struct trust *t);
/* The number of certificates in the bundle. */
unsigned trust_count(const struct trust *t);
/* extra: certificates that came with the message (may be NULL, 0). 0 when it
 * chains, else -1 ERR_BAD_INPUT saying why. */
int trust_verify(const struct trust *t, const struct cert *c, struct err *e);
/* ERR_BAD_INPUT "certificate expired on …" / "not valid before …". */
int cert_valid_at(const struct cert *c, int64_t now, struct err *e);

/* Reads every certificate of a PEM file (for `ca trust`, `ca list`). */
int cert_list_pem(struct bytes pem, struct arena *a, struct cert ***out,
	size_t *n, struct err *e);
bool cert_is_ca(const struct cert *c);

#endif
