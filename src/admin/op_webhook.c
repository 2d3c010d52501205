/* Webhooks as an operator makes and changes them. What is sent to them, and
 * when, is the courier's. */
#include "admin/op_webhook.h"

#include <string.h>

#include "base/enc.h"
#include "base/rnd.h"
#include "model/token.h"
#include "outbox/outbox.h"

/* ---- what may be set ---- */

/* Of "HOST[:PORT]". */
static bool is_authority(const char *s, size_t n)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789.-";
	static const char v6[] = "0123456789abcdefABCDEF:.";
	size_t host;
	char port[6];
	uint64_t v;

	if (n > 2 && s[0] == '[') {
		host = 1 + strspn(s + 1, v6);
		if (host < 3 || host >= n || s[host] != ']')
			return false;
		host++;
	} else {
		host = strspn(s, plain);
	}
	if (host == 0 || host >= n)
		return host == n && n > 0;
	n -= host + 1;
	if (s[host] != ':' || n == 0 || n >= sizeof(port))
		return false;
	memcpy(port, s + host + 1, n);
	port[n] = '\0';
	return str_u64(port, 1, 65535, &v);
}

static int check_url(const char *url, struct err *e)
{
	const char *rest;
	size_t n;

	if (strlen(url) > OP_WEBHOOK_URL_MAX)
		return err_set(e, ERR_BAD_INPUT, "url: longer than %d bytes",
			OP_WEBHOOK_URL_MAX);
	if (str_has_prefix_nocase(url, "https://"))
		rest = url + strlen("https://");
	else if (str_has_prefix_nocase(url, "http://"))
		rest = url + strlen("http://");
	else
		return err_set(e, ERR_BAD_INPUT,
			"url: use https://… or http://…");
	for (const char *p = rest; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || strchr("\"<>\\^`{|}#", *p) != NULL)
			return err_set(e, ERR_BAD_INPUT, "url: holds a blank, a "
				"fragment, or what must be percent-encoded");
	n = strcspn(rest, "/?");
	if (memchr(rest, '@', n) != NULL)
		return err_set(e, ERR_BAD_INPUT, "url: holds a user name: it is "
			"shown, so no password may stand in it");
	if (!is_authority(rest, n))
		return err_set(e, ERR_BAD_INPUT, "url: no host, or a bad port");
	return 0;
}

static int check(const struct op_webhook_set *in, struct arena *a,
	struct err *e)
{
	struct bytes bad;

	if (in->name != NULL && token_name_check(in->name, e) < 0)
		return -1;
	if (in->url != NULL && check_url(in->url, e) < 0)
		return -1;
	if (in->topics != NULL && !event_filter_is_good(in->topics, &bad))
		return err_set(e, ERR_BAD_INPUT, "topics: \"%s\" is no topic",
			op_line(bad, 64, a));
	if (in->key != NULL && strlen(in->key) > OP_WEBHOOK_KEY_MAX)
		return err_set(e, ERR_BAD_INPUT, "key: longer than %d bytes",
			OP_WEBHOOK_KEY_MAX);
	return 0;
}

const char *op_webhook_key(struct arena *a)
{
	unsigned char raw[32];

	rnd_bytes(raw, sizeof(raw));
	return enc_base64url(a, bytes_of(raw, sizeof(raw)));
}

static struct bytes key_of(const char *key)
{
	return *key != '\0' ? bytes_str(key) : bytes_of(NULL, 0);
}

/* What changed, in words, without what it is: for the audit log. */
static const char *describe(const struct op_webhook_set *in, struct arena *a)
{
	char *s = arena_printf(a, "%s%s%s%s%s%s",
		in->name != NULL ? ", name" : "",
		in->url != NULL ? ", url" : "",
		in->topics != NULL ? ", topics" : "",
		in->key == NULL ? "" : *in->key != '\0' ? ", key" : ", no key",
		in->idle == NULL ? "" : *in->idle ? ", idle" : ", no idle",
		in->paused == NULL ? "" : *in->paused ? ", paused" :
			", resumed");

	return *s != '\0' ? s + 2 : s;
}

/* ---- finding ---- */

static const struct webhook *find(struct webhook **list, size_t n,
	const char *which)
{
	uint64_t num = 0;

	if (which[0] == '@' && !str_u64(which + 1, 1, UINT64_MAX, &num))
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (num != 0 ? list[i]->num == num :
			str_eq(list[i]->name, which))
			return list[i];
	return NULL;
}

int op_webhook_lookup(struct store_tx *tx, const char *which,
	struct arena *a, struct webhook **out, struct err *e)
{
	const struct webhook *w;
	struct webhook **list;
	size_t n;

	if (store_webhook_list(tx, a, &list, &n, e) < 0)
		return -1;
	w = find(list, n, which);
	if (w == NULL)
		return err_set(e, ERR_NOT_FOUND, "no webhook %s",
			op_line(bytes_str(which), TOKEN_NAME_MAX, a));
	*out = arena_memdup(a, w, sizeof(*w));
	return 0;
}

/* ---- looking ---- */

struct looking {
	const char *which;
	struct arena *a;
	struct op_webhook *one, *list;
	size_t n;
};

static int get_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct looking *l = arg;

	if (op_webhook_lookup(tx, l->which, l->a, &l->one->hook, e) < 0)
		return -1;
	return store_webhook_state_get(tx, l->one->hook->num, l->a,
		&l->one->state, e);
}

