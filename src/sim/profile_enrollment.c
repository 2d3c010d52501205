/* An enrollment profile's payloads: certificates, the identity, and
 * com.apple.mdm with all that must fit in it. */
#include "sim/profile.h"

#include <string.h>

#define CERTS_MAX 64
#define SUBJECT_MAX 32
#define TOPIC_PREFIX "com.apple.mgmt."
#define RETRY_DELAY_MAX 3600

/* AccessRights: the second of each needs the first. */
enum { RIGHT_PROFILES = 1, RIGHT_PROFILES_CHANGE = 2, RIGHT_PROVISIONING = 64,
	RIGHT_PROVISIONING_CHANGE = 128 };

/* --- com.apple.security.scep --- */

static void add_name(const struct pl *pair, struct arena *a,
	struct profile_scep *out)
{
	const char **one = out->subject[out->n_subject];
	const char *oid, *value;

	if (pl_type(pair) != PL_ARRAY || pl_array_len(pair) != 2)
		return;
	oid = pl_as_str(pl_array_at(pair, 0));
	value = pl_as_str(pl_array_at(pair, 1));
	if (oid == NULL || value == NULL)
		return;
	one[0] = arena_strdup(a, oid);
	one[1] = arena_strdup(a, value);
	out->n_subject++;
}

/* An array of RDNs, each an array of pairs: one name after the other. */
static void read_subject(const struct pl *list, struct arena *a,
	struct profile_scep *out)
{
	out->subject = arena_zalloc(a, SUBJECT_MAX * sizeof(*out->subject));
	for (uint32_t i = 0; list != NULL && i < pl_array_len(list); i++) {
		const struct pl *rdn = pl_array_at(list, i);

		for (uint32_t k = 0; pl_type(rdn) == PL_ARRAY &&
			k < pl_array_len(rdn) &&
			out->n_subject < SUBJECT_MAX; k++)
			add_name(pl_array_at(rdn, k), a, out);
	}
}

static int read_scep(const struct pl *payload, struct arena *a,
	struct profile_scep *out, struct err *e)
{
	int64_t size = 1024, retries = 3, delay = 10;
	const struct pl *content = NULL, *subject = NULL;
	const char *type = "RSA";
	struct pl_reader r;

	pl_read(&r, "SCEP payload", payload, a);
	pl_dict(&r, "PayloadContent", &content);
	if (pl_done(&r, e) != 0)
		return -1;
	pl_read(&r, "SCEP payload: PayloadContent", content, a);
	pl_str(&r, "URL", &out->url);
	pl_str_opt(&r, "Name", &out->name);
	pl_str_opt(&r, "Challenge", &out->challenge);
	pl_str_opt(&r, "Key Type", &type);
	pl_int_opt(&r, "Keysize", &size);
	pl_int_opt(&r, "Retries", &retries);
	pl_int_opt(&r, "RetryDelay", &delay);
	pl_data_opt(&r, "CAFingerprint", &out->fingerprint);
	pl_array_opt(&r, "Subject", &subject);
	if (pl_done(&r, e) != 0)
		return -1;
	if (!str_has_prefix_nocase(out->url, "https://") &&
		!str_has_prefix_nocase(out->url, "http://"))
		return err_set(e, ERR_BAD_INPUT, "SCEP payload: URL is "
			"neither http nor https");
	if (!str_eq(type, "RSA"))
		return err_set(e, ERR_BAD_INPUT, "SCEP payload: Key Type is "
			"not RSA");
	if (size != 1024 && size != 2048 && size != 4096)
		return err_set(e, ERR_BAD_INPUT, "SCEP payload: Keysize is "
			"not 1024, 2048 or 4096");
	if (retries < 0 || retries > 1000 || delay < 0 ||
		delay > RETRY_DELAY_MAX)
		return err_set(e, ERR_BAD_INPUT, "SCEP payload: Retries or "
			"RetryDelay is out of range");
	out->key_size = (unsigned)size;
	out->retries = (unsigned)retries;
	out->retry_delay = (unsigned)delay;
	read_subject(subject, a, out);
	return 0;
}

/* --- certificates --- */

static bool is_cert_type(const char *type)
{
	return str_eq(type, "com.apple.security.root") ||
		str_eq(type, "com.apple.security.pkcs1") ||
		str_eq(type, "com.apple.security.pem");
}

