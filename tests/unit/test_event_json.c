/* The body of a webhook, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "outbox/event_json.h"
#include "arena_fixture.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(s) bytes_of(s, sizeof(s) - 1)
#define AT 1700000000	/* 2023-11-14T22:13:20Z */
#define HEAD(topic) "{\"topic\":\"" topic "\",\"event_id\":\"E1\"," \
	"\"created_at\":\"2023-11-14T22:13:20Z\","

static void bodies(void **state)
{
	static const struct {
		struct event ev;
		const char *text;
	} rows[] = {
		{ { .topic = "mdm.Connect", .form = EVENT_ACKNOWLEDGE,
		    .uuid = "E1", .status = "Acknowledged",
		    .command_uuid = "C1", .udid = "U", .id = { (const void *)"U", 1 },
		    .type = "Device", .query = "a=1",
		    .raw = { (const void *)"<plist/>", 8 } },
		  HEAD("mdm.Connect") "\"acknowledge_event\":{\"udid\":\"U\","
		  "\"status\":\"Acknowledged\",\"command_uuid\":\"C1\","
		  "\"url_params\":{\"a\":\"1\"},\"ids\":{\"id\":\"U\","
		  "\"type\":\"Device\"},\"raw_payload\":\"PHBsaXN0Lz4=\"}}" },
		/* What is required stays, though it is empty. */
		{ { .topic = "mdm.Connect", .form = EVENT_ACKNOWLEDGE,
		    .uuid = "E1", .status = "", .command_uuid = "",
		    .udid = "", .has_tally = true },
		  HEAD("mdm.Connect") "\"acknowledge_event\":{\"status\":\"\","
		  "\"raw_payload\":\"\"}}" },
		{ { .topic = "mdm.TokenUpdate", .form = EVENT_CHECKIN,
		    .uuid = "E1", .enrollment_id = "B", .udid = NULL,
		    .id = { (const void *)"B:x", 3 },
		    .parent = { (const void *)"B", 1 },
		    .type = "User Enrollment", .has_tally = true, .tally = 1,
		    .query = "", .raw = { (const void *)"\0\xff", 2 } },
		  HEAD("mdm.TokenUpdate") "\"checkin_event\":{"
		  "\"enrollment_id\":\"B\",\"ids\":{\"id\":\"B:x\","
		  "\"type\":\"User Enrollment\",\"parent_id\":\"B\"},"
		  "\"raw_payload\":\"AP8=\",\"token_update_tally\":1}}" },
		{ { .topic = "mdm.Authenticate", .form = EVENT_CHECKIN,
		    .uuid = "E1", .udid = "\"\n", .tally = 9,
		    .raw = { (const void *)"x", 1 } },
		  HEAD("mdm.Authenticate") "\"checkin_event\":{"
		  "\"udid\":\"\\\"\\n\",\"raw_payload\":\"eA==\"}}" },
		{ { .topic = "mooring.guard", .form = EVENT_OWN, .uuid = "E1",
		    .raw = { (const void *)"{\"state\":\"armed\"}", 17 } },
		  HEAD("mooring.guard") "\"mooring_event\":"
		  "{\"state\":\"armed\"}}" },
		{ { .topic = "mooring.push_dead", .form = EVENT_OWN,
		    .uuid = "E1", .id = { (const void *)"U", 1 },
		    .type = "Device", .raw = { (const void *)"{\"n\":1}", 7 } },
		  HEAD("mooring.push_dead") "\"mooring_event\":{\"n\":1,"
		  "\"ids\":{\"id\":\"U\",\"type\":\"Device\"}}}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct event ev = rows[i].ev;

		ev.created = AT;
		assert_string_equal(event_json(&ev, a), rows[i].text);
	}
}

/* As Go's url.ParseQuery reads them, of each name the first. */
static void params(void **state)
{
	static const struct {
		const char *query, *text;
	} rows[] = {
		{ NULL, NULL },
		{ "", NULL },
		{ "&&", NULL },
		{ "%zz=1&b=%4", NULL },
		{ "a", "{\"a\":\"\"}" },
		{ "a=1&a=2&b=3", "{\"a\":\"1\",\"b\":\"3\"}" },
		{ "a=1=2&=x&&", "{\"a\":\"1=2\",\"\":\"x\"}" },
		{ "%zz=1&ok=1", "{\"ok\":\"1\"}" },
		{ "a%20b+c=%C3%A9+%2B%26%3d", "{\"a b c\":\"\xc3\xa9 +&=\"}" },
		{ "a=%ff%00b", "{\"a\":\"\xef\xbf\xbd\xef\xbf\xbd""b\"}" },
		{ "a=\"\\%0a", "{\"a\":\"\\\"\\\\\\n\"}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct event ev = { .topic = "t", .form = EVENT_CHECKIN,
			.created = AT, .query = rows[i].query };
		const char *want = rows[i].text != NULL ?
			arena_printf(a, "\"url_params\":%s,", rows[i].text) : "";

		assert_string_equal(event_json(&ev, a), arena_printf(a,
			"{\"topic\":\"t\",\"created_at\":\"2023-11-14T22:13:20Z\","
			"\"checkin_event\":{%s\"raw_payload\":\"\"}}", want));
	}
}

static void many_params(void **state)
{
	struct event ev = { .topic = "t", .form = EVENT_CHECKIN };
	char *query = arena_alloc(a, 64 * 1024), *p = query;
	char *text;

	(void)state;
	for (int i = 0; i < 5000; i++)
		p += sprintf(p, "n%d=&", i);
	ev.query = query;
	text = event_json(&ev, a);
	assert_non_null(strstr(text, "\"n999\""));
	assert_null(strstr(text, "\"n1000\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies), cmocka_unit_test(params),
		cmocka_unit_test(many_params),
	};

	return cmocka_run_group_tests_name("event_json", tests, arena_setup,
		arena_teardown);
}
