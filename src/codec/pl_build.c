/* Building and writing property lists. Strings come from devices and
 * operators, so what XML cannot carry is replaced before it goes in. */
#include "codec/pl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/when.h"
#include "codec/pl_node.h"
#include "codec/pl_scan_leaf.h"
#include "codec/utf8.h"

#define DATE_LEN (sizeof("2026-11-22T13:52:00Z") - 1)

static void release(void *n)
{
	plist_free(n);
}

static struct pl *root(struct arena *a, plist_t n)
{
	if (n == NULL)
		abort();
	arena_defer(a, release, n);
	return pl_of(n);
}

static struct pl *set(struct pl *dict, const char *key, plist_t n)
{
	char *made;

	if (n == NULL)
		abort();
	plist_dict_set_item(pl_node(dict), utf8_clean(key, true, &made), n);
	free(made);
	return pl_of(n);
}

static struct pl *add(struct pl *array, plist_t n)
{
	if (n == NULL)
		abort();
	plist_array_append_item(pl_node(array), n);
	return pl_of(n);
}

static plist_t text(const char *value)
{
	char *made;
	plist_t n = plist_new_string(utf8_clean(value, true, &made));

	free(made);
	return n;
}

static plist_t data(struct bytes value)
{
	return plist_new_data(value.n > 0 ? (const char *)value.p : "", value.n);
}

static plist_t integer(int64_t value)
{
#ifdef HAVE_PLIST_FORMAT
	return plist_new_int(value);
#else
	/* 2.2 writes any integer made so as a signed one. */
	return plist_new_uint((uint64_t)value);
#endif
}

/* libplist would make 1 March of 29 February 2026, and the next minute of a
 * leap second. */
static bool is_date(const char *s)
{
	int year, month, day, second;

	return strlen(s) <= DATE_LEN && pl_leaf_is_date(bytes_str(s)) &&
		sscanf(s, "%d-%d-%dT%*d:%*d:%dZ", &year, &month, &day,
			&second) == 4 &&
		when_is_day(year, month, day) && second < 60;
}

/* libplist's own call takes 68 years to either side of 2001. */
static plist_t date(const char *value)
{
	static const char form[] = "<plist version=\"1.0\"><date>%s</date></plist>";
	char xml[sizeof(form) + 32];
	plist_t n = NULL;

	if (!is_date(value))
		return NULL;
	snprintf(xml, sizeof(xml), form, value);
	plist_from_xml(xml, (uint32_t)strlen(xml), &n);
	return n;
}

struct pl *pl_new_dict(struct arena *a)
{
	return root(a, plist_new_dict());
}

struct pl *pl_new_array(struct arena *a)
{
	return root(a, plist_new_array());
}

void pl_set_str(struct pl *dict, const char *key, const char *value)
{
	if (value != NULL)
		set(dict, key, text(value));
}

void pl_set_data(struct pl *dict, const char *key, struct bytes value)
{
	if (value.p != NULL)
		set(dict, key, data(value));
}

void pl_set_bool(struct pl *dict, const char *key, bool value)
{
	set(dict, key, plist_new_bool(value));
}

void pl_set_int(struct pl *dict, const char *key, int64_t value)
{
	set(dict, key, integer(value));
}

void pl_set_real(struct pl *dict, const char *key, double value)
{
	set(dict, key, plist_new_real(value));
}

struct pl *pl_set_dict(struct pl *dict, const char *key)
{
	return set(dict, key, plist_new_dict());
}

struct pl *pl_set_array(struct pl *dict, const char *key)
{
	return set(dict, key, plist_new_array());
}

bool pl_set_date(struct pl *dict, const char *key, const char *value)
{
	plist_t n = date(value);

	if (n != NULL)
		set(dict, key, n);
	return n != NULL;
}

void pl_del(struct pl *dict, const char *key)
{
	plist_dict_remove_item(pl_node(dict), key);
}

void pl_set_copy(struct pl *dict, const char *key, const struct pl *value)
{
	set(dict, key, plist_copy(pl_node(value)));
}

void pl_add_str(struct pl *array, const char *value)
{
	add(array, text(value));
}

void pl_add_data(struct pl *array, struct bytes value)
{
	add(array, data(value));
}

void pl_add_bool(struct pl *array, bool value)
{
	add(array, plist_new_bool(value));
}

void pl_add_int(struct pl *array, int64_t value)
{
	add(array, integer(value));
}

void pl_add_real(struct pl *array, double value)
{
	add(array, plist_new_real(value));
}

bool pl_add_date(struct pl *array, const char *value)
{
	plist_t n = date(value);

	if (n != NULL)
		add(array, n);
	return n != NULL;
}

struct pl *pl_add_dict(struct pl *array)
{
	return add(array, plist_new_dict());
}

struct pl *pl_add_array(struct pl *array)
{
	return add(array, plist_new_array());
}

/* libplist drops the zeros that a year starts with, and writes years that
 * have a sign or five digits, which nobody reads. */
static void add_date(struct buf *b, const char *text, size_t n)
{
	if (n == DATE_LEN && *text != '-')
		buf_add(b, text, n);
	else if (*text == '-')
		buf_adds(b, "0001-01-01T00:00:00Z");
	else if (n > DATE_LEN)
		buf_adds(b, "9999-12-31T23:59:59Z");
	else
		buf_printf(b, "%.*s%.*s", (int)(DATE_LEN - n), "0000", (int)n,
			text);
}

/* No text holds a '<': it is always the element. */
static void add_with_dates(struct buf *b, const char *xml, size_t n)
{
	static const char open[] = "<date>";
	const char *end = xml + n, *at, *stop;

	while ((at = memmem(xml, (size_t)(end - xml), open,
		sizeof(open) - 1)) != NULL) {
		at += sizeof(open) - 1;
		stop = memchr(at, '<', (size_t)(end - at));
		if (stop == NULL)
			break;
		buf_add(b, xml, (size_t)(at - xml));
		add_date(b, at, (size_t)(stop - at));
		xml = stop;
	}
	buf_add(b, xml, (size_t)(end - xml));
}

struct bytes pl_xml(const struct pl *top, struct arena *a)
{
	struct bytes out;
	uint32_t n = 0;
	char *p = NULL;
	struct buf b;

	plist_to_xml(pl_node(top), &p, &n);
	if (p == NULL)
		abort();
	buf_init(&b, SIZE_MAX);
	add_with_dates(&b, p, n);
	plist_to_xml_free(p);
	out = arena_bytes(a, buf_bytes(&b));
	buf_fini(&b);
	return out;
}

struct bytes pl_binary(const struct pl *top, struct arena *a)
{
	struct bytes out;
	uint32_t n = 0;
	char *p = NULL;

	plist_to_bin(pl_node(top), &p, &n);
	if (p == NULL)
		abort();
	out = bytes_of(arena_memdup(a, p, n), n);
	plist_to_bin_free(p);
	return out;
}
