#ifndef MOORING_CODEC_PL_JSON_H
#define MOORING_CODEC_PL_JSON_H

#include "codec/json.h"
#include "codec/pl.h"

/*
 * Property lists as JSON and back. What JSON does not have is an object with
 * one key: {"$data": "base64"}, {"$date": "2026-11-22T13:52:00Z"}; a dict
 * that has just such a key is not possible. Whole numbers are integers, 1.0
 * is a real; null is refused; integers above 2^63-1 are written as strings of
 * digits, reals that are not finite as "nan", "inf", "-inf", and what neither
 * has (a UID) as null.
 */
/* Adds the value under key (NULL: root must be an array). */
void pl_json_put(struct json *root, const char *key, const struct pl *value,
	struct arena *a);
/* An object or an array. ERR_BAD_INPUT names the path
 * ("Settings[0].Wallpaper.$data: not base64"); no more than PL_MAX_OBJECTS
 * values. */
int pl_json_read(const struct json *in, struct arena *a, struct pl **out,
	struct err *e);

#endif
