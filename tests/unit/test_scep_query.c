/* scep/: RenewalReq, CertPoll and GetCRL; hostile bytes; many at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <pthread.h>
#include <cmocka.h>

#include "scep_world.h"

#include "base/enc.h"
#include "base/file.h"
#include "base/rnd.h"
#include "crypto/pkey.h"
#include "crypto_data.h"

static const struct grant anybody = { .source = GRANT_OPERATOR };

/* An enrolled device with a certificate for a key. */
static struct cert *enrolled(struct admin_world *w, const char *udid,
	const struct pkey *k, struct enrollment **out)
{
	struct asking q = { .challenge = scep_challenge(w, &anybody),
		.transaction = udid, .key = k };
	struct cert *c = scep_given(w, &q).cert;
	struct enrollment *en = admin_device(w, udid);

	scep_bind(w, c, (struct store_cert){ .device = en->num,
		.bound = w->op.now });
	if (out != NULL)
		*out = en;
	return c;
}

/* ---- RenewalReq ---- */

static void test_renewal(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *en;
	struct cert *old = enrolled(w, "renewal", scep_key[0], &en);
	struct asking q = { .type = SCEP_RENEWAL_REQ, .transaction = "R",
		.key = scep_key[1], .signer = scep_key[0], .cert = old };
	struct told t = scep_given(w, &q), again;
	struct issued *issued = scep_issued(w, t.cert);
	size_t n = scep_count(w);

	assert_true(pkey_matches(scep_key[1], t.cert));
	assert_string_equal(t.done.type, "RenewalReq");
	assert_int_equal(t.done.enrollment, en->num);
	assert_int_equal(issued->grant.source, GRANT_RENEWAL);
	assert_int_equal(issued->grant.enrollment, en->num);
	again = scep_given(w, &q);
	assert_true(again.done.again && bytes_eq(again.der, t.der));
	assert_int_equal(scep_count(w), n);
	q.transaction = "R2";
	assert_false(bytes_eq(scep_given(w, &q).der, t.der));
}

/* A client that keeps its key, subject and challenge sends the very request
 * of its enrollment, under the same transactionID. */
static void test_renewal_same_request(void **state)
{
	struct admin_world *w = *state;
	struct asking q = { .challenge = scep_challenge(w, &anybody),
		.transaction = "same" };
	struct told first = scep_given(w, &q), second, third;
	struct enrollment *en = admin_device(w, "same");

	scep_bind(w, first.cert, (struct store_cert){ .device = en->num,
		.bound = w->op.now });
	w->op.now += 3600;
	q.type = SCEP_RENEWAL_REQ;
	q.cert = first.cert;
	second = scep_given(w, &q);
	assert_false(second.done.again || bytes_eq(second.der, first.der));
	assert_true(cert_not_after(second.cert) > cert_not_after(first.cert));
	assert_true(bytes_eq(scep_given(w, &q).der, second.der));
	/* And once more by what came of it. */
	scep_bind(w, first.cert, (struct store_cert){ .device = en->num,
		.former = w->op.now, .valid_until = w->op.now + 60 });
	scep_bind(w, second.cert, (struct store_cert){ .device = en->num,
		.bound = w->op.now, .renewal = true });
	q.cert = second.cert;
	third = scep_given(w, &q);
	assert_false(third.done.again || bytes_eq(third.der, second.der));
	/* The PKCSReq is still its own. */
	q.type = SCEP_PKCS_REQ;
	q.cert = NULL;
	assert_true(bytes_eq(scep_given(w, &q).der, first.der));
}

