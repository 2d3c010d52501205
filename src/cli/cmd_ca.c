/* mooringctl ca. */
#include "cli/cmd_ca.h"

#include <stdio.h>
#include <string.h>

#include "admin/op_ca.h"
#include "base/file.h"
#include "cli/cmd_op.h"
#include "cli/cmd_rows.h"
#include "cli/table.h"

#define DAYS_DEFAULT 365

struct json *cmd_ca_json(struct json *o, const struct op_cert *cert)
{
	json_set_str(o, "subject", cert->subject);
	json_set_str(o, "serial", cert->serial);
	json_set_str(o, "sha256", cert->sha256);
	cmd_json_time(o, "not_before", cert->not_before);
	cmd_json_time(o, "not_after", cert->not_after);
	return o;
}

static void print_certs(struct cmd_call *c, const struct op_certs *certs,
	bool adding)
{
	static const char *const heads[] = { "OUTCOME", "SHA-256", "NOT AFTER",
		"SUBJECT", NULL };
	struct table *t = table_new(c->arena, adding ? heads : heads + 1);
	struct json *root = json_new_object(c->arena);
	struct json *items = json_set_array(root, "cas");

	for (size_t i = 0; i < certs->n; i++) {
		const struct op_cert *k = &certs->list[i];
		const char *cells[] = { k->added ? "added" : "was there",
			k->sha256, table_time(c->arena, k->not_after),
			k->subject };
		struct json *o;

		if (!c->json) {
			table_row(t, adding ? cells : cells + 1);
			continue;
		}
		o = cmd_ca_json(json_add_object(items), k);
		if (adding)
			json_set_bool(o, "added", k->added);
	}
	if (c->json)
		cmd_print_json(c, root);
	else
		table_print(t, stdout);
}

static bool added(const struct op_certs *certs)
{
	for (size_t i = 0; i < certs->n; i++)
		if (certs->list[i].added)
			return true;
	return false;
}

static int trust(struct cmd_call *c, struct err *e)
{
	struct op_certs certs;
	struct bytes pem;
	struct op op;

	if (cmd_open_conf(c, &op, e) < 0 ||
		cmd_read(c, OP_PEM_MAX, &pem, e) < 0)
		return -1;
	if (op_ca_trust(&op, pem, c->arena, &certs, e) < 0)
		return err_wrap(e, "%.100s", c->argv[0]);
	print_certs(c, &certs, true);
	if (!c->json && added(&certs))
		puts("\nWorkers follow within a second, and so does `mooringctl "
			"serve`. Another web\nserver needs a reload (Apache) or "
			"a restart (lighttpd) to ask for these.");
	return 0;
}

static int list(struct cmd_call *c, struct err *e)
{
	struct op_certs certs;
	struct op op;

	if (cmd_open_conf(c, &op, e) < 0 ||
		op_ca_list(&op, c->arena, &certs, e) < 0)
		return -1;
	print_certs(c, &certs, false);
	return 0;
}

/* ---- issue ---- */

/* A file name out of a common name: whatever it holds. */
static char *file_name(struct arena *a, const char *cn)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	char *s = arena_strdup(a, cn);

	for (char *p = s; *p != '\0'; p++)
		if (strchr(plain, *p) == NULL || (p == s && *p != '_' &&
			strchr(plain, *p) >= plain + 62))
			*p = '_';
	return s;
}

static int write_pair(struct cmd_call *c, const struct op_issued *out,
	const char *cert_path, const char *key_path, struct err *e)
{
	struct json *root;

	/* The key first: a certificate without its key is of no use. */
	if (file_write(key_path, out->key_pem, 0600, e) < 0 ||
		file_write(cert_path, out->pem, 0644, e) < 0)
		return -1;
	if (c->json) {
		root = cmd_ca_json(json_new_object(c->arena), &out->cert);
		json_set_str(root, "cert_file", cert_path);
		json_set_str(root, "key_file", key_path);
		cmd_print_json(c, root);
		return 0;
	}
	printf("%s  %s, until %s\n%s  its private key\n", cert_path,
		out->cert.subject, table_time(c->arena, out->cert.not_after),
		key_path);
	return 0;
}

