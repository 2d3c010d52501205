#ifndef MOORING_CODEC_UTF8_H
#define MOORING_CODEC_UTF8_H

#include <stdbool.h>

/*
 * s itself when it is valid UTF-8 (and, for XML, holds no control character
 * that XML 1.0 cannot carry); otherwise a copy with U+FFFD in place of each
 * byte that is not. *made is that copy or NULL: free it after use.
 */
const char *utf8_clean(const char *s, bool for_xml, char **made);

#endif
