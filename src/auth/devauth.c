/* Who is it: the sources of a device's certificate, and the checks that each
 * of them must pass. Whether it may speak for a device is binding.c's. */
#include "auth/devauth.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "auth/devcache.h"
#include "auth/proxy.h"
#include "base/enc.h"
#include "base/file.h"
#include "base/log.h"
#include "crypto/cert.h"
#include "crypto/cms.h"

#define MAX_SIGNATURE (96 * 1024)	/* base64 of the longest CMS */
#define BLANKS " \t\r\n"
#define WARN_BEFORE ((int64_t)30 * 86400)

struct devauth {
	char *path;
	struct devcache *cache;
	_Atomic int64_t looked;		/* when the bundle was looked at last */
	pthread_mutex_t looking;	/* guards mark, retry and warned */
	struct file_state mark;
	bool retry;			/* it could not be read at all */
	bool warned;
	pthread_rwlock_t lock;		/* guards trust */
	struct trust *trust;		/* NULL: no bundle was ever read */
	_Atomic uint64_t generation;	/* changed under lock; starts at 1 */
};

/* ---- the bundle ---- */

static void load(struct devauth *da)
{
	struct trust *fresh, *old;
	struct err e = ERR_INIT;
	bool again = da->retry;

	da->retry = false;
	if (trust_open(da->path, &fresh, &e) < 0) {
		/* The machine's trouble passes while the file stays the same. */
		da->retry = e.kind == ERR_INTERNAL;
		if (again && da->retry)
			return;
		log_msg(LOG_ERROR, "devauth.bundle", "%s; %s", e.msg,
			da->trust != NULL ? "the old device CAs stay trusted" :
			"no device is trusted");
		return;
	}
	pthread_rwlock_wrlock(&da->lock);
	old = da->trust;
	da->trust = fresh;
	atomic_fetch_add(&da->generation, 1);
	pthread_rwlock_unlock(&da->lock);
	trust_close(old);
	da->warned = false;
}

static void warn_of_expiry(struct devauth *da, int64_t now)
{
	if (da->warned || da->trust == NULL ||
		now <= trust_expires(da->trust) - WARN_BEFORE)
		return;
	da->warned = true;
	log_msg(LOG_WARN, "devauth.expiry", "a certificate in %s expires soon or has "
		"expired; its devices stay trusted here, but a web server that checks "
		"client certificates itself refuses them", da->path);
}

static void look(struct devauth *da, int64_t now)
{
	int64_t looked = atomic_load(&da->looked);

	/* Requests that started in the second before do not look again; a clock
	 * that was set back does not stop the looking. */
	if (now <= looked && now > looked - 10)
		return;
	if (pthread_mutex_trylock(&da->looking) != 0)
		return;
	atomic_store(&da->looked, now);
	if (file_state_take(&da->mark, da->path) || da->retry)
		load(da);
	warn_of_expiry(da, now);
	pthread_mutex_unlock(&da->looking);
}

int devauth_open(const char *bundle, struct devauth **out, struct err *e)
{
	struct devauth *da = calloc(1, sizeof(*da));

	(void)e;
	if (da == NULL || (da->path = strdup(bundle)) == NULL ||
		pthread_mutex_init(&da->looking, NULL) != 0 ||
		pthread_rwlock_init(&da->lock, NULL) != 0)
		abort();
	da->cache = devcache_new();
	atomic_init(&da->looked, INT64_MIN);
	atomic_init(&da->generation, 1);
	file_state_take(&da->mark, da->path);
	load(da);
	*out = da;
	return 0;
}

void devauth_close(struct devauth *da)
{
	if (da == NULL)
		return;
	trust_close(da->trust);
	devcache_free(da->cache);
	pthread_rwlock_destroy(&da->lock);
	pthread_mutex_destroy(&da->looking);
	free(da->path);
	free(da);
}

/* ---- one certificate ---- */

static int verify(struct devauth *da, const struct cert *c, uint64_t *generation,
	struct err *e)
{
	int rc;

	pthread_rwlock_rdlock(&da->lock);
	*generation = atomic_load(&da->generation);
	if (da->trust != NULL)
		rc = trust_verify(da->trust, c, e);
	else
		rc = err_set(e, ERR_BAD_INPUT,
			"certificate is not trusted: there is no device CA");
	pthread_rwlock_unlock(&da->lock);
	return rc;
}

