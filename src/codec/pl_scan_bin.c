/* The scan of binary property lists ("bplist00"): trailer, offset table, and
 * every object that the root reaches. Objects may be shared, and libplist
 * copies them wherever they are: so they are counted as often as they are
 * reached, while each is looked into once. */
#include "codec/pl_scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "codec/pl.h"

#define MAGIC 8
#define TRAILER 32
#define FEW 256		/* objects whose notes fit on the stack */

#define HEADER_MARK 0xf		/* the length follows as an integer */
#define DATE_MAX 3.2e11		/* seconds, about ten thousand years */

/* What is known of an object, with all below it. */
struct note {
	uint32_t objects;	/* 0: not seen yet; OPEN: being looked into */
	uint32_t bytes;
	uint32_t height;	/* containers on top of each other */
};
#define OPEN UINT32_MAX

enum object_type { SCALAR, STRING_ASCII, STRING_UTF16, ARRAY, DICT };

struct object {
	enum object_type type;
	const unsigned char *p;	/* payload */
	size_t n;		/* its length in bytes; containers: references */
};

struct frame {
	uint32_t self;
	const unsigned char *refs;
	size_t n, next;
	struct note sum;
};

struct bin {
	struct bytes in;
	struct err *e;
	size_t offset_size, ref_size, objects, table;
	struct note *note;
	size_t seen, seen_bytes;	/* work done; every step counts once */
	uint64_t work;
	struct pl_keys keys;
	unsigned depth;
	struct frame open[PL_MAX_DEPTH];
};

static int fail(struct bin *b, const char *what)
{
	return err_set(b->e, ERR_BAD_INPUT, "binary property list: %s", what);
}

static int fail_at(struct bin *b, uint32_t object, const char *what)
{
	return err_set(b->e, ERR_BAD_INPUT, "binary property list: object %u: %s",
		object, what);
}

static uint64_t be(const unsigned char *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | *p++;
	return v;
}

static bool is_width(size_t n)
{
	return n == 1 || n == 2 || n == 4 || n == 8;
}

static int read_trailer(struct bin *b, uint32_t *root)
{
	const unsigned char *t;
	uint64_t objects, top, table;

	if (b->in.n < MAGIC || memcmp(b->in.p, "bplist00", MAGIC) != 0)
		return fail(b, "not of version 00");
	if (b->in.n < MAGIC + 2 + TRAILER)
		return fail(b, "truncated");
	t = b->in.p + b->in.n - TRAILER;
	b->offset_size = t[6];
	b->ref_size = t[7];
	objects = enc_unbe64(t + 8);
	top = enc_unbe64(t + 16);
	table = enc_unbe64(t + 24);
	/* libplist itself writes three bytes */
	if ((!is_width(b->offset_size) && b->offset_size != 3) ||
		(!is_width(b->ref_size) && b->ref_size != 3))
		return fail(b, "bad trailer");
	if (objects > PL_MAX_OBJECTS)
		return err_set(b->e, ERR_BAD_INPUT,
			"binary property list: more than %d objects", PL_MAX_OBJECTS);
	if (objects == 0 || top >= objects || table <= MAGIC ||
		table > b->in.n - TRAILER ||
		b->in.n - TRAILER - table != objects * b->offset_size)
		return fail(b, "bad trailer");
	b->objects = (size_t)objects;
	b->table = (size_t)table;
	*root = (uint32_t)top;
	return 0;
}

/* The length in the marker's low half, or in the integer that follows it. */
static bool read_length(const struct bin *b, size_t *at, unsigned low, size_t *n)
{
	uint64_t v = low;

	if (low == HEADER_MARK) {
		size_t width;

		if (*at >= b->table || b->in.p[*at] >> 4 != 1 || (b->in.p[*at] & 15) > 3)
			return false;
		width = (size_t)1 << (b->in.p[*at] & 15);
		if (b->table - *at - 1 < width)
			return false;
		v = be(b->in.p + *at + 1, width);
		*at += 1 + width;
	}
	if (v > b->in.n)
		return false;
	*n = (size_t)v;
	return true;
}

static bool date_fits(const unsigned char *p)
{
	uint64_t bits = enc_unbe64(p);
	double d;

	memcpy(&d, &bits, sizeof(d));
	return d >= -DATE_MAX && d <= DATE_MAX;	/* nan does not */
}

