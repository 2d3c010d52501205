/* Webhooks, and how each stands. */
#include "outbox_verbs.h"

static void test_webhooks(void **state)
{
	struct world *w = *state;
	struct webhook a = hook_of("a", "mdm.*"), **list, *got;
	uint64_t b;
	size_t n;

	assert_null(get_hook(w, 1));
	OK(store_webhook_put(world_write(w), &a, &w->err));
	world_commit(w);
	b = hook(w, "b", "");
	assert_true(a.num != 0 && b != a.num);
	got = get_hook(w, a.num);
	assert_int_equal(got->num, a.num);
	assert_string_equal(got->name, "a");
	assert_string_equal(got->url, "https://a.example/hook");
	assert_string_equal(got->topics, "mdm.*");
	assert_true(bytes_is(got->key, "key"));
	assert_true(got->idle && !got->paused);
	assert_int_equal(got->created, 5);
	assert_string_equal(get_hook(w, b)->topics, "");

	/* Changed: no key, no Idle, paused, another name. */
	a.name = "c";
	a.key = bytes_of(NULL, 0);
	a.idle = false;
	a.paused = true;
	OK(store_webhook_put(world_write(w), &a, &w->err));
	world_commit(w);
	got = get_hook(w, a.num);
	assert_string_equal(got->name, "c");
	assert_null(got->key.p);
	assert_true(!got->idle && got->paused);
	a.name = "b";
	FAILS(store_webhook_put(world_write(w), &a, &w->err), ERR_CONFLICT);
	world_abort(w);

	OK(store_webhook_list(world_read(w), w->arena, &list, &n, &w->err));
	world_end(w);
	assert_int_equal(n, 2);
	assert_int_equal(list[0]->num, a.num);
	assert_int_equal(list[1]->num, b);
	assert_true(bytes_is(list[1]->key, "key"));
	assert_string_equal(list[0]->url, "https://a.example/hook");
	del_hook(w, a.num, true);
	del_hook(w, a.num, false);
	assert_null(get_hook(w, a.num));
	a.name = "a";
	FAILS(store_webhook_put(world_write(w), &a, &w->err), ERR_NOT_FOUND);
	world_abort(w);
	/* A number is not used again. */
	assert_true(hook(w, "d", "") > b);
	world_check(w);
}

static void test_webhook_limits(void **state)
{
	struct world *w = *state;
	struct webhook h = hook_of("", "");
	char name[200], many[16];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	FAILS(store_webhook_put(world_write(w), &h, &w->err), ERR_BAD_INPUT);
	world_abort(w);
	h.name = name;
	FAILS(store_webhook_put(world_write(w), &h, &w->err), ERR_BAD_INPUT);
	world_abort(w);
	h.name = "x";
	h.url = NULL;
	FAILS(store_webhook_put(world_write(w), &h, &w->err), ERR_BAD_INPUT);
	world_abort(w);
	for (int i = 0; i < STORE_WEBHOOKS_MAX; i++) {
		snprintf(many, sizeof(many), "h%d", i);
		hook(w, many, "");
	}
	h = hook_of("one more", "");
	FAILS(store_webhook_put(world_write(w), &h, &w->err), ERR_CONFLICT);
	world_abort(w);
	world_check(w);
}

static void test_webhook_state(void **state)
{
	struct world *w = *state;
	uint64_t a = hook(w, "a", "");
	struct webhook_state s = { .hold_until = 9, .failures = 3,
		.last_ok = 4, .last_failed = 5, .last_error = "500" }, got;

	OK(store_webhook_state_get(world_read(w), a, w->arena, &got, &w->err));
	world_end(w);
	assert_true(got.hold_until == 0 && got.failures == 0 &&
	    got.last_error == NULL);
	OK(store_webhook_state_put(world_write(w), a, &s, &w->err));
	world_commit(w);
	OK(store_webhook_state_get(world_read(w), a, w->arena, &got, &w->err));
	world_end(w);
	assert_true(got.hold_until == 9 && got.failures == 3 &&
	    got.last_ok == 4 && got.last_failed == 5);
	assert_string_equal(got.last_error, "500");
	/* Gone, with it. */
	del_hook(w, a, true);
	OK(store_webhook_state_put(world_write(w), a, &s, &w->err));
	world_commit(w);
	OK(store_webhook_state_get(world_read(w), a, w->arena, &got, &w->err));
	world_end(w);
	assert_int_equal(got.hold_until, 0);
	world_check(w);
}

const struct contract_test contract_webhook[] = {
	CONTRACT(test_webhooks),
	CONTRACT(test_webhook_limits),
	CONTRACT(test_webhook_state),
	{ NULL, NULL },
};
