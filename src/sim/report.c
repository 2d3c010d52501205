/* What is printed at the end: devices as they are, fleets as they went. */
#include "sim/report.h"

#include <stdio.h>

#include "base/enc.h"
#include "codec/json.h"
#include "crypto/digest.h"
#include "sim/setup.h"

static void certificate_sha256(const struct device *d, struct json *o,
	struct arena *a)
{
	unsigned char md[DIGEST_LEN];
	char hex[2 * DIGEST_LEN + 1];
	struct cert *c;
	struct err e;

	if (d->cert_pem.p == NULL ||
		cert_from_pem(d->cert_pem, a, &c, &e) != 0)
		return;
	cert_sha256(c, md);
	enc_hex_to(hex, md, sizeof(md));
	json_set_str(o, "certificate_sha256", hex);
}

static void device_json(const struct device *d, struct json *o,
	struct arena *a)
{
	struct json *channels;

	json_set_str(o, "id", d->id);
	json_set_str(o, "serial", d->serial);
	json_set_str(o, "name", d->name);
	json_set_str(o, "kind", setup_kind_name(d->kind));
	json_set_str(o, "model", d->model->key);
	json_set_str(o, "os_version", d->os_version);
	json_set_str(o, "state", device_state_name(d->state));
	json_set_str(o, "url", d->url);
	json_set_str(o, "topic", d->topic);
	if (d->enrollment != NULL)
		json_set_str(o, "profile", d->enrollment->facts.identifier);
	json_set_bool(o, "awaiting_configuration", d->awaiting_configuration);
	json_set_int(o, "polls", (int64_t)d->polls);
	certificate_sha256(d, o, a);
	channels = json_set_array(o, "channels");
	for (unsigned i = 0; i < d->nchannels; i++) {
		const struct device_channel *ch = &d->channel[i];
		struct json *c = json_add_object(channels);

		json_set_str(c, "channel", ch->is_user ? "user" : "device");
		if (ch->is_user) {
			json_set_str(c, "user_id", d->user_id);
			json_set_str(c, "user_short_name", d->user_short_name);
		}
		json_set_bool(c, "enabled", ch->enabled);
		json_set_bool(c, "declined", ch->declined);
		json_set_int(c, "answered", (int64_t)ch->answered);
		json_set_str(c, "pending", ch->pending_uuid);
	}
}

static uint64_t answered(const struct device *d)
{
	return d->channel[0].answered + d->channel[1].answered;
}

void report_list(const struct options *o, const struct devfile_list *l)
{
	if (!o->json)
		printf("%-40s %-14s %-12s %-8s %-13s %8s %8s  %s\n", "ID",
			"SERIAL", "KIND", "MODEL", "STATE", "POLLS",
			"ANSWERED", "PENDING");
	for (size_t i = 0; i < l->n; i++) {
		const struct device *d = l->at[i];
		struct arena *a = arena_new();

		if (o->json) {
			struct json *j = json_new_object(a);

			device_json(d, j, a);
			puts(json_text(j, NULL, a));
		} else {
			printf("%-40s %-14s %-12s %-8s %-13s %8llu %8llu  %s\n",
				d->id, d->serial, setup_kind_name(d->kind),
				d->model->key, device_state_name(d->state),
				(unsigned long long)d->polls,
				(unsigned long long)answered(d),
				d->channel[0].pending.p != NULL ||
				d->channel[1].pending.p != NULL ?
				"yes" : "no");
		}
		arena_free(a);
	}
}

/* --- what a fleet did --- */

static void fleet_json(const struct devfile_list *l, const struct fleet_report *r,
	struct arena *a)
{
	struct json *j = json_new_object(a), *by;

	json_set_int(j, "devices", (int64_t)l->n);
	by = json_set_object(j, "outcomes");
	for (enum outcome i = OUTCOME_OK; i <= OUTCOME_UNENROLLED; i++)
		json_set_int(by, outcome_name(i), (int64_t)r->outcome[i]);
	stats_json(&r->stats, r->elapsed_us, j, a);
	if (l->n == 1)
		device_json(l->at[0], json_set_object(j, "device"), a);
	puts(json_text(j, NULL, a));
}

static void fleet_text(const struct options *o, const struct devfile_list *l,
	const struct fleet_report *r, struct arena *a)
{
	if (l->n == 1)
		printf("%s (serial %s, %s): %s, kept in %s\n", l->at[0]->id,
			l->at[0]->serial, l->at[0]->model->model_name,
			device_state_name(l->at[0]->state), o->state);
	if (l->n > 1)
		printf("%zu devices: %llu ok, %llu to try later, %llu refused, "
			"%llu unenrolled\n", l->n,
			(unsigned long long)r->outcome[OUTCOME_OK],
			(unsigned long long)r->outcome[OUTCOME_LATER],
			(unsigned long long)r->outcome[OUTCOME_REFUSED],
			(unsigned long long)r->outcome[OUTCOME_UNENROLLED]);
	if (l->n > 1 || o->command == OPTIONS_RUN)
		puts(stats_line(&r->stats, r->elapsed_us, a));
}

void report_fleet(const struct options *o, const struct devfile_list *l,
	const struct fleet_report *r)
{
	struct arena *a = arena_new();

	if (o->json)
		fleet_json(l, r, a);
	else
		fleet_text(o, l, r, a);
	arena_free(a);
}
