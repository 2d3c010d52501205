/* Starts tests/e2e/apns.py and speaks to its control port. */
#include "apns_server.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "codec/json.h"
#include "net/fetch.h"

struct apns_server apns_server;

static void run_server(int in, int out)
{
	const char *python = getenv("PYTHON");
	char script[512];

	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	snprintf(script, sizeof(script), "%s/../e2e/apns.py",
		getenv("TEST_DATA"));
	if (python == NULL)
		python = "python3";
	setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
	/* The sanitizers' libraries are ours alone. */
	unsetenv("LD_PRELOAD");
	execlp(python, python, script, (char *)NULL);
	_exit(127);
}

/* Its first line says where it listens. */
static int read_line(int fd, char *line, size_t max)
{
	size_t n = 0;

	while (n + 1 < max && read(fd, line + n, 1) == 1)
		if (line[n++] == '\n') {
			line[n] = '\0';
			return 0;
		}
	return -1;
}

static int parse_line(const char *line)
{
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	struct json *o;
	int64_t port, control;
	int rc = json_parse(bytes_str(line), a, &o, &e);

	if (rc == 0 && json_get_int(o, "port", &port) &&
		json_get_int(o, "control", &control)) {
		snprintf(apns_server.url, sizeof(apns_server.url),
			"https://127.0.0.1:%d", (int)port);
		snprintf(apns_server.control, sizeof(apns_server.control),
			"http://127.0.0.1:%d", (int)control);
		snprintf(apns_server.ca_file, sizeof(apns_server.ca_file),
			"%s", json_get_str(o, "ca"));
	} else {
		rc = -1;
	}
	arena_free(a);
	return rc;
}

int apns_server_start(void **state)
{
	char line[512];
	int in[2], out[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	if (pipe(in) != 0 || pipe(out) != 0)
		return -1;
	apns_server.pid = fork();
	if (apns_server.pid == 0) {
		close(in[1]);
		close(out[0]);
		run_server(in[0], out[1]);
	}
	close(in[0]);
	close(out[1]);
	apns_server.in = in[1];
	if (read_line(out[0], line, sizeof(line)) != 0 ||
		parse_line(line) != 0)
		return -1;
	close(out[0]);
	return 0;
}

int apns_server_stop(void **state)
{
	int status;

	(void)state;
	close(apns_server.in);
	if (waitpid(apns_server.pid, &status, 0) != apns_server.pid)
		return -1;
	return status;
}

char *apns_server_call(const char *method, const char *args, struct arena *a)
{
	struct fetch_options o = { .connect_ms = 0 };
	struct fetch_request rq = { .method = "POST" };
	struct fetch_response r;
	struct err e = ERR_INIT;
	struct fetch *f;

	assert_int_equal(fetch_open(&o, &f, &e), 0);
	rq.url = arena_printf(a, "%s/%s", apns_server.control, method);
	rq.body = bytes_str(args);
	if (fetch_do(f, &rq, a, &r, &e) != 0)
		fail_msg("%s: %s", method, e.msg);
	fetch_close(f);
	assert_int_equal(r.status, 200);
	return arena_str(a, r.body);
}

int64_t apns_server_stat(const char *name)
{
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	struct json *o;
	int64_t n = -1;

	assert_int_equal(json_parse(bytes_str(apns_server_call("stats", NULL,
		a)), a, &o, &e), 0);
	assert_true(json_get_int(o, name, &n));
	arena_free(a);
	return n;
}

char *apns_server_cert(const char *topic, struct arena *a)
{
	return apns_server_call("push_cert",
		arena_printf(a, "{\"topic\":\"%s\"}", topic), a);
}
