/* The way to an enrollment profile: a file, a link, or Setup Assistant's
 * conversation. What is in the profile is looked at elsewhere. */
#include "sim/obtain.h"

#include <string.h>

#include "base/clk.h"
#include "base/enc.h"
#include "base/file.h"
#include "codec/json.h"
#include "codec/pl.h"
#include "crypto/cms.h"
#include "sim/exchange.h"
#include "sim/message.h"

#define STEP "profile"
#define TYPE "application/x-apple-aspen-config"
#define FILE_MAX ((size_t)16 << 20)
#define UPDATES_MAX 3	/* a real device would go on for ever */

static bool is_profile(const struct fetch_response *r)
{
	const char *type = fetch_response_header(r, "Content-Type");
	size_t n = strlen(TYPE);

	return type != NULL && str_has_prefix_nocase(type, TYPE) &&
		(type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

static int from_file(struct session *s, struct device *d, const char *path,
	struct bytes *body, enum outcome *out, struct err *e)
{
	if (file_read(path, FILE_MAX, s->arena, body, e) != 0)
		return -1;
	if (body->p == NULL)
		return err_set(e, ERR_NOT_FOUND, "%s: no such file", path);
	*out = exchange_step(s, d, STEP, OUTCOME_OK, "%zu bytes from %s",
		body->n, path);
	return 0;
}

/* --- what a 403 says --- */

struct refusal {
	const char *code, *message;
	const char *os_version, *build_version;
};

static void read_refusal(struct bytes reply, struct arena *a,
	struct refusal *out)
{
	struct json *j;
	struct pl *p;
	struct err e;

	memset(out, 0, sizeof(*out));
	if (json_parse(reply, a, &j, &e) == 0) {
		const struct json *details = json_get(j, "details");

		out->code = json_get_str(j, "code");
		out->message = json_get_str(j, "message");
		out->os_version = json_get_str(details, "OSVersion");
		out->build_version = json_get_str(details, "BuildVersion");
	} else if (pl_parse(reply, a, &p, &e) == 0) {
		const struct pl *details = pl_dict_get(p, "details");

		out->code = pl_as_str(pl_dict_get(p, "code"));
		out->message = pl_as_str(pl_dict_get(p, "message"));
		out->os_version = pl_as_str(pl_dict_get(details, "OSVersion"));
		out->build_version = pl_as_str(pl_dict_get(details,
			"BuildVersion"));
	}
}

/* --- Setup Assistant --- */

static int machine_info(struct session *s, const struct device *d,
	const struct obtain *o, struct bytes *der, struct err *e)
{
	struct identity_ca mine;
	const struct cert *chain[1] = { o->apple.cert };

	if (identity_built_in(d, &o->apple, clk_now(), s->arena, &mine,
		e) != 0)
		return -1;
	return cms_sign_attached(mine.cert, mine.key, chain,
		o->apple.cert != NULL ? 1 : 0, message_machine_info(d,
		!o->cannot_update, s->arena), s->arena, der, e);
}

static int send(struct session *s, struct device *d, const struct obtain *o,
	struct fetch_response *r, struct err *e)
{
	struct exchange_raw raw = { .method = "GET", .url = o->from,
		.ca_file = d->base_ca_file, .anonymous = true };
	struct fetch_header header = { "x-apple-aspen-deviceinfo", NULL };
	struct bytes der;
	uint64_t us;

	if ((o->ade || o->web) && machine_info(s, d, o, &der, e) != 0)
		return -1;
	if (o->web) {
		header.value = enc_base64(s->arena, der);
		raw.header = &header;
	} else if (o->ade) {
		raw.method = "POST";
		raw.content_type = "application/pkcs7-signature";
		raw.body = der;
	}
	return exchange_raw(s, d, &raw, r, &us, e);
}

/* True: the device has another system now, and asks again. */
static bool update(struct session *s, struct device *d,
	const struct obtain *o, const struct refusal *why, unsigned updates,
	enum outcome *out)
{
	if (o->cannot_update || why->os_version == NULL ||
		updates == UPDATES_MAX) {
		*out = exchange_step(s, d, STEP, OUTCOME_REFUSED, "%s: %s",
			why->code, o->cannot_update ?
			"this device cannot update" : why->os_version == NULL ?
			"details.OSVersion is missing" :
			"still, after so many updates");
		return false;
	}
	d->os_version = arena_strdup(d->arena, why->os_version);
	if (why->build_version != NULL)
		d->build_version = arena_strdup(d->arena, why->build_version);
	d->dirty = true;
	exchange_step(s, d, "update", OUTCOME_OK, "%s: now OS %s, build %s",
		why->code, d->os_version, d->build_version);
	return true;
}

static enum outcome refused(struct session *s, const struct device *d,
	const struct fetch_response *r, const struct refusal *why)
{
	const char *line = why->code != NULL ? why->message :
		exchange_first_line(r->body, s->arena);

	return exchange_step(s, d, STEP, r->status < 300 ? OUTCOME_REFUSED :
		exchange_outcome(r->status), "%d %s%s%s", r->status,
		why->code != NULL ? why->code : "",
		why->code != NULL && line != NULL ? ": " : "",
		line != NULL ? line : "");
}

static int from_url(struct session *s, struct device *d,
	const struct obtain *o, struct bytes *body, enum outcome *out,
	struct err *e)
{
	struct fetch_response r;
	struct refusal why;
	unsigned updates = 0;

	do {
		if (send(s, d, o, &r, e) != 0) {
			if (e->kind != ERR_UPSTREAM && e->kind != ERR_TOO_LARGE)
				return -1;
			*out = exchange_step(s, d, STEP, OUTCOME_LATER, "%s",
				e->msg);
			return 0;
		}
		if (r.status == 200)
			break;
		memset(&why, 0, sizeof(why));
		if (r.status == 403)
			read_refusal(r.body, s->arena, &why);
		if ((!o->ade && !o->web) || !str_eq(why.code,
			"com.apple.softwareupdate.required")) {
			*out = refused(s, d, &r, &why);
			return 0;
		}
	} while (update(s, d, o, &why, updates++, out));
	if (r.status != 200)
		return 0;
	if (!is_profile(&r)) {
		*out = exchange_step(s, d, STEP, OUTCOME_REFUSED, "is of type "
			"%s, not " TYPE, fetch_response_header(&r,
			"Content-Type") != NULL ? fetch_response_header(&r,
			"Content-Type") : "(none)");
		return 0;
	}
	*body = r.body;
	*out = exchange_step(s, d, STEP, OUTCOME_OK, "%zu bytes of " TYPE,
		body->n);
	return 0;
}

int obtain_profile(struct session *s, struct device *d,
	const struct obtain *o, struct bytes *body, enum outcome *out,
	struct err *e)
{
	*body = bytes_of(NULL, 0);
	if (strstr(o->from, "://") == NULL)
		return from_file(s, d, o->from, body, out, e);
	return from_url(s, d, o, body, out, e);
}
