/* What the operations share: opening what they work on, finding an
 * enrollment, the audit line. */
#include "admin/op.h"

#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "crypto/seal.h"

#define NAME_MAX_SHOWN 80

static void close_seal(void *seal)
{
	seal_close(seal);
}

static void close_store(void *store)
{
	store_close(store);
}

int op_store_options(const struct conf *conf, struct arena *a,
	struct store_options *out, struct err *e)
{
	struct seal *seal;

	if (seal_open(file_path(a, conf->dir, "secrets/seal.key"), &seal, e) < 0)
		return -1;
	arena_defer(a, close_seal, seal);
	*out = (struct store_options){
		.dir = file_path(a, conf->dir, "store"),
		.map_size = conf->map_size,
		.seal = seal,
		.max_deliveries = conf->max_deliveries,
		.touch_seconds = conf->touch_seconds,
		.guard_hours = conf->guard_hours,
	};
	return 0;
}

int op_open_conf(const char *dir, const char *who, int64_t now,
	struct arena *a, struct op *out, struct err *e)
{
	struct conf *conf;

	if (conf_load(dir, a, &conf, e) < 0)
		return -1;
	*out = (struct op){ .conf = conf, .who = arena_strdup(a, who),
		.now = now };
	return 0;
}

int op_open(const char *dir, const char *who, int64_t now, struct arena *a,
	struct op *out, struct err *e)
{
	struct store_options o;

	if (op_open_conf(dir, who, now, a, out, e) < 0 ||
		op_store_options(out->conf, a, &o, e) < 0 ||
		store_open(&o, now, &out->store, e) < 0)
		return -1;
	/* Deferred calls run last first: the store goes before its ring. */
	arena_defer(a, close_store, out->store);
	return 0;
}

void op_log(const struct op *op, const char *what, const char *target)
{
	struct log_line l;

	log_begin(&l, LOG_INFO, "admin");
	log_str(&l, "op", what);
	if (target != NULL)
		log_str(&l, "target", target);
	log_str(&l, "who", op->who);
	log_end(&l);
}

/* Bytes of a text that are at most max, whole characters of it. */
static size_t cut(struct bytes text, size_t max, bool utf8)
{
	size_t n = text.n;

	if (n > max)
		for (n = max; n > 0 && utf8 && (text.p[n] & 0xc0) == 0x80;)
			n--;
	return n;
}

const char *op_cut(const char *text, size_t max, struct arena *a)
{
	struct bytes b = bytes_str(text);
	size_t n = cut(b, max, str_is_utf8(b.p, b.n));

	return arena_printf(a, "%.*s%s", (int)n, text, n < b.n ? "…" : "");
}

const char *op_line(struct bytes text, size_t max, struct arena *a)
{
	bool utf8 = str_is_utf8(text.p, text.n);
	size_t n = cut(text, max, utf8);
	char *s = arena_str(a, bytes_of(text.p, n));

	for (size_t i = 0, drop; i < n; i += drop > 0 ? drop : 1) {
		drop = str_control(s + i, n - i);
		if (!utf8)
			drop = (unsigned char)s[i] >= 0x80 || drop == 1;
		memset(s + i, '?', drop);
	}
	return n < text.n ? arena_printf(a, "%s…", s) : s;
}

const char *op_name(const struct enrollment *en, struct arena *a)
{
	return arena_printf(a, "%s (@%llu)",
		op_line(enrollment_id_text(&en->id, a), NAME_MAX_SHOWN, a),
		(unsigned long long)en->num);
}

int op_lookup(struct store_tx *tx, struct bytes id, struct arena *a,
	struct enrollment **out, struct err *e)
{
	if (id.n == 0)
		return err_set(e, ERR_BAD_INPUT, "an empty id");
	if (store_enrollment_lookup(tx, id, a, out, e) < 0)
		return -1;
	if (*out == NULL)
		return err_set(e, ERR_NOT_FOUND, "no enrollment %s",
			op_line(id, NAME_MAX_SHOWN, a));
	return 0;
}

int op_list(const struct op *op, size_t limit, store_fn fn, void *arg,
	struct err *e)
{
	if (limit == 0)
		return err_set(e, ERR_BAD_INPUT, "limit: must not be 0");
	return store_read(op->store, fn, arg, e);
}

bool op_list_more(size_t *n, size_t limit)
{
	if (*n <= limit)
		return false;
	*n = limit;
	return true;
}
