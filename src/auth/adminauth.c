/* Who calls the admin API. What a scope allows is the routes' business, what
 * the answer looks like web/guard's. */
#include "auth/adminauth.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "auth/throttle.h"
#include "base/enc.h"
#include "base/log.h"
#include "base/rnd.h"

#define TEXT_MAX 1024	/* of a token; ours have 51 */
#define KNOWN 64
#define MINUTE 60

/* A token that was good the last time it came. */
struct known {
	bool used;
	unsigned char hash[DIGEST_LEN];
	int64_t noted;		/* the minute of its last use */
};

struct adminauth {
	struct throttle *throttle;
	pthread_mutex_t lock;	/* guards known and next */
	struct known known[KNOWN];
	size_t next;
};

struct adminauth *adminauth_new(void)
{
	struct adminauth *aa = calloc(1, sizeof(*aa));

	if (aa == NULL || pthread_mutex_init(&aa->lock, NULL) != 0)
		abort();
	aa->throttle = throttle_new();
	return aa;
}

void adminauth_free(struct adminauth *aa)
{
	if (aa == NULL)
		return;
	throttle_free(aa->throttle);
	pthread_mutex_destroy(&aa->lock);
	free(aa);
}

/* ---- what came ---- */

/* What follows the scheme; NULL: another scheme. */
static const char *credentials(const char *header, const char *scheme)
{
	size_t n = strlen(scheme);

	if (!str_has_prefix_nocase(header, scheme) || header[n] != ' ')
		return NULL;
	return header + n + strspn(header + n, " ");
}

/* The password of "user:password"; p NULL: there is none. */
static struct bytes password(const char *base64, struct arena *a)
{
	struct bytes all;
	const unsigned char *colon;

	if (!enc_unbase64(a, bytes_str(base64), false, &all) || all.n == 0)
		return bytes_of(NULL, 0);
	colon = memchr(all.p, ':', all.n);
	if (colon == NULL)
		return bytes_of(NULL, 0);
	return bytes_of(colon + 1, all.n - (size_t)(colon + 1 - all.p));
}

/* {NULL, 0}: nothing that could be a token, and *why. */
static struct bytes token_of(const struct request *rq, const char **why)
{
	const char *header = rq->authorization, *given;
	struct bytes t;

	*why = "no token";
	if (header == NULL)
		return bytes_of(NULL, 0);
	*why = "an Authorization header that is not understood";
	/* Base64 of the longest token and a user name as long. */
	if (strlen(header) > 3 * (size_t)TEXT_MAX)
		return bytes_of(NULL, 0);
	if ((given = credentials(header, "Bearer")) != NULL)
		t = bytes_str(given);
	else if ((given = credentials(header, "Basic")) != NULL)
		t = password(given, rq->arena);
	else
		return bytes_of(NULL, 0);
	return t.n > 0 && t.n <= TEXT_MAX ? t : bytes_of(NULL, 0);
}

/* ---- what is remembered ---- */

/* With the lock held. */
static struct known *known_find(struct adminauth *aa,
	const unsigned char hash[DIGEST_LEN])
{
	for (size_t i = 0; i < KNOWN; i++)
		if (aa->known[i].used && memcmp(aa->known[i].hash, hash,
			DIGEST_LEN) == 0)
			return &aa->known[i];
	return NULL;
}

static bool is_known(struct adminauth *aa, const unsigned char hash[DIGEST_LEN])
{
	bool found;

	pthread_mutex_lock(&aa->lock);
	found = known_find(aa, hash) != NULL;
	pthread_mutex_unlock(&aa->lock);
	return found;
}

static void forget(struct adminauth *aa, const unsigned char hash[DIGEST_LEN])
{
	struct known *k;

	pthread_mutex_lock(&aa->lock);
	k = known_find(aa, hash);
	if (k != NULL)
		k->used = false;
	pthread_mutex_unlock(&aa->lock);
}

/* True when it is this caller who stores that minute. */
static bool remember(struct adminauth *aa, const unsigned char hash[DIGEST_LEN],
	int64_t minute)
{
	struct known *k;
	bool mine;

	pthread_mutex_lock(&aa->lock);
	k = known_find(aa, hash);
	if (k == NULL) {
		k = &aa->known[aa->next++ % KNOWN];
		*k = (struct known){ .used = true, .noted = INT64_MIN };
		memcpy(k->hash, hash, DIGEST_LEN);
	}
	mine = k->noted < minute;
	if (mine)
		k->noted = minute;
	pthread_mutex_unlock(&aa->lock);
	return mine;
}

/* ---- what is stored ---- */

