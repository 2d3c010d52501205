"""mooring-device: against the real server, and against a scripted one that
answers what no healthy server does."""

import base64
import http.server
import json
import plistlib
import subprocess
import threading

import pytest

import plists
import server as servers

PREFIXES = iter("SIM%d" % n for n in range(1000000))


class Device:
    """mooring-device with a state folder of its own."""

    def __init__(self, folder, url, *always):
        self.state, self.url = str(folder / "devices"), url
        self.always = [str(a) for a in always]

    def run(self, command, *args, code=0, stdin=None):
        args = [str(a) for a in args]
        if command == "enroll":
            args = ["--url", self.url, *self.always, *args]
        r = subprocess.run(
            [servers.program("mooring-device"), command,
             "--state", self.state, "--json", *args],
            input=stdin, capture_output=True, timeout=120)
        assert r.returncode == code, (r.returncode, r.stdout, r.stderr)
        self.errors = r.stderr.decode()
        self.lines = [json.loads(x) for x in r.stdout.splitlines()]
        return self.lines[-1] if self.lines else None

    @property
    def said(self):
        """(message, status) of each exchange."""
        return [(x["message"], x["status"]) for x in self.lines[:-1]]


def real(server, folder, *more):
    return Device(folder, "https://localhost:%d/mdm" % server.port,
                  "--ca", server.root_file, "--auth", server.how,
                  "--ca-cert", server.path("pki", "device-ca.pem"),
                  "--ca-key", server.path("pki", "device-ca.key"), *more)


def text_id(shown, kind):
    """The id of the kind's channel, as mooringctl takes it."""
    channel = shown["channels"][-1]
    if channel["channel"] == "device":
        return shown["id"]
    user = channel["user_short_name" if kind == "shared-ipad" else "user_id"]
    return "%s:%s" % (shown["id"], user)


# ---- the real server ----

@pytest.mark.parametrize("kind", plists.KINDS)
def test_life_of_each_kind(server, tmp_path, kind):
    d, ctl = real(server, tmp_path), server.ctl
    shown = d.run("enroll", "--kind", kind)["device"]
    assert [s for _, s in d.said] == [200] * len(d.said)
    assert shown["state"] == "enrolled"
    who = text_id(shown, kind)
    stored = ctl.enrollment(who)
    assert (stored["type"], stored["state"]) == (plists.KINDS[kind], "enabled")

    profile = plists.dump({
        "PayloadType": "Configuration", "PayloadVersion": 1,
        "PayloadIdentifier": "org.example.e2e", "PayloadUUID": "U",
        "PayloadContent": []})
    uuids = []
    for request_type, keys in (
            ("DeviceInformation", {"Queries": ["OSVersion", "UDID"]}),
            ("InstallProfile", {"Payload": profile}),
            ("ProfileList", {}),
            ("NoSuchCommand", {})):
        uuid, body = plists.command(request_type, **keys)
        ctl.enqueue(who, body)
        uuids.append(uuid)
    report = d.run("poll")
    assert report["commands"] == 4
    assert report["outcomes"]["ok"] == 1
    assert ctl.queue(who) == []
    results = [plistlib.loads(ctl.result(u, who)) for u in uuids]
    byod = kind.startswith("byod")
    assert set(results[0]["QueryResponses"]) == (
        {"OSVersion"} if byod else {"OSVersion", "UDID"})
    assert "org.example.e2e" in [
        p["PayloadIdentifier"] for p in results[2]["ProfileList"]]
    assert [r["Status"] for r in results] == [
        "Acknowledged", "Acknowledged", "Acknowledged", "Error"]
    assert results[3]["ErrorChain"][0]["ErrorCode"] == 12021

    # Changed tokens, then it leaves, and comes back.
    d.run("token-update")
    assert ctl.enrollment(who)["token_update_tally"] == 2
    assert d.run("checkout")["device"]["state"] == "left"
    assert ctl.state(shown["id"]) == "left"
    d.run("poll", code=3)
    d.run("enroll", "--udid", shown["id"])
    assert ctl.state(shown["id"]) == "enabled"


def test_both_identities_at_once(lighttpd, tmp_path):
    d = real(lighttpd, tmp_path)
    d.run("enroll", "--auth", "both", "--key-type", "rsa")
    d.run("poll", "--auth", "signature")
    d.run("poll", "--auth", "tls")
    d.run("poll", "--auth", "none", code=1)
    assert d.said[0][1] == 400


def test_unmanaged_by_the_server(lighttpd, tmp_path):
    d, ctl = real(lighttpd, tmp_path), lighttpd.ctl
    who = d.run("enroll")["device"]["id"]
    ctl.run("enrollments", "unmanage", who)
    report = d.run("poll", code=3)
    assert d.said == [("Idle", 401)]
    assert report["device"]["state"] == "unenrolled"
    assert report["outcomes"]["unenrolled"] == 1
    # It does not come again by itself.
    d.run("poll", code=3)
    assert d.said == []
    assert "not enrolled" in d.errors


