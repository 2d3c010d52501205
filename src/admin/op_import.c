/* Enrollments from other servers: single messages, and lines of JSON. The
 * directory of a NanoMDM server is op_import_nanomdm.c's. */
#include "admin/op_import.h"

#include <string.h>

#include "admin/op_json_enroll.h"
#include "base/buf.h"
#include "base/enc.h"
#include "codec/json.h"

#define LINE_MAX_BYTES ((size_t)64 << 20)
#define GUARD_RENEWED 3600	/* seconds */

/* ---- one message ---- */

struct single {
	const struct op *op;
	const struct import_item *it;
	struct arena *a;
	struct enrollment *en;
};

/* Not anew for each of thousands of messages. */
static int arm(struct store_tx *tx, const struct op *op, struct arena *a,
	struct err *e)
{
	int64_t until = op->now + 3600 * (int64_t)op->conf->guard_hours;
	struct store_guard g;

	if (op->conf->guard_hours == 0)
		return 0;
	if (store_guard_get(tx, op->now, a, &g, e) < 0)
		return -1;
	return g.armed_until >= until - GUARD_RENEWED ? 0 :
		store_guard_arm(tx, until, "import", e);
}

static int single_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct single *s = arg;

	if (import_apply(tx, s->it, s->op->now, s->a, &s->en, e) < 0 ||
		arm(tx, s->op, s->a, e) < 0)
		return -1;
	return op_audit(tx, s->op, "import.enrollment", s->en->num, NULL, NULL,
		e);
}

int op_import_message(const struct op *op, struct bytes raw, struct arena *a,
	struct enrollment **out, struct err *e)
{
	struct import_item it = { .has_cert = false };
	struct single s = { op, &it, a, NULL };

	*out = NULL;
	if (raw.n > op->conf->max_body)
		return err_set(e, ERR_TOO_LARGE,
			"a message of %zu bytes: max_body is %llu", raw.n,
			(unsigned long long)op->conf->max_body);
	if (import_read(&it, raw, a, e) < 0 ||
		store_write(op->store, single_tx, &s, e) < 0)
		return -1;
	*out = s.en;
	op_log(op, "import.enrollment", op_name(s.en, a));
	return 0;
}

/* ---- lines ---- */

/* One line without its end; *more is false after the last. */
static int read_line(FILE *from, struct buf *line, bool *more, struct err *e)
{
	int c;

	buf_clear(line);
	while ((c = getc(from)) != EOF && c != '\n')
		buf_addc(line, (unsigned char)c);
	*more = c != EOF || line->n > 0;
	if (ferror(from))
		return err_set(e, ERR_UPSTREAM, "the file cannot be read");
	return 0;
}

struct reading {
	const struct json *root;
	struct arena *a;
	struct import_item *it;
};

/* Absent: out->p = NULL. */
static int read_base64(const struct reading *r, const char *key,
	struct bytes *out, struct err *e)
{
	const struct json *j = json_get(r->root, key);
	const char *text = json_as_str(j);

	*out = bytes_of(NULL, 0);
	if (j == NULL)
		return 0;
	if (text == NULL || !enc_unbase64(r->a, bytes_str(text), false, out))
		return err_set(e, ERR_BAD_INPUT, "%s: no base64", key);
	return 0;
}

static int read_message(const struct reading *r, const char *key,
	const char *type, struct err *e)
{
	struct import_item *it = r->it;
	bool auth = str_eq(type, "Authenticate");
	struct bytes raw;

	if (read_base64(r, key, &raw, e) < 0)
		return -1;
	if (raw.p == NULL)
		return 0;
	if (import_read(it, raw, r->a, e) < 0)
		return err_wrap(e, "%s", key);
	if ((auth ? it->raw_authenticate : it->raw_token_update).p != raw.p)
		return err_set(e, ERR_BAD_INPUT, "%s: no %s", key, type);
	return 0;
}

static int read_cert(const struct reading *r, struct err *e)
{
	const struct json *j = json_get(r->root, "cert_sha256");
	const char *text = json_as_str(j);
	struct bytes hash;

	if (j == NULL)
		return 0;
	if (text == NULL || !enc_unhex(r->a, text, &hash) ||
		hash.n != DIGEST_LEN)
		return err_set(e, ERR_BAD_INPUT,
			"cert_sha256: no SHA-256 in hex");
	memcpy(r->it->cert, hash.p, DIGEST_LEN);
	r->it->has_cert = true;
	return 0;
}

