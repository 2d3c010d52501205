/* Challenges and invites: made, listed, revoked by an operator. */
#include "admin/op_ticket.h"

#include <string.h>

#include "auth/ticket.h"
#include "base/enc.h"

#define PAGE 500
#define TEXT_MAX 255
#define PREFIX_MIN 8
#define SHOWN 80

/* ---- whom it is for ---- */

static int check_text(const char *what, const char *s, struct err *e)
{
	size_t n = s != NULL ? strlen(s) : 1;

	if (n == 0 || n > TEXT_MAX || (s != NULL && !str_is_utf8(s, n)))
		return err_set(e, ERR_BAD_INPUT,
			"%s: use 1 to %d bytes of UTF-8", what, TEXT_MAX);
	for (size_t i = 0; s != NULL && i < n; i++)
		if (str_control(s + i, n - i) > 0)
			return err_set(e, ERR_BAD_INPUT,
				"%s: holds a control character", what);
	return 0;
}

int op_ticket_check(const struct op_ticket_new *in, struct err *e)
{
	if (check_text("serial", in->serial, e) < 0 ||
		check_text("udid", in->udid, e) < 0 ||
		check_text("account", in->account, e) < 0)
		return -1;
	if (in->ttl != 0 && (in->ttl < OP_TICKET_TTL_MIN ||
		in->ttl > OP_TICKET_TTL_MAX))
		return err_set(e, ERR_BAD_INPUT, "a time to live is one minute "
			"to 366 days");
	return 0;
}

const char *op_ticket_for(const struct grant *g, struct arena *a)
{
	static const char *const names[] = { "serial", "UDID", "account" };
	const char *const values[] = { g->serial, g->udid, g->account };
	const char *s = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (values[i] != NULL)
			s = arena_printf(a, "%s%s%s %s", s != NULL ? s : "",
				s != NULL ? ", " : "", names[i],
				op_line(bytes_str(values[i]), SHOWN, a));
	return s != NULL ? s : "any device";
}

const char *op_ticket_state(const struct ticket *t, int64_t now)
{
	if (t->used != 0)
		return "used";
	return t->expires <= now ? "expired" : "active";
}

static const char *short_hash(const unsigned char hash[DIGEST_LEN],
	struct arena *a)
{
	return enc_hex(a, bytes_of(hash, PREFIX_MIN));
}

/* ---- a new one ---- */

struct making {
	const struct op *op;
	enum ticket_kind kind;
	struct grant grant;
	int64_t ttl;
	struct arena *a;
	const char *text;
	struct ticket *t;
};

static int make_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct making *m = arg;
	unsigned char hash[DIGEST_LEN];

	if (ticket_new(tx, m->kind, &m->grant, m->op->now, m->ttl, m->a,
		&m->text, e) < 0)
		return -1;
	ticket_hash(m->text, hash);
	if (store_ticket_get(tx, hash, m->a, &m->t, e) < 0)
		return -1;
	return op_audit(tx, m->op, m->kind == TICKET_CHALLENGE ?
		"challenge.new" : "invite.new", 0, short_hash(hash, m->a),
		op_ticket_for(&m->grant, m->a), e);
}

static int make(struct making *m, const struct op_ticket_new *in,
	struct err *e)
{
	if (op_ticket_check(in, e) < 0)
		return -1;
	m->grant.serial = in->serial;
	m->grant.udid = in->udid;
	m->grant.account = in->account;
	if (in->ttl != 0)
		m->ttl = in->ttl;
	if (store_write(m->op->store, make_tx, m, e) < 0)
		return -1;
	op_log(m->op, m->kind == TICKET_CHALLENGE ? "challenge.new" :
		"invite.new", short_hash(m->t->hash, m->a));
	return 0;
}

int op_challenge_new(const struct op *op, const struct op_ticket_new *in,
	struct arena *a, const char **text, struct ticket **out,
	struct err *e)
{
	struct making m = { .op = op, .kind = TICKET_CHALLENGE, .a = a,
		.grant.source = GRANT_OPERATOR,
		.ttl = (int64_t)op->conf->challenge_minutes * 60 };

	if (make(&m, in, e) < 0)
		return -1;
	*text = m.text;
	*out = m.t;
	return 0;
}

int op_invite_new(const struct op *op, const struct op_ticket_new *in,
	struct arena *a, const char **url, struct ticket **out,
	struct err *e)
{
	struct making m = { .op = op, .kind = TICKET_INVITE, .a = a,
		.grant.source = GRANT_INVITE, .ttl = OP_INVITE_TTL };

	if (make(&m, in, e) < 0)
		return -1;
	*url = arena_printf(a, "%s/mdm/enroll?invite=%s", op->conf->url,
		m.text);
	*out = m.t;
	return 0;
}

/* ---- looking ---- */