def test_http2(lighttpd, tmp_path):
    d = real(lighttpd, tmp_path)
    who = d.run("enroll", "--http2")["device"]["id"]
    uuid, body = plists.command("SecurityInfo")
    lighttpd.ctl.enqueue(who, body)
    assert d.run("poll", "--http2")["commands"] == 1
    assert lighttpd.ctl.target_state(uuid, who) == "acknowledged"
    idle = plists.dump(plists.idle({"UDID": who}))
    assert d.run("send", "--http2", "-", stdin=idle)["http_version"] == 20
    assert d.run("send", "-", stdin=idle)["http_version"] == 11


def test_send_as_it_is(lighttpd, tmp_path):
    d = real(lighttpd, tmp_path)
    who = d.run("enroll")["device"]["id"]
    uuid, body = plists.command("SecurityInfo")
    lighttpd.ctl.enqueue(who, body)
    idle = plists.dump(plists.idle({"UDID": who}), binary=True)
    reply = d.run("send", "-", stdin=idle)
    assert reply["status"] == 200
    assert base64.b64decode(reply["body_base64"]) == body
    reply = d.run("send", "--checkin", "-", stdin=b"rubbish", code=1)
    assert reply["status"] == 400
    assert b"plist" in base64.b64decode(reply["body_base64"]) or \
        b"property list" in base64.b64decode(reply["body_base64"])


def test_server_is_away(fresh, tmp_path):
    server = fresh()
    d = real(server, tmp_path)
    d.run("enroll")
    server.stop()
    assert d.run("poll", code=4)["broken"] == 1
    server.start()
    assert d.run("poll")["device"]["state"] == "enrolled"


@pytest.mark.parametrize("auth", ("tls", "signature"))
def test_many(lighttpd, tmp_path, auth):
    """Connections are shared where they may be, and never between TLS
    identities: the server would refuse the wrong one."""
    n = 60
    d, ctl = real(lighttpd, tmp_path), lighttpd.ctl
    prefix = next(PREFIXES)
    report = d.run("enroll", "--prefix", prefix, "--count", n,
                   "--auth", auth, "--connections", 8)
    assert report["outcomes"] == {"ok": n, "later": 0, "refused": 0,
                                  "unenrolled": 0}
    assert report["status"] == {"200": 2 * n}
    if auth == "tls":
        assert report["connections"] >= n
    else:
        assert report["connections"] <= 16
    ids = ["%s-%06d" % (prefix, i + 1) for i in range(n)]
    uuid, body = plists.command("InstallProfile", Payload=b"no profile")
    ctl.enqueue(ids, body)
    uuid2, body = plists.command("SecurityInfo")
    ctl.enqueue(ids, body)
    report = d.run("run", "--interval", 0, "--polls", 12, "--notnow", 0.4,
                   "--seed", 5, "--threads", 4, "--connections", n)
    assert report["outcomes"]["ok"] == n
    assert set(report["status"]) == {"200"}
    assert report["commands"] > 2 * n      # some were put off
    if auth == "tls":       # kept open, all of them
        assert report["connections"] == n
    for u, state in ((uuid, "error"), (uuid2, "acknowledged")):
        targets = ctl.command(u)["targets"]
        assert [t["state"] for t in targets] == [state] * n


# ---- a scripted server ----

