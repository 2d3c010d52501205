/* What a device tells about itself: DeviceInformation, SecurityInfo,
 * Restrictions, UserList; and Settings, which changes some of it. */
#include "sim/respond.h"

#include <stddef.h>
#include <string.h>

enum {
	IOS = PLATFORM_IOS, MAC = PLATFORM_MACOS, TV = PLATFORM_TVOS,
	VISION = PLATFORM_VISIONOS, ANY = PLATFORM_ANY,
	CELLULAR = 16,		/* only with a modem */
	OWNED = 32,		/* not told in a user enrollment */
};

enum value { TEXT, FIELD, MODEL, NO, YES, INTEGER, MAC_ADDRESS, SPECIAL };

struct query {
	const char *key;
	unsigned where;
	enum value value;
	const char *text;	/* TEXT; the name that a MAC_ADDRESS is for */
	size_t number;		/* INTEGER; an offset for FIELD and MODEL */
	void (*fn)(const struct respond *r, struct pl *out, const char *key);
};

static void capacity(const struct respond *r, struct pl *out, const char *key)
{
	pl_set_real(out, key, (double)r->d->model->gigabytes);
}

static void free_capacity(const struct respond *r, struct pl *out,
	const char *key)
{
	double part = (double)(device_number(r->d, key) % 80 + 10) / 100;

	pl_set_real(out, key, (double)r->d->model->gigabytes * part);
}

static void battery_level(const struct respond *r, struct pl *out,
	const char *key)
{
	double percent = (double)(device_number(r->d, key) % 80 + 20);

	pl_set_real(out, key, r->d->model->battery ? percent / 100 : -1);
}

static void has_battery(const struct respond *r, struct pl *out,
	const char *key)
{
	pl_set_bool(out, key, r->d->model->battery);
}

static void supervised(const struct respond *r, struct pl *out,
	const char *key)
{
	pl_set_bool(out, key, r->d->supervised);
}

static void awaiting(const struct respond *r, struct pl *out, const char *key)
{
	pl_set_bool(out, key, r->d->awaiting_configuration);
}

static void multi_user(const struct respond *r, struct pl *out,
	const char *key)
{
	pl_set_bool(out, key, r->d->kind == ENROLLMENT_SHARED_IPAD);
}

static void push_token(const struct respond *r, struct pl *out,
	const char *key)
{
	if (r->ch->token.p != NULL)
		pl_set_data(out, key, r->ch->token);
}

static void empty_dict(const struct respond *r, struct pl *out,
	const char *key)
{
	(void)r;
	pl_set_dict(out, key);
}

static void host_name(const struct respond *r, struct pl *out,
	const char *key)
{
	pl_set_str(out, key, r->d->host_name != NULL ? r->d->host_name :
		arena_printf(r->arena, "%s.local", r->d->serial));
}

static void managed_users(const struct respond *r, struct pl *out,
	const char *key)
{
	struct pl *list = pl_set_array(out, key);

	if (r->d->kind == ENROLLMENT_USER)
		pl_add_str(list, r->d->user_id);
}

static void subscriptions(const struct respond *r, struct pl *out,
	const char *key)
{
	struct pl *s = pl_add_dict(pl_set_array(out, key));

	pl_set_str(s, "Label", "Primary");
	pl_set_str(s, "Slot", "CTSubscriptionSlotOne");
	pl_set_str(s, "CurrentCarrierNetwork", "Example Mobile");
	pl_set_str(s, "CarrierSettingsVersion", "62.0");
	pl_set_bool(s, "IsDataPreferred", true);
	pl_set_bool(s, "IsVoicePreferred", true);
	pl_set_bool(s, "IsRoaming", false);
	if (r->d->imei != NULL && !device_is_byod(r->d))
		pl_set_str(s, "IMEI", r->d->imei);
}

#define DEVICE(field) FIELD, NULL, offsetof(struct device, field), NULL
#define MODEL_OF(field) MODEL, NULL, \
	offsetof(struct catalog_model, field), NULL
#define FN(f) SPECIAL, NULL, 0, f
#define BOOL(b) b, NULL, 0, NULL
#define INT(n) INTEGER, NULL, n, NULL
#define STR(s) TEXT, s, 0, NULL
#define ADDRESS(name) MAC_ADDRESS, name, 0, NULL

