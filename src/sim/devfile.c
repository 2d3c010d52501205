/* Devices on disk: a property list each, in one folder. */
#include "sim/devfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/file.h"
#include "codec/pl.h"
#include "crypto/digest.h"
#include "sim/devfile_parts.h"

#define FILE_BYTES_MAX ((size_t)16 << 20)
#define COMPACT_AT ((size_t)1 << 20)
#define FORMAT 1
#define SUFFIX ".device"

/* --- a device as a property list --- */

static void set_data(struct pl *d, const char *key, struct bytes b)
{
	if (b.p != NULL)
		pl_set_data(d, key, b);
}

static void put_channel(struct pl *array, const struct device_channel *ch)
{
	struct pl *d = pl_add_dict(array), *list;

	pl_set_bool(d, "IsUser", ch->is_user);
	pl_set_bool(d, "Enabled", ch->enabled);
	pl_set_bool(d, "Declined", ch->declined);
	set_data(d, "Token", ch->token);
	devfile_set_str(d, "PushMagic", ch->push_magic);
	set_data(d, "Pending", ch->pending);
	devfile_set_str(d, "PendingUUID", ch->pending_uuid);
	devfile_set_str(d, "PendingStatus", ch->pending_status);
	pl_set_int(d, "Answered", (int64_t)ch->answered);
	list = pl_set_array(d, "Profiles");
	for (const struct device_profile *p = ch->profiles; p; p = p->next)
		devfile_put_profile(pl_add_dict(list), p);
	list = pl_set_array(d, "Apps");
	for (const struct device_app *p = ch->apps; p; p = p->next)
		pl_add_str(list, p->identifier);
}

/* The plain texts of a device, once for both directions. */
#define TEXT(key, field) { key, offsetof(struct device, field) }
static const struct text {
	const char *key;
	size_t at;
} texts[] = {
	TEXT("URL", url), TEXT("CheckInURL", checkin_url),
	TEXT("CAFile", ca_file), TEXT("BaseCAFile", base_ca_file),
	TEXT("Topic", topic), TEXT("ID", id),
	TEXT("Serial", serial), TEXT("Name", name),
	TEXT("OSVersion", os_version), TEXT("BuildVersion", build_version),
	TEXT("IMEI", imei), TEXT("MEID", meid), TEXT("HostName", host_name),
	TEXT("UserID", user_id), TEXT("UserShortName", user_short_name),
	TEXT("UserLongName", user_long_name),
};
#define NTEXTS (sizeof(texts) / sizeof(texts[0]))

struct bytes devfile_encode(const struct device *d, struct arena *a)
{
	struct pl *root = pl_new_dict(a), *list;

	pl_set_int(root, "Format", FORMAT);
	for (size_t i = 0; i < NTEXTS; i++) {
		const char *s;

		memcpy(&s, (const char *)d + texts[i].at, sizeof(s));
		devfile_set_str(root, texts[i].key, s);
	}
	pl_set_int(root, "State", d->state);
	pl_set_int(root, "Kind", d->kind);
	pl_set_int(root, "Auth", d->auth);
	pl_set_str(root, "Model", d->model->key);
	pl_set_bool(root, "AwaitingConfiguration", d->awaiting_configuration);
	pl_set_bool(root, "Supervised", d->supervised);
	set_data(root, "UnlockToken", d->unlock_token);
	set_data(root, "Certificate", d->cert_pem);
	set_data(root, "Key", d->key_pem);
	set_data(root, "BackupCertificate", d->backup_cert_pem);
	set_data(root, "BackupKey", d->backup_key_pem);
	if (d->enrollment != NULL)
		devfile_put_enrollment(pl_set_dict(root, "Enrollment"),
			d->enrollment);
	pl_set_int(root, "Polls", (int64_t)d->polls);
	list = pl_set_array(root, "Channels");
	for (unsigned i = 0; i < d->nchannels; i++)
		put_channel(list, &d->channel[i]);
	return pl_xml(root, a);
}

static int get_profiles(const struct pl *list, struct arena *a,
	struct device_channel *ch, struct err *e)
{
	struct device_profile **end = &ch->profiles;

	for (uint32_t i = 0; list != NULL && i < pl_array_len(list); i++) {
		if (devfile_get_profile(pl_array_at(list, i), a, end, e) != 0)
			return -1;
		end = &(*end)->next;
	}
	return 0;
}

static int get_channel(const struct pl *dict, struct arena *a,
	struct device_channel *ch, struct err *e)
{
	const struct pl *profiles = NULL, *apps = NULL;
	struct device_app **end = &ch->apps;
	struct pl_reader r;

