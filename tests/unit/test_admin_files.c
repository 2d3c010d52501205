/* What an operator can do with the files of a data directory: making it, the
 * device CAs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "admin/op_ca.h"
#include "admin/op_init.h"
#include "admin/op_token.h"
#include "base/enc.h"
#include "admin_world.h"
#include "base/file.h"
#include "crypto/cert.h"
#include "crypto/pkey.h"

#define CLOSED(test) \
	cmocka_unit_test_setup_teardown(test, each_closed, reopen)

static const struct {
	const char *name;
	mode_t mode;
} tree[] = {
	{ "", S_IFDIR | 0711 },
	{ "mooring.conf", S_IFREG | 0600 },
	{ "store", S_IFDIR | 0700 },
	{ "store/data.mdb", S_IFREG | 0600 },
	{ "pki", S_IFDIR | 0700 },
	{ "pki/device-ca.pem", S_IFREG | 0600 },
	{ "pki/device-ca.key", S_IFREG | 0600 },
	{ "pki/device-ca.bundle.pem", S_IFREG | 0600 },
	{ "pki/server.pem", S_IFREG | 0600 },
	{ "pki/server.key", S_IFREG | 0600 },
	{ "pki/server-root.pem", S_IFREG | 0600 },
	{ "secrets", S_IFDIR | 0700 },
	{ "secrets/seal.key", S_IFREG | 0600 },
	{ "secrets/admin.token", S_IFREG | 0600 },
	{ "public", S_IFDIR | 0755 },
	{ "run", S_IFDIR | 0700 },
};
#define TREE_N (sizeof(tree) / sizeof(tree[0]))

struct said {
	unsigned n[3];		/* by enum op_init_did */
	char last_note[256];
};

static void count(enum op_init_did did, const char *path, const char *text,
	void *arg)
{
	struct said *s = arg;

	(void)path;
	s->n[did]++;
	if (did == OP_NOTE)
		snprintf(s->last_note, sizeof(s->last_note), "%s", text);
}

static char *at(struct admin_world *w, const char *name)
{
	return file_path(w->a, w->dir, name);
}

static struct bytes content(struct admin_world *w, const char *name)
{
	struct bytes b;

	OK(file_read(at(w, name), 1 << 20, w->a, &b, &w->err));
	assert_non_null(b.p);
	return b;
}

static struct said init(struct admin_world *w)
{
	struct op_init in = { .dir = w->dir, .now = w->op.now };
	struct said s = { { 0 }, "" };

	OK(op_init(&in, count, &s, &w->err));
	return s;
}

/* These have the store closed. */
static int each_closed(void **state)
{
	admin_close(*state);
	return admin_each(state);
}

static int reopen(void **state)
{
	admin_open(*state);
	return 0;
}

static void test_tree(void **state)
{
	struct admin_world *w = *state;
	struct bytes token = content(w, "secrets/admin.token");
	struct stat sb;

	for (size_t i = 0; i < TREE_N; i++) {
		assert_int_equal(stat(at(w, tree[i].name), &sb), 0);
		if (sb.st_mode != tree[i].mode)
			fail_msg("%s: %o", tree[i].name, (unsigned)sb.st_mode);
	}
	assert_int_equal(token.n, strlen("mooring_") + 43 + 1);
	assert_memory_equal(token.p, "mooring_", strlen("mooring_"));
	assert_int_equal(token.p[token.n - 1], '\n');
	assert_true(bytes_eq(content(w, "pki/device-ca.pem"),
		content(w, "pki/device-ca.bundle.pem")));
}

static void test_again_changes_nothing(void **state)
{
	struct admin_world *w = *state;
	struct bytes before[TREE_N];
	struct said s;

	for (size_t i = 0; i < TREE_N; i++)
		if (S_ISREG(tree[i].mode) &&
			strcmp(tree[i].name, "store/data.mdb") != 0)
			before[i] = content(w, tree[i].name);
		else
			before[i].p = NULL;
	s = init(w);
	assert_int_equal(s.n[OP_MADE], 0);
	assert_int_equal(s.n[OP_NOTE], 0);
	for (size_t i = 0; i < TREE_N; i++)
		if (before[i].p != NULL)
			assert_true(bytes_eq(before[i],
				content(w, tree[i].name)));
}

