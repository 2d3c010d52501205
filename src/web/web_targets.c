/* The answer to calls for many enrollments, as NanoMDM writes it. */
#include "web/web_targets.h"

#include <stdlib.h>

static int by_bytes(const void *a, const void *b)
{
	return bytes_order(*(const struct bytes *)a, *(const struct bytes *)b);
}

int web_targets_ids(const struct web_call *call, unsigned n,
	struct bytes **ids, size_t *count, struct err *e)
{
	struct bytes *list;
	size_t all, kept = 1;

	if (web_api_ids(call, n, WEB_TARGETS_MAX, &list, &all, e) < 0)
		return -1;
	qsort(list, all, sizeof(*list), by_bytes);
	for (size_t i = 1; i < all; i++)
		if (!bytes_eq(list[i], list[kept - 1]))
			list[kept++] = list[i];
	*ids = list;
	*count = kept;
	return 0;
}

static bool failed(const struct web_outcome *o)
{
	return o->push_error != NULL || o->command_error != NULL;
}

static int status_of(const struct web_result *whole,
	const struct web_outcome *list, size_t n)
{
	size_t errors = 0;

	if (whole->push_error != NULL || whole->command_error != NULL)
		return 500;
	for (size_t i = 0; i < n; i++)
		errors += failed(&list[i]);
	return errors == 0 ? 200 : errors == n ? 500 : 207;
}

static void set_status(const struct web_call *call, struct json *root,
	const struct web_outcome *list, size_t n)
{
	struct json *status = NULL, *o;

	for (size_t i = 0; i < n; i++) {
		if (!failed(&list[i]) && list[i].push_result == NULL)
			continue;
		if (status == NULL)
			status = json_set_object(root, "status");
		o = json_set_object(status, arena_str(call->rq->arena,
			list[i].id));
		json_set_str(o, "push_error", list[i].push_error);
		json_set_str(o, "push_result", list[i].push_result);
		json_set_str(o, "command_error", list[i].command_error);
	}
}

/* What the request's log line says: the first trouble that there was. */
static void set_reason(const struct web_call *call,
	const struct web_result *whole, const struct web_outcome *list,
	size_t n)
{
	const char *why = whole->command_error != NULL ?
		whole->command_error : whole->push_error;

	for (size_t i = 0; i < n && why == NULL; i++)
		why = list[i].command_error != NULL ?
			list[i].command_error : list[i].push_error;
	if (why != NULL)
		web_reason(call, why);
}

void web_targets_reply(const struct web_call *call, struct reply *rp,
	const struct web_result *whole, const struct web_outcome *list,
	size_t n)
{
	struct json *root = json_new_object(call->rq->arena);

	set_status(call, root, list, n);
	if (whole->no_push)
		json_set_bool(root, "no_push", true);
	json_set_str(root, "push_error", whole->push_error);
	json_set_str(root, "command_error", whole->command_error);
	json_set_str(root, "command_uuid", whole->command_uuid);
	json_set_str(root, "request_type", whole->request_type);
	set_reason(call, whole, list, n);
	web_api_reply(call, rp, status_of(whole, list, n), root);
}
