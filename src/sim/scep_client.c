/* SCEP as an Apple device speaks it. What a profile asks for is read in
 * profile_enrollment.c; the messages are made in crypto/scep_cms_request.c. */
#include "sim/scep_client.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clk.h"
#include "base/enc.h"
#include "base/rnd.h"
#include "crypto/csr.h"
#include "crypto/digest.h"
#include "crypto/scep_cms.h"
#include "sim/exchange.h"
#include "sim/identity.h"

#define WEEK (7 * 24 * 3600)
#define FINGERPRINT_LEN DIGEST_LEN

struct client {
	struct session *s;
	struct device *d;
	const struct profile_scep *p;
	struct arena *a;
	enum outcome outcome;	/* of the step that failed */
	/* what the CA can */
	bool post;
	int digest_nid, cipher_nid;
	struct cert **ca;	/* as GetCACert gave them */
	size_t n_ca;
	const struct cert *to;	/* to encrypt to */
	/* ours */
	struct pkey *key;
	struct cert *self;	/* signs the request */
	struct bytes csr;
	const char *transaction;
};

/* 1: this step failed, and was told of. */
#define STOP(c, step, how, ...) \
	((c)->outcome = exchange_step((c)->s, (c)->d, step, how, __VA_ARGS__), 1)

/* --- requests --- */

static const char *url_of(const struct client *c, const char *operation,
	const char *message)
{
	return arena_printf(c->a, "%s%soperation=%s%s%s", c->p->url,
		strchr(c->p->url, '?') != NULL ? "&" : "?", operation,
		message != NULL ? "&message=" : "",
		message != NULL ? message : "");
}

/* 0: a 200 is in *r. 1: it is not. */
static int ask(struct client *c, const char *step,
	const struct exchange_raw *raw, struct fetch_response *r,
	struct err *e)
{
	const char *line;
	uint64_t us;

	if (exchange_raw(c->s, NULL, raw, r, &us, e) != 0) {
		if (e->kind == ERR_UPSTREAM || e->kind == ERR_TOO_LARGE)
			return STOP(c, step, OUTCOME_LATER, "%s", e->msg);
		if (e->kind == ERR_BAD_INPUT)
			return STOP(c, step, OUTCOME_REFUSED, "%s", e->msg);
		return -1;
	}
	if (r->status == 200)
		return 0;
	line = exchange_first_line(r->body, c->a);
	return STOP(c, step, r->status < 300 ? OUTCOME_REFUSED :
		exchange_outcome(r->status), "%d %s", r->status,
		line != NULL ? line : "");
}

static int get(struct client *c, const char *operation, const char *message,
	struct fetch_response *r, struct err *e)
{
	struct exchange_raw raw = { .method = "GET", .ca_file = c->d->ca_file,
		.anonymous = true };

	raw.url = url_of(c, operation, message);
	return ask(c, operation, &raw, r, e);
}

static bool has_type(const struct fetch_response *r, const char *type)
{
	const char *is = fetch_response_header(r, "Content-Type");
	size_t n = strlen(type);

	return is != NULL && str_has_prefix_nocase(is, type) &&
		(is[n] == '\0' || is[n] == ';' || is[n] == ' ');
}

/* --- GetCACaps --- */

static void take_line(struct client *c, const char *line, bool *has_digest)
{
	if (str_eq(line, "POSTPKIOperation") || str_eq(line, "SCEPStandard"))
		c->post = true;
	if (str_eq(line, "SHA-1") || str_eq(line, "SHA-256") ||
		str_eq(line, "SHA-512") || str_eq(line, "SCEPStandard"))
		*has_digest = true;
	/* The best of what is offered: AES and SHA-256 are the standard's. */
	if (str_eq(line, "SHA-256") || str_eq(line, "SCEPStandard"))
		c->digest_nid = scep_cms_capability("SHA-256");
	if (str_eq(line, "AES") || str_eq(line, "SCEPStandard"))
		c->cipher_nid = scep_cms_capability("AES");
	if (str_eq(line, "SHA-512") &&
		c->digest_nid == scep_cms_capability("SHA-1"))
		c->digest_nid = scep_cms_capability("SHA-512");
}

