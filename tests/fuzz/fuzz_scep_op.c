/* A whole PKIOperation, with a store and the CA that the corpus is for; the
 * challenge of its requests is the static one, so that the good ones get their
 * certificate. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/op.h"
#include "admin/op_init.h"
#include "base/file.h"
#include "base/log.h"
#include "crypto/scep_cms.h"
#include "scep/scep_op.h"
#include "scep_cms_key.h"
#include "store/store.h"

#define NOW 1800000000	/* 2027 */

static char dir[64];
static struct arena *kept;
static struct op op;
static struct conf *conf;

static void ok(int rc, const struct err *e)
{
	if (rc < 0) {
		fprintf(stderr, "%s\n", e->msg);
		abort();
	}
}

static void quiet(enum op_init_did did, const char *path, const char *text,
	void *arg)
{
	(void)did;
	(void)path;
	(void)text;
	(void)arg;
}

static void put(const char *name, const char *text)
{
	struct err e = ERR_INIT;

	ok(file_write(file_path(kept, dir, name), bytes_str(text), 0600, &e),
		&e);
}

static void clean(void)
{
	char cmd[128];

	arena_free(kept);
	snprintf(cmd, sizeof(cmd), "rm -rf '%.*s'", (int)strlen(dir) - 2, dir);
	if (system(cmd) != 0)
		fprintf(stderr, "%s is left\n", dir);
}

static void load(void)
{
	struct op_init in = { .url = "https://mdm.example.com", .dir = dir,
		.now = NOW };
	struct err e = ERR_INIT;

	if (kept != NULL)
		return;
	kept = arena_new();
	log_set_level(LOG_WARN);
	strcpy(dir, "/tmp/mooring-fuzz-XXXXXX");
	if (mkdtemp(dir) == NULL)
		abort();
	strcat(dir, "/d");
	atexit(clean);
	ok(op_init(&in, quiet, NULL, &e), &e);
	put("pki/device-ca.pem", ca_cert_pem);
	put("pki/device-ca.bundle.pem", ca_cert_pem);
	put("pki/device-ca.key", ca_key_pem);
	put("mooring.conf", "url = https://mdm.example.com\n"
		"scep_challenge = Secret-1\nidentity_key_min = 1024\n");
	ok(op_open(dir, "cli:fuzz", NOW, kept, &op, &e), &e);
	ok(conf_load(dir, kept, &conf, &e), &e);
}

static void check(const struct scep_done *d, struct bytes out, struct arena *a)
{
	struct err e = ERR_INIT;
	enum scep_fail fail;
	struct scep_cms m;

	ok(scep_cms_read(out, a, &m, &fail, &e), &e);
	if (m.type != SCEP_CERT_REP || !str_eq(m.transaction, d->transaction))
		abort();
	if ((m.status == SCEP_FAILURE) != (d->refused != NULL))
		abort();
	if (d->refused != NULL ? d->serial != NULL || d->refused[0] == '\0' :
		d->type == NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	struct scep_done done;
	struct bytes out;
	struct scep_context cx;

	load();
	cx = (struct scep_context){ .store = op.store, .conf = conf,
		.now = NOW, .arena = a };
	if (scep_pki_operation(&cx, bytes_of(data, size), &out, &done, &e) == 0)
		check(&done, out, a);
	else if (e.kind != ERR_BAD_INPUT || e.msg[0] == '\0')
		abort();
	arena_free(a);
	return 0;
}
