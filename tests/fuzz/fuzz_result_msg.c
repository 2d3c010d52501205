/* Results of commands: refused with a line, or whole. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "mdm/result_msg.h"

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
	} else if (e.kind != ERR_BAD_INPUT || e.msg[0] == '\0') {
		abort();
	}
	arena_free(a);
	return 0;
}
