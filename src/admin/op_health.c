/* Health: what keeps this server from its work, and what soon will. Only the
 * store, without which nothing works, is a failure; all else is a warning. */
#include "admin/op_health.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

#include "admin/op_figures.h"
#include "admin/op_health_parts.h"
#include "base/file.h"
#include "crypto/cert.h"
#include "store/store_push.h"

#define DAY 86400
#define CERT_DAYS 30
#define EVENT_SECONDS 900
#define PUSH_SECONDS 300
#define DISK_LEAST ((uint64_t)1 << 20)
#define ITEMS 12
#define TEXT_MAX 300

void health_item(struct look *l, const char *name, enum op_health_level level,
	uint64_t value, const char *text)
{
	struct op_health *h = l->out;

	h->list[h->n++] = (struct op_health_item){ name, level,
		op_line(bytes_str(text), TEXT_MAX, l->a), value };
	if (level > h->level)
		h->level = level;
}

/* ---- room ---- */

static const char *free_text(struct look *l, uint64_t free_bytes,
	uint64_t all)
{
	return arena_printf(l->a, "%llu MiB of %llu MiB are free (%u %%)",
		(unsigned long long)(free_bytes >> 20),
		(unsigned long long)(all >> 20),
		all == 0 ? 0 : (unsigned)((double)free_bytes * 100 /
		(double)all));
}

static enum op_health_level free_level(uint64_t free_bytes, uint64_t all,
	uint64_t least)
{
	if (free_bytes <= least)
		return HEALTH_FAIL;
	return free_bytes < all / 10 ? HEALTH_WARN : HEALTH_OK;
}

static void look_map(struct look *l, const struct store_info *i)
{
	uint64_t left = i->map_size > i->used_bytes ?
		i->map_size - i->used_bytes : 0;

	health_item(l, "map", free_level(left, i->map_size, i->kept_bytes), left,
		free_text(l, left, i->map_size));
}

static void look_disk(struct look *l)
{
	const char *dir = file_path(l->a, l->op->conf->dir, "store");
	uint64_t left, all;
	struct statvfs fs;

	if (statvfs(dir, &fs) < 0) {
		health_item(l, "disk", HEALTH_WARN, 0, arena_printf(l->a,
			"not known: %s", strerror(errno)));
		return;
	}
	left = (uint64_t)fs.f_bavail * fs.f_frsize;
	all = (uint64_t)fs.f_blocks * fs.f_frsize;
	if (fs.f_flag & ST_RDONLY)
		health_item(l, "disk", HEALTH_FAIL, left, "it is read-only");
	else
		health_item(l, "disk", free_level(left, all, DISK_LEAST), left,
			free_text(l, left, all));
}

/* ---- the store ---- */

static void look_store(struct look *l, const struct store_info *i,
	const struct err *why)
{
	const char *data = file_path(l->a, l->op->conf->dir,
		"store/data.mdb");

	if (why != NULL)
		health_item(l, "store", HEALTH_FAIL, 0, arena_printf(l->a,
			"closed: %s", why->msg));
	else if (access(data, W_OK) < 0)
		health_item(l, "store", HEALTH_FAIL, 0, arena_printf(l->a,
			"not writable: %s", strerror(errno)));
	else
		health_item(l, "store", HEALTH_OK, i->used_bytes, "open");
}

/* What only an open store could tell. */
static void unknown(struct look *l, const char *name)
{
	health_item(l, name, HEALTH_WARN, 0, "not known: the store is closed");
}

/* ---- the courier ---- */

/* Somebody hears what is sent there. */
static bool is_heard(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	bool heard = false;
	int fd;

	if (strlen(path) >= sizeof(un.sun_path))
		return false;
	memcpy(un.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		heard = connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0;
		close(fd);
	}
	return heard;
}

static bool is_locked(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 &&
		errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return held;
}

#define ONCE_SECONDS 180

/* How long ago one that cron runs was done; -1: not lately. */
static int64_t once_ago(const char *path, int64_t now)
{
	struct stat sb;
	int64_t ago = stat(path, &sb) < 0 ? -1 : now - (int64_t)sb.st_mtime;

	return ago <= ONCE_SECONDS ? ago : -1;
}

/* It holds the lock while it runs. Trying that would keep out, for an instant,
 * one that starts, so the lock is tried only where nobody listens. */
static void look_courier(struct look *l)
{
	const char *dir = l->op->conf->dir;
	bool held = is_heard(file_path(l->a, dir, "run/courier.sock")) ||
		is_locked(file_path(l->a, dir, "run/courier.lock"));

	int64_t ago = once_ago(file_path(l->a, dir, "run/courier.once"),
		l->op->now);

	if (!held && ago >= 0)
		health_item(l, "courier", HEALTH_OK, 1, arena_printf(l->a,
			"ran %lld s ago, once", (long long)ago));
	else
		health_item(l, "courier", held ? HEALTH_OK : HEALTH_WARN, held,
			held ? "runs" : "does not run: pushes and events wait");
}

static void look_outbox(struct look *l, const struct op_figures *f)
{
	int64_t now = l->op->now, oldest = f->outbox.oldest;
	uint64_t age = oldest > 0 && oldest < now ?
		(uint64_t)(now - oldest) : 0;

	health_item(l, "outbox", age > EVENT_SECONDS ? HEALTH_WARN : HEALTH_OK, age,
		arena_printf(l->a, "%llu deliveries wait, the oldest for %llu "
		"s; %llu are buried", (unsigned long long)f->outbox.waiting,
		(unsigned long long)age,
		(unsigned long long)f->outbox.buried));
}

