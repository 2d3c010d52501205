/* Renewals that an operator, or the courier, asks a device for. What makes an
 * Authenticate a renewal is mdm/'s. */
#include "admin/op_renew.h"

#include <string.h>

#include "admin/op_enrollment.h"
#include "base/log.h"
#include "base/rnd.h"
#include "codec/pl.h"
#include "enroll/enroll_profile.h"
#include "store/store_enroll.h"

#define DAY 86400
#define CHALLENGE_DAYS 30	/* at least: a device may be in a drawer */
#define DEDUPE "mooring.renew"

/* ---- what is stored of the profile ---- */

struct looking {
	struct bytes id;
	struct arena *a;
	struct enrollment *en;
	struct profile_facts *facts;
	struct renewal *renewal;
	struct store_cert cert;
};

static int read_facts(struct store_tx *tx, struct looking *l, struct err *e)
{
	struct bytes v;

	*l->facts = (struct profile_facts){ 0 };
	if (store_secret_get(tx, l->en->num, STORE_PROFILE_FACTS, l->a, &v,
		e) < 0)
		return -1;
	return v.p != NULL ? profile_facts_parse(v, l->a, l->facts, e) : 0;
}

static int read_renewal(struct store_tx *tx, struct looking *l, struct err *e)
{
	struct bytes v;

	*l->renewal = (struct renewal){ 0 };
	if (store_secret_get(tx, l->en->num, STORE_RENEWAL, l->a, &v, e) < 0)
		return -1;
	return v.p != NULL ? renewal_parse(v, l->a, l->renewal, e) : 0;
}

static int look_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct looking *l = arg;
	bool found;

	if (op_lookup(tx, l->id, l->a, &l->en, e) < 0 ||
		read_facts(tx, l, e) < 0 || read_renewal(tx, l, e) < 0)
		return -1;
	return l->en->has_cert ?
		store_cert_get(tx, l->en->cert, &found, &l->cert, e) : 0;
}

static int look(const struct op *op, struct looking *l, struct err *e)
{
	l->cert = (struct store_cert){ 0 };
	if (op_enrollment_is_device(op, l->id, l->a, e) < 0)
		return -1;
	return store_read(op->store, look_tx, l, e);
}

int op_profile_facts(const struct op *op, struct bytes id, struct arena *a,
	struct profile_facts *out, struct renewal *renewal, struct err *e)
{
	struct looking l = { .id = id, .a = a, .facts = out,
		.renewal = renewal };

	return look(op, &l, e);
}

struct setting {
	const struct op *op;
	const struct profile_facts *set;
	struct looking l;
};

static void merge(struct profile_facts *f, const struct profile_facts *set)
{
#define TAKE(field) f->field = set->field != NULL ? set->field : f->field
	TAKE(identifier);
	TAKE(topic);
	TAKE(server_url);
	TAKE(checkin_url);
	TAKE(enrollment_mode);
	TAKE(account);
#undef TAKE
	if (set->access_rights != 0)
		f->access_rights = set->access_rights;
	if (set->required_app != 0)
		f->required_app = set->required_app;
	if (set->n_capabilities == 0)
		return;
	f->n_capabilities = set->n_capabilities;
	memcpy(f->capabilities, set->capabilities, sizeof(f->capabilities));
}

static int set_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct setting *s = arg;

	if (look_tx(tx, &s->l, e) < 0)
		return -1;
	merge(s->l.facts, s->set);
	if (store_secret_put(tx, s->l.en->num, STORE_PROFILE_FACTS,
		profile_facts_encode(s->l.facts, s->l.a), e) < 0)
		return -1;
	return op_audit(tx, s->op, "enrollments.profile", s->l.en->num, NULL,
		NULL, e);
}

static int check_set(const struct profile_facts *set, struct err *e)
{
	const char *mode = set->enrollment_mode;

	if (set->topic != NULL && !str_has_prefix(set->topic, "com.apple.mgmt."))
		return err_set(e, ERR_BAD_INPUT,
			"topic: does not begin with com.apple.mgmt.");
	if ((set->server_url != NULL &&
		!str_has_prefix(set->server_url, "https://")) ||
		(set->checkin_url != NULL &&
		!str_has_prefix(set->checkin_url, "https://")))
		return err_set(e, ERR_BAD_INPUT, "%s: use https://…",
			set->server_url != NULL ? "server_url" : "checkin_url");
	if (set->access_rights < 0 || set->access_rights > ACCESS_RIGHTS_ALL)
		return err_set(e, ERR_BAD_INPUT, "access_rights: use 1 to %d",
			ACCESS_RIGHTS_ALL);
	if (mode != NULL && !str_eq(mode, "BYOD") && !str_eq(mode, "ADDE"))
		return err_set(e, ERR_BAD_INPUT,
			"enrollment_mode: use BYOD or ADDE");
	return 0;
}

int op_profile_facts_set(const struct op *op, struct bytes id,
	const struct profile_facts *set, struct arena *a,
	struct profile_facts *out, struct err *e)
{
	struct renewal renewal;
	struct setting s = { .op = op, .set = set, .l = { .id = id, .a = a,
		.facts = out, .renewal = &renewal } };

	if (check_set(set, e) < 0 ||
		op_enrollment_is_device(op, id, a, e) < 0 ||
		store_write(op->store, set_tx, &s, e) < 0)
		return -1;
	op_log(op, "enrollments.profile", op_name(s.l.en, a));
	return 0;
}

/* ---- asking ---- */

