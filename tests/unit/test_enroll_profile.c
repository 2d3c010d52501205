/* enroll/enroll_profile: from settings to profiles, and what is kept of
 * them: challenges, invites, the minute's count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "admin/op_push_cert.h"
#include "admin_world.h"
#include "auth/ticket.h"
#include "base/file.h"
#include "crypto/cms.h"
#include "crypto_data.h"
#include "enroll/enroll_profile.h"
#include "profile_read.h"

#define TOPIC "topic = com.apple.mgmt.External.set\n"
#define ACME "identity_source = acme\n" \
	"acme_url = https://ca.example.com/acme/directory\n"
#define EXTERNAL "scep_url = https://ca.example.com/scep\n"

static const struct grant anybody = { .source = GRANT_OPERATOR };
static const struct grant named = { .source = GRANT_OPERATOR,
	.serial = "C0FFEE", .udid = "UDID-1" };
static const struct grant by_udid = { .source = GRANT_OPERATOR,
	.udid = "UDID-1" };
static const struct grant open_to_all = { .source = GRANT_OPEN };
static const struct grant renewal = { .source = GRANT_RENEWAL,
	.enrollment = 7, .serial = "C0FFEE" };

/* Settings as a file has them, after url. */
static struct enroll_context settings(struct admin_world *w,
	const char *lines)
{
	struct enroll_context cx = { .store = w->op.store, .now = w->op.now,
		.arena = w->a };
	struct conf *conf;

	OK(file_write(file_path(w->a, w->dir, "mooring.conf"), bytes_str(
		arena_printf(w->a, "url = https://mdm.example.com:8443\n%s",
		lines)), 0600, &w->err));
	OK(conf_load(w->dir, w->a, &conf, &w->err));
	cx.conf = conf;
	return cx;
}

/* A certificate and its key. */
static struct bytes data_pair(struct arena *a, const char *name)
{
	return bytes_str(arena_printf(a, "%s%s", data_pem(a, name),
		arena_str(a, data_file(a, arena_printf(a, "%s.key", name)))));
}

static struct enroll_profile make(struct admin_world *w,
	const struct enroll_context *cx, const struct grant *g)
{
	struct enroll_profile p;

	OK(enroll_profile_make(cx, g, NULL, 0, &p, &w->err));
	return p;
}

/* ---- tickets in the store ---- */

struct looking {
	unsigned char hash[DIGEST_LEN];
	struct arena *a;
	struct ticket *t;
	size_t n;
};

static int get_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct looking *l = arg;

	return store_ticket_get(tx, l->hash, l->a, &l->t, e);
}

/* NULL: absent. */
static struct ticket *ticket_of(struct admin_world *w, const char *text)
{
	struct looking l = { .a = w->a };

	ticket_hash(text, l.hash);
	OK(store_read(w->op.store, get_tx, &l, &w->err));
	return l.t;
}

static int count_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct looking *l = arg;
	struct bytes next;
	struct ticket **list;

	return store_ticket_list(tx, 0, (struct bytes){ NULL, 0 }, 1000, l->a,
		&list, &l->n, &next, e);
}

static size_t tickets(struct admin_world *w)
{
	struct looking l = { .a = w->a };

	OK(store_read(w->op.store, count_tx, &l, &w->err));
	return l.n;
}

struct inviting {
	struct grant grant;
	int64_t now, ttl;
	struct arena *a;
	const char *text;
};

static int invite_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct inviting *i = arg;

	return ticket_new(tx, TICKET_INVITE, &i->grant, i->now, i->ttl, i->a,
		&i->text, e);
}

static const char *invite(struct admin_world *w, const char *serial)
{
	struct inviting i = { .grant = { .source = GRANT_INVITE,
		.serial = serial }, .now = w->op.now, .ttl = 3600,
		.a = w->a };

	OK(store_write(w->op.store, invite_tx, &i, &w->err));
	return i.text;
}

struct using {
	const char *text;
	int64_t now;
	struct arena *a;
	bool only_check;
};

static int use_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct using *u = arg;
	struct ticket *t;

	if (ticket_check(tx, TICKET_CHALLENGE, u->text, u->now, u->a, &t,
		e) < 0)
		return -1;
	return u->only_check ? 0 : ticket_use(tx, t, u->now, e);
}

