#ifndef MOORING_AUTH_BINDING_H
#define MOORING_AUTH_BINDING_H

#include "auth/devauth.h"
#include "base/err.h"
#include "conf/conf.h"
#include "store/store.h"

/*
 * May it: whether a certificate may speak for a device. One certificate
 * never speaks for two devices; former ones are remembered. Decides and
 * binds; knows nothing of messages.
 */
enum binding {
	BINDING_OK,		/* bound to this device, current */
	BINDING_FREE,		/* bound to none; the device has another, or
				 * none */
	BINDING_FIRST,		/* free, and the device may bind at its next
				 * contact (imported) */
	BINDING_FORMER,		/* was this device's, was replaced; an
				 * Authenticate may bind it again */
	BINDING_OTHER,		/* another device's: always 400 */
};
/* device: its device-channel record, NULL when unknown (then BINDING_FREE or
 * BINDING_OTHER). */
int binding_check(struct store_tx *tx, const struct conf *conf,
	const struct identity *who, const struct enrollment *device,
	enum binding *out, struct err *e);
/* Binds: the one bound before becomes former, and no longer does a first
 * binding wait. The DER is kept when who has it (devauth_der); the former
 * one's goes. Changes *device and both certificate records; the caller puts
 * the device, and has put it before when it is new (it needs its number).
 * ERR_BAD_INPUT when the certificate is another device's. */
int binding_bind(struct store_tx *tx, const struct identity *who,
	struct enrollment *device, int64_t now, struct err *e);

#endif
