/* A data directory for the tests of admin. */
#include "admin_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "admin/op_enqueue.h"
#include "admin/op_init.h"
#include "base/log.h"

static void quiet(enum op_init_did did, const char *path, const char *text,
	void *arg)
{
	(void)did;
	(void)path;
	(void)text;
	(void)arg;
}

void admin_close(struct admin_world *w)
{
	w->op.store = NULL;
	w->op.conf = NULL;
	arena_reset(w->arena);
}

void admin_open(struct admin_world *w)
{
	struct op op;

	if (op_open(w->dir, "cli:test", w->op.now, w->arena, &op, &w->err) < 0)
		fail_msg("op_open: %s", w->err.msg);
	w->op = op;
}

int admin_setup(void **state)
{
	struct admin_world *w = calloc(1, sizeof(*w));
	struct op_init in = { .url = "https://mdm.example.com",
		.now = 1700000000 };

	*state = w;
	strcpy(w->dir, "/tmp/mooring-test-XXXXXX");
	if (mkdtemp(w->dir) == NULL)
		return -1;
	strcat(w->dir, "/d");
	log_set_level(LOG_WARN);
	in.dir = w->dir;
	w->op.now = in.now;
	w->arena = arena_new();
	w->a = arena_new();
	if (op_init(&in, quiet, NULL, &w->err) < 0) {
		print_error("%s\n", w->err.msg);
		return -1;
	}
	admin_open(w);
	return 0;
}

int admin_teardown(void **state)
{
	struct admin_world *w = *state;
	char cmd[128];
	int rc;

	arena_free(w->a);
	arena_free(w->arena);
	snprintf(cmd, sizeof(cmd), "rm -rf '%.*s'", (int)strlen(w->dir) - 2,
		w->dir);
	rc = system(cmd);
	free(w);
	return rc;
}

int admin_each(void **state)
{
	struct admin_world *w = *state;

	arena_reset(w->a);
	w->err = (struct err)ERR_INIT;
	return 0;
}

static int put_tx(struct store_tx *tx, void *arg, struct err *e)
{
	return store_enrollment_put(tx, arg, e);
}

void admin_put(struct admin_world *w, struct enrollment *en)
{
	if (store_write(w->op.store, put_tx, en, &w->err) < 0)
		fail_msg("store_enrollment_put: %s", w->err.msg);
}

struct enrollment *admin_device(struct admin_world *w, const char *udid)
{
	struct enrollment *en = arena_zalloc(w->a, sizeof(*en));

	en->id.kind = ENROLLMENT_DEVICE;
	en->id.device = bytes_str(udid);
	en->state = ENROLLMENT_ENABLED;
	en->generation = 1;
	en->serial = "C02TEST";
	en->created = w->op.now;
	admin_put(w, en);
	return en;
}

struct enrollment *admin_user(struct admin_world *w,
	const struct enrollment *device, const char *user)
{
	struct enrollment *en = arena_zalloc(w->a, sizeof(*en));

	en->id.kind = ENROLLMENT_USER;
	en->id.device = device->id.device;
	en->id.user = bytes_str(user);
	en->parent = device->num;
	en->state = ENROLLMENT_ENABLED;
	en->generation = 1;
	en->created = w->op.now;
	admin_put(w, en);
	return en;
}

struct getting {
	struct admin_world *w;
	uint64_t num;
	struct enrollment *en;
};

static int get_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct getting *g = arg;

	return store_enrollment_get(tx, g->num, g->w->a, &g->en, e);
}

struct enrollment *admin_get(struct admin_world *w, uint64_t num)
{
	struct getting g = { w, num, NULL };

	if (store_read(w->op.store, get_tx, &g, &w->err) < 0 || g.en == NULL)
		fail_msg("no enrollment %llu: %s", (unsigned long long)num,
			w->err.msg);
	return g.en;
}

struct bytes admin_plist(struct admin_world *w, const char *uuid,
	const char *request_type)
{
	return bytes_str(arena_printf(w->a,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<plist version=\"1.0\"><dict>%s%s%s<key>Command</key><dict>"
		"<key>RequestType</key><string>%s</string></dict></dict></plist>\n",
		uuid != NULL ? "<key>CommandUUID</key><string>" : "",
		uuid != NULL ? uuid : "", uuid != NULL ? "</string>" : "",
		request_type));
}

struct op_target admin_enqueue(struct admin_world *w, const char *id,
	const char *uuid, const char *request_type)
{
	struct op_enqueue_options o = {
		.target.priority = COMMAND_PRIORITY_DEFAULT };
	struct op_target t = { .id = bytes_str(id) };
	struct op_command c;

	if (op_command_read(&w->op, admin_plist(w, uuid, request_type), true, w->a,
		&c, &w->err) < 0)
		fail_msg("op_command_read: %s", w->err.msg);
	op_enqueue(&w->op, &c, &o, &t, 1, w->a);
	return t;
}

struct answering {
	uint64_t num;
	const char *uuid;
	enum target_state state;
	struct bytes raw;
	int64_t now;
	enum store_answer out;
};

static int answer_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct answering *an = arg;

	return store_target_answer(tx, an->num, an->uuid, an->state, an->raw,
		an->now, &an->out, e);
}

void admin_answer(struct admin_world *w, uint64_t num, const char *uuid,
	enum target_state state, const char *raw)
{
	struct answering an = { num, uuid, state, bytes_str(raw), w->op.now, 0 };

	if (store_write(w->op.store, answer_tx, &an, &w->err) < 0)
		fail_msg("store_target_answer: %s", w->err.msg);
	assert_int_equal(an.out, STORE_ANSWERED);
}
