/* What the scans of both formats share: telling them apart, character
 * references, and finding keys that are there twice. */
#include "codec/pl_scan.h"

#include <stdlib.h>
#include <string.h>

#define PAIRS_MAX 16	/* up to here each key is compared with each */

static bool starts(struct bytes in, const char *s, size_t n)
{
	return in.n >= n && memcmp(in.p, s, n) == 0;
}

int pl_scan(struct bytes in, struct pl_scan *out, struct err *e)
{
	size_t at = 0;

	if (in.n == 0)
		return err_set(e, ERR_BAD_INPUT, "not a property list: empty");
	if (in.n > INT32_MAX)
		return err_set(e, ERR_TOO_LARGE, "property list of %zu bytes", in.n);
	out->body = in;
	out->binary = starts(in, "bplist", 6);
	if (out->binary)
		return pl_scan_bin(in, &out->tree_bytes, e);
	if (starts(in, "\xfe\xff", 2) || starts(in, "\xff\xfe", 2))
		return err_set(e, ERR_BAD_INPUT,
			"XML property list: encoding is UTF-16, must be UTF-8");
	if (starts(in, "\xef\xbb\xbf", 3))
		out->body = bytes_of(in.p + 3, in.n - 3);
	while (at < out->body.n && memchr(" \t\r\n", out->body.p[at], 4) != NULL)
		at++;
	if (at == out->body.n || out->body.p[at] != '<')
		return err_set(e, ERR_BAD_INPUT, "not a property list");
	return pl_scan_xml(out->body, &out->tree_bytes, e);
}

static size_t numeric_ref(const unsigned char *p, size_t n, uint32_t *c)
{
	unsigned base = p[2] == 'x' ? 16 : 10;
	size_t first = base == 16 ? 3 : 2, i;
	uint32_t v = 0;

	/* libplist takes no more than 8 characters between & and ; */
	for (i = first; i < n && i < 9 && p[i] != ';'; i++) {
		unsigned char d = p[i] | 0x20;	/* lower case; digits stay */
		unsigned digit = p[i] >= '0' && p[i] <= '9' ? p[i] - (unsigned)'0' :
			d >= 'a' && d <= 'f' ? d - 'a' + 10u : 99;

		if (digit >= base)
			return 0;
		v = v * base + digit;
	}
	if (i == first || i >= n || p[i] != ';')
		return 0;
	if (v == 0 || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0;
	*c = v;
	return i + 1;
}

size_t pl_ref(const unsigned char *p, size_t n, uint32_t *c)
{
	static const struct {
		const char *text;
		size_t n;
		char c;
	} named[] = {
		{ "&lt;", 4, '<' }, { "&gt;", 4, '>' }, { "&amp;", 5, '&' },
		{ "&apos;", 6, '\'' }, { "&quot;", 6, '"' },
	};

	if (n > 3 && p[1] == '#')
		return numeric_ref(p, n, c);
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (n >= named[i].n && memcmp(p, named[i].text, named[i].n) == 0) {
			*c = (unsigned char)named[i].c;
			return named[i].n;
		}
	return 0;
}

/* Takes the next character of a key that has been checked; 0 at its end. */
static uint32_t next_char(struct pl_key *k)
{
	const unsigned char *p = k->p;
	uint32_t c = 0;
	size_t len = 1;

	if (k->n == 0)
		return 0;
	if (k->form == PL_KEY_UTF16) {
		c = (uint32_t)p[0] << 8 | p[1];
		len = 2;
		if (c >= 0xd800 && c <= 0xdbff) {
			c = 0x10000 + ((c - 0xd800) << 10) +
				(((uint32_t)p[2] << 8 | p[3]) - 0xdc00);
			len = 4;
		}
	} else if (k->form == PL_KEY_REFS && p[0] == '&') {
		len = pl_ref(p, k->n, &c);
	} else if (p[0] < 0x80) {
		c = p[0];
	} else {
		len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
		c = p[0] & (0x7fu >> len);
		for (size_t i = 1; i < len; i++)
			c = c << 6 | (p[i] & 0x3f);
	}
	k->p += len;
	k->n -= (uint32_t)len;
	return c;
}

/* By characters: the order of UTF-8 bytes is the same. */
static int compare(const void *va, const void *vb)
{
	struct pl_key a = *(const struct pl_key *)va, b = *(const struct pl_key *)vb;
	uint32_t ca, cb;
	int d;

	if (a.form == PL_KEY_UTF8 && b.form == PL_KEY_UTF8) {
		d = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
		return d != 0 ? d : (a.n > b.n) - (a.n < b.n);
	}
	do {
		ca = next_char(&a);
		cb = next_char(&b);
	} while (ca == cb && ca != 0);
	return (ca > cb) - (ca < cb);
}

void pl_keys_init(struct pl_keys *k)
{
	k->key = k->few;
	k->n = 0;
	k->cap = sizeof(k->few) / sizeof(k->few[0]);
}

void pl_keys_fini(struct pl_keys *k)
{
	if (k->key != k->few)
		free(k->key);
}

void pl_keys_add(struct pl_keys *k, struct pl_key key)
{
	if (k->n == k->cap) {
		struct pl_key *more = malloc(2 * k->cap * sizeof(*more));

		if (more == NULL)
			abort();
		memcpy(more, k->key, k->n * sizeof(*more));
		pl_keys_fini(k);
		k->key = more;
		k->cap *= 2;
	}
	k->key[k->n++] = key;
}

bool pl_keys_close(struct pl_keys *k, size_t start, uint64_t *work,
	struct pl_key *twice)
{
	struct pl_key *key = k->key + start;
	size_t n = k->n - start, bytes = 0;
	bool sorted = n > PAIRS_MAX;

	k->n = start;
	for (size_t i = 0; i < n; i++)
		bytes += key[i].n + PL_KEY_WORK;
	*work += (uint64_t)n * bytes;
	if (sorted)
		qsort(key, n, sizeof(*key), compare);
	for (size_t i = 1; i < n; i++)
		for (size_t j = sorted ? i - 1 : 0; j < i; j++)
			if (compare(&key[j], &key[i]) == 0) {
				*twice = key[i];
				return false;
			}
	return true;
}

void pl_key_text(struct pl_key key, char out[64])
{
	size_t n = 0;
	uint32_t c;

	while (n < 60 && (c = next_char(&key)) != 0)
		out[n++] = c >= ' ' && c < 0x7f ? (char)c : '?';
	if (key.n > 0) {
		memcpy(out + n, "…", 3);
		n += 3;
	}
	out[n] = '\0';
}
