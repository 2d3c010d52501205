/* Tokens, audit log, inventory, removal, figures. */
#include "contract.h"

#include "store/store_admin.h"

/* ---- tokens ---- */

static void hash_of(const char *text, unsigned char out[DIGEST_LEN])
{
	digest_sha256(bytes_str(text), out);
}

static struct token token(struct world *w, const char *name)
{
	struct token t = { .name = name, .scope = TOKEN_COMMAND,
		.made_by = "cli:root", .created = 10, .expires = 20 };
	struct store_tx *tx = world_write(w);
	unsigned char hash[DIGEST_LEN];

	hash_of(name, hash);
	OK(store_token_put(tx, &t, hash, &w->err));
	world_commit(w);
	return t;
}

static struct token *token_found(struct world *w, const char *text)
{
	struct store_tx *tx = world_read(w);
	unsigned char hash[DIGEST_LEN];
	struct token *t;

	hash_of(text, hash);
	OK(store_token_find(tx, hash, w->arena, &t, &w->err));
	world_end(w);
	return t;
}

static void test_tokens(void **state)
{
	struct world *w = *state;
	struct token a = token(w, "a"), b = token(w, "b"), *t, **list;
	struct store_tx *tx;
	size_t n;

	assert_true(a.num != 0 && b.num > a.num);
	assert_null(token_found(w, "c"));
	t = token_found(w, "b");
	assert_int_equal(t->num, b.num);
	assert_string_equal(t->name, "b");
	assert_int_equal(t->scope, TOKEN_COMMAND);
	assert_string_equal(t->made_by, "cli:root");
	assert_int_equal(t->created, 10);
	assert_int_equal(t->expires, 20);
	assert_int_equal(t->used, 0);
	assert_int_equal(t->revoked, 0);
	tx = world_read(w);
	OK(store_token_get(tx, a.num, w->arena, &t, &w->err));
	assert_string_equal(t->name, "a");
	OK(store_token_get(tx, b.num + 1, w->arena, &t, &w->err));
	assert_null(t);
	OK(store_token_list(tx, 0, 1, w->arena, &list, &n, &w->err));
	assert_int_equal(n, 1);
	assert_int_equal(list[0]->num, a.num);
	OK(store_token_list(tx, a.num, 9, w->arena, &list, &n, &w->err));
	assert_int_equal(n, 1);
	assert_int_equal(list[0]->num, b.num);
	world_end(w);
	world_check(w);
}

static void test_tokens_are_unique(void **state)
{
	struct world *w = *state;
	struct token a = token(w, "a"), other = { .name = "other" },
		same = { .name = "a" };
	unsigned char hash[DIGEST_LEN], new_hash[DIGEST_LEN];
	struct store_tx *tx = world_write(w);

	hash_of("a", hash);
	hash_of("new", new_hash);
	FAILS(store_token_put(tx, &other, hash, &w->err), ERR_CONFLICT);
	assert_int_equal(other.num, 0);
	FAILS(store_token_put(tx, &same, new_hash, &w->err), ERR_CONFLICT);
	assert_int_equal(same.num, 0);
	world_commit(w);
	/* Once it is revoked its name is free, and not for itself. */
	tx = world_write(w);
	a.revoked = 30;
	OK(store_token_put(tx, &a, hash, &w->err));
	OK(store_token_put(tx, &same, new_hash, &w->err));
	a.revoked = 0;
	FAILS(store_token_put(tx, &a, hash, &w->err), ERR_CONFLICT);
	world_commit(w);
	assert_int_equal(token_found(w, "a")->revoked, 30);
	assert_int_equal(token_found(w, "new")->num, same.num);
	world_check(w);
}

