#ifndef MOORING_STORE_LMDB_LMDB_KEY_H
#define MOORING_STORE_LMDB_LMDB_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "crypto/digest.h"
#include "model/command.h"

/*
 * Keys, far below LMDB's limit of 511 bytes: numbers big-endian, so that
 * memcmp is their order; texts from outside only as SHA-256.
 */
#define LMDB_KEY_MAX 48
#define LMDB_KEY_NUM 8		/* bytes of a number at the start of a key */

struct lmdb_key {
	unsigned char p[LMDB_KEY_MAX];
	size_t n;		/* 0: no key */
};

struct lmdb_key lmdb_key_none(void);
struct lmdb_key lmdb_key_text(const char *s);
struct lmdb_key lmdb_key_num(uint64_t num);
struct lmdb_key lmdb_key_num2(uint64_t a, uint64_t b);
struct lmdb_key lmdb_key_num3(uint64_t a, uint64_t b, uint64_t c);
struct lmdb_key lmdb_key_num_byte(uint64_t num, uint8_t byte);
struct lmdb_key lmdb_key_num_hash(uint64_t num,
	const unsigned char hash[DIGEST_LEN]);
struct lmdb_key lmdb_key_hash(const unsigned char hash[DIGEST_LEN]);
struct lmdb_key lmdb_key_hash_num(const unsigned char hash[DIGEST_LEN],
	uint64_t num);
struct lmdb_key lmdb_key_byte_hash(uint8_t byte,
	const unsigned char hash[DIGEST_LEN]);

/* Where a target stands in the queue: (enrollment, class, 255 - priority,
 * seq), class = its state; waiting: (enrollment, class, not-before, seq). */
struct lmdb_key lmdb_key_queue(const struct target *t);
struct lmdb_key lmdb_key_queue_class(uint64_t num, enum target_state class);
/* Where those begin that wait longer than `after` / until when one waits. */
struct lmdb_key lmdb_key_queue_after(uint64_t num, int64_t after);
int64_t lmdb_key_queue_due(const struct lmdb_key *k);
/* A finished target: (enrollment, ~finished, ~seq), so that the latest comes
 * first, and (finished, enrollment, seq). */
struct lmdb_key lmdb_key_history(const struct target *t);
struct lmdb_key lmdb_key_finished(const struct target *t);

/* (byte 0 to 255, or none when negative; time; hash): what is due first comes
 * first. A time before 1970 counts as 0. */
struct lmdb_key lmdb_key_due(int first, int64_t time,
	const unsigned char hash[DIGEST_LEN]);
/* The beginning of those that are not due before this time. */
struct lmdb_key lmdb_key_due_from(int first, int64_t time);
/* (time, num) */
struct lmdb_key lmdb_key_due_num(int64_t time, uint64_t num);
/* An account by its name without case: (its first LMDB_KEY_NAME bytes, padded
 * with zeros; hash), so that the order is that of the names as far as those
 * reach. */
#define LMDB_KEY_NAME 16
struct lmdb_key lmdb_key_account(const char *folded);
struct lmdb_key lmdb_key_account_name(const char *folded);

/* The first key after k that does not begin with its first n bytes. */
struct lmdb_key lmdb_key_after_prefix(struct lmdb_key k, size_t n);
struct bytes lmdb_key_bytes(const struct lmdb_key *k);
/* From bytes out of a database or a cursor; false when too long. */
bool lmdb_key_from(struct bytes b, struct lmdb_key *out);
bool lmdb_key_eq(const struct lmdb_key *a, const struct lmdb_key *b);
uint64_t lmdb_key_num_at(const struct lmdb_key *k, size_t at);

#endif
