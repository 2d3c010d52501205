"""The admin API, as a tool of the operator's calls it: http.client and ssl.
Each reply of a documented call is held against doc/openapi.json."""

import base64
import http.client
import json
import ssl
import urllib.parse

import openapi


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
        for word in words:
            assert word in self.error, (word, self)
        return self


def quote(text):
    """One segment of a path."""
    return urllib.parse.quote(text, safe="")


class Api:
    """token: None for the first one of the data directory, "" for none."""

    def __init__(self, server, token=None, basic=None):
        self.server = server
        if token is None:
            with open(server.path("secrets", "admin.token")) as f:
                token = f.read().strip()
        self.headers = {}
        if basic:
            self.headers["Authorization"] = "Basic " + base64.b64encode(
                ("%s:%s" % (basic, token)).encode()).decode()
        elif token:
            self.headers["Authorization"] = "Bearer " + token
        self.context = ssl.create_default_context(cafile=server.root_file)

    def request(self, method, target, body=None, headers=None, check=True):
        """body: bytes as they are, or what becomes JSON."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        c = http.client.HTTPSConnection(
            "localhost", self.server.admin_port, timeout=60,
            context=self.context)
        try:
            c.request(method, target, body, {**self.headers, **(headers or {})})
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