static int get_caps(struct client *c, struct err *e)
{
	struct fetch_response r;
	const char *all = "";
	bool has_digest = false;
	char *line, *rest, *text;
	int rc = get(c, "GetCACaps", c->p->name != NULL ? enc_percent(c->a,
		bytes_str(c->p->name)) : NULL, &r, e);

	if (rc != 0)
		return rc;
	c->digest_nid = scep_cms_capability("SHA-1");
	c->cipher_nid = scep_cms_capability("DES3");
	text = arena_str(c->a, r.body);
	for (line = strtok_r(text, "\r\n", &rest); line != NULL;
		line = strtok_r(NULL, "\r\n", &rest)) {
		take_line(c, line, &has_digest);
		all = arena_printf(c->a, "%s%s%.40s", all, all[0] != '\0' ?
			" " : "", line);
	}
	if (!has_digest)
		return STOP(c, "GetCACaps", OUTCOME_REFUSED,
			"none of SHA-1, SHA-256, SHA-512 is offered");
	exchange_step(c->s, c->d, "GetCACaps", OUTCOME_OK, "%.200s", all);
	return 0;
}

/* --- GetCACert --- */

/* A registration authority stands beside its CA and is the one to talk to. */
static const struct cert *recipient(const struct client *c)
{
	for (size_t i = 0; i < c->n_ca; i++)
		if (!cert_is_ca(c->ca[i]))
			return c->ca[i];
	return c->ca[0];
}

static bool has_fingerprint(const struct client *c)
{
	unsigned char md[DIGEST_LEN];

	for (size_t i = 0; i < c->n_ca; i++) {
		cert_sha256(c->ca[i], md);
		if (bytes_eq(bytes_of(md, sizeof(md)), c->p->fingerprint))
			return true;
	}
	return false;
}

static int read_ca(struct client *c, const struct fetch_response *r,
	struct err *e)
{
	struct cert *one;

	if (has_type(r, "application/x-x509-ca-ra-cert"))
		return scep_cms_read_certs(r->body, c->a, &c->ca, &c->n_ca, e);
	if (!has_type(r, "application/x-x509-ca-cert"))
		return err_set(e, ERR_BAD_INPUT, "has the wrong Content-Type");
	if (cert_from_der(r->body, c->a, &one, e) != 0)
		return -1;
	c->ca = arena_alloc(c->a, sizeof(struct cert *));
	c->ca[0] = one;
	c->n_ca = 1;
	return 0;
}

static int get_ca(struct client *c, struct err *e)
{
	struct fetch_response r;
	int rc = get(c, "GetCACert", c->p->name != NULL ? enc_percent(c->a,
		bytes_str(c->p->name)) : NULL, &r, e);

	if (rc != 0)
		return rc;
	if (read_ca(c, &r, e) != 0)
		return STOP(c, "GetCACert", OUTCOME_REFUSED, "the answer: %s",
			e->msg);
	c->to = recipient(c);
	/* By another digest than SHA-256 it is not looked at. */
	if (c->p->fingerprint.n == FINGERPRINT_LEN && !has_fingerprint(c))
		return STOP(c, "GetCACert", OUTCOME_REFUSED,
			"no certificate has the profile's CAFingerprint");
	exchange_step(c->s, c->d, "GetCACert", OUTCOME_OK, "%s",
		cert_subject(c->to, c->a));
	return 0;
}

/* --- the request --- */

