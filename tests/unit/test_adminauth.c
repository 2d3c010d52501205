/* auth/adminauth: every way to show a token or none, on a real store. */
#include "auth/adminauth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <cmocka.h>

#include "base/enc.h"
#include "base/log.h"
#include "auth_store.h"
#include "arena_fixture.h"

#define NOW INT64_C(1700000023)
#define MINUTE (NOW - NOW % 60)
#define S INT64_C(1000000)
#define READ "read-0123456789012345678901234567"
#define COMMAND "command-0123456789012345678901234"
#define ADMIN "admin-01234567890123456789:0123456"	/* with a colon */

static struct auth_store store;
static struct adminauth *aa;
static struct err e;
static struct adminauth_refusal refusal;

struct putting {
	struct token *t;
	unsigned char hash[DIGEST_LEN];
};

static int put_tx(struct store_tx *tx, void *arg, struct err *err)
{
	struct putting *p = arg;

	return store_token_put(tx, p->t, p->hash, err);
}

static void put(struct token *t, const char *text)
{
	struct putting p = { .t = t };

	adminauth_hash(text, p.hash);
	if (store_write(store.st, put_tx, &p, &e) < 0)
		fail_msg("%s", e.msg);
}

static struct token *make(const char *name, const char *text,
	enum token_scope scope)
{
	struct token *t = arena_zalloc(a, sizeof(*t));

	*t = (struct token){ .name = name, .scope = scope, .made_by = "test",
		.created = NOW };
	put(t, text);
	return t;
}

static int setup(void **state)
{
	log_set_level(LOG_ERROR);
	arena_setup(state);
	aa = adminauth_new();
	e = (struct err)ERR_INIT;
	auth_store_open(&store);
	make("r", READ, TOKEN_READ);
	make("c", COMMAND, TOKEN_COMMAND);
	make("a", ADMIN, TOKEN_ADMIN);
	return 0;
}

static int teardown(void **state)
{
	adminauth_free(aa);
	arena_teardown(state);
	return auth_store_close(&store);
}

static const char *bearer(const char *text)
{
	return arena_printf(a, "Bearer %s", text);
}

static const char *basic(struct bytes pair)
{
	return arena_printf(a, "Basic %s", enc_base64(a, pair));
}

static const char *basic_str(const char *pair)
{
	return basic(bytes_str(pair));
}

/* ERR_NONE when it was let through. */
static enum err_kind ask_at(const char *authorization, enum token_scope needed,
	int64_t now, const char *addr)
{
	struct request rq = { .arena = a, .now = now, .started_us = now * S,
		.authorization = authorization, .remote_addr = addr };
	struct token *t;

	if (adminauth_identify(aa, store.st, &rq, needed, &t, &refusal,
		&e) == 0) {
		assert_non_null(t);
		return ERR_NONE;
	}
	assert_null(t);
	assert_non_null(refusal.why);
	assert_true(refusal.why[0] != '\0');
	return e.kind;
}

static enum err_kind ask(const char *authorization, enum token_scope needed)
{
	return ask_at(authorization, needed, NOW, "192.0.2.1");
}

/* Transactions that this process has written. */
static uint64_t written(void)
{
	struct store_info info;

	if (store_info(store.st, &info, &e) < 0)
		fail_msg("%s", e.msg);
	return info.committed;
}

