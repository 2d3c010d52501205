/* The table of settings. What each type of value looks like is conf_value.c's,
 * reading files conf.c's. */
#include "conf/conf_keys.h"

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
	  .def = "issued", .choices = WORDS("any", "issued"),
	  .help = "Whether an enrolled device may enroll again with another "
		"certificate: issued (only one that was issued for this "
		"device) or any (every trusted one)." },
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
	{ .name = "identity_days", .type = CONF_UINT,
	  .offset = AT(identity_days),
	  .def = "365", .min = 1, .max = 3650,
	  .help = "Days that a certificate of the device CA is valid; never "
		"longer than the CA itself." },
	{ .name = "identity_key_min", .type = CONF_UINT,
	  .offset = AT(identity_key_min),
	  .def = "2048", .min = 1024, .max = 8192,
	  .help = "The least size, in bits, of an RSA key that the device "
		"CA certifies." },
	{ .name = "identity_key_size", .type = CONF_UINT,
	  .offset = AT(identity_key_size),
	  .def = "2048", .min = 1024, .max = 8192,
	  .help = "The size, in bits, of the RSA key that the enrollment "
		"profile asks a device to make: 2048 or 4096 for Apple's." },
	{ .name = "challenge_minutes", .type = CONF_UINT,
	  .offset = AT(challenge_minutes),
	  .def = "60", .min = 1, .max = 527040,
	  .help = "How long the challenge in an enrollment profile may be "
		"used." },
	{ .name = "challenge_rate", .type = CONF_UINT,
	  .offset = AT(challenge_rate),
	  .def = "60", .max = 1000000,
	  .help = "Enrollment profiles that are made in one minute, at "
		"most, for whom nobody vouches: by the open link, or for "
		"MachineInfo that is not verified." },
	{ .name = "scep_challenge", .type = CONF_SECRET,
	  .offset = AT(scep_challenge),
	  .def = "",
	  .help = "A challenge that every SCEP client may use, any number "
		"of times. Empty: only those that are made for one use." },
	{ .name = "identity_source", .type = CONF_ENUM,
	  .offset = AT(identity_source),
	  .def = "scep", .choices = WORDS("scep", "acme"),
	  .help = "Where the enrollment profile sends a device for its "
		"identity: scep (scep.fcgi, or scep_url) or acme "
		"(acme_url). The CA of another server must be trusted "
		"with mooringctl ca trust." },
	{ .name = "scep_url", .type = CONF_LINK,
	  .offset = AT(scep_url),
	  .def = "",
	  .help = "Another SCEP server that the enrollment profile names; "
		"empty: ours." },
	{ .name = "scep_name", .type = CONF_TEXT,
	  .offset = AT(scep_name),
	  .def = "",
	  .help = "The name of the CA that is asked for at scep_url." },
	{ .name = "scep_url_challenge", .type = CONF_SECRET,
	  .offset = AT(scep_url_challenge),
	  .def = "",
	  .help = "The challenge for scep_url." },
	{ .name = "acme_url", .type = CONF_LINK,
	  .offset = AT(acme_url),
	  .def = "",
	  .help = "The directory URL of the ACME server." },
	{ .name = "acme_key", .type = CONF_WORD,
	  .offset = AT(acme_key),
	  .def = "ec384", .choices = WORDS("ec384", "ec256", "rsa2048", "rsa4096"),
	  .help = "The key that a device makes for ACME." },
	{ .name = "acme_hardware", .type = CONF_BOOL,
	  .offset = AT(acme_hardware),
	  .def = "yes",
	  .help = "Whether that key must live in the device's secure "
		"hardware; only with an EC key." },
	{ .name = "acme_attest", .type = CONF_BOOL,
	  .offset = AT(acme_attest),
	  .def = "yes",
	  .help = "Whether the device must attest to what it is; only with "
		"acme_hardware." },
	{ .name = "renew_days", .type = CONF_UINT,
	  .offset = AT(renew_days),
	  .def = "30", .max = 3650,
	  .help = "Days before the certificate of a device expires that it "
		"is asked to renew it; 0 is never." },
	{ .name = "renew_again_days", .type = CONF_UINT,
	  .offset = AT(renew_again_days),
	  .def = "7", .min = 1, .max = 3650,
	  .help = "Days after which a device that was asked to renew, and "
		"did not, is asked again." },
	{ .name = "renewal_grace_days", .type = CONF_UINT,
	  .offset = AT(renewal_grace_days),
	  .def = "30", .max = 3650,
	  .help = "Days that a device may still use its former certificate "
		"after a renewal, since it may roll back." },
	{ .name = "issued_days", .type = CONF_UINT,
	  .offset = AT(issued_days),
	  .def = "400", .min = 1, .max = 36500,
	  .help = "Days that a certificate is remembered after it expired." },
	{ .name = "profile_access", .type = CONF_ENUM,
	  .offset = AT(profile_access),
	  .def = "invite", .choices = WORDS("open", "invite", "ade"),
	  .help = "Who gets the enrollment profile at /mdm/enroll: open "
		"(anybody), invite (by a link of mooringctl invite new) "
		"or ade (only Automated Device Enrollment and signing "
		"in)." },
	{ .name = "organization", .type = CONF_TEXT,
	  .offset = AT(organization),
	  .def = "",
	  .help = "The name of the organization, in profiles, certificates "
		"and on the login page." },
	{ .name = "profile_identifier", .type = CONF_TEXT,
	  .offset = AT(profile_identifier),
	  .def = "mooring.enrollment",
	  .help = "PayloadIdentifier of the enrollment profile. What a "
		"device enrolled with stays its own." },
	{ .name = "profile_name", .type = CONF_TEXT,
	  .offset = AT(profile_name),
	  .def = "Device management",
	  .help = "PayloadDisplayName of the enrollment profile." },
	{ .name = "profile_description", .type = CONF_TEXT,
	  .offset = AT(profile_description),
	  .def = "",
	  .help = "PayloadDescription of the enrollment profile." },
	{ .name = "profile_removable", .type = CONF_BOOL,
	  .offset = AT(profile_removable),
	  .def = "yes",
	  .help = "Whether the user may remove the enrollment profile; no "
		"needs a supervised device." },
	{ .name = "topic", .type = CONF_TOPIC,
	  .offset = AT(topic),
	  .def = "",
	  .help = "The push topic that new enrollments get; empty: that of "
		"the push certificate, where there is one." },
	{ .name = "access_rights", .type = CONF_UINT,
	  .offset = AT(access_rights),
	  .def = "8191", .min = 1, .max = 8191,
	  .help = "AccessRights: the sum of what the server may do. 8191 is "
		"everything." },
	{ .name = "server_capabilities", .type = CONF_WORDS,
	  .offset = AT(server_capabilities),
	  .def = "com.apple.mdm.per-user-connections",
	  .help = "ServerCapabilities, comma-separated." },
	{ .name = "sign_message", .type = CONF_BOOL,
	  .offset = AT(sign_message),
	  .def = "yes",
	  .help = "SignMessage: whether devices sign what they send, so "
		"that they can be told by Mdm-Signature too." },
	{ .name = "check_out_when_removed", .type = CONF_BOOL,
	  .offset = AT(check_out_when_removed),
	  .def = "yes",
	  .help = "CheckOutWhenRemoved: whether devices say so when their "
		"management is removed." },
	{ .name = "development_apns", .type = CONF_BOOL,
	  .offset = AT(development_apns),
	  .def = "no",
	  .help = "UseDevelopmentAPNS: only with a push certificate for "
		"Apple's development environment." },
	{ .name = "pinning", .type = CONF_BOOL,
	  .offset = AT(pinning),
	  .def = "no",
	  .help = "Whether devices accept only the certificates of "
		"trust_file (or of pki/server-root.pem) for this server. "
		"They must be replaced on all devices before they expire." },
	{ .name = "pinning_revocation_check", .type = CONF_BOOL,
	  .offset = AT(pinning_revocation_check),
	  .def = "no",
	  .help = "PinningRevocationCheckRequired." },
	{ .name = "prompt_bootstrap_token", .type = CONF_BOOL,
	  .offset = AT(prompt_bootstrap_token),
	  .def = "no",
	  .help = "PromptUserToAllowBootstrapTokenForAuthentication." },
	{ .name = "required_app", .type = CONF_UINT,
	  .offset = AT(required_app),
	  .def = "0", .max = UINT32_MAX,
	  .help = "RequiredAppIDForMDM: the App Store number of an app that "
		"account-driven enrollment installs; 0 is none." },
	{ .name = "profile_sign_cert", .type = CONF_PATH,
	  .offset = AT(profile_sign_cert),
	  .def = "",
	  .help = "PEM file with the certificate that signs profiles, and "
		"its chain after it; empty: they are not signed." },
	{ .name = "profile_sign_key", .type = CONF_PATH,
	  .offset = AT(profile_sign_key),
	  .def = "",
	  .help = "PEM file with its private key." },
	{ .name = "trust_file", .type = CONF_PATH,
	  .offset = AT(trust_file),
	  .def = "",
	  .help = "PEM file of the root certificates that devices must be "
		"told to trust to reach this server; empty: pki/server- "
		"root.pem, where there is one." },
	{ .name = "ade_ca_file", .type = CONF_PATH,
	  .offset = AT(ade_ca_file),
	  .def = "",
	  .help = "PEM file of Apple's device CAs, by which the MachineInfo "
		"of a device is verified: Apple iPhone Device CA and its "
		"like. Not Apple's root, below which developers stand, "
		"too." },
	{ .name = "ade_verify", .type = CONF_BOOL,
	  .offset = AT(ade_verify),
	  .def = "yes",
	  .help = "Whether MachineInfo must be verified. With no, what a "
		"device says of itself is believed, and its serial number "
		"is no identity." },
	{ .name = "error_format", .type = CONF_ENUM,
	  .offset = AT(error_format),
	  .def = "json", .choices = WORDS("json", "plist"),
	  .help = "How errors for devices are written." },
	{ .name = "min_os_ios", .type = CONF_OS,
	  .offset = AT(min_os[0]),
	  .def = "",
	  .help = "The least version of iOS that may enroll, as 18.1 or "
		"18.1 (a), and the build after it where it matters; a "
		"device with an older one updates first. Empty: any." },
	{ .name = "min_os_ipados", .type = CONF_OS,
	  .offset = AT(min_os[1]),
	  .def = "",
	  .help = "The least version of iPadOS that may enroll, as 18.1 or "
		"18.1 (a), and the build after it where it matters; a "
		"device with an older one updates first. Empty: any." },
	{ .name = "min_os_macos", .type = CONF_OS,
	  .offset = AT(min_os[2]),
	  .def = "",
	  .help = "The least version of macOS that may enroll, as 18.1 or "
		"18.1 (a), and the build after it where it matters; a "
		"device with an older one updates first. Empty: any." },
	{ .name = "min_os_tvos", .type = CONF_OS,
	  .offset = AT(min_os[3]),
	  .def = "",
	  .help = "The least version of tvOS that may enroll, as 18.1 or "
		"18.1 (a), and the build after it where it matters; a "
		"device with an older one updates first. Empty: any." },
	{ .name = "min_os_visionos", .type = CONF_OS,
	  .offset = AT(min_os[4]),
	  .def = "",
	  .help = "The least version of visionOS that may enroll, as 18.1 "
		"or 18.1 (a), and the build after it where it matters; a "
		"device with an older one updates first. Empty: any." },
	{ .name = "min_os_watchos", .type = CONF_OS,
	  .offset = AT(min_os[5]),
	  .def = "",
	  .help = "The least version of watchOS that may enroll, as 18.1 or "
		"18.1 (a), and the build after it where it matters; a "
		"device with an older one updates first. Empty: any." },
	{ .name = "beta_ios", .type = CONF_TEXT,
	  .offset = AT(beta[0]),
	  .def = "",
	  .help = "The beta program that a device joins to update to "
		"min_os_ios: its token, a blank, its description. Empty: "
		"none." },
	{ .name = "beta_ipados", .type = CONF_TEXT,
	  .offset = AT(beta[1]),
	  .def = "",
	  .help = "The beta program that a device joins to update to "
		"min_os_ipados: its token, a blank, its description. "
		"Empty: none." },
	{ .name = "beta_macos", .type = CONF_TEXT,
	  .offset = AT(beta[2]),
	  .def = "",
	  .help = "The beta program that a device joins to update to "
		"min_os_macos: its token, a blank, its description. "
		"Empty: none." },
	{ .name = "beta_tvos", .type = CONF_TEXT,
	  .offset = AT(beta[3]),
	  .def = "",
	  .help = "The beta program that a device joins to update to "
		"min_os_tvos: its token, a blank, its description. Empty: "
		"none." },
	{ .name = "beta_visionos", .type = CONF_TEXT,
	  .offset = AT(beta[4]),
	  .def = "",
	  .help = "The beta program that a device joins to update to "
		"min_os_visionos: its token, a blank, its description. "
		"Empty: none." },
	{ .name = "beta_watchos", .type = CONF_TEXT,
	  .offset = AT(beta[5]),
	  .def = "",
	  .help = "The beta program that a device joins to update to "
		"min_os_watchos: its token, a blank, its description. "
		"Empty: none." },
	{ .name = "watch_pairing", .type = CONF_BOOL,
	  .offset = AT(watch_pairing),
	  .def = "no",
	  .help = "Whether a watch must show a pairing token, which it gets "
		"through its phone." },
	{ .name = "first_commands", .type = CONF_PATH,
	  .offset = AT(first_commands),
	  .def = "",
	  .help = "A folder of commands (property lists, *.plist, in the "
		"order of their names) that each device gets when it "
		"enrolls." },
	{ .name = "await_device_configured", .type = CONF_BOOL,
	  .offset = AT(await_device_configured),
	  .def = "yes",
	  .help = "Whether a device that waits in Setup Assistant is sent "
		"DeviceConfigured by itself, after what is queued for it "
		"is answered. With no, that is the operator's task." },
	{ .name = "await_limit", .type = CONF_UINT,
	  .offset = AT(await_limit),
	  .def = "15", .min = 1, .max = 1440,
	  .help = "Minutes after which it is sent, whatever is not "
		"answered." },
	{ .name = "account_enrollment", .type = CONF_ENUM,
	  .offset = AT(account_enrollment),
	  .def = "off", .choices = WORDS("off", "byod", "adde"),
	  .help = "Whether people may enroll by signing in (mooringctl "
		"users): off, byod (their own devices) or adde (the "
		"organization's)." },
	{ .name = "login_url", .type = CONF_LINK,
	  .offset = AT(login_url),
	  .def = "",
	  .help = "The login page, where it is at another host name, which "
		"asks for no client certificate; its path, too, is "
		"/mdm/enroll/login, unless the web server there makes it "
		"that. Empty: /mdm/enroll/login of url." },
	{ .name = "login_minutes", .type = CONF_UINT,
	  .offset = AT(login_minutes),
	  .def = "15", .min = 1, .max = 1440,
	  .help = "How long after signing in the enrollment profile can be "
		"fetched." },
};
const size_t conf_keys_n = sizeof(conf_keys) / sizeof(conf_keys[0]);
