/* Reading property lists: parsing behind the scan, the sticky reader and
 * walking. Building is pl_build.c; which keys a message has is the caller's. */
#include "codec/pl.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/pl_node.h"
#include "codec/pl_scan.h"

#ifdef HAVE_PLIST_FORMAT
#define NODE_INTEGER PLIST_INT
#else
#define NODE_INTEGER PLIST_UINT
#endif

#define DATE_LEN ((int)sizeof("2026-11-22T13:52:00Z") - 1)

static _Atomic size_t tree_bytes;

struct tree {
	plist_t root;
	size_t bytes;
};

static void tree_free(void *obj)
{
	struct tree *t = obj;

	if (t->root != NULL)
		plist_free(t->root);
	atomic_fetch_sub(&tree_bytes, t->bytes);
}

/* All or nothing, so that threads that parse at once never pass the limit. */
static int tree_reserve(size_t n, struct err *e)
{
	size_t before = atomic_fetch_add(&tree_bytes, n);

	if (n <= PL_MAX_TREE_BYTES && before <= PL_MAX_TREE_BYTES - n)
		return 0;
	atomic_fetch_sub(&tree_bytes, n);
	return err_set(e, ERR_BUSY, "too many large property lists at this moment");
}

int pl_parse(struct bytes in, struct arena *a, struct pl **out, struct err *e)
{
	struct pl_scan scan;
	struct tree *t;

	if (pl_scan(in, &scan, e) < 0 || tree_reserve(scan.tree_bytes, e) < 0)
		return -1;
	t = arena_alloc(a, sizeof(*t));
	t->bytes = scan.tree_bytes;
	t->root = NULL;	/* libplist frees what it finds here */
	arena_defer(a, tree_free, t);
	if (scan.binary)
		plist_from_bin((const char *)scan.body.p, (uint32_t)scan.body.n, &t->root);
	else
		plist_from_xml((const char *)scan.body.p, (uint32_t)scan.body.n, &t->root);
	if (t->root == NULL)
		return err_set(e, ERR_BAD_INPUT, "not a property list that can be read");
	*out = pl_of(t->root);
	return 0;
}

size_t pl_tree_bytes(void)
{
	return atomic_load(&tree_bytes);
}

enum pl_type pl_type(const struct pl *p)
{
	if (p == NULL)
		return PL_OTHER;
	switch (plist_get_node_type(pl_node(p))) {
	case PLIST_DICT:
		return PL_DICT;
	case PLIST_ARRAY:
		return PL_ARRAY;
	case PLIST_STRING:
		return PL_STRING;
	case PLIST_DATA:
		return PL_DATA;
	case NODE_INTEGER:
		return PL_INTEGER;
	case PLIST_REAL:
		return PL_REAL;
	case PLIST_BOOLEAN:
		return PL_BOOL;
	case PLIST_DATE:
		return PL_DATE;
	default:
		return PL_OTHER;
	}
}

const char *pl_type_name(enum pl_type t)
{
	static const char *const names[] = {
		[PL_DICT] = "dict", [PL_ARRAY] = "array",
		[PL_STRING] = "string", [PL_DATA] = "data",
		[PL_INTEGER] = "integer", [PL_REAL] = "real",
		[PL_BOOL] = "boolean", [PL_DATE] = "date",
		[PL_OTHER] = "other",
	};

	return names[(size_t)t <= PL_OTHER ? t : PL_OTHER];
}

const char *pl_as_str(const struct pl *p)
{
	uint64_t n = 0;
	const char *s;

	if (pl_type(p) != PL_STRING)
		return NULL;
	s = plist_get_string_ptr(pl_node(p), &n);
	return s != NULL ? s : "";
}

/* libplist 2.2 gives -1 and UINT64_MAX alike; only its writer tells them
 * apart. Numbers with the top bit set are rare enough to ask it. */
