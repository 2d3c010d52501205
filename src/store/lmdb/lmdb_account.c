/* Who may enroll by signing in, by name without case. Keys hold the beginning
 * of the name, so a list reads those with one beginning at a time and puts
 * them in order. */
#include "store/lmdb/lmdb_enroll.h"

#include <stdlib.h>
#include <string.h>

/* Stored: never reuse a number. */
enum {
	TAG_NAME = 1, TAG_MANAGED = 2, TAG_HASH = 3, TAG_CREATED = 4,
	TAG_CHANGED = 5, TAG_DISABLED = 6,
};

const char *lmdb_account_fold(const char *name, struct arena *a)
{
	char *out = arena_strdup(a, name);

	for (char *c = out; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return out;
}

int lmdb_account_open(struct lmdb_tx *tx, const struct lmdb_key *k,
	struct bytes sealed, struct arena *a, struct account *out,
	struct err *e)
{
	struct rec_reader r;
	struct bytes plain;

	memset(out, 0, sizeof(*out));
	if (lmdb_unseal(tx, LMDB_ACCOUNTS, *k, sealed, tx->scratch, &plain,
	    e) < 0)
		return -1;
	rec_read(&r, plain);
	out->name = rec_get_str(&r, TAG_NAME, a);
	out->managed_apple_account = rec_get_str(&r, TAG_MANAGED, a);
	out->hash = rec_get_str(&r, TAG_HASH, a);
	out->created = rec_get_i64(&r, TAG_CREATED);
	out->changed = rec_get_i64(&r, TAG_CHANGED);
	out->disabled = rec_get_u64(&r, TAG_DISABLED) != 0;
	if (out->hash == NULL)
		out->hash = "";
	if (out->name == NULL)
		r.bad = true;
	if (rec_done(&r, "account", e) < 0)
		return lmdb_tx_damaged(tx, "accounts", e);
	return 0;
}

static struct lmdb_key key_of(struct lmdb_tx *tx, const char *name)
{
	return lmdb_key_account(lmdb_account_fold(name, tx->scratch));
}

int lmdb_account_put(struct store_tx *base, const struct account *c,
	struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct buf *b = lmdb_rec_begin(tx);

	rec_put_str(b, TAG_NAME, c->name);
	rec_put_str(b, TAG_MANAGED, c->managed_apple_account);
	rec_put_str(b, TAG_HASH, c->hash);
	rec_put_i64(b, TAG_CREATED, c->created);
	rec_put_i64(b, TAG_CHANGED, c->changed);
	rec_put_u64(b, TAG_DISABLED, c->disabled);
	return lmdb_rec_put_sealed(tx, LMDB_ACCOUNTS, key_of(tx, c->name), e);
}

int lmdb_account_get(struct store_tx *base, const char *name, struct arena *a,
	struct account **out, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct lmdb_key k = key_of(tx, name);
	struct bytes v;

	*out = NULL;
	if (lmdb_get(tx, LMDB_ACCOUNTS, k, &v, e) < 0)
		return -1;
	if (v.p == NULL)
		return 0;
	*out = arena_alloc(a, sizeof(**out));
	return lmdb_account_open(tx, &k, v, a, *out, e);
}

int lmdb_account_del(struct store_tx *base, const char *name, bool *was,
	struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);

	return lmdb_del(tx, LMDB_ACCOUNTS, key_of(tx, name), was, e);
}

/* ---- the list ---- */

struct named {
	const char *folded;
	struct account *account;
};

struct listing {
	struct lmdb_tx *tx;
	struct arena *a;
	const char *after;	/* folded; "": from the start */
	size_t limit;
	struct buf group;	/* struct named, with one beginning */
	struct lmdb_key beginning;
	struct buf found;	/* struct account * */
};

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return strcmp(x->folded, y->folded);
}

static bool is_full(const struct listing *l)
{
	return l->found.n / sizeof(struct account *) >= l->limit;
}

static void flush_group(struct listing *l)
{
	size_t n = l->group.n / sizeof(struct named);
	struct named *all = arena_memdup(l->a, l->group.p, l->group.n);

	if (n > 1)
		qsort(all, n, sizeof(*all), by_name);
	for (size_t i = 0; i < n && !is_full(l); i++)
		buf_add(&l->found, &all[i].account, sizeof(all[i].account));
	buf_clear(&l->group);
}

static int add_one(struct listing *l, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct named one = { .account = arena_alloc(l->a,
	    sizeof(*one.account)) };

	if (lmdb_account_open(l->tx, k, v, l->a, one.account, e) < 0)
		return -1;
	one.account->hash = "";
	one.folded = lmdb_account_fold(one.account->name, l->a);
	if (strcmp(one.folded, l->after) > 0)
		buf_add(&l->group, &one, sizeof(one));
	return 0;
}

static int list(struct listing *l, struct err *e)
{
	struct lmdb_iter it;
	struct lmdb_key k;
	struct bytes v;
	int rc;

	l->beginning = lmdb_key_account_name(l->after);
	if (lmdb_iter_open(l->tx, LMDB_ACCOUNTS, l->beginning, 0, &it, e) < 0)
		return -1;
	while ((rc = lmdb_iter_next(&it, &k, &v, e)) == 0 && k.n != 0) {
		if (memcmp(k.p, l->beginning.p, LMDB_KEY_NAME) != 0) {
			flush_group(l);
			if (is_full(l))
				break;
			l->beginning = k;
		}
		rc = add_one(l, &k, v, e);
		if (rc < 0)
			break;
	}
	lmdb_iter_close(&it);
	flush_group(l);
	return rc;
}

int lmdb_account_list(struct store_tx *base, const char *after, size_t limit,
	struct arena *a, struct account ***out, size_t *n, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct listing l = { .tx = tx, .a = a, .limit = limit };
	int rc;

	l.after = after != NULL ? lmdb_account_fold(after, a) : "";
	buf_init(&l.group, SIZE_MAX);
	buf_init(&l.found, SIZE_MAX);
	rc = list(&l, e);
	*n = l.found.n / sizeof(**out);
	*out = arena_memdup(a, l.found.p, l.found.n);
	buf_fini(&l.group);
	buf_fini(&l.found);
	return rc;
}
