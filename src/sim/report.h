#ifndef MOORING_SIM_REPORT_H
#define MOORING_SIM_REPORT_H

#include "sim/devfile.h"
#include "sim/fleet.h"
#include "sim/options.h"

/* Output on stdout: for people, or with --json one object a line. No token,
 * no key. */
void report_list(const struct options *o, const struct devfile_list *l);
void report_fleet(const struct options *o, const struct devfile_list *l,
	const struct fleet_report *r);

#endif