/* Whatever a run that was cut off had not made yet is made, and nothing
 * else. */
static void test_cut_off(void **state)
{
	static const struct {
		const char *gone[3];
		unsigned made;
	} rows[] = {
		{ { "pki/device-ca.bundle.pem" }, 1 },
		{ { "pki/server.pem" }, 2 },	/* and its root */
		{ { "pki/server.pem", "pki/server-root.pem" }, 2 },
		{ { "pki/server.pem", "pki/server-root.pem",
			"pki/server.key" }, 3 },
		{ { "pki/device-ca.pem" }, 1 },
		{ { "mooring.conf" }, 1 },
	};
	struct admin_world *w = *state;
	struct bytes key = content(w, "pki/device-ca.key");
	struct op_init in = { .dir = w->dir, .now = w->op.now,
		.url = "https://mdm.example.com" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct said s = { { 0 }, "" };

		for (size_t j = 0; j < 3 && rows[i].gone[j] != NULL; j++)
			assert_int_equal(unlink(at(w, rows[i].gone[j])), 0);
		OK(op_init(&in, count, &s, &w->err));
		assert_int_equal(s.n[OP_MADE], rows[i].made);
		assert_int_equal(init(w).n[OP_MADE], 0);
	}
	assert_true(bytes_eq(key, content(w, "pki/device-ca.key")));
}

/* The token that the line in secrets/admin.token is to the store. */
static struct token *first_token(struct admin_world *w)
{
	struct bytes line = content(w, "secrets/admin.token");
	struct token *t;

	admin_open(w);
	OK(op_token_find(&w->op, arena_str(w->a, bytes_of(line.p, line.n - 1)),
		w->a, &t, &w->err));
	admin_close(w);
	return t;
}

static void new_store(struct admin_world *w)
{
	if (system(arena_printf(w->a, "rm -r '%s/store'", w->dir)) != 0)
		fail_msg("rm");
}

static void test_first_token(void **state)
{
	struct admin_world *w = *state;
	const char *path = at(w, "secrets/admin.token");
	struct token *t = first_token(w);
	struct bytes before = content(w, "secrets/admin.token");
	bool changed;
	struct said s;

	assert_string_equal(t->name, "admin");
	assert_int_equal(t->scope, TOKEN_ADMIN);
	assert_string_equal(t->made_by, "init");
	assert_int_equal(t->expires, 0);

	/* A credential that was taken away does not come back by itself. */
	assert_int_equal(rename(path, at(w, "away")), 0);
	s = init(w);
	assert_int_equal(s.n[OP_MADE], 0);
	assert_int_equal(s.n[OP_NOTE], 1);
	assert_false(file_exists(path));
	assert_int_equal(rename(at(w, "away"), path), 0);

	/* Cut off before the store knew it, or made before it could. */
	new_store(w);
	s = init(w);
	assert_int_equal(s.n[OP_NOTE], 0);
	assert_string_equal(first_token(w)->name, "admin");
	assert_true(bytes_eq(before, content(w, "secrets/admin.token")));

	admin_open(w);
	OK(op_token_revoke(&w->op, "admin", w->a, &t, &changed, &w->err));
	admin_close(w);
	s = init(w);
	assert_int_equal(s.n[OP_NOTE], 1);
	assert_non_null(strstr(s.last_note, "revoked"));
	assert_int_equal(first_token(w)->revoked, w->op.now);
}

