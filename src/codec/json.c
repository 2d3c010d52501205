/* JSON over jansson. A struct json is jansson's own node under another name:
 * the cast happens here alone. Reading rules (which keys, which types) are
 * the caller's. */
#include "codec/json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "codec/utf8.h"

#define MAX_DEPTH 512
#define MAX_VALUES 500000

static json_t *node(const struct json *j)
{
	return (json_t *)(uintptr_t)j;
}

static struct json *outer(json_t *j)
{
	if (j == NULL)
		abort();
	return (struct json *)j;
}

static void release(void *j)
{
	json_decref(j);
}

/* jansson takes 2048 levels and any number of values: count before it reads.
 * What is not JSON is left for it to refuse. */
static int check_limits(struct bytes in, struct err *e)
{
	size_t depth = 0, values = 1;
	bool text = false;

	for (size_t i = 0; i < in.n; i++) {
		unsigned char c = in.p[i];

		if (text && c == '\\')
			i++;
		else if (c == '"')
			text = !text;
		if (text)
			continue;
		if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && depth > 0)
			depth--;
		values += c == ',' || c == '{' || c == '[';
		if (depth > MAX_DEPTH)
			return err_set(e, ERR_BAD_INPUT,
				"JSON: nested deeper than %d", MAX_DEPTH);
		if (values > MAX_VALUES)
			return err_set(e, ERR_BAD_INPUT,
				"JSON: more than %d values", MAX_VALUES);
	}
	return 0;
}

