/* What is handed out: tickets, and the certificates issued for them. */
#include "contract.h"

#include "base/buf.h"
#include "store/store_enroll.h"

static const struct bytes start = { NULL, 0 };

/* ---- tickets ---- */

static struct ticket ticket_of(unsigned char first, enum ticket_kind kind,
	int64_t expires)
{
	return (struct ticket){ .kind = kind, .hash = { first },
		.created = 5, .expires = expires,
		.grant = { .source = GRANT_OPERATOR } };
}

static void put_ticket(struct world *w, const struct ticket *t)
{
	OK(store_ticket_put(world_write(w), t, &w->err));
	world_commit(w);
}

static struct ticket *ticket(struct world *w, unsigned char first)
{
	unsigned char hash[DIGEST_LEN] = { first };
	struct ticket *t;

	OK(store_ticket_get(world_read(w), hash, w->arena, &t, &w->err));
	world_end(w);
	return t;
}

/* The first bytes of the hashes, page by page. */
static const char *tickets(struct world *w, enum ticket_kind kind,
	size_t limit)
{
	struct bytes at = start;
	struct ticket **ts;
	struct buf got;
	size_t n;

	buf_init(&got, 4096);
	do {
		OK(store_ticket_list(world_read(w), kind, at, limit, w->arena,
		    &ts, &n, &at, &w->err));
		world_end(w);
		assert_true(n <= limit && (n == limit || at.p == NULL));
		for (size_t i = 0; i < n; i++)
			buf_addc(&got, (char)ts[i]->hash[0]);
	} while (at.p != NULL);
	buf_addc(&got, '\0');
	at = arena_bytes(w->arena, buf_bytes(&got));
	buf_fini(&got);
	return (const char *)at.p;
}

static size_t sweep_tickets(struct world *w, int64_t before, size_t limit)
{
	size_t n;

	OK(store_ticket_sweep(world_write(w), before, limit, &n, &w->err));
	world_commit(w);
	world_check(w);
	return n;
}

static void test_ticket_fields(void **state)
{
	struct world *w = *state;
	struct ticket t = ticket_of('a', TICKET_INVITE, 100), *got;

	assert_null(ticket(w, 'a'));
	t.grant = (struct grant){ .source = GRANT_RENEWAL, .serial = "S",
		.udid = "U", .enrollment = 7, .account = "joe@example.org",
		.facts = bytes_of("f\0f", 3), .has_invite = true,
		.invite = { 9, 8 } };
	t.used = 50;
	t.fetched = 3;
	t.cert[31] = 4;
	put_ticket(w, &t);
	world_check(w);
	got = ticket(w, 'a');
	assert_int_equal(got->kind, TICKET_INVITE);
	assert_memory_equal(got->hash, t.hash, DIGEST_LEN);
	assert_int_equal(got->created, 5);
	assert_int_equal(got->expires, 100);
	assert_int_equal(got->used, 50);
	assert_int_equal(got->fetched, 3);
	assert_memory_equal(got->cert, t.cert, DIGEST_LEN);
	assert_int_equal(got->grant.source, GRANT_RENEWAL);
	assert_string_equal(got->grant.serial, "S");
	assert_string_equal(got->grant.udid, "U");
	assert_int_equal(got->grant.enrollment, 7);
	assert_string_equal(got->grant.account, "joe@example.org");
	assert_true(bytes_eq(got->grant.facts, t.grant.facts));
	assert_true(got->grant.has_invite);
	assert_memory_equal(got->grant.invite, t.grant.invite, DIGEST_LEN);

	/* Nothing is left of what is replaced. */
	t = ticket_of('a', TICKET_LOGIN, 200);
	put_ticket(w, &t);
	world_check(w);
	got = ticket(w, 'a');
	assert_int_equal(got->kind, TICKET_LOGIN);
	assert_int_equal(got->used, 0);
	assert_int_equal(got->fetched, 0);
	assert_memory_equal(got->cert, t.cert, DIGEST_LEN);
	assert_int_equal(got->grant.source, GRANT_OPERATOR);
	assert_null(got->grant.serial);
	assert_null(got->grant.udid);
	assert_null(got->grant.account);
	assert_null(got->grant.facts.p);
	assert_int_equal(got->grant.enrollment, 0);
	assert_false(got->grant.has_invite);
	assert_string_equal(tickets(w, TICKET_INVITE, 9), "");
	assert_string_equal(tickets(w, TICKET_LOGIN, 9), "a");
}

