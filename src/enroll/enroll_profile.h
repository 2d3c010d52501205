#ifndef MOORING_ENROLL_ENROLL_PROFILE_H
#define MOORING_ENROLL_ENROLL_PROFILE_H

#include "base/arena.h"
#include "base/err.h"
#include "conf/conf.h"
#include "model/grant.h"
#include "model/profile_facts.h"
#include "store/store.h"

/*
 * The enrollment profile for one grant: its facts, a fresh challenge, signed
 * where a signing certificate is configured. Everybody who hands one out
 * (links, Automated Device Enrollment, signing in, renewal, mooringctl) comes
 * here.
 */
struct enroll_context {
	struct store *store;
	const struct conf *conf;
	int64_t now;
	struct arena *arena;
};

/* The facts that the settings give now; mode "BYOD" and "ADDE" with an
 * account, or NULL. ERR_CONFLICT when there is no topic: no push certificate
 * and no setting says which (several certificates: the setting `topic`
 * chooses). */
int enroll_facts(const struct enroll_context *cx, const char *mode,
	const char *account, struct profile_facts *out, struct err *e);

struct enroll_profile {
	struct bytes body;	/* MOBILECONFIG_TYPE; holds the challenge */
	bool is_signed;
	const char *nonce;	/* in the subject, where another CA issues and
				 * the grant is a renewal; else NULL */
};
/*
 * facts NULL: enroll_facts without a mode. The challenge's time to live is
 * ttl seconds (0: the setting's). A grant of GRANT_OPEN (and
 * GRANT_ADE_UNVERIFIED) counts against challenge_rate: over it, ERR_BUSY and
 * nothing is written. One write transaction, where there is a challenge to
 * store.
 */
int enroll_profile_make(const struct enroll_context *cx,
	const struct grant *g, const struct profile_facts *facts, int64_t ttl,
	struct enroll_profile *out, struct err *e);
/* The same in other ways; all of them 0 as above. */
struct enroll_how {
	bool without_signature;
	bool without_challenge;	/* only to look at: nothing is written */
	/* Runs in the write transaction, in which there always is one then. */
	int (*also)(struct store_tx *tx, void *arg, struct err *e);
	void *arg;
};
int enroll_profile_make_as(const struct enroll_context *cx,
	const struct grant *g, const struct profile_facts *facts, int64_t ttl,
	const struct enroll_how *how, struct enroll_profile *out,
	struct err *e);

/* What an invite's link grants: only looked up here; enroll_profile_make
 * counts how often its profile is fetched. ERR_FORBIDDEN, worded to follow
 * its subject, as ticket_check has it, or "was fetched too often". */
#define ENROLL_INVITE_FETCHES 10
int enroll_invite(const struct enroll_context *cx, const char *text,
	struct grant *out, struct err *e);

/* The first to expire of the certificates that profiles stand on: who signs
 * them, with the chain, and those that devices are pinned to; 0: none. Fails
 * where enroll_profile_make would for the same files. */
int enroll_expires(const struct conf *conf, struct arena *a, int64_t *at,
	struct err *e);

/* The certificates of the TLS root that devices have to be told to trust:
 * the setting trust_file, else DIR/pki/server-root.pem while server.pem is
 * signed by it; n 0: the server has a publicly trusted certificate. */
struct cert;
int enroll_anchors(const struct conf *conf, struct arena *a,
	struct cert ***out, size_t *n, struct err *e);

#endif
