/* A raw command into the queues of its targets. Who builds commands from
 * parameters is another's business. */
#include "admin/op_enqueue.h"

#include <string.h>

#include "admin/command_check.h"
#include "admin/op_queue.h"
#include "admin/op_single.h"
#include "base/rnd.h"
#include "codec/pl_json.h"
#include "crypto/digest.h"

#define BATCH 500	/* targets in one transaction */
#define DEDUPE_MAX 256
#define TYPE_SHOWN 100

static bool is_binary(struct bytes in)
{
	return in.n >= 6 && memcmp(in.p, "bplist", 6) == 0;
}

int op_command_read(const struct op *op, struct bytes in, bool unchecked,
	struct arena *a, struct op_command *out, struct err *e)
{
	struct pl_reader r, rc;
	const struct pl *inner = NULL;
	char made[RND_UUID_LEN + 1];
	struct pl *root;

	*out = (struct op_command){ 0 };
	if (in.n > op->conf->max_body)
		return err_set(e, ERR_TOO_LARGE,
			"a command of %zu bytes: max_body is %llu", in.n,
			(unsigned long long)op->conf->max_body);
	if (pl_parse(in, a, &root, e) < 0)
		return err_wrap(e, "command");
	pl_read(&r, "command", root, a);
	pl_dict(&r, "Command", &inner);
	if (pl_has(&r, "CommandUUID"))
		pl_str(&r, "CommandUUID", &out->uuid);
	if (pl_done(&r, e) < 0)
		return -1;
	pl_read(&rc, "command: Command", inner, a);
	pl_str(&rc, "RequestType", &out->request_type);
	if (pl_done(&rc, e) < 0)
		return -1;
	if (!unchecked && command_check(inner, a, &out->warning, e) < 0)
		return err_wrap(e, "command: Command");
	if (out->uuid != NULL && strlen(out->uuid) > COMMAND_UUID_MAX)
		return err_set(e, ERR_BAD_INPUT,
			"command: CommandUUID: longer than %d bytes",
			COMMAND_UUID_MAX);
	if (strlen(out->request_type) > COMMAND_TYPE_MAX)
		return err_set(e, ERR_BAD_INPUT,
			"command: Command: RequestType: longer than %d bytes",
			COMMAND_TYPE_MAX);
	if (out->uuid == NULL) {
		rnd_uuid(made);
		pl_set_str(root, "CommandUUID", made);
		out->uuid = arena_strdup(a, made);
		out->uuid_made = true;
	}
	out->once = command_type_is_once(out->request_type);
	out->body = out->uuid_made || is_binary(in) ? pl_xml(root, a) : in;
	return 0;
}

int op_command_json(const struct op *op, const struct json *in,
	const char *uuid, bool unchecked, struct arena *a,
	struct op_command *out, struct err *e)
{
	struct pl *read, *root;

	if (json_kind(in) != JSON_KIND_OBJECT)
		return err_set(e, ERR_BAD_INPUT,
			"command: a JSON object is needed");
	if (pl_json_read(in, a, &read, e) < 0)
		return err_wrap(e, "command");
	root = read;
	if (pl_dict_get(read, "Command") == NULL) {
		root = pl_new_dict(a);
		pl_set_copy(root, "Command", read);
	}
	if (uuid != NULL)
		pl_set_str(root, "CommandUUID", uuid);
	return op_command_read(op, pl_xml(root, a), unchecked, a, out, e);
}

int op_enqueue_check(const struct op *op,
	const struct op_enqueue_options *in, struct err *e)
{
	const struct target_options *o = &in->target;
	size_t n = o->dedupe != NULL ? strlen(o->dedupe) : 1;

	if (o->not_after != 0 && o->not_after <= op->now)
		return err_set(e, ERR_BAD_INPUT, "not-after: has passed already");
	if (o->not_after != 0 && o->not_after <= o->not_before)
		return err_set(e, ERR_BAD_INPUT,
			"not-after: must be later than not-before");
	if (n == 0 || n > DEDUPE_MAX || (o->dedupe != NULL &&
		!str_is_utf8(o->dedupe, n)))
		return err_set(e, ERR_BAD_INPUT,
			"dedupe: use 1 to %d bytes of UTF-8", DEDUPE_MAX);
	return 0;
}

struct batch {
	const struct op *op;
	const struct command *command;
	const struct op_enqueue_options *o;
	struct op_target *targets;
	struct op_pushed *pushes;	/* one for each; NULL: no pushes */
	size_t n;
	struct arena *kept;	/* the caller's */
	struct arena *scratch;
};

static int find(struct store_tx *tx, struct batch *b, struct op_target *t,
	struct enrollment **en, struct err *e)
{
	if (op_lookup(tx, t->id, b->scratch, en, e) < 0)
		return -1;
	t->num = (*en)->num;
	t->id_text = arena_bytes(b->kept,
		enrollment_id_text(&(*en)->id, b->scratch));
	if (op_queue_takes(tx, *en, b->scratch, e) < 0)
		return -1;
	return b->o->force ? 0 : op_single_check(tx, *en, b->command->uuid,
		b->command->request_type, b->op->now, b->scratch, e);
}

