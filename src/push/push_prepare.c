/* What a push needs, as the store has it at this moment. */
#include "push/pusher_parts.h"

#include <string.h>

#include "base/enc.h"
#include "codec/json.h"

/* APNs' tokens have 32 bytes, and its payloads 4096 at most. What is much
 * longer would cost a whole connection. */
#define TOKEN_MAX 512
#define BODY_MAX 4096

struct preparing {
	struct push_list *l;
	struct arena *a;
	struct push_certs *certs;
	int64_t now;
};

static int elsewhere(struct store_tx *tx, struct push *p, struct err *e)
{
	struct push_state s;

	if (store_push_state_get(tx, p->enrollment, p->a, &s, e) != 0)
		return -1;
	p->end = PUSH_END_ELSEWHERE;
	p->status = s.status;
	if (s.status != 200)
		err_set(&p->err, ERR_UPSTREAM, "not pushed: %s",
			s.reason != NULL ? s.reason : "no job");
	return 0;
}

/* One copy for all pushes of a topic. */
static void keep_cert(struct preparing *w, const struct push *p,
	struct push_cert *cert)
{
	struct push_certs *c = w->certs;

	for (size_t i = 0; i < c->n; i++)
		if (str_eq(c->cert[i]->topic, p->topic_name))
			return;
	c->cert[c->n++] = cert;
}

static int read_token(struct store_tx *tx, struct push *p, struct err *e)
{
	struct bytes token, magic;
	struct json *o;

	if (store_secret_get(tx, p->enrollment, STORE_PUSH_TOKEN, p->a,
		&token, e) != 0 ||
		store_secret_get(tx, p->enrollment, STORE_PUSH_MAGIC, p->a,
			&magic, e) != 0)
		return -1;
	o = json_new_object(p->a);
	json_set_str(o, "mdm", arena_str(p->a, magic));
	p->body = json_text(o, NULL, p->a);
	if (token.n > TOKEN_MAX || strlen(p->body) > BODY_MAX) {
		p->end = PUSH_END_IMPOSSIBLE;
		err_set(&p->err, ERR_BAD_INPUT,
			"push token or magic is too long for APNs");
		return 0;
	}
	p->path = arena_printf(p->a, "/3/device/%s", enc_hex(p->a, token));
	return 0;
}

static int read_push(struct store_tx *tx, struct preparing *w, struct push *p,
	struct err *e)
{
	struct enrollment *en;
	struct push_state state;
	struct push_cert *cert;
	struct push_job *job;
	enum push_can can;

	if (store_push_job_get(tx, p->enrollment, p->a, &job, e) != 0)
		return -1;
	if (job == NULL)
		return elsewhere(tx, p, e);
	p->apns_id = job->apns_id;
	p->failures = job->attempts;
	/* An enrollment that is removed takes its job along. */
	if (store_enrollment_get(tx, p->enrollment, p->a, &en, e) != 0)
		return -1;
	if (en == NULL)
		return elsewhere(tx, p, e);
	p->token_updated = en->token_updated;
	p->generation = en->generation;
	p->tally = en->tally;
	p->topic_name = en->topic;
	if (push_can(tx, en, w->a, &can, &state, &cert, &p->err, e) != 0)
		return -1;
	if (can != PUSH_CAN) {
		p->end = can == PUSH_CANNOT ? PUSH_END_IMPOSSIBLE :
			PUSH_END_STOPPED;
		return 0;
	}
	if (state.hold_until > w->now) {
		p->end = PUSH_END_HELD;
		p->hold_until = state.hold_until;
		return 0;
	}
	p->cert_version = cert->version;
	keep_cert(w, p, cert);
	return read_token(tx, p, e);
}

static int read_all(struct store_tx *tx, void *arg, struct err *e)
{
	struct preparing *w = arg;

	w->certs->n = 0;
	for (struct push *p = w->l->first; p != NULL; p = p->next) {
		p->end = PUSH_END_NONE;
		p->status = 0;
		p->err = (struct err)ERR_INIT;
		if (read_push(tx, w, p, e) != 0)
			return -1;
	}
	return 0;
}

int push_prepare(struct store *st, struct push_list *l, int64_t now,
	struct arena *a, struct push_certs *certs, struct err *e)
{
	struct preparing w = { l, a, certs, now };

	certs->cert = arena_alloc(a, (l->n + 1) * sizeof(*certs->cert));
	return store_read(st, read_all, &w, e);
}
