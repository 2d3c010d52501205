#ifndef MOORING_BASE_OWNER_H
#define MOORING_BASE_OWNER_H

#include <sys/types.h>

#include "base/err.h"

/* Root becomes somebody else for good: supplementary groups, group and user
 * are set and read back. gid is used when the account has no entry in the
 * user database. Does nothing when uid is the effective user already. */
int owner_become(uid_t uid, gid_t gid, struct err *e);
/* As root: becomes the owner of dir, before anything in it is opened.
 * Otherwise does nothing. ERR_NOT_FOUND when dir is not there. */
int owner_become_of(const char *dir, struct err *e);

#endif
