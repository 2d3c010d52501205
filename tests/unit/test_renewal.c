/* Renewals of identities, and certificates that were issued for somebody, on
 * a real store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mdm_world.h"
#include "model/profile_facts.h"
#include "model/renewal.h"
#include "store/store_enroll.h"
#include "store/store_event.h"

#define S(k, v) "<key>" k "</key><string>" v "</string>"
#define AUTH(udid) S("MessageType", "Authenticate") S("Topic", "t") S("UDID", udid)
#define AUTH_SN(udid, serial) AUTH(udid) S("SerialNumber", serial)
#define TOKEN(udid, data) S("MessageType", "TokenUpdate") S("Topic", "t") \
	S("UDID", udid) S("PushMagic", "m") "<key>Token</key><data>" data "</data>"
#define IDLE(udid) S("Status", "Idle") S("UDID", udid)
#define OUT(udid) S("MessageType", "CheckOut") S("Topic", "t") S("UDID", udid)
#define DAY 86400

static enum answer_kind checkin(struct world *w, const char *dict)
{
	struct answer out;

	if (world_checkin(w, &out, "%s", dict) < 0)
		fail_msg("%s", w->err.msg);
	return out.kind;
}

static enum answer_kind poll(struct world *w, const char *dict)
{
	struct answer out;

	if (world_result(w, &out, "%s", dict) < 0)
		fail_msg("%s", w->err.msg);
	return out.kind;
}

/* ---- what is issued ---- */

struct storing {
	struct issued issued;
	struct store_cert cert;
	bool found;
	uint64_t num;
	enum store_secret which;
	struct bytes secret;
};

static int issue_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct storing *s = arg;

	return store_issued_add(tx, &s->issued, e);
}

/* Certificate n of world_cert. */
static void issue(struct world *w, unsigned char n, struct grant g)
{
	struct storing s = { .issued = { .subject = "CN=test",
		.at = w->now, .not_before = w->now,
		.not_after = w->now + 365 * DAY, .grant = g,
		.der = bytes_str("der") } };

	memset(s.issued.cert, n, DIGEST_LEN);
	memset(s.issued.request, n, DIGEST_LEN);
	s.issued.serial = arena_printf(w->arena, "%02x", n);
	if (store_write(w->st, issue_tx, &s, &w->err) < 0)
		fail_msg("%s", w->err.msg);
}

static void issue_renewal(struct world *w, unsigned char n, const char *id)
{
	issue(w, n, (struct grant){ .source = GRANT_RENEWAL,
		.enrollment = world_get(w, id)->num });
}

static int secret_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct storing *s = arg;

	return store_secret_put(tx, s->num, s->which, s->secret, e);
}

static void put_secret(struct world *w, const char *id, enum store_secret which,
	struct bytes value)
{
	struct storing s = { .num = world_get(w, id)->num, .which = which,
		.secret = value };

	if (store_write(w->st, secret_tx, &s, &w->err) < 0)
		fail_msg("%s", w->err.msg);
}

static void ask_for_renewal(struct world *w, const char *id, const char *nonce)
{
	struct renewal r = { .started = w->now, .command_uuid = "R",
		.nonce = nonce };

	put_secret(w, id, STORE_RENEWAL, renewal_encode(&r, w->arena));
}

static struct renewal renewal_of(struct world *w, const char *id)
{
	struct renewal r;
	struct bytes raw = world_secret(w, id, STORE_RENEWAL);

	assert_non_null(raw.p);
	if (renewal_parse(raw, w->arena, &r, &w->err) < 0)
		fail_msg("%s", w->err.msg);
	return r;
}

static int cert_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct storing *s = arg;

	return store_cert_get(tx, s->issued.cert, &s->found, &s->cert, e);
}

static struct store_cert cert_of(struct world *w, unsigned char n)
{
	struct storing s = { .found = false };

	memset(s.issued.cert, n, DIGEST_LEN);
	if (store_read(w->st, cert_tx, &s, &w->err) < 0 || !s.found)
		fail_msg("certificate %d: %s", n, w->err.msg);
	return s.cert;
}

