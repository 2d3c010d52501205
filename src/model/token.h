#ifndef MOORING_MODEL_TOKEN_H
#define MOORING_MODEL_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* API tokens. Only a token's SHA-256 is ever kept. */

/* Bits, stored. Each includes the ones before it. */
enum token_scope {
	TOKEN_READ = 1,		/* look, at no secret */
	TOKEN_COMMAND = 2,	/* enqueue, push, cancel */
	TOKEN_ADMIN = 4,	/* everything */
};
#define TOKEN_NAME_MAX 64

struct token {
	uint64_t num;		/* 0: not stored yet */
	const char *name;	/* unique among those not revoked */
	enum token_scope scope;
	const char *made_by;	/* who, as in the audit log */
	int64_t created;
	int64_t expires;	/* 0: never */
	int64_t used;		/* to the minute; 0: never */
	int64_t revoked;	/* 0: not */
};

const char *token_scope_name(enum token_scope s); /* "read", … */
/* False when there is none of that name. */
bool token_scope_parse(const char *name, enum token_scope *out);
bool token_scope_covers(enum token_scope has, enum token_scope needed);
/* 1 to TOKEN_NAME_MAX of A-Z a-z 0-9 . _ - @, the first a letter or a digit
 * ("@3" is a number, ".." a path, "-x" an option); ERR_BAD_INPUT says so. */
int token_name_check(const char *name, struct err *e);

#endif
