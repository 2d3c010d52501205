/* Asking a device to remove its enrollment profile. Who ends management
 * without the device's help is op_enrollment (unmanage, block). */
#include "admin/op_remove.h"

#include <string.h>

#include "admin/op_enrollment.h"
#include "admin/op_inventory.h"
#include "admin/op_renew.h"

#define IDENTIFIER_MAX 1000
#define DEDUPE "mooring.enrollments.remove"

static bool has_mdm(const struct pl *profile)
{
	const struct pl *payloads = pl_dict_get(profile, "PayloadContent");
	uint32_t n = payloads != NULL && pl_type(payloads) == PL_ARRAY ?
		pl_array_len(payloads) : 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct pl *one = pl_array_at(payloads, i);

		if (pl_type(one) == PL_DICT && str_eq(pl_as_str(
			pl_dict_get(one, "PayloadType")), "com.apple.mdm"))
			return true;
	}
	return false;
}

/* NULL: none of the list. */
static const char *find(const struct pl *list)
{
	uint32_t n = list != NULL && pl_type(list) == PL_ARRAY ?
		pl_array_len(list) : 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct pl *one = pl_array_at(list, i);

		if (pl_type(one) == PL_DICT && has_mdm(one))
			return pl_as_str(pl_dict_get(one, "PayloadIdentifier"));
	}
	return NULL;
}

/* What its last ProfileList says, else the profile that it was given. */
static int look_up(const struct op *op, struct bytes id, struct arena *a,
	const char **out, struct err *e)
{
	struct op_inventory_query q = { .id = id, .only = INVENTORY_PROFILES };
	struct profile_facts facts;
	struct renewal renewal;
	struct op_inventory inv;
	bool said;

	if (op_inventory(op, &q, a, &inv, e) < 0 && e->kind != ERR_NOT_FOUND)
		return -1;
	said = inv.en != NULL && inv.of[INVENTORY_PROFILES].value != NULL;
	*out = said ? find(inv.of[INVENTORY_PROFILES].value) : NULL;
	if (*out != NULL)
		return 0;
	if (!said && op_profile_facts(op, id, a, &facts, &renewal, e) < 0)
		return -1;
	if (!said && facts.identifier != NULL) {
		*out = facts.identifier;
		return 0;
	}
	return err_set(e, ERR_CONFLICT, "%s: %s: queue a ProfileList and let "
		"it answer, or give the identifier of its enrollment profile "
		"(--profile, ?profile=)",
		inv.en != NULL ? op_name(inv.en, a) : op_line(id, 80, a),
		said ? "no profile of its last ProfileList holds an MDM payload" :
		"it has not answered a ProfileList yet");
}

static int check(const char *identifier, struct err *e)
{
	size_t n = strlen(identifier);

	if (n == 0 || n > IDENTIFIER_MAX || !str_is_utf8(identifier, n))
		return err_set(e, ERR_BAD_INPUT,
			"profile: use the identifier of a profile, 1 to %d "
			"bytes of UTF-8", IDENTIFIER_MAX);
	return 0;
}

static int make(const struct op *op, const char *identifier, struct arena *a,
	struct op_command *out, struct err *e)
{
	struct pl *root = pl_new_dict(a);
	struct pl *inner = pl_set_dict(root, "Command");

	pl_set_str(inner, "RequestType", "RemoveProfile");
	pl_set_str(inner, "Identifier", identifier);
	if (op_command_read(op, pl_xml(root, a), false, a, out, e) < 0)
		return -1;
	/* Once it is gone the device cannot answer. */
	out->once = true;
	return 0;
}

int op_enrollment_remove(const struct op *op, struct bytes id,
	const char *identifier, bool push, struct arena *a,
	struct op_removing *out, struct err *e)
{
	struct op_enqueue_options o = { .push = push,
		.what = "enrollments.remove", .target = {
			.priority = COMMAND_PRIORITY_DEFAULT, .dedupe = DEDUPE } };

	*out = (struct op_removing){ .identifier = identifier,
		.target.id = id };
	if ((identifier != NULL && check(identifier, e) < 0) ||
		op_enrollment_is_device(op, id, a, e) < 0 ||
		(identifier == NULL &&
			look_up(op, id, a, &out->identifier, e) < 0) ||
		make(op, out->identifier, a, &out->command, e) < 0)
		return -1;
	if (op_enqueue(op, &out->command, &o, &out->target, 1, a) == 0)
		return 0;
	*e = out->target.err;
	return -1;
}
