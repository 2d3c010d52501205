/* Reading what a caller of the admin API sends: path, query, JSON body. */
#include "web/web_api.h"

#include <string.h>

#include "base/enc.h"
#include "base/when.h"

static int decode(struct bytes raw, struct arena *a, struct bytes *out,
	struct err *e)
{
	if (!enc_unpercent(a, raw, out))
		return err_set(e, ERR_BAD_INPUT, "path: a bad %% escape");
	if (out->n == 0)
		return err_set(e, ERR_BAD_INPUT, "path: an empty id");
	if (memchr(out->p, '\0', out->n) != NULL)
		return err_set(e, ERR_BAD_INPUT, "path: NUL in an id");
	return 0;
}

int web_api_arg(const struct web_call *call, unsigned n, struct bytes *out,
	struct err *e)
{
	return decode(call->match->arg[n], call->rq->arena, out, e);
}

int web_api_ids(const struct web_call *call, unsigned n, size_t max,
	struct bytes **ids, size_t *count, struct err *e)
{
	struct bytes raw = call->match->arg[n];
	struct bytes *all;
	size_t i = 0, parts = 1;

	for (size_t at = 0; at < raw.n; at++)
		parts += raw.p[at] == ',';
	if (parts > max)
		return err_set(e, ERR_BAD_INPUT, "path: more than %zu ids", max);
	all = arena_alloc(call->rq->arena, parts * sizeof(*all));
	for (const unsigned char *p = raw.p, *end = raw.p + raw.n; i < parts;
		i++) {
		const unsigned char *comma = memchr(p, ',', (size_t)(end - p));
		size_t len = (size_t)((comma != NULL ? comma : end) - p);

		if (decode(bytes_of(p, len), call->rq->arena, &all[i], e) < 0)
			return -1;
		p += len + 1;
	}
	*ids = all;
	*count = parts;
	return 0;
}

/* application/x-www-form-urlencoded, as in a URL's query. */
static const char *form_text(struct bytes raw, struct arena *a)
{
	char *s = arena_str(a, raw);
	struct bytes out;

	if (memchr(s, '\0', raw.n) != NULL)
		return NULL;
	for (char *p = s; *p != '\0'; p++)
		if (*p == '+')
			*p = ' ';
	if (!enc_unpercent(a, bytes_str(s), &out)
		|| memchr(out.p, '\0', out.n) != NULL)
		return NULL;
	return arena_str(a, out);
}

bool web_api_query_is_good(const char *query, struct arena *a)
{
	return form_text(bytes_str(query), a) != NULL;
}

const char *web_api_form(struct bytes form, const char *name, struct arena *a)
{
	const unsigned char *p = form.p, *end = form.p + form.n;

	while (form.p != NULL && p < end) {
		const unsigned char *amp = memchr(p, '&', (size_t)(end - p));
		const unsigned char *stop = amp != NULL ? amp : end;
		const unsigned char *eq = memchr(p, '=', (size_t)(stop - p));
		const unsigned char *key_end = eq != NULL ? eq : stop;
		const char *key = form_text(bytes_of(p, (size_t)(key_end - p)), a);

		if (key != NULL && str_eq(key, name))
			return eq == NULL ? "" : form_text(bytes_of(eq + 1,
				(size_t)(stop - eq - 1)), a);
		p = stop + 1;
	}
	return NULL;
}

const char *web_api_query(const struct web_call *call, const char *name)
{
	return web_api_form(bytes_str(call->rq->query), name, call->rq->arena);
}

bool web_api_flag(const struct web_call *call, const char *name)
{
	const char *v = web_api_query(call, name);

	return v != NULL && *v != '\0' && !str_eq(v, "0")
		&& !str_eq(v, "false");
}

int web_api_u64(const struct web_call *call, const char *name, uint64_t min,
	uint64_t max, uint64_t *out, struct err *e)
{
	const char *v = web_api_query(call, name);

	if (v == NULL || str_u64(v, min, max, out))
		return 0;
	return err_set(e, ERR_BAD_INPUT,
		"%s: use a whole number from %llu to %llu", name,
		(unsigned long long)min, (unsigned long long)max);
}

int web_api_limit(const struct web_call *call, size_t *out, struct err *e)
{
	uint64_t limit = WEB_API_PAGE;

	if (web_api_u64(call, "limit", 1, WEB_API_PAGE_MAX, &limit, e) < 0)
		return -1;
	*out = (size_t)limit;
	return 0;
}

static int bad_cursor(struct err *e)
{
	return err_set(e, ERR_BAD_INPUT, "cursor: not one of ours");
}

int web_api_cursor(const struct web_call *call, struct bytes *out,
	struct err *e)
{
	const char *v = web_api_query(call, "cursor");

	*out = bytes_of(NULL, 0);
	if (v == NULL || *v == '\0')
		return 0;
	if (strlen(v) > 512 || !enc_unhex(call->rq->arena, v, out))
		return bad_cursor(e);
	return 0;
}

int web_api_cursor_u64(const struct web_call *call, uint64_t *out,
	struct err *e)
{
	struct bytes b;

	*out = 0;
	if (web_api_cursor(call, &b, e) < 0)
		return -1;
	if (b.p == NULL)
		return 0;
	if (b.n != 8)
		return bad_cursor(e);
	*out = enc_unbe64(b.p);
	return 0;
}

int web_api_body(const struct web_call *call, struct json **out,
	struct err *e)
{
	if (call->rq->body.n == 0)
		return err_set(e, ERR_BAD_INPUT, "body: a JSON object is needed");
	if (json_parse(call->rq->body, call->rq->arena, out, e) < 0)
		return -1;
	if (json_kind(*out) != JSON_KIND_OBJECT)
		return err_set(e, ERR_BAD_INPUT, "body: not a JSON object");
	return 0;
}

struct known {
	const char *const *names;
	const char *stranger;
};

static bool is_known(const char *key, const struct json *value, void *arg)
{
	struct known *k = arg;

	(void)value;
	for (size_t i = 0; k->names[i] != NULL; i++)
		if (str_eq(k->names[i], key))
			return true;
	k->stranger = key;
	return false;
}

int web_api_keys(const struct json *obj, const char *const *known,
	struct err *e)
{
	struct known k = { known, NULL };

	json_each(obj, is_known, &k);
	if (k.stranger == NULL)
		return 0;
	return err_set(e, ERR_BAD_INPUT, "%.80s: no such key", k.stranger);
}

int web_api_get_time(const struct json *obj, const char *key, int64_t now,
	int64_t *out, struct err *e)
{
	const struct json *v = json_get(obj, key);
	const char *s = json_get_str(obj, key);
	int64_t t;

	if (v == NULL)
		return 0;
	if (s != NULL && when_parse(s, now, out))
		return 0;
	if (json_get_int(obj, key, &t) && t > 0 && t <= WHEN_MAX) {
		*out = t;
		return 0;
	}
	return err_set(e, ERR_BAD_INPUT, "%s: use a time as "
		"2026-11-22T13:52:00Z, or seconds since 1970", key);
}
