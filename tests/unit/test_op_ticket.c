/* Challenges, invites and profiles as an operator makes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "admin/op_audit.h"
#include "admin/op_json.h"
#include "admin/op_profile.h"
#include "admin_world.h"
#include "auth/ticket.h"
#include "base/enc.h"
#include "profile_read.h"

static const struct op_ticket_new any = { .serial = NULL };

static struct audit *newest(struct admin_world *w)
{
	struct op_audit_query q = { .limit = 1 };
	struct op_audit_page p;

	OK(op_audit_list(&w->op, &q, w->a, &p, &w->err));
	assert_int_equal(p.n, 1);
	return p.list[0];
}

static const char *hex(struct admin_world *w, const struct ticket *t)
{
	return enc_hex(w->a, bytes_of(t->hash, DIGEST_LEN));
}

static struct ticket *new_challenge(struct admin_world *w,
	const struct op_ticket_new *in, const char **text)
{
	struct ticket *t;

	OK(op_challenge_new(&w->op, in, w->a, text, &t, &w->err));
	return t;
}

/* The text at the end of the link. */
static struct ticket *new_invite(struct admin_world *w,
	const struct op_ticket_new *in, const char **text)
{
	static const char start[] = "https://mdm.example.com/mdm/enroll?invite=";
	struct ticket *t;

	OK(op_invite_new(&w->op, in, w->a, text, &t, &w->err));
	assert_true(str_has_prefix(*text, start));
	*text += strlen(start);
	return t;
}

/* How many of a kind there are, by pages of two. */
static size_t count(struct admin_world *w, enum ticket_kind kind)
{
	struct bytes cursor = { NULL, 0 };
	struct ticket **list;
	size_t n, all = 0;

	do {
		OK(op_ticket_list(&w->op, kind, cursor, 2, w->a, &list, &n,
			&cursor, &w->err));
		assert_in_range(n, 0, 2);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(list[i]->kind, kind);
		all += n;
	} while (cursor.p != NULL);
	return all;
}

static void test_new(void **state)
{
	struct admin_world *w = *state;
	const struct op_ticket_new in = { .serial = "C0FFEE", .udid = "U-1",
		.account = "ann@example.com", .ttl = 3600 };
	const char *text;
	struct ticket *t = new_challenge(w, &any, &text);
	unsigned char hash[DIGEST_LEN];
	struct audit *r = newest(w);

	assert_int_equal(strlen(text), TICKET_TEXT_LEN);
	ticket_hash(text, hash);
	assert_memory_equal(hash, t->hash, DIGEST_LEN);
	assert_int_equal(t->grant.source, GRANT_OPERATOR);
	assert_null(t->grant.serial);
	assert_int_equal(t->expires, w->op.now + 3600);
	assert_string_equal(r->op, "challenge.new");
	assert_string_equal(r->detail, "any device");
	assert_null(strstr(r->target, text));
	t = new_invite(w, &in, &text);
	r = newest(w);
	assert_int_equal(t->kind, TICKET_INVITE);
	assert_int_equal(t->grant.source, GRANT_INVITE);
	assert_string_equal(t->grant.serial, "C0FFEE");
	assert_string_equal(t->grant.udid, "U-1");
	assert_string_equal(t->grant.account, "ann@example.com");
	assert_string_equal(r->op, "invite.new");
	assert_string_equal(r->detail,
		"serial C0FFEE, UDID U-1, account ann@example.com");
	assert_int_equal(new_invite(w, &any, &text)->expires,
		w->op.now + OP_INVITE_TTL);
}

static void test_bad_input(void **state)
{
	static char longest[257];
	const struct op_ticket_new bad[] = {
		{ .serial = "" }, { .udid = "" }, { .account = "" },
		{ .serial = "a\nb" }, { .udid = "\xff" },
		{ .serial = longest }, { .ttl = 59 }, { .ttl = -1 },
		{ .ttl = OP_TICKET_TTL_MAX + 1 },
	};
	struct admin_world *w = *state;
	struct op_profile_new mode = { .mode = "BYOD" };
	struct enroll_profile p;
	const char *text;
	struct ticket *t;

	memset(longest, 'x', 256);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct op_profile_new in = { .grant = bad[i] };

		FAILS(ERR_BAD_INPUT, op_challenge_new(&w->op, &bad[i], w->a,
			&text, &t, &w->err));
		FAILS(ERR_BAD_INPUT, op_invite_new(&w->op, &bad[i], w->a,
			&text, &t, &w->err));
		FAILS(ERR_BAD_INPUT, op_profile_new(&w->op, &in, w->a, &p,
			&w->err));
	}
	FAILS(ERR_BAD_INPUT, op_profile_new(&w->op, &mode, w->a, &p,
		&w->err));
	mode.grant.account = "ann@example.com";
	mode.mode = "byod";
	FAILS(ERR_BAD_INPUT, op_profile_new(&w->op, &mode, w->a, &p,
		&w->err));
}

