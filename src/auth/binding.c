/* May it: which certificate speaks for which device, by the certificates'
 * records and the device's own. */
#include "auth/binding.h"

#include <string.h>

static bool is_bound_now(const struct enrollment *device,
	const unsigned char cert[DIGEST_LEN])
{
	return device->has_cert && memcmp(device->cert, cert, DIGEST_LEN) == 0;
}

int binding_check(struct store_tx *tx, const struct conf *conf,
	const struct identity *who, const struct enrollment *device,
	enum binding *out, struct err *e)
{
	struct store_cert c;
	bool found = false;

	if (store_cert_get(tx, who->cert, &found, &c, e) < 0)
		return -1;
	if (!found)
		memset(&c, 0, sizeof(c));
	if (c.device != 0 && (device == NULL || c.device != device->num))
		*out = BINDING_OTHER;
	else if (device == NULL)
		*out = BINDING_FREE;
	else if (is_bound_now(device, who->cert) && c.former == 0)
		*out = BINDING_OK;
	else if (c.device != 0)
		*out = BINDING_FORMER;
	else if (device->imported && !device->has_cert &&
		conf->first_binding == CONF_BIND_IMPORTED)
		*out = BINDING_FIRST;
	else
		*out = BINDING_FREE;
	return 0;
}

/* The certificate bound until now becomes a former one. */
static int retire(struct store_tx *tx, const struct enrollment *device, int64_t now,
	struct err *e)
{
	struct store_cert c;
	bool found = false;

	if (store_cert_get(tx, device->cert, &found, &c, e) < 0)
		return -1;
	if (!found)
		memset(&c, 0, sizeof(c));
	else if (c.device != device->num)
		return 0;	/* it is another's: not ours to change */
	c.device = device->num;
	c.former = now;
	return store_cert_put(tx, device->cert, &c, e);
}

static int keep_der(struct store_tx *tx, const struct identity *who,
	const struct enrollment *device, struct err *e)
{
	if (who->der.p == NULL)
		return store_secret_del(tx, device->num, STORE_DEVICE_CERT, e);
	return store_secret_put(tx, device->num, STORE_DEVICE_CERT, who->der,
		e);
}

int binding_bind(struct store_tx *tx, const struct identity *who,
	struct enrollment *device, int64_t now, struct err *e)
{
	struct store_cert c;
	bool found = false;

	if (device->num == 0)
		return err_set(e, ERR_INTERNAL, "binding: the device is not stored yet");
	if (store_cert_get(tx, who->cert, &found, &c, e) < 0)
		return -1;
	if (!found)
		memset(&c, 0, sizeof(c));
	if (c.device != 0 && c.device != device->num)
		return err_set(e, ERR_BAD_INPUT,
			"certificate is bound to another device");
	if (device->has_cert && !is_bound_now(device, who->cert) &&
		retire(tx, device, now, e) < 0)
		return -1;
	if (c.device == 0 || c.former != 0 || !is_bound_now(device, who->cert))
		c.bound = now;
	c.device = device->num;
	c.former = 0;
	if (store_cert_put(tx, who->cert, &c, e) < 0)
		return -1;
	if (keep_der(tx, who, device, e) < 0)
		return -1;
	device->has_cert = true;
	memcpy(device->cert, who->cert, DIGEST_LEN);
	device->imported = false;
	return 0;
}
