/* Importing messages and lines, and exporting them again, on a real store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "admin/op_transfer.h"
#include "admin_world.h"
#include "base/enc.h"

#define S(k, v) "<key>" k "</key><string>" v "</string>"
#define D(k, v) "<key>" k "</key><data>" v "</data>"
#define AUTH(udid) S("MessageType", "Authenticate") S("Topic", "t") \
	S("UDID", udid) S("SerialNumber", "SN")
#define TOKEN(udid) S("MessageType", "TokenUpdate") S("Topic", "t") \
	S("UDID", udid) S("PushMagic", "m") D("Token", "AAEC")
#define USER(udid, user) TOKEN(udid) S("UserID", user)
#define BOOT(udid, v) S("MessageType", "SetBootstrapToken") S("UDID", udid) \
	D("BootstrapToken", v)

static struct bytes plist(struct admin_world *w, const char *dict)
{
	return bytes_str(arena_printf(w->a, "<plist version=\"1.0\"><dict>%s"
		"</dict></plist>", dict));
}

static struct enrollment *import(struct admin_world *w, const char *dict)
{
	struct enrollment *en;

	OK(op_import_message(&w->op, plist(w, dict), w->a, &en, &w->err));
	return admin_get(w, en->num);
}

static void refuses(struct admin_world *w, const char *dict,
	enum err_kind kind)
{
	struct enrollment *en;

	FAILS(kind, op_import_message(&w->op, plist(w, dict), w->a, &en,
		&w->err));
	assert_null(en);
}

struct secret {
	uint64_t num;
	enum store_secret which;
	struct arena *a;
	struct bytes value;
};

static int secret_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct secret *s = arg;

	return store_secret_get(tx, s->num, s->which, s->a, &s->value, e);
}

static struct bytes secret(struct admin_world *w, uint64_t num,
	enum store_secret which)
{
	struct secret s = { num, which, w->a, { NULL, 0 } };

	OK(store_read(w->op.store, secret_tx, &s, &w->err));
	return s.value;
}

static int guard_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct admin_world *w = arg;
	struct store_guard g;

	if (store_guard_get(tx, w->op.now, w->a, &g, e) < 0)
		return -1;
	assert_string_equal(g.why, "import");
	assert_true(g.armed_until > w->op.now);
	return 0;
}

static void test_messages(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *en = import(w, AUTH("A")), *user;

	assert_int_equal(en->state, ENROLLMENT_AUTHENTICATED);
	assert_true(en->imported && !en->has_cert);
	assert_string_equal(en->serial, "SN");
	OK(store_read(w->op.store, guard_tx, w, &w->err));
	en = import(w, TOKEN("A") D("UnlockToken", "dQ=="));
	assert_int_equal(en->state, ENROLLMENT_ENABLED);
	assert_int_equal(en->tally, 1);
	assert_int_equal(en->generation, 1);
	assert_true(en->imported);
	assert_true(bytes_eq(secret(w, en->num, STORE_PUSH_TOKEN),
		bytes_of("\0\1\2", 3)));
	assert_true(bytes_is(secret(w, en->num, STORE_UNLOCK_TOKEN), "u"));
	assert_int_equal(import(w, BOOT("A", "Yg=="))->num, en->num);
	assert_true(bytes_is(secret(w, en->num, STORE_BOOTSTRAP_TOKEN), "b"));
	user = import(w, USER("A", "joe") S("UserShortName", "j"));
	assert_int_equal(user->parent, en->num);
	assert_int_equal(user->state, ENROLLMENT_ENABLED);
	assert_string_equal(user->user_short_name, "j");
	assert_true(user->imported);
	/* Again: the Authenticate is a new beginning, as a device's is. */
	assert_int_equal(import(w, TOKEN("A"))->tally, 2);
	assert_int_equal(import(w, AUTH("A"))->generation, 2);
	assert_int_equal(admin_get(w, user->num)->state, ENROLLMENT_DISABLED);
	/* A TokenUpdate alone, as of a device that was restored. */
	en = import(w, TOKEN("alone"));
	assert_int_equal(en->state, ENROLLMENT_ENABLED);
	assert_int_equal(en->generation, 1);
}

static void test_messages_refused(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *here = admin_device(w, "here"), *came;
	struct enrollment *user = admin_user(w, here, "ann");

	refuses(w, AUTH("here"), ERR_CONFLICT);
	refuses(w, TOKEN("here"), ERR_CONFLICT);
	refuses(w, BOOT("here", "Yg=="), ERR_CONFLICT);
	refuses(w, USER("here", "ann"), ERR_CONFLICT);
	assert_int_equal(admin_get(w, here->num)->tally, 0);
	assert_int_equal(admin_get(w, user->num)->tally, 0);
	came = import(w, TOKEN("came"));
	store_touch_seen(w->op.store, came->num, w->op.now);
	refuses(w, TOKEN("came"), ERR_CONFLICT);
	refuses(w, BOOT("none", "Yg=="), ERR_NOT_FOUND);
	refuses(w, USER("none", "joe"), ERR_NOT_FOUND);
	refuses(w, S("MessageType", "CheckOut") S("Topic", "t")
		S("UDID", "A"), ERR_BAD_INPUT);
	refuses(w, S("MessageType", "SetBootstrapToken") S("UDID", "A"),
		ERR_BAD_INPUT);
	refuses(w, S("MessageType", "Dream"), ERR_BAD_INPUT);
	refuses(w, "", ERR_BAD_INPUT);
	refuses(w, S("MessageType", "TokenUpdate") S("UDID", "A"),
		ERR_BAD_INPUT);
}

