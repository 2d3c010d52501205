#ifndef MOORING_SIM_MESSAGE_H
#define MOORING_SIM_MESSAGE_H

#include "base/arena.h"
#include "base/str.h"
#include "codec/pl.h"
#include "sim/device.h"

/* The bodies that a device sends, XML as devices write them. */
#define MESSAGE_TYPE_CHECKIN "application/x-apple-aspen-mdm-checkin"
#define MESSAGE_TYPE_COMMAND "application/x-apple-aspen-mdm; charset=UTF-8"

struct bytes message_authenticate(const struct device *d, struct arena *a);
struct bytes message_token_update(const struct device *d,
	const struct device_channel *ch, struct arena *a);
struct bytes message_check_out(const struct device *d, struct arena *a);
struct bytes message_idle(const struct device *d,
	const struct device_channel *ch, struct arena *a);

/* MachineInfo: what a device in Setup Assistant says of itself. */
struct bytes message_machine_info(const struct device *d, bool can_update,
	struct arena *a);

/* The identifiers of the channel, as its kind sends them. */
void message_ids(struct pl *dict, const struct device *d,
	const struct device_channel *ch);

#endif
