/* mooring-device's command line. No option means anything before it is in
 * the table. */
#include "sim/options.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { ENROLL = OPTIONS_ENROLL, POLL = OPTIONS_POLL, RUN = OPTIONS_RUN,
	CHECKOUT = OPTIONS_CHECKOUT, TOKEN = OPTIONS_TOKEN,
	SEND = OPTIONS_SEND, LIST = OPTIONS_LIST, RESTORE = OPTIONS_RESTORE,
	FLEET = ENROLL | POLL | RUN | CHECKOUT | TOKEN | RESTORE,
	TALK = FLEET | SEND,
	ALL = TALK | LIST };

static const struct command {
	const char *name;
	enum options_command id;
	const char *what;
} commands[] = {
	{ "enroll", OPTIONS_ENROLL, "make devices and enroll them" },
	{ "poll", OPTIONS_POLL, "one session: Idle, answer until no command "
		"is left" },
	{ "run", OPTIONS_RUN, "poll again and again" },
	{ "token-update", OPTIONS_TOKEN, "send new push tokens" },
	{ "restore", OPTIONS_RESTORE, "come back out of a backup: TokenUpdate "
		"only" },
	{ "checkout", OPTIONS_CHECKOUT, "leave management" },
	{ "send", OPTIONS_SEND, "send a file as it is: send FILE (- is "
		"standard input)" },
	{ "list", OPTIONS_LIST, "show the devices in the state folder" },
};

enum type { TEXT, FLAG, COUNT, RATE, SECONDS };

struct option {
	const char *name;
	unsigned commands;
	enum type type;
	size_t at;
	uint64_t min, max;	/* COUNT */
	const char *value, *what;	/* for --help */
};

#define AT(field) offsetof(struct options, field), 0, 0
#define IN(field, min, max) offsetof(struct options, field), min, max