static void test_ticket_lists(void **state)
{
	static const struct {
		char first;
		enum ticket_kind kind;
		int64_t expires;
	} rows[] = {
		{ 'a', TICKET_CHALLENGE, 300 }, { 'b', TICKET_INVITE, 200 },
		{ 'c', TICKET_LOGIN, 400 }, { 'd', TICKET_CHALLENGE, 100 },
		{ 'e', TICKET_CHALLENGE, 200 }, { 'f', TICKET_INVITE, 0 },
		{ 'g', TICKET_LOGIN, INT64_MAX }, { 'h', TICKET_LOGIN, -9 },
	};
	struct world *w = *state;
	struct ticket t, **ts;
	struct bytes next;
	size_t n;

	assert_string_equal(tickets(w, 0, 3), "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		t = ticket_of((unsigned char)rows[i].first, rows[i].kind,
		    rows[i].expires);
		put_ticket(w, &t);
	}
	world_check(w);
	for (size_t limit = 1; limit < 10; limit++) {
		assert_string_equal(tickets(w, 0, limit), "fhdbeacg");
		assert_string_equal(tickets(w, TICKET_CHALLENGE, limit),
		    "dea");
		assert_string_equal(tickets(w, TICKET_INVITE, limit), "fb");
		assert_string_equal(tickets(w, TICKET_LOGIN, limit), "hcg");
	}
	/* Expires later: stands elsewhere. */
	t = ticket_of('d', TICKET_CHALLENGE, 350);
	put_ticket(w, &t);
	assert_string_equal(tickets(w, 0, 2), "fhbeadcg");
	world_check(w);

	FAILS(store_ticket_list(world_read(w), 0, bytes_str("x"), 1, w->arena,
	    &ts, &n, &next, &w->err), ERR_BAD_INPUT);
	world_end(w);
	/* Of another kind. */
	OK(store_ticket_list(world_read(w), TICKET_INVITE, start, 1, w->arena,
	    &ts, &n, &next, &w->err));
	world_end(w);
	FAILS(store_ticket_list(world_read(w), TICKET_LOGIN, next, 1,
	    w->arena, &ts, &n, &next, &w->err), ERR_BAD_INPUT);
	world_end(w);
}

static void test_ticket_del_and_sweep(void **state)
{
	struct world *w = *state;
	unsigned char hash[DIGEST_LEN] = { 'c' };
	struct ticket t;
	bool was;

	for (unsigned char i = 0; i < 6; i++) {
		t = ticket_of((unsigned char)('a' + i), TICKET_CHALLENGE,
		    100 * (i + 1));
		t.grant.enrollment = i % 2;
		put_ticket(w, &t);
	}
	OK(store_ticket_del(world_write(w), hash, &was, &w->err));
	world_commit(w);
	assert_true(was);
	world_check(w);
	OK(store_ticket_del(world_write(w), hash, &was, &w->err));
	world_commit(w);
	assert_false(was);
	assert_null(ticket(w, 'c'));
	assert_int_equal(sweep_tickets(w, 0, 9), 0);
	assert_int_equal(sweep_tickets(w, -1, 9), 0);
	assert_int_equal(sweep_tickets(w, 100, 9), 0);
	assert_int_equal(sweep_tickets(w, 101, 9), 1);
	assert_int_equal(sweep_tickets(w, 600, 2), 2);
	assert_string_equal(tickets(w, 0, 9), "ef");
	assert_int_equal(sweep_tickets(w, 600, 2), 1);
	assert_int_equal(sweep_tickets(w, 600, 2), 0);
	assert_string_equal(tickets(w, 0, 9), "f");
}

/* ---- issued certificates ---- */