static const struct query queries[] = {
	{ "UDID", ANY | OWNED, DEVICE(id) },
	{ "ProvisioningUDID", MAC | OWNED, DEVICE(id) },
	{ "DeviceName", ANY, DEVICE(name) },
	{ "OSVersion", ANY, DEVICE(os_version) },
	{ "BuildVersion", ANY, DEVICE(build_version) },
	{ "SupplementalBuildVersion", ANY, DEVICE(build_version) },
	{ "ModelName", ANY, MODEL_OF(model_name) },
	{ "Model", IOS | MAC | TV, MODEL_OF(model) },
	{ "ModelNumber", ANY, MODEL_OF(model) },
	{ "ProductName", ANY, MODEL_OF(product_name) },
	{ "SerialNumber", ANY | OWNED, DEVICE(serial) },
	{ "IMEI", IOS | CELLULAR | OWNED, DEVICE(imei) },
	{ "MEID", IOS | CELLULAR | OWNED, DEVICE(meid) },
	{ "IsAppleSilicon", MAC, BOOL(YES) },
	{ "DeviceCapacity", IOS | MAC | VISION, FN(capacity) },
	{ "AvailableDeviceCapacity", IOS | MAC | VISION, FN(free_capacity) },
	{ "BatteryLevel", IOS | MAC | VISION, FN(battery_level) },
	{ "HasBattery", MAC, FN(has_battery) },
	{ "IsSupervised", ANY, FN(supervised) },
	{ "IsMultiUser", IOS, FN(multi_user) },
	{ "IsActivationLockEnabled", IOS | MAC, BOOL(NO) },
	{ "IsActivationLockSupported", MAC, BOOL(YES) },
	{ "IsDeviceLocatorServiceEnabled", IOS | VISION, BOOL(NO) },
	{ "IsCloudBackupEnabled", IOS | VISION, BOOL(NO) },
	{ "IsDoNotDisturbInEffect", IOS | VISION, BOOL(NO) },
	{ "IsMDMLostModeEnabled", IOS, BOOL(NO) },
	{ "IsNetworkTethered", IOS, BOOL(NO) },
	{ "IsRoaming", IOS | CELLULAR, BOOL(NO) },
	{ "AwaitingConfiguration", ANY, FN(awaiting) },
	{ "iTunesStoreAccountIsActive", IOS | MAC | TV, BOOL(NO) },
	{ "DiagnosticSubmissionEnabled", IOS | VISION, BOOL(NO) },
	{ "AppAnalyticsEnabled", IOS | VISION, BOOL(NO) },
	{ "DataRoamingEnabled", IOS | CELLULAR, BOOL(NO) },
	{ "VoiceRoamingEnabled", IOS | CELLULAR, BOOL(NO) },
	{ "PersonalHotspotEnabled", IOS | CELLULAR, BOOL(NO) },
	{ "CellularTechnology", IOS | CELLULAR, INT(3) },
	{ "ModemFirmwareVersion", IOS | CELLULAR, STR("2.55.00") },
	{ "ServiceSubscriptions", IOS | CELLULAR, FN(subscriptions) },
	{ "OrganizationInfo", IOS | MAC | TV, FN(empty_dict) },
	{ "MDMOptions", IOS | MAC | TV, FN(empty_dict) },
	{ "HostName", MAC, FN(host_name) },
	{ "LocalHostName", MAC, FN(host_name) },
	{ "TimeZone", IOS | TV | VISION, STR("Europe/Zurich") },
	{ "WiFiMAC", ANY | OWNED, ADDRESS("wifi") },
	{ "BluetoothMAC", ANY | OWNED, ADDRESS("bluetooth") },
	{ "EthernetMAC", MAC | OWNED, ADDRESS("ethernet") },
	{ "SystemIntegrityProtectionEnabled", MAC, BOOL(YES) },
	{ "SupportsLOMDevice", MAC, BOOL(NO) },
	{ "SupportsiOSAppInstalls", MAC, BOOL(YES) },
	{ "PINRequiredForEraseDevice", MAC, BOOL(NO) },
	{ "PINRequiredForDeviceLock", MAC, BOOL(NO) },
	{ "ActiveManagedUsers", MAC, FN(managed_users) },
	{ "SoftwareUpdateDeviceID", IOS | MAC | VISION,
		MODEL_OF(product_name) },
	{ "EACSPreflight", MAC, STR("success") },
	{ "PushToken", IOS | MAC, FN(push_token) },
};

