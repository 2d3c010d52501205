/* Enrollments and the ways to find them: by number, by id, by what an
 * operator types, by the device they belong to. */
#include "store/lmdb/lmdb_enrollment.h"

#include <string.h>

#include "base/enc.h"
#include "store/lmdb/lmdb_admin.h"

/* With last_seen. */
static int load_seen(struct lmdb_tx *tx, uint64_t num, struct arena *a,
	struct enrollment **out, struct err *e)
{
	struct bytes v;
	int64_t mine;

	if (lmdb_enrollment_load(tx, num, a, out, e) < 0)
		return -1;
	if (*out == NULL)
		return 0;
	if (lmdb_get(tx, LMDB_ENROLL_SEEN, lmdb_key_num(num), &v, e) < 0)
		return -1;
	if (v.n == 8)
		(*out)->last_seen = (int64_t)enc_unbe64(v.p);
	mine = lmdb_touch_pending_seen(tx->st, num);
	if ((*out)->last_seen < mine)
		(*out)->last_seen = mine;
	return 0;
}

int lmdb_enrollment_get(struct store_tx *tx, uint64_t num, struct arena *a,
	struct enrollment **out, struct err *e)
{
	return load_seen(lmdb_tx_verb(tx), num, a, out, e);
}

/* 0 when absent. */
static int num_of(struct lmdb_tx *tx, const struct enrollment_id *id,
	uint64_t *out, struct err *e)
{
	unsigned char key[DIGEST_LEN];
	struct bytes v;

	*out = 0;
	enrollment_id_key(id, key);
	if (lmdb_get(tx, LMDB_ENROLL_BY_ID, lmdb_key_hash(key), &v, e) < 0)
		return -1;
	if (v.n == 8)
		*out = enc_unbe64(v.p);
	return 0;
}

int lmdb_enrollment_find(struct store_tx *base, const struct enrollment_id *id,
	struct arena *a, struct enrollment **out, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	uint64_t num;

	*out = NULL;
	if (num_of(tx, id, &num, e) < 0)
		return -1;
	return num == 0 ? 0 : load_seen(tx, num, a, out, e);
}

/* "@17", and nothing else. */
static bool is_number(struct bytes text, uint64_t *num)
{
	char digits[24];

	if (text.n < 2 || text.n >= sizeof(digits) || text.p[0] != '@')
		return false;
	memcpy(digits, text.p + 1, text.n - 1);
	digits[text.n - 1] = '\0';
	return strlen(digits) == text.n - 1 &&
	    str_u64(digits, 1, UINT64_MAX, num);
}

/* The first two of that text; n == 0: none. */
static int find_text(struct lmdb_tx *tx, struct bytes text,
	struct lmdb_key *first, struct lmdb_key *second, struct err *e)
{
	unsigned char hash[DIGEST_LEN];
	struct lmdb_iter it;
	struct bytes v;
	int rc;

	*second = lmdb_key_none();
	digest_sha256(text, hash);
	if (lmdb_iter_open(tx, LMDB_ENROLL_BY_TEXT, lmdb_key_hash(hash),
	    DIGEST_LEN, &it, e) < 0)
		return -1;
	rc = lmdb_iter_next(&it, first, &v, e);
	if (rc == 0 && first->n != 0)
		rc = lmdb_iter_next(&it, second, &v, e);
	lmdb_iter_close(&it);
	return rc;
}

static int names_two(uint64_t a, uint64_t b, struct err *e)
{
	return err_set(e, ERR_CONFLICT, "this id names more than one "
	    "enrollment, such as @%llu and @%llu", (unsigned long long)a,
	    (unsigned long long)b);
}

int lmdb_enrollment_lookup(struct store_tx *base, struct bytes text,
	struct arena *a, struct enrollment **out, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct lmdb_key first, second;
	uint64_t num, called;
	bool number = is_number(text, &num);

	*out = NULL;
	if (find_text(tx, text, &first, &second, e) < 0)
		return -1;
	called = first.n != 0 ? lmdb_key_num_at(&first, DIGEST_LEN) : 0;
	if (number && load_seen(tx, num, a, out, e) < 0)
		return -1;
	if (number && (*out == NULL || called == 0 || called == num))
		return 0;
	*out = NULL;
	if (number)
		return names_two(num, called, e);
	if (called == 0)
		return 0;
	if (second.n != 0)
		return names_two(called, lmdb_key_num_at(&second, DIGEST_LEN),
		    e);
	return load_seen(tx, called, a, out, e);
}

