#ifndef MOORING_COURIER_EXPIRY_H
#define MOORING_COURIER_EXPIRY_H

#include "base/arena.h"
#include "base/err.h"
#include "conf/conf.h"
#include "store/store.h"

/* How far the end of a certificate has come: 0: more than 30 days ahead; 1
 * to 4: within 30, 14, 7, 1 days; 5: over. Pure. */
#define EXPIRY_OVER 5
unsigned expiry_stage(int64_t not_after, int64_t now);

/*
 * Warns of certificates that end soon, once at each stage: the trusted device
 * CAs, our own device CA, the TLS certificate pki/server.pem
 * (mooring.certificate_expiring) and the push certificates
 * (mooring.push_certificate_expiring). The store remembers what was warned
 * of. *events is set when a webhook takes one.
 */
int expiry_look(struct store *st, const struct conf *conf, int64_t now,
	struct arena *a, bool *events, struct err *e);

#endif