static int make_request(struct client *c, struct err *e)
{
	struct cert_request rq = { .profile = CERT_DEVICE,
		.common_name = "Simulated device",
		.not_before = clk_now() - 3600, .not_after = clk_now() + WEEK };
	const char *const usual[1][2] = { { "CN", identity_common_name(c->d) } };
	const struct profile_scep *p = c->p;
	unsigned char md[DIGEST_LEN];

	if (pkey_new_rsa(p->key_size, c->a, &c->key, e) != 0 ||
		cert_issue(&rq, c->key, NULL, c->key, c->a, &c->self, e) != 0)
		return -1;
	if (csr_new_subject(c->key, p->n_subject > 0 ?
		(const char *const (*)[2])p->subject : usual,
		p->n_subject > 0 ? p->n_subject : 1, p->challenge, c->a,
		&c->csr, e) != 0)
		return STOP(c, "PKCSReq", OUTCOME_REFUSED, "the profile's "
			"Subject: %s", e->msg);
	digest_sha256(c->csr, md);
	c->transaction = enc_hex(c->a, bytes_of(md, sizeof(md)));
	return 0;
}

/* As macOS does it: of what base64 has, only '=' is escaped. */
static const char *message_of(const struct client *c, struct bytes der)
{
	char *text = enc_base64(c->a, der);
	size_t n = strcspn(text, "=");

	if (c->d->model->platform != PLATFORM_MACOS)
		return enc_percent(c->a, bytes_str(text));
	return arena_printf(c->a, "%.*s%s", (int)n, text,
		text[n] == '\0' ? "" : text[n + 1] == '\0' ? "%3D" : "%3D%3D");
}

static int operate(struct client *c, enum scep_type type, const char *step,
	struct scep_cms *reply, struct err *e)
{
	struct scep_cms_request rq = { .type = type,
		.transaction = c->transaction, .content = c->csr,
		.digest_nid = c->digest_nid, .cipher_nid = c->cipher_nid };
	struct exchange_raw raw = { .ca_file = c->d->ca_file,
		.anonymous = true };
	struct fetch_response r;
	enum scep_fail fail;
	struct bytes der;
	int rc;

	rnd_bytes(rq.nonce, sizeof(rq.nonce));
	if (type == SCEP_CERT_POLL && scep_cms_issuer_and_subject(c->to,
		c->csr, c->a, &rq.content, e) != 0)
		return -1;
	if (scep_cms_request(&rq, c->to, c->self, c->key, c->a, &der, e) != 0)
		return STOP(c, step, OUTCOME_REFUSED, "to the CA's "
			"certificate: %s", e->msg);
	raw.method = c->post ? "POST" : "GET";
	raw.url = url_of(c, "PKIOperation", c->post ? NULL :
		message_of(c, der));
	raw.content_type = c->post ? "application/x-pki-message" : NULL;
	if (c->post)
		raw.body = der;
	rc = ask(c, step, &raw, &r, e);
	if (rc != 0)
		return rc;
	if (!has_type(&r, "application/x-pki-message"))
		return STOP(c, step, OUTCOME_REFUSED, "the answer has the "
			"wrong Content-Type");
	if (scep_cms_read(r.body, c->a, reply, &fail, e) != 0)
		return STOP(c, step, OUTCOME_REFUSED, "the answer %s", e->msg);
	if (!bytes_eq(reply->recipient_nonce, bytes_of(rq.nonce,
		sizeof(rq.nonce))))
		return STOP(c, step, OUTCOME_REFUSED, "the answer has another "
			"recipientNonce");
	return 0;
}

static bool is_of_ca(const struct client *c, const struct cert *signer)
{
	unsigned char md[DIGEST_LEN], other[DIGEST_LEN];

	cert_sha256(signer, md);
	for (size_t i = 0; i < c->n_ca; i++) {
		cert_sha256(c->ca[i], other);
		if (memcmp(md, other, sizeof(md)) == 0)
			return true;
	}
	return false;
}

static const char *fail_name(enum scep_fail f)
{
	static const char *const name[] = { "badAlg", "badMessageCheck",
		"badRequest", "badTime", "badCertId" };

	return (size_t)f < sizeof(name) / sizeof(name[0]) ? name[f] : "?";
}