static int check_cert(struct devauth *da, const struct cert *c, struct arena *a,
	struct devcert *out, struct err *e)
{
	uint64_t generation = atomic_load(&da->generation);
	const char *subject, *serial;

	cert_sha256(c, out->sha256);
	if (devcache_get(da->cache, out->sha256, generation, out))
		return 0;
	if (verify(da, c, &generation, e) < 0)
		return -1;
	out->not_before = cert_not_before(c);
	out->not_after = cert_not_after(c);
	subject = cert_subject(c, a);
	memset(out->subject, 0, sizeof(out->subject));
	memcpy(out->subject, subject, strnlen(subject, sizeof(out->subject) - 1));
	serial = cert_serial_hex(c, a);
	memset(out->serial, 0, sizeof(out->serial));
	if (strlen(serial) < sizeof(out->serial))
		memcpy(out->serial, serial, strlen(serial));
	devcache_put(da->cache, out->sha256, generation, out);
	return 0;
}

typedef int (*decode_fn)(const char *text, struct arena *a, struct cert **out,
	struct err *e);

/* A certificate that comes as text: known by the text's digest, so that a
 * poll decodes and parses nothing. `form` keeps the forms apart. */
static int check_text(struct devauth *da, const char *form, const char *text,
	decode_fn decode, struct arena *a, struct devcert *out, struct err *e)
{
	const struct bytes parts[] = { bytes_str(form), bytes_str(text) };
	uint64_t generation = atomic_load(&da->generation);
	unsigned char key[DIGEST_LEN];
	struct cert *c;

	digest_parts(parts, 2, key);
	if (devcache_get(da->cache, key, generation, out))
		return 0;
	if (decode(text, a, &c, e) < 0 || check_cert(da, c, a, out, e) < 0)
		return -1;
	/* If the bundle changed meanwhile this entry is of the one before, and
	 * counts no more. */
	devcache_put(da->cache, key, generation, out);
	return 0;
}

static int decode_pem(const char *text, struct arena *a, struct cert **out,
	struct err *e)
{
	return cert_from_pem(bytes_str(text), a, out, e);
}

/* One block with nothing but blanks around it: a proxy that adds its header to
 * the client's own makes one text of both. */
static bool is_one_pem(struct bytes pem)
{
	static const char begin[] = "-----BEGIN ", end[] = "-----END ";
	const unsigned char *p = pem.p, *stop = pem.p + pem.n, *last;

	while (p < stop && memchr(BLANKS, *p, sizeof(BLANKS) - 1) != NULL)
		p++;
	while (stop > p && memchr(BLANKS, stop[-1], sizeof(BLANKS) - 1) != NULL)
		stop--;
	if ((size_t)(stop - p) < sizeof(begin) - 1 ||
		memcmp(p, begin, sizeof(begin) - 1) != 0)
		return false;
	last = memmem(p, (size_t)(stop - p), end, sizeof(end) - 1);
	return last != NULL && memchr(last, '\n', (size_t)(stop - last)) == NULL &&
		memcmp(stop - 5, "-----", 5) == 0;
}

/* nginx's $ssl_client_escaped_cert. */
static int decode_escaped_pem(const char *text, struct arena *a, struct cert **out,
	struct err *e)
{
	struct bytes pem;

	if (!enc_unpercent(a, bytes_str(text), &pem))
		return err_set(e, ERR_BAD_INPUT, "certificate header is not escaped PEM");
	if (!is_one_pem(pem))
		return err_set(e, ERR_BAD_INPUT,
			"certificate header is not one certificate in PEM");
	if (cert_from_pem(pem, a, out, e) < 0)
		return err_wrap(e, "certificate header");
	return 0;
}

/* RFC 9440 section 2.2: a Byte Sequence of RFC 8941, ":base64:". */
static int decode_rfc9440(const char *text, struct arena *a, struct cert **out,
	struct err *e)
{
	size_t n;
	struct bytes der;

	text += strspn(text, " \t");
	n = strlen(text);
	while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
		n--;
	if (n < 2 || text[0] != ':' || text[n - 1] != ':' ||
		!enc_unbase64(a, bytes_of(text + 1, n - 2), false, &der))
		return err_set(e, ERR_BAD_INPUT, "certificate header is not :base64:");
	if (cert_from_der(der, a, out, e) < 0)
		return err_wrap(e, "certificate header");
	return 0;
}

