/* mooringctl serve, without a web server: what is refused, what is written,
 * when something starts again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clk.h"
#include "base/str.h"
#include "cli/serve_child.h"
#include "cli/serve_conf.h"
#include "cli/serve_plan.h"
#include "cli/serve_port.h"

static void test_paths(void **state)
{
	static const struct { const char *path; bool ok; } rows[] = {
		{ "/var/lib/mooring", true },
		{ "/srv/my data/mooring", true },
		{ "/srv/d\xc3\xa4ten-1.2_3+4,5:6;7&8(9)", true },
		{ "", false },
		{ "var/lib", false },
		{ "/a\"b", false },
		{ "/a'b", false },
		{ "/a\\b", false },
		{ "/a\nb", false },
		{ "/a\x7f" "b", false },
		{ "/a${HOME}", false },
		{ "/a|b", false },
		{ "/a%20b", false },
		{ "/a*", false },
		{ "/a[1]", false },
		{ "/a#b", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (serve_plan_can_quote(rows[i].path) != rows[i].ok)
			fail_msg("row %zu: %s", i, rows[i].path);
}

static void test_flavours(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_null(serve_flavour_find("nginx"));
	assert_null(serve_flavour_find(""));
	assert_true(serve_flavour_find("apache")->workers);
	assert_false(serve_flavour_find("lighttpd")->workers);
	assert_true(serve_flavour_find("apache-cgi")->hosting);
	assert_string_equal(serve_flavour_names(a), "lighttpd, "
		"lighttpd-socket, lighttpd-cgi, apache, apache-fcgid, "
		"apache-cgi");
	arena_free(a);
}

static struct serve_plan plan_of(const char *flavour)
{
	return (struct serve_plan){
		.flavour = serve_flavour_find(flavour),
		.dir = "/my data/d", .run = "/my data/d/run",
		.log = "/my data/d/run/serve.log",
		.conf = "/my data/d/run/x.conf",
		.pid_file = "/my data/d/run/x.pid", .share = "/share/x",
		.cgibin = "/libexec/cgi-bin", .program = "/bin/false",
		.modules = "/nowhere", .listen = "[::1]:8443",
		.admin_listen = "127.0.0.1:8444", .max_body = 16u << 20,
	};
}

static void test_conf_text(void **state)
{
	static const struct { const char *flavour, *line; } rows[] = {
		{ "lighttpd", "var.mooring_dir          = \"/my data/d\"\n" },
		{ "lighttpd", "var.mooring_backend      = \"fastcgi\"\n" },
		{ "lighttpd", "var.mooring_max_body_kb  = 17408\n" },
		{ "lighttpd", "server.bind          = \"[::1]\"\n" },
		{ "lighttpd", "server.port          = 8443\n" },
		{ "lighttpd", "include var.mooring_share + \"/mooring.conf\"" },
		{ "lighttpd", "= \"/my data/d/run/x.pid\"\n" },
		{ "lighttpd-socket", "= \"socket\"\n" },
		{ "lighttpd-cgi", "\"mod_cgi\"" },
		{ "apache", "Define MOORING_DIR \"/my data/d\"\n" },
		{ "apache", "Define MOORING_BACKEND \"proxy\"\n" },
		{ "apache", "Define MOORING_MAX_REQUEST 17825792\n" },
		{ "apache", "\nListen ${MOORING_ADMIN_LISTEN}\n" },
		{ "apache", "\nInclude \"${MOORING_SHARE}/mooring.conf\"\n" },
		{ "apache", "PidFile \"/my data/d/run/x.pid\"\n" },
		{ "apache-fcgid", "FcgidIPCDir \"/my data/d/run/apache\"\n" },
		{ "apache-cgi", "<Directory \"/my data/d/run/htdocs\">\n" },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct serve_plan p = plan_of(rows[i].flavour);
		const char *text = serve_conf_text(&p, a);

		if (strstr(text, rows[i].line) == NULL)
			fail_msg("%s: no %s in:\n%s", rows[i].flavour,
				rows[i].line, text);
	}
	arena_free(a);
}

static void test_delays(void **state)
{
	static const int64_t ms[] = { 100, 200, 400, 800, 1600, 3200, 6400,
		12800, 25600, 30000, 30000 };
	struct serve_child c = { .name = "x", .pid = 1 };

	(void)state;
	for (unsigned i = 0; i < sizeof(ms) / sizeof(ms[0]); i++)
		assert_int_equal(serve_child_delay_us(i), ms[i] * 1000);
	assert_int_equal(serve_child_delay_us(4000000000u), 30000000);

	c.started_us = 1000;
	serve_child_ended(&c, SIGKILL, 2000);
	assert_int_equal(c.pid, 0);
	assert_int_equal(c.due_us, 2000 + 100000);
	serve_child_ended(&c, SIGKILL, 3000);
	assert_int_equal(c.due_us, 3000 + 200000);
	/* One that was steady starts again soon. */
	serve_child_ended(&c, 0, 1000 + SERVE_CHILD_STEADY_US);
	assert_int_equal(c.due_us, 1000 + SERVE_CHILD_STEADY_US + 100000);
}

