/* Imported enrollments on their way into the store, many in a transaction.
 * What one of them does is mdm/import's business. */
#include "admin/op_import.h"

#include <stdlib.h>

#define BATCH 100
#define BATCH_BYTES ((size_t)8 << 20)
#define REPORT_EACH 1000

struct pending {
	const char *name;
	struct import_item it;
	bool bad;		/* it cannot be: why says so */
	bool good;		/* done; else why */
	struct err why;
};

struct op_importer {
	const struct op *op;
	op_transfer_report report;
	void *arg;
	struct arena *a;
	struct op_transferred done;
	bool armed;		/* the guard */
	size_t n, bytes;
	struct pending batch[BATCH];
};

struct opening {
	const struct op *op;
	const char *from;
};

static int open_tx(struct store_tx *tx, void *arg, struct err *e)
{
	const struct opening *o = arg;

	return op_audit(tx, o->op, "import", 0, o->from, NULL, e);
}

int op_importer_open(const struct op *op, const char *from,
	op_transfer_report report, void *arg, struct op_importer **out,
	struct err *e)
{
	struct opening o = { op, from };
	struct op_importer *im;

	*out = NULL;
	if (store_write(op->store, open_tx, &o, e) < 0)
		return -1;
	im = calloc(1, sizeof(*im));
	if (im == NULL)
		abort();
	im->op = op;
	im->report = report;
	im->arg = arg;
	im->a = arena_new();
	*out = im;
	return 0;
}

struct arena *op_importer_arena(struct op_importer *im)
{
	return im->a;
}

/* ---- a batch ---- */

static int apply_one(struct store_tx *tx, struct op_importer *im,
	struct pending *p, struct err *e)
{
	struct enrollment *en;

	if (p->bad)
		return 0;
	p->why = (struct err)ERR_INIT;
	p->good = import_apply(tx, &p->it, im->op->now, im->a, &en,
		&p->why) == 0;
	if (p->good)
		return op_audit(tx, im->op, "import.enrollment", en->num, NULL,
			NULL, e);
	/* Trouble of ours is everybody's. */
	if (p->why.kind != ERR_BUSY && p->why.kind != ERR_INTERNAL)
		return 0;
	*e = p->why;
	return -1;
}

static int batch_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct op_importer *im = arg;

	const struct op *op = im->op;
	bool any = false;

	for (size_t i = 0; i < im->n; i++) {
		if (apply_one(tx, im, &im->batch[i], e) < 0)
			return -1;
		any = any || im->batch[i].good;
	}
	/* With the first that comes, in the same transaction; what changes
	 * nothing arms nothing. */
	if (!any || im->armed || op->conf->guard_hours == 0)
		return 0;
	return store_guard_arm(tx, op->now +
		3600 * (int64_t)op->conf->guard_hours, "import", e);
}

static void tell(struct op_importer *im, const char *line)
{
	const struct op_transferred *d = &im->done;

	if (im->report != NULL && (line != NULL ||
		(d->devices + d->users) % REPORT_EACH == 0))
		im->report(d, line, im->arg);
}

static void count(struct op_importer *im, const struct pending *p)
{
	if (!p->good) {
		im->done.skipped += p->why.kind == ERR_CONFLICT;
		im->done.failed += p->why.kind != ERR_CONFLICT;
		tell(im, arena_printf(im->a, "%s: %s", p->name, p->why.msg));
		return;
	}
	if (enrollment_kind_is_user(p->it.id.kind))
		im->done.users++;
	else
		im->done.devices++;
	tell(im, NULL);
}

static int flush(struct op_importer *im, struct err *e)
{
	if (im->n > 0 && store_write(im->op->store, batch_tx, im, e) < 0)
		return -1;
	for (size_t i = 0; i < im->n; i++) {
		im->armed = im->armed || im->batch[i].good;
		count(im, &im->batch[i]);
	}
	im->n = im->bytes = 0;
	arena_reset(im->a);
	return 0;
}

int op_importer_add(struct op_importer *im, const char *name,
	const struct import_item *it, const struct err *why, size_t bytes,
	struct err *e)
{
	struct pending *p = &im->batch[im->n++];

	*p = (struct pending){ .name = name, .it = *it, .bad = why != NULL };
	if (p->bad)
		p->why = *why;
	im->bytes += bytes;
	return im->n == BATCH || im->bytes > BATCH_BYTES ? flush(im, e) : 0;
}

int op_importer_close(struct op_importer *im, int rc,
	struct op_transferred *out, struct err *e)
{
	if (rc == 0)
		rc = flush(im, e);
	*out = im->done;
	op_log(im->op, "import", NULL);
	arena_free(im->a);
	free(im);
	return rc;
}
