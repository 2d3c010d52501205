/* What of an enrollment profile is for good, as a stored record. */
#include "model/profile_facts.h"

#include "base/buf.h"
#include "codec/rec.h"

/* Tags are stored. */
enum { IDENTIFIER = 1, TOPIC, SERVER_URL, CHECKIN_URL, ACCESS_RIGHTS,
	CAPABILITIES, ENROLLMENT_MODE, ACCOUNT, REQUIRED_APP };

#define MAX ((size_t)64 << 10)

/* Capabilities are words: one text, a blank between two. */
static const char *join(const struct profile_facts *f, struct arena *a)
{
	const char *s = NULL;

	for (uint32_t i = 0; i < f->n_capabilities; i++)
		s = s == NULL ? f->capabilities[i] :
			arena_printf(a, "%s %s", s, f->capabilities[i]);
	return s;
}

static void split(const char *words, struct arena *a,
	struct profile_facts *f)
{
	while (words != NULL && *words != '\0' &&
		f->n_capabilities < PROFILE_CAPABILITIES_MAX) {
		size_t n = 0;

		while (words[n] != '\0' && words[n] != ' ')
			n++;
		f->capabilities[f->n_capabilities++] =
			arena_str(a, bytes_of(words, n));
		words += n + (words[n] == ' ');
	}
}

struct bytes profile_facts_encode(const struct profile_facts *f,
	struct arena *a)
{
	struct bytes out;
	struct buf b;

	buf_init(&b, MAX);
	rec_begin(&b);
	rec_put_str(&b, IDENTIFIER, f->identifier);
	rec_put_str(&b, TOPIC, f->topic);
	rec_put_str(&b, SERVER_URL, f->server_url);
	rec_put_str(&b, CHECKIN_URL, f->checkin_url);
	rec_put_i64(&b, ACCESS_RIGHTS, f->access_rights);
	rec_put_str(&b, CAPABILITIES, join(f, a));
	rec_put_str(&b, ENROLLMENT_MODE, f->enrollment_mode);
	rec_put_str(&b, ACCOUNT, f->account);
	rec_put_i64(&b, REQUIRED_APP, f->required_app);
	out = arena_bytes(a, buf_bytes(&b));
	buf_fini(&b);
	return out;
}

int profile_facts_parse(struct bytes in, struct arena *a,
	struct profile_facts *out, struct err *e)
{
	struct rec_reader r;

	*out = (struct profile_facts){ 0 };
	rec_read(&r, in);
	out->identifier = rec_get_str(&r, IDENTIFIER, a);
	out->topic = rec_get_str(&r, TOPIC, a);
	out->server_url = rec_get_str(&r, SERVER_URL, a);
	out->checkin_url = rec_get_str(&r, CHECKIN_URL, a);
	out->access_rights = rec_get_i64(&r, ACCESS_RIGHTS);
	split(rec_get_str(&r, CAPABILITIES, a), a, out);
	out->enrollment_mode = rec_get_str(&r, ENROLLMENT_MODE, a);
	out->account = rec_get_str(&r, ACCOUNT, a);
	out->required_app = rec_get_i64(&r, REQUIRED_APP);
	return rec_done(&r, "profile facts", e);
}

const char *profile_facts_missing(const struct profile_facts *f)
{
	bool byod = f->enrollment_mode != NULL &&
		str_eq(f->enrollment_mode, "BYOD");

	if (f->identifier == NULL)
		return "identifier";
	if (f->topic == NULL)
		return "topic";
	if (f->server_url == NULL)
		return "server_url";
	if (f->access_rights == 0 && !byod)
		return "access_rights";
	if (f->enrollment_mode != NULL && f->account == NULL)
		return "account";
	return NULL;
}
