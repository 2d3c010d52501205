"""Webhooks and what waits for them, through the admin API and mooringctl.
What is sent, and how, is the courier's: these are paused."""

import base64
import itertools
import plistlib
import re

import pytest

import plists
import processes
from api import FLAVOURS, Api, new_token, quote
from receiver import Receiver

pytestmark = pytest.mark.flavours(*FLAVOURS)
URL = "https://127.0.0.1:1/hook"
numbers = itertools.count(1)


@pytest.fixture
def api(server):
    """Leaves no webhook behind: a server is shared."""
    a = Api(server)
    yield a
    for hook in a.get("/v1/webhooks").ok().json["webhooks"]:
        a.delete("/v1/webhooks/@%d" % hook["number"]).ok(204)


def new_name():
    return "hook-%d" % next(numbers)


def add(api, **more):
    body = {"name": new_name(), "url": URL, "paused": True, **more}
    return api.post("/v1/webhooks", body).ok(201).json


def waiting(api, hook, more=""):
    return api.pages("/v1/events?webhook=%s%s" % (hook["name"], more),
                     "events", 2)


# ---- webhooks ----

def test_life(server, api):
    made = add(api, topics=["mdm.Authenticate", "mooring.*"], idle=False)
    assert re.fullmatch("[A-Za-z0-9_-]{43}", made.pop("key"))
    path = "/v1/webhooks/" + made["name"]
    assert made["has_key"] and made["paused"] and not made["idle"]
    assert made["topics"] == ["mdm.Authenticate", "mooring.*"]
    assert api.get(path).ok().json == made
    assert api.get("/v1/webhooks/@%d" % made["number"]).ok().json == made
    assert made in api.get("/v1/webhooks").ok().json["webhooks"]
    # The command line says the same.
    assert server.ctl.json("webhooks", "show", made["name"]) == made
    assert made in server.ctl.json("webhooks", "list")["webhooks"]

    name = new_name()
    changed = api.patch(path, {"name": name, "topics": [], "idle": True,
                               "paused": False, "url": URL + "2"}).ok().json
    assert changed == {**made, "name": name, "topics": [], "idle": True,
                       "paused": False, "url": URL + "2"}
    api.get(path).refused(404, made["name"])
    api.delete("/v1/webhooks/" + name).ok(204)
    api.delete("/v1/webhooks/" + name).refused(404)


@pytest.mark.parametrize("url, shown", [
    ("https://hooks.example.org/services/T0/secret",
     "https://hooks.example.org/…"),
    ("http://[::1]:8080?key=secret", "http://[::1]:8080/…"),
    ("https://hooks.example.org/", "https://hooks.example.org/"),
    ("https://hooks.example.org", "https://hooks.example.org")])
def test_urls_may_be_secrets(server, api, url, shown):
    """Who may not change a webhook sees its host only."""
    made = add(api, url=url)
    path = "/v1/webhooks/" + made["name"]
    assert made["url"] == api.get(path).ok().json["url"] == url
    for scope in ("read", "command"):
        caller = Api(server, new_token(server, scope)[1])
        listed = caller.get("/v1/webhooks").ok().json["webhooks"]
        assert caller.get(path).ok().json["url"] == shown
        assert [h["url"] for h in listed if h["name"] == made["name"]] == [
            shown]


def test_keys_are_never_shown(server, api):
    secret = "a key that nobody sees"
    hook = add(api, key=secret)
    path = "/v1/webhooks/" + hook["name"]
    assert hook["has_key"] and "key" not in hook
    new = api.patch(path, {"new_key": True}).ok().json["key"]
    unsigned = add(api, key="")
    assert not unsigned["has_key"] and "key" not in unsigned
    api.patch(path, {"key": secret, "new_key": True}).refused(400, "exclude")
    seen = b"".join([
        api.get(path).ok().body, api.get("/v1/webhooks").ok().body,
        api.get("/v1/audit?limit=10").ok().body,
        server.ctl.run("webhooks", "show", hook["name"]).stdout,
        server.ctl.run("webhooks", "list", "--json").stdout,
        server.logs(1000).encode()])
    assert secret.encode() not in seen and new.encode() not in seen
    assert not api.patch(path, {"key": ""}).ok().json["has_key"]