static void test_first_token_that_is_none(void **state)
{
	static const char *const lines[] = { "", "\n", "short\n",
		"two words that are long enough to be one\n",
		"0123456789012345678901234567890123456789\nmore\n" };
	struct admin_world *w = *state;
	const char *path = at(w, "secrets/admin.token");
	struct said s;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		OK(file_write(path, bytes_str(lines[i]), 0600, &w->err));
		s = init(w);
		assert_int_equal(s.n[OP_NOTE], 1);
		assert_true(bytes_is(content(w, "secrets/admin.token"),
			lines[i]));
	}
	/* The name is another's. */
	OK(file_write(path, bytes_str("0123456789012345678901234567890123\n"),
		0600, &w->err));
	new_store(w);
	assert_int_equal(init(w).n[OP_NOTE], 0);
	OK(file_write(path, bytes_str("another-0123456789012345678901234\n"),
		0600, &w->err));
	s = init(w);
	assert_int_equal(s.n[OP_NOTE], 1);
	assert_non_null(strstr(s.last_note, "is not a token of this store"));
	/* Neither: both are made. */
	assert_int_equal(unlink(path), 0);
	new_store(w);
	assert_int_equal(init(w).n[OP_MADE], 2);
	assert_non_null(first_token(w));
}

static void test_keys_kept_elsewhere(void **state)
{
	struct admin_world *w = *state;
	struct op_init in = { .dir = w->dir, .now = w->op.now };
	struct said s;

	assert_int_equal(rename(at(w, "pki/device-ca.key"), at(w, "ca")), 0);
	s = init(w);
	assert_int_equal(s.n[OP_MADE], 0);
	assert_int_equal(s.n[OP_NOTE], 1);
	assert_int_equal(rename(at(w, "ca"), at(w, "pki/device-ca.key")), 0);

	/* A new one could not open the store. */
	assert_int_equal(rename(at(w, "secrets/seal.key"), at(w, "ring")), 0);
	FAILS(ERR_CONFLICT, op_init(&in, count, &s, &w->err));
	assert_false(file_exists(at(w, "secrets/seal.key")));
	assert_int_equal(rename(at(w, "ring"), at(w, "secrets/seal.key")), 0);
}

static void test_bad_requests(void **state)
{
	static const char *const urls[] = { "", "mdm.example.com",
		"http://mdm.example.com", "https://", "https://x/", "https://x:0",
		"https://x:99999", "https://a b" };
	struct admin_world *w = *state;
	struct op_init in = { .dir = at(w, "new"), .now = w->op.now };
	struct said s = { { 0 }, "" };

	FAILS(ERR_BAD_INPUT, op_init(&in, count, &s, &w->err));
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		in.url = urls[i];
		FAILS(ERR_BAD_INPUT, op_init(&in, count, &s, &w->err));
	}
	in.url = "https://x";
	in.listen = "8443";
	FAILS(ERR_BAD_INPUT, op_init(&in, count, &s, &w->err));
	assert_false(file_exists(at(w, "new")));
	assert_int_equal(s.n[OP_MADE], 0);

	in.dir = w->dir;
	in.listen = NULL;
	OK(op_init(&in, count, &s, &w->err));
	assert_int_equal(s.n[OP_NOTE], 1);
	assert_non_null(strstr(s.last_note, "https://mdm.example.com is kept"));
}

static void test_listen_follows_the_url(void **state)
{
	static const struct {
		const char *url, *listen, *admin;	/* given */
		const char *is, *admin_is;
	} rows[] = {
		{ "https://mdm.example.com:9443", NULL, NULL,
			"127.0.0.1:8443", "127.0.0.1:8444" },
		{ "https://localhost:9443", NULL, NULL,
			"127.0.0.1:9443", "127.0.0.1:9444" },
		{ "https://[::1]:9443", NULL, NULL,
			"[::1]:9443", "127.0.0.1:9444" },
		{ "https://localhost", NULL, NULL,
			"127.0.0.1:8443", "127.0.0.1:8444" },
		{ "https://localhost:9443", "127.0.0.1:9000", NULL,
			"127.0.0.1:9000", "127.0.0.1:9001" },
		{ "https://localhost:65535", NULL, NULL,
			"127.0.0.1:65535", "127.0.0.1:8444" },
		{ "https://127.0.0.1:9443", NULL, "127.0.0.1:1",
			"127.0.0.1:9443", "127.0.0.1:1" },
	};
	struct admin_world *w = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *dir = at(w, arena_printf(w->a, "l%zu", i));
		struct op_init in = { .dir = dir, .url = rows[i].url,
			.listen = rows[i].listen, .admin_listen = rows[i].admin,
			.now = w->op.now };
		struct said s = { { 0 }, "" };
		struct conf *c;

		OK(op_init(&in, count, &s, &w->err));
		OK(conf_load(dir, w->a, &c, &w->err));
		assert_string_equal(c->url, rows[i].url);
		assert_string_equal(c->listen, rows[i].is);
		assert_string_equal(c->admin_listen, rows[i].admin_is);
	}
}

