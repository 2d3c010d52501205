/* Check-in messages: property list to typed message. One case for each
 * MessageType; no rules. */
#include "mdm/checkin_msg.h"

#include "codec/pl.h"
#include "mdm/msg_ids.h"

static void read_authenticate(struct pl_reader *r, struct checkin_msg *m)
{
	pl_str(r, "Topic", &m->topic);
	pl_str_opt(r, "SerialNumber", &m->serial);
	pl_str_opt(r, "DeviceName", &m->device_name);
	pl_str_opt(r, "Model", &m->model);
	pl_str_opt(r, "ModelName", &m->model_name);
	pl_str_opt(r, "ProductName", &m->product_name);
	pl_str_opt(r, "OSVersion", &m->os_version);
	pl_str_opt(r, "BuildVersion", &m->build_version);
	pl_str_opt(r, "IMEI", &m->imei);
	pl_str_opt(r, "MEID", &m->meid);
}

static void read_token_update(struct pl_reader *r, struct checkin_msg *m)
{
	pl_str(r, "Topic", &m->topic);
	pl_data(r, "Token", &m->token);
	pl_str(r, "PushMagic", &m->push_magic);
	pl_data_opt(r, "UnlockToken", &m->unlock_token);
	m->has_awaiting_configuration = pl_has(r, "AwaitingConfiguration");
	pl_bool_opt(r, "AwaitingConfiguration", &m->awaiting_configuration);
	pl_bool_opt(r, "NotOnConsole", &m->not_on_console);
}

static void read_check_out(struct pl_reader *r, struct checkin_msg *m)
{
	pl_str(r, "Topic", &m->topic);
}

static void read_user_authenticate(struct pl_reader *r, struct checkin_msg *m)
{
	const char *digest = NULL;

	(void)m;
	pl_str_opt(r, "DigestResponse", &digest);
}

enum channels { ON_DEVICE = 1, ON_USER = 2 };

static const struct {
	const char *name;
	enum checkin_type type;
	unsigned channels;
	void (*read)(struct pl_reader *r, struct checkin_msg *m);
} types[] = {
	{ "Authenticate", CHECKIN_AUTHENTICATE, ON_DEVICE, read_authenticate },
	{ "TokenUpdate", CHECKIN_TOKEN_UPDATE, ON_DEVICE | ON_USER,
		read_token_update },
	{ "CheckOut", CHECKIN_CHECK_OUT, ON_DEVICE, read_check_out },
	{ "UserAuthenticate", CHECKIN_USER_AUTHENTICATE, ON_USER,
		read_user_authenticate },
};

static int check_channel(unsigned channels, const struct checkin_msg *m,
	struct err *e)
{
	bool user = enrollment_kind_is_user(m->id.kind);

	if (channels & (user ? ON_USER : ON_DEVICE))
		return 0;
	return err_set(e, ERR_BAD_INPUT, "%s is not sent on the %s channel",
		m->type_name, user ? "user" : "device");
}

static int check_texts(const struct checkin_msg *m, struct err *e)
{
	const struct {
		const char *key, *text;
	} texts[] = {
		{ "Topic", m->topic }, { "PushMagic", m->push_magic },
		{ "SerialNumber", m->serial }, { "DeviceName", m->device_name },
		{ "Model", m->model }, { "ModelName", m->model_name },
		{ "ProductName", m->product_name }, { "OSVersion", m->os_version },
		{ "BuildVersion", m->build_version }, { "IMEI", m->imei },
		{ "MEID", m->meid }, { "UserID", m->ids.user_id },
		{ "EnrollmentUserID", m->ids.enrollment_user_id },
		{ "UserShortName", m->ids.user_short_name },
		{ "UserLongName", m->ids.user_long_name },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t n = bytes_str(texts[i].text).n;

		if (n > CHECKIN_TEXT_MAX)
			return err_set(e, ERR_BAD_INPUT, "%s: %s: %zu bytes, at most %d",
				m->type_name, texts[i].key, n, CHECKIN_TEXT_MAX);
	}
	return 0;
}

static int read_message(const struct pl *root, struct arena *a,
	struct checkin_msg *out, struct err *e)
{
	const char *name = NULL;
	struct pl_reader r;

	pl_read(&r, "check-in", root, a);
	pl_str(&r, "MessageType", &name);
	if (pl_done(&r, e) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!str_eq(name, types[i].name))
			continue;
		out->type = types[i].type;
		out->type_name = types[i].name;
		pl_read(&r, types[i].name, root, a);
		msg_ids_read(&r, &out->ids);
		types[i].read(&r, out);
		if (pl_done(&r, e) < 0)
			return -1;
		if (enrollment_identify(&out->ids, &out->id, e) < 0)
			return err_wrap(e, "%s", types[i].name);
		if (check_channel(types[i].channels, out, e) < 0)
			return -1;
		return check_texts(out, e);
	}
	return err_set(e, ERR_BAD_INPUT, "MessageType: \"%.64s\" is not known", name);
}

int checkin_msg_parse(struct bytes body, struct arena *a,
	struct checkin_msg *out, struct err *e)
{
	/* The tree goes before the request waits for the store. */
	struct arena *tree = arena_new();
	struct pl *root;
	int rc = pl_parse(body, tree, &root, e);

	*out = (struct checkin_msg){ 0 };
	if (rc == 0)
		rc = read_message(root, a, out, e);
	arena_free(tree);
	return rc;
}
