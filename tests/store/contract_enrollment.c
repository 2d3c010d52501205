/* Enrollments, secrets, certificates. */
#include "contract.h"

#include <stdlib.h>

static void test_absent(void **state)
{
	struct world *w = *state;
	struct enrollment_id id = { ENROLLMENT_DEVICE, bytes_str("nobody"),
		{ NULL, 0 } };
	struct store_tx *tx = world_read(w);
	struct enrollment *en, **list;
	struct store_cert cert;
	struct bytes v;
	uint64_t *nums, count;
	bool found;
	size_t n;

	en = (struct enrollment *)&id;	/* anything but NULL */
	OK(store_enrollment_find(tx, &id, w->arena, &en, &w->err));
	assert_null(en);
	OK(store_enrollment_get(tx, 1, w->arena, &en, &w->err));
	assert_null(en);
	OK(store_enrollment_lookup(tx, bytes_str("nobody"), w->arena, &en,
	    &w->err));
	assert_null(en);
	OK(store_enrollment_lookup(tx, bytes_str("@1"), w->arena, &en,
	    &w->err));
	assert_null(en);
	OK(store_enrollment_list(tx, 0, 10, w->arena, &list, &n, &w->err));
	assert_int_equal(n, 0);
	OK(store_enrollment_children(tx, 1, 0, 10, w->arena, &nums, &n,
	    &w->err));
	assert_int_equal(n, 0);
	OK(store_enrollment_count(tx, &count, &w->err));
	assert_int_equal(count, 0);
	OK(store_secret_get(tx, 1, STORE_PUSH_TOKEN, w->arena, &v, &w->err));
	assert_null(v.p);
	OK(store_cert_get(tx, (const unsigned char *)
	    "0123456789abcdef0123456789abcdef", &found, &cert, &w->err));
	assert_false(found);
	world_end(w);
}

/* Every field, so that one that is forgotten in the record shows. */
static struct enrollment full(const char *udid)
{
	struct enrollment en = world_device(udid);

	en.before_block = ENROLLMENT_LEFT;
	en.generation = 7;
	en.tally = 1234567890123u;
	en.has_cert = true;
	memset(en.cert, 0xc5, sizeof(en.cert));
	en.imported = en.awaiting_configuration = en.not_on_console = true;
	en.topic = "com.apple.mgmt.External.1";
	en.serial = "C02";
	en.device_name = "Joe's \xf0\x9f\x8d\x8e\n";
	en.model = "M";
	en.await_until = 6;
	en.model_name = "MacBook";
	en.product_name = "Mac14,2";
	en.os_version = "15.1";
	en.build_version = "24B83";
	en.imei = "35";
	en.meid = "A0";
	en.user_id = "G";
	en.user_short_name = "joe";
	en.user_long_name = "Joe Doe";
	en.last_lock = "lock";
	en.last_erase = "erase";
	en.created = 1;
	en.authenticated = 2;
	en.enrolled = 3;
	en.token_updated = 4;
	en.left = 5;
	return en;
}

static void expect_same(const struct enrollment *a, const struct enrollment *b)
{
	assert_int_equal(a->num, b->num);
	assert_int_equal(a->parent, b->parent);
	assert_int_equal(a->id.kind, b->id.kind);
	assert_true(bytes_eq(a->id.device, b->id.device));
	assert_true(bytes_eq(a->id.user, b->id.user));
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->before_block, b->before_block);
	assert_int_equal(a->generation, b->generation);
	assert_int_equal(a->tally, b->tally);
	assert_int_equal(a->has_cert, b->has_cert);
	assert_memory_equal(a->cert, b->cert, DIGEST_LEN);
	assert_int_equal(a->imported, b->imported);
	assert_int_equal(a->awaiting_configuration, b->awaiting_configuration);
	assert_int_equal(a->await_until, b->await_until);
	assert_int_equal(a->not_on_console, b->not_on_console);
	assert_true(str_eq(a->topic, b->topic));
	assert_true(str_eq(a->serial, b->serial));
	assert_true(str_eq(a->device_name, b->device_name));
	assert_true(str_eq(a->model, b->model));
	assert_true(str_eq(a->model_name, b->model_name));
	assert_true(str_eq(a->product_name, b->product_name));
	assert_true(str_eq(a->os_version, b->os_version));
	assert_true(str_eq(a->build_version, b->build_version));
	assert_true(str_eq(a->imei, b->imei));
	assert_true(str_eq(a->meid, b->meid));
	assert_true(str_eq(a->user_id, b->user_id));
	assert_true(str_eq(a->user_short_name, b->user_short_name));
	assert_true(str_eq(a->user_long_name, b->user_long_name));
	assert_true(str_eq(a->last_lock, b->last_lock));
	assert_true(str_eq(a->last_erase, b->last_erase));
	assert_int_equal(a->created, b->created);
	assert_int_equal(a->authenticated, b->authenticated);
	assert_int_equal(a->enrolled, b->enrolled);
	assert_int_equal(a->token_updated, b->token_updated);
	assert_int_equal(a->left, b->left);
}

