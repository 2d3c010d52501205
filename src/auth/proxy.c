/* Which addresses may speak for a client's certificate. Addresses only: no
 * names, no lookups. */
#include "auth/proxy.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

struct net {
	unsigned char ip[16];	/* IPv4 in its mapped form */
	unsigned bits;		/* of the 128 */
};

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

static bool parse_ip(const char *s, unsigned char ip[16], bool *v4)
{
	*v4 = inet_pton(AF_INET, s, ip + sizeof(mapped)) == 1;
	if (*v4)
		memcpy(ip, mapped, sizeof(mapped));
	return *v4 || inet_pton(AF_INET6, s, ip) == 1;
}

static bool parse_net(const char *p, size_t n, struct net *net)
{
	char text[INET6_ADDRSTRLEN + 8], *slash;
	uint64_t bits;
	bool v4;

	while (n > 0 && (*p == ' ' || *p == '\t')) {
		p++;
		n--;
	}
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	if (n == 0 || n >= sizeof(text))
		return false;
	memcpy(text, p, n);
	text[n] = '\0';
	slash = strchr(text, '/');
	if (slash != NULL)
		*slash++ = '\0';
	if (!parse_ip(text, net->ip, &v4))
		return false;
	bits = v4 ? 32 : 128;
	if (slash != NULL && !str_u64(slash, 0, bits, &bits))
		return false;
	net->bits = (unsigned)bits + (v4 ? 96 : 0);
	return true;
}

static bool contains(const struct net *net, const unsigned char ip[16])
{
	unsigned whole = net->bits / 8, rest = net->bits % 8;

	if (memcmp(net->ip, ip, whole) != 0)
		return false;
	return rest == 0 || (net->ip[whole] ^ ip[whole]) >> (8 - rest) == 0;
}

bool proxy_is_trusted(const char *list, const char *addr)
{
	unsigned char ip[16];
	struct net net;
	bool v4;

	if (list == NULL || addr == NULL || !parse_ip(addr, ip, &v4))
		return false;
	while (*list != '\0') {
		size_t n = strcspn(list, ",");

		if (parse_net(list, n, &net) && contains(&net, ip))
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}