def test_keys_are_sealed(server, api):
    """Not in the store's file, and not in an error."""
    secret = "sealed-" + plists.new_uuid()
    add(api, key=secret)
    device = server.enrolled()
    with open(server.path("store", "data.mdb"), "rb") as f:
        data = f.read()
    assert device.id.encode() in data
    assert secret.encode() not in data
    r = api.post("/v1/webhooks", {"name": "x", "url": "no", "key": secret})
    r.refused(400)
    assert secret not in r.error


def test_etag(api):
    hook = add(api)
    path = "/v1/webhooks/" + hook["name"]
    tag = api.get(path).ok().headers["ETag"]
    same = api.get(path, headers={"If-None-Match": tag})
    assert (same.status, same.body) == (304, b"")
    api.patch(path, {"idle": False}).ok()
    assert api.get(path, headers={
        "If-None-Match": tag}).ok().headers["ETag"] != tag


@pytest.mark.parametrize("body, word", [
    (b"", "JSON"), (b"[]", "object"), (b"{", "JSON"), (b"\xff", "JSON"),
    ({"url": URL}, "name: missing"), ({"name": "x"}, "url: missing"),
    ({"name": "x", "url": URL, "uri": URL}, "uri: no such key"),
    ({"name": 1, "url": URL}, "name: expected a string"),
    ({"name": None, "url": URL}, "name: expected a string"),
    ({"name": "a b", "url": URL}, "name"), ({"name": "", "url": URL}, "name"),
    ({"name": "@1", "url": URL}, "name"),
    ({"name": "x" * 65, "url": URL}, "name"),
    ({"name": "x", "url": "ftp://h"}, "url"),
    ({"name": "x", "url": "https://user:secret@h/"}, "url: holds a user"),
    ({"name": "x", "url": "https://h/\u0000"}, ""),
    ({"name": "x", "url": "https://h/" + "x" * 2048}, "url: longer"),
    ({"name": "x", "url": URL, "topics": "mdm.Connect"}, "topics: expected"),
    ({"name": "x", "url": URL, "topics": [1]}, "topics: expected"),
    ({"name": "x", "url": URL, "topics": ["a,b"]}, "topics: expected"),
    ({"name": "x", "url": URL, "topics": ["mdm.Nothing"]}, "mdm.Nothing"),
    ({"name": "x", "url": URL, "topics": ["mdm.*"] * 65}, "topics: expected"),
    ({"name": "x", "url": URL, "idle": "yes"}, "idle: expected"),
    ({"name": "x", "url": URL, "paused": 1}, "paused: expected"),
    ({"name": "x", "url": URL, "key": "k" * 1025}, "key: longer"),
    ({"name": "x", "url": URL, "key": ["k"]}, "key: expected"),
    ({"name": "x", "url": URL, "new_key": 1}, "new_key: expected")])
def test_bad_input(api, body, word):
    before = api.get("/v1/webhooks").ok().json
    r = api.post("/v1/webhooks", body).refused(400, word)
    assert "secret" not in r.error
    assert api.get("/v1/webhooks").ok().json == before


def test_conflicts(api):
    one, two = add(api), add(api)
    api.post("/v1/webhooks", {"name": one["name"], "url": URL}).refused(409)
    api.patch("/v1/webhooks/" + two["name"], {
        "name": one["name"]}).refused(409)
    api.patch("/v1/webhooks/" + two["name"], {"name": two["name"]}).ok()
    api.patch("/v1/webhooks/nobody", {"idle": True}).refused(404)
    api.patch("/v1/webhooks/" + two["name"], {}).refused(400, "nothing")
    for which in ("%00", "%2F", "@0", "@99999999", "a%20b"):
        r = api.get("/v1/webhooks/" + which, check=False)
        assert r.status in (400, 404), r


def test_only_so_many(api):
    for i in range(32):
        add(api)
    api.post("/v1/webhooks", {"name": "more", "url": URL}).refused(409, "32")


# ---- events ----