/* ---- the sources ---- */

static bool is_set(const char *s)
{
	return s != NULL && *s != '\0';
}

static int signer_of(const struct request *rq, struct cert **signer,
	struct err *e)
{
	struct bytes text = bytes_str(rq->mdm_signature), der;
	struct err why = ERR_INIT;

	if (text.n > MAX_SIGNATURE)
		return err_set(e, ERR_BAD_INPUT, "Mdm-Signature is longer than %d bytes",
			MAX_SIGNATURE);
	if (!enc_unbase64(rq->arena, text, true, &der))
		return err_set(e, ERR_BAD_INPUT, "Mdm-Signature is not base64");
	if (cms_verify_detached(der, rq->body, rq->arena, signer, &why) < 0)
		return err_set(e, why.kind, "Mdm-Signature %s", why.msg);
	return 0;
}

static int from_signature(struct devauth *da, const struct request *rq,
	bool *present, struct devcert *out, struct err *e)
{
	struct cert *signer;

	*present = is_set(rq->mdm_signature);
	if (!*present)
		return 0;
	return signer_of(rq, &signer, e) < 0 ? -1 :
		check_cert(da, signer, rq->arena, out, e);
}

/* Apache: "FAILED:certificate has expired"; lighttpd 1.4.69:
 * "FAILED:error:0000000A:lib(0)::reason(10)", with a verification code. */
static int refused(const char *verify_text, struct err *e)
{
	const char *why = strchr(verify_text, ':');
	const char *code = strstr(verify_text, "lib(0)::reason(");
	long n = code != NULL ? strtol(code + strlen("lib(0)::reason("), NULL, 10) : 0;

	if (n > 0)
		why = trust_reason(n);
	else
		why = why != NULL ? why + 1 : "no reason given";
	return err_set(e, ERR_BAD_INPUT, "certificate refused by the web server: %s",
		why);
}

/*
 * Apache and lighttpd set SSL_CLIENT_VERIFY to NONE, SUCCESS, GENEROUS
 * (Apache) or FAILED:reason. Wherever the PEM is given the handshake has
 * proved that the client holds its key, also when the web server does not
 * know its CA: our own check decides. lighttpd gives no PEM with FAILED.
 */
static int from_tls(struct devauth *da, const struct request *rq, bool *present,
	struct devcert *out, struct err *e)
{
	const char *verify_text = rq->tls_verify;

	*present = false;
	if (!is_set(verify_text) && is_set(rq->tls_cert))
		return err_set(e, ERR_BAD_INPUT, "the web server gives SSL_CLIENT_CERT "
			"without SSL_CLIENT_VERIFY");
	if (!is_set(verify_text) || str_eq(verify_text, "NONE"))
		return 0;
	*present = true;
	if (is_set(rq->tls_cert))
		return check_text(da, "tls", rq->tls_cert, decode_pem, rq->arena, out, e);
	if (str_has_prefix(verify_text, "FAILED"))
		return refused(verify_text, e);
	return err_set(e, ERR_BAD_INPUT, "the web server gives SSL_CLIENT_VERIFY "
		"without SSL_CLIENT_CERT");
}

/* Any client can send the header, so it counts only where the web server
 * itself says which one it is, and for a proxy that we were told of. */
static int from_header(struct devauth *da, const struct conf *conf,
	const struct request *rq, bool *present, struct devcert *out, struct err *e)
{
	const char *kind = rq->cert_header_kind;

	*present = is_set(kind) &&
		(rq->cert_header_count > 0 || is_set(rq->cert_header));
	if (!*present)
		return 0;
	if (!proxy_is_trusted(conf->trusted_proxy, rq->remote_addr))
		return err_set(e, ERR_BAD_INPUT, "certificate header from %s, which is "
			"not in trusted_proxy",
			is_set(rq->remote_addr) ? rq->remote_addr : "nowhere");
	if (rq->cert_header_count != 1)
		return err_set(e, ERR_BAD_INPUT, "certificate header came %u times",
			rq->cert_header_count);
	if (!is_set(rq->cert_header)) {
		*present = false;
		return 0;
	}
	if (str_eq(kind, "rfc9440"))
		return check_text(da, kind, rq->cert_header, decode_rfc9440, rq->arena,
			out, e);
	if (str_eq(kind, "pem"))
		return check_text(da, kind, rq->cert_header, decode_escaped_pem,
			rq->arena, out, e);
	return err_set(e, ERR_BAD_INPUT,
		"MOORING_CERT_HEADER is neither rfc9440 nor pem");
}

