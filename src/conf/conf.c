/* Reading mooring.conf into a snapshot, and writing it as text. The keys
 * are conf_keys.c's; watching the file is conf_file.c's. */
#include "conf/conf.h"

#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/str.h"
#include "conf/conf_keys.h"

#define CONF_FILE "mooring.conf"
#define CONF_MAX ((size_t)1 << 20)
#define HELP_WIDTH 76

struct reader {
	const char *path;
	struct bytes text;
	size_t at;
	unsigned line;		/* of the line that was read last */
	unsigned *seen;		/* per key: the line that set it, 0 = none */
	struct conf *conf;
	struct arena *arena;
	bool failed;
	struct err *e;
};

static int fail(struct reader *r)
{
	err_wrap(r->e, "%s:%u", r->path, r->line);
	r->failed = true;
	return 0;
}

/* What inih would take without a word: sections, NUL, lines cut into two,
 * and indented lines, which it appends to the key before. */
static char *read_line(char *out, int room, void *arg)
{
	struct reader *r = arg;
	const char *p = (const char *)r->text.p + r->at;
	size_t left = r->text.n - r->at, n = 0, skip = 0;

	if (r->failed || left == 0)
		return NULL;
	while (n < left && p[n] != '\n')
		n++;
	r->line++;
	r->at += n < left ? n + 1 : n;
	while (skip < n && (p[skip] == ' ' || p[skip] == '\t'))
		skip++;
	p += skip;
	n -= skip;
	if (memchr(p, '\0', n) != NULL)
		err_set(r->e, ERR_BAD_INPUT, "a NUL byte is not allowed");
	else if (n + 2 > (size_t)room)
		err_set(r->e, ERR_BAD_INPUT,
			"the line is longer than %d bytes", room - 2);
	else if (n > 0 && p[0] == '[')
		err_set(r->e, ERR_BAD_INPUT,
			"sections are not used here: write key = value");
	if (r->e->kind != ERR_NONE) {
		fail(r);
		return NULL;
	}
	memcpy(out, p, n);
	out[n] = '\n';
	out[n + 1] = '\0';
	return out;
}

static int on_pair(void *arg, const char *section, const char *name,
	const char *value)
{
	const struct conf_key *k = conf_key_find(name), *near;
	struct reader *r = arg;
	unsigned *seen;

	(void)section;
	if (r->failed)
		return 0;
	if (k == NULL) {
		near = conf_key_near(name);
		if (near != NULL)
			err_set(r->e, ERR_BAD_INPUT,
				"unknown key \"%.40s\": is it %s?", name,
				near->name);
		else
			err_set(r->e, ERR_BAD_INPUT,
				"unknown key \"%.40s\": mooring.conf(5) lists "
				"the keys", name);
		return fail(r);
	}
	seen = &r->seen[k - conf_keys];
	if (*seen != 0) {
		err_set(r->e, ERR_BAD_INPUT, "%s is set already in line %u",
			name, *seen);
		return fail(r);
	}
	*seen = r->line;
	if (conf_key_set(k, value, r->arena, r->conf, r->e) != 0)
		return fail(r);
	return 1;
}

static int set_defaults(struct reader *r, struct err *e)
{
	for (size_t i = 0; i < conf_keys_n; i++) {
		const struct conf_key *k = &conf_keys[i];

		if (r->seen[i] != 0)
			continue;
		if (k->def == NULL)
			return err_set(e, ERR_BAD_INPUT, "%s: %s is missing",
				r->path, k->name);
		if (conf_key_set(k, k->def, r->arena, r->conf, e) != 0)
			return err_wrap(e, "default");
	}
	return 0;
}

static int parse(const char *path, struct bytes text, struct arena *a,
	struct conf *c, struct err *e)
{
	struct reader r = {
		.path = path, .text = text, .conf = c, .arena = a, .e = e,
		.seen = arena_zalloc(a, conf_keys_n * sizeof(*r.seen)),
	};
	int line;

	e->kind = ERR_NONE;
	line = ini_parse_stream(read_line, &r, on_pair, &r);
	if (r.failed)
		return -1;
	if (line > 0)
		return err_set(e, ERR_BAD_INPUT, "%s:%d: write key = value",
			path, line);
	if (line < 0)
		return err_set(e, ERR_INTERNAL, "%s cannot be read", path);
	if (set_defaults(&r, e) != 0)
		return -1;
	return 0;
}