static void test_headers(void **state)
{
	static const unsigned char nul[] = "x:" READ "\0more";
	char *longest = arena_printf(a, "Bearer %01024d", 0);
	char *huge = arena_printf(a, "Bearer %060000d", 0);
	const struct {
		const char *header;
		enum err_kind kind;
	} rows[] = {
		{ bearer(READ), ERR_NONE },
		{ "bearer " READ, ERR_NONE },
		{ "BEARER   " READ, ERR_NONE },
		{ basic_str("nanomdm:" READ), ERR_NONE },
		{ basic_str(":" READ), ERR_NONE },
		{ basic_str("x:" ADMIN), ERR_NONE },
		{ arena_printf(a, "basic  %s", enc_base64(a,
			bytes_str("x:" READ))), ERR_NONE },
		{ NULL, ERR_UNAUTH },
		{ "", ERR_UNAUTH },
		{ READ, ERR_UNAUTH },
		{ "Bearer", ERR_UNAUTH },
		{ "Bearer ", ERR_UNAUTH },
		{ "Bearer" READ, ERR_UNAUTH },
		{ "Bearer\t" READ, ERR_UNAUTH },
		{ "Digest " READ, ERR_UNAUTH },
		{ "Bearer " READ " ", ERR_UNAUTH },
		{ "Bearer " READ ", Bearer " READ, ERR_UNAUTH },
		{ bearer("READ"), ERR_UNAUTH },
		{ bearer("x:" READ), ERR_UNAUTH },
		{ basic_str(READ), ERR_UNAUTH },	/* no colon */
		{ basic_str(READ ":"), ERR_UNAUTH },
		{ basic_str("x:y:" READ), ERR_UNAUTH },
		{ basic_str("x: " READ), ERR_UNAUTH },
		{ basic_str("x:" READ "\n"), ERR_UNAUTH },
		{ basic(bytes_of(nul, sizeof(nul) - 1)), ERR_UNAUTH },
		{ "Basic", ERR_UNAUTH },
		{ "Basic ", ERR_UNAUTH },
		{ "Basic ====", ERR_UNAUTH },
		{ "Basic eDp5 eDp5", ERR_UNAUTH },
		{ "Basic eDp\xff", ERR_UNAUTH },
		{ arena_printf(a, "%s, %s", basic_str("x:" READ),
			basic_str("x:" READ)), ERR_UNAUTH },
		{ longest, ERR_UNAUTH },
		{ huge, ERR_UNAUTH },
	};
	uint64_t before;

	(void)state;
	before = written();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* Each from an address of its own, or they add up. */
		enum err_kind k = ask_at(rows[i].header, TOKEN_READ, NOW,
			arena_printf(a, "192.0.2.%zu", i));

		if (k != rows[i].kind)
			fail_msg("row %zu: %s: %s", i, err_kind_name(k), e.msg);
		if (k == ERR_UNAUTH)
			assert_string_equal(e.msg, "Unauthorized");
	}
	assert_int_equal(written() - before, 2);	/* the uses of two */
}

static void test_scopes(void **state)
{
	static const char *const texts[] = { READ, COMMAND, ADMIN };
	static const enum token_scope scopes[] = { TOKEN_READ, TOKEN_COMMAND,
		TOKEN_ADMIN };

	(void)state;
	for (size_t has = 0; has < 3; has++)
		for (size_t needs = 0; needs < 3; needs++)
			assert_int_equal(ask(bearer(texts[has]), scopes[needs]),
				has >= needs ? ERR_NONE : ERR_FORBIDDEN);
	assert_int_equal(ask(bearer(READ), TOKEN_ADMIN), ERR_FORBIDDEN);
	assert_string_equal(e.msg, "token r has scope read; this needs admin");
}

static void test_expired_and_revoked(void **state)
{
	struct token *t = make("x", "text-of-x", TOKEN_ADMIN);

	(void)state;
	t->expires = NOW + 5;
	put(t, "text-of-x");
	assert_int_equal(ask_at(bearer("text-of-x"), TOKEN_READ, NOW + 4, "::1"),
		ERR_NONE);
	assert_int_equal(ask_at(bearer("text-of-x"), TOKEN_READ, NOW + 5, "::1"),
		ERR_UNAUTH);
	assert_string_equal(e.msg, "Unauthorized");
	assert_string_equal(refusal.why, "token x has expired");
	t->expires = 0;
	put(t, "text-of-x");
	assert_int_equal(ask(bearer("text-of-x"), TOKEN_READ), ERR_NONE);
	t->revoked = NOW;
	put(t, "text-of-x");
	assert_int_equal(ask(bearer("text-of-x"), TOKEN_READ), ERR_UNAUTH);
	assert_string_equal(e.msg, "Unauthorized");
	assert_string_equal(refusal.why, "token x is revoked");
}

