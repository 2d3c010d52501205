/* The layout of keys, all of it. What stands behind a key is the business of
 * the table's own file. */
#include "store/lmdb/lmdb_key.h"

#include <string.h>

#include "base/enc.h"

static void add(struct lmdb_key *k, const void *p, size_t n)
{
	memcpy(k->p + k->n, p, n);
	k->n += n;
}

static void add_num(struct lmdb_key *k, uint64_t v)
{
	enc_be64(k->p + k->n, v);
	k->n += 8;
}

static void add_byte(struct lmdb_key *k, uint8_t v)
{
	k->p[k->n++] = v;
}

struct lmdb_key lmdb_key_none(void)
{
	return (struct lmdb_key){ .n = 0 };
}

struct lmdb_key lmdb_key_text(const char *s)
{
	struct lmdb_key k = { .n = 0 };

	add(&k, s, strnlen(s, LMDB_KEY_MAX));
	return k;
}

struct lmdb_key lmdb_key_num(uint64_t num)
{
	struct lmdb_key k = { .n = 0 };

	add_num(&k, num);
	return k;
}

struct lmdb_key lmdb_key_num2(uint64_t a, uint64_t b)
{
	struct lmdb_key k = { .n = 0 };

	add_num(&k, a);
	add_num(&k, b);
	return k;
}

struct lmdb_key lmdb_key_num3(uint64_t a, uint64_t b, uint64_t c)
{
	struct lmdb_key k = lmdb_key_num2(a, b);

	add_num(&k, c);
	return k;
}

struct lmdb_key lmdb_key_num_byte(uint64_t num, uint8_t byte)
{
	struct lmdb_key k = { .n = 0 };

	add_num(&k, num);
	add_byte(&k, byte);
	return k;
}

struct lmdb_key lmdb_key_num_hash(uint64_t num,
	const unsigned char hash[DIGEST_LEN])
{
	struct lmdb_key k = { .n = 0 };

	add_num(&k, num);
	add(&k, hash, DIGEST_LEN);
	return k;
}

struct lmdb_key lmdb_key_hash(const unsigned char hash[DIGEST_LEN])
{
	struct lmdb_key k = { .n = 0 };

	add(&k, hash, DIGEST_LEN);
	return k;
}

struct lmdb_key lmdb_key_hash_num(const unsigned char hash[DIGEST_LEN],
	uint64_t num)
{
	struct lmdb_key k = { .n = 0 };

	add(&k, hash, DIGEST_LEN);
	add_num(&k, num);
	return k;
}

struct lmdb_key lmdb_key_byte_hash(uint8_t byte,
	const unsigned char hash[DIGEST_LEN])
{
	struct lmdb_key k = { .n = 0 };

	add_byte(&k, byte);
	add(&k, hash, DIGEST_LEN);
	return k;
}

struct lmdb_key lmdb_key_queue_class(uint64_t num, enum target_state class)
{
	return lmdb_key_num_byte(num, (uint8_t)class);
}

struct lmdb_key lmdb_key_queue(const struct target *t)
{
	struct lmdb_key k = lmdb_key_queue_class(t->enrollment, t->state);

	if (t->state == TARGET_WAITING)
		add_num(&k, (uint64_t)t->not_before);
	else
		add_byte(&k, (uint8_t)(255 - t->priority));
	add_num(&k, t->seq);
	return k;
}

struct lmdb_key lmdb_key_queue_after(uint64_t num, int64_t after)
{
	struct lmdb_key k = lmdb_key_queue_class(num, TARGET_WAITING);

	add_num(&k, (uint64_t)after + 1);
	return k;
}

int64_t lmdb_key_queue_due(const struct lmdb_key *k)
{
	return (int64_t)lmdb_key_num_at(k, LMDB_KEY_NUM + 1);
}

struct lmdb_key lmdb_key_history(const struct target *t)
{
	struct lmdb_key k = lmdb_key_num2(t->enrollment,
	    ~(uint64_t)t->finished);

	add_num(&k, ~t->seq);
	return k;
}

struct lmdb_key lmdb_key_finished(const struct target *t)
{
	struct lmdb_key k = lmdb_key_num2((uint64_t)t->finished,
	    t->enrollment);

	add_num(&k, t->seq);
	return k;
}

struct lmdb_key lmdb_key_due_from(int first, int64_t time)
{
	struct lmdb_key k = { .n = 0 };

	if (first >= 0)
		add_byte(&k, (uint8_t)first);
	add_num(&k, time > 0 ? (uint64_t)time : 0);
	return k;
}

struct lmdb_key lmdb_key_due(int first, int64_t time,
	const unsigned char hash[DIGEST_LEN])
{
	struct lmdb_key k = lmdb_key_due_from(first, time);

	add(&k, hash, DIGEST_LEN);
	return k;
}

struct lmdb_key lmdb_key_due_num(int64_t time, uint64_t num)
{
	struct lmdb_key k = lmdb_key_due_from(-1, time);

	add_num(&k, num);
	return k;
}

struct lmdb_key lmdb_key_account_name(const char *folded)
{
	struct lmdb_key k = { .n = LMDB_KEY_NAME };

	memcpy(k.p, folded, strnlen(folded, LMDB_KEY_NAME));
	return k;
}

struct lmdb_key lmdb_key_account(const char *folded)
{
	struct lmdb_key k = lmdb_key_account_name(folded);
	unsigned char hash[DIGEST_LEN];

	digest_sha256(bytes_str(folded), hash);
	add(&k, hash, DIGEST_LEN);
	return k;
}

struct lmdb_key lmdb_key_after_prefix(struct lmdb_key k, size_t n)
{
	while (n > 0 && k.p[n - 1] == 0xff)
		n--;
	if (n > 0)
		k.p[n - 1]++;
	k.n = n;
	return k;
}

struct bytes lmdb_key_bytes(const struct lmdb_key *k)
{
	return bytes_of(k->p, k->n);
}

bool lmdb_key_from(struct bytes b, struct lmdb_key *out)
{
	out->n = 0;
	if (b.n > LMDB_KEY_MAX)
		return false;
	add(out, b.p, b.n);
	return true;
}

bool lmdb_key_eq(const struct lmdb_key *a, const struct lmdb_key *b)
{
	return a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
}

uint64_t lmdb_key_num_at(const struct lmdb_key *k, size_t at)
{
	return at + 8 <= k->n ? enc_unbe64(k->p + at) : 0;
}
