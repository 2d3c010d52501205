#ifndef MOORING_AUTH_BINDING_H
#define MOORING_AUTH_BINDING_H

#include "auth/devauth.h"
#include "base/err.h"
#include "conf/conf.h"
#include "store/store.h"

/*
 * May it: whether a certificate may speak for a device. One certificate
 * never speaks for two devices; former ones are remembered, and those that a
 * renewal replaced stay good for some time. Decides and binds; knows nothing
 * of messages, nor why a certificate was issued (issuance.h).
 */
enum binding {
	BINDING_OK,		/* bound to this device, current; or former,
				 * and still good after a renewal */
	BINDING_FREE,		/* bound to none; the device has another, or
				 * none */
	BINDING_FIRST,		/* free, and the device may bind at its next
				 * contact (imported) */
	BINDING_FORMER,		/* was this device's, was replaced; an
				 * Authenticate may bind it again */
	BINDING_OTHER,		/* another device's: always 400 */
};
/* device: its device-channel record, NULL when unknown (then BINDING_FREE or
 * BINDING_OTHER). cert: what is stored of the certificate; all zero when
 * nothing is. */
int binding_check(struct store_tx *tx, const struct conf *conf,
	const struct identity *who, const struct enrollment *device,
	int64_t now, struct store_cert *cert, enum binding *out,
	struct err *e);
/* Whether it is the one that the device's record names. */
bool binding_is_current(const struct enrollment *device,
	const struct identity *who);

enum binding_how {
	BINDING_ENROLLED,	/* the one before is good no more */
	BINDING_RENEWED,	/* the one before stays good until the
				 * TokenUpdate with this one, and longer */
	BINDING_AGAIN,		/* as renewed, but by one that was bound
				 * before, or is: it stays what it was */
};
/* Binds: the one bound before becomes former, and no longer does a first
 * binding wait. The DER is kept when who has it, or the request that it came
 * with; the former one's goes. Changes *device and both certificate records;
 * the caller puts the device, and has put it before when it is new (it needs
 * its number). ERR_BAD_INPUT when the certificate is another device's. */
int binding_bind(struct store_tx *tx, const struct identity *who,
	struct enrollment *device, enum binding_how how, int64_t now,
	struct err *e);

/* The TokenUpdate with the new certificate came: those that it replaced stay
 * good until then. */
int binding_confirm(struct store_tx *tx, const struct enrollment *device,
	int64_t until, struct err *e);
/* A new generation: no former one is good any more. */
int binding_end_former(struct store_tx *tx, const struct enrollment *device,
	struct err *e);

#endif
