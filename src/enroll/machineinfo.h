#ifndef MOORING_ENROLL_MACHINEINFO_H
#define MOORING_ENROLL_MACHINEINFO_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct trust;

/* What a device in Setup Assistant says of itself (Apple: MachineInfo);
 * absent text is NULL. */
struct machineinfo {
	const char *udid, *serial;
	const char *product, *version;	/* version: the build */
	const char *os_version;
	const char *supplemental_build, *supplemental_extra;
	const char *imei, *meid, *language;
	const char *software_update_device_id;
	struct bytes pairing_token;	/* p NULL: none */
	bool can_request_software_update, mandatory_software_update;
	bool can_request_psso;
	bool verified;		/* signed by a device that Apple made */
};

/* How a body is read. */
enum machineinfo_how {
	MACHINEINFO_ADE,	/* CMS; UDID, SERIAL, PRODUCT, VERSION needed */
	MACHINEINFO_ACCOUNT,	/* CMS or a bare plist; PRODUCT, VERSION */
};
/*
 * apple: Apple's device CAs; the chain must lead there (dates are not looked
 * at) or it is ERR_FORBIDDEN; NULL: not verified, `verified` stays false.
 * ERR_BAD_INPUT names the key (text is at most 255 bytes, a UDID 4,096, without
 * control characters), ERR_TOO_LARGE: over 64 KiB.
 */
int machineinfo_read(struct bytes in, enum machineinfo_how how,
	const struct trust *apple, struct arena *a, struct machineinfo *out,
	struct err *e);
/* The header x-apple-aspen-deviceinfo: base64 of the same CMS. */
int machineinfo_read_header(const char *value, const struct trust *apple,
	struct arena *a, struct machineinfo *out, struct err *e);

/* By PRODUCT, "iPhone15,2"; visionOS: RealityDevice. */
enum machineinfo_platform { PLATFORM_UNKNOWN, PLATFORM_IOS, PLATFORM_IPADOS,
	PLATFORM_MACOS, PLATFORM_TVOS, PLATFORM_VISIONOS, PLATFORM_WATCHOS,
	PLATFORM_N };
enum machineinfo_platform machineinfo_platform(const char *product);
const char *machineinfo_platform_name(enum machineinfo_platform p);

#endif
