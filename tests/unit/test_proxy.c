/* auth/proxy: addresses in lists. */
#include "auth/proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void test_proxy(void **state)
{
	static const struct {
		const char *list, *addr;
		bool is;
	} p[] = {
		{ "10.0.0.1", "10.0.0.1", true },
		{ "10.0.0.1", "10.0.0.2", false },
		{ "10.0.0.0/8", "10.255.3.4", true },
		{ "10.0.0.0/8", "11.0.0.0", false },
		{ "192.0.2.128/25", "192.0.2.127", false },
		{ "192.0.2.128/25", "192.0.2.128", true },
		{ "0.0.0.0/0", "203.0.113.7", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "::/0", "2001:db8::1", true },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "::1", "::1", true },
		{ "::1", "127.0.0.1", false },
		{ "127.0.0.1", "::ffff:127.0.0.1", true },
		{ "::ffff:10.0.0.0/104", "10.9.9.9", true },
		{ " 10.0.0.1 ,\t::1 ", "::1", true },
		{ " 10.0.0.1 ,\t::1 ", "10.0.0.1", true },
		{ "x,,10.0.0.1/33,10.0.0.1/,10.0.0.1/-1", "10.0.0.1", false },
		{ "10.0.0.1/32 x", "10.0.0.1", false },
		{ "10.0.0.1", "10.0.0.1:80", false },
		{ "10.0.0.1", "", false },
		{ "10.0.0.1", NULL, false },
		{ "", "10.0.0.1", false },
		{ NULL, "10.0.0.1", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(p) / sizeof(p[0]); i++)
		if (proxy_is_trusted(p[i].list, p[i].addr) != p[i].is)
			fail_msg("%s in %s", p[i].addr, p[i].list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proxy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
