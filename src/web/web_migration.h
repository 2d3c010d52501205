#ifndef MOORING_WEB_WEB_MIGRATION_H
#define MOORING_WEB_WEB_MIGRATION_H

#include "web/serve.h"

/* PUT /migration: an Authenticate or TokenUpdate of a device of another
 * server, as it was sent there. 200, zero bytes. */
extern const struct web_target web_migration;

#endif