static struct issued issued_of(const char *der, const char *serial,
	unsigned char request, int64_t not_after)
{
	struct issued c = { .serial = serial, .subject = "CN=x", .at = 5,
		.not_before = 4, .not_after = not_after,
		.grant = { .source = GRANT_OPEN }, .request = { request },
		.der = bytes_str(der) };

	digest_sha256(c.der, c.cert);
	return c;
}

static void add_issued(struct world *w, const struct issued *c)
{
	OK(store_issued_add(world_write(w), c, &w->err));
	world_commit(w);
}

static struct issued *by_serial(struct world *w, const char *serial)
{
	struct issued *c;

	OK(store_issued_by_serial(world_read(w), serial, w->arena, &c,
	    &w->err));
	world_end(w);
	return c;
}

static struct issued *by_request(struct world *w, unsigned char first)
{
	unsigned char request[DIGEST_LEN] = { first };
	struct issued *c;

	OK(store_issued_find(world_read(w), request, w->arena, &c, &w->err));
	world_end(w);
	return c;
}

static struct issued *by_digest(struct world *w, const struct issued *of)
{
	struct issued *c;

	OK(store_issued_get(world_read(w), of->cert, w->arena, &c, &w->err));
	world_end(w);
	return c;
}

static void is_issued(const struct issued *got, const struct issued *want)
{
	assert_non_null(got);
	assert_memory_equal(got->cert, want->cert, DIGEST_LEN);
	assert_string_equal(got->serial, want->serial);
	assert_string_equal(got->subject, want->subject);
	assert_int_equal(got->at, want->at);
	assert_int_equal(got->not_before, want->not_before);
	assert_int_equal(got->not_after, want->not_after);
	assert_memory_equal(got->request, want->request, DIGEST_LEN);
	assert_memory_equal(got->csr, want->csr, DIGEST_LEN);
	assert_int_equal(got->grant.source, want->grant.source);
	assert_true(str_eq(got->grant.udid, want->grant.udid));
}

static void test_issued(void **state)
{
	struct world *w = *state;
	struct issued a = issued_of("der a", "0a1b", 1, 300),
	    b = issued_of("der b", "ff", 0, 200);

	assert_null(by_digest(w, &a));
	assert_null(by_serial(w, "0a1b"));
	assert_null(by_request(w, 1));
	a.csr[3] = 9;
	a.grant.udid = "U";
	add_issued(w, &a);
	add_issued(w, &b);
	world_check(w);
	is_issued(by_digest(w, &a), &a);
	is_issued(by_request(w, 1), &a);
	is_issued(by_serial(w, "0a1b"), &a);
	is_issued(by_serial(w, "A1B"), &a);
	is_issued(by_serial(w, "00a1B"), &a);
	assert_true(bytes_is(by_serial(w, "a1b")->der, "der a"));
	assert_true(bytes_is(by_request(w, 1)->der, "der a"));
	assert_true(bytes_is(by_digest(w, &a)->der, "der a"));
	is_issued(by_serial(w, "FF"), &b);
	/* Not by SCEP. */
	assert_null(by_request(w, 0));
	assert_null(by_serial(w, "a1"));
	assert_null(by_serial(w, ""));
}

static void test_issued_refusals(void **state)
{
	struct world *w = *state;
	struct issued a = issued_of("a", "1", 1, 300),
	    request = issued_of("b", "2", 1, 300),
	    serial = issued_of("c", "01", 0, 300),
	    none = issued_of("d", "", 0, 300),
	    large = issued_of("e",
	    "0123456789012345678901234567890123456789012", 0, 300);
	struct store_tx *tx;

	add_issued(w, &a);
	tx = world_write(w);
	FAILS(store_issued_add(tx, &a, &w->err), ERR_CONFLICT);
	FAILS(store_issued_add(tx, &request, &w->err), ERR_CONFLICT);
	FAILS(store_issued_add(tx, &serial, &w->err), ERR_CONFLICT);
	FAILS(store_issued_add(tx, &none, &w->err), ERR_BAD_INPUT);
	FAILS(store_issued_add(tx, &large, &w->err), ERR_BAD_INPUT);
	none.serial = NULL;
	FAILS(store_issued_add(tx, &none, &w->err), ERR_BAD_INPUT);
	world_commit(w);
	world_check(w);
	is_issued(by_request(w, 1), &a);
	assert_null(by_serial(w, "2"));
}

