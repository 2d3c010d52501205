/* Configuration profiles: which keys stand where. What the settings say and
 * who may have one is enroll_profile's. */
#include "enroll/mobileconfig.h"

#include "base/enc.h"
#include "base/rnd.h"
#include "codec/pl.h"
#include "crypto/cert.h"

/* Enough of a digest to tell the certificates of one profile apart, so that
 * a payload keeps its identifier when another is put before it. */
#define ID_DIGEST 8

#define KEY_USAGE_SIGN 1
#define KEY_USAGE_ENCRYPT 4
#define CLIENT_AUTH "1.3.6.1.5.5.7.3.2"
#define RETRIES 3
#define RETRY_DELAY 10	/* seconds */

/* The keys of every payload. NULL is left out. */
static struct pl *payload(struct pl *content, const char *type,
	const char *identifier, const char *name, char uuid[RND_UUID_LEN + 1])
{
	struct pl *d = pl_add_dict(content);

	rnd_uuid(uuid);
	pl_set_str(d, "PayloadType", type);
	pl_set_int(d, "PayloadVersion", 1);
	pl_set_str(d, "PayloadIdentifier", identifier);
	pl_set_str(d, "PayloadUUID", uuid);
	pl_set_str(d, "PayloadDisplayName", name);
	return d;
}

static struct pl *profile(const char *identifier, const char *name,
	const char *organization, const char *description, struct arena *a)
{
	struct pl *root = pl_new_dict(a);
	char uuid[RND_UUID_LEN + 1];

	rnd_uuid(uuid);
	pl_set_str(root, "PayloadType", "Configuration");
	pl_set_int(root, "PayloadVersion", 1);
	pl_set_str(root, "PayloadIdentifier", identifier);
	pl_set_str(root, "PayloadUUID", uuid);
	pl_set_str(root, "PayloadDisplayName", name);
	pl_set_str(root, "PayloadOrganization", organization);
	pl_set_str(root, "PayloadDescription", description);
	return root;
}

/* ---- certificates to trust ---- */

/* uuids: where the payloads' UUIDs go; may be NULL. */
static void add_anchors(struct pl *content, const char *identifier,
	const struct cert *const *anchors, size_t n, struct arena *a,
	char (*uuids)[RND_UUID_LEN + 1])
{
	for (size_t i = 0; i < n; i++) {
		unsigned char digest[DIGEST_LEN];
		char hex[2 * ID_DIGEST + 1], uuid[RND_UUID_LEN + 1];

		cert_sha256(anchors[i], digest);
		enc_hex_to(hex, digest, ID_DIGEST);
		pl_set_data(payload(content, "com.apple.security.root",
			arena_printf(a, "%s.trust.%s", identifier, hex),
			cert_subject(anchors[i], a),
			uuids != NULL ? uuids[i] : uuid), "PayloadContent",
			cert_der(anchors[i], a));
	}
}

/* ---- the identity ---- */

static void set_subject(struct pl *dict, const struct mobileconfig *m)
{
	struct pl *name;

	if (m->n_subject == 0)
		return;
	name = pl_set_array(dict, "Subject");
	for (size_t i = 0; i < m->n_subject; i++) {
		struct pl *pair = pl_add_array(pl_add_array(name));

		pl_add_str(pair, m->subject[i][0]);
		pl_add_str(pair, m->subject[i][1]);
	}
}

static void add_scep(struct pl *content, const struct mobileconfig *m,
	struct arena *a, char uuid[RND_UUID_LEN + 1])
{
	struct pl *d = pl_set_dict(payload(content, "com.apple.security.scep",
		arena_printf(a, "%s.scep", m->facts->identifier), "Identity",
		uuid), "PayloadContent");

	pl_set_str(d, "URL", m->identity_url);
	pl_set_str(d, "Name", m->scep_name);
	set_subject(d, m);
	pl_set_str(d, "Challenge", m->challenge);
	pl_set_int(d, "Keysize", m->key_size);
	pl_set_str(d, "Key Type", "RSA");
	pl_set_int(d, "Key Usage", KEY_USAGE_SIGN | KEY_USAGE_ENCRYPT);
	pl_set_int(d, "Retries", RETRIES);
	pl_set_int(d, "RetryDelay", RETRY_DELAY);
	pl_set_bool(d, "KeyIsExtractable", false);
	pl_set_bool(d, "AllowAllAppsAccess", false);
}

/* An EC key cannot encrypt. */
static void add_acme(struct pl *content, const struct mobileconfig *m,
	struct arena *a, char uuid[RND_UUID_LEN + 1])
{
	struct pl *d = payload(content, "com.apple.security.acme",
		arena_printf(a, "%s.acme", m->facts->identifier), "Identity",
		uuid);

