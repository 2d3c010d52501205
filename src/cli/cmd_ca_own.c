/* mooringctl ca: our own CA's certificates, its list of revoked ones and its
 * renewal. */
#include "cli/cmd_ca.h"

#include <stdio.h>

#include "admin/op_json_enroll.h"
#include "base/file.h"
#include "cli/cmd_op.h"
#include "cli/table.h"
#include "crypto/crl.h"

#define CRL_HOURS 168
#define CA_DAYS 7300
#define EXPIRING_DAYS 30

/* ---- issued ---- */

static const char *names(struct cmd_call *c, const struct grant *g)
{
	if (g->enrollment != 0)
		return arena_printf(c->arena, "@%llu",
			(unsigned long long)g->enrollment);
	if (g->serial != NULL)
		return cmd_line(c, g->serial);
	if (g->udid != NULL)
		return cmd_line(c, g->udid);
	return g->account != NULL ? cmd_line(c, g->account) : "";
}

static void issued_row(struct cmd_call *c, struct table *table,
	struct json *items, const struct op_ca_row *r)
{
	const struct issued *is = r->cert;
	const char *device = r->device != 0 ? arena_printf(c->arena, "@%llu",
		(unsigned long long)r->device) : "";
	const char *cells[] = { is->serial, op_ca_state(r, c->now),
		table_time(c->arena, is->not_after), device,
		grant_source_name(is->grant.source), names(c, &is->grant),
		cmd_line(c, is->subject) };

	if (c->json)
		op_json_issued(json_add_object(items), r, c->now, c->arena);
	else
		table_row(table, cells);
}

int cmd_ca_issued(struct cmd_call *c, struct err *e)
{
	static const char *const heads[] = { "SERIAL", "STATE", "NOT AFTER",
		"DEVICE", "SOURCE", "FOR", "SUBJECT", NULL };
	struct json *root = json_new_object(c->arena);
	struct json *items = json_set_array(root, "certificates");
	struct table *table = table_new(c->arena, heads);
	struct op_ca_rows page = { 0 };
	struct op op;

	if (cmd_open(c, &op, e) < 0)
		return -1;
	do {
		if (op_ca_issued(&op, page.next, CMD_PAGE, c->arena, &page,
			e) < 0)
			return -1;
		for (size_t i = 0; i < page.n; i++)
			issued_row(c, table, items, &page.list[i]);
	} while (page.next.p != NULL);
	if (c->json)
		cmd_print_json(c, root);
	else
		table_print(table, stdout);
	return 0;
}

/* ---- expiring ---- */

/* And has not done it. */
static bool is_asked(const struct op_expiring *x)
{
	return x->asked != 0 && x->renewed == 0;
}

static void expiring_row(struct cmd_call *c, struct table *table,
	struct json *items, const struct op_expiring *x)
{
	struct bytes id = enrollment_id_text(&x->en->id, c->arena);
	const char *cells[] = { arena_printf(c->arena, "@%llu",
		(unsigned long long)x->en->num), op_line(id, 80, c->arena),
		x->en->serial != NULL ? cmd_line(c, x->en->serial) : "",
		table_time(c->arena, x->not_after),
		is_asked(x) ? table_time(c->arena, x->asked) : "" };

	if (c->json)
		op_json_expiring(json_add_object(items), x, c->arena);
	else
		table_row(table, cells);
}

int cmd_ca_expiring(struct cmd_call *c, struct err *e)
{
	static const char *const heads[] = { "NUMBER", "ID", "SERIAL",
		"NOT AFTER", "RENEWAL ASKED", NULL };
	struct json *root = json_new_object(c->arena);
	struct json *items = json_set_array(root, "enrollments");
	struct table *table = table_new(c->arena, heads);
	struct op_expirings page = { 0 };
	uint64_t days = EXPIRING_DAYS;
	struct op op;
	int rc = cmd_opt_u64(c, "days", 0, 36500, &days);

	if (rc != CMD_OK)
		return rc;
	if (cmd_open(c, &op, e) < 0)
		return -1;
	do {
		if (op_ca_expiring(&op, (unsigned)days, page.next, CMD_PAGE,
			c->arena, &page, e) < 0)
			return -1;
		for (size_t i = 0; i < page.n; i++)
			expiring_row(c, table, items, &page.list[i]);
	} while (page.next.p != NULL);
	if (c->json)
		cmd_print_json(c, root);
	else
		table_print(table, stdout);
	return 0;
}

/* ---- crl, renew ---- */

int cmd_ca_crl(struct cmd_call *c, struct err *e)
{
	const char *out = cmd_opt(c, "out");
	uint64_t hours = CRL_HOURS;
	struct bytes der, text;
	struct op op;
	int rc = cmd_opt_u64(c, "hours", 1, 8760, &hours);

	if (rc != CMD_OK)
		return rc;
	if (cmd_open(c, &op, e) < 0 ||
		op_ca_crl(&op, (unsigned)hours, c->arena, &der, e) < 0)
		return -1;
	text = cmd_has(c, "der") ? der :
		bytes_str(crl_pem(der, c->arena));
	if (out != NULL)
		return file_write(out, text, 0644, e);
	if (fwrite(text.p, 1, text.n, stdout) != text.n)
		return err_set(e, ERR_INTERNAL, "standard output: not written");
	return 0;
}

int cmd_ca_renew(struct cmd_call *c, struct err *e)
{
	uint64_t days = CA_DAYS;
	struct op_cert cert;
	struct op op;
	int rc = cmd_opt_u64(c, "days", 1, 36500, &days);

	if (rc != CMD_OK)
		return rc;
	if (cmd_open_conf(c, &op, e) < 0 ||
		op_ca_renew(&op, (unsigned)days, c->arena, &cert, e) < 0)
		return -1;
	if (c->json) {
		cmd_print_json(c, cmd_ca_json(json_new_object(c->arena),
			&cert));
		return 0;
	}
	printf("%s: the same key, a new certificate, until %s (%s)\n",
		cert.subject, table_time(c->arena, cert.not_after),
		cert.sha256);
	return 0;
}

const struct cmd_opt cmd_ca_expiring_opts[] = {
	{ "days", "N", "within N days (30)" },
	{ NULL, NULL, NULL },
};
const struct cmd_opt cmd_ca_crl_opts[] = {
	{ "hours", "N", "until the next list (168)" },
	{ "out", "FILE", "write it there; default: standard output" },
	{ "der", NULL, "DER instead of PEM" },
	{ NULL, NULL, NULL },
};
const struct cmd_opt cmd_ca_renew_opts[] = {
	{ "days", "N", "valid for N days (7300)" },
	{ NULL, NULL, NULL },
};
