/* scep.fcgi: the device CA. Of all programs it alone reads the CA's key. */
#include "web/serve.h"
#include "web/web_scep.h"

static const struct route routes[] = {
	{ "/scep", ROUTE_BIT(HTTP_GET) | ROUTE_BIT(HTTP_POST), &web_scep },
};

int main(void)
{
	static const struct web_program program = {
		.name = "scep.fcgi", .device_routes = true,
		.routes = routes,
		.n_routes = sizeof(routes) / sizeof(routes[0]),
	};

	return web_main(&program);
}
