/* Check-in messages: refused with a line, or whole. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "mdm/checkin_msg.h"

static void want(const char *text)
{
	if (text == NULL || text[0] == '\0' || !str_is_utf8(text, strlen(text)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct checkin_msg m;
	struct err e = ERR_INIT;

	if (checkin_msg_parse(bytes_of(data, size), a, &m, &e) == 0) {
		want(m.type_name);
		if (m.id.device.n == 0 || m.id.device.n > ENROLLMENT_ID_MAX)
			abort();
		if (m.type == CHECKIN_TOKEN_UPDATE) {
			want(m.push_magic);
			if (m.token.n == 0)
				abort();
		}
	} else if (e.kind != ERR_BAD_INPUT || e.msg[0] == '\0') {
		abort();
	}
	arena_free(a);
	return 0;
}
