"""Bad input to each call of the admin API that doc/openapi.json knows, so
that a new call is tried as soon as it is written down: whatever comes is
answered as documented, changes nothing, and leaves the workers alive.
(Authorization headers: test_api_auth.py.)"""

import json
import socket
import ssl

import pytest

import api
import device
import openapi
import pki
import plists
import processes

pytestmark = pytest.mark.flavours(*api.FLAVOURS)

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
LESSER = {"read": (), "command": ("read",), "admin": ("read", "command")}
# One that names nothing, for each parameter of a path.
NOTHING = {"seq": "999999999", "kind": "serial", "uuid": plists.new_uuid()}
MAX_BODY = 1 << 20


def operations():
    """(method, path, operation) of each documented call that needs a
    token."""
    for path, item in openapi.DOCUMENT["paths"].items():
        for method, op in item.items():
            if method.upper() in METHODS and op["x-mooring-scope"] != "none":
                yield method.upper(), path, op


def target(path, **names):
    """A path with something in the place of its parameters."""
    for part in path.split("/"):
        if part.startswith("{"):
            name = part[1:-1]
            path = path.replace(part, names.get(
                name, names.get("any", NOTHING.get(name, "nothing-of-this"))))
    return path


def takes_json(op):
    return "application/json" in op.get("requestBody", {}).get("content", {})


def is_too_long(server, url, r):
    """A web server's own refusal of a long URL: mod_fcgid can hand over no
    variable of more than about 16 kB, and says 500."""
    if server.flavour == "apache-fcgid" and len(url) > 8000 and \
            r.status == 500:
        return r.headers["Content-Type"].startswith("text/html")
    return len(url) > 8000 and r.status in (400, 414, 431)


class Faults(list):
    """All of them at once: what a loop over many calls found."""

    def check(self, good, *what):
        if not good:
            self.append(" ".join(map(str, what)))

    def end(self):
        assert not self, "\n".join(self)


@pytest.fixture
def server(pool, flavour):
    return pool.get(flavour, max_body=MAX_BODY)


@pytest.fixture
def admin(server):
    return api.Api(server)


@pytest.fixture(autouse=True)
def alive(server):
    """The same workers before and after, and none of our own bugs."""
    before = server.workers("api.fcgi")
    yield
    if server.flavour in ("lighttpd", "lighttpd-socket", "apache"):
        assert before and server.workers("api.fcgi") == before
    api.Api(server, "").get("/version").ok()
    assert not server.find_log("kind=internal")
    assert not server.find_log("Sanitizer")


def state(server):
    """What bad input may not change."""
    return (server.ctl.json("enrollments", "list", "--all"),
            server.ctl.json("tokens", "list")["tokens"],
            server.ctl.json("webhooks", "list"),
            server.ctl.json("enrollments", "allow", "--list"),
            [r["seq"] for r in server.ctl.json("audit", "--all")["audit"]])


def without_use(s):
    for t in s[1]:
        t.pop("last_used", None)
    for e in s[0]["enrollments"]:
        e.pop("last_seen", None)
    return s


@pytest.fixture
def unchanged(server):
    before = without_use(state(server))
    yield
    assert without_use(state(server)) == before


# ---- methods ----

def test_wrong_methods(server, admin, unchanged):
    """405 with what there is instead, in the words of RFC 9110."""
    faults = Faults()
    for path, item in openapi.DOCUMENT["paths"].items():
        if item.get("x-mooring-any-method"):
            continue
        has = {m.upper() for m in item if m.upper() in METHODS}
        # What another row takes at a path of the same form.
        for method in (*METHODS, "OPTIONS", "BREW", "get"):
            if method in has or openapi.operation(
                    method, target(path)) is not None:
                continue
            r = admin.request(method, target(path), check=False)
            # A web server may refuse a method itself.
            if method in ("OPTIONS", "BREW", "get") and r.status in (
                    400, 405, 501):
                continue
            faults.check(r.status == 405, method, path, r)
            allow = {m.strip() for m in r.headers.get("Allow", "").split(",")}
            faults.check(allow >= has, method, path, allow, has)
    faults.end()


# ---- tokens ----

