#ifndef MOORING_AUTH_TICKET_H
#define MOORING_AUTH_TICKET_H

#include "base/arena.h"
#include "base/err.h"
#include "model/grant.h"
#include "store/store_enroll.h"

/*
 * Secret texts that are good for one thing once: challenges, invites, logins.
 * The text is 32 random bytes in base64url (43 characters); the store keeps
 * its SHA-256, by which it is found, so that looking one up tells nothing of
 * another.
 */
#define TICKET_TEXT_LEN 43

/* Stores a new one in the caller's transaction; its text, a secret, in the
 * arena. ttl: seconds. */
int ticket_new(struct store_tx *tx, enum ticket_kind kind,
	const struct grant *g, int64_t now, int64_t ttl, struct arena *a,
	const char **text, struct err *e);

/* Finds one that may still be used now. Otherwise ERR_FORBIDDEN, worded to
 * follow its subject, for the log alone: "is not known", "has expired", "was
 * used before", "came by an invite that was used before"; then *out is the
 * ticket all the same where there is one (for the repeat of a request). */
int ticket_check(struct store_tx *tx, enum ticket_kind kind, const char *text,
	int64_t now, struct arena *a, struct ticket **out, struct err *e);
/* It was used now: spends the invite that it came from too. */
int ticket_use(struct store_tx *tx, struct ticket *t, int64_t now,
	struct err *e);

void ticket_hash(const char *text, unsigned char out[DIGEST_LEN]);

#endif
