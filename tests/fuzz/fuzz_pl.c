/* Property lists: what is read can be written in both forms, and reads back
 * as the same; nothing stays behind. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "codec/pl.h"
#include "codec/pl_scan.h"

#define WRITE_MAX 2000

struct walk {
	struct arena *a;
	bool other;	/* a UID is written as a dict */
	size_t n;	/* nodes, keys included */
};

static bool visit(const char *key, const struct pl *p, void *arg)
{
	struct walk *w = arg;
	struct bytes d = { NULL, 0 };
	int64_t i;
	bool b;

	w->n += key != NULL ? 2 : 1;
	if (key != NULL && !str_is_utf8(key, strlen(key)))
		abort();
	switch (pl_type(p)) {
	case PL_DICT:
		pl_dict_each(p, visit, w);
		break;
	case PL_ARRAY:
		for (uint32_t k = 0; k < pl_array_len(p); k++)
			visit(NULL, pl_array_at(p, k), w);
		break;
	case PL_STRING:
		if (!str_is_utf8(pl_as_str(p), strlen(pl_as_str(p))))
			abort();
		break;
	case PL_DATA:
		if (!pl_as_data(p, w->a, &d) || d.p == NULL)
			abort();
		break;
	case PL_INTEGER:
		pl_as_int(p, &i);
		break;
	case PL_BOOL:
		if (!pl_as_bool(p, &b))
			abort();
		break;
	case PL_DATE:
	case PL_REAL:
		break;
	case PL_OTHER:
		w->other = true;
		break;
	}
	return true;
}

static void check_again(const struct pl *p, struct bytes written, struct walk *w)
{
	struct err e = ERR_INIT;
	struct bytes before, after;
	struct pl *again;

	if (pl_parse(written, w->a, &again, &e) < 0)
		abort();
	before = pl_xml(p, w->a);
	after = pl_xml(again, w->a);
	if (!bytes_eq(before, after))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct walk w = { arena_new(), false, 0 };
	struct err e = ERR_INIT;
	struct pl *p = NULL;

	if (pl_parse(bytes_of(data, size), w.a, &p, &e) == 0) {
		visit(NULL, p, &w);
		/* libplist must not find more than the scan has counted */
		if (w.n * PL_NODE_BYTES > pl_tree_bytes())
			abort();
		/* libplist's writer grows its text by little steps */
		if (!w.other && w.n < WRITE_MAX) {
			check_again(p, pl_xml(p, w.a), &w);
			check_again(p, pl_binary(p, w.a), &w);
		}
	} else if (e.kind != ERR_BAD_INPUT || e.msg[0] == '\0') {
		abort();
	}
	arena_free(w.a);
	if (pl_tree_bytes() != 0)
		abort();
	return 0;
}
