/* What each type of setting looks like: checking, taking and writing values.
 */
#include "conf/conf_keys.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "base/str.h"

static const char *const sources[] = { "", "signature", "tls", "header" };
#define N_SOURCES (sizeof(sources) / sizeof(sources[0]))

static int refuse(const struct conf_key *k, const char *v, const char *allowed,
	struct err *e)
{
	if (k->type == CONF_SECRET)
		return err_set(e, ERR_BAD_INPUT, "%s: %s", k->name, allowed);
	return err_set(e, ERR_BAD_INPUT, "%s: \"%.80s\" is not allowed: %s",
		k->name, v, allowed);
}

static bool is_port(const char *s)
{
	uint64_t port;

	return str_u64(s, 1, 65535, &port);
}

static bool is_address(const char *s)
{
	unsigned char out[16];

	return inet_pton(AF_INET, s, out) == 1
		|| inet_pton(AF_INET6, s, out) == 1;
}

/* Cuts HOST[:PORT] or [V6][:PORT] in place; *port is NULL without one. */
static bool split_host(char *s, char **host, char **port)
{
	char *end;

	*port = NULL;
	if (*s != '[') {
		*host = s;
		end = strchr(s, ':');
	} else {
		*host = s + 1;
		end = strchr(s, ']');
		if (end == NULL)
			return false;
		*end++ = '\0';
		if (*end == '\0')
			end = NULL;
		else if (*end != ':')
			return false;
	}
	if (end != NULL) {
		*end = '\0';
		*port = end + 1;
	}
	return true;
}

static bool is_host_name(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n > 253 || !isalnum((unsigned char)s[0])
		|| !isalnum((unsigned char)s[n - 1]))
		return false;
	for (; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && *s != '-' && *s != '.')
			return false;
	return true;
}

static bool is_url(const char *v, struct arena *a)
{
	char *s, *host, *port;
	bool v6;

	if (!str_has_prefix(v, "https://"))
		return false;
	s = arena_strdup(a, v + strlen("https://"));
	v6 = *s == '[';
	return split_host(s, &host, &port)
		&& (v6 ? is_address(host) && strchr(host, ':') != NULL
			: is_host_name(host))
		&& (port == NULL || is_port(port));
}

/* A URL with a path behind; no query, no blanks. */
static bool is_link(const char *v, struct arena *a)
{
	const char *host = v + strlen("https://");
	char *base;
	size_t n;

	if (!str_has_prefix(v, "https://"))
		return false;
	n = strcspn(host, "/");
	for (const char *s = host + n; *s != '\0'; s++)
		if (!isgraph((unsigned char)*s) || *s == '?' || *s == '#')
			return false;
	base = arena_str(a, bytes_of(v, (size_t)(host - v) + n));
	return is_url(base, a);
}

static bool is_path(const char *v)
{
	for (const char *s = v; *s != '\0'; s++)
		if (iscntrl((unsigned char)*s))
			return false;
	return *v == '\0' || *v == '/';
}

static bool is_listen(const char *v, struct arena *a)
{
	char *s = arena_strdup(a, v), *host, *port;
	bool v6 = *s == '[';

	return split_host(s, &host, &port) && port != NULL && is_port(port)
		&& is_address(host) && v6 == (strchr(host, ':') != NULL);
}

static bool is_text(const char *v)
{
	size_t n = strlen(v);

	for (const char *s = v; *s != '\0'; s++)
		if (iscntrl((unsigned char)*s))
			return false;
	return str_is_utf8(v, n);
}

/* Letters, digits, '.', '-' and '_'. */
static size_t word_len(const char *v)
{
	size_t n = 0;

	while (isalnum((unsigned char)v[n]) || v[n] == '.' || v[n] == '-'
		|| v[n] == '_')
		n++;
	return n;
}

static bool is_topic(const char *v)
{
	static const char head[] = "com.apple.mgmt.";

	return *v == '\0' || (str_has_prefix(v, head)
		&& v[sizeof(head) - 1] != '\0' && v[word_len(v)] == '\0');
}

/* "18", "17.6.1", "16.1 (a)", and a build behind a blank: "22B83". */
static bool is_os(const char *v)
{
	size_t n = strspn(v, "0123456789.");

	if (*v == '\0')
		return true;
	if (!isdigit((unsigned char)*v) || v[n - 1] == '.'
		|| strstr(v, "..") != NULL)
		return false;
	v += n;
	if (v[0] == ' ' && v[1] == '(' && isalpha((unsigned char)v[2])
		&& v[3] == ')')
		v += 4;
	if (*v == '\0')
		return true;
	return *v == ' ' && isalnum((unsigned char)v[1])
		&& v[1 + strspn(v + 1, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"abcdefghijklmnopqrstuvwxyz")] == '\0';
}

