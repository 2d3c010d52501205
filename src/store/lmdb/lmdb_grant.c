/* A grant inside of the record of what was handed out for it. */
#include "store/lmdb/lmdb_enroll.h"

#include <string.h>

#define GRANT_REC_MAX ((size_t)1 << 18)

/* Stored: never reuse a number. */
enum {
	TAG_SOURCE = 1, TAG_SERIAL = 2, TAG_UDID = 3, TAG_ENROLLMENT = 4,
	TAG_ACCOUNT = 5, TAG_FACTS = 6, TAG_INVITE = 7,
};

void lmdb_grant_put(struct buf *b, uint8_t tag, const struct grant *g)
{
	struct buf in;

	buf_init(&in, GRANT_REC_MAX);
	rec_begin(&in);
	rec_put_u64(&in, TAG_SOURCE, g->source);
	rec_put_str(&in, TAG_SERIAL, g->serial);
	rec_put_str(&in, TAG_UDID, g->udid);
	rec_put_u64(&in, TAG_ENROLLMENT, g->enrollment);
	rec_put_str(&in, TAG_ACCOUNT, g->account);
	rec_put_bytes(&in, TAG_FACTS, g->facts);
	if (g->has_invite)
		rec_put_bytes(&in, TAG_INVITE, bytes_of(g->invite,
		    DIGEST_LEN));
	rec_put_bytes(b, tag, buf_bytes(&in));
	if (in.full)
		b->full = true;
	buf_fini(&in);
}

void lmdb_grant_get(struct rec_reader *r, uint8_t tag, struct arena *a,
	struct grant *out)
{
	struct bytes v = rec_get_view(r, tag);
	struct rec_reader in;
	struct bytes invite;

	memset(out, 0, sizeof(*out));
	if (v.p == NULL) {
		r->bad = true;
		return;
	}
	rec_read(&in, v);
	out->source = (enum grant_source)rec_get_u64(&in, TAG_SOURCE);
	out->serial = rec_get_str(&in, TAG_SERIAL, a);
	out->udid = rec_get_str(&in, TAG_UDID, a);
	out->enrollment = rec_get_u64(&in, TAG_ENROLLMENT);
	out->account = rec_get_str(&in, TAG_ACCOUNT, a);
	out->facts = rec_get_bytes(&in, TAG_FACTS, a);
	invite = rec_get_view(&in, TAG_INVITE);
	out->has_invite = invite.n == DIGEST_LEN;
	if (out->has_invite)
		memcpy(out->invite, invite.p, DIGEST_LEN);
	if (in.bad)
		r->bad = true;
}
