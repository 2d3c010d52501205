/* Property lists as JSON and back. Both sides limit nesting and count when
 * they are read (json.c, pl_scan.h); here only what the two do not share. */
#include "codec/pl_json.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/enc.h"
#include "codec/keypath.h"
#include "codec/utf8.h"

#define DATA "$data"
#define DATE "$date"

/* ---- property list to JSON ---- */

static void put_text(struct json *root, const char *key, const char *text)
{
	if (key == NULL)
		json_add_str(root, text);
	else
		json_set_str(root, key, text);
}

static void put_int(struct json *root, const char *key, const struct pl *value,
	struct arena *a)
{
	uint64_t big;
	int64_t i;

	if (pl_as_int(value, &i)) {
		if (key == NULL)
			json_add_int(root, i);
		else
			json_set_int(root, key, i);
	} else if (pl_as_uint(value, &big))
		put_text(root, key, arena_printf(a, "%" PRIu64, big));
}

static void put_bool(struct json *root, const char *key, const struct pl *value)
{
	bool b = false;

	pl_as_bool(value, &b);
	if (key == NULL)
		json_add_bool(root, b);
	else
		json_set_bool(root, key, b);
}

static void put_real(struct json *root, const char *key, const struct pl *value)
{
	double d = 0;

	pl_as_real(value, &d);
	if (key == NULL)
		json_add_real(root, d);
	else
		json_set_real(root, key, d);
}

static struct json *put_object(struct json *root, const char *key)
{
	return key == NULL ? json_add_object(root) : json_set_object(root, key);
}

static struct json *put_array(struct json *root, const char *key)
{
	return key == NULL ? json_add_array(root) : json_set_array(root, key);
}

static void put_null(struct json *root, const char *key)
{
	if (key == NULL)
		json_add_null(root);
	else
		json_set_null(root, key);
}

struct putting {
	struct json *into;
	struct arena *a;
};

static bool put_entry(const char *key, const struct pl *value, void *arg)
{
	struct putting *p = arg;

	pl_json_put(p->into, key, value, p->a);
	return true;
}

void pl_json_put(struct json *root, const char *key, const struct pl *value,
	struct arena *a)
{
	struct putting p = { NULL, a };
	struct bytes d = { NULL, 0 };

	switch (pl_type(value)) {
	case PL_DICT:
		p.into = put_object(root, key);
		pl_dict_each(value, put_entry, &p);
		break;
	case PL_ARRAY:
		p.into = put_array(root, key);
		for (uint32_t i = 0; i < pl_array_len(value); i++)
			pl_json_put(p.into, NULL, pl_array_at(value, i), a);
		break;
	case PL_STRING:
		put_text(root, key, pl_as_str(value));
		break;
	case PL_DATA:
		pl_as_data(value, a, &d);
		json_set_str(put_object(root, key), DATA, enc_base64(a, d));
		break;
	case PL_DATE:
		json_set_str(put_object(root, key), DATE, pl_as_date(value, a));
		break;
	case PL_INTEGER:
		put_int(root, key, value, a);
		break;
	case PL_REAL:
		put_real(root, key, value);
		break;
	case PL_BOOL:
		put_bool(root, key, value);
		break;
	case PL_OTHER:
		put_null(root, key);
		break;
	}
}

/* ---- JSON to property list ---- */

struct reading {
	struct arena *a;
	struct pl *into;	/* a dict, or an array */
	const struct keypath *at;	/* of into */
	size_t *n;		/* values so far, of all */
	struct err *e;
	int rc;
};

static int read_value(struct reading *r, const struct keypath *at,
	const struct json *in);

static bool read_entry(const char *key, const struct json *value, void *arg)
{
	struct reading *r = arg;
	struct keypath at = { r->at, key, 0 };

	r->rc = read_value(r, &at, value);
	return r->rc == 0;
}

static int read_object(struct reading *r, const struct keypath *at,
	const struct json *in, struct pl *into)
{
	struct reading inner = { r->a, into, at, r->n, r->e, 0 };

	json_each(in, read_entry, &inner);
	return inner.rc;
}

static int read_array(struct reading *r, const struct keypath *at,
	const struct json *in, struct pl *into)
{
	struct reading inner = { r->a, into, at, r->n, r->e, 0 };

	for (size_t i = 0; i < json_len(in); i++) {
		struct keypath k = { at, NULL, i };

		if (read_value(&inner, &k, json_at(in, i)) < 0)
			return -1;
	}
	return 0;
}

