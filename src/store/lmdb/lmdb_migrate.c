/*
 * From an older schema to ours, in one transaction: a store is migrated whole
 * or not at all. A new step is a function and a row.
 */
#include "store/lmdb/lmdb_schema.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "crypto/cert.h"
#include "store/lmdb/lmdb_admin.h"
#include "store/lmdb/lmdb_cert.h"
#include "store/lmdb/lmdb_enrollment.h"
#include "store/lmdb/lmdb_fs.h"
#include "store/lmdb/lmdb_guard.h"

/* ---- 1 to 2: counts, the index of certificates ---- */

static int count_one(struct lmdb_tx *tx, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct enrollment en;

	if (lmdb_enrollment_parse(tx, lmdb_key_num_at(k, 0), v, tx->scratch,
	    &en, e) < 0)
		return -1;
	return lmdb_counts_move(tx, en.id.kind, 0, en.state, e);
}

static int index_one(struct lmdb_tx *tx, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct store_cert c;

	if (lmdb_cert_parse(tx, v, &c, e) < 0)
		return -1;
	if (k->n != DIGEST_LEN)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "certs", e);
	return c.device == 0 ? 0 : lmdb_put(tx, LMDB_CERTS_OF,
	    lmdb_key_num_hash(c.device, k->p), bytes_of("", 0), e);
}

/* fn may write other tables. */
static int each(struct lmdb_tx *tx, enum lmdb_table t,
	int (*fn)(struct lmdb_tx *tx, const struct lmdb_key *k, struct bytes v,
	struct err *e), struct err *e)
{
	struct lmdb_key k = lmdb_key_none();
	struct bytes v;

	for (;;) {
		arena_reset(tx->scratch);
		if (lmdb_seek(tx, t, k, 0, &k, &v, e) < 0)
			return -1;
		if (k.n == 0)
			return 0;
		if (fn(tx, &k, v, e) < 0)
			return -1;
		k.p[k.n++] = 0;	/* the first key behind it */
	}
}

static int from_1(struct lmdb_tx *tx, struct err *e)
{
	if (each(tx, LMDB_ENROLLMENTS, count_one, e) < 0)
		return -1;
	return each(tx, LMDB_CERTS, index_one, e);
}

/* ---- 2 to 3: what expires, what is revoked ---- */

/* From the certificate that was kept; where it is not there, does not open or
 * is another one, it stays unknown: no reason to refuse a whole store. */
static int learn_dates(struct lmdb_tx *tx, const struct lmdb_key *k,
	struct store_cert *c, struct err *e)
{
	struct lmdb_key at = lmdb_key_num_byte(c->device, STORE_DEVICE_CERT);
	unsigned char hash[DIGEST_LEN];
	struct err unused = ERR_INIT;
	struct bytes sealed, der;
	struct cert *cert;
	const char *serial;

	if (lmdb_get(tx, LMDB_SECRETS, at, &sealed, e) < 0)
		return -1;
	if (sealed.p == NULL || seal_unbox(tx->st->seal,
	    lmdb_table_name(LMDB_SECRETS), lmdb_key_bytes(&at), sealed,
	    tx->scratch, &der, &unused) < 0)
		return 0;
	digest_sha256(der, hash);
	if (memcmp(hash, k->p, DIGEST_LEN) != 0 ||
	    cert_from_der(der, tx->scratch, &cert, &unused) < 0)
		return 0;
	c->not_after = cert_not_after(cert);
	serial = cert_serial_hex(cert, tx->scratch);
	if (strlen(serial) < sizeof(c->serial))
		memcpy(c->serial, serial, strlen(serial) + 1);
	return 0;
}

static int date_one(struct lmdb_tx *tx, const struct lmdb_key *k,
	struct bytes v, struct err *e)
{
	struct store_cert c, was;

	if (lmdb_cert_parse(tx, v, &c, e) < 0)
		return -1;
	if (k->n != DIGEST_LEN)
		return lmdb_tx_fail(tx, MDB_CORRUPTED, "certs", e);
	if (c.device != 0 && c.former == 0 && learn_dates(tx, k, &c, e) < 0)
		return -1;
	/* Of the indexes there is only that of schema 2. */
	was = (struct store_cert){ .device = c.device };
	return lmdb_cert_change(tx, k->p, &was, &c, e);
}

static int from_2(struct lmdb_tx *tx, struct err *e)
{
	return each(tx, LMDB_CERTS, date_one, e);
}

static int (*const steps[LMDB_SCHEMA])(struct lmdb_tx *tx, struct err *e) = {
	[1] = from_1,
	[2] = from_2,
};

/* ---- */

