/* Pushes: certificates, jobs and what became of them. */
#include "contract.h"

#include "store/store_push.h"

static struct push_cert cert_of(const char *topic)
{
	return (struct push_cert){ .topic = topic,
		.cert_pem = bytes_str("the certificate"),
		.key_pem = bytes_str("the key"), .not_before = 10,
		.not_after = 20, .added = 15 };
}

static void put_cert(struct world *w, struct push_cert *c)
{
	OK(store_push_cert_put(world_write(w), c, &w->err));
	world_commit(w);
}

static struct push_cert *cert(struct world *w, const char *topic)
{
	struct push_cert *c;

	OK(store_push_cert_get(world_read(w), topic, w->arena, &c, &w->err));
	world_end(w);
	return c;
}

static bool stop(struct world *w, const char *topic, uint64_t version,
	int64_t at, const char *why)
{
	bool did;

	OK(store_push_cert_stop(world_write(w), topic, version, at, why, &did,
	    &w->err));
	world_commit(w);
	return did;
}

/* All that waits for a topic, a page at a time; says how many pages. */
static unsigned hasten(struct world *w, const char *topic, size_t limit)
{
	struct push_place at = { 0, 0 };
	unsigned pages = 0;
	bool more = true;

	for (; more; pages++) {
		OK(store_push_hasten(world_write(w), topic, &at, limit, &more,
		    &w->err));
		world_commit(w);
	}
	return pages;
}

static void test_push_certs(void **state)
{
	struct world *w = *state;
	struct push_cert a = cert_of("com.apple.mgmt.a"), b = cert_of("b"), *c,
	    **list;
	uint64_t first;
	size_t n;
	bool was;

	assert_null(cert(w, a.topic));
	put_cert(w, &a);
	put_cert(w, &b);
	first = a.version;
	assert_true(first != 0 && first != b.version);
	c = cert(w, a.topic);
	assert_string_equal(c->topic, a.topic);
	assert_true(bytes_is(c->cert_pem, "the certificate"));
	assert_true(bytes_is(c->key_pem, "the key"));
	assert_int_equal(c->not_before, 10);
	assert_int_equal(c->not_after, 20);
	assert_int_equal(c->added, 15);
	assert_int_equal(c->stopped, 0);
	assert_null(c->why);
	assert_int_equal(c->version, first);

	/* Replaced. */
	a.key_pem = bytes_str("another key");
	a.not_after = 30;
	put_cert(w, &a);
	assert_true(a.version != first);
	c = cert(w, a.topic);
	assert_true(bytes_is(c->key_pem, "another key"));
	assert_int_equal(c->not_after, 30);
	assert_int_equal(c->version, a.version);

	OK(store_push_cert_list(world_read(w), w->arena, &list, &n, &w->err));
	world_end(w);
	assert_int_equal(n, 2);
	for (size_t i = 0; i < n; i++) {
		assert_null(list[i]->key_pem.p);
		assert_true(bytes_is(list[i]->cert_pem, "the certificate"));
	}
	assert_string_not_equal(list[0]->topic, list[1]->topic);
	OK(store_push_cert_del(world_write(w), a.topic, &was, &w->err));
	assert_true(was);
	world_commit(w);
	OK(store_push_cert_del(world_write(w), a.topic, &was, &w->err));
	assert_false(was);
	world_commit(w);
	assert_null(cert(w, a.topic));
	assert_non_null(cert(w, b.topic));
	world_check(w);
}

