/* What the operations share: opening what they work on, finding an
 * enrollment, the audit line. */
#include "admin/op.h"

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
	*out = (struct op){ NULL, conf, arena_strdup(a, who), now };
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

/* A cut never goes through a UTF-8 sequence. */
static char *one_line(struct arena *a, struct bytes id)
{
	size_t n = id.n;
	char *s;

	if (n > NAME_MAX_SHOWN)
		for (n = NAME_MAX_SHOWN; n > 0 && (id.p[n] & 0xc0) == 0x80;)
			n--;
	s = arena_str(a, bytes_of(id.p, n));
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			s[i] = '?';
	if (!str_is_utf8(s, n))
		for (size_t i = 0; i < n; i++)
			if ((unsigned char)s[i] >= 0x80)
				s[i] = '?';
	return n < id.n ? arena_printf(a, "%s…", s) : s;
}

const char *op_name(const struct enrollment *en, struct arena *a)
{
	return arena_printf(a, "%s (@%llu)",
		one_line(a, enrollment_id_text(&en->id, a)),
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
			one_line(a, id));
	return 0;
}
