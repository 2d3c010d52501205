#ifndef MOORING_ADMIN_OP_WEBHOOK_H
#define MOORING_ADMIN_OP_WEBHOOK_H

#include "admin/op.h"
#include "store/store_event.h"

/* Webhooks, and the deliveries to them. */

/* What may be set; NULL: the default, or as it is. */
struct op_webhook_set {
	const char *name, *url, *topics;
	const char *key;	/* HMAC key; "": none */
	const bool *idle, *paused;
};
struct op_webhook {
	struct webhook *hook;
	struct webhook_state state;
};
/* ERR_BAD_INPUT names the field: url is https:// or http://, topics name what
 * there is. */
int op_webhook_new(const struct op *op, const struct op_webhook_set *in,
	struct arena *a, struct op_webhook *out, struct err *e);
/* which: name or "@NUMBER". ERR_NOT_FOUND. */
int op_webhook_change(const struct op *op, const char *which,
	const struct op_webhook_set *in, struct arena *a,
	struct op_webhook *out, struct err *e);
int op_webhook_get(const struct op *op, const char *which, struct arena *a,
	struct op_webhook *out, struct err *e);
int op_webhook_list(const struct op *op, struct arena *a,
	struct op_webhook **out, size_t *n, struct err *e);
int op_webhook_remove(const struct op *op, const char *which, struct arena *a,
	struct err *e);

struct op_deliveries {
	struct delivery *list;
	size_t n;
	struct bytes next;
};
int op_delivery_list(const struct op *op, const struct delivery_query *q,
	struct arena *a, struct op_deliveries *out, struct err *e);
/* ERR_NOT_FOUND: no such event or webhook. */
int op_event_replay(const struct op *op, const char *which, uint64_t seq,
	bool *queued, struct arena *a, struct err *e);
/* All that is buried of a webhook, in bounded transactions; *n counts. */
int op_event_replay_all(const struct op *op, const char *which, uint64_t *n,
	struct arena *a, struct err *e);
/* The event as a webhook gets it. ERR_NOT_FOUND. */
int op_event_show(const struct op *op, uint64_t seq, struct arena *a,
	char **json, struct err *e);

#endif
