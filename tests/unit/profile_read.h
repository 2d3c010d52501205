#ifndef MOORING_TESTS_PROFILE_READ_H
#define MOORING_TESTS_PROFILE_READ_H

#include "base/buf.h"
#include "base/enc.h"
#include "codec/pl.h"

/* Profiles as a test looks at them. Faults end it. Include after cmocka.h. */

/* A value on one line: text as it is, numbers, true, false, [a, b],
 * {key: value, …}, data in hexadecimal. */
static inline void profile_write(struct buf *b, const struct pl *v,
	struct arena *a)
{
	struct bytes data;
	int64_t i;
	bool t;

	if (pl_as_str(v) != NULL) {
		buf_adds(b, pl_as_str(v));
	} else if (pl_as_bool(v, &t)) {
		buf_adds(b, t ? "true" : "false");
	} else if (pl_as_int(v, &i)) {
		buf_printf(b, "%lld", (long long)i);
	} else if (pl_as_data(v, a, &data)) {
		buf_adds(b, enc_hex(a, data));
	} else if (pl_type(v) == PL_ARRAY) {
		buf_addc(b, '[');
		for (uint32_t n = 0; n < pl_array_len(v); n++) {
			buf_adds(b, n > 0 ? ", " : "");
			profile_write(b, pl_array_at(v, n), a);
		}
		buf_addc(b, ']');
	} else {
		fail_msg("a %s", pl_type_name(pl_type(v)));
	}
}

static inline const char *profile_text(const struct pl *v, struct arena *a)
{
	const char *s;
	struct buf b;

	if (v == NULL)
		return NULL;
	buf_init(&b, 1 << 20);
	profile_write(&b, v, a);
	s = arena_str(a, buf_bytes(&b));
	buf_fini(&b);
	return s;
}

static inline const struct pl *profile_open(struct bytes xml,
	struct arena *a)
{
	struct err e = ERR_INIT;
	struct pl *root;

	if (pl_parse(xml, a, &root, &e) < 0)
		fail_msg("%s", e.msg);
	return root;
}

/* The n-th payload of that type; NULL: there is none. */
static inline const struct pl *profile_payload(const struct pl *root,
	const char *type, unsigned n)
{
	const struct pl *content = pl_dict_get(root, "PayloadContent");

	for (uint32_t i = 0; i < pl_array_len(content); i++) {
		const struct pl *p = pl_array_at(content, i);

		if (str_eq(pl_as_str(pl_dict_get(p, "PayloadType")), type) &&
			n-- == 0)
			return p;
	}
	return NULL;
}

/* The payload's own keys: SCEP has them one level down. */
static inline const struct pl *profile_keys(const struct pl *root,
	const char *which)
{
	const struct pl *p;

	if (str_eq(which, "top"))
		return root;
	if (str_eq(which, "scep")) {
		p = profile_payload(root, "com.apple.security.scep", 0);
		return p != NULL ? pl_dict_get(p, "PayloadContent") : NULL;
	}
	if (str_eq(which, "root"))
		return profile_payload(root, "com.apple.security.root", 0);
	return profile_payload(root, str_eq(which, "acme") ?
		"com.apple.security.acme" : "com.apple.mdm", 0);
}

/* The value of a key on one line; NULL: it, or its payload, is absent. */
static inline const char *profile_get(const struct pl *root,
	const char *which, const char *key, struct arena *a)
{
	const struct pl *keys = profile_keys(root, which);

	return keys != NULL ? profile_text(pl_dict_get(keys, key), a) : NULL;
}

#endif
