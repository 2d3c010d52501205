/* Opening of key ring, store and trust, again and again until it works. */
#include "web/backend.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/log.h"
#include "crypto/seal.h"

#define RETRY_US 1000000

struct backend {
	bool cgi, pushes;
	_Atomic bool ready;	/* the pointers below do not change any more */
	pthread_mutex_t lock;
	struct seal *seal;
	struct store *store;
	struct devauth *devauth;
	struct adminauth *adminauth;
	struct throttle *throttle;
	struct apple_ca *apple_ca;
	struct pusher *pusher;
	bool tried;
	int64_t tried_us;
	struct err why;		/* it did not open */
};

struct backend *backend_new(bool cgi, bool pushes)
{
	struct backend *b = calloc(1, sizeof(*b));

	if (b == NULL)
		abort();
	b->cgi = cgi;
	b->pushes = pushes;
	pthread_mutex_init(&b->lock, NULL);
	b->adminauth = adminauth_new();
	b->throttle = throttle_new();
	b->apple_ca = apple_ca_new();
	return b;
}

void backend_free(struct backend *b)
{
	if (b == NULL)
		return;
	pusher_free(b->pusher);
	if (b->store != NULL)
		store_close(b->store);
	if (b->devauth != NULL)
		devauth_close(b->devauth);
	if (b->seal != NULL)
		seal_close(b->seal);
	adminauth_free(b->adminauth);
	throttle_free(b->throttle);
	apple_ca_free(b->apple_ca);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

static int open_all(struct backend *b, const struct conf *c, int64_t now,
	struct arena *a, struct err *e)
{
	struct store_options o = {
		.dir = file_path(a, c->dir, "store"),
		.map_size = c->map_size,
		.max_deliveries = c->max_deliveries,
		.touch_seconds = b->cgi ? 0 : c->touch_seconds,
		.guard_hours = c->guard_hours,
	};

	if (b->seal == NULL && seal_open(file_path(a, c->dir,
		"secrets/seal.key"), &b->seal, e) != 0)
		return -1;
	if (b->devauth == NULL && devauth_open(file_path(a, c->dir,
		"pki/device-ca.bundle.pem"), &b->devauth, e) != 0)
		return -1;
	o.seal = b->seal;
	if (b->store == NULL && store_open(&o, now, &b->store, e) != 0)
		return -1;
	if (b->pushes && b->pusher == NULL)
		b->pusher = pusher_new(b->store);
	return 0;
}

static void try_open(struct backend *b, const struct conf *conf, int64_t now,
	int64_t mono_us)
{
	struct err before = b->why;
	struct arena *a;

	if (b->tried && mono_us - b->tried_us < RETRY_US)
		return;
	a = arena_new();
	if (open_all(b, conf, now, a, &b->why) == 0)
		b->ready = true;
	arena_free(a);
	/* One line for each reason, not one for each second. */
	if (!b->ready && (!b->tried || !str_eq(before.msg, b->why.msg)))
		log_msg(LOG_ERROR, "store.open", "%s", b->why.msg);
	else if (b->ready && b->tried)
		log_msg(LOG_INFO, "store.open", "the store is open now");
	b->tried = true;
	b->tried_us = mono_us;
}

int backend_get(struct backend *b, const struct conf *conf, int64_t now,
	int64_t mono_us, struct store **st, struct devauth **da, struct err *e)
{
	if (!b->ready) {
		pthread_mutex_lock(&b->lock);
		if (!b->ready)
			try_open(b, conf, now, mono_us);
		*e = b->why;
		pthread_mutex_unlock(&b->lock);
		if (!b->ready) {
			e->kind = ERR_BUSY;
			return -1;
		}
	}
	*st = b->store;
	*da = b->devauth;
	return 0;
}

struct store *backend_store(struct backend *b)
{
	return b->ready ? b->store : NULL;
}

struct adminauth *backend_adminauth(struct backend *b)
{
	return b->adminauth;
}

struct throttle *backend_throttle(struct backend *b)
{
	return b->throttle;
}

struct apple_ca *backend_apple_ca(struct backend *b)
{
	return b->apple_ca;
}

struct pusher *backend_pusher(struct backend *b)
{
	return b->pusher;
}
