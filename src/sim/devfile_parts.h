#ifndef MOORING_SIM_DEVFILE_PARTS_H
#define MOORING_SIM_DEVFILE_PARTS_H

#include "codec/pl.h"
#include "sim/devfile.h"

/* What the devfile files share; nobody else includes it. */

/* Absent and empty text, absent data: no key. */
void devfile_set_str(struct pl *d, const char *key, const char *s);
int64_t devfile_get_int(struct pl_reader *r, const char *key);

void devfile_put_profile(struct pl *d, const struct device_profile *p);
int devfile_get_profile(const struct pl *d, struct arena *a,
	struct device_profile **out, struct err *e);
void devfile_put_enrollment(struct pl *d, const struct device_enrollment *m);
int devfile_get_enrollment(const struct pl *d, struct arena *a,
	const struct device_enrollment **out, struct err *e);

#endif
