/* An enrollment as a stored record. */
#include <string.h>

#include "store/lmdb/lmdb_enrollment.h"

/* Stored: never reuse a number. */
enum {
	TAG_KIND = 1, TAG_DEVICE = 2, TAG_USER = 3, TAG_PARENT = 4,
	TAG_STATE = 5, TAG_BEFORE_BLOCK = 6, TAG_GENERATION = 7,
	TAG_TALLY = 8, TAG_CERT = 9, TAG_IMPORTED = 10, TAG_AWAITING = 11,
	TAG_NOT_ON_CONSOLE = 12, TAG_TOPIC = 13, TAG_SERIAL = 14,
	TAG_DEVICE_NAME = 15, TAG_MODEL = 16, TAG_MODEL_NAME = 17,
	TAG_PRODUCT_NAME = 18, TAG_OS_VERSION = 19, TAG_BUILD_VERSION = 20,
	TAG_IMEI = 21, TAG_MEID = 22, TAG_USER_ID = 23,
	TAG_USER_SHORT_NAME = 24, TAG_USER_LONG_NAME = 25, TAG_CREATED = 26,
	TAG_AUTHENTICATED = 27, TAG_ENROLLED = 28, TAG_TOKEN_UPDATED = 29,
	TAG_LEFT = 30, TAG_LAST_LOCK = 31, TAG_LAST_ERASE = 32,
	TAG_AWAIT_UNTIL = 33,
};

static void put_texts(struct buf *b, const struct enrollment *en)
{
	rec_put_str(b, TAG_TOPIC, en->topic);
	rec_put_str(b, TAG_SERIAL, en->serial);
	rec_put_str(b, TAG_DEVICE_NAME, en->device_name);
	rec_put_str(b, TAG_MODEL, en->model);
	rec_put_str(b, TAG_MODEL_NAME, en->model_name);
	rec_put_str(b, TAG_PRODUCT_NAME, en->product_name);
	rec_put_str(b, TAG_OS_VERSION, en->os_version);
	rec_put_str(b, TAG_BUILD_VERSION, en->build_version);
	rec_put_str(b, TAG_IMEI, en->imei);
	rec_put_str(b, TAG_MEID, en->meid);
	rec_put_str(b, TAG_USER_ID, en->user_id);
	rec_put_str(b, TAG_USER_SHORT_NAME, en->user_short_name);
	rec_put_str(b, TAG_USER_LONG_NAME, en->user_long_name);
	rec_put_str(b, TAG_LAST_LOCK, en->last_lock);
	rec_put_str(b, TAG_LAST_ERASE, en->last_erase);
}

static void get_texts(struct rec_reader *r, struct arena *a,
	struct enrollment *en)
{
	en->topic = rec_get_str(r, TAG_TOPIC, a);
	en->serial = rec_get_str(r, TAG_SERIAL, a);
	en->device_name = rec_get_str(r, TAG_DEVICE_NAME, a);
	en->model = rec_get_str(r, TAG_MODEL, a);
	en->model_name = rec_get_str(r, TAG_MODEL_NAME, a);
	en->product_name = rec_get_str(r, TAG_PRODUCT_NAME, a);
	en->os_version = rec_get_str(r, TAG_OS_VERSION, a);
	en->build_version = rec_get_str(r, TAG_BUILD_VERSION, a);
	en->imei = rec_get_str(r, TAG_IMEI, a);
	en->meid = rec_get_str(r, TAG_MEID, a);
	en->user_id = rec_get_str(r, TAG_USER_ID, a);
	en->user_short_name = rec_get_str(r, TAG_USER_SHORT_NAME, a);
	en->user_long_name = rec_get_str(r, TAG_USER_LONG_NAME, a);
	en->last_lock = rec_get_str(r, TAG_LAST_LOCK, a);
	en->last_erase = rec_get_str(r, TAG_LAST_ERASE, a);
}

int lmdb_enrollment_save(struct lmdb_tx *tx, const struct enrollment *en,
	struct err *e)
{
	struct buf *b = lmdb_rec_begin(tx);