/* ---- putting ---- */

struct lmdb_key lmdb_enrollment_text_key(const struct enrollment *en,
	struct arena *scratch)
{
	unsigned char hash[DIGEST_LEN];

	digest_sha256(enrollment_id_text(&en->id, scratch), hash);
	return lmdb_key_hash_num(hash, en->num);
}

/* The index of those that wait follows. */
static int await(struct lmdb_tx *tx, uint64_t num, int64_t from, int64_t to,
	struct err *e)
{
	if (from == to)
		return 0;
	if (from != 0 && lmdb_del(tx, LMDB_ENROLL_AWAITING,
	    lmdb_key_due_num(from, num), NULL, e) < 0)
		return -1;
	return to == 0 ? 0 : lmdb_put(tx, LMDB_ENROLL_AWAITING,
	    lmdb_key_due_num(to, num), bytes_of("", 0), e);
}

static int insert(struct lmdb_tx *tx, struct enrollment *en, struct err *e)
{
	const struct bytes nothing = bytes_of("", 0);
	unsigned char key[DIGEST_LEN], num[8];
	uint64_t other;

	if (num_of(tx, &en->id, &other, e) < 0)
		return -1;
	if (other != 0)
		return err_set(e, ERR_CONFLICT, "this id is enrollment @%llu",
		    (unsigned long long)other);
	if (lmdb_next_number(tx, "enrollments", &en->num, e) < 0)
		return -1;
	enrollment_id_key(&en->id, key);
	enc_be64(num, en->num);
	if (lmdb_put(tx, LMDB_ENROLL_BY_ID, lmdb_key_hash(key),
	    bytes_of(num, 8), e) < 0 ||
	    lmdb_put(tx, LMDB_ENROLL_BY_TEXT, lmdb_enrollment_text_key(en,
	    tx->scratch), nothing, e) < 0)
		return -1;
	if (en->parent != 0 && lmdb_put(tx, LMDB_ENROLL_CHILDREN,
	    lmdb_key_num2(en->parent, en->num), nothing, e) < 0)
		return -1;
	if (await(tx, en->num, 0, en->await_until, e) < 0)
		return -1;
	return lmdb_counts_move(tx, en->id.kind, 0, en->state, e);
}

static int replace(struct lmdb_tx *tx, const struct enrollment *en,
	struct err *e)
{
	unsigned char key[DIGEST_LEN], was_key[DIGEST_LEN];
	struct enrollment *was;

	if (lmdb_enrollment_load(tx, en->num, tx->scratch, &was, e) < 0)
		return -1;
	if (was == NULL)
		return err_set(e, ERR_NOT_FOUND, "no enrollment @%llu",
		    (unsigned long long)en->num);
	enrollment_id_key(&en->id, key);
	enrollment_id_key(&was->id, was_key);
	if (memcmp(key, was_key, DIGEST_LEN) != 0 || was->parent != en->parent)
		return err_set(e, ERR_INTERNAL, "enrollment @%llu: its id and "
		    "its device never change", (unsigned long long)en->num);
	if (await(tx, en->num, was->await_until, en->await_until, e) < 0)
		return -1;
	return lmdb_counts_move(tx, en->id.kind, was->state, en->state, e);
}

int lmdb_enrollment_put(struct store_tx *base, struct enrollment *en,
	struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	uint64_t was = en->num;

	if ((was == 0 ? insert(tx, en, e) : replace(tx, en, e)) < 0 ||
	    lmdb_enrollment_save(tx, en, e) < 0) {
		en->num = was;
		return -1;
	}
	return 0;
}

/* ---- lists ---- */

