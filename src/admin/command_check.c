/* A command against the table of Apple's commands. Only what the keys are;
 * whether this device takes it is not looked at. */
#include "admin/command_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "admin/command_schema.h"
#include "base/buf.h"
#include "codec/keypath.h"

#define WARNINGS 3		/* that are said in full */

struct checking {
	struct arena *a;
	struct buf said;
	size_t warnings;
	struct err *e;
};

static void warn(struct checking *c, const struct keypath *at, const char *fmt,
	...) __attribute__((format(printf, 3, 4)));

static void warn(struct checking *c, const struct keypath *at, const char *fmt,
	...)
{
	struct err line = ERR_INIT;	/* makes it fit to be shown */
	va_list ap;

	if (c->warnings++ >= WARNINGS)
		return;
	va_start(ap, fmt);
	keypath_fault(at, c->a, &line, "%s", arena_vprintf(c->a, fmt, ap));
	va_end(ap);
	buf_printf(&c->said, "%s%s", c->said.n > 0 ? "; " : "", line.msg);
}

static const struct schema_command *find_command(const char *request_type)
{
	size_t from = 0, to = schema_n_commands;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		int order = strcmp(request_type, schema_commands[mid].request_type);

		if (order == 0)
			return &schema_commands[mid];
		if (order < 0)
			to = mid;
		else
			from = mid + 1;
	}
	return NULL;
}

static const struct schema_key *find_key(const struct schema_key *keys,
	const char *name)
{
	for (; keys != NULL && keys->name != NULL; keys++)
		if (str_eq(keys->name, name))
			return keys;
	return NULL;
}

/* Whether a value is in "|Low|High|". */
static bool is_listed(const char *values, const char *value)
{
	size_t n = strlen(value);

	while (*values == '|' && values[1] != '\0') {
		size_t len = strcspn(++values, "|");

		if (len == n && memcmp(values, value, n) == 0)
			return true;
		values += len;
	}
	return false;
}

static void check_listed(struct checking *c, const struct keypath *at,
	const char *values, const struct pl *value)
{
	const char *text = pl_as_str(value);
	int64_t i;

	if (pl_as_int(value, &i))
		text = arena_printf(c->a, "%" PRId64, i);
	if (text == NULL || is_listed(values, text))
		return;
	warn(c, at, "%.40s is none of %.*s", text, (int)strlen(values) - 2,
		values + 1);
}

static bool is_number(enum pl_type t)
{
	return t == PL_INTEGER || t == PL_REAL || t == PL_BOOL;
}

static int check_type(struct checking *c, const struct keypath *at,
	enum pl_type want, enum pl_type got)
{
	if (want == got || want == PL_OTHER)
		return 0;
	/* All three are one class to Apple's readers. */
	if (is_number(want) && is_number(got)) {
		warn(c, at, "expected %s, got %s", pl_type_name(want),
			pl_type_name(got));
		return 0;
	}
	return keypath_fault(at, c->a, c->e, "expected %s, got %s",
		pl_type_name(want), pl_type_name(got));
}

static int check_dict(struct checking *c, const struct keypath *at,
	const struct schema_key *keys, const struct pl *dict);

/* Elements of several kinds: the first key of each says which it is. */
static int check_one_of(struct checking *c, const struct keypath *at,
	const struct schema_key *kinds, const struct pl *value)
{
	struct keypath which = { at, kinds->keys->name, 0 };
	const struct pl *tag;

	if (check_type(c, at, PL_DICT, pl_type(value)) < 0)
		return -1;
	tag = pl_dict_get(value, which.key);
	if (tag == NULL)
		return keypath_fault(&which, c->a, c->e, "missing");
	if (check_type(c, &which, kinds->keys->type, pl_type(tag)) < 0)
		return -1;
	for (; kinds->name != NULL; kinds++)
		if (is_listed(kinds->keys->values, pl_as_str(tag)))
			return check_dict(c, at, kinds->keys, value);
	warn(c, &which, "%.40s is not in Apple's schema", pl_as_str(tag));
	return 0;
}

static int check_value(struct checking *c, const struct keypath *at,
	const struct schema_key *key, const struct pl *value);

static int check_array(struct checking *c, const struct keypath *at,
	const struct schema_key *kinds, const struct pl *array)
{
	for (uint32_t i = 0; i < pl_array_len(array); i++) {
		struct keypath k = { at, NULL, i };
		const struct pl *value = pl_array_at(array, i);

		if ((kinds[1].name != NULL ? check_one_of(c, &k, kinds, value) :
			check_value(c, &k, kinds, value)) < 0)
			return -1;
	}
	return 0;
}

static int check_value(struct checking *c, const struct keypath *at,
	const struct schema_key *key, const struct pl *value)
{
	if (check_type(c, at, key->type, pl_type(value)) < 0)
		return -1;
	if (key->values != NULL)
		check_listed(c, at, key->values, value);
	if (key->keys == NULL)
		return 0;
	return key->type == PL_ARRAY ? check_array(c, at, key->keys, value) :
		check_dict(c, at, key->keys, value);
}

struct strangers {
	struct checking *c;
	const struct keypath *at;
	const struct schema_key *keys;
	bool top;
};

static bool warn_stranger(const char *name, const struct pl *value, void *arg)
{
	/* Of every command. */
	static const char *const common[] = { "RequestType",
		"RequestRequiresNetworkTether" };
	struct strangers *s = arg;
	struct keypath k = { s->at, name, 0 };

	(void)value;
	for (size_t i = 0; s->top && i < sizeof(common) / sizeof(common[0]); i++)
		if (str_eq(common[i], name))
			return true;
	if (find_key(s->keys, name) == NULL)
		warn(s->c, &k, "not in Apple's schema");
	return s->c->warnings <= WARNINGS;
}

/* at NULL: the command itself. */
static int check_dict(struct checking *c, const struct keypath *at,
	const struct schema_key *keys, const struct pl *dict)
{
	struct strangers s = { c, at, keys, at == NULL };

	for (; keys != NULL && keys->name != NULL; keys++) {
		struct keypath k = { at, keys->name, 0 };
		const struct pl *value = pl_dict_get(dict, keys->name);

		if (value == NULL && keys->required)
			return keypath_fault(&k, c->a, c->e, "missing");
		if (value != NULL && check_value(c, &k, keys, value) < 0)
			return -1;
	}
	pl_dict_each(dict, warn_stranger, &s);
	return 0;
}

int command_check(const struct pl *command, struct arena *a,
	const char **warning, struct err *e)
{
	struct checking c = { .a = a, .e = e };
	const struct schema_command *known;
	const char *type = NULL;
	struct pl_reader r;
	int rc = 0;

	*warning = NULL;
	pl_read(&r, NULL, command, a);
	pl_str(&r, "RequestType", &type);
	if (pl_done(&r, e) < 0)
		return -1;
	buf_init(&c.said, SIZE_MAX);
	known = find_command(type);
	if (known != NULL)
		rc = check_dict(&c, NULL, known->keys, command);
	else
		warn(&c, NULL, "RequestType %.80s is not in Apple's schema", type);
	if (rc == 0 && c.warnings > WARNINGS)
		buf_adds(&c.said, "; and more");
	if (rc == 0 && c.warnings > 0)
		*warning = arena_str(a, buf_bytes(&c.said));
	buf_fini(&c.said);
	return rc;
}
