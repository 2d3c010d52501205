/* May it: which certificate speaks for which device, by the certificates'
 * records and the device's own. */
#include "auth/binding.h"

#include <string.h>

#include "store/store_enroll.h"

#define PAGE 64

bool binding_is_current(const struct enrollment *device,
	const struct identity *who)
{
	return device->has_cert &&
		memcmp(device->cert, who->cert, DIGEST_LEN) == 0;
}

static int read_cert(struct store_tx *tx, const unsigned char sha256[DIGEST_LEN],
	bool *found, struct store_cert *out, struct err *e)
{
	*found = false;
	if (store_cert_get(tx, sha256, found, out, e) < 0)
		return -1;
	if (!*found)
		memset(out, 0, sizeof(*out));
	return 0;
}

int binding_check(struct store_tx *tx, const struct conf *conf,
	const struct identity *who, const struct enrollment *device,
	int64_t now, struct store_cert *cert, enum binding *out,
	struct err *e)
{
	bool found;

	if (read_cert(tx, who->cert, &found, cert, e) < 0)
		return -1;
	if (cert->device != 0 && (device == NULL || cert->device != device->num))
		*out = BINDING_OTHER;
	else if (device == NULL)
		*out = BINDING_FREE;
	else if (binding_is_current(device, who) && cert->former == 0)
		*out = BINDING_OK;
	else if (cert->device != 0)
		*out = cert->valid_until > now ? BINDING_OK : BINDING_FORMER;
	else if (device->imported && !device->has_cert &&
		conf->first_binding == CONF_BIND_IMPORTED)
		*out = BINDING_FIRST;
	else
		*out = BINDING_FREE;
	return 0;
}

/* The certificate bound until now becomes a former one. */
static int retire(struct store_tx *tx, const struct enrollment *device,
	enum binding_how how, int64_t now, struct err *e)
{
	struct store_cert c;
	bool found;

	if (read_cert(tx, device->cert, &found, &c, e) < 0)
		return -1;
	if (found && c.device != device->num)
		return 0;	/* it is another's: not ours to change */
	c.device = device->num;
	c.former = now;
	c.valid_until = how == BINDING_ENROLLED ? 0 : STORE_CERT_UNTIL_UPDATED;
	return store_cert_put(tx, device->cert, &c, e);
}

static int keep_der(struct store_tx *tx, const struct identity *who,
	const struct enrollment *device, struct err *e)
{
	struct identity read = *who;
	struct err ignored = ERR_INIT;	/* it was read before */

	if (read.der.p == NULL && read.rq != NULL)
		(void)devauth_der(read.rq, &read, &ignored);
	if (read.der.p == NULL)
		return store_secret_del(tx, device->num, STORE_DEVICE_CERT, e);
	return store_secret_put(tx, device->num, STORE_DEVICE_CERT, read.der,
		e);
}

static void describe(struct store_cert *c, const struct identity *who)
{
	if (who->not_after != 0)
		c->not_after = who->not_after;
	if (who->serial[0] != '\0')
		memcpy(c->serial, who->serial, sizeof(c->serial));
}

int binding_bind(struct store_tx *tx, const struct identity *who,
	struct enrollment *device, enum binding_how how, int64_t now,
	struct err *e)
{
	struct store_cert c;
	bool found, current = binding_is_current(device, who);

	if (device->num == 0)
		return err_set(e, ERR_INTERNAL, "binding: the device is not stored yet");
	if (read_cert(tx, who->cert, &found, &c, e) < 0)
		return -1;
	if (c.device != 0 && c.device != device->num)
		return err_set(e, ERR_BAD_INPUT,
			"certificate is bound to another device");
	if (device->has_cert && !current && retire(tx, device, how, now, e) < 0)
		return -1;
	if (c.device == 0 || (how != BINDING_AGAIN &&
		(c.former != 0 || !current)))
		c.bound = now;
	if (how != BINDING_AGAIN)
		c.renewal = how == BINDING_RENEWED;
	c.device = device->num;
	c.former = 0;
	c.valid_until = 0;
	describe(&c, who);
	if (store_cert_put(tx, who->cert, &c, e) < 0)
		return -1;
	if (keep_der(tx, who, device, e) < 0)
		return -1;
	device->has_cert = true;
	memcpy(device->cert, who->cert, DIGEST_LEN);
	device->imported = false;
	return 0;
}

/* ---- former ones ---- */

/* Those that are good until further notice, or (all) for any time. */
static int set_until(struct store_tx *tx, const struct store_cert_row *r,
	bool all, int64_t until, struct err *e)
{
	struct store_cert c = r->cert;

	if (c.former == 0 || c.valid_until == until ||
		(!all && c.valid_until != STORE_CERT_UNTIL_UPDATED))
		return 0;
	c.valid_until = until;
	return store_cert_put(tx, r->sha256, &c, e);
}

static int each_former(struct store_tx *tx, const struct enrollment *device,
	bool all, int64_t until, struct arena *a, struct err *e)
{
	const unsigned char *after = NULL;
	struct store_cert_row *rows;
	size_t n = PAGE;

	while (n == PAGE) {
		if (store_cert_of(tx, device->num, after, PAGE, a, &rows, &n,
			e) < 0)
			return -1;
		for (size_t i = 0; i < n; i++) {
			after = rows[i].sha256;
			if (set_until(tx, &rows[i], all, until, e) < 0)
				return -1;
		}
	}
	return 0;
}

static int update_former(struct store_tx *tx, const struct enrollment *device,
	bool all, int64_t until, struct err *e)
{
	struct arena *a = arena_new();
	int rc = each_former(tx, device, all, until, a, e);

	arena_free(a);
	return rc;
}

int binding_confirm(struct store_tx *tx, const struct enrollment *device,
	int64_t until, struct err *e)
{
	return update_former(tx, device, false, until, e);
}

int binding_end_former(struct store_tx *tx, const struct enrollment *device,
	struct err *e)
{
	return update_former(tx, device, true, 0, e);
}
