/* Webhooks as an operator makes them, what waits for them, and enrollments
 * that are removed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "admin/op_audit.h"
#include "admin/op_enqueue.h"
#include "admin/op_enrollment.h"
#include "admin/op_event.h"
#include "admin/op_json.h"
#include "admin/op_forget.h"
#include "admin/op_webhook.h"
#include "admin_world.h"
#include "outbox/outbox.h"
#include "store/store_admin.h"

static const bool yes = true, no = false;

/* A webhook of this name. */
static struct op_webhook add(struct admin_world *w, const char *name,
	const char *topics)
{
	struct op_webhook_set in = { .name = name,
		.url = "https://example.com/hook", .topics = topics };
	struct op_webhook out;

	OK(op_webhook_new(&w->op, &in, w->a, &out, &w->err));
	return out;
}

static struct op_webhook get(struct admin_world *w, const char *which)
{
	struct op_webhook out;

	OK(op_webhook_get(&w->op, which, w->a, &out, &w->err));
	return out;
}

/* The newest record of the audit log. */
static struct audit *newest(struct admin_world *w)
{
	struct op_audit_query q = { .limit = 1 };
	struct op_audit_page p;

	OK(op_audit_list(&w->op, &q, w->a, &p, &w->err));
	assert_int_equal(p.n, 1);
	return p.list[0];
}

/* ---- webhooks ---- */

static void test_new(void **state)
{
	struct admin_world *w = *state;
	struct op_webhook made = add(w, "new", NULL), again;
	struct op_webhook_set in = { .name = "new", .url = "http://x" };
	struct audit *r = newest(w);

	assert_int_equal(made.hook->key.n, 43);
	assert_true(made.hook->idle);
	assert_false(made.hook->paused);
	assert_string_equal(made.hook->topics, "");
	assert_int_equal(made.hook->created, w->op.now);
	assert_string_equal(r->op, "webhooks.add");
	assert_string_equal(r->target, "new");
	again = get(w, "new");
	assert_int_equal(again.hook->num, made.hook->num);
	assert_true(bytes_eq(again.hook->key, made.hook->key));
	again = get(w, arena_printf(w->a, "@%llu",
		(unsigned long long)made.hook->num));
	assert_string_equal(again.hook->name, "new");
	FAILS(ERR_CONFLICT, op_webhook_new(&w->op, &in, w->a, &again, &w->err));
	in = (struct op_webhook_set){ .name = "plain", .url = "http://x",
		.topics = "mdm.Connect, mooring.*", .key = "", .idle = &no,
		.paused = &yes };
	OK(op_webhook_new(&w->op, &in, w->a, &again, &w->err));
	again = get(w, "plain");
	assert_null(again.hook->key.p);
	assert_false(again.hook->idle);
	assert_true(again.hook->paused);
	assert_string_equal(again.hook->topics, "mdm.Connect, mooring.*");
}

static void test_bad_input(void **state)
{
	static const struct { struct op_webhook_set in; const char *word; }
	cases[] = {
		{ { .url = "https://x" }, "name: missing" },
		{ { .name = "x" }, "url: missing" },
		{ { .name = "", .url = "https://x" }, "name: " },
		{ { .name = "@1", .url = "https://x" }, "name: " },
		{ { .name = "a/b", .url = "https://x" }, "name: " },
		{ { .name = "x", .url = "" }, "url: use" },
		{ { .name = "x", .url = "ftp://x" }, "url: use" },
		{ { .name = "x", .url = "file:///etc/passwd" }, "url: use" },
		{ { .name = "x", .url = "https://" }, "url: no host" },
		{ { .name = "x", .url = "https:///x" }, "url: no host" },
		{ { .name = "x", .url = "https://:1" }, "url: no host" },
		{ { .name = "x", .url = "https://h:" }, "bad port" },
		{ { .name = "x", .url = "https://h:0" }, "bad port" },
		{ { .name = "x", .url = "https://h:65536" }, "bad port" },
		{ { .name = "x", .url = "https://h:1:2" }, "bad port" },
		{ { .name = "x", .url = "https://[::1" }, "url: no host" },
		{ { .name = "x", .url = "https://[]/" }, "url: no host" },
		{ { .name = "x", .url = "https://u:p@h/" }, "user name" },
		{ { .name = "x", .url = "https://h/a b" }, "blank" },
		{ { .name = "x", .url = "https://h/#f" }, "fragment" },
		{ { .name = "x", .url = "https://h/\n" }, "blank" },
		{ { .name = "x", .url = "https://h/\xc3\xa9" }, "encoded" },
		{ { .name = "x", .url = "https://h", .topics = "mdm.Nothing" },
			"\"mdm.Nothing\" is no topic" },
		{ { .name = "x", .url = "https://h", .topics = "mdm.*,,*" },
			"is no topic" },
	};
	struct admin_world *w = *state;
	struct op_webhook out;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FAILS(ERR_BAD_INPUT, op_webhook_new(&w->op, &cases[i].in, w->a,
			&out, &w->err));
		if (strstr(w->err.msg, cases[i].word) == NULL)
			fail_msg("%s: %s", cases[i].in.url, w->err.msg);
	}
	FAILS(ERR_NOT_FOUND, op_webhook_get(&w->op, "x", w->a, &out, &w->err));
}

