/* Bound certificates, accounts, devices that wait in Setup Assistant; and that
 * all of it goes with its device. */
#include "contract.h"

#include "store/store_admin.h"
#include "store/store_enroll.h"

static const struct bytes start = { NULL, 0 };

/* ---- bound certificates ---- */

static void put_cert(struct world *w, char first, struct store_cert c)
{
	unsigned char hash[DIGEST_LEN] = { (unsigned char)first };

	OK(store_cert_put(world_write(w), hash, &c, &w->err));
	world_commit(w);
	world_check(w);
}

static const char *rows_text(struct world *w, const struct store_cert_row *r,
	size_t n)
{
	char *out = arena_zalloc(w->arena, n + 1);

	for (size_t i = 0; i < n; i++)
		out[i] = (char)r[i].sha256[0];
	return out;
}

static const char *certs_of(struct world *w, uint64_t num, char after,
	size_t limit)
{
	unsigned char hash[DIGEST_LEN] = { (unsigned char)after };
	struct store_cert_row *r;
	size_t n;

	OK(store_cert_of(world_read(w), num, after != 0 ? hash : NULL, limit,
	    w->arena, &r, &n, &w->err));
	world_end(w);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(r[i].cert.device, num);
	return rows_text(w, r, n);
}

static const char *revoked(struct world *w, char after, size_t limit)
{
	unsigned char hash[DIGEST_LEN] = { (unsigned char)after };
	struct store_cert_row *r;
	size_t n;

	OK(store_cert_revoked(world_read(w), after != 0 ? hash : NULL, limit,
	    w->arena, &r, &n, &w->err));
	world_end(w);
	for (size_t i = 0; i < n; i++)
		assert_int_not_equal(r[i].cert.revoked, 0);
	return rows_text(w, r, n);
}

static const char *expiring(struct world *w, int64_t before, size_t limit)
{
	char *out = arena_zalloc(w->arena, 64);
	struct bytes at = start;
	struct store_cert_row *r;
	size_t n;

	do {
		OK(store_cert_expiring(world_read(w), before, at, limit,
		    w->arena, &r, &n, &at, &w->err));
		world_end(w);
		assert_true(n <= limit && (n == limit || at.p == NULL));
		strcat(out, rows_text(w, r, n));
	} while (at.p != NULL);
	return out;
}

static void test_cert_fields(void **state)
{
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "A");
	struct store_cert c = { .device = en.num, .bound = 1, .former = 2,
		.valid_until = STORE_CERT_UNTIL_UPDATED, .renewal = true,
		.revoked = 3, .not_after = 4 };
	struct store_cert_row *r;
	size_t n;

	memset(c.serial, 'f', STORE_SERIAL_LEN);
	put_cert(w, 'a', c);
	OK(store_cert_of(world_read(w), en.num, NULL, 9, w->arena, &r, &n,
	    &w->err));
	world_end(w);
	assert_int_equal(n, 1);
	assert_int_equal(r->cert.bound, 1);
	assert_int_equal(r->cert.former, 2);
	assert_true(r->cert.valid_until == STORE_CERT_UNTIL_UPDATED);
	assert_true(r->cert.renewal);
	assert_int_equal(r->cert.revoked, 3);
	assert_int_equal(r->cert.not_after, 4);
	assert_string_equal(r->cert.serial, c.serial);
	put_cert(w, 'a', (struct store_cert){ .device = en.num });
	OK(store_cert_of(world_read(w), en.num, NULL, 9, w->arena, &r, &n,
	    &w->err));
	world_end(w);
	assert_true(r->cert.valid_until == 0 && !r->cert.renewal &&
	    r->cert.not_after == 0 && r->cert.serial[0] == '\0');
}