static void put_mac_address(const struct respond *r, struct pl *out,
	const struct query *q)
{
	uint64_t n = device_number(r->d, q->text);

	/* Locally administered, so that it is nobody's. */
	pl_set_str(out, q->key, arena_printf(r->arena,
		"02:%02x:%02x:%02x:%02x:%02x", (unsigned)(n & 255),
		(unsigned)(n >> 8 & 255), (unsigned)(n >> 16 & 255),
		(unsigned)(n >> 24 & 255), (unsigned)(n >> 32 & 255)));
}

static void put_field(struct pl *out, const char *key, const void *object,
	size_t at)
{
	const char *s;

	memcpy(&s, (const char *)object + at, sizeof(s));
	if (s != NULL)
		pl_set_str(out, key, s);
}

static void put(const struct respond *r, struct pl *out,
	const struct query *q)
{
	switch (q->value) {
	case TEXT:
		pl_set_str(out, q->key, q->text);
		return;
	case FIELD:
		put_field(out, q->key, r->d, q->number);
		return;
	case MODEL:
		put_field(out, q->key, r->d->model, q->number);
		return;
	case NO:
	case YES:
		pl_set_bool(out, q->key, q->value == YES);
		return;
	case INTEGER:
		pl_set_int(out, q->key, (int64_t)q->number);
		return;
	case MAC_ADDRESS:
		put_mac_address(r, out, q);
		return;
	case SPECIAL:
		q->fn(r, out, q->key);
		return;
	}
}

static bool tells(const struct device *d, unsigned where)
{
	return (where & d->model->platform) != 0 &&
		((where & CELLULAR) == 0 || d->model->cellular) &&
		((where & OWNED) == 0 || !device_is_byod(d));
}

void respond_device_information(struct respond *r)
{
	struct pl *out = pl_set_dict(r->reply, "QueryResponses");

	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
		if (tells(r->d, queries[i].where) &&
			respond_wants(r, "Queries", queries[i].key))
			put(r, out, &queries[i]);
}

static void security_of_mac(const struct respond *r, struct pl *out)
{
	struct pl *d;

	pl_set_bool(out, "FDE_Enabled", true);
	pl_set_bool(out, "FDE_HasPersonalRecoveryKey", true);
	pl_set_bool(out, "FDE_HasInstitutionalRecoveryKey", false);
	pl_set_bool(out, "SystemIntegrityProtectionEnabled", true);
	pl_set_bool(out, "AuthenticatedRootVolumeEnabled", true);
	pl_set_bool(out, "RemoteDesktopEnabled", false);
	pl_set_bool(out, "IsRecoveryLockEnabled", false);
	pl_set_str(out, "BootstrapTokenAllowedForAuthentication",
		r->d->supervised ? "allowed" : "not supported");
	pl_set_bool(out, "BootstrapTokenRequiredForSoftwareUpdate", true);
	d = pl_set_dict(out, "FirewallSettings");
	pl_set_bool(d, "FirewallEnabled", true);
	pl_set_bool(d, "BlockAllIncoming", false);
	pl_set_bool(d, "StealthMode", false);
	pl_set_array(d, "Applications");
	d = pl_set_dict(out, "SecureBoot");
	pl_set_str(d, "SecureBootLevel", "full");
	pl_set_str(d, "ExternalBootLevel", "disallowed");
	d = pl_set_dict(out, "FirmwarePasswordStatus");
	pl_set_bool(d, "PasswordExists", false);
	pl_set_bool(d, "ChangePending", false);
	d = pl_set_dict(out, "ManagementStatus");
	pl_set_bool(d, "EnrolledViaDEP", false);
	pl_set_bool(d, "UserApprovedEnrollment", true);
	pl_set_bool(d, "IsUserEnrollment", device_is_byod(r->d));
}