class Script(http.server.ThreadingHTTPServer):
    """Answers each request by the next row of its script: a status, or
    (status, body), or (status, body, headers); None breaks the connection;
    after the last row 200 with no body. Keeps what it was sent."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), ScriptHandler)
        self.rows, self.got = [], []
        self.url = "http://127.0.0.1:%d/mdm" % self.server_address[1]

    def play(self, *rows):
        self.rows, self.got = list(rows), []

    @property
    def messages(self):
        return [m.get("MessageType") or m["Status"] for m in self.got]


class ScriptHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(plistlib.loads(body))
        row = self.server.rows.pop(0) if self.server.rows else 200
        if row is None:
            self.close_connection = True
            return
        if not isinstance(row, tuple):
            row = (row,)
        status, body, headers = row + (b"", {})[len(row) - 1:]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for pair in headers.items():
            self.send_header(*pair)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def script():
    s = Script()
    thread = threading.Thread(target=s.serve_forever, args=(0.02,))
    thread.start()
    yield s
    s.shutdown()
    thread.join()
    s.server_close()


@pytest.fixture
def scripted(script, tmp_path):
    d = Device(tmp_path, script.url, "--auth", "none")
    d.run("enroll")
    assert script.messages == ["Authenticate", "TokenUpdate"]
    return d


def give(request_type="SecurityInfo", **keys):
    uuid, body = plists.command(request_type, **keys)
    return uuid, (200, body)


# A connection that was kept open and breaks is made anew once, silently.
@pytest.mark.parametrize("trouble, code", (
    ([503], 4), ([500], 4), ([None, None], 4), ([400], 1), ([404], 1),
    ([(413, b"big\n")], 1)))
def test_result_is_kept_until_it_is_taken(scripted, script, trouble, code):
    uuid, command = give()
    script.play(command, *trouble)
    shown = scripted.run("poll", code=code)["device"]
    assert script.messages[:2] == ["Idle", "Acknowledged"]
    assert shown["channels"][0]["pending"] == uuid
    assert shown["state"] == "enrolled"
    first = script.got[1]
    # Again first, as it was, twice; then the session goes on.
    script.play(503)
    scripted.run("poll", code=4)
    assert script.got == [first]
    other, command = give("ProfileList")
    script.play(command)
    shown = scripted.run("poll")["device"]
    assert script.got[0] == first
    assert script.got[1]["CommandUUID"] == other
    assert "pending" not in shown["channels"][0]


def test_the_servers_line_is_shown(scripted, script):
    script.play((400, b"UDID: missing\nand more\n"))
    scripted.run("poll", code=1)
    assert scripted.lines[0]["error"] == "UDID: missing"
    assert "UDID: missing" in scripted.errors


UNRECOGNIZED = "com.apple.unrecognized.device"


@pytest.mark.parametrize("row, ended", (
    (401, True),
    ((403, json.dumps({"code": UNRECOGNIZED}).encode()), True),
    ((403, plists.dump({"code": UNRECOGNIZED})), True),
    ((403, b'{"code": "com.apple.softwareupdate.required"}'), False),
    (403, False),
    ((401, b"", {"WWW-Authenticate": 'Bearer method="apple-as-web"'}), False),
    (410, False), (404, False), (400, False)))
def test_what_ends_management(scripted, script, row, ended):
    script.play(row)
    shown = scripted.run("poll", code=3 if ended else 1)["device"]
    assert shown["state"] == ("unenrolled" if ended else "enrolled")


@pytest.mark.parametrize("row, state, code", (
    (401, "unenrolled", 3), (400, "new", 1), (503, "new", 4)))
def test_authenticate_is_refused(script, tmp_path, row, state, code):
    d = Device(tmp_path, script.url, "--auth", "none")
    script.play(row)
    assert d.run("enroll", code=code)["device"]["state"] == state
    assert script.messages == ["Authenticate"]


def test_user_is_not_wanted(script, tmp_path):
    d = Device(tmp_path, script.url, "--auth", "none")
    script.play(200, 200, 410)
    shown = d.run("enroll", "--kind", "shared-ipad")["device"]
    assert shown["state"] == "enrolled"
    assert [c["declined"] for c in shown["channels"]] == [False, True]
    script.play()
    d.run("poll")
    assert script.messages == ["Idle"]      # of the device alone


@pytest.mark.parametrize("status", (301, 302, 307, 308))
def test_redirects_are_followed(scripted, script, status):
    uuid, command = give()
    there = {"Location": script.url + "?moved"}
    script.play((status, b"", there), command, (status, b"", there))
    scripted.run("poll")
    assert script.messages == ["Idle", "Idle", "Acknowledged", "Acknowledged"]
    assert script.got[2] == script.got[3]


def test_erase_is_answered_once(scripted, script):
    _, command = give("EraseDevice")
    script.play(command, 503)
    shown = scripted.run("poll", code=4)["device"]
    assert shown["state"] == "erased"
    assert "pending" not in shown["channels"][0]
    script.play()
    scripted.run("poll", code=3)
    assert script.got == []


def test_removal_of_the_enrollment_profile(scripted, script):
    _, command = give("RemoveProfile",
                      Identifier="com.example.mooring.enrollment")
    script.play(command)
    assert scripted.run("poll")["device"]["state"] == "left"
    assert script.messages == ["Idle", "CheckOut"]


@pytest.mark.parametrize("body", (
    b"rubbish", plists.dump({"Command": {}}), plists.dump([])))
def test_what_is_no_command(scripted, script, body):
    script.play((200, body))
    shown = scripted.run("poll", code=1)["device"]
    assert script.messages == ["Idle"]
    assert shown["state"] == "enrolled"


def test_not_now_is_repeatable(script, tmp_path):
    def statuses(name, seed):
        (tmp_path / name).mkdir()
        d = Device(tmp_path / name, script.url, "--auth", "none")
        d.run("enroll", "--udid", "SAME")
        script.play(*((200, plists.command("SecurityInfo", "U%d" % i)[1])
                      for i in range(40)))
        d.run("poll", "--notnow", 0.5, "--seed", seed)
        return script.messages[1:]

    one, again, other = (statuses("a", 7), statuses("b", 7), statuses("c", 8))
    assert len(one) == 40
    assert 5 < one.count("NotNow") < 35
    assert one == again
    assert one != other