/* ---- renewing ---- */

/* Device A with a user, a queue, tokens, by certificate 1; 2 is its next. */
static void given_a_life(struct world *w)
{
	w->conf.reenroll = CONF_REENROLL_ISSUED;
	w->conf.renewal_grace_days = 30;
	w->conf.max_deliveries = 100;
	world_reopen(w);
	assert_int_equal(checkin(w, AUTH_SN("A", "SN-A") S("OSVersion", "17.0")),
		ANSWER_EMPTY);
	assert_int_equal(checkin(w, TOKEN("A", "AAEC")), ANSWER_EMPTY);
	assert_int_equal(checkin(w, TOKEN("A", "VQ==") S("UserID", "G")),
		ANSWER_EMPTY);
	put_secret(w, "A", STORE_BOOTSTRAP_TOKEN, bytes_str("boot"));
	world_enqueue(w, "A", "C1", "ProfileList", NULL);
	world_enqueue(w, "A:G", "C2", "ProfileList", NULL);
	w->now += 100;
	ask_for_renewal(w, "A", NULL);
	issue_renewal(w, 2, "A");
}

static void assert_alive(struct world *w, uint64_t tally)
{
	struct enrollment *en = world_get(w, "A");

	assert_int_equal(en->state, ENROLLMENT_ENABLED);
	assert_int_equal(en->generation, 1);
	assert_int_equal(en->tally, tally);
	assert_string_equal(en->serial, "SN-A");
	assert_non_null(world_secret(w, "A", STORE_PUSH_TOKEN).p);
	assert_non_null(world_secret(w, "A", STORE_PUSH_MAGIC).p);
	assert_true(bytes_is(world_secret(w, "A", STORE_BOOTSTRAP_TOKEN), "boot"));
	assert_int_equal(world_target(w, "A", "C1")->state, TARGET_READY);
	en = world_get(w, "A:G");
	assert_int_equal(en->state, ENROLLMENT_ENABLED);
	assert_int_equal(en->tally, 1);
	assert_non_null(world_secret(w, "A:G", STORE_PUSH_TOKEN).p);
	assert_int_equal(world_target(w, "A:G", "C2")->state, TARGET_READY);
}

static void test_renewal_loses_nothing(void **state)
{
	struct world *w = *state;

	given_a_life(w);
	w->conf.enrollment = CONF_ENROLL_ALLOWLIST;	/* A is not on it */
	world_cert(w, 2);
	w->who.not_after = w->now + 365 * DAY;
	strcpy(w->who.serial, "02");
	assert_int_equal(checkin(w, AUTH("A") S("OSVersion", "18.1")), ANSWER_EMPTY);
	assert_alive(w, 1);
	/* what it says of itself anew is kept, what it does not say stays */
	assert_string_equal(world_get(w, "A")->os_version, "18.1");
	assert_int_equal(world_get(w, "A")->cert[0], 2);
	assert_true(cert_of(w, 2).renewal);
	assert_int_equal(cert_of(w, 2).not_after, w->now + 365 * DAY);
	assert_string_equal(cert_of(w, 2).serial, "02");
	assert_int_equal(renewal_of(w, "A").done, 0);

	/* The answer was lost: it is still a renewal. */
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_EMPTY);
	assert_alive(w, 1);
	assert_int_equal(poll(w, IDLE("A")), ANSWER_COMMAND);

	/* Both are good until the TokenUpdate, whenever it comes. */
	w->now += 1000 * DAY;
	world_cert(w, 1);
	assert_int_equal(poll(w, IDLE("A")), ANSWER_COMMAND);
	world_cert(w, 2);
	w->now += 5;
	assert_int_equal(checkin(w, TOKEN("A", "/w==")), ANSWER_EMPTY);
	assert_alive(w, 2);
	assert_int_equal(renewal_of(w, "A").done, w->now);
	assert_int_equal(cert_of(w, 1).valid_until, w->now + 30 * DAY);

	/* And for the grace after it. */
	world_cert(w, 1);
	w->now += 30 * DAY - 1;
	assert_int_equal(poll(w, IDLE("A")), ANSWER_COMMAND);
	w->now++;
	assert_int_equal(poll(w, IDLE("A")), ANSWER_BAD);
	assert_int_equal(checkin(w, AUTH_SN("A", "SN-A")), ANSWER_BAD);
	world_cert(w, 2);
	assert_int_equal(poll(w, IDLE("A")), ANSWER_COMMAND);
	/* The time of the first TokenUpdate is the one that counts. */
	assert_int_equal(checkin(w, TOKEN("A", "/w==")), ANSWER_EMPTY);
	world_cert(w, 1);
	assert_int_equal(poll(w, IDLE("A")), ANSWER_BAD);
}