static void test_good_urls(void **state)
{
	static const char *const urls[] = { "http://h", "HTTPS://H.example:1/",
		"https://[::1]:8443/x?y=%20&z", "https://127.0.0.1:65535",
		"http://h?q=a@b", "https://h/a@b" };
	struct admin_world *w = *state;
	struct op_webhook out;

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct op_webhook_set in = { .name = "url", .url = urls[i] };

		OK(op_webhook_new(&w->op, &in, w->a, &out, &w->err));
		assert_string_equal(get(w, "url").hook->url, urls[i]);
		OK(op_webhook_remove(&w->op, "url", w->a, &w->err));
	}
}

struct putting {
	uint64_t num;
	struct webhook_state s;
};

static int put_state_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct putting *p = arg;

	return store_webhook_state_put(tx, p->num, &p->s, e);
}

static void test_change(void **state)
{
	struct admin_world *w = *state;
	struct op_webhook hook = add(w, "change", "mdm.*");
	struct bytes key = hook.hook->key;
	struct op_webhook_set in = { .name = "changed", .idle = &no };
	struct putting p = { hook.hook->num, { .hold_until = w->op.now + 60,
		.failures = 3, .last_error = "500" } };

	OK(store_write(w->op.store, put_state_tx, &p, &w->err));
	OK(op_webhook_change(&w->op, "change", &in, w->a, &hook, &w->err));
	assert_string_equal(hook.hook->name, "changed");
	assert_string_equal(newest(w)->detail, "name, no idle");
	assert_int_equal(hook.state.failures, 3);
	hook = get(w, "changed");
	assert_false(hook.hook->idle);
	assert_string_equal(hook.hook->topics, "mdm.*");
	assert_true(bytes_eq(hook.hook->key, key));
	assert_int_equal(hook.state.hold_until, w->op.now + 60);
	/* A key is never in what is kept of the change. */
	in = (struct op_webhook_set){ .key = "secret", .paused = &no };
	OK(op_webhook_change(&w->op, "changed", &in, w->a, &hook, &w->err));
	assert_string_equal(newest(w)->detail, "key, resumed");
	hook = get(w, "changed");
	assert_true(bytes_is(hook.hook->key, "secret"));
	assert_int_equal(hook.state.hold_until, 0);
	assert_int_equal(hook.state.failures, 0);
	assert_string_equal(hook.state.last_error, "500");
	add(w, "other", NULL);
	in = (struct op_webhook_set){ .name = "other" };
	FAILS(ERR_CONFLICT, op_webhook_change(&w->op, "changed", &in, w->a,
		&hook, &w->err));
	in = (struct op_webhook_set){ .name = NULL };
	FAILS(ERR_BAD_INPUT, op_webhook_change(&w->op, "changed", &in, w->a,
		&hook, &w->err));
	in.name = "x";
	FAILS(ERR_NOT_FOUND, op_webhook_change(&w->op, "nobody", &in, w->a,
		&hook, &w->err));
}

