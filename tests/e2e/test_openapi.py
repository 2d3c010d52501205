"""doc/openapi.json is what a real server answers: every documented GET is
called, and each reply held against its schema (as every reply in the other
tests of the API is)."""

import pytest

import openapi
import plists
from api import Api, quote


class World:
    """A server with one of everything that a path can name."""

    def __init__(self, server):
        self.api = Api(server)
        self.device = server.enrolled()
        self.user = self.device.user().enroll()
        self.uuid = plists.new_uuid()
        server.ctl.enqueue(self.device.id,
                           plists.command("DeviceInformation", self.uuid))
        self.names = {
            "id": quote(self.device.id),
            "uuid": self.uuid,
        }

    def target(self, path):
        for name, value in self.names.items():
            path = path.replace("{%s}" % name, value)
        assert "{" not in path, "what stands for it? " + path
        return path


@pytest.fixture(scope="module")
def world(pool):
    return World(pool.get("lighttpd"))


@pytest.mark.parametrize("path", [path for path, _ in openapi.gets()])
def test_documented_get(world, path):
    op = openapi.DOCUMENT["paths"][path]["get"]
    target = world.target(path)
    required = [p["name"] for p in map(openapi.resolve, op.get(
        "parameters", [])) if p["in"] == "query" and p.get("required")]
    query = "&".join("%s=%s" % (n, world.query[n]) for n in required)
    r = world.api.get(target + ("?" + query if query else ""))
    assert r.status == 200, r
    if "ETag" in r.headers:
        same = world.api.get(target, headers={
            "If-None-Match": r.headers["ETag"]})
        assert (same.status, same.body) == (304, b""), same


@pytest.mark.parametrize("path, op", openapi.gets())
def test_scope_is_needed(world, path, op):
    """Without a token only what is documented so; 401 otherwise."""
    r = Api(world.api.server, token="").get(world.target(path))
    scope = op["x-mooring-scope"]
    assert (r.status == 401) == (scope != "none"), (scope, r)


def test_judge():
    """The judge finds what it is for."""
    good = b'{"version": "1"}'
    kind = {"Content-Type": "application/json"}
    openapi.check("GET", "/version", 200, kind, good)
    for status, headers, body in [
            (200, kind, b'{"version": 1}'), (200, kind, b'{}'),
            (200, kind, b'{"version": "1", "more": 1}'),
            (200, {"Content-Type": "text/plain"}, good), (404, kind, good)]:
        with pytest.raises(Exception):
            openapi.check("GET", "/version", status, headers, body)
