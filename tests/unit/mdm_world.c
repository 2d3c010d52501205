/* Rules on a real store, without HTTP. */
#include "mdm_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "conf/conf_keys.h"
#include "mdm/checkin.h"
#include "mdm/queue.h"

static struct store_options options_of(const struct world *w, char *path, size_t n)
{
	snprintf(path, n, "%s/store", w->dir);
	return (struct store_options){
		.dir = path, .map_size = 64u << 20, .seal = w->seal,
		.max_deliveries = w->conf.max_deliveries, .guard_hours = 24,
	};
}

static void open_store(struct world *w)
{
	char path[128];
	struct store_options o = options_of(w, path, sizeof(path));

	if (store_open(&o, w->now, &w->st, &w->err) < 0)
		fail_msg("store_open: %s", w->err.msg);
}

static bool is_text(enum conf_type type)
{
	switch (type) {
	case CONF_ENUM:
	case CONF_UINT:
	case CONF_SIZE:
	case CONF_SOURCES:
	case CONF_BOOL:
		return false;
	default:
		return true;
	}
}

/* Texts are never NULL; the others of the settings are each test's own. */
static void default_texts(struct world *w)
{
	for (size_t i = 0; i < conf_keys_n; i++)
		if (is_text(conf_keys[i].type) && conf_keys[i].def != NULL &&
			conf_key_set(&conf_keys[i], conf_keys[i].def, w->arena,
				&w->conf, &w->err) < 0)
			abort();
	w->conf.url = "https://mdm.example.org";
}

int world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char path[128];
	struct store_options o;

	strcpy(w->dir, "/tmp/mooring-test-XXXXXX");
	if (mkdtemp(w->dir) == NULL)
		return -1;
	w->now = 1700000000;
	w->arena = arena_new();
	w->conf.dir = w->dir;
	default_texts(w);
	w->conf.max_deliveries = 3;
	w->conf.unmanaged_limit = 2;
	w->who.source = CONF_SRC_TLS;
	w->who.subject = "CN=test";
	world_cert(w, 1);
	snprintf(path, sizeof(path), "%s/seal.key", w->dir);
	if (seal_create(path, &w->err) < 0 || seal_open(path, &w->seal, &w->err) < 0)
		return -1;
	o = options_of(w, path, sizeof(path));
	if (store_create(&o, &w->err) < 0)
		return -1;
	open_store(w);
	*state = w;
	return 0;
}

int world_teardown(void **state)
{
	struct world *w = *state;
	char cmd[128];
	int rc;

	store_close(w->st);
	seal_close(w->seal);
	arena_free(w->arena);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", w->dir);
	rc = system(cmd);
	free(w);
	return rc;
}

void world_reopen(struct world *w)
{
	store_close(w->st);
	open_store(w);
}

void world_cert(struct world *w, unsigned char n)
{
	memset(w->who.cert, n, sizeof(w->who.cert));
}

__attribute__((format(printf, 2, 0)))
static struct bytes xml_of(struct world *w, const char *fmt, va_list ap)
{
	const char *dict = arena_vprintf(w->arena, fmt, ap);

	return bytes_str(arena_printf(w->arena,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?><plist version=\"1.0\">"
		"<dict>%s</dict></plist>", dict));
}

static struct mdm_context context_of(struct world *w, struct bytes raw)
{
	return (struct mdm_context){ .store = w->st, .conf = &w->conf,
		.who = &w->who, .now = w->now, .arena = w->arena, .raw = raw,
		.query = w->query };
}

int world_checkin(struct world *w, struct answer *out, const char *fmt, ...)
{
	struct mdm_context cx;
	struct checkin_msg m;
	struct bytes raw;
	va_list ap;

	va_start(ap, fmt);
	raw = xml_of(w, fmt, ap);
	va_end(ap);
	cx = context_of(w, raw);
	if (checkin_msg_parse(raw, w->arena, &m, &w->err) < 0)
		fail_msg("%s", w->err.msg);
	return checkin_apply(&cx, &m, out, &w->err);
}

int world_result(struct world *w, struct answer *out, const char *fmt, ...)
{
	struct mdm_context cx;
	struct result_msg m;
	struct bytes raw;
	va_list ap;

	va_start(ap, fmt);
	raw = xml_of(w, fmt, ap);
	va_end(ap);
	cx = context_of(w, raw);
	if (result_msg_parse(raw, w->arena, &m, &w->err) < 0)
		fail_msg("%s", w->err.msg);
	return queue_exchange(&cx, &m, out, &w->err);
}

