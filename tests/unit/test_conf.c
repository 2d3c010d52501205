/* mooring.conf: values, refusals, the template, and a file that changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/log.h"
#include "conf/conf.h"
#include "conf/conf_keys.h"

#define N(t) (sizeof(t) / sizeof((t)[0]))
#define URL "url = https://mdm.example.com\n"

struct fixture {
	struct arena *a;
	char dir[64];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->a = arena_new();
	strcpy(f->dir, "/tmp/mooring-conf-XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		return -1;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(file_path(f->a, f->dir, "mooring.conf"));
	rmdir(f->dir);
	arena_free(f->a);
	free(f);
	return 0;
}

static void put_bytes(struct fixture *f, struct bytes text)
{
	struct err e = ERR_INIT;

	if (file_write(file_path(f->a, f->dir, "mooring.conf"), text, 0600,
		&e) != 0)
		fail_msg("%s", e.msg);
}

static void put(struct fixture *f, const char *text)
{
	put_bytes(f, bytes_str(text));
}

static struct conf *load(struct fixture *f, const char *text)
{
	struct err e = ERR_INIT;
	struct conf *c = NULL;

	put(f, text);
	if (conf_load(f->dir, f->a, &c, &e) != 0)
		fail_msg("%s", e.msg);
	return c;
}

static void test_defaults(void **state)
{
	struct fixture *f = *state;
	struct conf *c = load(f, URL);

	assert_string_equal(c->dir, f->dir);
	assert_string_equal(c->url, "https://mdm.example.com");
	assert_string_equal(c->listen, "127.0.0.1:8443");
	assert_string_equal(c->admin_listen, "127.0.0.1:8444");
	assert_string_equal(c->server, "lighttpd");
	assert_string_equal(c->log_level, "info");
	assert_string_equal(c->trusted_proxy, "");
	assert_int_equal(c->threads, 64);
	assert_int_equal(c->max_body, 16777216);
	assert_int_equal(c->map_size, (uint64_t)1 << 40);
	assert_int_equal(c->identity[0], CONF_SRC_SIGNATURE);
	assert_int_equal(c->identity[1], CONF_SRC_TLS);
	assert_int_equal(c->identity[2], CONF_SRC_NONE);
	assert_int_equal(c->enrollment, CONF_ENROLL_OPEN);
	assert_int_equal(c->on_restore, CONF_RESTORE_ACCEPT);
	assert_int_equal(c->reenroll, CONF_REENROLL_ISSUED);
	assert_int_equal(c->first_binding, CONF_BIND_NEVER);
	assert_int_equal(c->unmanaged_response, CONF_UNMANAGED_401);
	assert_int_equal(c->shared_ipad_users, CONF_SHARED_IPAD_ACCEPT);
	assert_int_equal(c->unmanaged_limit, 10);
	assert_int_equal(c->guard_hours, 24);
	assert_int_equal(c->max_deliveries, 20);
	assert_int_equal(c->touch_seconds, 30);
	assert_int_equal(c->result_days, 90);
}

static void test_values(void **state)
{
	struct conf *c = load(*state,
		"# a comment\n; another\n\n"
		"  url=https://[fd00::1]:9443\n"
		"listen = [::1]:443 ; for devices\r\n"
		"\tthreads = 1\n"
		"max_body = 65536\nmap_size = 2m\n"
		"identity = header ,tls,signature\n"
		"trusted_proxy = 10.0.0.1, 10.1.0.0/16, fd00::/8\n"
		"enrollment = allowlist\non_restore = reject\n"
		"reenroll = any\nfirst_binding = imported\n"
		"unmanaged_response = 403\nshared_ipad_users = decline\n"
		"guard_hours = 0\nlog_level = debug\nserver = apache");

	assert_string_equal(c->url, "https://[fd00::1]:9443");
	assert_string_equal(c->listen, "[::1]:443");
	assert_int_equal(c->threads, 1);
	assert_int_equal(c->max_body, 65536);
	assert_int_equal(c->map_size, 2 << 20);
	assert_int_equal(c->identity[0], CONF_SRC_HEADER);
	assert_int_equal(c->identity[1], CONF_SRC_TLS);
	assert_int_equal(c->identity[2], CONF_SRC_SIGNATURE);
	assert_int_equal(c->identity[3], CONF_SRC_NONE);
	assert_string_equal(c->trusted_proxy,
		"10.0.0.1, 10.1.0.0/16, fd00::/8");
	assert_int_equal(c->enrollment, CONF_ENROLL_ALLOWLIST);
	assert_int_equal(c->on_restore, CONF_RESTORE_REJECT);
	assert_int_equal(c->reenroll, CONF_REENROLL_ANY);
	assert_int_equal(c->first_binding, CONF_BIND_IMPORTED);
	assert_int_equal(c->unmanaged_response, CONF_UNMANAGED_403);
	assert_int_equal(c->shared_ipad_users, CONF_SHARED_IPAD_DECLINE);
	assert_int_equal(c->guard_hours, 0);
	assert_string_equal(c->log_level, "debug");
	assert_string_equal(c->server, "apache");
}

#define LONG100 "0123456789012345678901234567890123456789012345678" \
	"01234567890123456789012345678901234567890123456789 "

static void test_refusals(void **state)
{
	/* What stands in the file, the line named, a part of the message. */
	static const struct { const char *text, *line, *msg; } cases[] = {
		{ "", "", "url is missing" },
		{ "#" URL, "", "url is missing" },
		{ URL "thread = 3\n", ":2:", "is it threads?" },
		{ URL "colour = blue\n", ":2:", "unknown key \"colour\"" },
		{ URL "foo = 1\n", ":2:", "mooring.conf(5) lists the keys" },
		{ URL "\n" URL, ":3:", "set already in line 1" },
		{ URL "threads\n", ":2:", "key = value" },
		{ "[mooring]\n" URL, ":1:", "sections" },
		{ URL "threads = 0\n", ":2:", "from 1 to 1024" },
		{ URL "threads = 1025\n", ":2:", "from 1 to 1024" },
		{ URL "threads = -1\n", ":2:", "from 1 to 1024" },
		{ URL "threads = many\n", ":2:", "\"many\"" },
		{ URL "threads =\n", ":2:", "from 1 to 1024" },
		{ URL "max_body = 63K\n", ":2:", "from 64K to 1G" },
		{ URL "max_body = 1025M\n", ":2:", "from 64K to 1G" },
		{ URL "map_size = 99999999999T\n", ":2:", "from 1M to 64T" },
		{ URL "map_size = 1X\n", ":2:", "from 1M to 64T" },
		{ URL "map_size = T\n", ":2:", "from 1M to 64T" },
		{ URL "server = nginx\n", ":2:", "apache-fcgid or apache-cgi" },
		{ URL "log_level = loud\n", ":2:",
			"error, warn, info or debug" },
		{ URL "unmanaged_response = 404\n", ":2:", "401 or 403" },
		{ URL "identity =\n", ":2:", "signature, tls, header" },
		{ URL "identity = tls, tls\n", ":2:", "each once" },
		{ URL "identity = tls,\n", ":2:", "each once" },
		{ URL "identity = cookie\n", ":2:", "signature" },
		{ URL "listen = 8443\n", ":2:", "ADDRESS:PORT" },
		{ URL "listen = localhost:8443\n", ":2:", "ADDRESS:PORT" },
		{ URL "listen = 127.0.0.1:0\n", ":2:", "ADDRESS:PORT" },
		{ URL "listen = 127.0.0.1:65536\n", ":2:", "ADDRESS:PORT" },
		{ URL "listen = ::1:8443\n", ":2:", "ADDRESS:PORT" },
		{ URL "listen = [127.0.0.1]:8443\n", ":2:", "ADDRESS:PORT" },
		{ URL "listen = [::1:8443\n", ":2:", "ADDRESS:PORT" },
		{ URL "trusted_proxy = 10.0.0.0/33\n", ":2:", "networks" },
		{ URL "trusted_proxy = ::/129\n", ":2:", "networks" },
		{ URL "trusted_proxy = 10.0.0.1,\n", ":2:", "networks" },
		{ URL "trusted_proxy = proxy.example.com\n", ":2:",
			"networks" },
		{ "url = http://a.example\n", ":1:", "https://HOST" },
		{ "url = https://\n", ":1:", "https://HOST" },
		{ "url = https://a.example/\n", ":1:", "https://HOST" },
		{ "url = https://a.example/mdm\n", ":1:", "https://HOST" },
		{ "url = https://a.example:0\n", ":1:", "https://HOST" },
		{ "url = https://a.example:\n", ":1:", "https://HOST" },
		{ "url = https://u@a.example\n", ":1:", "https://HOST" },
		{ "url = https://-a.example\n", ":1:", "https://HOST" },
		{ "url = https://[a.example]\n", ":1:", "https://HOST" },
		{ URL "identity = " LONG100 LONG100 "\n", ":2:",
			"longer than" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < N(cases); i++) {
		struct err e = ERR_INIT;
		struct conf *c;

		put(f, cases[i].text);
		if (conf_load(f->dir, f->a, &c, &e) == 0)
			fail_msg("case %zu was taken", i);
		assert_int_equal(e.kind, ERR_BAD_INPUT);
		if (strstr(e.msg, cases[i].msg) == NULL
			|| strstr(e.msg, cases[i].line) == NULL
			|| strstr(e.msg, "/mooring.conf:") == NULL)
			fail_msg("case %zu: %s", i, e.msg);
	}
}

