#ifndef MOORING_ADMIN_OP_IMPORT_H
#define MOORING_ADMIN_OP_IMPORT_H

#include "admin/op_transfer.h"
#include "mdm/import.h"

/*
 * What the ways to import share: enrollments are gathered and written many
 * in one transaction. Inside of admin/ only.
 */
struct op_importer;
/* Arms the guard, and notes in the audit log what is imported. */
int op_importer_open(const struct op *op, const char *from,
	op_transfer_report report, void *arg, struct op_importer **out,
	struct err *e);
/* The arena of the next item, and of what it points to. */
struct arena *op_importer_arena(struct op_importer *im);
/* name: of the enrollment, for the report; in the arena. why: it cannot be
 * imported, and is only counted and reported; else NULL. bytes: what it takes
 * of the arena, about. */
int op_importer_add(struct op_importer *im, const char *name,
	const struct import_item *it, const struct err *why, size_t bytes,
	struct err *e);
/* Writes what is left. Frees it, whatever rc (of the caller's) says; 0 or
 * -1 as rc was. */
int op_importer_close(struct op_importer *im, int rc,
	struct op_transferred *out, struct err *e);

#endif
