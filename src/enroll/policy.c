/* What a device in Setup Assistant is answered. Pure but for what it asks the
 * store; the profile itself is made elsewhere. */
#include "enroll/policy.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/rnd.h"
#include "codec/json.h"
#include "codec/pl.h"

_Static_assert(PLATFORM_N == CONF_PLATFORMS + 1,
	"settings of each platform, in its order");

/* ---- versions ---- */

/* The next number of "17.6.1 (a)"; 0 at the end. */
static unsigned long next_number(const char **s)
{
	unsigned long n = 0;

	while (**s == '.')
		++*s;
	while (isdigit((unsigned char)**s)) {
		if (n < 1000000)
			n = 10 * n + (unsigned long)(**s - '0');
		++*s;
	}
	return n;
}

/* The letter of a rapid response: "16.1 (a)". */
static int letter_of(const char *s)
{
	const char *paren = strchr(s, '(');

	return paren != NULL ? tolower((unsigned char)paren[1]) : 0;
}

int policy_version_compare(const char *a, const char *b)
{
	int x = letter_of(a), y = letter_of(b);

	while (isdigit((unsigned char)*a) || *a == '.' ||
		isdigit((unsigned char)*b) || *b == '.') {
		unsigned long m = next_number(&a), n = next_number(&b);

		if (m != n)
			return m < n ? -1 : 1;
	}
	return x < y ? -1 : x > y;
}

/* "18.1 (a) 22B83": the version and the build behind it, or NULL. */
static void split_os(const char *s, struct arena *a, const char **version,
	const char **build)
{
	size_t n = strcspn(s, " ");

	if (s[n] == ' ' && s[n + 1] == '(')
		n += 4;
	*version = arena_str(a, bytes_of(s, n));
	*build = s[n] == ' ' ? s + n + 1 : NULL;
}

static void set_beta(const char *s, struct arena *a, struct policy *out)
{
	size_t n = strcspn(s, " ");

	if (*s == '\0')
		return;
	out->beta_token = arena_str(a, bytes_of(s, n));
	out->beta_description = s[n] == ' ' ? s + n + 1 : out->beta_token;
}

static const char *os_of(const struct machineinfo *mi, struct arena *a)
{
	if (mi->supplemental_extra == NULL)
		return mi->os_version;
	return arena_printf(a, "%s %s", mi->os_version, mi->supplemental_extra);
}

static void judge_version(const struct conf *conf,
	const struct machineinfo *mi, struct arena *a, struct policy *out)
{
	enum machineinfo_platform p = machineinfo_platform(mi->product);
	const char *least, *version, *build;

	if (p == PLATFORM_UNKNOWN)
		return;
	least = conf->min_os[p - 1];
	if (*least == '\0')
		return;
	split_os(least, a, &version, &build);
	if (mi->os_version == NULL) {
		out->reason = "it does not say its version: not asked to "
			"update";
		return;
	}
	if (policy_version_compare(os_of(mi, a), version) >= 0)
		return;
	if (!mi->can_request_software_update &&
		!mi->mandatory_software_update) {
		out->reason = "its version is too old, and it cannot be asked "
			"to update";
		return;
	}
	out->answer = POLICY_UPDATE;
	out->reason = arena_printf(a, "%s %s is older than %s",
		machineinfo_platform_name(p), mi->os_version, version);
	out->os_version = version;
	out->build_version = build;
	set_beta(conf->beta[p - 1], a, out);
}

/* ---- who ---- */

static bool unrecognized(struct policy *out, const char *reason)
{
	out->answer = POLICY_UNRECOGNIZED;
	out->reason = reason;
	return true;
}

static int is_blocked(struct store_tx *tx, const struct machineinfo *mi,
	struct arena *a, bool *out, struct err *e)
{
	struct enrollment_id id = { .kind = ENROLLMENT_DEVICE };
	struct enrollment *en;

	*out = false;
	if (mi->udid == NULL)
		return 0;
	id.device = bytes_str(mi->udid);
	if (store_enrollment_find(tx, &id, a, &en, e) < 0)
		return -1;
	*out = en != NULL && en->state == ENROLLMENT_BLOCKED;
	return 0;
}

