/* What is said of who did what: API tokens, and the audit log of each op. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "admin/op_allow.h"
#include "admin/op_audit.h"
#include "admin/op_backup.h"
#include "admin/op_ca.h"
#include "admin/op_enqueue.h"
#include "admin/op_enrollment.h"
#include "admin/op_guard.h"
#include "admin/op_queue.h"
#include "admin/op_store.h"
#include "admin/op_token.h"
#include "admin_world.h"

/* ---- what the audit log says ---- */

static struct op_audit_page page_of(struct admin_world *w,
	const struct op_audit_query *q)
{
	struct op_audit_page p;

	OK(op_audit_list(&w->op, q, w->a, &p, &w->err));
	return p;
}

/* The newest one's place in the log. */
static uint64_t newest(struct admin_world *w)
{
	struct op_audit_query q = { .limit = 1 };
	struct op_audit_page p = page_of(w, &q);

	return p.n > 0 ? p.list[0]->seq : 0;
}

/* Since `since` there are exactly these, "op @NUMBER target detail", the
 * oldest first; of cli:test, now. */
static void assert_audit(struct admin_world *w, uint64_t since,
	const char *const *lines)
{
	struct op_audit_query q = { .limit = 1000 };
	struct op_audit_page p = page_of(w, &q);
	size_t n = 0;

	while (n < p.n && p.list[n]->seq > since)
		n++;
	for (; *lines != NULL; lines++) {
		const struct audit *r;
		const char *is;

		if (n == 0)
			fail_msg("not in the audit log: %s", *lines);
		r = p.list[--n];
		is = arena_printf(w->a, "%s @%llu %s %s", r->op,
			(unsigned long long)r->enrollment,
			r->target != NULL ? r->target : "-",
			r->detail != NULL ? r->detail : "-");
		assert_string_equal(is, *lines);
		assert_string_equal(r->who, "cli:test");
		assert_int_equal(r->at, w->op.now);
	}
	if (n > 0)
		fail_msg("%zu more in the audit log: %s", n,
			p.list[n - 1]->op);
}
#define AUDIT(...) assert_audit(w, since, (const char *const[]){ \
	__VA_ARGS__, NULL })
#define AUDIT_NOTHING() assert_audit(w, since, (const char *const[]){ NULL })

/* '#' stands for the number. */
static const char *f(struct admin_world *w, const char *fmt, uint64_t num)
{
	size_t n = strcspn(fmt, "#");

	return arena_printf(w->a, "%.*s%llu%s", (int)n, fmt,
		(unsigned long long)num, fmt + n + 1);
}

static void test_enqueue(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *d = admin_device(w, "au-enqueue");
	struct enrollment *two = admin_device(w, "au-enqueue-2");
	uint64_t since = newest(w);
	struct op_target t;

	admin_enqueue(w, "au-enqueue", "au-1", "DeviceLock");
	AUDIT(f(w, "enqueue @# au-1 DeviceLock", d->num));
	/* Known already, no such target: nothing was done. */
	admin_enqueue(w, "au-enqueue", "au-1", "DeviceLock");
	t = admin_enqueue(w, "nobody", "au-1", "DeviceLock");
	assert_int_equal(t.err.kind, ERR_NOT_FOUND);
	AUDIT(f(w, "enqueue @# au-1 DeviceLock", d->num));
	admin_enqueue(w, "au-enqueue-2", "au-1", "DeviceLock");
	AUDIT(f(w, "enqueue @# au-1 DeviceLock", d->num),
		f(w, "enqueue @# au-1 DeviceLock", two->num));
}

/* A RequestType is the operator's text: bounded, and one line. */
static void test_enqueue_odd_type(void **state)
{
	struct admin_world *w = *state;
	struct op_audit_query q = { .limit = 1 };
	const char *detail;

	admin_device(w, "au-odd");
	admin_enqueue(w, "au-odd", "au-odd-1", arena_printf(w->a,
		"Evil\nwho=root%0240d", 0));
	detail = page_of(w, &q).list[0]->detail;
	assert_true(strlen(detail) < 120);
	assert_null(strchr(detail, '\n'));
	assert_memory_equal(detail, "Evil?who=root", 13);
}

