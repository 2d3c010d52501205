/* One device talking: an exchange, what its status means to a device, and
 * the sequences of exchanges that make an enrollment or a session. */
#include "sim/session.h"

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

/* One message on its way. */
struct exchange {
	const char *message;	/* "TokenUpdate", "Idle", "Acknowledged", … */
	const char *command, *uuid;	/* what a result answers, or NULL */
	const struct device_channel *ch;
	bool checkin;
	struct bytes body;
	const char *signature;	/* ready-made, or NULL */
	/* out */
	enum outcome outcome;
	int status;		/* 0: no answer */
	struct bytes reply;
	const char *why;	/* one line when it did not go well */
	uint64_t us;
};

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

/* --- one exchange --- */

/* The first line of what the server wrote, printable, for people. */
static const char *first_line(struct bytes b, struct arena *a)
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

static enum outcome judge(const struct exchange *x,
	const struct fetch_response *r, struct arena *a)
{
	if (r->status >= 200 && r->status < 300)
		return OUTCOME_OK;
	if (r->status >= 500)
		return OUTCOME_LATER;
	/* With a challenge it is the wish for a new login, and no end. */
	if (r->status == 401 &&
		fetch_response_header(r, "WWW-Authenticate") == NULL)
		return OUTCOME_UNENROLLED;
	if (r->status == 403 && is_unrecognized(x->reply, a))
		return OUTCOME_UNENROLLED;
	return OUTCOME_REFUSED;
}

