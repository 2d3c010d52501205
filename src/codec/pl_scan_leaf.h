#ifndef MOORING_CODEC_PL_SCAN_LEAF_H
#define MOORING_CODEC_PL_SCAN_LEAF_H

#include <stdbool.h>

#include "base/str.h"

/* Whether the text of an XML leaf is what its element says, so that libplist
 * reads it as Apple does. Blanks around it are allowed (data: within, too). */
bool pl_leaf_is_data(struct bytes s);		/* base64, padded */
/* Decimal without leading zeros (libplist reads those as octal) or 0x…, from
 * -2^63 to 2^64-1. */
bool pl_leaf_is_integer(struct bytes s);
bool pl_leaf_is_real(struct bytes s);		/* also nan and infinity */
bool pl_leaf_is_date(struct bytes s);		/* 2026-11-22T13:52:00Z */

#endif
