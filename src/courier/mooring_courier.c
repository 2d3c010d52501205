/* mooring-courier: opens what is needed, runs the loops, ends in order. */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/op.h"
#include "base/clk.h"
#include "base/file.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/owner.h"
#include "courier/courier.h"
#include "courier/lead.h"
#include "store/store_metrics.h"
#include "store/store_push.h"

#define RETRY_MS 1000

struct program {
	const char *dir;
	bool once;
	struct arena *arena;
	struct courier courier;
	struct lead lead;
	int signals;		/* a signalfd */
	atomic_bool asked;	/* to end */
	struct err said;	/* last, so that it is not said again */
	struct store_metrics counted;
};

/* ---- words ---- */

static void usage(FILE *to)
{
	fputs("usage: mooring-courier [--dir DIR] [--once]\n"
		"Delivers events and pushes, and keeps the store tidy.\n\n"
		"  --dir DIR   the data directory (default: MOORING_DIR, or "
		MOORING_DEFAULT_DIR ")\n"
		"  --once      until nothing is due, then end: for cron\n"
		"  --help      this text\n"
		"  --version   print the version\n\n"
		"The manual is mooring-courier(8).\n", to);
}

/* -1: goes on; else the exit status. */
static int options(struct program *p, int argc, char **argv)
{
	static const struct option all[] = {
		{ "dir", required_argument, NULL, 'd' },
		{ "once", no_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", all, NULL)) != -1)
		switch (c) {
		case 'd':
			p->dir = optarg;
			break;
		case 'o':
			p->once = true;
			break;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		case 'v':
			puts("mooring-courier " PACKAGE_VERSION);
			return EXIT_SUCCESS;
		default:
			usage(stderr);
			return 2;
		}
	if (optind < argc) {
		usage(stderr);
		return 2;
	}
	if (p->dir == NULL)
		p->dir = conf_default_dir();
	return -1;
}

/* One line for each reason, not one for each second. */
static void say(struct program *p, const char *what, const struct err *e)
{
	if (!str_eq(p->said.msg, e->msg))
		log_msg(LOG_ERROR, what, "%s", e->msg);
	p->said = *e;
}

/* ---- signals and datagrams ---- */

/* Before any thread, so that none is ever interrupted. */
static int catch_signals(struct program *p, struct err *e)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, SIGTERM);
	sigaddset(&s, SIGINT);
	sigaddset(&s, SIGHUP);
	sigprocmask(SIG_BLOCK, &s, NULL);
	signal(SIGPIPE, SIG_IGN);
	p->signals = signalfd(-1, &s, SFD_CLOEXEC | SFD_NONBLOCK);
	if (p->signals < 0)
		return err_errno(e, ERR_INTERNAL, errno, "signalfd");
	return 0;
}

/* Waits for a signal or a word from whoever committed something. */
static void wait_any(struct program *p, int ms)
{
	struct pollfd fds[2] = {
		{ .fd = p->signals, .events = POLLIN },
		{ .fd = p->lead.socket, .events = POLLIN },
	};
	struct signalfd_siginfo info;

	if (poll(fds, 2, ms) <= 0)
		return;
	if (read(p->signals, &info, sizeof(info)) > 0)
		p->asked = true;
	if (fds[1].revents != 0) {
		lead_drain(&p->lead);
		courier_call(&p->courier);
	}
}

/* ---- opening ---- */

static int open_all(struct program *p, struct err *e)
{
	struct courier *c = &p->courier;
	struct store_options o;
	const struct conf *conf;
	int rc;

	if (c->conf == NULL && conf_file_open(p->dir, &c->conf, e) < 0)
		return -1;
	conf = conf_acquire(c->conf, clk_now());
	rc = op_store_options(conf, p->arena, &o, e);
	if (rc == 0)
		rc = store_open(&o, clk_now(), &c->store, e);
	if (rc == 0)
		lead_init(&p->lead, conf->dir, p->arena);
	if (rc == 0 && metrics_open(file_path(p->arena, conf->dir,
		"run/metrics"), e) < 0) {
		/* Figures are no reason not to work. */
		log_msg(LOG_WARN, "metrics", "%s", e->msg);
	}
	conf_release(c->conf, conf);
	return rc;
}

/* No store yet, or one that is being moved: there will be. */
static int open_or_wait(struct program *p, struct err *e)
{
	while (open_all(p, e) < 0) {
		if (p->once)
			return -1;
		say(p, "store.open", e);
		wait_any(p, RETRY_MS);
		if (p->asked)
			return 0;
	}
	return 0;
}

