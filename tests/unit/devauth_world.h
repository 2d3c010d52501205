#ifndef MOORING_TESTS_DEVAUTH_WORLD_H
#define MOORING_TESTS_DEVAUTH_WORLD_H

#include "auth/devauth.h"
#include "auth_store.h"
#include "crypto_data.h"

/* A store, a bundle and a devauth for each test, all sources on. Faults end
 * the test. Include after cmocka.h. */
static struct auth_store store;
static struct arena *a;
static struct devauth *da;
static struct conf conf;
static struct err e;
static char bundle[96];
static int64_t now;

static inline void write_bundle(const char *names)
{
	char *text = arena_strdup(a, ""), *list = arena_strdup(a, names), *save;

	for (char *s = strtok_r(list, " ", &save); s; s = strtok_r(NULL, " ", &save))
		text = arena_printf(a, "%s%s", text, data_pem(a, s));
	if (file_write(bundle, bytes_str(text), 0644, &e) < 0)
		fail_msg("%s", e.msg);
}

static inline int setup(void **state)
{
	(void)state;
	a = arena_new();
	now = DATA_NOW;
	memset(&conf, 0, sizeof(conf));
	conf.identity[0] = CONF_SRC_SIGNATURE;
	conf.identity[1] = CONF_SRC_TLS;
	conf.identity[2] = CONF_SRC_HEADER;
	conf.trusted_proxy = "192.0.2.0/24";
	auth_store_open(&store);
	snprintf(bundle, sizeof(bundle), "%s/bundle.pem", store.dir);
	write_bundle("ca ca-ec");
	return devauth_open(bundle, &da, &e);
}

static inline int teardown(void **state)
{
	(void)state;
	devauth_close(da);
	arena_free(a);
	return auth_store_close(&store);
}

static inline struct request request(void)
{
	return (struct request){ .arena = a, .now = now, .body = data_file(a, "body"),
		.remote_addr = "192.0.2.9" };
}

static inline int identify(const struct request *rq, struct identity *who)
{
	return devauth_identify(da, store.st, &conf, rq, who, &e);
}

static inline int by_tls(const char *name)
{
	struct request rq = request();
	struct identity who;

	rq.tls_cert = data_pem(a, name);
	rq.tls_verify = "SUCCESS";
	return identify(&rq, &who);
}

#endif
