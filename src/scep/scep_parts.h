#ifndef MOORING_SCEP_SCEP_PARTS_H
#define MOORING_SCEP_SCEP_PARTS_H

#include "crypto/csr.h"
#include "crypto/scep_cms.h"
#include "scep/scep_ca.h"
#include "scep/scep_op.h"
#include "store/store_enroll.h"

/* What the files of this folder share; nobody else includes it. */

/* One PKIOperation. */
struct scep_job {
	const struct scep_context *cx;
	struct scep_ca ca;
	struct scep_cms m;
	struct scep_done *done;
	/* how it is answered */
	struct scep_cms_reply reply;
};

/* A refusal is no error: sets a FAILURE reply; returns 0. why: one line for
 * the log, which the client does not see. */
int scep_refuse(struct scep_job *j, enum scep_fail fail, const char *why);
/* SUCCESS with this certificate. */
int scep_send(struct scep_job *j, struct bytes der, const char *serial,
	bool again, struct err *e);

/* What a repeat of a request, or a CertPoll for it, is known by. who: the
 * digest of the key (PKCSReq) or of the signer's certificate (RenewalReq). csr
 * NULL: whatever it asked for. */
void scep_request_key(const char *transaction,
	const unsigned char who[DIGEST_LEN], const unsigned char *csr,
	unsigned char out[DIGEST_LEN]);

/* PKCSReq and RenewalReq: scep_request.c. */
int scep_request(struct scep_job *j, struct err *e);
/* csr was checked; challenge NULL: a RenewalReq: scep_issue.c. */
int scep_issue(struct scep_job *j, const struct csr *csr,
	const char *challenge, struct err *e);
/* CertPoll and GetCRL: scep_query.c. */
int scep_poll(struct scep_job *j, struct err *e);
int scep_get_crl(struct scep_job *j, struct err *e);

/* The signer is a device certificate that is trusted here, in date and not
 * revoked; *why: one line where it is not. scep_query.c. */
int scep_signer_trusted(const struct scep_job *j, const char **why,
	struct err *e);

#endif