static void test_list_and_remove(void **state)
{
	static const char *const absent[] = { "gone", "@0", "@", "@x", "" };
	struct admin_world *w = *state;
	struct op_webhook *list, out;
	size_t before, n;

	OK(op_webhook_list(&w->op, w->a, &list, &before, &w->err));
	add(w, "gone", NULL);
	OK(op_webhook_list(&w->op, w->a, &list, &n, &w->err));
	assert_int_equal(n, before + 1);
	assert_string_equal(list[n - 1].hook->name, "gone");
	OK(op_webhook_remove(&w->op, "gone", w->a, &w->err));
	assert_string_equal(newest(w)->op, "webhooks.remove");
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
		FAILS(ERR_NOT_FOUND, op_webhook_remove(&w->op, absent[i], w->a,
			&w->err));
		FAILS(ERR_NOT_FOUND, op_webhook_get(&w->op, absent[i], w->a,
			&out, &w->err));
	}
}

static void test_json_has_no_key(void **state)
{
	struct admin_world *w = *state;
	struct op_webhook_set in = { .name = "json", .url = "https://h",
		.topics = " mdm.Connect ,mooring.*", .key = "very secret" };
	struct json *o = json_new_object(w->a);
	struct op_webhook hook;
	const struct json *topics;

	OK(op_webhook_new(&w->op, &in, w->a, &hook, &w->err));
	op_json_webhook(o, &hook, w->op.now, w->a);
	assert_null(strstr(json_text(o, NULL, w->a), "very secret"));
	topics = json_get(o, "topics");
	assert_int_equal(json_len(topics), 2);
	assert_string_equal(json_as_str(json_at(topics, 0)), "mdm.Connect");
	assert_string_equal(json_as_str(json_at(topics, 1)), "mooring.*");
}

/* ---- what waits ---- */

struct happening {
	struct admin_world *w;
	const struct enrollment *en;
	uint64_t seq;
};

static int happen_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct happening *h = arg;
	struct event ev = { .topic = "mdm.Authenticate", .form = EVENT_CHECKIN,
		.created = h->w->op.now, .enrollment = h->en->num,
		.udid = "u", .id = h->en->id.device, .type = "Device",
		.raw = bytes_str("<plist/>") };

	if (outbox_add(tx, &ev, h->w->a, NULL, e) < 0)
		return -1;
	h->seq = ev.seq;
	return 0;
}

static uint64_t happen(struct admin_world *w, const struct enrollment *en)
{
	struct happening h = { w, en, 0 };

	OK(store_write(w->op.store, happen_tx, &h, &w->err));
	return h.seq;
}

struct burying {
	struct admin_world *w;
	uint64_t webhook;
	size_t n;
};

/* As a courier that has had enough. */
static int bury_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct burying *b = arg;
	int64_t now = b->w->op.now;
	struct claim **list;

	if (store_delivery_claim(tx, b->webhook, now, now + 60, 10, b->w->a,
		&list, &b->n, e) < 0)
		return -1;
	for (size_t i = 0; i < b->n; i++)
		if (store_delivery_bury(tx, list[i], now, "500", e) < 0)
			return -1;
	return 0;
}

static void bury_all(struct admin_world *w, uint64_t webhook)
{
	struct burying b = { w, webhook, 0 };

	do {
		OK(store_write(w->op.store, bury_tx, &b, &w->err));
	} while (b.n > 0);
}

struct gone {
	uint64_t webhook;
	struct webhook_state s;
	struct arena *a;
};

static int gone_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct gone *g = arg;

	return store_webhook_state_put(tx, g->webhook, &g->s, e);
}

static int state_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct gone *g = arg;

	return store_webhook_state_get(tx, g->webhook, g->a, &g->s, e);
}

