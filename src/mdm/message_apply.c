/* What check-in messages write on an enrollment. Decides nothing. */
#include "mdm/message_apply.h"

#include "mdm/generation.h"
#include "store/store_push.h"

struct enrollment *message_enrollment(const struct checkin_msg *m,
	uint64_t parent, int64_t now, struct arena *a)
{
	struct enrollment *en = arena_zalloc(a, sizeof(*en));

	en->id = m->id;
	en->parent = parent;
	en->created = now;
	if (parent == 0)
		en->state = ENROLLMENT_AUTHENTICATED;
	else
		en->generation = 1;
	return en;
}

static void describe_device(struct enrollment *en, const struct checkin_msg *m)
{
	en->topic = m->topic;
	en->serial = m->serial;
	en->device_name = m->device_name;
	en->model = m->model;
	en->model_name = m->model_name;
	en->product_name = m->product_name;
	en->os_version = m->os_version;
	en->build_version = m->build_version;
	en->imei = m->imei;
	en->meid = m->meid;
}

int message_apply_authenticate(struct store_tx *tx, struct enrollment *en,
	const struct checkin_msg *m, struct bytes raw, int64_t now,
	struct arena *a, struct err *e)
{
	if (generation_start(tx, en, now, a, e) < 0)
		return -1;
	describe_device(en, m);
	en->state = ENROLLMENT_AUTHENTICATED;
	en->authenticated = now;
	en->awaiting_configuration = false;
	en->await_until = 0;
	if (store_secret_put(tx, en->num, STORE_RAW_AUTHENTICATE, raw, e) < 0)
		return -1;
	return store_enrollment_put(tx, en, e);
}

static void say(const char **field, const char *said)
{
	if (said != NULL)
		*field = said;
}

int message_apply_renewal(struct store_tx *tx, struct enrollment *en,
	const struct checkin_msg *m, struct bytes raw, struct err *e)
{
	say(&en->serial, m->serial);
	say(&en->device_name, m->device_name);
	say(&en->model, m->model);
	say(&en->model_name, m->model_name);
	say(&en->product_name, m->product_name);
	say(&en->os_version, m->os_version);
	say(&en->build_version, m->build_version);
	say(&en->imei, m->imei);
	say(&en->meid, m->meid);
	if (store_secret_put(tx, en->num, STORE_RAW_AUTHENTICATE, raw, e) < 0)
		return -1;
	return store_enrollment_put(tx, en, e);
}

static void describe_user(struct enrollment *en,
	const struct enrollment_ids *ids)
{
	en->user_id = ids->user_id != NULL ? ids->user_id :
		ids->enrollment_user_id;
	en->user_short_name = ids->user_short_name;
	en->user_long_name = ids->user_long_name;
}

int message_apply_token_update(struct store_tx *tx, struct enrollment *en,
	const struct checkin_msg *m, struct bytes raw, int64_t now,
	struct err *e)
{
	if (enrollment_kind_is_user(m->id.kind))
		describe_user(en, &m->ids);
	if (en->state != ENROLLMENT_ENABLED)
		en->enrolled = now;
	en->state = ENROLLMENT_ENABLED;
	en->tally++;
	en->token_updated = now;
	en->topic = m->topic;
	en->not_on_console = m->not_on_console;
	if (m->has_awaiting_configuration)
		en->awaiting_configuration = m->awaiting_configuration;
	if (store_enrollment_put(tx, en, e) < 0 ||
		store_secret_put(tx, en->num, STORE_PUSH_TOKEN, m->token, e) < 0 ||
		store_secret_put(tx, en->num, STORE_PUSH_MAGIC,
			bytes_str(m->push_magic), e) < 0 ||
		store_secret_put(tx, en->num, STORE_RAW_TOKEN_UPDATE, raw, e) < 0 ||
		store_push_renew(tx, en->num, now, e) < 0)
		return -1;
	if (m->unlock_token.n == 0)
		return 0;
	return store_secret_put(tx, en->num, STORE_UNLOCK_TOKEN,
		m->unlock_token, e);
}
