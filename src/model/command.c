/* Commands and targets: names of states and which RequestTypes are sent
 * once. No rules of the queue: those are in mdm/ and store/. */
#include "model/command.h"

#include <stddef.h>

static const char *const state_names[] = {
	[TARGET_READY] = "ready",
	[TARGET_PARKED] = "parked",
	[TARGET_WAITING] = "waiting",
	[TARGET_SENT] = "sent",
	[TARGET_ACKNOWLEDGED] = "acknowledged",
	[TARGET_ERROR] = "error",
	[TARGET_FORMAT_ERROR] = "format_error",
	[TARGET_CANCELLED] = "cancelled",
	[TARGET_EXPIRED] = "expired",
	[TARGET_STUCK] = "stuck",
};

const char *target_state_name(enum target_state s)
{
	size_t i = (size_t)s;

	if (i >= sizeof(state_names) / sizeof(state_names[0]) ||
	    state_names[i] == NULL)
		return "unknown";
	return state_names[i];
}

bool target_state_is_queued(enum target_state s)
{
	return s >= TARGET_READY && s <= TARGET_WAITING;
}

bool target_state_is_answered(enum target_state s)
{
	return s >= TARGET_ACKNOWLEDGED && s <= TARGET_FORMAT_ERROR;
}

bool command_type_is_once(const char *request_type)
{
	return str_eq(request_type, "EraseDevice") ||
	    str_eq(request_type, "RestartDevice") ||
	    str_eq(request_type, "ShutDownDevice");
}