static int from_source(struct devauth *da, enum conf_source source,
	const struct conf *conf, const struct request *rq, bool *present,
	struct devcert *out, struct err *e)
{
	switch (source) {
	case CONF_SRC_SIGNATURE:
		return from_signature(da, rq, present, out, e);
	case CONF_SRC_TLS:
		return from_tls(da, rq, present, out, e);
	case CONF_SRC_HEADER:
		return from_header(da, conf, rq, present, out, e);
	case CONF_SRC_NONE:
		break;
	}
	*present = false;
	return 0;
}

/* ---- all together ---- */

static int differ(enum conf_source a, enum conf_source b, struct err *e)
{
	static const char *const names[] = {
		[CONF_SRC_TLS] = "TLS certificate",
		[CONF_SRC_HEADER] = "certificate header",
		[CONF_SRC_SIGNATURE] = "Mdm-Signature",
	};
	/* One wording, whatever the configured order. */
	bool swap = a == CONF_SRC_SIGNATURE || b == CONF_SRC_TLS;

	return err_set(e, ERR_BAD_INPUT, "%s and %s differ", names[swap ? b : a],
		names[swap ? a : b]);
}

struct asked {
	const unsigned char *sha256;
	bool revoked;
};

static int ask_store(struct store_tx *tx, void *arg, struct err *e)
{
	struct asked *q = arg;
	struct store_cert c;
	bool found = false;

	if (store_cert_get(tx, q->sha256, &found, &c, e) < 0)
		return -1;
	q->revoked = found && c.revoked != 0;
	return 0;
}

static int check_revoked(struct store *st, const struct devcert *c, struct err *e)
{
	struct asked q = { c->sha256, false };

	if (st == NULL)
		return err_set(e, ERR_BUSY, "the store is not open");
	if (store_read(st, ask_store, &q, e) < 0) {
		e->kind = ERR_BUSY;
		return -1;
	}
	if (q.revoked)
		return err_set(e, ERR_BAD_INPUT, "certificate revoked");
	return 0;
}

int devauth_identify(struct devauth *da, struct store *st, const struct conf *conf,
	const struct request *rq, struct identity *out, struct err *e)
{
	enum conf_source source = CONF_SRC_NONE;
	struct devcert first, other;

	look(da, rq->now);
	for (size_t i = 0; i < sizeof(conf->identity) / sizeof(conf->identity[0]) &&
		conf->identity[i] != CONF_SRC_NONE; i++) {
		struct devcert *c = source == CONF_SRC_NONE ? &first : &other;
		bool present;

		if (from_source(da, conf->identity[i], conf, rq, &present, c, e) < 0)
			return -1;
		if (!present)
			continue;
		if (source == CONF_SRC_NONE)
			source = conf->identity[i];
		else if (memcmp(first.sha256, other.sha256, DIGEST_LEN) != 0)
			return differ(source, conf->identity[i], e);
	}
	if (source == CONF_SRC_NONE)
		return err_set(e, ERR_BAD_INPUT, "no client certificate");
	if (cert_dates_at(first.not_before, first.not_after, rq->now, e) < 0 ||
		check_revoked(st, &first, e) < 0)
		return -1;
	*out = (struct identity){ .source = source, .rq = rq,
		.not_after = first.not_after };
	memcpy(out->cert, first.sha256, DIGEST_LEN);
	memcpy(out->serial, first.serial, sizeof(out->serial));
	out->subject = arena_strdup(rq->arena, first.subject);
	return 0;
}

int devauth_der(const struct request *rq, struct identity *who,
	struct err *e)
{
	struct cert *c;
	int rc;

	if (who->source == CONF_SRC_SIGNATURE)
		rc = signer_of(rq, &c, e);
	else if (who->source == CONF_SRC_TLS)
		rc = decode_pem(rq->tls_cert, rq->arena, &c, e);
	else if (str_eq(rq->cert_header_kind, "rfc9440"))
		rc = decode_rfc9440(rq->cert_header, rq->arena, &c, e);
	else
		rc = decode_escaped_pem(rq->cert_header, rq->arena, &c, e);
	if (rc == 0)
		who->der = cert_der(c, rq->arena);
	return rc;
}
