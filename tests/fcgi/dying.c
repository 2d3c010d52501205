/* A worker whose store dies, as LMDB does after MDB_PANIC: while the guard
 * asks it, or in a handler. Store, devauth, adminauth and pusher are played
 * by this file. */
#include <stdlib.h>

#include "auth/adminauth.h"
#include "push/pusher.h"
#include "web/serve.h"

static _Atomic int dead;

int store_open(const struct store_options *o, int64_t now,
	struct store **out, struct err *e)
{
	static int it;

	(void)o;
	(void)now;
	(void)e;
	*out = (struct store *)&it;
	return 0;
}

void store_close(struct store *st)
{
	(void)st;
}

bool store_is_dead(struct store *st)
{
	(void)st;
	return dead != 0;
}

int store_info(struct store *st, struct store_info *out, struct err *e)
{
	(void)st;
	(void)out;
	return err_set(e, ERR_BUSY, "the store failed");
}

struct pusher *pusher_new(struct store *st)
{
	(void)st;
	return NULL;
}

void pusher_free(struct pusher *p)
{
	(void)p;
}

int devauth_open(const char *bundle, struct devauth **out, struct err *e)
{
	static int it;

	(void)bundle;
	(void)e;
	*out = (struct devauth *)&it;
	return 0;
}

void devauth_close(struct devauth *da)
{
	(void)da;
}

int devauth_identify(struct devauth *da, struct store *st,
	const struct conf *conf, const struct request *rq,
	struct identity *out, struct err *e)
{
	(void)da;
	(void)st;
	(void)conf;
	(void)out;
	if (!str_eq(rq->path, "/in/guard"))
		return 0;
	dead = 1;
	return err_set(e, ERR_BUSY, "the store failed");
}

struct adminauth *adminauth_new(void)
{
	return NULL;
}

void adminauth_free(struct adminauth *aa)
{
	(void)aa;
}

int adminauth_identify(struct adminauth *aa, struct store *st,
	const struct request *rq, enum token_scope needed,
	struct token **out, struct adminauth_refusal *r, struct err *e)
{
	(void)aa;
	(void)st;
	(void)rq;
	(void)needed;
	(void)out;
	(void)r;
	return err_set(e, ERR_INTERNAL, "no route asks for a token");
}

static void handler(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct err e = ERR_INIT;

	(void)log;
	if (!str_eq(call->rq->path, "/in/handler"))
		return;
	dead = 1;
	err_set(&e, ERR_BUSY, "the store failed");
	web_fail(call, rp, &e, NULL);
}

int main(void)
{
	static const struct web_target target = { GUARD_DEVICE, handler };
	static const struct route routes[] = { { "/in/*", 0, &target } };
	static const struct web_program program = {
		.name = "dying", .device_routes = true,
		.routes = routes, .n_routes = 1,
	};

	return web_main(&program);
}