static int issue(struct cmd_call *c, struct err *e)
{
	struct op_issue in = { .common_name = cmd_opt(c, "cn"),
		.ec = cmd_has(c, "ec"), .serial = cmd_opt(c, "serial"),
		.udid = cmd_opt(c, "udid") };
	uint64_t days = DAYS_DEFAULT;
	const char *out_opt = cmd_opt(c, "out"), *cert_path, *key_path;
	struct op_issued out;
	struct op op;
	int rc = cmd_opt_u64(c, "days", 1, 36500, &days);

	if (rc != CMD_OK)
		return rc;
	if (in.common_name == NULL)
		return cmd_bad_usage(c, "expected --cn NAME");
	in.days = (unsigned)days;
	if (out_opt == NULL)
		out_opt = file_name(c->arena, in.common_name);
	cert_path = arena_printf(c->arena, "%s.pem", out_opt);
	key_path = arena_printf(c->arena, "%s.key", out_opt);
	if (file_exists(cert_path) || file_exists(key_path))
		return err_set(e, ERR_CONFLICT, "%s exists already: name "
			"another file with --out",
			file_exists(cert_path) ? cert_path : key_path);
	if (cmd_open_conf(c, &op, e) < 0 || file_may_write(key_path, e) < 0 ||
		op_ca_issue(&op, &in, c->arena, &out, e) < 0)
		return -1;
	return write_pair(c, &out, cert_path, key_path, e);
}

static int print_revoked(struct cmd_call *c, const struct op_revoked *r)
{
	struct json *root;

	if (c->json) {
		root = cmd_ca_json(json_new_object(c->arena), &r->cert);
		cmd_json_time(root, "revoked", r->revoked);
		json_set_bool(root, "changed", r->changed);
		if (r->device != 0)
			json_set_int(root, "device_number", (int64_t)r->device);
		cmd_print_json(c, root);
		return 0;
	}
	printf("%s (%s): %s %s", r->cert.subject, r->cert.sha256,
		r->changed ? "revoked" : "was revoked",
		table_time(c->arena, r->revoked));
	if (r->device != 0)
		printf(", bound to @%llu", (unsigned long long)r->device);
	putchar('\n');
	return 0;
}

/* By the certificate's file, or by the serial number of one of ours. */
static int revoke_cert(struct cmd_call *c, struct err *e)
{
	struct op_revoked r;
	struct bytes pem;
	struct op op;

	if (cmd_open(c, &op, e) < 0)
		return -1;
	if (cmd_read(c, OP_PEM_MAX, &pem, e) < 0)
		return -1;
	if (op_ca_revoke(&op, pem, c->arena, &r, e) < 0)
		return err_wrap(e, "%.100s", c->argv[0]);
	return print_revoked(c, &r);
}

static int revoke_serial(struct cmd_call *c, struct err *e)
{
	struct op_revoked r;
	struct op op;

	if (cmd_open(c, &op, e) < 0 || op_ca_revoke_serial(&op, c->argv[0],
		c->arena, &r, e) < 0)
		return -1;
	return print_revoked(c, &r);
}

static const struct cmd_opt issue_opts[] = {
	{ "cn", "NAME", "the certificate's common name" },
	{ "days", "N", "valid for N days (365), not longer than the CA" },
	{ "out", "PREFIX", "write PREFIX.pem and PREFIX.key (made of NAME)" },
	{ "ec", NULL, "an EC P-256 key instead of RSA 2048" },
	{ "serial", "S", "for the device with this serial number" },
	{ "udid", "U", "for the device with this UDID" },
	{ NULL, NULL, NULL },
};

const struct cmd cmd_ca[] = {
	{ .noun = "ca", .verb = "list", .operands = "",
		.help = "List the trusted device CAs", .fn = list },
	{ .noun = "ca", .verb = "trust", .operands = "FILE|-",
		.help = "Trust the device CAs of a PEM file",
		.min = 1, .max = 1, .fn = trust, .reads_last = true },
	{ .noun = "ca", .verb = "issue", .operands = "",
		.help = "Issue a device certificate with a new key",
		.opts = issue_opts, .fn = issue },
	{ .noun = "ca", .verb = "revoke", .operands = "FILE|-",
		.help = "Refuse a device certificate from now on",
		.min = 1, .max = 1, .fn = revoke_cert, .reads_last = true },
	{ .noun = "ca", .verb = "revoke-serial", .operands = "SERIAL",
		.help = "Refuse a certificate that was issued here, by its "
			"serial number",
		.min = 1, .max = 1, .fn = revoke_serial },
	{ .noun = "ca", .verb = "issued", .operands = "",
		.help = "List the certificates that were issued here",
		.fn = cmd_ca_issued },
	{ .noun = "ca", .verb = "expiring", .operands = "",
		.help = "List devices whose certificate expires soon",
		.opts = cmd_ca_expiring_opts, .fn = cmd_ca_expiring },
	{ .noun = "ca", .verb = "crl", .operands = "",
		.help = "Write the list of revoked certificates, for others",
		.opts = cmd_ca_crl_opts, .fn = cmd_ca_crl },
	{ .noun = "ca", .verb = "renew", .operands = "",
		.help = "Give the device CA a new certificate for the same "
			"key",
		.opts = cmd_ca_renew_opts, .fn = cmd_ca_renew },
	{ 0 },
};
