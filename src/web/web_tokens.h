#ifndef MOORING_WEB_WEB_TOKENS_H
#define MOORING_WEB_WEB_TOKENS_H

#include "web/serve.h"

/* API tokens, for administrators. */

/* GET /v1/tokens */
extern const struct web_target web_tokens_list;
/* POST /v1/tokens {"name","scope","expires"}: 201, with the token's text this
 * once. scope: read unless it is said. */
extern const struct web_target web_tokens_new;
/* DELETE /v1/tokens/{name}: 204, also when it was revoked before. */
extern const struct web_target web_tokens_revoke;

#endif
