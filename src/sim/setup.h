#ifndef MOORING_SIM_SETUP_H
#define MOORING_SIM_SETUP_H

#include "base/err.h"
#include "sim/devfile.h"
#include "sim/options.h"

/* The devices that the command line speaks of. The list is the caller's to
 * free, after a failure as well. */

/* For enroll: devices are made, those known by their id go on with their
 * identity. */
int setup_make(const struct devfile_dir *dir, const struct options *o,
	struct devfile_list *out, struct err *e);
/* For all else: those in the folder. None is ERR_NOT_FOUND, except to
 * list. */
int setup_choose(const struct devfile_dir *dir, const struct options *o,
	struct devfile_list *out, struct err *e);
/* Puts what the command line says about the server into the device. */
int setup_point_at(const struct options *o, struct device *d,
	struct err *e);

/* The name of a kind on the command line. */
const char *setup_kind_name(enum enrollment_kind k);

#endif
