/* enroll/policy: who gets a profile in Setup Assistant, what others are told,
 * and how; enroll/discovery: the documents by which we are found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "admin_world.h"
#include "base/enc.h"
#include "codec/json.h"
#include "codec/pl.h"
#include "crypto_data.h"
#include "enroll/discovery.h"
#include "enroll/policy.h"

/* ---- versions ---- */

static void test_versions(void **state)
{
	static const struct {
		const char *less, *more;	/* more NULL: the same as less */
	} rows[] = {
		{ "17", "18" }, { "9.3.6", "10" }, { "17.6.1", "18.0" },
		{ "17.6", "17.6.1" }, { "17.9", "17.10" }, { "16.1", "16.1 (a)" },
		{ "16.1 (a)", "16.1 (c)" }, { "16.1 (c)", "16.1.1" },
		{ "17.6.1", "18.0 (a)" }, { "", "1" }, { "0", "0.1" },
		{ "x", "0.1" }, { "1.x", "1.1" }, { "1", "99999999999999999999" },
		{ "18", NULL }, { "16.1 (b)", NULL }, { "", NULL },
	};
	static const char *const same[][2] = {
		{ "18", "18.0" }, { "18.0", "18.0.0" }, { "16.1 (a)", "16.1 (A)" },
		{ "", "0" }, { "junk", "0.0" }, { "018", "18" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *x = rows[i].less, *y = rows[i].more;

		assert_int_equal(policy_version_compare(x, x), 0);
		if (y == NULL)
			continue;
		if (policy_version_compare(x, y) >= 0 ||
			policy_version_compare(y, x) <= 0)
			fail_msg("%s is not less than %s", x, y);
	}
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (policy_version_compare(same[i][0], same[i][1]) != 0 ||
			policy_version_compare(same[i][1], same[i][0]) != 0)
			fail_msg("%s is not %s", same[i][0], same[i][1]);
}

/* ---- judging ---- */

struct judging {
	struct admin_world *w;
	const struct conf *conf;
	const struct machineinfo *mi;
	struct policy out;
};

static int judge_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct judging *j = arg;

	return policy_judge(tx, j->conf, j->mi, j->w->a, &j->out, e);
}

static struct policy judge(struct admin_world *w, const struct conf *conf,
	const struct machineinfo *mi)
{
	struct judging j = { .w = w, .conf = conf, .mi = mi };

	/* It needs a transaction that only reads. */
	OK(store_read(w->op.store, judge_tx, &j, &w->err));
	return j.out;
}

static struct conf plain(void)
{
	struct conf conf = { .enrollment = CONF_ENROLL_OPEN };

	for (size_t i = 0; i < CONF_PLATFORMS; i++)
		conf.min_os[i] = conf.beta[i] = "";
	return conf;
}

static struct machineinfo phone(void)
{
	return (struct machineinfo){ .udid = "ADE-U", .serial = "ADE-S",
		.product = "iPhone15,2", .version = "21B91",
		.os_version = "17.1", .can_request_software_update = true,
		.verified = true };
}

struct allowing {
	enum store_allow kind;
	const char *value;
	bool is;
};

static int allow_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct allowing *x = arg;
	bool was;

	if (x->is)
		return store_allow_put(tx, x->kind, bytes_str(x->value), 1, e);
	return store_allow_del(tx, x->kind, bytes_str(x->value), &was, e);
}

static void allow(struct admin_world *w, enum store_allow kind,
	const char *value, bool is)
{
	struct allowing x = { kind, value, is };

	OK(store_write(w->op.store, allow_tx, &x, &w->err));
}

static void test_accepted(void **state)
{
	struct admin_world *w = *state;
	struct conf conf = plain();
	struct machineinfo mi = phone();
	struct policy p = judge(w, &conf, &mi);

	assert_int_equal(p.answer, POLICY_ACCEPT);
	assert_null(p.reason);
}

