#ifndef MOORING_TESTS_FAIL_ENGINE_H
#define MOORING_TESTS_FAIL_ENGINE_H

#include "store/store.h"

/*
 * An engine that forwards to another and fails one call of a verb, so that
 * every way out of a rule is gone. Calls are counted from 1 over all
 * transactions since fail_engine_arm.
 */
struct fail_engine;

/* Takes inner over: closing the store closes it. */
struct store *fail_engine_new(struct store *inner);
/* The nth call from now on fails with ERR_BUSY; 0: none. */
void fail_engine_arm(struct store *st, unsigned nth);
/* Whether the call that was armed has come. */
bool fail_engine_hit(const struct store *st);

#endif
