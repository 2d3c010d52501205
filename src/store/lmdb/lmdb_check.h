#ifndef MOORING_STORE_LMDB_LMDB_CHECK_H
#define MOORING_STORE_LMDB_LMDB_CHECK_H

#include "base/enc.h"
#include "store/lmdb/lmdb_tx.h"

/* One walk over all tables: lmdb_check.c drives it, the functions of each
 * table are in lmdb_check_tables.c. */
struct lmdb_check {
	struct lmdb_tx *tx;
	void (*report)(const char *line, void *arg);
	void *arg;
	struct arena *a;	/* until the next entry */
	enum lmdb_table table;	/* where the walk is */
	struct lmdb_key key;
	uint64_t faults;
	/* Enrollments met: user channel or not, by state. */
	uint64_t met[2][ENROLLMENT_DISABLED + 1];
};

/* 0 with or without faults reported; -1 is one more fault. */
typedef int (*lmdb_check_fn)(struct lmdb_check *c, const struct lmdb_key *k,
	struct bytes v, struct err *e);
struct lmdb_check_row {
	enum lmdb_table table;
	lmdb_check_fn fn;
};
/* Each ends with a row without a function. */
extern const struct lmdb_check_row lmdb_checks_mdm[];
extern const struct lmdb_check_row lmdb_checks_admin[];
extern const struct lmdb_check_row lmdb_checks_enroll[];
extern const struct lmdb_check_row lmdb_checks_event[];
extern const struct lmdb_check_row lmdb_checks_push[];

void lmdb_check_fault(struct lmdb_check *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* A fault, and false, unless key and value have these lengths. */
bool lmdb_check_length(struct lmdb_check *c, struct bytes v, size_t key,
	size_t value);
/* A fault unless the entry is there / is there with this value. */
int lmdb_check_points(struct lmdb_check *c, enum lmdb_table t,
	struct lmdb_key k, struct err *e);
int lmdb_check_index(struct lmdb_check *c, enum lmdb_table t,
	struct lmdb_key k, struct bytes want, struct err *e);

#endif
