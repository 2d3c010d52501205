/* Turning Activation Lock off: Apple's escrowKeyUnlock. What Apple answers is
 * passed on, not judged. */
#include "admin/op_push_cert.h"

#include <string.h>

#include "admin/op_audit.h"
#include "base/enc.h"
#include "net/fetch.h"

#define VALUE_MAX 1024	/* bytes of one parameter */
#define REPLY_MAX ((size_t)1 << 20)

struct param {
	const char *name, *value;
};

/* The parameters that there are, in the form of a query. */
static char *form(const struct param *list, size_t n, struct arena *a)
{
	char *text = arena_strdup(a, "");

	for (size_t i = 0; i < n; i++)
		if (list[i].value != NULL && *list[i].value != '\0')
			text = arena_printf(a, "%s%s%s=%s", text,
				*text != '\0' ? "&" : "", list[i].name,
				enc_percent(a, bytes_str(list[i].value)));
	return text;
}

static int check(const struct param *list, size_t n, size_t required,
	struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = bytes_str(list[i].value).n;

		if (len == 0 && i < required)
			return err_set(e, ERR_BAD_INPUT, "%s: missing",
				list[i].name);
		if (len > VALUE_MAX)
			return err_set(e, ERR_BAD_INPUT,
				"%s: longer than %d bytes", list[i].name,
				VALUE_MAX);
	}
	return 0;
}

struct asking {
	const struct op *op;
	const struct op_escrow *in;
	struct arena *a;
	struct push_cert *cert;
};

/* Who asked stands in the log before Apple is asked: what happens there
 * cannot be taken back. */
static int ask_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct asking *q = arg;

	if (store_push_cert_get(tx, q->in->topic, q->a, &q->cert, e) < 0)
		return -1;
	if (q->cert == NULL)
		return err_set(e, ERR_NOT_FOUND,
			"no push certificate for topic %.160s", q->in->topic);
	return op_audit(tx, q->op, "escrow.unlock", 0, op_line(
		bytes_str(q->in->serial), 64, q->a), NULL, e);
}

static int post(const struct op *op, const struct push_cert *cert,
	const char *query, const char *body, struct arena *a,
	struct op_escrow_answer *out, struct err *e)
{
	const char *url = op->conf->escrow_url;
	const struct fetch_options o = {
		.ca_file = *op->conf->apns_ca_file != '\0' ?
			op->conf->apns_ca_file : NULL,
		.max_reply = REPLY_MAX,
	};
	const struct fetch_identity id = { .cert_pem = cert->cert_pem,
		.key_pem = cert->key_pem };
	const struct fetch_header type = { "Content-Type",
		"application/x-www-form-urlencoded" };
	const struct fetch_request rq = {
		.method = "POST",
		.url = arena_printf(a, "%s%c%s", url,
			strchr(url, '?') != NULL ? '&' : '?', query),
		.headers = &type, .nheaders = 1,
		.body = bytes_str(body), .identity = &id,
	};
	struct fetch_response r;
	struct fetch *f;
	int rc;

	if (fetch_open(&o, &f, e) < 0)
		return -1;
	rc = fetch_do(f, &rq, a, &r, e);
	fetch_close(f);
	if (rc < 0)
		return -1;
	out->status = r.status;
	out->content_type = fetch_response_header(&r, "Content-Type");
	out->body = r.body;
	return 0;
}

int op_escrow_unlock(const struct op *op, const struct op_escrow *in,
	struct arena *a, struct op_escrow_answer *out, struct err *e)
{
	const struct param topic = { "topic", in->topic };
	const struct param query[] = {
		{ "serial", in->serial }, { "productType", in->product_type },
		{ "imei", in->imei }, { "imei2", in->imei2 },
		{ "meid", in->meid },
	};
	const struct param body[] = {
		{ "escrowKey", in->escrow_key }, { "orgName", in->org_name },
		{ "guid", in->guid },
	};
	struct asking q = { op, in, a, NULL };

	*out = (struct op_escrow_answer){ 0 };
	if (check(&topic, 1, 1, e) < 0 || check(query, 5, 2, e) < 0 ||
		check(body, 3, 3, e) < 0 ||
		store_write(op->store, ask_tx, &q, e) < 0)
		return -1;
	op_log(op, "escrow.unlock", op_line(bytes_str(in->serial), 64, a));
	return post(op, q.cert, form(query, 5, a), form(body, 3, a), a, out, e);
}
