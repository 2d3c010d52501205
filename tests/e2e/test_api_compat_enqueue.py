"""NanoMDM's enqueue and queue."""

import base64
import os
import re

import pytest

import device as wires
import plists
from compat import UUID, enrolled, everywhere, pushed
from nano import ids, wait_for
from test_device import real as mooring_device


# ---- enqueue ----

@everywhere
def test_enqueue_and_push(nano, apple):
    """The whole chain: queued by the call, pushed by what it announces,
    fetched, answered."""
    d = enrolled(nano)
    uuid, body = plists.command("ProfileList")
    r = nano.enqueue(d.id, body)
    assert r.status == 200, r
    assert r.headers["content-type"] == "application/json"
    result = r.json["status"][d.id]["push_result"]
    assert re.fullmatch(UUID, result)
    assert r.body.decode() == (
        '{\n\t"status": {\n\t\t"%s": {\n\t\t\t"push_result": "%s"\n\t\t}\n'
        '\t},\n\t"command_uuid": "%s",\n\t"request_type": "ProfileList"\n}\n'
        % (d.id, result, uuid))
    push, = pushed(apple, d)
    assert push["headers"]["apns-id"] == result
    assert push["topic"] == plists.TOPIC
    assert push["headers"]["apns-push-type"] == "mdm"
    assert push["body"] == '{"mdm":"%s"}' % d.magic
    assert push["status"] == 200
    d.idle().gives(body)
    d.answer(uuid).accepted()
    assert nano.server.ctl.target_state(uuid, d.id) == "acknowledged"


@everywhere
def test_enqueue_from_a_pipe(nano, apple):
    """-T -: a body of unknown length, and no Content-Type."""
    d = enrolled(nano)
    uuid, body = plists.command("ProfileList")
    r = nano.put("/v1/enqueue/" + ids(d.id) + "?nopush=1", body)
    assert r.status == 200, r
    assert r.body.decode() == (
        '{\n\t"no_push": true,\n\t"command_uuid": "%s",\n'
        '\t"request_type": "ProfileList"\n}\n' % uuid)
    d.idle().gives(body)
    assert apple.seen(d.token.hex()) == []


@everywhere
def test_enqueue_for_some(nano, apple):
    d = enrolled(nano)
    uuid, body = plists.command("ProfileList")
    r = nano.enqueue(["nobody", d.id], body)
    assert r.status == 207, r
    assert list(r.json) == ["status", "command_uuid", "request_type"]
    assert r.json["status"]["nobody"] == {
        "command_error": "no enrollment nobody"}
    assert list(r.json["status"][d.id]) == ["push_result"]
    pushed(apple, d)
    d.idle().gives(body)

    r = nano.enqueue("nobody", body)
    assert r.status == 500, r
    assert r.body.decode() == (
        '{\n\t"status": {\n\t\t"nobody": {\n\t\t\t"command_error": '
        '"no enrollment nobody"\n\t\t}\n\t},\n\t"command_uuid": "%s",\n'
        '\t"request_type": "ProfileList"\n}\n' % uuid)


def test_enqueue_what_cannot_be_pushed(one):
    """Queued all the same, as NanoMDM does it."""
    d = one.server.device()
    d.authenticate().accepted()
    uuid, body = plists.command("ProfileList")
    r = one.enqueue(d.id, body)
    assert (r.status, r.json["status"]) == (500, {
        d.id: {"push_error": "push data missing for id"}})
    assert one.server.ctl.queue(d.id) == [uuid]
    other = enrolled(one)
    assert one.enqueue([d.id, other.id], body).status == 207

    d = one.server.device()
    d.authenticate(Topic="com.apple.mgmt.External.elsewhere").accepted()
    d.token_update(Topic="com.apple.mgmt.External.elsewhere").accepted()
    r = one.enqueue(d.id, plists.command("ProfileList")[1])
    assert r.status == 500
    assert "com.apple.mgmt.External.elsewhere" in \
        r.json["status"][d.id]["push_error"]


@everywhere
def test_enqueue_bad_plists(nano):
    d = enrolled(nano)
    good = plists.command("ProfileList")[1]
    for body in (b"x", b"<plist/>", good[:-20], b"bplist00",
                 b"<?xml version=\"1.0\"?><plist><array/></plist>",
                 plists.dump({"CommandUUID": "x"}),
                 plists.dump({"CommandUUID": "x", "Command": {}}),
                 plists.dump({"CommandUUID": 1, "Command": {
                     "RequestType": "ProfileList"}})):
        r = nano.enqueue(d.id, body)
        assert (r.status, list(r.json)) == (500, ["command_error"]), r
        assert nano.server.ctl.queue(d.id) == []


