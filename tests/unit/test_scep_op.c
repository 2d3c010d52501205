/* scep/: PKCSReq by challenges, one-time and static, repeats of a request, and
 * what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <openssl/obj_mac.h>

#include "scep_world.h"

#include "admin/op_ca.h"
#include "base/file.h"
#include "crypto/pkey.h"

#define DAY 86400

static const struct grant anybody = { .source = GRANT_OPERATOR };
static const struct grant named = { .source = GRANT_INVITE,
	.serial = "C0FFEE", .udid = "UDID-1" };

static struct scep_context context(struct admin_world *w)
{
	return (struct scep_context){ .store = w->op.store,
		.conf = w->op.conf, .now = w->op.now, .arena = w->a };
}

static void test_caps(void **state)
{
	(void)state;
	assert_string_equal(scep_caps(), "AES\nDES3\nPOSTPKIOperation\n"
		"Renewal\nSCEPStandard\nSHA-1\nSHA-256\nSHA-512\n");
}

static void test_ca_cert(void **state)
{
	struct admin_world *w = *state;
	struct scep_context cx = context(w);
	struct bytes der;
	bool several;

	OK(scep_ca_cert(&cx, &der, &several, &w->err));
	assert_true(bytes_eq(der, cert_der(scep_ca_of(w), w->a)));
	assert_false(several);
}

/* ---- what is issued ---- */

static void test_issued(void **state)
{
	struct admin_world *w = *state;
	const char *challenge = scep_challenge(w, &named);
	struct asking q = { .challenge = challenge };
	struct told t = scep_given(w, &q);
	unsigned char ours[DIGEST_LEN], sha256[DIGEST_LEN];
	struct issued *issued = scep_issued(w, t.cert);
	struct ticket *ticket = scep_ticket(w, challenge);
	struct trust *trust;

	/* The subject is ours to say. */
	assert_string_equal(cert_subject(t.cert, w->a),
		"CN=C0FFEE,O=Example");
	assert_true(pkey_matches(scep_key[0], t.cert));
	assert_int_equal(cert_not_before(t.cert), w->op.now - 3600);
	assert_int_equal(cert_not_after(t.cert), w->op.now +
		(int64_t)w->op.conf->identity_days * DAY);
	assert_false(cert_is_ca(t.cert));
	OK(trust_open(file_path(w->a, w->dir, "pki/device-ca.bundle.pem"),
		&trust, &w->err));
	OK(trust_verify(trust, t.cert, &w->err));
	trust_close(trust);

	assert_string_equal(t.done.type, "PKCSReq");
	assert_false(t.done.again);
	assert_null(t.done.refused);
	assert_non_null(issued);
	assert_string_equal(issued->serial, t.done.serial);
	assert_string_equal(issued->subject, "CN=C0FFEE,O=Example");
	assert_string_equal(issued->grant.serial, "C0FFEE");
	assert_string_equal(issued->grant.udid, "UDID-1");
	assert_int_equal(issued->grant.source, GRANT_INVITE);
	assert_int_equal(issued->at, w->op.now);
	assert_int_equal(issued->not_after, cert_not_after(t.cert));
	assert_true(bytes_eq(issued->der, t.der));
	cert_sha256(t.cert, sha256);
	assert_int_equal(ticket->used, w->op.now);
	assert_memory_equal(ticket->cert, sha256, DIGEST_LEN);
	cert_sha256(t.m.signer, ours);
	assert_memory_not_equal(ours, sha256, DIGEST_LEN);
}

#define O "organization = O\n"
static void test_subjects(void **state)
{
	static const struct {
		struct grant g;
		const char *conf, *subject;	/* NULL: a UUID */
	} rows[] = {
		{ { .serial = "S" }, O, "CN=S,O=O" },
		{ { .udid = "U" }, O, "CN=U,O=O" },
		{ { .serial = "a\nb", .udid = "U" }, O, "CN=U,O=O" },
		{ { .serial = "12345678901234567890123456789012345678901234567890"
			"123456789012345", .udid = "U" }, O, "CN=U,O=O" },
		{ { .serial = "\xff" }, O, NULL },
		{ { .serial = "" }, O, NULL },
		{ { .serial = NULL }, O, NULL },
		{ { .serial = "S" }, "", "CN=S" },
	};
	struct admin_world *w = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct grant g = rows[i].g;
		struct asking q = {
			.transaction = arena_printf(w->a, "subject %zu", i) };
		const char *subject;

		g.source = GRANT_OPERATOR;
		scep_conf(w, rows[i].conf);
		q.challenge = scep_challenge(w, &g);
		subject = cert_subject(scep_given(w, &q).cert, w->a);
		if (rows[i].subject != NULL)
			assert_string_equal(subject, rows[i].subject);
		else
			assert_int_equal(strlen(subject), strlen("CN=,O=O") + 36);
	}
}

