#ifndef MOORING_ADMIN_OP_JSON_H
#define MOORING_ADMIN_OP_JSON_H

#include "admin/op_account.h"
#include "admin/op_allow.h"
#include "admin/op_audit.h"
#include "admin/op_enrollment.h"
#include "admin/op_event.h"
#include "admin/op_guard.h"
#include "admin/op_ticket.h"
#include "admin/op_token.h"
#include "admin/op_forget.h"
#include "admin/op_webhook.h"
#include "codec/json.h"

/*
 * What operators look at, as JSON: the admin API and mooringctl --json write
 * the same. Keys are added to obj; what is not set is left out. No secret is
 * ever among them.
 */

/* RFC 3339; 0: left out. */
void op_json_time(struct json *obj, const char *key, int64_t t);
/* Bytes that should be text; what is no UTF-8 becomes U+FFFD. p NULL: left
 * out. */
void op_json_bytes(struct json *obj, const char *key, struct bytes v,
	struct arena *a);

void op_json_enrollment(struct json *obj, const struct enrollment *en,
	struct arena *a);
void op_json_shown(struct json *obj, const struct op_enrollment *s,
	struct arena *a);
void op_json_changed(struct json *obj, const struct op_changed *ch,
	struct arena *a);
void op_json_forgotten(struct json *obj, const struct op_forgotten *r,
	struct arena *a);
/* has_key, not the key. now: whether it is held. */
void op_json_webhook(struct json *obj, const struct op_webhook *w,
	int64_t now, struct arena *a);
void op_json_delivery(struct json *obj, const struct op_delivery *d,
	struct arena *a);
void op_json_guard(struct json *obj, const struct op_guard *g);
void op_json_allowed(struct json *obj, const struct store_allowed *al,
	struct arena *a);
void op_json_account(struct json *obj, const struct account *c);
/* Its hash, by which it is known; now: for its state. */
void op_json_ticket(struct json *obj, const struct ticket *t, int64_t now,
	struct arena *a);
/* now: for its state. */
void op_json_token(struct json *obj, const struct token *t, int64_t now);
/* The i-th of the page. */
void op_json_audit(struct json *obj, const struct op_audit_page *p, size_t i,
	struct arena *a);
/* "waiting", "buried". */
const char *op_delivery_state_name(enum delivery_state s);
/* "serial", "udid". */
const char *op_allow_kind_name(enum store_allow kind);

#endif