static int use(struct admin_world *w, const char *challenge)
{
	struct using u = { challenge, w->op.now, w->a, false };

	return store_write(w->op.store, use_tx, &u, &w->err);
}

static const char *challenge_of(struct admin_world *w,
	const struct enroll_profile *p)
{
	return profile_get(profile_open(p->body, w->a), "scep", "Challenge",
		w->a);
}

/* ---- settings to keys ---- */

struct row {
	const char *lines;
	const struct grant *grant;
	const char *payload, *key;
	const char *value;	/* NULL: absent */
};

static const struct row rows[] = {
	/* Defaults. */
	{ "", &anybody, "top", "PayloadIdentifier", "mooring.enrollment" },
	{ "", &anybody, "top", "PayloadDisplayName", "Device management" },
	{ "", &anybody, "top", "PayloadOrganization", NULL },
	{ "", &anybody, "top", "PayloadDescription", NULL },
	{ "", &anybody, "top", "PayloadRemovalDisallowed", NULL },
	{ "", &anybody, "mdm", "Topic", "com.apple.mgmt.External.set" },
	{ "", &anybody, "mdm", "ServerURL",
		"https://mdm.example.com:8443/mdm" },
	{ "", &anybody, "mdm", "CheckInURL",
		"https://mdm.example.com:8443/mdm/checkin" },
	{ "", &anybody, "mdm", "AccessRights", "8191" },
	{ "", &anybody, "mdm", "ServerCapabilities",
		"[com.apple.mdm.per-user-connections]" },
	{ "", &anybody, "mdm", "SignMessage", "true" },
	{ "", &anybody, "mdm", "CheckOutWhenRemoved", "true" },
	{ "", &anybody, "mdm", "UseDevelopmentAPNS", "false" },
	{ "", &anybody, "mdm", "ServerURLPinningCertificateUUIDs", NULL },
	{ "", &anybody, "mdm", "PinningRevocationCheckRequired", NULL },
	{ "", &anybody, "mdm",
		"PromptUserToAllowBootstrapTokenForAuthentication", NULL },
	{ "", &anybody, "mdm", "EnrollmentMode", NULL },
	{ "", &anybody, "mdm", "RequiredAppIDForMDM", NULL },
	{ "", &anybody, "scep", "URL", "https://mdm.example.com:8443/scep" },
	{ "", &anybody, "scep", "Name", NULL },
	{ "", &anybody, "scep", "Keysize", "2048" },
	{ "", &named, "scep", "Subject", "[[[CN, C0FFEE]]]" },
	{ "", &by_udid, "scep", "Subject", "[[[CN, UDID-1]]]" },
	{ "", &renewal, "scep", "Subject", "[[[CN, C0FFEE]]]" },
	{ "", &anybody, "acme", "DirectoryURL", NULL },
	/* Each setting. */
	{ "profile_identifier = org.example.mdm\n", &anybody, "top",
		"PayloadIdentifier", "org.example.mdm" },
	{ "profile_identifier = org.example.mdm\n", &anybody, "mdm",
		"PayloadIdentifier", "org.example.mdm.mdm" },
	{ "profile_name = Höhe & <Tiefe>\n", &anybody, "top",
		"PayloadDisplayName", "Höhe & <Tiefe>" },
	{ "profile_description = Text\n", &anybody, "top",
		"PayloadDescription", "Text" },
	{ "organization = Example\n", &anybody, "top", "PayloadOrganization",
		"Example" },
	{ "organization = Example\n", &named, "scep", "Subject",
		"[[[O, Example]], [[CN, C0FFEE]]]" },
	{ "profile_removable = no\n", &anybody, "top",
		"PayloadRemovalDisallowed", "true" },
	{ "access_rights = 3\n", &anybody, "mdm", "AccessRights", "3" },
	{ "server_capabilities = com.apple.mdm.bootstraptoken, "
		"com.apple.mdm.token\n", &anybody, "mdm", "ServerCapabilities",
		"[com.apple.mdm.bootstraptoken, com.apple.mdm.token]" },
	{ "server_capabilities =\n", &anybody, "mdm", "ServerCapabilities",
		NULL },
	{ "sign_message = no\n", &anybody, "mdm", "SignMessage", "false" },
	{ "check_out_when_removed = no\n", &anybody, "mdm",
		"CheckOutWhenRemoved", "false" },
	{ "development_apns = yes\n", &anybody, "mdm", "UseDevelopmentAPNS",
		"true" },
	{ "pinning = yes\n", &anybody, "mdm",
		"PinningRevocationCheckRequired", "false" },
	{ "pinning = yes\npinning_revocation_check = yes\n", &anybody, "mdm",
		"PinningRevocationCheckRequired", "true" },
	{ "prompt_bootstrap_token = yes\n", &anybody, "mdm",
		"PromptUserToAllowBootstrapTokenForAuthentication", "true" },
	/* Only where somebody signed in. */
	{ "required_app = 361309726\n", &anybody, "mdm",
		"RequiredAppIDForMDM", NULL },
	{ "identity_key_size = 4096\n", &anybody, "scep", "Keysize", "4096" },
	/* Another CA. */
	{ EXTERNAL, &anybody, "scep", "URL",
		"https://ca.example.com/scep" },
	{ EXTERNAL, &anybody, "scep", "Challenge", NULL },
	{ EXTERNAL "scep_url_challenge = theirs\n", &anybody, "scep",
		"Challenge", "theirs" },
	{ EXTERNAL "scep_name = ca-1\n", &anybody, "scep", "Name", "ca-1" },
	{ ACME, &anybody, "scep", "URL", NULL },
	{ ACME, &anybody, "acme", "DirectoryURL",
		"https://ca.example.com/acme/directory" },
	{ ACME, &anybody, "acme", "KeyType", "ECSECPrimeRandom" },
	{ ACME, &anybody, "acme", "KeySize", "384" },
	{ ACME, &anybody, "acme", "HardwareBound", "true" },
	{ ACME, &anybody, "acme", "Attest", "true" },
	{ ACME, &named, "acme", "ClientIdentifier", "C0FFEE" },
	{ ACME, &by_udid, "acme", "ClientIdentifier", "UDID-1" },
	{ ACME, &named, "acme", "Subject", "[[[CN, C0FFEE]]]" },
	{ ACME "acme_attest = no\n", &anybody, "acme", "Attest", "false" },
	{ ACME "acme_hardware = no\n", &anybody, "acme", "HardwareBound",
		"false" },
	{ ACME "acme_hardware = no\n", &anybody, "acme", "Attest", "false" },
	{ ACME "acme_key = ec256\n", &anybody, "acme", "KeySize", "256" },
	{ ACME "acme_key = rsa2048\n", &anybody, "acme", "KeyType", "RSA" },
	{ ACME "acme_key = rsa2048\n", &anybody, "acme", "KeySize", "2048" },
	{ ACME "acme_key = rsa4096\n", &anybody, "acme", "KeySize", "4096" },
	{ ACME "acme_key = rsa4096\n", &anybody, "acme", "HardwareBound",
		"false" },
};

