/* mooring-device: main, and sending a file. What a device says and does is in
 * session.c and respond.c, which devices it is about in setup.c. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/enc.h"
#include "base/file.h"
#include "codec/json.h"
#include "sim/devfile.h"
#include "sim/exchange.h"
#include "sim/fleet.h"
#include "sim/identity.h"
#include "sim/message.h"
#include "sim/options.h"
#include "sim/report.h"
#include "sim/setup.h"

/* The exit codes; mooring-device(1) lists them. */
enum { EXIT_REFUSED = 1, EXIT_LOCAL = 2, EXIT_UNENROLLED = 3, EXIT_LATER = 4 };

#define BODY_MAX ((size_t)1 << 30)

static int fail(const struct err *e)
{
	fflush(stdout);
	fprintf(stderr, "mooring-device: %s\n", e->msg);
	return EXIT_LOCAL;
}

/* --- a fleet --- */

static int exit_code(const struct fleet_report *r)
{
	if (r->outcome[OUTCOME_UNENROLLED] > 0)
		return EXIT_UNENROLLED;
	if (r->outcome[OUTCOME_REFUSED] > 0)
		return EXIT_REFUSED;
	return r->outcome[OUTCOME_LATER] > 0 ? EXIT_LATER : EXIT_SUCCESS;
}

static int fleet(const struct options *o, struct devfile_list *l)
{
	struct fleet_report r;
	struct err e;

	for (size_t i = 0; i < l->n; i++)
		if (setup_point_at(o, l->at[i], &e) != 0)
			return fail(&e);
	if (o->channel != NULL && !str_eq(o->channel, "device") &&
		!str_eq(o->channel, "user") && !str_eq(o->channel, "both")) {
		err_set(&e, ERR_BAD_INPUT, "--channel: device, user or both");
		return fail(&e);
	}
	if (fleet_run(o, l, &r, &e) != 0)
		return fail(&e);
	report_fleet(o, l, &r);
	return exit_code(&r);
}

/* --- send --- */

static int read_body(const char *name, struct arena *a, struct bytes *out,
	struct err *e)
{
	if (str_eq(name, "-"))
		return file_read_fd(STDIN_FILENO, BODY_MAX, a, out, e);
	if (file_read(name, BODY_MAX, a, out, e) != 0)
		return -1;
	if (out->p == NULL)
		return err_set(e, ERR_NOT_FOUND, "%s: no such file", name);
	return 0;
}

static void show_answer(const struct options *o,
	const struct fetch_response *r, struct arena *a)
{
	struct json *j;

	if (!o->json) {
		fprintf(stderr, "%d, %zu bytes\n", r->status, r->body.n);
		fwrite(r->body.p, 1, r->body.n, stdout);
		return;
	}
	j = json_new_object(a);
	json_set_int(j, "status", r->status);
	json_set_int(j, "http_version", r->http_version);
	json_set_str(j, "content_type",
		fetch_response_header(r, "Content-Type"));
	json_set_str(j, "retry_after", fetch_response_header(r, "Retry-After"));
	json_set_str(j, "body_base64", enc_base64(a, r->body));
	puts(json_text(j, NULL, a));
}

/* Who sends: the device named, the only one, or a stranger with --cert. */
static int sender(const struct options *o, struct devfile_list *l,
	struct device **out, struct err *e)
{
	struct device_wish w = { .kind = ENROLLMENT_DEVICE };

	if (l->n > 1)
		return err_set(e, ERR_BAD_INPUT, "%zu devices in %s: say "
			"which by --udid", l->n, o->state);
	if (l->n == 0) {
		l->at = calloc(1, sizeof(struct device *));
		if (l->at == NULL)
			abort();
		l->at[l->n++] = device_new(&w);
	}
	*out = l->at[0];
	if (setup_point_at(o, *out, e) != 0)
		return -1;
	return o->cert != NULL ? identity_adopt(*out, o->cert, o->key, e) : 0;
}

static int send_file(const struct options *o, struct devfile_list *l)
{
	struct session s = { .arena = arena_new(), .fresh = o->fresh };
	struct fetch_options f = { .http = o->http2 ? FETCH_HTTP2 : FETCH_HTTP1,
		.total_ms = (unsigned)o->timeout * 1000 };
	struct exchange_raw raw = { .content_type = o->content_type != NULL ?
			o->content_type : o->checkin ? MESSAGE_TYPE_CHECKIN :
			MESSAGE_TYPE_COMMAND,
		.method = o->method != NULL ? o->method : "PUT" };
	struct fetch_response r = { .status = 0 };
	struct device *d = NULL;
	struct err e;
	uint64_t us;
	int code = EXIT_SUCCESS;

	if (sender(o, l, &d, &e) != 0 ||
		read_body(o->file, s.arena, &raw.body, &e) != 0) {
		arena_free(s.arena);
		return fail(&e);
	}
	raw.url = o->checkin && d->checkin_url != NULL ? d->checkin_url :
		d->url;
	raw.ca_file = d->ca_file;
	s.wire = wire_new(&f);
	if (exchange_raw(&s, d, &raw, &r, &us, &e) != 0)
		code = fail(&e) + (e.kind == ERR_UPSTREAM ?
			EXIT_LATER - EXIT_LOCAL : 0);
	else
		show_answer(o, &r, s.arena);
	if (r.status >= 300)
		code = r.status == 401 ? EXIT_UNENROLLED :
			r.status >= 500 ? EXIT_LATER : EXIT_REFUSED;
	wire_free(s.wire);
	arena_free(s.arena);
	return code;
}

/* --- main --- */

static int run(const struct options *o)
{
	enum devfile_mode mode = o->command == OPTIONS_ENROLL ? DEVFILE_MAKE :
		(o->command & (OPTIONS_SEND | OPTIONS_LIST)) != 0 ?
		DEVFILE_READ : DEVFILE_WRITE;
	struct devfile_dir dir = { NULL, -1 };
	struct devfile_list l = { NULL, 0 };
	struct err e;
	int code;

	if (o->state != NULL && devfile_open(o->state, mode, &dir, &e) != 0)
		return fail(&e);
	if (o->command == OPTIONS_ENROLL ? setup_make(&dir, o, &l, &e) != 0 :
		o->state != NULL && setup_choose(&dir, o, &l, &e) != 0) {
		code = fail(&e);
	} else if (o->command == OPTIONS_LIST) {
		report_list(o, &l);
		code = EXIT_SUCCESS;
	} else if (o->command == OPTIONS_SEND) {
		code = send_file(o, &l);
	} else {
		code = fleet(o, &l);
	}
	devfile_free_all(&l);
	devfile_close(&dir);
	return code;
}

/* A connection per device may be more than the shell's soft limit. */
static void raise_limits(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

static void on_signal(int sig)
{
	(void)sig;
	fleet_stop();
}

int main(int argc, char **argv)
{
	struct sigaction stop = { .sa_handler = on_signal,
		.sa_flags = SA_RESTART };
	struct options o;
	struct err e;
	int rc = options_parse(argc, argv, &o, &e);

	if (rc != 0)
		return rc > 0 ? EXIT_SUCCESS : fail(&e);
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	raise_limits();
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	return run(&o);
}
