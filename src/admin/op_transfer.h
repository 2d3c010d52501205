#ifndef MOORING_ADMIN_OP_TRANSFER_H
#define MOORING_ADMIN_OP_TRANSFER_H

#include <stdio.h>

#include "admin/op.h"

/*
 * Enrollments to and from other servers. One enrollment is one line of JSON:
 * {"id","type","authenticate","token_update","cert_sha256","unlock_token",
 * "bootstrap_token","state","tally","profile"}: plists and tokens as base64,
 * profile what its enrollment profile said for good (op_json.h), a user
 * channel without authenticate, keys without a value left out. Devices come
 * before their user channels. The lines hold secrets.
 */
struct op_transferred {
	uint64_t devices, users, skipped, failed;
};
/* Called for each that was skipped or failed, with why; progress each 1,000
 * (line NULL). May be NULL. */
typedef void (*op_transfer_report)(const struct op_transferred *so_far,
	const char *line, void *arg);

/* All that are enabled (all: those that left too). */
int op_export(const struct op *op, FILE *to, bool all,
	op_transfer_report report, void *arg, struct op_transferred *out,
	struct err *e);
/* To PUT URL/migration of a NanoMDM (or Mooring), one message each: all that
 * are enabled. token: its API key. ca_file: as fetch_options. What it refuses
 * is reported; that it cannot be reached, or refuses the token, is
 * ERR_UPSTREAM. */
int op_export_to(const struct op *op, const char *url, const char *token,
	const char *ca_file, op_transfer_report report, void *arg, struct op_transferred *out,
	struct err *e);

/* One message as a device sent it, its certificate not known here: the
 * enrollment is `imported` (setting first_binding). An enrollment that is
 * there and was not imported is left alone: ERR_CONFLICT. Not a check-in
 * message that can be imported: ERR_BAD_INPUT. */
int op_import_message(const struct op *op, struct bytes raw, struct arena *a,
	struct enrollment **out, struct err *e);
/* Lines as above. The guard is armed first. */
int op_import(const struct op *op, FILE *from, op_transfer_report report,
	void *arg, struct op_transferred *out, struct err *e);
/* The directory of a NanoMDM server with -storage filekv (or file). */
int op_import_nanomdm(const struct op *op, const char *dir,
	op_transfer_report report, void *arg, struct op_transferred *out,
	struct err *e);

#endif
