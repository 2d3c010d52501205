/* Threads over devices: what each does with its part, and when. */
#include "sim/fleet.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clk.h"
#include "sim/identity.h"
#include "sim/onboard.h"

#define THREADS_DEFAULT 16
#define STACK_SIZE ((size_t)1 << 20)
#define SECOND_US 1000000.0

struct worker {
	const struct options *o;
	struct devfile_list *devices;
	size_t first, step;	/* its part: first, first + step, … */
	struct session session;
	struct arena *keep;	/* as long as the worker */
	struct identity_ca ca, apple;
	unsigned char *worst;	/* outcome per device, shared array */
	int64_t start_us;
	pthread_t thread;
	struct err failure;	/* trouble of our own; kind NONE: none */
};

static atomic_bool stopped;
static int stop_pipe[2] = { -1, -1 };

void fleet_stop(void)
{
	int keep = errno;

	/* Without a pipe nobody waits yet. A full pipe wakes as well. */
	atomic_store(&stopped, true);
	if (stop_pipe[1] >= 0 && write(stop_pipe[1], "", 1) < 0)
		errno = keep;
	errno = keep;
}

/* False when it is time to stop instead. Nobody reads the pipe, so a byte in
 * it wakes all, for good. */
static bool wait_until(int64_t due_us)
{
	struct pollfd p = { .fd = stop_pipe[0], .events = POLLIN };
	int64_t left;

	while (!atomic_load(&stopped) && (left = due_us - clk_mono_us()) > 0)
		poll(&p, 1, left > 60000000 ? 60000 :
			(int)((left + 999) / 1000));
	return !atomic_load(&stopped);
}

/* --- one device --- */

static int give_identity(struct worker *w, struct device *d, struct err *e)
{
	const struct options *o = w->o;

	if (o->cert != NULL)
		return identity_adopt(d, o->cert, o->key, e);
	if (d->cert_pem.p != NULL && !o->new_identity)
		return 0;
	if (w->ca.cert != NULL)
		return identity_issue(d, &w->ca, str_eq(o->key_type, "rsa"),
			clk_now(), e);
	if (d->auth == DEVICE_AUTH_NONE)
		return 0;
	return err_set(e, ERR_BAD_INPUT, "%s has no identity: give --ca-cert "
		"and --ca-key, or --cert and --key", d->id);
}

static int onboard(struct worker *w, struct device *d, enum outcome *out,
	struct err *e)
{
	const struct options *o = w->o;
	const struct onboard b = {
		.obtain = { .from = o->profile, .ade = o->ade,
			.web = o->ade_web, .cannot_update = o->cannot_update,
			.apple = w->apple },
		.identity = { .cert = o->cert, .key = o->key, .ca = w->ca,
			.rsa = str_eq(o->key_type, "rsa") },
		.force_auth = o->auth != NULL, .awaiting = o->awaiting };

	return onboard_run(&w->session, d, &b, out, e);
}

static bool is_managed(const struct device *d)
{
	return d->state == DEVICE_ENROLLED || d->state == DEVICE_AUTHENTICATED;
}

static int act(struct worker *w, struct device *d, enum outcome *out,
	struct err *e)
{
	struct session *s = &w->session;

	if (w->o->profile != NULL)
		return onboard(w, d, out, e);
	if (w->o->command == OPTIONS_ENROLL)
		return give_identity(w, d, e) != 0 ? -1 :
			session_enroll(s, d, out, e);
	if (w->o->command == OPTIONS_RESTORE) {
		device_restore(d);
		return session_token_update(s, d, out, e);
	}
	if (!is_managed(d) && !w->o->force) {
		snprintf(s->why, sizeof(s->why), "not enrolled (%s)",
			device_state_name(d->state));
		*out = OUTCOME_UNENROLLED;
		return 0;
	}
	switch (w->o->command) {
	case OPTIONS_CHECKOUT:
		return session_check_out(s, d, out, e);
	case OPTIONS_TOKEN:
		return session_token_update(s, d, out, e);
	default:
		return session_poll(s, d, out, e);
	}
}

