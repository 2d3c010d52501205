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
	OK(store_token_list(tx, UINT64_MAX, 9, w->arena, &list, &n, &w->err));
	assert_int_equal(n, 0);
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
	assert_string_equal(notes(w, 0, 0, 0), "");
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

const struct contract_test contract_admin[] = {
	CONTRACT(test_tokens),
	CONTRACT(test_tokens_are_unique),
	CONTRACT(test_what_of_a_token_changes),
	CONTRACT(test_audit),
	CONTRACT(test_audit_sweep),
	{ NULL, NULL },
};
