/* What became of pushes: the state of each enrollment, its job, the topic,
 * and the events of what somebody must know; then the results, log lines and
 * figures, once all of that is durable. */
#include "push/pusher_parts.h"

#include <stdio.h>

#include "base/log.h"
#include "base/metrics.h"
#include "base/rnd.h"
#include "codec/json.h"
#include "outbox/outbox.h"

/* A note for after the commit: an event that was written. */
struct note {
	const char *topic;
	struct enrollment *en;	/* or NULL */
	struct json *detail;
};

struct settling {
	struct push *const *list;
	size_t n;
	int64_t now;
	struct arena *a;
	/* made anew whenever the transaction runs */
	struct note note[PUSHES_AT_ONCE];
	size_t notes;
	bool added;		/* an event that a webhook takes */
	bool due;		/* a job is due at once */
};

static int64_t later(const struct settling *w, const struct push *p,
	enum apns_verdict v)
{
	uint32_t random;

	rnd_bytes(&random, sizeof(random));
	return w->now + apns_retry_seconds(v, p->failures + 1, random);
}

static int add_note(struct store_tx *tx, struct settling *w,
	const char *topic, struct enrollment *en, struct json *detail,
	struct err *e)
{
	w->note[w->notes++] = (struct note){ topic, en, detail };
	return outbox_own(tx, topic, en, detail, w->now, w->a, &w->added, e);
}

/* Two of them may come in one second. */
static bool is_renewed(const struct enrollment *en, const struct push *p)
{
	return en->token_updated != p->token_updated ||
		en->tally != p->tally || en->generation != p->generation;
}

/* The token that APNs refused, if it is still the one that is stored: else
 * the new one is pushed, now. */
static int settle_dead(struct store_tx *tx, struct settling *w,
	struct push *p, struct push_state *s, int64_t *again, struct err *e)
{
	bool known = s->dead != 0 && s->dead >= p->token_updated;
	struct enrollment *en;
	struct json *o;

	if (store_enrollment_get(tx, p->enrollment, w->a, &en, e) != 0)
		return -1;
	p->result = PUSH_WAITS;
	if (en != NULL && is_renewed(en, p)) {
		*again = w->now;
		w->due = true;
		return 0;
	}
	if (en == NULL || p->token_updated > p->reply.dead) {
		/* Newer than what APNs says of it. */
		*again = s->hold_until = later(w, p, APNS_HOLD_TOKEN);
		return 0;
	}
	/* A TokenUpdate that comes in this very second revives it. */
	s->dead = p->reply.dead < w->now ? p->reply.dead : w->now - 1;
	if (s->dead < p->token_updated)
		s->dead = p->token_updated;
	p->result = PUSH_FAILED;
	if (known)
		return 0;
	o = json_new_object(w->a);
	json_set_str(o, "topic", p->topic_name);
	json_set_int(o, "status", p->status);
	json_set_str(o, "reason", p->reply.reason);
	json_set_str(o, "apns_id", p->apns_id);
	return add_note(tx, w, "mooring.push_dead", en, o, e);
}

/* Only the certificate that was refused is stopped; with another by now the
 * push is due again at once. */
static int settle_stopped(struct store_tx *tx, struct settling *w,
	struct push *p, int64_t *again, struct err *e)
{
	struct push_cert *cert;
	struct json *o;
	bool did;

	p->result = PUSH_FAILED;
	*again = later(w, p, APNS_TOPIC_STOP);
	if (p->topic == NULL)	/* it was, before anything was sent */
		return 0;
	if (store_push_cert_get(tx, p->topic_name, w->a, &cert, e) != 0)
		return -1;
	if (cert == NULL || cert->version != p->cert_version) {
		p->result = PUSH_WAITS;
		if (cert != NULL)
			*again = w->now;
		w->due = w->due || cert != NULL;
		return 0;
	}
	if (cert->stopped != 0)
		return 0;
	if (store_push_cert_stop(tx, p->topic_name, p->cert_version, w->now,
		p->topic->why, &did, e) != 0)
		return -1;
	if (!did)
		return 0;
	o = json_new_object(w->a);
	json_set_str(o, "topic", p->topic_name);
	json_set_str(o, "why", p->topic->why);
	json_set_int(o, "not_after", cert->not_after);
	return add_note(tx, w, "mooring.push_stopped", NULL, o, e);
}

