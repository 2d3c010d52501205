#ifndef MOORING_ADMIN_OP_WEBHOOK_H
#define MOORING_ADMIN_OP_WEBHOOK_H

#include "admin/op.h"
#include "store/store_event.h"

/* Webhooks: who is told of what happens. What waits for them is op_event.h. */

#define OP_WEBHOOK_URL_MAX 2048	/* bytes */
#define OP_WEBHOOK_KEY_MAX 1024

/* What may be set; NULL: the default, or as it is. */
struct op_webhook_set {
	const char *name, *url, *topics;
	const char *key;	/* HMAC key; "": none. Default: one is made */
	const bool *idle, *paused;
};
struct op_webhook {
	struct webhook *hook;	/* its key is never shown again */
	struct webhook_state state;
};
/* ERR_BAD_INPUT names the field: url is https:// or http:// without a user
 * name in it, topics name what there is. */
int op_webhook_new(const struct op *op, const struct op_webhook_set *in,
	struct arena *a, struct op_webhook *out, struct err *e);
/* which: name or "@NUMBER". ERR_NOT_FOUND; ERR_BAD_INPUT when nothing is set.
 * Another URL, and "not paused" even
 * where it was not, end the wait after failures: it is tried at once. */
int op_webhook_change(const struct op *op, const char *which,
	const struct op_webhook_set *in, struct arena *a,
	struct op_webhook *out, struct err *e);
int op_webhook_get(const struct op *op, const char *which, struct arena *a,
	struct op_webhook *out, struct err *e);
int op_webhook_list(const struct op *op, struct arena *a,
	struct op_webhook **out, size_t *n, struct err *e);
/* With what waits for it, and what is buried. */
int op_webhook_remove(const struct op *op, const char *which, struct arena *a,
	struct err *e);
/* A key for op_webhook_set: 43 characters, from 32 random bytes. */
const char *op_webhook_key(struct arena *a);

/* In a transaction, for other ops: ERR_NOT_FOUND when there is none. */
int op_webhook_lookup(struct store_tx *tx, const char *which,
	struct arena *a, struct webhook **out, struct err *e);

#endif
