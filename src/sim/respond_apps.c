/* Applications: what came with the device, what the server installed. */
#include "sim/respond.h"

#include <stddef.h>

#define APP_VERSION "1.0"

/* Sets only the keys that `Items` asks for. */
struct item {
	const struct respond *r;
	struct pl *out;
};

static void str(const struct item *i, const char *key, const char *s)
{
	if (respond_wants(i->r, "Items", key))
		pl_set_str(i->out, key, s);
}

static void num(const struct item *i, const char *key, int64_t n)
{
	if (respond_wants(i->r, "Items", key))
		pl_set_int(i->out, key, n);
}

static void yes_no(const struct item *i, const char *key, bool b)
{
	if (respond_wants(i->r, "Items", key))
		pl_set_bool(i->out, key, b);
}

static void put_app(const struct respond *r, struct pl *list,
	const struct catalog_app *app, bool managed)
{
	struct item i = { r, pl_add_dict(list) };

	str(&i, "Identifier", app->identifier);
	str(&i, "Name", app->name);
	str(&i, "Version", app->version);
	str(&i, "ShortVersion", app->short_version);
	num(&i, "BundleSize", (int64_t)app->bundle_kb * 1024);
	yes_no(&i, "Installing", false);
	if (r->d->model->platform == PLATFORM_MACOS)
		return;
	num(&i, "DynamicSize", (int64_t)app->data_kb * 1024);
	yes_no(&i, "IsValidated", true);
	yes_no(&i, "AppStoreVendable", true);
	yes_no(&i, "DeviceBasedVPP", managed);
	yes_no(&i, "BetaApp", false);
	yes_no(&i, "AdHocCodeSigned", false);
	yes_no(&i, "HasUpdateAvailable", false);
	yes_no(&i, "IsAppClip", false);
}

static const struct catalog_app *known(const struct respond *r,
	const char *identifier)
{
	const struct catalog_app *app;

	for (size_t i = 0; (app = catalog_app_at(i)) != NULL; i++)
		if (app->platform == r->d->model->platform &&
			str_eq(app->identifier, identifier))
			return app;
	return NULL;
}

void respond_installed_apps(struct respond *r)
{
	struct pl *list = pl_set_array(r->reply, "InstalledApplicationList");
	const struct catalog_app *app;
	bool managed_only = device_is_byod(r->d);

	pl_as_bool(pl_dict_get(r->command, "ManagedAppsOnly"), &managed_only);
	for (const struct device_app *m = r->ch->apps; m != NULL; m = m->next) {
		struct catalog_app made = { .identifier = m->identifier,
			.name = m->identifier, .version = APP_VERSION,
			.short_version = APP_VERSION, .bundle_kb = 20480,
			.data_kb = 64 };

		app = known(r, m->identifier);
		if (respond_wants(r, "Identifiers", m->identifier))
			put_app(r, list, app != NULL ? app : &made, true);
	}
	for (size_t i = 0; !managed_only &&
		(app = catalog_app_at(i)) != NULL; i++) {
		bool listed = false;

		for (const struct device_app *m = r->ch->apps; m; m = m->next)
			listed = listed || str_eq(m->identifier,
				app->identifier);
		if (!listed && app->platform == r->d->model->platform &&
			respond_wants(r, "Identifiers", app->identifier))
			put_app(r, list, app, false);
	}
}

void respond_managed_apps(struct respond *r)
{
	struct pl *out = pl_set_dict(r->reply, "ManagedApplicationList");

	for (const struct device_app *m = r->ch->apps; m != NULL; m = m->next) {
		struct pl *one;

		if (!respond_wants(r, "Identifiers", m->identifier))
			continue;
		one = pl_set_dict(out, m->identifier);
		pl_set_str(one, "Status", "Managed");
		pl_set_int(one, "ManagementFlags", 1);
		pl_set_bool(one, "HasConfiguration", false);
		pl_set_bool(one, "HasFeedback", false);
		if (r->d->model->platform != PLATFORM_MACOS)
			pl_set_bool(one, "IsValidated", true);
	}
}

/* Found by the end of the URL or the store's number where the command does
 * not say a bundle identifier. */
static const char *identifier_of(struct respond *r)
{
	const char *s = respond_text(r, "Identifier");
	int64_t n = 0;

	if (s != NULL && s[0] != '\0')
		return s;
	if (pl_as_int(pl_dict_get(r->command, "iTunesStoreID"), &n))
		return arena_printf(r->arena, "com.example.store.%lld",
			(long long)n);
	return respond_text(r, "ManifestURL") != NULL ?
		"com.example.enterprise" : NULL;
}

void respond_install_app(struct respond *r)
{
	const char *id = identifier_of(r);
	struct device_app **end = &r->ch->apps;

	if (id == NULL) {
		respond_error(r, "MCMDMErrorDomain", 12023,
			"The app is not named.");
		return;
	}
	while (*end != NULL && !str_eq((*end)->identifier, id))
		end = &(*end)->next;
	if (*end == NULL) {
		*end = arena_zalloc(r->d->arena, sizeof(**end));
		(*end)->identifier = arena_strdup(r->d->arena, id);
		r->d->dirty = true;
	}
	pl_set_str(r->reply, "Identifier", id);
	pl_set_str(r->reply, "State", "Installing");
}

void respond_remove_app(struct respond *r)
{
	const char *id = respond_text(r, "Identifier");

	for (struct device_app **at = &r->ch->apps; *at; at = &(*at)->next)
		if (str_eq((*at)->identifier, id)) {
			*at = (*at)->next;
			r->d->dirty = true;
			return;
		}
	respond_error(r, "MCMDMErrorDomain", 12024,
		"The app is not managed.");
}
