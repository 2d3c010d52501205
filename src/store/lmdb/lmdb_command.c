/* Command bodies: each stored once, sealed, shared by all its targets. No
 * digest is stored beside a body: that of a short PIN could be guessed. */
#include "store/lmdb/lmdb_command.h"

#include <string.h>

enum { TAG_UUID = 1, TAG_REQUEST_TYPE = 2, TAG_ONCE = 3, TAG_CREATED = 4 };

int lmdb_command_parse(struct lmdb_tx *tx, struct bytes v, struct arena *a,
	struct command *out, struct err *e)
{
	struct rec_reader r;

	memset(out, 0, sizeof(*out));
	rec_read(&r, v);
	out->uuid = rec_get_str(&r, TAG_UUID, a);
	out->request_type = rec_get_str(&r, TAG_REQUEST_TYPE, a);
	out->once = rec_get_u64(&r, TAG_ONCE) != 0;
	out->created = rec_get_i64(&r, TAG_CREATED);
	if (rec_done(&r, "command", e) < 0)
		return lmdb_tx_damaged(tx, "commands", e);
	if (out->uuid == NULL) {
		err_set(e, ERR_INTERNAL, "command without a CommandUUID");
		return lmdb_tx_damaged(tx, "commands", e);
	}
	return 0;
}

int lmdb_command_load(struct lmdb_tx *tx, const unsigned char hash[DIGEST_LEN],
	struct arena *a, struct command **out, struct err *e)
{
	struct bytes v;

	*out = NULL;
	if (lmdb_get(tx, LMDB_COMMANDS, lmdb_key_hash(hash), &v, e) < 0)
		return -1;
	if (v.p == NULL)
		return 0;
	*out = arena_alloc(a, sizeof(**out));
	return lmdb_command_parse(tx, v, a, *out, e);
}

int lmdb_command_load_body(struct lmdb_tx *tx,
	const unsigned char hash[DIGEST_LEN], struct arena *a,
	struct command *c, struct err *e)
{
	if (lmdb_get_sealed(tx, LMDB_COMMAND_BODIES, lmdb_key_hash(hash), a,
	    &c->body, e) < 0)
		return -1;
	if (c->body.p == NULL) {
		err_set(e, ERR_INTERNAL, "command without a body");
		return lmdb_tx_damaged(tx, "command_bodies", e);
	}
	digest_sha256(c->body, c->digest);
	return 0;
}

struct lmdb_key lmdb_command_idle_key(const struct command *c,
	const unsigned char hash[DIGEST_LEN])
{
	return lmdb_key_num_hash((uint64_t)c->created, hash);
}

static int same_body(struct lmdb_tx *tx, const unsigned char hash[DIGEST_LEN],
	struct command *was, const struct command *c, struct err *e)
{
	if (lmdb_command_load_body(tx, hash, tx->scratch, was, e) < 0)
		return -1;
	if (!bytes_eq(was->body, c->body))
		return err_set(e, ERR_CONFLICT, "CommandUUID %.100s was used "
		    "for another command before", c->uuid);
	return 0;
}

int lmdb_command_put(struct store_tx *base, const struct command *c,
	bool *created, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	unsigned char hash[DIGEST_LEN];
	struct command *was;
	struct buf *b;

	*created = false;
	digest_sha256(bytes_str(c->uuid), hash);
	if (lmdb_command_load(tx, hash, tx->scratch, &was, e) < 0)
		return -1;
	if (was != NULL)
		return same_body(tx, hash, was, c, e);
	b = lmdb_rec_begin(tx);
	rec_put_str(b, TAG_UUID, c->uuid);
	rec_put_str(b, TAG_REQUEST_TYPE, c->request_type);
	rec_put_u64(b, TAG_ONCE, c->once);
	rec_put_i64(b, TAG_CREATED, c->created);
	if (lmdb_rec_put(tx, LMDB_COMMANDS, lmdb_key_hash(hash), e) < 0 ||
	    lmdb_put_sealed(tx, LMDB_COMMAND_BODIES, lmdb_key_hash(hash),
	    c->body, e) < 0 ||
	    lmdb_put(tx, LMDB_COMMANDS_IDLE, lmdb_command_idle_key(c, hash),
	    bytes_of("", 0), e) < 0)
		return -1;
	*created = true;
	return 0;
}

int lmdb_command_get(struct store_tx *base, const char *uuid, struct arena *a,
	struct command **out, struct err *e)
{
	struct lmdb_tx *tx = lmdb_tx_verb(base);
	unsigned char hash[DIGEST_LEN];

	digest_sha256(bytes_str(uuid), hash);
	if (lmdb_command_load(tx, hash, a, out, e) < 0)
		return -1;
	return *out == NULL ? 0 : lmdb_command_load_body(tx, hash, a, *out, e);
}

int lmdb_command_remove(struct lmdb_tx *tx,
	const unsigned char hash[DIGEST_LEN], struct err *e)
{
	struct lmdb_key k = lmdb_key_hash(hash);

	if (lmdb_del(tx, LMDB_COMMANDS, k, NULL, e) < 0)
		return -1;
	return lmdb_del(tx, LMDB_COMMAND_BODIES, k, NULL, e);
}
