/* The answers table, cell by cell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "mdm/answer.h"

#define N(t) (sizeof(t) / sizeof((t)[0]))
#define UNKNOWN 0

#define AUTH MDM_AUTHENTICATE
#define TOKEN MDM_TOKEN_UPDATE
#define OUT MDM_CHECK_OUT
#define POLL MDM_POLL
#define UAUTH MDM_USER_AUTHENTICATE

/* What differs from the defaults, as bits. */
enum { REJECT = 1, ISSUED = 2, LISTED_ONLY = 4, NO_SHARED = 8, CROWDED = 16,
	/* of the certificate */
	RENEWAL = 32, NAMED = 64, FOREIGN = 128 };

struct cell {
	int device;	/* enum enrollment_state, or UNKNOWN */
	enum mdm_message message;
	enum binding binding;
	unsigned settings;
	enum mdm_rule rule;
};

static struct conf conf_of(unsigned settings)
{
	struct conf c = { 0 };

	c.on_restore = settings & REJECT ? CONF_RESTORE_REJECT : CONF_RESTORE_ACCEPT;
	c.reenroll = settings & ISSUED ? CONF_REENROLL_ISSUED : CONF_REENROLL_ANY;
	c.shared_ipad_users = settings & NO_SHARED ? CONF_SHARED_IPAD_DECLINE :
		CONF_SHARED_IPAD_ACCEPT;
	return c;
}

static enum mdm_rule rule_of(const struct cell *c, enum enrollment_kind kind,
	int channel, const char **reason)
{
	struct enrollment dev = { .num = 1, .state = (enum enrollment_state)c->device };
	struct enrollment user = { .num = 2, .state = (enum enrollment_state)channel };
	struct conf conf = conf_of(c->settings);
	struct mdm_facts f = {
		.message = c->message, .kind = kind,
		.device = c->device != UNKNOWN ? &dev : NULL,
		.binding = c->binding,
		.allowed = !(c->settings & LISTED_ONLY),
		.crowded = (c->settings & CROWDED) != 0,
		.renewal = (c->settings & RENEWAL) != 0,
		.issued = (c->settings & NAMED) != 0,
		.foreign = (c->settings & FOREIGN) != 0,
	};

	if (!enrollment_kind_is_user(kind))
		f.channel = f.device;
	else if (channel != UNKNOWN && f.device != NULL)
		f.channel = &user;
	return answer_rule(&f, &conf, reason);
}

static void expect(const struct cell *cells, size_t n, enum enrollment_kind kind,
	int channel)
{
	for (size_t i = 0; i < n; i++) {
		const char *reason = "unset";
		enum mdm_rule got = rule_of(&cells[i], kind, channel, &reason);

		if (got != cells[i].rule)
			fail_msg("row %zu: rule %d, expected %d (%s)", i, (int)got,
				(int)cells[i].rule, reason != NULL ? reason : "-");
		if (got == RULE_APPLY || got == RULE_KEEP)
			assert_null(reason);
		else
			assert_non_null(reason);
	}
}

static void test_unknown_device(void **state)
{
	static const struct cell cells[] = {
		{ UNKNOWN, AUTH, BINDING_FREE, 0, RULE_APPLY },
		{ UNKNOWN, AUTH, BINDING_FREE, LISTED_ONLY, RULE_UNMANAGE },
		{ UNKNOWN, AUTH, BINDING_FREE, ISSUED, RULE_APPLY },
		{ UNKNOWN, TOKEN, BINDING_FREE, 0, RULE_APPLY },
		{ UNKNOWN, TOKEN, BINDING_FREE, LISTED_ONLY, RULE_UNMANAGE_GUARDED },
		{ UNKNOWN, TOKEN, BINDING_FREE, REJECT, RULE_UNMANAGE_GUARDED },
		{ UNKNOWN, OUT, BINDING_FREE, 0, RULE_KEEP },
		{ UNKNOWN, OUT, BINDING_FREE, REJECT, RULE_KEEP },
		{ UNKNOWN, POLL, BINDING_FREE, 0, RULE_UNMANAGE_GUARDED },
		{ UNKNOWN, AUTH, BINDING_OTHER, 0, RULE_BAD },
		{ UNKNOWN, TOKEN, BINDING_OTHER, 0, RULE_BAD },
		{ UNKNOWN, OUT, BINDING_OTHER, 0, RULE_BAD },
		{ UNKNOWN, POLL, BINDING_OTHER, 0, RULE_BAD },
	};
	static const struct cell users[] = {
		{ UNKNOWN, TOKEN, BINDING_FREE, 0, RULE_LATER },
		{ UNKNOWN, TOKEN, BINDING_FREE, REJECT, RULE_UNMANAGE_GUARDED },
		{ UNKNOWN, POLL, BINDING_FREE, 0, RULE_UNMANAGE_GUARDED },
		{ UNKNOWN, UAUTH, BINDING_FREE, 0, RULE_UNMANAGE_GUARDED },
	};

	(void)state;
	expect(cells, N(cells), ENROLLMENT_DEVICE, 0);
	expect(cells, N(cells), ENROLLMENT_BYOD_DEVICE, 0);
	expect(users, N(users), ENROLLMENT_USER, UNKNOWN);
}

