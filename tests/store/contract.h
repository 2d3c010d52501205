#ifndef MOORING_TESTS_CONTRACT_H
#define MOORING_TESTS_CONTRACT_H

#include "store_world.h"

/* The headers of src/store line by line; each test runs on every engine. */
struct contract_test {
	const char *name;
	CMUnitTestFunction fn;
};
#define CONTRACT(fn) { #fn, fn }

/* Each ends with a row of NULLs. */
extern const struct contract_test contract_enrollment[];
extern const struct contract_test contract_guard[];
extern const struct contract_test contract_queue[];
extern const struct contract_test contract_answer[];
extern const struct contract_test contract_care[];
extern const struct contract_test contract_admin[];
extern const struct contract_test contract_copy[];
extern const struct contract_test contract_delivery[];
extern const struct contract_test contract_enroll[];
extern const struct contract_test contract_event[];
extern const struct contract_test contract_issue[];
extern const struct contract_test contract_push[];
extern const struct contract_test contract_note[];
extern const struct contract_test contract_webhook[];

#endif
