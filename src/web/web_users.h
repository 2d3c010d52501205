#ifndef MOORING_WEB_WEB_USERS_H
#define MOORING_WEB_WEB_USERS_H

#include "web/serve.h"

/* Who may enroll by signing in, for administrators. Passwords are taken, never
 * given out. */

/* GET /v1/users */
extern const struct web_target web_users_list;
/* POST /v1/users {"name","password","managed_apple_account","disabled"}:
 * 201. */
extern const struct web_target web_users_add;
/* PATCH /v1/users/{name}: the same without the name; what is left out stays. */
extern const struct web_target web_users_set;
/* DELETE /v1/users/{name}: 204. */
extern const struct web_target web_users_remove;

#endif
