/* What a simulated device takes out of an enrollment profile, what it
 * refuses, and which one may replace it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "codec/pl.h"
#include "crypto/pkey.h"
#include "sim/message.h"
#include "sim/profile.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A good enrollment profile in its parts, for a test to spoil. */
struct parts {
	struct arena *a;
	struct pl *root, *list, *trust, *scep, *content, *mdm;
};

static struct bytes certificate(struct arena *a)
{
	const struct cert_request rq = { .profile = CERT_SERVER_CA,
		.common_name = "Root", .not_before = 1700000000,
		.not_after = 1900000000 };
	struct pkey *k;
	struct cert *c;
	struct err e;

	assert_int_equal(pkey_new_ec_p256(a, &k, &e), 0);
	assert_int_equal(cert_issue(&rq, k, NULL, k, a, &c, &e), 0);
	return cert_der(c, a);
}

static struct pl *payload(struct pl *list, const char *type, const char *uuid)
{
	struct pl *p = pl_add_dict(list);

	pl_set_str(p, "PayloadType", type);
	pl_set_str(p, "PayloadIdentifier", uuid);
	pl_set_str(p, "PayloadUUID", uuid);
	pl_set_int(p, "PayloadVersion", 1);
	return p;
}

static void add_name(struct pl *subject, const char *oid, const char *value)
{
	struct pl *pair = pl_add_array(pl_add_array(subject));

	pl_add_str(pair, oid);
	pl_add_str(pair, value);
}

static struct parts good(void)
{
	struct parts p = { .a = arena_new() };
	struct pl *subject;

	p.root = pl_new_dict(p.a);
	pl_set_str(p.root, "PayloadType", "Configuration");
	pl_set_int(p.root, "PayloadVersion", 1);
	pl_set_str(p.root, "PayloadIdentifier", "org.example.mdm");
	pl_set_str(p.root, "PayloadUUID", "UUID-P");
	p.list = pl_set_array(p.root, "PayloadContent");
	p.trust = payload(p.list, "com.apple.security.root", "UUID-R");
	pl_set_data(p.trust, "PayloadContent", certificate(p.a));
	p.scep = payload(p.list, "com.apple.security.scep", "UUID-S");
	p.content = pl_set_dict(p.scep, "PayloadContent");
	pl_set_str(p.content, "URL", "https://localhost/scep");
	pl_set_str(p.content, "Challenge", "SECRET");
	pl_set_int(p.content, "Keysize", 2048);
	subject = pl_set_array(p.content, "Subject");
	add_name(subject, "O", "Example");
	add_name(subject, "CN", "device");
	p.mdm = payload(p.list, "com.apple.mdm", "UUID-M");
	pl_set_str(p.mdm, "IdentityCertificateUUID", "UUID-S");
	pl_set_str(p.mdm, "Topic", "com.apple.mgmt.External.X");
	pl_set_str(p.mdm, "ServerURL", "https://localhost/mdm");
	pl_set_str(p.mdm, "CheckInURL", "https://localhost/mdm/checkin");
	pl_set_int(p.mdm, "AccessRights", 8191);
	pl_set_bool(p.mdm, "SignMessage", true);
	pl_add_str(pl_set_array(p.mdm, "ServerCapabilities"), DEVICE_PER_USER);
	return p;
}

static int read_parts(struct parts *p, bool byod,
	struct profile_enrollment *out, struct err *e)
{
	struct profile *profile = arena_zalloc(p->a, sizeof(*profile));

	return profile_read(pl_xml(p->root, p->a), p->a, profile, e) != 0 ? -1 :
		profile_enrollment(profile, byod, p->a, out, e);
}

static void what_is_in_it(void **state)
{
	struct parts p = good();
	struct profile_enrollment m;
	struct err e;

	(void)state;
	pl_add_str(pl_set_array(p.mdm, "ServerURLPinningCertificateUUIDs"),
		"UUID-R");
	assert_int_equal(read_parts(&p, false, &m, &e), 0);
	assert_string_equal(m.mdm.facts.identifier, "org.example.mdm");
	assert_string_equal(m.mdm.facts.topic, "com.apple.mgmt.External.X");
	assert_string_equal(m.mdm.facts.server_url, "https://localhost/mdm");
	assert_string_equal(m.mdm.facts.checkin_url,
		"https://localhost/mdm/checkin");
	assert_int_equal(m.mdm.facts.access_rights, 8191);
	assert_int_equal(m.mdm.facts.n_capabilities, 1);
	assert_true(m.mdm.sign_message);
	assert_false(m.mdm.check_out_when_removed);
	assert_int_equal(m.n_certs, 1);
	assert_true(m.certs[0].is_anchor);
	assert_int_equal(m.n_pinned, 0);	/* CheckInURL is not */
	assert_true(m.has_scep);
	assert_string_equal(m.scep.url, "https://localhost/scep");
	assert_string_equal(m.scep.challenge, "SECRET");
	assert_int_equal(m.scep.key_size, 2048);
	assert_int_equal(m.scep.retries, 3);
	assert_int_equal(m.scep.retry_delay, 10);
	assert_int_equal(m.scep.n_subject, 2);
	assert_string_equal(m.scep.subject[0][0], "O");
	assert_string_equal(m.scep.subject[1][1], "device");
	pl_add_str(pl_set_array(p.mdm, "CheckInURLPinningCertificateUUIDs"),
		"UUID-R");
	assert_int_equal(read_parts(&p, false, &m, &e), 0);
	assert_int_equal(m.n_pinned, 1);	/* one for both */
	arena_free(p.a);
}

