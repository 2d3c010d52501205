/* The dispatcher of commands: which RequestType exists where, NotNow and
 * Error by chance, and the short answers. The longer ones are in
 * respond_info.c, respond_apps.c and respond_profiles.c. */
#include "sim/respond.h"

#include <stddef.h>

#include "base/enc.h"
#include "crypto/digest.h"
#include "sim/message.h"

/* Where a command exists and when it may be put off. */
enum {
	IOS = PLATFORM_IOS, MAC = PLATFORM_MACOS, TV = PLATFORM_TVOS,
	VISION = PLATFORM_VISIONOS, ANY = PLATFORM_ANY,
	MAC_USER = 16, IPAD_USER = 32,	/* also on that user channel */
	NOW_IOS = 64, NOW_MAC = 128,	/* never answers NotNow there */
	NO_BYOD = 256,			/* not in a user enrollment */
	IPAD_SHARED = 512,		/* on iOS: Shared iPad only */
};

struct command {
	const char *type;
	unsigned where;
	void (*fn)(struct respond *r);	/* NULL: a bare Acknowledged */
};

static void device_lock(struct respond *r)
{
	if (r->d->model->platform == PLATFORM_IOS)
		pl_set_str(r->reply, "MessageResult", "Success");
}

static void erase_device(struct respond *r)
{
	r->after = RESPOND_ERASED;
}

static void device_configured(struct respond *r)
{
	r->d->awaiting_configuration = false;
	r->d->dirty = true;
}

static void clear_passcode(struct respond *r)
{
	struct bytes token;

	if (!pl_as_data(pl_dict_get(r->command, "UnlockToken"), r->arena,
		&token) || !bytes_eq(token, r->d->unlock_token))
		respond_error(r, "MCMDMErrorDomain", 12040,
			"The unlock token is not valid.");
}

static const struct command commands[] = {
	{ "DeviceInformation", ANY | MAC_USER | IPAD_USER | NOW_IOS,
		respond_device_information },
	{ "SecurityInfo", ANY | MAC_USER, respond_security_info },
	{ "InstalledApplicationList", ANY | MAC_USER | NOW_IOS,
		respond_installed_apps },
	{ "ProfileList", ANY | MAC_USER | IPAD_USER | NOW_IOS,
		respond_profile_list },
	{ "InstallProfile", ANY | MAC_USER | IPAD_USER,
		respond_install_profile },
	{ "RemoveProfile", ANY | MAC_USER | IPAD_USER,
		respond_remove_profile },
	{ "CertificateList", ANY | MAC_USER, respond_certificate_list },
	{ "ProvisioningProfileList", ANY | NOW_IOS,
		respond_provisioning_list },
	{ "Restrictions", IOS | TV | VISION | IPAD_USER | NOW_IOS,
		respond_restrictions },
	{ "ManagedApplicationList", ANY | MAC_USER, respond_managed_apps },
	{ "InstallApplication", ANY | MAC_USER, respond_install_app },
	{ "InstallEnterpriseApplication", MAC, NULL },
	{ "RemoveApplication", ANY, respond_remove_app },
	{ "Settings", ANY | MAC_USER | IPAD_USER, respond_settings },
	{ "UserList", IOS | MAC | NOW_MAC | NO_BYOD | IPAD_SHARED,
		respond_user_list },
	{ "DeviceLock", IOS | MAC | VISION | NOW_IOS | NOW_MAC, device_lock },
	{ "ClearPasscode", IOS | VISION | NOW_IOS | NO_BYOD, clear_passcode },
	{ "EraseDevice", ANY | NOW_IOS | NOW_MAC | NO_BYOD, erase_device },
	{ "RestartDevice", IOS | MAC | TV | NOW_MAC | NO_BYOD, NULL },
	{ "ShutDownDevice", IOS | MAC | NOW_MAC | NO_BYOD, NULL },
	{ "DeviceConfigured", ANY, device_configured },
	{ "UserConfigured", IOS | IPAD_USER, NULL },
	{ "AccountConfiguration", MAC, NULL },
	{ "EnableRemoteDesktop", MAC, NULL },
	{ "DisableRemoteDesktop", MAC, NULL },
	{ "DeclarativeManagement", ANY | MAC_USER | IPAD_USER, NULL },
};

static const struct command *find(const char *type)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (str_eq(commands[i].type, type))
			return &commands[i];
	return NULL;
}

void respond_error(struct respond *r, const char *domain, int64_t code,
	const char *text)
{
	struct pl *link = pl_add_dict(pl_set_array(r->reply, "ErrorChain"));

	pl_set_int(link, "ErrorCode", code);
	pl_set_str(link, "ErrorDomain", domain);
	pl_set_str(link, "LocalizedDescription", text);
	pl_set_str(link, "USEnglishDescription", text);
	r->status = "Error";
}

