"""Enrollments, guard and allowlist through the admin API: what is said of
them, and what devices then get."""

import re
import threading

import pytest

import plists
from api import FLAVOURS, Api, quote

pytestmark = pytest.mark.flavours(*FLAVOURS)

STRANGE = ["id,with,commas", "100%25", "a/b?c=d#e", "blank and é", "+plus",
           "..", "@17x", "x" * 300]


def url(who, verb=""):
    return "/v1/enrollments/" + quote(
        who if isinstance(who, str) else who.id) + verb


@pytest.fixture
def api(server):
    return Api(server)


# ---- looking ----

def test_pages(server, api):
    mine = [server.enrolled().id for _ in range(5)]
    listed = api.pages("/v1/enrollments", "enrollments", 2)
    ids = [e["id"] for e in listed]
    assert [i for i in ids if i in mine] == mine
    assert len(set(ids)) == len(ids)
    numbers = [e["number"] for e in listed]
    assert numbers == sorted(numbers)
    assert all(e["enabled"] == (e["state"] == "enabled") for e in listed)


def test_filters(server, api):
    serial = "SER" + plists.new_uuid()[:8]
    device = server.device()
    device.authenticate(SerialNumber=serial).accepted()
    device.token_update().accepted()
    user = device.user().enroll()
    of = api.pages("/v1/enrollments?serial=" + serial, "enrollments", 100)
    assert [e["id"] for e in of] == [device.id]
    assert of[0]["serial_number"] == serial
    users = api.pages("/v1/enrollments?type=User", "enrollments", 100)
    assert user.id in [e["id"] for e in users]
    assert {e["type"] for e in users} == {"User"}
    device.check_out().accepted()
    left = api.pages("/v1/enrollments?state=left", "enrollments", 100)
    assert device.id in [e["id"] for e in left]
    assert {e["state"] for e in left} == {"left"}


@pytest.mark.parametrize("query, word", [
    ("state=nothing", "state"), ("type=iPad", "type"), ("limit=0", "limit"),
    ("limit=1001", "limit"), ("limit=x", "limit"), ("cursor=zz", "cursor"),
    ("cursor=00", "cursor"), ("state=", "state")])
def test_bad_queries(api, query, word):
    api.get("/v1/enrollments?" + query).refused(400, word)


def test_one(server, api):
    device = server.enrolled()
    user = device.user().enroll()
    uuid, command = plists.command()
    server.ctl.enqueue(device.id, command)
    one = api.get(url(device)).ok().json
    assert one["id"] == device.id
    assert one["queued"] == 1
    assert one["has_push_token"] and not one["has_bootstrap_token"]
    assert [u["id"] for u in one["user_channels"]] == [user.id]
    assert api.get(url("@%d" % one["number"])).ok().json == one
    theirs = api.get(url(user)).ok().json
    assert theirs["device"]["id"] == device.id
    # What the command line says is the same.
    assert server.ctl.enrollment(device.id) == one


def test_secrets_are_not_shown(server, api):
    device = server.device()
    device.authenticate().accepted()
    device.token_update(UnlockToken=b"the unlock token of it").accepted()
    one = api.get(url(device)).ok()
    assert one.json["has_unlock_token"]
    assert b"dGhlIHVubG9jayB0b2tlbiBvZiBpd" not in one.body
    assert b"unlock token of it" not in one.body


@pytest.mark.parametrize("id", STRANGE)
def test_strange_ids(server, api, id):
    device = server.device(udid=id + plists.new_uuid()[:6]).enroll()
    assert api.get(url(device)).ok().json["id"] == device.id
    assert api.post(url(device, "/block")).ok().json["state"] == "blocked"
    api.get(url(id + "nobody")).refused(404)


@pytest.mark.parametrize("path", ["%zz", "%", "%4"])
def test_bad_escapes(api, path):
    r = api.get("/v1/enrollments/" + path, check=False)
    # A web server may refuse it before us.
    assert r.status in (400, 404), r


