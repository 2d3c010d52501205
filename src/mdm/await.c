/* Devices in Setup Assistant, and the DeviceConfigured that lets them go. */
#include "mdm/await.h"

#include "base/log.h"
#include "base/rnd.h"
#include "mdm/own_command.h"
#include "store/store_enroll.h"
#include "store/store_push.h"

#define DEVICE_CONFIGURED "DeviceConfigured"
#define URGENT 255
#define MINUTE 60

/* *queued: it was not there yet. */
static int queue_it(struct store_tx *tx, const struct enrollment *device,
	uint8_t priority, int64_t now, struct arena *a, bool *queued,
	struct err *e)
{
	enum store_queued how;
	struct command c;

	own_command_plain(DEVICE_CONFIGURED, now, a, &c);
	if (own_command_queue(tx, device, &c, priority, now, &how, e) < 0)
		return -1;
	*queued = how == STORE_QUEUED;
	return 0;
}

int await_begin(struct store_tx *tx, const struct conf *conf,
	struct enrollment *device, bool was, int64_t now, struct arena *a,
	bool *changed, struct err *e)
{
	struct store_next next;
	bool queued;

	*changed = false;
	if (!conf->await_device_configured || !device->awaiting_configuration ||
		was)
		return 0;
	if (store_queue_next(tx, device->num, true, now, a, &next, e) < 0)
		return -1;
	if (next.command == NULL && !next.settle)
		return queue_it(tx, device, COMMAND_PRIORITY_DEFAULT, now, a,
			&queued, e);
	device->await_until = now + (int64_t)conf->await_limit * MINUTE;
	*changed = true;
	return 0;
}

bool await_is_on(const struct conf *conf, const struct enrollment *channel)
{
	return conf->await_device_configured && channel->await_until != 0 &&
		channel->awaiting_configuration &&
		!enrollment_kind_is_user(channel->id.kind);
}

int await_offer(struct store_tx *tx, struct enrollment *device, int64_t now,
	struct arena *a, bool *queued, struct err *e)
{
	if (queue_it(tx, device, COMMAND_PRIORITY_DEFAULT, now, a, queued,
		e) < 0)
		return -1;
	device->await_until = 0;
	return store_enrollment_put(tx, device, e);
}

int await_answered(struct store_tx *tx, struct enrollment *device,
	const struct result_msg *m, struct arena *a, struct err *e)
{
	struct target *t;

	if (m->status != RESULT_ACKNOWLEDGED || !device->awaiting_configuration ||
		enrollment_kind_is_user(device->id.kind))
		return 0;
	if (store_target_get(tx, device->num, m->command_uuid, a, &t, e) < 0)
		return -1;
	if (t == NULL || !str_eq(t->request_type, DEVICE_CONFIGURED))
		return 0;
	device->awaiting_configuration = false;
	device->await_until = 0;
	return store_enrollment_put(tx, device, e);
}

/* ---- the limit ---- */

static int release(struct store_tx *tx, const struct conf *conf, uint64_t num,
	int64_t now, struct arena *a, struct err *e)
{
	char uuid[RND_UUID_LEN + 1];
	struct enrollment *device;
	bool queued = false;

	if (store_enrollment_get(tx, num, a, &device, e) < 0)
		return -1;
	if (device == NULL)
		return err_set(e, ERR_INTERNAL, "device @%llu that waits has no "
			"record", (unsigned long long)num);
	if (device->state == ENROLLMENT_ENABLED && await_is_on(conf, device) &&
		queue_it(tx, device, URGENT, now, a, &queued, e) < 0)
		return -1;
	device->await_until = 0;
	if (store_enrollment_put(tx, device, e) < 0)
		return -1;
	if (!queued)
		return 0;
	log_msg(LOG_INFO, "await_limit", "@%llu is sent DeviceConfigured, with "
		"commands that are not answered", (unsigned long long)num);
	rnd_uuid_lower(uuid);
	return store_push_add(tx, num, uuid, now, now, e);
}

int await_release(struct store_tx *tx, const struct conf *conf, int64_t now,
	size_t limit, struct arena *a, size_t *n, struct err *e)
{
	uint64_t *nums;

	if (store_enrollment_awaiting(tx, now, limit, a, &nums, n, e) < 0)
		return -1;
	for (size_t i = 0; i < *n; i++)
		if (release(tx, conf, nums[i], now, a, e) < 0)
			return -1;
	return 0;
}
