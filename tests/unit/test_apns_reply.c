/* Every status and reason of Apple's table, and what is not in it. */
#include "push/apns_reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1700000000

static void test_table(void **state)
{
	static const struct {
		int status;
		const char *reason;
		enum apns_verdict verdict;
	} row[] = {
		{ 200, NULL, APNS_TAKEN },
		{ 400, "BadCollapseId", APNS_REFUSED },
		{ 400, "BadDeviceToken", APNS_TOKEN_DEAD },
		{ 400, "BadExpirationDate", APNS_REFUSED },
		{ 400, "BadMessageId", APNS_REFUSED },
		{ 400, "BadPriority", APNS_REFUSED },
		{ 400, "BadTopic", APNS_TOPIC_STOP },
		{ 400, "DeviceTokenNotForTopic", APNS_TOKEN_DEAD },
		{ 400, "DuplicateHeaders", APNS_REFUSED },
		{ 400, "IdleTimeout", APNS_RECONNECT },
		{ 400, "InvalidPushType", APNS_REFUSED },
		{ 400, "MissingDeviceToken", APNS_REFUSED },
		{ 400, "MissingTopic", APNS_TOPIC_STOP },
		{ 400, "PayloadEmpty", APNS_REFUSED },
		{ 400, "TopicDisallowed", APNS_TOPIC_STOP },
		{ 403, "BadCertificate", APNS_TOPIC_STOP },
		{ 403, "BadCertificateEnvironment", APNS_TOPIC_STOP },
		{ 403, "Forbidden", APNS_TOPIC_STOP },
		{ 403, "MissingProviderToken", APNS_TOPIC_STOP },
		{ 403, "ExpiredProviderToken", APNS_TOPIC_STOP },
		{ 403, "InvalidProviderToken", APNS_TOPIC_STOP },
		{ 403, "UnrelatedKeyIdInToken", APNS_TOPIC_STOP },
		{ 403, "BadEnvironmentKeyIdInToken", APNS_TOPIC_STOP },
		{ 404, "BadPath", APNS_REFUSED },
		{ 405, "MethodNotAllowed", APNS_REFUSED },
		{ 410, "Unregistered", APNS_TOKEN_DEAD },
		{ 410, "ExpiredToken", APNS_TOKEN_DEAD },
		{ 413, "PayloadTooLarge", APNS_REFUSED },
		{ 429, "TooManyRequests", APNS_HOLD_TOKEN },
		{ 429, "TooManyProviderTokenUpdates", APNS_HOLD_TOKEN },
		{ 500, "InternalServerError", APNS_RETRY },
		{ 503, "ServiceUnavailable", APNS_RETRY },
		{ 503, "Shutdown", APNS_RETRY },
		/* Not Apple's words. */
		{ 400, "SomethingNew", APNS_REFUSED },
		{ 418, "Teapot", APNS_REFUSED },
		{ 502, "BadGateway", APNS_RETRY },
		{ 301, "Moved", APNS_RETRY },
	};
	struct arena *a = arena_new();
	struct apns_reply r;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const char *body = row[i].reason == NULL ? "" : arena_printf(a,
			"{\"reason\":\"%s\"}", row[i].reason);

		apns_reply_read(row[i].status, bytes_str(body), NOW, a, &r);
		if (r.verdict != row[i].verdict)
			fail_msg("%d %s: %d", row[i].status, body, r.verdict);
		if (row[i].reason == NULL)
			assert_null(r.reason);
		else
			assert_string_equal(r.reason, row[i].reason);
		assert_int_equal(r.dead, r.verdict == APNS_TOKEN_DEAD ?
			NOW : 0);
	}
	arena_free(a);
}

static void test_timestamp(void **state)
{
	static const struct {
		const char *body;
		int64_t dead;
	} row[] = {
		{ "{\"reason\":\"Unregistered\",\"timestamp\":1600000000999}",
			1600000000 },
		{ "{\"reason\":\"Unregistered\",\"timestamp\":1900000000000}",
			NOW },
		{ "{\"reason\":\"Unregistered\",\"timestamp\":-5}", NOW },
		{ "{\"reason\":\"Unregistered\",\"timestamp\":0}", NOW },
		{ "{\"reason\":\"Unregistered\",\"timestamp\":\"1\"}", NOW },
		{ "{\"reason\":\"Unregistered\"}", NOW },
		{ "", NOW },
	};
	struct arena *a = arena_new();
	struct apns_reply r;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		apns_reply_read(410, bytes_str(row[i].body), NOW, a, &r);
		assert_int_equal(r.verdict, APNS_TOKEN_DEAD);
		assert_int_equal(r.dead, row[i].dead);
	}
	arena_free(a);
}

/* Bodies that are not what Apple sends leave the status to decide. */
static void test_bad_bodies(void **state)
{
	static char big[8192];
	static const char *const body[] = {
		"", "{", "[]", "null", "{\"reason\":5}", "{\"reason\":\"\"}",
		"{\"reason\":\"line\\nbreak\"}", "<html>Bad Gateway</html>",
		"{\"reason\":\"\\u0000BadTopic\"}", big,
	};
	struct arena *a = arena_new();
	struct apns_reply r;

	(void)state;
	snprintf(big, sizeof(big), "{\"reason\":\"BadTopic\",\"x\":\"%0*d\"}",
		8000, 0);
	for (size_t i = 0; i < sizeof(body) / sizeof(body[0]); i++) {
		apns_reply_read(400, bytes_str(body[i]), NOW, a, &r);
		assert_int_equal(r.verdict, APNS_REFUSED);
		assert_string_equal(r.reason, "HTTP 400");
	}
	apns_reply_read(503, bytes_of("\xff\0{", 3), NOW, a, &r);
	assert_int_equal(r.verdict, APNS_RETRY);
	assert_string_equal(r.reason, "HTTP 503");
	arena_free(a);
}

static void test_retry(void **state)
{
	static const struct {
		enum apns_verdict v;
		unsigned failures, least, most;
	} row[] = {
		{ APNS_RETRY, 1, 900, 1800 }, { APNS_RETRY, 2, 1800, 3600 },
		{ APNS_RETRY, 1000000, 14400, 28800 },
		{ APNS_HOLD_TOKEN, 0, 30, 60 }, { APNS_HOLD_TOKEN, 1, 30, 60 },
		{ APNS_HOLD_TOKEN, 3, 120, 240 },
		{ APNS_TOPIC_STOP, 1, 450, 900 },
		{ APNS_RECONNECT, 1, 5, 10 }, { APNS_RECONNECT, 20, 450, 900 },
		{ APNS_REFUSED, 3, 0, 0 }, { APNS_TAKEN, 3, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		unsigned low = UINT32_MAX, high = 0;

		for (uint32_t r = 0; r < 100000; r++) {
			unsigned s = apns_retry_seconds(row[i].v,
				row[i].failures, r);

			low = s < low ? s : low;
			high = s > high ? s : high;
		}
		assert_int_equal(low, row[i].least);
		assert_int_equal(high, row[i].most);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_timestamp),
		cmocka_unit_test(test_bad_bodies),
		cmocka_unit_test(test_retry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
