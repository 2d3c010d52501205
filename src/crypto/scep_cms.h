#ifndef MOORING_CRYPTO_SCEP_CMS_H
#define MOORING_CRYPTO_SCEP_CMS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/cert.h"
#include "crypto/pkey.h"

/*
 * The CMS side of SCEP (RFC 8894 3): SignedData with SCEP's signed attributes
 * around EnvelopedData. What a message asks for and whether it may is
 * src/scep's.
 */
#define SCEP_NONCE_LEN 16
#define SCEP_CMS_MAX ((size_t)1 << 20)

enum scep_type {	/* messageType, 3.2.1.2 */
	SCEP_CERT_REP = 3, SCEP_RENEWAL_REQ = 17, SCEP_PKCS_REQ = 19,
	SCEP_CERT_POLL = 20, SCEP_GET_CERT = 21, SCEP_GET_CRL = 22,
};
enum scep_status { SCEP_SUCCESS = 0, SCEP_FAILURE = 2, SCEP_PENDING = 3 };
enum scep_fail {	/* failInfo, 3.2.1.4 */
	SCEP_BAD_ALG = 0, SCEP_BAD_MESSAGE_CHECK = 1, SCEP_BAD_REQUEST = 2,
	SCEP_BAD_TIME = 3, SCEP_BAD_CERT_ID = 4,
};

/* One pkiMessage as it came, its signature by `signer` good (not whether that
 * is trusted, nor whether a PKCSReq's is for its request's key:
 * csr_matches). */
struct scep_cms {
	enum scep_type type;		/* as sent; another number up to 999 too */
	const char *transaction;	/* 1 to 255 bytes of text */
	int transaction_tag;		/* ASN.1's, for an unchanged echo */
	struct bytes sender_nonce;	/* 16 bytes; p NULL: none (old clients) */
	struct bytes recipient_nonce;	/* replies; p NULL: none */
	enum scep_status status;	/* replies */
	enum scep_fail fail;		/* failures */
	const char *fail_text;		/* failures; NULL: none */
	struct cert *signer;		/* certificate that is in the message */
	int digest_nid, cipher_nid;	/* what the sender used: the reply does
					 * the same. cipher 0: no envelope */
	struct bytes envelope;		/* the EnvelopedData, DER or BER; p
					 * NULL: none */
};
/*
 * At most 1 MiB, DER or BER, nothing behind it, exactly one signer, whose
 * certificate is in it. Digest SHA-1, SHA-256, 384 or 512, cipher
 * AES-128/192/256-CBC or 3DES-CBC. ERR_BAD_INPUT, worded to follow its
 * subject ("has two signers"); then *fail says how it is to be refused, and
 * transaction, sender_nonce, signer, digest_nid are filled as far as they
 * could be read, believed by nobody (transaction NULL: it cannot be answered
 * in SCEP at all). No field points into `in`.
 */
int scep_cms_read(struct bytes in, struct arena *a, struct scep_cms *out,
	enum scep_fail *fail, struct err *e);

/*
 * The content of the envelope, a SEQUENCE, for this RSA key (PKCS #1 v1.5).
 * ERR_BAD_INPUT: no envelope, not for this certificate, or damaged. OpenSSL
 * decrypts with a random key where the RSA padding is wrong, so nothing tells
 * that from damage; what comes out may be a stranger's rubbish, and a caller
 * that answers "cannot be decrypted" and "is no request" differently tells a
 * forger about the padding of somebody else's message.
 */
int scep_cms_decrypt(const struct scep_cms *m, const struct cert *c,
	const struct pkey *k, struct arena *a, struct bytes *out,
	struct err *e);

/*
 * A CertRep to m: SUCCESS carries certs (a degenerate SignedData, the issued
 * one first) or a CRL, enveloped to m's signer, which needs an RSA key;
 * FAILURE carries failInfo and failInfoText around an empty content, PENDING
 * the content alone. Signed by c and
 * k, with m's digest and cipher (SHA-256 and AES-128-CBC where m has none).
 * m needs its transaction. PKCS #1 v1.5 signatures.
 */
struct scep_cms_reply {
	enum scep_status status;
	enum scep_fail fail;
	const char *fail_text;		/* NULL: none */
	const struct cert *const *certs;
	size_t n_certs;
	struct bytes crl;		/* DER; p NULL: none */
};
int scep_cms_reply(const struct scep_cms *m, const struct scep_cms_reply *r,
	const struct cert *c, const struct pkey *k, struct arena *a,
	struct bytes *out, struct err *e);

/* What a device sends: PKCSReq (c self-signed for the CSR's key) or
 * RenewalReq, enveloped to the CA. */
struct scep_cms_request {
	enum scep_type type;
	const char *transaction;
	unsigned char nonce[SCEP_NONCE_LEN];
	struct bytes content;		/* DER of the CSR, … */
	int digest_nid, cipher_nid;	/* 0: SHA-256, AES-128-CBC */
};
/* What a CertPoll asks for (RFC 8894 3.3.3): IssuerAndSubject, DER. */
int scep_cms_issuer_and_subject(const struct cert *ca, struct bytes csr,
	struct arena *a, struct bytes *out, struct err *e);
/* The digest or cipher that a line of GetCACaps names ("SHA-256", "AES",
 * "DES3"), as a number for the request; 0: none. */
int scep_cms_capability(const char *line);
int scep_cms_request(const struct scep_cms_request *rq,
	const struct cert *ca, const struct cert *c, const struct pkey *k,
	struct arena *a, struct bytes *out, struct err *e);

/* The certificates of a SUCCESS reply, decrypted with k (c as the request
 * was signed with), in their order, 1 to 32. */
int scep_cms_certs(const struct scep_cms *reply, const struct cert *c,
	const struct pkey *k, struct arena *a, struct cert ***out, size_t *n,
	struct err *e);
/* A reply to GetCACert of several certificates, 1 to 32, in their order. */
int scep_cms_read_certs(struct bytes in, struct arena *a, struct cert ***out,
	size_t *n, struct err *e);
/* A degenerate SignedData of certificates in this order, for GetCACert. */
struct bytes scep_cms_degenerate(const struct cert *const *certs, size_t n,
	struct arena *a);

#endif
