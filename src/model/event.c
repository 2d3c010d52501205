/* Topics of events and the filters of webhooks. How an event is written out
 * is in outbox/. */
#include "model/event.h"

#include <stddef.h>
#include <string.h>

static const char *const topics[] = {
	"mdm.Authenticate", "mdm.TokenUpdate", "mdm.CheckOut",
	"mdm.UserAuthenticate", "mdm.SetBootstrapToken",
	"mdm.GetBootstrapToken", "mdm.Connect", "mdm.DeclarativeManagement",
	"mdm.GetToken", "mdm.ReturnToService",
	"mooring.push_dead", "mooring.push_stopped",
	"mooring.certificate_expiring", "mooring.push_certificate_expiring",
	"mooring.guard", "mooring.identity_conflict",
	"mooring.identity_refused", "mooring.store",
};
#define TOPICS (sizeof(topics) / sizeof(topics[0]))

const char *event_topic_at(unsigned n)
{
	return n < TOPICS ? topics[n] : NULL;
}

bool event_topic_is_known(const char *topic)
{
	for (size_t i = 0; i < TOPICS; i++)
		if (str_eq(topics[i], topic))
			return true;
	return false;
}

/* The item at *p without the blanks around it; *p moves behind it, to NULL
 * after the last. */
static struct bytes next_item(const char **p)
{
	const char *start = *p + strspn(*p, " \t");
	size_t n = strcspn(start, ",");

	*p = start[n] == ',' ? start + n + 1 : NULL;
	while (n > 0 && (start[n - 1] == ' ' || start[n - 1] == '\t'))
		n--;
	return bytes_of(start, n);
}

static bool item_takes(struct bytes item, const char *topic)
{
	if (bytes_is(item, "*") || bytes_is(item, topic))
		return true;
	/* "mdm.*": all that begins with "mdm." */
	return item.n > 2 && memcmp(item.p + item.n - 2, ".*", 2) == 0 &&
	    strncmp(topic, (const char *)item.p, item.n - 1) == 0;
}

static bool is_blank(const char *filter)
{
	return filter == NULL || filter[strspn(filter, " \t")] == '\0';
}

bool event_filter_takes(const char *filter, const char *topic)
{
	if (is_blank(filter))
		return true;
	while (filter != NULL)
		if (item_takes(next_item(&filter), topic))
			return true;
	return false;
}

static bool item_is_good(struct bytes item)
{
	for (size_t i = 0; i < TOPICS; i++)
		if (item_takes(item, topics[i]))
			return true;
	return false;
}

bool event_filter_is_good(const char *filter, struct bytes *bad)
{
	struct bytes item;

	if (is_blank(filter))
		return true;
	while (filter != NULL) {
		item = next_item(&filter);
		if (item_is_good(item))
			continue;
		if (bad != NULL)
			*bad = item;
		return false;
	}
	return true;
}
