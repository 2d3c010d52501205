#ifndef MOORING_CODEC_PL_H
#define MOORING_CODEC_PL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Property lists, XML and binary: the only door to libplist. Bytes are
 * scanned before libplist sees them (pl_scan.h: nesting, object count, cycles,
 * keys that are there twice, an estimate of the tree's size over the whole
 * process, trailing data, `&#0;`, NUL, DOCTYPE internal subsets), since
 * libplist recurses without a limit and takes what Apple's own reader does
 * not.
 */
#define PL_MAX_DEPTH 512
#define PL_MAX_OBJECTS 200000
#define PL_MAX_TREE_BYTES (64u << 20)	/* all trees of the process */

struct pl;	/* a node; owned by the arena it was parsed or built in */

enum pl_type { PL_DICT, PL_ARRAY, PL_STRING, PL_DATA, PL_INTEGER, PL_REAL,
	PL_BOOL, PL_DATE, PL_OTHER };

/* Parses one property list, nothing before and nothing after it (white
 * space, comments and a byte order mark apart). ERR_BAD_INPUT with one plain
 * line ("XML property list: key UDID is there twice (line 7)"), ERR_TOO_LARGE
 * from 2 GiB on, or ERR_BUSY when the process holds too many trees at this
 * moment. */
int pl_parse(struct bytes in, struct arena *a, struct pl **out,
	struct err *e);

enum pl_type pl_type(const struct pl *p);
const char *pl_type_name(enum pl_type t);	/* "dict", "string", … */

/*
 * The sticky reader: the first fault wins and names the key's path
 * ("TokenUpdate: Token: expected data, got string"); later calls do nothing.
 * `what` stands before the path. Out-parameters are left alone (so preset
 * them) when an optional key is absent. Text and data live in the arena.
 */
struct pl_reader {
	const struct pl *dict;
	const char *what;
	struct arena *arena;
	struct err fault;
};
/* "TokenUpdate: Token: missing", "…: empty", "…: integer out of range". */
void pl_read(struct pl_reader *r, const char *what, const struct pl *dict,
	struct arena *a);	/* a root that is not a dict is a fault */
/* Required, non-empty. A string that holds NUL or is not UTF-8 is a fault. */
void pl_str(struct pl_reader *r, const char *key, const char **out);
void pl_str_opt(struct pl_reader *r, const char *key, const char **out);
void pl_data(struct pl_reader *r, const char *key, struct bytes *out);
void pl_data_opt(struct pl_reader *r, const char *key, struct bytes *out);
void pl_bool_opt(struct pl_reader *r, const char *key, bool *out);
void pl_int_opt(struct pl_reader *r, const char *key, int64_t *out);
void pl_dict_opt(struct pl_reader *r, const char *key, const struct pl **out);
void pl_dict(struct pl_reader *r, const char *key, const struct pl **out);
void pl_array_opt(struct pl_reader *r, const char *key,
	const struct pl **out);
bool pl_has(const struct pl_reader *r, const char *key);
/* 0, or -1 with the first fault. */
int pl_done(struct pl_reader *r, struct err *e);

/* Walking and building. Children belong to their parent. */
uint32_t pl_array_len(const struct pl *array);
const struct pl *pl_array_at(const struct pl *array, uint32_t i);
const struct pl *pl_dict_get(const struct pl *dict, const char *key);
/* Calls fn for each key in the order of the document until it returns
 * false. */
void pl_dict_each(const struct pl *dict, bool (*fn)(const char *key,
	const struct pl *value, void *arg), void *arg);
/* NULL unless it is of that type. */
const char *pl_as_str(const struct pl *p);
bool pl_as_int(const struct pl *p, int64_t *out);
/* Any integer that is not negative. */
bool pl_as_uint(const struct pl *p, uint64_t *out);
bool pl_as_real(const struct pl *p, double *out);
bool pl_as_bool(const struct pl *p, bool *out);
/* "2026-11-22T13:52:00Z", in the arena, as pl_xml writes it: fractions are
 * dropped, what is before the year 1 or after 9999 becomes the first or last
 * moment of those. */
const char *pl_as_date(const struct pl *p, struct arena *a);
bool pl_as_data(const struct pl *p, struct arena *a, struct bytes *out);

struct pl *pl_new_dict(struct arena *a);	/* a root of its own */
struct pl *pl_new_array(struct arena *a);
void pl_set_str(struct pl *dict, const char *key, const char *value);
void pl_set_data(struct pl *dict, const char *key, struct bytes value);
void pl_set_bool(struct pl *dict, const char *key, bool value);
void pl_set_int(struct pl *dict, const char *key, int64_t value);
void pl_set_real(struct pl *dict, const char *key, double value);
struct pl *pl_set_dict(struct pl *dict, const char *key);	/* empty, added */
struct pl *pl_set_array(struct pl *dict, const char *key);
/* "2026-11-22T13:52:00Z"; false when it is of another form. */
bool pl_set_date(struct pl *dict, const char *key, const char *value);
/* A deep copy of value under key. */
void pl_set_copy(struct pl *dict, const char *key, const struct pl *value);
/* Nothing when there is none. */
void pl_del(struct pl *dict, const char *key);
void pl_add_str(struct pl *array, const char *value);
void pl_add_data(struct pl *array, struct bytes value);
void pl_add_bool(struct pl *array, bool value);
void pl_add_int(struct pl *array, int64_t value);
void pl_add_real(struct pl *array, double value);
bool pl_add_date(struct pl *array, const char *value);
struct pl *pl_add_dict(struct pl *array);
struct pl *pl_add_array(struct pl *array);
/* XML property list, as Apple writes it, in the arena. */
struct bytes pl_xml(const struct pl *root, struct arena *a);
struct bytes pl_binary(const struct pl *root, struct arena *a);

/* Bytes of parsed trees alive in the process now (the estimate). */
size_t pl_tree_bytes(void);

#endif
