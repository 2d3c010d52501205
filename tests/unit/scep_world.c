/* A CA with a store, and clients of SCEP made of our own crypto/. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "scep_world.h"

#include "base/file.h"
#include "crypto/pkey.h"

struct pkey *scep_key[3];
static struct arena *keys;

int scep_setup(void **state)
{
	struct err e = ERR_INIT;

	keys = arena_new();
	for (size_t i = 0; i < 3; i++)
		if (pkey_new_rsa(2048, keys, &scep_key[i], &e) < 0)
			return -1;
	return admin_setup(state);
}

int scep_teardown(void **state)
{
	arena_free(keys);
	return admin_teardown(state);
}

int scep_each(void **state)
{
	struct admin_world *w = *state;

	admin_each(state);
	w->op.now = 1700000000;
	scep_conf(w, "organization = Example\n");
	return 0;
}

struct conf *scep_conf(struct admin_world *w, const char *lines)
{
	struct conf *conf;

	OK(file_write(file_path(w->a, w->dir, "mooring.conf"), bytes_str(
		arena_printf(w->a, "url = https://mdm.example.com:8443\n%s",
			lines)), 0600, &w->err));
	OK(conf_load(w->dir, w->a, &conf, &w->err));
	w->op.conf = conf;
	return conf;
}

struct cert *scep_ca_of(struct admin_world *w)
{
	struct bytes pem;
	struct cert *c;

	OK(file_read(file_path(w->a, w->dir, "pki/device-ca.pem"), 1 << 20,
		w->a, &pem, &w->err));
	OK(cert_from_pem(pem, w->a, &c, &w->err));
	return c;
}

struct cert *scep_self_signed(struct admin_world *w, const struct pkey *k)
{
	struct cert_request rq = { .profile = CERT_DEVICE,
		.common_name = "Temporary", .not_before = w->op.now,
		.not_after = w->op.now + 3600 };
	struct cert *c;

	OK(cert_issue(&rq, k, NULL, k, w->a, &c, &w->err));
	return c;
}

/* ---- asking ---- */

struct bytes scep_message(struct admin_world *w, const struct asking *q)
{
	const struct pkey *key = q->key != NULL ? q->key : scep_key[0];
	const struct pkey *signer = q->signer != NULL ? q->signer : key;
	struct scep_cms_request rq = {
		.type = q->type != 0 ? q->type : SCEP_PKCS_REQ,
		.transaction = q->transaction != NULL ? q->transaction : "T",
		.nonce = "fifteen bytes..", .content = q->content,
		.digest_nid = q->digest, .cipher_nid = q->cipher };
	struct bytes out;

	if (rq.content.p == NULL)
		OK(csr_new(key, "Whatever it likes", q->challenge, w->a,
			&rq.content, &w->err));
	OK(scep_cms_request(&rq, q->to != NULL ? q->to : scep_ca_of(w),
		q->cert != NULL ? q->cert : scep_self_signed(w, signer), signer,
		w->a, &out, &w->err));
	return out;
}

static void read_reply(struct admin_world *w, struct told *t)
{
	unsigned char ours[DIGEST_LEN], theirs[DIGEST_LEN];
	enum scep_fail fail;

	OK(scep_cms_read(t->body, w->a, &t->m, &fail, &w->err));
	assert_int_equal(t->m.type, SCEP_CERT_REP);
	assert_string_equal(t->m.transaction, t->done.transaction);
	cert_sha256(t->m.signer, theirs);
	cert_sha256(scep_ca_of(w), ours);
	assert_memory_equal(ours, theirs, DIGEST_LEN);
	assert_int_equal(t->m.status == SCEP_FAILURE, t->done.refused != NULL);
	assert_int_equal(t->m.envelope.p != NULL, t->m.status == SCEP_SUCCESS);
	assert_null(t->m.fail_text);
}

struct told scep_tell(struct admin_world *w, struct bytes message)
{
	struct scep_context cx = { .store = w->op.store, .conf = w->op.conf,
		.now = w->op.now, .arena = w->a };
	struct told t = { 0 };

	t.rc = scep_pki_operation(&cx, message, &t.body, &t.done, &w->err);
	if (t.rc == 0)
		read_reply(w, &t);
	return t;
}

struct told scep_ask(struct admin_world *w, const struct asking *q)
{
	struct told t = scep_tell(w, scep_message(w, q));

	if (t.rc < 0)
		fail_msg("PKIOperation: %s", w->err.msg);
	assert_int_equal(t.m.recipient_nonce.n, SCEP_NONCE_LEN);
	assert_memory_equal(t.m.recipient_nonce.p, "fifteen bytes..", 16);
	assert_string_equal(t.m.transaction,
		q->transaction != NULL ? q->transaction : "T");
	return t;
}

