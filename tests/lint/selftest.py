#!/usr/bin/env python3
"""Each check finds what it is for: small trees that break one rule each."""
import json
import sys
import tempfile
from pathlib import Path

import docs
import layers
import openapi
import style

LAYERS = "base\ncodec http\nconf\nweb\n" + "".join(
    "door %s %s\n" % (name, "src/codec/pl" if name == "plist" else
                      "src/http/%s" % name) for name in layers.LIBRARIES)
GOOD_C = '/* What it is. */\n#include "codec/a.h"\n\n#include <stdio.h>\n'
GOOD_H = "#ifndef MOORING_CODEC_A_H\n#define MOORING_CODEC_A_H\n\n#endif\n"
KEYS = '/* Keys. */\n{ .name = "url", .help = "" },\n{ .name = "listen" },\n'
PAGE = ".It Ic url\ntext\n.It Ic listen\ntext\n"

ROWS = """#define GET ROUTE_BIT(HTTP_GET)
static const struct route routes[] = {
	{ "/v", GET, &web_v },
	{ "/things/*", GET | ROUTE_BIT(HTTP_PUT),
		&web_thing },
	{ "/all/**", 0, &web_all },
};
"""
WEB = """/* Web. */
#include "web/w.h"

const struct web_target web_v = { GUARD_NONE, v };
WEB_API_TARGET(web_thing, GUARD_READ, thing);
const struct web_target web_all = {
	.guard = GUARD_ADMIN, .handler = all };
static void v(void)
{
	web_api_query(call, "color");
}
"""


def operation(name, scope, *parameters, **more):
    codes = ["200"] + ["401", "403"] * (scope != "none")
    return {"operationId": name, "summary": "x", "tags": ["x"],
            "x-mooring-scope": scope, "parameters": list(parameters),
            "responses": dict.fromkeys(codes, {"description": "x"}),
            **({"security": []} if scope == "none" else {}), **more}


COLOR = {"name": "color", "in": "query"}
ID = {"name": "id", "in": "path"}
REST = {"$ref": "#/components/parameters/rest"}
PATHS = {
    "/v": {"get": operation("v", "none", COLOR)},
    "/things/{id}": {"parameters": [ID], "get": operation("get", "read"),
                     "put": operation("put", "read")},
    "/all/{rest}": {"x-mooring-rest": True, "x-mooring-any-method": True,
                    "put": operation("all", "admin", REST)},
}


def described(without=None, **more):
    """A tree whose document has these paths instead of some of PATHS."""
    paths = {**PATHS, **{"/" + k.replace("_", "/"): v
                         for k, v in more.items()}}
    paths.pop(without, None)
    return {"cgi-bin/api.c": ROWS, "src/web/w.c": WEB,
            "doc/openapi.json": json.dumps({
                "paths": paths, "components": {"parameters": {"rest": {
                    "name": "rest", "in": "path"}}}}, indent="\t") + "\n"}


# The check, the files of the tree on top of GOOD, and what the check must
# say; None: the tree is in order.
GOOD = {
    "src/LAYERS": LAYERS, "src/codec/a.c": GOOD_C, "src/codec/a.h": GOOD_H,
    "src/base/b.h": GOOD_H.replace("CODEC_A", "BASE_B"),
    "src/http/h.h": GOOD_H.replace("CODEC_A", "HTTP_H"),
    "src/web/w.h": GOOD_H.replace("CODEC_A", "WEB_W"),
    "src/local.mk": "x = src/codec/a.c src/codec/a.h \\\n\tsrc/base/b.h "
                    "src/http/h.h src/web/w.h\n",
    "cgi-bin/local.mk": "", "tests/local.mk": "", "man/local.mk":
    "dist_man_MANS += man/mooring.conf.5\n",
    "src/conf/conf_keys.c": KEYS, "man/mooring.conf.5": PAGE,
}


def body(n):
    return GOOD_C + "\nint f(void)\n{\n" + "\tg();\n" * n + "}\n"


def include(*what):
    return GOOD_C + "".join("#include %s\n" % w for w in what)


