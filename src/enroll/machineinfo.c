/* MachineInfo: bytes to facts. What follows from them is policy.c's. */
#include "enroll/machineinfo.h"

#include <string.h>

#include "base/enc.h"
#include "codec/pl.h"
#include "crypto/cert.h"
#include "crypto/cms.h"
#include "model/enrollment.h"

#define BODY_MAX ((size_t)64 << 10)
#define TEXT_MAX 255	/* a UDID may be as long as any id */

/* They come into answers and logs. */
static int check_text(const char *key, const char *text, size_t max,
	struct err *e)
{
	if (text == NULL)
		return 0;
	if (strlen(text) > max)
		return err_set(e, ERR_BAD_INPUT, "MachineInfo: %s: longer than "
			"%zu bytes", key, max);
	for (const char *s = text; *s != '\0'; s++)
		if (str_control(s, strlen(s)) > 0)
			return err_set(e, ERR_BAD_INPUT, "MachineInfo: %s: holds "
				"a control character", key);
	return 0;
}

static int check(const struct machineinfo *mi, struct err *e)
{
	const struct {
		const char *key, *text;
	} rows[] = {
		{ "SERIAL", mi->serial }, { "PRODUCT", mi->product },
		{ "VERSION", mi->version }, { "OS_VERSION", mi->os_version },
		{ "SUPPLEMENTAL_BUILD_VERSION", mi->supplemental_build },
		{ "SUPPLEMENTAL_OS_VERSION_EXTRA", mi->supplemental_extra },
		{ "IMEI", mi->imei }, { "MEID", mi->meid },
		{ "LANGUAGE", mi->language }, { "SOFTWARE_UPDATE_DEVICE_ID",
			mi->software_update_device_id },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (check_text(rows[i].key, rows[i].text, TEXT_MAX, e) < 0)
			return -1;
	if (mi->udid != NULL && strlen(mi->udid) > ENROLLMENT_ID_MAX)
		return err_set(e, ERR_BAD_INPUT, "MachineInfo: UDID: longer "
			"than %d bytes", ENROLLMENT_ID_MAX);
	return 0;
}

static int parse(struct bytes plist, enum machineinfo_how how, struct arena *a,
	struct machineinfo *out, struct err *e)
{
	bool ade = how == MACHINEINFO_ADE;
	struct pl_reader r;
	struct pl *root;

	if (pl_parse(plist, a, &root, e) < 0)
		return err_wrap(e, "MachineInfo");
	pl_read(&r, "MachineInfo", root, a);
	(ade ? pl_str : pl_str_opt)(&r, "UDID", &out->udid);
	(ade ? pl_str : pl_str_opt)(&r, "SERIAL", &out->serial);
	pl_str(&r, "PRODUCT", &out->product);
	pl_str(&r, "VERSION", &out->version);
	pl_str_opt(&r, "OS_VERSION", &out->os_version);
	pl_str_opt(&r, "SUPPLEMENTAL_BUILD_VERSION", &out->supplemental_build);
	pl_str_opt(&r, "SUPPLEMENTAL_OS_VERSION_EXTRA",
		&out->supplemental_extra);
	pl_str_opt(&r, "IMEI", &out->imei);
	pl_str_opt(&r, "MEID", &out->meid);
	pl_str_opt(&r, "LANGUAGE", &out->language);
	pl_str_opt(&r, "SOFTWARE_UPDATE_DEVICE_ID",
		&out->software_update_device_id);
	pl_data_opt(&r, "PAIRING_TOKEN", &out->pairing_token);
	pl_bool_opt(&r, "MDM_CAN_REQUEST_SOFTWARE_UPDATE",
		&out->can_request_software_update);
	pl_bool_opt(&r, "MANDATORY_SOFTWARE_UPDATE_REQUIRED",
		&out->mandatory_software_update);
	pl_bool_opt(&r, "MDM_CAN_REQUEST_PSSO_CONFIG", &out->can_request_psso);
	return pl_done(&r, e) < 0 ? -1 : check(out, e);
}

static bool is_plist(struct bytes in)
{
	static const char blanks[] = " \t\r\n", binary[] = "bplist00",
		mark[] = "\xef\xbb\xbf";

	if (in.n >= 8 && memcmp(in.p, binary, 8) == 0)
		return true;
	if (in.n >= 3 && memcmp(in.p, mark, 3) == 0)
		in = bytes_of(in.p + 3, in.n - 3);
	while (in.n > 0 && memchr(blanks, in.p[0], 4) != NULL)
		in = bytes_of(in.p + 1, in.n - 1);
	return in.n > 0 && in.p[0] == '<';
}

int machineinfo_read(struct bytes in, enum machineinfo_how how,
	const struct trust *apple, struct arena *a, struct machineinfo *out,
	struct err *e)
{
	struct err why = ERR_INIT;
	struct cms_attached cms;

	*out = (struct machineinfo){ 0 };
	if (in.n > BODY_MAX)
		return err_set(e, ERR_TOO_LARGE,
			"MachineInfo larger than %zu bytes", BODY_MAX);
	if (how == MACHINEINFO_ACCOUNT && apple == NULL && is_plist(in))
		return parse(in, how, a, out, e);
	if (cms_verify_attached(in, a, &cms, &why) < 0)
		return err_set(e, why.kind, "MachineInfo %s", why.msg);
	/* Apple's device CA has expired, and its certificates go on. */
	if (apple != NULL && trust_verify_chain(apple, cms.signer, cms.certs,
		cms.n_certs, TRUST_ANY_TIME, &why) < 0)
		return err_set(e, ERR_FORBIDDEN, "MachineInfo: signer's %s",
			why.msg);
	out->verified = apple != NULL;
	return parse(cms.content, how, a, out, e);
}

int machineinfo_read_header(const char *value, const struct trust *apple,
	struct arena *a, struct machineinfo *out, struct err *e)
{
	struct bytes der;

	if (strlen(value) > 2 * BODY_MAX)
		return err_set(e, ERR_TOO_LARGE,
			"x-apple-aspen-deviceinfo is longer than %zu bytes",
			2 * BODY_MAX);
	if (!enc_unbase64(a, bytes_str(value), true, &der))
		return err_set(e, ERR_BAD_INPUT,
			"x-apple-aspen-deviceinfo is not base64");
	return machineinfo_read(der, MACHINEINFO_ADE, apple, a, out, e);
}

/* ---- platforms ---- */

static const struct {
	const char *product, *name;
} platforms[PLATFORM_N] = {
	[PLATFORM_UNKNOWN] = { NULL, "unknown" },
	[PLATFORM_IOS] = { "iPhone", "iOS" },
	[PLATFORM_IPADOS] = { "iPad", "iPadOS" },
	[PLATFORM_MACOS] = { "Mac", "macOS" },
	[PLATFORM_TVOS] = { "AppleTV", "tvOS" },
	[PLATFORM_VISIONOS] = { "RealityDevice", "visionOS" },
	[PLATFORM_WATCHOS] = { "Watch", "watchOS" },
};

enum machineinfo_platform machineinfo_platform(const char *product)
{
	if (product == NULL)
		return PLATFORM_UNKNOWN;
	if (str_has_prefix(product, "iPod"))
		return PLATFORM_IOS;
	for (int p = PLATFORM_IOS; p < PLATFORM_N; p++)
		/* "Macmini9,1", but also "iMac21,1". */
		if (strstr(product, platforms[p].product) != NULL)
			return (enum machineinfo_platform)p;
	return PLATFORM_UNKNOWN;
}

const char *machineinfo_platform_name(enum machineinfo_platform p)
{
	return platforms[p].name;
}
