#!/usr/bin/env python3
"""doc/openapi.json says what api.fcgi serves: each route, and nothing else."""
import json
import re

from lint import files, read, run

DOCUMENT = "doc/openapi.json"
ROWS = "cgi-bin/api.c"
METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
SCOPES = {"GUARD_NONE": "none", "GUARD_OPEN": "none", "GUARD_READ": "read",
          "GUARD_COMMAND": "command", "GUARD_ADMIN": "admin"}
ROW = re.compile(r'\{\s*"(/[^"]*)",\s*([^{}]*?),\s*&(\w+)\s*\}')
TARGET = re.compile(
    r"(?:const struct web_target|WEB_API_TARGET\()\s*(\w+)\s*"
    r"(?:=\s*\{\s*(?:\.guard\s*=\s*)?|,\s*)(GUARD_\w+)")
QUERY = re.compile(r'web_api_(?:query|flag|u64)\(\s*call,\s*"([^"]+)"')


def document(root):
    return json.loads(read(root, DOCUMENT))


def methods_of(text, source):
    """Of a row: names as in the document; empty for any. Macros of the file
    may stand for several."""
    for name, value in re.findall(r"^#define (\w+) +(.+)$", source, re.M):
        text = re.sub(r"\b%s\b" % name, value, text)
    return sorted(m.lower() for m in re.findall(r"ROUTE_BIT\(HTTP_(\w+)\)", text))


def routes(root):
    """(pattern, methods, scope) of each row."""
    guards = {}
    for path in files(root, ["src/web"], ".c"):
        guards.update(TARGET.findall(read(root, path)))
    source = read(root, ROWS).replace("\\\n", " ")
    for pattern, methods, target in ROW.findall(source):
        yield pattern, methods_of(methods, source), SCOPES.get(
            guards.get(target), "of no guard: " + target)


def pattern_of(path, item):
    """The route that a path of the document stands for."""
    pattern = re.sub(r"\{[^}]*\}", "*", path)
    return pattern + "*" if item.get("x-mooring-rest") else pattern


def operations(root):
    """(path, method, operation, path item)"""
    for path, item in document(root)["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation, item


def written(root):
    """each call of api.c is in the document, with its methods and scope"""
    said = {}
    for path, method, operation, item in operations(root):
        where = said.setdefault(pattern_of(path, item), {})
        where[method] = operation.get("x-mooring-scope")
        where["any"] = item.get("x-mooring-any-method", False)
    found = 0
    for pattern, methods, scope in routes(root):
        found += 1
        if pattern not in said:
            yield "%s: not in %s" % (pattern, DOCUMENT)
            continue
        if not methods and not said[pattern]["any"]:
            yield "%s: takes any method, so x-mooring-any-method" % pattern
        for m in methods or [m for m in said[pattern] if m != "any"]:
            if m not in said[pattern]:
                yield "%s: %s is not in %s" % (pattern, m.upper(), DOCUMENT)
            elif said[pattern][m] != scope:
                yield "%s %s: scope %s in %s, %s by its guard" % (
                    m.upper(), pattern, said[pattern][m], DOCUMENT, scope)
    if found == 0:
        yield "%s: no rows found" % ROWS


def served(root):
    """each call of the document is in api.c"""
    rows = list(routes(root))
    for path, method, _, item in operations(root):
        pattern = pattern_of(path, item)
        if not any(pattern == p and (not m or method in m) for p, m, _ in rows):
            yield "%s %s: no such row in %s" % (method.upper(), path, ROWS)


def nodes(value, where="#"):
    yield where, value
    below = value.items() if isinstance(value, dict) else enumerate(value) \
        if isinstance(value, list) else ()
    for key, child in below:
        yield from nodes(child, "%s/%s" % (where, key))


def resolve(doc, ref):
    at = doc
    for part in ref[2:].split("/"):
        at = at[part.replace("~1", "/").replace("~0", "~")]
    return at


def refs(root):
    """each $ref leads somewhere"""
    doc = document(root)
    for where, value in nodes(doc):
        if not isinstance(value, dict) or "$ref" not in value:
            continue
        ref = value["$ref"]
        try:
            resolve(doc, ref)
        except (KeyError, IndexError, TypeError):
            yield "%s: %s leads nowhere" % (where, ref)


def parameters(doc, operation, item):
    for p in item.get("parameters", []) + operation.get("parameters", []):
        yield resolve(doc, p["$ref"]) if "$ref" in p else p


def complete(root):
    """each call has its id, scope, parameters, security and answers"""
    doc, ids = document(root), set()
    for path, method, op, item in operations(root):
        name = "%s %s" % (method.upper(), path)
        if not op.get("operationId") or op["operationId"] in ids:
            yield "%s: operationId is missing, or another's" % name
        ids.add(op.get("operationId"))
        if not op.get("summary") or not op.get("tags"):
            yield "%s: no summary, or no tags" % name
        scope = op.get("x-mooring-scope")
        if scope not in SCOPES.values():
            yield "%s: x-mooring-scope is %s" % (name, scope)
        if (scope == "none") != (op.get("security") == []):
            yield "%s: \"security\": [] goes with scope none" % name
        in_path = {p["name"] for p in parameters(doc, op, item)
                   if p["in"] == "path"}
        if in_path != set(re.findall(r"\{([^}]*)\}", path)):
            yield "%s: its path parameters are %s" % (name, sorted(in_path))
        codes = op.get("responses", {})
        if not any(c.startswith("2") for c in codes):
            yield "%s: no answer when all is well" % name
        for code in ("401", "403"):
            if scope != "none" and code not in codes:
                yield "%s: no answer %s" % (name, code)


def queries(root):
    """each query parameter that src/web reads is in the document"""
    doc = document(root)
    known = {p["name"] for _, _, op, item in operations(root)
             for p in parameters(doc, op, item) if p["in"] == "query"}
    rows = read(root, ROWS)
    for path in files(root, ["src/web"], ".c"):
        text = read(root, path)
        if path.name.startswith("web_api") or not any(
                "&" + name in rows for name, _ in TARGET.findall(text)):
            continue        # shared, or not served by api.fcgi
        for name in QUERY.findall(text):
            if name not in known:
                yield "%s: ?%s= is not in %s" % (path, name, DOCUMENT)


def layout(root):
    """the document is written as `python3 -m json.tool --tab` does"""
    text = read(root, DOCUMENT)
    wanted = json.dumps(json.loads(text), indent="\t", ensure_ascii=False)
    if text != wanted + "\n":
        yield "%s: write it anew: python3 -m json.tool --tab " \
            "--no-ensure-ascii" % DOCUMENT


if __name__ == "__main__":
    run(written, served, refs, complete, queries, layout)
