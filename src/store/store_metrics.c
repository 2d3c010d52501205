/* Commits as figures of base/metrics. */
#include "store/store_metrics.h"

#include "base/metrics.h"

void store_metrics_count(struct store *st, struct store_metrics *m)
{
	struct store_info info;
	struct err e;

	if (store_info(st, &info, &e) < 0)
		return;
	metrics_count("mooring_commits_total", "", info.commits - m->commits);
	metrics_count("mooring_writes_total", "", info.committed - m->writes);
	m->commits = info.commits;
	m->writes = info.committed;
}