/* Only the first trouble of a kind is told of in a fleet, the others are
 * counted. */
static void tell(struct worker *w, const struct device *d, enum outcome out)
{
	static atomic_bool told[OUTCOME_UNENROLLED + 1];

	if (out == OUTCOME_OK || (w->session.say && w->session.why[0] == '\0') ||
		atomic_exchange(&told[out], true))
		return;
	fflush(stdout);
	fprintf(stderr, "mooring-device: %s: %s: %s%s\n", d->id,
		outcome_name(out), w->session.why,
		w->devices->n > 1 ? " (others like it are only counted)" : "");
}

/* Not after every poll of a run: counts alone are written at its end. */
static int save(struct worker *w, struct device **d, struct err *e)
{
	devfile_compact(d);
	if (w->o->command == OPTIONS_RUN && !(*d)->dirty)
		return 0;
	return devfile_save(*d, e);
}

static int one(struct worker *w, size_t i, struct err *e)
{
	struct device **d = &w->devices->at[i];
	enum outcome out = OUTCOME_OK;

	arena_reset(w->session.arena);
	arena_reset(w->session.spare);
	w->session.why[0] = '\0';
	if (act(w, *d, &out, e) != 0)
		return -1;
	tell(w, *d, out);
	if (out > w->worst[i])
		w->worst[i] = (unsigned char)out;
	return save(w, d, e);
}

/* --- one thread --- */

static int run_once(struct worker *w, struct err *e)
{
	for (size_t i = w->first; i < w->devices->n; i += w->step)
		if (atomic_load(&stopped) || one(w, i, e) != 0)
			return atomic_load(&stopped) ? 0 : -1;
	return 0;
}

/* Devices poll at moments spread evenly over the interval, each again after
 * it; a thread that is late polls without a pause. */
static int run_rounds(struct worker *w, struct err *e)
{
	double interval = w->o->interval * SECOND_US;
	size_t n = w->devices->n;
	bool alive = true;

	for (uint64_t round = 0; alive &&
		(w->o->polls == 0 || round < w->o->polls); round++) {
		alive = round == 0;
		for (size_t i = w->first; i < n; i += w->step) {
			double due = interval * ((double)round +
				(double)i / (double)n);

			if (round > 0 && !is_managed(w->devices->at[i]) &&
				!w->o->force)
				continue;
			alive = true;
			if (w->o->seconds >= 0 &&
				due > w->o->seconds * SECOND_US)
				due = w->o->seconds * SECOND_US;
			if (!wait_until(w->start_us + (int64_t)due))
				return 0;
			if (w->o->seconds >= 0 && (double)(clk_mono_us() -
				w->start_us) >= w->o->seconds * SECOND_US)
				return 0;
			if (one(w, i, e) != 0)
				return -1;
		}
	}
	return 0;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct err e = ERR_INIT;
	int rc;

	if (w->o->command != OPTIONS_RUN) {
		rc = run_once(w, &e);
	} else {
		rc = run_rounds(w, &e);
		for (size_t i = w->first; rc == 0 && i < w->devices->n;
			i += w->step)
			rc = devfile_save(w->devices->at[i], &e);
	}
	if (rc != 0) {
		w->failure = e;
		fleet_stop();
	}
	return NULL;
}

/* --- all of them --- */

static void session_init(struct worker *w)
{
	const struct options *o = w->o;
	struct session *s = &w->session;

	s->arena = arena_new();
	s->spare = arena_new();
	s->respond = (struct respond_options){ .notnow = o->notnow,
		.error = o->error, .seed = o->seed };
	s->channels = str_eq(o->channel, "device") ? SESSION_DEVICE :
		str_eq(o->channel, "user") ? SESSION_USER :
		SESSION_DEVICE | SESSION_USER;
	s->max_commands = (unsigned)o->max_commands;
	s->fresh = o->fresh;
	s->authenticate_only = o->authenticate_only;
	s->say = w->devices->n == 1 || o->verbose;
	s->say_json = o->json;
	s->say_who = w->devices->n > 1;
}

