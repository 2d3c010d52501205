/* Aligned tables. Width is counted in code points: what mostly stands here
 * is ASCII, and --json is for the rest. */
#include "cli/table.h"

#include <stdint.h>
#include <string.h>

#include "admin/op.h"
#include "base/clk.h"

#define CELL_MAX 64	/* characters */
#define COLUMNS_MAX 16

struct row {
	struct row *next;
	const char *cells[COLUMNS_MAX];
};

struct table {
	struct arena *a;
	size_t n;
	bool headless;
	size_t width[COLUMNS_MAX];
	struct row *first, **last;
};

static size_t chars(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* The bytes of the first n characters. */
static size_t prefix(const char *s, size_t n)
{
	size_t i = 0;

	while (s[i] != '\0' && (n > 0 || ((unsigned char)s[i] & 0xc0) == 0x80))
		n -= ((unsigned char)s[i++] & 0xc0) != 0x80;
	return i;
}

static const char *cell(struct table *t, const char *s, bool last)
{
	const char *out;

	if (s == NULL || *s == '\0')
		return last && s != NULL ? "" : "-";
	out = op_line(bytes_str(s), SIZE_MAX, t->a);
	if (last || chars(out) <= CELL_MAX)
		return out;
	return arena_printf(t->a, "%.*s…", (int)prefix(out, CELL_MAX - 1), out);
}

static void add(struct table *t, const char *const *cells)
{
	struct row *r = arena_zalloc(t->a, sizeof(*r));

	for (size_t i = 0; i < t->n; i++) {
		size_t w;

		r->cells[i] = cell(t, cells[i], i + 1 == t->n);
		w = chars(r->cells[i]);
		if (w > t->width[i])
			t->width[i] = w;
	}
	*t->last = r;
	t->last = &r->next;
}

struct table *table_new(struct arena *a, const char *const *heads)
{
	struct table *t = arena_zalloc(a, sizeof(*t));

	t->a = a;
	t->last = &t->first;
	t->headless = true;
	for (; heads[t->n] != NULL && t->n < COLUMNS_MAX; t->n++)
		t->headless = t->headless && heads[t->n][0] == '\0';
	if (!t->headless)
		add(t, heads);
	return t;
}

void table_row(struct table *t, const char *const *cells)
{
	add(t, cells);
}

void table_print(const struct table *t, FILE *to)
{
	for (const struct row *r = t->first; r != NULL; r = r->next) {
		size_t pad = 0;	/* no blanks at the end of a line */

		for (size_t i = 0; i < t->n; i++) {
			if (*r->cells[i] != '\0') {
				fprintf(to, "%*s%s", (int)pad, "",
					r->cells[i]);
				pad = 0;
			}
			pad += t->width[i] - chars(r->cells[i]) + 2;
		}
		fputc('\n', to);
	}
}

const char *table_time(struct arena *a, int64_t t)
{
	char text[CLK_TEXT_LEN + 1];

	if (t == 0)
		return "-";
	clk_text(t, text);
	return arena_strdup(a, text);
}

const char *table_u64(struct arena *a, uint64_t v)
{
	return arena_printf(a, "%llu", (unsigned long long)v);
}

const char *table_bytes(struct arena *a, struct bytes b)
{
	return b.p != NULL ? arena_str(a, b) : NULL;
}

const char *table_size(struct arena *a, uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double v = (double)bytes / 1024;
	size_t u = 0;

	if (bytes < 1024)
		return arena_printf(a, "%llu bytes", (unsigned long long)bytes);
	for (; v >= 1024 && u + 1 < sizeof(units) / sizeof(units[0]); u++)
		v /= 1024;
	return arena_printf(a, "%.1f %s", v, units[u]);
}
