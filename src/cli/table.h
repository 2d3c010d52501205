#ifndef MOORING_CLI_TABLE_H
#define MOORING_CLI_TABLE_H

#include <stdio.h>

#include "base/arena.h"
#include "base/str.h"

/*
 * Tables for people: columns aligned with blanks, never a tab. Cells are
 * copied; what cannot stand in a line becomes '?', NULL becomes "-" ("" too,
 * but in the last column), and all but the last column are cut to 64
 * characters with "…" (programs read --json).
 */
struct table;
/* heads: ended by NULL; a head of "" in all columns prints no head line. */
struct table *table_new(struct arena *a, const char *const *heads);
/* As many cells as there are heads. */
void table_row(struct table *t, const char *const *cells);
void table_print(const struct table *t, FILE *to);

/* For cells. "-" stands for 0. All in the arena. */
const char *table_time(struct arena *a, int64_t t);
const char *table_u64(struct arena *a, uint64_t v);
const char *table_bytes(struct arena *a, struct bytes b);
/* "12.3 MiB" */
const char *table_size(struct arena *a, uint64_t bytes);

#endif