	rec_put_u64(b, TAG_KIND, en->id.kind);
	rec_put_bytes(b, TAG_DEVICE, en->id.device);
	rec_put_bytes(b, TAG_USER, en->id.user);
	rec_put_u64(b, TAG_PARENT, en->parent);
	rec_put_u64(b, TAG_STATE, en->state);
	rec_put_u64(b, TAG_BEFORE_BLOCK, en->before_block);
	rec_put_u64(b, TAG_GENERATION, en->generation);
	rec_put_u64(b, TAG_TALLY, en->tally);
	if (en->has_cert)
		rec_put_bytes(b, TAG_CERT, bytes_of(en->cert, DIGEST_LEN));
	rec_put_u64(b, TAG_IMPORTED, en->imported);
	rec_put_u64(b, TAG_AWAITING, en->awaiting_configuration);
	rec_put_i64(b, TAG_AWAIT_UNTIL, en->await_until);
	rec_put_u64(b, TAG_NOT_ON_CONSOLE, en->not_on_console);
	put_texts(b, en);
	rec_put_i64(b, TAG_CREATED, en->created);
	rec_put_i64(b, TAG_AUTHENTICATED, en->authenticated);
	rec_put_i64(b, TAG_ENROLLED, en->enrolled);
	rec_put_i64(b, TAG_TOKEN_UPDATED, en->token_updated);
	rec_put_i64(b, TAG_LEFT, en->left);
	return lmdb_rec_put(tx, LMDB_ENROLLMENTS, lmdb_key_num(en->num), e);
}

static bool is_sound(const struct enrollment *en)
{
	return en->id.kind >= ENROLLMENT_DEVICE &&
	    en->id.kind <= ENROLLMENT_BYOD_USER && en->id.device.p != NULL &&
	    enrollment_kind_is_user(en->id.kind) == (en->id.user.p != NULL);
}

int lmdb_enrollment_parse(struct lmdb_tx *tx, uint64_t num, struct bytes v,
	struct arena *a, struct enrollment *en, struct err *e)
{
	struct rec_reader r;
	struct bytes cert;

	memset(en, 0, sizeof(*en));
	rec_read(&r, v);
	en->num = num;
	en->id.kind = (enum enrollment_kind)rec_get_u64(&r, TAG_KIND);
	en->id.device = rec_get_bytes(&r, TAG_DEVICE, a);
	en->id.user = rec_get_bytes(&r, TAG_USER, a);
	en->parent = rec_get_u64(&r, TAG_PARENT);
	en->state = (enum enrollment_state)rec_get_u64(&r, TAG_STATE);
	en->before_block =
	    (enum enrollment_state)rec_get_u64(&r, TAG_BEFORE_BLOCK);
	en->generation = (uint32_t)rec_get_u64(&r, TAG_GENERATION);
	en->tally = rec_get_u64(&r, TAG_TALLY);
	cert = rec_get_view(&r, TAG_CERT);
	en->has_cert = cert.n == DIGEST_LEN;
	if (en->has_cert)
		memcpy(en->cert, cert.p, DIGEST_LEN);
	en->imported = rec_get_u64(&r, TAG_IMPORTED) != 0;
	en->awaiting_configuration = rec_get_u64(&r, TAG_AWAITING) != 0;
	en->await_until = rec_get_i64(&r, TAG_AWAIT_UNTIL);
	en->not_on_console = rec_get_u64(&r, TAG_NOT_ON_CONSOLE) != 0;
	get_texts(&r, a, en);
	en->created = rec_get_i64(&r, TAG_CREATED);
	en->authenticated = rec_get_i64(&r, TAG_AUTHENTICATED);
	en->enrolled = rec_get_i64(&r, TAG_ENROLLED);
	en->token_updated = rec_get_i64(&r, TAG_TOKEN_UPDATED);
	en->left = rec_get_i64(&r, TAG_LEFT);
	if (rec_done(&r, "enrollment", e) < 0)
		return lmdb_tx_damaged(tx, "enrollments", e);
	if (!is_sound(en)) {
		err_set(e, ERR_INTERNAL, "enrollment without kind or id");
		return lmdb_tx_damaged(tx, "enrollments", e);
	}
	return 0;
}

int lmdb_enrollment_load(struct lmdb_tx *tx, uint64_t num, struct arena *a,
	struct enrollment **out, struct err *e)
{
	struct bytes v;

	*out = NULL;
	if (lmdb_get(tx, LMDB_ENROLLMENTS, lmdb_key_num(num), &v, e) < 0)
		return -1;
	if (v.p == NULL)
		return 0;
	*out = arena_alloc(a, sizeof(**out));
	return lmdb_enrollment_parse(tx, num, v, a, *out, e);
}
