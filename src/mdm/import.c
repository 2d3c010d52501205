/* What may be imported. Whatever refuses comes before whatever writes, so
 * that one refusal undoes nothing of others in the same transaction. */
#include "mdm/import.h"

#include <string.h>

#include "auth/binding.h"
#include "codec/pl.h"
#include "mdm/answer.h"
#include "mdm/generation.h"
#include "mdm/message_apply.h"
#include "mdm/msg_ids.h"

/* ---- reading ---- */

/* True when it is a SetBootstrapToken, well read or not. */
static bool read_bootstrap(struct bytes raw, struct import_item *it,
	struct enrollment_id *id, struct arena *a, int *rc, struct err *e)
{
	struct enrollment_ids ids = { .udid = NULL };
	struct arena *tree = arena_new();
	const char *type = NULL;
	struct pl_reader r;
	struct pl *root;
	bool is = false;

	if (pl_parse(raw, tree, &root, e) == 0) {
		pl_read(&r, "SetBootstrapToken", root, a);
		pl_str(&r, "MessageType", &type);
		is = type != NULL && str_eq(type, "SetBootstrapToken");
	}
	if (is) {
		msg_ids_read(&r, &ids);
		pl_data(&r, "BootstrapToken", &it->bootstrap_token);
		*rc = pl_done(&r, e) < 0 ||
			enrollment_identify(&ids, id, e) < 0 ? -1 : 0;
	}
	arena_free(tree);
	return is;
}

/* Where a message belongs in the item. */
static int place(struct import_item *it, const struct checkin_msg *m,
	struct bytes raw, struct err *e)
{
	bool auth = m->type == CHECKIN_AUTHENTICATE;
	struct bytes *its = auth ? &it->raw_authenticate : &it->raw_token_update;

	if (!auth && m->type != CHECKIN_TOKEN_UPDATE)
		return err_set(e, ERR_BAD_INPUT,
			"%s is no message to import", m->type_name);
	if (its->p != NULL)
		return err_set(e, ERR_BAD_INPUT, "a second %s", m->type_name);
	*its = raw;
	*(auth ? &it->authenticate : &it->token_update) = *m;
	return 0;
}

static bool same_id(const struct enrollment_id *a,
	const struct enrollment_id *b)
{
	return a->kind == b->kind && bytes_eq(a->device, b->device) &&
		bytes_eq(a->user, b->user);
}

int import_read(struct import_item *it, struct bytes raw, struct arena *a,
	struct err *e)
{
	struct enrollment_id id;
	struct checkin_msg m;
	int rc = 0;

	if (!read_bootstrap(raw, it, &id, a, &rc, e)) {
		rc = checkin_msg_parse(raw, a, &m, e);
		if (rc == 0)
			rc = place(it, &m, raw, e);
		id = m.id;
	}
	if (rc < 0)
		return -1;
	if (it->id.device.p != NULL && !same_id(&it->id, &id))
		return err_set(e, ERR_BAD_INPUT,
			"its messages are of different enrollments");
	it->id = id;
	return 0;
}

/* ---- what may be imported ---- */

struct import {
	struct store_tx *tx;
	const struct import_item *it;
	bool user;
	int64_t now;
	struct arena *a;
	struct enrollment *en;		/* NULL: not here yet */
	struct enrollment *parent;	/* of a user channel */
};

static int check_parts(const struct import *im, struct err *e)
{
	const struct import_item *it = im->it;
	const char *fault = NULL;

	if (it->id.device.p == NULL)
		fault = "no message at all";
	else if (im->user && (it->raw_authenticate.p != NULL || it->has_cert ||
		it->bootstrap_token.p != NULL))
		fault = "a user channel with what only a device has";
	else if (it->state == ENROLLMENT_ENABLED && it->raw_token_update.p == NULL)
		fault = "enabled, without a TokenUpdate";
	else if ((it->state == ENROLLMENT_DISABLED) > im->user ||
		(im->user && it->state != 0 && it->state != ENROLLMENT_ENABLED &&
		it->state != ENROLLMENT_DISABLED))
		fault = "a state that it cannot have";
	return fault == NULL ? 0 : err_set(e, ERR_BAD_INPUT, "%s", fault);
}

static int check_known(const struct import *im, struct err *e)
{
	if (im->en == NULL && im->it->raw_authenticate.p == NULL &&
		im->it->raw_token_update.p == NULL)
		return err_set(e, ERR_NOT_FOUND, "its enrollment is not here");
	if (im->en != NULL && !im->en->imported)
		return err_set(e, ERR_CONFLICT,
			"it is here already, and was not imported");
	if (im->en != NULL && im->en->last_seen != 0)
		return err_set(e, ERR_CONFLICT,
			"its device has come here since it was imported");
	return 0;
}

