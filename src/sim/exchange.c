/* Exchanges: sent, judged, told of. Which follow each other is session.c's
 * and onboard.c's. */
#include "sim/exchange.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clk.h"
#include "codec/json.h"
#include "codec/pl.h"
#include "sim/identity.h"
#include "sim/message.h"

#define REDIRECTS_MAX 5
#define UNRECOGNIZED "com.apple.unrecognized.device"
#define LINE_MAX_LEN 200

const char *outcome_name(enum outcome o)
{
	static const char *const name[] = { "ok", "later", "refused",
		"unenrolled" };

	return name[o];
}

/* --- saying what happened --- */

static void say_json(const struct device *d, const struct exchange *x,
	struct arena *a)
{
	struct json *o = json_new_object(a);

	json_set_str(o, "id", d->id);
	json_set_str(o, "channel", x->ch->is_user ? "user" : "device");
	json_set_str(o, "message", x->message);
	json_set_str(o, "request_type", x->command);
	json_set_str(o, "command_uuid", x->uuid);
	json_set_int(o, "status", x->status);
	json_set_int(o, "reply_bytes", (int64_t)x->reply.n);
	json_set_int(o, "us", (int64_t)x->us);
	json_set_str(o, "outcome", outcome_name(x->outcome));
	json_set_str(o, "error", x->why);
	printf("%s\n", json_text(o, NULL, a));
}

