#ifndef MOORING_CODEC_JSON_H
#define MOORING_CODEC_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* JSON (RFC 8259): the only door to jansson. Nodes belong to the arena of
 * their root. Strings must be UTF-8; what is not is written with U+FFFD. */
struct json;

/* At most 512 deep; ERR_BAD_INPUT says the line and column. */
int json_parse(struct bytes in, struct arena *a, struct json **out,
	struct err *e);
const char *json_get_str(const struct json *obj, const char *key); /* or NULL */
bool json_get_int(const struct json *obj, const char *key, int64_t *out);
bool json_get_bool(const struct json *obj, const char *key, bool *out);
const struct json *json_get(const struct json *obj, const char *key);
size_t json_len(const struct json *array);
const struct json *json_at(const struct json *array, size_t i);

enum json_kind { JSON_KIND_NONE /* NULL */, JSON_KIND_OBJECT, JSON_KIND_ARRAY,
	JSON_KIND_STRING, JSON_KIND_INTEGER, JSON_KIND_REAL, JSON_KIND_BOOL,
	JSON_KIND_NULL };
enum json_kind json_kind(const struct json *j);
/* Calls fn for each key, in the order of the text, until it returns false. */
void json_each(const struct json *obj, bool (*fn)(const char *key,
	const struct json *value, void *arg), void *arg);

/* The node itself, unless it is of another type: NULL / false. */
const char *json_as_str(const struct json *j);
bool json_as_int(const struct json *j, int64_t *out);
bool json_as_real(const struct json *j, double *out);
bool json_as_bool(const struct json *j, bool *out);

struct json *json_new_object(struct arena *a);
struct json *json_new_array(struct arena *a);
void json_set_str(struct json *obj, const char *key, const char *value);
	/* NULL value: the key is left out */
void json_set_int(struct json *obj, const char *key, int64_t value);
void json_set_bool(struct json *obj, const char *key, bool value);
/* value goes on living here too: change it no more. */
void json_set(struct json *obj, const char *key, const struct json *value);
/* What is not finite becomes the string "nan", "inf" or "-inf". */
void json_set_real(struct json *obj, const char *key, double value);
void json_set_null(struct json *obj, const char *key);
struct json *json_set_object(struct json *obj, const char *key);
struct json *json_set_array(struct json *obj, const char *key);
struct json *json_add_object(struct json *array);
struct json *json_add_array(struct json *array);
void json_add_str(struct json *array, const char *value);
void json_add_int(struct json *array, int64_t value);
void json_add_bool(struct json *array, bool value);
void json_add_real(struct json *array, double value);
void json_add_null(struct json *array);
/* The text in the arena; indent: NULL for one line, or "\t" or "  ". */
char *json_text(const struct json *root, const char *indent,
	struct arena *a);

#endif