def test_each_call_needs_its_scope(server, unchanged_but_tokens):
    """401 without a good token, 403 with a lesser one; nothing is done."""
    faults = Faults()
    name, revoked = api.new_token(server, "admin")
    server.ctl.run("tokens", "revoke", name)
    lesser = {s: api.new_token(server, s) for s in ("read", "command")}
    _, expired = api.new_token(server, "admin", "--expires", "+1s")
    for _ in processes.deadline(10, "the end of a token"):
        if api.Api(server, expired).get("/v1/tokens").status == 401:
            break
    for method, path, op in operations():
        body = b"{}" if op.get("requestBody") else None
        for token in ("", revoked, expired, "wrong"):
            r = api.Api(server, token).request(method, target(path), body)
            faults.check((r.status, r.body) == (401, b"Unauthorized\n"),
                         method, path, r)
        for scope in LESSER[op["x-mooring-scope"]]:
            holder, token = lesser[scope]
            r = api.Api(server, token).request(method, target(path), body)
            faults.check(
                r.status == 403 and r.error ==
                "token %s has scope %s; this needs %s" % (
                    holder, scope, op["x-mooring-scope"]), method, path, r)
    faults.end()


@pytest.fixture
def unchanged_but_tokens(server):
    before = without_use(state(server))
    yield
    after = without_use(state(server))
    assert (after[0], after[2:4]) == (before[0], before[2:4])


# ---- JSON ----

BAD_JSON = {
    "empty": b"", "blank": b"  ", "cut": b'{"a":', "cut string": b'{"a":"b',
    "two": b"{}{}", "junk": b"hello", "plist": b"<plist/>",
    "array": b"[]", "string": b'"x"', "number": b"5", "null": b"null",
    "true": b"true", "NUL": b'{"a":"\0"}', "NULs": b"\0" * 1000,
    "NUL key": b'{"\\u0000":1}', "half a pair": b'{"a":"\\ud800"}',
    "latin-1": b'{"a":"\xe9"}', "overlong": b'{"a":"\xc0\x80"}',
    "byte order mark": b"\xef\xbb\xbf{}", "UTF-16": "{}".encode("utf-16"),
    "comment": b"{}//x", "single quotes": b"{'a':1}",
    "trailing comma": b'{"a":1,}', "NaN": b'{"a":NaN}',
    "huge exponent": b'{"a":1e999999}', "huge integer": b'{"a":' + b"9" * 400
    + b"}", "twice": b'{"a":1,"a":2}',
    "deep arrays": b"[" * 200000 + b"]" * 200000,
    "deep objects": b'{"a":' * 100000 + b"1" + b"}" * 100000,
    "deep and open": b'{"a":[' * 100000,
    "many keys": b"{" + b",".join(b'"k%d":1' % n for n in range(50000))
    + b"}",
    "unknown key": b'{"no_such_key_of_ours":1}',
    "unknown key, hostile": json.dumps({"\n\x1b[31m\u2028evil" * 30: 1}
                                       ).encode(),
}


# What these make needs no word.
NEW_OF_NOTHING = ("/v1/challenges", "/v1/invites", "/v1/profile")


def test_bad_json(server, admin, unchanged):
    """400 with one line; a call that can do without a body takes none."""
    faults = Faults()
    for method, path, op in operations():
        if not takes_json(op):
            continue
        optional = not op["requestBody"].get("required")
        for what, body in BAD_JSON.items():
            if path in NEW_OF_NOTHING and what == "empty":
                continue
            r = admin.request(method, target(path), body, check=False)
            if optional and what == "empty":
                faults.check(r.status in (200, 404), method, path, what, r)
                continue
            # One that names nothing may say so first.
            wanted = (400, 404) if "{" in path else (400,)
            faults.check(r.status in wanted and len(
                r.error.splitlines()) == 1, method, path, what, r)
    faults.end()


GOOD = {
    "/v1/tokens": {"name": "x", "scope": "read", "expires": "+1d"},
    "/v1/allowlist": {"serials": ["S"], "udids": ["U"]},
    "/v1/webhooks": {"name": "x", "url": "https://example.com/",
                     "topics": ["mdm.*"], "idle": True, "paused": True,
                     "key": "k"},
    "/v1/commands": {"ids": ["nobody"], "command": {
        "RequestType": "ProfileList"}, "priority": 1, "dedupe_key": "k"},
    "/v1/enrollments/query": {"filter": {
        "ids": ["a"], "serials": ["b"], "types": ["Device"],
        "user_short_names": ["c"], "enabled": True},
        "options": {"include_device_cert": True}},
}
WRONG = (0, -1, 1.5, 1e300, 2 ** 63, -2 ** 70, "", "x" * 5000, "\x00", "\n",
         True, None, [], [[]], [None], [5], {}, {"a": 1}, ["x"] * 3000)


def spots(value, at=()):
    """Each place in it: what stands there may be something else."""
    if at:
        yield at
    inside = value.items() if isinstance(value, dict) else enumerate(
        value) if isinstance(value, list) else ()
    for key, child in inside:
        yield from spots(child, (*at, key))


