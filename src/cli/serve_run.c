/* The supervisor of `mooringctl serve`: one loop around sigtimedwait. It knows
 * processes and signals, and nothing of requests. */
#include "cli/serve_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clk.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "cli/serve_child.h"
#include "cli/serve_port.h"

#define SECOND_US 1000000
#define READY_SECONDS 30
/* How long the end may take: the web server's and the workers' requests,
 * then what ignores SIGTERM is killed. */
#define DRAIN_SECONDS 15
#define TERM_SECONDS 3
#define COURIER_SECONDS 25
#define QUIET_US (2 * SECOND_US)	/* certificates are written one by
					 * one */
#define TICK_US (SECOND_US / 2)
#define ORPHANS_MAX 256
#define LOG_SHOWN 4096

enum { WEB, WORKERS, COURIER = WORKERS + SERVE_PROGRAMS, N_CHILDREN };

struct run {
	const struct serve_plan *plan;
	struct arena *arena;
	struct serve_child child[N_CHILDREN];	/* one without a name is
						 * not used */
	int graceful, reload;	/* signals of this web server */
	sigset_t signals;
	bool ending, hurry;	/* asked to end; asked again */
	bool asked_reload;
	uint64_t seen;		/* fingerprint of the certificates */
	int64_t changed_us;	/* when it last changed; 0: reloaded since */
};

/* ---- signals ---- */

static void reap(struct run *r)
{
	int64_t now = clk_mono_us();
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < N_CHILDREN; i++) {
			struct serve_child *c = &r->child[i];

			if (c->pid != pid)
				continue;
			if (r->ending)
				c->pid = 0;
			else
				serve_child_ended(c, status, now);
		}
}

/* Waits for a signal, at most until until_us, and notes what it asks. */
static void wait_signal(struct run *r, int64_t until_us)
{
	int64_t left = until_us - clk_mono_us();
	struct timespec ts;
	int sig;

	if (left < 0)
		left = 0;
	ts.tv_sec = (time_t)(left / SECOND_US);
	ts.tv_nsec = (long)(left % SECOND_US) * 1000;
	sig = sigtimedwait(&r->signals, NULL, &ts);
	if (sig == SIGTERM || sig == SIGINT || sig == SIGHUP) {
		r->hurry = r->ending;
		r->ending = true;
	} else if (sig == SIGUSR1) {
		r->asked_reload = true;
	}
	reap(r);
}

static void catch_signals(struct run *r)
{
	static const int all[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1,
		SIGCHLD };

	sigemptyset(&r->signals);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		sigaddset(&r->signals, all[i]);
	sigprocmask(SIG_BLOCK, &r->signals, NULL);
}

/* ---- certificates ---- */

static uint64_t mix(uint64_t h, uint64_t v)
{
	return (h ^ v) * 0x100000001b3u;
}

/* Changes when one of the files that the web server read at its start does. */
static uint64_t fingerprint(const struct run *r)
{
	static const char *const files[] = { "pki/device-ca.bundle.pem",
		"pki/server.pem", "pki/server.key" };
	uint64_t h = 0xcbf29ce484222325u;
	char path[4096];
	struct stat sb;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", r->plan->dir, files[i]);
		if (stat(path, &sb) < 0)
			continue;
		h = mix(h, (uint64_t)sb.st_ino);
		h = mix(h, (uint64_t)sb.st_size);
		h = mix(h, (uint64_t)sb.st_mtim.tv_sec);
		h = mix(h, (uint64_t)sb.st_mtim.tv_nsec);
	}
	return h;
}

static void watch(struct run *r, int64_t now)
{
	uint64_t h = fingerprint(r);

	if (h != r->seen) {
		r->seen = h;
		r->changed_us = now;
	}
	if (r->changed_us != 0 && now - r->changed_us >= QUIET_US)
		r->asked_reload = true;
	if (!r->asked_reload)
		return;
	r->asked_reload = false;
	r->changed_us = 0;
	if (r->child[WEB].pid == 0)
		return;		/* it reads them when it starts */
	log_msg(LOG_INFO, "reload", "%s reads its certificates again",
		r->child[WEB].name);
	kill(r->child[WEB].pid, r->reload);
}

/* ---- ends ---- */

static bool workers_run(const struct run *r)
{
	for (size_t i = WORKERS; i < COURIER; i++)
		if (r->child[i].pid != 0)
			return true;
	return false;
}

