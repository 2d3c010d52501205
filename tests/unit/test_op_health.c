/* Health of a data directory, and the figures of its store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/op_figures.h"
#include "admin/op_health.h"
#include "admin_world.h"
#include "base/file.h"
#include "crypto/cert.h"
#include "crypto/pkey.h"
#include "store/store_enroll.h"
#include "store/store_push.h"

static const char *const names[] = { "store", "map", "disk", "courier",
	"outbox", "pushes", "push_certificate", "device_ca", "ade", "profile",
	"guard", "settings" };
#define NAMES (sizeof(names) / sizeof(names[0]))

static struct op_health health(struct admin_world *w)
{
	struct op_health h;

	op_health(&w->op, NULL, w->a, &h);
	return h;
}

static const struct op_health_item *item(struct admin_world *w,
	const char *name)
{
	struct op_health h = health(w);

	for (size_t i = 0; i < h.n; i++)
		if (strcmp(h.list[i].name, name) == 0)
			return &h.list[i];
	fail_msg("no item %s", name);
	return NULL;
}

static void expect(struct admin_world *w, const char *name,
	enum op_health_level level, const char *text)
{
	const struct op_health_item *it = item(w, name);

	if (it->level != level || strstr(it->text, text) == NULL)
		fail_msg("%s is %s: %s", name, op_health_name(it->level),
			it->text);
}

static void test_items(void **state)
{
	struct admin_world *w = *state;
	struct op_health h = health(w);
	enum op_health_level worst = HEALTH_OK;
	struct json *o = json_new_object(w->a);

	assert_int_equal(h.n, NAMES);
	for (size_t i = 0; i < h.n; i++) {
		assert_string_equal(h.list[i].name, names[i]);
		if (h.list[i].level > worst)
			worst = h.list[i].level;
	}
	assert_int_equal(h.level, worst);
	expect(w, "store", HEALTH_OK, "open");
	expect(w, "map", HEALTH_OK, "are free");
	expect(w, "outbox", HEALTH_OK, "0 deliveries wait");
	expect(w, "pushes", HEALTH_OK, "0 wait");
	expect(w, "push_certificate", HEALTH_OK, "there is none");
	expect(w, "device_ca", HEALTH_OK, "expires in");
	expect(w, "profile", HEALTH_WARN, "no push topic");
	expect(w, "guard", HEALTH_WARN, "closed");	/* it is empty */
	op_health_json(o, &h);
	assert_non_null(strstr(json_text(o, NULL, w->a),
		"{\"name\":\"store\",\"status\":\"ok\",\"text\":\"open\""));
}

static void test_closed(void **state)
{
	struct admin_world *w = *state;
	struct op op = w->op;
	struct op_health h;
	struct err why;

	err_set(&why, ERR_BUSY, "it is damaged");
	op.store = NULL;
	op_health(&op, &why, w->a, &h);
	assert_int_equal(h.level, HEALTH_FAIL);
	assert_int_equal(h.n, NAMES);
	assert_int_equal(h.list[0].level, HEALTH_FAIL);
	assert_string_equal(h.list[0].text, "closed: it is damaged");
	assert_string_equal(h.list[1].text, "not known: the store is closed");
	assert_int_equal(h.list[7].level, HEALTH_OK);	/* device_ca */
}

static void test_courier(void **state)
{
	struct admin_world *w = *state;
	const char *path = file_path(w->a, w->dir, "run/courier.lock");
	int fd;

	expect(w, "courier", HEALTH_WARN, "does not run");
	fd = open(path, O_RDWR | O_CREAT, 0600);
	assert_true(fd >= 0);
	expect(w, "courier", HEALTH_WARN, "does not run");
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	expect(w, "courier", HEALTH_OK, "runs");
	assert_int_equal(item(w, "courier")->value, 1);
	close(fd);
	expect(w, "courier", HEALTH_WARN, "does not run");
	unlink(path);
}