static void test_renewal_refused(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *en;
	struct cert *c = enrolled(w, "refused", scep_key[0], &en);
	struct asking q = { .type = SCEP_RENEWAL_REQ, .transaction = "RR",
		.signer = scep_key[0], .key = scep_key[1] }, free;
	struct store_cert record = { .device = en->num, .bound = w->op.now };

	/* By nobody's certificate. */
	scep_refused(w, &q, SCEP_BAD_MESSAGE_CHECK, "is not trusted");
	/* By one that speaks for no device yet. */
	free = (struct asking){ .challenge = scep_challenge(w, &anybody),
		.transaction = "free", .key = scep_key[2] };
	free.cert = scep_given(w, &free).cert;
	free.type = SCEP_RENEWAL_REQ;
	scep_refused(w, &free, SCEP_BAD_REQUEST, "speaks for no device");

	q.cert = c;
	record.former = w->op.now;
	scep_bind(w, c, record);
	scep_refused(w, &q, SCEP_BAD_REQUEST, "speaks for no device");
	record.valid_until = w->op.now;
	scep_bind(w, c, record);
	scep_refused(w, &q, SCEP_BAD_REQUEST, "speaks for no device");
	record.former = record.valid_until = 0;
	record.revoked = w->op.now;
	scep_bind(w, c, record);
	scep_refused(w, &q, SCEP_BAD_MESSAGE_CHECK, "is revoked");
	record.revoked = 0;
	scep_bind(w, c, record);

	for (int s = ENROLLMENT_AUTHENTICATED; s <= ENROLLMENT_BLOCKED; s++) {
		if (s == ENROLLMENT_ENABLED)
			continue;
		en->state = (enum enrollment_state)s;
		admin_put(w, en);
		scep_refused(w, &q, SCEP_BAD_REQUEST, "is not enrolled");
	}
	en->state = ENROLLMENT_ENABLED;
	admin_put(w, en);
	w->op.now = cert_not_after(c) + 1;
	scep_refused(w, &q, SCEP_BAD_MESSAGE_CHECK, "certificate expired");
	w->op.now = cert_not_after(c);
	/* One that may be rolled back to may still ask. */
	record.former = w->op.now;
	record.valid_until = STORE_CERT_UNTIL_UPDATED;
	scep_bind(w, c, record);
	scep_given(w, &q);
}

/* ---- CertPoll ---- */

static void test_poll(void **state)
{
	struct admin_world *w = *state;
	struct cert *c = enrolled(w, "poll", scep_key[0], NULL);
	struct bytes der = cert_der(c, w->a);
	struct asking q = { .type = SCEP_CERT_POLL, .transaction = "poll",
		.content = bytes_str("\060\000") }, renewal;
	struct told t = scep_given(w, &q);

	assert_true(t.done.again && bytes_eq(t.der, der));
	q.transaction = "pol";
	scep_refused(w, &q, SCEP_BAD_CERT_ID, "no certificate was issued");
	q.transaction = "poll";
	q.key = scep_key[1];
	scep_refused(w, &q, SCEP_BAD_CERT_ID, "no certificate was issued");
	q.key = scep_key[0];
	renewal = (struct asking){ .type = SCEP_RENEWAL_REQ,
		.transaction = "poll", .cert = c };
	t = scep_given(w, &renewal);
	q.cert = c;
	assert_true(bytes_eq(scep_given(w, &q).der, t.der));
	q.cert = NULL;
	assert_true(bytes_eq(scep_given(w, &q).der, der));
	scep_revoke(w, c);
	scep_refused(w, &q, SCEP_BAD_CERT_ID, "no certificate was issued");
}

/* ---- GetCRL ---- */

static bool lists(struct admin_world *w, struct bytes crl,
	const struct cert *c)
{
	struct bytes serial;

	assert_true(enc_unhex(w->a, cert_serial_hex(c, w->a), &serial));
	return memmem(crl.p, crl.n, serial.p, serial.n) != NULL;
}

static struct bytes get_crl(struct admin_world *w, const struct cert *by,
	struct scep_crl_cache *cache)
{
	struct asking q = { .type = SCEP_GET_CRL, .cert = by,
		.content = bytes_str("\060\000") };
	struct scep_context cx = { .store = w->op.store, .conf = w->op.conf,
		.now = w->op.now, .arena = w->a, .crls = cache };
	struct scep_done done;
	enum scep_fail fail;
	struct bytes out, content;
	struct scep_cms m;

	OK(scep_pki_operation(&cx, scep_message(w, &q), &out, &done, &w->err));
	assert_null(done.refused);
	OK(scep_cms_read(out, w->a, &m, &fail, &w->err));
	assert_int_equal(m.status, SCEP_SUCCESS);
	OK(scep_cms_decrypt(&m, by, scep_key[0], w->a, &content, &w->err));
	return content;
}