/* Objects of a fixed size: 0, or the number of payload bytes in *n. */
static bool scalar_size(unsigned char marker, const unsigned char *p, size_t left,
	size_t *n)
{
	unsigned low = marker & 15;

	switch (marker >> 4) {
	case 0x0:
		*n = 0;
		return low == 8 || low == 9;
	case 0x1:
		*n = (size_t)1 << low;
		if (low == 4)	/* above 2^63; nobody writes 128 bits */
			return left >= 16 && be(p, 8) == 0;
		return low < 4;
	case 0x2:
		*n = (size_t)1 << low;
		return low == 2 || low == 3;
	case 0x3:
		*n = 8;
		return low == 3 && left >= 8 && date_fits(p);
	case 0x8:
		*n = low + 1;
		return is_width(*n);
	default:
		return false;
	}
}

static int read_object(struct bin *b, uint32_t i, struct object *o)
{
	uint64_t offset = be(b->in.p + b->table + i * b->offset_size, b->offset_size);
	unsigned char marker;
	size_t at, size = 1;

	if (offset < MAGIC || offset >= b->table)
		return fail_at(b, i, "outside of the file");
	at = (size_t)offset + 1;
	marker = b->in.p[offset];
	o->type = SCALAR;
	switch (marker >> 4) {
	case 0x4:
		break;
	case 0x5:
		o->type = STRING_ASCII;
		break;
	case 0x6:
		o->type = STRING_UTF16;
		size = 2;
		break;
	case 0xa:
		o->type = ARRAY;
		size = b->ref_size;
		break;
	case 0xd:
		o->type = DICT;
		size = 2 * b->ref_size;
		break;
	default:
		if (!scalar_size(marker, b->in.p + at, b->table - at, &o->n))
			return fail_at(b, i, "bad type or value");
		o->p = b->in.p + at;
		return o->n > b->table - at ? fail_at(b, i, "truncated") : 0;
	}
	if (!read_length(b, &at, marker & 15, &o->n) || o->n > (b->table - at) / size)
		return fail_at(b, i, "truncated");
	o->p = b->in.p + at;
	if (o->type != ARRAY && o->type != DICT)
		o->n *= size;
	return 0;
}

static bool utf16_is_text(const unsigned char *p, size_t n)
{
	bool high = false;

	for (size_t i = 0; i < n; i += 2) {
		unsigned c = (unsigned)p[i] << 8 | p[i + 1];

		if (c == 0 || high != (c >= 0xdc00 && c <= 0xdfff))
			return false;
		high = c >= 0xd800 && c <= 0xdbff;
	}
	return !high;
}

static bool ascii_is_text(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] == 0 || p[i] >= 0x80)
			return false;
	return true;
}

/* Objects overlap as the sender likes, so what is read is counted, not what
 * the file holds. */
static int count_work(struct bin *b, size_t bytes)
{
	b->seen++;
	b->seen_bytes += bytes;
	if (b->seen > 2 * PL_MAX_OBJECTS)
		return err_set(b->e, ERR_BAD_INPUT,
			"binary property list: more than %d objects", PL_MAX_OBJECTS);
	if (b->seen_bytes > PL_MAX_TREE_BYTES)
		return fail(b, "too large in memory");
	return 0;
}

static int scan_leaf(struct bin *b, uint32_t i, const struct object *o)
{
	struct note *note = &b->note[i];

	if (count_work(b, o->n) < 0)
		return -1;
	if (o->type == STRING_ASCII && !ascii_is_text(o->p, o->n))
		return fail_at(b, i, "string that is not ASCII, or holds a NUL");
	if (o->type == STRING_UTF16 && !utf16_is_text(o->p, o->n))
		return fail_at(b, i, "string that is not UTF-16, or holds a NUL");
	note->objects = 1;
	note->bytes = (uint32_t)(PL_NODE_BYTES +
		(o->type == STRING_UTF16 ? 2 * o->n : o->n));
	note->height = 0;
	return 0;
}

static int add_sum(struct bin *b, struct note *sum, const struct note *child)
{
	sum->objects += child->objects;
	sum->bytes += child->bytes;
	if (child->height + 1 > sum->height)
		sum->height = child->height + 1;
	if (sum->objects > PL_MAX_OBJECTS)
		return err_set(b->e, ERR_BAD_INPUT,
			"binary property list: more than %d objects", PL_MAX_OBJECTS);
	if (sum->bytes > PL_MAX_TREE_BYTES)
		return fail(b, "too large in memory");
	return 0;
}

static int read_ref(struct bin *b, const struct frame *f, size_t k, uint32_t *i)
{
	uint64_t v = be(f->refs + k * b->ref_size, b->ref_size);

	if (v >= b->objects)
		return fail_at(b, f->self, "reference to no object");
	*i = (uint32_t)v;
	return 0;
}

