/* Enrollments as lines of JSON, or as messages to another server. Only what
 * the devices sent goes out, and what was kept beside it. */
#include "admin/op_transfer.h"

#include <errno.h>
#include <stdlib.h>

#include "admin/op_json_enroll.h"
#include "base/enc.h"
#include "codec/json.h"
#include "codec/pl.h"
#include "net/fetch.h"

#define PAGE 100
#define REPORT_EACH 1000

/* One enrollment with its secrets. */
struct whole {
	struct enrollment *en;
	struct bytes authenticate, token_update, unlock, bootstrap, facts;
};

struct exporting {
	const struct op *op;
	bool all;
	op_transfer_report report;
	void *arg;
	struct op_transferred *out;
	struct arena *a;
	/* Writes or sends one. ERR_BAD_INPUT: this one cannot be. */
	int (*put)(struct exporting *x, const struct whole *w, struct err *e);
	FILE *to;
	struct fetch *fetch;
	const char *url, *authorization;

	/* The page in one read transaction. */
	uint64_t after;
	bool users;
	struct whole *page;
	size_t n, seen;
};

/* ---- reading ---- */

/* A user channel goes where its device goes. */
static int is_wanted(struct store_tx *tx, const struct exporting *x,
	const struct enrollment *en, bool *out, struct err *e)
{
	struct enrollment *device;

	*out = enrollment_kind_is_user(en->id.kind) == x->users &&
		(x->all || en->state == ENROLLMENT_ENABLED);
	if (!*out || !x->users || x->all)
		return 0;
	if (store_enrollment_get(tx, en->parent, x->a, &device, e) < 0)
		return -1;
	*out = device != NULL && device->state == ENROLLMENT_ENABLED;
	return 0;
}

static int read_whole(struct store_tx *tx, struct arena *a, struct whole *w,
	struct err *e)
{
	const struct {
		enum store_secret s;
		struct bytes *to;
	} rows[] = {
		{ STORE_RAW_AUTHENTICATE, &w->authenticate },
		{ STORE_RAW_TOKEN_UPDATE, &w->token_update },
		{ STORE_UNLOCK_TOKEN, &w->unlock },
		{ STORE_BOOTSTRAP_TOKEN, &w->bootstrap },
		{ STORE_PROFILE_FACTS, &w->facts },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (store_secret_get(tx, w->en->num, rows[i].s, a, rows[i].to,
			e) < 0)
			return -1;
	return 0;
}

static int page_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct exporting *x = arg;
	struct enrollment **list;

	if (store_enrollment_list(tx, x->after, PAGE, x->a, &list, &x->seen,
		e) < 0)
		return -1;
	x->page = arena_zalloc(x->a, (x->seen + 1) * sizeof(*x->page));
	x->n = 0;
	for (size_t i = 0; i < x->seen; i++) {
		bool wanted;

		if (is_wanted(tx, x, list[i], &wanted, e) < 0)
			return -1;
		if (!wanted)
			continue;
		x->page[x->n].en = list[i];
		if (read_whole(tx, x->a, &x->page[x->n], e) < 0)
			return -1;
		x->n++;
	}
	if (x->seen > 0)
		x->after = list[x->seen - 1]->num;
	return 0;
}

/* ---- all of them ---- */

static void tell(const struct exporting *x, const char *line)
{
	const struct op_transferred *o = x->out;

	if (x->report != NULL && (line != NULL ||
		(o->devices + o->users) % REPORT_EACH == 0))
		x->report(o, line, x->arg);
}

static int put_one(struct exporting *x, const struct whole *w, struct err *e)
{
	struct err why = ERR_INIT;

	if (w->token_update.p == NULL && w->authenticate.p == NULL) {
		x->out->skipped++;
		tell(x, arena_printf(x->a, "%s: no message of it is kept",
			op_name(w->en, x->a)));
		return 0;
	}
	if (x->put(x, w, &why) < 0) {
		if (why.kind != ERR_BAD_INPUT) {
			*e = why;
			return -1;
		}
		x->out->failed++;
		tell(x, arena_printf(x->a, "%s: %s", op_name(w->en, x->a),
			why.msg));
		return 0;
	}
	if (x->users)
		x->out->users++;
	else
		x->out->devices++;
	tell(x, NULL);
	return 0;
}

static int put_kind(struct exporting *x, bool users, struct err *e)
{
	x->users = users;
	x->after = 0;
	do {
		arena_reset(x->a);
		if (store_read(x->op->store, page_tx, x, e) < 0)
			return -1;
		for (size_t i = 0; i < x->n; i++)
			if (put_one(x, &x->page[i], e) < 0)
				return -1;
	} while (x->seen == PAGE);
	return 0;
}

static int audit_tx(struct store_tx *tx, void *arg, struct err *e)
{
	const struct exporting *x = arg;

	return op_audit(tx, x->op, "export", 0, x->url != NULL ? x->url :
		"file", NULL, e);
}

/* Devices first. Noted before anything leaves. */
static int put_all(struct exporting *x, struct err *e)
{
	int rc = store_write(x->op->store, audit_tx, x, e);

	*x->out = (struct op_transferred){ 0 };
	if (rc == 0)
		op_log(x->op, "export", x->url);
	if (rc == 0)
		rc = put_kind(x, false, e);
	if (rc == 0)
		rc = put_kind(x, true, e);
	arena_free(x->a);
	return rc;
}

/* ---- lines ---- */

static void set_base64(struct json *o, const char *key, struct bytes v,
	struct arena *a)
{
	if (v.p != NULL)
		json_set_str(o, key, enc_base64(a, v));
}

static int set_profile(struct json *o, struct bytes facts, struct arena *a,
	struct err *e)
{
	struct profile_facts f;