static int read_cert(const struct pl *payload, const char *type,
	const char *uuid, struct arena *a, struct profile_enrollment *out,
	struct err *e)
{
	struct profile_cert *c = &out->certs[out->n_certs];
	struct bytes content = { NULL, 0 };
	struct pl_reader r;
	int rc;

	pl_read(&r, type, payload, a);
	pl_data(&r, "PayloadContent", &content);
	if (pl_done(&r, e) != 0)
		return -1;
	if (out->n_certs == CERTS_MAX)
		return err_set(e, ERR_BAD_INPUT, "profile: more than %d "
			"certificates", CERTS_MAX);
	rc = content.n > 0 && content.p[0] == 0x30 ?
		cert_from_der(content, a, &c->cert, e) :
		cert_from_pem(content, a, &c->cert, e);
	if (rc != 0)
		return err_wrap(e, "%s: PayloadContent", type);
	c->uuid = uuid;
	c->is_anchor = str_eq(type, "com.apple.security.root");
	out->n_certs++;
	return 0;
}

/* --- com.apple.mdm --- */

static int check_url(const char *key, const char *url, struct err *e)
{
	if (!str_has_prefix_nocase(url, "https://") ||
		strlen(url) == strlen("https://"))
		return err_set(e, ERR_BAD_INPUT, "com.apple.mdm: %s does not "
			"begin with https://", key);
	return 0;
}

static int check_rights(int64_t rights, struct err *e)
{
	if (rights <= 0 || rights > ACCESS_RIGHTS_ALL)
		return err_set(e, ERR_BAD_INPUT, "com.apple.mdm: AccessRights "
			"%lld is out of range", (long long)rights);
	if ((rights & RIGHT_PROFILES_CHANGE) != 0 &&
		(rights & RIGHT_PROFILES) == 0)
		return err_set(e, ERR_BAD_INPUT, "com.apple.mdm: AccessRights "
			"has 2 without 1");
	if ((rights & RIGHT_PROVISIONING_CHANGE) != 0 &&
		(rights & RIGHT_PROVISIONING) == 0)
		return err_set(e, ERR_BAD_INPUT, "com.apple.mdm: AccessRights "
			"has 128 without 64");
	return 0;
}

static int check_mode(const struct profile_facts *f, bool has_rights,
	bool byod, struct err *e)
{
	const char *mode = f->enrollment_mode;

	if (mode != NULL && !str_eq(mode, "BYOD") && !str_eq(mode, "ADDE"))
		return err_set(e, ERR_BAD_INPUT, "com.apple.mdm: "
			"EnrollmentMode is neither BYOD nor ADDE");
	if ((mode == NULL) != (f->account == NULL))
		return err_set(e, ERR_BAD_INPUT, "com.apple.mdm: %s without "
			"%s", mode == NULL ? "AssignedManagedAppleID" :
			"EnrollmentMode", mode == NULL ? "EnrollmentMode" :
			"AssignedManagedAppleID");
	if (str_eq(mode, "BYOD") && has_rights)
		return err_set(e, ERR_BAD_INPUT, "com.apple.mdm: AccessRights "
			"in EnrollmentMode BYOD");
	if (str_eq(mode, "BYOD") && !byod)
		return err_set(e, ERR_BAD_INPUT, "com.apple.mdm: "
			"EnrollmentMode BYOD is for --kind byod-device or "
			"byod-user");
	if (!str_eq(mode, "BYOD") && byod)
		return err_set(e, ERR_BAD_INPUT, "com.apple.mdm: a user "
			"enrollment needs EnrollmentMode BYOD");
	return 0;
}

static int read_capabilities(const struct pl *list, struct arena *a,
	struct profile_facts *f, struct err *e)
{
	for (uint32_t i = 0; list != NULL && i < pl_array_len(list); i++) {
		const char *s = pl_as_str(pl_array_at(list, i));

		if (s == NULL || f->n_capabilities == PROFILE_CAPABILITIES_MAX)
			return err_set(e, ERR_BAD_INPUT, "com.apple.mdm: "
				"ServerCapabilities is no list of texts");
		f->capabilities[f->n_capabilities++] = arena_strdup(a, s);
	}
	return 0;
}

struct pins {
	const struct pl *server, *checkin;
};

