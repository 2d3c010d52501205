/* For whom a certificate was issued. Whether that lets it speak is decided by
 * the rules (mdm/answer.c) and by what it is bound to (binding.c). */
#include "auth/issuance.h"

#include <string.h>

#include "model/renewal.h"
#include "store/store_enroll.h"

#define NONCE_MIN 16	/* a shorter one could stand in a subject by chance */

/* Somebody relied on who it is: an operator, whoever was given the link,
 * Apple's signature, a login. MachineInfo on its word may name anybody. */
static bool is_reliable(enum grant_source s)
{
	switch (s) {
	case GRANT_OPERATOR:
	case GRANT_INVITE:
	case GRANT_ADE:
	case GRANT_ACCOUNT:
		return true;
	case GRANT_OPEN:
	case GRANT_ADE_UNVERIFIED:
	case GRANT_RENEWAL:	/* of an enrollment, not of a device anew */
	case GRANT_STATIC:
		break;
	}
	return false;
}

static const char *udid_of(const struct enrollment_id *id, struct arena *a)
{
	return id->kind == ENROLLMENT_BYOD_DEVICE ||
		id->kind == ENROLLMENT_BYOD_USER ? NULL : arena_str(a, id->device);
}

/* A serial number that is not said (AccessRights without device information)
 * contradicts nothing where the UDID agrees. */
static bool is_foreign(const struct grant *g, const struct issuance_of *of,
	const char *udid)
{
	struct grant named = *g;

	if (g->enrollment != 0 && of->device != NULL &&
		of->device->num != g->enrollment)
		return true;
	if (of->serial == NULL && (!of->says_all ||
		(g->udid != NULL && str_eq(g->udid, udid))))
		named.serial = NULL;
	return grant_is_foreign(&named, udid, of->serial);
}

static void by_grant(const struct issued *issued, const struct issuance_of *of,
	struct arena *a, struct issuance *out)
{
	const struct grant *g = &issued->grant;
	const struct enrollment *device = of->device;
	const char *udid = udid_of(of->id, a);

	out->grant = g;
	out->foreign = is_foreign(g, of, udid);
	if (device == NULL || out->foreign)
		return;
	/* Whoever holds one of an enrollment before this is not this device. */
	out->renewal = g->source == GRANT_RENEWAL &&
		g->enrollment == device->num && issued->at >= device->enrolled;
	out->named = is_reliable(g->source) &&
		grant_is_for(g, udid, device->serial);
}

/* Another CA's certificate tells by what our profile asked for in it. */
static int by_nonce(struct store_tx *tx, const struct identity *who,
	const struct enrollment *device, struct arena *a, struct issuance *out,
	struct err *e)
{
	struct renewal r;
	struct bytes raw;

	if (device == NULL)
		return 0;
	if (store_secret_get(tx, device->num, STORE_RENEWAL, a, &raw, e) < 0)
		return -1;
	if (raw.p == NULL)
		return 0;
	if (renewal_parse(raw, a, &r, e) < 0)
		return err_wrap(e, "renewal of @%llu",
			(unsigned long long)device->num);
	out->renewal = r.nonce != NULL && strlen(r.nonce) >= NONCE_MIN &&
		strstr(who->subject, r.nonce) != NULL;
	return 0;
}

int issuance_find(struct store_tx *tx, const struct identity *who,
	const struct issuance_of *of, struct arena *a, struct issuance *out,
	struct err *e)
{
	struct issued *issued;

	*out = (struct issuance){ 0 };
	if (store_issued_get(tx, who->cert, a, &issued, e) < 0)
		return -1;
	if (issued == NULL)
		return by_nonce(tx, who, of->device, a, out, e);
	by_grant(issued, of, a, out);
	return 0;
}
