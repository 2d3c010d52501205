/* Profiles in a device's file: those that were installed, and the enrollment
 * profile with what it said for good. */
#include "sim/devfile_parts.h"

void devfile_set_str(struct pl *d, const char *key, const char *s)
{
	if (s != NULL && s[0] != '\0')
		pl_set_str(d, key, s);
}

int64_t devfile_get_int(struct pl_reader *r, const char *key)
{
	int64_t v = 0;

	pl_int_opt(r, key, &v);
	return v;
}

void devfile_put_profile(struct pl *d, const struct device_profile *p)
{
	struct pl *list;

	devfile_set_str(d, "Identifier", p->identifier);
	devfile_set_str(d, "UUID", p->uuid);
	devfile_set_str(d, "Name", p->name);
	devfile_set_str(d, "Organization", p->organization);
	devfile_set_str(d, "Description", p->description);
	pl_set_int(d, "Version", p->version);
	pl_set_bool(d, "RemovalDisallowed", p->removal_disallowed);
	pl_set_bool(d, "Encrypted", p->encrypted);
	list = pl_set_array(d, "Payloads");
	for (const struct device_payload *y = p->payloads; y; y = y->next) {
		struct pl *q = pl_add_dict(list);

		devfile_set_str(q, "Type", y->type);
		devfile_set_str(q, "Identifier", y->identifier);
		devfile_set_str(q, "UUID", y->uuid);
		devfile_set_str(q, "Name", y->name);
		pl_set_int(q, "Version", y->version);
	}
}

static int get_payloads(const struct pl *list, struct arena *a,
	struct device_profile *p, struct err *e)
{
	struct device_payload **end = &p->payloads;

	for (uint32_t i = 0; list != NULL && i < pl_array_len(list); i++) {
		struct device_payload *y = arena_zalloc(a, sizeof(*y));
		struct pl_reader r;

		pl_read(&r, "payload", pl_array_at(list, i), a);
		pl_str_opt(&r, "Type", &y->type);
		pl_str_opt(&r, "Identifier", &y->identifier);
		pl_str_opt(&r, "UUID", &y->uuid);
		pl_str_opt(&r, "Name", &y->name);
		y->version = devfile_get_int(&r, "Version");
		if (pl_done(&r, e) != 0)
			return -1;
		*end = y;
		end = &y->next;
	}
	return 0;
}

int devfile_get_profile(const struct pl *d, struct arena *a,
	struct device_profile **out, struct err *e)
{
	struct device_profile *p = arena_zalloc(a, sizeof(*p));
	const struct pl *payloads = NULL;
	struct pl_reader r;

	pl_read(&r, "profile", d, a);
	pl_str(&r, "Identifier", &p->identifier);
	pl_str_opt(&r, "UUID", &p->uuid);
	pl_str_opt(&r, "Name", &p->name);
	pl_str_opt(&r, "Organization", &p->organization);
	pl_str_opt(&r, "Description", &p->description);
	p->version = devfile_get_int(&r, "Version");
	pl_bool_opt(&r, "RemovalDisallowed", &p->removal_disallowed);
	pl_bool_opt(&r, "Encrypted", &p->encrypted);
	pl_array_opt(&r, "Payloads", &payloads);
	*out = p;
	return pl_done(&r, e) != 0 ? -1 : get_payloads(payloads, a, p, e);
}

/* --- the enrollment profile --- */

void devfile_put_enrollment(struct pl *d, const struct device_enrollment *m)
{
	const struct profile_facts *f = &m->facts;
	struct pl *list;

	devfile_put_profile(pl_set_dict(d, "Profile"), m->profile);
	devfile_set_str(d, "Topic", f->topic);
	devfile_set_str(d, "ServerURL", f->server_url);
	devfile_set_str(d, "CheckInURL", f->checkin_url);
	devfile_set_str(d, "EnrollmentMode", f->enrollment_mode);
	devfile_set_str(d, "AssignedManagedAppleID", f->account);
	pl_set_int(d, "AccessRights", f->access_rights);
	pl_set_int(d, "RequiredAppIDForMDM", f->required_app);
	pl_set_bool(d, "SignMessage", m->sign_message);
	pl_set_bool(d, "CheckOutWhenRemoved", m->check_out_when_removed);
	list = pl_set_array(d, "ServerCapabilities");
	for (uint32_t i = 0; i < f->n_capabilities; i++)
		pl_add_str(list, f->capabilities[i]);
}

static void get_capabilities(const struct pl *list, struct arena *a,
	struct profile_facts *f)
{
	for (uint32_t i = 0; list != NULL && i < pl_array_len(list) &&
		f->n_capabilities < PROFILE_CAPABILITIES_MAX; i++) {
		const char *s = pl_as_str(pl_array_at(list, i));

		if (s != NULL)
			f->capabilities[f->n_capabilities++] =
				arena_strdup(a, s);
	}
}

int devfile_get_enrollment(const struct pl *d, struct arena *a,
	const struct device_enrollment **out, struct err *e)
{
	struct device_enrollment *m = arena_zalloc(a, sizeof(*m));
	const struct pl *profile = NULL, *capabilities = NULL;
	struct profile_facts *f = &m->facts;
	struct device_profile *shown = NULL;
	struct pl_reader r;

	pl_read(&r, "enrollment profile", d, a);
	pl_dict(&r, "Profile", &profile);
	pl_str(&r, "Topic", &f->topic);
	pl_str(&r, "ServerURL", &f->server_url);
	pl_str_opt(&r, "CheckInURL", &f->checkin_url);
	pl_str_opt(&r, "EnrollmentMode", &f->enrollment_mode);
	pl_str_opt(&r, "AssignedManagedAppleID", &f->account);
	f->access_rights = devfile_get_int(&r, "AccessRights");
	f->required_app = devfile_get_int(&r, "RequiredAppIDForMDM");
	pl_bool_opt(&r, "SignMessage", &m->sign_message);
	pl_bool_opt(&r, "CheckOutWhenRemoved", &m->check_out_when_removed);
	pl_array_opt(&r, "ServerCapabilities", &capabilities);
	if (pl_done(&r, e) != 0 ||
		devfile_get_profile(profile, a, &shown, e) != 0)
		return -1;
	get_capabilities(capabilities, a, f);
	m->profile = shown;
	f->identifier = shown->identifier;
	*out = m;
	return 0;
}
