/* What simulated devices answer: sim/respond*, and sim/message's ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "codec/pl.h"
#include "crypto/cms.h"
#include "sim/device.h"
#include "sim/message.h"
#include "sim/respond.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define UUID "0001_X"

struct world {
	struct arena *a;
	struct device *d;
	struct respond_options o;
	struct response r;
	struct pl *reply;	/* the answer, parsed */
	struct err e;
};

static struct world begin(enum enrollment_kind kind, const char *model)
{
	struct device_wish w = { .kind = kind, .id = "ID-1",
		.serial = "SERIAL1", .model = model != NULL ?
			catalog_find(model) : NULL };
	struct world x = { .a = arena_new(), .d = device_new(&w) };

	device_new_tokens(x.d);
	return x;
}

static void end(struct world *x)
{
	device_free(x->d);
	arena_free(x->a);
}

/* Gives the device the command; the answer is in x->r and x->reply. */
static void give(struct world *x, unsigned channel, struct pl *command)
{
	struct pl *root = pl_new_dict(x->a);

	pl_set_str(root, "CommandUUID", UUID);
	pl_set_copy(root, "Command", command);
	assert_int_equal(respond(x->d, &x->d->channel[channel],
		pl_xml(root, x->a), &x->o, x->a, &x->r, &x->e), 0);
	assert_int_equal(pl_parse(x->r.body, x->a, &x->reply, &x->e), 0);
	assert_string_equal(pl_as_str(pl_dict_get(x->reply, "CommandUUID")),
		UUID);
	assert_string_equal(pl_as_str(pl_dict_get(x->reply, "Status")),
		x->r.status);
}

static struct pl *command(struct world *x, const char *type)
{
	struct pl *c = pl_new_dict(x->a);

	pl_set_str(c, "RequestType", type);
	return c;
}

static void ask(struct world *x, const char *type)
{
	give(x, 0, command(x, type));
}

static void add_list(struct pl *c, const char *key, const char *const *item)
{
	struct pl *list = pl_set_array(c, key);

	for (; *item != NULL; item++)
		pl_add_str(list, *item);
}

static bool count_key(const char *key, const struct pl *value, void *arg)
{
	(void)key;
	(void)value;
	++*(int *)arg;
	return true;
}

static int size(const struct pl *dict)
{
	int n = 0;

	pl_dict_each(dict, count_key, &n);
	return n;
}

static const char *text(const struct pl *dict, const char *key)
{
	return pl_as_str(pl_dict_get(dict, key));
}

/* ---- DeviceInformation and SecurityInfo ---- */

static const struct pl *query(struct world *x, const char *const *queries)
{
	struct pl *c = command(x, "DeviceInformation");

	add_list(c, "Queries", queries);
	give(x, 0, c);
	assert_string_equal(x->r.status, "Acknowledged");
	return pl_dict_get(x->reply, "QueryResponses");
}

static void queries_are_obeyed(void **state)
{
	static const char *const some[] = { "UDID", "OSVersion", "DeviceName",
		"NoSuchQuery", "IsAppleSilicon", NULL };
	struct world x = begin(ENROLLMENT_DEVICE, "iphone");
	const struct pl *q = query(&x, some);

	(void)state;
	assert_int_equal(size(q), 3);
	assert_string_equal(text(q, "UDID"), "ID-1");
	assert_string_equal(text(q, "OSVersion"), x.d->os_version);
	assert_string_equal(text(q, "DeviceName"), "iPhone SERIAL1");
	end(&x);
}

