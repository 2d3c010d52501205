/* Commands against Apple's schema: what is refused with which path, what
 * passes with a warning, and that the table has what the checks rely on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "admin/command_check.h"
#include "admin/command_schema.h"
#include "codec/pl_json.h"
#include "arena_fixture.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The fault, or NULL with *warning. */
static const char *check(const struct pl *command, const char **warning)
{
	static struct err e;

	e = (struct err)ERR_INIT;
	*warning = "not set";
	if (command_check(command, a, warning, &e) == 0)
		return NULL;
	assert_int_equal(e.kind, ERR_BAD_INPUT);
	return e.msg;
}

static const struct pl *command_of(const char *json)
{
	struct err e = ERR_INIT;
	struct json *j;
	struct pl *p;

	if (json_parse(bytes_str(json), a, &j, &e) < 0 ||
		pl_json_read(j, a, &p, &e) < 0)
		fail_msg("%s: %s", e.msg, json);
	return p;
}

static void passes(void **state)
{
	static const char *const rows[] = {
		"{\"RequestType\":\"ProfileList\"}",
		"{\"RequestType\":\"ProfileList\",\"RequestRequiresNetworkTether\":true}",
		"{\"RequestType\":\"SecurityInfo\"}",
		"{\"RequestType\":\"DeviceInformation\",\"Queries\":[]}",
		"{\"RequestType\":\"DeviceInformation\",\"Queries\":[\"UDID\",\"AnyName\"]}",
		"{\"RequestType\":\"InstallProfile\",\"Payload\":{\"$data\":\"AA==\"}}",
		"{\"RequestType\":\"DeviceLock\",\"PIN\":\"123456\",\"Message\":\"m\"}",
		"{\"RequestType\":\"InstallApplication\",\"Identifier\":\"a.b\","
			"\"Configuration\":{\"any\":[{\"thing\":1}]},"
			"\"Options\":{\"PurchaseMethod\":1}}",
		"{\"RequestType\":\"InstallEnterpriseApplication\",\"Manifest\":{\"items\":[]},"
			"\"ManifestURLPinningCerts\":[{\"$data\":\"AA==\"}]}",
		"{\"RequestType\":\"EraseDevice\",\"ObliterationBehavior\":\"Always\","
			"\"ReturnToService\":{\"Enabled\":true}}",
		"{\"RequestType\":\"Settings\",\"Settings\":["
			"{\"Item\":\"DeviceName\",\"DeviceName\":\"x\"},"
			"{\"Item\":\"Bluetooth\",\"Enabled\":false},"
			"{\"Item\":\"MDMOptions\",\"MDMOptions\":{\"BootstrapTokenAllowed\":true}},"
			"{\"Item\":\"ApplicationConfiguration\",\"Identifier\":\"a\","
				"\"Configuration\":{\"x\":[1,2,{}]}}]}",
		"{\"RequestType\":\"Settings\",\"Settings\":[]}",
		"{\"RequestType\":\"SetFirmwarePassword\",\"NewPassword\":\"\"}",
		"{\"RequestType\":\"ScheduleOSUpdate\",\"Updates\":[{\"InstallAction\":"
			"\"InstallASAP\",\"ProductVersion\":\"18.1\"}]}",
		"{\"RequestType\":\"RemoveMedia\",\"MediaType\":\"Book\",\"iTunesStoreID\":5}",
		"{\"RequestType\":\"RemoveMedia\",\"MediaType\":\"Book\",\"iTunesStoreID\":\"5\"}",
	};
	const char *warning, *fault;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		fault = check(command_of(rows[i]), &warning);
		if (fault != NULL || warning != NULL)
			fail_msg("%s%s: %s", fault ? fault : "warning: ",
				fault ? "" : warning, rows[i]);
	}
}