static void test_list(void **state)
{
	struct admin_world *w = *state;
	size_t before[2] = { count(w, TICKET_CHALLENGE),
		count(w, TICKET_INVITE) };
	const char *text;
	struct bytes next;
	struct ticket **list;
	size_t n;

	for (int i = 0; i < 5; i++)
		new_challenge(w, &any, &text);
	for (int i = 0; i < 3; i++)
		new_invite(w, &any, &text);
	assert_int_equal(count(w, TICKET_CHALLENGE), before[0] + 5);
	assert_int_equal(count(w, TICKET_INVITE), before[1] + 3);
	FAILS(ERR_BAD_INPUT, op_ticket_list(&w->op, TICKET_INVITE,
		(struct bytes){ NULL, 0 }, 0, w->a, &list, &n, &next, &w->err));
}

static void test_revoke(void **state)
{
	static const char *const bad[] = { "", "1234567", "12345678x",
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0" };
	struct admin_world *w = *state;
	const char *text;
	struct ticket *t = new_challenge(w, &any, &text), *was;
	size_t n = count(w, TICKET_CHALLENGE);
	char *prefix = arena_strdup(w->a, hex(w, t));

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		FAILS(ERR_BAD_INPUT, op_ticket_revoke(&w->op,
			TICKET_CHALLENGE, bad[i], w->a, NULL, &w->err));
	prefix[12] = '\0';
	for (char *p = prefix; *p != '\0'; p++)
		if (*p >= 'a')
			*p = (char)(*p - 'a' + 'A');
	/* An invite's list does not hold it. */
	FAILS(ERR_NOT_FOUND, op_ticket_revoke(&w->op, TICKET_INVITE, prefix,
		w->a, NULL, &w->err));
	OK(op_ticket_revoke(&w->op, TICKET_CHALLENGE, prefix, w->a, &was,
		&w->err));
	assert_memory_equal(was->hash, t->hash, DIGEST_LEN);
	assert_string_equal(newest(w)->op, "challenge.revoke");
	assert_int_equal(count(w, TICKET_CHALLENGE), n - 1);
	FAILS(ERR_NOT_FOUND, op_ticket_revoke(&w->op, TICKET_CHALLENGE,
		hex(w, t), w->a, NULL, &w->err));
}

static int put_tx(struct store_tx *tx, void *arg, struct err *e)
{
	return store_ticket_put(tx, arg, e);
}

/* Two whose hashes begin alike. */
static void test_ambiguous(void **state)
{
	struct admin_world *w = *state;
	struct ticket t = { .kind = TICKET_CHALLENGE,
		.grant.source = GRANT_OPERATOR, .created = w->op.now,
		.expires = w->op.now + 100,
		.hash = { 0xde, 0xad, 0xbe, 0xef, 1 } };

	OK(store_write(w->op.store, put_tx, &t, &w->err));
	t.hash[4] = 2;
	OK(store_write(w->op.store, put_tx, &t, &w->err));
	FAILS(ERR_CONFLICT, op_ticket_revoke(&w->op, TICKET_CHALLENGE,
		"deadbeef", w->a, NULL, &w->err));
	OK(op_ticket_revoke(&w->op, TICKET_CHALLENGE, "deadbeef02", w->a,
		NULL, &w->err));
	OK(op_ticket_revoke(&w->op, TICKET_CHALLENGE, "deadbeef", w->a, NULL,
		&w->err));
}

static struct conf with_topic(const struct admin_world *w)
{
	struct conf c = *w->op.conf;

	c.topic = "com.apple.mgmt.External.x";
	return c;
}

/* With an invite go the challenges that nobody used yet. */
static void test_revoke_invite(void **state)
{
	struct admin_world *w = *state;
	struct conf conf = with_topic(w);
	struct enroll_context cx = { w->op.store, &conf, w->op.now, w->a };
	size_t before = count(w, TICKET_CHALLENGE);
	struct enroll_profile p;
	const char *text, *other;
	struct ticket *t = new_invite(w, &any, &text);
	struct grant g;

	new_invite(w, &any, &other);
	OK(enroll_invite(&cx, text, &g, &w->err));
	OK(enroll_profile_make(&cx, &g, NULL, 0, &p, &w->err));
	OK(enroll_profile_make(&cx, &g, NULL, 0, &p, &w->err));
	OK(enroll_invite(&cx, other, &g, &w->err));
	OK(enroll_profile_make(&cx, &g, NULL, 0, &p, &w->err));
	assert_int_equal(count(w, TICKET_CHALLENGE), before + 3);
	OK(op_ticket_revoke(&w->op, TICKET_INVITE, hex(w, t), w->a, NULL,
		&w->err));
	assert_int_equal(count(w, TICKET_CHALLENGE), before + 1);
	FAILS(ERR_FORBIDDEN, enroll_invite(&cx, text, &g, &w->err));
	OK(enroll_invite(&cx, other, &g, &w->err));
}

static void test_profile(void **state)
{
	struct admin_world *w = *state;
	struct conf conf = with_topic(w);
	struct op op = w->op;
	struct op_profile_new in = { .grant = { .serial = "C0FFEE",
		.account = "ann@example.com" }, .mode = "BYOD" };
	size_t before = count(w, TICKET_CHALLENGE);
	struct enroll_profile p;
	const struct pl *root;

	FAILS(ERR_CONFLICT, op_profile_new(&op, &in, w->a, &p, &w->err));
	op.conf = &conf;
	OK(op_profile_new(&op, &in, w->a, &p, &w->err));
	assert_int_equal(count(w, TICKET_CHALLENGE), before + 1);
	assert_string_equal(newest(w)->op, "profile.new");
	assert_string_equal(newest(w)->detail,
		"serial C0FFEE, account ann@example.com");
	root = profile_open(p.body, w->a);
	assert_non_null(profile_get(root, "scep", "Challenge", w->a));
	assert_string_equal(profile_get(root, "mdm", "EnrollmentMode", w->a),
		"BYOD");
	in.without_challenge = true;
	OK(op_profile_new(&op, &in, w->a, &p, &w->err));
	assert_null(profile_get(profile_open(p.body, w->a), "scep",
		"Challenge", w->a));
	assert_int_equal(count(w, TICKET_CHALLENGE), before + 1);
}

static void test_state(void **state)
{
	struct ticket t = { .expires = 101 };

	(void)state;
	assert_string_equal(op_ticket_state(&t, 100), "active");
	assert_string_equal(op_ticket_state(&t, 101), "expired");
	t.used = 50;
	assert_string_equal(op_ticket_state(&t, 100), "used");
}

static void test_json(void **state)
{
	struct admin_world *w = *state;
	struct ticket t = { .kind = TICKET_CHALLENGE, .created = 1,
		.expires = 2, .used = 1, .hash = { 1 }, .cert = { 2 },
		.grant = { .source = GRANT_INVITE, .serial = "S",
			.has_invite = true, .invite = { 3 } } };
	struct json *o = json_new_object(w->a);

	op_json_ticket(o, &t, 1, w->a);
	assert_string_equal(json_get_str(o, "state"), "used");
	assert_string_equal(json_get_str(o, "source"), "invite");
	assert_string_equal(json_get_str(o, "serial"), "S");
	assert_true(str_has_prefix(json_get_str(o, "hash"), "0100"));
	assert_true(str_has_prefix(json_get_str(o, "certificate"), "0200"));
	assert_true(str_has_prefix(json_get_str(o, "invite"), "0300"));
	assert_null(json_get(o, "udid"));
	assert_null(json_get(o, "fetched"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(test_new), EACH(test_bad_input), EACH(test_list),
		EACH(test_revoke), EACH(test_ambiguous),
		EACH(test_revoke_invite), EACH(test_profile),
		EACH(test_state), EACH(test_json),
	};

	return cmocka_run_group_tests(tests, admin_setup, admin_teardown);
}