/* ---- refused ---- */

static void no_mdm(struct parts *p)
{
	pl_set_str(p->mdm, "PayloadType", "org.example.other");
}
static void two_mdm(struct parts *p)
{
	payload(p->list, "com.apple.mdm", "UUID-N");
}
static void not_configuration(struct parts *p)
{
	pl_set_str(p->root, "PayloadType", "Profile Service");
}
static void no_content(struct parts *p)
{
	pl_del(p->root, "PayloadContent");
}
static void no_dict(struct parts *p)
{
	pl_add_str(p->list, "what");
}
static void bad_cert(struct parts *p)
{
	pl_set_data(p->trust, "PayloadContent", bytes_str("0rubbish"));
}
static void no_identity(struct parts *p)
{
	pl_del(p->mdm, "IdentityCertificateUUID");
}
static void identity_of_nothing(struct parts *p)
{
	pl_set_str(p->mdm, "IdentityCertificateUUID", "UUID-R");
}
static void no_topic(struct parts *p)
{
	pl_del(p->mdm, "Topic");
}
static void other_topic(struct parts *p)
{
	pl_set_str(p->mdm, "Topic", "com.apple.else");
}
static void no_url(struct parts *p)
{
	pl_del(p->mdm, "ServerURL");
}
static void http_url(struct parts *p)
{
	pl_set_str(p->mdm, "ServerURL", "http://localhost/mdm");
}
static void http_checkin(struct parts *p)
{
	pl_set_str(p->mdm, "CheckInURL", "http://localhost/mdm");
}
static void rights_zero(struct parts *p)
{
	pl_set_int(p->mdm, "AccessRights", 0);
}
static void rights_too_many(struct parts *p)
{
	pl_set_int(p->mdm, "AccessRights", 8192);
}
static void rights_2_alone(struct parts *p)
{
	pl_set_int(p->mdm, "AccessRights", 2);
}
static void rights_128_alone(struct parts *p)
{
	pl_set_int(p->mdm, "AccessRights", 128);
}
static void rights_text(struct parts *p)
{
	pl_set_str(p->mdm, "AccessRights", "8191");
}
static void mode_unknown(struct parts *p)
{
	pl_set_str(p->mdm, "EnrollmentMode", "OTHER");
	pl_set_str(p->mdm, "AssignedManagedAppleID", "a@example.org");
}
static void mode_alone(struct parts *p)
{
	pl_set_str(p->mdm, "EnrollmentMode", "ADDE");
}
static void account_alone(struct parts *p)
{
	pl_set_str(p->mdm, "AssignedManagedAppleID", "a@example.org");
}
static void byod_rights(struct parts *p)
{
	pl_set_str(p->mdm, "EnrollmentMode", "BYOD");
	pl_set_str(p->mdm, "AssignedManagedAppleID", "a@example.org");
}
static void byod_good(struct parts *p)
{
	byod_rights(p);
	pl_del(p->mdm, "AccessRights");
}
static void pin_to_nothing(struct parts *p)
{
	pl_add_str(pl_set_array(p->mdm, "ServerURLPinningCertificateUUIDs"),
		"UUID-S");
}
static void capabilities_numbers(struct parts *p)
{
	pl_add_int(pl_set_array(p->mdm, "ServerCapabilities"), 1);
}
static void scep_flat(struct parts *p)
{
	pl_del(p->scep, "PayloadContent");
	pl_set_str(p->scep, "URL", "https://localhost/scep");
}
static void scep_no_url(struct parts *p)
{
	pl_del(p->content, "URL");
}
static void scep_file(struct parts *p)
{
	pl_set_str(p->content, "URL", "file:///scep");
}
static void scep_ec(struct parts *p)
{
	pl_set_str(p->content, "Key Type", "EC");
}
static void scep_size(struct parts *p)
{
	pl_set_int(p->content, "Keysize", 3072);
}
static void scep_delay(struct parts *p)
{
	pl_set_int(p->content, "RetryDelay", 1000000);
}

