#ifndef MOORING_WEB_WEB_MDM_H
#define MOORING_WEB_WEB_MDM_H

#include "web/serve.h"

/* The device URLs: decode, call mdm/, encode. */

/* /mdm, /mdm/connect: check-in by Content-Type, all else is the command
 * endpoint. */
extern const struct web_target web_mdm_any;
/* /checkin, /mdm/checkin: check-in whatever the Content-Type. */
extern const struct web_target web_mdm_checkin;

#endif
