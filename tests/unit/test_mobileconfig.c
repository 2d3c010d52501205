/* enroll/mobileconfig: what each key is, where it stands, and what stays
 * away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "crypto_data.h"
#include "enroll/mobileconfig.h"
#include "profile_read.h"
#include "arena_fixture.h"

#define TOPIC "com.apple.mgmt.External.test"
#define DIR_URL "https://ca.example.com/acme/directory"
#define MDM "https://mdm.example.com/mdm"

static const struct cert *anchors[2];

static const char *const subject[][2] = {
	{ "O", "Example & Sons" }, { "CN", "<device>" },
};
static const struct profile_facts plain_facts = {
	.identifier = "mooring.enrollment", .topic = TOPIC,
	.server_url = MDM, .checkin_url = MDM "/checkin",
	.access_rights = 8191, .capabilities = { "one", "two" },
	.n_capabilities = 2,
};
static const struct profile_facts byod_facts = {
	.identifier = "x", .topic = TOPIC, .server_url = MDM,
	/* It would be refused by the device. */
	.access_rights = 8191, .enrollment_mode = "BYOD",
	.account = "ann@example.com", .required_app = 4000000000,
};
static const struct profile_facts adde_facts = {
	.identifier = "x", .topic = TOPIC, .server_url = MDM,
	.access_rights = 3, .enrollment_mode = "ADDE",
	.account = "ann@example.com",
};

static struct mobileconfig scep(void)
{
	return (struct mobileconfig){ .facts = &plain_facts,
		.display_name = "Management", .organization = "Example",
		.description = "Text", .removal_disallowed = true,
		.sign_message = true, .check_out_when_removed = true,
		.identity = MOBILECONFIG_SCEP,
		.identity_url = "https://mdm.example.com/scep",
		.scep_name = "ca", .challenge = "secret", .key_size = 4096,
		.subject = subject, .n_subject = 2,
		.anchors = anchors, .n_anchors = 2 };
}

/* Nothing that may be left out. */
static struct mobileconfig bare(void)
{
	return (struct mobileconfig){ .facts = &byod_facts,
		.display_name = "M", .identity = MOBILECONFIG_SCEP,
		.identity_url = "https://mdm.example.com/scep",
		.key_size = 2048, .pinning = true };
}

static struct mobileconfig pinned(void)
{
	struct mobileconfig m = scep();

	m.facts = &adde_facts;
	m.pinning = m.pinning_revocation_check = true;
	m.development_apns = m.prompt_bootstrap = true;
	m.sign_message = m.check_out_when_removed = false;
	m.identity = MOBILECONFIG_ACME;
	m.identity_url = DIR_URL;
	m.client_identifier = "code";
	m.key_size = 384;
	m.acme_hardware = m.acme_attest = true;
	return m;
}

static struct mobileconfig acme_rsa(void)
{
	struct mobileconfig m = pinned();

	m.pinning_revocation_check = m.acme_hardware = m.acme_attest = false;
	m.acme_rsa = true;
	m.key_size = 2048;
	return m;
}

struct row {
	struct mobileconfig (*make)(void);
	const char *payload, *key;
	const char *value;	/* NULL: the key is absent */
};

static void check(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *r = &rows[i];
		struct mobileconfig m = r->make();
		const char *got = profile_get(profile_open(
			mobileconfig_enrollment(&m, a), a), r->payload, r->key,
			a);

		if (!str_eq(got, r->value))
			fail_msg("row %zu: %s %s: \"%s\", not \"%s\"", i,
				r->payload, r->key, got != NULL ? got :
				"(absent)", r->value != NULL ? r->value :
				"(absent)");
	}
}
#define CHECK(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))

static void test_top(void **state)
{
	static const struct row rows[] = {
		{ scep, "top", "PayloadType", "Configuration" },
		{ scep, "top", "PayloadVersion", "1" },
		{ scep, "top", "PayloadIdentifier", "mooring.enrollment" },
		{ scep, "top", "PayloadDisplayName", "Management" },
		{ scep, "top", "PayloadOrganization", "Example" },
		{ scep, "top", "PayloadDescription", "Text" },
		{ scep, "top", "PayloadScope", "System" },
		{ scep, "top", "PayloadRemovalDisallowed", "true" },
		{ bare, "top", "PayloadOrganization", NULL },
		{ bare, "top", "PayloadDescription", NULL },
		{ bare, "top", "PayloadRemovalDisallowed", NULL },
		{ bare, "root", "PayloadType", NULL },
	};

	(void)state;
	CHECK(rows);
}