static void test_settings(void **state)
{
	struct admin_world *w = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		struct enroll_context cx = settings(w, arena_printf(w->a,
			TOPIC "%s", r->lines));
		struct enroll_profile p = make(w, &cx, r->grant);
		const char *got = profile_get(profile_open(p.body, w->a),
			r->payload, r->key, w->a);

		assert_false(p.is_signed);
		if (!str_eq(got, r->value))
			fail_msg("%s%s %s: \"%s\", not \"%s\"", r->lines,
				r->payload, r->key, got != NULL ? got :
				"(absent)", r->value != NULL ? r->value :
				"(absent)");
		arena_reset(w->a);
	}
}

/* Somebody signed in. */
static void test_account(void **state)
{
	struct admin_world *w = *state;
	struct enroll_context cx = settings(w, TOPIC "required_app = 42\n");
	struct profile_facts f;
	struct enroll_profile p;
	const struct pl *root;

	OK(enroll_facts(&cx, "BYOD", "ann@example.com", &f, &w->err));
	assert_int_equal(f.access_rights, 0);
	assert_null(profile_facts_missing(&f));
	OK(enroll_profile_make(&cx, &anybody, &f, 0, &p, &w->err));
	root = profile_open(p.body, w->a);
	assert_null(profile_get(root, "mdm", "AccessRights", w->a));
	assert_string_equal(profile_get(root, "mdm", "EnrollmentMode", w->a),
		"BYOD");
	assert_string_equal(profile_get(root, "mdm", "AssignedManagedAppleID",
		w->a), "ann@example.com");
	assert_string_equal(profile_get(root, "mdm", "RequiredAppIDForMDM",
		w->a), "42");
	OK(enroll_facts(&cx, "ADDE", "ann@example.com", &f, &w->err));
	OK(enroll_profile_make(&cx, &anybody, &f, 0, &p, &w->err));
	assert_string_equal(profile_get(profile_open(p.body, w->a), "mdm",
		"AccessRights", w->a), "8191");
}

