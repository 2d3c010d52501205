/* Invites: links to an enrollment profile that are good for one device. */
#include "enroll/enroll_invite.h"

#include <string.h>

#include "auth/ticket.h"
#include "enroll/enroll_profile.h"

static int check_fetched(const struct ticket *t, struct err *e)
{
	return t->fetched < ENROLL_INVITE_FETCHES ? 0 :
		err_set(e, ERR_FORBIDDEN, "was fetched too often");
}

struct finding {
	const struct enroll_context *cx;
	const char *text;
	struct ticket *t;
};

static int find_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct finding *f = arg;

	if (ticket_check(tx, TICKET_INVITE, f->text, f->cx->now, f->cx->arena,
		&f->t, e) < 0)
		return -1;
	return check_fetched(f->t, e);
}

int enroll_invite(const struct enroll_context *cx, const char *text,
	struct grant *out, struct err *e)
{
	struct finding f = { .cx = cx, .text = text };

	if (store_read(cx->store, find_tx, &f, e) < 0)
		return -1;
	*out = f.t->grant;
	out->source = GRANT_INVITE;
	out->has_invite = true;
	memcpy(out->invite, f.t->hash, DIGEST_LEN);
	return 0;
}

static int count_fetch(struct store_tx *tx, struct ticket *t, int64_t now,
	struct err *e)
{
	if (t == NULL || t->kind != TICKET_INVITE)
		return err_set(e, ERR_FORBIDDEN, "is not known");
	if (t->used != 0)
		return err_set(e, ERR_FORBIDDEN, "was used before");
	if (t->expires <= now)
		return err_set(e, ERR_FORBIDDEN, "has expired");
	if (check_fetched(t, e) < 0)
		return -1;
	t->fetched++;
	return store_ticket_put(tx, t, e);
}

int enroll_invite_fetch(struct store_tx *tx,
	const unsigned char hash[DIGEST_LEN], int64_t now, struct err *e)
{
	struct arena *a = arena_new();
	struct ticket *t;
	int rc = store_ticket_get(tx, hash, a, &t, e);

	if (rc == 0 && count_fetch(tx, t, now, e) < 0)
		rc = err_wrap(e, "invite");
	arena_free(a);
	return rc;
}