def test_enqueue_again(one):
    """The same command may come again, for further ids too; another one of
    the same UUID may not."""
    a, b = enrolled(one), enrolled(one)
    uuid, body = plists.command("ProfileList")
    for _ in range(2):
        r = one.enqueue(a.id, body)
        assert (r.status, r.json["command_uuid"]) == (200, uuid), r
    assert one.enqueue([a.id, b.id], body).status == 200
    assert one.server.ctl.queue(a.id) == one.server.ctl.queue(b.id) == [uuid]
    r = one.enqueue([a.id, b.id], body + b"\n")
    assert r.status == 500, r
    assert list(r.json["status"]) == sorted([a.id, b.id])
    for name in (a.id, b.id):
        assert list(r.json["status"][name]) == ["command_error"]
    assert one.server.ctl.queue(a.id) == [uuid]


@everywhere
def test_ids_of_any_characters(nano, apple):
    """Commas split first, then the escapes are read."""
    names = ["a,b " + plists.new_uuid()[:8], "50%2C " + plists.new_uuid()[:8],
             "ü/ß?#" + plists.new_uuid()[:8]]
    devices = [enrolled(nano, udid=n) for n in names]
    uuid, body = plists.command("ProfileList")
    r = nano.enqueue(names, body)
    assert r.status == 200, r
    assert sorted(r.json["status"]) == sorted(names)
    for d in devices:
        pushed(apple, d)
        assert nano.server.ctl.queue(d.id) == [uuid]
    user = enrolled(nano).user()
    user.token_update().accepted()
    assert list(nano.push(user.id).json["status"]) == [user.id]
    # Not escaped, as NanoCMD sends it.
    r = nano.curl("/v1/push/" + user.id)
    assert (r.status, list(r.json["status"])) == (200, [user.id])


def test_each_id_once(one, apple):
    d = enrolled(one)
    r = one.enqueue([d.id, d.id], plists.command("ProfileList")[1])
    assert (r.status, list(r.json["status"])) == (200, [d.id])
    assert len(pushed(apple, d)) == 1
    assert one.push("nobody", "nobody").status == 500


@pytest.mark.flavours("lighttpd", "apache")
def test_thirty_ids(nano, apple):
    devices = [enrolled(nano) for _ in range(3)]
    names = [d.id for d in devices] + ["nobody %d" % n for n in range(27)]
    r = nano.enqueue(names, plists.command("ProfileList")[1])
    assert (r.status, sorted(r.json["status"])) == (207, sorted(names))
    for d in devices:
        pushed(apple, d)


@pytest.mark.flavours("lighttpd", "lighttpd-socket", "apache",
                      "apache-fcgid")
def test_thousands_of_ids(nano):
    """As many as fit: the web servers pass URLs of up to 16 kB."""
    d = enrolled(nano)
    names = [d.id] + ["%04d" % n for n in range(3000)]
    r = nano.push(*names)
    assert (r.status, len(r.json["status"])) == (207, 3001), r
    assert list(r.json["status"][d.id]) == ["push_result"]


@pytest.mark.flavours("lighttpd", "apache-fcgid")
def test_a_fleet(nano, apple, tmp_path):
    """Simulated devices: one call, one push each over one connection, and
    each answers."""
    server, n = nano.server, 60
    prefix = "FLEET" + plists.new_uuid()[:8]
    sim = mooring_device(server, tmp_path, "--topic", plists.TOPIC)
    sim.run("enroll", "--prefix", prefix, "--count", n)
    names = sorted(["%s-%06d" % (prefix, i + 1) for i in range(n)])
    apple.reset()
    uuid, body = plists.command("DeviceInformation")
    r = nano.enqueue(names, body)
    assert (r.status, list(r.json["status"])) == (200, names), r
    promised = {s["push_result"] for s in r.json["status"].values()}
    assert len(promised) == n
    wait_for(lambda: len(apple.seen()) >= n, name="%d pushes" % n)
    assert {p["headers"]["apns-id"] for p in apple.seen()} == promised
    assert len(apple.seen()) == n
    assert apple.connections <= 1
    assert apple.stats()["faults"] == []
    sim.run("poll")
    assert {(t["id"], t["state"]) for t in server.ctl.command(uuid)[
        "targets"]} == {(name, "acknowledged") for name in names}


# ---- empty bodies ----

@everywhere
def test_empty_body_is_a_push(nano, apple):
    d = enrolled(nano)
    r = nano.curl("/v1/enqueue/" + ids(d.id), "-X", "PUT", "-H",
                  "Content-Length: 0")
    assert r.status == 200, r
    assert list(r.json) == ["status"]
    push, = pushed(apple, d)
    assert r.json["status"] == {
        d.id: {"push_result": push["headers"]["apns-id"]}}


@everywhere
def test_a_lost_body_is_no_push(nano, apple):
    """Nothing says that the body was meant to be empty."""
    d = enrolled(nano)
    for options, body in ((["-T", "-"], b""), (["-X", "GET"], None)):
        r = nano.curl("/v1/enqueue/" + ids(d.id), *options, input=body)
        assert (r.status, list(r.json)) == (500, ["command_error"]), r
        assert "Content-Length: 0" in r.json["command_error"]
    assert apple.seen(d.token.hex()) == []


