/* MachineInfo: refused with a line, or whole; then what a device is answered
 * can be written. The first byte chooses how it is read; 4: two versions, on a
 * line each. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "enroll/machineinfo.h"
#include "enroll/policy.h"

static void want(const char *text)
{
	if (text == NULL || text[0] == '\0' ||
		!str_is_utf8(text, strlen(text)) || strlen(text) > 4096)
		abort();
}

static void look(const struct machineinfo *mi, bool ade)
{
	enum machineinfo_platform p = machineinfo_platform(mi->product);

	want(mi->product);
	want(mi->version);
	want(machineinfo_platform_name(p));
	if (ade) {
		want(mi->udid);
		want(mi->serial);
	}
	if (mi->verified)
		abort();
}

static void versions(struct bytes in, struct arena *a)
{
	char *x = arena_str(a, in), *y = strchr(x, '\n');
	int there;

	if (y == NULL)
		return;
	*y++ = '\0';
	there = policy_version_compare(x, y);
	if (there != -policy_version_compare(y, x) ||
		policy_version_compare(x, x) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct machineinfo mi;
	struct err e = ERR_INIT;
	struct bytes in;
	int how, rc;

	if (size == 0) {
		arena_free(a);
		return 0;
	}
	how = data[0] & 7;
	in = bytes_of(data + 1, size - 1);
	if (how == 4) {
		versions(in, a);
		arena_free(a);
		return 0;
	}
	if (how == 3)
		rc = machineinfo_read_header(arena_str(a, in), NULL, a, &mi,
			&e);
	else
		rc = machineinfo_read(in, how == 2 ? MACHINEINFO_ACCOUNT :
			MACHINEINFO_ADE, NULL, a, &mi, &e);
	if (rc == 0)
		look(&mi, how != 2);
	else if ((e.kind != ERR_BAD_INPUT && e.kind != ERR_TOO_LARGE) ||
		e.msg[0] == '\0')
		abort();
	arena_free(a);
	return 0;
}
