#ifndef MOORING_AUTH_ADMINAUTH_H
#define MOORING_AUTH_ADMINAUTH_H

#include "http/request.h"
#include "model/token.h"
#include "store/store_admin.h"

/*
 * Who calls the admin API: HTTP Basic (RFC 7617; any user name, the password
 * is the token) or Bearer (RFC 6750). The token is looked up by its SHA-256.
 *
 * Tokens that are not good are counted per address in this process
 * (auth/throttle): an address that showed too many has to wait, up to a
 * minute. A token that this process has let through before does not wait for
 * what others behind the same address do. A caller who is not let through
 * never causes a write. Safe from several threads.
 */
struct adminauth;
struct adminauth *adminauth_new(void);
void adminauth_free(struct adminauth *aa);	/* NULL is fine */

/* Why somebody was not let through. */
struct adminauth_refusal {
	const char *why;	/* for the log; in the request's arena */
	unsigned wait;		/* seconds: too many failures; else 0 */
};
/*
 * ERR_UNAUTH "Unauthorized" (none, unknown, revoked, expired: all the same to
 * the caller), ERR_FORBIDDEN "token ci has scope read; this needs command",
 * ERR_BUSY (the store's trouble, or too many failures: then *r has a wait).
 * *r is filled with -1. Notes the use of a good token to the minute; when
 * that cannot be stored, it is let through all the same.
 */
int adminauth_identify(struct adminauth *aa, struct store *st,
	const struct request *rq, enum token_scope needed,
	struct token **out, struct adminauth_refusal *r, struct err *e);

/* A new token's text: "mooring_" and 43 characters of base64url, from 32
 * random bytes. */
const char *adminauth_new_text(struct arena *a);
void adminauth_hash(const char *text, unsigned char out[DIGEST_LEN]);

#endif
