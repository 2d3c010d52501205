#ifndef MOORING_COURIER_LEAD_H
#define MOORING_COURIER_LEAD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

/*
 * Of several couriers of one DIR the one that leads: it holds
 * DIR/run/courier.lock, sweeps, and is the one that courier_wake reaches, at
 * DIR/run/courier.sock. When it ends, however it ends, another takes over.
 */
struct lead {
	const char *lock_path, *socket_path, *once_path;
	int lock, socket;	/* -1: not open */
};
void lead_init(struct lead *l, const char *dir, struct arena *a);
/* *leads: whether we do, by now. -1: the lock cannot be had, or we lead and
 * cannot be woken. */
int lead_try(struct lead *l, bool *leads, struct err *e);
/* Takes what woke us, all of it. */
void lead_drain(struct lead *l);
/* Notes, for health, that all was done by now: for one that runs again and
 * again, and holds no lock in between. */
int lead_note(const struct lead *l, struct err *e);
void lead_fini(struct lead *l);

#endif