static const struct option options[] = {
	{ "state", ALL, TEXT, AT(state), "DIR", "where devices are kept" },
	{ "url", TALK, TEXT, AT(url), "URL", "the server (ServerURL)" },
	{ "profile", ENROLL, TEXT, AT(profile), "URL|FILE",
		"enroll by this enrollment profile" },
	{ "ade", ENROLL, FLAG, AT(ade), NULL,
		"as Setup Assistant: post MachineInfo to the URL" },
	{ "ade-web", ENROLL, FLAG, AT(ade_web), NULL,
		"the same in a header, as its web view" },
	{ "apple-cert", ENROLL, TEXT, AT(apple_cert), "FILE",
		"sign MachineInfo by this CA's certificates" },
	{ "apple-key", ENROLL, TEXT, AT(apple_key), "FILE", "and its key" },
	{ "cannot-update", ENROLL, FLAG, AT(cannot_update), NULL,
		"does not offer to update its system" },
	{ "checkin-url", ENROLL, TEXT, AT(checkin_url), "URL",
		"CheckInURL, where it differs" },
	{ "ca", TALK, TEXT, AT(ca), "FILE",
		"PEM of the CA that the server's certificate is of" },
	{ "topic", ENROLL, TEXT, AT(topic), "TOPIC", "push topic" },
	{ "kind", ENROLL, TEXT, AT(kind), "KIND",
		"device, user, shared-ipad, byod-device or byod-user" },
	{ "model", ENROLL, TEXT, AT(model), "MODEL",
		"iphone, ipad, mac, mac-mini, appletv, vision" },
	{ "os-version", ENROLL, TEXT, AT(os_version), "VERSION", "" },
	{ "build-version", ENROLL, TEXT, AT(build_version), "BUILD", "" },
	{ "udid", ALL, TEXT, AT(udid), "ID",
		"UDID; EnrollmentID in a user enrollment" },
	{ "serial", ENROLL, TEXT, AT(serial), "SERIAL", "" },
	{ "name", ENROLL, TEXT, AT(name), "NAME", "device name" },
	{ "user", ENROLL, TEXT, AT(user), "NAME",
		"short name of the user channel's user" },
	{ "prefix", ALL & ~SEND, TEXT, AT(prefix), "P",
		"devices P-000001, P-000002, …" },
	{ "count", ALL & ~SEND, COUNT, IN(count, 1, 1000000), "N",
		"so many devices" },
	{ "awaiting-configuration", ENROLL, FLAG, AT(awaiting), NULL,
		"in Setup Assistant until DeviceConfigured" },
	{ "auth", TALK, TEXT, AT(auth), "HOW",
		"tls (default), signature, both or none" },
	{ "cert", ENROLL | SEND, TEXT, AT(cert), "FILE",
		"PEM of the identity certificate" },
	{ "key", ENROLL | SEND, TEXT, AT(key), "FILE", "and of its key" },
	{ "ca-cert", ENROLL, TEXT, AT(ca_cert), "FILE",
		"issue identities by this CA" },
	{ "ca-key", ENROLL, TEXT, AT(ca_key), "FILE", "and its key" },
	{ "key-type", ENROLL, TEXT, AT(key_type), "TYPE",
		"ec (default) or rsa" },
	{ "new-identity", ENROLL, FLAG, AT(new_identity), NULL,
		"another certificate for a known device" },
	{ "authenticate-only", ENROLL, FLAG, AT(authenticate_only), NULL,
		"stop before TokenUpdate" },
	{ "force", POLL | RUN | CHECKOUT | TOKEN, FLAG, AT(force), NULL,
		"also devices that are not enrolled" },
	{ "channel", POLL | RUN, TEXT, AT(channel), "WHICH",
		"device, user or both (default)" },
	{ "notnow", POLL | RUN, RATE, AT(notnow), "RATE",
		"part of commands answered NotNow, 0 to 1" },
	{ "error", POLL | RUN, RATE, AT(error), "RATE",
		"part of commands answered Error, 0 to 1" },
	{ "seed", POLL | RUN, COUNT, IN(seed, 0, UINT64_MAX), "N",
		"of the two above" },
	{ "max-commands", POLL | RUN, COUNT, IN(max_commands, 1, 1000000),
		"N", "in one session (100000)" },
	{ "interval", RUN, SECONDS, AT(interval), "S",
		"between polls of a device (30)" },
	{ "polls", RUN, COUNT, IN(polls, 1, UINT32_MAX), "N",
		"polls of each device, then end" },
	{ "seconds", RUN, SECONDS, AT(seconds), "S", "then end" },
	{ "connections", FLEET, COUNT, IN(connections, 1, 65536), "N",
		"kept-open connections in all" },
	{ "threads", FLEET, COUNT, IN(threads, 1, 1024), "N",
		"exchanges at the same time" },
	{ "fresh", TALK, FLAG, AT(fresh), NULL,
		"a new connection for each exchange" },
	{ "http2", TALK, FLAG, AT(http2), NULL, "HTTP/2 where offered" },
	{ "timeout", TALK, COUNT, IN(timeout, 1, 3600), "S",
		"of one exchange (60)" },
	{ "checkin", SEND, FLAG, AT(checkin), NULL,
		"send as a check-in message" },
	{ "content-type", SEND, TEXT, AT(content_type), "TYPE",
		"send with this type" },
	{ "method", SEND, TEXT, AT(method), "METHOD", "instead of PUT" },
	{ "json", ALL, FLAG, AT(json), NULL, "one JSON object a line" },
	{ "verbose", ALL, FLAG, AT(verbose), NULL,
		"each exchange, with many devices too" },
};
#define NOPTIONS (sizeof(options) / sizeof(options[0]))
#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static void help(const struct command *c)
{
	if (c == NULL) {
		puts("mooring-device: simulated Apple devices\n\n"
			"usage: mooring-device COMMAND --state DIR "
			"[options]\n");
		for (size_t i = 0; i < NCOMMANDS; i++)
			printf("  %-14s %s\n", commands[i].name,
				commands[i].what);
		puts("\nmooring-device COMMAND --help shows its options; "
			"mooring-device(1) says all.");
		return;
	}
	printf("mooring-device %s: %s\n\n", c->name, c->what);
	for (size_t i = 0; i < NOPTIONS; i++) {
		const struct option *p = &options[i];
		char left[64];

		if ((p->commands & c->id) == 0)
			continue;
		snprintf(left, sizeof(left), "--%s%s%s", p->name,
			p->value != NULL ? " " : "",
			p->value != NULL ? p->value : "");
		printf("  %-26s %s\n", left, p->what);
	}
}

static const struct option *find(const char *arg, size_t n)
{
	for (size_t i = 0; i < NOPTIONS; i++)
		if (strlen(options[i].name) == n &&
			memcmp(options[i].name, arg, n) == 0)
			return &options[i];
	return NULL;
}

static int number(const struct option *p, const char *value, double max,
	double *out, struct err *e)
{
	char *end;

	*out = strtod(value, &end);
	if (end == value || *end != '\0' || !isfinite(*out) || *out < 0 ||
		*out > max)
		return err_set(e, ERR_BAD_INPUT, "--%s: %s is not a number "
			"from 0 to %.0f", p->name, value, max);
	return 0;
}

static int set(struct options *o, const struct option *p, const char *value,
	struct err *e)
{
	char *at = (char *)o + p->at;
	uint64_t n;
	double d;

	switch (p->type) {
	case TEXT:
		memcpy(at, &value, sizeof(value));
		return 0;
	case FLAG:
		memcpy(at, &(bool){ true }, sizeof(bool));
		return 0;
	case COUNT:
		if (!str_u64(value, p->min, p->max, &n))
			return err_set(e, ERR_BAD_INPUT, "--%s: %s is not a "
				"number from %llu to %llu", p->name, value,
				(unsigned long long)p->min,
				(unsigned long long)p->max);
		memcpy(at, &n, sizeof(n));
		return 0;
	case RATE:
	case SECONDS:
		if (number(p, value, p->type == RATE ? 1 : 1e9, &d, e) != 0)
			return -1;
		memcpy(at, &d, sizeof(d));
		return 0;
	}
	return 0;
}