def test_waiting(server, api):
    hook = add(api, topics=["mdm.Authenticate", "mdm.TokenUpdate"])
    other = add(api, topics=["mdm.TokenUpdate"])
    devices = [server.enrolled() for _ in range(3)]
    listed = waiting(api, hook)
    assert [(e["enrollment"], e["topic"]) for e in listed] == [
        (d.id, "mdm." + t) for d in devices
        for t in ("Authenticate", "TokenUpdate")]
    assert [e["seq"] for e in listed] == sorted(e["seq"] for e in listed)
    assert {(e["state"], e["webhook"], e["webhook_number"], e["attempts"])
            for e in listed} == {("waiting", hook["name"], hook["number"], 0)}
    assert [e["topic"] for e in waiting(api, other)] == [
        "mdm.TokenUpdate"] * 3
    one = waiting(api, hook, "&enrollment=" + quote(devices[1].id))
    assert {e["enrollment"] for e in one} == {devices[1].id}
    assert len(one) == 2
    assert waiting(api, hook, "&state=buried") == []
    # The command line says the same.
    assert server.ctl.json("events", "list", "--all", "--webhook",
                           hook["name"])["events"] == listed
    page = server.ctl.json("events", "list", "--limit", 4, "--webhook",
                           hook["name"])
    rest = server.ctl.json("events", "list", "--webhook", hook["name"],
                           "--after", page["next"])
    assert page["events"] + rest["events"] == listed
    assert "next" not in rest


def test_one_event(server, api):
    hook = add(api, topics=["mdm.TokenUpdate"])
    device = server.enrolled()
    seq = waiting(api, hook)[0]["seq"]
    event = api.get("/v1/events/%d" % seq).ok().json
    assert event["topic"] == "mdm.TokenUpdate"
    assert event["checkin_event"]["ids"] == {
        "id": device.id, "type": "Device"}
    assert event["checkin_event"]["token_update_tally"] == 1
    raw = base64.b64decode(event["checkin_event"]["raw_payload"])
    assert plistlib.loads(raw)["MessageType"] == "TokenUpdate"
    assert server.ctl.json("events", "show", seq) == event
    # It holds tokens of the device: not for those who may only look.
    for scope in ("read", "command"):
        Api(server, new_token(server, scope)[1]).get(
            "/v1/events/%d" % seq).refused(403, "admin")


def test_replay_of_what_waits(server, api):
    hook = add(api, topics=["mdm.Authenticate"])
    server.enrolled()
    seq = waiting(api, hook)[0]["seq"]
    path = "/v1/events/%d/replay" % seq
    again = {"webhook": hook["name"]}
    assert api.post(path, again).ok().json == {"queued": 0}
    assert api.post("/v1/webhooks/%s/replay" % hook["name"]).ok().json == {
        "queued": 0}
    assert len(waiting(api, hook)) == 1
    command = Api(server, new_token(server, "command")[1])
    assert command.post(path, again).ok().json == {"queued": 0}
    command.delete("/v1/webhooks/" + hook["name"]).refused(403, "admin")
    assert server.ctl.json("events", "replay", hook["name"], seq) == {
        "queued": 0}
    assert server.ctl.json("events", "replay", "--all", hook["name"]) == {
        "queued": 0}


@pytest.mark.parametrize("target, body, status, word", [
    ("/v1/events/0/replay", {"webhook": "w"}, 404, "no such event"),
    ("/v1/events/x/replay", {"webhook": "w"}, 404, "no such event"),
    ("/v1/events/99999999999999999999/replay", {"webhook": "w"}, 404, "no"),
    ("/v1/events/99999999/replay", {"webhook": "nobody"}, 404, "nobody"),
    ("/v1/events/1/replay", {}, 400, "webhook: expected"),
    ("/v1/events/1/replay", {"webhook": 1}, 400, "webhook: expected"),
    ("/v1/events/1/replay", {"hook": "w"}, 400, "hook: no such key"),
    ("/v1/events/1/replay", b"", 400, "JSON"),
    ("/v1/webhooks/nobody/replay", None, 404, "nobody")])
def test_bad_replays(api, target, body, status, word):
    api.post(target, body).refused(status, word)


@pytest.mark.parametrize("target, status, word", [
    ("/v1/events?state=lost", 400, "state"),
    ("/v1/events?webhook=nobody", 404, "nobody"),
    ("/v1/events?webhook=", 404, "no webhook"),
    ("/v1/events?enrollment=nobody", 404, "nobody"),
    ("/v1/events?enrollment=", 400, "empty"),
    ("/v1/events?limit=0", 400, "limit"),
    ("/v1/events?cursor=zz", 400, "cursor"),
    ("/v1/events?cursor=00", 400, "cursor"),
    ("/v1/events/0", 404, "no such event"),
    ("/v1/events/-1", 404, "no such event"),
    ("/v1/events/99999999", 404, "no event")])