/* Ids and the server's words may hold anything: keep them on one line. */
static char *printable(char *s)
{
	for (char *p = s; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	return s;
}

static void say_text(const struct session *s, const struct device *d,
	const struct exchange *x)
{
	const char *who = x->ch->is_user ? d->user_short_name : NULL;
	char status[32] = "no answer";
	char *line;

	if (x->status != 0)
		snprintf(status, sizeof(status), "%d", x->status);
	line = arena_printf(s->arena,
		"%s%s%s%s%s%s%s%s%s: %s, %zu bytes, %.1f ms%s%s",
		s->say_who ? d->id : "", s->say_who ? " " : "", x->message,
		x->command != NULL ? " " : "",
		x->command != NULL ? x->command : "",
		x->uuid != NULL ? " " : "", x->uuid != NULL ? x->uuid : "",
		who != NULL ? ", user " : "", who != NULL ? who : "", status,
		x->reply.n, (double)x->us / 1e3, x->why != NULL ? ": " : "",
		x->why != NULL ? x->why : "");
	puts(printable(line));
}

enum outcome exchange_step(struct session *s, const struct device *d,
	const char *step, enum outcome outcome, const char *fmt, ...)
{
	const char *bad = outcome == OUTCOME_OK ? "" : ": ";
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = printable(arena_vprintf(s->arena, fmt, ap));
	va_end(ap);
	if (outcome != OUTCOME_OK)
		snprintf(s->why, sizeof(s->why), "%s: %s", step, text);
	if (s->say && s->say_json) {
		struct json *o = json_new_object(s->arena);

		json_set_str(o, "id", d->id);
		json_set_str(o, "step", step);
		json_set_str(o, "outcome", outcome_name(outcome));
		json_set_str(o, "text", text);
		printf("%s\n", json_text(o, NULL, s->arena));
	} else if (s->say) {
		puts(printable(arena_printf(s->arena, "%s%s%s: %s%s%s",
			s->say_who ? d->id : "", s->say_who ? " " : "", step,
			outcome == OUTCOME_OK ? "" : outcome_name(outcome),
			bad, text)));
	}
	return outcome;
}

/* --- one exchange --- */

const char *exchange_first_line(struct bytes b, struct arena *a)
{
	size_t n = 0;

	while (n < b.n && n < LINE_MAX_LEN && b.p[n] != '\n' && b.p[n] != '\r')
		n++;
	if (n == 0)
		return NULL;
	return printable(arena_memdup(a, b.p, n));
}

/* The code in a 403, as JSON or as a property list. */
static bool is_unrecognized(struct bytes reply, struct arena *a)
{
	struct json *j;
	struct pl *p;
	struct err e;

	if (json_parse(reply, a, &j, &e) == 0)
		return str_eq(json_get_str(j, "code"), UNRECOGNIZED);
	return pl_parse(reply, a, &p, &e) == 0 &&
		str_eq(pl_as_str(pl_dict_get(p, "code")), UNRECOGNIZED);
}

enum outcome exchange_outcome(int status)
{
	return status >= 200 && status < 300 ? OUTCOME_OK :
		status >= 500 ? OUTCOME_LATER : OUTCOME_REFUSED;
}

static enum outcome judge(const struct exchange *x,
	const struct fetch_response *r, struct arena *a)
{
	/* With a challenge it is the wish for a new login, and no end. */
	if (r->status == 401 &&
		fetch_response_header(r, "WWW-Authenticate") == NULL)
		return OUTCOME_UNENROLLED;
	if (r->status == 403 && is_unrecognized(x->reply, a))
		return OUTCOME_UNENROLLED;
	return exchange_outcome(r->status);
}

static int headers_of(struct session *s, struct device *d,
	const struct exchange_raw *raw, struct fetch_header *h, size_t *n,
	struct err *e)
{
	const char *signature = raw->signature;

	*n = 0;
	if (raw->content_type != NULL)
		h[(*n)++] = (struct fetch_header){ "Content-Type",
			raw->content_type };
	h[(*n)++] = (struct fetch_header){ "User-Agent", d != NULL &&
		d->model->platform == PLATFORM_MACOS ? "mdmclient/1 (simulated)"
		: "MDM/1.0 (simulated)" };
	if (raw->header != NULL)
		h[(*n)++] = *raw->header;
	if (d == NULL || raw->anonymous ||
		(d->auth & DEVICE_AUTH_SIGNATURE) == 0)
		return 0;
	if (signature == NULL && identity_sign(d, raw->body, s->arena,
		&signature, e) != 0)
		return -1;
	h[(*n)++] = (struct fetch_header){ "Mdm-Signature", signature };
	return 0;
}

static const struct fetch_identity *tls_identity(struct device *d)
{
	if (d == NULL || (d->auth & DEVICE_AUTH_TLS) == 0 ||
		d->cert_pem.p == NULL)
		return NULL;
	d->identity = (struct fetch_identity){ .cert_pem = d->cert_pem,
		.key_pem = d->key_pem };
	return &d->identity;
}

int exchange_raw(struct session *s, struct device *d,
	const struct exchange_raw *raw, struct fetch_response *r,
	uint64_t *us, struct err *e)
{
	struct fetch_request rq = { .method = raw->method, .url = raw->url,
		.body = raw->body, .fresh = s->fresh,
		.max_redirects = REDIRECTS_MAX };
	struct fetch_header h[4];
	struct fetch *fetch;
	int64_t start;
	int rc;

	*us = 0;
	if (headers_of(s, d, raw, h, &rq.nheaders, e) != 0 ||
		wire_fetch(s->wire, raw->ca_file, &fetch, e) != 0)
		return -1;
	rq.headers = h;
	rq.identity = raw->anonymous ? NULL : tls_identity(d);
	start = clk_mono_us();
	rc = fetch_do(fetch, &rq, s->arena, r, e);
	*us = (uint64_t)(clk_mono_us() - start);
	if (rc == 0) {
		stats_exchange(&s->stats, r->status, *us);
		s->stats.connections += r->connected;
	} else {
		s->stats.broken++;
	}
	return rc;
}

int exchange_do(struct session *s, struct device *d, struct exchange *x,
	struct err *e)
{
	struct exchange_raw raw = { .method = "PUT", .body = x->body,
		.url = x->checkin && d->checkin_url != NULL ?
			d->checkin_url : d->url,
		.content_type = x->checkin ? MESSAGE_TYPE_CHECKIN :
			MESSAGE_TYPE_COMMAND,
		.ca_file = d->ca_file, .signature = x->signature };
	struct fetch_response r;

	x->status = 0;
	x->reply = bytes_of(NULL, 0);
	x->why = NULL;
	if (exchange_raw(s, d, &raw, &r, &x->us, e) == 0) {
		x->status = r.status;
		x->reply = r.body;
		x->outcome = judge(x, &r, s->arena);
		if (x->outcome != OUTCOME_OK)
			x->why = exchange_first_line(r.body, s->arena);
	} else if (e->kind == ERR_UPSTREAM || e->kind == ERR_TOO_LARGE) {
		x->outcome = OUTCOME_LATER;
		x->why = arena_strdup(s->arena, e->msg);
	} else {
		return -1;
	}
	if (x->outcome == OUTCOME_UNENROLLED)
		device_forget_management(d, DEVICE_UNENROLLED);
	if (x->outcome != OUTCOME_OK && x->status == 0)
		snprintf(s->why, sizeof(s->why), "%s: %s", x->message, x->why);
	else if (x->outcome != OUTCOME_OK)
		snprintf(s->why, sizeof(s->why), "%s: %d %s", x->message,
			x->status, x->why != NULL ? x->why : "");
	if (s->say && s->say_json)
		say_json(d, x, s->arena);
	else if (s->say)
		say_text(s, d, x);
	return 0;
}
