#ifndef MOORING_STORE_LMDB_LMDB_LOCK_H
#define MOORING_STORE_LMDB_LMDB_LOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * DIR/store/schema.lock: who has the store open, and whether the last one
 * closed it. POSIX record locks, which name their holder: byte 1 is the
 * door (held while opening and closing), byte 16 + pid is held shared by
 * each process that has the store open; all of those bytes exclusively is
 * to have the store alone. The file says "open" from the first write on
 * until the last process closes.
 *
 * Once per process and folder: closing any descriptor of a file drops all
 * of a process's record locks on it.
 */
struct lmdb_lock {
	int fd;			/* -1: none */
	dev_t dev;		/* of the folder: the claim in this process */
	ino_t ino;
	bool alone;		/* nobody else had it open when we came */
	bool unclean;		/* alone, and the last one did not close it */
	bool marked;		/* the file says "open" for us, durably */
};

/* Comes through the door and holds it. ERR_CONFLICT when this process has
 * the store open already. */
int lmdb_lock_open(const char *dir, struct lmdb_lock *l, struct err *e);
/* Closes the door behind us; the store stays open. */
int lmdb_lock_enter(struct lmdb_lock *l, struct err *e);
/* ERR_CONFLICT names those who have the store open. */
int lmdb_lock_need_alone(const struct lmdb_lock *l, struct err *e);
/* Before the first write. */
int lmdb_lock_mark(struct lmdb_lock *l, struct err *e);
/* clean: what we wrote is durable. */
void lmdb_lock_close(struct lmdb_lock *l, bool clean);

#endif
