"""The calls of NanoMDM's API, as its users make them with curl, answered byte
for byte where tools read bytes. Pushes go to a played APNs (apns.py)."""

import base64
import concurrent.futures
import http.server
import os
import re
import shutil
import ssl
import tempfile
import threading
import urllib.parse

import pytest

import apns as played
import device as wires
import plists
from nano import Nano, ids, wait_for
from test_device import real as mooring_device

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# With an admin listener: all but the shared hosting.
ADMIN = ("lighttpd", "lighttpd-socket", "lighttpd-cgi", "apache",
         "apache-fcgid")
everywhere = pytest.mark.flavours(*ADMIN)


@pytest.fixture(scope="module")
def apple():
    folder = tempfile.mkdtemp(prefix="mrg-apns-", dir="/tmp")
    os.chmod(folder, 0o755)
    with played.Apns(folder) as a:
        yield a
    shutil.rmtree(folder)


def served(pool, flavour, apple):
    server = pool.get(flavour, apns_url=apple.url, apns_ca_file=apple.ca_file)
    if not hasattr(server, "push_cert"):
        server.push_cert = apple.push_cert(plists.TOPIC)
        server.ctl.run("push-cert", "put", "-", input=server.push_cert)
    return server


@pytest.fixture
def server(pool, flavour, apple):
    return served(pool, flavour, apple)


@pytest.fixture
def nano(server):
    return Nano(server)


@pytest.fixture
def one(lighttpd, pool, apple):
    """A server for what does not depend on the web server."""
    return Nano(served(pool, lighttpd.flavour, apple))


def enrolled(nano, **more):
    """An enrolled device with the token that it is pushed by."""
    d = nano.server.device(**more)
    d.token, d.magic = os.urandom(32), plists.new_uuid()
    d.authenticate().accepted()
    d.token_update(Token=d.token, PushMagic=d.magic).accepted()
    return d


def pushed(apple, d, count=1):
    """The requests that APNs got for this device."""
    return wait_for(lambda: len(apple.seen(d.token.hex())) >= count
                    and apple.seen(d.token.hex()), name="push")


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


# ---- push ----

@everywhere
def test_push(nano, apple):
    d = enrolled(nano)
    r = nano.push(d.id)
    assert r.status == 200, r
    push, = pushed(apple, d)
    assert r.body.decode() == (
        '{\n\t"status": {\n\t\t"%s": {\n\t\t\t"push_result": "%s"\n\t\t}\n'
        '\t}\n}\n' % (d.id, push["headers"]["apns-id"]))
    r = nano.push("nobody")
    assert r.status == 500
    assert r.body == (
        b'{\n\t"status": {\n\t\t"nobody": {\n\t\t\t"push_error": '
        b'"push data missing for id"\n\t\t}\n\t}\n}\n')
    r = nano.push("nobody", d.id)
    assert r.status == 207
    assert list(r.json["status"]) == sorted(["nobody", d.id])
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        r = nano.curl("/v1/push/" + ids(d.id), "-X", method, "-d", "")
        assert (r.status, list(r.json["status"])) == (200, [d.id]), r


@pytest.mark.flavours("lighttpd", "apache")
def test_push_that_apple_refuses(nano, apple):
    """Where the worker pushes itself it can say what Apple said."""
    d = enrolled(nano)
    apple.rule(token=d.token.hex(), status=410, reason="Unregistered",
               timestamp=4102444800000)
    r = nano.push(d.id)
    assert r.status == 500, r
    assert "Unregistered" in r.json["status"][d.id]["push_error"]
    # It is known now, so that Apple is not asked again.
    r = nano.push(d.id)
    assert r.status == 500
    assert len(apple.seen(d.token.hex())) == 1


@pytest.mark.flavours("lighttpd")
def test_push_that_waits(nano, apple):
    """A passing trouble is the courier's, and no error."""
    d = enrolled(nano)
    apple.rule(token=d.token.hex(), status=503, reason="ServiceUnavailable",
               next=1)
    r = nano.push(d.id)
    assert (r.status, list(r.json["status"][d.id])) == (200, ["push_result"])


# ---- push certificates ----

