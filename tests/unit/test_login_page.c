/* What is put into the login page stays text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "web/login_page.h"

static const char *html(struct arena *a, const struct login_page *p)
{
	return arena_str(a, login_page_html(p, a));
}

static void test_escaping(void **state)
{
	static const struct {
		const char *text, *out;
	} rows[] = {
		{ "ann@example.com", "ann@example.com" },
		{ "<script>x</script>", "&lt;script&gt;x&lt;/script&gt;" },
		{ "\" onfocus=\"x", "&quot; onfocus=&quot;x" },
		{ "' x='", "&#39; x=&#39;" },
		{ "&lt;&amp;", "&amp;lt;&amp;amp;" },
		{ "a+b zo\xc3\xab", "a+b zo\xc3\xab" },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct login_page p = { .organization = rows[i].text,
			.name = rows[i].text, .trouble = rows[i].text };
		const char *out = html(a, &p);

		assert_non_null(strstr(out, arena_printf(a, "<h1>%s</h1>",
			rows[i].out)));
		assert_non_null(strstr(out, arena_printf(a, " value=\"%s\">",
			rows[i].out)));
		assert_non_null(strstr(out, arena_printf(a,
			"role=\"alert\">%s</p>", rows[i].out)));
		assert_null(strstr(out, "<script"));
	}
	arena_free(a);
}

static void test_nothing_known(void **state)
{
	static const struct login_page rows[] = { { .name = NULL },
		{ .organization = "", .name = "", .trouble = "" } };
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *out = html(a, &rows[i]);

		assert_non_null(strstr(out, "<h1>Sign in</h1>"));
		assert_non_null(strstr(out, " value=\"\">"));
		assert_null(strstr(out, "alert"));
	}
	arena_free(a);
}

/* The longest name that somebody can have leaves the page whole. */
static void test_long(void **state)
{
	struct arena *a = arena_new();
	struct login_page p = { .organization = "o", .trouble = "t" };
	char name[256];
	const char *out;

	(void)state;
	memset(name, '"', 255);
	name[255] = '\0';
	p.name = name;
	out = html(a, &p);
	assert_string_equal(out + strlen(out) - 8, "</html>\n");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escaping),
		cmocka_unit_test(test_nothing_known),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