static size_t signal_orphans(const struct run *r, int sig)
{
	pid_t pid[ORPHANS_MAX];
	size_t n = serve_child_orphans(r->child, N_CHILDREN, pid, ORPHANS_MAX);

	for (size_t i = 0; i < n; i++)
		kill(pid[i], sig);
	return n;
}

static bool web_runs(const struct run *r)
{
	return r->child[WEB].pid != 0;
}

static bool orphans_run(const struct run *r)
{
	return signal_orphans(r, 0) > 0;
}

/* Whether it ended in time; a second request to end makes time short. */
static bool ended(struct run *r, bool (*runs)(const struct run *r),
	int seconds)
{
	int64_t end = clk_mono_us() + (int64_t)seconds * SECOND_US;

	while (runs(r) && clk_mono_us() < end && !r->hurry)
		wait_signal(r, clk_mono_us() + SECOND_US / 20);
	return !runs(r);
}

static bool courier_runs(const struct run *r)
{
	return r->child[COURIER].pid != 0;
}

static void signal_courier(const struct run *r, int sig)
{
	if (courier_runs(r))
		kill(r->child[COURIER].pid, sig);
}

static void signal_workers(const struct run *r, int sig)
{
	for (size_t i = WORKERS; i < COURIER; i++)
		if (r->child[i].pid != 0)
			kill(r->child[i].pid, sig);
}

/* What a web server left behind: it may hold the ports, or serve with an old
 * configuration. */
static void end_orphans(struct run *r, int seconds)
{
	if (signal_orphans(r, SIGTERM) == 0
		|| ended(r, orphans_run, seconds))
		return;
	log_msg(LOG_WARN, "killed", "%zu processes did not end",
		signal_orphans(r, SIGKILL));
	ended(r, orphans_run, TERM_SECONDS);
}

static void end_web(struct run *r)
{
	struct serve_child *web = &r->child[WEB];

	if (web->pid == 0)
		return;
	kill(web->pid, r->graceful);
	if (ended(r, web_runs, DRAIN_SECONDS))
		return;
	r->hurry = false;
	kill(web->pid, SIGTERM);
	if (ended(r, web_runs, TERM_SECONDS))
		return;
	log_msg(LOG_WARN, "killed", "%s did not end", web->name);
	kill(web->pid, SIGKILL);
	ended(r, web_runs, TERM_SECONDS);
}

/* It has been asked to end before, and what it leaves undone is kept. */
static void end_courier(struct run *r)
{
	if (ended(r, courier_runs, COURIER_SECONDS))
		return;
	log_msg(LOG_WARN, "killed", "the courier did not end");
	signal_courier(r, SIGKILL);
	r->hurry = false;
	ended(r, courier_runs, TERM_SECONDS);
}

/* The web server first, so that nothing new comes in; then the workers, which
 * answer what they have; then what is left. */
static void end_all(struct run *r)
{
	r->ending = true;
	signal_courier(r, SIGTERM);
	end_web(r);
	signal_workers(r, SIGTERM);
	if (!ended(r, workers_run, DRAIN_SECONDS)) {
		log_msg(LOG_WARN, "killed", "workers did not end");
		signal_workers(r, SIGKILL);
		r->hurry = false;
		ended(r, workers_run, TERM_SECONDS);
	}
	end_courier(r);
	end_orphans(r, DRAIN_SECONDS / 2);
}

/* ---- begins ---- */

static int open_log(const struct run *r, int *out, struct err *e)
{
	*out = open(r->plan->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
		0600);
	if (*out < 0)
		return err_errno(e, ERR_INTERNAL, errno, "%s", r->plan->log);
	return 0;
}

static int plan_workers(struct run *r, int log, struct err *e)
{
	struct arena *a = r->arena;

	for (size_t i = 0; i < SERVE_PROGRAMS; i++) {
		struct serve_child *c = &r->child[WORKERS + i];

		c->name = arena_printf(a, "%s.fcgi", serve_programs[i]);
		c->argv[0] = file_path(a, r->plan->cgibin, c->name);
		c->dir = r->plan->dir;
		c->output = log;
		if (serve_child_socket(serve_plan_socket(r->plan,
			serve_programs[i], a), &c->input, e) < 0)
			return -1;
	}
	return 0;
}

static void plan_courier(struct run *r, int log)
{
	struct serve_child *c = &r->child[COURIER];

	c->name = "mooring-courier";
	c->argv[0] = r->plan->courier;
	c->dir = r->plan->dir;
	c->output = log;
	c->input = r->child[WEB].input;
}