	pl_read(&r, "channel", dict, a);
	pl_bool_opt(&r, "IsUser", &ch->is_user);
	pl_bool_opt(&r, "Enabled", &ch->enabled);
	pl_bool_opt(&r, "Declined", &ch->declined);
	pl_data_opt(&r, "Token", &ch->token);
	pl_str_opt(&r, "PushMagic", &ch->push_magic);
	pl_data_opt(&r, "Pending", &ch->pending);
	pl_str_opt(&r, "PendingUUID", &ch->pending_uuid);
	pl_str_opt(&r, "PendingStatus", &ch->pending_status);
	ch->answered = (uint64_t)devfile_get_int(&r, "Answered");
	pl_array_opt(&r, "Profiles", &profiles);
	pl_array_opt(&r, "Apps", &apps);
	if (pl_done(&r, e) != 0)
		return -1;
	for (uint32_t i = 0; apps != NULL && i < pl_array_len(apps); i++) {
		const char *id = pl_as_str(pl_array_at(apps, i));
		struct device_app *app = arena_zalloc(a, sizeof(*app));

		if (id == NULL)
			continue;
		app->identifier = arena_strdup(a, id);
		*end = app;
		end = &app->next;
	}
	return get_profiles(profiles, a, ch, e);
}

static int get_device(struct pl_reader *r, struct device *d, struct err *e)
{
	const struct pl *channels = NULL, *enrollment = NULL;
	const char *model = NULL;

	for (size_t i = 0; i < NTEXTS; i++) {
		const char *s = NULL;

		pl_str_opt(r, texts[i].key, &s);
		memcpy((char *)d + texts[i].at, &s, sizeof(s));
	}
	d->state = (enum device_state)devfile_get_int(r, "State");
	d->kind = (enum enrollment_kind)devfile_get_int(r, "Kind");
	d->auth = (enum device_auth)devfile_get_int(r, "Auth");
	pl_str(r, "Model", &model);
	pl_bool_opt(r, "AwaitingConfiguration", &d->awaiting_configuration);
	pl_bool_opt(r, "Supervised", &d->supervised);
	pl_data_opt(r, "UnlockToken", &d->unlock_token);
	pl_data_opt(r, "Certificate", &d->cert_pem);
	pl_data_opt(r, "Key", &d->key_pem);
	pl_data_opt(r, "BackupCertificate", &d->backup_cert_pem);
	pl_data_opt(r, "BackupKey", &d->backup_key_pem);
	pl_dict_opt(r, "Enrollment", &enrollment);
	d->polls = (uint64_t)devfile_get_int(r, "Polls");
	pl_array_opt(r, "Channels", &channels);
	if (pl_done(r, e) != 0)
		return -1;
	d->model = catalog_find(model);
	if (d->model == NULL || d->id == NULL || channels == NULL ||
		devfile_get_int(r, "Format") != FORMAT)
		return err_set(e, ERR_BAD_INPUT, "not a device file of this "
			"version of mooring-device");
	if (enrollment != NULL && devfile_get_enrollment(enrollment, d->arena,
		&d->enrollment, e) != 0)
		return -1;
	d->nchannels = pl_array_len(channels);
	if (d->nchannels < 1 || d->nchannels > DEVICE_CHANNELS)
		return err_set(e, ERR_BAD_INPUT, "%u channels", d->nchannels);
	for (unsigned i = 0; i < d->nchannels; i++)
		if (get_channel(pl_array_at(channels, i), d->arena,
			&d->channel[i], e) != 0)
			return -1;
	return 0;
}

int devfile_decode(struct bytes in, struct device **out, struct err *e)
{
	struct arena *keep = arena_new(), *tmp = arena_new();
	struct device *d = arena_zalloc(keep, sizeof(*d));
	struct pl_reader r;
	struct pl *root;
	int rc = -1;

	d->arena = keep;
	if (pl_parse(in, tmp, &root, e) == 0) {
		pl_read(&r, "device", root, keep);
		rc = get_device(&r, d, e);
	}
	arena_free(tmp);
	if (rc != 0)
		arena_free(keep);
	else
		*out = d;
	return rc;
}

void devfile_compact(struct device **d)
{
	struct arena *a;
	struct device *fresh;
	struct err e;

	if (arena_used((*d)->arena) < COMPACT_AT)
		return;
	a = arena_new();
	if (devfile_decode(devfile_encode(*d, a), &fresh, &e) == 0) {
		fresh->path = arena_strdup(fresh->arena, (*d)->path);
		fresh->dirty = (*d)->dirty;
		device_free(*d);
		*d = fresh;
	}
	arena_free(a);
}

/* --- the folder --- */

