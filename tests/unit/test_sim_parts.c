/* Simulated devices: made, kept in files, forgotten; and the parts around a
 * fleet that are plain functions: statistics and the command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "sim/devfile.h"
#include "sim/device.h"
#include "sim/options.h"
#include "sim/stats.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct device_enrollment *enrolled_by(struct arena *a,
	const struct device_profile *p)
{
	const struct device_enrollment m = { .profile = p, .sign_message = true,
		.check_out_when_removed = true, .facts = {
			.topic = "com.apple.mgmt.T", .server_url = "https://h/m",
			.checkin_url = "https://h/c", .access_rights = 19,
			.enrollment_mode = "ADDE", .account = "a@example.org",
			.required_app = 7, .n_capabilities = 2,
			.capabilities = { "one", "two" } } };

	return device_enrollment_copy(&m, a);
}

static struct device *make(const char *id)
{
	struct device_wish w = { .kind = ENROLLMENT_USER, .id = id };
	struct device *d = device_new(&w);
	struct device_channel *ch = &d->channel[1];
	struct device_profile *p = arena_zalloc(d->arena, sizeof(*p));
	struct device_payload *y = arena_zalloc(d->arena, sizeof(*y));
	struct device_app *app = arena_zalloc(d->arena, sizeof(*app));

	device_new_tokens(d);
	d->state = DEVICE_ENROLLED;
	d->auth = DEVICE_AUTH_TLS | DEVICE_AUTH_SIGNATURE;
	d->url = "https://localhost/mdm";
	d->topic = "com.apple.mgmt.T";
	d->cert_pem = bytes_str("CERT\n");
	d->key_pem = bytes_str("KEY\n");
	d->polls = 7;
	y->type = "t";
	y->identifier = "i";
	y->version = 3;
	p->identifier = "profile";
	p->uuid = "U";
	p->removal_disallowed = true;
	p->payloads = y;
	app->identifier = "org.example.app";
	ch->profiles = p;
	ch->apps = app;
	ch->pending = bytes_of("a\0b", 3);
	ch->pending_uuid = "P";
	ch->pending_status = "NotNow";
	ch->answered = 9;
	d->base_ca_file = "/ca.pem";
	d->enrollment = enrolled_by(d->arena, p);
	return d;
}

static void round_trip(void **state)
{
	struct device *d = make("a/b:\n\xc3\xa9"), *got;
	struct arena *a = arena_new();
	struct bytes one = devfile_encode(d, a);
	struct device_channel *ch;
	struct err e;

	(void)state;
	assert_int_equal(devfile_decode(one, &got, &e), 0);
	assert_true(bytes_eq(one, devfile_encode(got, a)));
	ch = &got->channel[1];
	assert_string_equal(got->id, "a/b:\n\xc3\xa9");
	assert_int_equal(got->state, DEVICE_ENROLLED);
	assert_int_equal(got->auth, d->auth);
	assert_true(bytes_eq(got->key_pem, d->key_pem));
	assert_true(bytes_eq(got->channel[0].token, d->channel[0].token));
	assert_true(bytes_eq(ch->pending, bytes_of("a\0b", 3)));
	assert_string_equal(ch->pending_status, "NotNow");
	assert_string_equal(ch->profiles->payloads->type, "t");
	assert_int_equal(ch->profiles->payloads->version, 3);
	assert_true(ch->profiles->removal_disallowed);
	assert_string_equal(ch->apps->identifier, "org.example.app");
	assert_int_equal(ch->answered, 9);
	assert_int_equal(got->polls, 7);
	device_free(got);
	device_free(d);
	arena_free(a);
}

static void the_enrollment_profile_is_kept(void **state)
{
	struct device *d = make("X"), *got;
	struct arena *a = arena_new();
	const struct profile_facts *f;
	struct err e;

	(void)state;
	assert_int_equal(devfile_decode(devfile_encode(d, a), &got, &e), 0);
	f = &got->enrollment->facts;
	assert_string_equal(got->base_ca_file, "/ca.pem");
	assert_string_equal(f->identifier, "profile");
	assert_string_equal(got->enrollment->profile->payloads->type, "t");
	assert_string_equal(f->topic, "com.apple.mgmt.T");
	assert_string_equal(f->server_url, "https://h/m");
	assert_string_equal(f->checkin_url, "https://h/c");
	assert_int_equal(f->access_rights, 19);
	assert_string_equal(f->enrollment_mode, "ADDE");
	assert_string_equal(f->account, "a@example.org");
	assert_int_equal(f->required_app, 7);
	assert_int_equal(f->n_capabilities, 2);
	assert_string_equal(f->capabilities[1], "two");
	assert_true(got->enrollment->sign_message);
	assert_true(got->enrollment->check_out_when_removed);
	device_free(got);
	device_free(d);
	arena_free(a);
}

static void damaged_files(void **state)
{
#define DICT(s) "<plist><dict>" s "</dict></plist>"
#define MODEL(s) "<key>Model</key><string>" s "</string>"
	static const char *const bad[] = { "", "x", DICT(""),
		DICT(MODEL("abacus")), DICT(MODEL("mac")) };
	struct device *d;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(devfile_decode(bytes_str(bad[i]), &d, &e),
			-1);
}

static void remove_folder(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(folder), entry->d_name, 0);
	closedir(folder);
	assert_int_equal(rmdir(path), 0);
}

static void folder(void **state)
{
	char path[] = "/tmp/mooring-sim-XXXXXX";
	struct devfile_dir dir, second;
	struct devfile_list l;
	struct device *d;
	struct stat st;
	struct err e;

	(void)state;
	assert_non_null(mkdtemp(path));
	assert_int_equal(devfile_open(path, DEVFILE_MAKE, &dir, &e), 0);
	assert_int_equal(devfile_open(path, DEVFILE_WRITE, &second, &e), -1);
	assert_int_equal(e.kind, ERR_CONFLICT);
	for (int i = 3; i > 0; i--) {
		char id[] = "P-0";

		id[2] = (char)('0' + i);
		d = make(id);
		devfile_bind(&dir, d);
		assert_int_equal(devfile_save(d, &e), 0);
		assert_int_equal(stat(d->path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		device_free(d);
	}
	assert_int_equal(devfile_load(&dir, "P-2", &d, &e), 0);
	assert_string_equal(d->id, "P-2");
	assert_false(d->dirty);
	device_free(d);
	assert_int_equal(devfile_load(&dir, "P-4", &d, &e), 0);
	assert_null(d);
	assert_int_equal(devfile_load_all(&dir, "Q", 0, &l, &e), 0);
	assert_int_equal(l.n, 0);
	devfile_free_all(&l);
	assert_int_equal(devfile_load_all(&dir, "P-", 2, &l, &e), 0);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.at[0]->id, "P-1");
	assert_string_equal(l.at[1]->id, "P-2");
	devfile_free_all(&l);
	devfile_close(&dir);
	remove_folder(path);
	assert_int_equal(devfile_open("/nowhere/at/all", DEVFILE_WRITE, &dir,
		&e), -1);
	assert_int_equal(e.kind, ERR_NOT_FOUND);
}

static void compacting_keeps_all(void **state)
{
	struct device *d = make("X");
	struct arena *a = arena_new();
	struct bytes before = devfile_encode(d, a);
	struct device *same = d;

	(void)state;
	devfile_compact(&d);
	assert_ptr_equal(d, same);	/* small: left alone */
	arena_alloc(d->arena, 4 << 20);
	d->dirty = true;
	devfile_compact(&d);
	assert_ptr_not_equal(d, same);
	assert_true(arena_used(d->arena) < 1 << 20);
	assert_true(d->dirty);
	assert_true(bytes_eq(before, devfile_encode(d, a)));
	device_free(d);
	arena_free(a);
}

