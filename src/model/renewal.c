/* A renewal under way, as a stored record. */
#include "model/renewal.h"

#include "base/buf.h"
#include "codec/rec.h"

/* Tags are stored. */
enum { STARTED = 1, COMMAND_UUID, NONCE, DONE };

struct bytes renewal_encode(const struct renewal *r, struct arena *a)
{
	struct bytes out;
	struct buf b;

	buf_init(&b, 4096);
	rec_begin(&b);
	rec_put_i64(&b, STARTED, r->started);
	rec_put_str(&b, COMMAND_UUID, r->command_uuid);
	rec_put_str(&b, NONCE, r->nonce);
	rec_put_i64(&b, DONE, r->done);
	out = arena_bytes(a, buf_bytes(&b));
	buf_fini(&b);
	return out;
}

int renewal_parse(struct bytes in, struct arena *a, struct renewal *out,
	struct err *e)
{
	struct rec_reader r;

	rec_read(&r, in);
	out->started = rec_get_i64(&r, STARTED);
	out->command_uuid = rec_get_str(&r, COMMAND_UUID, a);
	out->nonce = rec_get_str(&r, NONCE, a);
	out->done = rec_get_i64(&r, DONE);
	return rec_done(&r, "renewal", e);
}
