"""NanoMDM's push and push certificates, escrowKeyUnlock, and mooringctl beside
them."""

import http.server
import os
import re
import ssl
import threading
import urllib.parse

import pytest

import plists
from compat import enrolled, everywhere, pushed
from nano import ids, wait_for


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
