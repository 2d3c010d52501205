"""The calls of NanoMDM's API, as its users make them with curl, answered byte
for byte where tools read bytes. Pushes go to a played APNs (apns.py)."""

import os

import pytest

import plists
from compat import enrolled, everywhere
from nano import Nano, ids


# ---- who may ----

@everywhere
def test_authentication(nano):
    d = enrolled(nano)
    path = "/v1/push/" + ids(d.id)
    assert nano.curl(path).status == 200
    assert Nano(nano.server, user="whoever").curl(path).status == 200
    for options in (["-u", "nanomdm:wrong"], ["-u", ":"],
                    ["-H", "Authorization: Bearer wrong"],
                    ["-H", "Authorization: Digest x"]):
        r = Nano(nano.server, "none").curl(path, *options)
        assert r.status == 401
        assert r.headers["www-authenticate"] == 'Basic realm="mooring"'
        assert r.body.strip() == b"Unauthorized"


@pytest.mark.parametrize("scope", ["read", "command"])
def test_scopes(one, scope):
    d = enrolled(one)
    name = "compat-" + scope + plists.new_uuid()[:8]
    token = one.server.ctl.json("tokens", "new", name, "--scope",
                                scope)["token"]
    less = Nano(one.server, token)
    calls = {
        "command": [
            lambda: less.push(d.id),
            lambda: less.curl("/v1/queue/" + ids(d.id)),
            lambda: less.enqueue(d.id, plists.command()[1]),
            lambda: less.curl("/v1/queue/" + ids(d.id), "-X", "DELETE")],
        "admin": [
            lambda: less.put("/v1/pushcert", b"x"),
            lambda: less.curl("/v1/pushcert?topic=x"),
            lambda: less.curl("/v1/escrowkeyunlock", "-d", "topic=x"),
            lambda: less.put("/migration", b"x"),
            lambda: less.query({"options": {"include_device_cert": True}}),
            lambda: less.query({"options": {"include_unlock_token": True}})],
    }
    for needed in ["command", "admin"] if scope == "read" else ["admin"]:
        for call in calls[needed]:
            r = call()
            assert r.status == 403, r
            assert name in r.json["error"] and needed in r.json["error"], r
    assert less.query({"filter": {"ids": [d.id]}}).status == 200
    if scope == "command":
        assert less.push(d.id).status == 200
        assert less.curl("/v1/queue/" + ids(d.id)).status == 200
    one.server.ctl.run("tokens", "revoke", name)
    assert less.push(d.id).status == 401


# ---- migration ----

def test_migration(one):
    """What nano2nano sends of a device and its user channel."""
    ids_ = {"UDID": plists.new_uuid()}
    user = {**ids_, "UserID": plists.new_uuid(), "UserShortName": "ada",
            "UserLongName": "Ada"}
    for message in (plists.authenticate(ids_, SerialNumber="M1"),
                    plists.token_update(ids_, UnlockToken=b"unlock"),
                    plists.token_update(user)):
        r = one.curl("/migration", "-X", "PUT", "--data-binary", "@-", "-H",
                     "Content-Type: " + plists.CHECKIN_TYPE,
                     input=plists.dump(message))
        assert (r.status, r.body) == (200, b""), r
    found = one.query({"filter": {"serials": ["M1"]}, "options": {
        "include_unlock_token": True}}).json["enrollments"]
    assert [(e["type"], e["enabled"]) for e in found] == [
        ("Device", True), ("User", True)]
    assert found[0]["device"] == {"serial_number": "M1",
                                  "unlock_token": "dW5sb2Nr"}
    assert one.push(ids_["UDID"]).status == 200
    for body in (b"", b"x", plists.dump(plists.idle(ids_))):
        r = one.put("/migration", body)
        assert (r.status, list(r.json)) == (400, ["error"]), r


# ---- bad input ----

def test_paths(one):
    d = enrolled(one)
    body = plists.command("ProfileList")[1]
    for path in ("/v1/enqueue/", "/v1/push/", "/v1/queue/", "/v1/enqueue",
                 "/v1/enqueue/a/b", "/v1/push/a/../" + d.id,
                 "/v1/./push/" + d.id, "//v1/push/" + d.id,
                 "/v1/push/" + d.id + "/", "/V1/push/" + d.id,
                 "/v1/enqueue/%2e%2e/push/" + d.id):
        r = one.curl(path, "-X", "PUT", "--data-binary", "@-", input=body)
        assert r.status in (404, 405), (path, r)
    for name in (",", "a,", ",a", "a,,b", "%", "a%2", "%zz", "a%00b",
                 "%00"):
        for path in ("/v1/enqueue/", "/v1/push/", "/v1/queue/"):
            options = (["-X", "DELETE"] if "queue" in path else
                       ["-X", "PUT", "--data-binary", "@-"])
            r = one.curl(path + name, *options, input=body)
            assert r.status == 400, (path, name, r)
    assert one.server.ctl.queue(d.id) == []


@everywhere
def test_huge_bodies(nano):
    """Answered 413; a web server may reset before that is read."""
    d = enrolled(nano)
    big = b"x" * ((16 << 20) + 1)
    for path in ("/v1/enqueue/" + ids(d.id), "/v1/pushcert", "/migration"):
        r = nano.curl(path, "-X", "PUT", "-H", "Expect:", "--data-binary",
                      "@-", input=big)
        assert r.status in (413, 0), r
    assert nano.server.ctl.queue(d.id) == []
    uuid, body = plists.command("InstallProfile",
                                Payload=os.urandom(8 << 20))
    assert nano.enqueue(d.id, body).status == 200
    d.idle().gives(body)