static void test_every_field(void **state)
{
	struct world *w = *state;
	struct enrollment en = full("U"), bare = world_device("V"), *got;
	struct store_tx *tx = world_write(w);

	OK(store_enrollment_put(tx, &en, &w->err));
	OK(store_enrollment_put(tx, &bare, &w->err));
	assert_int_not_equal(en.num, 0);
	assert_int_not_equal(bare.num, en.num);
	world_commit(w);
	tx = world_read(w);
	OK(store_enrollment_get(tx, en.num, w->arena, &got, &w->err));
	expect_same(got, &en);
	assert_int_equal(got->last_seen, 0);
	OK(store_enrollment_find(tx, &en.id, w->arena, &got, &w->err));
	expect_same(got, &en);
	OK(store_enrollment_get(tx, bare.num, w->arena, &got, &w->err));
	expect_same(got, &bare);
	world_end(w);
	world_check(w);
}

static void test_replace(void **state)
{
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "U"), other, *got;
	struct store_tx *tx = world_write(w);
	uint64_t count;

	en.state = ENROLLMENT_LEFT;
	en.serial = "C02";
	OK(store_enrollment_put(tx, &en, &w->err));
	world_commit(w);
	tx = world_read(w);
	OK(store_enrollment_get(tx, en.num, w->arena, &got, &w->err));
	expect_same(got, &en);
	OK(store_enrollment_count(tx, &count, &w->err));
	assert_int_equal(count, 1);
	world_end(w);

	/* Its id never changes; an id is there once; no number is made up. */
	tx = world_write(w);
	other = en;
	other.id.device = bytes_str("V");
	FAILS(store_enrollment_put(tx, &other, &w->err), ERR_INTERNAL);
	other = world_device("U");
	FAILS(store_enrollment_put(tx, &other, &w->err), ERR_CONFLICT);
	assert_int_equal(other.num, 0);
	other = world_device("W");
	other.num = 99;
	FAILS(store_enrollment_put(tx, &other, &w->err), ERR_NOT_FOUND);
	world_abort(w);
	world_check(w);
}

static void test_ids_of_any_kind(void **state)
{
	static const char *const ids[] = { "/", ":", ",", "%2F", "a\nb",
		"\xc3\xa4", "@7x", "@", "00000000-0000000000000000" };
	struct world *w = *state;
	struct store_tx *tx = world_write(w);
	struct enrollment en, *got;
	char *longest = malloc(ENROLLMENT_ID_MAX + 1);

	memset(longest, 'x', ENROLLMENT_ID_MAX);
	longest[ENROLLMENT_ID_MAX] = '\0';
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]) + 1; i++) {
		en = world_device(i == 0 ? longest : ids[i - 1]);
		OK(store_enrollment_put(tx, &en, &w->err));
		OK(store_enrollment_find(tx, &en.id, w->arena, &got, &w->err));
		assert_int_equal(got->num, en.num);
		assert_true(bytes_eq(got->id.device, en.id.device));
		OK(store_enrollment_lookup(tx, en.id.device, w->arena, &got,
		    &w->err));
		assert_int_equal(got->num, en.num);
	}
	world_commit(w);
	free(longest);
	world_check(w);
}

static struct enrollment user_of(const struct enrollment *device,
	const char *user)
{
	struct enrollment en = *device;

	en.num = 0;
	en.parent = device->num;
	en.id.kind = ENROLLMENT_USER;
	en.id.user = bytes_str(user);
	return en;
}

