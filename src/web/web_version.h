#ifndef MOORING_WEB_WEB_VERSION_H
#define MOORING_WEB_WEB_VERSION_H

#include "web/serve.h"

/* GET /version, without authentication: {"version":"…"} */
extern const struct web_target web_version;

#endif
