/* Text made fit for JSON and XML: what we write must be readable by any
 * strict parser, whatever a device once put into a string. */
#include "codec/utf8.h"

#include <string.h>

#include "base/buf.h"

/* Length of the character at s that may be written as it is, 0 for none. */
static size_t fit(const char *s, size_t left, bool for_xml)
{
	unsigned char c = (unsigned char)*s;
	size_t len = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if (len > left || !str_is_utf8(s, len))
		return 0;
	if (for_xml && c < 0x20 && c != '\t' && c != '\n' && c != '\r')
		return 0;
	return len;
}

const char *utf8_clean(const char *s, bool for_xml, char **made)
{
	size_t n = strlen(s), i = 0, len;
	struct buf b;

	*made = NULL;
	while (i < n && (len = fit(s + i, n - i, for_xml)) > 0)
		i += len;
	if (i == n)
		return s;
	buf_init(&b, 3 * n + 1);
	buf_add(&b, s, i);
	for (; i < n; i += len) {
		len = fit(s + i, n - i, for_xml);
		if (len > 0) {
			buf_add(&b, s + i, len);
			continue;
		}
		buf_adds(&b, "\xef\xbf\xbd");
		len = 1;
	}
	buf_addc(&b, '\0');
	*made = (char *)b.p;
	return *made;
}