/* realpath(3) into the arena; NULL with errno. */
static const char *absolute(const char *dir, struct arena *a)
{
	char *real = realpath(dir, NULL), *s;

	if (real == NULL)
		return NULL;
	s = arena_strdup(a, real);
	free(real);
	return s;
}

int conf_load(const char *dir, struct arena *a, struct conf **out,
	struct err *e)
{
	struct conf *c = arena_zalloc(a, sizeof(*c));
	struct bytes text = { NULL, 0 };
	const char *path;

	c->dir = absolute(dir, a);
	if (c->dir == NULL && errno != ENOENT)
		return err_errno(e, ERR_INTERNAL, errno, "%s", dir);
	path = file_path(a, c->dir != NULL ? c->dir : dir, CONF_FILE);
	if (c->dir != NULL && file_read(path, CONF_MAX, a, &text, e) != 0)
		return -1;
	if (text.p == NULL)
		return err_set(e, ERR_NOT_FOUND,
			"%s is missing: make it with mooringctl init", path);
	if (parse(path, text, a, c, e) != 0)
		return -1;
	*out = c;
	return 0;
}

int conf_check_value(const char *name, const char *value, struct err *e)
{
	const struct conf_key *k = conf_key_find(name);
	struct arena *a;
	struct conf c;
	int rc;

	if (k == NULL)
		return err_set(e, ERR_BAD_INPUT, "unknown key \"%.40s\"", name);
	a = arena_new();
	rc = conf_key_set(k, value, a, &c, e);
	arena_free(a);
	return rc;
}

static const char *lookup(const char *const (*set)[2], const char *name)
{
	for (; set != NULL && (*set)[0] != NULL; set++)
		if (str_eq((*set)[0], name))
			return (*set)[1];
	return NULL;
}

/* The text as comment lines. */
static void add_help(struct buf *b, const char *help)
{
	size_t column = 0;

	while (*help != '\0') {
		size_t n = strcspn(help, " ");

		if (column == 0 || column + 1 + n > HELP_WIDTH) {
			buf_adds(b, column == 0 ? "#" : "\n#");
			column = 1;
		}
		buf_addc(b, ' ');
		buf_add(b, help, n);
		column += 1 + n;
		help += n;
		help += *help == ' ';
	}
	buf_addc(b, '\n');
}

char *conf_template(struct arena *a, const char *const (*set)[2])
{
	struct buf b;
	char *text;

	buf_init(&b, CONF_MAX);
	add_help(&b, "Settings of Mooring; mooring.conf(5) says more. A line "
		"that starts with \"#\" is a comment; those of the form "
		"\"#key = value\" show the defaults. A change is taken up "
		"within a second or so, unless the key says otherwise; a bad "
		"file is reported in the log and changes nothing.");
	for (size_t i = 0; i < conf_keys_n; i++) {
		const struct conf_key *k = &conf_keys[i];
		const char *v = lookup(set, k->name);

		buf_addc(&b, '\n');
		add_help(&b, k->help);
		if (v == NULL) {
			buf_addc(&b, '#');
			v = k->def != NULL ? k->def : "https://mdm.example.com";
		}
		buf_printf(&b, "%s =%s%s\n", k->name, *v != '\0' ? " " : "", v);
	}
	text = arena_str(a, buf_bytes(&b));
	buf_fini(&b);
	return text;
}

char *conf_text(const struct conf *c, struct arena *a)
{
	struct buf b;
	char *text;

	buf_init(&b, CONF_MAX);
	for (size_t i = 0; i < conf_keys_n; i++) {
		const char *v = conf_key_text(&conf_keys[i], c, a);

		buf_printf(&b, "%s =%s%s\n", conf_keys[i].name,
			*v != '\0' ? " " : "", v);
	}
	text = arena_str(a, buf_bytes(&b));
	buf_fini(&b);
	return text;
}

const char *conf_default_dir(void)
{
	const char *dir = getenv("MOORING_DIR");

	return dir != NULL && *dir != '\0' ? dir : MOORING_DEFAULT_DIR;
}