static void test_allowlist(void **state)
{
	static const struct {
		bool by_udid, by_serial, verified;
		enum policy_answer answer;
	} rows[] = {
		{ false, false, true, POLICY_UNRECOGNIZED },
		{ false, true, true, POLICY_ACCEPT },
		/* A serial is identity only where Apple vouches for it. */
		{ false, true, false, POLICY_UNRECOGNIZED },
		{ true, false, false, POLICY_ACCEPT },
		{ true, true, true, POLICY_ACCEPT },
	};
	struct admin_world *w = *state;
	struct conf conf = plain();
	struct machineinfo mi = phone();
	struct policy p;

	conf.enrollment = CONF_ENROLL_ALLOWLIST;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		allow(w, STORE_ALLOW_UDID, mi.udid, rows[i].by_udid);
		allow(w, STORE_ALLOW_SERIAL, mi.serial, rows[i].by_serial);
		/* The one is not the other. */
		allow(w, STORE_ALLOW_UDID, mi.serial, !rows[i].by_udid);
		mi.verified = rows[i].verified;
		p = judge(w, &conf, &mi);
		if (p.answer != rows[i].answer)
			fail_msg("row %zu: %d", i, (int)p.answer);
		if (p.answer == POLICY_UNRECOGNIZED)
			assert_non_null(strstr(p.reason, "allowlist"));
	}
}

static void test_blocked(void **state)
{
	struct admin_world *w = *state;
	struct conf conf = plain();
	struct machineinfo mi = phone();
	struct enrollment *en = admin_device(w, "ADE-BLOCKED");
	struct policy p;

	conf.min_os[0] = "99";
	mi.udid = "ADE-BLOCKED";
	assert_int_equal(judge(w, &conf, &mi).answer, POLICY_UPDATE);
	en->state = ENROLLMENT_BLOCKED;
	admin_put(w, en);
	p = judge(w, &conf, &mi);
	assert_int_equal(p.answer, POLICY_UNRECOGNIZED);
	assert_non_null(strstr(p.reason, "blocked"));
	en->state = ENROLLMENT_UNMANAGED;	/* may come back */
	admin_put(w, en);
	assert_int_equal(judge(w, &conf, &mi).answer, POLICY_UPDATE);
}

/* Each platform has its own settings, and no other's count. */
static void test_each_platform(void **state)
{
	static const char *const products[CONF_PLATFORMS] = { "iPhone15,2",
		"iPad13,1", "Mac14,7", "AppleTV14,1", "RealityDevice14,1",
		"Watch6,1" };
	struct admin_world *w = *state;
	struct machineinfo mi = phone();
	struct policy p;

	for (size_t i = 0; i < CONF_PLATFORMS; i++) {
		struct conf conf = plain();

		mi.product = products[i];
		conf.min_os[i] = "18.1 22B83";
		conf.beta[i] = arena_printf(w->a, "token%zu Beta %zu", i, i);
		p = judge(w, &conf, &mi);
		assert_int_equal(p.answer, POLICY_UPDATE);
		assert_string_equal(p.os_version, "18.1");
		assert_string_equal(p.build_version, "22B83");
		assert_string_equal(p.beta_token, arena_printf(w->a,
			"token%zu", i));
		assert_string_equal(p.beta_description, arena_printf(w->a,
			"Beta %zu", i));
		mi.os_version = "18.1";
		assert_int_equal(judge(w, &conf, &mi).answer, POLICY_ACCEPT);
		mi.os_version = "17.1";
		for (size_t j = 0; j < CONF_PLATFORMS; j++)
			conf.min_os[j] = j == i ? "" : "99";
		assert_int_equal(judge(w, &conf, &mi).answer, POLICY_ACCEPT);
	}
}

static void test_least_version(void **state)
{
	static const struct {
		const char *least, *os, *extra;	/* extra: SUPPLEMENTAL_… */
		bool can, must;
		enum policy_answer answer;
		const char *version, *build, *reason;
	} rows[] = {
		{ "17.1", "17.1", NULL, true, false, POLICY_ACCEPT,
			NULL, NULL, NULL },
		{ "17.1.1", "17.1", NULL, true, false, POLICY_UPDATE,
			"17.1.1", NULL, "iOS 17.1 is older than 17.1.1" },
		{ "17.1 (a)", "17.1", NULL, true, false, POLICY_UPDATE,
			"17.1 (a)", NULL, "older" },
		{ "17.1 (a)", "17.1", "(a)", true, false, POLICY_ACCEPT,
			NULL, NULL, NULL },
		{ "17.1 (b)", "17.1", "(a)", true, false, POLICY_UPDATE,
			"17.1 (b)", NULL, "older" },
		{ "17.2 (b) 21C62", "17.1", NULL, true, false, POLICY_UPDATE,
			"17.2 (b)", "21C62", "older" },
		{ "18", "17.1", NULL, false, true, POLICY_UPDATE,
			"18", NULL, "older" },
		{ "18", "17.1", NULL, false, false, POLICY_ACCEPT,
			NULL, NULL, "cannot be asked to update" },
		{ "18", NULL, NULL, true, true, POLICY_ACCEPT,
			NULL, NULL, "does not say its version" },
	};
	struct admin_world *w = *state;
	struct machineinfo mi = phone();
	struct conf conf = plain();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct policy p;

		conf.min_os[0] = rows[i].least;
		mi.os_version = rows[i].os;
		mi.supplemental_extra = rows[i].extra;
		mi.can_request_software_update = rows[i].can;
		mi.mandatory_software_update = rows[i].must;
		p = judge(w, &conf, &mi);
		if (p.answer != rows[i].answer ||
			!str_eq(p.os_version, rows[i].version) ||
			!str_eq(p.build_version, rows[i].build))
			fail_msg("row %zu: %d %s", i, (int)p.answer,
				p.reason != NULL ? p.reason : "");
		if (rows[i].reason == NULL)
			assert_null(p.reason);
		else
			assert_non_null(strstr(p.reason, rows[i].reason));
		assert_null(p.beta_token);
	}
}