static void test_hostile_bytes(void **state)
{
	static const char nul[] = URL "threads = 1\0junk\n";
	struct fixture *f = *state;
	struct err e = ERR_INIT;
	struct conf *c;

	put_bytes(f, bytes_of(nul, sizeof(nul) - 1));
	assert_int_equal(conf_load(f->dir, f->a, &c, &e), -1);
	assert_non_null(strstr(e.msg, ":2: a NUL byte"));
	put_bytes(f, bytes_of(arena_zalloc(f->a, 2 << 20), 2 << 20));
	assert_int_equal(conf_load(f->dir, f->a, &c, &e), -1);
	assert_int_equal(e.kind, ERR_TOO_LARGE);
}

static void test_missing(void **state)
{
	struct fixture *f = *state;
	struct err e = ERR_INIT;
	struct conf *c;

	assert_int_equal(conf_load(f->dir, f->a, &c, &e), -1);
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	assert_non_null(strstr(e.msg, "mooringctl init"));
	assert_int_equal(conf_load("/nonexistent/dir", f->a, &c, &e), -1);
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	assert_non_null(strstr(e.msg, "mooringctl init"));
}

static void test_check_value(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(conf_check_value("url", "https://a.example", &e), 0);
	assert_int_equal(conf_check_value("url", "a.example", &e), -1);
	assert_non_null(strstr(e.msg, "https://HOST"));
	assert_int_equal(conf_check_value("nope", "1", &e), -1);
}