static bool is_negative(plist_t n)
{
	char *xml = NULL;
	uint32_t len = 0;
	bool yes;

	plist_to_xml(n, &xml, &len);
	if (xml == NULL)
		abort();
	yes = strstr(xml, "<integer>-") != NULL;
	plist_to_xml_free(xml);
	return yes;
}

bool pl_as_int(const struct pl *p, int64_t *out)
{
	uint64_t v = 0;

	if (pl_type(p) != PL_INTEGER)
		return false;
	plist_get_uint_val(pl_node(p), &v);
	if (v > INT64_MAX && !is_negative(pl_node(p)))
		return false;
	*out = v > INT64_MAX ? -(int64_t)~v - 1 : (int64_t)v;
	return true;
}

bool pl_as_uint(const struct pl *p, uint64_t *out)
{
	uint64_t v = 0;

	if (pl_type(p) != PL_INTEGER)
		return false;
	plist_get_uint_val(pl_node(p), &v);
	if (v > INT64_MAX && is_negative(pl_node(p)))
		return false;
	*out = v;
	return true;
}

bool pl_as_real(const struct pl *p, double *out)
{
	if (pl_type(p) != PL_REAL)
		return false;
	plist_get_real_val(pl_node(p), out);
	return true;
}

const char *pl_as_date(const struct pl *p, struct arena *a)
{
	static const char open[] = "<date>";
	struct bytes xml;
	const char *at;

	if (pl_type(p) != PL_DATE)
		return NULL;
	/* libplist's getter holds 68 years to either side of 2001. */
	xml = pl_xml(p, a);
	at = memmem(xml.p, xml.n, open, sizeof(open) - 1);
	if (at == NULL)
		abort();
	return arena_printf(a, "%.*s", DATE_LEN, at + sizeof(open) - 1);
}

bool pl_as_bool(const struct pl *p, bool *out)
{
	uint8_t v = 0;

	if (pl_type(p) != PL_BOOL)
		return false;
	plist_get_bool_val(pl_node(p), &v);
	*out = v != 0;
	return true;
}

bool pl_as_data(const struct pl *p, struct arena *a, struct bytes *out)
{
	uint64_t n = 0;
	const char *d;

	if (pl_type(p) != PL_DATA)
		return false;
	d = plist_get_data_ptr(pl_node(p), &n);
	*out = bytes_of(arena_memdup(a, d, (size_t)n), (size_t)n);
	return true;
}

uint32_t pl_array_len(const struct pl *array)
{
	return pl_type(array) == PL_ARRAY ? plist_array_get_size(pl_node(array)) : 0;
}

const struct pl *pl_array_at(const struct pl *array, uint32_t i)
{
	if (i >= pl_array_len(array))
		return NULL;
	return pl_of(plist_array_get_item(pl_node(array), i));
}

const struct pl *pl_dict_get(const struct pl *dict, const char *key)
{
	if (pl_type(dict) != PL_DICT)
		return NULL;
	return pl_of(plist_dict_get_item(pl_node(dict), key));
}

void pl_dict_each(const struct pl *dict, bool (*fn)(const char *key,
	const struct pl *value, void *arg), void *arg)
{
	plist_dict_iter it = NULL;
	bool more = true;

	if (pl_type(dict) != PL_DICT)
		return;
	plist_dict_new_iter(pl_node(dict), &it);
	while (more) {
		char *key = NULL;
		plist_t value = NULL;

		plist_dict_next_item(pl_node(dict), it, &key, &value);
		more = key != NULL && fn(key, pl_of(value), arg);
		free(key);
	}
	free(it);
}