int devfile_open(const char *path, enum devfile_mode mode,
	struct devfile_dir *out, struct err *e)
{
	out->lock = -1;
	if (mode == DEVFILE_MAKE && file_mkdir(path, 0700, e) != 0)
		return -1;
	if (!file_exists(path))
		return err_set(e, ERR_NOT_FOUND, "%s: no such folder", path);
	if (mode != DEVFILE_READ) {
		struct arena *a = arena_new();

		out->lock = open(file_path(a, path, "lock"),
			O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		arena_free(a);
		if (out->lock < 0)
			return err_errno(e, ERR_INTERNAL, errno, "%s", path);
		if (flock(out->lock, LOCK_EX | LOCK_NB) != 0) {
			close(out->lock);
			return err_set(e, ERR_CONFLICT, "%s: in use by another "
				"mooring-device", path);
		}
	}
	out->path = strdup(path);
	if (out->path == NULL)
		abort();
	return 0;
}

void devfile_close(struct devfile_dir *dir)
{
	if (dir->lock >= 0)
		close(dir->lock);
	free(dir->path);
}

static char *path_of(const struct devfile_dir *dir, const char *id,
	struct arena *a)
{
	unsigned char md[DIGEST_LEN];
	char name[2 * 16 + sizeof(SUFFIX)];

	digest_sha256(bytes_str(id), md);
	enc_hex_to(name, md, 16);
	memcpy(name + 32, SUFFIX, sizeof(SUFFIX));
	return file_path(a, dir->path, name);
}

void devfile_bind(const struct devfile_dir *dir, struct device *d)
{
	d->path = path_of(dir, d->id, d->arena);
}

static int write_all(int fd, struct bytes b)
{
	while (b.n > 0) {
		ssize_t w = write(fd, b.p, b.n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -1;
		b = bytes_of(b.p + w, b.n - (size_t)w);
	}
	return 0;
}

int devfile_save(struct device *d, struct err *e)
{
	struct arena *a = arena_new();
	char *tmp = arena_printf(a, "%s.new", d->path);
	int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int rc = fd < 0 ? -1 : write_all(fd, devfile_encode(d, a));

	if (fd >= 0 && close(fd) != 0)
		rc = -1;
	if (rc == 0)
		rc = rename(tmp, d->path);
	if (rc != 0)
		err_errno(e, ERR_INTERNAL, errno, "%s", d->path);
	else
		d->dirty = false;
	arena_free(a);
	return rc;
}

static int load_path(const char *path, struct device **out, struct err *e)
{
	struct arena *a = arena_new();
	struct bytes in;
	int rc;

	*out = NULL;
	rc = file_read(path, FILE_BYTES_MAX, a, &in, e);
	if (rc == 0 && in.p != NULL) {
		rc = devfile_decode(in, out, e);
		if (rc == 0)
			(*out)->path = arena_strdup((*out)->arena, path);
		else
			err_wrap(e, "%s", path);
	}
	arena_free(a);
	return rc;
}

int devfile_load(const struct devfile_dir *dir, const char *id,
	struct device **out, struct err *e)
{
	struct arena *a = arena_new();
	int rc = load_path(path_of(dir, id, a), out, e);

	arena_free(a);
	return rc;
}

static int by_id(const void *a, const void *b)
{
	const struct device *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

static void list_add(struct devfile_list *l, struct device *d)
{
	if ((l->n & (l->n + 1)) == 0) {	/* 0, 1, 3, 7, …: full */
		l->at = realloc(l->at, (2 * l->n + 1) * sizeof(*l->at));
		if (l->at == NULL)
			abort();
	}
	l->at[l->n++] = d;
}

int devfile_load_all(const struct devfile_dir *dir, const char *prefix,
	size_t limit, struct devfile_list *out, struct err *e)
{
	DIR *folder = opendir(dir->path);
	struct arena *a;
	struct dirent *entry;
	int rc = 0;

	*out = (struct devfile_list){ NULL, 0 };
	if (folder == NULL)
		return err_errno(e, ERR_INTERNAL, errno, "%s", dir->path);
	a = arena_new();
	while (rc == 0 && (entry = readdir(folder)) != NULL) {
		struct device *d = NULL;

		if (!str_has_suffix(entry->d_name, SUFFIX))
			continue;
		rc = load_path(file_path(a, dir->path, entry->d_name), &d, e);
		if (d != NULL && prefix != NULL &&
			!str_has_prefix(d->id, prefix))
			device_free(d);
		else if (d != NULL)
			list_add(out, d);
	}
	closedir(folder);
	arena_free(a);
	if (rc != 0) {
		devfile_free_all(out);
		return -1;
	}
	if (out->n > 1)
		qsort(out->at, out->n, sizeof(*out->at), by_id);
	while (limit > 0 && out->n > limit)
		device_free(out->at[--out->n]);
	return 0;
}

void devfile_free_all(struct devfile_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		device_free(l->at[i]);
	free(l->at);
	*l = (struct devfile_list){ NULL, 0 };
}