def replaced(value, at, new):
    if not at:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = replaced(value[at[0]], at[1:], new)
    return copy


def fits(schema, value):
    """By the document, in that place of a body."""
    return openapi.jsonschema.Draft202012Validator(
        schema, resolver=openapi.jsonschema.RefResolver(
            "", openapi.DOCUMENT)).is_valid(value)


def test_wrong_types(server, admin, unchanged_but_access):
    """Each value of a good body replaced by each wrong one: what the document
    does not allow is 400; what it allows is never our fault."""
    faults = Faults()
    for path, good in GOOD.items():
        op = openapi.operation("POST", path)
        if op is None:
            continue
        schema = op["requestBody"]["content"]["application/json"]["schema"]
        assert fits(schema, good), path
        for at in spots(good):
            for wrong in WRONG:
                body = replaced(good, at, wrong)
                # 1.0 is an integer to JSON Schema and null is often taken
                # for absent: only what is plainly of another type.
                r = admin.request("POST", path, body, check=False)
                if not fits(schema, body) and wrong is not None:
                    faults.check(400 <= r.status < 500, path, at,
                                 repr(wrong)[:60], r)
                faults.check(r.status < 500 or path == "/v1/commands",
                             path, at, repr(wrong)[:60], r)
    faults.end()


@pytest.fixture
def unchanged_but_access(server):
    """What the document allows is done, and taken back."""
    before = without_use(state(server))
    yield
    a = api.Api(server)
    for item in server.ctl.json("webhooks", "list")["webhooks"]:
        a.delete("/v1/webhooks/@%d" % item["number"]).ok(204)
    for item in server.ctl.json("enrollments", "allow", "--list")["allowed"]:
        a.delete("/v1/allowlist/%s/%s" % (
            item["kind"], api.quote(item["value"]))).ok(204)
    for item in server.ctl.json("tokens", "list")["tokens"]:
        if item["made_by"] == "token:admin" and item["state"] == "active":
            server.ctl.run("tokens", "revoke", "@%d" % item["number"])
    after = without_use(state(server))
    assert (after[0], after[2:4]) == (before[0], before[2:4])


# ---- bodies that are large, cut, or chunked ----

def test_huge_bodies(server, admin, unchanged):
    """413 of ours, or what a web server says; never a success."""
    faults = Faults()
    for method, path, op in operations():
        if not op.get("requestBody"):
            continue
        for size in (MAX_BODY + 1, 4 * MAX_BODY):
            try:
                r = admin.request(method, target(path), b" " * size,
                                  check=False)
            except (OSError, ssl.SSLError):
                continue    # it need not read to the end
            faults.check(r.status in (413, 500), method, path, size, r)
            if r.status == 413 and r.headers["Content-Type"] == \
                    "application/json":
                faults.check("larger than" in r.error, method, path, r)
                faults.check("413" in op["responses"], "not documented",
                             method, path)
    faults.end()


def raw(server, text, body=b"", cut=False):
    """A request in bytes, with the operator's token; the reply, or None when
    the server closed without one."""
    head = text.replace("\n", "\r\n").format(
        token=api.admin_token(server)).encode()
    return device.raw_exchange(server, head + b"\r\n\r\n" + body,
                               close_write=cut, port=server.admin_port)


HEAD = ("{method} {path} HTTP/1.1\nHost: localhost\nConnection: close\n"
        "Authorization: Bearer {{token}}\n")
BODY = b'{"name":"raw","url":"https://example.com/","webhook":"raw"}'


def head(method, path, *more):
    return HEAD.format(method=method, path=path) + "\n".join(more)


def test_cut_bodies(server, unchanged):
    """A body that ends before it should changes nothing, whether the part
    that came could stand alone or not."""
    faults = Faults()
    for method, path, op in operations():
        if not op.get("requestBody"):
            continue
        for body in (b"", BODY):
            r = raw(server, head(method, target(path), "Content-Length: %d"
                                 % (len(BODY) + 10)), body, cut=True)
            faults.check(r is None or r.status >= 400, method, path, r)
        for body in (b"", b"5\r\n{\"nam", b"%x\r\n%s\r\n" % (len(BODY), BODY)):
            r = raw(server, head(method, target(path),
                                 "Transfer-Encoding: chunked"), body, cut=True)
            faults.check(r is None or r.status >= 400, method, path, body, r)
    faults.end()