static void new_devices(void **state)
{
	struct device_wish w = { .kind = ENROLLMENT_DEVICE, .prefix = "LOAD",
		.index = 42 };
	struct device *d = device_new(&w), *other;

	(void)state;
	assert_string_equal(d->id, "LOAD-000042");
	assert_string_equal(d->serial, "LOAD-000042");
	assert_int_equal(strlen(d->imei), 18);	/* as devices write it */
	w = (struct device_wish){ .os_version = "99.0",
		.user_short_name = "nobody" };
	device_rename(d, &w);
	assert_string_equal(d->os_version, "99.0");
	assert_string_equal(d->serial, "LOAD-000042");
	assert_null(d->user_short_name);
	device_free(d);
	w = (struct device_wish){ .kind = ENROLLMENT_DEVICE };
	d = device_new(&w);
	other = device_new(&w);
	assert_int_equal(strlen(d->id), 25);
	assert_int_equal(strlen(d->serial), 10);
	assert_string_not_equal(d->id, other->id);
	assert_string_not_equal(d->serial, other->serial);
	device_free(other);
	d->cert_pem = bytes_str("CERT\n");
	d->key_pem = bytes_str("KEY\n");
	device_erase(d);
	assert_int_equal(d->state, DEVICE_ERASED);
	assert_null(d->key_pem.p);
	assert_null(d->channel[0].token.p);
	assert_non_null(d->serial);
	device_restore(d);
	assert_true(bytes_is(d->key_pem, "KEY\n"));
	assert_true(bytes_is(d->cert_pem, "CERT\n"));
	device_free(d);
}

static void forgetting_management(void **state)
{
	struct device *d = make("X");

	(void)state;
	device_forget_management(d, DEVICE_UNENROLLED);
	assert_int_equal(d->state, DEVICE_UNENROLLED);
	assert_null(d->channel[1].profiles);
	assert_null(d->channel[1].apps);
	assert_null(d->channel[1].pending.p);
	assert_non_null(d->key_pem.p);
	device_free(d);
}

/* ---- statistics ---- */