/* ---- lines ---- */

static int counted;

static void count(const struct op_transferred *so_far, const char *line,
	void *arg)
{
	(void)so_far;
	(void)arg;
	counted += line != NULL;
}

static struct op_transferred import_lines(struct admin_world *w, char *text,
	size_t n)
{
	struct op_transferred t;
	FILE *f = fmemopen(text, n, "r");

	assert_non_null(f);
	counted = 0;
	OK(op_import(&w->op, f, count, NULL, &t, &w->err));
	fclose(f);
	assert_int_equal(counted, t.skipped + t.failed);
	return t;
}

/* More than go into one transaction, and back again. */
static void test_many(void **state)
{
	struct admin_world *w = *state;
	struct op_transferred out, in;
	char *text = NULL;
	size_t n = 0;
	FILE *f;

	for (int i = 0; i < 250; i++) {
		import(w, arena_printf(w->a, TOKEN("many %d"), i));
		import(w, arena_printf(w->a, USER("many %d", "joe"), i));
	}
	f = open_memstream(&text, &n);
	OK(op_export(&w->op, f, false, count, NULL, &out, &w->err));
	fclose(f);
	assert_true(out.devices >= 250 && out.users >= 250);
	in = import_lines(w, text, n);
	assert_int_equal(in.failed, 0);
	assert_true(in.devices >= 250 && in.users >= 250);
	assert_true(in.devices + in.users + in.skipped ==
		out.devices + out.users);
	free(text);
}

/* A binding that is taken refuses that one alone. */
static void test_certificates(void **state)
{
	static const char line[] = "{\"token_update\":\"%s\",\"cert_sha256\":"
		"\"%064d\"}\n";
	struct admin_world *w = *state;
	struct op_transferred t;
	struct enrollment *en;
	char text[8192];
	int n = 0;

	for (int i = 0; i < 3; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, line,
			enc_base64(w->a, plist(w, arena_printf(w->a,
			TOKEN("cert %d"), i))), i == 2 ? 1 : i + 1);
	t = import_lines(w, text, (size_t)n);
	assert_int_equal(t.devices, 2);
	assert_int_equal(t.skipped, 1);
	OK(op_import_message(&w->op, plist(w, TOKEN("cert 0")), w->a, &en,
		&w->err));
	assert_true(en->has_cert && en->imported);
	assert_int_equal(en->cert[DIGEST_LEN - 1], 1);
	OK(op_import_message(&w->op, plist(w, TOKEN("cert 2")), w->a, &en,
		&w->err));
	assert_false(en->has_cert);
}

struct guarded {
	struct admin_world *w;
	bool armed;
};

static int release_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct guarded *g = arg;

	return store_guard_release(tx, g->w->op.now, e);
}

static int armed_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct guarded *g = arg;
	struct store_guard now;

	if (store_guard_get(tx, g->w->op.now, g->w->a, &now, e) < 0)
		return -1;
	g->armed = now.armed_until > g->w->op.now;
	return 0;
}

static bool is_armed(struct admin_world *w)
{
	struct guarded g = { w, false };

	OK(store_read(w->op.store, armed_tx, &g, &w->err));
	return g.armed;
}

/* What takes nothing leaves the guard alone. */
static void test_guard(void **state)
{
	static const char line[] = "{\"token_update\":\"%s\"}\n";
	static const char *const rows[] = { TOKEN("guarded"), TOKEN("met") };
	struct admin_world *w = *state;
	struct guarded g = { w, false };
	struct op_transferred t;
	char text[4096];

	admin_device(w, "met");
	OK(store_write(w->op.store, release_tx, &g, &w->err));
	import_lines(w, text, (size_t)snprintf(text, sizeof(text), "{}\nx\n"));
	assert_false(is_armed(w));
	for (size_t i = 2; i-- > 0; ) {
		t = import_lines(w, text, (size_t)snprintf(text, sizeof(text),
			line, enc_base64(w->a, plist(w, rows[i]))));
		assert_int_equal(t.devices, i == 0);
		assert_int_equal(is_armed(w), i == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(test_messages), EACH(test_messages_refused),
		EACH(test_many), EACH(test_certificates),
		EACH(test_guard),
	};

	return cmocka_run_group_tests(tests, admin_setup, admin_teardown);
}
