#ifndef MOORING_STORE_STORE_NOTE_H
#define MOORING_STORE_STORE_NOTE_H

#include "store/store.h"

/* What a program must remember from one run to the next, as short texts
 * under a name: which warnings were given. Never a secret. Verbs of a
 * transaction, as in store.h. */
#define STORE_NOTE_NAME_MAX 32
#define STORE_NOTE_MAX ((size_t)1 << 20)

/* Absent: out->p = NULL. */
int store_note_get(struct store_tx *tx, const char *name, struct arena *a,
	struct bytes *out, struct err *e);
/* Replaces; without bytes it is removed. ERR_BAD_INPUT: name or value is too
 * long. */
int store_note_put(struct store_tx *tx, const char *name, struct bytes value,
	struct err *e);

#endif