static void test_cert_of(void **state)
{
	struct world *w = *state;
	uint64_t a = world_enroll(w, "A").num, b = world_enroll(w, "B").num;

	assert_string_equal(certs_of(w, a, 0, 9), "");
	put_cert(w, 'c', (struct store_cert){ .device = a, .former = 1 });
	put_cert(w, 'x', (struct store_cert){ .device = b });
	put_cert(w, 'b', (struct store_cert){ .device = a });
	put_cert(w, 'd', (struct store_cert){ .device = a, .revoked = 1 });
	put_cert(w, 'e', (struct store_cert){ .revoked = 1 });
	assert_string_equal(certs_of(w, a, 0, 9), "bcd");
	assert_string_equal(certs_of(w, a, 0, 2), "bc");
	assert_string_equal(certs_of(w, a, 'b', 9), "cd");
	assert_string_equal(certs_of(w, a, 'd', 9), "");
	assert_string_equal(certs_of(w, b, 0, 9), "x");
	assert_string_equal(certs_of(w, b, 0, 0), "");
	assert_string_equal(certs_of(w, 77, 0, 9), "");
	assert_string_equal(revoked(w, 0, 9), "de");
	assert_string_equal(revoked(w, 0, 1), "d");
	assert_string_equal(revoked(w, 'd', 9), "e");
	assert_string_equal(revoked(w, 'e', 9), "");
	put_cert(w, 'd', (struct store_cert){ .device = b });
	assert_string_equal(revoked(w, 0, 9), "e");
	assert_string_equal(certs_of(w, a, 0, 9), "bc");
	assert_string_equal(certs_of(w, b, 0, 9), "dx");
}

static void test_cert_expiring(void **state)
{
	struct world *w = *state;
	struct store_cert c = { .device = world_enroll(w, "A").num,
		.not_after = 300 };
	struct store_cert_row *r;
	struct bytes next;
	size_t n;

	assert_string_equal(expiring(w, INT64_MAX, 1), "");
	put_cert(w, 'a', c);
	c.not_after = 100;
	put_cert(w, 'b', c);
	c.not_after = 200;
	put_cert(w, 'c', c);
	c.not_after = -5;
	put_cert(w, 'd', c);
	/* None of these is in use, or its end is not known. */
	c.not_after = 0;
	put_cert(w, 'e', c);
	c.not_after = 150;
	c.former = 1;
	put_cert(w, 'f', c);
	c.former = 0;
	c.revoked = 1;
	put_cert(w, 'g', c);
	c.revoked = 0;
	c.device = 0;
	put_cert(w, 'h', c);
	for (size_t limit = 1; limit < 6; limit++) {
		assert_string_equal(expiring(w, INT64_MAX, limit), "dbca");
		assert_string_equal(expiring(w, 201, limit), "dbc");
		assert_string_equal(expiring(w, 200, limit), "db");
		assert_string_equal(expiring(w, 0, limit), "");
	}
	FAILS(store_cert_expiring(world_read(w), 9, bytes_str("no"), 1,
	    w->arena, &r, &n, &next, &w->err), ERR_BAD_INPUT);
	world_end(w);

	/* It follows what becomes of them. */
	c = (struct store_cert){ .device = 1, .not_after = 300, .former = 9 };
	put_cert(w, 'a', c);
	assert_string_equal(expiring(w, INT64_MAX, 9), "dbc");
	c.former = 0;
	c.not_after = 50;
	put_cert(w, 'a', c);
	assert_string_equal(expiring(w, INT64_MAX, 9), "dabc");
	c.revoked = 1;
	put_cert(w, 'a', c);
	assert_string_equal(expiring(w, INT64_MAX, 9), "dbc");
	c = (struct store_cert){ .device = 1, .not_after = 400 };
	put_cert(w, 'f', c);
	assert_string_equal(expiring(w, INT64_MAX, 9), "dbcf");
}

/* ---- accounts ---- */

static void put_account(struct world *w, const char *name)
{
	struct account c = { .name = name, .hash = "h" };

	OK(store_account_put(world_write(w), &c, &w->err));
	world_commit(w);
	world_check(w);
}

static struct account *account(struct world *w, const char *name)
{
	struct account *c;

	OK(store_account_get(world_read(w), name, w->arena, &c, &w->err));
	world_end(w);
	return c;
}

static const char *accounts(struct world *w, const char *after, size_t limit)
{
	const char *out = "";
	struct account **cs;
	size_t n;

	OK(store_account_list(world_read(w), after, limit, w->arena, &cs, &n,
	    &w->err));
	world_end(w);
	assert_true(n <= limit);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(cs[i]->hash, "");
		out = arena_printf(w->arena, "%s %s", out, cs[i]->name);
	}
	return out;
}

