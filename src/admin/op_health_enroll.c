/* Health of enrolling: what would keep devices from getting in. */
#include "admin/op_health_parts.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/cert.h"
#include "enroll/enroll_profile.h"
#include "store/store_enroll.h"

/* Below Apple's root stand the certificates of developers, too. */
static bool has_apple_root(const char *path, struct arena *a)
{
	struct err ignored = ERR_INIT;
	struct cert **list;
	struct bytes pem;
	size_t n = 0;

	if (file_read(path, HEALTH_PEM_MAX, a, &pem, &ignored) < 0 ||
		pem.p == NULL || cert_list_pem(pem, a, &list, &n, &ignored) < 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		const char *name = cert_common_name(list[i], a);

		if (name != NULL && str_has_prefix(name, "Apple Root CA"))
			return true;
	}
	return false;
}

static void look_ade_file(struct look *l, const char *path)
{
	struct err e = ERR_INIT;
	struct trust *t;
	unsigned n;

	if (trust_open(path, &t, &e) < 0) {
		health_item(l, "ade", HEALTH_WARN, 0, arena_printf(l->a,
			"ade_ca_file: %s", e.msg));
		return;
	}
	n = trust_count(t);
	trust_close(t);
	if (has_apple_root(path, l->a))
		health_item(l, "ade", HEALTH_WARN, n, "ade_ca_file holds "
			"Apple's root, which stands for developers too: only "
			"Apple's device CAs belong there");
	else
		health_item(l, "ade", HEALTH_OK, n, arena_printf(l->a,
			"%u of Apple's device CAs", n));
}

/* Without its file nobody enrolls in Setup Assistant: a fault only where that
 * is the way in. The dates of these CAs are not looked at. */
void health_look_ade(struct look *l)
{
	const struct conf *conf = l->op->conf;

	if (!conf->ade_verify)
		health_item(l, "ade", HEALTH_OK, 0, "devices in Setup "
			"Assistant are not verified (ade_verify = no)");
	else if (*conf->ade_ca_file == '\0')
		health_item(l, "ade", conf->profile_access == CONF_ACCESS_ADE ?
			HEALTH_WARN : HEALTH_OK, 0, "no device can enroll in "
			"Setup Assistant: ade_ca_file is not set");
	else
		look_ade_file(l, conf->ade_ca_file);
}

/* Whether one could be made now, but for its signature: enroll_expires reads
 * that, and nobody who asks for health has us sign. */
static int profile_try(struct look *l, struct err *e)
{
	struct enroll_context cx = { .store = l->op->store,
		.conf = l->op->conf, .now = l->op->now, .arena = l->a };
	const struct grant g = { .source = GRANT_OPERATOR };
	const struct enroll_how how = { .without_signature = true,
		.without_challenge = true };
	struct enroll_profile ignored;

	return cx.store == NULL ? 0 :
		enroll_profile_make_as(&cx, &g, NULL, 0, &how, &ignored, e);
}

/* What profiles are made of, signed with, and what devices are pinned to. */
void health_look_profile(struct look *l)
{
	struct err e = ERR_INIT;
	int64_t at;

	if (enroll_expires(l->op->conf, l->a, &at, &e) < 0 ||
		profile_try(l, &e) < 0)
		health_item(l, "profile", HEALTH_WARN, 0, arena_printf(l->a,
			"no device can enroll: %s", e.msg));
	else if (at == 0)
		health_item(l, "profile", HEALTH_OK, 0, "profiles are not "
			"signed, and nothing is pinned");
	else
		health_expiring(l, "profile", at);
}

/* ---- settings ---- */

struct accounts {
	struct arena *a;
	size_t n;
};

static int accounts_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct accounts *x = arg;
	struct account **list;

	return store_account_list(tx, NULL, 1, x->a, &list, &x->n, e);
}

static const char *account_doubt(struct look *l, const struct conf *c)
{
	struct accounts x = { .a = l->a };
	struct err ignored = ERR_INIT;

	if (c->account_enrollment == CONF_ACCOUNT_OFF ||
		l->op->store == NULL || store_read(l->op->store, accounts_tx,
			&x, &ignored) < 0 || x.n > 0)
		return NULL;
	return "account_enrollment is on, and nobody can sign in: see "
		"mooringctl users add";
}

static const char *folder_doubt(struct look *l, const struct conf *c)
{
	struct stat st;

	if (*c->first_commands == '\0')
		return NULL;
	if (stat(c->first_commands, &st) < 0)
		return arena_printf(l->a, "first_commands: %s: %s",
			c->first_commands, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return arena_printf(l->a, "first_commands: %s: not a folder",
			c->first_commands);
	return access(c->first_commands, R_OK | X_OK) == 0 ? NULL :
		arena_printf(l->a, "first_commands: %s: %s",
			c->first_commands, strerror(errno));
}

/* The certificates of another CA, where the profile names one, are worth
 * nothing here before that CA is trusted. */
static const char *issuer_doubt(struct look *l, const struct conf *c)
{
	const char *ours, *name, *key = c->identity_source ==
		CONF_IDENTITY_ACME ? "acme_url" :
		*c->scep_url != '\0' ? "scep_url" : NULL;
	struct err ignored = ERR_INIT;
	struct cert *ca, **list;
	struct bytes pem;
	size_t n;

	if (key == NULL || file_read(file_path(l->a, c->dir,
		"pki/device-ca.pem"), HEALTH_PEM_MAX, l->a, &pem,
			&ignored) < 0 ||
		pem.p == NULL || cert_from_pem(pem, l->a, &ca, &ignored) < 0 ||
		file_read(file_path(l->a, c->dir, "pki/device-ca.bundle.pem"),
			HEALTH_PEM_MAX, l->a, &pem, &ignored) < 0 ||
		pem.p == NULL ||
		cert_list_pem(pem, l->a, &list, &n, &ignored) < 0)
		return NULL;
	ours = cert_common_name(ca, l->a);
	for (size_t i = 0; i < n; i++) {
		name = cert_common_name(list[i], l->a);
		if (name == NULL || !str_eq(name, ours))
			return NULL;
	}
	return arena_printf(l->a, "%s names another CA, and none but ours is "
		"trusted: see mooringctl ca trust", key);
}

/* A file that was spoilt is seen here before the next start refuses it. */
void health_look_settings(struct look *l)
{
	struct err e = ERR_INIT;
	const char *doubt;
	struct conf *c;

	if (conf_load(l->op->conf->dir, l->a, &c, &e) < 0) {
		health_item(l, "settings", HEALTH_WARN, 0, "mooring.conf is "
			"not good, and not used: see mooringctl config check");
		return;
	}
	doubt = conf_doubt(c, l->a);
	if (doubt == NULL)
		doubt = account_doubt(l, c);
	if (doubt == NULL)
		doubt = folder_doubt(l, c);
	if (doubt == NULL)
		doubt = issuer_doubt(l, c);
	health_item(l, "settings", doubt == NULL ? HEALTH_OK : HEALTH_WARN, 1,
		doubt == NULL ? "mooring.conf is good" : doubt);
}