static void test_enabled_device(void **state)
{
	static const struct cell cells[] = {
		{ ENROLLMENT_ENABLED, AUTH, BINDING_OK, 0, RULE_APPLY },
		{ ENROLLMENT_ENABLED, AUTH, BINDING_OK, ISSUED | LISTED_ONLY, RULE_APPLY },
		{ ENROLLMENT_ENABLED, TOKEN, BINDING_OK, REJECT, RULE_APPLY },
		{ ENROLLMENT_ENABLED, OUT, BINDING_OK, 0, RULE_APPLY },
		{ ENROLLMENT_ENABLED, POLL, BINDING_OK, 0, RULE_APPLY },
		{ ENROLLMENT_ENABLED, POLL, BINDING_FIRST, 0, RULE_APPLY },
		{ ENROLLMENT_ENABLED, AUTH, BINDING_FREE, 0, RULE_APPLY },
		{ ENROLLMENT_ENABLED, AUTH, BINDING_FORMER, 0, RULE_APPLY },
		{ ENROLLMENT_ENABLED, AUTH, BINDING_FREE, ISSUED, RULE_BAD },
		{ ENROLLMENT_ENABLED, AUTH, BINDING_FORMER, ISSUED, RULE_BAD },
		{ ENROLLMENT_ENABLED, TOKEN, BINDING_FREE, 0, RULE_BAD },
		{ ENROLLMENT_ENABLED, OUT, BINDING_FREE, 0, RULE_BAD },
		{ ENROLLMENT_ENABLED, POLL, BINDING_FREE, 0, RULE_BAD },
		{ ENROLLMENT_ENABLED, POLL, BINDING_FORMER, 0, RULE_BAD },
		{ ENROLLMENT_ENABLED, AUTH, BINDING_OTHER, 0, RULE_BAD },
		{ ENROLLMENT_ENABLED, POLL, BINDING_OTHER, 0, RULE_BAD },
	};

	(void)state;
	expect(cells, N(cells), ENROLLMENT_DEVICE, 0);
	expect(cells, N(cells), ENROLLMENT_BYOD_DEVICE, 0);
}

/* A certificate that was issued for an enrolled device, and how. */
static void test_enabled_device_with_a_new_certificate(void **state)
{
	static const struct cell cells[] = {
		/* a real re-enrollment */
		{ ENROLLMENT_ENABLED, AUTH, BINDING_FREE, ISSUED | NAMED, RULE_APPLY },
		{ ENROLLMENT_ENABLED, AUTH, BINDING_FREE, NAMED, RULE_APPLY },
		{ ENROLLMENT_ENABLED, AUTH, BINDING_FORMER, ISSUED | NAMED, RULE_APPLY },
		{ ENROLLMENT_ENABLED, AUTH, BINDING_FREE,
			ISSUED | NAMED | LISTED_ONLY, RULE_APPLY },
		{ ENROLLMENT_ENABLED, AUTH, BINDING_OTHER, NAMED, RULE_BAD },
		/* only an Authenticate begins anew */
		{ ENROLLMENT_ENABLED, TOKEN, BINDING_FREE, NAMED, RULE_BAD },
		{ ENROLLMENT_ENABLED, POLL, BINDING_FREE, NAMED, RULE_BAD },
		{ ENROLLMENT_ENABLED, OUT, BINDING_FREE, NAMED, RULE_BAD },
		/* a renewal, whatever the device says with it, and whatever the
		 * policies are */
		{ ENROLLMENT_ENABLED, AUTH, BINDING_FREE,
			ISSUED | RENEWAL | LISTED_ONLY | REJECT, RULE_APPLY },
		{ ENROLLMENT_ENABLED, AUTH, BINDING_OK, ISSUED | RENEWAL, RULE_APPLY },
		{ ENROLLMENT_ENABLED, AUTH, BINDING_FIRST, ISSUED | RENEWAL, RULE_APPLY },
		{ ENROLLMENT_ENABLED, TOKEN, BINDING_FREE, ISSUED | RENEWAL, RULE_APPLY },
		{ ENROLLMENT_ENABLED, POLL, BINDING_FREE, ISSUED | RENEWAL, RULE_APPLY },
		{ ENROLLMENT_ENABLED, OUT, BINDING_FREE, ISSUED | RENEWAL, RULE_APPLY },
		{ ENROLLMENT_ENABLED, AUTH, BINDING_OTHER, RENEWAL, RULE_BAD },
		{ ENROLLMENT_ENABLED, POLL, BINDING_OTHER, RENEWAL, RULE_BAD },
	};
	static const struct cell users[] = {
		{ ENROLLMENT_ENABLED, TOKEN, BINDING_FREE, ISSUED | RENEWAL, RULE_APPLY },
		{ ENROLLMENT_ENABLED, TOKEN, BINDING_FREE, ISSUED | NAMED, RULE_BAD },
		{ ENROLLMENT_ENABLED, POLL, BINDING_FREE, ISSUED | RENEWAL, RULE_APPLY },
		{ ENROLLMENT_ENABLED, UAUTH, BINDING_FREE, ISSUED | RENEWAL,
			RULE_DECLINE_USER },
	};

	(void)state;
	expect(cells, N(cells), ENROLLMENT_DEVICE, 0);
	expect(cells, N(cells), ENROLLMENT_BYOD_DEVICE, 0);
	expect(users, N(users), ENROLLMENT_USER, ENROLLMENT_ENABLED);
}