static void test_enrollments(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *d = admin_device(w, "au-dev");
	struct enrollment *u = admin_user(w, d, "u");
	struct bytes id = bytes_str("au-dev");
	struct op_changed ch;
	uint64_t since;

	admin_enqueue(w, "au-dev", "au-e1", "ProfileList");
	admin_enqueue(w, "au-dev:u", "au-e2", "ProfileList");
	since = newest(w);
	OK(op_enrollment_block(&w->op, id, w->a, &ch, &w->err));
	OK(op_enrollment_block(&w->op, id, w->a, &ch, &w->err));
	FAILS(ERR_CONFLICT, op_enrollment_unmanage(&w->op, id, w->a, &ch,
		&w->err));
	OK(op_enrollment_unblock(&w->op, id, w->a, &ch, &w->err));
	OK(op_enrollment_unblock(&w->op, id, w->a, &ch, &w->err));
	AUDIT(f(w, "enrollments.block @# - -", d->num),
		f(w, "enrollments.unblock @# - -", d->num));
	since = newest(w);
	OK(op_enrollment_unmanage(&w->op, id, w->a, &ch, &w->err));
	AUDIT(f(w, "enrollments.unmanage @# - -", d->num),
		f(w, "queue.clear @# - 1 commands", d->num),
		f(w, "enrollments.disable @# - -", u->num),
		f(w, "queue.clear @# - 1 commands", u->num));
	since = newest(w);
	OK(op_enrollment_unmanage(&w->op, id, w->a, &ch, &w->err));
	AUDIT_NOTHING();
}

static void test_queue(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *d = admin_device(w, "au-queue"), *en;
	uint64_t since;
	size_t n;

	admin_enqueue(w, "au-queue", "au-q1", "ProfileList");
	admin_enqueue(w, "au-queue", "au-q2", "ProfileList");
	admin_answer(w, d->num, "au-q1", TARGET_ACKNOWLEDGED, "x");
	since = newest(w);
	OK(op_queue_requeue(&w->op, d->id.device, "au-q1", w->a, &en, NULL, &w->err));
	FAILS(ERR_CONFLICT, op_queue_requeue(&w->op, d->id.device, "au-q1",
		w->a, &en, NULL, &w->err));
	AUDIT(f(w, "queue.requeue @# au-q1 -", d->num));
	since = newest(w);
	OK(op_queue_clear(&w->op, d->id.device, w->a, &en, &n, &w->err));
	OK(op_queue_clear(&w->op, d->id.device, w->a, &en, &n, &w->err));
	AUDIT(f(w, "queue.clear @# - 2 commands", d->num));
}

static void test_allow(void **state)
{
	struct admin_world *w = *state;
	struct op_allow two[] = { { STORE_ALLOW_SERIAL, bytes_str("AU1"), false },
		{ STORE_ALLOW_UDID, bytes_str("AU2"), false } };
	uint64_t since = newest(w);

	OK(op_allow_add(&w->op, two, 1, &w->err));
	OK(op_allow_add(&w->op, two, 2, &w->err));
	OK(op_allow_remove(&w->op, two, 2, &w->err));
	OK(op_allow_remove(&w->op, two, 2, &w->err));
	AUDIT("allow.add @0 AU1 serial", "allow.add @0 AU2 udid",
		"allow.remove @0 AU1 serial", "allow.remove @0 AU2 udid");
}

static void test_guard_and_store(void **state)
{
	struct admin_world *w = *state;
	const char *path = arena_printf(w->a, "%s/au-copy", w->dir);
	uint64_t since = newest(w), before, after;
	struct store_copying copy = { .progress = NULL };
	struct op conf_only;
	struct op_guard g;

	admin_device(w, "au-guard");
	OK(op_guard_release(&w->op, w->a, &g, &w->err));
	OK(op_backup(&w->op, path, &copy, &w->err));
	FAILS(ERR_CONFLICT, op_backup(&w->op, path, &copy, &w->err));
	/* The store is closed before and after this one. */
	conf_only = w->op;
	conf_only.store = NULL;
	admin_close(w);
	OK(op_open_conf(w->dir, "cli:test", w->op.now, w->a, &conf_only,
		&w->err));
	OK(op_store_compact(&conf_only, w->a, &before, &after, &w->err));
	admin_open(w);
	AUDIT(g.armed ? "guard.release @0 - it was armed" :
		"guard.release @0 - -", arena_printf(w->a,
		"backup @0 %s -", path), "store.compact @0 - -");
}

static void test_ca(void **state)
{
	struct admin_world *w = *state;
	struct op_issue in = { "au device", 30, true, NULL, NULL };
	uint64_t since = newest(w);
	struct op_issued one, two;
	struct op_revoked r;
	struct op conf_only;

	OK(op_ca_issue(&w->op, &in, w->a, &one, &w->err));
	admin_close(w);
	OK(op_open_conf(w->dir, "cli:test", w->op.now, w->a, &conf_only,
		&w->err));
	OK(op_ca_issue(&conf_only, &in, w->a, &two, &w->err));
	admin_open(w);
	OK(op_ca_revoke(&w->op, one.pem, w->a, &r, &w->err));
	OK(op_ca_revoke(&w->op, one.pem, w->a, &r, &w->err));
	AUDIT(arena_printf(w->a, "ca.issue @0 %s %s", one.cert.sha256,
		one.cert.subject), arena_printf(w->a, "ca.issue @0 %s %s",
		two.cert.sha256, two.cert.subject), arena_printf(w->a,
		"ca.revoke @0 %s -", one.cert.sha256));
}

