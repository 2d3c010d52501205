/* The connections of a topic: sends pushes, and sorts what comes back into
 * what has ended and what is sent again at once. Knows no store. */
#include "push/pusher_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS 10000
#define ANSWER_MS 30000
#define REPLY_MAX 65536
#define RECONNECT_SECONDS 60	/* between two that APNs' answers ask for */
#define SENT_MAX 2	/* at once; then it is its job's turn */

void push_list_init(struct push_list *l)
{
	l->first = NULL;
	l->last = &l->first;
	l->n = 0;
}

void push_list_add(struct push_list *l, struct push *p)
{
	p->next = NULL;
	*l->last = p;
	l->last = &p->next;
	l->n++;
}

struct push *push_list_take(struct push_list *l)
{
	struct push *p = l->first;

	if (p == NULL)
		return NULL;
	l->first = p->next;
	if (l->first == NULL)
		l->last = &l->first;
	l->n--;
	p->next = NULL;
	return p;
}

void push_list_move(struct push_list *l, struct push_list *from)
{
	struct push *p;

	while ((p = push_list_take(from)) != NULL)
		push_list_add(l, p);
}

static void list_remove(struct push_list *l, struct push *p)
{
	struct push **at = &l->first;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	if (p->next == NULL)
		l->last = at;
	l->n--;
}

static char *copy(const char *s)
{
	char *p = s == NULL ? NULL : strdup(s);

	if (p == NULL && s != NULL)
		abort();
	return p;
}

static struct push_topic *topic_new(const struct push *p,
	const struct push_cert *cert, struct err *e)
{
	struct fetch_identity id = { .cert_pem = cert->cert_pem,
		.key_pem = cert->key_pem };
	struct fetch_many_options o = { .identity = &id, .fetch = {
		.http = FETCH_HTTP2, .ca_file = p->set->ca_file,
		.connect_ms = CONNECT_MS, .total_ms = ANSWER_MS,
		.max_reply = REPLY_MAX } };
	struct push_topic *t;
	struct fetch_many *many;

	if (fetch_many_open(&o, &many, e) != 0)
		return NULL;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		abort();
	t->many = many;
	t->name = copy(cert->topic);
	t->url = copy(p->set->url);
	t->ca_file = copy(p->set->ca_file);
	t->version = cert->version;
	push_list_init(&t->under_way);
	push_list_init(&t->again);
	push_list_init(&t->ended);
	return t;
}

void push_topic_free(struct push_topic *t)
{
	fetch_many_close(t->many);
	free(t->name);
	free(t->url);
	free(t->ca_file);
	free(t);
}

static bool is_same(const struct push_topic *t, const struct push *p)
{
	return t->version == p->cert_version && str_eq(t->url, p->set->url) &&
		str_eq(t->ca_file, p->set->ca_file);
}

struct push_topic *push_topic_get(struct push_topic **topics, struct push *p,
	const struct push_certs *certs)
{
	struct push_topic *t, *found = NULL;

	for (t = *topics; t != NULL; t = t->next) {
		if (t->stopped || !str_eq(t->name, p->topic_name))
			continue;
		if (is_same(t, p))
			found = t;
		t->replaced = !is_same(t, p);
	}
	for (size_t i = 0; found == NULL && i < certs->n; i++) {
		if (!str_eq(certs->cert[i]->topic, p->topic_name))
			continue;
		found = topic_new(p, certs->cert[i], &p->err);
		if (found == NULL)
			break;
		found->next = *topics;
		*topics = found;
	}
	if (found == NULL)
		p->end = PUSH_END_LOST;
	return found;
}

uint64_t push_topic_connections(const struct push_topic *t)
{
	return t->connections +
		(t->many != NULL ? fetch_many_connections(t->many) : 0);
}

/* Whether it goes out once more on the spot. */
static bool is_again(struct push_topic *t, struct push *p,
	const struct fetch_response *r, bool refused)
{
	if (p->sent >= SENT_MAX || t->stopped)
		return false;
	return r == NULL ? refused : p->reply.verdict == APNS_RECONNECT;
}

static void on_done(const struct fetch_response *r, bool refused,
	const struct err *e, void *arg)
{
	struct push *p = arg;
	struct push_topic *t = p->topic;

	list_remove(&t->under_way, p);
	fetch_many_wake(t->many);
	if (r == NULL) {
		p->end = PUSH_END_LOST;
		p->status = 0;
		p->err = *e;
	} else {
		p->end = PUSH_END_ANSWERED;
		p->status = r->status;
		apns_reply_read(r->status, r->body, t->now, p->a, &p->reply);
		if (r->status == 503 || p->reply.verdict == APNS_RECONNECT)
			t->reconnect = true;
	}
	if (p->end == PUSH_END_ANSWERED &&
		p->reply.verdict == APNS_TOPIC_STOP && !t->stopped) {
		t->stopped = true;
		snprintf(t->why, sizeof(t->why), "APNs answered %d %s",
			p->status, p->reply.reason);
	}
	push_list_add(is_again(t, p, r, refused) ? &t->again : &t->ended, p);
}

void push_topic_send(struct push_topic *t, struct push *p)
{
	unsigned hours = p->set->expiration_hours;
	const struct fetch_header h[] = {
		{ "apns-topic", t->name },
		{ "apns-push-type", "mdm" },
		{ "apns-priority", "10" },
		{ "apns-expiration", arena_printf(p->a, "%lld", hours == 0 ?
			0LL : (long long)t->now + hours * 3600LL) },
		{ "apns-id", p->apns_id },
		{ "content-type", "application/json" },
	};
	struct fetch_request rq = { .method = "POST", .headers = h,
		.nheaders = sizeof(h) / sizeof(h[0]),
		.url = arena_printf(p->a, "%s%s", t->url, p->path),
		.body = bytes_str(p->body) };

	p->topic = t;
	p->sent++;
	if (fetch_many_add(t->many, &rq, on_done, p, &p->err) != 0) {
		p->end = PUSH_END_LOST;
		push_list_add(&t->ended, p);
		return;
	}
	push_list_add(&t->under_way, p);
}

/* Nothing more goes to APNs with this certificate: what is under way would
 * only make it worse. */
static void stop(struct push_topic *t)
{
	struct push *p;

	t->connections += fetch_many_connections(t->many);
	fetch_many_close(t->many);
	t->many = NULL;
	push_list_move(&t->under_way, &t->again);
	while ((p = push_list_take(&t->under_way)) != NULL) {
		p->end = PUSH_END_STOPPED;
		err_set(&p->err, ERR_CONFLICT, "topic %s is stopped: %s",
			t->name, t->why);
		push_list_add(&t->ended, p);
	}
}

/* Each of many answers may ask for new connections, also those of the old
 * ones that come late: that is one reason, and not one for each. A clock that
 * went back counts for nothing. */
static void reconnect(struct push_topic *t)
{
	int64_t since = t->now - t->reconnected;

	t->reconnect = false;
	if (since >= 0 && since < RECONNECT_SECONDS)
		return;
	fetch_many_forget(t->many);
	t->reconnected = t->now;
}

void push_topic_turn(struct push_topic *t, struct push_list *ended)
{
	struct push_list again;

	if (t->stopped && t->many != NULL)
		stop(t);
	if (t->reconnect && t->many != NULL)
		reconnect(t);
	push_list_init(&again);
	push_list_move(&again, &t->again);
	while (again.first != NULL)
		push_topic_send(t, push_list_take(&again));
	push_list_move(ended, &t->ended);
}
