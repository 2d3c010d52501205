/* The login page: one form, its style with it, nothing else to load. */
#include "web/login_page.h"

#include "base/buf.h"

#define PAGE_MAX ((size_t)64 << 10)

static const char head[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\">\n"
	"<head>\n"
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, "
	"initial-scale=1\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n"
	"<title>Sign in</title>\n"
	"<style>\n"
	":root { font: 17px/1.4 -apple-system, system-ui, sans-serif; }\n"
	"body { margin: 0 auto; max-width: 26rem; padding: 2rem 1.25rem; }\n"
	"h1 { font-size: 1.6rem; margin: 0 0 .5rem; overflow-wrap: anywhere; "
	"}\n"
	"label { display: block; margin: 1.25rem 0 .3rem; font-weight: 600; "
	"}\n"
	"input, button { font: inherit; width: 100%; min-height: 44px; "
	"padding: .5rem .75rem; border-radius: 10px; box-sizing: border-box; "
	"}\n"
	"input { border: 1px solid #767676; }\n"
	"button { margin-top: 1.75rem; border: 0; background: #0060df; "
	"color: #fff; font-weight: 600; }\n"
	":focus-visible { outline: 3px solid #0060df; outline-offset: 2px; "
	"}\n"
	".trouble { color: #b00020; font-weight: 600; }\n"
	"@media (prefers-color-scheme: dark) { .trouble { color: #ff8a80; } "
	"}\n"
	"</style>\n"
	"</head>\n"
	"<body>\n"
	"<main>\n";

static const char form[] =
	"<p>Sign in with the account that your organization gave you, to "
	"enroll this device.</p>\n";

static const char tail[] =
	"<label for=\"password\">Password</label>\n"
	"<input id=\"password\" name=\"password\" type=\"password\" "
	"autocomplete=\"current-password\" maxlength=\"1024\" required>\n"
	"<button type=\"submit\">Sign in</button>\n"
	"</form>\n"
	"</main>\n"
	"</body>\n"
	"</html>\n";

static void escaped(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		switch (*s) {
		case '&':
			buf_adds(b, "&amp;");
			break;
		case '<':
			buf_adds(b, "&lt;");
			break;
		case '>':
			buf_adds(b, "&gt;");
			break;
		case '"':
			buf_adds(b, "&quot;");
			break;
		case '\'':
			buf_adds(b, "&#39;");
			break;
		default:
			buf_addc(b, *s);
		}
}

static bool has(const char *s)
{
	return s != NULL && *s != '\0';
}

struct bytes login_page_html(const struct login_page *p, struct arena *a)
{
	struct bytes out;
	struct buf b;

	buf_init(&b, PAGE_MAX);
	buf_adds(&b, head);
	buf_adds(&b, "<h1>");
	escaped(&b, has(p->organization) ? p->organization : "Sign in");
	buf_adds(&b, "</h1>\n");
	buf_adds(&b, form);
	if (has(p->trouble)) {
		buf_adds(&b, "<p class=\"trouble\" role=\"alert\">");
		escaped(&b, p->trouble);
		buf_adds(&b, "</p>\n");
	}
	buf_adds(&b, "<form method=\"post\">\n"
		"<label for=\"name\">Account</label>\n"
		"<input id=\"name\" name=\"name\" type=\"text\" "
		"inputmode=\"email\" autocomplete=\"username\" "
		"autocapitalize=\"none\" autocorrect=\"off\" "
		"spellcheck=\"false\" maxlength=\"255\" required value=\"");
	escaped(&b, has(p->name) ? p->name : "");
	buf_adds(&b, "\">\n");
	buf_adds(&b, tail);
	out = arena_bytes(a, buf_bytes(&b));
	buf_fini(&b);
	return out;
}
