/* The contract suite, once for each engine and way to run it. */
#include "contract.h"

#include <stdlib.h>

static const struct variant variants[] = {
	{ "lmdb", 0, false },
	{ "lmdb, touches wait", 3600, false },
	{ "lmdb, forwarded", 0, true },
};
#define VARIANTS (sizeof(variants) / sizeof(variants[0]))

static const struct contract_test *const parts[] = {
	contract_enrollment, contract_guard, contract_queue, contract_answer,
	contract_care, contract_admin, contract_copy, contract_webhook,
	contract_event, contract_delivery,
	contract_push,
	contract_note, contract_enroll, contract_issue,
};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

static char names[512][128];
static struct CMUnitTest tests[512];

int main(void)
{
	union {
		const struct variant *in;
		void *out;
	} v;
	size_t n = 0;

	for (size_t i = 0; i < VARIANTS; i++)
		for (size_t p = 0; p < PARTS; p++)
			for (const struct contract_test *t = parts[p];
			    t->name != NULL; t++, n++) {
				snprintf(names[n], sizeof(names[n]), "%s: %s",
				    variants[i].name, t->name);
				v.in = &variants[i];
				tests[n] = (struct CMUnitTest){ names[n],
					t->fn, world_setup, world_teardown,
					v.out };
			}
	return _cmocka_run_group_tests("contract", tests, n, NULL, NULL);
}