/* Only the first fault counts; key may be NULL for the dict itself. */
static void fault(struct pl_reader *r, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void fault(struct pl_reader *r, const char *key, const char *fmt, ...)
{
	char say[128];
	va_list ap;

	if (r->fault.kind != ERR_NONE)
		return;
	va_start(ap, fmt);
	vsnprintf(say, sizeof(say), fmt, ap);
	va_end(ap);
	err_set(&r->fault, ERR_BAD_INPUT, "%s", say);
	if (key != NULL)
		err_wrap(&r->fault, "%s", key);
	if (r->what != NULL && r->what[0] != '\0')
		err_wrap(&r->fault, "%s", r->what);
}

void pl_read(struct pl_reader *r, const char *what, const struct pl *dict,
	struct arena *a)
{
	memset(r, 0, sizeof(*r));
	r->what = what;
	r->dict = dict;
	r->arena = a;
	if (pl_type(dict) != PL_DICT)
		fault(r, NULL, "expected dict, got %s", pl_type_name(pl_type(dict)));
}

bool pl_has(const struct pl_reader *r, const char *key)
{
	return pl_dict_get(r->dict, key) != NULL;
}

/* The key's value if it has the type; NULL when absent or after a fault. */
static const struct pl *take(struct pl_reader *r, const char *key,
	enum pl_type type, bool required)
{
	const struct pl *p;

	if (r->fault.kind != ERR_NONE)
		return NULL;
	p = pl_dict_get(r->dict, key);
	if (p == NULL && required)
		fault(r, key, "missing");
	if (p == NULL)
		return NULL;
	if (pl_type(p) != type) {
		fault(r, key, "expected %s, got %s", pl_type_name(type),
			pl_type_name(pl_type(p)));
		return NULL;
	}
	return p;
}

static void take_str(struct pl_reader *r, const char *key, bool required,
	const char **out)
{
	const struct pl *p = take(r, key, PL_STRING, required);
	uint64_t n = 0;
	const char *s;

	if (p == NULL)
		return;
	s = plist_get_string_ptr(pl_node(p), &n);
	if (n == 0 && required)
		fault(r, key, "empty");
	else if (n > 0 && memchr(s, '\0', (size_t)n) != NULL)
		fault(r, key, "holds a NUL");
	else if (n > 0 && !str_is_utf8(s, (size_t)n))
		fault(r, key, "is not UTF-8");
	else
		*out = arena_memdup(r->arena, s, (size_t)n);
}

void pl_str(struct pl_reader *r, const char *key, const char **out)
{
	take_str(r, key, true, out);
}

void pl_str_opt(struct pl_reader *r, const char *key, const char **out)
{
	take_str(r, key, false, out);
}

void pl_data(struct pl_reader *r, const char *key, struct bytes *out)
{
	const struct pl *p = take(r, key, PL_DATA, true);
	struct bytes d;

	if (p == NULL)
		return;
	pl_as_data(p, r->arena, &d);
	if (d.n == 0)
		fault(r, key, "empty");
	else
		*out = d;
}

void pl_data_opt(struct pl_reader *r, const char *key, struct bytes *out)
{
	const struct pl *p = take(r, key, PL_DATA, false);

	if (p != NULL)
		pl_as_data(p, r->arena, out);
}

void pl_bool_opt(struct pl_reader *r, const char *key, bool *out)
{
	const struct pl *p = take(r, key, PL_BOOL, false);

	if (p != NULL)
		pl_as_bool(p, out);
}

void pl_int_opt(struct pl_reader *r, const char *key, int64_t *out)
{
	const struct pl *p = take(r, key, PL_INTEGER, false);

	if (p != NULL && !pl_as_int(p, out))
		fault(r, key, "integer out of range");
}

void pl_dict_opt(struct pl_reader *r, const char *key, const struct pl **out)
{
	const struct pl *p = take(r, key, PL_DICT, false);

	if (p != NULL)
		*out = p;
}

void pl_dict(struct pl_reader *r, const char *key, const struct pl **out)
{
	const struct pl *p = take(r, key, PL_DICT, true);

	if (p != NULL)
		*out = p;
}

void pl_array_opt(struct pl_reader *r, const char *key, const struct pl **out)
{
	const struct pl *p = take(r, key, PL_ARRAY, false);

	if (p != NULL)
		*out = p;
}

int pl_done(struct pl_reader *r, struct err *e)
{
	if (r->fault.kind == ERR_NONE)
		return 0;
	*e = r->fault;
	return -1;
}
