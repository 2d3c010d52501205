/* Devices as data: how a new one comes to be, and what it forgets. No files,
 * no network. */
#include "sim/device.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/enc.h"
#include "base/rnd.h"
#include "crypto/digest.h"

#define TOKEN_LEN 32
#define UNLOCK_TOKEN_LEN 1052
#define ALL_F "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"

const char *device_state_name(enum device_state s)
{
	static const char *const name[] = { "new", "authenticated",
		"enrolled", "unenrolled", "left", "erased" };

	return (size_t)s < sizeof(name) / sizeof(name[0]) ? name[s] : "?";
}

bool device_is_byod(const struct device *d)
{
	return d->kind == ENROLLMENT_BYOD_DEVICE ||
		d->kind == ENROLLMENT_BYOD_USER;
}

uint64_t device_number(const struct device *d, const char *name)
{
	struct bytes part[] = { bytes_str(d->id), bytes_str(name) };
	unsigned char md[DIGEST_LEN];

	digest_parts(part, 2, md);
	return enc_unbe64(md);
}

const struct catalog_model *device_default_model(enum enrollment_kind k)
{
	if (k == ENROLLMENT_USER || k == ENROLLMENT_BYOD_USER)
		return catalog_find("mac");
	return catalog_find(k == ENROLLMENT_SHARED_IPAD ? "ipad" : "iphone");
}

const char *device_wish_id(const struct device_wish *w, struct arena *a)
{
	if (w->id != NULL)
		return w->id;
	if (w->prefix == NULL)
		return NULL;
	return arena_printf(a, "%s-%06llu", w->prefix,
		(unsigned long long)w->index);
}

static const char *uuid(struct arena *a)
{
	char s[RND_UUID_LEN + 1];

	rnd_uuid(s);
	return arena_strdup(a, s);
}

static const char *random_id(const struct device_wish *w,
	const struct catalog_model *m, struct arena *a)
{
	unsigned char r[8];

	if (m->udid_prefix == NULL || w->kind == ENROLLMENT_BYOD_DEVICE ||
		w->kind == ENROLLMENT_BYOD_USER)
		return uuid(a);
	rnd_bytes(r, sizeof(r));
	return arena_printf(a, "%s-%016llX", m->udid_prefix,
		(unsigned long long)enc_unbe64(r));
}

/* Ten characters, as on hardware since 2021. */
static const char *random_serial(struct arena *a)
{
	static const char set[] = "0123456789CDFGHJKLMNPQRTVWXY";
	unsigned char r[10];
	char s[sizeof(r) + 1];

	rnd_bytes(r, sizeof(r));
	for (size_t i = 0; i < sizeof(r); i++)
		s[i] = set[r[i] % (sizeof(set) - 1)];
	s[sizeof(r)] = '\0';
	return arena_strdup(a, s);
}

static unsigned luhn(const char *digits)
{
	unsigned sum = 0;

	for (size_t n = strlen(digits), i = 0; i < n; i++) {
		unsigned v = (unsigned)(digits[n - 1 - i] - '0');

		if (i % 2 == 0)
			v = v * 2 > 9 ? v * 2 - 9 : v * 2;
		sum += v;
	}
	return (10 - sum % 10) % 10;
}

static void set_cellular(struct device *d)
{
	char digits[32];

	if (!d->model->cellular || device_is_byod(d))
		return;
	snprintf(digits, sizeof(digits), "35%012llu", (unsigned long long)
		(device_number(d, "imei") % 1000000000000ULL));
	d->imei = arena_printf(d->arena, "%.2s %.6s %.6s %u", digits,
		digits + 2, digits + 8, luhn(digits));
	d->meid = arena_printf(d->arena, "%s", digits);
}

/* The user of the second channel, where the kind has one. */
static void set_user(struct device *d, const char *short_name)
{
	struct arena *a = d->arena;

	if (!enrollment_kind_is_user(d->kind))
		return;
	d->nchannels = 2;
	d->channel[1].is_user = true;
	if (d->kind == ENROLLMENT_SHARED_IPAD) {
		d->user_id = ALL_F;
		d->user_short_name = arena_strdup(a, short_name != NULL ?
			short_name : "pupil@school.example");
		d->user_long_name = "Pat Pupil";
		return;
	}
	d->user_id = uuid(a);
	d->user_short_name = arena_strdup(a, short_name != NULL ?
		short_name : "sam");
	d->user_long_name = "Sam Sample";
}

struct device *device_new(const struct device_wish *w)
{
	struct arena *a = arena_new();
	struct device *d = arena_zalloc(a, sizeof(*d));

	d->arena = a;
	d->kind = w->kind;
	d->model = w->model != NULL ? w->model : device_default_model(w->kind);
	d->nchannels = 1;
	d->id = arena_strdup(a, device_wish_id(w, a));
	if (d->id == NULL)
		d->id = random_id(w, d->model, a);
	d->serial = w->serial != NULL ? arena_strdup(a, w->serial) :
		w->prefix != NULL ? arena_strdup(a, d->id) : random_serial(a);
	d->name = w->name != NULL ? arena_strdup(a, w->name) :
		arena_printf(a, "%s %s", d->model->model_name, d->serial);
	d->os_version = arena_strdup(a, w->os_version != NULL ?
		w->os_version : d->model->os_version);
	d->build_version = arena_strdup(a, w->build_version != NULL ?
		w->build_version : d->model->build_version);
	d->auth = DEVICE_AUTH_TLS;
	d->supervised = !device_is_byod(d);
	set_user(d, w->user_short_name);
	set_cellular(d);
	d->dirty = true;
	return d;
}

