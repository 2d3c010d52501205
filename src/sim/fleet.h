#ifndef MOORING_SIM_FLEET_H
#define MOORING_SIM_FLEET_H

#include <stdint.h>

#include "base/err.h"
#include "sim/devfile.h"
#include "sim/options.h"
#include "sim/session.h"

/* Many devices at once: threads, each with its own part of the devices, its
 * own connections and one exchange at a time. */
struct fleet_report {
	struct stats stats;
	uint64_t outcome[OUTCOME_UNENROLLED + 1];	/* devices, by their worst */
	uint64_t elapsed_us;
};

/* Does what o->command says with every device of the list, each saved after.
 * -1 for the first trouble of our own; what was done till then stands in
 * the report. */
int fleet_run(const struct options *o, struct devfile_list *devices,
	struct fleet_report *out, struct err *e);

/* Ends fleet_run after the exchanges that are under way. Callable from a
 * signal handler. */
void fleet_stop(void);

#endif