static int add_key(struct bin *b, struct frame *f, size_t k)
{
	struct object o;
	uint32_t i;

	if (read_ref(b, f, k, &i) < 0 || read_object(b, i, &o) < 0)
		return -1;
	if (o.type != STRING_ASCII && o.type != STRING_UTF16)
		return fail_at(b, f->self, "key that is no string");
	if (o.n == 0)
		return fail_at(b, f->self, "empty key");
	if (b->note[i].objects == 0 && scan_leaf(b, i, &o) < 0)
		return -1;
	if (count_work(b, o.n) < 0)
		return -1;
	pl_keys_add(&b->keys, (struct pl_key){ o.p, (uint32_t)o.n,
		o.type == STRING_UTF16 ? PL_KEY_UTF16 : PL_KEY_UTF8 });
	return add_sum(b, &f->sum, &b->note[i]);
}

/* A dict is its keys, then as many values. */
static int scan_keys(struct bin *b, struct frame *f)
{
	struct pl_key twice;
	char text[64];

	for (size_t k = 0; k < f->n; k++)
		if (add_key(b, f, k) < 0)
			return -1;
	if (!pl_keys_close(&b->keys, 0, &b->work, &twice)) {
		pl_key_text(twice, text);
		return err_set(b->e, ERR_BAD_INPUT,
			"binary property list: key %s is there twice", text);
	}
	if (b->work > PL_MAX_WORK)
		return fail(b, "dict with too many keys");
	f->next = f->n;
	f->n *= 2;
	return 0;
}

/* Looks at an object that was not seen before: a leaf is done with, a
 * container is opened. */
static int enter(struct bin *b, uint32_t i)
{
	struct object o;
	struct frame *f;

	if (read_object(b, i, &o) < 0)
		return -1;
	if (o.type != ARRAY && o.type != DICT)
		return scan_leaf(b, i, &o);
	if (b->depth == PL_MAX_DEPTH)
		return err_set(b->e, ERR_BAD_INPUT,
			"binary property list: nested deeper than %d", PL_MAX_DEPTH);
	if (o.n > PL_MAX_OBJECTS)
		return err_set(b->e, ERR_BAD_INPUT,
			"binary property list: more than %d objects", PL_MAX_OBJECTS);
	if (count_work(b, 0) < 0)
		return -1;
	b->note[i].objects = OPEN;
	f = &b->open[b->depth++];
	*f = (struct frame){ i, o.p, o.n, 0, { 1, PL_NODE_BYTES, 1 } };
	return o.type == DICT ? scan_keys(b, f) : 0;
}

/* Adds the next child of the innermost container, or closes it. */
static int step(struct bin *b)
{
	struct frame *f = &b->open[b->depth - 1];
	struct note *note;
	uint32_t i;

	if (f->next == f->n) {
		b->note[f->self] = f->sum;
		b->depth--;
		return 0;
	}
	if (read_ref(b, f, f->next, &i) < 0)
		return -1;
	note = &b->note[i];
	if (note->objects == OPEN)
		return fail_at(b, i, "contains itself");
	if (note->objects == 0) {
		if (enter(b, i) < 0)
			return -1;
		if (note->objects == OPEN)
			return 0;	/* counted when it is closed */
	}
	f->next++;
	if (b->depth + note->height > PL_MAX_DEPTH)
		return err_set(b->e, ERR_BAD_INPUT,
			"binary property list: nested deeper than %d", PL_MAX_DEPTH);
	return count_work(b, 0) < 0 ? -1 : add_sum(b, &f->sum, note);
}

static int walk(struct bin *b, uint32_t root, size_t *tree_bytes)
{
	if (enter(b, root) < 0)
		return -1;
	while (b->depth > 0)
		if (step(b) < 0)
			return -1;
	*tree_bytes = b->note[root].bytes;
	return *tree_bytes > PL_MAX_TREE_BYTES ? fail(b, "too large in memory") : 0;
}

int pl_scan_bin(struct bytes in, size_t *tree_bytes, struct err *e)
{
	struct note few[FEW];
	struct bin b;
	uint32_t root = 0;
	int rc;

	b.in = in;
	b.e = e;
	b.seen = b.seen_bytes = 0;
	b.work = 0;
	b.depth = 0;
	if (read_trailer(&b, &root) < 0)
		return -1;
	b.note = few;
	if (b.objects > FEW && (b.note = calloc(b.objects, sizeof(*b.note))) == NULL)
		abort();
	if (b.objects <= FEW)
		memset(few, 0, b.objects * sizeof(*few));
	pl_keys_init(&b.keys);
	rc = walk(&b, root, tree_bytes);
	pl_keys_fini(&b.keys);
	if (b.note != few)
		free(b.note);
	return rc;
}