/* 0: SUCCESS or PENDING. */
static int check_reply(struct client *c, const char *step,
	const struct scep_cms *m)
{
	if (m->type != SCEP_CERT_REP)
		return STOP(c, step, OUTCOME_REFUSED, "the answer is no "
			"CertRep");
	if (!is_of_ca(c, m->signer))
		return STOP(c, step, OUTCOME_REFUSED, "the answer is signed "
			"by somebody else than the CA");
	if (!str_eq(m->transaction, c->transaction))
		return STOP(c, step, OUTCOME_REFUSED, "the answer is of "
			"another transaction");
	if (m->status == SCEP_FAILURE)
		return STOP(c, step, OUTCOME_REFUSED, "FAILURE %s%s%s",
			fail_name(m->fail), m->fail_text != NULL ? ": " : "",
			m->fail_text != NULL ? m->fail_text : "");
	if (m->status != SCEP_SUCCESS && m->status != SCEP_PENDING)
		return STOP(c, step, OUTCOME_REFUSED, "pkiStatus %d",
			(int)m->status);
	return 0;
}

static int take_cert(struct client *c, const char *step,
	const struct scep_cms *m, struct scep_client_identity *out,
	struct err *e)
{
	const struct cert *mine = NULL;
	char until[CLK_TEXT_LEN + 1];
	struct cert **certs;
	size_t n;

	if (scep_cms_certs(m, c->self, c->key, c->a, &certs, &n, e) != 0)
		return STOP(c, step, OUTCOME_REFUSED, "the answer %s", e->msg);
	for (size_t i = 0; i < n && mine == NULL; i++)
		if (pkey_matches(c->key, certs[i]))
			mine = certs[i];
	if (mine == NULL)
		return STOP(c, step, OUTCOME_REFUSED, "no certificate in the "
			"answer is for the key");
	if (cert_valid_at(mine, clk_now(), e) != 0)
		return STOP(c, step, OUTCOME_REFUSED, "%s", e->msg);
	out->cert_pem = bytes_str(cert_pem(mine, c->a));
	out->key_pem = bytes_str(pkey_pem(c->key, c->a));
	clk_text(cert_not_after(mine), until);
	exchange_step(c->s, c->d, step, OUTCOME_OK, "SUCCESS by %s: %s, "
		"serial %s, until %s", c->post ? "POST" : "GET",
		cert_subject(mine, c->a), cert_serial_hex(mine, c->a), until);
	return 0;
}

/* --- the whole --- */

static bool wait_for(const struct client *c, unsigned seconds)
{
	struct timespec t = { .tv_sec = (time_t)seconds };

	if (c->s->pause != NULL)
		return c->s->pause(seconds);
	nanosleep(&t, NULL);
	return true;
}

static int enroll(struct client *c, struct scep_client_identity *out,
	struct err *e)
{
	const char *step = "PKCSReq";
	struct scep_cms m;
	int rc = operate(c, SCEP_PKCS_REQ, step, &m, e);

	if (rc == 0)
		rc = check_reply(c, step, &m);
	/* The first time at once. */
	for (unsigned n = 0; rc == 0 && m.status == SCEP_PENDING; n++) {
		exchange_step(c->s, c->d, step, OUTCOME_OK, "PENDING");
		step = "CertPoll";
		if (n == c->p->retries)
			return STOP(c, step, OUTCOME_REFUSED, "still PENDING "
				"after %u retries", n);
		if (n > 0 && !wait_for(c, c->p->retry_delay))
			return STOP(c, step, OUTCOME_LATER, "stopped");
		rc = operate(c, SCEP_CERT_POLL, step, &m, e);
		if (rc == 0)
			rc = check_reply(c, step, &m);
	}
	return rc != 0 ? rc : take_cert(c, step, &m, out, e);
}

int scep_client_run(struct session *s, struct device *d,
	const struct profile_scep *p, struct scep_client_identity *identity,
	enum outcome *out, struct err *e)
{
	struct client c = { .s = s, .d = d, .p = p, .a = s->arena,
		.outcome = OUTCOME_OK };
	int rc = get_caps(&c, e);

	if (rc == 0)
		rc = get_ca(&c, e);
	if (rc == 0)
		rc = make_request(&c, e);
	if (rc == 0)
		rc = enroll(&c, identity, e);
	*out = c.outcome;
	return rc < 0 ? -1 : 0;
}
