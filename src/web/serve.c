/* The frame of a FastCGI program: settings, threads, routes, one log line
 * per request. Knows no message and no rule. */
#include "web/serve.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clk.h"
#include "base/enc.h"
#include "base/file.h"
#include "base/metrics.h"
#include "codec/json.h"
#include "http/fcgi.h"
#include "model/token.h"
#include "store/store_metrics.h"
#include "web/backend.h"
#include "web/guard.h"

#define METRICS_TICKS 5
#define LOG_SHORT 200	/* of what a client chooses freely */

struct worker {
	const struct web_program *program;
	struct conf_file *conf;	/* NULL: refused, under plain CGI only */
	struct backend *backend;
	_Atomic bool dead;	/* the store asks for a new process */
	unsigned ticks;
	struct store_metrics counted;
};

/* What a request leaves for its log line. */
struct trace {
	struct log_line pairs;
	struct web_fault fault;
	const char *route;	/* its pattern; NULL: none took it */
	char id[17];		/* of the request, as the log has it */
};

static void say(const struct web_program *p, const struct request *rq,
	struct reply *rp, int status, const char *text)
{
	struct json *o;

	if (p->device_routes) {
		reply_text(rp, status, text);
		return;
	}
	o = json_new_object(rq->arena);
	json_set_str(o, "error", text);
	reply_init(rp);
	rp->status = status;
	rp->content_type = "application/json";
	rp->body = bytes_str(json_text(o, NULL, rq->arena));
}

void web_reason(const struct web_call *call, const char *reason)
{
	call->fault->reason = arena_strdup(call->rq->arena, reason);
}

void web_fail(const struct web_call *call, struct reply *rp,
	const struct err *e, const char *kind)
{
	call->fault->err = e->kind;
	call->fault->kind = kind != NULL ? kind : err_kind_name(e->kind);
	web_reason(call, e->msg);
	if (call->program->device_routes) {
		reply_device_error(rp, e);
		return;
	}
	reply_error(rp, e);
	rp->content_type = "application/json";
	say(call->program, call->rq, rp, rp->status, e->msg);
	if (rp->status == 503)
		reply_header(rp, "Retry-After", "60");
}

static void no_route(const struct worker *w, const struct request *rq,
	const struct route_match *m, struct reply *rp)
{
	const struct web_program *p = w->program;

	if (!m->wrong_method) {
		say(p, rq, rp, 404, "not found");
		return;
	}
	say(p, rq, rp, 405, "method not allowed");
	reply_header(rp, "Allow", route_allow(p->routes, p->n_routes, rq));
}

/* A body that is not whole is refused before anybody asks which device sent
 * it: the answer does not depend on that, and a signature could not be
 * checked. Of a stranger to the admin API only the size is told. */
static bool is_refused_early(const struct web_call *call,
	enum web_guard guard)
{
	return call->rq->body_state == BODY_TOO_LARGE ||
		guard == GUARD_NONE || guard == GUARD_OPEN ||
		guard == GUARD_DEVICE;
}

static bool is_whole(const struct web_call *call, struct reply *rp)
{
	const struct request *rq = call->rq;
	struct err e = ERR_INIT;

	switch (rq->body_state) {
	case BODY_OK:
		return true;
	case BODY_TOO_LARGE:
		err_set(&e, ERR_TOO_LARGE, "body larger than %llu bytes",
			(unsigned long long)call->conf->max_body);
		break;
	case BODY_CUT:
		if (rq->content_length >= 0)
			err_set(&e, ERR_BAD_INPUT, "body shorter than "
				"Content-Length: %zu of %lld bytes", rq->body.n,
				(long long)rq->content_length);
		else
			err_set(&e, ERR_BAD_INPUT, "body cut after %zu bytes",
				rq->body.n);
		break;
	}
	web_fail(call, rp, &e, NULL);
	return false;
}

/* A store that is beyond repair in this process: answer what is in flight,
 * end, and be started again. */