static int check_ready(const struct looking *l, struct err *e)
{
	const char *name = op_name(l->en, l->a);
	const char *missing;

	if (l->en->state != ENROLLMENT_ENABLED)
		return err_set(e, ERR_CONFLICT, "%s: is %s: only a device that "
			"is enabled can renew", name,
			enrollment_state_name(l->en->state));
	missing = profile_facts_missing(l->facts);
	if (missing == NULL)
		return 0;
	return err_set(e, ERR_CONFLICT, "%s: %s of its enrollment profile is "
		"not known: set it with mooringctl enrollments profile", name,
		missing);
}

/* With another CA nothing tells which profile a device has, unless it came by
 * these settings: then they say so. */
static void fill_in(const struct op *op, const struct looking *l,
	struct profile_facts *f)
{
	struct enroll_context cx = { op->store, op->conf, op->now, l->a };
	struct err ignored = ERR_INIT;
	struct profile_facts now;
	bool external = op->conf->identity_source == CONF_IDENTITY_ACME ||
		*op->conf->scep_url != '\0';

	if (!external || f->identifier != NULL || l->en->topic == NULL ||
		l->en->id.kind != ENROLLMENT_DEVICE ||
		enroll_facts(&cx, NULL, NULL, &now, &ignored) < 0 ||
		!str_eq(now.topic, l->en->topic))
		return;
	merge(&now, f);
	*f = now;
}

static int make_command(const struct op *op, struct bytes profile,
	const char *uuid, struct arena *a, struct op_command *out,
	struct err *e)
{
	struct pl *root = pl_new_dict(a);
	struct pl *inner = pl_set_dict(root, "Command");

	pl_set_str(root, "CommandUUID", uuid);
	pl_set_str(inner, "RequestType", "InstallProfile");
	pl_set_data(inner, "Payload", profile);
	return op_command_read(op, pl_xml(root, a), false, a, out, e);
}

/* Together with the command: an Authenticate that comes of it must be known
 * for a renewal, and of two that ask at once only one is heard. */
static int note_tx(struct store_tx *tx, const struct enrollment *en, void *arg,
	struct err *e)
{
	const struct bytes *renewal = arg;

	return store_secret_put(tx, en->num, STORE_RENEWAL, *renewal, e);
}

static int64_t ttl_of(const struct looking *l, int64_t now)
{
	int64_t least = (int64_t)CHALLENGE_DAYS * DAY;

	return l->cert.not_after > now + least ? l->cert.not_after - now :
		least;
}

struct pending {
	uint64_t num;
	const char *uuid;
	struct arena *a;
	bool is;
};

static int pending_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct pending *p = arg;
	struct target *t;

	p->is = false;
	if (store_target_get(tx, p->num, p->uuid, p->a, &t, e) < 0)
		return -1;
	p->is = t != NULL && target_state_is_queued(t->state);
	return 0;
}

/* A profile that waits in the queue holds the challenge that was noted last: a
 * second one would make that one's Authenticate a stranger's. */
static int is_pending(const struct op *op, const struct looking *l, bool *out,
	struct err *e)
{
	struct pending p = { l->en->num, l->renewal->command_uuid, l->a,
		false };

	if (p.uuid != NULL && store_read(op->store, pending_tx, &p, e) < 0)
		return -1;
	*out = p.is;
	return 0;
}

static int ask(const struct op *op, struct looking *l, bool push,
	struct op_renewing *out, struct err *e)
{
	struct enroll_context cx = { op->store, op->conf, op->now, l->a };
	struct grant g = { .source = GRANT_RENEWAL,
		.enrollment = l->en->num, .account = l->facts->account,
		.facts = profile_facts_encode(l->facts, l->a) };
	int64_t ttl = ttl_of(l, op->now);
	struct bytes renewal;
	struct op_enqueue_options o = { .push = push, .what = "renew",
		.also = note_tx, .arg = &renewal,
		.target = { .priority = COMMAND_PRIORITY_DEFAULT,
			.dedupe = DEDUPE, .not_after = op->now + ttl } };
	char *uuid = arena_alloc(l->a, RND_UUID_LEN + 1);
	struct renewal asked = { .started = op->now, .command_uuid = uuid };
	struct enroll_profile profile;
	struct op_command command;

	rnd_uuid(uuid);
	out->command_uuid = uuid;
	if (enroll_profile_make(&cx, &g, l->facts, ttl, &profile, e) < 0 ||
		make_command(op, profile.body, uuid, l->a, &command, e) < 0)
		return -1;
	asked.nonce = profile.nonce;
	renewal = renewal_encode(&asked, l->a);
	if (op_enqueue(op, &command, &o, &out->target, 1, l->a) != 0) {
		*e = out->target.err;
		return -1;
	}
	if (out->target.queued == STORE_QUEUED)
		return 0;
	/* Somebody asked at the same moment: theirs is the one. */
	if (look(op, l, e) < 0)
		return -1;
	out->command_uuid = l->renewal->command_uuid;
	return 0;
}

int op_renew(const struct op *op, struct bytes id, bool push, struct arena *a,
	struct op_renewing *out, struct err *e)
{
	struct profile_facts facts;
	struct renewal renewal;
	struct looking l = { .id = id, .a = a, .facts = &facts,
		.renewal = &renewal };
	bool pending;

	*out = (struct op_renewing){ .target.id = id };
	if (look(op, &l, e) < 0)
		return -1;
	fill_in(op, &l, &facts);
	if (check_ready(&l, e) < 0 || is_pending(op, &l, &pending, e) < 0)
		return -1;
	out->not_after = l.cert.not_after;
	if (!pending)
		return ask(op, &l, push, out, e);
	out->target.num = l.en->num;
	out->target.id_text = enrollment_id_text(&l.en->id, a);
	out->target.queued = STORE_DUPLICATE;
	out->command_uuid = renewal.command_uuid;
	return 0;
}