static void again(struct admin_world *w, struct bytes was, const char *key,
	const char *value)
{
	OK(file_write(file_path(w->a, w->dir, "mooring.conf"),
		bytes_str(arena_printf(w->a, "%.*s\n%s = %s\n", (int)was.n,
		(const char *)was.p, key, value)), 0600, &w->err));
}

static void test_settings(void **state)
{
	struct admin_world *w = *state;
	const char *path = file_path(w->a, w->dir, "mooring.conf");
	struct bytes was;

	expect(w, "settings", HEALTH_OK, "is good");
	OK(file_read(path, 65536, w->a, &was, &w->err));
	OK(file_write(path, bytes_str(arena_printf(w->a, "%.*s\nthreads = x\n",
		(int)was.n, (const char *)was.p)), 0600, &w->err));
	expect(w, "settings", HEALTH_WARN, "config check");
	OK(file_write(path, was, 0600, &w->err));
	expect(w, "settings", HEALTH_OK, "is good");
}

/* By cron: not between its runs, but lately. */
static void test_courier_once(void **state)
{
	struct admin_world *w = *state;
	const char *path = file_path(w->a, w->dir, "run/courier.once");
	struct timespec at[2] = { { .tv_sec = (time_t)w->op.now - 70 },
		{ .tv_sec = (time_t)w->op.now - 70 } };
	int fd = open(path, O_RDWR | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(futimens(fd, at), 0);
	expect(w, "courier", HEALTH_OK, "ran 70 s ago");
	at[1].tv_sec -= 1000;
	assert_int_equal(futimens(fd, at), 0);
	expect(w, "courier", HEALTH_WARN, "does not run");
	close(fd);
	unlink(path);
}

/* ---- what waits ---- */

struct waiting {
	struct admin_world *w;
	uint64_t enrollment;
	struct push_cert cert;
	struct webhook hook;
};

static int put_waiting(struct store_tx *tx, void *arg, struct err *e)
{
	struct waiting *x = arg;
	int64_t now = x->w->op.now;
	struct event ev = { .topic = "mdm.Connect", .form = EVENT_ACKNOWLEDGE,
		.created = now - 901 };
	unsigned n;

	if (store_webhook_put(tx, &x->hook, e) < 0 ||
		store_event_add(tx, &ev, x->w->a, &n, e) < 0 ||
		store_push_cert_put(tx, &x->cert, e) < 0)
		return -1;
	return store_push_add(tx, x->enrollment, "id", now - 301, now, e);
}

static int stop_tx(struct store_tx *tx, void *arg, struct err *e)
{
	bool did;

	(void)arg;
	return store_push_cert_stop(tx, "t", 0, 1, "403", &did, e);
}

static int put_account(struct store_tx *tx, void *arg, struct err *e)
{
	const struct account ada = { .name = "ada", .hash = "h" };

	(void)arg;
	return store_account_put(tx, &ada, e);
}

static void test_settings_together(void **state)
{
	struct admin_world *w = *state;
	const char *folder = file_path(w->a, w->dir, "first");
	const char *bundle = file_path(w->a, w->dir,
		"pki/device-ca.bundle.pem");
	struct bytes was, cas, more;

	OK(file_read(file_path(w->a, w->dir, "mooring.conf"), 65536, w->a,
		&was, &w->err));
	again(w, was, "first_commands", folder);
	expect(w, "settings", HEALTH_WARN, "first: No such file");
	OK(file_write(folder, bytes_str(""), 0600, &w->err));
	expect(w, "settings", HEALTH_WARN, "not a folder");
	unlink(folder);
	assert_int_equal(mkdir(folder, 0700), 0);
	expect(w, "settings", HEALTH_OK, "is good");
	rmdir(folder);
	again(w, was, "renew_days", "400");
	expect(w, "settings", HEALTH_WARN, "renew_days is not less");
	again(w, was, "account_enrollment", "byod");
	expect(w, "settings", HEALTH_WARN, "users add");
	OK(store_write(w->op.store, put_account, NULL, &w->err));
	expect(w, "settings", HEALTH_OK, "is good");
	again(w, was, "scep_url", "https://ca.example.com/scep");
	expect(w, "settings", HEALTH_WARN, "none but ours is trusted");
	OK(file_read(bundle, 65536, w->a, &cas, &w->err));
	OK(file_read(file_path(w->a, w->dir, "pki/server-root.pem"), 65536,
		w->a, &more, &w->err));
	OK(file_write(bundle, bytes_str(arena_printf(w->a, "%.*s%.*s",
		(int)cas.n, (const char *)cas.p, (int)more.n,
		(const char *)more.p)), 0600, &w->err));
	expect(w, "settings", HEALTH_OK, "is good");
	OK(file_write(bundle, cas, 0600, &w->err));
	OK(file_write(file_path(w->a, w->dir, "mooring.conf"), was, 0600,
		&w->err));
}

static void test_what_waits(void **state)
{
	struct admin_world *w = *state;
	struct enrollment *en = admin_device(w, "health");
	struct waiting x = { .w = w, .enrollment = en->num,
		.hook = { .name = "h", .url = "http://h/", .topics = "" },
		.cert = { .topic = "t", .cert_pem = bytes_str("c"),
		.key_pem = bytes_str("k"),
		.not_after = w->op.now + 31 * 86400 } };
	struct op_figures f;

	expect(w, "push_certificate", HEALTH_WARN, "there is none");
	OK(store_write(w->op.store, put_waiting, &x, &w->err));
	expect(w, "outbox", HEALTH_WARN, "1 deliveries wait, the oldest for "
		"901 s; 0 are buried");
	assert_int_equal(item(w, "outbox")->value, 901);
	expect(w, "pushes", HEALTH_WARN, "301 s late");
	expect(w, "push_certificate", HEALTH_OK, "expires in 31 days");
	assert_int_equal(item(w, "push_certificate")->value, 31 * 86400);
	w->op.now += 86400;
	expect(w, "push_certificate", HEALTH_WARN, "expires in 30 days");
	w->op.now += 31 * 86400;
	expect(w, "push_certificate", HEALTH_WARN, "expired");
	w->op.now -= 32 * 86400;
	OK(store_write(w->op.store, stop_tx, NULL, &w->err));
	expect(w, "push_certificate", HEALTH_WARN, "APNs refused one");
	assert_int_equal(health(w).level, HEALTH_WARN);

	OK(op_figures(&w->op, w->a, &f, &w->err));
	assert_int_equal(f.counts.devices[ENROLLMENT_ENABLED], 1);
	assert_int_equal(f.counts.pushes, 1);
	assert_int_equal(f.outbox.waiting, 1);
	assert_int_equal(f.info.enrollments, 1);
	assert_true(f.info.kept_bytes > 0 &&
		f.info.kept_bytes <= f.info.map_size / 8);
}

static void test_device_ca(void **state)
{
	struct admin_world *w = *state;
	const char *path = file_path(w->a, w->dir, "pki/device-ca.pem");
	struct bytes good;

	OK(file_read(path, 100000, w->a, &good, &w->err));
	OK(file_write(path, bytes_str("no certificate"), 0644, &w->err));
	expect(w, "device_ca", HEALTH_WARN, "cannot be read");
	assert_int_equal(unlink(path), 0);
	expect(w, "device_ca", HEALTH_WARN, "there is no");
	OK(file_write(path, good, 0644, &w->err));
	expect(w, "device_ca", HEALTH_OK, "expires in");
}

static struct bytes apple_root(struct admin_world *w, const char *name)
{
	struct cert_request rq = { .profile = CERT_SERVER_CA,
		.common_name = name, .not_before = 1, .not_after = 2000000000 };
	struct cert *c = NULL;
	struct pkey *k;

	OK(pkey_new_ec_p256(w->a, &k, &w->err));
	OK(cert_issue(&rq, k, NULL, k, w->a, &c, &w->err));
	return bytes_str(cert_pem(c, w->a));
}

static void test_ade(void **state)
{
	struct admin_world *w = *state;
	const struct conf *before = w->op.conf;
	struct conf conf = *before;
	const char *path = file_path(w->a, w->dir, "apple.pem");
	struct bytes pem;

	w->op.conf = &conf;
	expect(w, "ade", HEALTH_OK, "ade_ca_file is not set");
	conf.profile_access = CONF_ACCESS_ADE;
	expect(w, "ade", HEALTH_WARN, "ade_ca_file is not set");
	conf.ade_ca_file = path;
	expect(w, "ade", HEALTH_WARN, "no such file");
	OK(file_write(path, bytes_str("nothing"), 0600, &w->err));
	expect(w, "ade", HEALTH_WARN, "no certificate in it");
	OK(file_read(file_path(w->a, w->dir, "pki/device-ca.pem"), 100000,
		w->a, &pem, &w->err));
	OK(file_write(path, pem, 0600, &w->err));
	expect(w, "ade", HEALTH_OK, "1 of Apple's device CAs");
	OK(file_write(path, apple_root(w, "Apple Root CA - G3"), 0600,
		&w->err));
	expect(w, "ade", HEALTH_WARN, "Apple's root");
	OK(file_write(path, apple_root(w, "Apple iPhone Device CA"), 0600,
		&w->err));
	expect(w, "ade", HEALTH_OK, "1 of");
	conf.ade_ca_file = "";
	conf.ade_verify = false;
	expect(w, "ade", HEALTH_OK, "not verified");
	w->op.conf = before;
}

static void test_profile(void **state)
{
	struct admin_world *w = *state;
	const struct conf *before = w->op.conf;
	struct conf conf = *before;
	int64_t now = w->op.now;

	w->op.conf = &conf;
	conf.topic = "com.apple.mgmt.External.x";
	expect(w, "profile", HEALTH_OK, "not signed");
	conf.identity_source = CONF_IDENTITY_ACME;
	expect(w, "profile", HEALTH_WARN, "acme_url is not set");
	conf.identity_source = CONF_IDENTITY_SCEP;
	conf.trust_file = file_path(w->a, w->dir, "mooring.conf");
	expect(w, "profile", HEALTH_WARN, "trust_file: no certificate");
	conf.trust_file = "";
	conf.profile_sign_cert = file_path(w->a, w->dir, "pki/server.pem");
	expect(w, "profile", HEALTH_WARN, "profile_sign_key is not set");
	conf.profile_sign_key = file_path(w->a, w->dir, "pki/none.key");
	expect(w, "profile", HEALTH_WARN, "no file");
	conf.profile_sign_key = file_path(w->a, w->dir, "pki/device-ca.key");
	expect(w, "profile", HEALTH_WARN, "no device can enroll");
	conf.profile_sign_key = file_path(w->a, w->dir, "pki/server.key");
	expect(w, "profile", HEALTH_OK, "expires in");
	w->op.now += INT64_C(800) * 86400;
	expect(w, "profile", HEALTH_WARN, "expires in");
	w->op.now = now;
	conf.profile_sign_cert = conf.profile_sign_key = "";
	conf.pinning = true;
	expect(w, "profile", HEALTH_OK, "expires in");
	w->op.now += INT64_C(4000) * 86400;
	expect(w, "profile", HEALTH_WARN, "expired");
	w->op.now = now;
	w->op.conf = before;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(test_items), EACH(test_closed), EACH(test_courier),
		EACH(test_courier_once),
		EACH(test_settings), EACH(test_settings_together),
		EACH(test_what_waits), EACH(test_device_ca),
		EACH(test_profile),
		EACH(test_ade),
	};

	return cmocka_run_group_tests(tests, admin_setup, admin_teardown);
}