static void test_no_grace(void **state)
{
	struct world *w = *state;

	given_a_life(w);
	w->conf.renewal_grace_days = 0;
	world_cert(w, 2);
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_EMPTY);
	world_cert(w, 1);
	assert_int_equal(poll(w, IDLE("A")), ANSWER_COMMAND);
	world_cert(w, 2);
	assert_int_equal(checkin(w, TOKEN("A", "AA==")), ANSWER_EMPTY);
	world_cert(w, 1);
	assert_int_equal(poll(w, IDLE("A")), ANSWER_BAD);
}

/* The profile's update failed on the device: it says so by checking in with
 * the former certificate, or not at all. */
static void test_rollback(void **state)
{
	struct world *w = *state;

	given_a_life(w);
	world_cert(w, 2);
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_EMPTY);
	world_cert(w, 1);
	assert_int_equal(poll(w, IDLE("A")), ANSWER_COMMAND);
	/* a poll alone binds nothing */
	assert_int_equal(world_get(w, "A")->cert[0], 2);
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_EMPTY);
	assert_int_equal(world_get(w, "A")->cert[0], 1);
	assert_int_equal(checkin(w, TOKEN("A", "AAEC")), ANSWER_EMPTY);
	assert_alive(w, 2);
	/* The renewal is not done, and the new certificate lives as long as a
	 * former one. */
	assert_int_equal(renewal_of(w, "A").done, 0);
	assert_int_equal(cert_of(w, 2).valid_until, w->now + 30 * DAY);
	world_cert(w, 2);
	assert_int_equal(poll(w, IDLE("A")), ANSWER_COMMAND);

	/* It renews once more, with a third. */
	w->now += 40 * DAY;
	assert_int_equal(poll(w, IDLE("A")), ANSWER_BAD);
	issue_renewal(w, 3, "A");
	world_cert(w, 3);
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_EMPTY);
	assert_int_equal(checkin(w, TOKEN("A", "AAEC")), ANSWER_EMPTY);
	assert_alive(w, 3);
	assert_int_equal(renewal_of(w, "A").done, w->now);
}

/* A TokenUpdate with the certificate of an earlier renewal is no sign that
 * the one asked for since is done. */
static void test_done_is_of_this_renewal(void **state)
{
	struct world *w = *state;

	given_a_life(w);
	world_cert(w, 2);
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_EMPTY);
	assert_int_equal(checkin(w, TOKEN("A", "AAEC")), ANSWER_EMPTY);
	w->now += 300 * DAY;
	ask_for_renewal(w, "A", NULL);
	assert_int_equal(checkin(w, TOKEN("A", "AAEC")), ANSWER_EMPTY);
	assert_int_equal(renewal_of(w, "A").done, 0);
	issue_renewal(w, 3, "A");
	world_cert(w, 3);
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_EMPTY);
	assert_int_equal(renewal_of(w, "A").done, 0);
	assert_int_equal(checkin(w, TOKEN("A", "AAEC")), ANSWER_EMPTY);
	assert_int_equal(renewal_of(w, "A").done, w->now);
}

