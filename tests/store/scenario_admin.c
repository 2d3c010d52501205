/* The operator's verbs, as scenarios. */
#include "scenario.h"

#include "store/store_admin.h"
#include "store/store_note.h"

#define TRY(call) do { if ((call) < 0) return -1; } while (0)
/* In a store that is damaged, anything may be absent. */
#define NEED(p) do { \
	if ((p) == NULL) \
		return err_set(e, ERR_BUSY, "%s is not there", #p); \
} while (0)

static const unsigned char first[DIGEST_LEN] = { 8 };
static const unsigned char second[DIGEST_LEN] = { 9 };

int scenario_prepare_admin(struct store_tx *tx, struct world *w, uint64_t a,
	uint64_t b, struct err *e)
{
	struct token t = { .name = "t", .scope = TOKEN_READ };
	struct audit r = { .at = w->now, .who = "w", .op = "o",
		.enrollment = b };
	struct store_cert c = { .device = b, .bound = w->now };

	TRY(store_cert_put(tx, first, &c, e));
	TRY(store_token_put(tx, &t, first, e));
	TRY(store_audit_add(tx, &r, e));
	return store_inventory_put(tx, a, INVENTORY_DEVICE, w->now,
	    bytes_str("i"), e);
}

int scenario_administer(struct store_tx *tx, void *arg, struct err *e)
{
	struct world *w = arg;
	struct token t = { .name = "new", .scope = TOKEN_ADMIN }, *old;
	struct audit r = { .at = w->now, .who = "w", .op = "o" };
	struct command c = world_command("B1");
	enum store_queued how;
	struct enrollment *b;
	bool done;
	size_t n;

	TRY(store_enrollment_lookup(tx, bytes_str("B"), w->arena, &b, e));
	TRY(store_command_put(tx, &c, &done, e));
	TRY(store_target_add(tx, b, "B1", NULL, w->now, &how, e));
	TRY(store_token_find(tx, first, w->arena, &old, e));
	old->revoked = w->now;
	TRY(store_token_put(tx, old, first, e));
	TRY(store_token_put(tx, &t, second, e));
	r.enrollment = b->num;
	TRY(store_audit_add(tx, &r, e));
	TRY(store_inventory_put(tx, b->num, INVENTORY_SECURITY, w->now,
	    bytes_str("i"), e));
	TRY(store_note_put(tx, "n", bytes_str("1"), e));
	TRY(store_enrollment_remove(tx, b->num, 100, &done, e));
	if (!done)
		return err_set(e, ERR_CONFLICT, "not removed");
	return store_audit_sweep(tx, 0, 1, 9, &n, e);
}

int scenario_look_after(struct store_tx *tx, void *arg, struct err *e)
{
	struct audit_query q = { 0, 0, 9 };
	struct world *w = arg;
	struct store_counts counts;
	struct queue_owner *o;
	struct enrollment *a, *b;
	struct token **ts, *t;
	struct audit **rs;
	struct bytes plist;
	int64_t at;
	size_t n;

	TRY(store_enrollment_lookup(tx, bytes_str("B"), w->arena, &b, e));
	NEED(b);
	TRY(store_enrollment_lookup(tx, bytes_str("A"), w->arena, &a, e));
	NEED(a);
	TRY(store_token_find(tx, first, w->arena, &t, e));
	NEED(t);
	TRY(store_token_get(tx, t->num, w->arena, &t, e));
	TRY(store_token_list(tx, 0, 9, w->arena, &ts, &n, e));
	TRY(store_audit_list(tx, &q, w->arena, &rs, &n, e));
	q.enrollment = b->num;
	TRY(store_audit_list(tx, &q, w->arena, &rs, &n, e));
	TRY(store_inventory_get(tx, a->num, INVENTORY_DEVICE, w->arena, &at,
	    &plist, e));
	TRY(store_counts(tx, &counts, e));
	TRY(store_note_get(tx, "n", w->arena, &plist, e));
	return store_queue_owners(tx, 0, 9, w->arena, &o, &n, e);
}
