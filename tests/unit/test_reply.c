/* Replies: every error kind, on device routes and elsewhere; the bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "http/fcgi_request.h"
#include "http/reply.h"

#define N(t) (sizeof(t) / sizeof((t)[0]))

static const char *header(const struct reply *rp, const char *name)
{
	for (unsigned i = 0; i < rp->n_headers; i++)
		if (strcmp(rp->header[i].name, name) == 0)
			return rp->header[i].value;
	return NULL;
}

static void test_errors(void **state)
{
	static const struct {
		enum err_kind kind;
		int status, device;
	} cases[] = {
		{ ERR_BAD_INPUT, 400, 400 }, { ERR_UNAUTH, 401, 400 },
		{ ERR_FORBIDDEN, 403, 400 }, { ERR_NOT_FOUND, 404, 400 },
		{ ERR_CONFLICT, 409, 400 }, { ERR_TOO_LARGE, 413, 413 },
		{ ERR_BUSY, 503, 503 }, { ERR_UPSTREAM, 502, 503 },
		{ ERR_INTERNAL, 500, 503 }, { ERR_NONE, 500, 503 },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct err e = ERR_INIT;
		struct reply rp;

		err_set(&e, cases[i].kind, "Token missing");
		reply_error(&rp, &e);
		assert_int_equal(rp.status, cases[i].status);
		assert_true(bytes_is(rp.body, "Token missing\n"));
		assert_string_equal(rp.content_type,
			"text/plain; charset=utf-8");
		assert_int_equal(header(&rp, "Retry-After") != NULL,
			rp.status == 503);
		reply_device_error(&rp, &e);
		assert_int_equal(rp.status, cases[i].device);
		assert_int_equal(header(&rp, "Retry-After") != NULL,
			rp.status == 503);
		/* Our own trouble is not told to strangers. */
		assert_int_equal(bytes_is(rp.body, "Token missing\n"),
			rp.status != 503);
	}
}

static void test_long_text(void **state)
{
	char text[2 * REPLY_LINE];
	struct reply rp;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	reply_text(&rp, 400, text);
	assert_int_equal(rp.body.n, REPLY_LINE - 1);
	assert_int_equal(rp.body.p[REPLY_LINE - 2], '\n');
	/* What a sender put into a message stays one line of text. */
	reply_text(&rp, 400, "a\r\nb\x1b[2J\x7f \xc3\xa9 \xe2\x80\xa8");
	assert_true(bytes_is(rp.body, "a??b?[2J? \xc3\xa9 ???\n"));
	reply_text(&rp, 400, "\xc3\xa9 \xff");
	assert_true(bytes_is(rp.body, "?? ?\n"));
}

static void test_head(void **state)
{
	struct request rq = { .arena = arena_new() };
	struct reply rp;

	(void)state;
	reply_init(&rp);
	assert_true(bytes_is(fcgi_reply_head(&rq, &rp),
		"Status: 200 OK\r\nContent-Length: 0\r\n\r\n"));
	reply_text(&rp, 405, "no");
	reply_header(&rp, "Allow", "GET, PUT");
	assert_true(bytes_is(fcgi_reply_head(&rq, &rp),
		"Status: 405 Method Not Allowed\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Length: 3\r\nAllow: GET, PUT\r\n\r\n"));
	arena_free(rq.arena);
}

static void test_reasons(void **state)
{
	static const int ours[] = { 200, 400, 401, 403, 404, 405, 410, 413, 429,
		500, 503 };

	(void)state;
	for (size_t i = 0; i < N(ours); i++)
		assert_string_not_equal(reply_reason(ours[i]), "Unknown");
	assert_string_equal(reply_reason(299), "Unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors), cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_head), cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