/* Renewed by SCEP alone: the first contact shows it, whatever it is. */
static void test_renewal_without_check_in(void **state)
{
	struct world *w = *state;

	given_a_life(w);
	world_cert(w, 2);
	assert_int_equal(poll(w, IDLE("A")), ANSWER_COMMAND);
	assert_int_equal(world_get(w, "A")->cert[0], 2);
	assert_alive(w, 1);
	issue_renewal(w, 3, "A");
	world_cert(w, 3);
	assert_int_equal(poll(w, IDLE("A") S("UserID", "G")), ANSWER_COMMAND);
	assert_int_equal(world_get(w, "A")->cert[0], 3);
	issue_renewal(w, 4, "A");
	world_cert(w, 4);
	assert_null(world_poll(w, "A", "Acknowledged", "C1"));
	assert_int_equal(world_get(w, "A")->cert[0], 4);
	assert_int_equal(world_target(w, "A", "C1")->state, TARGET_ACKNOWLEDGED);
}

static void test_real_enrollment_during_a_renewal(void **state)
{
	struct world *w = *state;
	struct enrollment *en;

	given_a_life(w);
	world_cert(w, 2);
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_EMPTY);
	/* It was erased meanwhile, and comes by the profile for its serial. */
	issue(w, 3, (struct grant){ .source = GRANT_ADE, .udid = "A",
		.serial = "SN-A", .facts = bytes_str("new facts") });
	world_cert(w, 3);
	assert_int_equal(checkin(w, AUTH_SN("A", "SN-A")), ANSWER_EMPTY);
	en = world_get(w, "A");
	assert_int_equal(en->generation, 2);
	assert_int_equal(en->state, ENROLLMENT_AUTHENTICATED);
	assert_int_equal(world_target(w, "A", "C1")->state, TARGET_CANCELLED);
	assert_null(world_secret(w, "A", STORE_BOOTSTRAP_TOKEN).p);
	assert_null(world_secret(w, "A", STORE_RENEWAL).p);
	assert_true(bytes_is(world_secret(w, "A", STORE_PROFILE_FACTS),
		"new facts"));
	assert_int_equal(checkin(w, TOKEN("A", "AAEC")), ANSWER_EMPTY);
	assert_int_equal(poll(w, IDLE("A")), ANSWER_EMPTY);
	/* Neither former one speaks any more. */
	world_cert(w, 1);
	assert_int_equal(poll(w, IDLE("A")), ANSWER_BAD);
	world_cert(w, 2);
	assert_int_equal(poll(w, IDLE("A")), ANSWER_BAD);
	assert_int_equal(checkin(w, AUTH_SN("A", "SN-A")), ANSWER_BAD);
}

static void test_renewal_of_another_device(void **state)
{
	struct world *w = *state;

	given_a_life(w);
	world_cert(w, 9);
	world_enroll(w, "B");
	world_cert(w, 2);
	assert_int_equal(checkin(w, AUTH("B")), ANSWER_BAD);
	assert_int_equal(poll(w, IDLE("B")), ANSWER_BAD);
	assert_int_equal(world_get(w, "B")->cert[0], 9);
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_EMPTY);
	assert_alive(w, 1);
}

/* It left, or was sent away: then a renewal's certificate enrolls it anew. */
static void test_renewal_of_a_device_that_left(void **state)
{
	struct world *w = *state;

	given_a_life(w);
	assert_int_equal(checkin(w, OUT("A")), ANSWER_EMPTY);
	world_cert(w, 2);
	assert_int_equal(checkin(w, AUTH_SN("A", "SN-A")), ANSWER_EMPTY);
	assert_int_equal(world_get(w, "A")->generation, 2);
	assert_false(cert_of(w, 2).renewal);
	assert_int_equal(cert_of(w, 1).valid_until, 0);
}

/* The certificate, and the challenge, of a renewal may wait somewhere while
 * the device is erased and given to somebody else. */