static void test_mdm(void **state)
{
	static const struct row rows[] = {
		{ scep, "mdm", "PayloadVersion", "1" },
		{ scep, "mdm", "PayloadIdentifier", "mooring.enrollment.mdm" },
		{ scep, "mdm", "Topic", TOPIC },
		{ scep, "mdm", "ServerURL", MDM },
		{ scep, "mdm", "CheckInURL", MDM "/checkin" },
		{ scep, "mdm", "AccessRights", "8191" },
		{ scep, "mdm", "ServerCapabilities", "[one, two]" },
		{ scep, "mdm", "SignMessage", "true" },
		{ scep, "mdm", "CheckOutWhenRemoved", "true" },
		{ scep, "mdm", "UseDevelopmentAPNS", "false" },
		{ scep, "mdm", "EnrollmentMode", NULL },
		{ scep, "mdm", "AssignedManagedAppleID", NULL },
		{ scep, "mdm", "RequiredAppIDForMDM", NULL },
		{ scep, "mdm", "ServerURLPinningCertificateUUIDs", NULL },
		{ scep, "mdm", "CheckInURLPinningCertificateUUIDs", NULL },
		{ scep, "mdm", "PinningRevocationCheckRequired", NULL },
		{ scep, "mdm", "PromptUserToAllowBootstrapTokenForAuthentication",
			NULL },
		{ scep, "mdm", "ManagedAppleID", NULL },
		{ bare, "mdm", "AccessRights", NULL },
		{ bare, "mdm", "CheckInURL", NULL },
		{ bare, "mdm", "ServerCapabilities", NULL },
		{ bare, "mdm", "EnrollmentMode", "BYOD" },
		{ bare, "mdm", "AssignedManagedAppleID", "ann@example.com" },
		{ bare, "mdm", "RequiredAppIDForMDM", "4000000000" },
		{ bare, "mdm", "SignMessage", "false" },
		{ bare, "mdm", "ServerURLPinningCertificateUUIDs", NULL },
		{ pinned, "mdm", "EnrollmentMode", "ADDE" },
		{ pinned, "mdm", "AccessRights", "3" },
		{ pinned, "mdm", "SignMessage", "false" },
		{ pinned, "mdm", "CheckOutWhenRemoved", "false" },
		{ pinned, "mdm", "UseDevelopmentAPNS", "true" },
		{ pinned, "mdm", "PinningRevocationCheckRequired", "true" },
		{ pinned, "mdm",
			"PromptUserToAllowBootstrapTokenForAuthentication",
			"true" },
		{ acme_rsa, "mdm", "PinningRevocationCheckRequired", "false" },
	};

	(void)state;
	CHECK(rows);
}

static void test_scep(void **state)
{
	static const struct row rows[] = {
		{ scep, "scep", "URL", "https://mdm.example.com/scep" },
		{ scep, "scep", "Name", "ca" },
		{ scep, "scep", "Subject",
			"[[[O, Example & Sons]], [[CN, <device>]]]" },
		{ scep, "scep", "Challenge", "secret" },
		{ scep, "scep", "Keysize", "4096" },
		{ scep, "scep", "Key Type", "RSA" },
		{ scep, "scep", "Key Usage", "5" },
		{ scep, "scep", "Retries", "3" },
		{ scep, "scep", "RetryDelay", "10" },
		{ scep, "scep", "KeyIsExtractable", "false" },
		{ scep, "scep", "AllowAllAppsAccess", "false" },
		{ scep, "scep", "KeyType", NULL },
		{ scep, "scep", "KeyUsage", NULL },
		{ scep, "acme", "DirectoryURL", NULL },
		{ bare, "scep", "Name", NULL },
		{ bare, "scep", "Subject", NULL },
		{ bare, "scep", "Challenge", NULL },
		{ bare, "scep", "Keysize", "2048" },
	};

	(void)state;
	CHECK(rows);
}

static void test_acme(void **state)
{
	static const struct row rows[] = {
		{ pinned, "acme", "PayloadIdentifier", "x.acme" },
		{ pinned, "acme", "DirectoryURL", DIR_URL },
		{ pinned, "acme", "ClientIdentifier", "code" },
		{ pinned, "acme", "KeyType", "ECSECPrimeRandom" },
		{ pinned, "acme", "KeySize", "384" },
		{ pinned, "acme", "HardwareBound", "true" },
		{ pinned, "acme", "Subject",
			"[[[O, Example & Sons]], [[CN, <device>]]]" },
		{ pinned, "acme", "UsageFlags", "1" },
		{ pinned, "acme", "ExtendedKeyUsage", "[1.3.6.1.5.5.7.3.2]" },
		{ pinned, "acme", "Attest", "true" },
		{ pinned, "acme", "KeyIsExtractable", "false" },
		{ pinned, "acme", "AllowAllAppsAccess", "false" },
		{ pinned, "acme", "Challenge", NULL },
		{ pinned, "scep", "URL", NULL },
		{ acme_rsa, "acme", "KeyType", "RSA" },
		{ acme_rsa, "acme", "KeySize", "2048" },
		{ acme_rsa, "acme", "UsageFlags", "5" },
		{ acme_rsa, "acme", "HardwareBound", "false" },
		{ acme_rsa, "acme", "Attest", "false" },
	};

	(void)state;
	CHECK(rows);
}

