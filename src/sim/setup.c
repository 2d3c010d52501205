/* From the command line to devices: which ones, and where they turn to. */
#include "sim/setup.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#define TOPIC "com.apple.mgmt.External.simulated"

static const struct kind {
	const char *name;
	enum enrollment_kind kind;
} kinds[] = {
	{ "device", ENROLLMENT_DEVICE },
	{ "user", ENROLLMENT_USER },
	{ "shared-ipad", ENROLLMENT_SHARED_IPAD },
	{ "byod-device", ENROLLMENT_BYOD_DEVICE },
	{ "byod-user", ENROLLMENT_BYOD_USER },
};
#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *setup_kind_name(enum enrollment_kind k)
{
	for (size_t i = 0; i < NKINDS; i++)
		if (kinds[i].kind == k)
			return kinds[i].name;
	return "?";
}

static int auth_of(const char *s, enum device_auth *out, struct err *e)
{
	if (str_eq(s, "tls"))
		*out = DEVICE_AUTH_TLS;
	else if (str_eq(s, "signature"))
		*out = DEVICE_AUTH_SIGNATURE;
	else if (str_eq(s, "both"))
		*out = DEVICE_AUTH_TLS | DEVICE_AUTH_SIGNATURE;
	else if (str_eq(s, "none"))
		*out = DEVICE_AUTH_NONE;
	else
		return err_set(e, ERR_BAD_INPUT, "--auth: tls, signature, "
			"both or none, not %s", s);
	return 0;
}

static int wish_of(const struct options *o, struct device_wish *w,
	struct err *e)
{
	const char *kind = o->kind != NULL ? o->kind : "device";

	*w = (struct device_wish){ .id = o->udid, .serial = o->serial,
		.name = o->name, .os_version = o->os_version,
		.build_version = o->build_version,
		.user_short_name = o->user, .prefix = o->prefix };
	for (size_t i = 0; i < NKINDS; i++)
		if (str_eq(kinds[i].name, kind))
			w->kind = kinds[i].kind;
	if (w->kind == 0)
		return err_set(e, ERR_BAD_INPUT, "--kind: device, user, "
			"shared-ipad, byod-device or byod-user, not %s", kind);
	if (o->model != NULL && (w->model = catalog_find(o->model)) == NULL)
		return err_set(e, ERR_BAD_INPUT, "--model: no model %s",
			o->model);
	if (w->model != NULL && enrollment_kind_is_user(w->kind) &&
		w->model->platform != device_default_model(w->kind)->platform)
		return err_set(e, ERR_BAD_INPUT, "--model %s: not for the "
			"kind %s", o->model, kind);
	if (o->key_type != NULL && !str_eq(o->key_type, "ec") &&
		!str_eq(o->key_type, "rsa"))
		return err_set(e, ERR_BAD_INPUT, "--key-type: ec or rsa");
	return 0;
}

/* With a profile only what holds before it is there: what the device has now
 * stays until the profile is installed. */
static void point_by_profile(struct device *d, const char *ca)
{
	d->base_ca_file = arena_strdup(d->arena, ca);
}

static void point_by_options(const struct options *o, struct device *d,
	const char *ca)
{
	if (o->url != NULL)
		d->url = arena_strdup(d->arena, o->url);
	if (o->url != NULL || o->checkin_url != NULL)
		d->checkin_url = arena_strdup(d->arena, o->checkin_url);
	if (o->topic != NULL || d->topic == NULL)
		d->topic = arena_strdup(d->arena, o->topic != NULL ?
			o->topic : TOPIC);
	if (o->command == OPTIONS_ENROLL) {
		d->awaiting_configuration = o->awaiting;
		d->enrollment = NULL;
	}
	if (ca != NULL)
		d->ca_file = arena_strdup(d->arena, ca);
}

int setup_point_at(const struct options *o, struct device *d,
	struct err *e)
{
	char real[PATH_MAX];

	if (o->ca != NULL && realpath(o->ca, real) == NULL)
		return err_errno(e, ERR_BAD_INPUT, errno, "%s", o->ca);
	if (o->profile != NULL)
		point_by_profile(d, o->ca != NULL ? real : NULL);
	else
		point_by_options(o, d, o->ca != NULL ? real : NULL);
	return o->auth != NULL ? auth_of(o->auth, &d->auth, e) : 0;
}

static int make_one(const struct devfile_dir *dir, const struct options *o,
	const struct device_wish *w, struct device **out, struct err *e)
{
	struct arena *a = arena_new();
	const char *id = device_wish_id(w, a);
	int rc = 0;

	*out = NULL;
	if (id != NULL)
		rc = devfile_load(dir, id, out, e);
	/* Another kind under the same id is another device. */
	if (*out != NULL && o->kind != NULL && (*out)->kind != w->kind) {
		device_free(*out);
		*out = NULL;
	}
	if (*out != NULL)
		device_rename(*out, w);
	if (rc == 0 && *out == NULL) {
		*out = device_new(w);
		devfile_bind(dir, *out);
	}
	arena_free(a);
	return rc;
}

/* The devices of an enroll: known ones go on with their identity. */
int setup_make(const struct devfile_dir *dir, const struct options *o,
	struct devfile_list *l, struct err *e)
{
	size_t n = o->count > 0 ? o->count : 1;
	struct device_wish w;

	if (wish_of(o, &w, e) != 0)
		return -1;
	l->at = calloc(n, sizeof(struct device *));
	if (l->at == NULL)
		abort();
	for (; l->n < n; l->n++) {
		w.index = l->n + 1;
		if (make_one(dir, o, &w, &l->at[l->n], e) != 0)
			return -1;
	}
	return 0;
}

int setup_choose(const struct devfile_dir *dir, const struct options *o,
	struct devfile_list *l, struct err *e)
{
	struct device *d;

	if (o->udid == NULL) {
		struct arena *a = arena_new();
		int rc = devfile_load_all(dir, o->prefix == NULL ? NULL :
			arena_printf(a, "%s-", o->prefix), o->count, l, e);

		arena_free(a);
		if (rc != 0)
			return -1;
		if (l->n == 0 && o->command != OPTIONS_LIST)
			return err_set(e, ERR_NOT_FOUND,
				"%s: no such device in it", o->state);
		return 0;
	}
	if (devfile_load(dir, o->udid, &d, e) != 0)
		return -1;
	if (d == NULL)
		return err_set(e, ERR_NOT_FOUND, "%s: no device %s", o->state,
			o->udid);
	l->at = calloc(1, sizeof(struct device *));
	if (l->at == NULL)
		abort();
	l->at[l->n++] = d;
	return 0;
}