static int settle_answer(struct store_tx *tx, struct settling *w,
	struct push *p, struct push_state *s, int64_t *again, struct err *e)
{
	s->hold_until = 0;
	switch (p->reply.verdict) {
	case APNS_TAKEN:
		s->ok = w->now;
		s->dead = 0;
		p->result = PUSH_TAKEN;
		return 0;
	case APNS_TOKEN_DEAD:
		return settle_dead(tx, w, p, s, again, e);
	case APNS_TOPIC_STOP:
		return settle_stopped(tx, w, p, again, e);
	case APNS_HOLD_TOKEN:
	case APNS_RETRY:
		*again = s->hold_until = later(w, p, p->reply.verdict);
		p->result = PUSH_WAITS;
		return 0;
	case APNS_RECONNECT:
		*again = later(w, p, APNS_RECONNECT);
		p->result = PUSH_WAITS;
		return 0;
	case APNS_REFUSED:
		break;
	}
	p->result = PUSH_FAILED;
	return 0;
}

/* There is one job for each enrollment, so that the push for a command whose
 * not-before lies ahead is asked for when the one before it is done. */
static int push_when_due(struct store_tx *tx, uint64_t num, int64_t now,
	struct arena *a, struct err *e)
{
	struct enrollment *en;
	struct push_job *job;
	int64_t due;

	if (store_queue_waiting(tx, num, now, &due, e) != 0)
		return -1;
	if (due == 0)
		return 0;
	if (store_enrollment_get(tx, num, a, &en, e) != 0 ||
		store_push_job_get(tx, num, a, &job, e) != 0)
		return -1;
	if (en == NULL || en->state != ENROLLMENT_ENABLED || job != NULL)
		return 0;
	return store_push_add(tx, num, push_new_id(a), due, now, e);
}

static int settle_one(struct store_tx *tx, struct settling *w,
	struct push *p, struct err *e)
{
	struct push_state s;
	int64_t again = 0;
	int rc = 0;

	if (p->end == PUSH_END_ELSEWHERE) {
		p->result = p->status == 200 ? PUSH_TAKEN : PUSH_FAILED;
		return 0;
	}
	if (store_push_state_get(tx, p->enrollment, w->a, &s, e) != 0)
		return -1;
	s.apns_id = p->apns_id;
	if (p->end == PUSH_END_HELD) {
		p->result = PUSH_WAITS;
		return store_push_settle(tx, p->enrollment, &s,
			p->hold_until, e);
	}
	s.sent = w->now;
	s.status = p->status;
	s.reason = p->end != PUSH_END_ANSWERED ? p->err.msg :
		p->reply.reason;
	if (p->end == PUSH_END_ANSWERED) {
		rc = settle_answer(tx, w, p, &s, &again, e);
	} else if (p->end == PUSH_END_STOPPED) {
		rc = settle_stopped(tx, w, p, &again, e);
	} else if (p->end == PUSH_END_LOST) {
		again = later(w, p, APNS_RECONNECT);
		p->result = PUSH_WAITS;
	} else {
		p->result = PUSH_FAILED;
	}
	if (rc != 0 || store_push_settle(tx, p->enrollment, &s, again, e) != 0)
		return -1;
	return again != 0 ? 0 : push_when_due(tx, p->enrollment, w->now,
		w->a, e);
}

static int settle_all(struct store_tx *tx, void *arg, struct err *e)
{
	struct settling *w = arg;

	w->notes = 0;
	w->added = w->due = false;
	for (size_t i = 0; i < w->n; i++)
		if (settle_one(tx, w, w->list[i], e) != 0)
			return -1;
	return 0;
}