def test_etag(server, api):
    device = server.enrolled()
    r = api.get(url(device)).ok()
    tag = r.headers["ETag"]
    assert re.fullmatch('"[0-9a-f]+"', tag)
    for named in (tag, "W/" + tag, '"a", ' + tag, "*"):
        same = api.get(url(device), headers={"If-None-Match": named})
        assert (same.status, same.body) == (304, b""), named
        assert same.headers["ETag"] == tag
    api.post(url(device, "/block")).ok()
    other = api.get(url(device), headers={"If-None-Match": tag}).ok()
    assert other.headers["ETag"] != tag


def test_head(server, api):
    r = api.request("HEAD", url(server.enrolled()))
    assert (r.status, r.body) == (200, b"")


# ---- changing ----

def test_block_and_unblock(server, api):
    device = server.enrolled()
    r = api.post(url(device, "/block")).ok().json
    assert (r["was"], r["state"], r["changed"]) == ("enabled", "blocked", True)
    assert not api.post(url(device, "/block")).ok().json["changed"]
    device.idle().refused(401)
    device.authenticate().refused(401)
    api.post(url(device, "/unmanage")).refused(409, "unblock it first")
    r = api.post(url(device, "/unblock")).ok().json
    assert (r["was"], r["state"]) == ("blocked", "enabled")
    device.idle().accepted()


def test_unmanage(server, api):
    device = server.enrolled()
    user = device.user().enroll()
    server.ctl.enqueue(device.id, plists.command()[1])
    server.ctl.enqueue(user.id, plists.command()[1])
    r = api.post(url(device, "/unmanage")).ok().json
    assert (r["state"], r["cancelled"]) == ("unmanaged", 2)
    device.idle().refused(401)
    assert api.get(url(user)).ok().json["state"] == "disabled"
    # It may come back.
    device.enroll()
    assert api.get(url(device)).ok().json["state"] == "enabled"


@pytest.mark.parametrize("verb", ["block", "unblock", "unmanage"])
def test_not_for_users(server, api, verb):
    user = server.enrolled().user().enroll()
    api.post(url(user, "/" + verb)).refused(409, "name its device")
    api.post(url("nobody", "/" + verb)).refused(404)


def test_forget(server, api):
    device = server.enrolled()
    user = device.user().enroll()
    number = api.get(url(device)).ok().json["number"]
    server.ctl.enqueue(device.id, plists.command()[1])
    api.delete(url(device)).refused(409, "enabled", "force")
    device.idle().gives(server_command(server, device))
    api.post(url(device, "/unmanage")).ok()
    device.idle().refused(401)
    r = api.delete(url(device)).ok().json
    assert r == {"id": device.id, "number": number, "was": "unmanaged",
                 "removed": True, "user_channels": 1}
    for gone in (device.id, user.id, "@%d" % number):
        api.get(url(gone)).refused(404)
    api.delete(url(device)).refused(404)
    # Unknown now: told to remove its management, or free to enroll.
    device.idle().refused(401)
    device.enroll()
    assert api.get(url(device)).ok().json["number"] > number


def server_command(server, device):
    uuid = server.ctl.queue(device.id)[0]
    return server.ctl.run("commands", "show", "--body", uuid).stdout


def test_forget_by_force(server, api):
    device = server.enrolled()
    api.post(url(device, "/block")).ok()
    api.delete(url(device)).refused(409, "blocked")
    api.delete(url(device) + "?force=0").refused(409)
    assert api.delete(url(device) + "?force=1").ok().json["was"] == "blocked"
    device.enroll()
    assert api.delete(url(device) + "?force=1").ok().json["was"] == "enabled"
    device.idle().refused(401)


def test_forget_under_the_guard(fresh):
    """The last one removed leaves an empty store, and then no device may be
    told to go: it could be the wrong store."""
    server = fresh("lighttpd")
    api, device = Api(server), server.enrolled()
    assert not api.get("/v1/guard").ok().json["closed"]
    api.delete(url(device) + "?force=1").ok()
    assert api.get("/v1/guard").ok().json["empty_store"]
    device.idle().refused(503)
    was = api.post("/v1/guard/release").ok().json
    assert was["released"] and was["closed"]
    assert not api.get("/v1/guard").ok().json["closed"]
    device.idle().refused(401)
    assert api.get("/v1/guard").ok().json["refused"] == 1