static void warns(void **state)
{
	static const char *const rows[][2] = {
		{ "{\"RequestType\":\"Foo\",\"Bar\":1}",
			"RequestType Foo is not in Apple's schema" },
		{ "{\"RequestType\":\"a\\tb\"}",
			"RequestType a?b is not in Apple's schema" },
		{ "{\"RequestType\":\"ProfileList\",\"New\":1}",
			"New: not in Apple's schema" },
		{ "{\"RequestType\":\"SecurityInfo\",\"RequestRequiresNetworkTether\":true,"
			"\"x\":1}", "x: not in Apple's schema" },
		{ "{\"RequestType\":\"EraseDevice\",\"ReturnToService\":{\"Enabled\":true,"
			"\"BootstrapToken\":{\"$data\":\"AA==\"}}}",
			"ReturnToService.BootstrapToken: not in Apple's schema" },
		/* Known at the top alone. */
		{ "{\"RequestType\":\"EraseDevice\",\"ReturnToService\":{\"Enabled\":true,"
			"\"RequestType\":\"x\"}}",
			"ReturnToService.RequestType: not in Apple's schema" },
		{ "{\"RequestType\":\"EraseDevice\",\"ObliterationBehavior\":\"Allways\"}",
			"ObliterationBehavior: Allways is none of Default|DoNotObliterate|"
			"ObliterateWithWarning|Always" },
		{ "{\"RequestType\":\"EraseDevice\",\"ObliterationBehavior\":\"\"}",
			"ObliterationBehavior:  is none of Default|DoNotObliterate|"
			"ObliterateWithWarning|Always" },
		{ "{\"RequestType\":\"InstallApplication\",\"ManagementFlags\":0}",
			"ManagementFlags: 0 is none of 1|4|5" },
		{ "{\"RequestType\":\"DeleteUser\",\"ForceDeletion\":1}",
			"ForceDeletion: expected boolean, got integer" },
		{ "{\"RequestType\":\"Settings\",\"Settings\":[{\"Item\":\"Future\"}]}",
			"Settings[0].Item: Future is not in Apple's schema" },
		{ "{\"RequestType\":\"ProfileList\",\"a\":1,\"b\":2,\"c\":3}",
			"a: not in Apple's schema; b: not in Apple's schema; "
			"c: not in Apple's schema" },
		{ "{\"RequestType\":\"ProfileList\",\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5}",
			"a: not in Apple's schema; b: not in Apple's schema; "
			"c: not in Apple's schema; and more" },
	};
	const char *warning, *fault;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		fault = check(command_of(rows[i][0]), &warning);
		if (fault != NULL || warning == NULL)
			fail_msg("%s: %s", fault ? fault : "no warning", rows[i][0]);
		assert_string_equal(warning, rows[i][1]);
	}
}

static void refuses(void **state)
{
	static const char *const rows[][2] = {
		{ "{}", "RequestType: missing" },
		{ "{\"RequestType\":1}", "RequestType: expected string, got integer" },
		{ "[]", "expected dict, got array" },
		{ "{\"RequestType\":\"DeviceInformation\"}", "Queries: missing" },
		{ "{\"RequestType\":\"DeviceInformation\",\"Queries\":\"UDID\"}",
			"Queries: expected array, got string" },
		{ "{\"RequestType\":\"DeviceInformation\",\"Queries\":[\"UDID\",1]}",
			"Queries[1]: expected string, got integer" },
		{ "{\"RequestType\":\"InstallProfile\"}", "Payload: missing" },
		{ "{\"RequestType\":\"InstallProfile\",\"Payload\":\"AA==\"}",
			"Payload: expected data, got string" },
		{ "{\"RequestType\":\"DeviceLock\",\"PIN\":123456}",
			"PIN: expected string, got integer" },
		{ "{\"RequestType\":\"DeviceLock\",\"PIN\":{}}",
			"PIN: expected string, got dict" },
		{ "{\"RequestType\":\"DeviceLock\",\"PIN\":{\"$date\":"
			"\"2026-11-22T13:52:00Z\"}}", "PIN: expected string, got date" },
		{ "{\"RequestType\":\"DeleteUser\",\"ForceDeletion\":\"true\"}",
			"ForceDeletion: expected boolean, got string" },
		{ "{\"RequestType\":\"EraseDevice\",\"ReturnToService\":{}}",
			"ReturnToService.Enabled: missing" },
		{ "{\"RequestType\":\"Settings\",\"Settings\":{}}",
			"Settings: expected array, got dict" },
		{ "{\"RequestType\":\"Settings\",\"Settings\":[1]}",
			"Settings[0]: expected dict, got integer" },
		{ "{\"RequestType\":\"Settings\",\"Settings\":[{\"Item\":\"DeviceName\","
			"\"DeviceName\":\"x\"},{\"Enabled\":true}]}",
			"Settings[1].Item: missing" },
		{ "{\"RequestType\":\"Settings\",\"Settings\":[{\"Item\":7}]}",
			"Settings[0].Item: expected string, got integer" },
		{ "{\"RequestType\":\"Settings\",\"Settings\":[{\"Item\":\"Bluetooth\"}]}",
			"Settings[0].Enabled: missing" },
		{ "{\"RequestType\":\"Settings\",\"Settings\":[{\"Item\":"
			"\"OrganizationInfo\",\"OrganizationInfo\":{}}]}",
			"Settings[0].OrganizationInfo.OrganizationName: missing" },
		{ "{\"RequestType\":\"AccountConfiguration\",\"AutoSetupAdminAccounts\":"
			"[{\"fullName\":\"x\"}]}",
			"AutoSetupAdminAccounts[0].shortName: missing" },
		{ "{\"RequestType\":\"LOMDeviceRequest\",\"RequestList\":[{}]}",
			"RequestList[0].DeviceRequestType: missing" },
	};
	const char *warning, *fault;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		fault = check(command_of(rows[i][0]), &warning);
		if (fault == NULL)
			fail_msg("taken: %s", rows[i][0]);
		assert_string_equal(fault, rows[i][1]);
		assert_null(warning);
	}
}

