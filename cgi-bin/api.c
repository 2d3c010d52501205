/* api.fcgi: the admin listener's program. */
#include "web/serve.h"
#include "web/web_audit.h"
#include "web/web_tokens.h"
#include "web/web_version.h"

static const struct route routes[] = {
	{ "/version", ROUTE_BIT(HTTP_GET), &web_version },
	{ "/v1/audit", ROUTE_BIT(HTTP_GET), &web_audit },
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
