/* The threads of a FastCGI program, or the one request of a CGI program.
 *
 * libfcgi's accept and read give up when a signal arrives, so no thread is
 * ever signalled: an idle one waits in poll(2) for work or for the end, and
 * calls libfcgi only when there is something to read. For that the listening
 * socket is non-blocking: two threads may see the same connection. */
#include "http/fcgi.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clk.h"
#include "base/log.h"
#include "base/rnd.h"
#include "http/fcgi_request.h"

#define LISTEN_FD 0
#define KEEP_BODY ((size_t)256 << 10)	/* memory kept between requests */
#define DRAIN_US 5000000	/* for connections that nobody accepted yet */
#define ERROR_PAUSE_MS 100
#define CGI_WASTE ((size_t)64 << 20)

extern char **environ;

static struct {
	bool cgi;
	sigset_t signals;
	int end[2];		/* a pipe, closed for writing at the end */
	_Atomic int64_t ended_us;	/* 0: serving */
	_Atomic uint64_t next_id;
	pthread_mutex_t turn;	/* one idle thread watches the socket */
} fcgi = { .end = { -1, -1 }, .turn = PTHREAD_MUTEX_INITIALIZER };

int fcgi_init(struct err *e)
{
	uint64_t id;

	sigemptyset(&fcgi.signals);
	sigaddset(&fcgi.signals, SIGTERM);
	sigaddset(&fcgi.signals, SIGUSR1);
	sigaddset(&fcgi.signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &fcgi.signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	rnd_bytes(&id, sizeof(id));
	fcgi.next_id = id;
	if (FCGX_Init() != 0)
		return err_set(e, ERR_INTERNAL, "libfcgi does not start");
	fcgi.cgi = FCGX_IsCGI();
	return 0;
}

bool fcgi_is_cgi(void)
{
	return fcgi.cgi;
}

void fcgi_stop(void)
{
	/* Blocked everywhere: it waits for wait_for_end. */
	if (!fcgi.cgi)
		kill(getpid(), SIGTERM);
}

/* ---- one request, whatever it comes by ---- */

struct stream {
	fcgi_read read;
	void (*write)(void *arg, const void *p, size_t n);
	void (*finish)(void *arg);	/* the reply is complete */
	void *arg;
};

static void serve_one(const struct fcgi_options *o, struct arena *a,
	struct buf *body, char *const *envp, const struct stream *s)
{
	struct request rq = { .arena = a };
	struct reply rp;
	struct bytes head;

	rq.started_us = clk_mono_us();
	rq.now = clk_now();
	rq.id = atomic_fetch_add(&fcgi.next_id, 1);
	fcgi_request_params(&rq, envp);
	fcgi_request_body(&rq, o->max_body(o->arg), body, s->read, s->arg);
	reply_init(&rp);
	o->handler(&rq, &rp, o->arg);
	head = fcgi_reply_head(&rq, &rp);
	s->write(s->arg, head.p, head.n);
	if (rq.method != HTTP_HEAD)
		s->write(s->arg, rp.body.p, rp.body.n);
	s->finish(s->arg);
	if (o->done != NULL)
		o->done(&rq, &rp, o->arg);
	arena_reset(a);
	if (body->cap > KEEP_BODY)
		buf_fini(body);
}

/* ---- plain CGI ---- */

static int cgi_read(void *arg, void *to, int n)
{
	(void)arg;
	return (int)read(STDIN_FILENO, to, (size_t)n);
}

static void cgi_write(void *arg, const void *p, size_t n)
{
	const char *at = p;

	(void)arg;
	while (n > 0) {
		ssize_t done = write(STDOUT_FILENO, at, n);

		if (done < 0)
			return;	/* nobody is there to tell */
		at += done;
		n -= (size_t)done;
	}
}

/* Apache's mod_cgid drops the reply when it cannot write all of the body, so
 * what was too much is read and thrown away, within reason. */
static void cgi_finish(void *arg)
{
	char waste[65536];
	size_t left = CGI_WASTE;
	int n;

	while (left > sizeof(waste)
		&& (n = cgi_read(arg, waste, sizeof(waste))) > 0)
		left -= (size_t)n;
	close(STDOUT_FILENO);
}

static void serve_cgi(const struct fcgi_options *o)
{
	static const struct stream s = { cgi_read, cgi_write, cgi_finish, NULL };
	struct arena *a = arena_new();
	struct buf body;

	buf_init(&body, 0);
	serve_one(o, a, &body, environ, &s);
	buf_fini(&body);
	arena_free(a);
}

/* ---- FastCGI ---- */

static int stream_read(void *arg, void *to, int n)
{
	FCGX_Request *r = arg;
	int got = FCGX_GetStr(to, n, r->in);

	return got == 0 && FCGX_GetError(r->in) != 0 ? -1 : got;
}

static void stream_write(void *arg, const void *p, size_t n)
{
	FCGX_Request *r = arg;

	if (n > 0)
		FCGX_PutStr(p, (int)n, r->out);
}

static void stream_finish(void *arg)
{
	FCGX_Request *r = arg;
	bool unread = !FCGX_HasSeenEOF(r->in);

	FCGX_Finish_r(r);
	/* A kept connection with the rest of a body in it is of no use. */
	if (unread && r->ipcFd >= 0)
		FCGX_Free(r, 1);
}

/* Whether fd has something to read; false at the end. While serving it
 * waits; afterwards it only looks. */
static bool readable(int fd)
{
	struct pollfd fds[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = fcgi.end[0], .events = POLLIN },
	};
	int n;

	do
		n = poll(fds, 2, -1);
	while (n < 0 && errno == EINTR);
	return n > 0 && fds[0].revents != 0;
}

