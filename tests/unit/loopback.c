/* As little HTTP as the tests of the courier need. */
#include "loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct loopback {
	int fd;
	pthread_t thread;
	pthread_mutex_t lock;
	bool stopped;
	char url[64], seen[4096], copy[4096];
	int status, n;
};

static int next_status(struct loopback *l)
{
	int status = 200;

	pthread_mutex_lock(&l->lock);
	if (l->n > 0) {
		l->n--;
		status = l->status;
	}
	pthread_mutex_unlock(&l->lock);
	return status;
}

static void note(struct loopback *l, const char *body)
{
	const char *id = strstr(body, "\"event_id\":\"");
	size_t n;

	if (id == NULL)
		abort();
	id += strlen("\"event_id\":\"");
	n = strcspn(id, "\"");
	pthread_mutex_lock(&l->lock);
	if (strlen(l->seen) + n + 2 > sizeof(l->seen))
		abort();
	if (l->seen[0] != '\0')
		strcat(l->seen, " ");
	strncat(l->seen, id, n);
	pthread_mutex_unlock(&l->lock);
}

static void serve(struct loopback *l, int fd)
{
	char text[8192], reply[128], *body = NULL, *length;
	size_t n = 0, want = 0;
	ssize_t got;

	for (;;) {
		got = recv(fd, text + n, sizeof(text) - 1 - n, 0);
		if (got <= 0)
			return;
		n += (size_t)got;
		text[n] = '\0';
		body = strstr(text, "\r\n\r\n");
		length = strstr(text, "Content-Length: ");
		if (body == NULL || length == NULL)
			continue;
		want = (size_t)(body - text) + 4 +
			strtoul(length + strlen("Content-Length: "), NULL, 10);
		if (n >= want)
			break;
	}
	note(l, body);
	n = (size_t)snprintf(reply, sizeof(reply), "HTTP/1.1 %d Whatever\r\n"
		"Content-Length: 0\r\nConnection: close\r\n\r\n",
		next_status(l));
	(void)!send(fd, reply, n, MSG_NOSIGNAL);
}

static void *run(void *arg)
{
	struct loopback *l = arg;
	int fd;

	while ((fd = accept(l->fd, NULL, NULL)) >= 0) {
		serve(l, fd);
		close(fd);
	}
	return NULL;
}

struct loopback *loopback_open(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t n = sizeof(at);
	struct loopback *l = calloc(1, sizeof(*l));

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || bind(l->fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
		listen(l->fd, 64) < 0 ||
		getsockname(l->fd, (struct sockaddr *)&at, &n) < 0)
		abort();
	snprintf(l->url, sizeof(l->url), "http://127.0.0.1:%d/hook",
		ntohs(at.sin_port));
	pthread_mutex_init(&l->lock, NULL);
	if (pthread_create(&l->thread, NULL, run, l) != 0)
		abort();
	return l;
}

void loopback_stop(struct loopback *l)
{
	if (l->stopped)
		return;
	l->stopped = true;
	shutdown(l->fd, SHUT_RDWR);
	pthread_join(l->thread, NULL);
	close(l->fd);
}

void loopback_close(struct loopback *l)
{
	loopback_stop(l);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

const char *loopback_url(const struct loopback *l)
{
	return l->url;
}

void loopback_answer(struct loopback *l, int status, int n)
{
	pthread_mutex_lock(&l->lock);
	l->status = status;
	l->n = n;
	pthread_mutex_unlock(&l->lock);
}

const char *loopback_seen(struct loopback *l)
{
	pthread_mutex_lock(&l->lock);
	memcpy(l->copy, l->seen, sizeof(l->copy));
	pthread_mutex_unlock(&l->lock);
	return l->copy;
}
