#ifndef MOORING_TESTS_HTTP_SERVER_H
#define MOORING_TESTS_HTTP_SERVER_H

#include "base/arena.h"

/*
 * A small HTTP/1.1 server in this process for what sends requests. Paths:
 * /redirect (307 to /echo), /big (5,000 bytes), /headers (300 of them),
 * /hang (never answers), /garbage, /drop (closes), /503, /last (closes
 * after its answer); anything else is 200 "hello".
 */
extern char http_server_base[64];	/* http://127.0.0.1:PORT */

int http_server_start(void **state);	/* cmocka's setup and teardown */
int http_server_stop(void **state);
/* The last request, whole. */
char *http_server_last(struct arena *a);
/* Accepted so far. */
int http_server_connections(void);

#endif
