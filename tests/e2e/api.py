"""The admin API, as a tool of the operator's calls it: http.client and ssl.
Each reply of a documented call is held against doc/openapi.json."""

import base64
import http.client
import itertools
import json
import ssl
import urllib.parse

import openapi

# Plain CGI behind an .htaccess has no admin listener.
FLAVOURS = ("lighttpd", "lighttpd-socket", "lighttpd-cgi", "apache",
            "apache-fcgid")
SCOPES = ("read", "command", "admin")
numbers = itertools.count(1)


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json["error"]

    def __repr__(self):
        return "<%d %s %r>" % (self.status, self.headers.get("Content-Type"),
                               self.body[:300])

    def ok(self, status=200):
        assert self.status == status, self
        return self

    def refused(self, status, *words):
        """{"error":"…"} that holds the words."""
        assert self.status == status, self
        assert list(self.json) == ["error"], self
        assert self.headers["Content-Type"] == "application/json", self
        assert self.error and len(self.error.splitlines()) == 1, self
        for word in words:
            assert word in self.error, (word, self)
        return self

    def unauthorized(self):
        """The same whatever was wrong, as NanoMDM answers it."""
        assert (self.status, self.body) == (401, b"Unauthorized\n"), self
        assert self.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert self.headers.get_all("WWW-Authenticate") == [
            'Basic realm="mooring"'], self
        return self

    def throttled(self):
        """Refused until some seconds have passed; how many."""
        self.refused(429)
        wait = int(self.headers["Retry-After"])
        assert 1 <= wait <= 60, self
        return wait


def quote(text):
    """One segment of a path."""
    return urllib.parse.quote(text, safe="")


def basic_of(password, user="nanomdm"):
    if isinstance(password, str):
        password = password.encode()
    return "Basic " + base64.b64encode(
        user.encode() + b":" + password).decode()


def bearer(token):
    return "Bearer " + token


def admin_token(server):
    """What init left for the operator."""
    with open(server.path("secrets", "admin.token")) as f:
        return f.read().strip()


def new_token(server, scope="read", *options, name=None):
    """(name, text) of one made with mooringctl; stdout is the text alone."""
    name = name or "t%d" % next(numbers)
    r = server.ctl.run("tokens", "new", name, "--scope", scope, *options)
    return name, r.stdout.decode().strip()


def new_address():
    """One of this machine's that no other caller uses: the failures of one
    test are not to slow another."""
    n = next(numbers)
    return "127.77.%d.%d" % (n // 250, n % 250 + 1)


class Api:
    """A caller, from an address of its own. token: None for the first one of
    the data directory, "" for none."""

    def __init__(self, server, token=None, basic=None, source=None):
        self.server = server
        self.address = source or new_address()
        if token is None:
            token = admin_token(server)
        self.headers = {}
        if basic:
            self.headers["Authorization"] = basic_of(token, basic)
        elif token:
            self.headers["Authorization"] = bearer(token)
        self.context = ssl.create_default_context(cafile=server.root_file)

    def request(self, method, target, body=None, headers=None, check=True,
                authorization=None):
        """body: bytes as they are, or what becomes JSON. authorization: in
        place of this caller's token."""
        headers = {**self.headers, **(headers or {})}
        if authorization is not None:
            headers["Authorization"] = authorization
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        c = http.client.HTTPSConnection(
            "localhost", self.server.admin_port, timeout=60,
            context=self.context, source_address=(self.address, 0))
        try:
            c.request(method, target, body, headers)
            r = c.getresponse()
            reply = Reply(r.status, r.headers, r.read())
        finally:
            c.close()
        if check and method != "HEAD":
            openapi.check(method, target, reply.status, reply.headers,
                          reply.body)
        return reply

    def get(self, target, **more):
        return self.request("GET", target, **more)

    def post(self, target, body=None, **more):
        return self.request("POST", target, body, **more)

    def put(self, target, body=None, **more):
        return self.request("PUT", target, body, **more)

    def patch(self, target, body=None, **more):
        return self.request("PATCH", target, body, **more)

    def delete(self, target, **more):
        return self.request("DELETE", target, **more)

    def pages(self, target, key, limit=2):
        """All items of a list, page by page."""
        items, cursor, joint = [], None, "&" if "?" in target else "?"
        while True:
            page = self.get("%s%slimit=%d%s" % (
                target, joint, limit,
                "&cursor=" + quote(cursor) if cursor else "")).ok().json
            assert len(page[key]) <= limit
            items += page[key]
            cursor = page.get("next_cursor")
            if cursor is None:
                return items
