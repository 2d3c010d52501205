"""The shipped programs without a web server: routes, limits, settings, log
lines, what a store that is not there does. Whole lives are in tests/e2e."""

import json
import os
import plistlib
import shutil
import subprocess
import sys
import tempfile

import tap
from fastcgi import Program, Reply, wait_for

MDM = os.path.abspath("cgi-bin/mdm.fcgi")
API = os.path.abspath("cgi-bin/api.fcgi")
DYING = os.path.abspath("tests/fcgi/dying")
CTL = os.path.abspath("mooringctl")
URL = "url = https://mdm.example.com\n"
CHECKIN = "application/x-apple-aspen-mdm-checkin"


class Folder:
    """A data directory with settings and nothing else."""

    def __init__(self, settings=""):
        self.path = tempfile.mkdtemp(prefix="mooring-worker-")
        self.write(URL + settings)

    def write(self, text):
        name = self.path + "/mooring.conf"
        with open(name + ".new", "w") as f:
            f.write(text)
        os.rename(name + ".new", name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def run(self, program=MDM):
        return Program(program, MOORING_DIR=self.path)


def ask(p, method, uri, body=b"", length=None, more=()):
    n = len(body) if length is None else length
    return p.ask([("REQUEST_METHOD", method), ("REQUEST_URI", uri),
                  ("CONTENT_LENGTH", str(n)), ("REMOTE_ADDR", "192.0.2.1")] +
                 list(more), body)


def requests(p):
    """The log lines of requests, as dictionaries of plain values. A line is
    written after its reply, so that they may change places."""
    lines = [line for line in p.logged().splitlines() if "event=request" in line]
    return [dict(word.split("=", 1) for word in line.split() if "=" in word)
            for line in lines]


def stop(p):
    p.terminate()
    assert p.ended() == 0, p.logged()


def test_device_urls_without_a_store():
    with Folder() as d, d.run() as p:
        for uri in ("/mdm", "/mdm?a=b", "/checkin", "/mdm/checkin",
                    "/mdm/connect"):
            for method in ("PUT", "POST"):
                for kind in (CHECKIN, "application/x-apple-aspen-mdm", ""):
                    r = ask(p, method, uri, b"<plist/>",
                            more=[("CONTENT_TYPE", kind)])
                    assert r.status == 503, (uri, r.status)
                    assert int(r.headers["Retry-After"]) > 0
                    assert d.path.encode() not in r.body
        assert "event=store.open" in p.logged()
        assert all(r["level"] == "warn" and r["kind"] == "busy"
                   for r in requests(p))
        stop(p)


def test_other_paths_and_methods():
    with Folder() as d, d.run() as p:
        for uri in ("/", "/mdmfoo", "/mdm/", "//mdm", "/mdm/enroll", "/scep",
                    "/MDM", "/%6ddm", "/mdm/connect/x", "/version", "*", ""):
            assert ask(p, "PUT", uri).status == 404, uri
        for method in ("GET", "HEAD", "DELETE", "OPTIONS", "put", "X" * 500):
            r = ask(p, method, "/mdm")
            assert r.status == 405 and r.headers["Allow"] == "POST, PUT"
            assert (r.body == b"") == (method == "HEAD")
        stop(p)


def test_bodies_come_before_identity():
    with Folder("max_body = 64K\n") as d, d.run() as p:
        r = ask(p, "PUT", "/mdm", b"x" * 65537)
        assert r.status == 413 and b"65536" in r.body
        wait_for("its line", lambda: "length=65537" in p.logged())
        r = ask(p, "PUT", "/mdm", b"x" * 10, length=11)
        assert r.status == 400 and b"shorter than Content-Length" in r.body
        assert ask(p, "PUT", "/mdm", b"x" * 65536).status == 503
        stop(p)


def test_version_and_json_errors():
    with Folder() as d, d.run(API) as p:
        r = ask(p, "GET", "/version")
        assert r.status == 200
        assert r.headers["Content-Type"] == "application/json"
        assert list(json.loads(r.body)) == ["version"]
        assert ask(p, "HEAD", "/version").body == b""
        r = ask(p, "GET", "/nowhere")
        assert r.status == 404 and json.loads(r.body) == {"error": "not found"}
        r = ask(p, "PUT", "/version")
        assert r.status == 405 and r.headers["Allow"] == "GET, HEAD"
        assert "error" in json.loads(r.body)
        r = ask(p, "PUT", "/version", b"x", length=5)
        assert r.status == 405
        r = ask(p, "GET", "/version", b"x", length=5)
        assert r.status == 400 and "Content-Length" in json.loads(r.body)["error"]
        stop(p)


def test_one_log_line_per_request():
    with Folder() as d, d.run(API) as p:
        ask(p, "GET", "/version", b"", more=[("HTTP_AUTHORIZATION", "s3cret"),
                                             ("SSL_CLIENT_CERT", "s3cret")])
        ask(p, "GET", '/a b"\\=\n\x1b' + "x" * 5000, b"s3cret")
        stop(p)
        first, second = sorted(requests(p), key=lambda r: r["status"])
        assert first["status"] == "200" and first["path"] == "/version"
        assert first["method"] == "GET" and first["level"] == "info"
        assert int(first["us"]) > 0 and first["bytes"] == "0"
        assert second["status"] == "404"
        assert int(second["id"], 16) == (int(first["id"], 16) + 1) % 2 ** 64
        assert "s3cret" not in p.logged()
        assert "\x1b" not in p.logged() and len(p.logged()) < 2000


def test_bad_settings_refuse_to_start():
    with Folder("threads = many\n") as d:
        with d.run() as p:
            assert p.ended() != 0
            assert d.path + "/mooring.conf:2: threads" in p.logged()
    with Program(MDM, MOORING_DIR="/nonexistent") as p:
        assert p.ended() != 0
        assert "mooringctl init" in p.logged()


def test_settings_that_change():
    with Folder("max_body = 64K\n") as d, d.run() as p:
        body = b"x" * 100000
        assert ask(p, "PUT", "/mdm", body).status == 413
        d.write(URL + "max_body = 1M\n")
        wait_for("the new limit",
                 lambda: ask(p, "PUT", "/mdm", body).status == 503)
        d.write(URL + "max_body = 0\n")
        line_with(p, "level=error", "mooring.conf:2: max_body")  # no request
        assert ask(p, "PUT", "/mdm", body).status == 503
        assert p.logged().count("max_body") == 1
        stop(p)


def cgi(folder, **env):
    r = subprocess.run([MDM], input=b"", capture_output=True, timeout=20,
                       env={"MOORING_DIR": folder.path, **env})
    return r, Reply(r.stdout)


def test_plain_cgi():
    with Folder() as d:
        r, reply = cgi(d, REQUEST_METHOD="PUT", REQUEST_URI="/mdm")
        assert r.returncode == 0 and reply.status == 503
        assert b"event=request" in r.stderr
        r, reply = cgi(d, REQUEST_METHOD="GET", REQUEST_URI="/mdm")
        assert reply.status == 405
        d.write("url = nonsense\n")
        r, reply = cgi(d, REQUEST_METHOD="PUT", REQUEST_URI="/mdm")
        assert reply.status == 503 and reply.headers["Retry-After"]
        assert b"mooring.conf:1: url" in r.stderr


class Site(Folder):
    """A data directory as mooringctl makes it, and a device's certificate."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="mooring-worker-") + "/d"
        self.ctl("init", "--url", "https://mdm.example.com")
        self.ctl("ca", "issue", "--cn", "device", "--out", self.path + "/dev")
        with open(self.path + "/dev.pem") as f:
            self.certificate = f.read()

    def __exit__(self, *_):
        shutil.rmtree(os.path.dirname(self.path))

    def ctl(self, *words):
        subprocess.run([CTL, *words, "--dir", self.path], check=True,
                       capture_output=True, timeout=60)

    def ask(self, p, uri="/mdm", kind="", certificate=None, **message):
        return ask(p, "PUT", uri, plistlib.dumps(message), more=[
            ("CONTENT_TYPE", kind), ("SSL_CLIENT_VERIFY", "SUCCESS"),
            ("SSL_CLIENT_CERT", certificate or self.certificate)])

    def enroll(self, p):
        r = self.ask(p, kind=CHECKIN, MessageType="Authenticate", UDID="U1",
                     Topic="com.apple.mgmt.x", SerialNumber="S1")
        assert (r.status, r.body) == (200, b""), r.body
        r = self.ask(p, kind=CHECKIN, MessageType="TokenUpdate", UDID="U1",
                     Topic="com.apple.mgmt.x", PushMagic="m", Token=b"t" * 32)
        assert (r.status, r.body) == (200, b""), r.body


def line_with(p, *words):
    """The log line that has all of these words, once it is there."""
    found = []

    def look():
        found[:] = [line for line in p.logged().splitlines()
                    if all(w in line for w in words)]
        return found
    wait_for("a line with %s" % (words,), look)
    return found[0]


def test_device_with_a_store():
    with Site() as d, d.run() as p:
        d.enroll(p)
        line_with(p, "message=Authenticate", "status=200", "enrollment=@1")
        command = plistlib.dumps({"CommandUUID": "C1", "Command": {
            "RequestType": "DeviceInformation", "Queries": ["OSVersion"]}})
        with open(d.path + "/command", "wb") as f:
            f.write(command)
        d.ctl("enqueue", "U1", d.path + "/command")
        r = d.ask(p, Status="Idle", UDID="U1")
        assert (r.status, r.body) == (200, command)
        assert r.headers["Content-Type"] == "application/xml; charset=UTF-8"
        line_with(p, "message=Idle", "command=C1", "enrollment=@1",
                  "request_type=DeviceInformation")
        r = d.ask(p, Status="Acknowledged", UDID="U1", CommandUUID="C1")
        assert (r.status, r.body) == (200, b"")
        assert "Content-Type" not in r.headers
        line_with(p, "answered=C1", "status=200")
        stop(p)


def test_identity_is_never_401():
    with Site() as d, d.run() as p:
        d.enroll(p)
        for certificate in ("junk", d.certificate[:-300] + d.certificate[-30:]):
            r = d.ask(p, Status="Idle", UDID="U1", certificate=certificate)
            assert r.status == 400, r.status
        r = ask(p, "PUT", "/mdm", b"x")
        assert r.status == 400 and "WWW-Authenticate" not in r.headers
        line_with(p, "status=400", "kind=identity")
        r = ask(p, "PUT", "/mdm", b"s3cret", more=[
            ("SSL_CLIENT_CERT", d.certificate), ("CONTENT_TYPE", CHECKIN),
            ("SSL_CLIENT_VERIFY", "SUCCESS")])
        assert r.status == 400
        line_with(p, "status=400", "kind=bad_input", "body_sha256=")
        assert "s3cret" not in p.logged()
        stop(p)


def test_store_that_comes_late():
    """A worker that starts without its store serves as soon as it is there."""
    with Site() as d:
        os.rename(d.path + "/store", d.path + "/away")
        with d.run() as p:
            assert d.ask(p, Status="Idle", UDID="U1").status == 503
            os.rename(d.path + "/away", d.path + "/store")
            wait_for("the store", lambda: d.ask(
                p, kind=CHECKIN, MessageType="CheckOut", UDID="U1",
                Topic="com.apple.mgmt.x").status == 200)
            d.enroll(p)
            assert p.logged().count("level=error") == 1, p.logged()
            stop(p)


def test_store_that_dies():
    """503 for who met it, and the process ends, to be started again."""
    for place in ("guard", "handler"):
        with Site() as d, d.run(DYING) as p:
            assert ask(p, "PUT", "/in/peace").status == 200
            assert ask(p, "PUT", "/in/" + place).status == 503
            assert p.ended() == 1
            assert p.logged().count("event=store.dead") == 1


def test_plain_cgi_with_a_store():
    with Site() as d:
        body = plistlib.dumps({"MessageType": "CheckOut", "UDID": "U1",
                               "Topic": "com.apple.mgmt.x"})
        r = subprocess.run([MDM], input=body, capture_output=True, timeout=20,
                           env={"MOORING_DIR": d.path, "REQUEST_URI": "/mdm",
                                "REQUEST_METHOD": "PUT",
                                "CONTENT_TYPE": CHECKIN,
                                "CONTENT_LENGTH": str(len(body)),
                                "SSL_CLIENT_VERIFY": "SUCCESS",
                                "SSL_CLIENT_CERT": d.certificate})
        assert r.returncode == 0 and Reply(r.stdout).status == 200, r.stderr


def test_other_tools_than_ours():
    """spawn-fcgi starts it, cgi-fcgi speaks to it."""
    with Folder() as d:
        socket = d.path + "/socket"
        p = subprocess.Popen(["spawn-fcgi", "-n", "-s", socket, "--", API],
                             env={**os.environ, "MOORING_DIR": d.path},
                             stderr=subprocess.PIPE)
        try:
            wait_for("the socket", lambda: os.path.exists(socket))
            out = subprocess.run(
                ["cgi-fcgi", "-bind", "-connect", socket], check=True,
                capture_output=True, stdin=subprocess.DEVNULL, timeout=20,
                env={"PATH": os.environ["PATH"], "REQUEST_METHOD": "GET",
                     "REQUEST_URI": "/version"}).stdout
            assert Reply(out).status == 200
        finally:
            p.terminate()
            p.communicate(timeout=20)
        assert p.returncode == 0


if __name__ == "__main__":
    tap.main(sys.modules[__name__])
