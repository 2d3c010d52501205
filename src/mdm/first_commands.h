#ifndef MOORING_MDM_FIRST_COMMANDS_H
#define MOORING_MDM_FIRST_COMMANDS_H

#include "base/arena.h"
#include "base/err.h"
#include "model/command.h"
#include "store/store.h"

/*
 * The commands that each device gets when it enrolls: *.plist of a folder, in
 * the order of their names. Each is a command (a dict with Command) or what
 * stands in one (a dict with RequestType); a CommandUUID in it is not kept,
 * so that one that is changed is another command.
 */
#define FIRST_COMMANDS_MAX 64
#define FIRST_COMMANDS_BYTES ((size_t)1 << 20)	/* of one file */

struct first_commands {
	const struct command *list;
	size_t n;
};
/* Whether the setting names a folder. */
bool first_commands_are(const char *dir);
/* Outside of transactions. Never fails, since a device that
 * enrolls must not suffer: what cannot be read is left out, with a warning in
 * the log. */
void first_commands_load(const char *dir, int64_t now, struct arena *a,
	struct first_commands *out);
/* In their order, for a device that is stored. */
int first_commands_queue(struct store_tx *tx, const struct first_commands *f,
	const struct enrollment *device, int64_t now, struct err *e);

#endif
