/* The scan of XML property lists: the part of XML 1.0 that property lists
 * need, and nothing that only attackers need (internal DTDs, entities of
 * one's own, other encodings). */
#include "codec/pl_scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "codec/pl.h"
#include "codec/pl_scan_leaf.h"

struct frame {
	bool dict;
	bool has_key;	/* a key stands without its value */
	size_t keys;	/* where this dict's keys start */
};

struct xml {
	const unsigned char *start, *p, *end;
	struct err *e;
	size_t objects, text;
	uint64_t work;
	struct pl_keys keys;
	unsigned depth;
	bool has_root;
	struct frame open[PL_MAX_DEPTH];
};

enum element { DICT, ARRAY, KEY, STRING, DATA, INTEGER, REAL, DATE, TRUE, FALSE,
	PLIST, UNKNOWN };

static const char *const element_names[] = { "dict", "array", "key", "string",
	"data", "integer", "real", "date", "true", "false", "plist" };

struct tag {
	enum element el;
	struct bytes name;
	bool close, empty;
};

static int fail(struct xml *x, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(struct xml *x, const char *fmt, ...)
{
	unsigned long line = 1;
	char say[200];
	va_list ap;

	for (const unsigned char *p = x->start; p < x->p && p < x->end; p++)
		line += *p == '\n';
	va_start(ap, fmt);
	vsnprintf(say, sizeof(say), fmt, ap);
	va_end(ap);
	return err_set(x->e, ERR_BAD_INPUT, "XML property list: %s (line %lu)", say, line);
}

static bool at(const struct xml *x, const char *s)
{
	size_t n = strlen(s);

	return (size_t)(x->end - x->p) >= n && memcmp(x->p, s, n) == 0;
}

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blanks(struct xml *x)
{
	while (x->p < x->end && is_blank(*x->p))
		x->p++;
}

/* Goes behind the next `s`. */
static int skip_past(struct xml *x, const char *s, const char *what)
{
	size_t n = strlen(s);
	const unsigned char *found = memmem(x->p, (size_t)(x->end - x->p), s, n);

	if (found == NULL)
		return fail(x, "%s without its end", what);
	x->p = found + n;
	return 0;
}

/* libplist looks for the end outside of double quotes, XML anywhere: only
 * where both find the same one is it taken. */
static int skip_pi(struct xml *x)
{
	const unsigned char *from = x->p;
	size_t quotes = 0;

	if (skip_past(x, "?>", "processing instruction") < 0)
		return -1;
	for (; from < x->p; from++)
		quotes += *from == '"';
	return quotes % 2 != 0 ? fail(x, "open quote in a processing instruction") : 0;
}

/* Behind blanks, comments and processing instructions. */
static int skip_misc(struct xml *x)
{
	for (;;) {
		skip_blanks(x);
		if (at(x, "<!--")) {
			x->p += 4;
			if (skip_past(x, "-->", "comment") < 0)
				return -1;
		} else if (at(x, "<?")) {
			if (skip_pi(x) < 0)
				return -1;
		} else {
			return 0;
		}
	}
}

/* <?xml … encoding="…"?>: anything but UTF-8 would be read as UTF-8. */
static int check_declaration(struct xml *x)
{
	const unsigned char *p, *end;
	struct bytes name;

	if (!at(x, "<?xml") || x->end - x->p < 6 || !is_blank(x->p[5]))
		return 0;
	end = memmem(x->p, (size_t)(x->end - x->p), "?>", 2);
	if (end == NULL)
		return fail(x, "processing instruction without its end");
	p = memmem(x->p, (size_t)(end - x->p), "encoding", 8);
	if (p == NULL)
		return 0;
	for (p += 8; p < end && (is_blank(*p) || *p == '='); p++)
		;
	if (p == end || (*p != '"' && *p != '\''))
		return fail(x, "bad encoding declaration");
	name.p = p + 1;
	p = memchr(name.p, *p, (size_t)(end - name.p));
	if (p == NULL)
		return fail(x, "bad encoding declaration");
	name.n = (size_t)(p - name.p);
	if (name.n != 5 || strncasecmp((const char *)name.p, "utf-8", 5) != 0)
		return fail(x, "encoding is %.*s, must be UTF-8",
			name.n < 32 ? (int)name.n : 32, (const char *)name.p);
	return 0;
}

/* As skip_pi: what libplist could take for another end is refused. */
static int skip_doctype(struct xml *x)
{
	size_t quotes = 0;

	x->p += 9;
	skip_blanks(x);
	if (!at(x, "plist"))
		return fail(x, "DOCTYPE is not plist");
	for (; x->p < x->end && *x->p != '>'; x->p++) {
		if (*x->p == '[')
			return fail(x, "DOCTYPE with declarations of its own");
		if (*x->p == '<' || *x->p == '\'')
			return fail(x, "bad DOCTYPE");
		quotes += *x->p == '"';
	}
	if (x->p == x->end || quotes % 2 != 0)
		return fail(x, "DOCTYPE without its end");
	x->p++;
	return 0;
}

/* The attributes of <plist>: name="value"; no other element has any. */
static int skip_attributes(struct xml *x)
{
	for (skip_blanks(x); x->p < x->end && *x->p != '>' && *x->p != '/';
		skip_blanks(x)) {
		while (x->p < x->end && strchr("=<>/\"' \t\r\n", *x->p) == NULL)
			x->p++;
		if (!at(x, "=\"") && !at(x, "='"))
			return fail(x, "bad attribute of <plist>");
		x->p += 2;
		while (x->p < x->end && strchr("<>\"'", *x->p) == NULL)
			x->p++;
		if (!at(x, "\"") && !at(x, "'"))
			return fail(x, "bad attribute of <plist>");
		x->p++;
	}
	return 0;
}

static int read_tag(struct xml *x, struct tag *t)
{
	size_t n = 0, i;

	t->close = at(x, "</");
	t->empty = false;
	x->p += t->close ? 2 : 1;
	t->name.p = x->p;
	while (x->p + n < x->end && ((x->p[n] | 0x20) >= 'a' && (x->p[n] | 0x20) <= 'z'))
		n++;
	t->name.n = n;
	for (i = 0; i < UNKNOWN; i++)
		if (bytes_is(t->name, element_names[i]))
			break;
	t->el = (enum element)i;
	if (t->el == UNKNOWN)
		return fail(x, "unknown element <%s%.*s>", t->close ? "/" : "",
			n < 32 ? (int)n : 32, (const char *)t->name.p);
	x->p += n;
	if (t->el == PLIST && !t->close && x->p < x->end && is_blank(*x->p) &&
		skip_attributes(x) < 0)
		return -1;
	skip_blanks(x);
	if (!t->close && at(x, "/")) {
		t->empty = true;
		x->p++;
	}
	if (!at(x, ">"))
		return fail(x, "bad tag <%s%s", t->close ? "/" : "", element_names[t->el]);
	x->p++;
	return 0;
}

/* libplist makes a part of each stretch of text between markup. */
static int end_part(struct xml *x, const unsigned char *from, uint64_t refs)
{
	size_t n = (size_t)(x->p - from);

	x->text += n;
	x->work += refs * n;
	if (x->work > PL_MAX_WORK)
		return fail(x, "too many character references in one text");
	return 0;
}

static int skip_markup(struct xml *x, enum element el)
{
	if (el == KEY)
		return fail(x, "markup inside <key>");
	if (++x->objects > PL_MAX_OBJECTS)
		return fail(x, "more than %d objects", PL_MAX_OBJECTS);
	if (at(x, "<!--")) {
		x->p += 4;
		return skip_past(x, "-->", "comment");
	}
	if (at(x, "<![CDATA[")) {
		const unsigned char *from = x->p += 9;

		if (skip_past(x, "]]>", "CDATA section") < 0)
			return -1;
		x->text += (size_t)(x->p - from);
		return 0;
	}
	return fail(x, "markup inside <%s>", element_names[el]);
}

/* The text of <string> or <key>, up to the closing tag. */
static int scan_text(struct xml *x, enum element el)
{
	const unsigned char *from = x->p, *first = x->p;
	uint64_t refs = 0, all_refs = 0;

	for (;;) {
		uint32_t c;
		size_t n;

		while (x->p < x->end && *x->p != '<' && *x->p != '&')
			x->p++;
		if (x->p == x->end)
			return fail(x, "ends within <%s>", element_names[el]);
		if (at(x, "</"))
			break;
		if (*x->p == '<') {
			if (end_part(x, from, refs) < 0 || skip_markup(x, el) < 0)
				return -1;
			from = x->p;
			refs = 0;
			continue;
		}
		n = pl_ref(x->p, (size_t)(x->end - x->p), &c);
		if (n == 0)
			return fail(x, "bad character reference in <%s>",
				element_names[el]);
		x->p += n;
		refs++;
		all_refs++;
	}
	if (end_part(x, from, refs) < 0)
		return -1;
	if (el != KEY)
		return 0;
	if (x->p == first)
		return fail(x, "empty <key>");
	pl_keys_add(&x->keys, (struct pl_key){ first, (uint32_t)(x->p - first),
		all_refs > 0 ? PL_KEY_REFS : PL_KEY_UTF8 });
	return 0;
}

/* What is no text has no markup and no references inside. */
static int scan_scalar(struct xml *x, enum element el)
{
	static bool (*const check[])(struct bytes s) = {
		[DATA] = pl_leaf_is_data, [INTEGER] = pl_leaf_is_integer,
		[REAL] = pl_leaf_is_real, [DATE] = pl_leaf_is_date,
	};
	const unsigned char *end = memchr(x->p, '<', (size_t)(x->end - x->p));
	struct bytes s;

	if (end == NULL)
		return fail(x, "ends within <%s>", element_names[el]);
	if (x->end - end > 1 && end[1] != '/')
		return fail(x, "markup inside <%s>", element_names[el]);
	s = bytes_of(x->p, (size_t)(end - x->p));
	if (el == TRUE || el == FALSE ? s.n > 0 : !check[el](s))
		return fail(x, "bad <%s>", element_names[el]);
	x->text += el == DATA ? s.n : 0;
	x->p = end;
	return 0;
}

static int scan_leaf(struct xml *x, const struct tag *t)
{
	struct tag end;

	if (t->empty) {
		if (t->el == TRUE || t->el == FALSE || t->el == STRING || t->el == DATA)
			return 0;
		return fail(x, "empty <%s>", element_names[t->el]);
	}
	if ((t->el == KEY || t->el == STRING ? scan_text(x, t->el) :
		scan_scalar(x, t->el)) < 0)
		return -1;
	if (!at(x, "</"))
		return fail(x, "markup inside <%s>", element_names[t->el]);
	if (read_tag(x, &end) < 0)
		return -1;
	if (end.el != t->el)
		return fail(x, "<%s> closed by </%s>", element_names[t->el],
			element_names[end.el]);
	return 0;
}

static int close_container(struct xml *x, const struct tag *t)
{
	const struct frame *f = &x->open[x->depth - 1];
	struct pl_key twice;
	char text[64];

	if (t->el != (f->dict ? DICT : ARRAY))
		return fail(x, "<%s> closed by </%s>", f->dict ? "dict" : "array",
			element_names[t->el]);
	if (f->has_key)
		return fail(x, "key without a value");
	if (f->dict && !pl_keys_close(&x->keys, f->keys, &x->work, &twice)) {
		pl_key_text(twice, text);
		return fail(x, "key %s is there twice", text);
	}
	if (x->work > PL_MAX_WORK)
		return fail(x, "dict with too many keys");
	x->depth--;
	return 0;
}

/* May this element stand here? */
static int check_place(struct xml *x, enum element el)
{
	struct frame *f = x->depth > 0 ? &x->open[x->depth - 1] : NULL;

	if (el == PLIST)
		return fail(x, "<plist> inside <plist>");
	if (f == NULL && x->has_root)
		return fail(x, "more than one value in <plist>");
	x->has_root = true;
	if (f == NULL || !f->dict)
		return el == KEY ? fail(x, "<key> outside of a dict") : 0;
	if (f->has_key && el == KEY)
		return fail(x, "key without a value");
	if (!f->has_key && el != KEY)
		return fail(x, "value without a key");
	f->has_key = el == KEY;
	return 0;
}

static int open_element(struct xml *x, const struct tag *t)
{
	if (check_place(x, t->el) < 0)
		return -1;
	if (++x->objects > PL_MAX_OBJECTS)
		return fail(x, "more than %d objects", PL_MAX_OBJECTS);
	if (t->el != DICT && t->el != ARRAY)
		return scan_leaf(x, t);
	if (x->depth == PL_MAX_DEPTH)
		return fail(x, "nested deeper than %d", PL_MAX_DEPTH);
	if (!t->empty)
		x->open[x->depth++] = (struct frame){ t->el == DICT, false, x->keys.n };
	return 0;
}

static int scan_prolog(struct xml *x)
{
	bool has_doctype = false;
	struct tag t;

	skip_blanks(x);
	if (check_declaration(x) < 0 || skip_misc(x) < 0)
		return -1;
	while (at(x, "<!DOCTYPE") && !has_doctype) {
		has_doctype = true;
		if (skip_doctype(x) < 0 || skip_misc(x) < 0)
			return -1;
	}
	if (!at(x, "<plist"))
		return fail(x, "the root is not <plist>");
	if (read_tag(x, &t) < 0)
		return -1;
	return t.empty ? fail(x, "no value in <plist>") : 0;
}

static int scan_document(struct xml *x)
{
	struct tag t = { .el = UNKNOWN };

	if (scan_prolog(x) < 0)
		return -1;
	for (;;) {
		if (skip_misc(x) < 0)
			return -1;
		if (x->p == x->end)
			return fail(x, "ends before </plist>");
		if (*x->p != '<')
			return fail(x, "text outside of a value");
		if (read_tag(x, &t) < 0)
			return -1;
		if (t.close && x->depth == 0)
			break;
		if ((t.close ? close_container(x, &t) : open_element(x, &t)) < 0)
			return -1;
	}
	if (t.el != PLIST)
		return fail(x, "<plist> closed by </%s>", element_names[t.el]);
	if (!x->has_root)
		return fail(x, "no value in <plist>");
	if (skip_misc(x) < 0)
		return -1;
	return x->p < x->end ? fail(x, "data after </plist>") : 0;
}

int pl_scan_xml(struct bytes in, size_t *tree_bytes, struct err *e)
{
	const unsigned char *nul = memchr(in.p, '\0', in.n);
	struct xml x;
	int rc;

	x.start = x.p = in.p;
	x.end = in.p + in.n;
	x.e = e;
	x.objects = x.text = 0;
	x.work = 0;
	x.depth = 0;
	x.has_root = false;
	if (nul != NULL) {
		x.p = nul;
		return fail(&x, "holds a NUL byte");
	}
	if (!str_is_utf8(in.p, in.n))
		return err_set(e, ERR_BAD_INPUT, "XML property list: is not UTF-8");
	pl_keys_init(&x.keys);
	rc = scan_document(&x);
	pl_keys_fini(&x.keys);
	if (rc < 0)
		return -1;
	*tree_bytes = x.objects * PL_NODE_BYTES + x.text;
	if (*tree_bytes > PL_MAX_TREE_BYTES)
		return err_set(e, ERR_BAD_INPUT, "XML property list: too large in memory");
	return 0;
}