static void test_what_of_a_token_changes(void **state)
{
	struct world *w = *state;
	struct token a = token(w, "a"), *t;
	unsigned char hash[DIGEST_LEN] = { 0 };
	struct store_tx *tx = world_write(w);

	a = (struct token){ .num = a.num, .name = "b", .scope = TOKEN_ADMIN,
		.made_by = "x", .created = 99, .expires = 40, .used = 50,
		.revoked = 60 };
	OK(store_token_put(tx, &a, hash, &w->err));
	a.num++;
	FAILS(store_token_put(tx, &a, hash, &w->err), ERR_NOT_FOUND);
	world_commit(w);
	t = token_found(w, "a");
	assert_string_equal(t->name, "a");
	assert_int_equal(t->scope, TOKEN_COMMAND);
	assert_string_equal(t->made_by, "cli:root");
	assert_int_equal(t->created, 10);
	assert_int_equal(t->expires, 40);
	assert_int_equal(t->used, 50);
	assert_int_equal(t->revoked, 60);
	world_check(w);
}

/* ---- audit log ---- */

static uint64_t note(struct world *w, int64_t at, uint64_t enrollment,
	const char *target)
{
	struct store_tx *tx = world_write(w);
	struct audit r = { .at = at, .who = "cli:root", .op = "enqueue",
		.enrollment = enrollment, .target = target };

	OK(store_audit_add(tx, &r, &w->err));
	world_commit(w);
	return r.seq;
}

/* The targets of the entries, one after the other. */
static const char *notes(struct world *w, uint64_t enrollment,
	uint64_t before, size_t limit)
{
	struct audit_query q = { enrollment, before, limit };
	struct store_tx *tx = world_read(w);
	struct audit **list;
	const char *all = "";
	size_t n;

	OK(store_audit_list(tx, &q, w->arena, &list, &n, &w->err));
	world_end(w);
	assert_true(n <= limit);
	for (size_t i = 0; i < n; i++)
		all = arena_printf(w->arena, "%s%s", all, list[i]->target);
	return all;
}

static void test_audit(void **state)
{
	struct world *w = *state;
	uint64_t second;
	struct audit_query q = { 0, 0, 1 };
	struct audit **list;
	struct store_tx *tx;
	size_t n;

	assert_string_equal(notes(w, 0, 0, 9), "");
	note(w, 10, 7, "a");
	second = note(w, 11, 0, "b");
	note(w, 12, 8, "c");
	assert_true(note(w, 13, 7, "d") > second);
	assert_string_equal(notes(w, 0, 0, 9), "dcba");
	assert_string_equal(notes(w, 0, 0, 2), "dc");
	assert_string_equal(notes(w, 0, second, 9), "a");
	assert_string_equal(notes(w, 0, second + 1, 9), "ba");
	assert_string_equal(notes(w, 0, 1, 9), "");
	assert_string_equal(notes(w, 7, 0, 9), "da");
	assert_string_equal(notes(w, 7, second, 9), "a");
	assert_string_equal(notes(w, 9, 0, 9), "");
	tx = world_read(w);
	OK(store_audit_list(tx, &q, w->arena, &list, &n, &w->err));
	world_end(w);
	assert_int_equal(n, 1);
	assert_int_equal(list[0]->at, 13);
	assert_int_equal(list[0]->seq, second + 2);
	assert_int_equal(list[0]->enrollment, 7);
	assert_string_equal(list[0]->who, "cli:root");
	assert_string_equal(list[0]->op, "enqueue");
	assert_null(list[0]->detail);
	world_check(w);
}

static size_t sweep(struct world *w, int64_t before, uint64_t max,
	size_t limit)
{
	struct store_tx *tx = world_write(w);
	size_t n;

	OK(store_audit_sweep(tx, before, max, limit, &n, &w->err));
	world_commit(w);
	world_check(w);
	return n;
}