static void test_accounts(void **state)
{
	struct world *w = *state;
	struct account c = { .name = "Joe", .hash = "secret",
		.managed_apple_account = "joe@example.org", .created = 3,
		.changed = 4, .disabled = true }, *got;
	bool was;

	assert_null(account(w, "joe"));
	OK(store_account_put(world_write(w), &c, &w->err));
	world_commit(w);
	world_check(w);
	got = account(w, "jOE");
	assert_string_equal(got->name, "Joe");
	assert_string_equal(got->hash, "secret");
	assert_string_equal(got->managed_apple_account, "joe@example.org");
	assert_int_equal(got->created, 3);
	assert_int_equal(got->changed, 4);
	assert_true(got->disabled);
	/* The same name: replaced. */
	put_account(w, "JOE");
	got = account(w, "joe");
	assert_string_equal(got->name, "JOE");
	assert_string_equal(got->hash, "h");
	assert_null(got->managed_apple_account);
	assert_false(got->disabled);
	assert_string_equal(accounts(w, NULL, 9), " JOE");
	assert_null(account(w, "jo"));
	OK(store_account_del(world_write(w), "Joe", &was, &w->err));
	world_commit(w);
	assert_true(was);
	OK(store_account_del(world_write(w), "joe", &was, &w->err));
	world_commit(w);
	assert_false(was);
	assert_null(account(w, "joe"));
	world_check(w);
}

static void test_account_list(void **state)
{
	static const char *const names[] = { "zoe", "Ann",
		"department-of-things-c", "department-of-things-a", "\xc3\xa9",
		"Department-Of-Things-B", "department-of-th", "bob", "a",
		"department-of-thing" };
	static const char *const sorted[] = { "a", "Ann", "bob",
		"department-of-th", "department-of-thing",
		"department-of-things-a", "Department-Of-Things-B",
		"department-of-things-c", "zoe", "\xc3\xa9" };
	struct world *w = *state;
	struct account **cs;
	size_t n;

	assert_string_equal(accounts(w, NULL, 5), "");
	for (size_t i = 0; i < 10; i++)
		put_account(w, names[i]);
	/* From each one on, in pages of each size. */
	for (size_t from = 0; from <= 10; from++)
		for (size_t limit = 0; limit <= 11; limit++) {
			OK(store_account_list(world_read(w), from == 0 ? NULL :
			    sorted[from - 1], limit, w->arena, &cs, &n,
			    &w->err));
			world_end(w);
			assert_int_equal(n, 10 - from < limit ? 10 - from :
			    limit);
			for (size_t i = 0; i < n; i++)
				assert_string_equal(cs[i]->name,
				    sorted[from + i]);
		}
	/* What is not there, or in other case, is a place all the same. */
	assert_string_equal(accounts(w, "DEPARTMENT-OF-THINGS-B", 1),
	    " department-of-things-c");
	assert_string_equal(accounts(w, "department-of-things-bb", 1),
	    " department-of-things-c");
	assert_string_equal(accounts(w, "", 2), " a Ann");
}

static void test_account_refusals(void **state)
{
	struct world *w = *state;
	struct account c = { .hash = "h" };
	char name[257];
	struct store_tx *tx = world_read(w);
	bool was;

	c.name = "a";
	FAILS(store_account_put(tx, &c, &w->err), ERR_INTERNAL);
	FAILS(store_account_del(tx, "a", &was, &w->err), ERR_INTERNAL);
	world_end(w);
	tx = world_write(w);
	c.name = "";
	FAILS(store_account_put(tx, &c, &w->err), ERR_BAD_INPUT);
	c.name = NULL;
	FAILS(store_account_put(tx, &c, &w->err), ERR_BAD_INPUT);
	memset(name, 'n', 256);
	name[256] = '\0';
	c.name = name;
	FAILS(store_account_put(tx, &c, &w->err), ERR_BAD_INPUT);
	world_commit(w);
	assert_string_equal(accounts(w, NULL, 9), "");
	assert_null(account(w, name));
	name[255] = '\0';
	put_account(w, name);
	assert_non_null(account(w, name));
}

/* ---- Setup Assistant ---- */

static const char *awaiting(struct world *w, int64_t now, size_t limit)
{
	const char *out = "";
	uint64_t *nums;
	size_t n;

	OK(store_enrollment_awaiting(world_read(w), now, limit, w->arena,
	    &nums, &n, &w->err));
	world_end(w);
	for (size_t i = 0; i < n; i++)
		out = arena_printf(w->arena, "%s %d", out, (int)nums[i]);
	return out;
}

