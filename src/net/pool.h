#ifndef MOORING_NET_POOL_H
#define MOORING_NET_POOL_H

#include <curl/curl.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Connections that stay open and are shared by exchanges: a multi handle of
 * libcurl. For fetch_many alone, which has one in use, and others while
 * exchanges end on connections that were forgotten.
 */
struct pool {
	struct pool *next;
	CURLM *multi;
	size_t active;		/* exchanges */
	int64_t answered_us;	/* the last answer; 0: none yet */
	CURL *tend;
	int64_t tended_us;
};

/* streams: at a time on one HTTP/2 connection. */
struct pool *pool_new(unsigned connections_per_host, unsigned streams);
void pool_free(struct pool *p);
/* To be called often: now and then it closes idle connections that are dead
 * or older than idle_seconds, and answers the PINGs of others. */
void pool_tend(struct pool *p, unsigned idle_seconds);

#endif