	if (facts.p == NULL)
		return 0;
	if (profile_facts_parse(facts, a, &f, e) < 0)
		return -1;
	op_json_profile_facts(json_set_object(o, "profile"), &f);
	return 0;
}

static int put_line(struct exporting *x, const struct whole *w, struct err *e)
{
	const struct enrollment *en = w->en;
	struct json *o = json_new_object(x->a);
	struct bytes id = enrollment_id_text(&en->id, x->a);

	/* Left out when JSON cannot say it; the messages do. */
	if (str_is_utf8(id.p, id.n))
		json_set_str(o, "id", arena_str(x->a, id));
	json_set_str(o, "type", enrollment_kind_name(en->id.kind));
	json_set_str(o, "state", enrollment_state_name(en->state));
	json_set_int(o, "tally", (int64_t)en->tally);
	if (en->has_cert)
		json_set_str(o, "cert_sha256", enc_hex(x->a,
			bytes_of(en->cert, DIGEST_LEN)));
	set_base64(o, "authenticate", w->authenticate, x->a);
	set_base64(o, "token_update", w->token_update, x->a);
	set_base64(o, "unlock_token", w->unlock, x->a);
	set_base64(o, "bootstrap_token", w->bootstrap, x->a);
	if (set_profile(o, w->facts, x->a, e) < 0)
		return -1;
	if (fprintf(x->to, "%s\n", json_text(o, NULL, x->a)) < 0)
		return err_errno(e, ERR_INTERNAL, errno, "the file");
	return 0;
}

int op_export(const struct op *op, FILE *to, bool all,
	op_transfer_report report, void *arg, struct op_transferred *out,
	struct err *e)
{
	struct exporting x = { .op = op, .all = all, .report = report,
		.arg = arg, .out = out, .a = arena_new(), .put = put_line,
		.to = to };

	if (put_all(&x, e) < 0)
		return -1;
	return fflush(to) == 0 ? 0 : err_errno(e, ERR_INTERNAL, errno,
		"the file");
}

/* ---- to another server ---- */

static int send(struct exporting *x, struct bytes message, struct err *e)
{
	const struct fetch_header headers[] = {
		{ "Authorization", x->authorization },
		{ "Content-Type", "application/x-apple-aspen-mdm-checkin" },
	};
	struct fetch_request rq = { .method = "PUT", .url = x->url,
		.headers = headers, .nheaders = 2, .body = message };
	struct fetch_response r;

	if (fetch_do(x->fetch, &rq, x->a, &r, e) < 0)
		return -1;
	if (r.status == 200)
		return 0;
	/* Not this one alone. */
	if (r.status == 401 || r.status == 403 || r.status == 404)
		return err_set(e, ERR_UPSTREAM, "the other server answers %d",
			r.status);
	return err_set(e, ERR_BAD_INPUT, "the other server answers %d: %.100s",
		r.status, op_line(r.body, 100, x->a));
}

/* A TokenUpdate has the unlock token only when the device sent it that time:
 * the one that is kept is put in. */
static int with_unlock(struct exporting *x, const struct whole *w,
	struct bytes *out, struct err *e)
{
	struct pl *root;

	*out = w->token_update;
	if (w->unlock.p == NULL)
		return 0;
	if (pl_parse(w->token_update, x->a, &root, e) < 0)
		return -1;
	if (pl_dict_get(root, "UnlockToken") != NULL)
		return 0;
	pl_set_data(root, "UnlockToken", w->unlock);
	*out = pl_xml(root, x->a);
	return 0;
}

static struct bytes bootstrap_message(struct exporting *x,
	const struct whole *w)
{
	struct pl *root = pl_new_dict(x->a);

	pl_set_str(root, "MessageType", "SetBootstrapToken");
	pl_set_str(root, w->en->id.kind == ENROLLMENT_BYOD_DEVICE ?
		"EnrollmentID" : "UDID", arena_str(x->a, w->en->id.device));
	pl_set_data(root, "BootstrapToken", w->bootstrap);
	return pl_xml(root, x->a);
}

static int put_messages(struct exporting *x, const struct whole *w,
	struct err *e)
{
	struct bytes token;

	if (w->authenticate.p != NULL && send(x, w->authenticate, e) < 0)
		return -1;
	if (w->token_update.p != NULL && (with_unlock(x, w, &token, e) < 0 ||
		send(x, token, e) < 0))
		return -1;
	return w->bootstrap.n == 0 ? 0 : send(x, bootstrap_message(x, w), e);
}

static const char *migration_url(const char *url, struct arena *a)
{
	size_t n = bytes_str(url).n;

	while (n > 0 && url[n - 1] == '/')
		n--;
	if (n >= 10 && str_eq(arena_str(a, bytes_of(url + n - 10, 10)),
		"/migration"))
		return arena_str(a, bytes_of(url, n));
	return arena_printf(a, "%.*s/migration", (int)n, url);
}

int op_export_to(const struct op *op, const char *url, const char *token,
	const char *ca_file, op_transfer_report report, void *arg, struct op_transferred *out,
	struct err *e)
{
	const struct fetch_options options = { .ca_file = ca_file };
	struct exporting x = { .op = op, .report = report, .arg = arg,
		.out = out, .put = put_messages };
	struct arena *a = arena_new();
	struct bytes user;
	int rc;

	user = bytes_str(arena_printf(a, "nanomdm:%s", token));
	x.url = migration_url(url, a);
	x.authorization = arena_printf(a, "Basic %s", enc_base64(a, user));
	rc = fetch_open(&options, &x.fetch, e);
	if (rc == 0) {
		x.a = arena_new();
		rc = put_all(&x, e);
		fetch_close(x.fetch);
	}
	arena_free(a);
	return rc;
}
