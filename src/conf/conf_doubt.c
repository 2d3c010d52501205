/* Settings that are good one by one and do not go together. Files, folders and
 * the store are not looked at. */
#include "conf/conf.h"

struct doubt {
	bool is;
	const char *text;
};

static const char *beta_doubt(const struct conf *c, struct arena *a)
{
	static const char *const platforms[CONF_PLATFORMS] = {
		"ios", "ipados", "macos", "tvos", "visionos", "watchos" };

	for (size_t i = 0; i < CONF_PLATFORMS; i++)
		if (*c->beta[i] != '\0' && *c->min_os[i] == '\0')
			return arena_printf(a, "beta_%s is set, and min_os_%s "
				"is not", platforms[i], platforms[i]);
	return NULL;
}

const char *conf_doubt(const struct conf *c, struct arena *a)
{
	bool acme = c->identity_source == CONF_IDENTITY_ACME;
	bool ours = !acme && *c->scep_url == '\0';
	const struct doubt doubts[] = {
		{ acme && *c->acme_url == '\0',
			"identity_source is acme, and acme_url is not set" },
		{ acme && *c->scep_url != '\0',
			"scep_url is set, and identity_source is acme" },
		{ ours && *c->scep_name != '\0',
			"scep_name is set, and scep_url is not" },
		{ ours && *c->scep_url_challenge != '\0',
			"scep_url_challenge is set, and scep_url is not" },
		{ ours && c->identity_key_size < c->identity_key_min,
			"identity_key_size is less than identity_key_min: the "
			"device CA would refuse every device" },
		{ ours && c->renew_days >= c->identity_days,
			"renew_days is not less than identity_days: every "
			"device would always be due to renew" },
		{ *c->profile_sign_cert != '\0' && *c->profile_sign_key == '\0',
			"profile_sign_cert is set, and profile_sign_key is "
			"not" },
		{ *c->profile_sign_cert == '\0' && *c->profile_sign_key != '\0',
			"profile_sign_key is set, and profile_sign_cert is "
			"not" },
		{ c->pinning_revocation_check && !c->pinning,
			"pinning_revocation_check is yes, and pinning is no" },
		{ *c->login_url != '\0' &&
			c->account_enrollment == CONF_ACCOUNT_OFF,
			"login_url is set, and account_enrollment is off" },
	};

	for (size_t i = 0; i < sizeof(doubts) / sizeof(doubts[0]); i++)
		if (doubts[i].is)
			return doubts[i].text;
	return beta_doubt(c, a);
}