struct told scep_given(struct admin_world *w, const struct asking *q)
{
	const struct pkey *key = q->key != NULL ? q->key : scep_key[0];
	const struct pkey *signer = q->signer != NULL ? q->signer : key;
	const struct cert *cert = q->cert;
	struct bytes message;
	struct cert **certs;
	struct asking asking = *q;
	struct told t;
	size_t n;

	if (cert == NULL)
		asking.cert = cert = scep_self_signed(w, signer);
	message = scep_message(w, &asking);
	t = scep_tell(w, message);
	if (t.rc < 0)
		fail_msg("PKIOperation: %s", w->err.msg);
	if (t.m.status != SCEP_SUCCESS)
		fail_msg("refused: %s", t.done.refused);
	OK(scep_cms_certs(&t.m, cert, signer, w->a, &certs, &n, &w->err));
	assert_int_equal(n, 1);
	t.cert = certs[0];
	t.der = cert_der(t.cert, w->a);
	assert_string_equal(cert_serial_hex(t.cert, w->a), t.done.serial);
	return t;
}

void scep_refused(struct admin_world *w, const struct asking *q,
	enum scep_fail fail, const char *why)
{
	uint64_t before;
	struct told t;

	before = scep_writes(w);
	t = scep_ask(w, q);
	assert_int_equal(t.m.status, SCEP_FAILURE);
	if (strstr(t.done.refused, why) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", why, t.done.refused);
	assert_int_equal(t.m.fail, fail);
	assert_null(t.done.serial);
	assert_int_equal(scep_writes(w), before);
	if (q->challenge != NULL && strlen(q->challenge) > 6)
		assert_null(strstr(t.done.refused, q->challenge));
}

/* ---- the store ---- */

struct ticketing {
	struct admin_world *w;
	const struct grant *g;
	const char *text;
	struct ticket *t;
};

static int new_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct ticketing *t = arg;

	return ticket_new(tx, TICKET_CHALLENGE, t->g, t->w->op.now, 3600,
		t->w->a, &t->text, e);
}

const char *scep_challenge(struct admin_world *w, const struct grant *g)
{
	struct ticketing t = { .w = w, .g = g };

	OK(store_write(w->op.store, new_tx, &t, &w->err));
	return t.text;
}

static int ticket_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct ticketing *t = arg;
	unsigned char hash[DIGEST_LEN];

	ticket_hash(t->text, hash);
	return store_ticket_get(tx, hash, t->w->a, &t->t, e);
}

struct ticket *scep_ticket(struct admin_world *w, const char *text)
{
	struct ticketing t = { .w = w, .text = text };

	OK(store_read(w->op.store, ticket_tx, &t, &w->err));
	return t.t;
}

struct recording {
	struct admin_world *w;
	unsigned char sha256[DIGEST_LEN];
	struct issued *issued;
	struct store_cert record;
	size_t n;
};

static int issued_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct recording *r = arg;

	return store_issued_get(tx, r->sha256, r->w->a, &r->issued, e);
}

struct issued *scep_issued(struct admin_world *w, const struct cert *c)
{
	struct recording r = { .w = w };

	cert_sha256(c, r.sha256);
	OK(store_read(w->op.store, issued_tx, &r, &w->err));
	return r.issued;
}

static int count_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct recording *r = arg;
	struct issued **list;
	struct bytes next;

	return store_issued_list(tx, (struct bytes){ NULL, 0 }, 1000, r->w->a,
		&list, &r->n, &next, e);
}

size_t scep_count(struct admin_world *w)
{
	struct recording r = { .w = w };

	OK(store_read(w->op.store, count_tx, &r, &w->err));
	return r.n;
}

uint64_t scep_writes(struct admin_world *w)
{
	struct store_info info;

	OK(store_info(w->op.store, &info, &w->err));
	return info.committed;
}

static int bind_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct recording *r = arg;

	return store_cert_put(tx, r->sha256, &r->record, e);
}

void scep_bind(struct admin_world *w, const struct cert *c,
	struct store_cert record)
{
	struct recording r = { .w = w, .record = record };

	cert_sha256(c, r.sha256);
	snprintf(r.record.serial, sizeof(r.record.serial), "%s",
		cert_serial_hex(c, w->a));
	r.record.not_after = cert_not_after(c);
	OK(store_write(w->op.store, bind_tx, &r, &w->err));
}

void scep_revoke(struct admin_world *w, const struct cert *c)
{
	scep_bind(w, c, (struct store_cert){ .revoked = w->op.now });
}