/* To replay is to try now, although the receiver was gone for long. */
static void test_replay_tries_now(void **state)
{
	struct admin_world *w = *state;
	struct op_webhook hook = add(w, "gone", "mdm.Authenticate");
	struct gone g = { .webhook = hook.hook->num, .a = w->a, .s = {
		.failures = 9, .hold_until = w->op.now + 300,
		.last_failed = w->op.now } };
	uint64_t seq = happen(w, admin_device(w, "gone-1")), n;
	bool queued;

	bury_all(w, g.webhook);
	for (int i = 0; i < 2; i++) {
		g.s.failures = 9;
		g.s.hold_until = w->op.now + 300;
		OK(store_write(w->op.store, gone_tx, &g, &w->err));
		if (i == 0)
			OK(op_event_replay(&w->op, "gone", seq, &queued, w->a,
				&w->err));
		else
			OK(op_event_replay_all(&w->op, "gone", &n, w->a,
				&w->err));
		OK(store_read(w->op.store, state_tx, &g, &w->err));
		assert_int_equal(g.s.failures, 0);
		assert_int_equal(g.s.hold_until, 0);
		assert_int_equal(g.s.last_failed, w->op.now);
		bury_all(w, g.webhook);
	}
}

static size_t count(struct admin_world *w, const struct op_delivery_query *in,
	uint64_t *first)
{
	struct op_delivery_query q = *in;
	struct op_deliveries page;
	size_t n = 0;

	do {
		q.limit = 2;
		OK(op_delivery_list(&w->op, &q, w->a, &page, &w->err));
		assert_true(page.n <= 2);
		if (n == 0 && page.n > 0 && first != NULL)
			*first = page.list[0].d.seq;
		n += page.n;
		q.cursor = page.next;
	} while (page.next.p != NULL);
	return n;
}

static void test_deliveries(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *one = admin_device(w, "events-1");
	struct enrollment *two = admin_device(w, "events-2");
	struct op_webhook hook = add(w, "events", "mdm.Authenticate");
	struct op_delivery_query q = { .state = DELIVERY_WAITING,
		.webhook = "events" };
	uint64_t seq = happen(w, one), first = 0, n;
	struct op_deliveries page;
	bool queued;

	for (int i = 0; i < 4; i++)
		happen(w, two);
	assert_int_equal(count(w, &q, &first), 5);
	assert_int_equal(first, seq);
	q.id = one->id.device;
	assert_int_equal(count(w, &q, NULL), 1);
	q.limit = 10;
	OK(op_delivery_list(&w->op, &q, w->a, &page, &w->err));
	assert_string_equal(page.list[0].webhook, "events");
	assert_true(bytes_is(page.list[0].id_text, "events-1"));
	assert_string_equal(page.list[0].d.topic, "mdm.Authenticate");
	OK(op_event_replay(&w->op, "events", seq, &queued, w->a, &w->err));
	assert_false(queued);

	bury_all(w, hook.hook->num);
	assert_int_equal(count(w, &q, NULL), 0);
	q = (struct op_delivery_query){ .state = DELIVERY_BURIED,
		.webhook = "events" };
	assert_int_equal(count(w, &q, &first), 5);
	assert_int_equal(first, seq);
	OK(op_event_replay(&w->op, "events", seq, &queued, w->a, &w->err));
	assert_true(queued);
	assert_string_equal(newest(w)->op, "events.replay");
	assert_int_equal(count(w, &q, NULL), 4);
	OK(op_event_replay_all(&w->op, "events", &n, w->a, &w->err));
	assert_int_equal(n, 4);
	assert_int_equal(count(w, &q, NULL), 0);
	OK(op_event_replay_all(&w->op, "events", &n, w->a, &w->err));
	assert_int_equal(n, 0);
}

static void test_more_than_a_batch(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *en = admin_device(w, "batch");
	struct op_webhook hook = add(w, "batch", "mdm.Authenticate");
	uint64_t n;

	for (int i = 0; i < 450; i++)
		happen(w, en);
	bury_all(w, hook.hook->num);
	OK(op_event_replay_all(&w->op, "batch", &n, w->a, &w->err));
	assert_int_equal(n, 450);
}

