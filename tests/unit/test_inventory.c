/* What devices say of themselves: what is kept of it, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "codec/pl_json.h"
#include "mdm_world.h"
#include "mdm/inventory.h"
#include "mdm/queue.h"

#define ARRAY(key, inner) "<key>" key "</key><array>" inner "</array>"
#define ONE_APP "<dict><key>Identifier</key><string>a</string></dict>"

static int enrolled(void **state)
{
	if (world_setup(state) != 0)
		return -1;
	world_enroll(*state, "A");
	return 0;
}

struct giving {
	struct world *w;
	struct command c;
};

static int give_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct giving *g = arg;
	enum store_queued how;
	struct enrollment *en;
	bool created;

	return store_enrollment_lookup(tx, bytes_str("A"), g->w->arena, &en, e) < 0 ||
		store_command_put(tx, &g->c, &created, e) < 0 ||
		store_target_add(tx, en, g->c.uuid, NULL, g->w->now, &how, e) < 0 ?
		-1 : 0;
}

/* A command is queued with these keys, and answered with those. */
static void answer(struct world *w, const char *uuid, const char *request_type,
	const char *keys, const char *status, const char *answers)
{
	struct giving g = { w, { .uuid = uuid, .request_type = request_type } };
	struct answer out;

	g.c.body = bytes_str(arena_printf(w->arena, "<plist><dict>"
		"<key>Command</key><dict><key>RequestType</key><string>%s</string>"
		"%s</dict></dict></plist>", request_type, keys));
	digest_sha256(g.c.body, g.c.digest);
	if (store_write(w->st, give_tx, &g, &w->err) < 0)
		fail_msg("%s", w->err.msg);
	if (world_result(w, &out, "<key>UDID</key><string>A</string><key>Status"
		"</key><string>%s</string><key>CommandUUID</key><string>%s</string>"
		"%s", status, uuid, answers) < 0)
		fail_msg("%s", w->err.msg);
	assert_int_equal(out.kind, ANSWER_EMPTY);
}

struct looking {
	struct world *w;
	enum inventory_kind kind;
	int64_t at;
	struct bytes plist;
};

static int look_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct looking *l = arg;
	struct enrollment *en;

	return store_enrollment_lookup(tx, bytes_str("A"), l->w->arena, &en, e) < 0
		? -1 : store_inventory_get(tx, en->num, l->kind, l->w->arena, &l->at,
			&l->plist, e);
}

/* What is kept, as JSON; NULL: nothing. */
static const char *kept(struct world *w, enum inventory_kind kind, int64_t *at)
{
	struct looking l = { .w = w, .kind = kind };
	struct json *root = json_new_object(w->arena);
	struct pl *p;

	if (store_read(w->st, look_tx, &l, &w->err) < 0)
		fail_msg("%s", w->err.msg);
	*at = l.at;
	if (l.plist.p == NULL)
		return NULL;
	if (pl_parse(l.plist, w->arena, &p, &w->err) < 0)
		fail_msg("%s", w->err.msg);
	pl_json_put(root, "v", p, w->arena);
	return json_text(root, NULL, w->arena);
}

#define KEPT(kind, json, when) do { \
	const char *got_ = kept(w, kind, &at); \
	assert_non_null(got_); \
	assert_string_equal(got_, "{\"v\":" json "}"); \
	assert_true(at == (when)); \
} while (0)
#define NOT_KEPT(kind) assert_null(kept(w, kind, &at))

static void test_device_information_is_merged(void **state)
{
	struct world *w = *state;
	int64_t at, first = w->now;

	NOT_KEPT(INVENTORY_DEVICE);
	answer(w, "1", "DeviceInformation", "", "Acknowledged",
		"<key>QueryResponses</key><dict><key>UDID</key><string>A</string>"
		"<key>OSVersion</key><string>18.1</string>"
		"<key>LastCloudBackupDate</key><date>0001-01-01T00:00:00Z</date></dict>");
	KEPT(INVENTORY_DEVICE, "{\"UDID\":\"A\",\"OSVersion\":\"18.1\","
		"\"LastCloudBackupDate\":{\"$date\":\"0001-01-01T00:00:00Z\"}}", first);
	w->now += 5;
	answer(w, "2", "DeviceInformation", "", "Acknowledged",
		"<key>QueryResponses</key><dict><key>OSVersion</key><string>18.2"
		"</string><key>BatteryLevel</key><real>0.5</real></dict>");
	KEPT(INVENTORY_DEVICE, "{\"UDID\":\"A\",\"OSVersion\":\"18.2\","
		"\"LastCloudBackupDate\":{\"$date\":\"0001-01-01T00:00:00Z\"},"
		"\"BatteryLevel\":0.5}", first + 5);
	NOT_KEPT(INVENTORY_SECURITY);
}