static void test_audit_sweep(void **state)
{
	struct world *w = *state;
	uint64_t last = 0;

	for (int i = 0; i < 6; i++)
		last = note(w, 10 + i, 7, arena_printf(w->arena, "%d", i));
	assert_int_equal(sweep(w, 10, 0, 9), 0);
	assert_int_equal(sweep(w, 10, 6, 9), 0);
	assert_int_equal(sweep(w, 12, 0, 1), 1);
	assert_string_equal(notes(w, 7, 0, 9), "54321");
	assert_int_equal(sweep(w, 12, 0, 9), 1);
	assert_int_equal(sweep(w, 12, 3, 9), 1);
	assert_string_equal(notes(w, 7, 0, 9), "543");
	assert_string_equal(notes(w, 0, 0, 9), "543");
	assert_int_equal(sweep(w, 99, 1, 9), 3);
	assert_true(note(w, 1, 0, "x") > last);
}

/* ---- inventory ---- */

static void put_inventory(struct world *w, uint64_t num,
	enum inventory_kind k, int64_t at, const char *plist)
{
	OK(store_inventory_put(world_write(w), num, k, at, bytes_str(plist),
	    &w->err));
	world_commit(w);
}

/* NULL: none. */
static const char *inventory(struct world *w, uint64_t num,
	enum inventory_kind k, int64_t at)
{
	struct store_tx *tx = world_read(w);
	struct bytes plist;
	int64_t its;

	OK(store_inventory_get(tx, num, k, w->arena, &its, &plist, &w->err));
	world_end(w);
	assert_int_equal(its, at);
	return plist.p == NULL ? NULL : arena_str(w->arena, plist);
}

static void test_inventory(void **state)
{
	struct world *w = *state;
	struct enrollment a = world_enroll(w, "A"), b = world_enroll(w, "B");

	assert_null(inventory(w, a.num, INVENTORY_DEVICE, 0));
	put_inventory(w, a.num, INVENTORY_DEVICE, 10, "first");
	put_inventory(w, a.num, INVENTORY_CERTIFICATES, 11, "");
	put_inventory(w, a.num, INVENTORY_DEVICE, 12, "second");
	assert_string_equal(inventory(w, a.num, INVENTORY_DEVICE, 12),
	    "second");
	assert_string_equal(inventory(w, a.num, INVENTORY_CERTIFICATES, 11),
	    "");
	assert_null(inventory(w, a.num, INVENTORY_SECURITY, 0));
	assert_null(inventory(w, b.num, INVENTORY_DEVICE, 0));
	world_check(w);
}

/* ---- removal ---- */

static struct enrollment user_of(struct world *w, const struct enrollment *dev,
	const char *user)
{
	struct enrollment en = *dev;

	en.num = 0;
	en.parent = dev->num;
	en.id.kind = ENROLLMENT_USER;
	en.id.user = bytes_str(user);
	OK(store_enrollment_put(world_write(w), &en, &w->err));
	world_commit(w);
	return en;
}

static void put_cert(struct world *w, unsigned char first, uint64_t device,
	int64_t revoked)
{
	unsigned char hash[DIGEST_LEN] = { first };
	struct store_cert c = { .device = device, .bound = 5,
		.revoked = revoked };

	OK(store_cert_put(world_write(w), hash, &c, &w->err));
	world_commit(w);
}

static bool cert(struct world *w, unsigned char first, struct store_cert *out)
{
	unsigned char hash[DIGEST_LEN] = { first };
	struct store_tx *tx = world_read(w);
	bool found;

	OK(store_cert_get(tx, hash, &found, out, &w->err));
	world_end(w);
	return found;
}

/* In so many calls. */
static unsigned remove_all(struct world *w, uint64_t num, size_t limit)
{
	struct store_tx *tx;
	bool done = false;
	unsigned calls;

	for (calls = 0; !done; calls++) {
		tx = world_write(w);
		OK(store_enrollment_remove(tx, num, limit, &done, &w->err));
		world_commit(w);
		world_check(w);
	}
	return calls;
}

