/* Forwards of the verbs of store_note.h. */
#include "fail_verbs.h"

int fail_note_get(struct store_tx *tx, const char *name, struct arena *a,
	struct bytes *out, struct err *e)
{
	return fail_now(tx, e) ? -1 : store_note_get(fail_inner(tx), name, a,
	    out, e);
}

int fail_note_put(struct store_tx *tx, const char *name, struct bytes value,
	struct err *e)
{
	return fail_now(tx, e) ? -1 : store_note_put(fail_inner(tx), name,
	    value, e);
}
