/* Getting devices enrolled, as scenarios. */
#include "scenario.h"

#include "store/store_enroll.h"

#define TRY(call) do { if ((call) < 0) return -1; } while (0)
/* In a store that is damaged, anything may be absent. */
#define NEED(p) do { \
	if ((p) == NULL) \
		return err_set(e, ERR_BUSY, "%s is not there", #p); \
} while (0)

static const unsigned char bound[DIGEST_LEN] = { 11 };
static const unsigned char request[DIGEST_LEN] = { 12 };

static struct ticket ticket_of(const struct world *w, unsigned char first,
	enum ticket_kind kind, uint64_t enrollment)
{
	return (struct ticket){ .kind = kind, .hash = { first },
		.created = w->now, .expires = w->now + first,
		.grant = { .source = GRANT_RENEWAL,
		.enrollment = enrollment } };
}

static struct issued issued_of(const struct world *w, const char *der,
	const char *serial)
{
	struct issued c = { .serial = serial, .subject = "CN=x", .at = w->now,
		.not_before = w->now, .not_after = w->now + 9,
		.grant = { .source = GRANT_OPEN, .udid = "A" },
		.der = bytes_str(der) };

	digest_sha256(c.der, c.cert);
	return c;
}

int scenario_prepare_enroll(struct store_tx *tx, struct world *w, uint64_t a,
	struct err *e)
{
	struct store_cert c = { .device = a, .bound = w->now,
		.not_after = w->now + 9, .serial = "ab" };
	struct ticket first = ticket_of(w, 1, TICKET_CHALLENGE, a),
	    second = ticket_of(w, 2, TICKET_INVITE, 0);
	struct account acc = { .name = "joe", .hash = "h" };
	struct issued i = issued_of(w, "der", "1");
	struct enrollment *en;

	TRY(store_cert_put(tx, bound, &c, e));
	c.revoked = w->now;
	TRY(store_cert_put(tx, request, &c, e));
	TRY(store_ticket_put(tx, &first, e));
	TRY(store_ticket_put(tx, &second, e));
	memcpy(i.request, request, DIGEST_LEN);
	TRY(store_issued_add(tx, &i, e));
	TRY(store_account_put(tx, &acc, e));
	TRY(store_enrollment_get(tx, a, w->arena, &en, e));
	en->await_until = w->now + 1;
	return store_enrollment_put(tx, en, e);
}

/* A challenge is used, its certificate bound; what is over is swept. */
int scenario_issue(struct store_tx *tx, void *arg, struct err *e)
{
	struct world *w = arg;
	struct ticket *t, invite = ticket_of(w, 3, TICKET_INVITE, 0);
	struct issued i = issued_of(w, "der 2", "2");
	struct account acc = { .name = "eve", .hash = "h" };
	unsigned char hash[DIGEST_LEN] = { 1 };
	struct store_cert c;
	struct enrollment *a;
	bool found;
	size_t n;

	TRY(store_enrollment_lookup(tx, bytes_str("A"), w->arena, &a, e));
	TRY(store_ticket_get(tx, hash, w->arena, &t, e));
	t->used = w->now;
	memcpy(t->cert, i.cert, DIGEST_LEN);
	TRY(store_ticket_put(tx, t, e));
	TRY(store_ticket_put(tx, &invite, e));
	invite.expires += 100;
	TRY(store_ticket_put(tx, &invite, e));
	TRY(store_issued_add(tx, &i, e));
	TRY(store_cert_get(tx, bound, &found, &c, e));
	c.former = w->now;
	c.valid_until = STORE_CERT_UNTIL_UPDATED;
	TRY(store_cert_put(tx, bound, &c, e));
	c = (struct store_cert){ .device = a->num, .not_after = w->now + 99 };
	TRY(store_cert_put(tx, i.cert, &c, e));
	a->await_until = 0;
	TRY(store_enrollment_put(tx, a, e));
	TRY(store_account_put(tx, &acc, e));
	TRY(store_account_del(tx, "JOE", &found, e));
	TRY(store_ticket_del(tx, invite.hash, &found, e));
	TRY(store_ticket_sweep(tx, w->now + 3, 9, &n, e));
	if (n != 2)
		return err_set(e, ERR_CONFLICT, "%zu tickets were swept", n);
	return store_issued_sweep(tx, w->now + 10, 1, &n, e);
}

int scenario_look_in(struct store_tx *tx, void *arg, struct err *e)
{
	struct world *w = arg;
	struct bytes from = { NULL, 0 }, next;
	unsigned char hash[DIGEST_LEN] = { 1 };
	struct store_cert_row *rows;
	struct account *acc, **accs;
	struct issued *i, **is;
	struct ticket *t, **ts;
	uint64_t *nums;
	size_t n;

	TRY(store_ticket_get(tx, hash, w->arena, &t, e));
	TRY(store_ticket_list(tx, TICKET_CHALLENGE, from, 9, w->arena, &ts,
	    &n, &next, e));
	TRY(store_ticket_list(tx, (enum ticket_kind)0, from, 1, w->arena, &ts,
	    &n, &next, e));
	TRY(store_issued_find(tx, request, w->arena, &i, e));
	NEED(i);
	TRY(store_issued_get(tx, i->cert, w->arena, &i, e));
	TRY(store_issued_by_serial(tx, "01", w->arena, &i, e));
	TRY(store_issued_list(tx, from, 9, w->arena, &is, &n, &next, e));
	TRY(store_cert_of(tx, 1, NULL, 9, w->arena, &rows, &n, e));
	TRY(store_cert_expiring(tx, INT64_MAX, from, 9, w->arena, &rows, &n,
	    &next, e));
	TRY(store_cert_revoked(tx, NULL, 9, w->arena, &rows, &n, e));
	TRY(store_account_get(tx, "Joe", w->arena, &acc, e));
	TRY(store_account_list(tx, NULL, 9, w->arena, &accs, &n, e));
	return store_enrollment_awaiting(tx, INT64_MAX, 9, w->arena, &nums,
	    &n, e);
}