@everywhere
def test_push_cert(nano, apple):
    pem = nano.server.push_cert.encode()
    for body in (pem, pem.replace(b"-----\n-----", b"----------")):
        r = nano.put("/v1/pushcert", body)
        assert r.status == 200, r
        assert re.fullmatch(
            r'\{\n\t"topic": "%s",\n\t"not_after": '
            r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"\n\}\n' % plists.TOPIC,
            r.body.decode())
        shown = nano.curl("/v1/pushcert?topic=" + plists.TOPIC)
        assert (shown.status, shown.body) == (200, r.body)
    assert b"----------" in pem.replace(b"-----\n-----", b"----------")
    assert nano.push(enrolled(nano).id).status == 200
    for method in ("POST", "DELETE", "PATCH"):
        r = nano.curl("/v1/pushcert", "-X", method, "-d", "x")
        assert r.status == 405, r
        assert {m.strip() for m in r.headers["allow"].split(",")} == {
            "GET", "HEAD", "PUT"}
    assert nano.curl("/v1/pushcert").status == 400
    assert nano.curl("/v1/pushcert?topic=com.apple.none").status == 404


def test_push_cert_refused(one, apple):
    pem = one.server.push_cert
    cert, sep, key = pem.partition("-----BEGIN PRIVATE")
    other = apple.push_cert("com.apple.mgmt.External.other")
    data = os.path.join(os.path.dirname(__file__), "..", "data", "crypto")

    def fixture(*names):
        return b"".join(open(os.path.join(data, n), "rb").read()
                        for n in names).decode()

    for body, why in (
            ("", "no certificate"), (cert, "no private key"),
            (sep + key, "no certificate"),
            (cert + other.partition("-----BEGIN PRIVATE")[1]
             + other.partition("-----BEGIN PRIVATE")[2], "does not fit"),
            (fixture("push.pem", "push-encrypted.key"), "encrypted"),
            (fixture("push.pem", "push-old-encrypted.key"), "encrypted"),
            (fixture("push-no-uid.pem", "push-no-uid.key"), "no topic"),
            (fixture("push-not-apple.pem", "push-not-apple.key"), "no topic"),
            (fixture("push-expired.pem", "push-expired.key"), "expired")):
        r = one.curl("/v1/pushcert", "-X", "PUT", "--data-binary", "@-",
                     input=body.encode())
        assert (r.status, list(r.json)) == (400, ["error"]), (why, r)
        assert why in r.json["error"], (why, r)

    # Another topic than the enrolled devices use.
    enrolled(one)
    r = one.put("/v1/pushcert", other.encode())
    assert r.status == 409, r
    assert plists.TOPIC in r.json["error"]
    assert one.put("/v1/pushcert?force=0", other.encode()).status == 409
    assert one.put("/v1/pushcert?force=1", other.encode()).status == 200
    assert one.put("/v1/pushcert", other.encode()).status == 200
    one.server.ctl.run("push-cert", "remove", "com.apple.mgmt.External.other")


def test_push_cert_is_replaced(one, apple):
    """The next push goes out with the new one; nothing is restarted."""
    d = enrolled(one)
    assert one.push(d.id).status == 200
    apple.reset()
    assert one.push(d.id).status == 200
    assert apple.connections == 0
    assert one.put("/v1/pushcert", apple.push_cert(
        plists.TOPIC).encode()).status == 200
    assert one.push(d.id).status == 200
    assert apple.connections == 1
    assert apple.stats()["faults"] == []


# ---- escrowKeyUnlock ----

class Escrow:
    """Apple's side of it: HTTPS that asks for the push certificate."""

    def __init__(self, apple):
        self.asked, self.answer = [], (200, "application/json", b"{}")
        escrow = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                escrow.asked.append({
                    "path": self.path.partition("?")[0],
                    "query": urllib.parse.parse_qs(
                        self.path.partition("?")[2]),
                    "form": urllib.parse.parse_qs(body.decode()),
                    "type": self.headers["Content-Type"],
                    "uid": dict(x[0] for x in self.connection.getpeercert()[
                        "subject"])["userId"]})
                status, kind, body = escrow.answer
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(apple.identity.cert_file,
                                apple.identity.key_file)
        context.load_verify_locations(apple.ca_file)
        context.verify_mode = ssl.CERT_REQUIRED
        self.http.socket = context.wrap_socket(self.http.socket,
                                               server_side=True)
        self.thread = threading.Thread(target=self.http.serve_forever)
        self.thread.start()
        self.url = "https://127.0.0.1:%d/unlock" % self.http.server_port

    def close(self):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def escrow(apple):
    e = Escrow(apple)
    yield e
    e.close()