def test_forgotten_while_it_talks(server, api):
    """A device that goes on polling while it is removed ends unknown, and
    the store whole."""
    device = server.enrolled()
    for _ in range(30):
        server.ctl.enqueue(device.id, plists.command("ProfileList")[1])
    stop, odd = threading.Event(), []

    def talk():
        while not stop.is_set():
            r = device.idle()
            if r.status not in (200, 401):
                odd.append(r)

    t = threading.Thread(target=talk)
    t.start()
    try:
        api.delete(url(device) + "?force=1").ok()
    finally:
        stop.set()
        t.join()
    assert not odd
    device.idle().refused(401)
    api.get(url(device)).refused(404)
    server.ctl.run("store", "check")


# ---- the allowlist ----

def test_allowlist(server, api):
    serials = ["S/%d %s" % (i, plists.new_uuid()) for i in range(3)]
    udid = plists.new_uuid()
    r = api.post("/v1/allowlist", {"serials": serials, "udids": [udid]})
    assert [(a["kind"], a["value"], a["changed"])
            for a in r.ok().json["allow"]] == [
        ("serial", s, True) for s in serials] + [("udid", udid, True)]
    again = api.post("/v1/allowlist", {"udids": [udid]}).ok().json["allow"]
    assert not again[0]["changed"]
    listed = {(a["kind"], a["value"])
              for a in api.pages("/v1/allowlist", "allowed", 2)}
    assert {("serial", s) for s in serials} | {("udid", udid)} <= listed
    for s in serials:
        api.delete("/v1/allowlist/serial/" + quote(s)).ok(204)
        api.delete("/v1/allowlist/serial/" + quote(s)).refused(404)
    api.delete("/v1/allowlist/imei/1").refused(404, "serial or udid")
    api.delete("/v1/allowlist/udid/" + udid).ok(204)


@pytest.mark.parametrize("body, word", [
    (b"", "JSON"), (b"[]", "object"), (b"{", "JSON"), ({}, "none given"),
    ({"serial": ["x"]}, "serial: no such key"), ({"serials": "x"}, "array"),
    ({"serials": ["x", 1]}, "serials[1]"), ({"udids": [""]}, "empty"),
    ({"serials": ["x" * 5000]}, "longer")])
def test_allowlist_of_bad_input(api, body, word):
    api.post("/v1/allowlist", body).refused(400, word)


def test_allowlist_takes_so_many(api):
    api.post("/v1/allowlist", {"udids": ["x"] * 1001}).refused(413, "1000")


# ---- the ways of calling ----

def test_wrong_methods(server, api):
    for target, allow in [("/v1/enrollments", {"GET", "HEAD"}),
                          (url("x"), {"GET", "HEAD", "DELETE"}),
                          (url("x", "/block"), {"POST"}),
                          ("/v1/guard/release", {"POST"})]:
        r = api.put(target, b"{}")
        assert r.status == 405, r
        assert {m.strip() for m in r.headers["Allow"].split(",")} == allow


@pytest.mark.parametrize("path", [
    "/v1/enrollments/", "/v1/enrollments//block", "/v1/", "/v1",
    "/v1/enrollments/x/block/y", "/v1/enrollments/x/erase", "/v2/guard",
    "/V1/guard", "//v1/guard"])
def test_no_such_path(api, path):
    r = api.post(path, b"{}", check=False)
    assert r.status in (404, 405), r
    assert r.status == 404 or path == "/v1/enrollments/", r


def test_what_it_did_is_in_the_audit_log(server, api):
    device = server.enrolled()
    api.post(url(device, "/block")).ok()
    api.delete(url(device) + "?force=1").ok()
    log = api.get("/v1/audit?limit=2").ok().json["audit"]
    assert [(r["op"], r["who"]) for r in log] == [
        ("enrollments.forget", "token:admin"),
        ("enrollments.block", "token:admin")]
    assert device.id in log[0]["target"]
