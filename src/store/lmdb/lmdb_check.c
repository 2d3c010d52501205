/* Walks every table: each record parses, each sealed value opens, each index
 * agrees with what it points to, both ways. Repairs nothing. */
#include "store/lmdb/lmdb_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store/lmdb/lmdb_admin.h"
#include "store/lmdb/lmdb_care.h"

static const struct lmdb_check_row *const parts[] = {
	lmdb_checks_mdm, lmdb_checks_event, lmdb_checks_push, lmdb_checks_admin,
	lmdb_checks_enroll,
};

void lmdb_check_fault(struct lmdb_check *c, const char *fmt, ...)
{
	char line[320];
	va_list ap;
	int n;

	n = snprintf(line, sizeof(line), "%s ", lmdb_table_name(c->table));
	n += (int)(lmdb_key_bytes(&c->key).n > 0 ? snprintf(line + n,
	    sizeof(line) - (size_t)n, "%.64s: ", enc_hex(c->a,
	    lmdb_key_bytes(&c->key))) : 0);
	va_start(ap, fmt);
	vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
	va_end(ap);
	c->faults++;
	if (c->report != NULL)
		c->report(line, c->arg);
}

bool lmdb_check_length(struct lmdb_check *c, struct bytes v, size_t key,
	size_t value)
{
	if (c->key.n == key && v.n == value)
		return true;
	lmdb_check_fault(c, "a key of %zu and a value of %zu bytes", c->key.n,
	    v.n);
	return false;
}

int lmdb_check_points(struct lmdb_check *c, enum lmdb_table t,
	struct lmdb_key k, struct err *e)
{
	bool there;

	if (lmdb_has(c->tx, t, k, &there, e) < 0)
		return -1;
	if (!there)
		lmdb_check_fault(c, "nothing in %s", lmdb_table_name(t));
	return 0;
}

int lmdb_check_index(struct lmdb_check *c, enum lmdb_table t,
	struct lmdb_key k, struct bytes want, struct err *e)
{
	struct bytes v;

	if (lmdb_get(c->tx, t, k, &v, e) < 0)
		return -1;
	if (v.p == NULL || !bytes_eq(v, want))
		lmdb_check_fault(c, "%s in %s", v.p == NULL ? "not" :
		    "something else", lmdb_table_name(t));
	return 0;
}

/* A record that fails is one fault; the walk goes on. */
static void one(struct lmdb_check *c, lmdb_check_fn fn, struct bytes v)
{
	struct err e = ERR_INIT;

	if (fn(c, &c->key, v, &e) < 0)
		lmdb_check_fault(c, "%s", e.msg);
	c->tx->rc = 0;
	arena_reset(c->a);
	arena_reset(c->tx->scratch);
}

static void walk(struct lmdb_check *c, enum lmdb_table t, lmdb_check_fn fn)
{
	struct err e = ERR_INIT;
	struct lmdb_iter it;
	struct bytes v;
	int rc;

	c->table = t;
	c->key = lmdb_key_none();
	rc = lmdb_iter_open(c->tx, t, lmdb_key_none(), 0, &it, &e);
	while (rc == 0 && (rc = lmdb_iter_next(&it, &c->key, &v, &e)) == 0 &&
	    c->key.n != 0)
		one(c, fn, v);
	lmdb_iter_close(&it);
	if (rc < 0)
		lmdb_check_fault(c, "%s", e.msg);
	c->tx->rc = 0;
}

static int check_all(struct store_tx *base, void *arg, struct err *e)
{
	struct lmdb_check *c = arg;

	(void)e;
	c->tx = lmdb_tx_verb(base);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		for (const struct lmdb_check_row *r = parts[i]; r->fn != NULL;
		    r++)
			walk(c, r->table, r->fn);
	lmdb_check_counts(c);
	return 0;
}

int lmdb_check(struct store *st, void (*report)(const char *line, void *arg),
	void *arg, uint64_t *faults, struct err *e)
{
	struct lmdb_check c = { .report = report, .arg = arg,
		.a = arena_new() };
	int rc = lmdb_read(st, check_all, &c, e);

	arena_free(c.a);
	*faults = c.faults;
	return rc;
}