/* Renewing is for who is enrolled: to all others it is a certificate like any
 * other. */
static void test_renewal_of_a_device_that_is_not_enabled(void **state)
{
	static const struct cell cells[] = {
		{ UNKNOWN, AUTH, BINDING_FREE, RENEWAL | LISTED_ONLY, RULE_UNMANAGE },
		{ UNKNOWN, POLL, BINDING_FREE, RENEWAL, RULE_UNMANAGE_GUARDED },
		{ ENROLLMENT_AUTHENTICATED, AUTH, BINDING_FREE, RENEWAL, RULE_APPLY },
		{ ENROLLMENT_AUTHENTICATED, TOKEN, BINDING_FREE, RENEWAL, RULE_BAD },
		{ ENROLLMENT_AUTHENTICATED, POLL, BINDING_FREE, RENEWAL, RULE_BAD },
		{ ENROLLMENT_LEFT, AUTH, BINDING_FREE, RENEWAL | LISTED_ONLY,
			RULE_UNMANAGE },
		{ ENROLLMENT_LEFT, TOKEN, BINDING_FREE, RENEWAL, RULE_BAD },
		{ ENROLLMENT_LEFT, TOKEN, BINDING_OK, RENEWAL | REJECT, RULE_UNMANAGE },
		{ ENROLLMENT_UNMANAGED, AUTH, BINDING_FREE, RENEWAL | LISTED_ONLY,
			RULE_UNMANAGE },
		{ ENROLLMENT_UNMANAGED, POLL, BINDING_OK, RENEWAL, RULE_UNMANAGE },
		{ ENROLLMENT_BLOCKED, AUTH, BINDING_FREE, RENEWAL | NAMED,
			RULE_UNMANAGE },
	};

	(void)state;
	expect(cells, N(cells), ENROLLMENT_DEVICE, 0);
}

static void test_certificate_that_was_issued_for_another(void **state)
{
	static const int states[] = { UNKNOWN, ENROLLMENT_AUTHENTICATED,
		ENROLLMENT_ENABLED, ENROLLMENT_LEFT, ENROLLMENT_UNMANAGED,
		ENROLLMENT_BLOCKED };
	static const enum binding bindings[] = { BINDING_OK, BINDING_FREE,
		BINDING_FIRST, BINDING_FORMER };

	(void)state;
	for (size_t s = 0; s < N(states); s++)
		for (size_t b = 0; b < N(bindings); b++) {
			struct cell c = { states[s], AUTH, bindings[b], FOREIGN,
				RULE_BAD };

			expect(&c, 1, ENROLLMENT_DEVICE, 0);
			c.message = TOKEN;
			expect(&c, 1, ENROLLMENT_DEVICE, 0);
			expect(&c, 1, ENROLLMENT_USER, ENROLLMENT_ENABLED);
		}
}

