#ifndef MOORING_CLI_QR_H
#define MOORING_CLI_QR_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

/* QR codes (ISO/IEC 18004) drawn for a terminal, two modules a character by
 * Unicode's half blocks: the only door to libqrencode. */

/* Lines with their ends, in the arena. The light modules are what is drawn,
 * so on a terminal of light text it is right as it is; colour: with escapes
 * that make it right on any. ERR_TOO_LARGE when the text does not fit. */
int qr_draw(const char *text, bool colour, struct arena *a, const char **out,
	struct err *e);

#endif
