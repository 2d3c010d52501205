/* Commands that Mooring itself queues: their bodies, and the CommandUUID that
 * follows from the content. When they are queued is others' business. */
#include "mdm/own_command.h"

#include <string.h>

#include "base/enc.h"
#include "base/log.h"
#include "crypto/digest.h"

#define UUID_BYTES 16

static const char *uuid_of(struct bytes content, struct arena *a)
{
	unsigned char d[DIGEST_LEN];
	char hex[2 * UUID_BYTES + 1];

	digest_sha256(content, d);
	d[6] = (unsigned char)((d[6] & 0x0f) | 0x80);
	d[8] = (unsigned char)((d[8] & 0x3f) | 0x80);
	enc_hex_to(hex, d, UUID_BYTES);
	for (char *p = hex; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'f')
			*p = (char)(*p - 'a' + 'A');
	return arena_printf(a, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
		hex + 12, hex + 16, hex + 20);
}

static void finish(struct pl *root, const char *request_type, int64_t now,
	struct arena *a, struct command *out)
{
	*out = (struct command){ .request_type = request_type, .created = now,
		.once = command_type_is_once(request_type) };
	out->uuid = uuid_of(pl_xml(root, a), a);
	pl_set_str(root, "CommandUUID", out->uuid);
	out->body = pl_xml(root, a);
	digest_sha256(out->body, out->digest);
}

int own_command(const struct pl *inner, int64_t now, struct arena *a,
	struct command *out, struct err *e)
{
	struct pl *root = pl_new_dict(a);
	const char *request_type = NULL;
	struct pl_reader r;

	pl_read(&r, "command", inner, a);
	pl_str(&r, "RequestType", &request_type);
	if (pl_done(&r, e) < 0)
		return -1;
	if (strlen(request_type) > COMMAND_TYPE_MAX)
		return err_set(e, ERR_BAD_INPUT,
			"command: RequestType: longer than %d bytes",
			COMMAND_TYPE_MAX);
	pl_set_copy(root, "Command", inner);
	finish(root, request_type, now, a, out);
	return 0;
}

void own_command_plain(const char *request_type, int64_t now, struct arena *a,
	struct command *out)
{
	struct pl *root = pl_new_dict(a);

	pl_set_str(pl_set_dict(root, "Command"), "RequestType", request_type);
	finish(root, request_type, now, a, out);
}

int own_command_queue(struct store_tx *tx, const struct enrollment *en,
	const struct command *c, uint8_t priority, int64_t now,
	enum store_queued *out, struct err *e)
{
	struct target_options o = { .priority = priority };
	struct err why = ERR_INIT;
	bool created;

	*out = STORE_KNOWN;
	if (store_command_put(tx, c, &created, &why) == 0)
		return store_target_add(tx, en, c->uuid, &o, now, out, e);
	if (why.kind != ERR_CONFLICT)
		return err_set(e, why.kind, "%s", why.msg);
	log_msg(LOG_WARN, "own_command", "%s %s is not queued: %s",
		c->request_type, c->uuid, why.msg);
	return 0;
}
