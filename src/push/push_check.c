/* Whether an enrollment can be pushed, by what is stored of it. */
#include "push/pusher_parts.h"

#include "base/clk.h"
#include "base/rnd.h"

static int no_data(struct err *why)
{
	return err_set(why, ERR_NOT_FOUND, "push data missing for id");
}

static int check_data(struct store_tx *tx, const struct enrollment *en,
	struct arena *a, bool *there, struct err *e)
{
	struct bytes token, magic;

	*there = false;
	if (en->topic == NULL || en->topic[0] == '\0')
		return 0;
	if (store_secret_get(tx, en->num, STORE_PUSH_TOKEN, a, &token,
		e) != 0 ||
		store_secret_get(tx, en->num, STORE_PUSH_MAGIC, a, &magic,
			e) != 0)
		return -1;
	*there = token.n > 0 && magic.n > 0;
	return 0;
}

int push_can(struct store_tx *tx, const struct enrollment *en,
	struct arena *a, enum push_can *out, struct push_state *state,
	struct push_cert **cert, struct err *why, struct err *e)
{
	char when[CLK_TEXT_LEN + 1];
	bool there;

	*out = PUSH_CANNOT;
	*cert = NULL;
	if (check_data(tx, en, a, &there, e) != 0 ||
		store_push_state_get(tx, en->num, a, state, e) != 0)
		return -1;
	if (!there) {
		no_data(why);
		return 0;
	}
	if (state->dead != 0 && en->token_updated <= state->dead) {
		clk_text(state->dead, when);
		err_set(why, ERR_CONFLICT, "push token is dead since %s",
			when);
		return 0;
	}
	if (store_push_cert_get(tx, en->topic, a, cert, e) != 0)
		return -1;
	*out = PUSH_TOPIC_CANNOT;
	if (*cert == NULL)
		err_set(why, ERR_CONFLICT, "no push certificate for topic %s",
			en->topic);
	else if ((*cert)->stopped != 0)
		err_set(why, ERR_CONFLICT, "topic %s is stopped: %s",
			en->topic, (*cert)->why != NULL ? (*cert)->why : "");
	else
		*out = PUSH_CAN;
	return 0;
}

int push_check(struct store_tx *tx, const struct enrollment *en,
	struct arena *a, int64_t *hold, bool *passing, struct err *e)
{
	struct err why = ERR_INIT;
	struct push_state state;
	struct push_cert *cert;
	enum push_can can;

	*hold = 0;
	*passing = false;
	if (push_can(tx, en, a, &can, &state, &cert, &why, e) != 0)
		return -1;
	if (can != PUSH_CAN) {
		*passing = can == PUSH_TOPIC_CANNOT;
		*e = why;
		return -1;
	}
	*hold = state.hold_until;
	return 0;
}

const char *push_new_id(struct arena *a)
{
	char uuid[RND_UUID_LEN + 1];

	rnd_uuid_lower(uuid);
	return arena_strdup(a, uuid);
}
