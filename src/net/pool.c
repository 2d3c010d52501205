/* Connections that stay open. What goes over them is fetch_many's. */
#include "net/pool.h"

#include <stdlib.h>

#include "base/clk.h"

#define KEPT_OPEN 64L	/* idle connections, all hosts */
#define TEND_US ((int64_t)20 * 1000000)

struct pool *pool_new(unsigned connections_per_host, unsigned streams)
{
	struct pool *p = calloc(1, sizeof(*p));

	if (p == NULL || (p->multi = curl_multi_init()) == NULL ||
		(p->tend = curl_easy_init()) == NULL)
		abort();
	curl_multi_setopt(p->multi, CURLMOPT_PIPELINING,
		(long)CURLPIPE_MULTIPLEX);
	curl_multi_setopt(p->multi, CURLMOPT_MAX_CONCURRENT_STREAMS,
		(long)streams);
	curl_multi_setopt(p->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
		(long)connections_per_host);
	curl_multi_setopt(p->multi, CURLMOPT_MAXCONNECTS, KEPT_OPEN);
	p->tended_us = clk_mono_us();
	return p;
}

void pool_free(struct pool *p)
{
	curl_easy_cleanup(p->tend);
	curl_multi_cleanup(p->multi);
	free(p);
}

static curl_socket_t no_socket(void *arg, curlsocktype purpose,
	struct curl_sockaddr *address)
{
	(void)arg;
	(void)purpose;
	(void)address;
	return CURL_SOCKET_BAD;
}

/* Before it makes a connection libcurl looks at all that are idle: it drops
 * the old and the dead, and answers PINGs. (curl_easy_upkeep does not reach
 * the connections of a multi handle.) So an exchange is begun that gets no
 * socket. */
void pool_tend(struct pool *p, unsigned idle_seconds)
{
	int64_t now = clk_mono_us(), every = (int64_t)idle_seconds * 500000;
	int running;

	if (now - p->tended_us < (every < TEND_US ? every : TEND_US))
		return;
	p->tended_us = now;
	curl_easy_setopt(p->tend, CURLOPT_URL, "http://127.0.0.1:9/");
	curl_easy_setopt(p->tend, CURLOPT_PROXY, "");
	curl_easy_setopt(p->tend, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(p->tend, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(p->tend, CURLOPT_MAXAGE_CONN, (long)idle_seconds);
	curl_easy_setopt(p->tend, CURLOPT_OPENSOCKETFUNCTION, no_socket);
	if (curl_multi_add_handle(p->multi, p->tend) != CURLM_OK)
		return;
	curl_multi_perform(p->multi, &running);
	curl_multi_remove_handle(p->multi, p->tend);
}