/* ---- the throttle ---- */

static void fail_much(const char *addr)
{
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask_at("Bearer guess", TOKEN_READ, NOW, addr),
			ERR_UNAUTH);
	assert_int_equal(ask_at("Bearer guess", TOKEN_READ, NOW, addr),
		ERR_BUSY);
	assert_int_equal(refusal.wait, 1);
}

static void test_throttle(void **state)
{
	uint64_t before;

	(void)state;
	before = written();
	fail_much("192.0.2.1");
	/* A good one from there waits too, unless it was seen before; from
	 * elsewhere it does not. */
	assert_int_equal(ask(bearer(READ), TOKEN_READ), ERR_BUSY);
	assert_int_equal(written(), before);
	assert_int_equal(ask_at(bearer(READ), TOKEN_READ, NOW, "192.0.2.2"),
		ERR_NONE);
	assert_int_equal(ask(bearer(READ), TOKEN_READ), ERR_NONE);
	assert_int_equal(ask(basic_str("x:" READ), TOKEN_READ), ERR_NONE);
	assert_int_equal(ask(bearer(ADMIN), TOKEN_READ), ERR_BUSY);
	/* Nothing shown is not a try, and is told what to do. */
	assert_int_equal(ask(NULL, TOKEN_READ), ERR_UNAUTH);
	assert_int_equal(ask("junk", TOKEN_READ), ERR_BUSY);
	assert_int_equal(ask_at(bearer(ADMIN), TOKEN_READ, NOW + 1,
		"192.0.2.1"), ERR_NONE);
	assert_int_equal(ask_at("Bearer guess", TOKEN_READ, NOW + 1,
		"192.0.2.1"), ERR_UNAUTH);
	assert_int_equal(ask_at("Bearer guess", TOKEN_READ, NOW + 1,
		"192.0.2.1"), ERR_BUSY);
	assert_int_equal(refusal.wait, 2);
}

static void test_junk_counts(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask("Basic ====", TOKEN_READ), ERR_UNAUTH);
	assert_int_equal(ask("Basic ====", TOKEN_READ), ERR_BUSY);
	for (int i = 0; i < 100; i++)
		assert_int_equal(ask_at(NULL, TOKEN_READ, NOW, NULL),
			ERR_UNAUTH);
	fail_much(NULL);
}

static void test_a_revoked_one_is_not_known(void **state)
{
	struct token *t = make("x", "text-of-x", TOKEN_ADMIN);

	(void)state;
	assert_int_equal(ask(bearer("text-of-x"), TOKEN_READ), ERR_NONE);
	fail_much("192.0.2.1");
	assert_int_equal(ask(bearer("text-of-x"), TOKEN_READ), ERR_NONE);
	t->revoked = NOW;
	put(t, "text-of-x");
	assert_int_equal(ask(bearer("text-of-x"), TOKEN_READ), ERR_UNAUTH);
	assert_int_equal(ask(bearer("text-of-x"), TOKEN_READ), ERR_BUSY);
}

static void test_lesser_scope_is_no_failure(void **state)
{
	(void)state;
	for (int i = 0; i < 30; i++)
		assert_int_equal(ask(bearer(READ), TOKEN_ADMIN), ERR_FORBIDDEN);
	assert_int_equal(ask(bearer(COMMAND), TOKEN_COMMAND), ERR_NONE);
}

/* ---- last use ---- */

struct getting {
	uint64_t num;
	struct token *t;
};

static int get_tx(struct store_tx *tx, void *arg, struct err *err)
{
	struct getting *g = arg;

	return store_token_get(tx, g->num, a, &g->t, err);
}