@pytest.mark.parametrize("more, body", [
    (("Content-Length: 5", "Content-Length: 6"), b"{}   "),
    (("Content-Length: -1",), b""), (("Content-Length: x",), b""),
    (("Content-Length: 99999999999999999999999",), b""),
    (("Content-Length: 2", "Transfer-Encoding: chunked"), b"0\r\n\r\n"),
    (("Transfer-Encoding: gzip, chunked",), b"0\r\n\r\n"),
    (("Transfer-Encoding: chunked",), b"zz\r\n{}\r\n0\r\n\r\n"),
    (("Transfer-Encoding: chunked",), b"ffffffffffffffff1\r\n{}\r\n"),
    (("Expect: a-miracle", "Content-Length: 2"), b"{}"),
], ids=repr)
def test_odd_framing(server, unchanged, more, body):
    r = raw(server, head("POST", "/v1/tokens", *more), body, cut=True)
    assert r is None or r.status >= 400, r


def test_chunked_bodies_work(server, admin):
    """Also in many small pieces."""
    body = json.dumps({"name": "chunked"}).encode()
    for size in (1, 7, len(body)):
        pieces = [body[n:n + size] for n in range(0, len(body), size)]
        r = raw(server, head("POST", "/v1/tokens",
                             "Transfer-Encoding: chunked"),
                b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces)
                + b"0\r\n\r\n")
        assert r is not None and r.status == 201, r
        admin.delete("/v1/tokens/chunked").ok(204)


@pytest.mark.parametrize("path", [
    p for p in openapi.DOCUMENT["paths"] if p.startswith("/v1/enqueue/")])
def test_push_only_by_its_own_word(server, path):
    """An empty body enqueues nothing and pushes only when the client said
    Content-Length: 0; one that was lost on the way is an error."""
    d = server.enrolled(how=server.how)
    path = target(path, any=api.quote(d.id))
    r = raw(server, head("PUT", path, "Content-Length: 0"))
    assert "push_error" in r.text or "push_result" in r.text, r
    for more, body in ((("Transfer-Encoding: chunked",), b"0\r\n\r\n"),
                       ((), b"")):
        r = raw(server, head("PUT", path, *more), body)
        # Apache and lighttpd may say Content-Length: 0 for a chunked body
        # that they have read to its end, and it was empty.
        assert r is not None, more
        assert r.status == 500 or "push_" in r.text, r
    for more in (("Content-Length: 400",), ("Transfer-Encoding: chunked",)):
        r = raw(server, head("PUT", path, *more), b"", cut=True)
        assert r is None or r.status >= 400, r
        assert r is None or "push_result" not in r.text, r
    assert not server.ctl.queue(d.id)


# ---- paths ----

ODD_IDS = (
    "nobody", "%", "%2", "%zz", "%00", "a%00b", "%2F", "a%2Fb", "%2e%2e",
    "..", ".", "%2E", "%2e%2e%2f%2e%2e", ",", "a,", ",a", "a,,b", "%2C",
    "a%2Cb", "@", "@0", "@-1", "@1x", "@99999999999999999999999999",
    "@18446744073709551615", "%ff%fe", "%c3%28", "%E2%80%A8", "%0a",
    "a%0d%0aX: y", "a%20b", "+", "%25", "%2525", "~", "'", "%22", "%3Cb%3E",
    "%F0%9F%92%A5", "x" * 4096, "x" * 20000, "%61" * 3000, ",".join("ab" * 40),
    ":", "a:b", ":a", "a:", ";", "a;b", "a=b", "*", "**", "%5C..%5C", "[]",
)


def test_odd_ids(server, admin, unchanged):
    """Nothing has such an id: each is refused with one line of JSON, by the
    call itself or, where the web server does it, without any."""
    faults = Faults()
    for method, path, op in operations():
        if "{" not in path:
            continue
        for odd in ODD_IDS:
            body = b"{}" if op.get("requestBody") else None
            url = target(path, any=odd).replace(" ", "%20")
            try:
                r = admin.request(method, url, body, check=False)
            except (OSError, ssl.SSLError):
                continue        # an URL of 20 kB
            # 500 is what NanoMDM says when all ids failed.
            documented = {int(s) for s in op["responses"] if s != "default"}
            faults.check(r.status in {400, 404, 405, *documented}
                         and r.status >= 400 or is_list(path, op, r)
                         or is_too_long(server, url, r),
                         method, path, odd[:40], r)
            if r.headers.get("Content-Type") == "application/json":
                r.json          # it is
    faults.end()


def is_list(path, op, r):
    """A search that found nothing is no error."""
    return r.status == 200 and not any(
        r.json.get(k) for k in r.json if k != "next_cursor")


