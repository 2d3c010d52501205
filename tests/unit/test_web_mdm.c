/* What becomes of a message and of an answer: which parser a request goes
 * to, and the HTTP of every answer. The rules themselves are played by this
 * file: it stands in for mdm/checkin, mdm/queue and the two parsers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "mdm/checkin.h"
#include "mdm/queue.h"
#include "web/web_mdm.h"

#define N(t) (sizeof(t) / sizeof((t)[0]))
#define CHECKIN "application/x-apple-aspen-mdm-checkin"

/* What the stand-ins are to do, and which of them were called. */
static struct {
	struct err parse, apply;	/* ERR_NONE: works */
	struct answer answer;
	char called[64];
} play;

static int played(const char *who, const struct err *fate, struct err *e)
{
	strcat(play.called, who);
	*e = *fate;
	return fate->kind == ERR_NONE ? 0 : -1;
}

static struct enrollment_id some_id(void)
{
	return (struct enrollment_id){ .kind = ENROLLMENT_DEVICE,
		.device = bytes_str("UDID-1") };
}

int checkin_msg_parse(struct bytes body, struct arena *a,
	struct checkin_msg *out, struct err *e)
{
	(void)a;
	assert_true(bytes_is(body, "the body"));
	memset(out, 0, sizeof(*out));
	out->type_name = "Authenticate";
	out->id = some_id();
	return played("checkin_msg ", &play.parse, e);
}

int result_msg_parse(struct bytes body, struct arena *a,
	struct result_msg *out, struct err *e)
{
	(void)a;
	assert_true(bytes_is(body, "the body"));
	memset(out, 0, sizeof(*out));
	out->status_text = "Acknowledged";
	out->command_uuid = "UUID-0";
	out->id = some_id();
	return played("result_msg ", &play.parse, e);
}

int checkin_apply(const struct mdm_context *cx, const struct checkin_msg *m,
	struct answer *out, struct err *e)
{
	(void)m;
	assert_int_equal(cx->now, 1234);
	assert_true(bytes_is(cx->raw, "the body"));
	*out = play.answer;
	return played("checkin ", &play.apply, e);
}

int queue_exchange(const struct mdm_context *cx, const struct result_msg *m,
	struct answer *out, struct err *e)
{
	(void)cx;
	(void)m;
	*out = play.answer;
	return played("queue ", &play.apply, e);
}

int queue_unreadable(const struct mdm_context *cx, const struct err *why,
	struct answer *out, struct err *e)
{
	assert_true(bytes_is(cx->raw, "the body"));
	assert_string_equal(why->msg, "not a plist");
	*out = play.answer;
	return played("unreadable ", &play.apply, e);
}

struct result {
	struct reply rp;
	struct web_fault fault;
	struct log_line log;
};

static void call(struct arena *a, const struct web_target *target,
	const char *type, enum conf_unmanaged unmanaged, struct result *r)
{
	static const struct web_program program = { .device_routes = true };
	struct request rq = { .arena = a, .now = 1234, .content_type = type,
		.body = bytes_str("the body") };
	struct conf conf = { .unmanaged_response = unmanaged };
	struct identity who = { .source = CONF_SRC_TLS };
	struct web_call c = { .rq = &rq, .conf = &conf, .who = &who,
		.program = &program, .fault = &r->fault };

	assert_int_equal(target->guard, GUARD_DEVICE);
	play.called[0] = '\0';
	memset(r, 0, sizeof(*r));
	log_begin_pairs(&r->log);
	target->handler(&c, &r->rp, &r->log);
	r->log.text[r->log.n] = '\0';
}

static void test_who_reads_it(void **state)
{
	static const struct {
		const struct web_target *target;
		const char *type, *called;
	} cases[] = {
		{ &web_mdm_any, CHECKIN, "checkin_msg checkin " },
		{ &web_mdm_any, CHECKIN "; charset=UTF-8",
			"checkin_msg checkin " },
		{ &web_mdm_any, "Application/X-Apple-Aspen-MDM-Checkin",
			"checkin_msg checkin " },
		{ &web_mdm_any, "application/x-apple-aspen-mdm",
			"result_msg queue " },
		{ &web_mdm_any, "text/xml; x=" CHECKIN, "result_msg queue " },
		{ &web_mdm_any, NULL, "result_msg queue " },
		{ &web_mdm_checkin, CHECKIN, "checkin_msg checkin " },
		{ &web_mdm_checkin, "application/xml", "checkin_msg checkin " },
		{ &web_mdm_checkin, NULL, "checkin_msg checkin " },
	};
	struct arena *a = arena_new();

	(void)state;
	memset(&play, 0, sizeof(play));
	for (size_t i = 0; i < N(cases); i++) {
		struct result r;

		call(a, cases[i].target, cases[i].type, CONF_UNMANAGED_401, &r);
		assert_string_equal(play.called, cases[i].called);
		assert_int_equal(r.rp.status, 200);
	}
	arena_free(a);
}

