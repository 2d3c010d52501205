#ifndef MOORING_TESTS_UNIT_ARENA_FIXTURE_H
#define MOORING_TESTS_UNIT_ARENA_FIXTURE_H

/*
 * The fixture of most tests: an arena of each test's own. Where a test needs
 * more, its setup and teardown call these. Included last, since others name
 * their parameters `a` too.
 */

#include "base/arena.h"

static struct arena *a;

static inline int arena_setup(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static inline int arena_teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

#endif
