/* Events in the admin API. */
#include "web/web_events.h"

#include "admin/op_json.h"
#include "web/web_api.h"

static int take_query(const struct web_call *call, struct op_delivery_query *q,
	struct err *e)
{
	const char *state = web_api_query(call, "state");

	*q = (struct op_delivery_query){
		.state = DELIVERY_WAITING,
		.webhook = web_api_query(call, "webhook"),
		.id = bytes_str(web_api_query(call, "enrollment")),
	};
	if (state == NULL || str_eq(state, "waiting"))
		return 0;
	q->state = DELIVERY_BURIED;
	return str_eq(state, "buried") ? 0 :
		err_set(e, ERR_BAD_INPUT, "state: use waiting or buried");
}

static int list(const struct web_call *call, struct reply *rp, struct err *e)
{
	struct arena *a = call->rq->arena;
	struct op op = web_api_op(call);
	struct json *root = json_new_object(a);
	struct json *items = json_set_array(root, "events");
	struct op_deliveries page;
	struct op_delivery_query q;

	if (take_query(call, &q, e) < 0 ||
		web_api_limit(call, &q.limit, e) < 0 ||
		web_api_cursor(call, &q.cursor, e) < 0 ||
		op_delivery_list(&op, &q, a, &page, e) < 0)
		return -1;
	for (size_t i = 0; i < page.n; i++)
		op_json_delivery(json_add_object(items), &page.list[i], a);
	web_api_set_cursor(call, root, page.next);
	web_api_reply(call, rp, 200, root);
	return 0;
}

/* The number of an event in the path. */
static int seq_of(const struct web_call *call, uint64_t *out, struct err *e)
{
	struct bytes arg;

	if (web_api_arg(call, 0, &arg, e) < 0)
		return -1;
	if (!str_u64(arena_str(call->rq->arena, arg), 1, INT64_MAX, out))
		return err_set(e, ERR_NOT_FOUND, "there is no such event");
	return 0;
}

static int get(const struct web_call *call, struct reply *rp, struct err *e)
{
	struct arena *a = call->rq->arena;
	struct op op = web_api_op(call);
	struct json *root;
	struct event *ev;
	uint64_t seq;
	char *text;

	if (seq_of(call, &seq, e) < 0 ||
		op_event_show(&op, seq, a, &ev, &text, e) < 0 ||
		json_parse(bytes_str(text), a, &root, e) < 0)
		return -1;
	web_api_object(call, rp, root);
	return 0;
}

static int replay(const struct web_call *call, struct reply *rp,
	struct err *e)
{
	static const char *const keys[] = { "webhook", NULL };
	struct arena *a = call->rq->arena;
	struct op op = web_api_op(call);
	struct json *root = json_new_object(a), *body;
	const char *webhook;
	uint64_t seq;
	bool queued;

	if (seq_of(call, &seq, e) < 0 || web_api_body(call, &body, e) < 0 ||
		web_api_keys(body, keys, e) < 0)
		return -1;
	webhook = json_get_str(body, "webhook");
	if (webhook == NULL)
		return err_set(e, ERR_BAD_INPUT,
			"webhook: expected the name of one");
	if (op_event_replay(&op, webhook, seq, &queued, a, e) < 0)
		return -1;
	json_set_int(root, "queued", queued);
	web_api_reply(call, rp, 200, root);
	return 0;
}

WEB_API_TARGET(web_events_list, GUARD_READ, list);
WEB_API_TARGET(web_events_get, GUARD_ADMIN, get);
WEB_API_TARGET(web_events_replay, GUARD_COMMAND, replay);
