/* Results of commands: refused with a line, or whole. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "codec/pl.h"
#include "mdm/result_msg.h"

/* What is kept as inventory is read again by others. */
static void check_inventory(const struct result_msg *m, struct arena *a)
{
	struct err e = ERR_INIT;
	struct pl *p;

	if (m->inventory_value.p != NULL && pl_parse(m->inventory_value, a, &p,
		&e) < 0 && e.kind != ERR_BUSY)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct result_msg m;
	struct err e = ERR_INIT;

	if (result_msg_parse(bytes_of(data, size), a, &m, &e) == 0) {
		if (m.status_text == NULL || m.id.device.n == 0)
			abort();
		if (m.status != RESULT_IDLE && m.command_uuid == NULL)
			abort();
		check_inventory(&m, a);
	} else if (e.kind != ERR_BAD_INPUT || e.msg[0] == '\0') {
		abort();
	}
	arena_free(a);
	return 0;
}