/* The next item of a comma-separated list, trimmed, in the arena; NULL at
 * the end. An empty item is "". */
static char *next_item(const char **list, struct arena *a)
{
	const char *s = *list, *end, *next;

	if (s == NULL)
		return NULL;
	end = strchr(s, ',');
	next = end != NULL ? end + 1 : NULL;
	if (end == NULL)
		end = s + strlen(s);
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*list = next;
	return arena_str(a, bytes_of(s, (size_t)(end - s)));
}

static bool is_net(char *s)
{
	char *slash = strchr(s, '/');
	uint64_t bits;

	if (slash != NULL)
		*slash = '\0';
	return is_address(s) && (slash == NULL
		|| str_u64(slash + 1, 0, strchr(s, ':') != NULL ? 128 : 32,
			&bits));
}

static bool are_nets(const char *v, struct arena *a)
{
	const char *list = v;
	char *s;

	if (*v == '\0')
		return true;
	while ((s = next_item(&list, a)) != NULL)
		if (!is_net(s))
			return false;
	return true;
}

static bool are_words(const char *v, struct arena *a)
{
	const char *list = v;
	char *s;

	if (*v == '\0')
		return true;
	while ((s = next_item(&list, a)) != NULL)
		if (*s == '\0' || s[word_len(s)] != '\0')
			return false;
	return true;
}

static bool parse_sources(const char *v, struct arena *a,
	enum conf_source out[4])
{
	const char *list = v;
	size_t n = 0;
	char *s;

	for (size_t i = 0; i < 4; i++)
		out[i] = CONF_SRC_NONE;
	while ((s = next_item(&list, a)) != NULL) {
		size_t src = 1;

		while (src < N_SOURCES && !str_eq(s, sources[src]))
			src++;
		if (src == N_SOURCES || n == 3)
			return false;
		for (size_t i = 0; i < n; i++)
			if (out[i] == (enum conf_source)src)
				return false;
		out[n++] = (enum conf_source)src;
	}
	return true;
}

static bool parse_size(const char *v, uint64_t min, uint64_t max,
	uint64_t *out)
{
	static const char units[] = "KMGT";
	char digits[24];
	size_t n = strlen(v);
	unsigned shift = 0;
	const char *unit;
	uint64_t x;

	if (n == 0 || n >= sizeof(digits))
		return false;
	memcpy(digits, v, n + 1);
	unit = strchr(units, toupper((unsigned char)v[n - 1]));
	if (unit != NULL) {
		digits[n - 1] = '\0';
		shift = 10 * (unsigned)(unit - units + 1);
	}
	if (!str_u64(digits, 0, UINT64_MAX >> shift, &x) || x << shift < min
		|| x << shift > max)
		return false;
	*out = x << shift;
	return true;
}

static const char *size_text(uint64_t v, struct arena *a)
{
	static const char units[] = "KMGT";
	unsigned u = 0;

	while (u < 4 && v != 0 && v % 1024 == 0) {
		v /= 1024;
		u++;
	}
	return u == 0 ? arena_printf(a, "%llu", (unsigned long long)v)
		: arena_printf(a, "%llu%c", (unsigned long long)v, units[u - 1]);
}

static const char *choices_text(const struct conf_key *k, struct arena *a)
{
	const char *s = k->choices[0];

	for (size_t i = 1; k->choices[i] != NULL; i++)
		s = arena_printf(a, "%s%s%s", s,
			k->choices[i + 1] != NULL ? ", " : " or ", k->choices[i]);
	return s;
}

static int set_choice(const struct conf_key *k, const char *v, void *field,
	struct arena *a, struct err *e)
{
	for (unsigned i = 0; k->choices[i] != NULL; i++) {
		if (!str_eq(v, k->choices[i]))
			continue;
		if (k->type == CONF_WORD)
			*(const char **)field = k->choices[i];
		else
			memcpy(field, &i, sizeof(i));
		return 0;
	}
	return refuse(k, v, arena_printf(a, "use %s", choices_text(k, a)), e);
}

static int set_text(const struct conf_key *k, const char *v, bool good,
	void *field, const char *allowed, struct arena *a, struct err *e)
{
	if (!good)
		return refuse(k, v, allowed, e);
	*(const char **)field = arena_strdup(a, v);
	return 0;
}

