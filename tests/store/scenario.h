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

/* scenario_admin.c; a and b: numbers of enrollments */
int scenario_prepare_admin(struct store_tx *tx, struct world *w, uint64_t a,
	uint64_t b, struct err *e);
int scenario_administer(struct store_tx *tx, void *arg, struct err *e);
int scenario_look_after(struct store_tx *tx, void *arg, struct err *e);

/* scenario_event.c */
int scenario_prepare_event(struct store_tx *tx, struct world *w,
	struct err *e);
int scenario_deliver(struct store_tx *tx, void *arg, struct err *e);
int scenario_look_out(struct store_tx *tx, void *arg, struct err *e);

/* scenario_enroll.c */
int scenario_prepare_enroll(struct store_tx *tx, struct world *w, uint64_t a,
	struct err *e);
int scenario_issue(struct store_tx *tx, void *arg, struct err *e);
int scenario_look_in(struct store_tx *tx, void *arg, struct err *e);

void scenario_prepare(struct world *w);
/* world_setup for this variant, and scenario_prepare. */
int scenario_setup(void **state, const struct variant *variant);
/* SHA-256 of all that is stored: the same if and only if nothing changed. */
void scenario_digest(struct world *w, unsigned char out[DIGEST_LEN]);

#endif