static void test_between_authenticate_and_token_update(void **state)
{
	static const struct cell cells[] = {
		{ ENROLLMENT_AUTHENTICATED, AUTH, BINDING_OK, 0, RULE_APPLY },
		{ ENROLLMENT_AUTHENTICATED, AUTH, BINDING_FREE, ISSUED, RULE_APPLY },
		{ ENROLLMENT_AUTHENTICATED, TOKEN, BINDING_OK, REJECT, RULE_APPLY },
		{ ENROLLMENT_AUTHENTICATED, TOKEN, BINDING_FREE, 0, RULE_BAD },
		{ ENROLLMENT_AUTHENTICATED, TOKEN, BINDING_FORMER, 0, RULE_BAD },
		{ ENROLLMENT_AUTHENTICATED, OUT, BINDING_OK, 0, RULE_APPLY },
		{ ENROLLMENT_AUTHENTICATED, POLL, BINDING_OK, 0, RULE_KEEP },
		{ ENROLLMENT_AUTHENTICATED, POLL, BINDING_FREE, 0, RULE_BAD },
	};

	(void)state;
	expect(cells, N(cells), ENROLLMENT_DEVICE, 0);
}

static void test_device_that_left(void **state)
{
	static const struct cell cells[] = {
		{ ENROLLMENT_LEFT, AUTH, BINDING_OK, 0, RULE_APPLY },
		{ ENROLLMENT_LEFT, AUTH, BINDING_FREE, REJECT | ISSUED, RULE_APPLY },
		{ ENROLLMENT_LEFT, AUTH, BINDING_OK, LISTED_ONLY, RULE_UNMANAGE },
		{ ENROLLMENT_LEFT, TOKEN, BINDING_OK, 0, RULE_APPLY },
		{ ENROLLMENT_LEFT, TOKEN, BINDING_FREE, 0, RULE_BAD },
		{ ENROLLMENT_LEFT, TOKEN, BINDING_OK, REJECT, RULE_UNMANAGE },
		{ ENROLLMENT_LEFT, POLL, BINDING_OK, 0, RULE_KEEP },
		{ ENROLLMENT_LEFT, POLL, BINDING_OK, REJECT, RULE_UNMANAGE },
		{ ENROLLMENT_LEFT, OUT, BINDING_OK, 0, RULE_KEEP },
		{ ENROLLMENT_LEFT, OUT, BINDING_OK, REJECT, RULE_KEEP },
		{ ENROLLMENT_LEFT, TOKEN, BINDING_OTHER, 0, RULE_BAD },
	};

	(void)state;
	expect(cells, N(cells), ENROLLMENT_DEVICE, 0);
}

static void test_ordered_off_by_the_operator(void **state)
{
	static const struct cell cells[] = {
		{ ENROLLMENT_UNMANAGED, AUTH, BINDING_FREE, 0, RULE_APPLY },
		{ ENROLLMENT_UNMANAGED, AUTH, BINDING_OK, LISTED_ONLY, RULE_UNMANAGE },
		{ ENROLLMENT_UNMANAGED, TOKEN, BINDING_OK, 0, RULE_UNMANAGE },
		{ ENROLLMENT_UNMANAGED, OUT, BINDING_OK, 0, RULE_KEEP },
		{ ENROLLMENT_UNMANAGED, POLL, BINDING_OK, 0, RULE_UNMANAGE },
		{ ENROLLMENT_BLOCKED, AUTH, BINDING_FREE, 0, RULE_UNMANAGE },
		{ ENROLLMENT_BLOCKED, TOKEN, BINDING_OK, 0, RULE_UNMANAGE },
		{ ENROLLMENT_BLOCKED, OUT, BINDING_OK, 0, RULE_KEEP },
		{ ENROLLMENT_BLOCKED, POLL, BINDING_OK, 0, RULE_UNMANAGE },
		{ ENROLLMENT_BLOCKED, POLL, BINDING_OTHER, 0, RULE_BAD },
	};

	(void)state;
	expect(cells, N(cells), ENROLLMENT_DEVICE, 0);
}

