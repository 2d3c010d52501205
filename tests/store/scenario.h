#ifndef MOORING_TESTS_SCENARIO_H
#define MOORING_TESTS_SCENARIO_H

#include "store_world.h"

/* Closures that together call every verb, on a store that scenario_prepare
 * filled. Each is what a rule does in one transaction. */
struct scenario {
	const char *name;
	store_fn fn;
	bool reads;
};
extern const struct scenario scenarios[];
extern const size_t scenarios_n;

void scenario_prepare(struct world *w);
/* world_setup for this variant, and scenario_prepare. */
int scenario_setup(void **state, const struct variant *variant);
/* SHA-256 of all that is stored: the same if and only if nothing changed. */
void scenario_digest(struct world *w, unsigned char out[DIGEST_LEN]);

#endif