struct looking {
	unsigned char hash[DIGEST_LEN];
	struct arena *a;
	struct token *t;
};

/* By the hash, so whoever measures how long it takes learns at most something
 * of a hash, which leads to no token. */
static int find_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct looking *l = arg;

	return store_token_find(tx, l->hash, l->a, &l->t, e);
}

struct noting {
	uint64_t num;
	int64_t minute;
	struct arena *a;
};

static int note_tx(struct store_tx *tx, void *arg, struct err *e)
{
	static const unsigned char unused[DIGEST_LEN];
	struct noting *n = arg;
	struct token *t;

	if (store_token_get(tx, n->num, n->a, &t, e) < 0)
		return -1;
	if (t == NULL || t->used >= n->minute)
		return 0;	/* another process was first */
	t->used = n->minute;
	return store_token_put(tx, t, unused, e);
}

static void note_use(struct adminauth *aa, struct store *st,
	const struct looking *l, int64_t now)
{
	struct noting n = { l->t->num, now - now % MINUTE, l->a };
	struct err e = ERR_INIT;

	if (!remember(aa, l->hash, n.minute) || l->t->used >= n.minute)
		return;
	if (store_write(st, note_tx, &n, &e) < 0)
		log_msg(LOG_WARN, "adminauth.note",
			"the use of token %s is not stored: %s", l->t->name,
			e.msg);
}

/* ---- the whole ---- */

static int refuse(struct adminauth *aa, const struct request *rq,
	const char *why, struct adminauth_refusal *r, struct err *e)
{
	const char *from = rq->remote_addr != NULL ? rq->remote_addr : "?";

	r->why = why;
	if (throttle_failed(aa->throttle, rq->remote_addr, rq->started_us))
		log_msg(LOG_WARN, "adminauth.throttle", "%d tokens that are "
			"not good came from %.64s within a minute: it has to "
			"wait now", THROTTLE_FREE, from);
	return err_set(e, ERR_UNAUTH, "Unauthorized");
}

static const char *bad_now(const struct token *t, int64_t now, struct arena *a)
{
	if (t == NULL)
		return "an unknown token";
	if (t->revoked != 0)
		return arena_printf(a, "token %s is revoked", t->name);
	if (t->expires != 0 && t->expires <= now)
		return arena_printf(a, "token %s has expired", t->name);
	return NULL;
}

int adminauth_identify(struct adminauth *aa, struct store *st,
	const struct request *rq, enum token_scope needed,
	struct token **out, struct adminauth_refusal *r, struct err *e)
{
	struct looking l = { .a = rq->arena };
	const char *why;
	struct bytes text = token_of(rq, &why);

	*out = NULL;
	*r = (struct adminauth_refusal){ "", 0 };
	if (rq->authorization == NULL) {
		/* Not a try: clients ask so before they show a token. */
		r->why = why;
		return err_set(e, ERR_UNAUTH, "Unauthorized");
	}
	digest_sha256(text, l.hash);
	r->wait = throttle_wait(aa->throttle, rq->remote_addr, rq->started_us);
	if (r->wait > 0 && !is_known(aa, l.hash)) {
		r->why = "too many failures from this address";
		return err_set(e, ERR_BUSY, "too many failures: wait");
	}
	r->wait = 0;
	if (text.p == NULL)
		return refuse(aa, rq, why, r, e);
	if (store_read(st, find_tx, &l, e) < 0) {
		r->why = arena_strdup(rq->arena, e->msg);
		return -1;
	}
	why = bad_now(l.t, rq->now, rq->arena);
	if (why != NULL) {
		forget(aa, l.hash);
		return refuse(aa, rq, why, r, e);
	}
	note_use(aa, st, &l, rq->now);
	if (!token_scope_covers(l.t->scope, needed)) {
		err_set(e, ERR_FORBIDDEN, "token %s has scope %s; this needs %s",
			l.t->name, token_scope_name(l.t->scope),
			token_scope_name(needed));
		r->why = arena_strdup(rq->arena, e->msg);
		return -1;
	}
	*out = l.t;
	return 0;
}

const char *adminauth_new_text(struct arena *a)
{
	unsigned char raw[32];
	const char *text;
	char *body;

	rnd_bytes(raw, sizeof(raw));
	body = enc_base64url(a, bytes_of(raw, sizeof(raw)));
	text = arena_printf(a, "mooring_%s", body);
	explicit_bzero(raw, sizeof(raw));
	explicit_bzero(body, strlen(body));
	return text;
}

void adminauth_hash(const char *text, unsigned char out[DIGEST_LEN])
{
	digest_sha256(bytes_str(text), out);
}