static void answers_fit_the_model(void **state)
{
	/* Who tells what. */
	static const struct {
		const char *key;
		bool iphone, ipad, mac, appletv, byod;
	} row[] = {
		{ "UDID", true, true, true, true, false },
		{ "SerialNumber", true, true, true, true, false },
		{ "WiFiMAC", true, true, true, true, false },
		{ "OSVersion", true, true, true, true, true },
		{ "IMEI", true, false, false, false, false },
		{ "ServiceSubscriptions", true, false, false, false, true },
		{ "IsAppleSilicon", false, false, true, false, false },
		{ "EthernetMAC", false, false, true, false, false },
		{ "HostName", false, false, true, false, false },
		{ "BatteryLevel", true, true, true, false, true },
		{ "IsMDMLostModeEnabled", true, true, false, false, true },
	};
	static const char *const model[] = { "iphone", "ipad", "mac",
		"appletv", "iphone" };

	(void)state;
	for (size_t i = 0; i < COUNT(row); i++) {
		const char *const one[] = { row[i].key, NULL };
		const bool want[] = { row[i].iphone, row[i].ipad, row[i].mac,
			row[i].appletv, row[i].byod };

		for (size_t m = 0; m < COUNT(model); m++) {
			struct world x = begin(m == 4 ? ENROLLMENT_BYOD_DEVICE
				: ENROLLMENT_DEVICE, model[m]);

			if ((pl_dict_get(query(&x, one), row[i].key) != NULL)
				!= want[m])
				fail_msg("%s of %zu", row[i].key, m);
			end(&x);
		}
	}
}

static void the_same_device_tells_the_same(void **state)
{
	static const char *const all[] = { NULL };
	struct world x = begin(ENROLLMENT_DEVICE, "iphone");
	struct bytes first, other;

	(void)state;
	query(&x, all);
	first = x.r.body;
	query(&x, all);
	assert_true(bytes_eq(first, x.r.body));
	assert_true(size(pl_dict_get(x.reply, "QueryResponses")) > 30);
	/* And another one something else. */
	x.d->id = "ID-2";
	query(&x, all);
	other = x.r.body;
	assert_false(bytes_eq(first, other));
	end(&x);
}

static void security_info(void **state)
{
	struct world x = begin(ENROLLMENT_DEVICE, "mac");
	const struct pl *s;
	bool b = false;

	(void)state;
	ask(&x, "SecurityInfo");
	s = pl_dict_get(x.reply, "SecurityInfo");
	assert_true(pl_as_bool(pl_dict_get(s, "FDE_Enabled"), &b) && b);
	assert_null(pl_dict_get(s, "PasscodePresent"));
	end(&x);
	x = begin(ENROLLMENT_BYOD_DEVICE, NULL);
	ask(&x, "SecurityInfo");
	s = pl_dict_get(x.reply, "SecurityInfo");
	assert_true(pl_as_bool(pl_dict_get(s, "PasscodePresent"), &b) && b);
	assert_null(pl_dict_get(s, "FDE_Enabled"));
	s = pl_dict_get(s, "ManagementStatus");
	assert_true(pl_as_bool(pl_dict_get(s, "IsUserEnrollment"), &b) && b);
	end(&x);
}

/* ---- applications ---- */

static void apps_are_filtered(void **state)
{
	static const char *const items[] = { "Identifier", "Version", NULL };
	static const char *const ids[] = { "com.apple.Pages", "no.such", NULL };
	struct world x = begin(ENROLLMENT_DEVICE, "iphone");
	struct pl *c = command(&x, "InstalledApplicationList");
	const struct pl *list;
	uint32_t all;

	(void)state;
	give(&x, 0, c);
	all = pl_array_len(pl_dict_get(x.reply, "InstalledApplicationList"));
	assert_true(all > 2);
	add_list(c, "Items", items);
	give(&x, 0, c);
	list = pl_dict_get(x.reply, "InstalledApplicationList");
	assert_int_equal(pl_array_len(list), all);
	for (uint32_t i = 0; i < all; i++)
		assert_int_equal(size(pl_array_at(list, i)), 2);
	add_list(c, "Identifiers", ids);
	give(&x, 0, c);
	list = pl_dict_get(x.reply, "InstalledApplicationList");
	assert_int_equal(pl_array_len(list), 1);
	assert_string_equal(text(pl_array_at(list, 0), "Identifier"),
		"com.apple.Pages");
	end(&x);
}