/* The template is a good file, says what the defaults are, and what it
 * sets comes back. */
static void test_template(void **state)
{
	const char *const set[][2] = {
		{ "url", "https://a.example:8443" }, { "threads", "7" },
		{ NULL, NULL },
	};
	struct fixture *f = *state;
	char *text = conf_template(f->a, set), *bare;
	struct conf *c = load(f, text);
	size_t width = 0;

	assert_string_equal(c->url, "https://a.example:8443");
	assert_int_equal(c->threads, 7);
	assert_int_equal(c->max_body, 16 << 20);
	for (const char *p = text; *p != '\0'; p++, width++) {
		if (*p == '\n')
			width = 0;
		/* Text is wrapped; a value stands whole. */
		if (width > 80)
			assert_null(memchr(p - width + 1, ' ', 2));
	}
	for (size_t i = 0; i < conf_keys_n; i++) {
		const char *row = arena_printf(f->a, "\n#%s = %s\n",
			conf_keys[i].name, conf_keys[i].def);

		if (conf_keys[i].def != NULL && *conf_keys[i].def != '\0'
			&& !str_eq(conf_keys[i].name, "threads"))
			assert_non_null(strstr(text, row));
	}
	bare = conf_template(f->a, NULL);
	assert_non_null(strstr(bare, "\n#url = https://"));
}