/* Waits for a connection, or for the next request on one that was kept.
 * False when the thread is to end: connections that wait at the socket are
 * served first, for a while. */
static bool wait_for_request(const FCGX_Request *r)
{
	int64_t ended;
	bool ready;

	if (r->ipcFd >= 0)
		return readable(r->ipcFd);
	pthread_mutex_lock(&fcgi.turn);
	ready = readable(LISTEN_FD);
	pthread_mutex_unlock(&fcgi.turn);
	ended = fcgi.ended_us;
	return ready && (ended == 0 || clk_mono_us() - ended < DRAIN_US);
}

static void accept_failed(int rc)
{
	static _Atomic int64_t said;
	struct pollfd end = { .fd = fcgi.end[0], .events = POLLIN };
	int64_t now = clk_now();

	if (atomic_exchange(&said, now) != now)
		log_msg(LOG_ERROR, "fcgi.accept", "%s",
			rc > -9999 ? strerror(-rc) : "unknown error");
	poll(&end, 1, ERROR_PAUSE_MS);
}

static void *run(void *arg)
{
	const struct fcgi_options *o = arg;
	struct arena *a = arena_new();
	FCGX_Request r;
	struct stream s = { stream_read, stream_write, stream_finish, &r };
	struct buf body;
	int rc;

	buf_init(&body, 0);
	FCGX_InitRequest(&r, LISTEN_FD, FCGI_FAIL_ACCEPT_ON_INTR);
	while (wait_for_request(&r)) {
		rc = FCGX_Accept_r(&r);
		if (rc == 0)
			serve_one(o, a, &body, r.envp, &s);
		else if (rc != -EAGAIN && rc != -EWOULDBLOCK)
			accept_failed(rc);
	}
	/* FCGX_Free would wait for the peer of an idle connection to close. */
	if (r.ipcFd >= 0)
		close(r.ipcFd);
	FCGX_Free(&r, 0);
	buf_fini(&body);
	arena_free(a);
	return NULL;
}

static int prepare(struct err *e)
{
	int flags = fcntl(LISTEN_FD, F_GETFL);

	if (flags < 0 || fcntl(LISTEN_FD, F_SETFL, flags | O_NONBLOCK) != 0)
		return err_errno(e, ERR_INTERNAL, errno, "FastCGI socket");
	if (pipe(fcgi.end) != 0)
		return err_errno(e, ERR_INTERNAL, errno, "pipe");
	return 0;
}

static void wait_for_end(const struct fcgi_options *o)
{
	static const struct timespec second = { .tv_sec = 1 };

	while (sigtimedwait(&fcgi.signals, NULL,
		o->tick != NULL ? &second : NULL) < 0)
		if (errno == EAGAIN && o->tick != NULL)
			o->tick(o->arg);
}

int fcgi_serve(const struct fcgi_options *o, struct err *e)
{
	pthread_t *threads;
	unsigned n = 0;
	int rc = 0;

	if (fcgi.cgi) {
		serve_cgi(o);
		return 0;
	}
	if (prepare(e) != 0)
		return -1;
	threads = calloc(o->threads, sizeof(*threads));
	if (threads == NULL)
		abort();
	while (n < o->threads && rc == 0) {
		union { const void *in; void *out; } arg = { .in = o };

		rc = pthread_create(&threads[n], NULL, run, arg.out);
		n += rc == 0;
	}
	if (rc == 0)
		wait_for_end(o);
	fcgi.ended_us = clk_mono_us();
	close(fcgi.end[1]);
	for (unsigned i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	free(threads);
	close(fcgi.end[0]);
	if (rc != 0)
		return err_errno(e, ERR_INTERNAL, rc,
			"thread %u of %u", n + 1, o->threads);
	return 0;
}
