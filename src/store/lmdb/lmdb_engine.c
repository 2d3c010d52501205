/* The engine's two tables of functions. */
#include "store/lmdb/lmdb_engine.h"

#include "store/lmdb/lmdb_admin.h"
#include "store/lmdb/lmdb_allow.h"
#include "store/lmdb/lmdb_care.h"
#include "store/lmdb/lmdb_cert.h"
#include "store/lmdb/lmdb_command.h"
#include "store/lmdb/lmdb_delivery.h"
#include "store/lmdb/lmdb_enroll.h"
#include "store/lmdb/lmdb_enrollment.h"
#include "store/lmdb/lmdb_event.h"
#include "store/lmdb/lmdb_guard.h"
#include "store/lmdb/lmdb_note.h"
#include "store/lmdb/lmdb_push.h"
#include "store/lmdb/lmdb_queue.h"
#include "store/lmdb/lmdb_schema.h"
#include "store/lmdb/lmdb_secret.h"
#include "store/lmdb/lmdb_store.h"
#include "store/lmdb/lmdb_sweep.h"
#include "store/lmdb/lmdb_target.h"
#include "store/lmdb/lmdb_tx.h"
#include "store/lmdb/lmdb_unreadable.h"
#include "store/lmdb/lmdb_webhook.h"

static bool lmdb_is_dead(struct store *st)
{
	return atomic_load(&((struct lmdb_store *)st)->dead);
}

const struct store_ops lmdb_ops = {
#define ROW(name) .name = lmdb_##name,
	STORE_CALLS(ROW)
	STORE_VERBS(ROW)
#undef ROW
};

const struct store_engine lmdb_engine = {
	.name = "lmdb",
	.create = lmdb_create,
	.open = lmdb_open,
	.compact = lmdb_compact,
	.migrate = lmdb_migrate,
	.restore = lmdb_restore,
};