static void test_renewal_of_an_enrollment_that_is_over(void **state)
{
	struct world *w = *state;

	given_a_life(w);
	w->now += 50;
	w->conf.reenroll = CONF_REENROLL_ANY;
	world_cert(w, 5);
	world_enroll(w, "A");
	w->conf.reenroll = CONF_REENROLL_ISSUED;
	assert_int_equal(world_get(w, "A")->generation, 2);
	world_cert(w, 2);
	assert_int_equal(poll(w, IDLE("A")), ANSWER_BAD);
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_BAD);
	assert_int_equal(world_get(w, "A")->cert[0], 5);
	assert_int_equal(world_get(w, "A")->generation, 2);
	issue_renewal(w, 3, "A");
	world_cert(w, 3);
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_EMPTY);
	assert_int_equal(world_get(w, "A")->generation, 2);
}

/* Enrollments that come from elsewhere bring a digest only: what else is to
 * be known, for the renewal that is due some day, the first contact tells. */
static void test_only_the_digest_is_known(void **state)
{
	struct world *w = *state;
	struct store_info before, after;
	int64_t bound;

	world_enroll(w, "A");
	assert_int_equal(cert_of(w, 1).not_after, 0);
	bound = cert_of(w, 1).bound;
	w->now += 10;
	w->who.not_after = w->now + DAY;
	strcpy(w->who.serial, "abcd");
	w->who.der = bytes_str("der");
	assert_null(world_poll(w, "A", "Idle", NULL));
	assert_int_equal(cert_of(w, 1).not_after, w->now + DAY);
	assert_string_equal(cert_of(w, 1).serial, "abcd");
	assert_int_equal(cert_of(w, 1).bound, bound);
	assert_true(bytes_is(world_secret(w, "A", STORE_DEVICE_CERT), "der"));
	assert_int_equal(world_get(w, "A")->generation, 1);
	/* once */
	assert_int_equal(store_info(w->st, &before, &w->err), 0);
	assert_null(world_poll(w, "A", "Idle", NULL));
	assert_int_equal(store_info(w->st, &after, &w->err), 0);
	assert_int_equal(after.committed - before.committed, 1);
}

/* ---- another CA ---- */

#define NONCE "0123456789abcdef0123456789abcdef"

static void test_nonce_of_another_ca(void **state)
{
	struct world *w = *state;

	w->conf.reenroll = CONF_REENROLL_ISSUED;
	world_enroll(w, "A");
	world_enqueue(w, "A", "C1", "ProfileList", NULL);
	world_cert(w, 2);
	w->who.subject = "CN=device,OU=" NONCE;
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_BAD);
	ask_for_renewal(w, "A", NONCE);
	w->who.subject = "CN=device,OU=0123456789abcdef0123456789abcdee";
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_BAD);
	w->who.subject = "CN=device,OU=" NONCE;
	assert_int_equal(checkin(w, AUTH("B")), ANSWER_EMPTY);
	assert_int_equal(world_get(w, "B")->generation, 1);
	world_cert(w, 3);
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_EMPTY);
	assert_int_equal(world_get(w, "A")->generation, 1);
	assert_int_equal(world_target(w, "A", "C1")->state, TARGET_READY);
	/* Repeats are known by what was bound, not by the nonce. */
	ask_for_renewal(w, "A", "fedcba9876543210fedcba9876543210");
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_EMPTY);
	assert_int_equal(world_get(w, "A")->generation, 1);
}

/* A short nonce, or none, stands in every subject. */
static void test_nonce_must_be_one(void **state)
{
	struct world *w = *state;

	w->conf.reenroll = CONF_REENROLL_ISSUED;
	world_enroll(w, "A");
	world_cert(w, 2);
	ask_for_renewal(w, "A", "");
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_BAD);
	ask_for_renewal(w, "A", "test");
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_BAD);
}

/* ---- issued for whom ---- */

struct row {
	const char *what;
	struct grant grant;
	enum answer_kind kind;	/* of the Authenticate of A, which is enabled */
};

