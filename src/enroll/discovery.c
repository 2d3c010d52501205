/* Discovery documents. */
#include "enroll/discovery.h"

#include "base/enc.h"
#include "codec/json.h"
#include "crypto/cert.h"

struct bytes discovery_service_config(const struct conf *conf, bool has_trust,
	struct arena *a)
{
	struct json *root = json_new_object(a);

	json_set_str(root, "dep_enrollment_url", arena_printf(a,
		"%s/mdm/enroll", conf->url));
	json_set_str(root, "dep_anchor_certs_url", arena_printf(a,
		"%s/mdm/enroll/anchors", conf->url));
	if (has_trust)
		json_set_str(root, "trust_profile_url", arena_printf(a,
			"%s/mdm/enroll/trust", conf->url));
	return bytes_str(json_text(root, NULL, a));
}

struct bytes discovery_anchors(struct cert *const *anchors, size_t n,
	struct arena *a)
{
	struct json *root = json_new_array(a);

	for (size_t i = 0; i < n; i++)
		json_add_str(root, enc_base64(a, cert_der(anchors[i], a)));
	return bytes_str(json_text(root, NULL, a));
}

struct bytes discovery_remote_management(const struct conf *conf,
	struct arena *a)
{
	bool byod = conf->account_enrollment == CONF_ACCOUNT_BYOD;
	struct json *root = json_new_object(a);
	struct json *server =
		json_add_object(json_set_array(root, "Servers"));

	json_set_str(server, "Version", byod ? "mdm-byod" : "mdm-adde");
	json_set_str(server, "BaseURL", arena_printf(a, "%s/mdm/enroll/%s",
		conf->url, byod ? "byod" : "adde"));
	return bytes_str(json_text(root, NULL, a));
}