static void end_if_dead(struct worker *w, struct store *st)
{
	if (st == NULL || !store_is_dead(st) || atomic_exchange(&w->dead, true))
		return;
	log_msg(LOG_ERROR, "store.dead",
		"the store needs a new process: this one ends");
	fcgi_stop();
}

static void lead(struct worker *w, const struct request *rq,
	const struct conf *conf, struct trace *t, struct reply *rp)
{
	const struct web_program *p = w->program;
	const struct web_target *target;
	struct route_match match;
	struct web_call call = {
		.rq = rq, .conf = conf, .match = &match, .program = p,
		.fault = &t->fault,
	};

	route_find(p->routes, p->n_routes, rq, &match);
	if (match.row == NULL) {
		no_route(w, rq, &match, rp);
		return;
	}
	t->route = match.row->pattern;
	target = match.row->target;
	if (is_refused_early(&call, target->guard) && !is_whole(&call, rp))
		return;
	if (guard_pass(target->guard, w->backend, &call, rp)) {
		if (call.token != NULL)
			log_str(&t->pairs, "token", call.token->name);
		if (is_whole(&call, rp))
			target->handler(&call, rp, &t->pairs);
	}
	end_if_dead(w, call.store);
}

/* Only what we know stands in a label: no path, no method as it came. */
static void count(const struct request *rq, const struct reply *rp,
	const struct trace *t, int64_t us)
{
	static const char *const methods[] = {
		[HTTP_OTHER] = "other", [HTTP_GET] = "GET",
		[HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST",
		[HTTP_PUT] = "PUT", [HTTP_DELETE] = "DELETE",
		[HTTP_PATCH] = "PATCH",
	};
	const char *route = t->route != NULL ? t->route : "none";
	char labels[128];

	snprintf(labels, sizeof(labels), "route=\"%s\",method=\"%s\","
		"status=\"%d\"", route, methods[rq->method], rp->status);
	metrics_count("mooring_requests_total", labels, 1);
	snprintf(labels, sizeof(labels), "route=\"%s\"", route);
	metrics_time("mooring_request_seconds", labels, us);
}

static void on_request(const struct request *rq, struct reply *rp, void *arg)
{
	struct trace *t = arena_zalloc(rq->arena, sizeof(*t));
	struct worker *w = arg;
	const struct conf *conf;
	unsigned char id[8];

	enc_be64(id, rq->id);
	enc_hex_to(t->id, id, sizeof(id));
	log_begin_pairs(&t->pairs);
	if (w->conf == NULL) {
		t->fault.kind = err_kind_name(ERR_BUSY);
		t->fault.reason = "mooring.conf was refused";
		reply_later(rp, "not available now, try again later");
	} else {
		conf = conf_acquire(w->conf, rq->now);
		lead(w, rq, conf, t, rp);
		conf_release(w->conf, conf);
	}
	if (!w->program->device_routes)
		reply_header(rp, "X-Request-Id", t->id);
	rp->user = t;
	/* Now, so that who has the answer finds it counted. */
	count(rq, rp, t, clk_mono_us() - rq->started_us);
}

static enum log_level level_of(const struct reply *rp,
	const struct web_fault *f)
{
	if (f->err == ERR_INTERNAL)
		return LOG_ERROR;
	if (rp->status == 503 || rp->status == 502)
		return LOG_WARN;
	return rp->status >= 500 ? LOG_ERROR : LOG_INFO;
}

static void log_short(struct log_line *l, const char *key, const char *value)
{
	struct bytes v = bytes_str(value);

	if (v.n > LOG_SHORT)
		v.n = LOG_SHORT;
	log_bytes(l, key, v);
}

static void on_done(const struct request *rq, const struct reply *rp,
	void *arg)
{
	const struct trace *t = rp->user;
	const struct web_fault *f = &t->fault;
	int64_t us = clk_mono_us() - rq->started_us;
	struct log_line l;

	(void)arg;
	log_begin(&l, level_of(rp, f), "request");
	log_str(&l, "id", t->id);
	log_short(&l, "method", rq->method_text);
	log_short(&l, "path", rq->path);
	log_i64(&l, "status", rp->status);
	log_i64(&l, "us", us);
	log_u64(&l, "bytes", rq->body.n);
	if (rq->body_state != BODY_OK)
		log_i64(&l, "length", rq->content_length);
	if (f->kind != NULL)
		log_str(&l, "kind", f->kind);
	if (f->reason != NULL)
		log_str(&l, "reason", f->reason);
	log_join(&l, &t->pairs);
	log_end(&l);
}

static size_t max_body(void *arg)
{
	struct worker *w = arg;
	const struct conf *conf;
	size_t max;

	if (w->conf == NULL)
		return 0;
	conf = conf_acquire(w->conf, clk_now());
	max = (size_t)conf->max_body;
	conf_release(w->conf, conf);
	return max;
}

static void count_commits(struct worker *w)
{
	struct store *st = backend_store(w->backend);

	if (st != NULL)
		store_metrics_count(st, &w->counted);
}

/* A changed file is seen, and a bad one reported, without any request. */
static void on_tick(void *arg)
{
	struct worker *w = arg;

	conf_release(w->conf, conf_acquire(w->conf, clk_now()));
	if (++w->ticks % METRICS_TICKS == 0)
		count_commits(w);
}

static void open_metrics(const struct conf *conf)
{
	struct arena *a = arena_new();
	struct err e;

	if (metrics_open(file_path(a, conf->dir, "run/metrics"), &e) < 0)
		log_msg(LOG_WARN, "metrics", "nothing is counted: %s", e.msg);
	arena_free(a);
}

/* A process that answers one request at a time would hold it up for a push,
 * and make a connection to APNs for each: the courier has one. */
static bool pushes(const struct web_program *p)
{
	const char *who = getenv("MOORING_PUSH");

	return p->pushes && !fcgi_is_cgi() &&
		!(who != NULL && str_eq(who, "courier"));
}

/* Opens early what can be, so that trouble is in the log before the first
 * device comes; then serves. */
static int serve(struct worker *w, struct err *e)
{
	struct fcgi_options o = {
		.threads = 1, .max_body = max_body, .handler = on_request,
		.done = on_done, .tick = on_tick, .arg = w,
	};
	const struct conf *conf;
	struct devauth *da;
	struct store *st;
	struct err busy;
	int rc;

	w->backend = backend_new(fcgi_is_cgi(), pushes(w->program));
	if (w->conf != NULL) {
		conf = conf_acquire(w->conf, clk_now());
		o.threads = conf->threads;
		open_metrics(conf);
		if (!fcgi_is_cgi())
			(void)backend_get(w->backend, conf, clk_now(),
				clk_mono_us(), &st, &da, &busy);
		conf_release(w->conf, conf);
	}
	rc = fcgi_serve(&o, e);
	count_commits(w);
	backend_free(w->backend);
	metrics_close();
	return rc;
}

int web_main(const struct web_program *p)
{
	struct worker w = { .program = p };
	struct err e = ERR_INIT;
	int rc;

	umask(077);
	log_open(p->name, LOG_INFO);
	rc = fcgi_init(&e);
	if (rc == 0 && conf_file_open(conf_default_dir(), &w.conf, &e) != 0) {
		/* A CGI program answers once, or the device sees a 500. */
		log_msg(LOG_ERROR, "mooring.conf", "%s", e.msg);
		if (!fcgi_is_cgi())
			return EXIT_FAILURE;
	}
	if (rc == 0)
		rc = serve(&w, &e);
	if (rc != 0)
		log_msg(LOG_ERROR, "serve", "%s", e.msg);
	conf_file_close(w.conf);
	return rc != 0 || w.dead ? EXIT_FAILURE : EXIT_SUCCESS;
}
