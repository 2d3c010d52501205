/* Accounts as an operator makes them, and what their holders get by signing
 * in: admin/op_account and enroll/login. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "admin/op_account.h"
#include "admin/op_audit.h"
#include "admin/op_ticket.h"
#include "admin_world.h"
#include "enroll/login.h"

#define NAME "ann@example.com"
#define PASSWORD bytes_str("correct horse")

static struct conf conf = { .login_minutes = 15,
	.url = "https://mdm.example.com", .login_url = "" };

static struct enroll_context context(struct admin_world *w, int64_t later)
{
	return (struct enroll_context){ .store = w->op.store, .conf = &conf,
		.now = w->op.now + later, .arena = w->a };
}

static struct account *add(struct admin_world *w, const char *name)
{
	struct op_account_set in = { .name = name, .password = PASSWORD };
	struct account *c;

	OK(op_account_add(&w->op, &in, w->a, &c, &w->err));
	return c;
}

static void forget(struct admin_world *w, const char *name)
{
	OK(op_account_remove(&w->op, name, &w->err));
}

static size_t audited(struct admin_world *w)
{
	struct op_audit_query q = { .limit = 100 };
	struct op_audit_page p;

	OK(op_audit_list(&w->op, &q, w->a, &p, &w->err));
	return p.n;
}

static char *repeated(struct admin_world *w, char c, size_t n)
{
	char *s = arena_alloc(w->a, n + 1);

	memset(s, c, n);
	s[n] = '\0';
	return s;
}

/* ---- op_account ---- */

static void test_bad_input(void **state)
{
	struct admin_world *w = *state;
	char *longest = repeated(w, 'x', 256);
	const struct op_account_set rows[] = {
		{ .name = NULL, .password = PASSWORD },
		{ .name = "", .password = PASSWORD },
		{ .name = longest, .password = PASSWORD },
		{ .name = "a\nb@c", .password = PASSWORD },
		{ .name = "a\x1b[1m@c", .password = PASSWORD },
		{ .name = "a\xe2\x80\xae@c", .password = PASSWORD },
		{ .name = "a\xff@c", .password = PASSWORD },
		{ .name = " a@c", .password = PASSWORD },
		{ .name = "a@c ", .password = PASSWORD },
		{ .name = "nobody", .password = PASSWORD },
		{ .name = "a@c", .password = PASSWORD,
			.managed_apple_account = "no at" },
		{ .name = "a@c", .password = PASSWORD,
			.managed_apple_account = "a@\n" },
		{ .name = "a@c" },
		{ .name = "a@c", .password = bytes_str("seven77") },
		{ .name = "a@c", .password = bytes_str(repeated(w, 'x',
			1025)) },
	};
	size_t before = audited(w);
	struct account *c;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		FAILS(ERR_BAD_INPUT, op_account_add(&w->op, &rows[i], w->a, &c,
			&w->err));
	assert_int_equal(audited(w), before);
}

static void test_good_names(void **state)
{
	struct admin_world *w = *state;
	char *longest = repeated(w, 'x', 255);
	const char *names[] = { "a:b@c", "zo\xc3\xab@c", "a b@c", "\"<'>&@c",
		longest };

	longest[200] = '@';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct account *c = add(w, names[i]);

		assert_string_equal(c->name, names[i]);
		assert_null(c->managed_apple_account);
		assert_false(c->disabled);
		assert_int_equal(c->created, w->op.now);
		assert_null(strstr(c->hash, "horse"));
		forget(w, names[i]);
	}
}

static void test_one_name_without_case(void **state)
{
	struct admin_world *w = *state;
	struct op_account_set in = { .name = "ANN@Example.COM",
		.password = PASSWORD };
	size_t before;
	struct account *c;

	add(w, NAME);
	before = audited(w);
	FAILS(ERR_CONFLICT, op_account_add(&w->op, &in, w->a, &c, &w->err));
	assert_int_equal(audited(w), before);
	in.password = bytes_of(NULL, 0);
	in.managed_apple_account = "other@example.com";
	OK(op_account_set(&w->op, &in, w->a, &c, &w->err));
	assert_string_equal(c->name, NAME);
	assert_string_equal(c->managed_apple_account, "other@example.com");
	assert_int_equal(audited(w), before + 1);
	in.managed_apple_account = "";
	OK(op_account_set(&w->op, &in, w->a, &c, &w->err));
	assert_null(c->managed_apple_account);
	forget(w, "ann@EXAMPLE.com");
	FAILS(ERR_NOT_FOUND, op_account_remove(&w->op, NAME, &w->err));
	FAILS(ERR_NOT_FOUND, op_account_set(&w->op, &in, w->a, &c, &w->err));
}

static void test_name_without_at(void **state)
{
	struct admin_world *w = *state;
	struct op_account_set in = { .name = "ann", .password = PASSWORD,
		.managed_apple_account = NAME };
	bool yes = true;
	struct account *c;

	OK(op_account_add(&w->op, &in, w->a, &c, &w->err));
	in = (struct op_account_set){ .name = "ann",
		.managed_apple_account = "" };
	FAILS(ERR_BAD_INPUT, op_account_set(&w->op, &in, w->a, &c, &w->err));
	in = (struct op_account_set){ .name = "ann", .disabled = &yes };
	OK(op_account_set(&w->op, &in, w->a, &c, &w->err));
	assert_true(c->disabled);
	assert_string_equal(c->managed_apple_account, NAME);
	forget(w, "ann");
}