static void installed_apps_are_managed(void **state)
{
	struct world x = begin(ENROLLMENT_DEVICE, "iphone");
	struct pl *c = command(&x, "InstallApplication");

	(void)state;
	pl_set_str(c, "Identifier", "org.example.app");
	give(&x, 0, c);
	give(&x, 0, c);		/* twice is once */
	assert_string_equal(text(x.reply, "State"), "Installing");
	ask(&x, "ManagedApplicationList");
	assert_int_equal(size(pl_dict_get(x.reply, "ManagedApplicationList")),
		1);
	c = command(&x, "InstalledApplicationList");
	pl_set_bool(c, "ManagedAppsOnly", true);
	give(&x, 0, c);
	assert_int_equal(pl_array_len(pl_dict_get(x.reply,
		"InstalledApplicationList")), 1);
	c = command(&x, "RemoveApplication");
	pl_set_str(c, "Identifier", "org.example.app");
	give(&x, 0, c);
	assert_string_equal(x.r.status, "Acknowledged");
	give(&x, 0, c);
	assert_string_equal(x.r.status, "Error");
	ask(&x, "ManagedApplicationList");
	assert_int_equal(size(pl_dict_get(x.reply, "ManagedApplicationList")),
		0);
	end(&x);
}

/* ---- profiles ---- */

static struct bytes profile(struct world *x, const char *identifier,
	const char *name)
{
	struct pl *p = pl_new_dict(x->a), *y;

	pl_set_str(p, "PayloadType", "Configuration");
	pl_set_int(p, "PayloadVersion", 1);
	pl_set_str(p, "PayloadIdentifier", identifier);
	pl_set_str(p, "PayloadUUID", "UUID-OF-PROFILE");
	pl_set_str(p, "PayloadDisplayName", name);
	y = pl_add_dict(pl_set_array(p, "PayloadContent"));
	pl_set_str(y, "PayloadType", "com.apple.wifi.managed");
	pl_set_str(y, "PayloadIdentifier", "wifi");
	pl_set_str(y, "PayloadUUID", "UUID-OF-PAYLOAD");
	pl_set_int(y, "PayloadVersion", 1);
	pl_set_str(y, "Password", "SECRET");
	return pl_xml(p, x->a);
}

static void install(struct world *x, unsigned channel, struct bytes payload)
{
	struct pl *c = command(x, "InstallProfile");

	pl_set_data(c, "Payload", payload);
	give(x, channel, c);
}

static const struct pl *profile_list(struct world *x, unsigned channel)
{
	give(x, channel, command(x, "ProfileList"));
	return pl_dict_get(x->reply, "ProfileList");
}

static void profiles_are_remembered(void **state)
{
	struct world x = begin(ENROLLMENT_DEVICE, "iphone");
	struct pl *c = command(&x, "RemoveProfile");
	const struct pl *list, *payloads;

	(void)state;
	assert_int_equal(pl_array_len(profile_list(&x, 0)), 1);
	install(&x, 0, profile(&x, "one", "First"));
	install(&x, 0, profile(&x, "two", "Second"));
	install(&x, 0, profile(&x, "one", "First again"));
	list = profile_list(&x, 0);
	assert_int_equal(pl_array_len(list), 3);
	assert_string_equal(text(pl_array_at(list, 1), "PayloadDisplayName"),
		"First again");
	payloads = pl_dict_get(pl_array_at(list, 1), "PayloadContent");
	assert_string_equal(text(pl_array_at(payloads, 0), "PayloadType"),
		"com.apple.wifi.managed");
	assert_null(pl_dict_get(pl_array_at(payloads, 0), "Password"));
	pl_set_str(c, "Identifier", "one");
	give(&x, 0, c);
	assert_string_equal(x.r.status, "Acknowledged");
	give(&x, 0, c);
	assert_string_equal(x.r.status, "Error");
	list = profile_list(&x, 0);
	assert_int_equal(pl_array_len(list), 2);
	assert_string_equal(text(pl_array_at(list, 1), "PayloadIdentifier"),
		"two");
	end(&x);
}