bool respond_wants(const struct respond *r, const char *key, const char *s)
{
	const struct pl *list = pl_dict_get(r->command, key);
	uint32_t n;

	if (list == NULL || pl_type(list) != PL_ARRAY)
		return true;
	n = pl_array_len(list);
	for (uint32_t i = 0; i < n; i++)
		if (str_eq(pl_as_str(pl_array_at(list, i)), s))
			return true;
	return n == 0;
}

const char *respond_text(const struct respond *r, const char *key)
{
	const struct pl *p = pl_dict_get(r->command, key);

	return p != NULL ? pl_as_str(p) : NULL;
}

/* Evenly spread over [0, 1), the same for the same question. */
static double chance(const struct device *d, const struct device_channel *ch,
	const struct respond_options *o, const char *uuid, const char *what)
{
	unsigned char number[16], md[DIGEST_LEN];
	struct bytes part[4];

	enc_be64(number, o->seed);
	enc_be64(number + 8, ch->answered * 2 + ch->is_user);
	part[0] = bytes_of(number, sizeof(number));
	part[1] = bytes_str(d->id);
	part[2] = bytes_str(uuid);
	part[3] = bytes_str(what);
	digest_parts(part, 4, md);
	return (double)(enc_unbe64(md) >> 11) / 9007199254740992.0;
}

static bool may_put_off(const struct device *d, const struct command *c)
{
	if (c == NULL)
		return false;
	if (d->model->platform == PLATFORM_MACOS)
		return (c->where & NOW_MAC) == 0;
	return (c->where & NOW_IOS) == 0;
}

static bool exists_here(const struct device *d,
	const struct device_channel *ch, const struct command *c)
{
	bool mac = d->model->platform == PLATFORM_MACOS;

	if ((c->where & d->model->platform) == 0)
		return false;
	if (ch->is_user)
		return (c->where & (mac ? MAC_USER : IPAD_USER)) != 0;
	if ((c->where & IPAD_SHARED) != 0 && !mac &&
		d->kind != ENROLLMENT_SHARED_IPAD)
		return false;
	return (c->where & NO_BYOD) == 0 || !device_is_byod(d);
}

static void run(struct respond *r, const char *type, const char *uuid,
	const struct respond_options *o)
{
	const struct command *c = find(type);

	if (c == NULL || !exists_here(r->d, r->ch, c)) {
		respond_error(r, "MCMDMErrorDomain", 12021,
			arena_printf(r->arena, "“%.200s” is not a valid "
				"request type%s.", type, c == NULL ? "" :
				" here"));
	} else if (may_put_off(r->d, c) &&
		chance(r->d, r->ch, o, uuid, "notnow") < o->notnow) {
		r->status = "NotNow";
	} else if (chance(r->d, r->ch, o, uuid, "error") < o->error) {
		respond_error(r, "MCMDMErrorDomain", 12018,
			"The operation could not be completed (simulated).");
	} else if (c->fn != NULL) {
		c->fn(r);
	}
}

static void finish(struct respond *r, struct response *out)
{
	message_ids(r->reply, r->d, r->ch);
	pl_set_str(r->reply, "CommandUUID", out->command_uuid);
	pl_set_str(r->reply, "Status", r->status);
	out->status = r->status;
	out->body = pl_xml(r->reply, r->arena);
}

int respond(struct device *d, struct device_channel *ch,
	struct bytes command, const struct respond_options *o,
	struct arena *a, struct response *out, struct err *e)
{
	struct respond r = { .d = d, .ch = ch, .arena = a,
		.status = "Acknowledged" };
	const char *uuid = NULL, *type = NULL;
	struct pl_reader top;
	struct pl *root;

	if (pl_parse(command, a, &root, e) != 0)
		return err_wrap(e, "the server's command");
	pl_read(&top, "the server's command", root, a);
	pl_str(&top, "CommandUUID", &uuid);
	if (pl_done(&top, e) != 0)
		return -1;
	r.reply = pl_new_dict(a);
	r.command = pl_dict_get(root, "Command");
	if (r.command != NULL && pl_type(r.command) == PL_DICT)
		type = respond_text(&r, "RequestType");
	if (type == NULL)
		r.status = "CommandFormatError";
	else
		run(&r, type, uuid, o);
	ch->answered++;
	out->command_uuid = uuid;
	out->request_type = type != NULL ? type : "?";
	out->after = r.after;
	out->renewal = r.renewal;
	finish(&r, out);
	return 0;
}

void respond_fail(struct device *d, struct device_channel *ch,
	struct response *out, const char *domain, int64_t code,
	const char *text, struct arena *a)
{
	struct respond r = { .d = d, .ch = ch, .arena = a,
		.reply = pl_new_dict(a) };

	respond_error(&r, domain, code, arena_strdup(a, text));
	finish(&r, out);
}