static void test_push_cert_refusals(void **state)
{
	struct world *w = *state;
	struct push_cert c = cert_of("");
	char topic[257];
	struct push_place at = { 0, 0 };
	struct store_tx *tx;
	bool did;

	memset(topic, 't', sizeof(topic) - 1);
	topic[256] = '\0';
	tx = world_write(w);
	FAILS(store_push_cert_put(tx, &c, &w->err), ERR_BAD_INPUT);
	c.topic = topic;
	FAILS(store_push_cert_put(tx, &c, &w->err), ERR_BAD_INPUT);
	FAILS(store_push_add(tx, 77, "id", 1, 1, &w->err), ERR_NOT_FOUND);
	world_commit(w);
	tx = world_read(w);
	c.topic = "t";
	FAILS(store_push_cert_put(tx, &c, &w->err), ERR_INTERNAL);
	FAILS(store_push_cert_del(tx, "t", &did, &w->err), ERR_INTERNAL);
	FAILS(store_push_cert_stop(tx, "t", 0, 1, "w", &did, &w->err),
	    ERR_INTERNAL);
	FAILS(store_push_hasten(tx, "t", &at, 1, &did, &w->err), ERR_INTERNAL);
	FAILS(store_push_add(tx, 1, "id", 1, 1, &w->err), ERR_INTERNAL);
	FAILS(store_push_settle(tx, 1, &(struct push_state){ .sent = 1 }, 0,
	    &w->err), ERR_INTERNAL);
	world_end(w);
}

/* ---- jobs ---- */

static uint64_t enroll(struct world *w, const char *udid, const char *topic)
{
	struct enrollment en = world_device(udid);

	en.topic = topic;
	OK(store_enrollment_put(world_write(w), &en, &w->err));
	world_commit(w);
	return en.num;
}

static void add(struct world *w, uint64_t num, const char *id, int64_t due)
{
	OK(store_push_add(world_write(w), num, id, due, w->now, &w->err));
	world_commit(w);
}

static struct push_job *job(struct world *w, uint64_t num)
{
	struct push_job *j;

	OK(store_push_job_get(world_read(w), num, w->arena, &j, &w->err));
	world_end(w);
	return j;
}

static int64_t next_due(struct world *w)
{
	int64_t due;

	OK(store_push_next_due(world_read(w), &due, &w->err));
	world_end(w);
	return due;
}

static size_t claim(struct world *w, int64_t until, size_t limit,
	struct push_job **out)
{
	size_t n;

	OK(store_push_claim(world_write(w), w->now, until, limit, w->arena,
	    out, &n, &w->err));
	world_commit(w);
	return n;
}

static void settle(struct world *w, uint64_t num, const char *id, int64_t again)
{
	struct push_state s = { .sent = w->now, .status = 200, .apns_id = id };

	OK(store_push_settle(world_write(w), num, &s, again, &w->err));
	world_commit(w);
}

static void test_push_jobs(void **state)
{
	struct world *w = *state;
	uint64_t a = enroll(w, "A", "t"), b = enroll(w, "B", "t"),
	    c = enroll(w, "C", "t");
	struct push_job *jobs;
	int64_t now = w->now;

	assert_int_equal(next_due(w), 0);
	assert_int_equal(claim(w, now + 60, 10, &jobs), 0);
	assert_null(job(w, a));
	add(w, a, "a1", now);
	add(w, b, "b1", now - 5);
	add(w, c, "c1", now + 60);	/* a lease */
	assert_int_equal(next_due(w), now - 5);
	world_check(w);

	/* The longest due first; what is leased is nobody else's. */
	assert_int_equal(claim(w, now + 60, 1, &jobs), 1);
	assert_int_equal(jobs[0].enrollment, b);
	assert_string_equal(jobs[0].apns_id, "b1");
	assert_int_equal(jobs[0].asked, now);
	assert_int_equal(jobs[0].attempts, 0);
	assert_int_equal(claim(w, now + 60, 10, &jobs), 1);
	assert_int_equal(jobs[0].enrollment, a);
	assert_int_equal(claim(w, now + 60, 10, &jobs), 0);
	assert_int_equal(next_due(w), now + 60);
	settle(w, b, "b1", 0);
	assert_null(job(w, b));
	settle(w, a, "a1", now + 30);
	assert_int_equal(job(w, a)->attempts, 1);
	assert_int_equal(job(w, a)->due, now + 30);

	/* The leases run out. */
	w->now = now + 60;
	assert_int_equal(claim(w, w->now + 60, 10, &jobs), 2);
	assert_int_equal(jobs[0].enrollment, a);
	assert_int_equal(jobs[0].attempts, 1);
	assert_int_equal(jobs[1].enrollment, c);
	world_check(w);
}

