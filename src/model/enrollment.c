/* Who a message speaks for: the five kinds of enrollment and their ids. Pure
 * functions; what an enrollment may do is decided in mdm/ and auth/. */
#include "model/enrollment.h"

#include <string.h>
#include <strings.h>

#define SHARED_IPAD_USER "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"

static bool present(const char *s)
{
	return s != NULL && *s != '\0';
}

static int take(const char *key, const char *value, struct bytes *out,
	struct err *e)
{
	size_t n;

	if (value == NULL)
		return err_set(e, ERR_BAD_INPUT, "%s missing", key);
	n = strlen(value);
	if (n == 0)
		return err_set(e, ERR_BAD_INPUT, "%s is empty", key);
	if (n > ENROLLMENT_ID_MAX)
		return err_set(e, ERR_BAD_INPUT, "%s: %zu bytes, at most %d",
		    key, n, ENROLLMENT_ID_MAX);
	*out = bytes_of(value, n);
	return 0;
}

int enrollment_identify(const struct enrollment_ids *ids,
	struct enrollment_id *out, struct err *e)
{
	struct enrollment_id id = { ENROLLMENT_DEVICE, { NULL, 0 },
		{ NULL, 0 } };
	const char *user_key = NULL, *user = NULL;

	if (present(ids->udid)) {
		if (take("UDID", ids->udid, &id.device, e) != 0)
			return -1;
		if (ids->user_id != NULL &&
		    strcasecmp(ids->user_id, SHARED_IPAD_USER) == 0) {
			id.kind = ENROLLMENT_SHARED_IPAD;
			user_key = "UserShortName";
			user = ids->user_short_name;
		} else if (ids->user_id != NULL) {
			id.kind = ENROLLMENT_USER;
			user_key = "UserID";
			user = ids->user_id;
		}
	} else if (present(ids->enrollment_id)) {
		if (take("EnrollmentID", ids->enrollment_id, &id.device,
		    e) != 0)
			return -1;
		id.kind = ENROLLMENT_BYOD_DEVICE;
		if (ids->enrollment_user_id != NULL) {
			id.kind = ENROLLMENT_BYOD_USER;
			user_key = "EnrollmentUserID";
			user = ids->enrollment_user_id;
		}
	} else {
		return err_set(e, ERR_BAD_INPUT, ids->udid != NULL ||
		    ids->enrollment_id != NULL ?
		    "UDID or EnrollmentID is empty" :
		    "UDID or EnrollmentID missing");
	}
	if (user_key != NULL && take(user_key, user, &id.user, e) != 0)
		return -1;
	*out = id;
	return 0;
}

bool enrollment_kind_is_user(enum enrollment_kind k)
{
	return k == ENROLLMENT_USER || k == ENROLLMENT_SHARED_IPAD ||
	    k == ENROLLMENT_BYOD_USER;
}

struct enrollment_id enrollment_parent(const struct enrollment_id *id)
{
	struct enrollment_id p = *id;

	if (enrollment_kind_is_user(id->kind))
		p.kind = id->kind == ENROLLMENT_BYOD_USER ?
		    ENROLLMENT_BYOD_DEVICE : ENROLLMENT_DEVICE;
	p.user = bytes_of(NULL, 0);
	return p;
}

const char *enrollment_kind_name(enum enrollment_kind k)
{
	switch (k) {
	case ENROLLMENT_DEVICE:
		return "Device";
	case ENROLLMENT_USER:
		return "User";
	case ENROLLMENT_SHARED_IPAD:
		return "Shared iPad";
	case ENROLLMENT_BYOD_DEVICE:
		return "User Enrollment (Device)";
	case ENROLLMENT_BYOD_USER:
		return "User Enrollment";
	}
	return "unknown";
}

bool enrollment_kind_parse(struct bytes name, enum enrollment_kind *out)
{
	for (int k = ENROLLMENT_DEVICE; k <= ENROLLMENT_BYOD_USER; k++) {
		*out = (enum enrollment_kind)k;
		if (bytes_is(name, enrollment_kind_name(*out)))
			return true;
	}
	return false;
}

struct bytes enrollment_id_text(const struct enrollment_id *id,
	struct arena *a)
{
	unsigned char *p;

	if (id->user.p == NULL)
		return arena_bytes(a, id->device);
	p = arena_alloc(a, id->device.n + 1 + id->user.n + 1);
	memcpy(p, id->device.p, id->device.n);
	p[id->device.n] = ':';
	memcpy(p + id->device.n + 1, id->user.p, id->user.n);
	p[id->device.n + 1 + id->user.n] = '\0';
	return bytes_of(p, id->device.n + 1 + id->user.n);
}

void enrollment_id_key(const struct enrollment_id *id,
	unsigned char out[DIGEST_LEN])
{
	/* Stored: never rename. */
	static const char *const space[] = {
		[ENROLLMENT_DEVICE] = "udid",
		[ENROLLMENT_USER] = "udid user",
		[ENROLLMENT_SHARED_IPAD] = "udid shortname",
		[ENROLLMENT_BYOD_DEVICE] = "enrollmentid",
		[ENROLLMENT_BYOD_USER] = "enrollmentid user",
	};
	struct bytes parts[3] = {
		bytes_str(space[id->kind]), id->device, id->user,
	};

	digest_parts(parts, 3, out);
}

const char *enrollment_state_name(enum enrollment_state s)
{
	switch (s) {
	case ENROLLMENT_AUTHENTICATED:
		return "authenticated";
	case ENROLLMENT_ENABLED:
		return "enabled";
	case ENROLLMENT_LEFT:
		return "left";
	case ENROLLMENT_UNMANAGED:
		return "unmanaged";
	case ENROLLMENT_BLOCKED:
		return "blocked";
	case ENROLLMENT_DISABLED:
		return "disabled";
	}
	return "unknown";
}

bool enrollment_state_parse(struct bytes name, enum enrollment_state *out)
{
	for (int s = ENROLLMENT_AUTHENTICATED; s <= ENROLLMENT_DISABLED; s++) {
		*out = (enum enrollment_state)s;
		if (bytes_is(name, enrollment_state_name(*out)))
			return true;
	}
	return false;
}