static void test_watch(void **state)
{
	struct admin_world *w = *state;
	struct machineinfo mi = phone();
	struct conf conf = plain();
	struct policy p, other;

	conf.min_os[5] = "99";
	conf.watch_pairing = true;
	assert_int_equal(judge(w, &conf, &mi).answer, POLICY_ACCEPT);
	mi.product = "Watch6,1";
	p = judge(w, &conf, &mi);
	assert_int_equal(p.answer, POLICY_PAIRING_TOKEN);
	assert_int_equal(strlen(p.security_token), 36);
	other = judge(w, &conf, &mi);
	assert_string_not_equal(p.security_token, other.security_token);
	mi.pairing_token = bytes_of("t", 1);
	assert_int_equal(judge(w, &conf, &mi).answer, POLICY_UPDATE);
	mi.pairing_token = bytes_of(NULL, 0);
	conf.watch_pairing = false;
	assert_int_equal(judge(w, &conf, &mi).answer, POLICY_UPDATE);
	mi.udid = mi.serial = "on no list";
	conf.enrollment = CONF_ENROLL_ALLOWLIST;
	conf.watch_pairing = true;
	assert_int_equal(judge(w, &conf, &mi).answer, POLICY_UNRECOGNIZED);
}

/* ---- error documents ---- */

static const struct {
	struct policy p;
	const char *json, *plist;	/* plist: without what each has */
} documents[] = {
	{ { .answer = POLICY_UNRECOGNIZED, .reason = "why \"so\"" },
	  "{\"code\":\"com.apple.unrecognized.device\","
	  "\"description\":\"why \\\"so\\\"\"}",
	  "<key>code</key><string>com.apple.unrecognized.device</string>"
	  "<key>description</key><string>why \"so\"</string>" },
	{ { .answer = POLICY_UPDATE, .reason = "old", .os_version = "18.1" },
	  "{\"code\":\"com.apple.softwareupdate.required\","
	  "\"description\":\"old\",\"details\":{\"OSVersion\":\"18.1\"}}",
	  "<key>code</key><string>com.apple.softwareupdate.required</string>"
	  "<key>description</key><string>old</string>"
	  "<key>details</key><dict><key>OSVersion</key><string>18.1</string>"
	  "</dict>" },
	{ { .answer = POLICY_UPDATE, .reason = "old",
	    .os_version = "18.1 (a)", .build_version = "22B83" },
	  "{\"code\":\"com.apple.softwareupdate.required\","
	  "\"description\":\"old\",\"details\":{\"OSVersion\":\"18.1 (a)\","
	  "\"BuildVersion\":\"22B83\"}}",
	  "<key>code</key><string>com.apple.softwareupdate.required</string>"
	  "<key>description</key><string>old</string>"
	  "<key>details</key><dict><key>OSVersion</key>"
	  "<string>18.1 (a)</string><key>BuildVersion</key>"
	  "<string>22B83</string></dict>" },
	{ { .answer = POLICY_UPDATE, .reason = "old", .os_version = "18.1",
	    .beta_token = "tok", .beta_description = "Beta <1>" },
	  "{\"code\":\"com.apple.softwareupdate.required\","
	  "\"description\":\"old\",\"details\":{\"OSVersion\":\"18.1\","
	  "\"RequireBetaProgram\":{\"Description\":\"Beta <1>\","
	  "\"Token\":\"tok\"}}}",
	  "<key>code</key><string>com.apple.softwareupdate.required</string>"
	  "<key>description</key><string>old</string>"
	  "<key>details</key><dict><key>OSVersion</key><string>18.1</string>"
	  "<key>RequireBetaProgram</key><dict><key>Description</key>"
	  "<string>Beta &lt;1&gt;</string><key>Token</key>"
	  "<string>tok</string></dict></dict>" },
	{ { .answer = POLICY_PAIRING_TOKEN, .reason = "watch",
	    .security_token = "9D6C" },
	  "{\"code\":\"com.apple.watch.pairing.token.missing\","
	  "\"description\":\"watch\",\"details\":{\"security-token\":"
	  "\"9D6C\"}}",
	  "<key>code</key>"
	  "<string>com.apple.watch.pairing.token.missing</string>"
	  "<key>description</key><string>watch</string><key>details</key>"
	  "<dict><key>security-token</key><string>9D6C</string></dict>" },
};