static int find_parent(struct import *im, struct err *e)
{
	struct enrollment_id id = enrollment_parent(&im->it->id);
	uint64_t *nums;
	size_t n = 0;

	if (store_enrollment_find(im->tx, &id, im->a, &im->parent, e) < 0)
		return -1;
	if (im->parent == NULL)
		return err_set(e, ERR_NOT_FOUND,
			"its device is not here: import that first");
	if (im->en != NULL)
		return 0;
	if (store_enrollment_children(im->tx, im->parent->num, 0,
		USER_CHANNELS_MAX, im->a, &nums, &n, e) < 0)
		return -1;
	if (n == USER_CHANNELS_MAX)
		return err_set(e, ERR_CONFLICT, "its device has %d user channels",
			USER_CHANNELS_MAX);
	return 0;
}

static int check_cert(const struct import *im, struct err *e)
{
	struct store_cert c;
	bool found;

	if (!im->it->has_cert)
		return 0;
	if (store_cert_get(im->tx, im->it->cert, &found, &c, e) < 0)
		return -1;
	if (found && c.device != 0 && (im->en == NULL ||
		c.device != im->en->num))
		return err_set(e, ERR_CONFLICT,
			"its certificate is bound to another device");
	return 0;
}

static int check(struct import *im, struct err *e)
{
	if (check_parts(im, e) < 0 || store_enrollment_find(im->tx,
		&im->it->id, im->a, &im->en, e) < 0 ||
		check_known(im, e) < 0 || check_cert(im, e) < 0)
		return -1;
	return im->user ? find_parent(im, e) : 0;
}

/* ---- writing ---- */

static int make(struct import *im, struct err *e)
{
	const struct import_item *it = im->it;
	const struct checkin_msg *m = it->raw_authenticate.p != NULL ?
		&it->authenticate : &it->token_update;

	im->en = message_enrollment(m, im->user ? im->parent->num : 0, im->now,
		im->a);
	im->en->imported = true;
	if (im->user)
		return 0;	/* its TokenUpdate puts it */
	if (store_enrollment_put(im->tx, im->en, e) < 0)
		return -1;
	/* As a device that was restored: there was no Authenticate. */
	return it->raw_authenticate.p != NULL ? 0 :
		generation_start(im->tx, im->en, im->now, im->a, e);
}

static int apply_messages(struct import *im, struct err *e)
{
	const struct import_item *it = im->it;

	if (it->raw_authenticate.p != NULL && message_apply_authenticate(im->tx,
		im->en, &it->authenticate, it->raw_authenticate, im->now, im->a,
		e) < 0)
		return -1;
	return it->raw_token_update.p == NULL ? 0 :
		message_apply_token_update(im->tx, im->en, &it->token_update,
			it->raw_token_update, im->now, e);
}

static int apply_secrets(struct import *im, struct err *e)
{
	const struct import_item *it = im->it;

	if (it->unlock_token.n > 0 && store_secret_put(im->tx, im->en->num,
		STORE_UNLOCK_TOKEN, it->unlock_token, e) < 0)
		return -1;
	if (it->profile_facts.n > 0 && store_secret_put(im->tx, im->en->num,
		STORE_PROFILE_FACTS, it->profile_facts, e) < 0)
		return -1;
	return it->bootstrap_token.n == 0 ? 0 : store_secret_put(im->tx,
		im->en->num, STORE_BOOTSTRAP_TOKEN, it->bootstrap_token, e);
}

static int apply_state(struct import *im, struct err *e)
{
	struct enrollment *en = im->en;

	switch (im->it->state) {
	case ENROLLMENT_LEFT:
		if (generation_end(im->tx, en, im->now, im->a, e) < 0)
			return -1;
		en->left = im->now;
		break;
	case ENROLLMENT_BLOCKED:
		en->before_block = en->state;
		break;
	case ENROLLMENT_UNMANAGED:
	case ENROLLMENT_DISABLED:
		break;
	default:
		return 0;	/* what the messages made of it */
	}
	en->state = im->it->state;
	return 0;
}

static int bind(struct import *im, struct err *e)
{
	struct identity who = { .subject = "imported" };

	if (!im->it->has_cert)
		return 0;
	memcpy(who.cert, im->it->cert, DIGEST_LEN);
	return binding_bind(im->tx, &who, im->en, BINDING_ENROLLED, im->now,
		e);
}

int import_apply(struct store_tx *tx, const struct import_item *it,
	int64_t now, struct arena *a, struct enrollment **out, struct err *e)
{
	struct import im = { .tx = tx, .it = it, .now = now, .a = a,
		.user = enrollment_kind_is_user(it->id.kind) };

	*out = NULL;
	if (check(&im, e) < 0)
		return -1;
	if ((im.en == NULL && make(&im, e) < 0) ||
		apply_messages(&im, e) < 0 || apply_secrets(&im, e) < 0 ||
		apply_state(&im, e) < 0 || bind(&im, e) < 0)
		return -1;
	if (it->tally != 0)
		im.en->tally = it->tally;
	im.en->imported = true;
	*out = im.en;
	return store_enrollment_put(tx, im.en, e);
}