static int is_allowed(struct store_tx *tx, const struct conf *conf,
	const struct machineinfo *mi, bool *out, struct err *e)
{
	*out = conf->enrollment == CONF_ENROLL_OPEN;
	if (!*out && mi->udid != NULL && store_allow_has(tx, STORE_ALLOW_UDID,
		bytes_str(mi->udid), out, e) < 0)
		return -1;
	if (*out || !mi->verified || mi->serial == NULL)
		return 0;
	return store_allow_has(tx, STORE_ALLOW_SERIAL, bytes_str(mi->serial),
		out, e);
}

int policy_judge(struct store_tx *tx, const struct conf *conf,
	const struct machineinfo *mi, struct arena *a, struct policy *out,
	struct err *e)
{
	bool blocked, allowed;

	*out = (struct policy){ .answer = POLICY_ACCEPT };
	if (is_blocked(tx, mi, a, &blocked, e) < 0 ||
		is_allowed(tx, conf, mi, &allowed, e) < 0)
		return -1;
	if (blocked && unrecognized(out, "device is blocked by the operator"))
		return 0;
	if (!allowed && unrecognized(out, mi->verified ?
		"device is not on the allowlist" : "device is not on the "
		"allowlist (a serial number that is not verified does not "
		"count)"))
		return 0;
	if (conf->watch_pairing && mi->pairing_token.n == 0 &&
		machineinfo_platform(mi->product) == PLATFORM_WATCHOS) {
		char *uuid = arena_alloc(a, RND_UUID_LEN + 1);

		rnd_uuid(uuid);
		out->answer = POLICY_PAIRING_TOKEN;
		out->reason = "watch without a pairing token";
		out->security_token = uuid;
		return 0;
	}
	judge_version(conf, mi, a, out);
	return 0;
}

/* ---- the error documents ---- */

static const char *code_of(enum policy_answer answer)
{
	switch (answer) {
	case POLICY_UPDATE:
		return "com.apple.softwareupdate.required";
	case POLICY_PAIRING_TOKEN:
		return "com.apple.watch.pairing.token.missing";
	case POLICY_UNRECOGNIZED:
	case POLICY_ACCEPT:
		break;
	}
	return "com.apple.unrecognized.device";
}

static struct bytes as_json(const struct policy *p, struct arena *a)
{
	struct json *root = json_new_object(a), *details, *beta;

	json_set_str(root, "code", code_of(p->answer));
	json_set_str(root, "description", p->reason);
	if (p->answer == POLICY_UPDATE) {
		details = json_set_object(root, "details");
		json_set_str(details, "OSVersion", p->os_version);
		json_set_str(details, "BuildVersion", p->build_version);
		if (p->beta_token != NULL) {
			beta = json_set_object(details, "RequireBetaProgram");
			json_set_str(beta, "Description", p->beta_description);
			json_set_str(beta, "Token", p->beta_token);
		}
	} else if (p->answer == POLICY_PAIRING_TOKEN) {
		details = json_set_object(root, "details");
		json_set_str(details, "security-token", p->security_token);
	}
	return bytes_str(json_text(root, NULL, a));
}

static struct bytes as_plist(const struct policy *p, struct arena *a)
{
	struct pl *root = pl_new_dict(a), *details, *beta;

	pl_set_str(root, "code", code_of(p->answer));
	pl_set_str(root, "description", p->reason);
	if (p->answer == POLICY_UPDATE) {
		details = pl_set_dict(root, "details");
		pl_set_str(details, "OSVersion", p->os_version);
		pl_set_str(details, "BuildVersion", p->build_version);
		if (p->beta_token != NULL) {
			beta = pl_set_dict(details, "RequireBetaProgram");
			pl_set_str(beta, "Description", p->beta_description);
			pl_set_str(beta, "Token", p->beta_token);
		}
	} else if (p->answer == POLICY_PAIRING_TOKEN) {
		details = pl_set_dict(root, "details");
		pl_set_str(details, "security-token", p->security_token);
	}
	return pl_xml(root, a);
}

struct bytes policy_body(const struct policy *p, enum conf_error_format f,
	struct arena *a, const char **type)
{
	if (f == CONF_ERROR_PLIST) {
		*type = "application/xml";
		return as_plist(p, a);
	}
	*type = "application/json";
	return as_json(p, a);
}