static void await(struct world *w, struct enrollment *en, int64_t until)
{
	struct enrollment *got;

	en->await_until = until;
	OK(store_enrollment_put(world_write(w), en, &w->err));
	world_commit(w);
	world_check(w);
	OK(store_enrollment_get(world_read(w), en->num, w->arena, &got,
	    &w->err));
	world_end(w);
	assert_int_equal(got->await_until, until);
}

static void test_awaiting(void **state)
{
	struct world *w = *state;
	struct enrollment a = world_enroll(w, "A"), b = world_enroll(w, "B"),
	    c = world_device("C");
	bool done;

	assert_string_equal(awaiting(w, INT64_MAX, 9), "");
	await(w, &a, 300);
	await(w, &b, 100);
	await(w, &c, 200);
	assert_string_equal(awaiting(w, 99, 9), "");
	assert_string_equal(awaiting(w, 100, 9), " 2");
	assert_string_equal(awaiting(w, 300, 9), " 2 3 1");
	assert_string_equal(awaiting(w, 300, 2), " 2 3");
	await(w, &b, 250);
	assert_string_equal(awaiting(w, 300, 9), " 3 2 1");
	await(w, &b, 0);
	assert_string_equal(awaiting(w, 300, 9), " 3 1");
	OK(store_enrollment_remove(world_write(w), a.num, 99, &done, &w->err));
	world_commit(w);
	assert_true(done);
	world_check(w);
	assert_string_equal(awaiting(w, 300, 9), " 3");
}

/* ---- all of it ---- */

static void test_enroll_remove(void **state)
{
	struct world *w = *state;
	uint64_t a = world_enroll(w, "A").num, b = world_enroll(w, "B").num;
	struct store_cert c = { .device = a, .not_after = 100 };
	struct ticket mine = { .kind = TICKET_CHALLENGE, .hash = { 'a' },
		.expires = 100, .grant = { .source = GRANT_RENEWAL,
		.enrollment = a } }, other = mine, *got;
	struct issued i = { .serial = "1", .der = bytes_str("der"),
		.not_after = 900, .grant = mine.grant }, *issued;
	struct store_tx *tx;
	struct bytes facts;
	unsigned calls = 0;
	bool done;

	put_cert(w, 'a', c);
	c.former = 5;
	put_cert(w, 'b', c);
	c.revoked = 6;
	put_cert(w, 'c', c);
	c = (struct store_cert){ .device = b, .not_after = 200 };
	put_cert(w, 'd', c);
	other.hash[0] = 'b';
	other.grant.enrollment = b;
	digest_sha256(i.der, i.cert);
	tx = world_write(w);
	OK(store_ticket_put(tx, &mine, &w->err));
	OK(store_ticket_put(tx, &other, &w->err));
	OK(store_issued_add(tx, &i, &w->err));
	OK(store_secret_put(tx, a, STORE_PROFILE_FACTS, bytes_str("f"),
	    &w->err));
	OK(store_secret_put(tx, a, STORE_RENEWAL, bytes_str("r"), &w->err));
	world_commit(w);
	world_check(w);
	do {
		OK(store_enrollment_remove(world_write(w), a, 1, &done,
		    &w->err));
		world_commit(w);
		world_check(w);
		calls++;
	} while (!done);
	assert_true(calls >= 6);
	assert_string_equal(certs_of(w, a, 0, 9), "");
	assert_string_equal(revoked(w, 0, 9), "c");
	assert_string_equal(expiring(w, 900, 9), "d");
	tx = world_read(w);
	OK(store_ticket_get(tx, mine.hash, w->arena, &got, &w->err));
	assert_null(got);
	OK(store_ticket_get(tx, other.hash, w->arena, &got, &w->err));
	assert_non_null(got);
	OK(store_secret_get(tx, a, STORE_PROFILE_FACTS, w->arena, &facts,
	    &w->err));
	assert_null(facts.p);
	/* What was issued was issued. */
	OK(store_issued_by_serial(tx, "1", w->arena, &issued, &w->err));
	assert_non_null(issued);
	world_end(w);
}

const struct contract_test contract_enroll[] = {
	CONTRACT(test_cert_fields),
	CONTRACT(test_cert_of),
	CONTRACT(test_cert_expiring),
	CONTRACT(test_accounts),
	CONTRACT(test_account_list),
	CONTRACT(test_account_refusals),
	CONTRACT(test_awaiting),
	CONTRACT(test_enroll_remove),
	{ NULL, NULL },
};