/* Where no store can be opened it is done, and only the log says so. */
static void test_ca_without_a_store(void **state)
{
	struct admin_world *w = *state;
	struct op_issue in = { "au none", 30, true, NULL, NULL };
	uint64_t since = newest(w);
	struct op_issued out;
	struct op conf_only;

	admin_close(w);
	OK(op_open_conf(w->dir, "cli:test", w->op.now, w->a, &conf_only,
		&w->err));
	if (system(arena_printf(w->a, "mv '%s/store' '%s/gone'", w->dir,
		w->dir)) != 0)
		fail_msg("mv");
	OK(op_ca_issue(&conf_only, &in, w->a, &out, &w->err));
	if (system(arena_printf(w->a, "mv '%s/gone' '%s/store'", w->dir,
		w->dir)) != 0)
		fail_msg("mv");
	admin_open(w);
	AUDIT_NOTHING();
}

static void test_list(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *d = admin_device(w, "au-list");
	struct op_audit_query q = { .id = bytes_str("au-list"), .limit = 3 };
	struct op_audit_page p;
	struct op_changed ch;
	uint64_t last = UINT64_MAX;
	size_t seen = 0;

	for (int i = 0; i < 5; i++) {
		OK(op_enrollment_block(&w->op, d->id.device, w->a, &ch,
			&w->err));
		OK(op_enrollment_unblock(&w->op, d->id.device, w->a, &ch,
			&w->err));
	}
	do {
		p = page_of(w, &q);
		assert_true(p.n <= 3);
		for (size_t i = 0; i < p.n; i++, seen++) {
			assert_true(p.list[i]->seq < last);
			last = p.list[i]->seq;
			assert_int_equal(p.list[i]->enrollment, d->num);
			assert_true(bytes_is(p.id_text[i], "au-list"));
			assert_string_equal(p.list[i]->op, seen % 2 == 0 ?
				"enrollments.unblock" : "enrollments.block");
		}
		q.before = p.next;
	} while (p.next != 0);
	assert_int_equal(seen, 10);
	q = (struct op_audit_query){ .id = bytes_str("nobody"), .limit = 1 };
	FAILS(ERR_NOT_FOUND, op_audit_list(&w->op, &q, w->a, &p, &w->err));
	q = (struct op_audit_query){ .limit = 0 };
	FAILS(ERR_BAD_INPUT, op_audit_list(&w->op, &q, w->a, &p, &w->err));
	/* Those of no enrollment have no id. */
	q.limit = 1;
	OK(op_token_new(&w->op, &(struct op_token_new){ .name = "au-list",
		.scope = TOKEN_READ }, w->a, &(struct token *){ NULL },
		&(const char *){ NULL }, &w->err));
	p = page_of(w, &q);
	assert_null(p.id_text[0].p);
}

/* ---- tokens ---- */

static struct token *new_token(struct admin_world *w, const char *name,
	const char **text)
{
	struct op_token_new in = { .name = name, .scope = TOKEN_COMMAND };
	struct token *t;

	OK(op_token_new(&w->op, &in, w->a, &t, text, &w->err));
	return t;
}

static void test_token_new(void **state)
{
	struct admin_world *w = *state;
	struct op_token_new in = { .name = "ci", .scope = TOKEN_COMMAND,
		.expires = w->op.now + 1 };
	uint64_t since = newest(w);
	const char *text, *other;
	struct token *t, *found;

	OK(op_token_new(&w->op, &in, w->a, &t, &text, &w->err));
	assert_string_equal(t->name, "ci");
	assert_string_equal(t->made_by, "cli:test");
	assert_int_equal(t->created, w->op.now);
	assert_int_equal(t->expires, w->op.now + 1);
	AUDIT("tokens.new @0 ci command");
	OK(op_token_find(&w->op, text, w->a, &found, &w->err));
	assert_int_equal(found->num, t->num);
	OK(op_token_find(&w->op, "something else", w->a, &found, &w->err));
	assert_null(found);
	FAILS(ERR_CONFLICT, op_token_new(&w->op, &in, w->a, &t, &other,
		&w->err));
	in.name = "ci-2";
	in.text = text;
	FAILS(ERR_CONFLICT, op_token_new(&w->op, &in, w->a, &t, &other,
		&w->err));
	AUDIT("tokens.new @0 ci command");
}