/* The reply comes as the request was made. */
static void test_algorithms(void **state)
{
	static const int rows[][2] = {
		{ NID_sha1, NID_des_ede3_cbc }, { NID_sha256, NID_aes_128_cbc },
		{ NID_sha512, NID_aes_256_cbc }, { NID_sha256, NID_aes_256_cbc },
	};
	struct admin_world *w = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct asking q = { .challenge = scep_challenge(w, &anybody),
			.transaction = arena_printf(w->a, "algorithm %zu", i),
			.digest = rows[i][0], .cipher = rows[i][1] };
		struct told t = scep_given(w, &q);

		assert_int_equal(t.m.digest_nid, rows[i][0]);
		assert_int_equal(t.m.cipher_nid, rows[i][1]);
	}
}

static void test_renewal_challenge(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *en = admin_device(w, "renewing");
	const struct grant g = { .source = GRANT_RENEWAL, .enrollment = en->num,
		.facts = bytes_str("facts") };
	struct asking q = { .challenge = scep_challenge(w, &g),
		.transaction = "renewal challenge" };
	struct told t = scep_given(w, &q);
	struct issued *issued = scep_issued(w, t.cert);

	assert_int_equal(t.done.enrollment, en->num);
	assert_int_equal(issued->grant.source, GRANT_RENEWAL);
	assert_int_equal(issued->grant.enrollment, en->num);
	assert_true(bytes_eq(issued->grant.facts, bytes_str("facts")));
}

/* What was made for an enrollment is worth nothing in the next one. */
static void test_renewal_challenge_of_before(void **state)
{
	static const char why[] = "the enrollment that the challenge renews is over";
	struct admin_world *w = *state;
	struct enrollment *en = admin_device(w, "renewing no more");
	struct grant g = { .source = GRANT_RENEWAL, .enrollment = en->num };
	struct asking q = { .challenge = scep_challenge(w, &g),
		.transaction = "renewal of before" };

	en->state = ENROLLMENT_LEFT;
	admin_put(w, en);
	scep_refused(w, &q, SCEP_BAD_REQUEST, why);
	en->state = ENROLLMENT_ENABLED;
	en->enrolled = w->op.now + 1;
	admin_put(w, en);
	scep_refused(w, &q, SCEP_BAD_REQUEST, why);
	g.enrollment = 7777777;
	q.challenge = scep_challenge(w, &g);
	scep_refused(w, &q, SCEP_BAD_REQUEST, why);
}

static void test_static(void **state)
{
	struct admin_world *w = *state;
	struct asking q = { .challenge = "open sesame", .transaction = "s1" };
	struct told t;

	scep_refused(w, &q, SCEP_BAD_REQUEST, "the challenge is not known");
	scep_conf(w, "scep_challenge = open sesame\n");
	t = scep_given(w, &q);
	assert_int_equal(scep_issued(w, t.cert)->grant.source, GRANT_STATIC);
	q.transaction = "s2";
	assert_false(scep_given(w, &q).done.again);
	q.transaction = "s3";
	q.challenge = "open sesam";
	scep_refused(w, &q, SCEP_BAD_REQUEST, "the challenge is not known");
	q.challenge = "open sesame ";
	scep_refused(w, &q, SCEP_BAD_REQUEST, "the challenge is not known");
	/* One-time ones go on. */
	q.challenge = scep_challenge(w, &anybody);
	scep_given(w, &q);
}

/* ---- again ---- */

