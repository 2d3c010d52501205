/* Passwords for tokens, tokens for grants. Pages and HTTP are not its
 * subject. */
#include "enroll/login.h"

#include <stdatomic.h>
#include <string.h>

#include "auth/ticket.h"
#include "crypto/password.h"

/* A hash takes a processor for a good part of a second: more at the same time
 * would hold up all other requests of the process. */
#define HASHING_MAX 8

static atomic_int hashing;

struct signing_in {
	const struct enroll_context *cx;
	const char *name;
	struct account *account;	/* NULL: none */
	const char *token;
};

static int find_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct signing_in *s = arg;

	return store_account_get(tx, s->name, s->cx->arena, &s->account, e);
}

static const char *managed(const struct account *c)
{
	return c->managed_apple_account != NULL ? c->managed_apple_account :
		c->name;
}

static int token_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct signing_in *s = arg;
	struct grant g = { .source = GRANT_ACCOUNT,
		.account = s->account->name };

	return ticket_new(tx, TICKET_LOGIN, &g, s->cx->now,
		(int64_t)s->cx->conf->login_minutes * 60, s->cx->arena,
		&s->token, e);
}

static bool check(const struct signing_in *s, struct bytes password)
{
	const struct account *c = s->account;
	bool usable = c != NULL && !c->disabled;

	return password_matches(password, usable ? c->hash : NULL);
}

int login_password(const struct enroll_context *cx, const char *name,
	struct bytes password, const char **token, struct err *e)
{
	struct signing_in s = { .cx = cx, .name = name };
	bool good;

	if (name == NULL || *name == '\0' || strlen(name) > 255)
		return err_set(e, ERR_FORBIDDEN,
			"The name or the password is wrong.");
	if (store_read(cx->store, find_tx, &s, e) < 0)
		return -1;
	if (atomic_fetch_add(&hashing, 1) >= HASHING_MAX) {
		atomic_fetch_sub(&hashing, 1);
		return err_set(e, ERR_BUSY, "Too many people are signing in "
			"at this moment. Please try again.");
	}
	good = check(&s, password);
	atomic_fetch_sub(&hashing, 1);
	if (!good)
		return err_set(e, ERR_FORBIDDEN,
			"The name or the password is wrong.");
	if (store_write(cx->store, token_tx, &s, e) < 0)
		return -1;
	*token = s.token;
	return 0;
}

/* ---- */

struct redeeming {
	const struct enroll_context *cx;
	const char *text;
	struct grant *out;
	bool look;	/* only: a stranger never waits for a write */
};

static int redeem_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct redeeming *r = arg;
	struct arena *a = r->cx->arena;
	struct account *c;
	struct ticket *t;

	if (ticket_check(tx, TICKET_LOGIN, r->text, r->cx->now, a, &t, e) < 0) {
		if (e->kind != ERR_FORBIDDEN)
			return -1;
		return err_set(e, ERR_UNAUTH, "bearer token %s",
			arena_strdup(a, e->msg));
	}
	if (store_account_get(tx, t->grant.account, a, &c, e) < 0)
		return -1;
	if (c == NULL || c->disabled)
		return err_set(e, ERR_UNAUTH, "bearer token: the user is %s",
			c == NULL ? "gone" : "disabled");
	if (++t->fetched > LOGIN_FETCHES)
		return err_set(e, ERR_UNAUTH,
			"bearer token has fetched enough profiles");
	*r->out = t->grant;
	r->out->account = managed(c);
	return r->look ? 0 : store_ticket_put(tx, t, e);
}

int login_redeem(const struct enroll_context *cx, const char *authorization,
	struct grant *out, struct err *e)
{
	static const char scheme[] = "Bearer ";
	struct redeeming r = { .cx = cx, .out = out, .look = true };

	if (authorization == NULL ||
		!str_has_prefix_nocase(authorization, scheme))
		return err_set(e, ERR_UNAUTH, "no bearer token");
	r.text = authorization + strlen(scheme);
	while (*r.text == ' ')
		r.text++;
	if (store_read(cx->store, redeem_tx, &r, e) < 0)
		return -1;
	r.look = false;
	return store_write(cx->store, redeem_tx, &r, e);
}

const char *login_challenge(const struct conf *conf, struct arena *a)
{
	const char *url = *conf->login_url != '\0' ? conf->login_url :
		arena_printf(a, "%s%s", conf->url, LOGIN_PATH);

	return arena_printf(a, "Bearer method=\"apple-as-web\", url=\"%s\"",
		url);
}