static void test_push_asked_again(void **state)
{
	struct world *w = *state;
	uint64_t a = enroll(w, "A", "t");
	struct push_job *jobs;
	int64_t now = w->now;

	/* Asked again before it was pushed: one push. */
	add(w, a, "a1", now + 60);
	w->now++;
	add(w, a, "a2", now + 5);
	assert_string_equal(job(w, a)->apns_id, "a2");
	assert_int_equal(job(w, a)->due, now + 5);
	assert_int_equal(job(w, a)->asked, now);

	/* Asked again while it is pushed: the job stays. */
	w->now = now + 5;
	assert_int_equal(claim(w, now + 65, 10, &jobs), 1);
	add(w, a, "a3", now + 70);
	settle(w, a, "a2", 0);
	assert_string_equal(job(w, a)->apns_id, "a3");
	assert_int_equal(job(w, a)->attempts, 0);
	settle(w, a, "a2", now + 900);
	assert_int_equal(job(w, a)->due, now + 70);

	/* A back-off is kept. */
	settle(w, a, "a3", now + 900);
	assert_int_equal(job(w, a)->due, now + 900);
	add(w, a, "a4", now + 10);
	assert_int_equal(job(w, a)->due, now + 900);
	assert_int_equal(job(w, a)->attempts, 1);
	assert_string_equal(job(w, a)->apns_id, "a4");
	settle(w, a, "a4", 0);
	assert_null(job(w, a));
	/* What is gone is not brought back. */
	settle(w, a, "a4", now + 5);
	assert_null(job(w, a));
	world_check(w);
}

static void test_push_state(void **state)
{
	struct world *w = *state;
	uint64_t a = enroll(w, "A", "t");
	struct push_state s = { .sent = 5, .status = 410,
		.reason = "Unregistered", .apns_id = "a1", .ok = 3, .dead = 4,
		.hold_until = 9 }, got;

	OK(store_push_state_get(world_read(w), a, w->arena, &got, &w->err));
	world_end(w);
	assert_int_equal(got.sent, 0);
	assert_int_equal(got.status, 0);
	assert_null(got.reason);
	OK(store_push_settle(world_write(w), a, &s, 0, &w->err));
	world_commit(w);
	OK(store_push_state_get(world_read(w), a, w->arena, &got, &w->err));
	world_end(w);
	assert_int_equal(got.sent, 5);
	assert_int_equal(got.status, 410);
	assert_string_equal(got.reason, "Unregistered");
	assert_string_equal(got.apns_id, "a1");
	assert_int_equal(got.ok, 3);
	assert_int_equal(got.dead, 4);
	assert_int_equal(got.hold_until, 9);
	/* Of an enrollment that is not there: nothing. */
	OK(store_push_settle(world_write(w), 77, &s, 0, &w->err));
	world_commit(w);
	OK(store_push_state_get(world_read(w), 77, w->arena, &got, &w->err));
	world_end(w);
	assert_int_equal(got.sent, 0);
	world_check(w);
}

/* A new token: what was told of the old one does not count. */
static void test_push_renew(void **state)
{
	struct world *w = *state;
	uint64_t a = enroll(w, "A", "t"), b = enroll(w, "B", "t");
	struct push_state s = { .sent = w->now, .status = 410, .apns_id = "a1",
		.ok = 3, .dead = w->now + 5, .hold_until = w->now + 9000 }, got;
	struct push_job *jobs;

	/* Nothing to do. */
	OK(store_push_renew(world_write(w), b, w->now, &w->err));
	world_commit(w);
	assert_null(job(w, b));
	/* Dead, held, and in a back-off. */
	add(w, a, "a1", w->now);
	OK(store_push_settle(world_write(w), a, &s, w->now + 9000, &w->err));
	world_commit(w);
	OK(store_push_renew(world_write(w), a, w->now, &w->err));
	world_commit(w);
	OK(store_push_state_get(world_read(w), a, w->arena, &got, &w->err));
	world_end(w);
	assert_int_equal(got.dead, 0);
	assert_int_equal(got.hold_until, 0);
	assert_int_equal(got.status, 410);
	assert_int_equal(got.ok, 3);
	assert_int_equal(job(w, a)->due, w->now);
	assert_int_equal(job(w, a)->attempts, 0);
	world_check(w);
	/* A lease stays. */
	assert_int_equal(claim(w, w->now + 60, 10, &jobs), 1);
	OK(store_push_renew(world_write(w), a, w->now, &w->err));
	world_commit(w);
	assert_int_equal(job(w, a)->due, w->now + 60);
	world_check(w);
}