static void test_port_parse(void **state)
{
	static const struct { const char *text; int family; } rows[] = {
		{ "127.0.0.1:8443", AF_INET },
		{ "0.0.0.0:1", AF_INET },
		{ "[::1]:65535", AF_INET6 },
		{ "[::]:443", AF_INET6 },
		{ "localhost:8443", 0 },
		{ "127.0.0.1", 0 },
		{ "127.0.0.1:0", 0 },
		{ "127.0.0.1:65536", 0 },
		{ "127.0.0.1:84x", 0 },
		{ ":8443", 0 },
		{ "::1:8443", 0 },
		{ "[::1:8443", 0 },
		{ "[]:1", 0 },
		{ "", 0 },
	};
	struct sockaddr_storage sa;
	socklen_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool ok = serve_port_parse(rows[i].text, &sa, &len);

		if (ok != (rows[i].family != 0))
			fail_msg("row %zu: %s", i, rows[i].text);
		if (ok)
			assert_int_equal(sa.ss_family, rows[i].family);
	}
}

/* A port that this very process holds: taken, named, answering; then free. */
static void test_port_holder(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	char *listen_at, *me;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&in, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	listen_at = arena_printf(a, "127.0.0.1:%u", ntohs(in.sin_port));
	me = arena_printf(a, "test_serve (process %d)", (int)getpid());
	assert_true(serve_port_accepts(listen_at));
	assert_int_equal(serve_port_free(listen_at, a, &e), -1);
	assert_int_equal(e.kind, ERR_CONFLICT);
	assert_non_null(strstr(e.msg, listen_at));
	if (strstr(e.msg, me) == NULL)
		fail_msg("%s: not in: %s", me, e.msg);
	close(fd);
	assert_int_equal(serve_port_free(listen_at, a, &e), 0);
	assert_false(serve_port_accepts(listen_at));
	arena_free(a);
}

static void test_socket(void **state)
{
	char folder[] = "/tmp/test_serve.XXXXXX", path[64];
	struct err e = ERR_INIT;
	struct stat sb;
	int first, second;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/mdm.sock", folder);
	assert_int_equal(serve_child_socket(path, &first, &e), 0);
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode, S_IFSOCK | 0660);
	/* A socket left over by a killed run is replaced. */
	assert_int_equal(serve_child_socket(path, &second, &e), 0);
	close(first);
	close(second);
	unlink(path);
	rmdir(folder);
}

static void test_children(void **state)
{
	struct serve_child c = { .name = "cat", .argv = { "/bin/cat" } };
	struct err e = ERR_INIT;
	pid_t found[4];
	int in[2], status;

	(void)state;
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	c.input = in[0];
	c.output = 2;
	assert_int_equal(serve_child_start(&c, clk_mono_us(), &e), 0);
	assert_true(c.pid > 0);
	/* It leaves our session before it becomes cat. */
	alarm(30);
	while (getsid(c.pid) == getsid(0))
		usleep(1000);
	alarm(0);
	assert_int_equal(serve_child_orphans(&c, 1, found, 4), 0);
	assert_int_equal(serve_child_orphans(NULL, 0, found, 4), 1);
	assert_int_equal(found[0], c.pid);
	/* cat reads descriptor 0 to its end. */
	close(in[1]);
	assert_int_equal(waitpid(c.pid, &status, 0), c.pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(serve_child_orphans(NULL, 0, found, 4), 0);
	close(in[0]);
}

static void test_plan(void **state)
{
	const struct serve_flavour *f = serve_flavour_find("lighttpd");
	struct arena *a = arena_new();
	struct serve_plan p;
	struct err e = ERR_INIT;
	char *lengthy = arena_zalloc(a, 120);

	(void)state;
	setenv("MOORING_LIBEXECDIR", "/nowhere", 1);
	setenv("MOORING_DATADIR", "/nowhere", 1);
	assert_int_equal(serve_plan_make(f, "/tmp/a\nb", a, &p, &e), -1);
	assert_int_equal(e.kind, ERR_BAD_INPUT);
	memset(lengthy, 'x', 119);
	lengthy[0] = '/';
	assert_int_equal(serve_plan_make(f, lengthy, a, &p, &e), -1);
	assert_non_null(strstr(e.msg, "too long"));
	assert_int_equal(serve_plan_make(f, "/tmp/d", a, &p, &e), -1);
	assert_int_equal(e.kind, ERR_NOT_FOUND);
	assert_non_null(strstr(e.msg, "/nowhere/cgi-bin/mdm.fcgi"));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_flavours),
		cmocka_unit_test(test_conf_text),
		cmocka_unit_test(test_delays),
		cmocka_unit_test(test_port_parse),
		cmocka_unit_test(test_port_holder),
		cmocka_unit_test(test_socket),
		cmocka_unit_test(test_children),
		cmocka_unit_test(test_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
