/* API tokens: scopes and names. Who holds one is auth/adminauth's, what is
 * kept of it the store's. */
#include "model/token.h"

#include <string.h>

#include "base/str.h"

static const struct {
	enum token_scope scope;
	const char *name;
} scopes[] = {
	{ TOKEN_READ, "read" },
	{ TOKEN_COMMAND, "command" },
	{ TOKEN_ADMIN, "admin" },
};
#define N_SCOPES (sizeof(scopes) / sizeof(scopes[0]))

const char *token_scope_name(enum token_scope s)
{
	for (size_t i = 0; i < N_SCOPES; i++)
		if (scopes[i].scope == s)
			return scopes[i].name;
	return "unknown";
}

bool token_scope_parse(const char *name, enum token_scope *out)
{
	for (size_t i = 0; i < N_SCOPES; i++)
		if (str_eq(scopes[i].name, name)) {
			*out = scopes[i].scope;
			return true;
		}
	return false;
}

/* What is none of them, in a record of a later version or a damaged one,
 * covers nothing and is covered by nothing. */
bool token_scope_covers(enum token_scope has, enum token_scope needed)
{
	bool known = false, wanted = false;

	for (size_t i = 0; i < N_SCOPES; i++) {
		known = known || scopes[i].scope == has;
		wanted = wanted || scopes[i].scope == needed;
	}
	return known && wanted && has >= needed;
}

int token_name_check(const char *name, struct err *e)
{
	static const char allowed[] = "._-@ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789";
	size_t n = name != NULL ? strlen(name) : 0;

	if (n == 0 || n > TOKEN_NAME_MAX || strspn(name, allowed) != n ||
		strchr(allowed + 4, name[0]) == NULL)
		return err_set(e, ERR_BAD_INPUT, "name: use 1 to %d of A-Z a-z "
			"0-9 . _ - @, a letter or a digit first", TOKEN_NAME_MAX);
	return 0;
}