/* ---- pushes ---- */

struct pushing {
	struct arena *a;
	int64_t due;
	struct push_cert **certs;
	size_t n;
};

static int push_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct pushing *p = arg;

	if (store_push_next_due(tx, &p->due, e) < 0)
		return -1;
	return store_push_cert_list(tx, p->a, &p->certs, &p->n, e);
}

static void look_pushes(struct look *l, const struct op_figures *f,
	const struct pushing *p)
{
	int64_t now = l->op->now;
	uint64_t late = p->due > 0 && p->due < now ?
		(uint64_t)(now - p->due) : 0;

	health_item(l, "pushes", late > PUSH_SECONDS ? HEALTH_WARN : HEALTH_OK, late,
		arena_printf(l->a, "%llu wait, the oldest is %llu s late",
		(unsigned long long)f->counts.pushes,
		(unsigned long long)late));
}

/* A certificate that ends then, as an item. */
void health_expiring(struct look *l, const char *name, int64_t not_after)
{
	int64_t left = not_after - l->op->now;

	if (left < 0)
		health_item(l, name, HEALTH_WARN, 0, "expired");
	else
		health_item(l, name, left <= (int64_t)CERT_DAYS * DAY ? HEALTH_WARN :
			HEALTH_OK, (uint64_t)left, arena_printf(l->a,
			"expires in %lld days", (long long)(left / DAY)));
}

/* The worst of them speaks for all; topics are not named. */
static void look_push_certs(struct look *l, const struct op_figures *f,
	const struct pushing *p)
{
	int64_t first = INT64_MAX;
	unsigned stopped = 0;

	for (size_t i = 0; i < p->n; i++) {
		stopped += p->certs[i]->stopped != 0;
		if (p->certs[i]->not_after < first)
			first = p->certs[i]->not_after;
	}
	if (p->n == 0)
		health_item(l, "push_certificate",
			f->counts.devices[ENROLLMENT_ENABLED] > 0 ?
			HEALTH_WARN : HEALTH_OK, 0, "there is none");
	else if (stopped > 0)
		health_item(l, "push_certificate", HEALTH_WARN, 0,
			"APNs refused one: nothing is pushed for its topic");
	else
		health_expiring(l, "push_certificate", first);
}

static void look_device_ca(struct look *l)
{
	struct err e = ERR_INIT;
	struct bytes pem;
	struct cert *c;

	if (file_read(file_path(l->a, l->op->conf->dir, "pki/device-ca.pem"),
		HEALTH_PEM_MAX, l->a, &pem, &e) == 0 && pem.p == NULL)
		health_item(l, "device_ca", HEALTH_WARN, 0,
			"there is no pki/device-ca.pem");
	else if (e.kind != ERR_NONE || cert_from_pem(pem, l->a, &c, &e) < 0)
		health_item(l, "device_ca", HEALTH_WARN, 0, arena_printf(l->a,
			"cannot be read: %s", e.msg));
	else
		health_expiring(l, "device_ca", cert_not_after(c));
}

static void look_guard(struct look *l, const struct op_figures *f)
{
	const struct store_guard *g = &f->guard.guard;
	const char *why = g->armed_until > l->op->now ?
		arena_printf(l->a, ", since: %s", g->why) :
		g->empty ? ", while nothing is enrolled" : "";

	health_item(l, "guard", f->guard.closed ? HEALTH_WARN : HEALTH_OK,
		g->refused, f->guard.closed ? arena_printf(l->a,
		"closed: a new unknown device gets 503%s", why) : "open");
}

void op_health(const struct op *op, const struct err *closed,
	struct arena *a, struct op_health *out)
{
	struct look l = { op, a, out };
	struct pushing p = { .a = a };
	struct op_figures f;
	struct err e = ERR_INIT;
	const struct err *why = op->store == NULL ? closed : NULL;

	*out = (struct op_health){ .level = HEALTH_OK,
		.list = arena_alloc(a, ITEMS * sizeof(out->list[0])) };
	if (why == NULL && (op_figures(op, a, &f, &e) < 0 ||
		store_read(op->store, push_tx, &p, &e) < 0))
		why = &e;
	look_store(&l, &f.info, why);
	if (why == NULL)
		look_map(&l, &f.info);
	else
		unknown(&l, "map");
	look_disk(&l);
	look_courier(&l);
	if (why == NULL) {
		look_outbox(&l, &f);
		look_pushes(&l, &f, &p);
		look_push_certs(&l, &f, &p);
	} else {
		unknown(&l, "outbox");
		unknown(&l, "pushes");
		unknown(&l, "push_certificate");
	}
	look_device_ca(&l);
	health_look_ade(&l);
	health_look_profile(&l);
	if (why == NULL)
		look_guard(&l, &f);
	else
		unknown(&l, "guard");
	health_look_settings(&l);
}

void op_health_json(struct json *obj, const struct op_health *h)
{
	struct json *checks, *o;

	json_set_str(obj, "status", op_health_name(h->level));
	checks = json_set_array(obj, "checks");
	for (size_t i = 0; i < h->n; i++) {
		o = json_add_object(checks);
		json_set_str(o, "name", h->list[i].name);
		json_set_str(o, "status", op_health_name(h->list[i].level));
		json_set_str(o, "text", h->list[i].text);
		json_set_int(o, "value", (int64_t)h->list[i].value);
	}
}

const char *op_health_name(enum op_health_level level)
{
	static const char *const names[] = {
		[HEALTH_OK] = "ok", [HEALTH_WARN] = "warn",
		[HEALTH_FAIL] = "fail",
	};

	return names[level];
}