static void test_user_channels_never_get_401_of_their_own(void **state)
{
	static const int channels[] = { UNKNOWN, ENROLLMENT_DISABLED,
		ENROLLMENT_ENABLED };
	static const enum enrollment_kind kinds[] = { ENROLLMENT_USER,
		ENROLLMENT_SHARED_IPAD, ENROLLMENT_BYOD_USER };
	static const struct cell common[] = {
		{ ENROLLMENT_ENABLED, TOKEN, BINDING_OK, 0, RULE_APPLY },
		{ ENROLLMENT_ENABLED, UAUTH, BINDING_OK, 0, RULE_DECLINE_USER },
		{ ENROLLMENT_ENABLED, TOKEN, BINDING_FREE, 0, RULE_BAD },
		{ ENROLLMENT_AUTHENTICATED, TOKEN, BINDING_OK, 0, RULE_APPLY },
		{ ENROLLMENT_AUTHENTICATED, POLL, BINDING_OK, 0, RULE_KEEP },
		{ ENROLLMENT_LEFT, POLL, BINDING_OK, 0, RULE_KEEP },
		/* its device's own TokenUpdate must come first */
		{ ENROLLMENT_LEFT, TOKEN, BINDING_OK, 0, RULE_LATER },
		{ ENROLLMENT_LEFT, TOKEN, BINDING_FREE, 0, RULE_BAD },
	};
	static const struct cell poll_on =
		{ ENROLLMENT_ENABLED, POLL, BINDING_OK, 0, RULE_APPLY };
	static const struct cell poll_off =
		{ ENROLLMENT_ENABLED, POLL, BINDING_OK, 0, RULE_KEEP };

	(void)state;
	for (size_t k = 0; k < N(kinds); k++)
		for (size_t c = 0; c < N(channels); c++) {
			bool on = channels[c] == ENROLLMENT_ENABLED;

			expect(common, N(common), kinds[k], channels[c]);
			expect(on ? &poll_on : &poll_off, 1, kinds[k], channels[c]);
		}
}

static void test_shared_ipad_users_may_be_declined(void **state)
{
	static const struct cell declined =
		{ ENROLLMENT_ENABLED, TOKEN, BINDING_OK, NO_SHARED, RULE_DECLINE_USER };
	static const struct cell others =
		{ ENROLLMENT_ENABLED, TOKEN, BINDING_OK, NO_SHARED, RULE_APPLY };

	(void)state;
	expect(&declined, 1, ENROLLMENT_SHARED_IPAD, UNKNOWN);
	expect(&others, 1, ENROLLMENT_USER, UNKNOWN);
	expect(&others, 1, ENROLLMENT_DEVICE, 0);
}

static void test_a_device_has_only_so_many_user_channels(void **state)
{
	static const struct cell one_more =
		{ ENROLLMENT_ENABLED, TOKEN, BINDING_OK, CROWDED, RULE_BAD };
	static const struct cell one_more_shared =
		{ ENROLLMENT_ENABLED, TOKEN, BINDING_OK, CROWDED, RULE_DECLINE_USER };
	static const struct cell known =
		{ ENROLLMENT_ENABLED, TOKEN, BINDING_OK, CROWDED, RULE_APPLY };

	(void)state;
	expect(&one_more, 1, ENROLLMENT_USER, UNKNOWN);
	expect(&one_more, 1, ENROLLMENT_BYOD_USER, UNKNOWN);
	expect(&one_more_shared, 1, ENROLLMENT_SHARED_IPAD, UNKNOWN);
	expect(&known, 1, ENROLLMENT_USER, ENROLLMENT_DISABLED);
	expect(&known, 1, ENROLLMENT_SHARED_IPAD, ENROLLMENT_ENABLED);
	expect(&known, 1, ENROLLMENT_DEVICE, 0);
}

static void test_answers_of_rules(void **state)
{
	static const struct {
		enum mdm_rule rule;
		enum answer_kind kind;
	} rows[] = {
		{ RULE_KEEP, ANSWER_EMPTY }, { RULE_APPLY, ANSWER_EMPTY },
		{ RULE_BAD, ANSWER_BAD }, { RULE_UNMANAGE, ANSWER_UNMANAGE },
		{ RULE_DECLINE_USER, ANSWER_USER_DECLINED },
		{ RULE_LATER, ANSWER_LATER },
		/* never a 401 without the guard */
		{ RULE_UNMANAGE_GUARDED, ANSWER_LATER },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct answer out = { 0 };

		answer_by_rule(rows[i].rule, "why", &out);
		assert_int_equal(out.kind, rows[i].kind);
		if (out.kind == ANSWER_EMPTY)
			assert_null(out.reason);
		else
			assert_string_equal(out.reason, "why");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown_device),
		cmocka_unit_test(test_enabled_device),
		cmocka_unit_test(test_enabled_device_with_a_new_certificate),
		cmocka_unit_test(test_renewal_of_a_device_that_is_not_enabled),
		cmocka_unit_test(test_certificate_that_was_issued_for_another),
		cmocka_unit_test(test_between_authenticate_and_token_update),
		cmocka_unit_test(test_device_that_left),
		cmocka_unit_test(test_ordered_off_by_the_operator),
		cmocka_unit_test(test_user_channels_never_get_401_of_their_own),
		cmocka_unit_test(test_shared_ipad_users_may_be_declined),
		cmocka_unit_test(test_a_device_has_only_so_many_user_channels),
		cmocka_unit_test(test_answers_of_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
