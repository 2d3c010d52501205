/* api.fcgi: the admin listener's program. */
#include "web/serve.h"
#include "web/web_audit.h"
#include "web/web_escrow.h"
#include "web/web_push_cert.h"
#include "web/web_query.h"
#include "web/web_queue.h"
#include "web/web_tokens.h"
#include "web/web_version.h"

static const struct route routes[] = {
	{ "/version", ROUTE_BIT(HTTP_GET), &web_version },
	{ "/v1/audit", ROUTE_BIT(HTTP_GET), &web_audit },
	{ "/v1/enrollments/query", ROUTE_BIT(HTTP_POST), &web_query },
	{ "/v1/escrowkeyunlock", ROUTE_BIT(HTTP_POST), &web_escrow },
	{ "/v1/pushcert", ROUTE_BIT(HTTP_GET), &web_push_cert_get },
	{ "/v1/pushcert", ROUTE_BIT(HTTP_PUT), &web_push_cert_put },
	{ "/v1/queue/*", ROUTE_BIT(HTTP_GET), &web_queue_list },
	{ "/v1/queue/*", ROUTE_BIT(HTTP_DELETE), &web_queue_clear },
	{ "/v1/tokens", ROUTE_BIT(HTTP_GET), &web_tokens_list },
	{ "/v1/tokens", ROUTE_BIT(HTTP_POST), &web_tokens_new },
	{ "/v1/tokens/*", ROUTE_BIT(HTTP_DELETE), &web_tokens_revoke },
};

int main(void)
{
	static const struct web_program program = {
		.name = "api.fcgi", .device_routes = false,
		.routes = routes,
		.n_routes = sizeof(routes) / sizeof(routes[0]),
	};

	return web_main(&program);
}