static void test_topic(void **state)
{
	struct admin_world *w = *state;
	struct enroll_context cx = settings(w, "");
	struct enroll_profile p;
	struct push_cert *cert;
	struct profile_facts f;

	FAILS(ERR_CONFLICT, enroll_facts(&cx, NULL, NULL, &f, &w->err));
	assert_non_null(strstr(w->err.msg, "mooringctl push-cert put"));
	FAILS(ERR_CONFLICT, enroll_profile_make(&cx, &anybody, NULL, 0, &p,
		&w->err));
	assert_int_equal(tickets(w), 0);
	OK(op_push_cert_put(&w->op, data_pair(w->a, "push"), false, w->a,
		&cert, &w->err));
	OK(enroll_facts(&cx, NULL, NULL, &f, &w->err));
	assert_string_equal(f.topic, cert->topic);
	assert_string_equal(profile_get(profile_open(make(w, &cx,
		&anybody).body, w->a), "mdm", "Topic", w->a), cert->topic);
	OK(op_push_cert_put(&w->op, data_pair(w->a, "push-other"), true, w->a,
		&cert, &w->err));
	FAILS(ERR_CONFLICT, enroll_facts(&cx, NULL, NULL, &f, &w->err));
	assert_non_null(strstr(w->err.msg, "several"));
	cx = settings(w, TOPIC);
	OK(enroll_facts(&cx, NULL, NULL, &f, &w->err));
	assert_string_equal(f.topic, "com.apple.mgmt.External.set");
}

/* ---- who is told what to trust ---- */

static void test_anchors(void **state)
{
	struct admin_world *w = *state;
	const char *two = arena_printf(w->a, "%s/two.pem", w->dir);
	struct enroll_context cx = settings(w, TOPIC "pinning = yes\n");
	const char *root_file = file_path(w->a, w->dir, "pki/server-root.pem");
	struct bytes root_pem;
	const struct pl *root;
	struct enroll_profile p;
	struct cert *own;

	OK(file_read(root_file, 1 << 20, w->a, &root_pem, &w->err));
	OK(cert_from_pem(root_pem, w->a, &own, &w->err));
	root = profile_open(make(w, &cx, &anybody).body, w->a);
	assert_string_equal(profile_get(root, "root", "PayloadContent", w->a),
		enc_hex(w->a, cert_der(own, w->a)));
	assert_string_equal(profile_get(root, "mdm",
		"ServerURLPinningCertificateUUIDs", w->a), arena_printf(w->a,
		"[%s]", profile_get(root, "root", "PayloadUUID", w->a)));

	OK(file_write(two, bytes_str(arena_printf(w->a, "%s%s", data_pem(w->a,
		"ca"), data_pem(w->a, "ca-ec"))), 0600, &w->err));
	cx = settings(w, arena_printf(w->a, TOPIC "trust_file = %s\n", two));
	root = profile_open(make(w, &cx, &anybody).body, w->a);
	assert_non_null(profile_payload(root, "com.apple.security.root", 1));
	assert_null(profile_payload(root, "com.apple.security.root", 2));
	assert_string_equal(profile_get(root, "root", "PayloadContent", w->a),
		enc_hex(w->a, cert_der(data_cert(w->a, "ca"), w->a)));

	cx = settings(w, TOPIC "trust_file = /nowhere/root.pem\n");
	FAILS(ERR_CONFLICT, enroll_profile_make(&cx, &anybody, NULL, 0, &p,
		&w->err));

	/* A public certificate: nothing to be told, nothing to pin to. */
	assert_int_equal(remove(root_file), 0);
	cx = settings(w, TOPIC);
	root = profile_open(make(w, &cx, &anybody).body, w->a);
	assert_null(profile_payload(root, "com.apple.security.root", 0));
	cx = settings(w, TOPIC "pinning = yes\n");
	FAILS(ERR_CONFLICT, enroll_profile_make(&cx, &anybody, NULL, 0, &p,
		&w->err));
	OK(file_write(root_file, root_pem, 0600, &w->err));
}

