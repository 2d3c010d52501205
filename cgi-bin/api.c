/* api.fcgi: the admin listener's program. */
#include "web/serve.h"
#include "web/web_version.h"

static const struct route routes[] = {
	{ "/version", ROUTE_BIT(HTTP_GET), &web_version },
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