static void test_event_show(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *en = admin_device(w, "shown");
	struct event *ev;
	uint64_t seq, n;
	bool queued;
	char *json;

	add(w, "shown", "mdm.Authenticate");
	seq = happen(w, en);
	OK(op_event_show(&w->op, seq, w->a, &ev, &json, &w->err));
	assert_non_null(strstr(json, "\"topic\":\"mdm.Authenticate\""));
	assert_non_null(strstr(json, "PHBsaXN0Lz4="));
	FAILS(ERR_NOT_FOUND, op_event_show(&w->op, seq + 1000, w->a, &ev, &json,
		&w->err));
	FAILS(ERR_NOT_FOUND, op_event_replay(&w->op, "shown", seq + 1000,
		&queued, w->a, &w->err));
	FAILS(ERR_NOT_FOUND, op_event_replay(&w->op, "nobody", seq, &queued,
		w->a, &w->err));
	FAILS(ERR_NOT_FOUND, op_event_replay_all(&w->op, "nobody", &n, w->a,
		&w->err));
}

static void test_delivery_filters(void **state)
{
	struct admin_world *w = *state;
	struct op_delivery_query q = { .state = DELIVERY_WAITING, .limit = 1,
		.webhook = "nobody" };
	struct op_deliveries page;

	FAILS(ERR_NOT_FOUND, op_delivery_list(&w->op, &q, w->a, &page,
		&w->err));
	q.webhook = NULL;
	q.id = bytes_str("nobody");
	FAILS(ERR_NOT_FOUND, op_delivery_list(&w->op, &q, w->a, &page,
		&w->err));
	q.id = bytes_of(NULL, 0);
	q.limit = 0;
	FAILS(ERR_BAD_INPUT, op_delivery_list(&w->op, &q, w->a, &page,
		&w->err));
}

/* ---- removing and finding enrollments ---- */

static void test_forget(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *d = admin_device(w, "remove");
	struct enrollment *u = admin_user(w, d, "U");
	struct op_forgotten out;
	struct op_changed ch;
	struct op_enrollment s;

	/* Enough for more than one step. */
	for (int i = 0; i < 250; i++)
		assert_int_equal(admin_enqueue(w, "remove", arena_printf(w->a,
			"remove-%d", i), "ProfileList").err.kind, ERR_NONE);
	FAILS(ERR_CONFLICT, op_enrollment_forget(&w->op, d->id.device, false,
		w->a, &out, &w->err));
	FAILS(ERR_CONFLICT, op_enrollment_forget(&w->op,
		bytes_str("remove:U"), false, w->a, &out, &w->err));
	assert_int_equal(admin_get(w, d->num)->state, ENROLLMENT_ENABLED);
	OK(op_enrollment_unmanage(&w->op, d->id.device, w->a, &ch, &w->err));
	OK(op_enrollment_forget(&w->op, d->id.device, false, w->a, &out,
		&w->err));
	assert_int_equal(out.channels, 1);
	assert_int_equal(out.en->state, ENROLLMENT_UNMANAGED);
	assert_string_equal(newest(w)->op, "enrollments.forget");
	assert_int_equal(newest(w)->enrollment, d->num);
	FAILS(ERR_NOT_FOUND, op_enrollment_show(&w->op, d->id.device, w->a, &s,
		&w->err));
	FAILS(ERR_NOT_FOUND, op_enrollment_show(&w->op, bytes_str(
		arena_printf(w->a, "@%llu", (unsigned long long)u->num)),
		w->a, &s, &w->err));
	FAILS(ERR_NOT_FOUND, op_enrollment_forget(&w->op, d->id.device, true,
		w->a, &out, &w->err));
}

static void test_forget_forced(void **state)
{
	static const enum enrollment_state states[] = { ENROLLMENT_ENABLED,
		ENROLLMENT_BLOCKED };
	struct admin_world *w = *state;
	struct op_enrollment s;
	struct op_forgotten out;

	for (size_t i = 0; i < 2; i++) {
		struct enrollment *d = admin_device(w, "forced");

		d->state = states[i];
		admin_put(w, d);
		FAILS(ERR_CONFLICT, op_enrollment_forget(&w->op, d->id.device,
			false, w->a, &out, &w->err));
		OK(op_enrollment_forget(&w->op, d->id.device, true, w->a, &out,
			&w->err));
		assert_int_equal(out.en->state, states[i]);
		FAILS(ERR_NOT_FOUND, op_enrollment_show(&w->op, d->id.device,
			w->a, &s, &w->err));
	}
}

