/* /migration: enrollments from another server, a message at a time. */
#include "web/web_migration.h"

#include "admin/op_transfer.h"
#include "web/web_api.h"

static void migrate(const struct web_call *call, struct reply *rp,
	struct log_line *log)
{
	struct op op = web_api_op(call);
	struct err e = ERR_INIT;
	struct enrollment *en;

	if (op_import_message(&op, call->rq->body, call->rq->arena, &en,
		&e) < 0) {
		web_fail(call, rp, &e, NULL);
		return;
	}
	log_str(log, "enrollment", arena_printf(call->rq->arena, "@%llu",
		(unsigned long long)en->num));
	reply_init(rp);
}

const struct web_target web_migration = { GUARD_ADMIN, migrate };
