/* Apple's table of statuses and reasons. A reason decides; a status alone
 * does where the reason is missing or new. */
#include "push/apns_reply.h"

#include "codec/json.h"

#define BODY_MAX 4096
#define REASON_MAX 64

static const struct {
	int status;
	const char *reason;	/* NULL: any other */
	enum apns_verdict verdict;
} table[] = {
	{ 200, NULL, APNS_TAKEN },
	/* Of another environment or topic, or no token at all: as dead as
	 * an unregistered one, until the device sends its own again. */
	{ 400, "BadDeviceToken", APNS_TOKEN_DEAD },
	{ 400, "DeviceTokenNotForTopic", APNS_TOKEN_DEAD },
	{ 400, "BadTopic", APNS_TOPIC_STOP },
	{ 400, "MissingTopic", APNS_TOPIC_STOP },
	{ 400, "TopicDisallowed", APNS_TOPIC_STOP },
	{ 400, "IdleTimeout", APNS_RECONNECT },
	{ 400, NULL, APNS_REFUSED },
	{ 403, NULL, APNS_TOPIC_STOP },
	{ 404, NULL, APNS_REFUSED },
	{ 405, NULL, APNS_REFUSED },
	{ 410, NULL, APNS_TOKEN_DEAD },
	{ 413, NULL, APNS_REFUSED },
	{ 429, NULL, APNS_HOLD_TOKEN },
};

static enum apns_verdict verdict_of(int status, const char *reason)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].status == status && (table[i].reason == NULL ||
			str_eq(table[i].reason, reason)))
			return table[i].verdict;
	/* A proxy's word, or a new one of Apple's: never for good. */
	return status >= 400 && status < 500 ? APNS_REFUSED : APNS_RETRY;
}

/* A reason is a short word; anything else is not Apple's. */
static bool is_word(const char *s)
{
	size_t n = 0;

	for (; s[n] != '\0'; n++)
		if (!((s[n] >= 'A' && s[n] <= 'Z') ||
			(s[n] >= 'a' && s[n] <= 'z')) || n >= REASON_MAX)
			return false;
	return n > 0;
}

void apns_reply_read(int status, struct bytes body, int64_t now,
	struct arena *a, struct apns_reply *out)
{
	const char *reason = NULL;
	struct err e = ERR_INIT;
	struct json *o = NULL;
	int64_t ms = 0;

	if (body.n > 0 && body.n <= BODY_MAX &&
		json_parse(body, a, &o, &e) == 0)
		reason = json_get_str(o, "reason");
	if (reason != NULL && !is_word(reason))
		reason = NULL;
	out->verdict = verdict_of(status, reason);
	out->reason = out->verdict == APNS_TAKEN ? NULL : reason != NULL ?
		reason : arena_printf(a, "HTTP %d", status);
	out->dead = 0;
	if (out->verdict != APNS_TOKEN_DEAD)
		return;
	out->dead = now;
	/* When APNs knew; a clock that is ahead must not outlive the next
	 * TokenUpdate. */
	if (o != NULL && json_get_int(o, "timestamp", &ms) && ms > 0 &&
		ms / 1000 < now)
		out->dead = ms / 1000;
}

/* The first wait and the longest, in seconds. */
static const struct {
	unsigned first, most;
} wait[] = {
	[APNS_TAKEN] = { 0, 0 },
	[APNS_TOKEN_DEAD] = { 0, 0 },
	[APNS_TOPIC_STOP] = { 900, 14400 },
	[APNS_HOLD_TOKEN] = { 60, 14400 },
	[APNS_RETRY] = { 1800, 28800 },	/* not before 15 minutes */
	[APNS_RECONNECT] = { 10, 900 },
	[APNS_REFUSED] = { 0, 0 },
};

unsigned apns_retry_seconds(enum apns_verdict v, unsigned failures,
	uint32_t random)
{
	unsigned s = wait[v].first;

	for (unsigned i = 1; i < failures && s < wait[v].most; i++)
		s *= 2;
	if (s > wait[v].most)
		s = wait[v].most;
	return s - random % (s / 2 + 1);
}
