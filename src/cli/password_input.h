#ifndef MOORING_CLI_PASSWORD_INPUT_H
#define MOORING_CLI_PASSWORD_INPUT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* A password from standard input: on a terminal it is asked for, twice and
 * without showing it; else it is the first line. ERR_BAD_INPUT: there is
 * none, it is too long, or the two differ. */
int password_input(const char *prompt, struct arena *a, struct bytes *out,
	struct err *e);

#endif
