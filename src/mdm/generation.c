/* Generations of an enrollment: what a new beginning and an end do to the
 * device's record, its user channels, their queues and tokens. */
#include "mdm/generation.h"

#define PAGE 64
#define CANCEL_PAGE 1000

typedef int (*channel_fn)(struct store_tx *tx, struct enrollment *en,
	int64_t now, struct err *e);

static int cancel_queue(struct store_tx *tx, uint64_t num, int64_t now,
	struct err *e)
{
	size_t n = CANCEL_PAGE;

	while (n == CANCEL_PAGE)
		if (store_queue_cancel(tx, num, CANCEL_PAGE, now, &n, e) < 0)
			return -1;
	return 0;
}

static int drop_push(struct store_tx *tx, struct enrollment *en, struct err *e)
{
	en->tally = 0;
	if (store_secret_del(tx, en->num, STORE_PUSH_TOKEN, e) < 0)
		return -1;
	return store_secret_del(tx, en->num, STORE_PUSH_MAGIC, e);
}

static int begin_anew(struct store_tx *tx, struct enrollment *en, int64_t now,
	struct err *e)
{
	en->generation++;
	if (drop_push(tx, en, e) < 0 ||
		store_secret_del(tx, en->num, STORE_RAW_TOKEN_UPDATE, e) < 0)
		return -1;
	return cancel_queue(tx, en->num, now, e);
}

static int end(struct store_tx *tx, struct enrollment *en, int64_t now,
	struct err *e)
{
	(void)now;
	return drop_push(tx, en, e);
}

static int each_user(struct store_tx *tx, const struct enrollment *device,
	channel_fn fn, int64_t now, struct arena *a, struct err *e)
{
	uint64_t after = 0, *nums;
	size_t n = PAGE;

	while (n == PAGE) {
		if (store_enrollment_children(tx, device->num, after, PAGE, a,
				&nums, &n, e) < 0)
			return -1;
		for (size_t i = 0; i < n; i++) {
			struct enrollment *user;

			after = nums[i];
			if (store_enrollment_get(tx, after, a, &user, e) < 0)
				return -1;
			if (user == NULL)
				return err_set(e, ERR_INTERNAL,
					"user channel @%llu has no record",
					(unsigned long long)after);
			user->state = ENROLLMENT_DISABLED;
			if (fn(tx, user, now, e) < 0 ||
				store_enrollment_put(tx, user, e) < 0)
				return -1;
		}
	}
	return 0;
}

int generation_start(struct store_tx *tx, struct enrollment *device,
	int64_t now, struct arena *a, struct err *e)
{
	if (begin_anew(tx, device, now, e) < 0 ||
		store_secret_del(tx, device->num, STORE_BOOTSTRAP_TOKEN, e) < 0)
		return -1;
	return each_user(tx, device, begin_anew, now, a, e);
}

int generation_end(struct store_tx *tx, struct enrollment *device,
	int64_t now, struct arena *a, struct err *e)
{
	if (end(tx, device, now, e) < 0)
		return -1;
	return each_user(tx, device, end, now, a, e);
}