/* What a caller is told, where it is not in p->err already. */
static void tell(struct push *p)
{
	if (p->end != PUSH_END_ANSWERED || p->result == PUSH_TAKEN)
		return;
	if (p->reply.verdict == APNS_TOPIC_STOP)
		err_set(&p->err, ERR_CONFLICT, "topic %s is stopped: %s",
			p->topic_name, p->topic->why);
	else
		err_set(&p->err, ERR_UPSTREAM, "APNs answered %d %s",
			p->status, p->reply.reason);
}

static const char *result_name(const struct push *p)
{
	static const char *const verdict[] = {
		[APNS_TAKEN] = "taken", [APNS_TOKEN_DEAD] = "dead",
		[APNS_TOPIC_STOP] = "stopped", [APNS_HOLD_TOKEN] = "held",
		[APNS_RETRY] = "retry", [APNS_RECONNECT] = "retry",
		[APNS_REFUSED] = "refused",
	};

	switch (p->end) {
	case PUSH_END_ANSWERED:
		return verdict[p->reply.verdict];
	case PUSH_END_HELD:
		return "held";
	case PUSH_END_IMPOSSIBLE:
		return "impossible";
	case PUSH_END_STOPPED:
		return "stopped";
	case PUSH_END_LOST:
		return "lost";
	case PUSH_END_ELSEWHERE:
	case PUSH_END_NONE:
		break;
	}
	return "elsewhere";
}

static void count(const struct push *const *list, size_t n)
{
	static const char *const result[] = { "taken", "dead", "stopped",
		"held", "retry", "refused", "impossible", "lost",
		"elsewhere" };
	char label[64];

	for (size_t r = 0; r < sizeof(result) / sizeof(result[0]); r++) {
		uint64_t found = 0;

		for (size_t i = 0; i < n; i++)
			found += str_eq(result_name(list[i]), result[r]);
		if (found == 0)
			continue;
		snprintf(label, sizeof(label), "result=\"%s\"", result[r]);
		metrics_count("mooring_pushes_total", label, found);
	}
}

/* One line for each that APNs refused for our fault, one for all that were
 * lost: that is one trouble. */
static void log_trouble(struct push *const *list, size_t n)
{
	const struct push *lost = NULL;
	struct log_line l;
	size_t many = 0;

	for (size_t i = 0; i < n; i++) {
		const struct push *p = list[i];

		if (p->end == PUSH_END_LOST) {
			lost = p;
			many++;
		}
		if (p->end != PUSH_END_ANSWERED ||
			p->reply.verdict != APNS_REFUSED)
			continue;
		log_begin(&l, LOG_ERROR, "push_refused");
		log_u64(&l, "enrollment", p->enrollment);
		log_i64(&l, "status", p->status);
		log_str(&l, "reason", p->reply.reason);
		log_end(&l);
	}
	if (lost == NULL)
		return;
	log_begin(&l, LOG_WARN, "push_lost");
	log_u64(&l, "pushes", many);
	log_str(&l, "topic", lost->topic_name);
	log_str(&l, "msg", lost->err.msg);
	log_end(&l);
}

void push_settle(struct store *st, struct push *const *list, size_t n,
	int64_t now)
{
	struct settling w = { .list = list, .n = n, .now = now,
		.a = arena_new() };
	struct err e = ERR_INIT;

	if (store_write(st, settle_all, &w, &e) != 0) {
		log_msg(LOG_ERROR, "push_settle", "%s", e.msg);
		w.notes = 0;
		w.added = w.due = false;
		for (size_t i = 0; i < n; i++)
			list[i]->result = list[i]->end ==
				PUSH_END_ANSWERED && list[i]->status == 200 ?
				PUSH_TAKEN : PUSH_WAITS;
	}
	for (size_t i = 0; i < w.notes; i++)
		outbox_own_log(w.note[i].topic, w.note[i].en,
			w.note[i].detail);
	for (size_t i = 0; i < n; i++)
		tell(list[i]);
	log_trouble(list, n);
	count((const struct push *const *)list, n);
	if (w.added || w.due)
		courier_wake(list[0]->set->dir);
	arena_free(w.a);
}