static void change(struct device *d, const char **field, const char *s)
{
	if (s == NULL)
		return;
	*field = arena_strdup(d->arena, s);
	d->dirty = true;
}

void device_rename(struct device *d, const struct device_wish *w)
{
	change(d, &d->serial, w->serial);
	change(d, &d->name, w->name);
	change(d, &d->os_version, w->os_version);
	change(d, &d->build_version, w->build_version);
	if (d->nchannels > 1)
		change(d, &d->user_short_name, w->user_short_name);
	for (unsigned i = 0; i < d->nchannels; i++) {
		d->channel[i].idle = bytes_of(NULL, 0);
		d->channel[i].idle_signature = NULL;
	}
}

void device_free(struct device *d)
{
	if (d != NULL)
		arena_free(d->arena);
}

static struct bytes random_data(struct arena *a, size_t n)
{
	unsigned char *p = arena_alloc(a, n);

	rnd_bytes(p, n);
	return bytes_of(p, n);
}

void device_new_tokens(struct device *d)
{
	for (unsigned i = 0; i < d->nchannels; i++) {
		d->channel[i].token = random_data(d->arena, TOKEN_LEN);
		d->channel[i].push_magic = uuid(d->arena);
	}
	if (d->kind == ENROLLMENT_DEVICE && d->model->platform != PLATFORM_MACOS
		&& d->model->platform != PLATFORM_TVOS)
		d->unlock_token = random_data(d->arena, UNLOCK_TOKEN_LEN);
	d->dirty = true;
}

void device_forget_management(struct device *d, enum device_state now)
{
	for (unsigned i = 0; i < d->nchannels; i++) {
		struct device_channel *ch = &d->channel[i];

		ch->enabled = ch->declined = false;
		ch->profiles = NULL;
		ch->apps = NULL;
		ch->pending = bytes_of(NULL, 0);
		ch->pending_uuid = ch->pending_status = NULL;
	}
	d->awaiting_configuration = false;
	d->state = now;
	d->dirty = true;
}

void device_erase(struct device *d)
{
	device_forget_management(d, DEVICE_ERASED);
	for (unsigned i = 0; i < d->nchannels; i++) {
		d->channel[i].token = bytes_of(NULL, 0);
		d->channel[i].push_magic = NULL;
		d->channel[i].idle = bytes_of(NULL, 0);
		d->channel[i].idle_signature = NULL;
	}
	if (d->cert_pem.p != NULL) {
		d->backup_cert_pem = d->cert_pem;
		d->backup_key_pem = d->key_pem;
	}
	d->unlock_token = d->cert_pem = d->key_pem = bytes_of(NULL, 0);
	d->cert = NULL;
	d->key = NULL;
}

void device_restore(struct device *d)
{
	if (d->cert_pem.p != NULL || d->backup_cert_pem.p == NULL)
		return;
	d->cert_pem = d->backup_cert_pem;
	d->key_pem = d->backup_key_pem;
	d->dirty = true;
}

/* --- its enrollment profile --- */

struct device_profile *device_profile_copy(const struct device_profile *p,
	struct arena *a)
{
	struct device_profile *q = arena_memdup(a, p, sizeof(*p));
	struct device_payload **end = &q->payloads;

	q->identifier = arena_strdup(a, p->identifier);
	q->uuid = arena_strdup(a, p->uuid);
	q->name = arena_strdup(a, p->name);
	q->organization = arena_strdup(a, p->organization);
	q->description = arena_strdup(a, p->description);
	q->next = NULL;
	for (const struct device_payload *y = p->payloads; y; y = y->next) {
		struct device_payload *z = arena_memdup(a, y, sizeof(*y));

		z->type = arena_strdup(a, y->type);
		z->identifier = arena_strdup(a, y->identifier);
		z->uuid = arena_strdup(a, y->uuid);
		z->name = arena_strdup(a, y->name);
		*end = z;
		end = &z->next;
	}
	*end = NULL;
	return q;
}

struct device_enrollment *device_enrollment_copy(
	const struct device_enrollment *m, struct arena *a)
{
	struct device_enrollment *n = arena_memdup(a, m, sizeof(*m));
	struct profile_facts *f = &n->facts;

	n->profile = device_profile_copy(m->profile, a);
	f->identifier = n->profile->identifier;
	f->topic = arena_strdup(a, f->topic);
	f->server_url = arena_strdup(a, f->server_url);
	f->checkin_url = arena_strdup(a, f->checkin_url);
	f->enrollment_mode = arena_strdup(a, f->enrollment_mode);
	f->account = arena_strdup(a, f->account);
	for (uint32_t i = 0; i < f->n_capabilities; i++)
		f->capabilities[i] = arena_strdup(a, f->capabilities[i]);
	return n;
}

bool device_has_users(const struct device *d)
{
	const struct profile_facts *f;

	if (d->enrollment == NULL)
		return true;
	f = &d->enrollment->facts;
	for (uint32_t i = 0; i < f->n_capabilities; i++)
		if (str_eq(f->capabilities[i], DEVICE_PER_USER))
			return true;
	return false;
}

bool device_may(const struct device *d, int64_t right)
{
	return d->enrollment == NULL || d->enrollment->facts.access_rights == 0 ||
		(d->enrollment->facts.access_rights & right) == right;
}
