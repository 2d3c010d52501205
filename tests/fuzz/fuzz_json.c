/* JSON: what is read can be written and reads back as the same. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "codec/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct json *j = NULL, *again = NULL;
	struct err e = ERR_INIT;
	char *text;

	if (json_parse(bytes_of(data, size), a, &j, &e) == 0) {
		text = json_text(j, NULL, a);
		if (json_parse(bytes_str(json_text(j, "\t", a)), a, &again, &e) < 0 ||
			strcmp(text, json_text(again, NULL, a)) != 0)
			abort();
	} else if (e.kind != ERR_BAD_INPUT || e.msg[0] == '\0') {
		abort();
	}
	arena_free(a);
	return 0;
}
