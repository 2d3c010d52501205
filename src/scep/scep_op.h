#ifndef MOORING_SCEP_SCEP_OP_H
#define MOORING_SCEP_SCEP_OP_H

#include "base/arena.h"
#include "base/err.h"
#include "conf/conf.h"
#include "store/store.h"

/*
 * SCEP operations (RFC 8894 3, 4). Knows neither HTTP nor OpenSSL: bytes in,
 * bytes out. What is refused in SCEP's own terms is a reply too; an error is
 * only what cannot be answered so.
 */
#define SCEP_BODY_MAX ((size_t)128 << 10)

struct scep_crl_cache;
struct scep_context {
	struct store *store;
	const struct conf *conf;
	int64_t now;
	struct arena *arena;
	struct scep_crl_cache *crls;	/* scep_crl.h; NULL: none is kept */
};

/* GetCACaps: text, one capability a line. Static. */
const char *scep_caps(void);
/* GetCACert: ERR_BUSY where there is no CA. *several tells that it is a
 * degenerate SignedData. */
int scep_ca_cert(const struct scep_context *cx, struct bytes *out,
	bool *several, struct err *e);

/* What is said of it in the log. */
struct scep_done {
	const char *type;	/* "PKCSReq" …; NULL: not read */
	const char *transaction;	/* NULL; untrusted text */
	const char *serial;	/* issued or sent again; NULL */
	const char *refused;	/* one line; NULL: SUCCESS */
	bool again;		/* the certificate of an earlier request */
	bool wrong_challenge;	/* refused since nobody gave it out */
	uint64_t enrollment;	/* a renewal of it; 0 */
};
/* PKIOperation. */
int scep_pki_operation(const struct scep_context *cx, struct bytes message,
	struct bytes *out, struct scep_done *done, struct err *e);

#endif
