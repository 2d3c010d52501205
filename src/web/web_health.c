/* Health as JSON, figures in Prometheus' text format. What they mean is
 * known in admin/ and base/metrics. */
#include "web/web_health.h"

#include "admin/op_figures.h"
#include "admin/op_health.h"
#include "base/metrics.h"
#include "web/web_api.h"

#define METRICS_MAX ((size_t)4 << 20)

/* ---- health ---- */

static void health(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct arena *a = call->rq->arena;
	struct json *root = json_new_object(a);
	struct op op = { .store = call->store, .conf = call->conf,
		.who = "healthz", .now = call->rq->now };
	struct op_health h;

	op_health(&op, call->closed, a, &h);
	op_health_json(root, &h);
	web_api_reply(call, rp, h.level == HEALTH_FAIL ? 503 : 200, root);
	reply_header(rp, "Cache-Control", "no-store");
	log_str(log, "health", op_health_name(h.level));
}

const struct web_target web_health = { GUARD_OPEN, health };

/* ---- figures ---- */

static void head(struct buf *b, const char *name, const char *help)
{
	buf_printf(b, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void gauge(struct buf *b, const char *name, const char *help,
	uint64_t v)
{
	head(b, name, help);
	buf_printf(b, "%s %llu\n", name, (unsigned long long)v);
}

static void states(struct buf *b, const char *channel,
	const uint64_t n[ENROLLMENT_DISABLED + 1])
{
	for (int s = ENROLLMENT_AUTHENTICATED; s <= ENROLLMENT_DISABLED; s++)
		buf_printf(b, "mooring_enrollments{channel=\"%s\",state=\"%s\"}"
			" %llu\n", channel, enrollment_state_name(
			(enum enrollment_state)s), (unsigned long long)n[s]);
}

static void put_store(struct buf *b, const struct store_info *i)
{
	gauge(b, "mooring_store_map_bytes", "Size of the store's map.",
		i->map_size);
	gauge(b, "mooring_store_used_bytes", "What of the map is in use.",
		i->used_bytes);
	gauge(b, "mooring_store_file_bytes", "Size of data.mdb.",
		i->file_bytes);
	gauge(b, "mooring_store_readers", "Slots of the reader table in use.",
		i->readers);
}

static void put_counts(struct buf *b, const struct store_counts *c)
{
	head(b, "mooring_enrollments", "Enrollments by state.");
	states(b, "device", c->devices);
	states(b, "user", c->users);
	gauge(b, "mooring_queue_commands", "Commands that wait for an answer.",
		c->queued);
	gauge(b, "mooring_finished_commands", "Finished ones still kept.",
		c->finished);
	gauge(b, "mooring_push_jobs", "Pushes that wait.", c->pushes);
	gauge(b, "mooring_audit_records", "Records of the audit log.",
		c->audits);
}

static void put_outbox(struct buf *b, const struct store_outbox *o,
	int64_t now)
{
	gauge(b, "mooring_events", "Events that are kept.", o->events);
	gauge(b, "mooring_deliveries_waiting",
		"Deliveries to webhooks that wait.", o->waiting);
	gauge(b, "mooring_deliveries_buried",
		"Deliveries to webhooks that were given up.", o->buried);
	gauge(b, "mooring_deliveries_oldest_seconds",
		"Age of the oldest event that waits.",
		o->oldest > 0 && o->oldest < now ?
		(uint64_t)(now - o->oldest) : 0);
}

static void put_figures(struct buf *b, const struct op_figures *f,
	int64_t now)
{
	head(b, "mooring_build_info", "The version that answers.");
	buf_printf(b, "mooring_build_info{version=\"%s\"} 1\n",
		PACKAGE_VERSION);
	put_store(b, &f->info);
	put_counts(b, &f->counts);
	put_outbox(b, &f->outbox, now);
	gauge(b, "mooring_guard_closed", "Whether the guard against mass "
		"unenrollment is closed.", f->guard.closed);
}

static void fini(void *b)
{
	buf_fini(b);
}

static int metrics(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	struct arena *a = call->rq->arena;
	struct buf *b = arena_alloc(a, sizeof(*b));
	struct op op = web_api_op(call);
	struct op_figures f;

	if (op_figures(&op, a, &f, e) < 0)
		return -1;
	buf_init(b, METRICS_MAX);
	arena_defer(a, fini, b);
	put_figures(b, &f, op.now);
	metrics_text(b);
	if (b->full)
		return err_set(e, ERR_INTERNAL, "metrics: too many");
	reply_init(rp);
	rp->content_type = "text/plain; version=0.0.4";
	rp->body = buf_bytes(b);
	return 0;
}

WEB_API_TARGET(web_metrics, GUARD_READ, metrics);