static void test_token_bad_input(void **state)
{
	struct admin_world *w = *state;
	const struct op_token_new rows[] = {
		{ .name = NULL, .scope = TOKEN_READ },
		{ .name = "", .scope = TOKEN_READ },
		{ .name = "a b", .scope = TOKEN_READ },
		{ .name = "x", .scope = (enum token_scope)0 },
		{ .name = "x", .scope = (enum token_scope)3 },
		{ .name = "x", .scope = TOKEN_READ, .expires = w->op.now },
		{ .name = "x", .scope = TOKEN_READ, .expires = -1 },
	};
	uint64_t since = newest(w);
	const char *text;
	struct token *t;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		FAILS(ERR_BAD_INPUT, op_token_new(&w->op, &rows[i], w->a, &t,
			&text, &w->err));
	AUDIT_NOTHING();
}

static void test_token_revoke(void **state)
{
	struct admin_world *w = *state;
	const char *text, *by_num;
	struct token *one = new_token(w, "rev", &text), *two, *t;
	uint64_t since = newest(w);
	bool changed;

	OK(op_token_revoke(&w->op, "rev", w->a, &t, &changed, &w->err));
	assert_true(changed);
	assert_int_equal(t->num, one->num);
	OK(op_token_revoke(&w->op, "rev", w->a, &t, &changed, &w->err));
	assert_false(changed);
	AUDIT("tokens.revoke @0 rev -");
	assert_string_equal(op_token_state(t, w->op.now), "revoked");
	/* The name is free again, and means the new one. */
	two = new_token(w, "rev", &text);
	OK(op_token_revoke(&w->op, "rev", w->a, &t, &changed, &w->err));
	assert_true(changed);
	assert_int_equal(t->num, two->num);
	by_num = arena_printf(w->a, "@%llu", (unsigned long long)one->num);
	OK(op_token_revoke(&w->op, by_num, w->a, &t, &changed, &w->err));
	assert_false(changed);
	assert_int_equal(t->num, one->num);
	FAILS(ERR_NOT_FOUND, op_token_revoke(&w->op, "nobody", w->a, &t,
		&changed, &w->err));
	FAILS(ERR_NOT_FOUND, op_token_revoke(&w->op, "@999999", w->a, &t,
		&changed, &w->err));
	FAILS(ERR_NOT_FOUND, op_token_revoke(&w->op, "@", w->a, &t, &changed,
		&w->err));
	FAILS(ERR_NOT_FOUND, op_token_revoke(&w->op, "@-1", w->a, &t, &changed,
		&w->err));
	FAILS(ERR_NOT_FOUND, op_token_revoke(&w->op, "", w->a, &t, &changed,
		&w->err));
}

/* More than one step of the search by name. */
static void test_token_list(void **state)
{
	struct admin_world *w = *state;
	struct op_tokens page = { .next = 0 };
	uint64_t last = 0;
	size_t seen = 0;
	const char *text;
	struct token *t;
	bool changed;

	for (int i = 0; i < 250; i++)
		new_token(w, arena_printf(w->a, "list-%d", i), &text);
	do {
		OK(op_token_list(&w->op, page.next, 30, w->a, &page, &w->err));
		for (size_t i = 0; i < page.n; i++) {
			assert_true(page.list[i]->num > last);
			last = page.list[i]->num;
			seen += str_has_prefix(page.list[i]->name, "list-");
		}
	} while (page.next != 0);
	assert_int_equal(seen, 250);
	OK(op_token_revoke(&w->op, "list-249", w->a, &t, &changed, &w->err));
	assert_int_equal(t->num, last);
	FAILS(ERR_BAD_INPUT, op_token_list(&w->op, 0, 0, w->a, &page, &w->err));
}

static void test_token_state(void **state)
{
	struct token t = { .expires = 0 };

	(void)state;
	assert_string_equal(op_token_state(&t, 100), "active");
	t.expires = 101;
	assert_string_equal(op_token_state(&t, 100), "active");
	assert_string_equal(op_token_state(&t, 101), "expired");
	t.revoked = 1;
	assert_string_equal(op_token_state(&t, 100), "revoked");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(test_enqueue), EACH(test_enqueue_odd_type),
		EACH(test_enrollments), EACH(test_queue), EACH(test_allow),
		EACH(test_guard_and_store), EACH(test_ca),
		EACH(test_ca_without_a_store), EACH(test_list),
		EACH(test_token_new), EACH(test_token_bad_input),
		EACH(test_token_revoke), EACH(test_token_list),
		EACH(test_token_state),
	};

	return cmocka_run_group_tests(tests, admin_setup, admin_teardown);
}