int json_parse(struct bytes in, struct arena *a, struct json **out, struct err *e)
{
	json_error_t why;
	json_t *j;

	if (check_limits(in, e) < 0)
		return -1;
	j = json_loadb(in.p != NULL ? (const char *)in.p : "", in.n,
		JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
	if (j == NULL)
		return err_set(e, ERR_BAD_INPUT, "JSON: line %d, column %d: %s",
			why.line, why.column, why.text);
	arena_defer(a, release, j);
	*out = outer(j);
	return 0;
}

const struct json *json_get(const struct json *obj, const char *key)
{
	return (const struct json *)json_object_get(node(obj), key);
}

const char *json_get_str(const struct json *obj, const char *key)
{
	return json_string_value(json_object_get(node(obj), key));
}

bool json_get_int(const struct json *obj, const char *key, int64_t *out)
{
	json_t *j = json_object_get(node(obj), key);

	if (!json_is_integer(j))
		return false;
	*out = json_integer_value(j);
	return true;
}

bool json_get_bool(const struct json *obj, const char *key, bool *out)
{
	json_t *j = json_object_get(node(obj), key);

	if (!json_is_boolean(j))
		return false;
	*out = json_is_true(j);
	return true;
}

size_t json_len(const struct json *array)
{
	return json_array_size(node(array));
}

const struct json *json_at(const struct json *array, size_t i)
{
	return (const struct json *)json_array_get(node(array), i);
}

enum json_kind json_kind(const struct json *j)
{
	switch (j != NULL ? (int)json_typeof(node(j)) : -1) {
	case JSON_OBJECT:
		return JSON_KIND_OBJECT;
	case JSON_ARRAY:
		return JSON_KIND_ARRAY;
	case JSON_STRING:
		return JSON_KIND_STRING;
	case JSON_INTEGER:
		return JSON_KIND_INTEGER;
	case JSON_REAL:
		return JSON_KIND_REAL;
	case JSON_TRUE:
	case JSON_FALSE:
		return JSON_KIND_BOOL;
	case JSON_NULL:
		return JSON_KIND_NULL;
	}
	return JSON_KIND_NONE;
}

const char *json_as_str(const struct json *j)
{
	return json_string_value(node(j));
}

bool json_as_int(const struct json *j, int64_t *out)
{
	if (!json_is_integer(node(j)))
		return false;
	*out = json_integer_value(node(j));
	return true;
}

bool json_as_real(const struct json *j, double *out)
{
	if (!json_is_real(node(j)))
		return false;
	*out = json_real_value(node(j));
	return true;
}

bool json_as_bool(const struct json *j, bool *out)
{
	if (!json_is_boolean(node(j)))
		return false;
	*out = json_is_true(node(j));
	return true;
}

void json_each(const struct json *obj, bool (*fn)(const char *key,
	const struct json *value, void *arg), void *arg)
{
	const char *key;
	json_t *value;

	json_object_foreach(node(obj), key, value)
		if (!fn(key, (const struct json *)value, arg))
			return;
}

static struct json *root(struct arena *a, json_t *j)
{
	struct json *r = outer(j);

	arena_defer(a, release, j);
	return r;
}

struct json *json_new_object(struct arena *a)
{
	return root(a, json_object());
}

struct json *json_new_array(struct arena *a)
{
	return root(a, json_array());
}

/* Jansson takes over j, also when it fails. */
static json_t *set(struct json *obj, const char *key, json_t *j)
{
	char *made;

	if (j == NULL || json_object_set_new(node(obj), utf8_clean(key, false, &made), j) < 0)
		abort();
	free(made);
	return j;
}

static json_t *add(struct json *array, json_t *j)
{
	if (j == NULL || json_array_append_new(node(array), j) < 0)
		abort();
	return j;
}

static json_t *text_node(const char *value)
{
	char *made;
	json_t *j = json_string(utf8_clean(value, false, &made));

	free(made);
	return j;
}

void json_set_str(struct json *obj, const char *key, const char *value)
{
	if (value != NULL)
		set(obj, key, text_node(value));
}

void json_set_int(struct json *obj, const char *key, int64_t value)
{
	set(obj, key, json_integer(value));
}

void json_set_bool(struct json *obj, const char *key, bool value)
{
	set(obj, key, json_boolean(value));
}

void json_set(struct json *obj, const char *key, const struct json *value)
{
	set(obj, key, json_incref(node(value)));
}

static json_t *real_node(double value)
{
	if (isfinite(value))
		return json_real(value);
	return json_string(isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
}

void json_set_real(struct json *obj, const char *key, double value)
{
	set(obj, key, real_node(value));
}

void json_set_null(struct json *obj, const char *key)
{
	set(obj, key, json_null());
}

struct json *json_set_object(struct json *obj, const char *key)
{
	return outer(set(obj, key, json_object()));
}

struct json *json_set_array(struct json *obj, const char *key)
{
	return outer(set(obj, key, json_array()));
}

struct json *json_add_object(struct json *array)
{
	return outer(add(array, json_object()));
}

struct json *json_add_array(struct json *array)
{
	return outer(add(array, json_array()));
}

void json_add_str(struct json *array, const char *value)
{
	add(array, text_node(value));
}

void json_add_int(struct json *array, int64_t value)
{
	add(array, json_integer(value));
}

void json_add_bool(struct json *array, bool value)
{
	add(array, json_boolean(value));
}

void json_add_real(struct json *array, double value)
{
	add(array, real_node(value));
}

void json_add_null(struct json *array)
{
	add(array, json_null());
}

/* jansson indents by blanks only: one per level is asked for and each made
 * one `indent`. Line breaks within strings are escaped, so a line that starts
 * with blanks is always indentation. */
static char *indented(const char *s, const char *indent, struct arena *a)
{
	struct buf b;
	char *text;

	buf_init(&b, SIZE_MAX);
	while (*s != '\0') {
		size_t n = strcspn(s, "\n"), blanks;

		buf_add(&b, s, n);
		s += n;
		if (*s == '\n')
			buf_addc(&b, *s++);
		blanks = strspn(s, " ");
		for (s += blanks; blanks > 0; blanks--)
			buf_adds(&b, indent);
	}
	text = arena_str(a, buf_bytes(&b));
	buf_fini(&b);
	return text;
}

char *json_text(const struct json *top, const char *indent, struct arena *a)
{
	char *s = json_dumps(node(top), JSON_ENCODE_ANY |
		(indent != NULL ? JSON_INDENT(1) : JSON_COMPACT));
	char *text;

	if (s == NULL)
		abort();
	text = indent != NULL ? indented(s, indent, a) : arena_strdup(a, s);
	free(s);
	return text;
}
