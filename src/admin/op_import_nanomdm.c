/*
 * Enrollments out of the directory of a NanoMDM server. Two layouts are
 * known:
 * filekv	a folder for each bucket; a value is a file named by its key, in
 *		two folders named by the key's first and next two characters.
 *		devices: ID.auth ID.tok_upd ID.cert (DER) ID.bstoken
 *		users: ID.tok_upd
 *		enrollments: ID.unl_tok ID.disabled ID.tok_tal
 *		cert_auth: ID.cert_hash
 * file		a folder for each enrollment, with Authenticate.plist,
 *		TokenUpdate.plist, UnlockToken.dat, BootstrapToken.dat,
 *		CertAuth.sha256.txt, TokenUpdate.tally.txt and Disabled
 */
#include "admin/op_import.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/enc.h"
#include "base/file.h"

#define VALUE_MAX ((size_t)16 << 20)

/* Where the parts of an enrollment are. */
struct layout {
	/* The path of a value; in the arena. */
	const char *(*path)(const char *dir, const char *id,
		const char *bucket, const char *key, struct arena *a);
	struct part {
		const char *bucket, *key;
	} auth, token, user_token, unlock, disabled, tally, bootstrap, hash, cert;
};

static const char *kv_path(const char *dir, const char *id,
	const char *bucket, const char *key, struct arena *a)
{
	const char *name = arena_printf(a, "%s.%s", id, key);

	return arena_printf(a, "%s/%s/%.2s/%.2s/%s", dir, bucket, name,
		name + 2, name);
}

static const char *file_layout_path(const char *dir, const char *id,
	const char *bucket, const char *key, struct arena *a)
{
	(void)bucket;
	return arena_printf(a, "%s/%s/%s", dir, id, key);
}

static const struct layout kv_layout = {
	.path = kv_path,
	.auth = { "devices", "auth" }, .token = { "devices", "tok_upd" },
	.user_token = { "users", "tok_upd" },
	.unlock = { "enrollments", "unl_tok" },
	.disabled = { "enrollments", "disabled" },
	.tally = { "enrollments", "tok_tal" },
	.bootstrap = { "devices", "bstoken" },
	.hash = { "cert_auth", "cert_hash" }, .cert = { "devices", "cert" },
};
static const struct layout file_layout = {
	.path = file_layout_path,
	.auth = { "", "Authenticate.plist" }, .token = { "", "TokenUpdate.plist" },
	.user_token = { "", "TokenUpdate.plist" },
	.unlock = { "", "UnlockToken.dat" }, .disabled = { "", "Disabled" },
	.tally = { "", "TokenUpdate.tally.txt" },
	.bootstrap = { "", "BootstrapToken.dat" },
	.hash = { "", "CertAuth.sha256.txt" }, .cert = { NULL, NULL },
};

struct source {
	const struct layout *l;
	const char *dir;
	struct op_importer *im;
};

/* ---- one enrollment ---- */

static int value(const struct source *s, const char *id, struct part p,
	struct arena *a, struct bytes *out, struct err *e)
{
	*out = bytes_of(NULL, 0);
	if (p.key == NULL)
		return 0;
	return file_read(s->l->path(s->dir, id, p.bucket, p.key, a), VALUE_MAX, a,
		out, e);
}

static int read_message(const struct source *s, const char *id, struct part p,
	struct arena *a, struct import_item *it, struct err *e)
{
	struct bytes raw;

	if (value(s, id, p, a, &raw, e) < 0)
		return -1;
	return raw.p == NULL ? 0 : import_read(it, raw, a, e);
}

/* The certificate's hash, as it is kept, or of the certificate itself. */
static int read_cert(const struct source *s, const char *id, struct arena *a,
	struct import_item *it, struct err *e)
{
	struct bytes text, hash, der;

	if (value(s, id, s->l->hash, a, &text, e) < 0 ||
		value(s, id, s->l->cert, a, &der, e) < 0)
		return -1;
	it->has_cert = true;
	if (text.p != NULL) {
		if (!enc_unhex(a, arena_str(a, text), &hash) ||
			hash.n != DIGEST_LEN)
			return err_set(e, ERR_BAD_INPUT,
				"its certificate's hash is no SHA-256");
		memcpy(it->cert, hash.p, DIGEST_LEN);
	} else if (der.n > 0)
		digest_sha256(der, it->cert);
	else
		it->has_cert = false;
	return 0;
}

static int read_tally(const struct source *s, const char *id, struct arena *a,
	struct import_item *it, struct err *e)
{
	struct bytes text;

	if (value(s, id, s->l->tally, a, &text, e) < 0)
		return -1;
	/* Only a figure for people: one that is none is left out. */
	if (text.p == NULL || !str_u64(arena_str(a, text), 0, UINT64_MAX,
		&it->tally))
		it->tally = 0;
	return 0;
}

static int read_device(const struct source *s, const char *id,
	struct arena *a, struct import_item *it, struct err *e)
{
	if (read_message(s, id, s->l->auth, a, it, e) < 0 ||
		read_message(s, id, s->l->token, a, it, e) < 0 ||
		value(s, id, s->l->bootstrap, a, &it->bootstrap_token, e) < 0)
		return -1;
	return read_cert(s, id, a, it, e);
}

