/* SCEP over HTTP: decode, call scep/, encode. */
#include "web/web_scep.h"

#include <string.h>

#include "auth/throttle.h"
#include "base/enc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "scep/scep_crl.h"
#include "scep/scep_op.h"
#include "web/web_api.h"

/* A value of the query as it came, still escaped; p NULL: absent. */
static struct bytes raw_value(const char *query, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = query; ; p++) {
		size_t n = strcspn(p, "&");

		if (n > len && strncmp(p, name, len) == 0 && p[len] == '=')
			return bytes_of(p + len + 1, n - len - 1);
		p += n;
		if (*p == '\0')
			return bytes_of(NULL, 0);
	}
}

/* Base64, of which Apple's systems escape only '=': a '+' is itself and no
 * blank. */
static int message_of(const struct request *rq, struct bytes *out,
	struct err *e)
{
	struct bytes raw = raw_value(rq->query, "message"), text;

	if (rq->method == HTTP_POST) {
		*out = rq->body;
	} else if (raw.p == NULL) {
		return err_set(e, ERR_BAD_INPUT, "message: missing");
	} else if (!enc_unpercent(rq->arena, raw, &text) ||
		!enc_unbase64(rq->arena, text, true, out)) {
		return err_set(e, ERR_BAD_INPUT, "message: is not base64");
	}
	if (out->n > SCEP_BODY_MAX)
		return err_set(e, ERR_TOO_LARGE,
			"PKIOperation: message larger than %zu bytes",
			SCEP_BODY_MAX);
	return 0;
}

static struct scep_crl_cache crls = SCEP_CRL_CACHE_INIT;

static struct scep_context context(const struct web_call *call)
{
	return (struct scep_context){ .store = call->store,
		.conf = call->conf, .now = call->rq->now,
		.arena = call->rq->arena, .crls = &crls };
}

static int get_caps(const struct web_call *call, struct reply *rp,
	struct log_line *log, struct err *e)
{
	(void)call;
	(void)log;
	(void)e;
	rp->content_type = "text/plain";
	rp->body = bytes_str(scep_caps());
	return 0;
}

static int get_ca_cert(const struct web_call *call, struct reply *rp,
	struct log_line *log, struct err *e)
{
	struct scep_context cx = context(call);
	bool several;

	(void)log;
	if (scep_ca_cert(&cx, &rp->body, &several, e) < 0)
		return -1;
	rp->content_type = several ? "application/x-x509-ca-ra-cert" :
		"application/x-x509-ca-cert";
	return 0;
}

static void tell(const struct web_call *call, const struct scep_done *d,
	struct log_line *log)
{
	struct arena *a = call->rq->arena;

	if (d->type != NULL)
		log_str(log, "message", d->type);
	if (d->transaction != NULL)
		log_str(log, "transaction", op_line(bytes_str(d->transaction),
			80, a));
	if (d->serial != NULL)
		log_str(log, "serial", d->serial);
	if (d->enrollment != 0)
		log_str(log, "enrollment", arena_printf(a, "@%llu",
			(unsigned long long)d->enrollment));
	if (d->again)
		log_str(log, "note", "sent again");
	metrics_count("mooring_scep_total", arena_printf(a,
		"message=\"%s\",outcome=\"%s\"",
		d->type != NULL ? d->type : "unreadable",
		d->refused != NULL ? "refused" : d->again ? "again" : "ok"), 1);
	if (d->refused == NULL)
		return;
	call->fault->kind = "refused";
	web_reason(call, d->refused);
}

/* A static challenge is of somebody's choosing, and may be guessed. Where all
 * are random nobody is slowed, since many may come from one address. */
static bool may_be_guessed(const struct web_call *call)
{
	return *call->conf->scep_challenge != '\0';
}

static bool is_throttled(const struct web_call *call, struct reply *rp)
{
	unsigned wait = !may_be_guessed(call) ? 0 : throttle_wait(
		call->throttle, call->rq->remote_addr, call->rq->started_us);

	if (wait == 0)
		return false;
	call->fault->kind = "throttled";
	web_reason(call, "too many wrong challenges from this address");
	reply_text(rp, 429, "Too many wrong challenges.");
	reply_header(rp, "Retry-After", arena_printf(call->rq->arena, "%u",
		wait));
	return true;
}

static void count_guess(const struct web_call *call)
{
	const char *from = call->rq->remote_addr;

	if (may_be_guessed(call) && throttle_failed(call->throttle, from,
		call->rq->started_us))
		log_msg(LOG_WARN, "scep.throttle", "%s: too many wrong "
			"challenges", from != NULL ? from : "?");
}

static int pki_operation(const struct web_call *call, struct reply *rp,
	struct log_line *log, struct err *e)
{
	struct scep_context cx = context(call);
	struct scep_done done;
	struct bytes message;

	if (message_of(call->rq, &message, e) < 0)
		return -1;
	if (call->store == NULL) {
		*e = *call->closed;
		return -1;
	}
	if (is_throttled(call, rp))
		return 0;
	if (scep_pki_operation(&cx, message, &rp->body, &done, e) < 0)
		return -1;
	if (done.wrong_challenge)
		count_guess(call);
	tell(call, &done, log);
	rp->content_type = "application/x-pki-message";
	return 0;
}

static const struct operation {
	const char *name;
	bool posts;
	int (*fn)(const struct web_call *call, struct reply *rp,
		struct log_line *log, struct err *e);
} operations[] = {
	{ "GetCACaps", false, get_caps },
	{ "GetCACert", false, get_ca_cert },
	{ "PKIOperation", true, pki_operation },
};

static int run(const struct web_call *call, struct reply *rp,
	struct log_line *log, struct err *e)
{
	const char *name = web_api_query(call, "operation");

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (str_eq(name, operations[i].name) && (operations[i].posts ||
			call->rq->method != HTTP_POST)) {
			log_str(log, "operation", name);
			return operations[i].fn(call, rp, log, e);
		}
	if (name == NULL)
		return err_set(e, ERR_BAD_INPUT, "operation: missing");
	return err_set(e, ERR_BAD_INPUT, "operation: %.40s by %s is not served",
		name, call->rq->method_text);
}

static void scep(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct err e = ERR_INIT;

	reply_init(rp);
	if (run(call, rp, log, &e) < 0)
		web_fail(call, rp, &e, NULL);
}

const struct web_target web_scep = { GUARD_OPEN, scep };