static const char *issued_list(struct world *w, size_t limit)
{
	char *out = arena_zalloc(w->arena, 64);
	struct bytes at = start;
	struct issued **cs;
	size_t n, len = 0;

	do {
		OK(store_issued_list(world_read(w), at, limit, w->arena, &cs,
		    &n, &at, &w->err));
		world_end(w);
		assert_true(n <= limit && (n == limit || at.p == NULL));
		for (size_t i = 0; i < n; i++) {
			assert_null(cs[i]->der.p);
			out[len++] = cs[i]->serial[0];
		}
	} while (at.p != NULL);
	return out;
}

static size_t sweep_issued(struct world *w, int64_t before, size_t limit)
{
	size_t n;

	OK(store_issued_sweep(world_write(w), before, limit, &n, &w->err));
	world_commit(w);
	world_check(w);
	return n;
}

static void test_issued_list_and_sweep(void **state)
{
	struct world *w = *state;
	struct issued a = issued_of("a", "a", 1, 300),
	    b = issued_of("b", "b", 2, 100), c = issued_of("c", "c", 3, 200),
	    d = issued_of("d", "d", 0, 400), **cs;
	struct bytes next;
	size_t n;

	assert_string_equal(issued_list(w, 1), "");
	add_issued(w, &a);
	add_issued(w, &b);
	add_issued(w, &c);
	add_issued(w, &d);
	for (size_t limit = 1; limit < 6; limit++)
		assert_string_equal(issued_list(w, limit), "bcad");
	FAILS(store_issued_list(world_read(w), bytes_str("no"), 1, w->arena,
	    &cs, &n, &next, &w->err), ERR_BAD_INPUT);
	world_end(w);
	assert_int_equal(sweep_issued(w, 100, 9), 0);
	assert_int_equal(sweep_issued(w, 400, 2), 2);
	assert_string_equal(issued_list(w, 9), "ad");
	assert_null(by_digest(w, &b));
	assert_null(by_serial(w, "b"));
	assert_null(by_request(w, 2));
	assert_int_equal(sweep_issued(w, 400, 2), 1);
	assert_int_equal(sweep_issued(w, 400, 2), 0);
	assert_string_equal(issued_list(w, 9), "d");
	/* What was swept can be added anew. */
	add_issued(w, &b);
	is_issued(by_request(w, 2), &b);
}

static void test_issue_refusals(void **state)
{
	struct world *w = *state;
	struct ticket t = ticket_of('a', TICKET_CHALLENGE, 1);
	struct issued i = issued_of("a", "1", 1, 1);
	struct store_tx *tx = world_read(w);
	struct err *e = &w->err;
	size_t n;
	bool b;

	FAILS(store_ticket_put(tx, &t, e), ERR_INTERNAL);
	FAILS(store_ticket_del(tx, t.hash, &b, e), ERR_INTERNAL);
	FAILS(store_ticket_sweep(tx, 9, 9, &n, e), ERR_INTERNAL);
	FAILS(store_issued_add(tx, &i, e), ERR_INTERNAL);
	FAILS(store_issued_sweep(tx, 9, 9, &n, e), ERR_INTERNAL);
	world_end(w);
	tx = world_write(w);
	t.kind = (enum ticket_kind)0;
	FAILS(store_ticket_put(tx, &t, e), ERR_INTERNAL);
	t.kind = (enum ticket_kind)9;
	FAILS(store_ticket_put(tx, &t, e), ERR_INTERNAL);
	world_commit(w);
	assert_string_equal(tickets(w, (enum ticket_kind)0, 9), "");
}

const struct contract_test contract_issue[] = {
	CONTRACT(test_ticket_fields),
	CONTRACT(test_ticket_lists),
	CONTRACT(test_ticket_del_and_sweep),
	CONTRACT(test_issued),
	CONTRACT(test_issued_refusals),
	CONTRACT(test_issued_list_and_sweep),
	CONTRACT(test_issue_refusals),
	{ NULL, NULL },
};
