#ifndef MOORING_MODEL_PROFILE_FACTS_H
#define MOORING_MODEL_PROFILE_FACTS_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/*
 * What an enrollment profile said that its replacement must say again
 *: stored for each enrollment, so that a renewal
 * years later fits, whatever the settings are by then. NULL: the key was
 * absent, or (enrollments taken over from elsewhere) is not known.
 */
#define PROFILE_CAPABILITIES_MAX 16
#define ACCESS_RIGHTS_ALL 8191

struct profile_facts {
	const char *identifier;		/* PayloadIdentifier of the profile */
	const char *topic;
	const char *server_url, *checkin_url;
	int64_t access_rights;		/* 0: absent (BYOD) */
	const char *capabilities[PROFILE_CAPABILITIES_MAX];
	uint32_t n_capabilities;
	const char *enrollment_mode;	/* "BYOD", "ADDE", NULL */
	const char *account;		/* AssignedManagedAppleID */
	int64_t required_app;		/* RequiredAppIDForMDM; 0: absent */
};
/* As codec/rec. */
struct bytes profile_facts_encode(const struct profile_facts *f,
	struct arena *a);
int profile_facts_parse(struct bytes in, struct arena *a,
	struct profile_facts *out, struct err *e);
/* The first one that a renewal cannot do without and that is not known:
 * "identifier", "topic", "server_url", "access_rights" (unless BYOD), …;
 * NULL: all are there. */
const char *profile_facts_missing(const struct profile_facts *f);

#endif