static void test_issued_for_an_enabled_device(void **state)
{
	static const struct row rows[] = {
		{ "nobody", { .source = GRANT_OPEN }, ANSWER_BAD },
		{ "static", { .source = GRANT_STATIC }, ANSWER_BAD },
		{ "operator, nobody", { .source = GRANT_OPERATOR }, ANSWER_BAD },
		{ "operator, udid", { .source = GRANT_OPERATOR, .udid = "A" },
			ANSWER_EMPTY },
		{ "operator, serial", { .source = GRANT_OPERATOR, .serial = "SN" },
			ANSWER_EMPTY },
		{ "invite, both", { .source = GRANT_INVITE, .udid = "A",
			.serial = "SN" }, ANSWER_EMPTY },
		{ "ade", { .source = GRANT_ADE, .udid = "A", .serial = "SN" },
			ANSWER_EMPTY },
		{ "ade on its word", { .source = GRANT_ADE_UNVERIFIED, .udid = "A",
			.serial = "SN" }, ANSWER_BAD },
		{ "account, nobody", { .source = GRANT_ACCOUNT, .account = "x" },
			ANSWER_BAD },
		{ "account, udid", { .source = GRANT_ACCOUNT, .udid = "A" },
			ANSWER_EMPTY },
		{ "another udid", { .source = GRANT_OPERATOR, .udid = "B" },
			ANSWER_BAD },
		{ "another serial", { .source = GRANT_OPERATOR, .serial = "X" },
			ANSWER_BAD },
		{ "udid and another serial", { .source = GRANT_OPERATOR,
			.udid = "A", .serial = "X" }, ANSWER_BAD },
	};
	struct world *w = *state;

	w->conf.reenroll = CONF_REENROLL_ISSUED;
	checkin(w, AUTH_SN("A", "SN"));
	checkin(w, TOKEN("A", "AA=="));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t before = world_get(w, "A")->generation;
		unsigned char n = (unsigned char)(10 + i);
		enum answer_kind kind;

		issue(w, n, rows[i].grant);
		world_cert(w, n);
		kind = checkin(w, AUTH_SN("A", "SN"));
		if (kind != rows[i].kind)
			fail_msg("%s: answer %d", rows[i].what, (int)kind);
		assert_int_equal(world_get(w, "A")->generation,
			kind == ANSWER_EMPTY ? before + 1 : before);
		if (kind == ANSWER_EMPTY)
			assert_int_equal(checkin(w, TOKEN("A", "AA==")),
				ANSWER_EMPTY);
	}
}

/* The serial number that counts is the one that is stored: what a message
 * says of itself names nobody. */
static void test_a_serial_is_not_taken_on_its_word(void **state)
{
	struct world *w = *state;

	w->conf.reenroll = CONF_REENROLL_ISSUED;
	checkin(w, AUTH_SN("A", "SN"));
	checkin(w, TOKEN("A", "AA=="));
	issue(w, 2, (struct grant){ .source = GRANT_OPERATOR, .serial = "MINE" });
	world_cert(w, 2);
	assert_int_equal(checkin(w, AUTH_SN("A", "MINE")), ANSWER_BAD);
	assert_int_equal(world_get(w, "A")->generation, 1);
}

static void test_foreign_in_every_state(void **state)
{
	struct world *w = *state;
	struct enrollment *en;

	w->conf.reenroll = CONF_REENROLL_ANY;
	issue(w, 2, (struct grant){ .source = GRANT_OPERATOR, .udid = "B" });
	issue(w, 3, (struct grant){ .source = GRANT_OPEN, .serial = "SN-B" });
	for (unsigned char n = 2; n <= 3; n++) {
		world_cert(w, n);
		assert_int_equal(checkin(w, AUTH_SN("A", "SN-A")), ANSWER_BAD);
		assert_null(world_get(w, "A"));
	}
	/* unknown, and says nothing of its serial number */
	world_cert(w, 2);
	assert_int_equal(checkin(w, TOKEN("A", "AA==")), ANSWER_BAD);
	world_cert(w, 3);
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_BAD);
	world_cert(w, 1);
	world_enroll(w, "A");
	world_cert(w, 2);
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_BAD);
	en = world_get(w, "A");
	en->state = ENROLLMENT_UNMANAGED;
	world_put(w, en);
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_BAD);
	assert_int_equal(world_get(w, "A")->generation, 1);
	/* The one that it is for may use it. */
	assert_int_equal(checkin(w, AUTH_SN("B", "any")), ANSWER_EMPTY);
	world_cert(w, 3);
	assert_int_equal(checkin(w, AUTH_SN("C", "SN-B")), ANSWER_EMPTY);
}

