/* Stored records: damage of any kind is found or harmless. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "codec/rec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct err e = ERR_INIT;
	struct rec_reader r;

	for (unsigned tag = 0; tag < 256; tag++) {
		const char *s;

		rec_read(&r, bytes_of(data, size));
		rec_get_u64(&r, (uint8_t)tag);
		rec_read(&r, bytes_of(data, size));
		rec_get_i64(&r, (uint8_t)tag);
		rec_read(&r, bytes_of(data, size));
		s = rec_get_str(&r, (uint8_t)tag, a);
		if (s != NULL && (rec_done(&r, "fuzz", &e) < 0 ||
			strlen(s) != rec_get_view(&r, (uint8_t)tag).n))
			abort();
	}
	arena_free(a);
	return 0;
}
