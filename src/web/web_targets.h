#ifndef MOORING_WEB_WEB_TARGETS_H
#define MOORING_WEB_WEB_TARGETS_H

#include "web/web_api.h"

/*
 * What NanoMDM's calls for many enrollments at once share: their ids, and
 * the answer {"status":{ID:{…}}, …}, where whatever is empty is left out.
 * 200: all went well, 207: some did, 500: none did, or something failed as a
 * whole.
 */
#define WEB_TARGETS_MAX 10000

/* The ids of the route's n-th wildcard: each once, in the order of their
 * bytes. ERR_BAD_INPUT. */
int web_targets_ids(const struct web_call *call, unsigned n,
	struct bytes **ids, size_t *count, struct err *e);

struct web_outcome {
	struct bytes id;
	/* NULL: left out. One of the first two: it failed. */
	const char *push_error, *command_error;
	const char *push_result;
};
struct web_result {
	bool no_push;
	const char *push_error, *command_error;	/* of the whole */
	const char *command_uuid, *request_type;
};
void web_targets_reply(const struct web_call *call, struct reply *rp,
	const struct web_result *whole, const struct web_outcome *list,
	size_t n);

#endif
