/* Enrollments by what they are: a walk in the order of their numbers, or over
 * those that are asked for by id. */
#include "admin/op_query.h"

#include <stdlib.h>

#include "admin/op_audit.h"

#define PAGE 1000	/* enrollments in one transaction */

/* Where the walk is. A transaction that runs again starts from where it was
 * before. */
struct place {
	uint64_t after;		/* the last enrollment looked at */
	size_t at;		/* by ids: the next of nums */
	uint64_t skip;		/* matches that are passed over still */
	size_t n;		/* taken */
	size_t bytes;		/* of secrets among them */
	bool end;
};
struct query_run {
	const struct op_query *q;
	struct arena *a, *scratch;
	uint64_t *nums;		/* by ids: what they name, in order */
	size_t n_nums;
	struct op_queried *list;
	struct place from, to;
};

static int by_bytes(const void *a, const void *b)
{
	return bytes_order(*(const struct bytes *)a, *(const struct bytes *)b);
}

static void sort(struct bytes *list, size_t n)
{
	if (n > 0)
		qsort(list, n, sizeof(*list), by_bytes);
}

static bool is_one_of(const struct bytes *list, size_t n, const char *text)
{
	const struct bytes key = bytes_str(text);

	return n == 0 || (text != NULL &&
		bsearch(&key, list, n, sizeof(*list), by_bytes) != NULL);
}

/* ---- one enrollment ---- */

/* The device of a user channel; of a device itself. */
static int device_of(struct store_tx *tx, struct query_run *r,
	const struct enrollment *en, const struct enrollment **out,
	struct err *e)
{
	struct enrollment *device;

	*out = en;
	if (en->parent == 0)
		return 0;
	if (store_enrollment_get(tx, en->parent, r->scratch, &device, e) < 0)
		return -1;
	if (device == NULL)
		return err_set(e, ERR_INTERNAL, "the device of @%llu is not "
			"there: see store check", (unsigned long long)en->num);
	*out = device;
	return 0;
}

static bool matches(const struct op_query *q, const struct enrollment *en,
	const struct enrollment *device)
{
	return (q->kinds == 0 || (q->kinds & (1u << en->id.kind)) != 0) &&
		(!q->has_enabled ||
			q->enabled == (en->state == ENROLLMENT_ENABLED)) &&
		is_one_of(q->user_short_names, q->n_user_short_names,
			en->user_short_name) &&
		is_one_of(q->serials, q->n_serials, device->serial);
}

static int take(struct store_tx *tx, struct query_run *r, uint64_t num,
	const struct enrollment *device, struct err *e)
{
	struct op_queried *out = &r->list[r->to.n++];

	*out = (struct op_queried){ 0 };
	if (store_enrollment_get(tx, num, r->a, &out->en, e) < 0)
		return -1;
	out->serial = arena_strdup(r->a, device->serial);
	if (r->q->device_cert && store_secret_get(tx, device->num,
		STORE_DEVICE_CERT, r->a, &out->device_cert, e) < 0)
		return -1;
	if (r->q->unlock_token && store_secret_get(tx, device->num,
		STORE_UNLOCK_TOKEN, r->a, &out->unlock_token, e) < 0)
		return -1;
	r->to.bytes += out->device_cert.n + out->unlock_token.n;
	return 0;
}

static bool is_full(const struct query_run *r, const struct place *p)
{
	return p->n == r->q->limit || p->bytes >= OP_QUERY_BYTES;
}

static int look(struct store_tx *tx, struct query_run *r,
	const struct enrollment *en, struct err *e)
{
	const struct enrollment *device;

	r->to.after = en->num;
	if (device_of(tx, r, en, &device, e) < 0)
		return -1;
	if (!matches(r->q, en, device))
		return 0;
	if (r->to.skip > 0) {
		r->to.skip--;
		return 0;
	}
	return take(tx, r, en->num, device, e);
}

/* ---- the walk ---- */

static bool has_filter(const struct op_query *q)
{
	return q->kinds != 0 || q->has_enabled || q->n_serials > 0 ||
		q->n_user_short_names > 0;
}

/* What matches everything need not be read to be passed over. */
static int skip_all(struct store_tx *tx, struct query_run *r, bool *end,
	struct err *e)
{
	uint64_t num;

	*end = false;
	if (r->to.skip == 0 || has_filter(r->q))
		return 0;
	if (store_enrollment_skip(tx, r->to.after, r->to.skip, &num, e) < 0)
		return -1;
	*end = num == 0;
	r->to.after = num;
	r->to.skip = 0;
	return 0;
}

