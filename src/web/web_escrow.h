#ifndef MOORING_WEB_WEB_ESCROW_H
#define MOORING_WEB_WEB_ESCROW_H

#include "web/serve.h"

/* POST /v1/escrowkeyunlock: a form; Apple's answer is passed through. */
extern const struct web_target web_escrow;

#endif