static void what_is_refused(void **state)
{
	static const struct {
		void (*spoil)(struct parts *p);
		bool byod;
		const char *says;
	} row[] = {
		{ no_mdm, false, "no payload of com.apple.mdm" },
		{ two_mdm, false, "two payloads of com.apple.mdm" },
		{ not_configuration, false, "not Configuration" },
		{ no_content, false, "no payload of com.apple.mdm" },
		{ no_dict, false, "a payload is no dict" },
		{ bad_cert, false, "com.apple.security.root" },
		{ no_identity, false, "IdentityCertificateUUID: missing" },
		{ identity_of_nothing, false, "names no identity" },
		{ no_topic, false, "Topic: missing" },
		{ other_topic, false, "Topic does not begin" },
		{ no_url, false, "ServerURL: missing" },
		{ http_url, false, "ServerURL does not begin with https" },
		{ http_checkin, false, "CheckInURL does not begin with https" },
		{ rights_zero, false, "AccessRights 0" },
		{ rights_too_many, false, "AccessRights 8192" },
		{ rights_2_alone, false, "2 without 1" },
		{ rights_128_alone, false, "128 without 64" },
		{ rights_text, false, "AccessRights: expected" },
		{ mode_unknown, false, "neither BYOD nor ADDE" },
		{ mode_alone, false,
			"EnrollmentMode without AssignedManagedAppleID" },
		{ account_alone, false,
			"AssignedManagedAppleID without EnrollmentMode" },
		{ byod_rights, true, "AccessRights in EnrollmentMode BYOD" },
		{ byod_good, false, "--kind byod-device" },
		{ NULL, true, "a user enrollment needs EnrollmentMode BYOD" },
		{ pin_to_nothing, false, "names no certificate" },
		{ capabilities_numbers, false, "ServerCapabilities" },
		{ scep_flat, false, "SCEP payload: PayloadContent: missing" },
		{ scep_no_url, false, "PayloadContent: URL: missing" },
		{ scep_file, false, "neither http nor https" },
		{ scep_ec, false, "Key Type is not RSA" },
		{ scep_size, false, "Keysize" },
		{ scep_delay, false, "RetryDelay" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(row); i++) {
		struct parts p = good();
		struct profile_enrollment m;
		struct err e = ERR_INIT;

		if (row[i].spoil != NULL)
			row[i].spoil(&p);
		assert_int_equal(read_parts(&p, row[i].byod, &m, &e), -1);
		if (strstr(e.msg, row[i].says) == NULL)
			fail_msg("row %zu: %s", i, e.msg);
		arena_free(p.a);
	}
}

static void other_good_ones(void **state)
{
	struct parts p = good();
	struct profile_enrollment m;
	struct err e;

	(void)state;
	byod_good(&p);
	assert_int_equal(read_parts(&p, true, &m, &e), 0);
	assert_int_equal(m.mdm.facts.access_rights, 0);
	arena_free(p.a);
	p = good();
	payload(p.list, "com.apple.security.acme", "UUID-A");
	pl_set_str(p.mdm, "IdentityCertificateUUID", "UUID-A");
	assert_int_equal(read_parts(&p, false, &m, &e), 0);
	assert_false(m.has_scep);
	assert_string_equal(m.other, "com.apple.security.acme");
	arena_free(p.a);
}

/* ---- replaced ---- */

static void topic_2(struct device_enrollment *m)
{
	m->facts.topic = "com.apple.mgmt.External.Y";
}
static void server_2(struct device_enrollment *m)
{
	m->facts.server_url = "https://localhost/2";
}
static void checkin_2(struct device_enrollment *m)
{
	m->facts.checkin_url = NULL;
}
static void identifier_2(struct device_enrollment *m)
{
	m->facts.identifier = "org.example.other";
}
static void mode_2(struct device_enrollment *m)
{
	m->facts.enrollment_mode = "ADDE";
}
static void account_2(struct device_enrollment *m)
{
	m->facts.account = "a@example.org";
}
static void app_2(struct device_enrollment *m)
{
	m->facts.required_app = 1;
}
static void no_capabilities(struct device_enrollment *m)
{
	m->facts.n_capabilities = 0;
}
static void more_capabilities(struct device_enrollment *m)
{
	m->facts.capabilities[m->facts.n_capabilities++] =
		"com.apple.mdm.bootstraptoken";
}
static void fewer_rights(struct device_enrollment *m)
{
	m->facts.access_rights = 1;
}
static void other_rights(struct device_enrollment *m)
{
	m->facts.access_rights = 3 + 4096;
}
static void all_rights(struct device_enrollment *m)
{
	m->facts.access_rights = 0;
}
static void other_signing(struct device_enrollment *m)
{
	m->sign_message = !m->sign_message;
}

static void what_may_change(void **state)
{
	static const struct {
		void (*change)(struct device_enrollment *m);
		const char *says;	/* NULL: it may */
	} row[] = {
		{ NULL, NULL }, { fewer_rights, NULL },
		{ more_capabilities, NULL }, { other_signing, NULL },
		{ topic_2, "Topic" }, { server_2, "ServerURL" },
		{ checkin_2, "CheckInURL" },
		{ identifier_2, "PayloadIdentifier" },
		{ mode_2, "EnrollmentMode" },
		{ account_2, "AssignedManagedAppleID" },
		{ app_2, "RequiredAppIDForMDM" },
		{ no_capabilities, "per-user-connections" },
		{ other_rights, "AccessRights" }, { all_rights, "AccessRights" },
	};
	struct parts p = good();
	struct profile_enrollment m;
	struct err e;

	(void)state;
	assert_int_equal(read_parts(&p, false, &m, &e), 0);
	m.mdm.facts.access_rights = 3;
	for (size_t i = 0; i < COUNT(row); i++) {
		struct device_enrollment now = m.mdm;
		int rc;

		if (row[i].change != NULL)
			row[i].change(&now);
		rc = profile_may_replace(&m.mdm, &now, &e);
		assert_int_equal(rc, row[i].says == NULL ? 0 : -1);
		if (rc != 0 && strstr(e.msg, row[i].says) == NULL)
			fail_msg("row %zu: %s", i, e.msg);
	}
	arena_free(p.a);
}

/* ---- what the profile means to the messages ---- */

static bool has(struct bytes xml, const char *key)
{
	return memmem(xml.p, xml.n, key, strlen(key)) != NULL;
}

static void rights_of_messages(void **state)
{
	static const struct { int64_t rights; bool information, lock; } row[] = {
		{ 0, true, true }, { 8191, true, true }, { 16, true, false },
		{ 4, false, true }, { 1, false, false },
	};
	struct device_wish w = { .kind = ENROLLMENT_DEVICE };
	struct device *d = device_new(&w);
	struct device_profile shown = { .identifier = "i" };
	struct device_enrollment m = { .profile = &shown };
	struct arena *a = arena_new();

	(void)state;
	d->enrollment = &m;
	device_new_tokens(d);
	for (size_t i = 0; i < COUNT(row); i++) {
		struct bytes said, token;

		m.facts.access_rights = row[i].rights;
		said = message_authenticate(d, a);
		token = message_token_update(d, &d->channel[0], a);
		assert_int_equal(has(said, "SerialNumber"), row[i].information);
		assert_int_equal(has(said, "OSVersion"), row[i].information);
		assert_int_equal(has(token, "UnlockToken"), row[i].lock);
	}
	assert_false(device_has_users(d));
	m.facts.capabilities[m.facts.n_capabilities++] = DEVICE_PER_USER;
	assert_true(device_has_users(d));
	arena_free(a);
	device_free(d);
}

static void machine_info(void **state)
{
	struct device_wish w = { .kind = ENROLLMENT_DEVICE, .id = "U",
		.serial = "S", .os_version = "18.1 (a)", .build_version = "B" };
	struct device *d = device_new(&w);
	struct arena *a = arena_new();
	struct pl *m;
	struct err e;
	bool can = true;

	(void)state;
	assert_int_equal(pl_parse(message_machine_info(d, false, a), a, &m,
		&e), 0);
	assert_string_equal(pl_as_str(pl_dict_get(m, "UDID")), "U");
	assert_string_equal(pl_as_str(pl_dict_get(m, "SERIAL")), "S");
	assert_string_equal(pl_as_str(pl_dict_get(m, "OS_VERSION")), "18.1");
	assert_string_equal(pl_as_str(pl_dict_get(m,
		"SUPPLEMENTAL_OS_VERSION_EXTRA")), "(a)");
	assert_string_equal(pl_as_str(pl_dict_get(m, "VERSION")), "B");
	assert_true(pl_as_bool(pl_dict_get(m,
		"MDM_CAN_REQUEST_SOFTWARE_UPDATE"), &can));
	assert_false(can);
	arena_free(a);
	device_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_it),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(other_good_ones),
		cmocka_unit_test(what_may_change),
		cmocka_unit_test(rights_of_messages),
		cmocka_unit_test(machine_info),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