static int plan_children(struct run *r, struct err *e)
{
	bool lighttpd = r->plan->flavour->web == SERVE_LIGHTTPD;
	struct serve_child *web = &r->child[WEB];
	int log;

	if (open_log(r, &log, e) < 0)
		return -1;
	web->name = lighttpd ? "lighttpd" : "apache";
	web->argv[0] = r->plan->program;
	web->argv[1] = lighttpd ? "-D" : "-DFOREGROUND";
	web->argv[2] = "-f";
	web->argv[3] = r->plan->conf;
	web->output = log;
	web->input = open("/dev/null", O_RDONLY | O_CLOEXEC);
	r->graceful = lighttpd ? SIGINT : SIGWINCH;
	r->reload = SIGUSR1;
	plan_courier(r, log);
	return r->plan->flavour->workers ? plan_workers(r, log, e) : 0;
}

static int start(struct run *r, size_t i, struct err *e)
{
	if (i == WEB) {
		end_orphans(r, TERM_SECONDS);
		/* After kill -9 Apache believes its old one, which by now may
		 * name any process; our lock says that none is running. */
		unlink(r->plan->pid_file);
	}
	return serve_child_start(&r->child[i], clk_mono_us(), e);
}

static bool is_serving(const struct run *r)
{
	const struct serve_plan *p = r->plan;

	return serve_port_accepts(p->listen)
		&& (p->admin_listen == NULL
			|| serve_port_accepts(p->admin_listen));
}

static int begin(struct run *r, struct err *e)
{
	int64_t end = clk_mono_us() + (int64_t)READY_SECONDS * SECOND_US;

	for (size_t i = N_CHILDREN; i-- > 0;)
		if (r->child[i].name != NULL && start(r, i, e) < 0)
			return -1;
	while (!r->ending && !is_serving(r)) {
		/* The courier may come later: devices do not wait for it. */
		for (size_t i = 0; i < COURIER; i++)
			if (r->child[i].due_us != 0)
				return err_set(e, ERR_INTERNAL,
					"%s did not start (%s)",
					r->child[i].name, r->plan->log);
		if (clk_mono_us() > end)
			return err_set(e, ERR_INTERNAL, "%s did not listen "
				"within %d s (%s)", r->child[WEB].name,
				READY_SECONDS, r->plan->log);
		wait_signal(r, clk_mono_us() + SECOND_US / 20);
	}
	return 0;
}

static void say_ready(const struct run *r)
{
	const struct serve_plan *p = r->plan;

	printf("mooringctl: serving %s with %s: devices https://%s",
		p->dir, p->flavour->name, p->listen);
	if (p->admin_listen != NULL)
		printf(", admin https://%s", p->admin_listen);
	printf("\n");
	fflush(stdout);
}

static void supervise(struct run *r)
{
	while (!r->ending) {
		int64_t now = clk_mono_us(), next = now + TICK_US;

		for (size_t i = 0; i < N_CHILDREN; i++) {
			struct serve_child *c = &r->child[i];
			struct err e = ERR_INIT;

			if (c->due_us != 0 && c->due_us <= now) {
				if (start(r, i, &e) < 0) {
					log_msg(LOG_ERROR, "start", "%s",
						e.msg);
					c->due_us = now + SECOND_US;
				}
			}
			if (c->due_us != 0 && c->due_us < next)
				next = c->due_us;
		}
		watch(r, now);
		wait_signal(r, next);
	}
}

/* The end of what was logged since `from`: why something did not start. */
static void show_log(const struct run *r, off_t from)
{
	char text[LOG_SHOWN];
	struct stat sb;
	ssize_t n;
	int fd = open(r->plan->log, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (fstat(fd, &sb) == 0 && sb.st_size - from > LOG_SHOWN)
		from = sb.st_size - LOG_SHOWN;
	n = pread(fd, text, sizeof(text), from);
	close(fd);
	if (n > 0)
		fwrite(text, 1, (size_t)n, stderr);
}

int serve_run(const struct serve_plan *p, struct arena *a, struct err *e)
{
	struct run r = { .plan = p, .arena = a };
	struct stat sb = { .st_size = 0 };
	int rc;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	catch_signals(&r);
	stat(p->log, &sb);
	r.seen = fingerprint(&r);
	rc = plan_children(&r, e);
	if (rc == 0)
		rc = begin(&r, e);
	if (rc == 0 && !r.ending) {
		say_ready(&r);
		supervise(&r);
	} else if (rc < 0) {
		show_log(&r, sb.st_size);
	}
	end_all(&r);
	return rc;
}
