/* One enrollment profile: what the settings say, a challenge of its own, a
 * signature. Which keys that makes is mobileconfig's. */
#include "enroll/enroll_profile.h"

#include <stdlib.h>
#include <string.h>

#include "auth/ticket.h"
#include "base/enc.h"
#include "base/rnd.h"
#include "enroll/enroll_invite.h"
#include "enroll/enroll_rate.h"
#include "enroll/enroll_sign.h"
#include "enroll/mobileconfig.h"

#define MINUTE 60
#define SUBJECT_MAX 64		/* characters of a CN or O (RFC 5280) */
#define NONCE_BYTES 16

struct making {
	const struct enroll_context *cx;
	struct grant grant;
	const struct profile_facts *facts;
	const struct enroll_how *how;
	int64_t ttl;
	bool is_ours;		/* scep.fcgi issues */
	const char *challenge;	/* ours; NULL: none */
	struct mobileconfig m;
	const char *subject[2][2];	/* of m */
};

/* ---- the identity ---- */

static const char *device_of(const struct grant *g)
{
	return g->serial != NULL ? g->serial : g->udid;
}

/* Our CA goes by its own policy; another may take the subject as it is, so
 * it is one for each device. The nonce stands in the common name, which every
 * CA keeps. */
static void set_subject(struct making *k, struct enroll_profile *out)
{
	struct arena *a = k->cx->arena;
	const char *device = device_of(&k->grant);
	const char *organization = k->cx->conf->organization;
	unsigned char nonce[NONCE_BYTES];
	char uuid[RND_UUID_LEN + 1];
	size_t n = 0, max = SUBJECT_MAX;

	if (!k->is_ours && k->grant.source == GRANT_RENEWAL) {
		rnd_bytes(nonce, sizeof(nonce));
		out->nonce = enc_hex(a, bytes_of(nonce, sizeof(nonce)));
		max -= 2 * NONCE_BYTES + 1;
	}
	if (device == NULL || *device == '\0' || strlen(device) > max) {
		rnd_uuid(uuid);
		device = out->nonce != NULL ? "Device" : arena_strdup(a, uuid);
	}
	if (*organization != '\0' && strlen(organization) <= SUBJECT_MAX) {
		k->subject[n][0] = "O";
		k->subject[n++][1] = organization;
	}
	k->subject[n][0] = "CN";
	k->subject[n++][1] = out->nonce == NULL ? device :
		arena_printf(a, "%s %s", device, out->nonce);
	k->m.subject = (const char *const (*)[2])k->subject;
	k->m.n_subject = n;
}

/* ACME servers hold what a device attests against its ClientIdentifier, so
 * it is the device where the grant names one. */
static int set_acme(struct making *k, struct err *e)
{
	const struct conf *c = k->cx->conf;
	const char *device = device_of(&k->grant);
	char uuid[RND_UUID_LEN + 1];

	if (*c->acme_url == '\0')
		return err_set(e, ERR_CONFLICT, "identity_source is acme, and "
			"acme_url is not set");
	rnd_uuid(uuid);
	k->m.identity = MOBILECONFIG_ACME;
	k->m.identity_url = c->acme_url;
	k->m.client_identifier = device != NULL ? device :
		arena_strdup(k->cx->arena, uuid);
	k->m.acme_rsa = str_has_prefix(c->acme_key, "rsa");
	k->m.key_size = (unsigned)strtoul(c->acme_key +
		strcspn(c->acme_key, "0123456789"), NULL, 10);
	k->m.acme_hardware = c->acme_hardware && !k->m.acme_rsa;
	k->m.acme_attest = c->acme_attest && k->m.acme_hardware;
	return 0;
}

static void set_scep(struct making *k)
{
	const struct conf *c = k->cx->conf;

	k->m.identity = MOBILECONFIG_SCEP;
	k->m.key_size = c->identity_key_size;
	if (k->is_ours) {
		k->m.identity_url = arena_printf(k->cx->arena, "%s/scep",
			c->url);
		return;
	}
	k->m.identity_url = c->scep_url;
	k->m.scep_name = *c->scep_name != '\0' ? c->scep_name : NULL;
	k->m.challenge = *c->scep_url_challenge != '\0' ?
		c->scep_url_challenge : NULL;
}

/* ---- the rest of it ---- */

static int set_anchors(struct making *k, struct err *e)
{
	const struct conf *c = k->cx->conf;
	struct cert **anchors;
	size_t n;

	if (enroll_anchors(c, k->cx->arena, &anchors, &n, e) < 0)
		return -1;
	if (c->pinning && n == 0)
		return err_set(e, ERR_CONFLICT, "pinning is on, and there is "
			"no certificate to pin to: set trust_file");
	k->m.anchors = (const struct cert *const *)anchors;
	k->m.n_anchors = n;
	k->m.pinning = c->pinning;
	k->m.pinning_revocation_check = c->pinning_revocation_check;
	return 0;
}

