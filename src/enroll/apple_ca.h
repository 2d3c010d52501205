#ifndef MOORING_ENROLL_APPLE_CA_H
#define MOORING_ENROLL_APPLE_CA_H

#include "base/arena.h"
#include "base/err.h"
#include "conf/conf.h"
#include "crypto/cert.h"

/*
 * Apple's device CAs, by the setting ade_ca_file: read once, and again when
 * the file changes (looked at once a second at most). A new one that is
 * damaged leaves the old one in force and raises one alert. Safe from any
 * thread.
 */
struct apple_ca;
struct apple_ca *apple_ca_new(void);
/* Nobody holds anything of it any more. NULL is fine. */
void apple_ca_free(struct apple_ca *c);

/* *out NULL: MachineInfo is not to be verified (ade_verify = no); else it lives
 * as long as what is in the arena. ERR_BUSY, with what to do about it: the
 * setting is empty, or its file was never good. */
int apple_ca_get(struct apple_ca *c, const struct conf *conf, int64_t now,
	struct arena *a, const struct trust **out, struct err *e);

#endif
