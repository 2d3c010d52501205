#ifndef MOORING_WEB_WEB_ACCOUNT_H
#define MOORING_WEB_WEB_ACCOUNT_H

#include "web/serve.h"

/* Account-driven enrollment: what a device asks, and the page where somebody
 * signs in. The only 401 here is the one that sends a device to that page. */

/* GET /.well-known/com.apple.remotemanagement; 404 where it is off. */
extern const struct web_target web_account_discovery;
/* POST /mdm/enroll/byod, /mdm/enroll/adde. */
extern const struct web_target web_account_byod, web_account_adde;
/* GET and POST /mdm/enroll/login. */
extern const struct web_target web_account_login, web_account_signing_in;

#endif
