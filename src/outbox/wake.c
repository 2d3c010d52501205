/* Waking the courier: a datagram that may get lost, since it looks by itself
 * too. */
#include "outbox/outbox.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void courier_wake(const char *dir)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int n = snprintf(un.sun_path, sizeof(un.sun_path),
		"%s/run/courier.sock", dir);
	int fd;

	if (n < 0 || (size_t)n >= sizeof(un.sun_path))
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, "", 1, MSG_NOSIGNAL, (struct sockaddr *)&un,
		sizeof(un));
	close(fd);
}
