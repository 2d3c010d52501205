/* The warnings before a certificate ends. What refuses one that has ended is
 * elsewhere. */
#include "courier/expiry.h"

#include "base/clk.h"
#include "base/enc.h"
#include "base/file.h"
#include "crypto/cert.h"
#include "outbox/outbox.h"
#include "store/store_note.h"
#include "store/store_push.h"

#define DAY 86400
#define NOTE "courier.expiry"
#define PEM_MAX ((size_t)1 << 20)

struct item {
	struct item *next;
	const char *topic;	/* of the event */
	const char *what;	/* "device CA", … */
	const char *subject;
	const char *key;	/* in the note */
	int64_t not_after;
	bool fresh;		/* warned of in this run */
};
struct look {
	const struct conf *conf;
	int64_t now;
	struct arena *a;
	struct item *files;
	/* of one run */
	struct item *items;
	struct json *next;	/* the note as it must be */
	bool changed;
	bool events;
};

unsigned expiry_stage(int64_t not_after, int64_t now)
{
	static const int days[] = { 30, 14, 7, 1 };
	unsigned stage = 0;

	if (not_after < now)
		return EXPIRY_OVER;
	for (unsigned i = 0; i < sizeof(days) / sizeof(days[0]); i++)
		if (not_after - now <= (int64_t)days[i] * DAY)
			stage = i + 1;
	return stage;
}

/* ---- what there is ---- */

static struct item *item(struct look *l, struct item **list, const char *key)
{
	struct item *it;

	for (it = *list; it != NULL; it = it->next)
		if (str_eq(it->key, key))
			return NULL;
	it = arena_zalloc(l->a, sizeof(*it));
	it->key = key;
	it->next = *list;
	*list = it;
	return it;
}

/* Files that are not there, or damaged, are those to complain of who use
 * them. */
static void add_file(struct look *l, const char *name, const char *what,
	bool all)
{
	struct cert **list;
	struct err e = ERR_INIT;
	struct bytes pem;
	size_t n;

	if (file_read(file_path(l->a, l->conf->dir, name), PEM_MAX, l->a, &pem,
		&e) < 0 || pem.p == NULL ||
		cert_list_pem(pem, l->a, &list, &n, &e) < 0)
		return;
	for (size_t i = 0; i < n && (all || i == 0); i++) {
		unsigned char sha[DIGEST_LEN];
		struct item *it;

		cert_sha256(list[i], sha);
		it = item(l, &l->files, enc_hex(l->a, bytes_of(sha,
			sizeof(sha))));
		if (it == NULL)
			continue;
		it->topic = "mooring.certificate_expiring";
		it->what = what;
		it->subject = cert_subject(list[i], l->a);
		it->not_after = cert_not_after(list[i]);
	}
}

static int add_pushes(struct store_tx *tx, struct look *l, struct err *e)
{
	struct push_cert **list;
	size_t n;

	if (store_push_cert_list(tx, l->a, &list, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct item *it = item(l, &l->items, arena_printf(l->a,
			"%s %lld", list[i]->topic,
			(long long)list[i]->not_after));

		if (it == NULL)
			continue;
		it->topic = "mooring.push_certificate_expiring";
		it->what = "push certificate";
		it->subject = list[i]->topic;
		it->not_after = list[i]->not_after;
	}
	return 0;
}

/* ---- what is new of it ---- */

static int load_note(struct store_tx *tx, struct look *l,
	const struct json **out, struct err *e)
{
	struct err bad = ERR_INIT;
	struct bytes text;
	struct json *o;

	*out = NULL;
	if (store_note_get(tx, NOTE, l->a, &text, e) < 0)
		return -1;
	/* One that cannot be read has been forgotten: it warns again. */
	if (text.p != NULL && json_parse(text, l->a, &o, &bad) == 0)
		*out = o;
	return 0;
}

static struct json *detail_of(const struct look *l, const struct item *it)
{
	struct json *o = json_new_object(l->a);
	char end[CLK_TEXT_LEN + 1];

	clk_text(it->not_after, end);
	json_set_str(o, "certificate", it->what);
	json_set_str(o, it->topic[8] == 'p' ? "topic" : "subject",
		it->subject);
	json_set_str(o, "not_after", end);
	json_set_bool(o, "expired", it->not_after < l->now);
	json_set_int(o, "days", it->not_after < l->now ? 0 :
		(it->not_after - l->now) / DAY);
	return o;
}

static int warn(struct store_tx *tx, struct look *l, const struct item *it,
	struct err *e)
{
	return outbox_own(tx, it->topic, NULL, detail_of(l, it), l->now, l->a,
		&l->events, e);
}

/* Compares; `tell`: adds the events too. */
static int compare(struct store_tx *tx, struct look *l, bool tell,
	struct err *e)
{
	const struct json *before;
	struct item *it;

	l->items = l->files;
	l->next = json_new_object(l->a);
	l->changed = l->events = false;
	if (add_pushes(tx, l, e) < 0 || load_note(tx, l, &before, e) < 0)
		return -1;
	for (it = l->items; it != NULL; it = it->next) {
		int64_t stage = expiry_stage(it->not_after, l->now), old = 0;

		json_get_int(before, it->key, &old);
		it->fresh = false;
		if (stage == 0 && old == 0)
			continue;
		it->fresh = stage > old;
		/* A clock that goes back does not make it warn again. */
		json_set_int(l->next, it->key, stage > old ? stage : old);
		if (!it->fresh)
			continue;
		l->changed = true;
		if (tell && warn(tx, l, it, e) < 0)
			return -1;
	}
	return 0;
}

static int look_tx(struct store_tx *tx, void *arg, struct err *e)
{
	return compare(tx, arg, false, e);
}

static int tell_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct look *l = arg;

	if (compare(tx, l, true, e) < 0)
		return -1;
	return store_note_put(tx, NOTE, bytes_str(json_text(l->next, NULL,
		l->a)), e);
}

int expiry_look(struct store *st, const struct conf *conf, int64_t now,
	struct arena *a, bool *events, struct err *e)
{
	struct look l = { .conf = conf, .now = now, .a = a };

	add_file(&l, "pki/device-ca.pem", "device CA", false);
	add_file(&l, "pki/device-ca.bundle.pem", "trusted device CA", true);
	add_file(&l, "pki/server.pem", "TLS certificate", false);
	if (store_read(st, look_tx, &l, e) < 0)
		return -1;
	if (!l.changed)
		return 0;
	if (store_write(st, tell_tx, &l, e) < 0)
		return -1;
	for (const struct item *it = l.items; it != NULL; it = it->next)
		if (it->fresh)
			outbox_own_log(it->topic, NULL, detail_of(&l, it));
	*events = *events || l.events;
	return 0;
}
