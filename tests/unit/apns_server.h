#ifndef MOORING_TESTS_APNS_SERVER_H
#define MOORING_TESTS_APNS_SERVER_H

#include <stdint.h>

#include "base/arena.h"

/*
 * tests/e2e/apns.py as a process beside the test: HTTP/2, client
 * certificates required, answers by rules.
 */
struct apns_server {
	int pid, in;		/* it lives until `in` is closed */
	char url[64], ca_file[128], control[64];
};
extern struct apns_server apns_server;

int apns_server_start(void **state);	/* cmocka's setup and teardown */
int apns_server_stop(void **state);

/* Calls a method of Apns with a JSON object of arguments (NULL: none); fails
 * the test when it cannot. The answer's text. */
char *apns_server_call(const char *method, const char *args, struct arena *a);
/* A number of Apns.stats. */
int64_t apns_server_stat(const char *name);
/* A push certificate and its key, in one PEM. */
char *apns_server_cert(const char *topic, struct arena *a);

#endif