/* Nothing of what the device was before it was enrolled again stays. */
static void test_device_information_of_a_generation(void **state)
{
	struct world *w = *state;
	int64_t at;

	answer(w, "1", "DeviceInformation", "", "Acknowledged",
		"<key>QueryResponses</key><dict><key>DeviceName</key><string>Old"
		"</string></dict>");
	w->now += 5;
	world_enroll(w, "A");
	KEPT(INVENTORY_DEVICE, "{\"DeviceName\":\"Old\"}", w->now - 5);
	answer(w, "2", "DeviceInformation", "", "Acknowledged",
		"<key>QueryResponses</key><dict><key>OSVersion</key><string>18.2"
		"</string></dict>");
	KEPT(INVENTORY_DEVICE, "{\"OSVersion\":\"18.2\"}", w->now);
	answer(w, "3", "DeviceInformation", "", "Acknowledged",
		"<key>QueryResponses</key><dict><key>Model</key><string>M"
		"</string></dict>");
	KEPT(INVENTORY_DEVICE, "{\"OSVersion\":\"18.2\",\"Model\":\"M\"}",
		w->now);
}

/* What grows without end begins anew. */
static void test_device_information_is_bounded(void **state)
{
	struct world *w = *state;
	char *blob = arena_alloc(w->arena, 200001);
	int64_t at;

	memset(blob, 'x', 200000);
	blob[200000] = '\0';
	for (int i = 0; i < 2; i++)
		answer(w, arena_printf(w->arena, "%d", i), "DeviceInformation", "",
			"Acknowledged", arena_printf(w->arena, "<key>QueryResponses"
			"</key><dict><key>k%d</key><string>%s</string></dict>", i, blob));
	assert_null(strstr(kept(w, INVENTORY_DEVICE, &at), "k0"));
	assert_non_null(strstr(kept(w, INVENTORY_DEVICE, &at), "k1"));
}

static void test_lists_are_replaced(void **state)
{
	static const struct {
		enum inventory_kind kind;
		const char *type;
	} rows[] = {
		{ INVENTORY_APPLICATIONS, "InstalledApplicationList" },
		{ INVENTORY_PROFILES, "ProfileList" },
		{ INVENTORY_CERTIFICATES, "CertificateList" },
	};
	struct world *w = *state;
	int64_t at;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *type = rows[i].type;

		answer(w, arena_printf(w->arena, "%s-1", type), type, "",
			"Acknowledged", arena_printf(w->arena, ARRAY("%s",
			"<dict><key>d</key><data>AA==</data></dict>"), type));
		KEPT(rows[i].kind, "[{\"d\":{\"$data\":\"AA==\"}}]", w->now);
		answer(w, arena_printf(w->arena, "%s-2", type), type,
			"<key>ManagedAppsOnly</key><false/><key>ManagedOnly</key><false/>",
			"Acknowledged", arena_printf(w->arena, ARRAY("%s", ""), type));
		KEPT(rows[i].kind, "[]", w->now);
	}
	answer(w, "s", "SecurityInfo", "", "Acknowledged", "<key>SecurityInfo</key>"
		"<dict><key>PasscodePresent</key><true/></dict>");
	KEPT(INVENTORY_SECURITY, "{\"PasscodePresent\":true}", w->now);
	answer(w, "s2", "SecurityInfo", "", "Acknowledged", "<key>SecurityInfo</key>"
		"<dict><key>FDE_Enabled</key><false/></dict>");
	KEPT(INVENTORY_SECURITY, "{\"FDE_Enabled\":false}", w->now);
}