const char *world_poll(struct world *w, const char *udid, const char *status,
	const char *uuid)
{
	struct answer out;
	int rc = world_result(w, &out, "<key>UDID</key><string>%s</string>"
		"<key>Status</key><string>%s</string>%s%s%s", udid, status,
		uuid != NULL ? "<key>CommandUUID</key><string>" : "",
		uuid != NULL ? uuid : "", uuid != NULL ? "</string>" : "");

	if (rc < 0)
		fail_msg("%s: %s", status, w->err.msg);
	if (out.kind != ANSWER_EMPTY && out.kind != ANSWER_COMMAND)
		fail_msg("%s: answer %d (%s)", status, (int)out.kind, out.reason);
	return out.kind == ANSWER_COMMAND ? out.command_uuid : NULL;
}

void world_enroll(struct world *w, const char *udid)
{
	struct answer out;

	assert_int_equal(world_checkin(w, &out, "<key>MessageType</key>"
		"<string>Authenticate</string><key>Topic</key><string>t</string>"
		"<key>UDID</key><string>%s</string>", udid), 0);
	assert_int_equal(out.kind, ANSWER_EMPTY);
	assert_int_equal(world_checkin(w, &out, "<key>MessageType</key>"
		"<string>TokenUpdate</string><key>Topic</key><string>t</string>"
		"<key>UDID</key><string>%s</string><key>Token</key><data>AAEC</data>"
		"<key>PushMagic</key><string>magic</string>", udid), 0);
	assert_int_equal(out.kind, ANSWER_EMPTY);
}

/* ---- looking into the store ---- */

struct look {
	struct world *w;
	const char *id, *uuid, *type;
	enum store_secret which;
	struct enrollment *en;
	struct bytes secret;
	struct target *target;
	const struct target_options *options;
	enum store_queued queued;
};

static int look_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct look *l = arg;

	if (store_enrollment_lookup(tx, bytes_str(l->id), l->w->arena, &l->en, e) < 0)
		return -1;
	if (l->en == NULL)
		return 0;
	if (l->which != 0 && store_secret_get(tx, l->en->num, l->which, l->w->arena,
			&l->secret, e) < 0)
		return -1;
	if (l->uuid == NULL)
		return 0;
	return store_target_get(tx, l->en->num, l->uuid, l->w->arena, &l->target, e);
}

static void look(struct look *l)
{
	if (store_read(l->w->st, look_tx, l, &l->w->err) < 0)
		fail_msg("%s: %s", l->id, l->w->err.msg);
}

struct enrollment *world_get(struct world *w, const char *id)
{
	struct look l = { .w = w, .id = id };

	look(&l);
	return l.en;
}

struct bytes world_secret(struct world *w, const char *id, enum store_secret s)
{
	struct look l = { .w = w, .id = id, .which = s };

	look(&l);
	return l.secret;
}

struct target *world_target(struct world *w, const char *id, const char *uuid)
{
	struct look l = { .w = w, .id = id, .uuid = uuid };

	look(&l);
	return l.target;
}

static int put_tx(struct store_tx *tx, void *arg, struct err *e)
{
	return store_enrollment_put(tx, arg, e);
}

void world_put(struct world *w, struct enrollment *en)
{
	if (store_write(w->st, put_tx, en, &w->err) < 0)
		fail_msg("put: %s", w->err.msg);
}

static int enqueue_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct look *l = arg;
	struct command c = { .uuid = l->uuid, .request_type = l->type,
		.created = l->w->now };
	bool created;

	c.body = bytes_str(arena_printf(l->w->arena, "<plist>%s</plist>", l->uuid));
	digest_sha256(c.body, c.digest);
	c.once = command_type_is_once(l->type);
	if (store_enrollment_lookup(tx, bytes_str(l->id), l->w->arena, &l->en, e) < 0 ||
		store_command_put(tx, &c, &created, e) < 0)
		return -1;
	return store_target_add(tx, l->en, l->uuid, l->options, l->w->now,
		&l->queued, e);
}

enum store_queued world_enqueue(struct world *w, const char *id,
	const char *uuid, const char *request_type,
	const struct target_options *o)
{
	static const struct target_options plain = {
		.priority = COMMAND_PRIORITY_DEFAULT };
	struct look l = { .w = w, .id = id, .uuid = uuid, .type = request_type,
		.options = o != NULL ? o : &plain };

	if (store_write(w->st, enqueue_tx, &l, &w->err) < 0)
		fail_msg("enqueue %s: %s", uuid, w->err.msg);
	return l.queued;
}