static void test_again(void **state)
{
	struct admin_world *w = *state;
	struct asking q = { .challenge = scep_challenge(w, &anybody),
		.transaction = "again" }, other;
	struct told first = scep_given(w, &q), t;
	uint64_t before = scep_writes(w);
	size_t n = scep_count(w);

	/* The key, subject and challenge make the same CSR. */
	t = scep_given(w, &q);
	assert_true(t.done.again);
	assert_true(bytes_eq(t.der, first.der));
	w->op.now += 7200;	/* the challenge is no more */
	t = scep_given(w, &q);
	assert_true(t.done.again && bytes_eq(t.der, first.der));
	assert_int_equal(scep_writes(w), before);
	assert_int_equal(scep_count(w), n);

	other = q;
	other.transaction = "again, not";
	scep_refused(w, &other, SCEP_BAD_REQUEST, "was used before");
	other = q;
	other.key = scep_key[1];
	scep_refused(w, &other, SCEP_BAD_REQUEST, "was used before");
	other = q;
	other.challenge = "another CSR";
	scep_refused(w, &other, SCEP_BAD_REQUEST, "is not known");

	/* The same transaction for another CSR: another certificate, and each
	 * its own again. */
	other.challenge = scep_challenge(w, &anybody);
	t = scep_given(w, &other);
	assert_false(t.done.again || bytes_eq(t.der, first.der));
	assert_true(bytes_eq(scep_given(w, &other).der, t.der));
	assert_true(bytes_eq(scep_given(w, &q).der, first.der));

	scep_revoke(w, first.cert);
	scep_refused(w, &q, SCEP_BAD_REQUEST, "was revoked");
	w->op.now = cert_not_after(t.cert) + 1;
	scep_refused(w, &other, SCEP_BAD_REQUEST, "has expired");
}

/* ---- refused ---- */

static int invite_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct admin_world *w = *(struct admin_world **)arg;
	const char **text = (const char **)arg + 1;

	return ticket_new(tx, TICKET_INVITE, &anybody, w->op.now, 3600, w->a,
		text, e);
}

static void test_challenges(void **state)
{
	struct admin_world *w = *state;
	struct asking q = { .transaction = "challenges" };
	struct { struct admin_world *w; const char *text; } invite = { w, "" };

	q.challenge = "nonsense";
	scep_refused(w, &q, SCEP_BAD_REQUEST, "the challenge is not known");
	assert_true(scep_ask(w, &q).done.wrong_challenge);
	q.challenge = NULL;
	scep_refused(w, &q, SCEP_BAD_REQUEST, "no usable challenge");
	OK(store_write(w->op.store, invite_tx, &invite, &w->err));
	q.challenge = invite.text;
	scep_refused(w, &q, SCEP_BAD_REQUEST, "the challenge is not known");
	q.challenge = scep_challenge(w, &anybody);
	w->op.now += 3600;
	scep_refused(w, &q, SCEP_BAD_REQUEST, "the challenge has expired");
	assert_int_equal(scep_ticket(w, q.challenge)->used, 0);
	assert_false(scep_ask(w, &q).done.wrong_challenge);
	w->op.now -= 1;
	assert_false(scep_given(w, &q).done.wrong_challenge);
	q.transaction = "challenges again";
	scep_refused(w, &q, SCEP_BAD_REQUEST, "the challenge was used before");
}

/* Two challenges of one invite are one device's. */
static void test_invite(void **state)
{
	struct admin_world *w = *state;
	struct { struct admin_world *w; const char *text; } invite = { w, "" };
	struct grant g = { .source = GRANT_INVITE, .has_invite = true };
	struct asking q = { .transaction = "invite 1" };
	const char *second;

	OK(store_write(w->op.store, invite_tx, &invite, &w->err));
	ticket_hash(invite.text, g.invite);
	q.challenge = scep_challenge(w, &g);
	second = scep_challenge(w, &g);
	assert_int_equal(scep_ticket(w, invite.text)->used, 0);
	scep_given(w, &q);
	assert_int_equal(scep_ticket(w, invite.text)->used, w->op.now);
	assert_true(scep_given(w, &q).done.again);
	q.transaction = "invite 2";
	q.challenge = second;
	scep_refused(w, &q, SCEP_BAD_REQUEST, "came by an invite that was used");
}