/* ---- the whole table ---- */

static void build(struct pl *into, const struct schema_key *keys, bool all);

/* The first of the values that are allowed. */
static const char *first_value(const struct schema_key *k, const char *other)
{
	return k->values == NULL ? other : arena_printf(a, "%.*s",
		(int)strcspn(k->values + 1, "|"), k->values + 1);
}

static void build_number(struct pl *into, const struct schema_key *k)
{
	uint64_t n = 0;

	assert_true(str_u64(first_value(k, "7"), 0, 1000000, &n));
	pl_set_int(into, k->name, (int64_t)n);
}

static void build_array(struct pl *array, const struct schema_key *kinds,
	bool all)
{
	for (; kinds != NULL && kinds->name != NULL; kinds++) {
		switch (kinds->type) {
		case PL_STRING:
			pl_add_str(array, first_value(kinds, "text"));
			break;
		case PL_DATA:
			pl_add_data(array, bytes_str("data"));
			break;
		case PL_DICT:
			build(pl_add_dict(array), kinds->keys, all);
			break;
		default:
			fail_msg("%s: an element that the table has not had",
				kinds->name);
		}
	}
}

static void build_key(struct pl *into, const struct schema_key *k, bool all)
{
	switch (k->type) {
	case PL_STRING:
		pl_set_str(into, k->name, first_value(k, "text"));
		break;
	case PL_DATA:
		pl_set_data(into, k->name, bytes_str("data"));
		break;
	case PL_BOOL:
		pl_set_bool(into, k->name, true);
		break;
	case PL_INTEGER:
		build_number(into, k);
		break;
	case PL_DICT:
		build(pl_set_dict(into, k->name), k->keys, all);
		break;
	case PL_ARRAY:
		build_array(pl_set_array(into, k->name), k->keys, all);
		break;
	case PL_OTHER:
		pl_set_str(into, k->name, "anything");
		break;
	default:
		fail_msg("%s: a type that the table has not had", k->name);
	}
}

static void build(struct pl *into, const struct schema_key *keys, bool all)
{
	for (; keys != NULL && keys->name != NULL; keys++)
		if (all || keys->required)
			build_key(into, keys, all);
}

static struct pl *built(const struct schema_command *c, bool all)
{
	struct pl *p = pl_new_dict(a);

	pl_set_str(p, "RequestType", c->request_type);
	build(p, c->keys, all);
	return p;
}

static void good(const struct schema_command *c, bool all)
{
	const char *warning, *fault = check(built(c, all), &warning);

	if (fault != NULL || warning != NULL)
		fail_msg("%s: %s", c->request_type, fault ? fault : warning);
}

/* One key of the command goes, or becomes a type that it is not. */
static void bad_key(const struct schema_command *c, const struct schema_key *k)
{
	struct pl *p = built(c, true);
	const char *warning, *fault;

	pl_del(p, k->name);
	fault = check(p, &warning);
	if (!k->required && fault == NULL)
		return;
	assert_non_null(fault);
	assert_true(k->required);
	assert_string_equal(fault, arena_printf(a, "%s: missing", k->name));
	p = built(c, true);
	if (k->type == PL_DATA)
		pl_set_str(p, k->name, "text");
	else
		pl_set_data(p, k->name, bytes_str("data"));
	fault = check(p, &warning);
	assert_non_null(fault);
	assert_string_equal(fault, arena_printf(a, "%s: expected %s, got %s", k->name,
		pl_type_name(k->type), k->type == PL_DATA ? "string" : "data"));
}

static void walk(void **state)
{
	(void)state;
	assert_true(schema_n_commands >= 66);
	for (size_t i = 0; i < schema_n_commands; i++) {
		const struct schema_command *c = &schema_commands[i];

		if (i > 0)
			assert_true(strcmp(schema_commands[i - 1].request_type,
				c->request_type) < 0);
		good(c, true);
		good(c, false);
		for (const struct schema_key *k = c->keys; k != NULL &&
			k->name != NULL; k++)
			bad_key(c, k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(passes, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(warns, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(refuses, arena_setup, arena_teardown),
		cmocka_unit_test_setup_teardown(walk, arena_setup, arena_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