/* Both are read back, since neither promises an order of its keys. */
static void test_documents(void **state)
{
	struct admin_world *w = *state;
	struct json *want, *got;
	struct pl *wanted, *found;
	const char *type;

	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		struct bytes json = policy_body(&documents[i].p,
			CONF_ERROR_JSON, w->a, &type), plist;

		assert_string_equal(type, "application/json");
		OK(json_parse(json, w->a, &got, &w->err));
		OK(json_parse(bytes_str(documents[i].json), w->a, &want,
			&w->err));
		assert_string_equal(json_text(got, NULL, w->a),
			json_text(want, NULL, w->a));
		plist = policy_body(&documents[i].p, CONF_ERROR_PLIST, w->a,
			&type);
		assert_string_equal(type, "application/xml");
		OK(pl_parse(plist, w->a, &found, &w->err));
		OK(pl_parse(bytes_str(arena_printf(w->a,
			"<plist><dict>%s</dict></plist>", documents[i].plist)),
			w->a, &wanted, &w->err));
		assert_string_equal(arena_str(w->a, pl_xml(found, w->a)),
			arena_str(w->a, pl_xml(wanted, w->a)));
	}
}

/* ---- discovery ---- */

static void test_discovery(void **state)
{
	struct admin_world *w = *state;
	struct conf conf = { .url = "https://mdm.example.com:8443",
		.account_enrollment = CONF_ACCOUNT_BYOD };
	struct cert *const anchors[] = { data_cert(w->a, "ca"),
		data_cert(w->a, "ca-ec") };
	struct json *list;
	struct bytes der;

	assert_true(bytes_is(discovery_service_config(&conf, false, w->a),
		"{\"dep_enrollment_url\":"
		"\"https://mdm.example.com:8443/mdm/enroll\","
		"\"dep_anchor_certs_url\":"
		"\"https://mdm.example.com:8443/mdm/enroll/anchors\"}"));
	assert_true(bytes_is(discovery_service_config(&conf, true, w->a),
		"{\"dep_enrollment_url\":"
		"\"https://mdm.example.com:8443/mdm/enroll\","
		"\"dep_anchor_certs_url\":"
		"\"https://mdm.example.com:8443/mdm/enroll/anchors\","
		"\"trust_profile_url\":"
		"\"https://mdm.example.com:8443/mdm/enroll/trust\"}"));
	assert_true(bytes_is(discovery_anchors(NULL, 0, w->a), "[]"));
	OK(json_parse(discovery_anchors(anchors, 2, w->a), w->a, &list,
		&w->err));
	assert_int_equal(json_len(list), 2);
	for (size_t i = 0; i < 2; i++) {
		assert_true(enc_unbase64(w->a, bytes_str(json_as_str(
			json_at(list, i))), false, &der));
		assert_true(bytes_eq(der, cert_der(anchors[i], w->a)));
	}
	assert_true(bytes_is(discovery_remote_management(&conf, w->a),
		"{\"Servers\":[{\"Version\":\"mdm-byod\",\"BaseURL\":"
		"\"https://mdm.example.com:8443/mdm/enroll/byod\"}]}"));
	conf.account_enrollment = CONF_ACCOUNT_ADDE;
	assert_true(bytes_is(discovery_remote_management(&conf, w->a),
		"{\"Servers\":[{\"Version\":\"mdm-adde\",\"BaseURL\":"
		"\"https://mdm.example.com:8443/mdm/enroll/adde\"}]}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions), EACH(test_accepted),
		EACH(test_allowlist), EACH(test_blocked),
		EACH(test_each_platform), EACH(test_least_version),
		EACH(test_watch), EACH(test_documents), EACH(test_discovery),
	};

	return cmocka_run_group_tests(tests, admin_setup, admin_teardown);
}
