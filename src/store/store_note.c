/* Notes as their callers see them: as store.c. */
#include "store/store_note.h"

#include <string.h>

#include "store/store_ops.h"

int store_note_get(struct store_tx *tx, const char *name, struct arena *a,
	struct bytes *out, struct err *e)
{
	return tx->ops->note_get(tx, name, a, out, e);
}

int store_note_put(struct store_tx *tx, const char *name, struct bytes value,
	struct err *e)
{
	size_t n = strlen(name);

	if (!tx->write)
		return err_set(e, ERR_INTERNAL,
		    "store: a write in a read transaction");
	if (n == 0 || n > STORE_NOTE_NAME_MAX || value.n > STORE_NOTE_MAX)
		return err_set(e, ERR_BAD_INPUT,
		    "note: a name of %zu and a value of %zu bytes", n, value.n);
	return tx->ops->note_put(tx, name, value, e);
}
