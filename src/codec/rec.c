/* Stored records: a version byte and tagged fields. Knows nothing of what
 * the fields mean, nor of sealing. */
#include "codec/rec.h"

#include <string.h>

#define VARINT_MAX 10	/* bytes of a varint of 64 bits */

void rec_begin(struct buf *b)
{
	buf_clear(b);
	buf_addc(b, REC_VERSION);
}

void rec_put_bytes(struct buf *b, uint8_t tag, struct bytes v)
{
	unsigned char head[1 + VARINT_MAX];
	size_t n = 0, len = v.n;

	if (v.n == 0)
		return;
	head[n++] = tag;
	for (; len >= 0x80; len >>= 7)
		head[n++] = (unsigned char)(len | 0x80);
	head[n++] = (unsigned char)len;
	buf_add(b, head, n);
	buf_add(b, v.p, v.n);
}

void rec_put_u64(struct buf *b, uint8_t tag, uint64_t v)
{
	unsigned char be[8];
	size_t n = 0;

	for (; v != 0; v >>= 8)
		be[sizeof(be) - ++n] = (unsigned char)v;
	rec_put_bytes(b, tag, bytes_of(be + sizeof(be) - n, n));
}

/* Zigzag, so that small negative numbers are short and zero is absent. */
void rec_put_i64(struct buf *b, uint8_t tag, int64_t v)
{
	uint64_t u = (uint64_t)v << 1;

	rec_put_u64(b, tag, v < 0 ? ~u : u);
}

void rec_put_str(struct buf *b, uint8_t tag, const char *v)
{
	rec_put_bytes(b, tag, bytes_str(v));
}

/* Takes the field at *at; false at a damaged one. */
static bool next_field(struct bytes in, size_t *at, uint8_t *tag, struct bytes *v)
{
	uint64_t len = 0;
	unsigned shift = 0;
	unsigned char c;

	*tag = in.p[(*at)++];
	do {
		if (*at >= in.n || shift > 63)
			return false;
		c = in.p[(*at)++];
		if (shift == 63 && c > 1)
			return false;
		len |= (uint64_t)(c & 0x7f) << shift;
		shift += 7;
	} while (c & 0x80);
	if (len == 0 || len > in.n - *at || (c == 0 && shift > 7))
		return false;
	*v = bytes_of(in.p + *at, (size_t)len);
	*at += (size_t)len;
	return true;
}

void rec_read(struct rec_reader *r, struct bytes in)
{
	bool seen[256] = { false };
	struct bytes v;
	size_t at = 1;
	uint8_t tag;

	r->in = in;
	r->bad = in.n == 0 || in.p[0] != REC_VERSION;
	while (!r->bad && at < in.n) {
		r->bad = !next_field(in, &at, &tag, &v) || seen[tag];
		seen[tag] = true;
	}
}

struct bytes rec_get_view(struct rec_reader *r, uint8_t tag)
{
	struct bytes v;
	size_t at = 1;
	uint8_t t;

	while (!r->bad && at < r->in.n) {
		if (!next_field(r->in, &at, &t, &v))
			break;
		if (t == tag)
			return v;
	}
	return bytes_of(NULL, 0);
}

uint64_t rec_get_u64(struct rec_reader *r, uint8_t tag)
{
	struct bytes b = rec_get_view(r, tag);
	uint64_t v = 0;

	if (b.n > sizeof(v) || (b.n > 0 && b.p[0] == 0)) {
		r->bad = true;
		return 0;
	}
	for (size_t i = 0; i < b.n; i++)
		v = v << 8 | b.p[i];
	return v;
}

int64_t rec_get_i64(struct rec_reader *r, uint8_t tag)
{
	uint64_t u = rec_get_u64(r, tag);
	int64_t half = (int64_t)(u >> 1);

	return u & 1 ? -half - 1 : half;
}

struct bytes rec_get_bytes(struct rec_reader *r, uint8_t tag, struct arena *a)
{
	return arena_bytes(a, rec_get_view(r, tag));
}

const char *rec_get_str(struct rec_reader *r, uint8_t tag, struct arena *a)
{
	struct bytes b = rec_get_view(r, tag);

	if (b.n > 0 && memchr(b.p, '\0', b.n) != NULL)
		r->bad = true;
	if (b.n == 0 || r->bad)
		return NULL;
	return arena_str(a, b);
}

int rec_done(struct rec_reader *r, const char *what, struct err *e)
{
	if (r->bad)
		return err_set(e, ERR_INTERNAL, "%s: damaged record", what);
	return 0;
}