int op_webhook_get(const struct op *op, const char *which, struct arena *a,
	struct op_webhook *out, struct err *e)
{
	struct looking l = { .which = which, .a = a, .one = out };

	return store_read(op->store, get_tx, &l, e);
}

static int list_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct looking *l = arg;
	struct webhook **hooks;

	if (store_webhook_list(tx, l->a, &hooks, &l->n, e) < 0)
		return -1;
	l->list = arena_zalloc(l->a, l->n * sizeof(*l->list));
	for (size_t i = 0; i < l->n; i++) {
		l->list[i].hook = hooks[i];
		if (store_webhook_state_get(tx, hooks[i]->num, l->a,
			&l->list[i].state, e) < 0)
			return -1;
	}
	return 0;
}

int op_webhook_list(const struct op *op, struct arena *a,
	struct op_webhook **out, size_t *n, struct err *e)
{
	struct looking l = { .a = a };

	if (store_read(op->store, list_tx, &l, e) < 0)
		return -1;
	*out = l.list;
	*n = l.n;
	return 0;
}

/* ---- changing ---- */

struct changing {
	const struct op *op;
	const char *which;	/* NULL: a new one */
	const struct op_webhook_set *in;
	struct arena *a;
	struct op_webhook *out;
};

static void take(struct webhook *w, const struct op_webhook_set *in)
{
	if (in->name != NULL)
		w->name = in->name;
	if (in->url != NULL)
		w->url = in->url;
	if (in->topics != NULL)
		w->topics = in->topics;
	if (in->key != NULL)
		w->key = key_of(in->key);
	if (in->idle != NULL)
		w->idle = *in->idle;
	if (in->paused != NULL)
		w->paused = *in->paused;
}

static int new_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct changing *c = arg;
	struct webhook *w = c->out->hook;

	w->num = 0;
	if (store_webhook_put(tx, w, e) < 0)
		return -1;
	return op_audit(tx, c->op, "webhooks.add", 0, w->name,
		describe(c->in, c->a), e);
}

int op_webhook_new(const struct op *op, const struct op_webhook_set *in,
	struct arena *a, struct op_webhook *out, struct err *e)
{
	struct changing c = { op, NULL, in, a, out };
	struct webhook *w = arena_zalloc(a, sizeof(*w));

	if (in->name == NULL || in->url == NULL)
		return err_set(e, ERR_BAD_INPUT, "%s: missing",
			in->name == NULL ? "name" : "url");
	if (check(in, a, e) < 0)
		return -1;
	*w = (struct webhook){ .topics = "", .idle = true,
		.created = op->now };
	if (in->key == NULL)
		w->key = bytes_str(op_webhook_key(a));
	take(w, in);
	*out = (struct op_webhook){ .hook = w };
	if (store_write(op->store, new_tx, &c, e) < 0)
		return -1;
	op_log(op, "webhooks.add", w->name);
	return 0;
}

/* The receiver may be well again: what waits is due now. */
static bool is_retry(const struct op_webhook_set *in)
{
	return in->url != NULL || (in->paused != NULL && !*in->paused);
}

static int change_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct changing *c = arg;
	struct webhook_state *s = &c->out->state;
	struct webhook *w;

	if (op_webhook_lookup(tx, c->which, c->a, &w, e) < 0 ||
		store_webhook_state_get(tx, w->num, c->a, s, e) < 0)
		return -1;
	c->out->hook = w;
	take(w, c->in);
	if (store_webhook_put(tx, w, e) < 0)
		return -1;
	if (is_retry(c->in) && (s->hold_until != 0 || s->failures != 0)) {
		s->hold_until = 0;
		s->failures = 0;
		if (store_webhook_state_put(tx, w->num, s, e) < 0)
			return -1;
	}
	return op_audit(tx, c->op, "webhooks.set", 0, w->name,
		describe(c->in, c->a), e);
}

int op_webhook_change(const struct op *op, const char *which,
	const struct op_webhook_set *in, struct arena *a,
	struct op_webhook *out, struct err *e)
{
	struct changing c = { op, which, in, a, out };

	if (*describe(in, a) == '\0')
		return err_set(e, ERR_BAD_INPUT, "nothing is to be changed");
	if (check(in, a, e) < 0 ||
		store_write(op->store, change_tx, &c, e) < 0)
		return -1;
	op_log(op, "webhooks.set", out->hook->name);
	courier_wake(op->conf->dir);
	return 0;
}

struct removing {
	const struct op *op;
	const char *which, *name;
	struct arena *a;
};

static int remove_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct removing *r = arg;
	struct webhook *w;
	bool was;

	if (op_webhook_lookup(tx, r->which, r->a, &w, e) < 0 ||
		store_webhook_del(tx, w->num, &was, e) < 0)
		return -1;
	r->name = w->name;
	return op_audit(tx, r->op, "webhooks.remove", 0, w->name, NULL, e);
}

int op_webhook_remove(const struct op *op, const char *which, struct arena *a,
	struct err *e)
{
	struct removing r = { op, which, NULL, a };

	if (store_write(op->store, remove_tx, &r, e) < 0)
		return -1;
	op_log(op, "webhooks.remove", r.name);
	return 0;
}