static void test_lookup(void **state)
{
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "U"), user = user_of(&en, "G");
	struct enrollment odd = world_device("U:G"), *got;
	struct store_tx *tx = world_write(w);
	char at[32];

	OK(store_enrollment_put(tx, &user, &w->err));
	OK(store_enrollment_lookup(tx, bytes_str("U"), w->arena, &got,
	    &w->err));
	assert_int_equal(got->num, en.num);
	OK(store_enrollment_lookup(tx, bytes_str("U:G"), w->arena, &got,
	    &w->err));
	assert_int_equal(got->num, user.num);
	snprintf(at, sizeof(at), "@%llu", (unsigned long long)user.num);
	OK(store_enrollment_lookup(tx, bytes_str(at), w->arena, &got,
	    &w->err));
	assert_int_equal(got->num, user.num);
	/* A device whose UDID reads the same: only the number tells. */
	OK(store_enrollment_put(tx, &odd, &w->err));
	FAILS(store_enrollment_lookup(tx, bytes_str("U:G"), w->arena, &got,
	    &w->err), ERR_CONFLICT);
	assert_non_null(strstr(w->err.msg, at));
	OK(store_enrollment_lookup(tx, bytes_str(at), w->arena, &got,
	    &w->err));
	assert_int_equal(got->num, user.num);
	world_commit(w);
	world_check(w);
}

static void test_children(void **state)
{
	struct world *w = *state;
	struct enrollment a = world_enroll(w, "A"), b = world_enroll(w, "B");
	uint64_t want[5], *nums, after = 0;
	struct store_tx *tx = world_write(w);
	size_t n, all = 0;

	for (int i = 0; i < 5; i++) {
		char name[8];
		struct enrollment ua, ub;

		snprintf(name, sizeof(name), "u%d", i);
		ua = user_of(&a, name);
		ub = user_of(&b, name);
		OK(store_enrollment_put(tx, &ua, &w->err));
		OK(store_enrollment_put(tx, &ub, &w->err));
		want[i] = ua.num;
	}
	world_commit(w);
	tx = world_read(w);
	do {
		OK(store_enrollment_children(tx, a.num, after, 2, w->arena,
		    &nums, &n, &w->err));
		for (size_t i = 0; i < n; i++)
			assert_int_equal(nums[i], want[all++]);
		after = n > 0 ? nums[n - 1] : 0;
	} while (n > 0);
	assert_int_equal(all, 5);
	OK(store_enrollment_children(tx, a.num, UINT64_MAX, 2, w->arena,
	    &nums, &n, &w->err));
	assert_int_equal(n, 0);
	world_end(w);
	world_check(w);
}

static void test_list(void **state)
{
	struct world *w = *state;
	struct store_tx *tx = world_write(w);
	struct enrollment **list;
	uint64_t after = 0, count, num;
	size_t n, all = 0;

	for (int i = 0; i < 7; i++) {
		char udid[8];
		struct enrollment en;

		snprintf(udid, sizeof(udid), "d%d", i);
		en = world_device(udid);
		OK(store_enrollment_put(tx, &en, &w->err));
	}
	world_commit(w);
	tx = world_read(w);
	OK(store_enrollment_count(tx, &count, &w->err));
	assert_int_equal(count, 7);
	do {
		OK(store_enrollment_list(tx, after, 3, w->arena, &list, &n,
		    &w->err));
		for (size_t i = 0; i < n; i++) {
			OK(store_enrollment_skip(tx, 0, (uint64_t)all + 1, &num,
			    &w->err));
			assert_int_equal(num, list[i]->num);
			OK(store_enrollment_skip(tx, after, 1, &num, &w->err));
			assert_int_equal(num, list[i]->num);
			assert_true(list[i]->num > after);
			assert_int_equal(list[i]->id.device.p[1], '0' + all);
			after = list[i]->num;
			all++;
		}
	} while (n == 3);
	assert_int_equal(all, 7);
	OK(store_enrollment_list(tx, UINT64_MAX, 3, w->arena, &list, &n,
	    &w->err));
	assert_int_equal(n, 0);
	for (uint64_t far = 8; far < 11; far++) {
		OK(store_enrollment_skip(tx, 0, far, &num, &w->err));
		assert_int_equal(num, 0);
	}
	OK(store_enrollment_skip(tx, after, 1, &num, &w->err));
	assert_int_equal(num, 0);
	OK(store_enrollment_skip(tx, UINT64_MAX, 1, &num, &w->err));
	assert_int_equal(num, 0);
	OK(store_enrollment_skip(tx, 5, 0, &num, &w->err));
	assert_int_equal(num, 5);
	world_end(w);
}

