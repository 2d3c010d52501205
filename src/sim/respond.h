#ifndef MOORING_SIM_RESPOND_H
#define MOORING_SIM_RESPOND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "codec/pl.h"
#include "sim/device.h"
#include "sim/profile.h"

/*
 * What a device answers to a command: values that its model would report,
 * and the change that the command makes to it.
 */
struct respond_options {
	double notnow, error;	/* how often, 0 to 1 */
	uint64_t seed;		/* same seed, device, command and count of
				 * answers: same decision */
};

enum respond_after {
	RESPOND_GO_ON,
	RESPOND_ERASED,		/* send the answer once, whatever comes back */
	RESPOND_REMOVED,	/* the enrollment profile went: no answer */
	RESPOND_RENEW,		/* first, the new enrollment profile: renew.h */
};

struct response {
	const char *command_uuid, *request_type;
	const char *status;	/* "Acknowledged", "Error", … */
	struct bytes body;
	enum respond_after after;
	const struct profile *renewal;	/* RESPOND_RENEW */
};

/* -1 ERR_BAD_INPUT: what came is no command, so there is no answer. */
int respond(struct device *d, struct device_channel *ch,
	struct bytes command, const struct respond_options *o,
	struct arena *a, struct response *out, struct err *e);

/* Makes it an Error with one link of an ErrorChain after all. */
void respond_fail(struct device *d, struct device_channel *ch,
	struct response *r, const char *domain, int64_t code,
	const char *text, struct arena *a);

/* The identifier by which the profile list shows the enrollment profile, of a
 * device that enrolled without one. */
#define RESPOND_ENROLLMENT_PROFILE "com.example.mooring.enrollment"

/* --- for the handlers, in respond_*.c --- */

struct respond {
	struct device *d;
	struct device_channel *ch;
	const struct pl *command;	/* the Command dict */
	struct pl *reply;		/* gets the answer's own keys */
	struct arena *arena;		/* of the request */
	const char *status;		/* preset: Acknowledged */
	enum respond_after after;
	const struct profile *renewal;
};
/* Makes the status Error with one link of an ErrorChain. */
void respond_error(struct respond *r, const char *domain, int64_t code,
	const char *text);
/* Whether the array under key of the command holds s; true when the command
 * has no such array or it is empty. */
bool respond_wants(const struct respond *r, const char *key, const char *s);
/* Text under key of the command, or NULL. */
const char *respond_text(const struct respond *r, const char *key);

void respond_device_information(struct respond *r);
void respond_security_info(struct respond *r);
void respond_restrictions(struct respond *r);
void respond_user_list(struct respond *r);
void respond_settings(struct respond *r);
void respond_installed_apps(struct respond *r);
void respond_managed_apps(struct respond *r);
void respond_install_app(struct respond *r);
void respond_remove_app(struct respond *r);
void respond_profile_list(struct respond *r);
void respond_install_profile(struct respond *r);
void respond_remove_profile(struct respond *r);
void respond_certificate_list(struct respond *r);
void respond_provisioning_list(struct respond *r);

#endif
