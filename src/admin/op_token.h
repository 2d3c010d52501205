#ifndef MOORING_ADMIN_OP_TOKEN_H
#define MOORING_ADMIN_OP_TOKEN_H

#include "admin/op.h"
#include "model/token.h"

/* API tokens. The text of a token is seen once, when it is made. */
struct op_token_new {
	const char *name;
	enum token_scope scope;
	int64_t expires;	/* 0: never */
	const char *text;	/* NULL: a new one; else this one is taken
				 * (the first token of a data directory) */
};
/* text: the secret, in the arena. ERR_CONFLICT: the name is in use, or this
 * text was a token before. */
int op_token_new(const struct op *op, const struct op_token_new *in,
	struct arena *a, struct token **out, const char **text,
	struct err *e);
/* By its text; revoked and expired ones too. None: *out = NULL. */
int op_token_find(const struct op *op, const char *text, struct arena *a,
	struct token **out, struct err *e);
struct op_tokens {
	struct token **list;
	size_t n;
	uint64_t next;		/* `after` of the next page; 0: no more */
};
int op_token_list(const struct op *op, uint64_t after, size_t limit,
	struct arena *a, struct op_tokens *out, struct err *e);
/* By name (of several, the one that is not revoked, else the latest) or
 * number ("@3"); the last one that can administrate is revoked too
 * (mooringctl makes others). It is refused from the next request on; one that
 * was revoked before is left as it is, *changed = false. ERR_NOT_FOUND. */
int op_token_revoke(const struct op *op, const char *name, struct arena *a,
	struct token **out, bool *changed, struct err *e);

/* "active", "expired", "revoked". */
const char *op_token_state(const struct token *t, int64_t now);

#endif
