/* Who may come in and who is turned away: allowlist and guard. */
#include "contract.h"

static void test_allowlist(void **state)
{
	struct world *w = *state;
	struct store_tx *tx = world_write(w);
	struct store_allowed *list;
	struct bytes cursor = { NULL, 0 };
	char too_long[ENROLLMENT_ID_MAX + 1];
	size_t n, serials = 0, udids = 0;
	bool was;

	for (int i = 0; i < 5; i++) {
		char v[8];

		snprintf(v, sizeof(v), "S%d", i);
		OK(store_allow_put(tx, STORE_ALLOW_SERIAL, bytes_str(v), 10,
		    &w->err));
	}
	OK(store_allow_put(tx, STORE_ALLOW_UDID, bytes_str("S1"), 11,
	    &w->err));
	OK(store_allow_put(tx, STORE_ALLOW_UDID, bytes_str("S1"), 12,
	    &w->err));
	FAILS(store_allow_put(tx, STORE_ALLOW_UDID, bytes_of("", 0), 1,
	    &w->err), ERR_BAD_INPUT);
	FAILS(store_allow_put(tx, STORE_ALLOW_UDID, bytes_of(too_long,
	    sizeof(too_long)), 1, &w->err), ERR_BAD_INPUT);
	OK(store_allow_has(tx, STORE_ALLOW_SERIAL, bytes_str("S1"), &was,
	    &w->err));
	assert_true(was);
	OK(store_allow_has(tx, STORE_ALLOW_UDID, bytes_str("S2"), &was,
	    &w->err));
	assert_false(was);
	do {
		OK(store_allow_list(tx, cursor, 4, w->arena, &list, &n,
		    &cursor, &w->err));
		for (size_t i = 0; i < n; i++) {
			serials += list[i].kind == STORE_ALLOW_SERIAL &&
			    list[i].added == 10 && list[i].value.p[0] == 'S';
			udids += list[i].kind == STORE_ALLOW_UDID &&
			    list[i].added == 11 &&
			    bytes_is(list[i].value, "S1");
		}
	} while (cursor.p != NULL);
	assert_int_equal(serials, 5);
	assert_int_equal(udids, 1);
	FAILS(store_allow_list(tx, bytes_of(too_long, 200), 4, w->arena,
	    &list, &n, &cursor, &w->err), ERR_BAD_INPUT);
	OK(store_allow_del(tx, STORE_ALLOW_UDID, bytes_str("S1"), &was,
	    &w->err));
	assert_true(was);
	OK(store_allow_del(tx, STORE_ALLOW_UDID, bytes_str("S1"), &was,
	    &w->err));
	assert_false(was);
	world_commit(w);
	world_check(w);
}

static struct store_guard guard(struct world *w)
{
	struct store_tx *tx = world_read(w);
	struct store_guard g;

	OK(store_guard_get(tx, w->now, w->arena, &g, &w->err));
	world_end(w);
	return g;
}

static void refuse(struct world *w, int id)
{
	unsigned char key[DIGEST_LEN] = { 0 };
	struct store_tx *tx = world_write(w);

	memcpy(key, &id, sizeof(id));
	OK(store_guard_refuse(tx, key, w->now, &w->err));
	world_commit(w);
}

static int64_t refused(struct world *w, int id)
{
	unsigned char key[DIGEST_LEN] = { 0 };
	struct store_tx *tx = world_read(w);
	int64_t when;

	memcpy(key, &id, sizeof(id));
	OK(store_guard_refused(tx, key, &when, &w->err));
	world_end(w);
	return when;
}

static void test_guard_counts(void **state)
{
	struct world *w = *state;
	int64_t start = w->now;

	assert_int_equal(guard(w).refused, 0);
	assert_int_equal(refused(w, 1), 0);
	refuse(w, 1);
	refuse(w, 1);
	w->now += 1800;
	refuse(w, 2);
	refuse(w, 1);	/* keeps its time */
	assert_int_equal(guard(w).refused, 2);
	assert_int_equal(refused(w, 1), start);
	w->now = start + 3600;
	assert_int_equal(guard(w).refused, 1);
	w->now = start + 1800 + 3600;
	assert_int_equal(guard(w).refused, 0);
	assert_int_equal(refused(w, 2), start + 1800);

	/* Released: still known, no longer counted; new ones count. */
	refuse(w, 3);
	assert_int_equal(guard(w).refused, 1);
	OK(store_guard_release(world_write(w), w->now, &w->err));
	world_commit(w);
	assert_int_equal(guard(w).refused, 0);
	assert_int_equal(refused(w, 3), w->now);
	refuse(w, 4);
	assert_int_equal(guard(w).refused, 1);

	/* Known for 30 days, then forgotten as others come. */
	w->now = start + 30 * 86400;
	refuse(w, 5);
	assert_int_equal(refused(w, 1), 0);
	assert_int_equal(refused(w, 2), start + 1800);
	world_check(w);
}

static void test_guard_arms(void **state)
{
	struct world *w = *state;
	struct store_tx *tx;
	struct store_guard g = guard(w);

	assert_int_equal(g.armed_until, 0);
	assert_string_equal(g.why, "");
	assert_true(g.empty);
	tx = world_write(w);
	OK(store_guard_arm(tx, w->now + 100, "import", &w->err));
	OK(store_guard_arm(tx, w->now + 50, "less", &w->err));
	world_commit(w);
	g = guard(w);
	assert_int_equal(g.armed_until, w->now + 100);
	assert_string_equal(g.why, "import");
	OK(store_guard_release(world_write(w), w->now, &w->err));
	world_commit(w);
	g = guard(w);
	assert_int_equal(g.armed_until, 0);
	assert_string_equal(g.why, "");
	assert_false(g.empty);
}

static void test_guard_of_a_store_with_devices(void **state)
{
	struct world *w = *state;

	assert_true(guard(w).empty);
	world_enroll(w, "U");
	assert_false(guard(w).empty);
}

const struct contract_test contract_guard[] = {
	CONTRACT(test_allowlist),
	CONTRACT(test_guard_counts),
	CONTRACT(test_guard_arms),
	CONTRACT(test_guard_of_a_store_with_devices),
	{ NULL, NULL },
};