static void test_crl(void **state)
{
	struct admin_world *w = *state;
	struct cert *by = enrolled(w, "crl", scep_key[0], NULL);
	struct cert *first = enrolled(w, "crl 1", scep_key[1], NULL);
	struct cert *second = enrolled(w, "crl 2", scep_key[1], NULL);
	struct scep_crl_cache cache = SCEP_CRL_CACHE_INIT;
	struct asking q = { .type = SCEP_GET_CRL, .key = scep_key[0] };
	struct bytes crl, again;

	scep_refused(w, &q, SCEP_BAD_MESSAGE_CHECK, "is not trusted");
	scep_revoke(w, first);
	crl = get_crl(w, by, &cache);
	assert_true(lists(w, crl, first));
	assert_false(lists(w, crl, second));
	assert_false(lists(w, crl, by));
	/* Kept for some minutes. */
	scep_revoke(w, second);
	w->op.now += SCEP_CRL_FRESH - 1;
	again = get_crl(w, by, &cache);
	assert_true(bytes_eq(crl, again));
	assert_true(lists(w, get_crl(w, by, NULL), second));
	w->op.now += 1;
	again = get_crl(w, by, &cache);
	assert_true(lists(w, again, first) && lists(w, again, second));
	/* A clock that goes back keeps nothing. */
	w->op.now -= 10;
	assert_false(bytes_eq(again, get_crl(w, by, &cache)));
	scep_revoke(w, by);
	q.cert = by;
	scep_refused(w, &q, SCEP_BAD_MESSAGE_CHECK, "is revoked");
	scep_crl_cache_fini(&cache);
}

/* ---- hostile bytes ---- */

static void unreadable(struct admin_world *w, struct bytes in)
{
	struct told t = scep_tell(w, in);

	if (t.rc == 0)
		fail_msg("answered: %s", t.done.refused);
	assert_int_equal(w->err.kind, ERR_BAD_INPUT);
	assert_memory_equal(w->err.msg, "PKIOperation ", 13);
}

static void test_bytes(void **state)
{
	struct admin_world *w = *state;
	uint64_t before = scep_writes(w);
	size_t big = (size_t)20 << 20;
	unsigned char *p = arena_zalloc(w->a, big);

	unreadable(w, bytes_of(NULL, 0));
	unreadable(w, bytes_str("\060\200"));
	for (size_t n = 1; n < 4096; n = 2 * n + 1) {
		rnd_bytes(p, n);
		unreadable(w, bytes_of(p, n));
	}
	memcpy(p, "\060\204\001\077\377\372", 6);
	unreadable(w, bytes_of(p, big));
	assert_int_equal(scep_writes(w), before);
}

/* Messages of another writer: none is for this CA, or allowed. */
static void test_data(void **state)
{
	static const struct {
		const char *name;
		int fail;	/* -1: no answer in SCEP */
	} rows[] = {
		{ "bad-two-signers", -1 }, { "bad-no-signer", -1 },
		{ "bad-transaction-none", -1 }, { "bad-trailing", -1 },
		{ "bad-deep", -1 }, { "bad-enveloped-only", -1 },
		{ "bad-no-cert", SCEP_BAD_REQUEST },
		{ "bad-other-cert", SCEP_BAD_REQUEST },
		{ "bad-wrong-key", SCEP_BAD_MESSAGE_CHECK },
		{ "bad-other-content", SCEP_BAD_MESSAGE_CHECK },
		{ "bad-md5", SCEP_BAD_ALG }, { "bad-rc2", SCEP_BAD_ALG },
		{ "bad-weak-signer", SCEP_BAD_ALG },
		{ "bad-nonce-15", SCEP_BAD_REQUEST },
		{ "bad-type-1000", SCEP_BAD_REQUEST },
		{ "req", SCEP_BAD_REQUEST },
		{ "req-no-content", SCEP_BAD_CERT_ID },
		{ "req-unknown-type", SCEP_BAD_REQUEST },
		{ "req-renewal", SCEP_BAD_REQUEST },
	};
	struct admin_world *w = *state;
	uint64_t before = scep_writes(w);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes in = data_file(w->a, arena_printf(w->a,
			"scep/%s.der", rows[i].name));
		struct told t;

		if (rows[i].fail < 0) {
			unreadable(w, in);
			continue;
		}
		t = scep_tell(w, in);
		if (t.rc < 0)
			fail_msg("%s: %s", rows[i].name, w->err.msg);
		assert_int_equal(t.m.status, SCEP_FAILURE);
		if ((int)t.m.fail != rows[i].fail)
			fail_msg("%s: failInfo %d", rows[i].name, t.m.fail);
	}
	assert_int_equal(scep_writes(w), before);
}

/* A good message with one bit wrong is refused, or (where the bit says
 * nothing) is the good one. */