static int read_mdm(const struct pl *payload, bool byod, struct arena *a,
	struct device_enrollment *out, const char **identity,
	struct pins *pins, struct err *e)
{
	struct profile_facts *f = &out->facts;
	const struct pl *capabilities = NULL;
	bool has_rights;
	struct pl_reader r;

	pl_read(&r, "com.apple.mdm", payload, a);
	pl_str(&r, "IdentityCertificateUUID", identity);
	pl_str(&r, "Topic", &f->topic);
	pl_str(&r, "ServerURL", &f->server_url);
	pl_str_opt(&r, "CheckInURL", &f->checkin_url);
	pl_bool_opt(&r, "SignMessage", &out->sign_message);
	pl_bool_opt(&r, "CheckOutWhenRemoved", &out->check_out_when_removed);
	pl_int_opt(&r, "AccessRights", &f->access_rights);
	pl_array_opt(&r, "ServerCapabilities", &capabilities);
	pl_str_opt(&r, "EnrollmentMode", &f->enrollment_mode);
	pl_str_opt(&r, "AssignedManagedAppleID", &f->account);
	pl_int_opt(&r, "RequiredAppIDForMDM", &f->required_app);
	pl_array_opt(&r, "ServerURLPinningCertificateUUIDs", &pins->server);
	pl_array_opt(&r, "CheckInURLPinningCertificateUUIDs", &pins->checkin);
	has_rights = pl_has(&r, "AccessRights");
	if (pl_done(&r, e) != 0)
		return -1;
	if (!str_has_prefix(f->topic, TOPIC_PREFIX))
		return err_set(e, ERR_BAD_INPUT, "com.apple.mdm: Topic does "
			"not begin with " TOPIC_PREFIX);
	if (check_url("ServerURL", f->server_url, e) != 0 ||
		(f->checkin_url != NULL &&
			check_url("CheckInURL", f->checkin_url, e) != 0) ||
		(has_rights && check_rights(f->access_rights, e) != 0) ||
		check_mode(f, has_rights, byod, e) != 0)
		return -1;
	return read_capabilities(capabilities, a, f, e);
}

/* --- pinning --- */

static bool is_pinned(const struct profile_enrollment *p, size_t k)
{
	for (size_t i = 0; i < p->n_pinned; i++)
		if (p->pinned[i] == k)
			return true;
	return false;
}

static int pin(const struct pl *list, const char *key,
	struct profile_enrollment *out, struct err *e)
{
	for (uint32_t i = 0; i < pl_array_len(list); i++) {
		const char *uuid = pl_as_str(pl_array_at(list, i));
		size_t k = 0;

		while (k < out->n_certs && (uuid == NULL ||
			!str_eq(out->certs[k].uuid, uuid)))
			k++;
		if (k == out->n_certs)
			return err_set(e, ERR_BAD_INPUT, "com.apple.mdm: %s "
				"names no certificate of the profile", key);
		if (!is_pinned(out, k))
			out->pinned[out->n_pinned++] = k;
	}
	return 0;
}

/* Both URLs share one trust here: it is narrowed where both are pinned. */
static int read_pins(const struct pins *pins, struct arena *a,
	struct profile_enrollment *out, struct err *e)
{
	out->pinned = arena_zalloc(a, CERTS_MAX * sizeof(*out->pinned));
	if (pins->server != NULL && pin(pins->server,
		"ServerURLPinningCertificateUUIDs", out, e) != 0)
		return -1;
	if (pins->checkin != NULL && pin(pins->checkin,
		"CheckInURLPinningCertificateUUIDs", out, e) != 0)
		return -1;
	if (pins->server == NULL || pins->checkin == NULL ||
		pl_array_len(pins->server) == 0 ||
		pl_array_len(pins->checkin) == 0)
		out->n_pinned = 0;
	return 0;
}

/* --- the whole --- */

struct found {
	const struct pl *mdm, *identity;
	const char *identity_type;
};

static const char *text_of(const struct pl *payload, const char *key,
	struct arena *a)
{
	return arena_strdup(a, pl_as_str(pl_dict_get(payload, key)));
}

