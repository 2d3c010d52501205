/* api.fcgi: the admin listener's program. */
#include "web/serve.h"
#include "web/web_access.h"
#include "web/web_audit.h"
#include "web/web_certificates.h"
#include "web/web_commands.h"
#include "web/web_enrollments.h"
#include "web/web_enqueue.h"
#include "web/web_escrow.h"
#include "web/web_events.h"
#include "web/web_health.h"
#include "web/web_migration.h"
#include "web/web_push.h"
#include "web/web_push_cert.h"
#include "web/web_query.h"
#include "web/web_queue.h"
#include "web/web_renew.h"
#include "web/web_results.h"
#include "web/web_tickets.h"
#include "web/web_tokens.h"
#include "web/web_users.h"
#include "web/web_version.h"
#include "web/web_webhooks.h"

#define GET ROUTE_BIT(HTTP_GET)
#define POST ROUTE_BIT(HTTP_POST)
#define PUT ROUTE_BIT(HTTP_PUT)
#define PATCH ROUTE_BIT(HTTP_PATCH)
#define DEL ROUTE_BIT(HTTP_DELETE)

/* Each is described in doc/openapi.json. */
static const struct route routes[] = {
	{ "/healthz", GET, &web_health },
	{ "/metrics", GET, &web_metrics },
	{ "/migration", PUT, &web_migration },
	{ "/version", GET, &web_version },
	{ "/v1/allowlist", GET, &web_access_allowed },
	{ "/v1/allowlist", POST, &web_access_allow },
	{ "/v1/allowlist/*/*", DEL, &web_access_disallow },
	{ "/v1/audit", GET, &web_audit },
	{ "/v1/certificates", GET, &web_certificates_list },
	{ "/v1/certificates/expiring", GET, &web_certificates_expiring },
	{ "/v1/certificates/*", DEL, &web_certificates_revoke },
	{ "/v1/challenges", GET, &web_challenges_list },
	{ "/v1/challenges", POST, &web_challenges_new },
	{ "/v1/challenges/*", DEL, &web_challenges_revoke },
	{ "/v1/commands", POST, &web_commands_new },
	{ "/v1/commands/*", GET, &web_commands_get },
	{ "/v1/commands/*/results/*", GET, &web_results_get },
	{ "/v1/enqueue/*", 0, &web_enqueue },
	{ "/v1/enrollments", GET, &web_enrollments_list },
	{ "/v1/enrollments/query", POST, &web_query },
	{ "/v1/enrollments/*", GET, &web_enrollments_get },
	{ "/v1/enrollments/*", DEL, &web_enrollments_forget },
	{ "/v1/enrollments/*/block", POST, &web_enrollments_block },
	{ "/v1/enrollments/*/commands", GET, &web_commands_list },
	{ "/v1/enrollments/*/commands/*", DEL, &web_commands_remove },
	{ "/v1/enrollments/*/commands/*/requeue", POST,
		&web_commands_requeue },
	{ "/v1/enrollments/*/inventory", GET, &web_inventory_all },
	{ "/v1/enrollments/*/inventory/*", GET, &web_inventory_one },
	{ "/v1/enrollments/*/profile", GET, &web_renew_facts },
	{ "/v1/enrollments/*/profile", PATCH, &web_renew_set_facts },
	{ "/v1/enrollments/*/remove", POST, &web_enrollments_remove },
	{ "/v1/enrollments/*/renew", POST, &web_renew },
	{ "/v1/enrollments/*/unblock", POST, &web_enrollments_unblock },
	{ "/v1/enrollments/*/unmanage", POST, &web_enrollments_unmanage },
	{ "/v1/escrowkeyunlock", POST, &web_escrow },
	{ "/v1/events", GET, &web_events_list },
	{ "/v1/events/*", GET, &web_events_get },
	{ "/v1/events/*/replay", POST, &web_events_replay },
	{ "/v1/guard", GET, &web_access_guard },
	{ "/v1/guard/release", POST, &web_access_release },
	{ "/v1/invites", GET, &web_invites_list },
	{ "/v1/invites", POST, &web_invites_new },
	{ "/v1/invites/*", DEL, &web_invites_revoke },
	{ "/v1/profile", POST, &web_profile_new },
	{ "/v1/push/*", 0, &web_push },
	{ "/v1/pushcert", GET, &web_push_cert_get },
	{ "/v1/pushcert", PUT, &web_push_cert_put },
	{ "/v1/queue/*", GET, &web_queue_list },
	{ "/v1/queue/*", DEL, &web_queue_clear },
	{ "/v1/tokens", GET, &web_tokens_list },
	{ "/v1/tokens", POST, &web_tokens_new },
	{ "/v1/tokens/*", DEL, &web_tokens_revoke },
	{ "/v1/users", GET, &web_users_list },
	{ "/v1/users", POST, &web_users_add },
	{ "/v1/users/*", PATCH, &web_users_set },
	{ "/v1/users/*", DEL, &web_users_remove },
	{ "/v1/webhooks", GET, &web_webhooks_list },
	{ "/v1/webhooks", POST, &web_webhooks_add },
	{ "/v1/webhooks/*", GET, &web_webhooks_get },
	{ "/v1/webhooks/*", PATCH, &web_webhooks_set },
	{ "/v1/webhooks/*", DEL, &web_webhooks_remove },
	{ "/v1/webhooks/*/replay", POST, &web_webhooks_replay },
};

int main(void)
{
	static const struct web_program program = {
		.name = "api.fcgi", .device_routes = false, .pushes = true,
		.routes = routes,
		.n_routes = sizeof(routes) / sizeof(routes[0]),
	};

	return web_main(&program);
}
