/* The first API token of a data directory: in a file for the operator, in the
 * store by its hash. The file is written first, so that a run that was cut
 * off finds it and goes on. */
#include "admin/op_init_steps.h"

#include <string.h>

#include "admin/op_token.h"
#include "auth/adminauth.h"
#include "base/file.h"

#define NAME "admin"
#define PATH "secrets/admin.token"
#define TEXT_MIN 32
#define TEXT_MAX 1024

static int make_file(struct init_run *in, const struct op *op,
	const char **text, struct err *e)
{
	struct op_tokens any;
	const char *line;

	*text = NULL;
	if (op_token_list(op, 0, 1, in->a, &any, e) < 0)
		return -1;
	if (any.n > 0) {
		init_said(in, OP_NOTE, PATH, "is not here, but the store has "
			"tokens: mooringctl tokens new makes others");
		return 0;
	}
	*text = adminauth_new_text(in->a);
	line = arena_printf(in->a, "%s\n", *text);
	if (file_write(file_path(in->a, in->dir, PATH), bytes_str(line), 0600,
		e) < 0)
		return -1;
	init_said(in, OP_MADE, PATH, "");
	return 0;
}

/* The line that is there; NULL after a note that it cannot be a token. */
static const char *kept(struct init_run *in, struct bytes file)
{
	const char *text;

	while (file.n > 0 && file.p[file.n - 1] == '\n')
		file.n--;
	text = arena_str(in->a, file);
	init_said(in, OP_KEPT, PATH, "");
	if (file.n >= TEXT_MIN && file.n <= TEXT_MAX &&
		strlen(text) == file.n && strpbrk(text, " \t\r\n") == NULL)
		return text;
	init_said(in, OP_NOTE, PATH, arena_printf(in->a,
		"is not one line of %d to %d characters without blanks: it is "
		"no token", TEXT_MIN, TEXT_MAX));
	return NULL;
}

static int put(struct init_run *in, const struct op *op, const char *text,
	struct err *e)
{
	struct op_token_new first = { .name = NAME, .scope = TOKEN_ADMIN,
		.text = text };
	struct token *t;

	if (op_token_find(op, text, in->a, &t, e) < 0)
		return -1;
	if (t != NULL) {
		if (str_eq(op_token_state(t, op->now), "active"))
			return 0;
		init_said(in, OP_NOTE, PATH, arena_printf(in->a, "is token %s, "
			"which is %s", t->name, op_token_state(t, op->now)));
		return 0;
	}
	if (op_token_new(op, &first, in->a, &t, &text, e) == 0)
		return 0;
	if (e->kind != ERR_CONFLICT)
		return -1;
	init_said(in, OP_NOTE, PATH, arena_printf(in->a,
		"is not a token of this store: %s", e->msg));
	*e = (struct err)ERR_INIT;
	return 0;
}

/* op's store is open in an arena of its own: it is closed at once. */
static int run(struct init_run *in, const struct op *op, struct err *e)
{
	struct bytes file;
	const char *text;

	if (file_read(file_path(in->a, in->dir, PATH), 4 * TEXT_MAX, in->a,
		&file, e) < 0)
		return -1;
	if (file.p != NULL)
		text = kept(in, file);
	else if (make_file(in, op, &text, e) < 0)
		return -1;
	return text != NULL ? put(in, op, text, e) : 0;
}

int init_token(struct init_run *in, struct err *e)
{
	const struct op_init *o = in->options;
	struct arena *a = arena_new();
	struct op op;
	int rc = op_open(in->dir, o->who != NULL ? o->who : "init", o->now, a,
		&op, e) < 0 || run(in, &op, e) < 0 ? -1 : 0;

	arena_free(a);
	return rc;
}
