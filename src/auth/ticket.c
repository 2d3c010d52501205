/* Tickets: made, checked, used. What one opens is the caller's. */
#include "auth/ticket.h"

#include <string.h>

#include "base/enc.h"
#include "base/rnd.h"

#define TICKET_BYTES 32

void ticket_hash(const char *text, unsigned char out[DIGEST_LEN])
{
	digest_sha256(bytes_str(text), out);
}

int ticket_new(struct store_tx *tx, enum ticket_kind kind,
	const struct grant *g, int64_t now, int64_t ttl, struct arena *a,
	const char **text, struct err *e)
{
	struct ticket t = { .kind = kind, .grant = *g, .created = now,
		.expires = now + ttl };
	unsigned char random[TICKET_BYTES];

	rnd_bytes(random, sizeof(random));
	*text = enc_base64url(a, bytes_of(random, sizeof(random)));
	ticket_hash(*text, t.hash);
	return store_ticket_put(tx, &t, e);
}

/* An invite is for one device, however often its profile was fetched. */
static int check_invite(struct store_tx *tx, const struct grant *g,
	struct err *e)
{
	struct arena *a = arena_new();
	struct ticket *invite;
	int rc = store_ticket_get(tx, g->invite, a, &invite, e);

	if (rc == 0 && invite != NULL && invite->used != 0)
		rc = err_set(e, ERR_FORBIDDEN,
			"came by an invite that was used before");
	arena_free(a);
	return rc;
}

int ticket_check(struct store_tx *tx, enum ticket_kind kind, const char *text,
	int64_t now, struct arena *a, struct ticket **out, struct err *e)
{
	unsigned char hash[DIGEST_LEN];

	*out = NULL;
	ticket_hash(text, hash);
	if (store_ticket_get(tx, hash, a, out, e) < 0)
		return -1;
	if (*out != NULL && (*out)->kind != kind)
		*out = NULL;
	if (*out == NULL)
		return err_set(e, ERR_FORBIDDEN, "is not known");
	if ((*out)->used != 0)
		return err_set(e, ERR_FORBIDDEN, "was used before");
	if ((*out)->expires <= now)
		return err_set(e, ERR_FORBIDDEN, "has expired");
	return (*out)->grant.has_invite ?
		check_invite(tx, &(*out)->grant, e) : 0;
}

/* The invite that a challenge came from has done its work. */
static int spend_invite(struct store_tx *tx, const struct grant *g,
	int64_t now, struct err *e)
{
	struct arena *a = arena_new();
	struct ticket *invite;
	int rc = store_ticket_get(tx, g->invite, a, &invite, e);

	if (rc == 0 && invite != NULL && invite->kind == TICKET_INVITE &&
		invite->used == 0) {
		invite->used = now;
		rc = store_ticket_put(tx, invite, e);
	}
	arena_free(a);
	return rc;
}

int ticket_use(struct store_tx *tx, struct ticket *t, int64_t now,
	struct err *e)
{
	t->used = now;
	if (store_ticket_put(tx, t, e) < 0)
		return -1;
	return t->grant.has_invite ? spend_invite(tx, &t->grant, now, e) : 0;
}