static bool pause_for(double seconds)
{
	return wait_until(clk_mono_us() + (int64_t)(seconds * SECOND_US));
}

static int worker_init(struct worker *w, const struct fetch_options *f,
	struct err *e)
{
	session_init(w);
	w->session.pause = pause_for;
	w->session.wire = wire_new(f);
	w->keep = arena_new();
	if (w->o->ca_cert != NULL && identity_ca_load(w->o->ca_cert,
		w->o->ca_key, w->keep, &w->ca, e) != 0)
		return -1;
	return w->o->apple_cert != NULL ? identity_ca_load(w->o->apple_cert,
		w->o->apple_key, w->keep, &w->apple, e) : 0;
}

static void worker_fini(struct worker *w)
{
	wire_free(w->session.wire);
	arena_free(w->session.arena);
	arena_free(w->session.spare);
	arena_free(w->keep);
}

static size_t threads_of(const struct options *o, size_t devices)
{
	size_t n = o->threads > 0 ? o->threads : o->connections > 0 ?
		o->connections : THREADS_DEFAULT;

	if (n > 1024)
		n = 1024;
	return n < devices ? n : devices;
}

static int start(struct worker *w, size_t n, size_t *started, struct err *e)
{
	pthread_attr_t attr;
	int rc = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	while (*started < n && rc == 0) {
		rc = pthread_create(&w[*started].thread, &attr, work,
			&w[*started]);
		*started += rc == 0;
	}
	pthread_attr_destroy(&attr);
	if (rc != 0)
		return err_errno(e, ERR_INTERNAL, rc, "thread %zu",
			*started + 1);
	return 0;
}

static int run_workers(struct worker *w, size_t n, struct err *e)
{
	size_t started = 0;
	int rc = start(w, n, &started, e);

	if (rc != 0)
		fleet_stop();
	for (size_t i = 0; i < started; i++)
		pthread_join(w[i].thread, NULL);
	for (size_t i = 0; i < started && rc == 0; i++)
		if (w[i].failure.kind != ERR_NONE) {
			*e = w[i].failure;
			rc = -1;
		}
	return rc;
}

static void sum_up(const struct worker *w, size_t n,
	const unsigned char *worst, size_t devices, struct fleet_report *out)
{
	for (size_t i = 0; i < n; i++)
		stats_add(&out->stats, &w[i].session.stats);
	for (size_t i = 0; i < devices; i++)
		out->outcome[worst[i]]++;
}

int fleet_run(const struct options *o, struct devfile_list *devices,
	struct fleet_report *out, struct err *e)
{
	size_t n = threads_of(o, devices->n);
	size_t pool = o->connections > 0 ? o->connections : n;
	struct fetch_options f = { .http = o->http2 ? FETCH_HTTP2 : FETCH_HTTP1,
		.connect_ms = (unsigned)o->timeout * 1000,
		.total_ms = (unsigned)o->timeout * 1000,
		.max_connections = (unsigned)((pool + n - 1) / n) };
	struct worker *w = calloc(n, sizeof(*w));
	unsigned char *worst = calloc(devices->n, 1);
	int rc = 0;

	if (w == NULL || worst == NULL)
		abort();
	memset(out, 0, sizeof(*out));
	if (pipe2(stop_pipe, O_CLOEXEC) != 0)
		rc = err_errno(e, ERR_INTERNAL, errno, "pipe");
	for (size_t i = 0; i < n; i++) {
		w[i] = (struct worker){ .o = o, .devices = devices,
			.first = i, .step = n, .worst = worst,
			.start_us = clk_mono_us() };
		if (rc == 0)
			rc = worker_init(&w[i], &f, e);
	}
	if (rc == 0) {
		int64_t start_us = clk_mono_us();

		rc = run_workers(w, n, e);
		out->elapsed_us = (uint64_t)(clk_mono_us() - start_us);
		sum_up(w, n, worst, devices->n, out);
	}
	for (size_t i = 0; i < n; i++)
		worker_fini(&w[i]);
	free(w);
	free(worst);
	return rc;
}
