/* Grants: whom they name. Storing and issuing are not its subject. */
#include "model/grant.h"

const char *grant_source_name(enum grant_source s)
{
	switch (s) {
	case GRANT_OPERATOR:
		return "operator";
	case GRANT_OPEN:
		return "open";
	case GRANT_INVITE:
		return "invite";
	case GRANT_ADE:
		return "ade";
	case GRANT_ADE_UNVERIFIED:
		return "ade-unverified";
	case GRANT_ACCOUNT:
		return "account";
	case GRANT_RENEWAL:
		return "renewal";
	case GRANT_STATIC:
		return "static";
	}
	return "unknown";
}

const char *ticket_kind_name(enum ticket_kind k)
{
	switch (k) {
	case TICKET_CHALLENGE:
		return "challenge";
	case TICKET_INVITE:
		return "invite";
	case TICKET_LOGIN:
		return "login";
	}
	return "unknown";
}

bool grant_names(const struct grant *g)
{
	return g->serial != NULL || g->udid != NULL;
}

static bool differs(const char *named, const char *said)
{
	return named != NULL && (said == NULL || !str_eq(named, said));
}

bool grant_is_foreign(const struct grant *g, const char *udid,
	const char *serial)
{
	return differs(g->udid, udid) || differs(g->serial, serial);
}

bool grant_is_for(const struct grant *g, const char *udid, const char *serial)
{
	return grant_names(g) && !grant_is_foreign(g, udid, serial);
}