int lmdb_enrollment_children(struct store_tx *base, uint64_t device,
	uint64_t after, size_t limit, struct arena *a, uint64_t **nums, size_t *n,
	struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct lmdb_iter it;
	struct lmdb_key k;
	struct buf found;
	struct bytes v;
	int rc;

	*nums = NULL;
	*n = 0;
	if (after == UINT64_MAX)
		return 0;
	if (lmdb_iter_open(tx, LMDB_ENROLL_CHILDREN, lmdb_key_num2(device,
	    after + 1), LMDB_KEY_NUM, &it, e) < 0)
		return -1;
	buf_init(&found, SIZE_MAX);
	while ((rc = *n < limit ? lmdb_iter_next(&it, &k, &v, e) : 1) == 0 &&
	    k.n != 0) {
		uint64_t num = lmdb_key_num_at(&k, LMDB_KEY_NUM);

		buf_add(&found, &num, sizeof(num));
		++*n;
	}
	lmdb_iter_close(&it);
	*nums = arena_memdup(a, found.p, found.n);
	buf_fini(&found);
	return rc < 0 ? -1 : 0;
}

int lmdb_enrollment_list(struct store_tx *base, uint64_t after, size_t limit,
	struct arena *a, struct enrollment ***out, size_t *n, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	struct lmdb_iter it;
	struct lmdb_key k;
	struct buf found;
	struct bytes v;
	int rc;

	*out = NULL;
	*n = 0;
	if (after == UINT64_MAX)
		return 0;
	if (lmdb_iter_open(tx, LMDB_ENROLLMENTS, lmdb_key_num(after + 1), 0,
	    &it, e) < 0)
		return -1;
	buf_init(&found, SIZE_MAX);
	while ((rc = *n < limit ? lmdb_iter_next(&it, &k, &v, e) : 1) == 0 &&
	    k.n != 0) {
		struct enrollment *en;

		rc = load_seen(tx, lmdb_key_num_at(&k, 0), a, &en, e);
		if (rc < 0)
			break;
		buf_add(&found, &en, sizeof(en));
		++*n;
	}
	lmdb_iter_close(&it);
	*out = arena_memdup(a, found.p, found.n);
	buf_fini(&found);
	return rc < 0 ? -1 : 0;
}

int lmdb_enrollment_skip(struct store_tx *tx, uint64_t after, uint64_t n,
	uint64_t *num, struct err *e)
{
	struct lmdb_iter it;
	struct lmdb_key k;
	struct bytes v;
	int rc = 0;

	*num = n == 0 ? after : 0;
	if (n == 0 || after == UINT64_MAX)
		return 0;
	if (lmdb_iter_open(lmdb_tx_verb(tx), LMDB_ENROLLMENTS,
	    lmdb_key_num(after + 1), 0, &it, e) < 0)
		return -1;
	do {
		rc = lmdb_iter_next(&it, &k, &v, e);
	} while (rc == 0 && k.n != 0 && --n > 0);
	if (rc == 0 && k.n != 0)
		*num = lmdb_key_num_at(&k, 0);
	lmdb_iter_close(&it);
	return rc < 0 ? -1 : 0;
}

int lmdb_enrollment_count(struct store_tx *tx, uint64_t *out, struct err *e)
{
	return lmdb_count(lmdb_tx_verb(tx), LMDB_ENROLLMENTS, out, e);
}

int lmdb_enrollment_awaiting(struct store_tx *base, int64_t now, size_t limit,
	struct arena *a, uint64_t **nums, size_t *n, struct err *e)
{
	struct lmdb_iter it;
	struct lmdb_key k;
	struct buf found;
	struct bytes v;
	uint64_t num;
	int rc;

	*nums = NULL;
	if (lmdb_iter_open(lmdb_tx_verb(base), LMDB_ENROLL_AWAITING,
	    lmdb_key_none(), 0, &it, e) < 0)
		return -1;
	buf_init(&found, SIZE_MAX);
	for (*n = 0, rc = 0; *n < limit; ++*n) {
		rc = lmdb_iter_next(&it, &k, &v, e);
		if (rc < 0 || k.n == 0 || (int64_t)lmdb_key_num_at(&k, 0) > now)
			break;
		num = lmdb_key_num_at(&k, 8);
		buf_add(&found, &num, sizeof(num));
	}
	lmdb_iter_close(&it);
	*nums = arena_memdup(a, found.p, found.n);
	buf_fini(&found);
	return rc;
}
