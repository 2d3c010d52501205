/* Property lists and JSON: whatever a device sends can be shown as JSON, and
 * whatever JSON is taken for a command reads back as the same. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "codec/pl_json.h"

/* Bytes of text: libplist's writer grows its text by little steps. */
#define WRITE_MAX 20000

static const char *text_of(const struct pl *p, struct arena *a)
{
	struct json *root = json_new_array(a);

	pl_json_put(root, NULL, p, a);
	return json_text(root, NULL, a);
}

/* What a property list became is JSON that can be parsed. */
static void show(struct bytes in, struct arena *a)
{
	struct err e = ERR_INIT;
	struct json *again;
	struct pl *p;

	if (pl_parse(in, a, &p, &e) == 0 &&
		json_parse(bytes_str(text_of(p, a)), a, &again, &e) < 0 &&
		/* One level more than it came with. */
		strstr(e.msg, "nested deeper") == NULL)
		abort();
}

static void take(struct bytes in, struct arena *a)
{
	struct err e = ERR_INIT;
	struct pl *p, *again;
	struct json *j;
	const char *text;

	if (json_parse(in, a, &j, &e) < 0)
		return;
	if (pl_json_read(j, a, &p, &e) < 0) {
		if (e.kind != ERR_BAD_INPUT || e.msg[0] == '\0')
			abort();
		return;
	}
	text = text_of(p, a);
	if (strlen(text) > WRITE_MAX)
		return;
	if (pl_parse(pl_binary(p, a), a, &again, &e) < 0 ||
		strcmp(text, text_of(again, a)) != 0)
		abort();
	/* The way that a command goes. */
	if (pl_parse(pl_xml(p, a), a, &again, &e) < 0 &&
		e.kind != ERR_BUSY)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();

	show(bytes_of(data, size), a);
	take(bytes_of(data, size), a);
	arena_free(a);
	if (pl_tree_bytes() != 0)
		abort();
	return 0;
}
