#ifndef MOORING_MODEL_INVENTORY_H
#define MOORING_MODEL_INVENTORY_H

#include <stdbool.h>

/* Answers that say what a device is and has; values are stored. */
enum inventory_kind {
	INVENTORY_DEVICE = 1,		/* DeviceInformation: QueryResponses */
	INVENTORY_SECURITY = 2,		/* SecurityInfo */
	INVENTORY_APPLICATIONS = 3,	/* InstalledApplicationList */
	INVENTORY_PROFILES = 4,		/* ProfileList */
	INVENTORY_CERTIFICATES = 5,	/* CertificateList */
};
#define INVENTORY_KINDS 5

/* "DeviceInformation", …: the RequestType that asks for it. */
const char *inventory_request_type(enum inventory_kind k);
/* "QueryResponses", …: the key of the answer that holds it. */
const char *inventory_answer_key(enum inventory_kind k);
/* "device_information", …: in the API. */
const char *inventory_name(enum inventory_kind k);
/* By RequestType or API name; false when it is neither. */
bool inventory_parse(const char *text, enum inventory_kind *out);

#endif
