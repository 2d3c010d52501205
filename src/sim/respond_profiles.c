/* Profiles and certificates: InstallProfile remembers, ProfileList shows,
 * RemoveProfile forgets. Nothing in a profile takes effect. */
#include "sim/respond.h"

#include <stddef.h>

#define PROFILES_MAX 1000

static const char *enrollment_profile(const struct device *d)
{
	return d->enrollment != NULL ? d->enrollment->facts.identifier :
		RESPOND_ENROLLMENT_PROFILE;
}

static struct device_profile **find(struct respond *r, const char *identifier)
{
	struct device_profile **at = &r->ch->profiles;

	while (*at != NULL && !str_eq((*at)->identifier, identifier))
		at = &(*at)->next;
	return at;
}

/* Whether that is for the profile list at all: with com.apple.mdm in it, it
 * is a new version of the enrollment profile, or nothing. */
static bool is_ordinary(struct respond *r, const struct profile *p)
{
	bool same = str_eq(p->shown->identifier, enrollment_profile(r->d));

	if (p->has_mdm && same && !r->ch->is_user) {
		r->renewal = p;
		r->after = RESPOND_RENEW;
	} else if (p->has_mdm) {
		respond_error(r, "MCMDMErrorDomain", 12001, "The device is "
			"managed by another enrollment profile.");
	} else if (same && !r->ch->is_user) {
		respond_error(r, "MCInstallationErrorDomain", 4001, "The "
			"profile would replace the enrollment profile.");
	}
	return !p->has_mdm && (!same || r->ch->is_user);
}

void respond_install_profile(struct respond *r)
{
	struct profile *p = arena_zalloc(r->arena, sizeof(*p));
	struct device_profile **at, *shown;
	struct bytes payload;
	struct err e;
	unsigned n = 0;

	if (!pl_as_data(pl_dict_get(r->command, "Payload"), r->arena,
		&payload)) {
		r->status = "CommandFormatError";
		return;
	}
	if (profile_read(payload, r->arena, p, &e) != 0) {
		respond_error(r, "MCProfileErrorDomain", 1000,
			arena_printf(r->arena, "The profile is not valid: %s",
				e.msg));
		return;
	}
	if (!is_ordinary(r, p))
		return;
	for (struct device_profile *q = r->ch->profiles; q; q = q->next)
		n++;
	if (n >= PROFILES_MAX) {
		respond_error(r, "MCInstallationErrorDomain", 4001,
			"Too many profiles are installed.");
		return;
	}
	at = find(r, p->shown->identifier);
	shown = device_profile_copy(p->shown, r->d->arena);
	shown->next = *at != NULL ? (*at)->next : NULL;
	*at = shown;
	r->d->dirty = true;
}

void respond_remove_profile(struct respond *r)
{
	const char *identifier = respond_text(r, "Identifier");
	struct device_profile **at;

	if (identifier == NULL) {
		r->status = "CommandFormatError";
		return;
	}
	if (!r->ch->is_user && str_eq(identifier,
		enrollment_profile(r->d))) {
		r->after = RESPOND_REMOVED;
		return;
	}
	at = find(r, identifier);
	if (*at == NULL) {
		respond_error(r, "MDMErrorDomain", 89,
			arena_printf(r->arena, "Profile with identifier "
				"“%.200s” not found.", identifier));
		return;
	}
	*at = (*at)->next;
	r->d->dirty = true;
}

static void set(struct pl *dict, const char *key, const char *s)
{
	if (s != NULL)
		pl_set_str(dict, key, s);
}

static void put_profile(const struct respond *r, struct pl *list,
	const struct device_profile *p)
{
	struct pl *d = pl_add_dict(list), *payloads;

	set(d, "PayloadIdentifier", p->identifier);
	set(d, "PayloadUUID", p->uuid);
	set(d, "PayloadDisplayName", p->name);
	set(d, "PayloadOrganization", p->organization);
	set(d, "PayloadDescription", p->description);
	pl_set_int(d, "PayloadVersion", p->version);
	pl_set_bool(d, "PayloadRemovalDisallowed", p->removal_disallowed);
	pl_set_bool(d, "HasRemovalPasscode", false);
	pl_set_bool(d, "IsEncrypted", p->encrypted);
	/* Not on supervised devices, never on macOS. */
	if (!r->d->supervised && r->d->model->platform != PLATFORM_MACOS)
		pl_set_bool(d, "IsManaged", true);
	payloads = pl_set_array(d, "PayloadContent");
	for (const struct device_payload *y = p->payloads; y; y = y->next) {
		struct pl *one = pl_add_dict(payloads);

		set(one, "PayloadType", y->type);
		set(one, "PayloadIdentifier", y->identifier);
		set(one, "PayloadUUID", y->uuid);
		set(one, "PayloadDisplayName", y->name);
		pl_set_int(one, "PayloadVersion", y->version);
	}
}

void respond_profile_list(struct respond *r)
{
	struct pl *list = pl_set_array(r->reply, "ProfileList");
	struct device_payload mdm = { .type = "com.apple.mdm",
		.identifier = RESPOND_ENROLLMENT_PROFILE ".mdm",
		.uuid = "6D6F6F72-696E-4700-8000-000000000002",
		.name = "Device management", .version = 1 };
	struct device_profile enrollment = {
		.identifier = RESPOND_ENROLLMENT_PROFILE,
		.uuid = "6D6F6F72-696E-4700-8000-000000000001",
		.name = "Device management (simulated)",
		.organization = "Example", .version = 1,
		.payloads = &mdm };

	if (!r->ch->is_user)
		put_profile(r, list, r->d->enrollment != NULL ?
			r->d->enrollment->profile : &enrollment);
	for (const struct device_profile *p = r->ch->profiles; p; p = p->next)
		put_profile(r, list, p);
}

/* The identity, as the device knows it. */
void respond_certificate_list(struct respond *r)
{
	struct pl *list = pl_set_array(r->reply, "CertificateList"), *one;
	struct bytes der;
	struct err e;

	if (r->d->cert_pem.p == NULL ||
		cert_pem_der(r->d->cert_pem, r->arena, &der, &e) != 0)
		return;
	one = pl_add_dict(list);
	pl_set_str(one, "CommonName", "Device identity");
	pl_set_bool(one, "IsIdentity", true);
	pl_set_data(one, "Data", der);
}

void respond_provisioning_list(struct respond *r)
{
	pl_set_array(r->reply, "ProvisioningProfileList");
}