FORM = {"topic": plists.TOPIC, "serial": "C02 X/1", "productType": "iPad4,1",
        "escrowKey": "ABCDE-FGHJK-LMNP", "orgName": "Ärger & Co",
        "guid": "who+asked"}


def unlock(nano, **form):
    form = {k: v for k, v in {**FORM, **form}.items() if v is not None}
    return nano.curl("/v1/escrowkeyunlock", "--data-binary", "@-",
                     input=urllib.parse.urlencode(form).encode())


def test_escrow_key_unlock(one, escrow):
    one.server.set(escrow_url=escrow.url)
    wait_for(lambda: unlock(one).status == 200, name="the new setting")
    escrow.asked.clear()
    r = unlock(one)
    assert (r.status, r.body, r.headers["content-type"]) == (
        200, b"{}", "application/json")
    assert escrow.asked == [{
        "path": "/unlock", "uid": plists.TOPIC,
        "type": "application/x-www-form-urlencoded",
        "query": {"serial": ["C02 X/1"], "productType": ["iPad4,1"]},
        "form": {"escrowKey": ["ABCDE-FGHJK-LMNP"],
                 "orgName": ["Ärger & Co"], "guid": ["who+asked"]}}]
    escrow.asked.clear()
    unlock(one, imei="1", imei2="2", meid="3")
    assert escrow.asked[0]["query"] == {
        "serial": ["C02 X/1"], "productType": ["iPad4,1"], "imei": ["1"],
        "imei2": ["2"], "meid": ["3"]}
    # What Apple says is passed through.
    escrow.answer = (404, "text/plain", b"no such device\n\xff")
    r = unlock(one)
    assert (r.status, r.body, r.headers["content-type"]) == (
        404, b"no such device\n\xff", "text/plain")
    for name in FORM:
        r = unlock(one, **{name: None})
        assert (r.status, r.json["error"]) == (400, name + ": missing"), r
    assert unlock(one, topic="com.apple.mgmt.none").status == 404
    assert unlock(one, serial="x" * 2000).status == 400
    escrow.close()
    r = unlock(one)
    assert (r.status, list(r.json)) == (502, ["error"])
    for _, text in one.server.log_texts():
        assert "ABCDE-FGHJK" not in text


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


# ---- enrollments/query ----

def pages(nano, body, by, limit):
    """All that is found, page by page."""
    found, query = [], ""
    while True:
        r = nano.query(body, "?limit=%d%s" % (limit, query))
        assert r.status == 200, r
        page = r.json["enrollments"]
        assert len(page) <= limit
        found += page
        if by == "offset":
            assert "next_cursor" not in r.json or query == ""
            if len(page) < limit:
                return found
            query = "&offset=%d" % len(found)
        else:
            if "next_cursor" not in r.json:
                return found
            query = "&cursor=" + r.json["next_cursor"]