def test_bad_looks(api, target, status, word):
    api.get(target).refused(status, word)


def test_removed_with_what_waits(server, api):
    hook = add(api, topics=["mdm.Authenticate"])
    server.enrolled()
    assert len(waiting(api, hook)) == 1
    api.delete("/v1/webhooks/" + hook["name"]).ok(204)
    api.get("/v1/events?webhook=" + hook["name"]).refused(404)


def test_other_webhook_than_before(server, api):
    """A new one of the same name gets nothing that was the old one's."""
    hook = add(api, topics=["mdm.Authenticate"])
    server.enrolled()
    api.delete("/v1/webhooks/" + hook["name"]).ok(204)
    again = add(api, name=hook["name"])
    assert again["number"] != hook["number"]
    assert waiting(api, again) == []


@pytest.mark.flavours("lighttpd")
def test_delivered_and_replayed(fresh, flavour):
    """The key that the API made signs what the receiver gets; an event that
    was taken is sent again when it is asked for."""
    server, r = fresh(flavour), Receiver(key=None)
    api = Api(server)
    try:
        made = api.post("/v1/webhooks", {
            "name": "hook", "url": r.url, "topics": ["mdm.Authenticate"],
            "paused": True}).ok(201).json
        r.key = made["key"]
        device = server.enrolled()
        seq = waiting(api, made)[0]["seq"]
        api.patch("/v1/webhooks/hook", {"paused": False}).ok()
        first, = r.wait_of(device.id, "mdm.Authenticate")
        for _ in processes.deadline(10, "nothing waits"):
            if waiting(api, made) == []:
                break
        assert api.post("/v1/events/%d/replay" % seq, {
            "webhook": "hook"}).ok().json == {"queued": 1}
        assert r.wait(2)[1].body == first.body
        assert api.get("/v1/webhooks/hook").ok().json["last_ok"]
    finally:
        r.close()
    r.good()


# ---- mooringctl ----

def test_command_line(server, api):
    ctl, name = server.ctl, new_name()
    r = ctl.run("webhooks", "add", name, URL, "--paused", "--idle", "no",
                "--topics", "mdm.Connect, mooring.*")
    key = re.search(r"^key +(\S{43})$", r.stdout.decode(), re.M).group(1)
    shown = ctl.run("webhooks", "show", name).stdout.decode()
    assert key not in shown and "mdm.Connect, mooring.*" in shown
    made = ctl.json("webhooks", "set", name, "--new-key")
    assert made["key"] != key
    assert "key" not in ctl.json("webhooks", "set", name, "--key", "-",
                                 input="from standard input\n")
    assert not ctl.json("webhooks", "set", name, "--no-key")["has_key"]
    assert not ctl.json("webhooks", "resume", name)["paused"]
    assert ctl.json("webhooks", "pause", name)["paused"]
    assert name in ctl.run("webhooks", "list").stdout.decode()
    assert ctl.json("webhooks", "remove", name) == {"removed": True}
    assert ctl.run("webhooks", "show", name, check=False).returncode == 3


@pytest.mark.parametrize("args, status, word", [
    (["add", "x", "ftp://h"], 1, "url"),
    (["add", "a b", URL], 1, "name"),
    (["add", "x", URL, "--topics", "nothing"], 1, "nothing"),
    (["add", "x", URL, "--idle", "maybe"], 2, "idle"),
    (["add", "x", URL, "--key", "-", "--no-key"], 2, "exclude"),
    (["add", "x", URL, "--key", "/nowhere/at/all"], 3, "/nowhere"),
    (["add", "x", URL, "--key", "-"], 1, "one line"),
    (["set", "nobody", "--paused"], 2, "option"),
    (["set", "nobody"], 2, "set"),
    (["set", "nobody", "--no-key"], 3, "nobody"),
    (["remove", "nobody"], 3, "nobody")])
def test_bad_command_lines(server, args, status, word):
    r = server.ctl.run("webhooks", *args, input="two\nlines\n", check=False)
    assert (r.returncode, r.stdout) == (status, b""), r
    assert word in r.stderr.decode(), r