def test_neither_command_nor_push(one):
    d = enrolled(one)
    r = one.enqueue(d.id, b"", "?nopush=1")
    assert r.status == 500
    assert r.body == (b'{\n\t"no_push": true,\n'
                      b'\t"command_error": "must enqueue or push"\n}\n')
    # Empty is not given, as in NanoMDM.
    assert one.enqueue(d.id, b"", "?nopush=").status == 200


def test_a_body_that_is_cut(one):
    d = enrolled(one)
    body = plists.command("ProfileList")[1]
    basic = base64.b64encode(("x:" + one.token).encode()).decode()
    head = ("PUT /v1/enqueue/%s HTTP/1.1\r\nHost: localhost\r\n"
            "Authorization: Basic %s\r\nContent-Length: %d\r\n"
            "Connection: close\r\n\r\n" % (d.id, basic, len(body) + 10))

    class Admin:
        port, root_file = one.server.admin_port, one.server.root_file

    r = wires.raw_exchange(Admin, head.encode() + body, close_write=True)
    assert r is None or r.status in (400, 408), r
    assert one.server.ctl.queue(d.id) == []


# ---- the queue ----

@everywhere
def test_queue(nano):
    d = enrolled(nano)
    r = nano.curl("/v1/queue/" + ids(d.id))
    assert (r.status, r.body) == (200, b'{\n\t"commands": []\n}\n')
    commands = [plists.command("ProfileList") for _ in range(5)]
    for _, body in commands:
        assert nano.enqueue(d.id, body, "?nopush=1").status == 200
    r = nano.curl("/v1/queue/" + ids(d.id) + "?limit=1")
    assert r.body.decode() == (
        '{\n\t"commands": [\n\t\t{\n\t\t\t"command_uuid": "%s",\n'
        '\t\t\t"request_type": "ProfileList",\n\t\t\t"command": "%s"\n'
        '\t\t}\n\t],\n\t"next_cursor": "%s"\n}\n' % (
            commands[0][0], base64.b64encode(commands[0][1]).decode(),
            r.json["next_cursor"]))
    for by in ("cursor", "offset"):
        got, query = [], ""
        while True:
            r = nano.curl("/v1/queue/" + ids(d.id) + "?limit=2" + query)
            assert r.status == 200, r
            got += [(c["command_uuid"], base64.b64decode(c["command"]))
                    for c in r.json["commands"]]
            query = "&offset=%d" % len(got)
            if by == "cursor" and "next_cursor" in r.json:
                query = "&cursor=" + r.json["next_cursor"]
            elif by == "cursor" or len(r.json["commands"]) < 2:
                break
        assert got == commands
    r = nano.curl("/v1/queue/nobody")
    assert (r.status, r.json) == (404, {"error": "no enrollment nobody"})
    for query in ("?limit=0", "?limit=1001", "?cursor=zz", "?offset=x",
                  "?cursor=00&offset=1"):
        assert nano.curl("/v1/queue/" + ids(d.id) + query).status == 400

    other = enrolled(nano)
    nano.enqueue(other.id, commands[0][1], "?nopush=1")
    r = nano.curl("/v1/queue/" + ids(d.id, "nobody"), "-X", "DELETE")
    assert r.status == 207
    assert r.body == (b'{\n\t"status": {\n\t\t"nobody": '
                      b'"no enrollment nobody"\n\t}\n}\n')
    assert nano.server.ctl.queue(d.id) == []
    r = nano.curl("/v1/queue/" + ids(d.id, other.id), "-X", "DELETE")
    assert (r.status, r.body) == (204, b"")
    assert nano.server.ctl.queue(other.id) == []
    r = nano.curl("/v1/queue/" + ids("nobody"), "-X", "DELETE")
    assert (r.status, list(r.json)) == (500, ["status"])
    assert nano.curl("/v1/queue/" + ids(d.id), "-d", "").status == 405


def test_queue_of_large_commands(one):
    """A page ends where the bodies would be too much for one answer."""
    d = enrolled(one)
    commands = [plists.command("InstallProfile", Payload=os.urandom(9 << 20))
                for _ in range(4)]
    for _, body in commands:
        assert one.enqueue(d.id, body, "?nopush=1").status == 200
    r = one.curl("/v1/queue/" + ids(d.id))
    assert r.status == 200
    got = [c["command_uuid"] for c in r.json["commands"]]
    assert 0 < len(got) < 4
    r = one.curl("/v1/queue/" + ids(d.id) + "?cursor=" +
                 r.json["next_cursor"])
    got += [c["command_uuid"] for c in r.json["commands"]]
    assert got == [uuid for uuid, _ in commands]
    # Who pages by offset would take a short page for the last one.
    r = one.curl("/v1/queue/" + ids(d.id) + "?offset=0")
    assert (r.status, list(r.json)) == (413, ["error"])
    assert one.curl("/v1/queue/" + ids(d.id) +
                    "?offset=1&limit=2").status == 200
    assert one.curl("/v1/queue/" + ids(d.id), "-X", "DELETE").status == 204