static void test_answers(void **state)
{
	static const struct {
		enum answer_kind kind;
		enum conf_unmanaged unmanaged;
		int status;
		const char *type, *body, *fault;
	} cases[] = {
		{ ANSWER_EMPTY, CONF_UNMANAGED_401, 200, NULL, "", NULL },
		{ ANSWER_COMMAND, CONF_UNMANAGED_401, 200,
			"application/xml; charset=UTF-8", "<plist/>", NULL },
		{ ANSWER_BAD, CONF_UNMANAGED_401, 400,
			"text/plain; charset=utf-8", "why\n", "identity" },
		{ ANSWER_UNMANAGE, CONF_UNMANAGED_401, 401,
			"text/plain; charset=utf-8",
			"this device is not managed here\n", NULL },
		{ ANSWER_UNMANAGE, CONF_UNMANAGED_403, 403, "application/json",
			"{\"code\":\"com.apple.unrecognized.device\"}", NULL },
		{ ANSWER_USER_DECLINED, CONF_UNMANAGED_401, 410,
			"text/plain; charset=utf-8", "why\n", NULL },
		{ ANSWER_LATER, CONF_UNMANAGED_401, 503,
			"text/plain; charset=utf-8",
			"not available now, try again later\n", "later" },
	};
	static const char *const types[] = { CHECKIN, NULL };
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < 2 * N(cases); i++) {
		size_t k = i / 2;
		struct result r;

		memset(&play, 0, sizeof(play));
		play.answer.kind = cases[k].kind;
		play.answer.body = bytes_str("<plist/>");
		play.answer.reason = cases[k].kind <= ANSWER_COMMAND ? NULL :
			"why";
		call(a, &web_mdm_any, types[i % 2], cases[k].unmanaged, &r);
		assert_int_equal(r.rp.status, cases[k].status);
		assert_true(str_eq(r.rp.content_type, cases[k].type));
		assert_true(bytes_is(r.rp.body, cases[k].body));
		assert_true(str_eq(r.fault.kind, cases[k].fault));
		assert_true(str_eq(r.fault.reason, play.answer.reason));
		assert_int_equal(r.rp.n_headers, r.rp.status == 503);
		if (r.rp.status == 503)
			assert_string_equal(r.rp.header[0].name, "Retry-After");
	}
	arena_free(a);
}

/* Where it goes wrong, on both endpoints. */
static void test_faults(void **state)
{
	static const struct {
		enum err_kind parse, apply;
		const char *type;
		int status;
		const char *called, *fault;
	} cases[] = {
		{ ERR_BAD_INPUT, ERR_NONE, CHECKIN, 400, "checkin_msg ",
			"bad_input" },
		{ ERR_BUSY, ERR_NONE, CHECKIN, 503, "checkin_msg ", "busy" },
		{ ERR_NONE, ERR_BUSY, CHECKIN, 503, "checkin_msg checkin ",
			"busy" },
		{ ERR_NONE, ERR_INTERNAL, CHECKIN, 503, "checkin_msg checkin ",
			"internal" },
		{ ERR_NONE, ERR_UNAUTH, CHECKIN, 400, "checkin_msg checkin ",
			"unauth" },
		{ ERR_BAD_INPUT, ERR_NONE, NULL, 400, "result_msg unreadable ",
			"bad_input" },
		{ ERR_BAD_INPUT, ERR_BUSY, NULL, 503, "result_msg unreadable ",
			"busy" },
		{ ERR_BUSY, ERR_NONE, NULL, 503, "result_msg ", "busy" },
		{ ERR_NONE, ERR_BUSY, NULL, 503, "result_msg queue ", "busy" },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct result r;

		memset(&play, 0, sizeof(play));
		play.answer.kind = ANSWER_BAD;
		play.answer.reason = "not a plist";
		if (cases[i].parse != ERR_NONE)
			err_set(&play.parse, cases[i].parse, "not a plist");
		if (cases[i].apply != ERR_NONE)
			err_set(&play.apply, cases[i].apply, "disk full");
		call(a, &web_mdm_any, cases[i].type, CONF_UNMANAGED_401, &r);
		assert_int_equal(r.rp.status, cases[i].status);
		assert_string_equal(play.called, cases[i].called);
		assert_string_equal(r.fault.kind, cases[i].fault);
		assert_null(strstr(r.log.text, "the body"));
		if (cases[i].parse == ERR_BAD_INPUT)
			assert_non_null(strstr(r.log.text, "body_sha256="));
	}
	/* Stored the third time: the device is to be told 200. */
	memset(&play, 0, sizeof(play));
	err_set(&play.parse, ERR_BAD_INPUT, "not a plist");
	play.answer.note = "kept unread";
	struct result r;

	call(a, &web_mdm_any, NULL, CONF_UNMANAGED_401, &r);
	assert_int_equal(r.rp.status, 200);
	assert_int_equal(r.rp.body.n, 0);
	assert_non_null(strstr(r.log.text, "note=\"kept unread\""));
	arena_free(a);
}

static void test_log(void **state)
{
	struct arena *a = arena_new();
	struct result r;

	(void)state;
	memset(&play, 0, sizeof(play));
	play.answer = (struct answer){ .kind = ANSWER_COMMAND,
		.message = "Acknowledged", .enrollment = 7,
		.command_uuid = "UUID-1", .request_type = "DeviceLock",
		.note = "a note" };
	call(a, &web_mdm_any, NULL, CONF_UNMANAGED_401, &r);
	assert_string_equal(r.log.text, "answered=UUID-0 message=Acknowledged "
		"command=UUID-1 request_type=DeviceLock note=\"a note\" "
		"enrollment=@7");
	memset(&play, 0, sizeof(play));
	call(a, &web_mdm_any, CHECKIN, CONF_UNMANAGED_401, &r);
	assert_string_equal(r.log.text, "enrollment=UDID-1");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_reads_it),
		cmocka_unit_test(test_answers), cmocka_unit_test(test_faults),
		cmocka_unit_test(test_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