ODD_PATHS = (
    "//v1/tokens", "/v1//tokens", "/v1/tokens/", "/v1/tokens//", "/v1",
    "/v1/", "/", "//", "/v1/./tokens", "/v1/../v1/tokens", "/./v1/tokens",
    "/v1/x/../tokens", "/v1/%2e%2e/v1/tokens", "/v1%2Ftokens",
    "/v1/tokens%2F", "/v1/tokens%00", "/v1/tokens%00.html", "/V1/tokens",
    "/v1/Tokens", "/v1/%74okens", "/v1/tokens;x", "/v1/tokens;/..",
    "/v1/tokens/..;/audit", "/v1/tokens.json", "/v1/tokens%20", "/v1/token",
    "/v1/tokensx", "/v1\\tokens", "/v1/tokens%3Flimit=1", "/version/",
    "/version/../v1/tokens", "/version%2f..%2fv1%2ftokens",
    "/version;/../v1/tokens", "/cgi-bin/api.fcgi", "/api.fcgi",
    "/api.fcgi/v1/tokens", "/mdm", "/checkin", "/.htaccess",
    "/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/v1/tokens/a/b",
    "/v1/enrollments/a/b/c/d/e/f/g/h/i/j", "/" + "a/" * 3000, "/%", "/%zz",
    "/v1/%", "*",
)


def test_odd_paths(server, unchanged):
    """The raw path is matched by whole segments: a path that is not written
    like a call is none. Without a token nothing at all is told."""
    faults = Faults()
    for path in ODD_PATHS:
        r = raw(server, head("GET", path))
        # A web server may make "/v1/tokens" of it first, and then it is one.
        told = r is not None and r.status == 200
        faults.check(not told, path, r)
        r = device.raw_exchange(
            server, b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: "
            b"close\r\n\r\n" % path.encode(), port=server.admin_port)
        faults.check(r is None or r.status >= 400, path, r)
        faults.check(r is None or b"root:" not in r.body, path, r)
    faults.end()


def test_odd_request_lines(server, unchanged):
    """The absolute form is the same call; what is no HTTP is not answered as
    if it were."""
    for form in ("https://localhost/v1/tokens", "http://x/v1/tokens"):
        r = raw(server, head("GET", form))
        assert r is None or r.status in (200, 400, 404, 421), r
        r = device.raw_exchange(
            server, b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: "
            b"close\r\n\r\n" % form.encode(), port=server.admin_port)
        assert r is None or r.status in (400, 401, 404, 421), r
    for line in ("GET /v1/tokens", "GET", "", "GET /v1/tokens HTTP/9.9",
                 "\x16\x03\x01\x02", "GET /v1/to kens HTTP/1.1",
                 "GET\t/v1/tokens\tHTTP/1.1", "A" * 100000):
        r = raw(server, line + "\nHost: localhost\nConnection: close\n"
                "Authorization: Bearer {token}", cut=True)
        assert r is None or r.status >= 400, (line[:40], r)


BAD_QUERIES = ("limit=0", "limit=-1", "limit=x", "limit=1001", "limit=1e3",
               "limit=", "limit=99999999999999999999", "limit=%zz", "limit=%00",
               "cursor=x", "cursor=%zz", "cursor=0", "cursor=" + "ab" * 400,
               "cursor=%00", "limit=1&limit=%", "x=%zz", "%zz=1",
               "limit=+5", "limit=5%20")


def test_bad_queries(server, admin):
    """On each list: 400 that names what is wrong."""
    faults = Faults()
    for method, path, op in operations():
        names = {openapi.resolve(p)["name"]
                 for p in op.get("parameters", [])}
        if method != "GET" or not {"limit", "cursor"} <= names:
            continue
        for query in BAD_QUERIES:
            r = admin.get(target(path) + "?" + query, check=False)
            faults.check(r.status in ((400, 404) if "{" in path else (400,)),
                         path, query[:40], r)
        url = target(path) + "?" + "&".join(["a=b"] * 10000)
        r = admin.get(url, check=False)
        faults.check(r.status in (200, 404) or is_too_long(server, url, r),
                     path, r)
    faults.end()


# ---- many at once ----

def test_slow_callers_hold_nobody_up(server, admin):
    """Connections that send half a request, with no token in it, while others
    are answered."""
    context = pki.tls_context(server.root_file)
    held = []
    try:
        for n in range(40):
            s = context.wrap_socket(
                socket.create_connection(("127.0.0.1", server.admin_port), 60),
                server_hostname="localhost")
            s.sendall(b"POST /v1/tokens HTTP/1.1\r\nHost: localhost\r\n"
                      + (b"Content-Length: 100\r\n\r\n{" if n % 2 else b""))
            held.append(s)
        for _ in range(5):
            admin.get("/v1/tokens").ok()
    finally:
        for s in held:
            s.close()