void respond_security_info(struct respond *r)
{
	struct pl *out = pl_set_dict(r->reply, "SecurityInfo");

	if (r->d->model->platform == PLATFORM_MACOS) {
		security_of_mac(r, out);
		return;
	}
	pl_set_int(out, "HardwareEncryptionCaps", 3);
	pl_set_bool(out, "PasscodePresent",
		r->d->model->platform != PLATFORM_TVOS);
	pl_set_bool(out, "PasscodeCompliant", true);
	pl_set_bool(out, "PasscodeCompliantWithProfiles", true);
	pl_set_int(out, "PasscodeLockGracePeriod", 0);
	pl_set_int(out, "PasscodeLockGracePeriodEnforced", 0);
	if (r->d->model->platform == PLATFORM_IOS)
		pl_set_int(out, "AutoLockTime", 30);
	pl_set_bool(pl_set_dict(out, "ManagementStatus"),
		"IsUserEnrollment", device_is_byod(r->d));
}

void respond_restrictions(struct respond *r)
{
	struct pl *out = pl_set_dict(r->reply, "GlobalRestrictions");
	struct pl *bools = pl_set_dict(out, "restrictedBool");
	struct pl *values = pl_set_dict(out, "restrictedValue");
	bool each = false;

	pl_set_bool(pl_set_dict(bools, "allowCamera"), "value", true);
	pl_set_bool(pl_set_dict(bools, "allowAppInstallation"), "value",
		true);
	pl_set_int(pl_set_dict(values, "maxInactivity"), "value", 2147483647);
	pl_as_bool(pl_dict_get(r->command, "ProfileRestrictions"), &each);
	if (each)
		pl_set_dict(r->reply, "ProfileRestrictions");
}

void respond_user_list(struct respond *r)
{
	struct pl *list = pl_set_array(r->reply, "Users");
	const struct device *d = r->d;
	struct pl *u = pl_add_dict(list);

	pl_set_str(u, "UserName", d->user_short_name != NULL ?
		d->user_short_name : "admin");
	pl_set_bool(u, "IsLoggedIn", true);
	if (d->model->platform != PLATFORM_MACOS) {
		pl_set_bool(u, "HasDataToSync", false);
		pl_set_int(u, "DataQuota", 2000000000);
		pl_set_int(u, "DataUsed", 81920000);
		return;
	}
	pl_set_str(u, "FullName", d->user_long_name != NULL ?
		d->user_long_name : "Administrator");
	pl_set_int(u, "UID", 501);
	pl_set_str(u, "UserGUID", d->user_id != NULL ? d->user_id :
		"A1A1A1A1-0000-4000-8000-000000000501");
	pl_set_bool(u, "MobileAccount", false);
	pl_set_bool(u, "HasSecureToken", true);
}

static const char *text(const struct pl *dict, const char *key)
{
	const struct pl *p = pl_dict_get(dict, key);

	return p != NULL ? pl_as_str(p) : NULL;
}

/* One entry in the answer per item of the command. */
void respond_settings(struct respond *r)
{
	const struct pl *items = pl_dict_get(r->command, "Settings");
	struct device *d = r->d;
	struct pl *out;

	if (items == NULL || pl_type(items) != PL_ARRAY) {
		r->status = "CommandFormatError";
		return;
	}
	out = pl_set_array(r->reply, "Settings");
	for (uint32_t i = 0; i < pl_array_len(items); i++) {
		const struct pl *item = pl_array_at(items, i);
		struct pl *one = pl_add_dict(out);
		const char *what = NULL, *name = NULL;

		if (pl_type(item) == PL_DICT) {
			what = text(item, "Item");
			name = text(item, what != NULL ? what : "");
		}
		pl_set_str(one, "Status", what != NULL ? "Acknowledged" :
			"Error");
		if (name != NULL && str_eq(what, "DeviceName"))
			d->name = arena_strdup(d->arena, name);
		else if (name != NULL && str_eq(what, "HostName"))
			d->host_name = arena_strdup(d->arena, name);
		if (what != NULL)
			pl_set_str(one, "Item", what);
	}
	d->dirty = true;
}