	pl_set_str(d, "DirectoryURL", m->identity_url);
	pl_set_str(d, "ClientIdentifier", m->client_identifier);
	pl_set_str(d, "KeyType", m->acme_rsa ? "RSA" : "ECSECPrimeRandom");
	pl_set_int(d, "KeySize", m->key_size);
	pl_set_bool(d, "HardwareBound", m->acme_hardware);
	set_subject(d, m);
	pl_set_int(d, "UsageFlags", m->acme_rsa ?
		KEY_USAGE_SIGN | KEY_USAGE_ENCRYPT : KEY_USAGE_SIGN);
	pl_add_str(pl_set_array(d, "ExtendedKeyUsage"), CLIENT_AUTH);
	pl_set_bool(d, "Attest", m->acme_attest);
	pl_set_bool(d, "KeyIsExtractable", false);
	pl_set_bool(d, "AllowAllAppsAccess", false);
}

/* ---- com.apple.mdm ---- */

static void set_pins(struct pl *d, const char *key,
	char (*uuids)[RND_UUID_LEN + 1], size_t n)
{
	struct pl *pins = pl_set_array(d, key);

	for (size_t i = 0; i < n; i++)
		pl_add_str(pins, uuids[i]);
}

/* What a replacement must say again. */
static void set_facts(struct pl *d, const struct profile_facts *f)
{
	bool is_byod = str_eq(f->enrollment_mode, "BYOD");
	struct pl *capabilities;

	pl_set_str(d, "Topic", f->topic);
	pl_set_str(d, "ServerURL", f->server_url);
	pl_set_str(d, "CheckInURL", f->checkin_url);
	if (f->access_rights != 0 && !is_byod)
		pl_set_int(d, "AccessRights", f->access_rights);
	if (f->n_capabilities > 0) {
		capabilities = pl_set_array(d, "ServerCapabilities");
		for (uint32_t i = 0; i < f->n_capabilities; i++)
			pl_add_str(capabilities, f->capabilities[i]);
	}
	pl_set_str(d, "EnrollmentMode", f->enrollment_mode);
	pl_set_str(d, "AssignedManagedAppleID", f->account);
	if (f->required_app != 0)
		pl_set_int(d, "RequiredAppIDForMDM", f->required_app);
}

static void add_mdm(struct pl *content, const struct mobileconfig *m,
	const char *identity, char (*anchors)[RND_UUID_LEN + 1],
	struct arena *a)
{
	char uuid[RND_UUID_LEN + 1];
	struct pl *d = payload(content, "com.apple.mdm", arena_printf(a,
		"%s.mdm", m->facts->identifier), m->display_name, uuid);

	pl_set_str(d, "IdentityCertificateUUID", identity);
	set_facts(d, m->facts);
	pl_set_bool(d, "SignMessage", m->sign_message);
	pl_set_bool(d, "CheckOutWhenRemoved", m->check_out_when_removed);
	pl_set_bool(d, "UseDevelopmentAPNS", m->development_apns);
	if (m->pinning && m->n_anchors > 0) {
		set_pins(d, "ServerURLPinningCertificateUUIDs", anchors,
			m->n_anchors);
		set_pins(d, "CheckInURLPinningCertificateUUIDs", anchors,
			m->n_anchors);
		pl_set_bool(d, "PinningRevocationCheckRequired",
			m->pinning_revocation_check);
	}
	if (m->prompt_bootstrap)
		pl_set_bool(d, "PromptUserToAllowBootstrapTokenForAuthentication",
			true);
}

/* ---- whole profiles ---- */

struct bytes mobileconfig_enrollment(const struct mobileconfig *m,
	struct arena *a)
{
	struct pl *root = profile(m->facts->identifier, m->display_name,
		m->organization, m->description, a);
	char (*anchors)[RND_UUID_LEN + 1] = arena_alloc(a,
		m->n_anchors * sizeof(*anchors));
	char identity[RND_UUID_LEN + 1];
	struct pl *content;

	pl_set_str(root, "PayloadScope", "System");
	if (m->removal_disallowed)
		pl_set_bool(root, "PayloadRemovalDisallowed", true);
	content = pl_set_array(root, "PayloadContent");
	add_anchors(content, m->facts->identifier, m->anchors, m->n_anchors, a,
		anchors);
	switch (m->identity) {
	case MOBILECONFIG_SCEP:
		add_scep(content, m, a, identity);
		break;
	case MOBILECONFIG_ACME:
		add_acme(content, m, a, identity);
		break;
	}
	add_mdm(content, m, identity, anchors, a);
	return pl_xml(root, a);
}

struct bytes mobileconfig_trust(const char *identifier,
	const char *display_name, const char *organization,
	const struct cert *const *anchors, size_t n, struct arena *a)
{
	struct pl *root = profile(identifier, display_name, organization, NULL,
		a);

	add_anchors(pl_set_array(root, "PayloadContent"), identifier, anchors,
		n, a, NULL);
	return pl_xml(root, a);
}