static void close_all(struct program *p)
{
	struct courier *c = &p->courier;

	pusher_free(c->pusher);
	if (c->store != NULL)
		store_metrics_count(c->store, &p->counted);
	store_close(c->store);
	conf_file_close(c->conf);
	metrics_close();
	lead_fini(&p->lead);
}

/* ---- working ---- */

static int look_to_lead(struct program *p)
{
	struct err e = ERR_INIT;
	bool leads;
	int rc = lead_try(&p->lead, &leads, &e);

	if (rc < 0)
		say(p, "lead", &e);
	if (leads && !p->courier.leads) {
		/* cron mails each line. */
		if (!p->once)
			log_msg(LOG_INFO, "lead",
				"this courier sweeps and is woken");
		p->courier.leads = true;
		courier_call(&p->courier);
	}
	return leads ? 0 : rc;
}

/* Until it is told to end; -1: a new process is needed. */
static int serve(struct program *p)
{
	struct courier *c = &p->courier;
	void *(*const loops[])(void *) = { push_loop, webhook_loop,
		sweep_loop };
	pthread_t threads[3];
	int rc = 0;

	look_to_lead(p);
	for (size_t i = 0; i < 3; i++)
		if (pthread_create(&threads[i], NULL, loops[i], c) != 0)
			abort();
	while (!p->asked && rc == 0) {
		wait_any(p, COURIER_LOOK_MS);
		look_to_lead(p);
		conf_release(c->conf, conf_acquire(c->conf, clk_now()));
		store_metrics_count(c->store, &p->counted);
		if (store_is_dead(c->store)) {
			log_msg(LOG_ERROR, "store.dead",
				"the store needs a new process: this one ends");
			rc = -1;
		}
	}
	courier_stop(c);
	for (size_t i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	return rc;
}

/* ---- once ---- */

static void *end_on_signal(void *arg)
{
	struct program *p = arg;

	while (!p->asked && !p->courier.stopping)
		wait_any(p, RETRY_MS / 10);
	courier_stop(&p->courier);
	return NULL;
}

static int pushes_tx(struct store_tx *tx, void *arg, struct err *e)
{
	return store_push_next_due(tx, arg, e);
}

/* Pushes that were asked for while webhooks were served. */
static bool pushes_are_due(struct courier *c)
{
	struct err e = ERR_INIT;
	int64_t due = 0;

	if (store_read(c->store, pushes_tx, &due, &e) < 0)
		c->failed = true;
	return due != 0 && due <= clk_now();
}

static int work_once(struct program *p)
{
	struct courier *c = &p->courier;
	struct err e = ERR_INIT;
	pthread_t thread;

	if (look_to_lead(p) < 0)
		return -1;
	if (!c->leads) {
		log_msg(LOG_INFO, "once", "another courier is at work");
		return 0;
	}
	if (pthread_create(&thread, NULL, end_on_signal, p) != 0)
		abort();
	sweep_loop(c);
	do {
		push_loop(c);
		webhook_loop(c);
	} while (!c->stopping && !c->failed && pushes_are_due(c));
	courier_stop(c);
	pthread_join(thread, NULL);
	if (!c->failed && lead_note(&p->lead, &e) < 0)
		say(p, "once", &e);
	return c->failed ? -1 : 0;
}

static int work(struct program *p, struct err *e)
{
	struct courier *c = &p->courier;
	int rc;

	if (owner_become_of(p->dir, e) < 0 || catch_signals(p, e) < 0 ||
		open_or_wait(p, e) < 0)
		return -1;
	if (p->asked)
		return 0;
	c->once = p->once;
	c->pusher = pusher_new(c->store);
	rc = p->once ? work_once(p) : serve(p);
	if (rc < 0)
		err_set(e, ERR_BUSY, "it could not finish");
	return rc;
}

int main(int argc, char **argv)
{
	struct program p = { .signals = -1 };
	struct err e = ERR_INIT;
	int rc = options(&p, argc, argv);

	if (rc >= 0)
		return rc;
	umask(077);
	log_open("mooring-courier", LOG_INFO);
	p.arena = arena_new();
	courier_init(&p.courier);
	p.lead.lock = p.lead.socket = -1;
	rc = work(&p, &e);
	if (rc < 0)
		log_msg(LOG_ERROR, "courier", "%s", e.msg);
	close_all(&p);
	courier_fini(&p.courier);
	arena_free(p.arena);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
