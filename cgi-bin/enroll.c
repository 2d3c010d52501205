/* enroll.fcgi: how devices get into management. */
#include "web/serve.h"
#include "web/web_enroll.h"

#define GET ROUTE_BIT(HTTP_GET)

static const struct route routes[] = {
	{ "/mdm/enroll", GET, &web_enroll_get },
};

int main(void)
{
	static const struct web_program program = {
		.name = "enroll.fcgi", .device_routes = true,
		.routes = routes,
		.n_routes = sizeof(routes) / sizeof(routes[0]),
	};

	return web_main(&program);
}