static void channels_have_profiles_of_their_own(void **state)
{
	struct world x = begin(ENROLLMENT_USER, NULL);

	(void)state;
	install(&x, 1, profile(&x, "users", "User's"));
	assert_string_equal(x.r.status, "Acknowledged");
	assert_int_equal(pl_array_len(profile_list(&x, 1)), 1);
	assert_int_equal(pl_array_len(profile_list(&x, 0)), 1);
	assert_string_not_equal(text(pl_array_at(pl_dict_get(x.reply,
		"ProfileList"), 0), "PayloadIdentifier"), "users");
	end(&x);
}

static struct bytes signed_by_somebody(struct world *x, struct bytes content)
{
	const struct cert_request rq = { .profile = CERT_DEVICE,
		.common_name = "Signer", .not_before = 1700000000,
		.not_after = 1800000000 };
	struct bytes der;
	struct pkey *k;
	struct cert *c;

	assert_int_equal(pkey_new_ec_p256(x->a, &k, &x->e), 0);
	assert_int_equal(cert_issue(&rq, k, NULL, k, x->a, &c, &x->e), 0);
	assert_int_equal(cms_sign_attached(c, k, NULL, 0, content, x->a, &der,
		&x->e), 0);
	return der;
}

static void signed_profiles_are_read(void **state)
{
	struct world x = begin(ENROLLMENT_DEVICE, "iphone");
	struct bytes der = signed_by_somebody(&x, profile(&x, "signed",
		"Signed"));
	unsigned char *damaged = arena_memdup(x.a, der.p, der.n);

	(void)state;
	install(&x, 0, der);
	assert_string_equal(x.r.status, "Acknowledged");
	assert_int_equal(pl_array_len(profile_list(&x, 0)), 2);
	/* A letter of the content. */
	((unsigned char *)memmem(damaged, der.n, "Signed", 6))[0] = 'X';
	install(&x, 0, bytes_of(damaged, der.n));
	assert_string_equal(x.r.status, "Error");
	end(&x);
}

/* With com.apple.mdm in it. */
static struct bytes enrollment(struct world *x, const char *identifier)
{
	struct pl *root, *y;

	assert_int_equal(pl_parse(profile(x, identifier, "E"), x->a, &root,
		&x->e), 0);
	y = pl_add_dict(pl_set_array(root, "PayloadContent"));
	pl_set_str(y, "PayloadType", "com.apple.mdm");
	return pl_xml(root, x->a);
}

static void the_enrollment_profile_is_apart(void **state)
{
	struct world x = begin(ENROLLMENT_USER, NULL);
	struct device_profile shown = { .identifier = "org.example.mdm",
		.uuid = "U" };
	struct device_enrollment m = { .profile = &shown,
		.facts = { .identifier = "org.example.mdm" } };
	const struct pl *list;

	(void)state;
	install(&x, 0, enrollment(&x, RESPOND_ENROLLMENT_PROFILE));
	assert_int_equal(x.r.after, RESPOND_RENEW);
	x.d->enrollment = &m;
	install(&x, 0, enrollment(&x, RESPOND_ENROLLMENT_PROFILE));
	assert_string_equal(x.r.status, "Error");
	install(&x, 0, enrollment(&x, "org.example.mdm"));
	assert_string_equal(x.r.status, "Acknowledged");
	assert_int_equal(x.r.after, RESPOND_RENEW);
	assert_string_equal(x.r.renewal->shown->identifier, "org.example.mdm");
	respond_fail(x.d, &x.d->channel[0], &x.r, "D", 7, "why", x.a);
	assert_int_equal(pl_parse(x.r.body, x.a, &x.reply, &x.e), 0);
	assert_string_equal(text(x.reply, "Status"), "Error");
	assert_string_equal(text(x.reply, "CommandUUID"), UUID);
	assert_string_equal(text(pl_array_at(pl_dict_get(x.reply,
		"ErrorChain"), 0), "USEnglishDescription"), "why");
	/* On a user channel, and without com.apple.mdm in its place. */
	install(&x, 1, enrollment(&x, "org.example.mdm"));
	assert_string_equal(x.r.status, "Error");
	install(&x, 0, profile(&x, "org.example.mdm", "Not it"));
	assert_string_equal(x.r.status, "Error");
	list = profile_list(&x, 0);
	assert_int_equal(pl_array_len(list), 1);
	assert_string_equal(text(pl_array_at(list, 0), "PayloadIdentifier"),
		"org.example.mdm");
	end(&x);
}