static void test_anchors(void **state)
{
	struct mobileconfig m = pinned();
	const struct pl *root = profile_open(mobileconfig_enrollment(&m, a), a);
	const char *want = arena_printf(a, "[%s, %s]",
		pl_as_str(pl_dict_get(profile_payload(root,
			"com.apple.security.root", 0), "PayloadUUID")),
		pl_as_str(pl_dict_get(profile_payload(root,
			"com.apple.security.root", 1), "PayloadUUID")));

	(void)state;
	assert_string_equal(profile_get(root, "mdm",
		"ServerURLPinningCertificateUUIDs", a), want);
	assert_string_equal(profile_get(root, "mdm",
		"CheckInURLPinningCertificateUUIDs", a), want);
	assert_string_equal(profile_get(root, "root", "PayloadContent", a),
		enc_hex(a, cert_der(anchors[0], a)));
	assert_string_equal(profile_get(root, "root", "PayloadDisplayName", a),
		cert_subject(anchors[0], a));
	assert_null(profile_payload(root, "com.apple.security.root", 2));
}

/* A device installs in the order of the document: what is trusted, who it
 * is, management; and management names the identity before it. */
static void test_order(void **state)
{
	static const char *const types[] = { "com.apple.security.root",
		"com.apple.security.root", NULL, "com.apple.mdm" };
	struct mobileconfig made[] = { scep(), pinned() };

	(void)state;
	for (size_t m = 0; m < 2; m++) {
		const struct pl *root = profile_open(
			mobileconfig_enrollment(&made[m], a), a);
		const struct pl *all = pl_dict_get(root, "PayloadContent");
		const char *identity = m == 0 ? "com.apple.security.scep" :
			"com.apple.security.acme";

		assert_int_equal(pl_array_len(all), 4);
		for (uint32_t i = 0; i < 4; i++)
			assert_string_equal(pl_as_str(pl_dict_get(
				pl_array_at(all, i), "PayloadType")),
				types[i] != NULL ? types[i] : identity);
		assert_string_equal(profile_get(root, "mdm",
			"IdentityCertificateUUID", a), pl_as_str(pl_dict_get(
			pl_array_at(all, 2), "PayloadUUID")));
	}
}

/* What a text says when its UUIDs are struck out. */
static char *without_uuids(struct bytes xml)
{
	char *s = arena_str(a, xml);

	for (char *p = s; (p = strchr(p, '-')) != NULL; p++)
		if (p - s >= 8 && strlen(p) > 28 && p[5] == '-' &&
			p[10] == '-' && p[15] == '-')
			memset(p - 8, 'x', 36);
	return s;
}

static const char *uuid_of(const struct pl *root, uint32_t i)
{
	return pl_as_str(pl_dict_get(i == 0 ? root : pl_array_at(pl_dict_get(
		root, "PayloadContent"), i - 1), "PayloadUUID"));
}

/* Two are alike but for their UUIDs, of which none is there twice; nor is an
 * identifier. */
static void test_unique(void **state)
{
	struct mobileconfig m = pinned();
	struct bytes one = mobileconfig_enrollment(&m, a),
		two = mobileconfig_enrollment(&m, a);
	const struct pl *p[2] = { profile_open(one, a), profile_open(two, a) };
	const char *seen[10], *ids[5];

	(void)state;
	assert_string_equal(without_uuids(one), without_uuids(two));
	for (uint32_t i = 0; i < 10; i++) {
		seen[i] = uuid_of(p[i / 5], i % 5);
		assert_int_equal(strlen(seen[i]), 36);
		for (uint32_t k = 0; k < i; k++)
			assert_string_not_equal(seen[i], seen[k]);
	}
	for (uint32_t i = 0; i < 5; i++) {
		ids[i] = pl_as_str(pl_dict_get(i == 0 ? p[0] : pl_array_at(
			pl_dict_get(p[0], "PayloadContent"), i - 1),
			"PayloadIdentifier"));
		for (uint32_t k = 0; k < i; k++)
			assert_string_not_equal(ids[i], ids[k]);
	}
}

static void test_trust(void **state)
{
	const struct pl *root = profile_open(mobileconfig_trust("x.trust",
		"Trust", NULL, anchors, 2, a), a);

	(void)state;
	assert_string_equal(profile_get(root, "top", "PayloadIdentifier", a),
		"x.trust");
	assert_string_equal(profile_get(root, "top", "PayloadDisplayName", a),
		"Trust");
	assert_null(profile_get(root, "top", "PayloadOrganization", a));
	assert_int_equal(pl_array_len(pl_dict_get(root, "PayloadContent")), 2);
	for (unsigned i = 0; i < 2; i++)
		assert_string_equal(profile_text(pl_dict_get(profile_payload(
			root, "com.apple.security.root", i), "PayloadContent"),
			a), enc_hex(a, cert_der(anchors[i], a)));
}

static int setup(void **state)
{
	arena_setup(state);
	anchors[0] = data_cert(a, "ca");
	anchors[1] = data_cert(a, "ca-ec");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_top), cmocka_unit_test(test_mdm),
		cmocka_unit_test(test_scep), cmocka_unit_test(test_acme),
		cmocka_unit_test(test_anchors), cmocka_unit_test(test_order),
		cmocka_unit_test(test_unique), cmocka_unit_test(test_trust),
	};

	return cmocka_run_group_tests(tests, setup, arena_teardown);
}