/* AccessRights may keep the serial number from us: the UDID is enough. */
static void test_udid_without_serial(void **state)
{
	struct world *w = *state;

	issue(w, 2, (struct grant){ .source = GRANT_ADE, .udid = "A",
		.serial = "SN" });
	world_cert(w, 2);
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_EMPTY);
}

/* ---- facts of the profile ---- */

static void test_facts(void **state)
{
	struct world *w = *state;

	issue(w, 1, (struct grant){ .source = GRANT_OPEN,
		.facts = bytes_str("facts 1") });
	world_enroll(w, "A");
	assert_true(bytes_is(world_secret(w, "A", STORE_PROFILE_FACTS), "facts 1"));
	/* again, by the same certificate: the same profile */
	put_secret(w, "A", STORE_PROFILE_FACTS, bytes_str("set by hand"));
	world_enroll(w, "A");
	assert_true(bytes_is(world_secret(w, "A", STORE_PROFILE_FACTS), "facts 1"));
	/* by one of which nothing is known */
	world_cert(w, 2);
	world_enroll(w, "A");
	assert_null(world_secret(w, "A", STORE_PROFILE_FACTS).p);
	put_secret(w, "A", STORE_PROFILE_FACTS, bytes_str("set by hand"));
	world_enroll(w, "A");
	assert_true(bytes_is(world_secret(w, "A", STORE_PROFILE_FACTS),
		"set by hand"));
	/* a renewal by that profile leaves them, one that says more tells */
	issue_renewal(w, 3, "A");
	world_cert(w, 3);
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_EMPTY);
	assert_true(bytes_is(world_secret(w, "A", STORE_PROFILE_FACTS),
		"set by hand"));
	issue(w, 4, (struct grant){ .source = GRANT_RENEWAL,
		.enrollment = world_get(w, "A")->num,
		.facts = bytes_str("facts 4") });
	world_cert(w, 4);
	assert_int_equal(checkin(w, AUTH("A")), ANSWER_EMPTY);
	assert_true(bytes_is(world_secret(w, "A", STORE_PROFILE_FACTS), "facts 4"));
	assert_int_equal(world_get(w, "A")->generation, 4);
}

/* ---- cost ---- */

/* Nothing of this makes a poll write. */
static void test_polls_still_only_read(void **state)
{
	struct world *w = *state;
	struct store_info before, after;

	given_a_life(w);
	world_cert(w, 2);
	checkin(w, AUTH("A"));
	checkin(w, TOKEN("A", "AA=="));
	assert_string_equal(world_poll(w, "A", "Idle", NULL), "C1");
	assert_null(world_poll(w, "A", "Acknowledged", "C1"));
	for (unsigned char n = 1; n <= 2; n++) {
		world_cert(w, n);
		/* that it was seen is one in this world */
		assert_int_equal(store_info(w->st, &before, &w->err), 0);
		assert_null(world_poll(w, "A", "Idle", NULL));
		assert_int_equal(store_info(w->st, &after, &w->err), 0);
		assert_int_equal(after.committed - before.committed, 1);
	}
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(test_renewal_loses_nothing),
		RULE(test_no_grace),
		RULE(test_rollback),
		RULE(test_done_is_of_this_renewal),
		RULE(test_renewal_without_check_in),
		RULE(test_real_enrollment_during_a_renewal),
		RULE(test_renewal_of_another_device),
		RULE(test_renewal_of_a_device_that_left),
		RULE(test_renewal_of_an_enrollment_that_is_over),
		RULE(test_only_the_digest_is_known),
		RULE(test_nonce_of_another_ca),
		RULE(test_nonce_must_be_one),
		RULE(test_issued_for_an_enabled_device),
		RULE(test_a_serial_is_not_taken_on_its_word),
		RULE(test_foreign_in_every_state),
		RULE(test_udid_without_serial),
		RULE(test_facts),
		RULE(test_polls_still_only_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
