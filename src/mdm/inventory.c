/* What devices say of themselves: which of it is kept. */
#include "mdm/inventory.h"

#include "codec/pl.h"

/* A command that asks for a list is far smaller. */
#define COMMAND_MAX ((size_t)64 << 10)

/* *out = NULL for what cannot be read; only what passes by is an error. */
static int read_plist(struct bytes in, struct arena *a, struct pl **out,
	struct err *e)
{
	*out = NULL;
	if (pl_parse(in, a, out, e) == 0)
		return 0;
	*out = NULL;
	return e->kind == ERR_BUSY ? -1 : 0;
}

/* Whether the command asks for this kind, and for all of it. What cannot be
 * read, when somebody queued it unchecked, is taken for a part. */
static int asks_for_all(struct store_tx *tx, const struct result_msg *m,
	struct arena *a, bool *out, struct err *e)
{
	static const char *const parts[] = { "Identifiers", "ManagedAppsOnly",
		"ManagedOnly" };
	const struct pl *asked;
	struct command *c;
	struct pl *root;
	bool only;

	*out = false;
	if (store_command_get(tx, m->command_uuid, a, &c, e) < 0)
		return -1;
	if (c == NULL || !str_eq(c->request_type,
		inventory_request_type(m->inventory)) || c->body.n > COMMAND_MAX)
		return 0;
	*out = m->inventory == INVENTORY_DEVICE ||
		m->inventory == INVENTORY_SECURITY;
	if (*out)
		return 0;
	if (read_plist(c->body, a, &root, e) < 0)
		return -1;
	asked = pl_dict_get(root, "Command");
	if (asked == NULL)
		return 0;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct pl *part = pl_dict_get(asked, parts[i]);

		if (part != NULL && !(pl_as_bool(part, &only) && !only))
			return 0;
	}
	*out = true;
	return 0;
}

struct merging {
	struct pl *into;
};

static bool merge_key(const char *key, const struct pl *value, void *arg)
{
	struct merging *m = arg;

	pl_set_copy(m->into, key, value);
	return true;
}

/* What was said before, and over it what is said now. */
static int merged(struct store_tx *tx, uint64_t num, int64_t since,
	struct bytes now, struct arena *a, struct bytes *out, struct err *e)
{
	struct pl *before, *after;
	struct merging m;
	struct bytes was;
	int64_t at;

	*out = now;
	if (store_inventory_get(tx, num, INVENTORY_DEVICE, a, &at, &was, e) < 0)
		return -1;
	if (was.p == NULL || at < since)
		return 0;
	if (read_plist(was, a, &before, e) < 0 ||
		read_plist(now, a, &after, e) < 0)
		return -1;
	if (pl_type(before) != PL_DICT || after == NULL)
		return 0;
	m.into = before;
	pl_dict_each(after, merge_key, &m);
	was = pl_xml(before, a);
	if (was.n <= INVENTORY_DEVICE_MAX)
		*out = was;
	return 0;
}

static int take(struct store_tx *tx, const struct mdm_context *cx,
	uint64_t num, int64_t since, const struct result_msg *m,
	struct arena *a, struct err *e)
{
	struct bytes value = m->inventory_value;
	bool all;

	if (asks_for_all(tx, m, a, &all, e) < 0)
		return -1;
	if (!all)
		return 0;
	if (m->inventory == INVENTORY_DEVICE &&
		merged(tx, num, since, m->inventory_value, a, &value, e) < 0)
		return -1;
	return store_inventory_put(tx, num, m->inventory, cx->now, value, e);
}

int inventory_take(struct store_tx *tx, const struct mdm_context *cx,
	uint64_t num, int64_t since, const struct result_msg *m,
	struct err *e)
{
	struct arena *trees;
	int rc;

	if (m->inventory_value.p == NULL)
		return 0;
	trees = arena_new();
	rc = take(tx, cx, num, since, m, trees, e);
	arena_free(trees);
	return rc;
}
