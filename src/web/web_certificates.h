#ifndef MOORING_WEB_WEB_CERTIFICATES_H
#define MOORING_WEB_WEB_CERTIFICATES_H

#include "web/serve.h"

/* /v1/certificates: what our CA issued, seen and revoked; whose certificate
 * ends soon. */
extern const struct web_target web_certificates_list,
	web_certificates_revoke, web_certificates_expiring;

#endif
