#ifndef MOORING_SIM_CATALOG_H
#define MOORING_SIM_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

/* The hardware that can be simulated. Bits, since tables of answers say for
 * which platforms a row is. */
enum platform {
	PLATFORM_IOS = 1,	/* and iPadOS */
	PLATFORM_MACOS = 2,
	PLATFORM_TVOS = 4,
	PLATFORM_VISIONOS = 8,
	PLATFORM_ANY = 15,
};

struct catalog_model {
	const char *key;		/* for --model */
	enum platform platform;
	const char *product_name;	/* "iPhone16,1" */
	const char *model_name;		/* "iPhone" */
	const char *model;		/* model number; a Mac's identifier */
	const char *os_version, *build_version;
	const char *udid_prefix;	/* NULL: the UDID is a UUID */
	unsigned gigabytes;
	bool cellular, battery;
};

/* By key or product name; NULL when there is none. */
const struct catalog_model *catalog_find(const char *name);

struct catalog_app {
	enum platform platform;
	const char *identifier, *name, *version, *short_version;
	unsigned bundle_kb, data_kb;
};
/* What every device of a platform comes with; NULL after the last row. */
const struct catalog_app *catalog_app_at(size_t i);

#endif