/* The effective settings, as text, are a file with the same settings. */
static void test_text(void **state)
{
	struct fixture *f = *state;
	struct conf *c = load(f, URL "identity = tls, header\n"
		"trusted_proxy = ::1\nmax_body = 65537\nreenroll = issued\n");
	char *text = conf_text(c, f->a);

	assert_non_null(strstr(text, "identity = tls, header\n"));
	assert_non_null(strstr(text, "max_body = 65537\n"));
	assert_non_null(strstr(text, "map_size = 1T\n"));
	assert_non_null(strstr(text, "reenroll = issued\n"));
	assert_string_equal(conf_text(load(f, text), f->a), text);
}

/* Each key has its paragraph in the manual, with its choices and default. */
static void test_manual(void **state)
{
	struct fixture *f = *state;
	struct err e = ERR_INIT;
	struct bytes man;
	const char *data = getenv("TEST_DATA"), *path;

	assert_true(data != NULL && str_has_suffix(data, "tests/data"));
	path = arena_printf(f->a, "%.*sman/mooring.conf.5",
		(int)(strlen(data) - strlen("tests/data")), data);

	assert_int_equal(file_read(path, 1 << 20, f->a, &man, &e), 0);
	assert_non_null(man.p);
	for (size_t i = 0; i < conf_keys_n; i++) {
		const struct conf_key *k = &conf_keys[i];
		const char *at = strstr((const char *)man.p,
			arena_printf(f->a, "\n.It Ic %s\n", k->name));
		const char *def, *end, *choice;

		if (at == NULL)
			fail_msg("mooring.conf.5 does not explain %s", k->name);
		end = strstr(at + 1, "\nDefault:");
		for (size_t c = 0; k->choices != NULL && k->choices[c] != NULL;
			c++) {
			choice = strstr(at, arena_printf(f->a, "\n.Li %s",
				k->choices[c]));
			if (choice == NULL || choice > end)
				fail_msg("mooring.conf.5: %s = %s", k->name,
					k->choices[c]);
		}
		if (k->def == NULL || *k->def == '\0')
			continue;
		def = strstr(at, "\nDefault:\n.Li ");
		assert_non_null(def);
		def += strlen("\nDefault:\n.Li ");
		if (strncmp(def, k->def, strlen(k->def)) != 0)
			fail_msg("mooring.conf.5: default of %s", k->name);
	}
}

static void test_watched(void **state)
{
	struct fixture *f = *state;
	const struct conf *first, *second, *third;
	struct conf_file *cf;
	struct err e = ERR_INIT;

	assert_int_equal(conf_file_open(f->dir, &cf, &e), -1);
	put(f, URL "threads = 1\nlog_level = error\n");
	assert_int_equal(conf_file_open(f->dir, &cf, &e), 0);
	first = conf_acquire(cf, 100);
	assert_int_equal(first->threads, 1);

	put(f, URL "threads = 2\nlog_level = error\n");
	second = conf_acquire(cf, 100);	/* looked at in this second already */
	assert_ptr_equal(second, first);
	conf_release(cf, second);
	second = conf_acquire(cf, 101);
	assert_int_equal(second->threads, 2);
	assert_int_equal(first->threads, 1);	/* still ours */
	assert_string_equal(first->url, "https://mdm.example.com");
	conf_release(cf, first);

	put(f, URL "threads = none\n");
	third = conf_acquire(cf, 102);
	assert_ptr_equal(third, second);
	conf_release(cf, third);
	unlink(file_path(f->a, f->dir, "mooring.conf"));
	third = conf_acquire(cf, 103);
	assert_ptr_equal(third, second);
	conf_release(cf, third);
	put(f, URL "threads = 3\nlog_level = error\n");
	third = conf_acquire(cf, 104);
	assert_int_equal(third->threads, 3);
	conf_release(cf, third);
	conf_release(cf, second);
	conf_file_close(cf);
}

