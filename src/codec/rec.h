#ifndef MOORING_CODEC_REC_H
#define MOORING_CODEC_REC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Stored records: one version byte, then fields of tag (u8, never reused),
 * varint length, value. Integers are minimal-length big-endian. A field that
 * is zero, false or empty is not written; a reader gives 0, false, NULL for
 * what is absent and skips tags that it does not know, so fields can be
 * added without a migration. Another version is refused.
 */
#define REC_VERSION 1

void rec_begin(struct buf *b);	/* clears b, writes the version */
void rec_put_u64(struct buf *b, uint8_t tag, uint64_t v);
void rec_put_i64(struct buf *b, uint8_t tag, int64_t v);	/* >= 0 or < 0 */
void rec_put_bytes(struct buf *b, uint8_t tag, struct bytes v);
void rec_put_str(struct buf *b, uint8_t tag, const char *v);

/* Sticky: after a fault every getter gives absence and rec_done fails. */
struct rec_reader {
	struct bytes in;
	bool bad;
};
void rec_read(struct rec_reader *r, struct bytes in);
uint64_t rec_get_u64(struct rec_reader *r, uint8_t tag);
int64_t rec_get_i64(struct rec_reader *r, uint8_t tag);
/* A view into the record / a copy in the arena; absent: NULL. */
struct bytes rec_get_view(struct rec_reader *r, uint8_t tag);
struct bytes rec_get_bytes(struct rec_reader *r, uint8_t tag,
	struct arena *a);
const char *rec_get_str(struct rec_reader *r, uint8_t tag, struct arena *a);
/* ERR_INTERNAL "what: damaged record" after a fault. */
int rec_done(struct rec_reader *r, const char *what, struct err *e);

#endif