static void test_secrets(void **state)
{
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "U"), other =
	    world_enroll(w, "V");
	size_t big = (size_t)3 << 20;
	unsigned char *blob = malloc(big);
	struct store_tx *tx = world_write(w);
	struct bytes v;

	memset(blob, 0x5a, big);
	OK(store_secret_put(tx, en.num, STORE_PUSH_TOKEN, bytes_of("a\0b", 3),
	    &w->err));
	OK(store_secret_put(tx, en.num, STORE_RAW_TOKEN_UPDATE,
	    bytes_of(blob, big), &w->err));
	OK(store_secret_put(tx, en.num, STORE_PUSH_MAGIC, bytes_of("", 0),
	    &w->err));
	OK(store_secret_put(tx, other.num, STORE_PUSH_TOKEN, bytes_str("x"),
	    &w->err));
	world_commit(w);
	tx = world_write(w);
	OK(store_secret_get(tx, en.num, STORE_PUSH_TOKEN, w->arena, &v,
	    &w->err));
	assert_true(bytes_eq(v, bytes_of("a\0b", 3)));
	OK(store_secret_get(tx, en.num, STORE_RAW_TOKEN_UPDATE, w->arena, &v,
	    &w->err));
	assert_true(bytes_eq(v, bytes_of(blob, big)));
	OK(store_secret_get(tx, en.num, STORE_PUSH_MAGIC, w->arena, &v,
	    &w->err));
	assert_non_null(v.p);
	assert_int_equal(v.n, 0);
	/* Replaced, deleted, deleted again. */
	OK(store_secret_put(tx, en.num, STORE_PUSH_TOKEN, bytes_str("new"),
	    &w->err));
	OK(store_secret_del(tx, en.num, STORE_PUSH_MAGIC, &w->err));
	OK(store_secret_del(tx, en.num, STORE_PUSH_MAGIC, &w->err));
	world_commit(w);
	tx = world_read(w);
	OK(store_secret_get(tx, en.num, STORE_PUSH_TOKEN, w->arena, &v,
	    &w->err));
	assert_true(bytes_is(v, "new"));
	OK(store_secret_get(tx, en.num, STORE_PUSH_MAGIC, w->arena, &v,
	    &w->err));
	assert_null(v.p);
	OK(store_secret_get(tx, other.num, STORE_PUSH_TOKEN, w->arena, &v,
	    &w->err));
	assert_true(bytes_is(v, "x"));
	world_end(w);
	free(blob);
	world_check(w);
}

static void test_certs(void **state)
{
	struct world *w = *state;
	struct enrollment en = world_enroll(w, "U");
	struct store_cert c = { .device = en.num, .bound = 1, .former = 2,
		.revoked = 3 }, none = { .revoked = 9 }, got;
	unsigned char a[DIGEST_LEN] = { 1 }, b[DIGEST_LEN] = { 2 };
	struct store_tx *tx = world_write(w);
	bool found;

	OK(store_cert_put(tx, a, &c, &w->err));
	OK(store_cert_put(tx, b, &none, &w->err));
	world_commit(w);
	tx = world_write(w);
	OK(store_cert_get(tx, a, &found, &got, &w->err));
	assert_true(found);
	assert_int_equal(got.device, en.num);
	assert_int_equal(got.bound, 1);
	assert_int_equal(got.former, 2);
	assert_int_equal(got.revoked, 3);
	OK(store_cert_get(tx, b, &found, &got, &w->err));
	assert_true(found);
	assert_int_equal(got.device, 0);
	assert_int_equal(got.revoked, 9);
	c.former = 0;
	OK(store_cert_put(tx, a, &c, &w->err));
	OK(store_cert_get(tx, a, &found, &got, &w->err));
	assert_int_equal(got.former, 0);
	world_commit(w);
	world_check(w);
}

const struct contract_test contract_enrollment[] = {
	CONTRACT(test_absent),
	CONTRACT(test_every_field),
	CONTRACT(test_replace),
	CONTRACT(test_ids_of_any_kind),
	CONTRACT(test_lookup),
	CONTRACT(test_children),
	CONTRACT(test_list),
	CONTRACT(test_secrets),
	CONTRACT(test_certs),
	{ NULL, NULL },
};
