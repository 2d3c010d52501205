/* A profile from the outside: its signature, its top level, and the list of
 * its payloads. What an enrollment takes out of them is in
 * profile_enrollment.c. */
#include "sim/profile.h"

#include "crypto/cms.h"

#define PAYLOADS_MAX 1000

static int open_signed(struct bytes in, struct arena *a, struct profile *out,
	struct bytes *content, struct err *e)
{
	struct cms_attached cms;

	if (cms_verify_attached(in, a, &cms, e) != 0)
		return err_wrap(e, "the profile's signature");
	out->signer = cms.signer;
	out->certs = cms.certs;
	out->n_certs = cms.n_certs;
	*content = cms.content;
	return 0;
}

static void read_payloads(const struct pl *list, struct arena *a,
	struct profile *out)
{
	struct device_payload **end = &out->shown->payloads;

	for (uint32_t i = 0; i < pl_array_len(list) && i < PAYLOADS_MAX; i++) {
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
		if (str_eq(y->type, "com.apple.mdm"))
			out->has_mdm = true;
		if (pl_done(&r, &ignored) != 0)
			continue;
		*end = y;
		end = &y->next;
	}
}

static int read_top(const struct pl *root, struct arena *a,
	struct profile *out, struct err *e)
{
	struct device_profile *p = arena_zalloc(a, sizeof(*p));
	const char *type = NULL;
	struct pl_reader top;

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
	pl_array_opt(&top, "PayloadContent", &out->payloads);
	if (pl_done(&top, e) != 0)
		return -1;
	if (!str_eq(type, "Configuration"))
		return err_set(e, ERR_BAD_INPUT, "profile: PayloadType is not "
			"Configuration");
	out->shown = p;
	if (out->payloads != NULL)
		read_payloads(out->payloads, a, out);
	return 0;
}

int profile_read(struct bytes in, struct arena *a, struct profile *out,
	struct err *e)
{
	struct bytes content = in;
	struct pl *root;

	*out = (struct profile){ .signer = NULL };
	if (in.n > 0 && in.p[0] == 0x30 &&
		open_signed(in, a, out, &content, e) != 0)
		return -1;
	if (pl_parse(content, a, &root, e) != 0)
		return -1;
	return read_top(root, a, out, e);
}
