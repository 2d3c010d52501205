/* Which of the two formats it is. The scans themselves are pl_scan_xml.c and
 * pl_scan_bin.c. */
#include "codec/pl_scan.h"

#include <stdint.h>
#include <string.h>

static bool starts(struct bytes in, const char *s, size_t n)
{
	return in.n >= n && memcmp(in.p, s, n) == 0;
}

int pl_scan(struct bytes in, struct pl_scan *out, struct err *e)
{
	size_t blanks = 0;

	if (in.n == 0)
		return err_set(e, ERR_BAD_INPUT, "not a property list: empty");
	if (in.n > INT32_MAX)
		return err_set(e, ERR_TOO_LARGE, "property list of %zu bytes", in.n);
	out->body = in;
	out->binary = starts(in, "bplist", 6);
	out->tree_bytes = in.n;
	if (out->binary)
		return 0;
	if (starts(in, "\xfe\xff", 2) || starts(in, "\xff\xfe", 2))
		return err_set(e, ERR_BAD_INPUT,
			"XML property list: encoding is UTF-16, must be UTF-8");
	if (starts(in, "\xef\xbb\xbf", 3))
		out->body = bytes_of(in.p + 3, in.n - 3);
	while (blanks < out->body.n && memchr(" \t\r\n", out->body.p[blanks], 4) != NULL)
		blanks++;
	if (blanks == out->body.n || out->body.p[blanks] != '<')
		return err_set(e, ERR_BAD_INPUT, "not a property list");
	return 0;
}