static void test_requests(void **state)
{
	struct admin_world *w = *state;
	const char *challenge = scep_challenge(w, &anybody);
	struct pkey *weak, *ec, *ca_key;
	struct cert_request rq = { .profile = CERT_DEVICE_CA,
		.common_name = "Other CA", .not_before = w->op.now,
		.not_after = w->op.now + DAY };
	struct cert *other;
	struct asking q;

	OK(pkey_new_rsa(1024, w->a, &weak, &w->err));
	q = (struct asking){ .challenge = challenge, .key = weak };
	scep_refused(w, &q, SCEP_BAD_ALG, "1024 bits, fewer than");
	q.signer = scep_key[0];
	scep_refused(w, &q, SCEP_BAD_ALG, "1024 bits, fewer than");
	scep_conf(w, "identity_key_min = 3072\n");
	q = (struct asking){ .challenge = challenge };
	scep_refused(w, &q, SCEP_BAD_ALG, "2048 bits, fewer than");
	scep_conf(w, "");

	/* Whoever sends it does not hold the key it is for. */
	q = (struct asking){ .challenge = challenge, .signer = scep_key[1] };
	scep_refused(w, &q, SCEP_BAD_MESSAGE_CHECK, "not signed by the key");

	OK(pkey_new_ec_p256(w->a, &ec, &w->err));
	q = (struct asking){ .challenge = challenge, .key = ec };
	scep_refused(w, &q, SCEP_BAD_ALG, "the signer's key is not RSA");
	q.signer = scep_key[0];
	scep_refused(w, &q, SCEP_BAD_MESSAGE_CHECK, "not signed by the key");

	/* Alike, whichever it is. */
	q = (struct asking){ .content = bytes_str("no request") };
	scep_refused(w, &q, SCEP_BAD_REQUEST, "cannot be read as a request");
	OK(pkey_new_rsa(2048, w->a, &ca_key, &w->err));
	OK(cert_issue(&rq, ca_key, NULL, ca_key, w->a, &other, &w->err));
	q = (struct asking){ .challenge = challenge, .to = other };
	scep_refused(w, &q, SCEP_BAD_REQUEST, "cannot be read as a request");

	q = (struct asking){ .challenge = challenge };
	for (int type = 1; type < 999; type += type < 25 ? 1 : 487) {
		if (type == SCEP_PKCS_REQ || type == SCEP_RENEWAL_REQ ||
			type == SCEP_CERT_POLL || type == SCEP_GET_CRL ||
			type == SCEP_CERT_REP)
			continue;
		q.type = (enum scep_type)type;
		scep_refused(w, &q, SCEP_BAD_REQUEST, "is not served");
	}
	q.type = 0;
	assert_int_equal(scep_ticket(w, challenge)->used, 0);
	scep_given(w, &q);
}

/* ---- the CA itself ---- */

static void busy(struct admin_world *w, const char *why)
{
	struct asking q = { .challenge = "x" };
	struct scep_context cx = context(w);
	struct bytes der;
	bool several;
	struct told t = scep_tell(w, scep_message(w, &q));

	assert_int_equal(t.rc, -1);
	assert_int_equal(w->err.kind, ERR_BUSY);
	if (strstr(w->err.msg, why) == NULL)
		fail_msg("%s", w->err.msg);
	FAILS(ERR_BUSY, scep_ca_cert(&cx, &der, &several, &w->err));
}

static void test_no_ca(void **state)
{
	struct admin_world *w = *state;
	char *path = file_path(w->a, w->dir, "pki/device-ca.key");
	struct bytes key;

	OK(file_read(path, 1 << 20, w->a, &key, &w->err));
	OK(file_write(path, bytes_str("nonsense"), 0600, &w->err));
	busy(w, "device-ca.key");
	OK(file_write(path, bytes_str(pkey_pem(scep_key[0], w->a)), 0600,
		&w->err));
	busy(w, "is not the key of");
	assert_int_equal(unlink(path), 0);
	busy(w, "is missing");
	OK(file_write(path, key, 0600, &w->err));
}

/* What was made for the certificate before is still answered. */
static void test_ca_renewed(void **state)
{
	struct admin_world *w = *state;
	struct asking q = { .challenge = scep_challenge(w, &anybody),
		.transaction = "ca renewed", .to = scep_ca_of(w) };
	struct op_cert ignored;
	struct told t;
	int64_t end;

	OK(op_ca_renew(&w->op, 300, w->a, &ignored, &w->err));
	t = scep_given(w, &q);
	/* Never longer than the CA. */
	end = cert_not_after(scep_ca_of(w));
	assert_int_equal(end, w->op.now + (int64_t)300 * DAY);
	assert_int_equal(cert_not_after(t.cert), end);
	q = (struct asking){ .transaction = "ca expired" };
	w->op.now = end - 60;
	q.challenge = scep_challenge(w, &anybody);
	w->op.now = end;
	assert_int_equal(scep_tell(w, scep_message(w, &q)).rc, -1);
	assert_int_equal(w->err.kind, ERR_BUSY);
	assert_int_equal(scep_ticket(w, q.challenge)->used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCEP(test_caps), SCEP(test_ca_cert), SCEP(test_issued),
		SCEP(test_subjects), SCEP(test_algorithms),
		SCEP(test_renewal_challenge),
		SCEP(test_renewal_challenge_of_before), SCEP(test_static),
		SCEP(test_again), SCEP(test_challenges), SCEP(test_invite),
		SCEP(test_requests), SCEP(test_no_ca), SCEP(test_ca_renewed),
	};

	return cmocka_run_group_tests(tests, scep_setup, scep_teardown);
}
