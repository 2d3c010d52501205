/* enroll.fcgi: how devices get into management. */
#include "web/serve.h"
#include "web/web_account.h"
#include "web/web_ade.h"
#include "web/web_discovery.h"
#include "web/web_enroll.h"

#define GET ROUTE_BIT(HTTP_GET)
#define POST ROUTE_BIT(HTTP_POST)

static const struct route routes[] = {
	{ "/.well-known/com.apple.remotemanagement", GET,
		&web_account_discovery },
	{ "/MDMServiceConfig", GET, &web_discovery_config },
	{ "/mdm/enroll", GET, &web_enroll_get },
	{ "/mdm/enroll", POST, &web_ade_post },
	{ "/mdm/enroll/adde", POST, &web_account_adde },
	{ "/mdm/enroll/anchors", GET, &web_discovery_anchors },
	{ "/mdm/enroll/byod", POST, &web_account_byod },
	{ "/mdm/enroll/login", GET, &web_account_login },
	{ "/mdm/enroll/login", POST, &web_account_signing_in },
	{ "/mdm/enroll/trust", GET, &web_discovery_trust },
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