static int read_data(struct reading *r, const struct keypath *at,
	const struct json *in)
{
	struct keypath k = { at, DATA, 0 };
	const char *text = json_as_str(in);
	struct bytes d;

	if (text == NULL || !enc_unbase64(r->a, bytes_str(text), true, &d))
		return keypath_fault(&k, r->a, r->e, "not base64");
	if (d.p == NULL)
		d = bytes_of("", 0);
	if (at->key == NULL)
		pl_add_data(r->into, d);
	else
		pl_set_data(r->into, at->key, d);
	return 0;
}

static int read_date(struct reading *r, const struct keypath *at,
	const struct json *in)
{
	struct keypath k = { at, DATE, 0 };
	const char *text = json_as_str(in);

	if (text != NULL && (at->key == NULL ? pl_add_date(r->into, text) :
		pl_set_date(r->into, at->key, text)))
		return 0;
	return keypath_fault(&k, r->a, r->e,
		"use a date as 2026-11-22T13:52:00Z");
}

struct marker {
	size_t n;
	const char *key;
	const struct json *value;
};

static bool first_key(const char *key, const struct json *value, void *arg)
{
	struct marker *m = arg;

	m->key = key;
	m->value = value;
	return ++m->n < 2;
}

static int read_dict(struct reading *r, const struct keypath *at,
	const struct json *in)
{
	struct marker m = { 0, NULL, NULL };

	json_each(in, first_key, &m);
	if (m.n == 1 && str_eq(m.key, DATA))
		return read_data(r, at, m.value);
	if (m.n == 1 && str_eq(m.key, DATE))
		return read_date(r, at, m.value);
	return read_object(r, at, in, at->key == NULL ? pl_add_dict(r->into) :
		pl_set_dict(r->into, at->key));
}

static int read_number(struct reading *r, const struct keypath *at,
	const struct json *in)
{
	double d = 0;
	int64_t i;

	if (json_as_int(in, &i)) {
		if (at->key == NULL)
			pl_add_int(r->into, i);
		else
			pl_set_int(r->into, at->key, i);
		return 0;
	}
	json_as_real(in, &d);
	if (at->key == NULL)
		pl_add_real(r->into, d);
	else
		pl_set_real(r->into, at->key, d);
	return 0;
}

/* Nothing is changed on the way. */
static bool is_carried(const char *text)
{
	char *made;

	utf8_clean(text, true, &made);
	if (made == NULL)
		return true;
	free(made);
	return false;
}

static int read_text(struct reading *r, const struct keypath *at,
	const char *text)
{
	if (!is_carried(text))
		return keypath_fault(at, r->a, r->e, "holds a control "
			"character, which a property list cannot");
	if (at->key == NULL)
		pl_add_str(r->into, text);
	else
		pl_set_str(r->into, at->key, text);
	return 0;
}

static int read_bool(struct reading *r, const struct keypath *at,
	const struct json *in)
{
	bool b = false;

	json_as_bool(in, &b);
	if (at->key == NULL)
		pl_add_bool(r->into, b);
	else
		pl_set_bool(r->into, at->key, b);
	return 0;
}

static int read_value(struct reading *r, const struct keypath *at,
	const struct json *in)
{
	if (++*r->n > PL_MAX_OBJECTS)
		return keypath_fault(at, r->a, r->e, "more than %d values",
			PL_MAX_OBJECTS);
	if (at->key != NULL && (*at->key == '\0' || !is_carried(at->key)))
		return keypath_fault(at, r->a, r->e, "a key that a property "
			"list cannot have");
	switch (json_kind(in)) {
	case JSON_KIND_OBJECT:
		return read_dict(r, at, in);
	case JSON_KIND_ARRAY:
		return read_array(r, at, in, at->key == NULL ?
			pl_add_array(r->into) : pl_set_array(r->into, at->key));
	case JSON_KIND_STRING:
		return read_text(r, at, json_as_str(in));
	case JSON_KIND_INTEGER:
	case JSON_KIND_REAL:
		return read_number(r, at, in);
	case JSON_KIND_BOOL:
		return read_bool(r, at, in);
	case JSON_KIND_NULL:
	case JSON_KIND_NONE:
		break;
	}
	return keypath_fault(at, r->a, r->e,
		"null: a property list has no such value");
}

int pl_json_read(const struct json *in, struct arena *a, struct pl **out,
	struct err *e)
{
	size_t n = 1;
	struct reading r = { a, NULL, NULL, &n, e, 0 };

	switch (json_kind(in)) {
	case JSON_KIND_OBJECT:
		*out = pl_new_dict(a);
		return read_object(&r, NULL, in, *out);
	case JSON_KIND_ARRAY:
		*out = pl_new_array(a);
		return read_array(&r, NULL, in, *out);
	default:
		return err_set(e, ERR_BAD_INPUT,
			"a property list begins with an object or an array");
	}
}
