#ifndef MOORING_WEB_WEB_COMMANDS_H
#define MOORING_WEB_WEB_COMMANDS_H

#include "web/serve.h"

/* POST /v1/commands: a command as JSON for many enrollments. */
extern const struct web_target web_commands_new;
/* GET /v1/commands/UUID */
extern const struct web_target web_commands_get;
/* GET /v1/enrollments/ID/commands */
extern const struct web_target web_commands_list;
/* DELETE /v1/enrollments/ID/commands/UUID */
extern const struct web_target web_commands_remove;
/* POST /v1/enrollments/ID/commands/UUID/requeue */
extern const struct web_target web_commands_requeue;

#endif
