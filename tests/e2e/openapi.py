"""doc/openapi.json as a judge of replies: jsonschema, none of our code."""

import json
import os
import re
import urllib.parse

import jsonschema

SOURCE = os.path.join(os.path.dirname(__file__), "..", "..")
METHODS = ("get", "put", "post", "delete", "patch")


def load():
    with open(os.path.join(SOURCE, "doc", "openapi.json")) as f:
        return json.load(f)


DOCUMENT = load()


def resolve(value):
    while "$ref" in value:
        at = DOCUMENT
        for part in value["$ref"][2:].split("/"):
            at = at[part]
        value = at
    return value


def pattern(path, item):
    last = ".+" if item.get("x-mooring-rest") else "[^/]+"
    return re.sub(r"\\\{[^}]*\\\}(?=$)", last,
                  re.sub(r"\\\{[^}]*\\\}(?!$)", "[^/]+", re.escape(path)))


def operation(method, target):
    """The operation that a request is, or None."""
    path = urllib.parse.urlsplit(target).path
    # Literal segments win, as in the routes.
    for template in sorted(DOCUMENT["paths"], key=lambda p: p.count("{")):
        item = DOCUMENT["paths"][template]
        if re.fullmatch(pattern(template, item), path) and \
                method.lower() in item:
            return item[method.lower()]
    return None


def check(method, target, status, headers, body):
    """The reply is one that the document foretells."""
    op = operation(method, target)
    if op is None:
        return      # no call of ours: the test knows what it expects
    where = "%s %s: %d" % (method, target, status)
    assert str(status) in op["responses"], (where, sorted(op["responses"]),
                                            body[:300])
    answer = resolve(op["responses"][str(status)])
    for name, header in answer.get("headers", {}).items():
        assert name in headers, (where, name)
    content = answer.get("content")
    if not content:
        assert body == b"", (where, body[:300])
        return
    kind = headers.get("Content-Type", "").partition(";")[0]
    assert kind in content, (where, kind, sorted(content))
    if kind == "application/json":
        schema = content[kind]["schema"]
        jsonschema.Draft202012Validator(
            schema, resolver=jsonschema.RefResolver("", DOCUMENT)
        ).validate(json.loads(body))


def parameters(path, method):
    item = next(i for p, i in DOCUMENT["paths"].items()
                if method in i and re.fullmatch(pattern(p, i), path))
    return [resolve(p) for p in item.get("parameters", []) +
            item[method].get("parameters", [])]


def gets():
    """(path, operation) of each documented GET."""
    for path, item in DOCUMENT["paths"].items():
        if "get" in item:
            yield path, item["get"]