/* ---- the signature ---- */

static void test_signed(void **state)
{
	struct admin_world *w = *state;
	const char *cert = arena_printf(w->a, "%s/sign.pem", w->dir);
	const char *key = arena_printf(w->a, "%s/sign.key", w->dir);
	struct enroll_how plain = { .without_signature = true };
	struct enroll_context cx;
	struct enroll_profile p;
	struct cms_attached cms;
	size_t before;

	OK(file_write(cert, bytes_str(arena_printf(w->a, "%s%s", data_pem(w->a,
		"push"), data_pem(w->a, "ca"))), 0600, &w->err));
	OK(file_write(key, data_file(w->a, "push.key"), 0600, &w->err));
	cx = settings(w, arena_printf(w->a, TOPIC "profile_sign_cert = %s\n"
		"profile_sign_key = %s\n", cert, key));
	p = make(w, &cx, &anybody);
	assert_true(p.is_signed);
	OK(cms_verify_attached(p.body, w->a, &cms, &w->err));
	assert_int_equal(cms.n_certs, 2);
	assert_string_equal(cert_pem(cms.signer, w->a), cert_pem(data_cert(
		w->a, "push"), w->a));
	assert_non_null(ticket_of(w, profile_get(profile_open(cms.content,
		w->a), "scep", "Challenge", w->a)));
	OK(enroll_profile_make_as(&cx, &anybody, NULL, 0, &plain, &p,
		&w->err));
	assert_false(p.is_signed);
	assert_non_null(challenge_of(w, &p));

	/* What cannot be signed costs no challenge. */
	before = tickets(w);
	OK(file_write(key, data_file(w->a, "push-other.key"), 0600, &w->err));
	FAILS(ERR_CONFLICT, enroll_profile_make(&cx, &anybody, NULL, 0, &p,
		&w->err));
	assert_non_null(strstr(w->err.msg, "profile_sign_key"));
	assert_int_equal(remove(key), 0);
	FAILS(ERR_CONFLICT, enroll_profile_make(&cx, &anybody, NULL, 0, &p,
		&w->err));
	cx = settings(w, arena_printf(w->a, TOPIC "profile_sign_cert = %s\n",
		cert));
	FAILS(ERR_CONFLICT, enroll_profile_make(&cx, &anybody, NULL, 0, &p,
		&w->err));
	assert_int_equal(tickets(w), before);
}

/* ---- challenges ---- */

static void test_challenge(void **state)
{
	struct admin_world *w = *state;
	struct enroll_context cx = settings(w, TOPIC
		"challenge_minutes = 5\naccess_rights = 3\n");
	struct enroll_how look = { .without_challenge = true };
	struct enroll_profile p = make(w, &cx, &named), other;
	struct ticket *t = ticket_of(w, challenge_of(w, &p));
	struct profile_facts f;
	size_t n;

	assert_non_null(t);
	assert_int_equal(t->kind, TICKET_CHALLENGE);
	assert_int_equal(t->created, w->op.now);
	assert_int_equal(t->expires, w->op.now + 300);
	assert_string_equal(t->grant.serial, "C0FFEE");
	assert_string_equal(t->grant.udid, "UDID-1");
	OK(profile_facts_parse(t->grant.facts, w->a, &f, &w->err));
	assert_int_equal(f.access_rights, 3);
	assert_string_equal(f.topic, "com.apple.mgmt.External.set");
	assert_string_equal(f.identifier, "mooring.enrollment");
	assert_null(profile_facts_missing(&f));
	other = make(w, &cx, &named);
	assert_string_not_equal(challenge_of(w, &other), challenge_of(w, &p));
	OK(enroll_profile_make(&cx, &named, NULL, 90, &p, &w->err));
	assert_int_equal(ticket_of(w, challenge_of(w, &p))->expires,
		w->op.now + 90);

	/* What another CA knows is not stored here; nor what nobody gets. */
	n = tickets(w);
	OK(enroll_profile_make_as(&cx, &named, NULL, 0, &look, &p, &w->err));
	assert_null(challenge_of(w, &p));
	cx = settings(w, TOPIC EXTERNAL);
	make(w, &cx, &named);
	cx = settings(w, TOPIC ACME);
	make(w, &cx, &named);
	assert_int_equal(tickets(w), n);
}

