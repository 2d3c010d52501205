/* Profiles and certificates: InstallProfile remembers, ProfileList shows,
 * RemoveProfile forgets. Nothing in a profile takes effect. */
#include "sim/respond.h"

#include <stddef.h>
#include <string.h>

#define PROFILES_MAX 1000

/* A signed profile is CMS around the property list. Its content is found
 * where it stands in one piece; a device would check the signature. */
static struct bytes content_of(struct bytes payload)
{
	static const char first[] = "<?xml", last[] = "</plist>";
	const unsigned char *from, *to;

	if (payload.n == 0 || payload.p[0] != 0x30)
		return payload;
	from = memmem(payload.p, payload.n, first, sizeof(first) - 1);
	if (from == NULL)
		return payload;
	to = memmem(from, payload.n - (size_t)(from - payload.p), last,
		sizeof(last) - 1);
	if (to == NULL)
		return payload;
	return bytes_of(from, (size_t)(to - from) + sizeof(last) - 1);
}

static void read_payloads(const struct pl *list, struct arena *a,
	struct device_profile *p)
{
	struct device_payload **end = &p->payloads;

	for (uint32_t i = 0; i < pl_array_len(list) && i < PROFILES_MAX; i++) {
		struct device_payload *y = arena_zalloc(a, sizeof(*y));
		struct pl_reader r;
		struct err ignored;

		y->version = 1;
		pl_read(&r, "payload", pl_array_at(list, i), a);
		pl_str(&r, "PayloadType", &y->type);
		pl_str(&r, "PayloadIdentifier", &y->identifier);
		pl_str_opt(&r, "PayloadUUID", &y->uuid);
		pl_str_opt(&r, "PayloadDisplayName", &y->name);
		pl_int_opt(&r, "PayloadVersion", &y->version);
		if (pl_done(&r, &ignored) != 0)
			continue;
		*end = y;
		end = &y->next;
	}
}

static int read_profile(struct respond *r, struct bytes content,
	struct device_profile *p, struct err *e)
{
	const struct pl *payloads = NULL;
	struct arena *a = r->d->arena;
	struct pl_reader top;
	struct pl *root;
	const char *type = NULL;

	if (pl_parse(content, r->arena, &root, e) != 0)
		return -1;
	p->version = 1;
	pl_read(&top, "profile", root, a);
	pl_str(&top, "PayloadType", &type);
	pl_str(&top, "PayloadIdentifier", &p->identifier);
	pl_str(&top, "PayloadUUID", &p->uuid);
	pl_str_opt(&top, "PayloadDisplayName", &p->name);
	pl_str_opt(&top, "PayloadOrganization", &p->organization);
	pl_str_opt(&top, "PayloadDescription", &p->description);
	pl_int_opt(&top, "PayloadVersion", &p->version);
	pl_bool_opt(&top, "PayloadRemovalDisallowed", &p->removal_disallowed);
	pl_bool_opt(&top, "IsEncrypted", &p->encrypted);
	pl_array_opt(&top, "PayloadContent", &payloads);
	if (pl_done(&top, e) != 0)
		return -1;
	if (!str_eq(type, "Configuration"))
		return err_set(e, ERR_BAD_INPUT, "profile: PayloadType is not "
			"Configuration");
	read_payloads(payloads, a, p);
	return 0;
}

static struct device_profile **find(struct respond *r, const char *identifier)
{
	struct device_profile **at = &r->ch->profiles;

	while (*at != NULL && !str_eq((*at)->identifier, identifier))
		at = &(*at)->next;
	return at;
}

void respond_install_profile(struct respond *r)
{
	struct device_profile *p = arena_zalloc(r->d->arena, sizeof(*p));
	struct device_profile **at;
	struct bytes payload;
	struct err e;
	unsigned n = 0;

	if (!pl_as_data(pl_dict_get(r->command, "Payload"), r->arena,
		&payload)) {
		r->status = "CommandFormatError";
		return;
	}
	if (read_profile(r, content_of(payload), p, &e) != 0) {
		respond_error(r, "MCProfileErrorDomain", 1000,
			arena_printf(r->arena, "The profile is not valid: %s",
				e.msg));
		return;
	}
	for (struct device_profile *q = r->ch->profiles; q; q = q->next)
		n++;
	if (n >= PROFILES_MAX) {
		respond_error(r, "MCInstallationErrorDomain", 4001,
			"Too many profiles are installed.");
		return;
	}
	at = find(r, p->identifier);
	p->next = *at != NULL ? (*at)->next : NULL;
	*at = p;
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
	if (!r->ch->is_user && str_eq(identifier, RESPOND_ENROLLMENT_PROFILE)) {
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
		put_profile(r, list, &enrollment);
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