struct listing {
	enum ticket_kind kind;
	struct bytes cursor;
	size_t limit;
	struct arena *a;
	struct ticket **list;
	size_t n;
	struct bytes next;
};

static int list_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct listing *l = arg;

	return store_ticket_list(tx, l->kind, l->cursor, l->limit, l->a,
		&l->list, &l->n, &l->next, e);
}

int op_ticket_list(const struct op *op, enum ticket_kind kind,
	struct bytes cursor, size_t limit, struct arena *a,
	struct ticket ***out, size_t *n, struct bytes *next, struct err *e)
{
	struct listing l = { .kind = kind, .cursor = cursor, .limit = limit,
		.a = a };

	if (op_list(op, limit, list_tx, &l, e) < 0)
		return -1;
	*out = l.list;
	*n = l.n;
	*next = l.next;
	return 0;
}

/* ---- the end of one ---- */

struct revoking {
	const struct op *op;
	enum ticket_kind kind;
	const char *prefix;	/* lower case */
	struct arena *a;
	struct ticket *t;
};

/* Calls fn for all of a kind, a page at a time, until it fails. */
static int each(struct store_tx *tx, enum ticket_kind kind,
	int (*fn)(struct store_tx *tx, struct ticket *t, struct revoking *r,
		struct err *e), struct revoking *r, struct err *e)
{
	struct bytes cursor = { NULL, 0 };
	struct arena *a = arena_new();
	int rc = 0;

	do {
		struct ticket **list;
		size_t n;

		rc = store_ticket_list(tx, kind, cursor, PAGE, a, &list, &n,
			&cursor, e);
		for (size_t i = 0; rc == 0 && i < n; i++)
			rc = fn(tx, list[i], r, e);
	} while (rc == 0 && cursor.p != NULL);
	arena_free(a);
	return rc;
}

static int match(struct store_tx *tx, struct ticket *t, struct revoking *r,
	struct err *e)
{
	char hex[2 * DIGEST_LEN + 1];

	enc_hex_to(hex, t->hash, DIGEST_LEN);
	if (!str_has_prefix(hex, r->prefix))
		return 0;
	if (r->t != NULL)
		return err_set(e, ERR_CONFLICT, "several %ss begin with %s: "
			"give more digits", ticket_kind_name(r->kind),
			r->prefix);
	return store_ticket_get(tx, t->hash, r->a, &r->t, e);
}

static int drop_challenge(struct store_tx *tx, struct ticket *t,
	struct revoking *r, struct err *e)
{
	bool was;

	if (t->used != 0 || !t->grant.has_invite ||
		memcmp(t->grant.invite, r->t->hash, DIGEST_LEN) != 0)
		return 0;
	return store_ticket_del(tx, t->hash, &was, e);
}

static int revoke_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct revoking *r = arg;
	bool was;

	r->t = NULL;
	if (each(tx, r->kind, match, r, e) < 0)
		return -1;
	if (r->t == NULL)
		return err_set(e, ERR_NOT_FOUND, "no %s begins with %s",
			ticket_kind_name(r->kind), r->prefix);
	if (store_ticket_del(tx, r->t->hash, &was, e) < 0 ||
		(r->kind == TICKET_INVITE &&
			each(tx, TICKET_CHALLENGE, drop_challenge, r, e) < 0))
		return -1;
	return op_audit(tx, r->op, r->kind == TICKET_CHALLENGE ?
		"challenge.revoke" : "invite.revoke", 0,
		short_hash(r->t->hash, r->a), op_ticket_for(&r->t->grant,
			r->a), e);
}

/* Lower case, in the arena; NULL when it is none. */
static const char *prefix_of(const char *s, struct arena *a)
{
	char *out = arena_strdup(a, s);
	size_t n = strlen(out);

	if (n < PREFIX_MIN || n > 2 * DIGEST_LEN ||
		strspn(out, "0123456789abcdefABCDEF") != n)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (out[i] >= 'A' && out[i] <= 'F')
			out[i] = (char)(out[i] - 'A' + 'a');
	return out;
}

int op_ticket_revoke(const struct op *op, enum ticket_kind kind,
	const char *hash, struct arena *a, struct ticket **out,
	struct err *e)
{
	struct revoking r = { .op = op, .kind = kind, .a = a,
		.prefix = prefix_of(hash, a) };

	if (r.prefix == NULL)
		return err_set(e, ERR_BAD_INPUT, "use the first %d or more "
			"hexadecimal digits of its hash", PREFIX_MIN);
	if (store_write(op->store, revoke_tx, &r, e) < 0)
		return -1;
	op_log(op, kind == TICKET_CHALLENGE ? "challenge.revoke" :
		"invite.revoke", short_hash(r.t->hash, a));
	if (out != NULL)
		*out = r.t;
	return 0;
}