static void test_push_stop(void **state)
{
	struct world *w = *state;
	struct push_cert c = cert_of("t");
	uint64_t a = enroll(w, "A", "t"), b = enroll(w, "B", "other");
	int64_t now = w->now;

	assert_false(stop(w, "t", 0, now, "no such"));
	/* Asked for before there was any. */
	add(w, a, "a0", now);
	settle(w, a, "a0", now + 900);
	put_cert(w, &c);
	hasten(w, "t", 10);
	assert_int_equal(job(w, a)->due, now);
	settle(w, a, "a0", 0);
	assert_false(stop(w, "t", c.version + 1, now, "another version"));
	assert_true(stop(w, "t", c.version, now, "BadCertificate"));
	assert_false(stop(w, "t", c.version, now + 1, "again"));
	assert_int_equal(cert(w, "t")->stopped, now);
	assert_string_equal(cert(w, "t")->why, "BadCertificate");
	assert_int_equal(cert(w, "t")->version, c.version);
	assert_true(bytes_is(cert(w, "t")->key_pem, "the key"));

	/* Resumed: what waits for it is due. */
	add(w, a, "a1", now);
	add(w, b, "b1", now);
	settle(w, a, "a1", now + 900);
	settle(w, b, "b1", now + 900);
	assert_true(stop(w, "t", 0, 0, NULL));
	assert_false(stop(w, "t", 0, 0, NULL));
	hasten(w, "t", 10);
	assert_int_equal(cert(w, "t")->stopped, 0);
	assert_null(cert(w, "t")->why);
	assert_int_equal(job(w, a)->due, now);
	assert_int_equal(job(w, b)->due, now + 900);

	/* Put again: no longer stopped, and due as well. */
	settle(w, a, "a1", now + 900);
	assert_true(stop(w, "t", 0, now, "w"));
	put_cert(w, &c);
	hasten(w, "t", 10);
	assert_int_equal(cert(w, "t")->stopped, 0);
	assert_int_equal(job(w, a)->due, now);
	world_check(w);
}

/* Page by page, past those of other topics: each once, whenever it was asked
 * for and is due. */
static void test_push_hasten(void **state)
{
	struct world *w = *state;
	int64_t now = w->now;
	uint64_t num[12];

	for (size_t i = 0; i < 12; i++) {
		char udid[8], id[8];

		snprintf(udid, sizeof(udid), "H%zu", i);
		snprintf(id, sizeof(id), "h%zu", i);
		num[i] = enroll(w, udid, i % 4 == 3 ? "other" : "t");
		w->now = now + (int64_t)i * 100;
		add(w, num[i], id, w->now);
		settle(w, num[i], id, w->now + (int64_t)(12 - i) * 90);
	}
	assert_int_equal(hasten(w, "t", 2), 7);
	for (size_t i = 0; i < 12; i++)
		assert_int_equal(job(w, num[i])->due, now + (int64_t)i * 100 +
		    (i % 4 == 3 ? (int64_t)(12 - i) * 90 : 0));
	assert_int_equal(hasten(w, "t", 100), 1);
	assert_int_equal(hasten(w, "none", 100), 1);
	world_check(w);
}

const struct contract_test contract_push[] = {
	CONTRACT(test_push_certs),
	CONTRACT(test_push_cert_refusals),
	CONTRACT(test_push_jobs),
	CONTRACT(test_push_asked_again),
	CONTRACT(test_push_state),
	CONTRACT(test_push_renew),
	CONTRACT(test_push_stop),
	CONTRACT(test_push_hasten),
	{ NULL, NULL },
};