static int read_state(const struct reading *r, struct err *e)
{
	const struct json *j = json_get(r->root, "state");
	const char *text = json_as_str(j);

	if (j == NULL)
		return 0;
	return text != NULL && enrollment_state_parse(bytes_str(text),
		&r->it->state) ? 0 : err_set(e, ERR_BAD_INPUT,
		"state: none that is known");
}

static int read_tally(const struct reading *r, struct err *e)
{
	int64_t tally = 0;

	if (json_get(r->root, "tally") == NULL)
		return 0;
	if (!json_get_int(r->root, "tally", &tally) || tally < 0)
		return err_set(e, ERR_BAD_INPUT, "tally: no number");
	r->it->tally = (uint64_t)tally;
	return 0;
}

/* Of what it says it is. */
static int check_id(const struct reading *r, struct err *e)
{
	const char *id = json_get_str(r->root, "id");
	const char *type = json_get_str(r->root, "type");

	if (r->it->id.device.p == NULL)
		return err_set(e, ERR_BAD_INPUT, "no message at all");
	if ((id != NULL && !bytes_is(enrollment_id_text(&r->it->id, r->a), id)) ||
		(type != NULL && !str_eq(type,
		enrollment_kind_name(r->it->id.kind))))
		return err_set(e, ERR_BAD_INPUT,
			"its messages are of another enrollment");
	return 0;
}

static int read_item(struct bytes line, struct arena *a,
	struct import_item *it, const char **name, struct err *e)
{
	struct reading r = { .a = a, .it = it };
	struct bytes unlock, bootstrap;
	struct profile_facts facts;
	struct json *root;

	if (json_parse(line, a, &root, e) < 0)
		return -1;
	if (json_kind(root) != JSON_KIND_OBJECT)
		return err_set(e, ERR_BAD_INPUT, "no JSON object");
	r.root = root;
	if (json_get_str(root, "id") != NULL)
		*name = op_line(bytes_str(json_get_str(root, "id")), 80, a);
	if (read_message(&r, "authenticate", "Authenticate", e) < 0 ||
		read_message(&r, "token_update", "TokenUpdate", e) < 0 ||
		read_base64(&r, "unlock_token", &unlock, e) < 0 ||
		read_base64(&r, "bootstrap_token", &bootstrap, e) < 0 ||
		read_cert(&r, e) < 0 || read_state(&r, e) < 0 ||
		read_tally(&r, e) < 0)
		return -1;
	if (json_get(root, "profile") != NULL) {
		if (op_json_profile_facts_read(json_get(root, "profile"),
			&facts, e) < 0)
			return -1;
		it->profile_facts = profile_facts_encode(&facts, a);
	}
	it->unlock_token = unlock;
	it->bootstrap_token = bootstrap;
	return check_id(&r, e);
}

static int import_line(struct op_importer *im, struct bytes line,
	uint64_t number, struct err *e)
{
	struct arena *a = op_importer_arena(im);
	struct import_item it = { .has_cert = false };
	const char *name = "";
	struct err why = ERR_INIT;
	int rc;

	rc = read_item(line, a, &it, &name, &why);
	name = arena_printf(a, "line %llu%s%s", (unsigned long long)number,
		name[0] != '\0' ? ": " : "", name);
	return op_importer_add(im, name, &it, rc < 0 ? &why : NULL,
		3 * line.n, e);
}

static int import_lines(struct op_importer *im, FILE *from, struct err *e)
{
	struct buf line;
	uint64_t number = 0;
	bool more = true;
	int rc = 0;

	buf_init(&line, LINE_MAX_BYTES);
	while (rc == 0) {
		rc = read_line(from, &line, &more, e);
		if (rc < 0 || !more)
			break;
		number++;
		if (line.full)
			rc = err_set(e, ERR_TOO_LARGE, "line %llu: longer than %zu "
				"MiB", (unsigned long long)number,
				LINE_MAX_BYTES >> 20);
		else if (line.n > 0)
			rc = import_line(im, buf_bytes(&line), number, e);
	}
	buf_fini(&line);
	return rc;
}

int op_import(const struct op *op, FILE *from, op_transfer_report report,
	void *arg, struct op_transferred *out, struct err *e)
{
	struct op_importer *im;

	*out = (struct op_transferred){ 0 };
	if (op_importer_open(op, "file", report, arg, &im, e) < 0)
		return -1;
	return op_importer_close(im, import_lines(im, from, e), out, e);
}