static void test_list(void **state)
{
	static const char *const names[] = { "a@c", "B@c", "c@c" };
	struct admin_world *w = *state;
	struct account **list;
	const char *next;
	size_t n;

	for (size_t i = 3; i > 0; i--)
		add(w, names[i - 1]);
	OK(op_account_list(&w->op, NULL, 2, w->a, &list, &n, &next, &w->err));
	assert_int_equal(n, 2);
	assert_string_equal(list[0]->name, "a@c");
	assert_string_equal(list[1]->name, "B@c");
	assert_string_equal(list[0]->hash, "");
	assert_string_equal(next, "B@c");
	OK(op_account_list(&w->op, next, 2, w->a, &list, &n, &next, &w->err));
	assert_int_equal(n, 1);
	assert_string_equal(list[0]->name, "c@c");
	assert_null(next);
	for (size_t i = 0; i < 3; i++)
		forget(w, names[i]);
}

/* ---- signing in ---- */

static const char *token_of(struct admin_world *w, const char *name)
{
	struct enroll_context cx = context(w, 0);
	const char *token;

	OK(login_password(&cx, name, PASSWORD, &token, &w->err));
	return token;
}

static int redeem(struct admin_world *w, const char *scheme,
	const char *token, int64_t later, struct grant *g)
{
	struct enroll_context cx = context(w, later);

	return login_redeem(&cx, arena_printf(w->a, "%s%s", scheme, token), g,
		&w->err);
}

static void test_password(void **state)
{
	struct admin_world *w = *state;
	struct enroll_context cx = context(w, 0);
	bool yes = true;
	struct op_account_set off = { .name = NAME, .disabled = &yes };
	const struct {
		const char *name;
		struct bytes password;
	} wrong[] = {
		{ NAME, bytes_str("correct hors") }, { NAME, bytes_str("") },
		{ NAME, bytes_str("correct horse ") }, { "x@y", PASSWORD },
		{ "", PASSWORD }, { NULL, PASSWORD },
		{ repeated(w, 'x', 256), PASSWORD },
	};
	const char *token;
	struct account *c;

	add(w, NAME);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		FAILS(ERR_FORBIDDEN, login_password(&cx, wrong[i].name,
			wrong[i].password, &token, &w->err));
		assert_string_equal(w->err.msg,
			"The name or the password is wrong.");
	}
	OK(login_password(&cx, "ANN@example.com", PASSWORD, &token, &w->err));
	OK(op_account_set(&w->op, &off, w->a, &c, &w->err));
	FAILS(ERR_FORBIDDEN, login_password(&cx, NAME, PASSWORD, &token,
		&w->err));
	forget(w, NAME);
}

static void test_expiry(void **state)
{
	struct admin_world *w = *state;
	const char *token;
	struct grant g;

	add(w, NAME);
	token = token_of(w, NAME);
	OK(redeem(w, "Bearer ", token, 15 * 60 - 1, &g));
	assert_int_equal(g.source, GRANT_ACCOUNT);
	assert_string_equal(g.account, NAME);
	FAILS(ERR_UNAUTH, redeem(w, "Bearer ", token, 15 * 60, &g));
	assert_string_equal(w->err.msg, "bearer token has expired");
	forget(w, NAME);
}

static void test_uses(void **state)
{
	struct admin_world *w = *state;
	const char *token;
	struct grant g;

	add(w, NAME);
	token = token_of(w, NAME);
	for (int i = 0; i < LOGIN_FETCHES; i++)
		OK(redeem(w, i % 2 ? "bearer " : "Bearer  ", token, 0, &g));
	FAILS(ERR_UNAUTH, redeem(w, "Bearer ", token, 0, &g));
	/* A second login is another token. */
	OK(redeem(w, "Bearer ", token_of(w, NAME), 0, &g));
	forget(w, NAME);
}

static void test_not_a_login(void **state)
{
	struct admin_world *w = *state;
	struct op_ticket_new any = { .serial = NULL };
	struct enroll_context cx = context(w, 0);
	const char *token, *challenge;
	struct ticket *t;
	struct grant g;

	add(w, NAME);
	token = token_of(w, NAME);
	OK(op_challenge_new(&w->op, &any, w->a, &challenge, &t, &w->err));
	FAILS(ERR_UNAUTH, redeem(w, "Bearer ", challenge, 0, &g));
	FAILS(ERR_UNAUTH, redeem(w, "Bearer ", "", 0, &g));
	FAILS(ERR_UNAUTH, redeem(w, "Bearer ", repeated(w, 'A', 5000), 0, &g));
	FAILS(ERR_UNAUTH, redeem(w, "Basic ", token, 0, &g));
	FAILS(ERR_UNAUTH, redeem(w, "", token, 0, &g));
	FAILS(ERR_UNAUTH, login_redeem(&cx, NULL, &g, &w->err));
	forget(w, NAME);
	FAILS(ERR_UNAUTH, redeem(w, "Bearer ", token, 0, &g));
	assert_string_equal(w->err.msg, "bearer token: the user is gone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(test_bad_input), EACH(test_good_names),
		EACH(test_one_name_without_case), EACH(test_name_without_at),
		EACH(test_list), EACH(test_password), EACH(test_expiry),
		EACH(test_uses), EACH(test_not_a_login),
	};

	return cmocka_run_group_tests(tests, admin_setup, admin_teardown);
}