static void test_not_kept(void **state)
{
#define APPS ARRAY("InstalledApplicationList", ONE_APP)
	static const struct {
		const char *type, *keys, *status, *answers;
		enum inventory_kind kind;
	} rows[] = {
		{ "InstalledApplicationList", "<key>Identifiers</key><array><string>a"
			"</string></array>", "Acknowledged", APPS, INVENTORY_APPLICATIONS },
		{ "InstalledApplicationList", "<key>ManagedAppsOnly</key><true/>",
			"Acknowledged", APPS, INVENTORY_APPLICATIONS },
		{ "ProfileList", "<key>ManagedOnly</key><true/>", "Acknowledged",
			ARRAY("ProfileList", ""), INVENTORY_PROFILES },
		{ "InstalledApplicationList", "", "Error", APPS,
			INVENTORY_APPLICATIONS },
		/* Not what was asked for. */
		{ "ProfileList", "", "Acknowledged", APPS, INVENTORY_APPLICATIONS },
		{ "RestartDevice", "", "Acknowledged", APPS, INVENTORY_APPLICATIONS },
		/* Of another type. */
		{ "InstalledApplicationList", "", "Acknowledged",
			"<key>InstalledApplicationList</key><dict/>",
			INVENTORY_APPLICATIONS },
		{ "DeviceInformation", "", "Acknowledged",
			"<key>QueryResponses</key><array/>", INVENTORY_DEVICE },
	};
	struct world *w = *state;
	int64_t at;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		answer(w, arena_printf(w->arena, "%zu", i), rows[i].type,
			rows[i].keys, rows[i].status, rows[i].answers);
		NOT_KEPT(rows[i].kind);
	}
}

/* Only the first answer counts, and none to a command of nobody. */
static void test_again(void **state)
{
	struct world *w = *state;
	struct answer out;
	int64_t at, first = w->now;

	answer(w, "1", "ProfileList", "", "Acknowledged", ARRAY("ProfileList", ""));
	w->now += 5;
	for (int i = 1; i <= 2; i++) {
		if (world_result(w, &out, "<key>UDID</key><string>A</string><key>"
			"Status</key><string>Acknowledged</string><key>CommandUUID</key>"
			"<string>%d</string>" ARRAY("ProfileList", "<dict/>"), i) < 0)
			fail_msg("%s", w->err.msg);
		assert_int_equal(out.kind, ANSWER_EMPTY);
	}
	KEPT(INVENTORY_PROFILES, "[]", first);
}

static void test_deep(void **state)
{
	struct world *w = *state;
	struct buf b;
	int64_t at;

	buf_init(&b, SIZE_MAX);
	buf_adds(&b, "<key>ProfileList</key>");
	for (int i = 0; i < 17; i++)
		buf_adds(&b, "<array>");
	for (int i = 0; i < 17; i++)
		buf_adds(&b, "</array>");
	buf_addc(&b, '\0');
	answer(w, "1", "ProfileList", "", "Acknowledged", (char *)b.p);
	NOT_KEPT(INVENTORY_PROFILES);
	answer(w, "2", "ProfileList", "", "Acknowledged",
		"<key>ProfileList</key><array><dict><key>a</key><array><dict/></array>"
		"</dict></array>");
	KEPT(INVENTORY_PROFILES, "[{\"a\":[{}]}]", w->now);
	buf_fini(&b);
}

static void test_names(void **state)
{
	enum inventory_kind k;

	(void)state;
	assert_true(inventory_parse("ProfileList", &k) && k == INVENTORY_PROFILES);
	assert_true(inventory_parse("device_information", &k) &&
		k == INVENTORY_DEVICE);
	assert_false(inventory_parse("QueryResponses", &k));
	assert_false(inventory_parse("", &k));
	for (k = INVENTORY_DEVICE; k <= INVENTORY_CERTIFICATES; k++) {
		enum inventory_kind again;

		assert_true(inventory_parse(inventory_name(k), &again) && again == k);
		assert_true(inventory_parse(inventory_request_type(k), &again) &&
			again == k);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, enrolled, world_teardown)
	const struct CMUnitTest tests[] = {
		T(test_device_information_is_merged),
		T(test_device_information_of_a_generation),
		T(test_device_information_is_bounded), T(test_lists_are_replaced),
		T(test_not_kept), T(test_again), T(test_deep),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
