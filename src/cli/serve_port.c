/* Ports of the two listeners: free, held by whom, answering. Linux's /proc. */
#include "cli/serve_port.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

#define STATE_LISTEN 0x0a
#define PROC_MAX (16u << 20)

bool serve_port_parse(const char *listen, struct sockaddr_storage *out,
	socklen_t *len)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	const char *colon = strrchr(listen, ':');
	char host[64];
	uint64_t port;
	size_t n;

	if (colon == NULL || !str_u64(colon + 1, 1, 65535, &port))
		return false;
	n = (size_t)(colon - listen);
	if (n == 0 || n >= sizeof(host))
		return false;
	memcpy(host, listen, n);
	host[n] = '\0';
	memset(out, 0, sizeof(*out));
	if (host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = '\0';
		in6.sin6_port = htons((uint16_t)port);
		memcpy(out, &in6, *len = sizeof(in6));
		return inet_pton(AF_INET6, host + 1,
			&((struct sockaddr_in6 *)out)->sin6_addr) == 1;
	}
	in.sin_port = htons((uint16_t)port);
	memcpy(out, &in, *len = sizeof(in));
	return inet_pton(AF_INET, host,
		&((struct sockaddr_in *)out)->sin_addr) == 1;
}

/* The listening socket's inode and owner from one table of /proc/net. */
static bool find_listener(const char *table, unsigned port, struct arena *a,
	unsigned long *inode, unsigned *uid)
{
	struct bytes text;
	struct err e = ERR_INIT;
	char *save, *line;

	if (file_read(table, PROC_MAX, a, &text, &e) < 0 || text.p == NULL)
		return false;
	for (line = strtok_r(arena_str(a, text), "\n", &save); line != NULL;
		line = strtok_r(NULL, "\n", &save)) {
		unsigned p, state;

		if (sscanf(line, "%*u: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x "
			"%*x:%*x %*x:%*x %*x %u %*u %lu", &p, &state, uid,
			inode) == 4 && p == port && state == STATE_LISTEN)
			return true;
	}
	return false;
}

static bool holds(const char *pid, const char *socket_name)
{
	char path[300], link[64];
	struct dirent *d;
	bool found = false;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	fds = opendir(path);
	if (fds == NULL)
		return false;
	while (!found && (d = readdir(fds)) != NULL) {
		ssize_t n = readlinkat(dirfd(fds), d->d_name, link,
			sizeof(link) - 1);

		if (n <= 0)
			continue;
		link[n] = '\0';
		found = str_eq(link, socket_name);
	}
	closedir(fds);
	return found;
}

/* "lighttpd (process 4711)", or NULL where this user may not see it. */
static const char *find_process(unsigned long inode, struct arena *a)
{
	char *name = arena_printf(a, "socket:[%lu]", inode);
	const char *out = NULL;
	struct dirent *d;
	DIR *proc = opendir("/proc");

	if (proc == NULL)
		return NULL;
	while (out == NULL && (d = readdir(proc)) != NULL) {
		if (strspn(d->d_name, "0123456789") != strlen(d->d_name)
			|| !holds(d->d_name, name))
			continue;
		out = file_process(a, strtol(d->d_name, NULL, 10));
	}
	closedir(proc);
	return out;
}

static const char *holder(unsigned port, struct arena *a)
{
	unsigned long inode;
	const char *process;
	struct passwd *pw;
	unsigned uid;

	if (!find_listener("/proc/net/tcp", port, a, &inode, &uid)
		&& !find_listener("/proc/net/tcp6", port, a, &inode, &uid))
		return "a process that cannot be seen from here";
	process = find_process(inode, a);
	if (process != NULL)
		return process;
	pw = getpwuid(uid);
	return arena_printf(a, "a process of user %s", pw != NULL
		? pw->pw_name : arena_printf(a, "%u", uid));
}

int serve_port_free(const char *listen, struct arena *a, struct err *e)
{
	struct sockaddr_storage sa;
	socklen_t len;
	int fd, rc, one = 1;

	if (!serve_port_parse(listen, &sa, &len))
		return err_set(e, ERR_BAD_INPUT, "\"%s\" is not ADDRESS:PORT "
			"(a number, as in 127.0.0.1:8443 or [::1]:8443)",
			listen);
	fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(e, ERR_INTERNAL, errno, "%s", listen);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (sa.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	rc = bind(fd, (struct sockaddr *)&sa, len);
	if (rc < 0 && errno == EADDRINUSE) {
		unsigned port = (unsigned)strtoul(strrchr(listen, ':') + 1,
			NULL, 10);

		err_set(e, ERR_CONFLICT, "%s: port %u is in use by %s",
			listen, port, holder(port, a));
	} else if (rc < 0) {
		err_errno(e, ERR_BAD_INPUT, errno, "%s", listen);
	}
	close(fd);
	return rc;
}

bool serve_port_accepts(const char *listen)
{
	struct sockaddr_storage sa;
	socklen_t len;
	bool ok;
	int fd;

	if (!serve_port_parse(listen, &sa, &len))
		return false;
	fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	ok = connect(fd, (struct sockaddr *)&sa, len) == 0;
	close(fd);
	return ok;
}
