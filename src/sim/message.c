/* Check-in messages and the Idle message of a simulated device. */
#include "sim/message.h"

#include <string.h>

static void set(struct pl *dict, const char *key, const char *s)
{
	if (s != NULL)
		pl_set_str(dict, key, s);
}

void message_ids(struct pl *dict, const struct device *d,
	const struct device_channel *ch)
{
	pl_set_str(dict, device_is_byod(d) ? "EnrollmentID" : "UDID", d->id);
	if (!ch->is_user)
		return;
	if (d->kind == ENROLLMENT_BYOD_USER)
		set(dict, "EnrollmentUserID", d->user_id);
	else
		set(dict, "UserID", d->user_id);
	set(dict, "UserShortName", d->user_short_name);
	set(dict, "UserLongName", d->user_long_name);
	if (d->model->platform == PLATFORM_MACOS)
		pl_set_bool(dict, "NotOnConsole", false);
}

static struct pl *checkin(const struct device *d,
	const struct device_channel *ch, const char *type, struct arena *a)
{
	struct pl *m = pl_new_dict(a);

	pl_set_str(m, "MessageType", type);
	set(m, "Topic", d->topic);
	message_ids(m, d, ch);
	return m;
}

/* "18.1 (a)" is 18.1 with a Rapid Security Response. */
static const char *extra(const struct device *d)
{
	return strstr(d->os_version, " (");
}

static const char *os_version(const struct device *d, struct arena *a)
{
	const char *end = extra(d);

	return end == NULL ? d->os_version : arena_str(a, bytes_of(
		d->os_version, (size_t)(end - d->os_version)));
}

struct bytes message_authenticate(const struct device *d, struct arena *a)
{
	struct pl *m = checkin(d, &d->channel[0], "Authenticate", a);

	if (device_may(d, DEVICE_RIGHT_INFORMATION)) {
		set(m, "OSVersion", os_version(d, a));
		set(m, "BuildVersion", d->build_version);
		set(m, "ProductName", d->model->product_name);
	}
	if (!device_is_byod(d) && device_may(d, DEVICE_RIGHT_INFORMATION)) {
		set(m, "SerialNumber", d->serial);
		set(m, "IMEI", d->imei);
		set(m, "MEID", d->meid);
	}
	if (d->model->platform == PLATFORM_MACOS) {
		set(m, "DeviceName", d->name);
		set(m, "Model", d->model->model);
		set(m, "ModelName", d->model->model_name);
	}
	return pl_xml(m, a);
}

struct bytes message_token_update(const struct device *d,
	const struct device_channel *ch, struct arena *a)
{
	struct pl *m = checkin(d, ch, "TokenUpdate", a);

	pl_set_data(m, "Token", ch->token);
	set(m, "PushMagic", ch->push_magic);
	if (!ch->is_user) {
		if (d->unlock_token.p != NULL &&
			device_may(d, DEVICE_RIGHT_LOCK))
			pl_set_data(m, "UnlockToken", d->unlock_token);
		pl_set_bool(m, "AwaitingConfiguration",
			d->awaiting_configuration);
	}
	return pl_xml(m, a);
}

struct bytes message_check_out(const struct device *d, struct arena *a)
{
	return pl_xml(checkin(d, &d->channel[0], "CheckOut", a), a);
}

struct bytes message_idle(const struct device *d,
	const struct device_channel *ch, struct arena *a)
{
	struct pl *m = pl_new_dict(a);

	pl_set_str(m, "Status", "Idle");
	message_ids(m, d, ch);
	return pl_xml(m, a);
}

struct bytes message_machine_info(const struct device *d, bool can_update,
	struct arena *a)
{
	struct pl *m = pl_new_dict(a);

	set(m, "UDID", d->id);
	set(m, "SERIAL", d->serial);
	set(m, "PRODUCT", d->model->product_name);
	set(m, "VERSION", d->build_version);
	set(m, "OS_VERSION", os_version(d, a));
	if (extra(d) != NULL)
		set(m, "SUPPLEMENTAL_OS_VERSION_EXTRA", extra(d) + 1);
	set(m, "SUPPLEMENTAL_BUILD_VERSION", d->build_version);
	set(m, "IMEI", d->imei);
	set(m, "MEID", d->meid);
	set(m, "LANGUAGE", "en");
	pl_set_bool(m, "MDM_CAN_REQUEST_SOFTWARE_UPDATE", can_update);
	return pl_xml(m, a);
}
