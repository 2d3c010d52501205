#ifndef MOORING_SIM_OPTIONS_H
#define MOORING_SIM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* The command line: one table of options (options.c) is parsed, checked and
 * printed by --help. */
enum options_command {
	OPTIONS_ENROLL = 1,
	OPTIONS_POLL = 2,
	OPTIONS_RUN = 4,
	OPTIONS_CHECKOUT = 8,
	OPTIONS_TOKEN = 16,
	OPTIONS_SEND = 32,
	OPTIONS_LIST = 64,
	OPTIONS_RESTORE = 128,
};

struct options {
	enum options_command command;
	const char *file;	/* the argument of send */
	/* where */
	const char *state, *url, *checkin_url, *ca, *topic;
	/* the enrollment profile: a URL or a file, and how it is asked for */
	const char *profile;
	bool ade, ade_web, cannot_update;
	const char *apple_cert, *apple_key;
	/* which and what */
	const char *udid, *prefix, *serial, *kind, *model, *os_version;
	const char *build_version, *name, *user;
	uint64_t count;		/* 0: not given */
	bool awaiting;
	/* who */
	const char *auth, *cert, *key, *ca_cert, *ca_key, *key_type;
	bool new_identity;
	/* how */
	bool authenticate_only, force, fresh, http2, json, verbose;
	const char *channel;
	uint64_t connections, threads, timeout, max_commands;
	double interval, seconds;	/* seconds < 0: no limit */
	uint64_t polls;			/* 0: no limit */
	double notnow, error;
	uint64_t seed;
	/* send */
	const char *method, *content_type;
	bool checkin;
};

/* 0: go on. 1: help was asked for and is printed. -1 ERR_BAD_INPUT with one
 * line. */
int options_parse(int argc, char **argv, struct options *o, struct err *e);

#endif