static void test_forget_one_channel(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *d = admin_device(w, "keeps");
	struct enrollment *u = admin_user(w, d, "U");
	struct op_forgotten out;
	struct op_enrollment s;

	u->state = ENROLLMENT_DISABLED;
	admin_put(w, u);
	OK(op_enrollment_forget(&w->op, bytes_str("keeps:U"), false, w->a,
		&out, &w->err));
	assert_int_equal(out.channels, 0);
	OK(op_enrollment_show(&w->op, d->id.device, w->a, &s, &w->err));
	assert_int_equal(s.n_channels, 0);
	assert_int_equal(s.en->state, ENROLLMENT_ENABLED);
}

static void test_find(void **state)
{
	struct admin_world *w = *state;
	struct op_enrollment_filter f = { .serial = "FIND-ME" };
	struct op_enrollments page = { .next = 0 };
	size_t n = 0;

	for (int i = 0; i < 7; i++) {
		struct enrollment *d = admin_device(w, arena_printf(w->a,
			"find-%d", i));

		d->serial = i % 2 == 0 ? "FIND-ME" : "OTHER";
		d->state = i < 4 ? ENROLLMENT_LEFT : ENROLLMENT_ENABLED;
		admin_put(w, d);
		admin_user(w, d, "U");
	}
	do {
		OK(op_enrollment_find(&w->op, &f, page.next, 3, w->a, &page,
			&w->err));
		for (size_t i = 0; i < page.n; i++, n++)
			assert_string_equal(page.list[i]->serial, "FIND-ME");
	} while (page.next != 0);
	assert_int_equal(n, 4);
	f.state = ENROLLMENT_LEFT;
	OK(op_enrollment_find(&w->op, &f, 0, 3, w->a, &page, &w->err));
	assert_int_equal(page.n, 2);
	assert_int_equal(page.next, 0);
	f = (struct op_enrollment_filter){ .kind = ENROLLMENT_BYOD_USER };
	OK(op_enrollment_find(&w->op, &f, 0, 3, w->a, &page, &w->err));
	assert_int_equal(page.n, 0);
	FAILS(ERR_BAD_INPUT, op_enrollment_find(&w->op, &f, 0, 0, w->a, &page,
		&w->err));
}

#define CROWD 5100

static int crowd_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct admin_world *w = arg;

	for (int i = 0; i < CROWD; i++) {
		struct enrollment en = {
			.id = { .kind = ENROLLMENT_DEVICE, .device = bytes_str(
				arena_printf(w->a, "crowd-%d", i)) },
			.state = ENROLLMENT_ENABLED, .generation = 1,
			.serial = i == CROWD - 1 ? "LAST" : "CROWD",
		};

		if (store_enrollment_put(tx, &en, e) < 0)
			return -1;
	}
	return 0;
}

/* A search looks at so many, and then hands out where to go on. */
static void test_find_in_a_crowd(void **state)
{
	struct admin_world *w = *state;
	struct op_enrollment_filter f = { .serial = "LAST" };
	struct op_enrollments page = { .next = 0 };
	size_t pages = 0, n = 0;

	OK(store_write(w->op.store, crowd_tx, w, &w->err));
	do {
		OK(op_enrollment_find(&w->op, &f, page.next, 10, w->a, &page,
			&w->err));
		n += page.n;
		pages++;
	} while (page.next != 0);
	assert_int_equal(n, 1);
	assert_int_equal(pages, 2);
	assert_true(bytes_is(page.list[0]->id.device, "crowd-5099"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(test_new),
		EACH(test_bad_input),
		EACH(test_good_urls),
		EACH(test_change),
		EACH(test_list_and_remove),
		EACH(test_json_has_no_key),
		EACH(test_deliveries), EACH(test_replay_tries_now),
		EACH(test_more_than_a_batch),
		EACH(test_event_show),
		EACH(test_delivery_filters),
		EACH(test_forget),
		EACH(test_forget_forced),
		EACH(test_forget_one_channel),
		EACH(test_find),
		EACH(test_find_in_a_crowd),
	};

	return cmocka_run_group_tests(tests, admin_setup, admin_teardown);
}
