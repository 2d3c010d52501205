/* The push certificates of the topics. */
#include "admin/op_push_cert.h"

#include <stdio.h>

#include "admin/op_audit.h"
#include "base/clk.h"
#include "base/log.h"
#include "crypto/pem_pair.h"
#include "outbox/outbox.h"

#define TOPIC_PREFIX "com.apple.mgmt."
#define TOPIC_MAX 256
#define PAGE 1000	/* enrollments in one transaction */
#define HASTEN_AT_ONCE 500	/* pushes in one transaction */

/* ---- what was handed in ---- */

static int read_pair(const struct op *op, struct bytes pem, struct arena *a,
	struct push_cert *out, struct err *e)
{
	struct pem_pair pair;
	const char *uid;

	if (pem_pair_read(pem, a, &pair, e) < 0)
		return -1;
	uid = cert_uid(pair.cert, a);
	if (uid == NULL || !str_has_prefix(uid, TOPIC_PREFIX) ||
		bytes_str(uid).n > TOPIC_MAX)
		return err_set(e, ERR_BAD_INPUT, "not an MDM push certificate: "
			"the UID of its subject is no topic (" TOPIC_PREFIX "…)");
	if (cert_valid_at(pair.cert, op->now, e) < 0)
		return -1;
	*out = (struct push_cert){
		.topic = uid,
		.cert_pem = pair.cert_pem,
		.key_pem = pair.key_pem,
		.not_before = cert_not_before(pair.cert),
		.not_after = cert_not_after(pair.cert),
		.added = op->now,
	};
	return 0;
}

/* ---- whether the fleet knows the topic ---- */

struct searching {
	const char *topic;
	uint64_t after;
	size_t n;
	bool found;
	char other[TOPIC_MAX + 1];	/* that an enrolled device uses */
	struct arena *scratch;
};

static int search_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct searching *s = arg;
	struct enrollment **list;

	if (store_enrollment_list(tx, s->after, PAGE, s->scratch, &list, &s->n,
		e) < 0)
		return -1;
	for (size_t i = 0; i < s->n && !s->found; i++) {
		const struct enrollment *en = list[i];

		s->after = en->num;
		if (en->state != ENROLLMENT_ENABLED || en->topic == NULL)
			continue;
		s->found = str_eq(en->topic, s->topic);
		if (!s->found && s->other[0] == '\0')
			(void)snprintf(s->other, sizeof(s->other), "%s",
				op_line(bytes_str(en->topic), 100, s->scratch));
	}
	return 0;
}

/* A new topic would leave the enrolled devices without pushes: they keep the
 * one that they enrolled with. */
static int check_fleet(const struct op *op, const char *topic,
	struct err *e)
{
	struct searching s = { .topic = topic, .scratch = arena_new() };
	int rc;

	do {
		arena_reset(s.scratch);
		rc = store_read(op->store, search_tx, &s, e);
	} while (rc == 0 && s.n == PAGE && !s.found);
	arena_free(s.scratch);
	if (rc < 0 || s.found || s.other[0] == '\0')
		return rc;
	return err_set(e, ERR_CONFLICT, "topic %.80s is used by no enrolled "
		"device; they use %.80s: renew that certificate instead, or "
		"force this one", topic, s.other);
}

/* ---- putting ---- */

struct putting {
	const struct op *op;
	struct push_cert *cert;
	bool force;
	struct arena *a;
	bool awaited;		/* none was here, or it was stopped */
};

static int check_replaced(const struct putting *p,
	const struct push_cert *old, struct err *e)
{
	char when[CLK_TEXT_LEN + 1];

	if (p->force || p->cert->not_after >= old->not_after)
		return 0;
	clk_text(old->not_after, when);
	return err_set(e, ERR_CONFLICT, "the certificate of %.80s that is here "
		"is valid longer, until %s", p->cert->topic, when);
}

struct hastening {
	const char *topic;
	struct push_place at, next;
	bool more;
};

static int hasten_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct hastening *h = arg;

	h->next = h->at;	/* it may run again */
	return store_push_hasten(tx, h->topic, &h->next, HASTEN_AT_ONCE,
		&h->more, e);
}

/* What waited for the topic is due now. The change itself is made already:
 * what fails here comes by its back-off. */
static void hasten(const struct op *op, const char *topic)
{
	struct hastening h = { .topic = topic, .more = true };
	struct err e = ERR_INIT;

	while (h.more && store_write(op->store, hasten_tx, &h, &e) == 0)
		h.at = h.next;
	if (e.kind != ERR_NONE)
		log_msg(LOG_WARN, "push_cert", "%s: some pushes wait for their "
			"back-off: %s", topic, e.msg);
}

