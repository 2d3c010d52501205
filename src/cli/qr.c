/* Drawing of QR codes. What stands in them is the caller's. */
#include "cli/qr.h"

#include <errno.h>
#include <qrencode.h>
#include <stdlib.h>

#include "base/buf.h"

#define QUIET 4		/* modules around it, which readers need */
#define DRAWN_MAX ((size_t)1 << 20)

static bool is_light(const QRcode *q, int x, int y)
{
	if (x < 0 || y < 0 || x >= q->width || y >= q->width)
		return true;
	return (q->data[y * q->width + x] & 1) == 0;
}

static const char *block(bool upper, bool lower)
{
	if (upper)
		return lower ? "█" : "▀";
	return lower ? "▄" : " ";
}

static void draw(const QRcode *q, bool colour, struct buf *b)
{
	for (int y = -QUIET; y < q->width + QUIET; y += 2) {
		buf_adds(b, colour ? "\033[40;97m" : "");
		for (int x = -QUIET; x < q->width + QUIET; x++)
			buf_adds(b, block(is_light(q, x, y),
				is_light(q, x, y + 1)));
		buf_adds(b, colour ? "\033[0m\n" : "\n");
	}
}

int qr_draw(const char *text, bool colour, struct arena *a, const char **out,
	struct err *e)
{
	QRcode *q = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	struct buf b;

	if (q == NULL && errno == ENOMEM)
		abort();
	if (q == NULL)
		return err_set(e, ERR_TOO_LARGE,
			"this does not fit into a QR code");
	buf_init(&b, DRAWN_MAX);
	draw(q, colour, &b);
	*out = arena_str(a, buf_bytes(&b));
	buf_fini(&b);
	QRcode_free(q);
	return 0;
}