static void test_flips(void **state)
{
	struct admin_world *w = *state;
	struct grant g = { .source = GRANT_OPERATOR, .serial = "FLIPPED" };
	struct asking q = { .challenge = scep_challenge(w, &g),
		.transaction = "flips" };
	struct bytes good = scep_message(w, &q);
	unsigned char *p = arena_memdup(w->a, good.p, good.n);
	size_t before = scep_count(w), given = 0;

	for (size_t i = 0; i < good.n; i += 3) {
		struct admin_world one = *w;
		struct told t;

		one.a = arena_new();
		p[i] ^= (unsigned char)(1 << i % 8);
		t = scep_tell(&one, bytes_of(p, good.n));
		p[i] = good.p[i];
		if (t.rc < 0)
			assert_int_equal(one.err.kind, ERR_BAD_INPUT);
		else
			given += t.m.status == SCEP_SUCCESS;
		arena_free(one.a);
	}
	assert_in_range(given, 0, good.n / 2);
	assert_true(scep_count(w) <= before + 1);
	assert_string_equal(cert_subject(scep_given(w, &q).cert, w->a),
		"CN=FLIPPED,O=Example");
	assert_int_equal(scep_count(w), before + 1);
}

/* ---- many at once ---- */

#define HANDS 8

struct hand {
	struct admin_world w;
	struct bytes message;
	pthread_barrier_t *start;
	int rc;
	struct scep_done done;
	const char *serial;
};

static void *ask_once(void *arg)
{
	struct hand *h = arg;
	struct scep_context cx = { .store = h->w.op.store,
		.conf = h->w.op.conf, .now = h->w.op.now, .arena = h->w.a };
	struct bytes out;

	pthread_barrier_wait(h->start);
	h->rc = scep_pki_operation(&cx, h->message, &out, &h->done, &h->w.err);
	return NULL;
}

/* All at once; how many were given a certificate. */
static size_t all_at_once(struct admin_world *w, struct hand hands[HANDS])
{
	pthread_barrier_t start;
	pthread_t threads[HANDS];
	size_t given = 0;

	assert_int_equal(pthread_barrier_init(&start, NULL, HANDS), 0);
	for (size_t i = 0; i < HANDS; i++) {
		hands[i].w = *w;
		hands[i].w.a = arena_new();
		hands[i].start = &start;
		assert_int_equal(pthread_create(&threads[i], NULL, ask_once,
			&hands[i]), 0);
	}
	for (size_t i = 0; i < HANDS; i++) {
		struct hand *h = &hands[i];

		pthread_join(threads[i], NULL);
		if (h->rc < 0)
			fail_msg("%s", h->w.err.msg);
		if (h->done.serial != NULL) {
			h->serial = arena_strdup(w->a, h->done.serial);
			given++;
		} else {
			assert_non_null(strstr(h->done.refused, "used before"));
		}
		arena_free(h->w.a);
	}
	pthread_barrier_destroy(&start);
	return given;
}

static void test_same_at_once(void **state)
{
	struct admin_world *w = *state;
	struct asking q = { .challenge = scep_challenge(w, &anybody),
		.transaction = "at once" };
	struct hand hands[HANDS] = { 0 };
	size_t before = scep_count(w);

	for (size_t i = 0; i < HANDS; i++)
		hands[i].message = scep_message(w, &q);
	assert_int_equal(all_at_once(w, hands), HANDS);
	for (size_t i = 1; i < HANDS; i++)
		assert_string_equal(hands[i].serial, hands[0].serial);
	assert_int_equal(scep_count(w), before + 1);
}

static void test_one_challenge_at_once(void **state)
{
	struct admin_world *w = *state;
	struct asking q = { .challenge = scep_challenge(w, &anybody) };
	struct hand hands[HANDS] = { 0 };
	size_t before = scep_count(w);

	for (size_t i = 0; i < HANDS; i++) {
		q.transaction = arena_printf(w->a, "one of many %zu", i);
		q.key = scep_key[i % 3];
		hands[i].message = scep_message(w, &q);
	}
	assert_int_equal(all_at_once(w, hands), 1);
	assert_int_equal(scep_count(w), before + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCEP(test_renewal), SCEP(test_renewal_same_request),
		SCEP(test_renewal_refused), SCEP(test_poll), SCEP(test_crl),
		SCEP(test_bytes), SCEP(test_data), SCEP(test_flips),
		SCEP(test_same_at_once), SCEP(test_one_challenge_at_once),
	};

	return cmocka_run_group_tests(tests, scep_setup, scep_teardown);
}
