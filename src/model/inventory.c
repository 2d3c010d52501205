/* Which command asks for what a device is and has, and where the answer
 * holds it. */
#include "model/inventory.h"

#include <stddef.h>

#include "base/str.h"

static const struct row {
	const char *request_type, *answer_key, *name;
} rows[INVENTORY_KINDS + 1] = {
	[INVENTORY_DEVICE] = { "DeviceInformation", "QueryResponses",
		"device_information" },
	[INVENTORY_SECURITY] = { "SecurityInfo", "SecurityInfo",
		"security_info" },
	[INVENTORY_APPLICATIONS] = { "InstalledApplicationList",
		"InstalledApplicationList", "installed_application_list" },
	[INVENTORY_PROFILES] = { "ProfileList", "ProfileList",
		"profile_list" },
	[INVENTORY_CERTIFICATES] = { "CertificateList", "CertificateList",
		"certificate_list" },
};

const char *inventory_request_type(enum inventory_kind k)
{
	return rows[k].request_type;
}

const char *inventory_answer_key(enum inventory_kind k)
{
	return rows[k].answer_key;
}

const char *inventory_name(enum inventory_kind k)
{
	return rows[k].name;
}

bool inventory_parse(const char *text, enum inventory_kind *out)
{
	for (unsigned k = 1; k <= INVENTORY_KINDS; k++)
		if (str_eq(text, rows[k].request_type) ||
			str_eq(text, rows[k].name)) {
			*out = (enum inventory_kind)k;
			return true;
		}
	return false;
}