/* ---- the device CAs ---- */

static struct bytes make_cert(struct admin_world *w, enum cert_profile profile,
	const char *name)
{
	struct cert_request rq = { .profile = profile, .common_name = name,
		.host = "x", .not_before = w->op.now,
		.not_after = w->op.now + 86400 };
	struct pkey *key;
	struct cert *c;

	OK(pkey_new_ec_p256(w->a, &key, &w->err));
	OK(cert_issue(&rq, key, NULL, key, w->a, &c, &w->err));
	return bytes_str(cert_pem(c, w->a));
}

static void test_trust(void **state)
{
	struct admin_world *w = *state;
	struct bytes one = make_cert(w, CERT_DEVICE_CA, "One");
	struct bytes two = make_cert(w, CERT_DEVICE_CA, "Two");
	struct bytes leaf = make_cert(w, CERT_DEVICE, "Leaf");
	struct bytes before, text;
	struct op_certs certs;

	OK(op_ca_trust(&w->op, one, w->a, &certs, &w->err));
	assert_int_equal(certs.n, 1);
	assert_true(certs.list[0].added);
	/* One that is there, a new one, the new one again. */
	text = bytes_str(arena_printf(w->a, "%s%s%s", (const char *)one.p,
		(const char *)two.p, (const char *)two.p));
	OK(op_ca_trust(&w->op, text, w->a, &certs, &w->err));
	assert_int_equal(certs.n, 3);
	assert_false(certs.list[0].added);
	assert_true(certs.list[1].added);
	assert_false(certs.list[2].added);
	OK(op_ca_list(&w->op, w->a, &certs, &w->err));
	assert_int_equal(certs.n, 3);	/* ours, One, Two */
	assert_non_null(strstr(certs.list[2].subject, "Two"));

	/* One that is no CA refuses all of it. */
	before = content(w, "pki/device-ca.bundle.pem");
	text = bytes_str(arena_printf(w->a, "%s%s",
		(const char *)make_cert(w, CERT_DEVICE_CA, "Three").p,
		(const char *)leaf.p));
	FAILS(ERR_BAD_INPUT, op_ca_trust(&w->op, text, w->a, &certs, &w->err));
	assert_non_null(strstr(w->err.msg, "Leaf"));
	FAILS(ERR_BAD_INPUT, op_ca_trust(&w->op, bytes_str("junk"), w->a,
		&certs, &w->err));
	FAILS(ERR_BAD_INPUT, op_ca_trust(&w->op, bytes_str(""), w->a, &certs,
		&w->err));
	text = bytes_str("-----BEGIN CERTIFICATE-----\nMIIB\n"
		"-----END CERTIFICATE-----\n");
	FAILS(ERR_BAD_INPUT, op_ca_trust(&w->op, text, w->a, &certs, &w->err));
	assert_true(bytes_eq(before, content(w, "pki/device-ca.bundle.pem")));
}