static int walk_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct query_run *r = arg;
	struct enrollment **list;
	size_t n, i;

	r->to = r->from;
	if (skip_all(tx, r, &r->to.end, e) < 0)
		return -1;
	if (r->to.end)
		return 0;
	if (store_enrollment_list(tx, r->to.after, PAGE, r->scratch, &list, &n,
		e) < 0)
		return -1;
	for (i = 0; i < n && !is_full(r, &r->to); i++)
		if (look(tx, r, list[i], e) < 0)
			return -1;
	r->to.end = i == n && n < PAGE;
	return 0;
}

static int walk_ids_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct query_run *r = arg;
	struct enrollment *en;

	r->to = r->from;
	for (size_t i = 0; i < PAGE && r->to.at < r->n_nums &&
		!is_full(r, &r->to); i++) {
		uint64_t num = r->nums[r->to.at++];

		if (num <= r->q->after)
			continue;
		if (store_enrollment_get(tx, num, r->scratch, &en, e) < 0 ||
			(en != NULL && look(tx, r, en, e) < 0))
			return -1;
	}
	r->to.end = r->to.at == r->n_nums;
	return 0;
}

static int walk(const struct op *op, struct query_run *r, store_fn fn,
	struct err *e)
{
	while (!r->from.end && !is_full(r, &r->from)) {
		if (store_read(op->store, fn, r, e) < 0)
			return -1;
		r->from = r->to;
		arena_reset(r->scratch);
	}
	if (r->q->by_offset && !r->from.end && r->from.n < r->q->limit)
		return err_set(e, ERR_TOO_LARGE, "more than %zu bytes of "
			"certificates and unlock tokens: use a smaller limit, "
			"or a cursor", OP_QUERY_BYTES);
	return 0;
}

/* ---- ids ---- */

/* Ids that name none are passed over. */
static int resolve_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct query_run *r = arg;

	r->to = r->from;
	for (size_t i = 0; i < PAGE && r->to.at < r->q->n_ids; i++) {
		struct bytes id = r->q->ids[r->to.at++];
		struct enrollment *en = NULL;

		if (id.n > 0 && store_enrollment_lookup(tx, id, r->scratch, &en,
			e) < 0)
			return -1;
		if (en != NULL)
			r->nums[r->to.n++] = en->num;
	}
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int resolve(const struct op *op, struct query_run *r, struct err *e)
{
	size_t n = 0;

	r->nums = arena_alloc(r->a, r->q->n_ids * sizeof(*r->nums));
	while (r->from.at < r->q->n_ids) {
		if (store_read(op->store, resolve_tx, r, e) < 0)
			return -1;
		r->from = r->to;
		arena_reset(r->scratch);
	}
	if (r->from.n > 0)
		qsort(r->nums, r->from.n, sizeof(*r->nums), by_number);
	for (size_t i = 0; i < r->from.n; i++)
		if (n == 0 || r->nums[i] != r->nums[n - 1])
			r->nums[n++] = r->nums[i];
	r->n_nums = n;
	return 0;
}

/* ---- all together ---- */

static int audit_tx(struct store_tx *tx, void *arg, struct err *e)
{
	return op_audit(tx, arg, "enrollment.query", 0, NULL, "unlock tokens",
		e);
}

static int run(const struct op *op, struct query_run *r, struct err *e)
{
	const struct op_query *q = r->q;
	const struct place start = { .after = q->after, .skip = q->offset };
	struct op asking = *op;

	if (q->unlock_token &&
		store_write(op->store, audit_tx, &asking, e) < 0)
		return -1;
	if (q->n_ids > 0 && resolve(op, r, e) < 0)
		return -1;
	r->from = start;
	return walk(op, r, q->n_ids > 0 ? walk_ids_tx : walk_tx, e);
}

int op_query(const struct op *op, struct op_query *q, struct arena *a,
	struct op_query_page *out, struct err *e)
{
	struct query_run r = { .q = q, .a = a, .scratch = arena_new(),
		.list = arena_alloc(a, q->limit * sizeof(*r.list)) };
	int rc;

	sort(q->serials, q->n_serials);
	sort(q->user_short_names, q->n_user_short_names);
	rc = run(op, &r, e);
	arena_free(r.scratch);
	if (rc < 0)
		return -1;
	*out = (struct op_query_page){ r.list, r.from.n,
		r.from.end ? 0 : r.from.after };
	return 0;
}