/* --name value, --name=value; *i moves over what was taken. */
static int take(struct options *o, int argc, char **argv, int *i,
	const struct command *c, struct err *e)
{
	const char *arg = argv[*i] + 2, *eq = strchr(arg, '=');
	const char *value = eq != NULL ? eq + 1 : NULL;
	const struct option *p = find(arg, eq != NULL ? (size_t)(eq - arg) :
		strlen(arg));

	if (p == NULL)
		return err_set(e, ERR_BAD_INPUT, "unknown option %s",
			argv[*i]);
	if ((p->commands & c->id) == 0)
		return err_set(e, ERR_BAD_INPUT, "--%s means nothing to %s",
			p->name, c->name);
	if (p->type == FLAG && value != NULL)
		return err_set(e, ERR_BAD_INPUT, "--%s takes no value",
			p->name);
	if (p->type != FLAG && value == NULL) {
		if (*i + 1 == argc)
			return err_set(e, ERR_BAD_INPUT, "--%s needs a value",
				p->name);
		value = argv[++*i];
	}
	return set(o, p, value, e);
}

static const struct command *command_of(const char *name)
{
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (str_eq(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int check_enroll(const struct options *o, struct err *e)
{
	bool ade = o->ade || o->ade_web;

	if ((o->url == NULL) == (o->profile == NULL))
		return err_set(e, ERR_BAD_INPUT, "enroll needs --profile or "
			"--url URL, one of them");
	if (o->profile != NULL && (o->checkin_url != NULL || o->topic != NULL))
		return err_set(e, ERR_BAD_INPUT, "--checkin-url and --topic "
			"are the profile's");
	if (o->ade && o->ade_web)
		return err_set(e, ERR_BAD_INPUT,
			"--ade and --ade-web: one of them");
	if (ade && (o->profile == NULL || strstr(o->profile, "://") == NULL))
		return err_set(e, ERR_BAD_INPUT, "--ade and --ade-web need "
			"--profile URL");
	if ((o->apple_cert == NULL) != (o->apple_key == NULL))
		return err_set(e, ERR_BAD_INPUT,
			"--apple-cert and --apple-key need each other");
	if (!ade && (o->apple_cert != NULL || o->cannot_update))
		return err_set(e, ERR_BAD_INPUT, "--apple-cert and "
			"--cannot-update go with --ade or --ade-web");
	if (o->cert != NULL && o->count > 1)
		return err_set(e, ERR_BAD_INPUT,
			"--cert is of one device; many need --ca-cert");
	return 0;
}

static int check(const struct options *o, const struct command *c,
	struct err *e)
{
	if (o->state == NULL && !(c->id == OPTIONS_SEND && o->url != NULL))
		return err_set(e, ERR_BAD_INPUT, "%s needs --state DIR",
			c->name);
	if (c->id == OPTIONS_ENROLL && check_enroll(o, e) != 0)
		return -1;
	if (c->id == OPTIONS_SEND && o->file == NULL)
		return err_set(e, ERR_BAD_INPUT, "send needs a FILE");
	if ((o->cert == NULL) != (o->key == NULL))
		return err_set(e, ERR_BAD_INPUT,
			"--cert and --key need each other");
	if ((o->ca_cert == NULL) != (o->ca_key == NULL))
		return err_set(e, ERR_BAD_INPUT,
			"--ca-cert and --ca-key need each other");
	if (o->udid != NULL && (o->prefix != NULL || o->count > 1))
		return err_set(e, ERR_BAD_INPUT,
			"--udid names one device, --prefix and --count many");
	return 0;
}

int options_parse(int argc, char **argv, struct options *o, struct err *e)
{
	const struct command *c;

	memset(o, 0, sizeof(*o));
	o->interval = 30;
	o->seconds = -1;
	o->timeout = 60;
	o->max_commands = 100000;
	if (argc < 2 || str_eq(argv[1], "--help") || str_eq(argv[1], "-h")) {
		help(NULL);
		return argc < 2 ? err_set(e, ERR_BAD_INPUT,
			"no command") : 1;
	}
	if (str_eq(argv[1], "--version")) {
		puts("mooring-device " PACKAGE_VERSION);
		return 1;
	}
	c = command_of(argv[1]);
	if (c == NULL)
		return err_set(e, ERR_BAD_INPUT, "unknown command %s; --help "
			"lists them", argv[1]);
	o->command = c->id;
	for (int i = 2; i < argc; i++) {
		if (str_eq(argv[i], "--help") || str_eq(argv[i], "-h")) {
			help(c);
			return 1;
		}
		if (str_eq(argv[i], "-v")) {
			o->verbose = true;
		} else if (str_has_prefix(argv[i], "--")) {
			if (take(o, argc, argv, &i, c, e) != 0)
				return -1;
		} else if (c->id == OPTIONS_SEND && o->file == NULL) {
			o->file = argv[i];
		} else {
			return err_set(e, ERR_BAD_INPUT,
				"%s: what is this for?", argv[i]);
		}
	}
	return check(o, c, e);
}
