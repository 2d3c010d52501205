/* Identities and profiles as JSON. */
#include "admin/op_json_enroll.h"

#include <string.h>

#include "admin/op_json_command.h"
#include "base/enc.h"

void op_json_issued(struct json *o, const struct op_ca_row *r, int64_t now,
	struct arena *a)
{
	const struct issued *is = r->cert;

	json_set_str(o, "serial", is->serial);
	json_set_str(o, "sha256", enc_hex(a, bytes_of(is->cert, DIGEST_LEN)));
	json_set_str(o, "state", op_ca_state(r, now));
	json_set_str(o, "subject", is->subject);
	op_json_time(o, "issued", is->at);
	op_json_time(o, "not_before", is->not_before);
	op_json_time(o, "not_after", is->not_after);
	op_json_time(o, "revoked", r->revoked);
	op_json_time(o, "replaced", r->replaced);
	if (r->device != 0)
		json_set_int(o, "device_number", (int64_t)r->device);
	json_set_str(o, "source", grant_source_name(is->grant.source));
	json_set_str(o, "for_serial", is->grant.serial);
	json_set_str(o, "for_udid", is->grant.udid);
	json_set_str(o, "for_account", is->grant.account);
	if (is->grant.enrollment != 0)
		json_set_int(o, "renewal_of", (int64_t)is->grant.enrollment);
}

void op_json_expiring(struct json *o, const struct op_expiring *x,
	struct arena *a)
{
	json_set_int(o, "number", (int64_t)x->en->num);
	op_json_bytes(o, "id", enrollment_id_text(&x->en->id, a), a);
	json_set_str(o, "serial_number", x->en->serial);
	json_set_str(o, "sha256", enc_hex(a, bytes_of(x->sha256, DIGEST_LEN)));
	op_json_time(o, "not_after", x->not_after);
	if (x->renewed == 0)
		op_json_time(o, "renewal_asked", x->asked);
}

void op_json_renewing(struct json *o, const struct op_renewing *r,
	struct arena *a)
{
	op_json_bytes(o, "id", r->target.id_text, a);
	json_set_int(o, "number", (int64_t)r->target.num);
	json_set_str(o, "command_uuid", r->command_uuid);
	json_set_str(o, "outcome", op_queued_name(r->target.queued));
	op_json_time(o, "not_after", r->not_after);
	op_json_push(o, r->target.push);
}

void op_json_profile_facts(struct json *obj, const struct profile_facts *f)
{
	struct json *words = json_set_array(obj, "capabilities");

	json_set_str(obj, "identifier", f->identifier);
	json_set_str(obj, "topic", f->topic);
	json_set_str(obj, "server_url", f->server_url);
	json_set_str(obj, "checkin_url", f->checkin_url);
	if (f->access_rights != 0)
		json_set_int(obj, "access_rights", f->access_rights);
	for (uint32_t i = 0; i < f->n_capabilities; i++)
		json_add_str(words, f->capabilities[i]);
	json_set_str(obj, "enrollment_mode", f->enrollment_mode);
	json_set_str(obj, "account", f->account);
	if (f->required_app != 0)
		json_set_int(obj, "required_app", f->required_app);
}

/* An absent text is NULL; one of another type is a fault. */
static int fact(const struct json *obj, const char *key, const char **out,
	struct err *e)
{
	const struct json *v = json_get(obj, key);

	*out = v != NULL ? json_as_str(v) : NULL;
	return v == NULL || *out != NULL ? 0 :
		err_set(e, ERR_BAD_INPUT, "profile: %s: no string", key);
}

static int fact_int(const struct json *obj, const char *key, int64_t max,
	int64_t *out, struct err *e)
{
	const struct json *v = json_get(obj, key);

	*out = 0;
	return v == NULL || (json_as_int(v, out) && *out > 0 && *out <= max) ?
		0 : err_set(e, ERR_BAD_INPUT,
			"profile: %s: no number from 1 to %lld", key,
			(long long)max);
}

static int capabilities(const struct json *obj, struct profile_facts *out,
	struct err *e)
{
	const struct json *list = json_get(obj, "capabilities");
	size_t n = list != NULL ? json_len(list) : 0;

	if (list != NULL && (json_kind(list) != JSON_KIND_ARRAY ||
		n > PROFILE_CAPABILITIES_MAX))
		return err_set(e, ERR_BAD_INPUT, "profile: capabilities: no "
			"array of %d words at most", PROFILE_CAPABILITIES_MAX);
	for (size_t i = 0; i < n; i++) {
		const char *word = json_as_str(json_at(list, i));

		if (word == NULL || *word == '\0' || strchr(word, ' ') != NULL)
			return err_set(e, ERR_BAD_INPUT,
				"profile: capabilities: no word");
		out->capabilities[out->n_capabilities++] = word;
	}
	return 0;
}

int op_json_profile_facts_read(const struct json *obj,
	struct profile_facts *out, struct err *e)
{
	*out = (struct profile_facts){ 0 };
	if (json_kind(obj) != JSON_KIND_OBJECT)
		return err_set(e, ERR_BAD_INPUT, "profile: no object");
	if (fact(obj, "identifier", &out->identifier, e) < 0 ||
		fact(obj, "topic", &out->topic, e) < 0 ||
		fact(obj, "server_url", &out->server_url, e) < 0 ||
		fact(obj, "checkin_url", &out->checkin_url, e) < 0 ||
		fact(obj, "enrollment_mode", &out->enrollment_mode, e) < 0 ||
		fact(obj, "account", &out->account, e) < 0 ||
		fact_int(obj, "access_rights", ACCESS_RIGHTS_ALL,
			&out->access_rights, e) < 0 ||
		fact_int(obj, "required_app", UINT32_MAX, &out->required_app,
			e) < 0)
		return -1;
	return capabilities(obj, out, e);
}