static void test_remove(void **state)
{
	struct world *w = *state;
	struct enrollment a = world_enroll(w, "A"), b = world_enroll(w, "B"),
		again, *got;
	struct target_options key = { .priority = 100, .dedupe = "k" };
	struct store_tx *tx;
	struct store_cert c;
	struct bytes secret;
	struct command *cmd;

	world_add(w, &a, "shared", NULL);
	world_add(w, &b, "shared", NULL);
	world_add(w, &a, "only", &key);
	world_add(w, &a, "done", NULL);
	world_answer(w, a.num, "done", TARGET_ACKNOWLEDGED, "r");
	put_inventory(w, a.num, INVENTORY_DEVICE, 10, "x");
	put_inventory(w, b.num, INVENTORY_DEVICE, 10, "x");
	put_cert(w, 1, a.num, 0);
	put_cert(w, 2, a.num, 77);
	put_cert(w, 3, b.num, 0);
	note(w, 10, a.num, "n");
	tx = world_write(w);
	OK(store_secret_put(tx, a.num, STORE_PUSH_TOKEN, bytes_str("t"),
	    &w->err));
	OK(store_secret_put(tx, b.num, STORE_PUSH_TOKEN, bytes_str("t"),
	    &w->err));
	world_commit(w);
	store_touch_seen(w->st, a.num, w->now);

	assert_true(remove_all(w, a.num, 2) > 3);
	tx = world_read(w);
	OK(store_enrollment_get(tx, a.num, w->arena, &got, &w->err));
	assert_null(got);
	OK(store_enrollment_find(tx, &a.id, w->arena, &got, &w->err));
	assert_null(got);
	OK(store_enrollment_lookup(tx, bytes_str("A"), w->arena, &got,
	    &w->err));
	assert_null(got);
	OK(store_secret_get(tx, a.num, STORE_PUSH_TOKEN, w->arena, &secret,
	    &w->err));
	assert_null(secret.p);
	OK(store_command_get(tx, "only", w->arena, &cmd, &w->err));
	assert_null(cmd);
	OK(store_command_get(tx, "shared", w->arena, &cmd, &w->err));
	assert_non_null(cmd);
	OK(store_secret_get(tx, b.num, STORE_PUSH_TOKEN, w->arena, &secret,
	    &w->err));
	assert_non_null(secret.p);
	world_end(w);
	assert_null(inventory(w, a.num, INVENTORY_DEVICE, 0));
	assert_non_null(inventory(w, b.num, INVENTORY_DEVICE, 10));
	assert_false(cert(w, 1, &c));
	assert_true(cert(w, 2, &c));
	assert_int_equal(c.device, 0);
	assert_int_equal(c.revoked, 77);
	assert_true(cert(w, 3, &c));
	assert_string_equal(world_next(w, b.num, false), "shared");
	/* What was done to it stays known. */
	assert_string_equal(notes(w, a.num, 0, 9), "n");
	/* It may come again, as another. */
	again = world_enroll(w, "A");
	assert_true(again.num > b.num);
	assert_null(world_next(w, again.num, true));
	assert_int_equal(remove_all(w, a.num, 9), 1);
	world_check(w);
}

static void test_remove_users_first(void **state)
{
	struct world *w = *state;
	struct enrollment a = world_enroll(w, "A"), joe = user_of(w, &a, "joe");
	struct store_tx *tx = world_write(w);
	bool done;

	FAILS(store_enrollment_remove(tx, a.num, 99, &done, &w->err),
	    ERR_CONFLICT);
	world_commit(w);
	assert_int_equal(remove_all(w, joe.num, 99), 1);
	assert_int_equal(remove_all(w, a.num, 99), 1);
}

/* ---- figures ---- */

static struct store_counts counts(struct world *w)
{
	struct store_tx *tx = world_read(w);
	struct store_counts c;

	OK(store_counts(tx, &c, &w->err));
	world_end(w);
	return c;
}

