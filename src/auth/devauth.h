#ifndef MOORING_AUTH_DEVAUTH_H
#define MOORING_AUTH_DEVAUTH_H

#include "base/err.h"
#include "conf/conf.h"
#include "crypto/digest.h"
#include "http/request.h"
#include "store/store.h"

/*
 * Who is it: the certificate behind a device's request. Sources in the
 * configured order; two that are both present and differ are refused. The
 * cache by certificate digest holds only parsing and the chain; validity is
 * checked now and revocation read from the store, at each request.
 */
struct identity {
	enum conf_source source;
	unsigned char cert[DIGEST_LEN];	/* SHA-256 of the DER */
	const char *subject;		/* for logs; in the request's arena */
	int64_t not_after;		/* 0: not known */
	char serial[STORE_SERIAL_LEN + 1];	/* hexadecimal; "": not known */
	struct bytes der;		/* of devauth_der; else {NULL, 0} */
	/* Where it came from, for who needs the DER after all; may be NULL. */
	const struct request *rq;
};

struct devauth;
/* bundle: DIR/pki/device-ca.bundle.pem, read again when it changes (looked
 * at once a second at most). One that is missing or damaged leaves the old
 * one in force, raises one alert, and fails nothing: without any, every
 * certificate is "not trusted" until there is one. */
int devauth_open(const char *bundle, struct devauth **out, struct err *e);
void devauth_close(struct devauth *da);

/*
 * 0, or -1: ERR_BAD_INPUT with one plain line (no certificate, untrusted,
 * expired, revoked, two that differ, bad signature), ERR_BUSY when the store
 * cannot be asked. A source that is configured and present must be good, even
 * when another one is. An Mdm-Signature covers rq->body: refuse a body that
 * is cut or too large first, or this says that it does not match.
 */
int devauth_identify(struct devauth *da, struct store *st,
	const struct conf *conf, const struct request *rq,
	struct identity *out, struct err *e);

/* The certificate itself, for whoever binds it: who->der, in the request's
 * arena. Decodes the request anew, so only where it may be needed. */
int devauth_der(const struct request *rq, struct identity *who,
	struct err *e);

#endif