static int put_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct putting *p = arg;
	const char *topic = p->cert->topic;
	struct push_cert *old;

	if (store_push_cert_get(tx, topic, p->a, &old, e) < 0 ||
		(old != NULL && check_replaced(p, old, e) < 0))
		return -1;
	p->awaited = old == NULL || old->stopped != 0;
	if (store_push_cert_put(tx, p->cert, e) < 0)
		return -1;
	return op_audit(tx, p->op, "push_cert.put", 0, topic,
		p->force ? "forced" : NULL, e);
}

int op_push_cert_put(const struct op *op, struct bytes pem, bool force,
	struct arena *a, struct push_cert **out, struct err *e)
{
	struct push_cert *c = arena_zalloc(a, sizeof(*c)), *old;
	struct putting p = { .op = op, .cert = c, .force = force, .a = a };
	struct err none = ERR_INIT;

	if (read_pair(op, pem, a, c, e) < 0)
		return -1;
	/* A topic that is here already was decided on before. */
	if (!force && op_push_cert_get(op, c->topic, a, &old, &none) < 0 &&
		check_fleet(op, c->topic, e) < 0)
		return -1;
	if (store_write(op->store, put_tx, &p, e) < 0)
		return -1;
	if (p.awaited)
		hasten(op, c->topic);
	op_log(op, "push_cert.put", c->topic);
	courier_wake(op->conf->dir);
	c->key_pem = bytes_of(NULL, 0);
	*out = c;
	return 0;
}

/* ---- looking ---- */

struct looking {
	const char *topic;
	struct arena *a;
	struct push_cert *one, **list;
	size_t n;
};

static int list_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct looking *l = arg;

	return store_push_cert_list(tx, l->a, &l->list, &l->n, e);
}

int op_push_cert_list(const struct op *op, struct arena *a,
	struct push_cert ***out, size_t *n, struct err *e)
{
	struct looking l = { .a = a };

	if (store_read(op->store, list_tx, &l, e) < 0)
		return -1;
	*out = l.list;
	*n = l.n;
	return 0;
}

static int no_topic(const char *topic, struct err *e)
{
	return err_set(e, ERR_NOT_FOUND, "no push certificate for topic %.160s",
		topic);
}

static int get_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct looking *l = arg;

	if (store_push_cert_get(tx, l->topic, l->a, &l->one, e) < 0)
		return -1;
	return l->one != NULL ? 0 : no_topic(l->topic, e);
}

int op_push_cert_get(const struct op *op, const char *topic, struct arena *a,
	struct push_cert **out, struct err *e)
{
	struct looking l = { .topic = topic, .a = a };

	if (store_read(op->store, get_tx, &l, e) < 0)
		return -1;
	l.one->key_pem = bytes_of(NULL, 0);
	*out = l.one;
	return 0;
}

/* ---- resuming, removing ---- */

struct changing {
	const struct op *op;
	const char *topic;
	struct arena *a;
	bool did;
};

static int resume_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct changing *c = arg;
	struct push_cert *cert;

	c->did = false;
	if (store_push_cert_get(tx, c->topic, c->a, &cert, e) < 0)
		return -1;
	if (cert == NULL)
		return no_topic(c->topic, e);
	if (cert->stopped == 0)
		return 0;
	if (store_push_cert_stop(tx, c->topic, 0, 0, NULL, &c->did, e) < 0)
		return -1;
	return op_audit(tx, c->op, "push_cert.resume", 0, c->topic, NULL, e);
}

static int del_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct changing *c = arg;

	if (store_push_cert_del(tx, c->topic, &c->did, e) < 0)
		return -1;
	if (!c->did)
		return no_topic(c->topic, e);
	return op_audit(tx, c->op, "push_cert.remove", 0, c->topic, NULL, e);
}

static int change(const struct op *op, const char *topic, store_fn fn,
	const char *what, struct err *e)
{
	struct changing c = { op, topic, arena_new(), false };
	int rc = store_write(op->store, fn, &c, e);

	arena_free(c.a);
	if (rc == 0 && c.did) {
		if (fn == resume_tx)
			hasten(op, topic);
		op_log(op, what, topic);
		courier_wake(op->conf->dir);
	}
	return rc;
}

int op_push_cert_resume(const struct op *op, const char *topic,
	struct err *e)
{
	return change(op, topic, resume_tx, "push_cert.resume", e);
}

int op_push_cert_del(const struct op *op, const char *topic, struct err *e)
{
	return change(op, topic, del_tx, "push_cert.remove", e);
}
