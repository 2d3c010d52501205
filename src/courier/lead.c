/* One lock and one socket. What leading means is known elsewhere. */
#include "courier/lead.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"

void lead_init(struct lead *l, const char *dir, struct arena *a)
{
	*l = (struct lead){ .lock = -1, .socket = -1 };
	l->lock_path = file_path(a, dir, "run/courier.lock");
	l->socket_path = file_path(a, dir, "run/courier.sock");
	l->once_path = file_path(a, dir, "run/courier.once");
}

/* Only who holds the lock may replace what is at the path. */
static int listen_at(struct lead *l, struct err *e)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	mode_t old;
	int rc;

	if (strlen(l->socket_path) >= sizeof(un.sun_path))
		return err_set(e, ERR_BAD_INPUT, "%s: too long for a socket: "
			"new work waits up to 5 s", l->socket_path);
	memcpy(un.sun_path, l->socket_path, strlen(l->socket_path) + 1);
	if (unlink(l->socket_path) < 0 && errno != ENOENT)
		return err_errno(e, ERR_INTERNAL, errno, "%s", l->socket_path);
	l->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		0);
	if (l->socket < 0)
		return err_errno(e, ERR_INTERNAL, errno, "socket");
	old = umask(0177);
	rc = bind(l->socket, (struct sockaddr *)&un, sizeof(un));
	umask(old);
	if (rc == 0)
		return 0;
	err_errno(e, ERR_INTERNAL, errno, "%s", l->socket_path);
	close(l->socket);
	l->socket = -1;
	return -1;
}

int lead_try(struct lead *l, bool *leads, struct err *e)
{
	int fd;

	*leads = l->lock >= 0;
	if (*leads)
		return 0;
	fd = open(l->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(e, ERR_INTERNAL, errno, "%s", l->lock_path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return 0;
	}
	l->lock = fd;
	*leads = true;
	return listen_at(l, e);
}

void lead_drain(struct lead *l)
{
	char buf[16];

	while (recv(l->socket, buf, sizeof(buf), 0) >= 0)
		;
}

int lead_note(const struct lead *l, struct err *e)
{
	int fd = open(l->once_path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		0600);
	int rc = fd < 0 ? -1 : futimens(fd, NULL);

	if (rc < 0)
		err_errno(e, ERR_INTERNAL, errno, "%s", l->once_path);
	if (fd >= 0)
		close(fd);
	return rc;
}

void lead_fini(struct lead *l)
{
	if (l->socket >= 0) {
		unlink(l->socket_path);
		close(l->socket);
	}
	if (l->lock >= 0)
		close(l->lock);
	l->socket = l->lock = -1;
}
