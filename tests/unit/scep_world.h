#ifndef MOORING_TESTS_SCEP_WORLD_H
#define MOORING_TESTS_SCEP_WORLD_H

#include "admin_world.h"
#include "auth/ticket.h"
#include "crypto/csr.h"
#include "crypto/scep_cms.h"
#include "scep/scep_crl.h"
#include "scep/scep_op.h"

/* A CA with a store, as op_init makes it, and clients of SCEP. Faults end the
 * test. Include after cmocka.h. */

/* Whom a message comes from, and what it asks for. Zero: PKCSReq by the first
 * key for itself, under a transaction "T". */
struct asking {
	enum scep_type type;
	const char *transaction, *challenge;
	const struct pkey *key;		/* asked for */
	const struct pkey *signer;	/* NULL: key */
	const struct cert *cert;	/* the signer's; NULL: self-signed */
	const struct cert *to;		/* enveloped to; NULL: the CA */
	struct bytes content;		/* p NULL: a CSR */
	int digest, cipher;
};
struct told {
	int rc;			/* of scep_pki_operation; -1: in w->err */
	struct bytes body;
	struct scep_done done;
	struct scep_cms m;	/* the reply, its signature our CA's */
	struct cert *cert;	/* SUCCESS with a certificate */
	struct bytes der;	/* of it */
};

extern struct pkey *scep_key[3];	/* RSA, 2048 bits */
int scep_setup(void **state);		/* admin_setup, and the keys */
int scep_teardown(void **state);
int scep_each(void **state);
#define SCEP(test) cmocka_unit_test_setup(test, scep_each)

struct conf *scep_conf(struct admin_world *w, const char *lines);
struct cert *scep_ca_of(struct admin_world *w);
struct cert *scep_self_signed(struct admin_world *w, const struct pkey *k);
struct bytes scep_message(struct admin_world *w, const struct asking *q);
/* Asks. The settings are w->op.conf, the time w->op.now. */
struct told scep_tell(struct admin_world *w, struct bytes message);
struct told scep_ask(struct admin_world *w, const struct asking *q);
struct told scep_given(struct admin_world *w, const struct asking *q);
/* Asserts a FAILURE for this reason (part of it), with nothing written. */
void scep_refused(struct admin_world *w, const struct asking *q,
	enum scep_fail fail, const char *why);

/* A challenge that is good for an hour. */
const char *scep_challenge(struct admin_world *w, const struct grant *g);
struct ticket *scep_ticket(struct admin_world *w, const char *text);
/* What is remembered of a certificate; NULL: nothing. */
struct issued *scep_issued(struct admin_world *w, const struct cert *c);
size_t scep_count(struct admin_world *w);	/* of all issued */
uint64_t scep_writes(struct admin_world *w);
/* The certificate's record, as binding or revocation writes it. */
void scep_bind(struct admin_world *w, const struct cert *c,
	struct store_cert record);
void scep_revoke(struct admin_world *w, const struct cert *c);

#endif