static void test_issue(void **state)
{
	struct admin_world *w = *state;
	char *long_name = arena_zalloc(w->a, 66);
	const struct op_issue bad[] = {
		{ NULL, 1, true, NULL, NULL }, { "", 1, true, NULL, NULL },
		{ long_name, 1, true, NULL, NULL },
		{ "a\nb", 1, true, NULL, NULL },
		{ "\xff", 1, true, NULL, NULL }, { "x", 0, true, NULL, NULL },
		{ "x", 36501, true, NULL, NULL },
	};
	struct op_issue in = { "Zoë's Mac", 30, true, NULL, NULL };
	struct op_issued out;
	struct trust *t;
	struct cert *c;
	struct pkey *key;

	memset(long_name, 'n', 65);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		FAILS(ERR_BAD_INPUT, op_ca_issue(&w->op, &bad[i], w->a, &out,
			&w->err));
	OK(trust_open(at(w, "pki/device-ca.bundle.pem"), &t, &w->err));
	for (int ec = 0; ec < 2; ec++) {
		in.ec = ec == 1;
		OK(op_ca_issue(&w->op, &in, w->a, &out, &w->err));
		OK(cert_from_pem(out.pem, w->a, &c, &w->err));
		OK(pkey_from_pem(out.key_pem, w->a, &key, &w->err));
		OK(trust_verify(t, c, &w->err));
		OK(cert_valid_at(c, w->op.now, &w->err));
		assert_int_equal(cert_not_after(c), w->op.now + 30 * 86400);
	}
	trust_close(t);
	in.days = 36500;	/* no longer than the CA */
	OK(op_ca_issue(&w->op, &in, w->a, &out, &w->err));
	assert_true(out.cert.not_after < w->op.now + (int64_t)7301 * 86400);

	assert_int_equal(rename(at(w, "pki/device-ca.key"), at(w, "ca")), 0);
	FAILS(ERR_NOT_FOUND, op_ca_issue(&w->op, &in, w->a, &out, &w->err));
	assert_int_equal(rename(at(w, "ca"), at(w, "pki/device-ca.key")), 0);
}

struct asking {
	unsigned char sha256[DIGEST_LEN];
	bool found;
	struct store_cert c;
};

static int ask_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct asking *q = arg;

	return store_cert_get(tx, q->sha256, &q->found, &q->c, e);
}

static void test_revoke(void **state)
{
	struct admin_world *w = *state;
	struct bytes leaf = make_cert(w, CERT_DEVICE, "Lost");
	struct op_revoked r;
	struct asking q;
	struct cert *c;

	OK(op_ca_revoke(&w->op, leaf, w->a, &r, &w->err));
	assert_true(r.changed);
	OK(cert_from_pem(leaf, w->a, &c, &w->err));
	cert_sha256(c, q.sha256);
	OK(store_read(w->op.store, ask_tx, &q, &w->err));
	assert_true(q.found);
	assert_int_equal(q.c.revoked, w->op.now);
	w->op.now++;
	OK(op_ca_revoke(&w->op, leaf, w->a, &r, &w->err));
	assert_false(r.changed);
	assert_int_equal(r.revoked, w->op.now - 1);	/* the first stands */
	FAILS(ERR_BAD_INPUT, op_ca_revoke(&w->op,
		make_cert(w, CERT_DEVICE_CA, "CA"), w->a, &r, &w->err));
	FAILS(ERR_BAD_INPUT, op_ca_revoke(&w->op, bytes_str("junk"), w->a, &r,
		&w->err));
	FAILS(ERR_BAD_INPUT, op_ca_revoke(&w->op, bytes_str(arena_printf(w->a,
		"%s%s", (const char *)leaf.p, (const char *)leaf.p)), w->a, &r,
		&w->err));
}

static void test_no_directory(void **state)
{
	struct admin_world *w = *state;
	struct op op;

	FAILS(ERR_NOT_FOUND, op_open(at(w, "nothing"), "cli:test", w->op.now,
		w->a, &op, &w->err));
	assert_non_null(strstr(w->err.msg, "mooringctl init"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(test_tree), CLOSED(test_again_changes_nothing),
		CLOSED(test_cut_off), CLOSED(test_first_token),
		CLOSED(test_first_token_that_is_none),
		CLOSED(test_keys_kept_elsewhere),
		CLOSED(test_bad_requests), CLOSED(test_listen_follows_the_url),
		EACH(test_trust), EACH(test_issue), EACH(test_revoke),
		EACH(test_no_directory),
	};

	return cmocka_run_group_tests(tests, admin_setup, admin_teardown);
}