static int headers_of(struct session *s, struct device *d, struct bytes body,
	const char *type, const char *signature, struct fetch_header *h,
	size_t *n, struct err *e)
{
	*n = 0;
	if (type != NULL)
		h[(*n)++] = (struct fetch_header){ "Content-Type", type };
	h[(*n)++] = (struct fetch_header){ "User-Agent", d != NULL &&
		d->model->platform == PLATFORM_MACOS ? "mdmclient/1 (simulated)"
		: "MDM/1.0 (simulated)" };
	if (d == NULL || (d->auth & DEVICE_AUTH_SIGNATURE) == 0)
		return 0;
	if (signature == NULL && identity_sign(d, body, s->arena, &signature,
		e) != 0)
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

static int put(struct session *s, struct device *d,
	const struct session_raw *raw, const char *signature,
	struct fetch_response *r, uint64_t *us, struct err *e)
{
	struct fetch_request rq = { .method = raw->method, .url = raw->url,
		.body = raw->body, .fresh = s->fresh,
		.max_redirects = REDIRECTS_MAX };
	struct fetch_header h[3];
	int64_t start;
	int rc;

	if (headers_of(s, d, raw->body, raw->content_type, signature, h,
		&rq.nheaders, e) != 0)
		return -1;
	rq.headers = h;
	rq.identity = tls_identity(d);
	start = clk_mono_us();
	rc = fetch_do(s->fetch, &rq, s->arena, r, e);
	*us = (uint64_t)(clk_mono_us() - start);
	if (rc == 0) {
		stats_exchange(&s->stats, r->status, *us);
		s->stats.connections += r->connected;
	} else {
		s->stats.broken++;
	}
	return rc;
}

int session_send(struct session *s, struct device *d,
	const struct session_raw *raw, struct fetch_response *r,
	struct err *e)
{
	uint64_t us;

	return put(s, d, raw, NULL, r, &us, e);
}

static int send(struct session *s, struct device *d, struct exchange *x,
	struct err *e)
{
	struct session_raw raw = { .method = "PUT", .body = x->body,
		.url = x->checkin && d->checkin_url != NULL ?
			d->checkin_url : d->url,
		.content_type = x->checkin ? MESSAGE_TYPE_CHECKIN :
			MESSAGE_TYPE_COMMAND };
	struct fetch_response r;

	x->status = 0;
	x->reply = bytes_of(NULL, 0);
	x->why = NULL;
	if (put(s, d, &raw, x->signature, &r, &x->us, e) == 0) {
		x->status = r.status;
		x->reply = r.body;
		x->outcome = judge(x, &r, s->arena);
		if (x->outcome != OUTCOME_OK)
			x->why = first_line(r.body, s->arena);
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

/* --- check-in --- */

static int checkin(struct session *s, struct device *d,
	const struct device_channel *ch, const char *message,
	struct bytes body, struct exchange *x, struct err *e)
{
	*x = (struct exchange){ .message = message, .ch = ch, .checkin = true,
		.body = body };
	return send(s, d, x, e);
}

static int token_update(struct session *s, struct device *d,
	struct device_channel *ch, enum outcome *out, struct err *e)
{
	struct exchange x;

	if (checkin(s, d, ch, "TokenUpdate", message_token_update(d, ch,
		s->arena), &x, e) != 0)
		return -1;
	*out = x.outcome;
	if (x.outcome == OUTCOME_OK) {
		ch->enabled = true;
		ch->declined = false;
		if (!ch->is_user)
			d->state = DEVICE_ENROLLED;
	} else if (ch->is_user && x.status == 410) {
		/* This user is left alone, no more. */
		ch->enabled = false;
		ch->declined = true;
		*out = OUTCOME_OK;
	}
	d->dirty = true;
	return 0;
}

static int token_updates(struct session *s, struct device *d,
	enum outcome *out, struct err *e)
{
	*out = OUTCOME_OK;
	for (unsigned i = 0; i < d->nchannels && *out == OUTCOME_OK; i++)
		if (token_update(s, d, &d->channel[i], out, e) != 0)
			return -1;
	return 0;
}

int session_enroll(struct session *s, struct device *d, enum outcome *out,
	struct err *e)
{
	bool awaiting = d->awaiting_configuration;
	struct exchange x;

	device_forget_management(d, DEVICE_NEW);
	d->awaiting_configuration = awaiting;
	device_new_tokens(d);
	if (checkin(s, d, &d->channel[0], "Authenticate",
		message_authenticate(d, s->arena), &x, e) != 0)
		return -1;
	*out = x.outcome;
	if (x.outcome != OUTCOME_OK)
		return 0;
	d->state = DEVICE_AUTHENTICATED;
	return s->authenticate_only ? 0 : token_updates(s, d, out, e);
}

int session_token_update(struct session *s, struct device *d,
	enum outcome *out, struct err *e)
{
	device_new_tokens(d);
	return token_updates(s, d, out, e);
}

int session_check_out(struct session *s, struct device *d,
	enum outcome *out, struct err *e)
{
	struct exchange x;

	if (checkin(s, d, &d->channel[0], "CheckOut",
		message_check_out(d, s->arena), &x, e) != 0)
		return -1;
	*out = x.outcome;
	/* Sent once, whatever comes back. */
	if (x.outcome != OUTCOME_UNENROLLED)
		device_forget_management(d, DEVICE_LEFT);
	return 0;
}

/* --- commands --- */

/* Idle is the same every time: built and signed once. */
static int idle(struct session *s, struct device *d,
	struct device_channel *ch, struct exchange *x, struct err *e)
{
	if (ch->idle.p == NULL)
		ch->idle = arena_bytes(d->arena, message_idle(d, ch,
			s->arena));
	if (ch->idle_signature == NULL &&
		(d->auth & DEVICE_AUTH_SIGNATURE) != 0 &&
		identity_sign(d, ch->idle, d->arena, &ch->idle_signature,
			e) != 0)
		return -1;
	*x = (struct exchange){ .message = "Idle", .ch = ch,
		.body = ch->idle, .signature = ch->idle_signature };
	return 0;
}

static void keep(struct device *d, struct device_channel *ch,
	const struct exchange *x)
{
	if (bytes_eq(ch->pending, x->body))
		return;
	ch->pending = arena_bytes(d->arena, x->body);
	ch->pending_uuid = arena_strdup(d->arena, x->uuid);
	ch->pending_status = arena_strdup(d->arena, x->message);
	d->dirty = true;
}

static void forget_kept(struct device *d, struct device_channel *ch)
{
	if (ch->pending.p == NULL)
		return;
	ch->pending = bytes_of(NULL, 0);
	ch->pending_uuid = ch->pending_status = NULL;
	d->dirty = true;
}

/* Answers the command in x and puts the answer in its place. The two arenas
 * take turns, so that a session of a thousand commands needs the memory of
 * two: the command is in the old one, answer and exchange are in the new. */
static int answer(struct session *s, struct device *d,
	struct device_channel *ch, struct exchange *x,
	enum respond_after *after, struct err *e)
{
	struct arena *old = s->arena;
	struct response r;

	s->arena = s->spare;
	s->spare = old;
	arena_reset(s->arena);
	if (respond(d, ch, x->reply, &s->respond, s->arena, &r, e) != 0)
		return -1;
	s->stats.commands++;
	*after = r.after;
	*x = (struct exchange){ .message = r.status,
		.command = r.request_type, .uuid = r.command_uuid, .ch = ch,
		.body = r.body };
	return 0;
}

/* The rest of a session after EraseDevice or the removal of the enrollment
 * profile: there is none. */
static int end_of_device(struct session *s, struct device *d,
	struct exchange *x, enum respond_after after, enum outcome *out,
	struct err *e)
{
	if (after == RESPOND_REMOVED)
		return session_check_out(s, d, out, e);
	if (send(s, d, x, e) != 0)
		return -1;
	*out = x->outcome;
	device_erase(d);
	return 0;
}

static int poll_channel(struct session *s, struct device *d,
	struct device_channel *ch, enum outcome *out, struct err *e)
{
	struct exchange x;

	s->stats.sessions++;
	if (ch->pending.p != NULL)
		x = (struct exchange){ .message = ch->pending_status,
			.uuid = ch->pending_uuid, .ch = ch,
			.body = ch->pending };
	else if (idle(s, d, ch, &x, e) != 0)
		return -1;
	for (unsigned n = 0;; n++) {
		enum respond_after after;

		if (send(s, d, &x, e) != 0)
			return -1;
		*out = x.outcome;
		if (x.outcome == OUTCOME_UNENROLLED)
			return 0;
		if (x.outcome != OUTCOME_OK) {
			if (x.uuid != NULL)
				keep(d, ch, &x);
			return 0;
		}
		forget_kept(d, ch);
		if (x.reply.n == 0 || n == s->max_commands)
			return 0;
		if (answer(s, d, ch, &x, &after, e) != 0) {
			*out = OUTCOME_REFUSED;
			snprintf(s->why, sizeof(s->why), "%s", e->msg);
			return 0;
		}
		if (after != RESPOND_GO_ON)
			return end_of_device(s, d, &x, after, out, e);
	}
}

int session_poll(struct session *s, struct device *d, enum outcome *out,
	struct err *e)
{
	*out = OUTCOME_OK;
	d->polls++;
	for (unsigned i = 0; i < d->nchannels; i++) {
		struct device_channel *ch = &d->channel[i];
		enum outcome one = OUTCOME_OK;

		if ((s->channels & (ch->is_user ? SESSION_USER :
			SESSION_DEVICE)) == 0 || (ch->is_user && !ch->enabled))
			continue;
		if (poll_channel(s, d, ch, &one, e) != 0)
			return -1;
		if (one > *out)
			*out = one;
		if (d->state != DEVICE_ENROLLED &&
			d->state != DEVICE_AUTHENTICATED)
			break;
	}
	return 0;
}