/* The nonce is there when another CA issues a renewal, and only then. */
static void test_nonce(void **state)
{
	static const struct grant odd = { .source = GRANT_RENEWAL,
		.serial = "a serial number that leaves no room for a nonce" };
	struct admin_world *w = *state;
	struct enroll_context cx = settings(w, TOPIC EXTERNAL
		"organization = Example\n");
	struct enroll_profile p = make(w, &cx, &renewal), again;

	assert_int_equal(strlen(p.nonce), 32);
	assert_string_equal(profile_get(profile_open(p.body, w->a), "scep",
		"Subject", w->a), arena_printf(w->a,
		"[[[O, Example]], [[CN, C0FFEE %s]]]", p.nonce));
	again = make(w, &cx, &renewal);
	assert_string_not_equal(again.nonce, p.nonce);
	p = make(w, &cx, &odd);
	assert_string_equal(profile_get(profile_open(p.body, w->a), "scep",
		"Subject", w->a), arena_printf(w->a,
		"[[[O, Example]], [[CN, Device %s]]]", p.nonce));
	assert_null(make(w, &cx, &named).nonce);
	cx = settings(w, TOPIC);
	assert_null(make(w, &cx, &renewal).nonce);
}

static void test_acme_needs_url(void **state)
{
	struct admin_world *w = *state;
	struct enroll_context cx = settings(w, TOPIC
		"identity_source = acme\n");
	struct enroll_profile p;

	FAILS(ERR_CONFLICT, enroll_profile_make(&cx, &anybody, NULL, 0, &p,
		&w->err));
	assert_non_null(strstr(w->err.msg, "acme_url"));
}

/* ---- the rate ---- */

static void test_rate(void **state)
{
	static const struct grant unverified = {
		.source = GRANT_ADE_UNVERIFIED };
	struct admin_world *w = *state;
	struct enroll_context cx = settings(w, TOPIC "challenge_rate = 3\n");
	struct enroll_profile p;
	size_t n;

	cx.now += 1000;
	make(w, &cx, &open_to_all);
	make(w, &cx, &unverified);
	cx.now += 30;
	make(w, &cx, &open_to_all);
	n = tickets(w);
	FAILS(ERR_BUSY, enroll_profile_make(&cx, &open_to_all, NULL, 0, &p,
		&w->err));
	FAILS(ERR_BUSY, enroll_profile_make(&cx, &unverified, NULL, 0, &p,
		&w->err));
	assert_int_equal(tickets(w), n);
	/* A process with an older clock sees them too. */
	cx.now -= 31;
	FAILS(ERR_BUSY, enroll_profile_make(&cx, &open_to_all, NULL, 0, &p,
		&w->err));
	/* Who was vouched for does not wait, nor count. */
	make(w, &cx, &anybody);
	make(w, &cx, &renewal);
	/* The first two are a minute old, the third is not. */
	cx.now += 61;
	make(w, &cx, &open_to_all);
	make(w, &cx, &open_to_all);
	FAILS(ERR_BUSY, enroll_profile_make(&cx, &open_to_all, NULL, 0, &p,
		&w->err));
	cx = settings(w, TOPIC "challenge_rate = 0\n");
	cx.now += 5000;
	FAILS(ERR_BUSY, enroll_profile_make(&cx, &open_to_all, NULL, 0, &p,
		&w->err));
}

