/* mdm.fcgi: where devices check in, fetch commands and report. */
#include "web/serve.h"
#include "web/web_mdm.h"

#define SEND (ROUTE_BIT(HTTP_PUT) | ROUTE_BIT(HTTP_POST))

/* The paths that other servers use, so that their devices can move here. */
static const struct route routes[] = {
	{ "/mdm", SEND, &web_mdm_any },
	{ "/mdm/connect", SEND, &web_mdm_any },
	{ "/mdm/checkin", SEND, &web_mdm_checkin },
	{ "/checkin", SEND, &web_mdm_checkin },
};

int main(void)
{
	static const struct web_program program = {
		.name = "mdm.fcgi", .device_routes = true,
		.routes = routes,
		.n_routes = sizeof(routes) / sizeof(routes[0]),
	};

	return web_main(&program);
}