static int read_one(const struct source *s, const char *id, bool user,
	struct arena *a, struct import_item *it, bool *disabled, struct err *e)
{
	struct bytes mark;

	if (value(s, id, s->l->disabled, a, &mark, e) < 0)
		return -1;
	*disabled = mark.p != NULL;
	if (*disabled)
		return 0;
	if (user) {
		if (read_message(s, id, s->l->user_token, a, it, e) < 0)
			return -1;
	} else if (read_device(s, id, a, it, e) < 0)
		return -1;
	if (value(s, id, s->l->unlock, a, &it->unlock_token, e) < 0 ||
		read_tally(s, id, a, it, e) < 0)
		return -1;
	if (it->id.device.p == NULL)
		return err_set(e, ERR_BAD_INPUT, "no message at all");
	return bytes_is(enrollment_id_text(&it->id, a), id) ? 0 :
		err_set(e, ERR_BAD_INPUT,
			"its messages are of another enrollment");
}

static int add(const struct source *s, const char *id, bool user,
	struct err *e)
{
	struct arena *a = op_importer_arena(s->im);
	struct import_item it = { .has_cert = false };
	struct err why = ERR_INIT;
	const char *name = op_line(bytes_str(id), 80, a);
	bool disabled = false;
	int rc = read_one(s, id, user, a, &it, &disabled, &why);

	if (rc == 0 && disabled)
		rc = err_set(&why, ERR_CONFLICT, "is not enrolled any more");
	return op_importer_add(s->im, name, &it, rc < 0 ? &why : NULL,
		3 * (it.raw_authenticate.n + it.raw_token_update.n), e);
}

/* ---- finding them ---- */

typedef int (*entry_fn)(const struct source *s, const char *path,
	const char *name, bool user, struct err *e);

/* Absent: nothing. */
static int each_entry(const struct source *s, const char *path, bool user,
	entry_fn fn, struct err *e)
{
	DIR *d = opendir(path);
	struct dirent *en;
	int rc = 0;

	if (d == NULL)
		return errno == ENOENT || errno == ENOTDIR ? 0 :
			err_errno(e, ERR_BAD_INPUT, errno, "%s", path);
	while (rc == 0 && (en = readdir(d)) != NULL)
		if (en->d_name[0] != '.')
			rc = fn(s, path, en->d_name, user, e);
	closedir(d);
	return rc;
}

static int kv_file(const struct source *s, const char *path,
	const char *name, bool user, struct err *e)
{
	const char *end = user ? ".tok_upd" : ".auth";
	size_t n = strlen(name), k = strlen(end);
	struct arena *a;
	int rc;

	(void)path;
	if (n <= k || strcmp(name + n - k, end) != 0)
		return 0;
	a = arena_new();
	rc = add(s, arena_str(a, bytes_of(name, n - k)), user, e);
	arena_free(a);
	return rc;
}

static int below(const struct source *s, const char *path, const char *name,
	bool user, entry_fn fn, struct err *e)
{
	struct arena *a = arena_new();
	int rc = each_entry(s, file_path(a, path, name), user, fn, e);

	arena_free(a);
	return rc;
}

static int kv_second(const struct source *s, const char *path,
	const char *name, bool user, struct err *e)
{
	return below(s, path, name, user, kv_file, e);
}

static int kv_first(const struct source *s, const char *path,
	const char *name, bool user, struct err *e)
{
	return below(s, path, name, user, kv_second, e);
}

static int file_folder(const struct source *s, const char *path,
	const char *name, bool user, struct err *e)
{
	struct arena *a = arena_new();
	const char *dir = file_path(a, path, name);
	bool device = file_exists(file_path(a, dir, "Authenticate.plist"));
	bool token = file_exists(file_path(a, dir, "TokenUpdate.plist"));
	int rc = 0;

	/* An Authenticate is a device's alone. */
	if (device != user && (device || token))
		rc = add(s, name, user, e);
	arena_free(a);
	return rc;
}

static int walk(struct source *s, bool kv, struct err *e)
{
	if (kv)
		return below(s, s->dir, "devices", false, kv_first, e) < 0 ||
			below(s, s->dir, "users", true, kv_first, e) < 0 ? -1 : 0;
	return each_entry(s, s->dir, false, file_folder, e) < 0 ||
		each_entry(s, s->dir, true, file_folder, e) < 0 ? -1 : 0;
}

int op_import_nanomdm(const struct op *op, const char *dir,
	op_transfer_report report, void *arg, struct op_transferred *out,
	struct err *e)
{
	struct arena *a = arena_new();
	bool kv = file_exists(file_path(a, dir, "devices")) &&
		file_exists(file_path(a, dir, "enrollments"));
	struct source s = { kv ? &kv_layout : &file_layout, dir, NULL };
	int rc;

	arena_free(a);
	*out = (struct op_transferred){ 0 };
	if (op_importer_open(op, kv ? "NanoMDM filekv" : "NanoMDM file", report,
		arg, &s.im, e) < 0)
		return -1;
	rc = op_importer_close(s.im, walk(&s, kv, e), out, e);
	if (rc == 0 && out->devices + out->users + out->skipped +
		out->failed == 0)
		return err_set(e, ERR_NOT_FOUND, "%s: no enrollments of a NanoMDM "
			"server are here", dir);
	return rc;
}
