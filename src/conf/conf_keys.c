/* The table of settings. What each type of value looks like is conf_value.c's,
 * reading files conf.c's. */
#include "conf/conf_keys.h"

#include <string.h>

#include "base/str.h"

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)
#define TIB ((uint64_t)1 << 40)
#define AT(field) offsetof(struct conf, field)
#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* The choices of an enum stand in the order of its constants. */
_Static_assert(sizeof(enum conf_enrollment) == sizeof(unsigned)
	&& sizeof(enum conf_source) == sizeof(unsigned),
	"enum fields are set as unsigned");

const struct conf_key conf_keys[] = {
	{ .name = "url", .type = CONF_URL, .offset = AT(url),
	  .help = "Where devices reach this server: https://HOST or "
		"https://HOST:PORT. It must be set, and it must not change "
		"while devices are enrolled." },
	{ .name = "listen", .type = CONF_LISTEN, .offset = AT(listen),
	  .def = "127.0.0.1:8443",
	  .help = "Address and port for devices, when mooringctl serve runs "
		"the web server." },
	{ .name = "admin_listen", .type = CONF_LISTEN,
	  .offset = AT(admin_listen), .def = "127.0.0.1:8444",
	  .help = "Address and port for the admin API, when mooringctl serve "
		"runs the web server." },
	{ .name = "server", .type = CONF_WORD, .offset = AT(server),
	  .def = "lighttpd", .choices = WORDS("lighttpd", "lighttpd-socket",
		"lighttpd-cgi", "apache", "apache-fcgid", "apache-cgi"),
	  .help = "The web server that mooringctl serve runs, and how it "
		"reaches the programs." },
	{ .name = "log_level", .type = CONF_WORD, .offset = AT(log_level),
	  .def = "info", .choices = WORDS("error", "warn", "info", "debug"),
	  .help = "The least important lines that are logged. Each request "
		"is one line at info." },
	{ .name = "threads", .type = CONF_UINT, .offset = AT(threads),
	  .def = "64", .min = 1, .max = 1024,
	  .help = "Requests that one worker process answers at the same "
		"time. Takes effect when a worker starts." },
	{ .name = "max_body", .type = CONF_SIZE, .offset = AT(max_body),
	  .def = "16M", .min = 64 * KIB, .max = GIB,
	  .help = "The largest request body that is accepted; a longer one "
		"is answered 413. The web server's own limit must not be "
		"smaller." },
	{ .name = "map_size", .type = CONF_SIZE, .offset = AT(map_size),
	  .def = "1T", .min = MIB, .max = 64 * TIB,
	  .help = "Address space reserved for the store, and so its largest "
		"size; no memory or disk is used for it. Takes effect when a "
		"process starts." },
	{ .name = "identity", .type = CONF_SOURCES, .offset = AT(identity),
	  .def = "signature, tls",
	  .help = "Where a device's certificate is taken from, first match "
		"first: signature (the Mdm-Signature header), tls (the web "
		"server's client certificate), header (a proxy's header, only "
		"from trusted_proxy)." },
	{ .name = "trusted_proxy", .type = CONF_NETS,
	  .offset = AT(trusted_proxy), .def = "",
	  .help = "Addresses and networks, comma-separated, of the proxies "
		"whose certificate header is believed. Needs header in "
		"identity." },
	{ .name = "enrollment", .type = CONF_ENUM, .offset = AT(enrollment),
	  .def = "open", .choices = WORDS("open", "allowlist"),
	  .help = "Which devices may enroll: open (all with a trusted "
		"certificate) or allowlist (only a serial number or UDID that "
		"was registered with mooringctl enrollments allow)." },
	{ .name = "on_restore", .type = CONF_ENUM, .offset = AT(on_restore),
	  .def = "accept", .choices = WORDS("accept", "reject"),
	  .help = "A TokenUpdate from a device that had left, or that is not "
		"known, as after a restore from a backup: accept takes it "
		"back, reject makes the device remove its management." },
	{ .name = "reenroll", .type = CONF_ENUM, .offset = AT(reenroll),
	  .def = "any", .choices = WORDS("any", "issued"),
	  .help = "Whether an enrolled device may enroll again with another "
		"certificate: any (every trusted one) or issued (only one "
		"that was issued for this device)." },
	{ .name = "first_binding", .type = CONF_ENUM,
	  .offset = AT(first_binding), .def = "never",
	  .choices = WORDS("never", "imported"),
	  .help = "Whether a device without a bound certificate is bound at "
		"its next contact: never, or imported (enrollments that were "
		"taken over from another server)." },
	{ .name = "unmanaged_response", .type = CONF_ENUM,
	  .offset = AT(unmanaged_response), .def = "401",
	  .choices = WORDS("401", "403"),
	  .help = "How a device is told to remove its management: 401, or "
		"403 with Apple's code com.apple.unrecognized.device, which "
		"older systems do not understand." },
	{ .name = "shared_ipad_users", .type = CONF_ENUM,
	  .offset = AT(shared_ipad_users), .def = "accept",
	  .choices = WORDS("accept", "decline"),
	  .help = "Whether users of a Shared iPad get a channel of their "
		"own." },
	{ .name = "unmanaged_limit", .type = CONF_UINT,
	  .offset = AT(unmanaged_limit), .def = "10", .max = 1000000,
	  .help = "Unknown devices that may be told to remove their "
		"management within an hour. All further ones are told to come "
		"back later, so that a mistake does not unenroll a fleet." },
	{ .name = "guard_hours", .type = CONF_UINT,
	  .offset = AT(guard_hours), .def = "24", .max = 8760,
	  .help = "How long no unknown device is told to remove its "
		"management after a restore, an import, a migration or an "
		"unclean end; 0 is never." },
	{ .name = "max_deliveries", .type = CONF_UINT,
	  .offset = AT(max_deliveries), .def = "20", .max = 100000,
	  .help = "Deliveries of a command without an answer after which it "
		"is set aside as stuck; 0 is never." },
	{ .name = "touch_seconds", .type = CONF_UINT,
	  .offset = AT(touch_seconds), .def = "30", .max = 3600,
	  .help = "How long the time of a device's last contact may wait in "
		"memory before it is written." },
	{ .name = "result_days", .type = CONF_UINT,
	  .offset = AT(result_days), .def = "90", .min = 1, .max = 36500,
	  .help = "Days that finished commands and their results are kept." },
	{ .name = "result_max", .type = CONF_UINT,
	  .offset = AT(result_max), .def = "0", .max = UINT32_MAX,
	  .help = "Finished commands that are kept at most, the latest ones; "
		"0 is no limit." },
	{ .name = "event_days", .type = CONF_UINT,
	  .offset = AT(event_days), .def = "7", .min = 1, .max = 36500,
	  .help = "Days that events are kept after their delivery, so that "
		"they can be replayed. One that still waits is kept." },
	{ .name = "event_max", .type = CONF_UINT,
	  .offset = AT(event_max), .def = "1000000", .max = UINT32_MAX,
	  .help = "Events that are kept at most, the latest ones, apart from "
		"those that still wait; 0 is no limit." },
	{ .name = "event_bury_hours", .type = CONF_UINT,
	  .offset = AT(event_bury_hours), .def = "72", .min = 1, .max = 8760,
	  .help = "How long the delivery of an event to a webhook is tried. "
		"Then it is set aside, for mooringctl events replay." },
	{ .name = "webhook_timeout", .type = CONF_UINT,
	  .offset = AT(webhook_timeout), .def = "30", .min = 1, .max = 600,
	  .help = "Seconds that a webhook's receiver may take for an "
		"answer." },
	{ .name = "webhook_parallel", .type = CONF_UINT,
	  .offset = AT(webhook_parallel), .def = "16", .min = 1, .max = 256,
	  .help = "Requests to one webhook at the same time; events of one "
		"enrollment stay in order." },
	{ .name = "webhook_ca_file", .type = CONF_PATH,
	  .offset = AT(webhook_ca_file), .def = "",
	  .help = "PEM file of the CAs that webhooks' servers are checked "
		"against; empty: the system's." },
	{ .name = "audit_days", .type = CONF_UINT,
	  .offset = AT(audit_days), .def = "400", .min = 1, .max = 36500,
	  .help = "Days that the audit log is kept." },
	{ .name = "audit_max", .type = CONF_UINT,
	  .offset = AT(audit_max), .def = "0", .max = UINT32_MAX,
	  .help = "Records of the audit log that are kept at most, the latest "
		"ones; 0 is no limit." },
	{ .name = "apns_url", .type = CONF_URL, .offset = AT(apns_url),
	  .def = "https://api.push.apple.com:443",
	  .help = "Where pushes are sent. Port 2197 is Apple's other one." },
	{ .name = "apns_ca_file", .type = CONF_PATH,
	  .offset = AT(apns_ca_file), .def = "",
	  .help = "PEM file of the CAs that Apple's servers are checked "
		"against; empty: the system's." },
	{ .name = "escrow_url", .type = CONF_LINK, .offset = AT(escrow_url),
	  .def = "https://deviceservices-external.apple.com"
		"/deviceservicesworkers/escrowKeyUnlock",
	  .help = "Where Activation Lock is turned off with a bypass code." },
	{ .name = "push_expiration_hours", .type = CONF_UINT,
	  .offset = AT(push_expiration_hours), .def = "168", .max = 720,
	  .help = "How long Apple keeps a push for a device that is not "
		"reachable; 0: it is tried once." },
	{ .name = "push_again_hours", .type = CONF_UINT,
	  .offset = AT(push_again_hours), .def = "24", .max = 8760,
	  .help = "An enrollment with commands in its queue that stayed silent "
		"this long since it was last pushed is pushed again; 0 is "
		"never." },
	{ .name = "push_again_limit", .type = CONF_UINT,
	  .offset = AT(push_again_limit), .def = "500", .min = 1,
	  .max = 100000,
	  .help = "Enrollments that are pushed again in one minute, at "
		"most." },
	{ .name = "backup_max_growth", .type = CONF_SIZE,
	  .offset = AT(backup_max_growth), .def = "4G", .max = 64 * TIB,
	  .help = "How much the store may grow while a backup is taken, before "
		"the backup is given up; 0 is no limit." },
};
const size_t conf_keys_n = sizeof(conf_keys) / sizeof(conf_keys[0]);

const struct conf_key *conf_key_find(const char *name)
{
	for (size_t i = 0; i < conf_keys_n; i++)
		if (str_eq(conf_keys[i].name, name))
			return &conf_keys[i];
	return NULL;
}

/* Letters to change, drop or insert to make a from b; 99 for long ones. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[40];
	size_t n = strlen(b);

	if (n >= 40 || strlen(a) >= 40)
		return 99;
	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1] != '\0'; i++) {
		unsigned corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			unsigned best = corner + (a[i - 1] != b[j - 1]);

			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n];
}

const struct conf_key *conf_key_near(const char *name)
{
	const struct conf_key *near = NULL;
	unsigned best = 1 + (unsigned)strlen(name) / 3;

	best = best < 4 ? best : 4;
	for (size_t i = 0; i < conf_keys_n; i++) {
		unsigned d = distance(name, conf_keys[i].name);

		if (d < best) {
			best = d;
			near = &conf_keys[i];
		}
	}
	return near;
}