static void quantiles(void **state)
{
	struct stats s, sum;

	(void)state;
	memset(&s, 0, sizeof(s));
	memset(&sum, 0, sizeof(sum));
	assert_int_equal(stats_quantile(&s, 0.5), 0);
	for (uint64_t us = 1; us <= 10000; us++)
		stats_exchange(&s, us % 100 == 0 ? 503 : 200, us);
	assert_in_range(stats_quantile(&s, 0.5), 5000, 5080);
	assert_in_range(stats_quantile(&s, 0.99), 9900, 10000);
	assert_int_equal(stats_quantile(&s, 1), 10000);
	assert_int_equal(stats_quantile(&s, 0), 1);
	stats_add(&sum, &s);
	stats_add(&sum, &s);
	assert_int_equal(sum.exchanges, 20000);
	assert_int_equal(sum.status[503], 200);
	assert_int_equal(sum.status[200], 19800);
	assert_in_range(stats_quantile(&sum, 0.5), 5000, 5080);
	/* Hours are no trouble. */
	stats_exchange(&s, 200, UINT64_MAX / 2);
	assert_true(stats_quantile(&s, 1) == s.max_us);
}

/* ---- the command line ---- */

static int parse(struct options *o, struct err *e, int n, const char **args)
{
	char *argv[16];

	for (int i = 0; i < n; i++)
		argv[i] = (char *)(uintptr_t)args[i];
	return options_parse(n, argv, o, e);
}

static void good_command_lines(void **state)
{
	const char *args[] = { "mooring-device", "run", "--state=S",
		"--notnow", "0.25", "--seed", "18446744073709551615",
		"--seconds", "1.5", "--json", "-v" };
	struct options o;
	struct err e;

	(void)state;
	assert_int_equal(parse(&o, &e, COUNT(args), args), 0);
	assert_int_equal(o.command, OPTIONS_RUN);
	assert_string_equal(o.state, "S");
	assert_true(o.notnow > 0.2499 && o.notnow < 0.2501);
	assert_true(o.seed == UINT64_MAX);
	assert_true(o.seconds > 1.4 && o.seconds < 1.6);
	assert_true(o.json && o.verbose && !o.fresh);
	assert_true(o.interval > 29);
}

static void bad_command_lines(void **state)
{
	static const struct {
		const char *args[8];
		const char *says;
	} row[] = {
		{ { "fly" }, "unknown command fly" },
		{ { "poll" }, "--state" },
		{ { "poll", "--state" }, "needs a value" },
		{ { "poll", "--state", "S", "--wings" }, "--wings" },
		{ { "poll", "--state", "S", "--polls", "3" }, "means nothing" },
		{ { "poll", "--state", "S", "--json=1" }, "takes no value" },
		{ { "poll", "--state", "S", "--count", "0" }, "--count" },
		{ { "poll", "--state", "S", "--count", "-1" }, "--count" },
		{ { "poll", "--state", "S", "--notnow", "1.5" }, "--notnow" },
		{ { "poll", "--state", "S", "--notnow", "nan" }, "--notnow" },
		{ { "poll", "--state", "S", "--notnow", "" }, "--notnow" },
		{ { "poll", "--state", "S", "what" }, "what" },
		{ { "enroll", "--state", "S" }, "--url" },
		{ { "enroll", "--state", "S", "--url", "U", "--profile", "P" },
			"one of them" },
		{ { "enroll", "--state", "S", "--profile", "P", "--topic",
			"T" }, "--topic" },
		{ { "enroll", "--state", "S", "--url", "U", "--ade" },
			"--profile URL" },
		{ { "enroll", "--state", "S", "--profile", "F", "--ade" },
			"--profile URL" },
		{ { "enroll", "--state", "S", "--profile", "https://h", "--ade",
			"--ade-web" }, "one of them" },
		{ { "enroll", "--state", "S", "--profile", "https://h",
			"--cannot-update" }, "go with --ade" },
		{ { "enroll", "--state=S", "--profile", "https://h", "--ade",
			"--apple-key", "K" }, "--apple-cert" },
		{ { "poll", "--state", "S", "--profile", "P" },
			"means nothing" },
		{ { "enroll", "--state", "S", "--url", "U", "--cert", "C" },
			"--key" },
		{ { "send", "--state", "S" }, "FILE" },
		{ { "run", "--state", "S", "--udid", "U", "--count", "2" },
			"--udid" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(row); i++) {
		const char *args[10] = { "mooring-device" };
		struct options o;
		struct err e = ERR_INIT;
		int n = 1;

		for (size_t k = 0; k < 8 && row[i].args[k] != NULL; k++)
			args[n++] = row[i].args[k];
		assert_int_equal(parse(&o, &e, n, args), -1);
		if (strstr(e.msg, row[i].says) == NULL)
			fail_msg("row %zu: %s", i, e.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(the_enrollment_profile_is_kept),
		cmocka_unit_test(damaged_files),
		cmocka_unit_test(folder),
		cmocka_unit_test(compacting_keeps_all),
		cmocka_unit_test(new_devices),
		cmocka_unit_test(forgetting_management),
		cmocka_unit_test(quantiles),
		cmocka_unit_test(good_command_lines),
		cmocka_unit_test(bad_command_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
