#ifndef MOORING_BASE_METRICS_H
#define MOORING_BASE_METRICS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Figures of all processes of one DIR, in one small shared file
 * (DIR/run/metrics): fixed slots of atomic counters, so that no process has
 * to be asked and none that dies takes its share with it. Losing the file
 * loses figures, nothing else. Names and labels follow Prometheus' text
 * format. Safe from any thread; before metrics_open (or when it failed) all
 * of it does nothing.
 */
int metrics_open(const char *path, struct err *e);
void metrics_close(void);

/* labels: `route="/v1/push/{id}",status="200"`, or "". Over 1,000 different
 * names and labels the further ones are dropped (and counted). */
void metrics_count(const char *name, const char *labels, uint64_t n);
/* A histogram of seconds: buckets from 0.5 ms to 10 s. */
void metrics_time(const char *name, const char *labels, int64_t us);
void metrics_gauge(const char *name, const char *labels, double v);
/* All, grouped by name with their # TYPE lines (and # HELP where known). */
void metrics_text(struct buf *out);

#endif
