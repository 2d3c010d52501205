#ifndef MOORING_ENROLL_DISCOVERY_H
#define MOORING_ENROLL_DISCOVERY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "conf/conf.h"

struct cert;

/* Documents by which devices and Apple Configurator find us: JSON. */

/* GET /MDMServiceConfig (Apple: Providing information about your device
 * management service). has_trust: there is a trust profile. */
struct bytes discovery_service_config(const struct conf *conf, bool has_trust,
	struct arena *a);
/* dep_anchor_certs_url: an array of base64 DER; "[]" without any. */
struct bytes discovery_anchors(struct cert *const *anchors, size_t n,
	struct arena *a);
/* GET /.well-known/com.apple.remotemanagement (Apple: Discover Authentication
 * Servers): BYOD or ADDE by the settings, for every model family. */
struct bytes discovery_remote_management(const struct conf *conf,
	struct arena *a);

#endif