static void test_counts(void **state)
{
	struct world *w = *state;
	struct enrollment a = world_enroll(w, "A"), b = world_enroll(w, "B"),
		joe = user_of(w, &a, "joe");
	struct store_counts c = counts(w);
	struct store_tx *tx;

	assert_int_equal(c.devices[ENROLLMENT_ENABLED], 2);
	assert_int_equal(c.users[ENROLLMENT_ENABLED], 1);
	a.state = ENROLLMENT_BLOCKED;
	joe.state = ENROLLMENT_DISABLED;
	tx = world_write(w);
	OK(store_enrollment_put(tx, &a, &w->err));
	OK(store_enrollment_put(tx, &joe, &w->err));
	world_commit(w);
	world_add(w, &b, "1", NULL);
	world_add(w, &b, "2", NULL);
	world_add(w, &b, "3", NULL);
	world_answer(w, b.num, "1", TARGET_ERROR, "");
	token(w, "t");
	note(w, 1, 0, "n");
	c = counts(w);
	assert_int_equal(c.devices[ENROLLMENT_ENABLED], 1);
	assert_int_equal(c.devices[ENROLLMENT_BLOCKED], 1);
	assert_int_equal(c.users[ENROLLMENT_ENABLED], 0);
	assert_int_equal(c.users[ENROLLMENT_DISABLED], 1);
	assert_int_equal(c.queued, 2);
	assert_int_equal(c.finished, 1);
	assert_int_equal(c.tokens, 1);
	assert_int_equal(c.audits, 1);
	world_check(w);
	remove_all(w, joe.num, 9);
	remove_all(w, b.num, 9);
	c = counts(w);
	assert_int_equal(c.devices[ENROLLMENT_ENABLED], 0);
	assert_int_equal(c.users[ENROLLMENT_DISABLED], 0);
	assert_int_equal(c.queued, 0);
}

static void test_queue_owners(void **state)
{
	struct world *w = *state;
	struct target_options late = { .priority = 10 },
		soon = { .priority = 200 };
	struct enrollment en[4];
	struct queue_owner *o;
	struct store_tx *tx;
	size_t n;

	for (int i = 0; i < 4; i++)
		en[i] = world_enroll(w, arena_printf(w->arena, "%d", i));
	world_add(w, &en[0], "late", &late);
	w->now += 5;
	world_add(w, &en[0], "soon", &soon);
	world_add(w, &en[2], "late", &late);
	world_add(w, &en[3], "late", &late);
	world_answer(w, en[3].num, "late", TARGET_ERROR, "");
	tx = world_read(w);
	OK(store_queue_owners(tx, 0, 9, w->arena, &o, &n, &w->err));
	assert_int_equal(n, 2);
	assert_int_equal(o[0].num, en[0].num);
	assert_int_equal(o[0].queued, w->now);	/* the one that comes next */
	assert_int_equal(o[1].num, en[2].num);
	OK(store_queue_owners(tx, 0, 1, w->arena, &o, &n, &w->err));
	assert_int_equal(n, 1);
	OK(store_queue_owners(tx, en[0].num, 9, w->arena, &o, &n, &w->err));
	assert_int_equal(n, 1);
	assert_int_equal(o[0].num, en[2].num);
	OK(store_queue_owners(tx, en[2].num, 9, w->arena, &o, &n, &w->err));
	assert_int_equal(n, 0);
	OK(store_queue_owners(tx, UINT64_MAX, 9, w->arena, &o, &n, &w->err));
	assert_int_equal(n, 0);
	world_end(w);
}

const struct contract_test contract_admin[] = {
	CONTRACT(test_tokens),
	CONTRACT(test_tokens_are_unique),
	CONTRACT(test_what_of_a_token_changes),
	CONTRACT(test_audit),
	CONTRACT(test_audit_sweep),
	CONTRACT(test_inventory),
	CONTRACT(test_remove),
	CONTRACT(test_remove_users_first),
	CONTRACT(test_counts),
	CONTRACT(test_queue_owners),
	{ NULL, NULL },
};
