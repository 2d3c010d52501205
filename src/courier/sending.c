/* One request to a webhook. When it is made and what its outcome means is
 * decided elsewhere. */
#include "courier/sending.h"

#include "base/enc.h"
#include "crypto/digest.h"
#include "outbox/event_json.h"

#define RETRY_AFTER_MAX 86400

/* Retry-After as a number; a date counts as none. */
static unsigned asked_seconds(const struct fetch_response *r)
{
	const char *v = fetch_response_header(r, "Retry-After");
	uint64_t n = 0;

	if (v != NULL)
		str_u64(v, 0, RETRY_AFTER_MAX, &n);
	return (unsigned)n;
}

static void on_done(const struct fetch_response *r, bool refused,
	const struct err *e, void *arg)
{
	struct sending *s = arg;

	(void)refused;
	s->state = SENDING_ENDED;
	fetch_many_wake(s->many);
	if (r == NULL) {
		s->why = arena_strdup(s->a, e->msg);
		return;
	}
	s->status = r->status;
	s->asked = asked_seconds(r);
	s->why = arena_printf(s->a, "HTTP status %d", r->status);
}

static int add(struct fetch_many *m, const struct webhook *w,
	struct sending *s, struct err *e)
{
	struct fetch_header h[3] = {
		{ "Content-Type", "application/json; charset=utf-8" },
		{ "User-Agent", "mooring/" PACKAGE_VERSION },
	};
	struct fetch_request rq = { .method = "POST", .url = w->url,
		.headers = h, .nheaders = 2 };
	unsigned char mac[DIGEST_LEN];
	struct arena *a = arena_new();
	int rc;

	rq.body = bytes_str(event_json(s->claim->event, a));
	if (w->key.n > 0) {
		digest_hmac_sha256(w->key, rq.body, mac);
		h[rq.nheaders++] = (struct fetch_header){ "X-Hmac-Signature",
			enc_base64(a, bytes_of(mac, sizeof(mac))) };
	}
	s->bytes = rq.body.n + s->claim->event->raw.n;
	rc = fetch_many_add(m, &rq, on_done, s, e);
	arena_free(a);
	return rc;
}

struct sending *sending_start(struct fetch_many *m, const struct webhook *w,
	struct claim *claim, struct arena *a, unsigned follows)
{
	struct sending *s = arena_zalloc(a, sizeof(*s));
	struct err e = ERR_INIT;

	s->a = a;
	s->claim = claim;
	s->many = m;
	s->hook = arena_strdup(a, w->name);
	s->follows = follows;
	if (claim->unreadable != NULL)
		err_set(&e, ERR_INTERNAL, "its stored body cannot be read: %s",
			claim->unreadable);
	if (e.kind != ERR_NONE || add(m, w, s, &e) < 0) {
		s->state = SENDING_ENDED;
		s->why = arena_strdup(a, e.msg);
	}
	return s;
}

void sending_free(struct sending *s)
{
	arena_free(s->a);
}
