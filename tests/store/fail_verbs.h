#ifndef MOORING_TESTS_FAIL_VERBS_H
#define MOORING_TESTS_FAIL_VERBS_H

#include "store/store_ops.h"

/* For the files that forward verbs. True: this call is to fail, *e says so. */
bool fail_now(struct store_tx *tx, struct err *e);
/* The transaction behind. */
struct store_tx *fail_inner(struct store_tx *tx);

#define FAIL_DECLARE(name) __typeof__(store_##name) fail_##name;
STORE_VERBS_EVENT(FAIL_DECLARE)
STORE_VERBS_PUSH(FAIL_DECLARE)
STORE_VERBS_ADMIN(FAIL_DECLARE)
STORE_VERBS_NOTE(FAIL_DECLARE)
STORE_VERBS_ENROLL(FAIL_DECLARE)
#undef FAIL_DECLARE

#endif
