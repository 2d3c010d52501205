#ifndef MOORING_MDM_OWN_COMMAND_H
#define MOORING_MDM_OWN_COMMAND_H

#include "codec/pl.h"
#include "model/command.h"
#include "store/store.h"

/* A command that Mooring queues by itself: one body for all devices. Its
 * CommandUUID comes from its content (RFC 9562, version 8), so that the same
 * command is the same body whenever and wherever it is made. */

/* inner: the dict with RequestType. ERR_BAD_INPUT when that is missing or
 * longer than COMMAND_TYPE_MAX. */
int own_command(const struct pl *inner, int64_t now, struct arena *a,
	struct command *out, struct err *e);
/* One that is its RequestType and nothing more. */
void own_command_plain(const char *request_type, int64_t now, struct arena *a,
	struct command *out);
/* Into the queue of an enrollment that is stored. Where somebody queued
 * another body by this CommandUUID it is left alone, with a warning, as if
 * the enrollment had it: a device's message must not fail for it. */
int own_command_queue(struct store_tx *tx, const struct enrollment *en,
	const struct command *c, uint8_t priority, int64_t now,
	enum store_queued *out, struct err *e);

#endif
