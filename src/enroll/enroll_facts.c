/* What the settings say of an enrollment profile that is for good. */
#include "enroll/enroll_profile.h"

#include <string.h>

#include "store/store_push.h"

#define BLANKS " \t,"

struct listing {
	struct arena *a;
	struct push_cert **certs;
	size_t n;
};

static int list_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct listing *l = arg;

	return store_push_cert_list(tx, l->a, &l->certs, &l->n, e);
}

static int topic_of(const struct enroll_context *cx, const char **out,
	struct err *e)
{
	struct listing l = { .a = cx->arena };

	*out = cx->conf->topic;
	if (**out != '\0')
		return 0;
	if (store_read(cx->store, list_tx, &l, e) < 0)
		return -1;
	if (l.n == 0)
		return err_set(e, ERR_CONFLICT, "there is no push topic: put a "
			"push certificate (mooringctl push-cert put), or set "
			"topic in mooring.conf");
	if (l.n > 1)
		return err_set(e, ERR_CONFLICT, "there are several push "
			"certificates: set topic in mooring.conf to the one "
			"for new enrollments");
	*out = l.certs[0]->topic;
	return 0;
}

static int capabilities_of(const struct enroll_context *cx,
	struct profile_facts *f, struct err *e)
{
	const char *s = cx->conf->server_capabilities;
	size_t n;

	for (s += strspn(s, BLANKS); *s != '\0'; s += strspn(s, BLANKS)) {
		if (f->n_capabilities == PROFILE_CAPABILITIES_MAX)
			return err_set(e, ERR_CONFLICT, "server_capabilities: "
				"more than %d", PROFILE_CAPABILITIES_MAX);
		n = strcspn(s, BLANKS);
		f->capabilities[f->n_capabilities++] = arena_str(cx->arena,
			bytes_of(s, n));
		s += n;
	}
	return 0;
}

int enroll_facts(const struct enroll_context *cx, const char *mode,
	const char *account, struct profile_facts *out, struct err *e)
{
	const struct conf *c = cx->conf;

	*out = (struct profile_facts){
		.identifier = c->profile_identifier,
		.server_url = arena_printf(cx->arena, "%s/mdm", c->url),
		.checkin_url = arena_printf(cx->arena, "%s/mdm/checkin",
			c->url),
		.access_rights = str_eq(mode, "BYOD") ? 0 : c->access_rights,
		.enrollment_mode = mode,
		.account = mode != NULL ? account : NULL,
		.required_app = mode != NULL ? c->required_app : 0,
	};
	if (topic_of(cx, &out->topic, e) < 0)
		return -1;
	return capabilities_of(cx, out, e);
}
