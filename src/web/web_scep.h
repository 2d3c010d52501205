#ifndef MOORING_WEB_WEB_SCEP_H
#define MOORING_WEB_WEB_SCEP_H

#include "web/serve.h"

/* GET and POST /scep?operation=…: SCEP over HTTP (RFC 8894 4.1). What is
 * refused in SCEP's own terms is a 200. */
extern const struct web_target web_scep;

#endif
