/* Topics and filters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "model/event.h"

static void test_topics(void **state)
{
	unsigned n = 0;

	(void)state;
	for (; event_topic_at(n) != NULL; n++) {
		const char *t = event_topic_at(n);

		assert_true(event_topic_is_known(t));
		assert_true(str_has_prefix(t, "mdm.") ||
		    str_has_prefix(t, "mooring."));
		for (unsigned i = 0; i < n; i++)
			assert_string_not_equal(event_topic_at(i), t);
	}
	assert_int_equal(n, 18);
	assert_null(event_topic_at(n + 1));
	assert_true(event_topic_is_known("mdm.Connect"));
	assert_true(event_topic_is_known("mooring.push_dead"));
	assert_false(event_topic_is_known("mdm.connect"));
	assert_false(event_topic_is_known("mdm.*"));
	assert_false(event_topic_is_known(""));
	assert_false(event_topic_is_known(NULL));
}

static void test_takes(void **state)
{
	static const struct {
		const char *filter, *topic;
		bool takes;
	} rows[] = {
		{ "", "mdm.Connect", true },
		{ NULL, "mdm.Connect", true },
		{ "  ", "mooring.guard", true },
		{ "*", "mooring.guard", true },
		{ "mdm.*", "mdm.Connect", true },
		{ "mdm.*", "mooring.guard", false },
		{ "mooring.*", "mooring.guard", true },
		{ "mdm.Connect", "mdm.Connect", true },
		{ "mdm.Connect", "mdm.Connected", false },
		{ "mdm.Connected", "mdm.Connect", false },
		{ "mdm.connect", "mdm.Connect", false },
		{ " mdm.CheckOut ,\tmdm.Connect ", "mdm.Connect", true },
		{ "mdm.CheckOut,mooring.*", "mooring.guard", true },
		{ "mdm.CheckOut,mooring.*", "mdm.Connect", false },
		{ ",", "mdm.Connect", false },
		{ ",*", "mdm.Connect", true },
		{ ".*", "mdm.Connect", false },
		{ "mdm*", "mdm.Connect", false },
		{ "mdm.Con*", "mdm.Connect", false },
		{ "mdm.C onnect", "mdm.Connect", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (event_filter_takes(rows[i].filter, rows[i].topic) !=
		    rows[i].takes)
			fail_msg("\"%s\" takes %s", rows[i].filter,
			    rows[i].topic);
}

static void test_good(void **state)
{
	static const struct {
		const char *filter, *bad;	/* NULL: it is good */
	} rows[] = {
		{ "", NULL },
		{ NULL, NULL },
		{ " \t", NULL },
		{ "*", NULL },
		{ "mdm.*, mooring.*", NULL },
		{ " mdm.Connect ,mooring.store", NULL },
		{ "mdm.connect", "mdm.connect" },
		{ "mdm.Connect, what.*, x", "what.*" },
		{ "mdm.Connect,", "" },
		{ ",mdm.Connect", "" },
		{ "mdm.Con*", "mdm.Con*" },
		{ ".*", ".*" },
		{ "mdm.Connect mdm.CheckOut", "mdm.Connect mdm.CheckOut" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes bad = { NULL, 0 };
		bool good = event_filter_is_good(rows[i].filter, &bad);

		if (good != (rows[i].bad == NULL) ||
		    (!good && !bytes_is(bad, rows[i].bad)))
			fail_msg("\"%s\": %.*s", rows[i].filter, (int)bad.n,
			    (const char *)bad.p);
		assert_int_equal(event_filter_is_good(rows[i].filter, NULL),
		    good);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_topics),
		cmocka_unit_test(test_takes),
		cmocka_unit_test(test_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
