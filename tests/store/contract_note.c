/* Notes: short texts under a name. */
#include "contract.h"

#include "store/store_note.h"

static const char *note(struct world *w, const char *name)
{
	struct bytes v;

	OK(store_note_get(world_read(w), name, w->arena, &v, &w->err));
	world_end(w);
	return v.p != NULL ? arena_str(w->arena, v) : NULL;
}

static void put(struct world *w, const char *name, const char *value)
{
	OK(store_note_put(world_write(w), name, bytes_str(value), &w->err));
	world_commit(w);
}

static void test_notes(void **state)
{
	struct world *w = *state;
	char longest[STORE_NOTE_NAME_MAX + 2];

	assert_null(note(w, "a"));
	put(w, "a", "1");
	put(w, "b", "2");
	put(w, "a", "one");
	assert_string_equal(note(w, "a"), "one");
	assert_string_equal(note(w, "b"), "2");
	put(w, "a", "");
	assert_null(note(w, "a"));
	put(w, "a", NULL);
	assert_string_equal(note(w, "b"), "2");

	memset(longest, 'x', sizeof(longest));
	longest[STORE_NOTE_NAME_MAX] = '\0';
	put(w, longest, "3");
	assert_string_equal(note(w, longest), "3");
}

static void test_refused(void **state)
{
	struct world *w = *state;
	char name[STORE_NOTE_NAME_MAX + 2];
	struct store_tx *tx;
	struct bytes large = bytes_of(arena_zalloc(w->arena,
	    STORE_NOTE_MAX + 1), STORE_NOTE_MAX + 1);

	memset(name, 'x', sizeof(name));
	name[STORE_NOTE_NAME_MAX + 1] = '\0';
	tx = world_write(w);
	FAILS(store_note_put(tx, name, bytes_str("1"), &w->err), ERR_BAD_INPUT);
	FAILS(store_note_put(tx, "", bytes_str("1"), &w->err), ERR_BAD_INPUT);
	FAILS(store_note_put(tx, "a", large, &w->err), ERR_BAD_INPUT);
	world_commit(w);
	FAILS(store_note_put(world_read(w), "a", bytes_str("1"), &w->err),
	    ERR_INTERNAL);
	world_end(w);
}

const struct contract_test contract_note[] = {
	CONTRACT(test_notes), CONTRACT(test_refused), { NULL, NULL },
};