@everywhere
def test_query(nano):
    d = nano.server.device()
    serial = "S" + plists.new_uuid()[:8]
    d.authenticate(SerialNumber=serial).accepted()
    d.token_update(UnlockToken=b"\x00secret").accepted()
    user = d.user()
    user.token_update().accepted()
    r = nano.query({"filter": {"serials": [serial]}})
    assert r.status == 200, r
    assert r.headers["content-type"] == "application/json"
    seen = r.json["enrollments"][0]["last_seen"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", seen)
    assert r.body.decode().replace(
        r.json["enrollments"][1]["last_seen"], seen) == (
        '{\n\t"enrollments": [\n\t\t{\n\t\t\t"id": "%s",\n'
        '\t\t\t"type": "Device",\n\t\t\t"device": {\n'
        '\t\t\t\t"serial_number": "%s"\n\t\t\t},\n'
        '\t\t\t"enabled": true,\n\t\t\t"token_update_tally": 1,\n'
        '\t\t\t"last_seen": "%s"\n\t\t},\n\t\t{\n\t\t\t"id": "%s",\n'
        '\t\t\t"type": "User",\n\t\t\t"device": {\n'
        '\t\t\t\t"serial_number": "%s"\n\t\t\t},\n'
        '\t\t\t"user": {\n\t\t\t\t"user_short_name": "ada",\n'
        '\t\t\t\t"user_long_name": "Ada L."\n\t\t\t},\n'
        '\t\t\t"enabled": true,\n\t\t\t"token_update_tally": 1,\n'
        '\t\t\t"last_seen": "%s"\n\t\t}\n\t]\n}\n' % (
            d.id, serial, seen, user.id, serial, seen))
    r = nano.query({"filter": {"ids": [d.id]}, "options": {
        "include_device_cert": True, "include_unlock_token": True}})
    device = r.json["enrollments"][0]["device"]
    assert device == {
        "serial_number": serial, "unlock_token": "AHNlY3JldA==",
        "device_cert": d.identity.pem.decode()}
    # The certificate that is bound now.
    renewed = nano.server.ca.issue("renewed")
    d.check_out().accepted()
    again = d.again(renewed)
    again.authenticate(SerialNumber=serial).accepted()
    again.token_update().accepted()
    r = nano.query({"filter": {"ids": [d.id]},
                    "options": {"include_device_cert": True}})
    assert r.json["enrollments"][0]["device"] == {
        "serial_number": serial, "device_cert": renewed.pem.decode()}


def test_query_filters(one):
    server = one.server
    tag = plists.new_uuid()[:8]
    devices = []
    for n in range(4):
        d = server.device()
        d.authenticate(SerialNumber="F%s-%d" % (tag, n)).accepted()
        d.token_update().accepted()
        devices.append(d)
    users = [d.user(short_name="%s-%d" % (tag, n))
             for n, d in enumerate(devices)]
    for u in users:
        u.token_update().accepted()
    devices[3].check_out().accepted()
    serials = ["F%s-%d" % (tag, n) for n in range(4)] + ["other"]
    both = {d.id for d in devices} | {u.id for u in users}

    def found(**filter):
        r = one.query({"filter": filter})
        assert r.status == 200, r
        return [e["id"] for e in r.json["enrollments"]]

    assert set(found(serials=serials)) == both
    assert found(serials=serials[:1]) == [devices[0].id, users[0].id]
    assert found(serials=["none"]) == []
    assert found(ids=[devices[1].id, users[0].id, "none"]) == [
        devices[1].id, users[0].id]
    assert found(user_short_names=[tag + "-2", tag + "-0"]) == [
        users[0].id, users[2].id]
    assert set(found(serials=serials, types=["User"])) == {
        u.id for u in users}
    assert found(serials=serials, types=["Shared iPad"]) == []
    assert set(found(serials=serials, types=["Device"], enabled=True)) == {
        d.id for d in devices[:3]}
    assert set(found(serials=serials, enabled=False)) == {
        devices[3].id, users[3].id}
    assert found(ids=[devices[0].id], serials=serials[1:]) == []
    assert set(found(serials=serials, ids=None, types=None,
                     enabled=None)) == both
    for by in ("cursor", "offset"):
        for limit in (1, 3, 8, 100):
            for filter in ({"serials": serials},
                           {"ids": sorted(both)},
                           {"serials": serials, "types": ["Device"]}):
                got = pages(one, {"filter": filter}, by, limit)
                names = [e["id"] for e in got]
                assert len(names) == len(set(names)), (by, limit)
                assert set(names) == both & (
                    {d.id for d in devices} if "types" in filter else both)


@pytest.mark.flavours("lighttpd", "apache")
def test_query_pages(nano):
    """As mdmdirector: pages of 500, five at once, by offset."""
    for _ in range(3):
        nano.server.enrolled()
    everything = pages(nano, None, "cursor", 10000)
    assert pages(nano, {}, "cursor", 2) == everything
    assert len(everything) >= 3
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        offsets = range(0, len(everything) + 5, 2)
        found = pool.map(lambda o: nano.query(
            {"filter": None}, "?limit=2&offset=%d" % o), offsets)
        got = [e["id"] for r in found for e in r.json["enrollments"]]
    assert got == [e["id"] for e in everything]
    # What is empty was not given.
    r = nano.query({}, "?limit=&offset=&cursor=")
    assert (r.status, r.json) == (200, nano.query({}).json)
    r = nano.query({}, "?limit=2&offset=")
    assert len(r.json["enrollments"]) == 2 and "next_cursor" in r.json
    r = nano.query({}, "?limit=500&offset=100000")
    assert (r.status, r.json) == (200, {"enrollments": []})


def test_query_of_large_tokens(one):
    """A device chooses how large its token is: a page ends where they would
    be too much for one answer."""
    devices = []
    for _ in range(5):
        devices.append(one.server.device())
        devices[-1].authenticate().accepted()
        devices[-1].token_update(UnlockToken=os.urandom(9 << 20)).accepted()
    body = {"filter": {"ids": [d.id for d in devices]},
            "options": {"include_unlock_token": True}}
    r = one.query(body, "?limit=10")
    assert (r.status, len(r.json["enrollments"])) == (200, 4)
    got = r.json["enrollments"]
    r = one.query(body, "?limit=10&cursor=" + r.json["next_cursor"])
    got += r.json["enrollments"]
    assert "next_cursor" not in r.json
    assert [e["id"] for e in got] == [d.id for d in devices]
    # Who pages by offset would take a short page for the last one.
    r = one.query(body, "?limit=10&offset=0")
    assert (r.status, list(r.json)) == (413, ["error"])
    r = one.query(body, "?limit=2&offset=3")
    assert [e["id"] for e in r.json["enrollments"]] == [
        d.id for d in devices[3:]]


def test_query_refused(one):
    for body in (b"x", b"[]", b"{", b"\xff", b'{"filter":[]}',
                 b'{"filter":{"ids":"x"}}', b'{"filter":{"ids":[1]}}',
                 b'{"filter":{"id":["x"]}}', b'{"filters":{}}',
                 b'{"filter":{"enabled":1}}',
                 b'{"filter":{"types":["device"]}}',
                 b'{"options":{"include_device_cert":"yes"}}',
                 b'{"options":{"include":true}}', b'[' * 100000):
        r = one.curl("/v1/enrollments/query", "-X", "POST",
                     "--data-binary", "@-", input=body)
        assert (r.status, list(r.json)) == (400, ["error"]), (body[:40], r)
    for query in ("?limit=0", "?limit=x", "?limit=-1", "?limit=10001",
                  "?offset=-1", "?cursor=x", "?cursor=00&offset=1",
                  "?cursor=0000000000000001&offset=0"):
        r = one.query({}, query)
        assert (r.status, list(r.json)) == (400, ["error"]), (query, r)
    for method in ("GET", "PUT", "DELETE"):
        assert one.curl("/v1/enrollments/query", "-X",
                        method).status in (404, 405)


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


# ---- mooringctl ----

def test_mooringctl_pushes(one, apple):
    ctl, d = one.server.ctl, enrolled(one)
    uuid, body = plists.command("ProfileList")
    out = ctl.json("enqueue", d.id, "-", input=body)["targets"][0]
    push, = pushed(apple, d)
    assert push["headers"]["apns-id"] == out["push"]["apns_id"]
    ctl.run("enqueue", "--no-push", d.id, "-",
            input=plists.command("ProfileList")[1])
    out = ctl.json("push", d.id)["targets"][0]
    assert [p["headers"]["apns-id"] for p in pushed(apple, d, 2)][1:] == [
        out["push"]["apns_id"]]
    r = ctl.run("push", "nobody", check=False)
    assert (r.returncode, b"push data missing" in r.stderr) == (3, True)
    r = ctl.run("push", "nobody", d.id, check=False)
    assert r.returncode == 1
    # It is queued, so that is no failure.
    d = one.server.device()
    d.authenticate().accepted()
    out = ctl.json("enqueue", d.id, "-", input=body)["targets"][0]
    assert (out["outcome"], out["push"]) == (
        "queued", {"error": "push data missing for id"})


def test_mooringctl_push_certs(fresh, apple):
    server = fresh(start=False)
    ctl, topic = server.ctl, "com.apple.mgmt.External.ctl"
    pem = apple.push_cert(topic)
    assert ctl.json("push-cert", "list") == {"push_certs": []}
    ctl.run("push-cert", "put", "-", input=pem)
    shown, = ctl.json("push-cert", "list")["push_certs"]
    assert (shown["topic"], "stopped" in shown) == (topic, False)
    assert "PRIVATE" not in ctl.run("push-cert", "list").stdout.decode()
    ctl.run("push-cert", "resume", topic)
    r = ctl.run("push-cert", "put", "-", input=pem[:300], check=False)
    assert r.returncode == 1
    ctl.run("push-cert", "remove", topic)
    assert ctl.json("push-cert", "list") == {"push_certs": []}
    for verb in ("remove", "resume"):
        assert ctl.run("push-cert", verb, topic, check=False).returncode == 3
    key = pem[pem.index("-----BEGIN PRIVATE"):].splitlines()[3]
    assert key not in "".join(
        open(os.path.join(folder, f), "rb").read().decode("latin1")
        for folder, _, files in os.walk(server.directory) for f in files)
