#ifndef MOORING_TESTS_AUTH_STORE_H
#define MOORING_TESTS_AUTH_STORE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store.h"

/* A store in a folder of its own, and one-call transactions. Faults end the
 * test. Include after cmocka.h. */
struct auth_store {
	char dir[64];
	struct seal *seal;
	struct store *st;
};

static inline void auth_store_open(struct auth_store *s)
{
	char key[96], dir[96];
	struct store_options o = { .dir = dir, .map_size = (uint64_t)64 << 20 };
	struct err e = ERR_INIT;

	strcpy(s->dir, "/tmp/mooring-auth-XXXXXX");
	if (mkdtemp(s->dir) == NULL)
		fail_msg("mkdtemp");
	snprintf(key, sizeof(key), "%s/seal.key", s->dir);
	snprintf(dir, sizeof(dir), "%s/store", s->dir);
	if (seal_create(key, &e) < 0 || seal_open(key, &s->seal, &e) < 0)
		fail_msg("%s", e.msg);
	o.seal = s->seal;
	if (store_create(&o, &e) < 0 || store_open(&o, 1, &s->st, &e) < 0)
		fail_msg("%s", e.msg);
}

static inline int auth_store_close(struct auth_store *s)
{
	char cmd[96];

	store_close(s->st);
	seal_close(s->seal);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", s->dir);
	return system(cmd);
}

struct auth_cert_job {
	const unsigned char *sha256;
	struct store_cert cert;
	bool found;
};

static inline int auth_cert_put_fn(struct store_tx *tx, void *arg, struct err *e)
{
	struct auth_cert_job *j = arg;

	return store_cert_put(tx, j->sha256, &j->cert, e);
}

static inline int auth_cert_get_fn(struct store_tx *tx, void *arg, struct err *e)
{
	struct auth_cert_job *j = arg;

	return store_cert_get(tx, j->sha256, &j->found, &j->cert, e);
}

static inline void auth_cert_put(struct auth_store *s, const unsigned char *sha256,
	struct store_cert c)
{
	struct auth_cert_job j = { sha256, c, false };
	struct err e = ERR_INIT;

	if (store_write(s->st, auth_cert_put_fn, &j, &e) < 0)
		fail_msg("%s", e.msg);
}

static inline struct store_cert auth_cert_get(struct auth_store *s,
	const unsigned char *sha256)
{
	struct auth_cert_job j = { .sha256 = sha256 };
	struct err e = ERR_INIT;

	if (store_read(s->st, auth_cert_get_fn, &j, &e) < 0 || !j.found)
		fail_msg("certificate record: %s", e.msg);
	return j.cert;
}

#endif
