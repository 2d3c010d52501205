#ifndef MOORING_WEB_BACKEND_H
#define MOORING_WEB_BACKEND_H

#include <stdbool.h>

#include "auth/adminauth.h"
#include "auth/devauth.h"
#include "auth/throttle.h"
#include "conf/conf.h"
#include "enroll/apple_ca.h"
#include "push/pusher.h"
#include "store/store.h"

/*
 * What the routes of a program stand on: key ring, store and trusted device
 * CAs of DIR. What does not open is tried again, at most once a second, when
 * somebody asks. Safe from several threads.
 */
struct backend;

/* cgi: the process ends after one request, so nothing waits in memory.
 * pushes: it has a pusher, from when the store is open. */
struct backend *backend_new(bool cgi, bool pushes);
/* Closes what is open; nobody may use it any more. */
void backend_free(struct backend *b);

/* -1: ERR_BUSY, with the reason. mono_us: clk_mono_us. */
int backend_get(struct backend *b, const struct conf *conf, int64_t now,
	int64_t mono_us, struct store **st, struct devauth **da,
	struct err *e);
/* NULL while it is not open; opens nothing. */
struct store *backend_store(struct backend *b);
/* What this process knows of its callers; always there. */
struct adminauth *backend_adminauth(struct backend *b);
/* Of those that need no token: wrong links, wrong passwords; always there. */
struct throttle *backend_throttle(struct backend *b);
/* Apple's device CAs; always there. */
struct apple_ca *backend_apple_ca(struct backend *b);
/* NULL: it has none. After a backend_get that went well. */
struct pusher *backend_pusher(struct backend *b);

#endif
