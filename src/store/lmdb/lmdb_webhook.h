#ifndef MOORING_STORE_LMDB_LMDB_WEBHOOK_H
#define MOORING_STORE_LMDB_LMDB_WEBHOOK_H

#include "store/lmdb/lmdb_tx.h"
#include "store/store_event.h"

/* The numbers of all webhooks, ascending. */
struct lmdb_webhooks {
	uint64_t num[STORE_WEBHOOKS_MAX];
	size_t n;
};
int lmdb_webhooks(struct lmdb_tx *tx, struct lmdb_webhooks *out,
	struct err *e);
/* Of those, the ones that take this event. */
int lmdb_webhooks_for(struct lmdb_tx *tx, const char *topic, bool idle,
	struct lmdb_webhooks *out, struct err *e);
/* When it may be given something; INT64_MAX: never, since it is paused or not
 * there. */
int lmdb_webhook_open_at(struct lmdb_tx *tx, uint64_t num, int64_t *out,
	struct err *e);

/* The record, without URL and key. */
int lmdb_webhook_parse(struct lmdb_tx *tx, uint64_t num, struct bytes v,
	struct arena *a, struct webhook *out, struct err *e);
/* Adds URL and key. */
int lmdb_webhook_load_secret(struct lmdb_tx *tx, struct arena *a,
	struct webhook *w, struct err *e);
int lmdb_webhook_state_parse(struct lmdb_tx *tx, struct bytes v,
	struct arena *a, struct webhook_state *out, struct err *e);

__typeof__(store_webhook_put) lmdb_webhook_put;
__typeof__(store_webhook_get) lmdb_webhook_get;
__typeof__(store_webhook_list) lmdb_webhook_list;
__typeof__(store_webhook_del) lmdb_webhook_del;
__typeof__(store_webhook_state_get) lmdb_webhook_state_get;
__typeof__(store_webhook_state_put) lmdb_webhook_state_put;

#endif