/* ---- invites ---- */

static void test_invite(void **state)
{
	struct admin_world *w = *state;
	struct enroll_context cx = settings(w, TOPIC);
	const char *text = invite(w, "C0FFEE"), *challenge;
	struct enroll_profile p, first;
	struct grant g;
	struct ticket *t;

	OK(enroll_invite(&cx, text, &g, &w->err));
	assert_int_equal(g.source, GRANT_INVITE);
	assert_true(g.has_invite);
	assert_int_equal(ticket_of(w, text)->fetched, 0);
	first = make(w, &cx, &g);
	t = ticket_of(w, challenge_of(w, &first));
	assert_string_equal(t->grant.serial, "C0FFEE");
	assert_true(t->grant.has_invite);
	assert_int_equal(ticket_of(w, text)->fetched, 1);
	p = make(w, &cx, &g);
	challenge = challenge_of(w, &p);
	assert_int_equal(ticket_of(w, text)->fetched, 2);
	/* A certificate for one of them spends it, and the other with it. */
	OK(use(w, challenge));
	assert_int_equal(ticket_of(w, text)->used, w->op.now);
	FAILS(ERR_FORBIDDEN, use(w, challenge_of(w, &first)));
	FAILS(ERR_FORBIDDEN, enroll_invite(&cx, text, &g, &w->err));
	FAILS(ERR_FORBIDDEN, enroll_profile_make(&cx, &g, NULL, 0, &p,
		&w->err));
	assert_string_equal(w->err.msg, "invite: was used before");
}

static void test_invite_limits(void **state)
{
	struct admin_world *w = *state;
	struct enroll_context cx = settings(w, TOPIC);
	const char *text = invite(w, NULL), *unknown = "no such text";
	struct enroll_profile p;
	struct grant g, late;
	size_t n;

	FAILS(ERR_FORBIDDEN, enroll_invite(&cx, unknown, &g, &w->err));
	FAILS(ERR_FORBIDDEN, enroll_invite(&cx, "", &g, &w->err));
	OK(enroll_invite(&cx, text, &late, &w->err));
	for (int i = 0; i < ENROLL_INVITE_FETCHES; i++) {
		OK(enroll_invite(&cx, text, &g, &w->err));
		make(w, &cx, &g);
	}
	n = tickets(w);
	FAILS(ERR_FORBIDDEN, enroll_invite(&cx, text, &g, &w->err));
	assert_string_equal(w->err.msg, "was fetched too often");
	/* Two at the same time: the write decides. */
	FAILS(ERR_FORBIDDEN, enroll_profile_make(&cx, &late, NULL, 0, &p,
		&w->err));
	assert_int_equal(tickets(w), n);

	text = invite(w, NULL);
	OK(enroll_invite(&cx, text, &g, &w->err));
	cx.now += 3600;
	FAILS(ERR_FORBIDDEN, enroll_invite(&cx, text, &g, &w->err));
	FAILS(ERR_FORBIDDEN, enroll_profile_make(&cx, &g, NULL, 0, &p,
		&w->err));
	/* A challenge is no invite. */
	cx.now -= 3600;
	p = make(w, &cx, &anybody);
	FAILS(ERR_FORBIDDEN, enroll_invite(&cx, challenge_of(w, &p), &g,
		&w->err));
}

/* With another CA there is no challenge, but the fetches count all the
 * same. */
static void test_invite_external(void **state)
{
	struct admin_world *w = *state;
	struct enroll_context cx = settings(w, TOPIC EXTERNAL);
	const char *text = invite(w, NULL);
	struct grant g;

	OK(enroll_invite(&cx, text, &g, &w->err));
	make(w, &cx, &g);
	assert_int_equal(ticket_of(w, text)->fetched, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(test_topic), EACH(test_settings), EACH(test_account),
		EACH(test_anchors), EACH(test_signed), EACH(test_challenge),
		EACH(test_nonce), EACH(test_acme_needs_url), EACH(test_rate),
		EACH(test_invite), EACH(test_invite_limits),
		EACH(test_invite_external),
	};

	return cmocka_run_group_tests(tests, admin_setup, admin_teardown);
}