/* One alert for each change to a bad file, not one for each look. */
static void test_one_alert(void **state)
{
	struct fixture *f = *state;
	const char *path = file_path(f->a, f->dir, "log");
	struct conf_file *cf;
	struct err e = ERR_INIT;
	struct bytes log;
	FILE *out = fopen(path, "w");
	int saved = dup(STDERR_FILENO);
	char *one;

	put(f, URL);
	assert_int_equal(conf_file_open(f->dir, &cf, &e), 0);
	put(f, URL "threads = none\n");
	dup2(fileno(out), STDERR_FILENO);
	for (int64_t now = 1; now < 5; now++)
		conf_release(cf, conf_acquire(cf, now));
	dup2(saved, STDERR_FILENO);
	close(saved);
	fclose(out);
	assert_int_equal(file_read(path, 1 << 16, f->a, &log, &e), 0);
	unlink(path);
	one = strstr((char *)arena_str(f->a, log), "level=error");
	assert_non_null(one);
	assert_non_null(strstr(one, "event=mooring.conf"));
	assert_non_null(strstr(one, "mooring.conf:2: threads"));
	assert_null(strstr(one + 1, "level=error"));
	conf_file_close(cf);
}

static void test_default_dir(void **state)
{
	(void)state;
	setenv("MOORING_DIR", "/some/dir", 1);
	assert_string_equal(conf_default_dir(), "/some/dir");
	setenv("MOORING_DIR", "", 1);
	assert_string_equal(conf_default_dir(), MOORING_DEFAULT_DIR);
}

/* Each good by itself; the file is used. */
static void test_doubts(void **state)
{
	static const char *const rows[][2] = {
		{ "", NULL },
		{ "identity_source = acme\n", "acme_url is not set" },
		{ "identity_source = acme\nacme_url = https://a/d\n", NULL },
		{ "identity_source = acme\nacme_url = https://a/d\n"
			"scep_url = https://b/s\n", "scep_url is set" },
		{ "scep_url = https://b/s\nscep_name = x\n"
			"scep_url_challenge = y\n", NULL },
		{ "scep_name = x\n", "scep_name is set" },
		{ "scep_url_challenge = y\n", "scep_url_challenge is set" },
		{ "identity_key_min = 4096\n", "identity_key_size is less" },
		{ "identity_key_min = 4096\nscep_url = https://b/s\n", NULL },
		{ "identity_key_min = 4096\nidentity_key_size = 4096\n",
			NULL },
		{ "identity_days = 30\n", "renew_days is not less" },
		{ "identity_days = 31\n", NULL },
		{ "identity_days = 30\nrenew_days = 0\n", NULL },
		{ "profile_sign_cert = /c\n", "profile_sign_key is not" },
		{ "profile_sign_key = /k\n", "profile_sign_cert is not" },
		{ "profile_sign_cert = /c\nprofile_sign_key = /k\n", NULL },
		{ "pinning_revocation_check = yes\n", "pinning is no" },
		{ "pinning_revocation_check = yes\npinning = yes\n", NULL },
		{ "login_url = https://l/p\n", "account_enrollment is off" },
		{ "login_url = https://l/p\naccount_enrollment = byod\n",
			NULL },
		{ "beta_tvos = t d\n", "min_os_tvos is not" },
		{ "beta_tvos = t d\nmin_os_ios = 18\n", "min_os_tvos is not" },
		{ "beta_tvos = t d\nmin_os_tvos = 18\n", NULL },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < N(rows); i++) {
		const char *got;

		got = conf_doubt(load(f, arena_printf(f->a, URL "%s",
			rows[i][0])), f->a);
		if (rows[i][1] == NULL ? got != NULL : got == NULL ||
			strstr(got, rows[i][1]) == NULL)
			fail_msg("%s gives: %s", rows[i][0], got);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_defaults), T(test_values), T(test_refusals),
		T(test_hostile_bytes), T(test_missing), T(test_check_value),
		T(test_template), T(test_text), T(test_manual),
		T(test_watched), T(test_one_alert), T(test_default_dir),
		T(test_doubts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
