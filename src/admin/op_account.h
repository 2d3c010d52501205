#ifndef MOORING_ADMIN_OP_ACCOUNT_H
#define MOORING_ADMIN_OP_ACCOUNT_H

#include "admin/op.h"
#include "store/store_enroll.h"

/* The people who may enroll a device by signing in. Passwords are kept as
 * hashes (crypto/password.h) and never given out. */
struct op_account_set {
	/* 1 to 255 bytes of UTF-8 on one line, no blank around it. */
	const char *name;
	struct bytes password;	/* p NULL: as it is; a secret */
	/* NULL: as it is; "": the name itself. What comes out has an '@'. */
	const char *managed_apple_account;
	const bool *disabled;	/* NULL: as it is */
};
/* ERR_CONFLICT: there is one of this name (without case). Needs a password
 * of OP_PASSWORD_MIN bytes or more. */
#define OP_PASSWORD_MIN 8
int op_account_add(const struct op *op, const struct op_account_set *in,
	struct arena *a, struct account **out, struct err *e);
/* ERR_NOT_FOUND. A new password ends no login that is under way, those last
 * login_minutes; disabling and removing do. */
int op_account_set(const struct op *op, const struct op_account_set *in,
	struct arena *a, struct account **out, struct err *e);
int op_account_remove(const struct op *op, const char *name, struct err *e);
/* By name; `after` NULL: from the start. *next: `after` of the next page,
 * NULL at the end. */
int op_account_list(const struct op *op, const char *after, size_t limit,
	struct arena *a, struct account ***out, size_t *n,
	const char **next, struct err *e);

#endif
