/* What comes to the command endpoint: property list to typed message. Only
 * the keys that move the queue; a result's own keys stay in its raw body. */
#include "mdm/result_msg.h"

#include "codec/pl.h"
#include "mdm/msg_ids.h"

static enum result_status status_of(const char *s)
{
	static const struct {
		const char *text;
		enum result_status status;
	} known[] = {
		{ "Idle", RESULT_IDLE }, { "Acknowledged", RESULT_ACKNOWLEDGED },
		{ "Error", RESULT_ERROR }, { "NotNow", RESULT_NOT_NOW },
		{ "CommandFormatError", RESULT_FORMAT_ERROR },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (str_eq(s, known[i].text))
			return known[i].status;
	return RESULT_OTHER;
}

#define INVENTORY_DEPTH 16

static bool is_flat(const struct pl *p, unsigned depth);

struct flat {
	unsigned depth;
	bool yes;
};

static bool is_flat_entry(const char *key, const struct pl *value, void *arg)
{
	struct flat *f = arg;

	(void)key;
	f->yes = is_flat(value, f->depth);
	return f->yes;
}

/* XML is indented: what is nested deeply is many times larger. */
static bool is_flat(const struct pl *p, unsigned depth)
{
	struct flat f = { depth - 1, true };

	if (depth == 0)
		return false;
	pl_dict_each(p, is_flat_entry, &f);
	for (uint32_t i = 0; f.yes && i < pl_array_len(p); i++)
		f.yes = is_flat(pl_array_at(p, i), depth - 1);
	return f.yes;
}

/* Here, so that nothing of this is done while the store is being written. */
static void read_inventory(const struct pl *root, size_t size,
	struct arena *a, struct result_msg *out)
{
	if (out->status != RESULT_ACKNOWLEDGED || size > RESULT_INVENTORY_MAX)
		return;
	for (unsigned k = 1; k <= INVENTORY_KINDS; k++) {
		enum inventory_kind kind = (enum inventory_kind)k;
		const struct pl *value = pl_dict_get(root,
			inventory_answer_key(kind));
		enum pl_type want = kind <= INVENTORY_SECURITY ? PL_DICT :
			PL_ARRAY;

		if (value == NULL || pl_type(value) != want ||
			!is_flat(value, INVENTORY_DEPTH))
			continue;
		out->inventory = kind;
		out->inventory_value = pl_xml(value, a);
		if (out->inventory_value.n > RESULT_INVENTORY_MAX)
			out->inventory_value = bytes_of(NULL, 0);
		return;
	}
}

static int read_message(const struct pl *root, struct arena *a,
	struct result_msg *out, struct err *e)
{
	struct pl_reader r;

	pl_read(&r, "command result", root, a);
	out->is_checkin = pl_has(&r, "MessageType") && !pl_has(&r, "Status");
	if (out->is_checkin)
		return err_set(e, ERR_BAD_INPUT, "MessageType without Status: a "
			"check-in message has another Content-Type");
	pl_str(&r, "Status", &out->status_text);
	msg_ids_read(&r, &out->ids);
	pl_str_opt(&r, "CommandUUID", &out->command_uuid);
	pl_bool_opt(&r, "NeedSyncResponse", &out->need_sync_response);
	pl_bool_opt(&r, "UserConfiguration", &out->user_configuration);
	pl_bool_opt(&r, "NotOnConsole", &out->not_on_console);
	if (pl_done(&r, e) < 0)
		return -1;
	out->status = status_of(out->status_text);
	if (out->status != RESULT_IDLE &&
		(out->command_uuid == NULL || *out->command_uuid == '\0'))
		return err_set(e, ERR_BAD_INPUT, "command result: CommandUUID missing");
	if (enrollment_identify(&out->ids, &out->id, e) < 0)
		return err_wrap(e, "command result");
	return 0;
}

int result_msg_parse(struct bytes body, struct arena *a,
	struct result_msg *out, struct err *e)
{
	/* The tree goes before the request waits for the store. */
	struct arena *tree = arena_new();
	struct pl *root;
	int rc = pl_parse(body, tree, &root, e);

	*out = (struct result_msg){ 0 };
	if (rc == 0)
		rc = read_message(root, a, out, e);
	if (rc == 0)
		read_inventory(root, body.n, a, out);
	arena_free(tree);
	return rc;
}
