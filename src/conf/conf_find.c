/* Finding a setting by its name, also by one that was mistyped. */
#include "conf/conf_keys.h"

#include <string.h>

#include "base/str.h"

const struct conf_key *conf_key_find(const char *name)
{
	for (size_t i = 0; i < conf_keys_n; i++)
		if (str_eq(conf_keys[i].name, name))
			return &conf_keys[i];
	return NULL;
}

/* Letters to change, drop or insert to make a from b; 99 for long ones. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[40];
	size_t n = strlen(b);

	if (n >= 40 || strlen(a) >= 40)
		return 99;
	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1] != '\0'; i++) {
		unsigned corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			unsigned best = corner + (a[i - 1] != b[j - 1]);

			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n];
}

const struct conf_key *conf_key_near(const char *name)
{
	const struct conf_key *near = NULL;
	unsigned best = 1 + (unsigned)strlen(name) / 3;

	best = best < 4 ? best : 4;
	for (size_t i = 0; i < conf_keys_n; i++) {
		unsigned d = distance(name, conf_keys[i].name);

		if (d < best) {
			best = d;
			near = &conf_keys[i];
		}
	}
	return near;
}
