#ifndef MOORING_CONF_CONF_KEYS_H
#define MOORING_CONF_CONF_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "conf/conf.h"

/* The table of settings: the only place where a key is named. */
enum conf_type {
	CONF_URL,	/* https://HOST[:PORT] */
	CONF_LINK,	/* https://HOST[:PORT]/PATH; empty where that is the
			 * default */
	CONF_PATH,	/* an absolute path; may be empty */
	CONF_LISTEN,	/* ADDRESS:PORT */
	CONF_WORD,	/* one of `choices`, kept as text */
	CONF_ENUM,	/* one of `choices`, kept as its index */
	CONF_UINT,	/* min to max */
	CONF_SIZE,	/* min to max bytes; K, M, G, T are powers of 1024 */
	CONF_SOURCES,	/* identity sources, comma-separated */
	CONF_NETS,	/* addresses and networks, comma-separated; may be empty */
	CONF_BOOL,	/* yes or no */
	CONF_TEXT,	/* one line of UTF-8; may be empty */
	CONF_SECRET,	/* the same, never shown */
	CONF_WORDS,	/* words, comma-separated; may be empty */
	CONF_TOPIC,	/* com.apple.mgmt.…; may be empty */
	CONF_OS,	/* VERSION [BUILD], "18.1 (a) 22B83"; may be empty */
};

struct conf_key {
	const char *name;
	enum conf_type type;
	size_t offset;			/* of the field in struct conf */
	const char *def;		/* NULL: must be set */
	uint64_t min, max;
	const char *const *choices;	/* NULL-terminated */
	const char *help;		/* plain sentences */
};

extern const struct conf_key conf_keys[];
extern const size_t conf_keys_n;

const struct conf_key *conf_key_find(const char *name);	/* NULL: unknown */
/* The known key that looks most like a mistyped one, or NULL. */
const struct conf_key *conf_key_near(const char *name);
/* Checks a value and puts it into its field; text goes to the arena.
 * ERR_BAD_INPUT "key: …" says what is allowed. */
int conf_key_set(const struct conf_key *k, const char *value,
	struct arena *a, struct conf *c, struct err *e);
/* The field as the file would have it. */
const char *conf_key_text(const struct conf_key *k, const struct conf *c,
	struct arena *a);

#endif