static int64_t used(uint64_t num)
{
	struct getting g = { num, NULL };

	if (store_read(store.st, get_tx, &g, &e) < 0 || g.t == NULL)
		fail_msg("token %d: %s", (int)num, e.msg);
	return g.t->used;
}

static void test_last_use(void **state)
{
	struct token *t = make("x", "text-of-x", TOKEN_READ);
	uint64_t before = written();

	(void)state;
	assert_int_equal(used(t->num), 0);
	for (int64_t now = MINUTE; now < MINUTE + 60; now++)
		assert_int_equal(ask_at(bearer("text-of-x"), TOKEN_READ, now,
			"::1"), ERR_NONE);
	assert_int_equal(used(t->num), MINUTE);
	assert_int_equal(written() - before, 1);
	assert_int_equal(ask_at(bearer("text-of-x"), TOKEN_READ, MINUTE + 60,
		"::1"), ERR_NONE);
	assert_int_equal(used(t->num), MINUTE + 60);
	assert_int_equal(written() - before, 2);
	/* One whose clock is behind takes nothing back. */
	assert_int_equal(ask_at(bearer("text-of-x"), TOKEN_READ, MINUTE + 59,
		"::1"), ERR_NONE);
	assert_int_equal(written() - before, 2);
	/* Another process was first: nothing to write. */
	adminauth_free(aa);
	aa = adminauth_new();
	assert_int_equal(ask_at(bearer("text-of-x"), TOKEN_READ, MINUTE + 60,
		"::1"), ERR_NONE);
	assert_int_equal(written() - before, 2);
}

/* More tokens than are remembered: still right, one write each. */
static void test_many_tokens(void **state)
{
	uint64_t before;

	(void)state;
	for (int i = 0; i < 200; i++)
		make(arena_printf(a, "n%d", i), arena_printf(a, "text-%d", i),
			TOKEN_READ);
	before = written();
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 200; i++)
			assert_int_equal(ask(arena_printf(a, "Bearer text-%d",
				i), TOKEN_READ), ERR_NONE);
	assert_int_equal(written() - before, 200);
}

static void *ask_much(void *arg)
{
	struct arena *mine = arena_new();

	for (int i = 0; i < 200; i++) {
		struct request rq = { .arena = mine, .now = NOW,
			.started_us = NOW * S, .remote_addr = "::1",
			.authorization = "Bearer " READ };
		struct adminauth_refusal r;
		struct err err = ERR_INIT;
		struct token *t;

		if (adminauth_identify(aa, store.st, &rq, TOKEN_READ, &t, &r,
			&err) < 0)
			++*(_Atomic int *)arg;
		arena_reset(mine);
	}
	arena_free(mine);
	return NULL;
}

static void test_threads(void **state)
{
	uint64_t before = written();
	_Atomic int failed = 0;
	pthread_t th[8];

	(void)state;
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&th[i], NULL, ask_much,
			&failed), 0);
	for (size_t i = 0; i < 8; i++)
		pthread_join(th[i], NULL);
	assert_int_equal(failed, 0);
	assert_int_equal(written() - before, 1);
}

static void test_new_text(void **state)
{
	const char *one = adminauth_new_text(a), *two = adminauth_new_text(a);
	unsigned char hash[DIGEST_LEN], want[DIGEST_LEN];

	(void)state;
	assert_int_equal(strlen(one), 8 + 43);
	assert_memory_equal(one, "mooring_", 8);
	assert_int_equal(strspn(one, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789-_"), strlen(one));
	assert_string_not_equal(one, two);
	adminauth_hash(one, hash);
	digest_sha256(bytes_str(one), want);
	assert_memory_equal(hash, want, DIGEST_LEN);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		EACH(test_headers), EACH(test_scopes),
		EACH(test_expired_and_revoked), EACH(test_throttle),
		EACH(test_junk_counts), EACH(test_a_revoked_one_is_not_known),
		EACH(test_lesser_scope_is_no_failure), EACH(test_last_use),
		EACH(test_many_tokens), EACH(test_threads), EACH(test_new_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
