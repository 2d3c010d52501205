#ifndef MOORING_WEB_WEB_PUSH_CERT_H
#define MOORING_WEB_WEB_PUSH_CERT_H

#include "web/serve.h"

/* PUT /v1/pushcert[?force=1]: certificate and key, PEM. GET
 * /v1/pushcert?topic=TOPIC. Both: {"topic","not_after"} */
extern const struct web_target web_push_cert_put;
extern const struct web_target web_push_cert_get;

#endif
