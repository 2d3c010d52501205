/* Asking for pushes. Sending them, and what APNs' answers mean, is push/'s
 * matter. */
#include "admin/op_push.h"

#include "admin/op_audit.h"
#include "outbox/outbox.h"
#include "store/store_push.h"

#define BATCH 500	/* enrollments in one transaction */
#define LEASE 60	/* seconds in which whoever asked settles it */
#define WAIT_MS 15000	/* for APNs' answers; what is late is the courier's */

static bool is_store_trouble(const struct err *e)
{
	return e->kind == ERR_BUSY || e->kind == ERR_INTERNAL;
}

static int add_job(struct store_tx *tx, const struct op *op,
	struct op_pushed *p, int64_t due, struct arena *a, struct err *e)
{
	const char *apns_id = push_new_id(a);

	if (store_push_add(tx, p->num, apns_id, due, op->now, e) < 0)
		return -1;
	p->apns_id = apns_id;
	return 0;
}

/* A push that comes earlier is followed by this one (push_settle): one job is
 * all that an enrollment has. */
static int add_later(struct store_tx *tx, const struct op *op,
	struct op_pushed *p, int64_t due, struct arena *a, struct err *e)
{
	struct push_job *job;

	p->waits = true;
	if (store_push_job_get(tx, p->num, a, &job, e) < 0)
		return -1;
	if (job == NULL || job->due > due)
		return add_job(tx, op, p, due, a, e);
	p->apns_id = job->apns_id;
	return 0;
}

int op_push_add(struct store_tx *tx, const struct op *op,
	const struct enrollment *en, int64_t not_before, struct op_pushed *p,
	struct arena *a, struct err *e)
{
	int64_t hold = 0;
	bool passing;

	p->num = en->num;
	p->apns_id = NULL;
	p->waits = false;
	p->err = (struct err)ERR_INIT;
	if (push_check(tx, en, a, &hold, &passing, &p->err) < 0) {
		if (is_store_trouble(&p->err)) {
			*e = p->err;
			return -1;
		}
		if (!passing)
			return 0;
		hold = op->now + LEASE;
	}
	if (hold < not_before)
		hold = not_before;
	if (hold > op->now)
		return add_later(tx, op, p, hold, a, e);
	p->waits = op->pusher == NULL;
	return add_job(tx, op, p, p->waits ? op->now : op->now + LEASE, a, e);
}

void op_push_send(const struct op *op, struct op_pushed *list, size_t n,
	struct arena *a)
{
	struct push_request *rq = arena_zalloc(a, n * sizeof(*rq));
	size_t *of = arena_alloc(a, n * sizeof(*of)), count = 0;
	bool waits = false;

	for (size_t i = 0; i < n; i++) {
		waits = waits || list[i].waits;
		if (list[i].apns_id == NULL || list[i].waits)
			continue;
		rq[count].enrollment = list[i].num;
		rq[count].apns_id = list[i].apns_id;
		of[count++] = i;
	}
	if (waits)
		courier_wake(op->conf->dir);
	if (count == 0)
		return;
	pusher_send(op->pusher, op->conf, rq, count, WAIT_MS);
	for (size_t i = 0; i < count; i++) {
		list[of[i]].waits = rq[i].result == PUSH_WAITS;
		if (rq[i].result == PUSH_FAILED)
			list[of[i]].err = rq[i].err;
	}
}

struct batch {
	const struct op *op;
	struct op_pushed *list;
	size_t n;
	struct arena *kept;	/* the caller's */
	struct arena *scratch;
};

static int add_one(struct store_tx *tx, struct batch *b, struct op_pushed *p,
	struct err *e)
{
	struct enrollment *en;

	*p = (struct op_pushed){ .id = p->id };
	if (op_lookup(tx, p->id, b->scratch, &en, &p->err) < 0) {
		if (p->err.kind == ERR_NOT_FOUND)
			err_set(&p->err, ERR_NOT_FOUND, "push data missing for id");
		if (!is_store_trouble(&p->err))
			return 0;
		*e = p->err;
		return -1;
	}
	if (op_push_add(tx, b->op, en, 0, p, b->kept, e) < 0)
		return -1;
	return p->err.kind != ERR_NONE ? 0 : op_audit(tx, b->op, "push", en->num,
		NULL, NULL, e);
}

static int batch_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct batch *b = arg;

	for (size_t i = 0; i < b->n; i++)
		if (add_one(tx, b, &b->list[i], e) < 0)
			return -1;
	return 0;
}

/* A failed transaction asked for none of its pushes. */
static void fail_all(struct op_pushed *list, size_t n, const struct err *e)
{
	for (size_t i = 0; i < n; i++)
		list[i] = (struct op_pushed){ .id = list[i].id, .err = *e };
}

size_t op_push(const struct op *op, struct op_pushed *list, size_t n,
	struct arena *a)
{
	struct batch b = { op, NULL, 0, a, arena_new() };
	struct err e = ERR_INIT;
	size_t failed = 0;

	for (size_t at = 0; at < n; at += b.n) {
		b.list = list + at;
		b.n = n - at < BATCH ? n - at : BATCH;
		if (store_write(op->store, batch_tx, &b, &e) < 0) {
			fail_all(b.list, n - at, &e);
			break;
		}
		arena_reset(b.scratch);
	}
	arena_free(b.scratch);
	op_push_send(op, list, n, a);
	for (size_t i = 0; i < n; i++)
		failed += list[i].err.kind != ERR_NONE;
	if (failed < n)
		op_log(op, "push", arena_printf(a, "%zu enrollments", n - failed));
	return failed;
}