static int set_number(const struct conf_key *k, const char *v, void *field,
	struct arena *a, struct err *e)
{
	uint64_t x;

	if (k->type == CONF_SIZE) {
		if (parse_size(v, k->min, k->max, field))
			return 0;
		return refuse(k, v, arena_printf(a,
			"use a size from %s to %s, as 512K, 16M, 2G or 1T",
			size_text(k->min, a), size_text(k->max, a)), e);
	}
	if (!str_u64(v, k->min, k->max, &x))
		return refuse(k, v, arena_printf(a,
			"use a whole number from %llu to %llu",
			(unsigned long long)k->min, (unsigned long long)k->max),
			e);
	*(unsigned *)field = (unsigned)x;
	return 0;
}

int conf_key_set(const struct conf_key *k, const char *v, struct arena *a,
	struct conf *c, struct err *e)
{
	void *field = (char *)c + k->offset;

	switch (k->type) {
	case CONF_URL:
		return set_text(k, v, is_url(v, a), field,
			"use https://HOST or https://HOST:PORT, without a path "
			"or a slash at the end", a, e);
	case CONF_LINK:
		return set_text(k, v, is_link(v, a) ||
			(*v == '\0' && str_eq(k->def, "")), field,
			"use https://HOST/PATH or https://HOST:PORT/PATH",
			a, e);
	case CONF_PATH:
		return set_text(k, v, is_path(v), field,
			"use an absolute path, or nothing", a, e);
	case CONF_LISTEN:
		return set_text(k, v, is_listen(v, a), field,
			"use ADDRESS:PORT, as 127.0.0.1:8443 or [::1]:8443",
			a, e);
	case CONF_NETS:
		return set_text(k, v, are_nets(v, a), field,
			"use addresses or networks, as 10.0.0.1, 10.1.0.0/16",
			a, e);
	case CONF_TEXT:
	case CONF_SECRET:
		return set_text(k, v, is_text(v), field,
			"use one line of UTF-8", a, e);
	case CONF_WORDS:
		return set_text(k, v, are_words(v, a), field,
			"use words of letters, digits, '.', '-' and '_', with "
			"commas between", a, e);
	case CONF_TOPIC:
		return set_text(k, v, is_topic(v), field,
			"use a topic, com.apple.mgmt.…, or nothing", a, e);
	case CONF_OS:
		return set_text(k, v, is_os(v), field,
			"use VERSION or VERSION BUILD, as 18.1, 18.1 (a) or "
			"18.1 22B83, or nothing", a, e);
	case CONF_BOOL:
		if (!str_eq(v, "yes") && !str_eq(v, "no"))
			return refuse(k, v, "use yes or no", e);
		*(bool *)field = str_eq(v, "yes");
		return 0;
	case CONF_WORD:
	case CONF_ENUM:
		return set_choice(k, v, field, a, e);
	case CONF_UINT:
	case CONF_SIZE:
		return set_number(k, v, field, a, e);
	case CONF_SOURCES:
		if (parse_sources(v, a, field))
			return 0;
		return refuse(k, v, "use one or more of signature, tls, header, "
			"each once, with commas between", e);
	}
	return err_set(e, ERR_INTERNAL, "%s: no such type", k->name);
}

const char *conf_key_text(const struct conf_key *k, const struct conf *c,
	struct arena *a)
{
	const void *field = (const char *)c + k->offset;
	const enum conf_source *src = field;
	const char *s = "";
	unsigned u;

	switch (k->type) {
	case CONF_URL:
	case CONF_LINK:
	case CONF_PATH:
	case CONF_LISTEN:
	case CONF_NETS:
	case CONF_TEXT:
	case CONF_WORDS:
	case CONF_TOPIC:
	case CONF_OS:
	case CONF_WORD:
		return *(const char *const *)field;
	case CONF_SECRET:
		return **(const char *const *)field != '\0' ? "(secret)" : "";
	case CONF_BOOL:
		return *(const bool *)field ? "yes" : "no";
	case CONF_ENUM:
		memcpy(&u, field, sizeof(u));
		return k->choices[u];
	case CONF_UINT:
		return arena_printf(a, "%u", *(const unsigned *)field);
	case CONF_SIZE:
		return size_text(*(const uint64_t *)field, a);
	case CONF_SOURCES:
		for (; *src != CONF_SRC_NONE; src++)
			s = arena_printf(a, "%s%s%s", s, *s != '\0' ? ", " : "",
				sources[*src]);
		return s;
	}
	return "";
}