/* ERR_NOT_FOUND, ERR_CONFLICT and the like are the target's; the store's
 * trouble is everybody's. */
static int resolve(struct store_tx *tx, struct batch *b, struct op_target *t,
	struct enrollment **en, struct err *e)
{
	*en = NULL;
	t->num = 0;
	t->push = NULL;
	t->err = (struct err)ERR_INIT;
	if (find(tx, b, t, en, &t->err) == 0)
		return 0;
	*en = NULL;
	if (t->err.kind != ERR_BUSY && t->err.kind != ERR_INTERNAL)
		return 0;
	*e = t->err;
	return -1;
}

static const char *what(const struct op_enqueue_options *o)
{
	return o->what != NULL ? o->what : "enqueue";
}

static int queue_one(struct store_tx *tx, const struct batch *b,
	struct enrollment *en, enum store_queued *queued, struct err *e)
{
	const struct command *c = b->command;

	if (store_target_add(tx, en, c->uuid, &b->o->target, b->op->now, queued,
		e) < 0)
		return -1;
	if (*queued != STORE_QUEUED)
		return 0;
	if (op_single_note(tx, en, c->uuid, c->request_type, e) < 0 ||
		(b->o->also != NULL && b->o->also(tx, en, b->o->arg, e) < 0))
		return -1;
	return op_audit(tx, b->op, what(b->o), en->num, c->uuid,
		op_line(bytes_str(c->request_type), TYPE_SHOWN, b->scratch), e);
}

static int add_one(struct store_tx *tx, struct batch *b, size_t i,
	struct enrollment *en, struct err *e)
{
	struct op_target *t = &b->targets[i];

	if (queue_one(tx, b, en, &t->queued, e) < 0)
		return -1;
	if (b->pushes == NULL)
		return 0;
	t->push = &b->pushes[i];
	*t->push = (struct op_pushed){ .id = t->id };
	return op_push_add(tx, b->op, en, b->o->target.not_before, t->push,
		b->kept, e);
}

static int batch_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct batch *b = arg;
	struct enrollment **en = arena_alloc(b->scratch, b->n * sizeof(*en));
	bool any = false, created;

	for (size_t i = 0; i < b->n; i++) {
		if (resolve(tx, b, &b->targets[i], &en[i], e) < 0)
			return -1;
		any = any || en[i] != NULL;
	}
	if (!any)
		return 0;
	if (store_command_put(tx, b->command, &created, e) < 0)
		return -1;
	for (size_t i = 0; i < b->n; i++)
		if (en[i] != NULL && add_one(tx, b, i, en[i], e) < 0)
			return -1;
	return 0;
}

/* A failed transaction queued none of its targets. */
static void fail_all(struct op_target *t, size_t n, const struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (t[i].err.kind == ERR_NONE)
			t[i].err = *e;
		if (t[i].push != NULL)
			*t[i].push = (struct op_pushed){ .id = t[i].id };
		t[i].push = NULL;
	}
}

size_t op_enqueue(const struct op *op, const struct op_command *command,
	const struct op_enqueue_options *o, struct op_target *targets, size_t n,
	struct arena *a)
{
	struct command c = { .uuid = command->uuid,
		.request_type = command->request_type, .body = command->body,
		.once = command->once, .created = op->now };
	struct op_pushed *pushes = o->push ?
		arena_zalloc(a, n * sizeof(*pushes)) : NULL;
	struct batch b = { op, &c, o, NULL, NULL, 0, a, arena_new() };
	struct err e = ERR_INIT;
	size_t failed = 0;

	digest_sha256(c.body, c.digest);
	for (size_t i = 0; i < n; i++) {
		targets[i].err = (struct err)ERR_INIT;
		targets[i].push = NULL;
	}
	for (size_t at = 0; at < n; at += b.n) {
		b.targets = targets + at;
		b.pushes = pushes != NULL ? pushes + at : NULL;
		b.n = n - at < BATCH ? n - at : BATCH;
		if (store_write(op->store, batch_tx, &b, &e) < 0) {
			fail_all(b.targets, n - at, &e);
			break;
		}
		arena_reset(b.scratch);
	}
	arena_free(b.scratch);
	if (pushes != NULL)
		op_push_send(op, pushes, n, a);
	for (size_t i = 0; i < n; i++)
		failed += targets[i].err.kind != ERR_NONE;
	if (failed < n)
		op_log(op, what(o), command->uuid);
	return failed;
}

const char *op_queued_name(enum store_queued q)
{
	switch (q) {
	case STORE_QUEUED:
		return "queued";
	case STORE_KNOWN:
		return "known";
	case STORE_DUPLICATE:
		return "duplicate";
	}
	return "?";
}