static int read_certs(const struct profile *p, struct arena *a,
	struct profile_enrollment *out, struct found *f, struct err *e)
{
	out->certs = arena_zalloc(a, CERTS_MAX * sizeof(*out->certs));
	for (uint32_t i = 0; p->payloads != NULL &&
		i < pl_array_len(p->payloads); i++) {
		const struct pl *one = pl_array_at(p->payloads, i);
		const char *type;

		if (pl_type(one) != PL_DICT)
			return err_set(e, ERR_BAD_INPUT, "profile: a payload "
				"is no dict");
		type = text_of(one, "PayloadType", a);
		if (is_cert_type(type) && read_cert(one, type,
			text_of(one, "PayloadUUID", a), a, out, e) != 0)
			return -1;
		if (str_eq(type, "com.apple.mdm") && f->mdm != NULL)
			return err_set(e, ERR_BAD_INPUT, "profile: two "
				"payloads of com.apple.mdm");
		if (str_eq(type, "com.apple.mdm"))
			f->mdm = one;
	}
	if (f->mdm == NULL)
		return err_set(e, ERR_BAD_INPUT, "profile: no payload of "
			"com.apple.mdm");
	return 0;
}

static int find_identity(const struct profile *p, const char *uuid,
	struct arena *a, struct found *f, struct err *e)
{
	for (uint32_t i = 0; i < pl_array_len(p->payloads); i++) {
		const struct pl *one = pl_array_at(p->payloads, i);
		const char *type = text_of(one, "PayloadType", a);

		if (!str_eq(text_of(one, "PayloadUUID", a), uuid) ||
			(!str_eq(type, "com.apple.security.scep") &&
			!str_eq(type, "com.apple.security.acme") &&
			!str_eq(type, "com.apple.security.pkcs12")))
			continue;
		f->identity = one;
		f->identity_type = type;
		return 0;
	}
	return err_set(e, ERR_BAD_INPUT, "com.apple.mdm: "
		"IdentityCertificateUUID names no identity of the profile");
}

int profile_enrollment(const struct profile *p, bool byod, struct arena *a,
	struct profile_enrollment *out, struct err *e)
{
	struct found f = { .mdm = NULL };
	struct pins pins = { NULL, NULL };
	const char *identity = NULL;

	*out = (struct profile_enrollment){ .n_certs = 0 };
	if (read_certs(p, a, out, &f, e) != 0 ||
		read_mdm(f.mdm, byod, a, &out->mdm, &identity, &pins,
			e) != 0 ||
		read_pins(&pins, a, out, e) != 0 ||
		find_identity(p, identity, a, &f, e) != 0)
		return -1;
	out->mdm.profile = p->shown;
	out->mdm.facts.identifier = p->shown->identifier;
	out->has_scep = str_eq(f.identity_type, "com.apple.security.scep");
	out->other = f.identity_type;
	return out->has_scep ? read_scep(f.identity, a, &out->scep, e) : 0;
}

/* --- replacing --- */

static bool has_per_user(const struct profile_facts *f)
{
	for (uint32_t i = 0; i < f->n_capabilities; i++)
		if (str_eq(f->capabilities[i], DEVICE_PER_USER))
			return true;
	return false;
}

static const char *checkin_url(const struct profile_facts *f)
{
	return f->checkin_url != NULL ? f->checkin_url : f->server_url;
}

int profile_may_replace(const struct device_enrollment *was,
	const struct device_enrollment *now, struct err *e)
{
	const struct profile_facts *f = &was->facts, *g = &now->facts;
	const struct { const char *key; bool same; } row[] = {
		{ "PayloadIdentifier", str_eq(f->identifier, g->identifier) },
		{ "Topic", str_eq(f->topic, g->topic) },
		{ "ServerURL", str_eq(f->server_url, g->server_url) },
		{ "CheckInURL", str_eq(checkin_url(f), checkin_url(g)) },
		{ "EnrollmentMode", str_eq(f->enrollment_mode,
			g->enrollment_mode) },
		{ "AssignedManagedAppleID", str_eq(f->account, g->account) },
		{ "RequiredAppIDForMDM", f->required_app == g->required_app },
		{ "ServerCapabilities (" DEVICE_PER_USER ")",
			has_per_user(f) == has_per_user(g) },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (!row[i].same)
			return err_set(e, ERR_BAD_INPUT, "com.apple.mdm: %s "
				"may not change", row[i].key);
	/* Absent: all of them. */
	if (f->access_rights != 0 && (g->access_rights == 0 ||
		(g->access_rights & ~f->access_rights) != 0))
		return err_set(e, ERR_BAD_INPUT, "com.apple.mdm: AccessRights "
			"may shrink only");
	return 0;
}