static int prepare(struct making *k, struct enroll_profile *out,
	struct err *e)
{
	const struct conf *c = k->cx->conf;

	k->m = (struct mobileconfig){
		.facts = k->facts,
		.display_name = c->profile_name,
		.organization = *c->organization != '\0' ? c->organization :
			NULL,
		.description = *c->profile_description != '\0' ?
			c->profile_description : NULL,
		.removal_disallowed = !c->profile_removable,
		.sign_message = c->sign_message,
		.check_out_when_removed = c->check_out_when_removed,
		.development_apns = c->development_apns,
		.prompt_bootstrap = c->prompt_bootstrap_token,
	};
	if (c->identity_source == CONF_IDENTITY_SCEP)
		set_scep(k);
	else if (set_acme(k, e) < 0)
		return -1;
	set_subject(k, out);
	return set_anchors(k, e);
}

/* ---- the challenge ---- */

/* Another CA's challenge is not ours to store, nor to count. */
static bool is_capped(const struct making *k)
{
	return k->is_ours && !k->how->without_challenge &&
		(k->grant.source == GRANT_OPEN ||
		k->grant.source == GRANT_ADE_UNVERIFIED);
}

static int rate_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct making *k = arg;

	return enroll_rate_check(tx, k->cx->conf->challenge_rate, k->cx->now,
		e);
}

static int mint_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct making *k = arg;

	if (is_capped(k) && enroll_rate_count(tx,
		k->cx->conf->challenge_rate, k->cx->now, e) < 0)
		return -1;
	if (k->grant.source == GRANT_INVITE && k->grant.has_invite &&
		enroll_invite_fetch(tx, k->grant.invite, k->cx->now, e) < 0)
		return -1;
	if (k->is_ours && ticket_new(tx, TICKET_CHALLENGE, &k->grant,
		k->cx->now, k->ttl, k->cx->arena, &k->challenge, e) < 0)
		return -1;
	return k->how->also != NULL ? k->how->also(tx, k->how->arg, e) : 0;
}

static int mint(struct making *k, struct err *e)
{
	bool invited = k->grant.source == GRANT_INVITE && k->grant.has_invite;

	if (k->how->without_challenge)
		return 0;
	if (!k->is_ours && !invited && k->how->also == NULL)
		return 0;
	if (store_write(k->cx->store, mint_tx, k, e) < 0)
		return -1;
	if (k->is_ours)
		k->m.challenge = k->challenge;
	return 0;
}

int enroll_profile_make_as(const struct enroll_context *cx,
	const struct grant *g, const struct profile_facts *facts, int64_t ttl,
	const struct enroll_how *how, struct enroll_profile *out,
	struct err *e)
{
	const struct conf *c = cx->conf;
	struct making k = { .cx = cx, .grant = *g, .facts = facts, .how = how,
		.ttl = ttl > 0 ? ttl : (int64_t)c->challenge_minutes * MINUTE,
		.is_ours = c->identity_source == CONF_IDENTITY_SCEP &&
			*c->scep_url == '\0' };
	struct profile_facts now;
	struct enroll_signer signer = { .n = 0 };

	*out = (struct enroll_profile){ .is_signed = false };
	/* Who comes in a flood is turned away before it costs anything. */
	if (is_capped(&k) && store_read(cx->store, rate_tx, &k, e) < 0)
		return -1;
	if (facts == NULL && enroll_facts(cx, NULL, NULL, &now, e) < 0)
		return -1;
	if (facts == NULL)
		k.facts = &now;
	k.grant.facts = profile_facts_encode(k.facts, cx->arena);
	/* All that can fail comes before a challenge is spent on it. */
	if ((!how->without_signature && enroll_sign_open(c, cx->arena,
		&signer, e) < 0) || prepare(&k, out, e) < 0 || mint(&k, e) < 0)
		return -1;
	out->body = mobileconfig_enrollment(&k.m, cx->arena);
	return enroll_sign(&signer, cx->arena, out, e);
}

int enroll_profile_make(const struct enroll_context *cx,
	const struct grant *g, const struct profile_facts *facts, int64_t ttl,
	struct enroll_profile *out, struct err *e)
{
	static const struct enroll_how plain = { .without_signature = false };

	return enroll_profile_make_as(cx, g, facts, ttl, &plain, out, e);
}
