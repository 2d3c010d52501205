#ifndef MOORING_AUTH_ADMINAUTH_H
#define MOORING_AUTH_ADMINAUTH_H

#include "http/request.h"
#include "model/token.h"
#include "store/store_admin.h"

/*
 * Who calls the admin API: HTTP Basic (RFC 7617; any user name, the password
 * is the token) or Bearer (RFC 6750). The token is looked up by its SHA-256.
 *
 * Failures are counted per address in this process: after 10 within a minute
 * an address is refused (ERR_BUSY) for a while, doubled at each further one
 * up to a minute; a valid token is not slowed by others behind the same
 * address more than that. At most 4,096 addresses are remembered; one from
 * the web server's own machine (loopback, Unix socket) counts too.
 */
struct adminauth;
struct adminauth *adminauth_new(void);
void adminauth_free(struct adminauth *aa);	/* NULL is fine */

/* ERR_UNAUTH "Unauthorized" (none, unknown, revoked, expired: all the same to
 * the caller; *why, may be NULL, is for the log), ERR_FORBIDDEN "token ci has
 * scope read; this needs command", ERR_BUSY. Notes the use to the minute. */
int adminauth_identify(struct adminauth *aa, struct store *st,
	const struct request *rq, enum token_scope needed,
	struct token **out, const char **why, struct err *e);

/* A new token's text: "mooring_" and 43 characters of base64url, from 32
 * random bytes. */
const char *adminauth_new_text(struct arena *a);
void adminauth_hash(const char *text, unsigned char out[DIGEST_LEN]);

#endif