/* Tables of the schema that the store has, all steps, the new number. */
static int migrate_in(struct lmdb_tx *tx, uint32_t from, int64_t arm_until,
	struct err *e)
{
	int rc = lmdb_schema_tables(tx->txn, MDB_CREATE, tx->st->dbi);

	if (rc != 0)
		return lmdb_tx_fail(tx, rc, "tables", e);
	for (uint32_t s = from; s < LMDB_SCHEMA; s++)
		if (steps[s](tx, e) < 0)
			return -1;
	if (arm_until != 0 && lmdb_guard_arm(&tx->base, arm_until, "migration",
	    e) < 0)
		return -1;
	rc = lmdb_schema_write(tx->txn, tx->st->dbi[LMDB_META]);
	return rc == 0 ? 0 : lmdb_tx_fail(tx, rc, "schema", e);
}

static int look(struct lmdb_store *st, uint32_t *schema, struct err *e)
{
	MDB_txn *txn;
	MDB_dbi meta;
	int rc = mdb_txn_begin(st->env, NULL, MDB_RDONLY, &txn);

	if (rc == 0) {
		rc = mdb_dbi_open(txn, lmdb_table_name(LMDB_META), 0, &meta);
		if (rc == 0)
			rc = lmdb_schema_of(txn, meta, schema);
		mdb_txn_abort(txn);
	}
	if (rc == MDB_NOTFOUND)
		return err_set(e, ERR_NOT_FOUND,
		    "no store here: run `mooringctl init`");
	if (rc != 0)
		return lmdb_fault(NULL, rc, "migrate", e);
	return *schema > LMDB_SCHEMA || *schema == 0 ?
	    lmdb_schema_check(*schema, e) : 0;
}

static int migrate(struct lmdb_store *st, const struct store_options *o,
	int64_t now, uint32_t from, struct err *e)
{
	int64_t until = o->guard_hours == 0 ? 0 :
	    now + 3600 * (int64_t)o->guard_hours;
	struct lmdb_tx *tx = st->wtx;
	MDB_txn *txn;
	int rc;

	if (lmdb_lock_mark(&st->lock, e) < 0)
		return -1;
	rc = mdb_txn_begin(st->env, NULL, 0, &txn);
	if (rc != 0)
		return lmdb_fault(NULL, rc, "migrate", e);
	lmdb_tx_begin(tx, txn);
	tx->arms = true;	/* a full store can be migrated */
	rc = lmdb_room_measure(st);
	if (rc != 0)
		lmdb_tx_fail(tx, rc, "migrate", e);
	else
		rc = migrate_in(tx, from, until, e);
	tx->txn = NULL;
	if (rc != 0) {
		mdb_txn_abort(txn);
		return -1;
	}
	rc = mdb_txn_commit(txn);
	return rc == 0 ? 0 : lmdb_fault(NULL, rc, "migrate", e);
}

/* Nobody else has it open, nor can come in. */
static int migrate_alone(struct lmdb_store *st, const struct store_options *o,
	int64_t now, unsigned *from, struct err *e)
{
	char data[PATH_MAX];
	uint32_t schema;

	if (snprintf(data, sizeof(data), "%s/data.mdb", o->dir) >=
	    (int)sizeof(data) || !file_exists(data))
		return err_set(e, ERR_NOT_FOUND,
		    "no store here: run `mooringctl init`");
	if (lmdb_env_open_at(o->dir, o->map_size, &st->env, e) < 0)
		return -1;
	lmdb_pad_data(st->env);
	if (look(st, &schema, e) < 0)
		return -1;
	*from = schema;
	if (schema == LMDB_SCHEMA)
		return 0;
	return migrate(st, o, now, schema, e);
}

int lmdb_migrate(const struct store_options *o, int64_t now, unsigned *from,
	unsigned *to, struct err *e)
{
	struct lmdb_store *st;
	struct lmdb_lock lock;
	bool was_clean;
	int rc;

	*from = 0;
	*to = LMDB_SCHEMA;
	if (lmdb_fs_check(o->dir, e) < 0)
		return -1;
	st = lmdb_store_new(o);
	rc = lmdb_lock_open(o->dir, &st->lock, e);
	if (rc < 0) {
		lmdb_store_free(st);
		return -1;
	}
	was_clean = !st->lock.unclean;
	rc = lmdb_lock_need_alone(&st->lock, e);
	if (rc == 0)
		rc = migrate_alone(st, o, now, from, e);
	lock = st->lock;
	lmdb_store_free(st);
	/* Whether the one before us ended well is not ours to say. */
	lmdb_lock_close(&lock, rc == 0 && was_clean);
	return rc < 0 ? err_wrap(e, "%s", o->dir) : 0;
}
