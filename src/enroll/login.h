#ifndef MOORING_ENROLL_LOGIN_H
#define MOORING_ENROLL_LOGIN_H

#include "enroll/enroll_profile.h"

/*
 * Signing in, for account-driven enrollment (Apple: Implementing the simple
 * authentication user-enrollment flow): a password buys a bearer token, the
 * token an enrollment profile. Only a good password writes anything.
 */

/* *token: a secret, good for login_minutes. ERR_FORBIDDEN, the same for an
 * unknown name, a disabled account and a wrong password, and as slow; ERR_BUSY
 * when too many passwords are being checked in this process. */
int login_password(const struct enroll_context *cx, const char *name,
	struct bytes password, const char **token, struct err *e);

/* What Authorization says; the account must still be enabled. The token stays
 * good, for a device that did not get its profile, LOGIN_FETCHES times.
 * ERR_UNAUTH, worded for the log: "bearer token has expired". */
#define LOGIN_FETCHES 5
int login_redeem(const struct enroll_context *cx, const char *authorization,
	struct grant *out, struct err *e);

/* WWW-Authenticate of the 401 that sends a device to the login page. */
const char *login_challenge(const struct conf *conf, struct arena *a);
/* The path of the login page on this server. */
#define LOGIN_PATH "/mdm/enroll/login"

#endif