static void bad_profiles_are_errors(void **state)
{
	static const char *const bad[] = { "", "rubbish", "0\x82rubbish",
		"<plist version=\"1.0\"><dict></dict></plist>",
		"<plist version=\"1.0\"><array></array></plist>" };
	struct world x = begin(ENROLLMENT_DEVICE, "iphone");

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		install(&x, 0, bytes_str(bad[i]));
		assert_string_equal(x.r.status, "Error");
		assert_true(pl_array_len(pl_dict_get(x.reply, "ErrorChain"))
			== 1);
	}
	ask(&x, "InstallProfile");
	assert_string_equal(x.r.status, "CommandFormatError");
	end(&x);
}

/* ---- where a command exists, and what comes after ---- */

static void commands_of_platforms(void **state)
{
	static const struct {
		const char *type;
		enum enrollment_kind kind;
		const char *model;
		unsigned channel;
		const char *status;
	} row[] = {
		{ "UserList", ENROLLMENT_DEVICE, "mac", 0, "Acknowledged" },
		{ "UserList", ENROLLMENT_DEVICE, "iphone", 0, "Error" },
		{ "UserList", ENROLLMENT_SHARED_IPAD, NULL, 0,
			"Acknowledged" },
		{ "UserList", ENROLLMENT_USER, NULL, 1, "Error" },
		{ "Restrictions", ENROLLMENT_DEVICE, "ipad", 0,
			"Acknowledged" },
		{ "Restrictions", ENROLLMENT_DEVICE, "mac", 0, "Error" },
		{ "EraseDevice", ENROLLMENT_BYOD_DEVICE, NULL, 0, "Error" },
		{ "RestartDevice", ENROLLMENT_DEVICE, "mac", 0,
			"Acknowledged" },
		{ "DeviceConfigured", ENROLLMENT_DEVICE, "mac", 0,
			"Acknowledged" },
		{ "ProvisioningProfileList", ENROLLMENT_DEVICE, "ipad", 0,
			"Acknowledged" },
		{ "UserConfigured", ENROLLMENT_SHARED_IPAD, NULL, 1,
			"Acknowledged" },
		{ "NoSuchCommand", ENROLLMENT_DEVICE, "ipad", 0, "Error" },
		{ "Settings", ENROLLMENT_DEVICE, "ipad", 0,
			"CommandFormatError" },
		{ "ClearPasscode", ENROLLMENT_DEVICE, "ipad", 0, "Error" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(row); i++) {
		struct world x = begin(row[i].kind, row[i].model);

		give(&x, row[i].channel, command(&x, row[i].type));
		if (!str_eq(x.r.status, row[i].status))
			fail_msg("row %zu: %s", i, x.r.status);
		if (str_eq(x.r.status, "Error"))
			assert_non_null(text(pl_array_at(pl_dict_get(x.reply,
				"ErrorChain"), 0), "ErrorDomain"));
		end(&x);
	}
}

static void effects(void **state)
{
	struct world x = begin(ENROLLMENT_DEVICE, "iphone");
	struct pl *c, *item;

	(void)state;
	x.d->awaiting_configuration = true;
	ask(&x, "DeviceConfigured");
	assert_false(x.d->awaiting_configuration);
	ask(&x, "DeviceLock");
	assert_string_equal(text(x.reply, "MessageResult"), "Success");
	c = command(&x, "Settings");
	item = pl_add_dict(pl_set_array(c, "Settings"));
	pl_set_str(item, "Item", "DeviceName");
	pl_set_str(item, "DeviceName", "Renamed");
	give(&x, 0, c);
	assert_string_equal(x.d->name, "Renamed");
	c = command(&x, "ClearPasscode");
	pl_set_data(c, "UnlockToken", x.d->unlock_token);
	give(&x, 0, c);
	assert_string_equal(x.r.status, "Acknowledged");
	assert_int_equal(x.r.after, RESPOND_GO_ON);
	ask(&x, "EraseDevice");
	assert_int_equal(x.r.after, RESPOND_ERASED);
	c = command(&x, "RemoveProfile");
	pl_set_str(c, "Identifier", RESPOND_ENROLLMENT_PROFILE);
	give(&x, 0, c);
	assert_int_equal(x.r.after, RESPOND_REMOVED);
	end(&x);
}

static void not_now(void **state)
{
	/* Some are never put off. */
	static const struct {
		const char *model, *type;
		bool may;
	} row[] = {
		{ "iphone", "DeviceInformation", false },
		{ "iphone", "ProfileList", false },
		{ "iphone", "EraseDevice", false },
		{ "iphone", "InstalledApplicationList", false },
		{ "iphone", "InstallProfile", true },
		{ "iphone", "SecurityInfo", true },
		{ "mac", "DeviceInformation", true },
		{ "mac", "ProfileList", true },
		{ "mac", "EraseDevice", false },
		{ "mac", "UserList", false },
		{ "mac", "RestartDevice", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(row); i++) {
		struct world x = begin(ENROLLMENT_DEVICE, row[i].model);

		x.o.notnow = 1;
		ask(&x, row[i].type);
		if (str_eq(x.r.status, "NotNow") != row[i].may)
			fail_msg("%s %s: %s", row[i].model, row[i].type,
				x.r.status);
		end(&x);
	}
}

/* About the rate, the same for the same seed, another for another. */
static void rates(void **state)
{
	struct world x = begin(ENROLLMENT_DEVICE, "iphone");
	uint64_t pattern[3] = { 0 };
	int errors = 0;

	(void)state;
	x.o.error = 0.25;
	for (int round = 0; round < 3; round++) {
		x.d->channel[0].answered = 0;
		x.o.seed = round == 2 ? 8 : 7;
		for (int i = 0; i < 64; i++) {
			ask(&x, "ProfileList");
			if (str_eq(x.r.status, "Error")) {
				pattern[round] |= (uint64_t)1 << i;
				errors += round == 0;
			}
		}
	}
	assert_in_range(errors, 6, 28);
	assert_true(pattern[0] == pattern[1]);
	assert_true(pattern[0] != pattern[2]);
	end(&x);
}

static void what_is_no_command(void **state)
{
	static const char *const bad[] = { "rubbish", "<plist><array/></plist>",
		"<plist><dict><key>Command</key><dict/></dict></plist>" };
	struct world x = begin(ENROLLMENT_DEVICE, NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(respond(x.d, &x.d->channel[0],
			bytes_str(bad[i]), &x.o, x.a, &x.r, &x.e), -1);
		assert_int_equal(x.e.kind, ERR_BAD_INPUT);
	}
	give(&x, 0, pl_new_dict(x.a));	/* no RequestType */
	assert_string_equal(x.r.status, "CommandFormatError");
	end(&x);
}

/* ---- ids, as the server's own model reads them ---- */

static void ids_are_of_the_kind(void **state)
{
	static const enum enrollment_kind kind[] = { ENROLLMENT_DEVICE,
		ENROLLMENT_USER, ENROLLMENT_SHARED_IPAD,
		ENROLLMENT_BYOD_DEVICE, ENROLLMENT_BYOD_USER };

	(void)state;
	for (size_t i = 0; i < COUNT(kind); i++) {
		struct world x = begin(kind[i], NULL);
		struct enrollment_ids ids = { 0 };
		struct enrollment_id id;
		struct pl_reader r;
		struct pl *root;

		assert_int_equal(pl_parse(message_idle(x.d,
			&x.d->channel[x.d->nchannels - 1], x.a), x.a, &root,
			&x.e), 0);
		pl_read(&r, "Idle", root, x.a);
		pl_str_opt(&r, "UDID", &ids.udid);
		pl_str_opt(&r, "EnrollmentID", &ids.enrollment_id);
		pl_str_opt(&r, "UserID", &ids.user_id);
		pl_str_opt(&r, "EnrollmentUserID", &ids.enrollment_user_id);
		pl_str_opt(&r, "UserShortName", &ids.user_short_name);
		pl_str_opt(&r, "UserLongName", &ids.user_long_name);
		assert_int_equal(enrollment_identify(&ids, &id, &x.e), 0);
		assert_int_equal(id.kind, kind[i]);
		assert_true(bytes_is(id.device, "ID-1"));
		end(&x);
	}
}

static void checkin_messages(void **state)
{
	struct world x = begin(ENROLLMENT_BYOD_DEVICE, NULL);
	struct pl *m;
	struct bytes token;

	(void)state;
	x.d->topic = "com.apple.mgmt.T";
	assert_int_equal(pl_parse(message_authenticate(x.d, x.a), x.a, &m,
		&x.e), 0);
	assert_string_equal(text(m, "MessageType"), "Authenticate");
	assert_string_equal(text(m, "EnrollmentID"), "ID-1");
	assert_null(pl_dict_get(m, "UDID"));
	assert_null(pl_dict_get(m, "SerialNumber"));
	assert_null(pl_dict_get(m, "IMEI"));
	assert_int_equal(pl_parse(message_token_update(x.d, &x.d->channel[0],
		x.a), x.a, &m, &x.e), 0);
	assert_true(pl_as_data(pl_dict_get(m, "Token"), x.a, &token));
	assert_int_equal(token.n, 32);
	assert_null(pl_dict_get(m, "UnlockToken"));
	end(&x);
	x = begin(ENROLLMENT_DEVICE, "iphone");
	assert_int_equal(pl_parse(message_authenticate(x.d, x.a), x.a, &m,
		&x.e), 0);
	assert_string_equal(text(m, "SerialNumber"), "SERIAL1");
	assert_non_null(text(m, "IMEI"));
	assert_int_equal(pl_parse(message_token_update(x.d, &x.d->channel[0],
		x.a), x.a, &m, &x.e), 0);
	assert_non_null(pl_dict_get(m, "UnlockToken"));
	end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queries_are_obeyed),
		cmocka_unit_test(answers_fit_the_model),
		cmocka_unit_test(the_same_device_tells_the_same),
		cmocka_unit_test(security_info),
		cmocka_unit_test(apps_are_filtered),
		cmocka_unit_test(installed_apps_are_managed),
		cmocka_unit_test(profiles_are_remembered),
		cmocka_unit_test(channels_have_profiles_of_their_own),
		cmocka_unit_test(signed_profiles_are_read),
		cmocka_unit_test(the_enrollment_profile_is_apart),
		cmocka_unit_test(bad_profiles_are_errors),
		cmocka_unit_test(commands_of_platforms),
		cmocka_unit_test(effects),
		cmocka_unit_test(not_now),
		cmocka_unit_test(rates),
		cmocka_unit_test(what_is_no_command),
		cmocka_unit_test(ids_are_of_the_kind),
		cmocka_unit_test(checkin_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
