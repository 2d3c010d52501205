"""doc/openapi.json is what a real server answers: every documented GET is
called, and each reply held against its schema (as every reply in the other
tests of the API is)."""

import contextlib

import jsonschema
import pytest

import openapi
import pki
import plists
import ports
import server as servers
from api import Api, quote


class World:
    """A server with one of everything that a path can name."""

    def __init__(self, server):
        self.server, self.api = server, Api(server)
        self.api.post("/v1/webhooks", {
            "name": "hook", "url": "http://127.0.0.1:%d/" % ports.pair()[0],
        }).ok(201)
        self.device = server.enrolled()
        self.device.user().enroll()
        self.uuid, command = plists.command()
        server.ctl.enqueue(self.device.id, command)
        self.device.idle().gives(command)
        self.device.answer(self.uuid, QueryResponses={
            "OSVersion": "18.5"}).accepted()
        topic = self.api.get("/v1/enrollments/" + quote(
            self.device.id)).ok().json["topic"]
        self.api.put("/v1/pushcert", pki.push_certificate(
            server.folder, topic)).ok()
        self.queries = {"topic": topic}
        self.names = {
            "id": quote(self.device.id), "ids": quote(self.device.id),
            "uuid": self.uuid, "name": "hook",
            "kind": "device_information",
            "seq": str(self.api.get("/v1/events").ok().json[
                "events"][0]["seq"]),
        }

    def target(self, path):
        for name, value in self.names.items():
            path = path.replace("{%s}" % name, value)
        assert "{" not in path, "what stands for it? " + path
        queries = [p["name"] for p in openapi.parameters(path, "get")
                   if p["in"] == "query" and p["name"] in self.queries]
        return path + "".join(
            "%s%s=%s" % (joint, n, quote(self.queries[n]))
            for joint, n in zip("?" + "&" * len(queries), queries))


@pytest.fixture(scope="module")
def world():
    s = servers.Server("lighttpd")
    with contextlib.ExitStack() as stack:
        stack.callback(s.remove)
        s.init().start()
        stack.callback(s.stop)
        yield World(s)


@pytest.mark.parametrize("path", [path for path, _ in openapi.gets()])
def test_documented_get(world, path):
    target = world.target(path)
    r = world.api.get(target)
    assert r.status == 200, r
    if "ETag" in r.headers:
        same = world.api.get(target, headers={
            "If-None-Match": r.headers["ETag"]})
        assert (same.status, same.body) == (304, b""), same
        other = world.api.get(target, headers={"If-None-Match": '"x"'})
        assert (other.status, other.body) == (200, r.body), other


@pytest.mark.parametrize("path, op", openapi.gets(),
                         ids=[path for path, _ in openapi.gets()])
def test_token_is_needed(world, path, op):
    """401 without one, unless it is documented to need none."""
    r = Api(world.server, token="").get(world.target(path))
    scope = op["x-mooring-scope"]
    assert (r.status == 401) == (scope != "none"), (scope, r)


def test_every_other_call_needs_one(world):
    """Each documented call, with a token of the scope below: 403 that names
    what is missing; nothing is looked at or done before."""
    weak = {}
    for scope in ("read", "command"):
        weak[scope] = Api(world.server, world.api.post("/v1/tokens", {
            "name": "weak-" + scope, "scope": scope}).ok(201).json["token"])
    below = {"command": "read", "admin": "command"}
    seen = 0
    for path, item in openapi.DOCUMENT["paths"].items():
        for method in openapi.METHODS:
            scope = item.get(method, {}).get("x-mooring-scope")
            if scope not in below:
                continue
            target = path.replace("{kind}", "serial").replace(
                "{value}", "x").replace("{name}", "hook")
            for name, value in world.names.items():
                target = target.replace("{%s}" % name, value)
            weak[below[scope]].request(method.upper(), target).refused(
                403, scope)
            seen += 1
    assert seen > 10


def test_judge():
    """The judge finds what it is for."""
    good = b'{"version": "1"}'
    kind = {"Content-Type": "application/json"}
    openapi.check("GET", "/version", 200, kind, good)
    for status, headers, body, fault in [
            (200, kind, b'{"version": 1}', jsonschema.ValidationError),
            (200, kind, b'{}', jsonschema.ValidationError),
            (200, kind, b'{"version": "1", "more": 1}',
             jsonschema.ValidationError),
            (200, {"Content-Type": "text/plain"}, good, AssertionError),
            (404, kind, good, AssertionError)]:
        with pytest.raises(fault):
            openapi.check("GET", "/version", status, headers, body)