CASES = [
    (openapi.written, described(), None),
    (openapi.written, described(without="/v"), "/v: not in doc/openapi.json"),
    (openapi.written, described(v={"get": operation("v", "read")}),
     "GET /v: scope read in doc/openapi.json, none by its guard"),
    (openapi.written, described(v={"put": operation("v", "none")}),
     "/v: GET is not in"),
    (openapi.written, described(**{"all_{rest}": {
        "x-mooring-rest": True, "put": operation("all", "admin", REST)}}),
     "/all/**: takes any method"),
    (openapi.written, described(**{"all_{rest}": {
        **PATHS["/all/{rest}"], "put": operation("all", "read", REST)}}),
     "PUT /all/**: scope read"),
    (openapi.written, {**described(), "cgi-bin/api.c": ""}, "no rows found"),
    (openapi.served, described(), None),
    (openapi.served, described(w={"get": operation("w", "none")}),
     "GET /w: no such row"),
    (openapi.served, described(v={**PATHS["/v"],
                                  "post": operation("w", "none")}),
     "POST /v: no such row"),
    (openapi.served, described(**{"v_{id}": {
        "get": operation("w", "none", ID)}}), "GET /v/{id}: no such row"),
    (openapi.refs, described(), None),
    (openapi.refs, described(v={"$ref": "#/components/parameters/no"}),
     "#/components/parameters/no leads nowhere"),
    (openapi.complete, described(), None),
    (openapi.complete, described(v={"get": operation("put", "none")}),
     "operationId is missing, or another's"),
    (openapi.complete, described(v={"get": operation("v", "none", ID)}),
     "its path parameters are ['id']"),
    (openapi.complete, described(v={"get": operation("v", "some")}),
     "x-mooring-scope is some"),
    (openapi.complete, described(v={"get": operation("v", "none", summary="")}),
     "no summary"),
    (openapi.complete, described(v={"get": operation(
        "v", "none", responses={"404": {}})}), "no answer when all is well"),
    (openapi.complete, described(v={"get": operation(
        "v", "read", responses={"200": {}})}), "no answer 401"),
    (openapi.complete, described(v={"get": operation(
        "v", "read", security=[])}), '"security": [] goes with scope none'),
    (openapi.queries, described(), None),
    (openapi.queries, described(v={"get": operation("v", "none")}),
     "src/web/w.c: ?color= is not in"),
    (openapi.layout, described(), None),
    (openapi.layout, {"doc/openapi.json": '{"a": 1}\n'}, "write it anew"),
    (layers.folders, {"src/codec/a.c": include('"base/b.h"', '"codec/a.h"')}, None),
    (layers.folders, {"src/web/w.c": include('"http/h.h"')}, None),
    (layers.folders, {"src/base/b.c": include()}, "base may not include codec"),
    (layers.folders, {"src/codec/a.c": include('"http/h.h"')},
     "codec may not include http"),
    (layers.folders, {"src/codec/a.c": include('"web/w.h"')},
     "codec may not include web"),
    (layers.folders, {"src/new/n.h": ""}, "folder new has no layer"),
    (layers.folders, {"src/n.h": ""}, "lies in no folder"),
    (layers.folders, {"src/codec/a.c": include('"a.h"')}, "not below src/"),
    (layers.folders, {"src/codec/a.c": include() + '/* x\n#include "web/w.h"\n*/\n'},
     None),
    (layers.doors, {"src/codec/pl_x.c": include("<plist/plist.h>")}, None),
    (layers.doors, {"src/codec/a.c": include("<plist/plist.h>")},
     "a.c:5: <plist/plist.h> is for src/codec/pl alone"),
    (layers.doors, {"cgi-bin/m.c": include("<lmdb.h>")}, "<lmdb.h> is for"),
    (layers.doors, {"src/codec/a.c": include("<zlib.h>")},
     "<zlib.h> belongs to no door"),
    (layers.doors, {"src/codec/a.c": include("<sys/stat.h>", "<pthread.h>")}, None),
    (layers.doors, {"src/codec/pl_x.h": "#include <plist/plist.h>\n",
                    "src/codec/pl_x.c": include('"codec/pl_x.h"')}, None),
    (layers.doors, {"src/codec/pl_x.h": "#include <plist/plist.h>\n",
                    "src/codec/a.c": include('"codec/pl_x.h"')},
     '"codec/pl_x.h" brings plist along'),
    (layers.doors, {"src/LAYERS": LAYERS.replace("door lmdb", "door zlib")},
     "door zlib"),
    (style.lines, {"src/codec/a.c": GOOD_C + "\t" * 12 + "abcd\n"}, None),
    (style.lines, {"src/codec/a.c": GOOD_C + "\t" * 12 + "abcde\n"},
     "a.c:5: more than 100 columns"),
    (style.lines, {"tests/t.c": "x" * 101 + "\n"}, "more than 100 columns"),
    (style.lines, {"src/codec/a.c": GOOD_C + "int x; \n"}, "blanks at the end"),
    (style.lines, {"src/codec/a.c": GOOD_C + "int x;\r\n"}, "blanks at the end"),
    (style.lines, {"src/codec/a.c": GOOD_C + "    int x;\n"}, "indented with blanks"),
    (style.lines, {"src/codec/a.c": GOOD_C + "\t        int x;\n"},
     "indented with blanks"),
    (style.lines, {"src/codec/a.c": GOOD_C + "\tif (a &&\n\t    b)\n"}, None),
    (style.lines, {"src/codec/a.c": GOOD_C + "\t/* a\n\t * b */\n"}, None),
    (style.lines, {"src/codec/a.c": GOOD_C + "int x;"}, "no newline"),
    (style.lengths, {"src/codec/a.c": body(58)}, None),
    (style.lengths, {"src/codec/a.c": body(59)}, "a.c:7: function of 61 lines"),
    (style.lengths, {"src/codec/a.c": "static int t[] = {\n" + "\t1,\n" * 99 + "};\n"},
     None),
    (style.lengths, {"src/codec/a.c": "\n" * 500}, None),
    (style.lengths, {"src/codec/a.c": "\n" * 501}, "a.c: 501 lines"),
    (style.headers, {"src/codec/x.c": "/* No header. */\n#include <stdio.h>\n"}, None),
    (style.headers, {"src/codec/a.c": "/* x */\n#include <stdio.h>\n" + GOOD_C},
     "its own header comes first"),
    (style.headers, {"src/codec/a.c": "/* x */\n"}, "its own header comes first"),
    (style.headers, {"src/codec/a.c": GOOD_C[16:]}, "does not start with"),
    (style.headers, {"src/codec/a.h": "#pragma once\n"}, "guard is not"),
    (style.headers, {"src/codec/a.h": GOOD_H.replace("CODEC_", "")},
     "guard is not MOORING_CODEC_A_H"),
    (style.headers, {"src/codec/a.h": GOOD_H + "int x;\n"}, "guard is not"),
    (style.calls, {"src/codec/a.c": GOOD_C + "\tmy_strcpy(); p->system(1);\n"
                   "/* strcpy() */ x = \"gets(\";\n"}, None),
    (style.calls, {"src/codec/a.c": GOOD_C + "\tstrcpy (a, b);\n"}, "a.c:5: strcpy()"),
    (style.calls, {"cgi-bin/m.c": GOOD_C + "\tx = atoi(y);\n"}, "m.c:5: atoi()"),
    (style.clocks, {"src/codec/a.c": GOOD_C + "\tn = clk_now();\n"}, "clk_now()"),
    (style.clocks, {"src/codec/a.c": GOOD_C + "\tn = time(NULL);\n"}, "time()"),
    (style.clocks, {"src/web/w.c": GOOD_C + "\tn = clk_now();\n",
                    "src/codec/a.c": GOOD_C + "\tcheck_time(x);\n"}, None),
    (style.notes, {"src/codec/a.c": GOOD_C + "/* TO" "DO: x */\n"}, "a.c:5: TO" "DO"),
    (style.notes, {"tests/x.py": "# X" "XX\n"}, "x.py:1: X" "XX"),
    (style.notes, {"tests/t.c": 'mkdtemp("/tmp/a.XXXXXX");\n'}, None),
    (docs.keys, {}, None),
    (docs.keys, {"man/mooring.conf.5": PAGE.replace("listen", "other")},
     "listen: 0 paragraphs"),
    (docs.keys, {"man/mooring.conf.5": PAGE.replace("listen", "other")},
     "other: 0 rows"),
    (docs.keys, {"man/mooring.conf.5": PAGE + PAGE}, "url: 2 paragraphs"),
    (docs.keys, {"src/conf/conf_keys.c": ""}, "no .name"),
    (docs.references, {"src/a/a.h": "/* See notes.md. */"}, "there is no notes.md"),
    (docs.references, {"src/a/a.h": "/* See notes.md. */", "notes.md": ""}, None),
    (docs.sources, {"src/conf/conf_keys.c": KEYS}, "conf_keys.c: not in src/local.mk"),
    (docs.sources, {"src/codec/z.h": ""}, "src/codec/z.h: not in src/local.mk"),
    (docs.sources, {"src/local.mk": "# src/codec/a.c\n"}, "src/codec/a.c: not in"),
    (docs.sources, {"tests/unit/test_a.c": ""}, "test_a.c: not in tests/local.mk"),
    (docs.sources, {"tests/fuzz/fuzz_a.c": ""}, "fuzz_a.c: not in tests/local.mk"),
    (docs.tests, {"tests/unit/test_a.c": "static void a(void **state)\n{\n}\n"},
     "test_a.c: a is never run"),
    (docs.tests, {"tests/unit/test_a.c": "static void a(void **state)\n{\n}\nT(a)\n"},
     None),
    (docs.pages, {}, None),
    (docs.pages, {"man/mooring.7": ""}, "man/mooring.7: not in man/local.mk"),
    (docs.units, {"cgi-bin/x.c": ".pushes = false,\n"}, None),
    (docs.units, {"cgi-bin/x.c": ".pushes = true,\n",
                  "systemd/mooring-x.service.in": "# PrivateNetwork=yes\n"
                  "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\n"}, None),
    (docs.units, {"cgi-bin/x.c": ".pushes = true,\n"}, "cannot reach Apple"),
    (docs.units, {"cgi-bin/x.c": ".pushes = true,\n",
                  "systemd/mooring-x.service.in": "PrivateNetwork=yes\n"
                  "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\n"},
     "cannot reach Apple"),
]


def problems(check, changed):
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for path, text in {**GOOD, **changed}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(text.encode())
        return list(check(root))


def main():
    print("1..%d" % len(CASES))
    failed = 0
    for number, (check, changed, want) in enumerate(CASES, 1):
        said = problems(check, changed)
        good = not said if want is None else any(want in line for line in said)
        failed += not good
        print("%sok %d - %s.%s: %s" % ("" if good else "not ", number,
              check.__module__, check.__name__, want or "in order"))
        for line in [] if good else said:
            print("# " + line)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
