/* mooringctl: the operator's tool. Only the list of what it can do. */
#include "cli/cmd.h"
#include "cli/cmd_rows.h"

int main(int argc, char **argv)
{
	static const struct cmd *const groups[] = {
		cmd_init,
		cmd_serve,
		cmd_config,
		cmd_enrollments,
		cmd_enqueue,
		cmd_queue,
		cmd_commands,
		cmd_webhooks,
		cmd_events,
		cmd_inventory,
		cmd_push,
		cmd_push_cert,
		cmd_guard,
		cmd_health,
		cmd_ca,
		cmd_challenge,
		cmd_invite,
		cmd_profile,
		cmd_store,
		cmd_backup,
		cmd_transfer,
		cmd_renew,
		cmd_tokens,
		cmd_users,
		cmd_audit,
		NULL,
	};

	return cmd_main(groups, argc, argv);
}
