#ifndef MOORING_WEB_GUARD_H
#define MOORING_WEB_GUARD_H

#include "web/backend.h"
#include "web/serve.h"

/* Lets a call through to its handler with what the guard found (store, who),
 * or answers it and returns false. */
bool guard_pass(enum web_guard guard, struct backend *b, struct web_call *call,
	struct reply *rp);

#endif
