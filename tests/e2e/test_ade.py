"""Automated Device Enrollment and how devices find us, as requests of
Python's own: MachineInfo signed below a CA that stands in for Apple's (and has
expired, as that one has), each answer read by json and plistlib."""

import base64
import datetime
import json
import os
import plistlib
import re
import shutil
import subprocess
import tempfile

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import pkcs7

import pki
import plists
import processes
import server as servers
from device import Wire, raw_exchange

PROFILE = "application/x-apple-aspen-config"
HEADER = "x-apple-aspen-deviceinfo"
UUID = re.compile("[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")


class Apple:
    """A root, a device CA below it, and what they sign."""

    def __init__(self, name="Apple"):
        self.root = self.certificate("%s Root CA" % name, ca=True)
        self.ca = self.certificate("%s iPhone Device CA" % name, self.root,
                                   ca=True)
        self.device = self.certificate("a device", self.ca)

    @staticmethod
    def certificate(name, issuer=None, ca=False):
        key = pki.ec_key()
        by, signer = issuer or (None, key)
        cert = (x509.CertificateBuilder().subject_name(pki.name(name))
                .issuer_name(by.subject if by else pki.name(name))
                .public_key(key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(datetime.datetime(2007, 4, 16))
                .not_valid_after(datetime.datetime(2014, 4, 16))
                .add_extension(x509.BasicConstraints(ca, None), True)
                .sign(signer, hashes.SHA256()))
        return cert, key

    def sign(self, content, *signers, chain=True):
        builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
        for cert, key in signers or (self.device,):
            builder = builder.add_signer(cert, key, hashes.SHA256())
        if chain:
            builder = builder.add_certificate(self.ca[0])
        return builder.sign(pki.DER, [pkcs7.PKCS7Options.Binary])

    def says(self, info, **more):
        return self.sign(plistlib.dumps(info), **more)


def machine_info(**more):
    info = {"UDID": plists.new_uuid(), "SERIAL": os.urandom(5).hex().upper(),
            "PRODUCT": "iPhone15,2", "VERSION": "21B91", "OS_VERSION": "17.1",
            "LANGUAGE": "en", "MDM_CAN_REQUEST_SOFTWARE_UPDATE": True}
    info.update(more)
    return {k: v for k, v in info.items() if v is not None}


def post(server, body, kind="application/pkcs7-signature",
         path="/mdm/enroll"):
    wire = Wire(server)
    try:
        return wire.request("POST", path, body, {"Content-Type": kind})
    finally:
        wire.close()


def get(server, path, headers=(), method="GET"):
    wire = Wire(server)
    try:
        return wire.request(method, path, headers=headers)
    finally:
        wire.close()


def web_view(server, cms, **more):
    return get(server, "/mdm/enroll",
               {HEADER: base64.b64encode(cms).decode()}, **more)


def challenge_of(reply):
    assert reply.status == 200, reply
    assert reply.content_type == PROFILE
    assert reply.headers["Cache-Control"] == "no-store"
    profile = plistlib.loads(reply.body)
    types = [p["PayloadType"] for p in profile["PayloadContent"]]
    assert types[-1] == "com.apple.mdm"
    scep, = [p for p in profile["PayloadContent"]
             if p["PayloadType"] == "com.apple.security.scep"]
    return scep["PayloadContent"]["Challenge"]


def challenges(server, **match):
    return [c for c in server.ctl.json(
        "challenge", "list", "--all")["challenges"]
        if all(c.get(k) == v for k, v in match.items())]


def is_told(reply, code, details=None, plist=False):
    """Apple's error document, and nothing else in it."""
    assert reply.status == 403, reply
    assert reply.content_type == (
        "application/xml" if plist else "application/json")
    said = plistlib.loads(reply.body) if plist else reply.json()
    assert said.pop("code") == "com.apple." + code
    assert isinstance(said.pop("description"), str)
    assert said == ({} if details is None else {"details": details})


@pytest.fixture(scope="session")
def apple():
    """With the files that a server reads, where its user may."""
    made = Apple()
    made.folder = tempfile.mkdtemp(prefix="mrg-", dir="/tmp")
    os.chmod(made.folder, 0o755)
    made.file = os.path.join(made.folder, "apple.pem")
    with open(made.file, "wb") as f:
        f.write(made.root[0].public_bytes(pki.PEM))
    os.chmod(made.file, 0o644)
    yield made
    shutil.rmtree(made.folder)


def settings(apple, **more):
    return {"topic": plists.TOPIC, "profile_access": "ade",
            "challenge_rate": 100000, "ade_ca_file": apple.file, **more}


@pytest.fixture
def ade(pool, apple):
    return pool.get("lighttpd", **settings(apple))


@pytest.fixture
def unverified(pool, apple):
    return pool.get("lighttpd", **settings(
        apple, ade_ca_file="", ade_verify="no"))


# ---- in, on every web server ----

def test_accepted(pool, flavour, apple):
    server = pool.get(flavour, **settings(apple))
    info = machine_info()
    for reply in (post(server, apple.says(info)),
                  post(server, apple.says(info), "application/xml"),
                  web_view(server, apple.says(info))):
        challenge_of(reply)
    made = challenges(server, udid=info["UDID"])
    assert [(c["source"], c["serial"], c["state"]) for c in made] == \
        [("ade", info["SERIAL"], "active")] * 3
    line = server.wait_log("event=request", info["SERIAL"], "verified=yes")
    assert "os_version=17.1" in line and "status=200" in line


def test_update_first(pool, flavour, apple):
    """The device is told to update, does, and comes back."""
    server = pool.get(flavour, **settings(
        apple, min_os_ios="18.1 22B83",
        beta_ios="beta-token Beta of <18>", min_os_macos="15 (a)"))
    old, new = machine_info(), machine_info(OS_VERSION="18.1")
    need = {"OSVersion": "18.1", "BuildVersion": "22B83",
            "RequireBetaProgram": {"Token": "beta-token",
                                   "Description": "Beta of <18>"}}
    is_told(post(server, apple.says(old)), "softwareupdate.required", need)
    is_told(web_view(server, apple.says(old)), "softwareupdate.required",
            need)
    assert not challenges(server, udid=old["UDID"])
    challenge_of(post(server, apple.says(dict(old, OS_VERSION="18.1"))))
    challenge_of(web_view(server, apple.says(new)))
    is_told(post(server, apple.says(machine_info(
        PRODUCT="Mac14,7", OS_VERSION="14.6.1"))),
        "softwareupdate.required", {"OSVersion": "15 (a)"})
    challenge_of(post(server, apple.says(machine_info(
        PRODUCT="Mac14,7", OS_VERSION="15.0",
        SUPPLEMENTAL_OS_VERSION_EXTRA="(a)"))))
    challenge_of(post(server, apple.says(machine_info(PRODUCT="iPad13,1"))))
    cannot = machine_info(MDM_CAN_REQUEST_SOFTWARE_UPDATE=None)
    challenge_of(post(server, apple.says(cannot)))
    assert server.wait_log(cannot["SERIAL"], "cannot be asked to update")


def test_errors_as_plist(pool, apple):
    server = pool.get("lighttpd", **settings(
        apple, error_format="plist", min_os_ios="18", watch_pairing="yes"))
    is_told(post(server, apple.says(machine_info())),
            "softwareupdate.required", {"OSVersion": "18"}, plist=True)
    watch = machine_info(PRODUCT="Watch6,1")
    reply = post(server, apple.says(watch))
    token = plistlib.loads(reply.body)["details"]["security-token"]
    is_told(reply, "watch.pairing.token.missing",
            {"security-token": token}, plist=True)
    assert UUID.fullmatch(token)
    challenge_of(post(server, apple.says(
        dict(watch, PAIRING_TOKEN=b"by the phone"))))


# ---- who ----

def test_allowlist(pool, apple):
    server = pool.get("lighttpd", enroll=False, **settings(
        apple, enrollment="allowlist"))
    info = machine_info()
    is_told(post(server, apple.says(info)), "unrecognized.device")
    server.ctl.run("enrollments", "allow", "--serial", info["SERIAL"])
    challenge_of(post(server, apple.says(info)))
    is_told(post(server, apple.says(machine_info())), "unrecognized.device")


def test_allowlist_of_unverified(pool, apple):
    """A serial number that anybody can claim opens nothing."""
    server = pool.get("lighttpd", enroll=False, **settings(
        apple, enrollment="allowlist", ade_verify="no"))
    info = machine_info()
    server.ctl.run("enrollments", "allow", "--serial", info["SERIAL"])
    is_told(post(server, apple.says(info)), "unrecognized.device")
    server.ctl.run("enrollments", "allow", "--udid", info["UDID"])
    challenge_of(post(server, apple.says(info)))


def test_blocked(ade, apple):
    device = ade.enrolled()
    info = machine_info(UDID=device.id)
    challenge_of(post(ade, apple.says(info)))
    ade.ctl.run("enrollments", "block", device.id)
    is_told(post(ade, apple.says(info)), "unrecognized.device")
    ade.ctl.run("enrollments", "unblock", device.id)
    challenge_of(post(ade, apple.says(info)))


def enroll(server, profile, folder, info):
    """mooring-device by a profile that was fetched: its exit status."""
    path = os.path.join(folder, "p.mobileconfig")
    with open(path, "wb") as f:
        f.write(profile.body)
    return subprocess.run(
        [servers.program("mooring-device"), "enroll", "--state",
         os.path.join(folder, plists.new_uuid()), "--ca", server.root_file,
         "--udid", info["UDID"], "--serial", info["SERIAL"], "--profile",
         path], capture_output=True, timeout=120).returncode


def test_erased_and_back(ade, unverified, apple, tmp_path):
    """A device that is enrolled comes again with another certificate, which
    was issued for it: only where Apple vouched for that."""
    for server, again in ((ade, 0), (unverified, 1)):
        info = machine_info()
        for expected in (0, again):
            got = enroll(server, post(server, apple.says(info)),
                         str(tmp_path), info)
            assert (got != 0) == (expected != 0), server.settings
        assert server.ctl.state(info["UDID"]) == "enabled"


def test_for_one_device(ade, apple, tmp_path):
    """Another one cannot enroll by the profile of the first."""
    info, other = machine_info(), machine_info()
    profile = post(ade, apple.says(info))
    assert enroll(ade, profile, str(tmp_path), other) != 0
    assert not ade.ctl.exists(other["UDID"])


def test_unverified(unverified, apple):
    """Whoever says what it is gets a profile, which names nobody."""
    info = machine_info()
    before = challenges(unverified)
    for maker in (apple, Apple("Nobody")):
        challenge_of(post(unverified, maker.says(info)))
        challenge_of(web_view(unverified, maker.says(info)))
    made = [c for c in challenges(unverified) if c not in before]
    assert [c["source"] for c in made] == ["ade-unverified"] * 4
    assert not any(c.get("serial") or c.get("udid") for c in made)
    assert unverified.wait_log(info["SERIAL"], "verified=no")


def test_only_looking(ade, apple):
    """HEAD makes no challenge."""
    info = machine_info()
    reply = web_view(ade, apple.says(info), method="HEAD")
    assert (reply.status, reply.content_type, reply.body) == (
        200, PROFILE, b"")
    assert not challenges(ade, udid=info["UDID"])


def test_not_in_setup_assistant(ade):
    """Without the header it is somebody with a browser."""
    get(ade, "/mdm/enroll").refused(403, "no enrollment profile here")


# ---- bad input ----

def bad_messages(apple):
    good = machine_info()
    foreign = Apple("Apple")        # the same names, other keys
    alone = Apple.certificate("a device")
    message = apple.says(good)
    yield "empty", 400, b""
    yield "random", 400, os.urandom(3000)
    yield "an open sequence", 400, b"\x30\x84\xff\xff\xff\xff" + b"x" * 100
    yield "cut", 400, message[:-20]
    yield "more behind it", 400, message + b"\0"
    yield "changed", 400, message.replace(
        good["SERIAL"].encode(), b"X" * len(good["SERIAL"]))
    yield "a bare property list", 400, plistlib.dumps(good)
    yield "no signer", 400, pkcs7.serialize_certificates(
        [apple.device[0]], pki.DER)
    yield "two signers", 400, apple.sign(
        plistlib.dumps(good), apple.device, foreign.device)
    yield "detached", 400, pkcs7.PKCS7SignatureBuilder().set_data(
        plistlib.dumps(good)).add_signer(*apple.device, hashes.SHA256()).sign(
            pki.DER, [pkcs7.PKCS7Options.DetachedSignature,
                      pkcs7.PKCS7Options.Binary])
    yield "no property list", 400, apple.sign(b"UDID=1")
    yield "an array", 400, apple.says([good])
    for key in ("UDID", "SERIAL", "PRODUCT", "VERSION"):
        yield "no " + key, 400, apple.says(machine_info(**{key: None}))
        yield "a number as " + key, 400, apple.says(machine_info(**{key: 5}))
    yield "long", 400, apple.says(machine_info(SERIAL="x" * 300))
    yield "foreign", 403, foreign.says(good)
    yield "self-signed", 403, apple.sign(plistlib.dumps(good), alone)
    yield "without its chain", 403, apple.says(good, chain=False)
    yield "100 kB", 413, os.urandom(100000)


def test_bad_messages(ade, apple):
    before = challenges(ade)
    for what, status, body in bad_messages(apple):
        reply = post(ade, body)
        assert reply.status == status, (what, reply)
        assert reply.content_type.startswith("text/plain"), (what, reply)
        assert reply.text, what
        if 0 < len(body) < 20000:
            reply = web_view(ade, body)
            assert reply.status == status, (what, "header", reply)
    get(ade, "/mdm/enroll", {HEADER: "***"}).refused(400, "base64")
    assert challenges(ade) == before
    assert ade.find_log("MachineInfo: UDID: missing")
    assert ade.find_log("signer's certificate is not trusted")


def test_20_mb(ade, apple):
    """The web server may end the connection before it has read all."""
    size = 20 << 20
    reply = raw_exchange(ade, b"POST /mdm/enroll HTTP/1.1\r\nHost: localhost"
                         b"\r\nContent-Length: %d\r\n\r\n" % size +
                         os.urandom(size))
    assert reply is None or reply.status == 413, reply
    challenge_of(post(ade, apple.says(machine_info())))


# ---- the file of CAs ----

def test_ca_file(fresh, apple):
    """Missing: the device comes again later. Then each change counts."""
    server = fresh(start=False)
    server.set(topic=plists.TOPIC, profile_access="ade")
    server.start()
    server.ctl.run("guard", "release")

    def health():
        return [c for c in server.ctl.json("health", check=False)["checks"]
                if c["name"] == "ade"][0]

    def becomes(status, maker, what):
        for _ in processes.deadline(10, what):
            reply = post(server, maker.says(machine_info()))
            if reply.status == status:
                return reply

    reply = post(server, apple.says(machine_info()))
    reply.refused(503)
    assert "Retry-After" in reply.headers
    assert server.wait_log("event=request", "ade_ca_file is not set",
                           "status=503")
    assert health()["status"] == "warn"
    assert "ade_ca_file is not set" in health()["text"]
    path = server.path("pki", "apple.pem")
    server.set(ade_ca_file=path)
    assert "no such file" in health()["text"]
    for _ in processes.deadline(10, "the setting"):
        post(server, apple.says(machine_info())).refused(503)
        if server.find_log("enroll.ade_ca", "no such file"):
            break
    other = Apple("Other")

    def put(data):
        with open(path + ".new", "wb") as f:
            f.write(data)
        os.chmod(path + ".new", 0o644)
        os.rename(path + ".new", path)

    put(other.root[0].public_bytes(pki.PEM))
    becomes(200, other, "the file is read")
    post(server, apple.says(machine_info())).refused(403, "Apple")
    assert health()["status"] == "ok"
    put(apple.root[0].public_bytes(pki.PEM) +
        other.root[0].public_bytes(pki.PEM))
    becomes(200, apple, "the file is read again")
    put(b"damaged")
    assert health()["status"] == "warn"
    for _ in processes.deadline(10, "an alert"):
        challenge_of(post(server, apple.says(machine_info())))
        if server.find_log("enroll.ade_ca", "the old CAs stay in force"):
            break


# ---- how devices find us ----

def test_service_config(pool, flavour, apple):
    server = pool.get(flavour, **settings(apple))
    base = "https://localhost:%d/mdm/enroll" % server.port
    reply = get(server, "/MDMServiceConfig")
    assert reply.status == 200
    assert reply.content_type == "application/json; charset=UTF8"
    assert json.loads(reply.body.decode()) == {
        "dep_enrollment_url": base,
        "dep_anchor_certs_url": base + "/anchors",
        "trust_profile_url": base + "/trust"}
    reply = get(server, "/mdm/enroll/anchors")
    assert reply.status == 200
    assert reply.content_type.startswith("application/json")
    with open(server.root_file, "rb") as f:
        root = x509.load_pem_x509_certificate(f.read())
    assert [x509.load_der_x509_certificate(base64.b64decode(text))
            for text in reply.json()] == [root]
    reply = get(server, "/mdm/enroll/trust")
    assert (reply.status, reply.content_type) == (200, PROFILE)
    profile = plistlib.loads(reply.body)
    assert profile["PayloadType"] == "Configuration"
    payload, = profile["PayloadContent"]
    assert payload["PayloadType"] == "com.apple.security.root"
    assert x509.load_der_x509_certificate(payload["PayloadContent"]) == root
    assert get(server, "/MDMServiceConfig/x").status == 404
    assert post(server, b"x", path="/MDMServiceConfig").status == 405


def test_public_certificate(fresh, apple):
    """Not of the root that init made: there is nothing to be told to trust,
    unless the settings say so."""
    server = fresh()
    public = pki.CA.make(server.folder, "Some public CA").issue(
        "localhost", usages=(x509.oid.ExtendedKeyUsageOID.SERVER_AUTH,))
    file = server.path("pki", "server.pem")
    with open(file, "rb") as f:
        before = f.read()

    def put(pem):
        """The web server goes on with what it has; what is told follows
        the file."""
        with open(file, "wb") as f:
            f.write(pem)

    put(public.pem)
    reply = get(server, "/mdm/enroll/anchors")
    assert (reply.status, reply.body) == (200, b"[]")
    config = get(server, "/MDMServiceConfig").json()
    assert sorted(config) == ["dep_anchor_certs_url", "dep_enrollment_url"]
    get(server, "/mdm/enroll/trust").refused(404)
    server.set(trust_file=apple.file)
    for _ in processes.deadline(10, "the new setting"):
        told = get(server, "/mdm/enroll/anchors").json()
        if told:
            break
    assert [base64.b64decode(text) for text in told] == [
        apple.root[0].public_bytes(pki.DER)]
    assert "trust_profile_url" in get(server, "/MDMServiceConfig").json()
    put(before)
