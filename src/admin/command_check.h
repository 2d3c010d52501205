#ifndef MOORING_ADMIN_COMMAND_CHECK_H
#define MOORING_ADMIN_COMMAND_CHECK_H

#include "codec/pl.h"

/*
 * A command's keys (the dict with RequestType) against Apple's schema.
 *
 * Refused is what no device takes: a required key that is missing, a value of
 * a wrong type. ERR_BAD_INPUT names the path: "Settings[2].Item: missing",
 * "PIN: expected string, got integer".
 *
 * What a newer release of Apple's may have passes with one line in *warning
 * (else NULL): an unknown RequestType or key, a value that is none of those
 * the schema knows, a number where it has a boolean.
 */
int command_check(const struct pl *command, struct arena *a,
	const char **warning, struct err *e);

#endif
