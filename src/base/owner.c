/* Who a tool is when it is started as root. Not a sandbox: the point is
 * that nothing in DIR ever belongs to root by accident. */
#include "base/owner.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_now(uid_t uid, gid_t gid)
{
	uid_t r, eff, saved;
	gid_t rg, eg, sg;

	return getresuid(&r, &eff, &saved) == 0 && r == uid && eff == uid &&
		saved == uid && getresgid(&rg, &eg, &sg) == 0 && rg == gid &&
		eg == gid && sg == gid;
}

int owner_become(uid_t uid, gid_t gid, struct err *e)
{
	struct passwd *pw;

	if (uid == geteuid())
		return 0;
	pw = getpwuid(uid);
	if (pw != NULL)
		gid = pw->pw_gid;
	if ((pw != NULL ? initgroups(pw->pw_name, gid) : setgroups(0, NULL)) < 0 ||
		setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return err_errno(e, ERR_FORBIDDEN, errno,
			"cannot become user %lu", (unsigned long)uid);
	/* Whoever could come back as root has not left it. */
	if (!is_now(uid, gid) || setuid(0) == 0)
		return err_set(e, ERR_INTERNAL,
			"became user %lu only in part", (unsigned long)uid);
	return 0;
}

int owner_become_of(const char *dir, struct err *e)
{
	struct stat sb;

	if (stat(dir, &sb) < 0)
		return err_errno(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_INTERNAL,
			errno, "%s", dir);
	if (!S_ISDIR(sb.st_mode))
		return err_set(e, ERR_CONFLICT, "%s: is not a folder", dir);
	return geteuid() == 0 ? owner_become(sb.st_uid, sb.st_gid, e) : 0;
}
