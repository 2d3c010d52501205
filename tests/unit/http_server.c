/* A small HTTP/1.1 server in this process, a thread for each connection: what
 * it answers depends on the path. */
#include "http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 64

struct server {
	int fd, port;
	pthread_t thread;
	pthread_mutex_t lock;
	int conn[CONNECTIONS_MAX];
	pthread_t conn_thread[CONNECTIONS_MAX];
	int nconn;
	char last[8192];	/* the last request, whole */
	bool stop;
};

static struct server srv;
char http_server_base[64];

static void put(int fd, const char *s, size_t n)
{
	while (n > 0) {
		ssize_t w = send(fd, s, n, MSG_NOSIGNAL);

		if (w <= 0)
			return;
		s += w;
		n -= (size_t)w;
	}
}

/* Reads one request into buf; its length, or 0 at the end. */
static size_t get_request(int fd, char *buf, size_t max)
{
	size_t n = 0, want = 0;

	while (n + 1 < max) {
		ssize_t r = recv(fd, buf + n, max - 1 - n, 0);
		char *end, *length;

		if (r <= 0)
			return 0;
		n += (size_t)r;
		buf[n] = '\0';
		end = strstr(buf, "\r\n\r\n");
		if (end == NULL)
			continue;
		length = strcasestr(buf, "\r\nContent-Length: ");
		if (length != NULL && length < end)
			want = strtoul(length + 18, NULL, 10);
		if (n >= (size_t)(end + 4 - buf) + want)
			return n;
	}
	return 0;
}

static bool is_path(const char *request, const char *path)
{
	const char *s = strchr(request, ' ');

	return s != NULL && strncmp(s + 1, path, strlen(path)) == 0 &&
		strchr(" ?", s[1 + strlen(path)]) != NULL;
}

/* False when the connection ends. */
static bool answer(int fd, const char *request)
{
	char out[512];
	int n;

	if (is_path(request, "/redirect")) {
		n = snprintf(out, sizeof(out), "HTTP/1.1 307 Elsewhere\r\n"
			"Location: %s/echo\r\nX-From: first\r\n"
			"Content-Length: 0\r\n\r\n", http_server_base);
	} else if (is_path(request, "/big")) {
		n = snprintf(out, sizeof(out),
			"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
		put(fd, out, (size_t)n);
		for (int i = 0; i < 50; i++)
			put(fd, "0123456789012345678901234567890123456789"
				"012345678901234567890123456789"
				"012345678901234567890123456789", 100);
		return true;
	} else if (is_path(request, "/headers")) {
		put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", 36);
		for (int i = 0; i < 300; i++)
			put(fd, "X-Many: 1\r\n", 11);
		put(fd, "\r\n", 2);
		return true;
	} else if (is_path(request, "/hang")) {
		return true;
	} else if (is_path(request, "/garbage")) {
		put(fd, "hello\r\n", 7);
		return false;
	} else if (is_path(request, "/drop")) {
		return false;
	} else {
		n = snprintf(out, sizeof(out), "HTTP/1.1 %s\r\n"
			"X-Text:  two words \r\nContent-Length: 5\r\n\r\nhello",
			is_path(request, "/503") ? "503 Later" : "200 OK");
	}
	put(fd, out, (size_t)n);
	return !is_path(request, "/last");
}

static void *serve_connection(void *arg)
{
	int fd = *(int *)arg;
	char buf[8192];

	while (get_request(fd, buf, sizeof(buf)) > 0) {
		pthread_mutex_lock(&srv.lock);
		memcpy(srv.last, buf, sizeof(buf));
		pthread_mutex_unlock(&srv.lock);
		if (!answer(fd, buf))
			break;
	}
	shutdown(fd, SHUT_RDWR);
	return NULL;
}

static void *serve(void *arg)
{
	(void)arg;
	for (;;) {
		int fd = accept(srv.fd, NULL, NULL);

		if (fd < 0)
			return NULL;
		pthread_mutex_lock(&srv.lock);
		if (srv.stop || srv.nconn == CONNECTIONS_MAX) {
			pthread_mutex_unlock(&srv.lock);
			close(fd);
			return NULL;
		}
		srv.conn[srv.nconn] = fd;
		pthread_create(&srv.conn_thread[srv.nconn], NULL,
			serve_connection, &srv.conn[srv.nconn]);
		srv.nconn++;
		pthread_mutex_unlock(&srv.lock);
	}
}

int http_server_start(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	pthread_mutex_init(&srv.lock, NULL);
	srv.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(srv.fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
		listen(srv.fd, 64) != 0 ||
		getsockname(srv.fd, (struct sockaddr *)&a, &n) != 0)
		return -1;
	srv.port = ntohs(a.sin_port);
	snprintf(http_server_base, sizeof(http_server_base),
		"http://127.0.0.1:%d", srv.port);
	return pthread_create(&srv.thread, NULL, serve, NULL);
}

int http_server_stop(void **state)
{
	(void)state;
	pthread_mutex_lock(&srv.lock);
	srv.stop = true;
	pthread_mutex_unlock(&srv.lock);
	shutdown(srv.fd, SHUT_RDWR);
	pthread_join(srv.thread, NULL);
	for (int i = 0; i < srv.nconn; i++) {
		shutdown(srv.conn[i], SHUT_RDWR);
		pthread_join(srv.conn_thread[i], NULL);
		close(srv.conn[i]);
	}
	close(srv.fd);
	return 0;
}

char *http_server_last(struct arena *a)
{
	char *s;

	pthread_mutex_lock(&srv.lock);
	s = arena_strdup(a, srv.last);
	pthread_mutex_unlock(&srv.lock);
	return s;
}

int http_server_connections(void)
{
	int n;

	pthread_mutex_lock(&srv.lock);
	n = srv.nconn;
	pthread_mutex_unlock(&srv.lock);
	return n;
}
