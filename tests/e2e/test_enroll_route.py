"""The whole way into management and on, as mooring-device goes it: profile,
signature, SCEP, check-in, renewal, restore, leaving, on the real servers."""

import glob
import json
import os
import plistlib
import ssl
import subprocess
import threading
import urllib.request

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

import pki
import plists
import server as servers
from test_device import Device, Script, ScriptHandler

TOPIC = "com.apple.mgmt.External.route"
FLAVOURS = ("lighttpd", "apache", "apache-fcgid", "lighttpd-cgi")
ROUTE = ["profile", "signature", "payloads", "GetCACaps", "GetCACert",
         "PKCSReq"]


class Enrolling(Device):
    """mooring-device with a state folder, by enrollment profiles."""

    def __init__(self, server, folder):
        super().__init__(folder, None)
        self.server = server

    def run(self, command, *args, code=0):
        if command == "enroll":
            args = ["--ca", self.server.root_file, *args]
        r = subprocess.run(
            [servers.program("mooring-device"), command, "--state",
             self.state, "--json", *map(str, args)],
            capture_output=True, timeout=120)
        assert r.returncode == code, (r.returncode, r.stdout, r.stderr)
        self.errors = r.stderr.decode()
        self.lines = [json.loads(x) for x in r.stdout.splitlines()]
        return self.lines[-1] if self.lines else None

    def enroll(self, *args, code=0):
        return self.run("enroll", "--profile", url(self.server), *args,
                        code=code)["device"]

    @property
    def steps(self):
        return [x["step"] for x in self.lines if "step" in x]

    @property
    def said(self):
        return [(x["message"], x["status"]) for x in self.lines
                if "message" in x]

    def text(self, step):
        return [x["text"] for x in self.lines if x.get("step") == step][-1]

    def file(self):
        """What it keeps of its only device."""
        (path,) = glob.glob(os.path.join(self.state, "*.device"))
        assert os.stat(path).st_mode & 0o777 == 0o600
        with open(path, "rb") as f:
            return plistlib.load(f)

    def certificate(self):
        return x509.load_pem_x509_certificate(self.file()["Certificate"])


def url(server, path="/mdm/enroll"):
    return "https://localhost:%d%s" % (server.port, path)


def profile_of(server):
    """The enrollment profile, as somebody fetches it."""
    context = ssl.create_default_context(cafile=server.root_file)
    with urllib.request.urlopen(url(server), context=context) as r:
        assert r.headers["Content-Type"] == "application/x-apple-aspen-config"
        return plistlib.loads(r.read())


def payload(profile, kind):
    (one,) = [p for p in profile["PayloadContent"] if p["PayloadType"] == kind]
    return one


def install(server, d, profile):
    """Sends the profile by InstallProfile and has the device poll; its answer
    as it was stored."""
    who = d.file()["ID"]
    uuid, body = plists.command("InstallProfile",
                                Payload=plistlib.dumps(profile))
    server.ctl.enqueue(who, body)
    d.run("poll")
    return plistlib.loads(server.ctl.result(uuid, who))


@pytest.fixture
def open_server(pool, flavour):
    return pool.get(flavour, profile_access="open", topic=TOPIC,
                    challenge_rate=100000)


@pytest.fixture
def open_one(pool):
    """For what does not depend on the web server."""
    return pool.get("lighttpd", profile_access="open", topic=TOPIC,
                    challenge_rate=100000)


# ---- into management ----

@pytest.mark.flavours(*FLAVOURS)
def test_whole_route(open_server, tmp_path):
    d, ctl = Enrolling(open_server, tmp_path), open_server.ctl
    shown = d.enroll()
    assert d.steps == ROUTE
    assert d.said == [("Authenticate", 200), ("TokenUpdate", 200)]
    assert shown["state"] == "enrolled"
    assert shown["topic"] == TOPIC
    stored = ctl.enrollment(shown["id"])
    assert stored["state"] == "enabled"
    assert stored["serial_number"] == shown["serial"]
    cert = d.certificate()
    assert cert.public_key().key_size == 2048
    assert cert.issuer == x509.load_pem_x509_certificate(
        open(open_server.path("pki", "device-ca.pem"), "rb").read()).subject
    assert cert.fingerprint(hashes.SHA256()).hex() == \
        shown["certificate_sha256"]
    # The profile's facts are kept: nothing has to be said again.
    uuid, body = plists.command("DeviceInformation", Queries=["UDID"])
    ctl.enqueue(shown["id"], body)
    d.run("poll")
    assert [m for m, _ in d.said] == ["Idle", "Acknowledged"]
    uuid, body = plists.command("ProfileList")
    ctl.enqueue(shown["id"], body)
    d.run("poll")
    (profile,) = plistlib.loads(ctl.result(uuid, shown["id"]))["ProfileList"]
    assert profile["PayloadIdentifier"] == shown["profile"]
    assert "com.apple.mdm" in [p["PayloadType"]
                               for p in profile["PayloadContent"]]


@pytest.mark.parametrize("sign", [True, False])
def test_sign_message(pool, tmp_path, sign):
    s = pool.get("lighttpd", profile_access="open", topic=TOPIC,
                 sign_message="yes" if sign else "no")
    d = Enrolling(s, tmp_path)
    d.enroll()
    assert d.file()["Auth"] == (3 if sign else 1)


def test_signed_profile(fresh, tmp_path):
    s = fresh("lighttpd", start=False, profile_access="open", topic=TOPIC,
                 sign_message="yes")
    s.set(profile_sign_cert=s.path("pki", "server.pem"),
          profile_sign_key=s.path("pki", "server.key"))
    s.start()
    s.ctl.run("guard", "release")
    d = Enrolling(s, tmp_path)
    d.enroll()
    assert d.text("signature").startswith("by CN=")
    assert d.text("signature").endswith(" (verified)")


def test_many_by_one_link(open_one, tmp_path):
    d = Enrolling(open_one, tmp_path)
    whole = d.run("enroll", "--profile", url(open_one), "--prefix", "ROUTE",
                  "--count", 12, "--threads", 6)
    assert whole["outcomes"]["ok"] == 12
    hashes_ = set()
    for path in glob.glob(os.path.join(d.state, "*.device")):
        with open(path, "rb") as f:
            one = plistlib.load(f)
        hashes_.add(one["Certificate"])
        assert open_one.ctl.state(one["ID"]) == "enabled"
    assert len(hashes_) == 12
    assert d.run("poll", "--count", 12)["outcomes"]["ok"] == 12


def test_devices_of_several_trusts_together(open_one, tmp_path):
    """One trusts what its profile brought, one what it was told by hand."""
    d = Enrolling(open_one, tmp_path)
    d.enroll()
    d.run("enroll", "--url", url(open_one, "/mdm"), "--ca-cert",
          open_one.path("pki", "device-ca.pem"), "--ca-key",
          open_one.path("pki", "device-ca.key"))
    assert d.run("poll")["outcomes"]["ok"] == 2
    d.run("list")
    assert sorted("profile" in x for x in d.lines) == [False, True]


def test_user_channels(open_one, tmp_path):
    d = Enrolling(open_one, tmp_path)
    shown = d.enroll("--kind", "user")
    assert [m for m, _ in d.said] == ["Authenticate", "TokenUpdate",
                                      "TokenUpdate"]
    assert shown["channels"][1]["enabled"]


def test_invite(pool, tmp_path):
    s = pool.get("lighttpd", profile_access="invite", topic=TOPIC)
    link = s.ctl.json("invite", "new")["url"]
    d, other = Enrolling(s, tmp_path), Enrolling(s, tmp_path / "other")
    (tmp_path / "other").mkdir()
    d.run("enroll", "--profile", url(s), code=1)
    assert "403" in d.text("profile")
    assert d.lines[-1]["device"]["state"] == "new"
    assert d.run("enroll", "--profile", link)["device"]["state"] == "enrolled"
    other.run("enroll", "--profile", link, code=1)
    assert other.steps == ["profile"]


def test_refused_before_anything_is_asked(open_one, tmp_path):
    """A device of a user enrollment by a profile that is none, a profile that
    is no profile, a challenge that is wrong."""
    d = Enrolling(open_one, tmp_path)
    d.enroll("--kind", "byod-device", code=1)
    assert "EnrollmentMode BYOD" in d.text("payloads")
    d.run("enroll", "--profile", url(open_one, "/mdm/enroll/anchors"), code=1)
    assert d.steps[-1] == "profile"
    profile = profile_of(open_one)
    payload(profile, "com.apple.security.scep")["PayloadContent"][
        "Challenge"] = "guessed"
    path = tmp_path / "wrong.mobileconfig"
    path.write_bytes(plistlib.dumps(profile))
    shown = d.run("enroll", "--profile", path, code=1)["device"]
    assert d.text("PKCSReq").startswith("FAILURE badRequest")
    assert shown["state"] == "new"
    assert not open_one.ctl.exists(shown["id"])


def test_nothing_is_lost_by_failing(open_one, tmp_path):
    d = Enrolling(open_one, tmp_path)
    shown = d.enroll()
    before = d.file()
    d.run("enroll", "--udid", shown["id"], "--profile",
          "https://localhost:1/none", code=4)
    after = d.file()
    for key in ("Certificate", "URL", "State", "Enrollment", "CAFile"):
        assert after[key] == before[key]
    d.run("poll")


# ---- renewal ----

def test_renewal(open_one, tmp_path):
    d, ctl = Enrolling(open_one, tmp_path), open_one.ctl
    who = d.enroll()["id"]
    before = d.certificate()
    uuid, body = plists.command("DeviceInformation", Queries=["UDID"])
    ctl.run("renew", who, "--no-push")
    ctl.enqueue(who, body)
    d.run("poll")
    assert d.said == [("Idle", 200), ("Authenticate", 200),
                      ("TokenUpdate", 200), ("Acknowledged", 200),
                      ("Acknowledged", 200)]
    after = d.certificate()
    assert after.serial_number != before.serial_number
    assert after.public_key() != before.public_key()
    assert ctl.target_state(uuid, who) == "acknowledged"
    assert ctl.state(who) == "enabled"
    # And once more, by what the first renewal left.
    ctl.run("renew", who, "--no-push")
    d.run("poll")
    assert d.certificate().serial_number != after.serial_number


def set_topic(p):
    payload(p, "com.apple.mdm")["Topic"] += ".other"


def set_url(p):
    payload(p, "com.apple.mdm")["ServerURL"] += "/other"


def set_rights(p):
    payload(p, "com.apple.mdm").pop("AccessRights")


def set_capabilities(p):
    payload(p, "com.apple.mdm")["ServerCapabilities"] = []


def set_challenge(p):
    payload(p, "com.apple.security.scep")["PayloadContent"]["Challenge"] = "x"


def set_identity(p):
    payload(p, "com.apple.mdm")["IdentityCertificateUUID"] = "none"


def set_identifier(p):
    p["PayloadIdentifier"] += ".other"


@pytest.mark.parametrize("change, says", [
    (set_topic, "Topic may not change"),
    (set_url, "ServerURL may not change"),
    (set_rights, "AccessRights may shrink only"),
    (set_capabilities, "per-user-connections"),
    (set_challenge, "FAILURE badRequest"),
    (set_identity, "IdentityCertificateUUID"),
    (set_identifier, "managed by another"),
])
def test_renewal_is_refused_by_the_device(open_one, tmp_path, change, says):
    d = Enrolling(open_one, tmp_path)
    who = d.enroll()["id"]
    before = d.file()
    profile = profile_of(open_one)
    change(profile)
    answer = install(open_one, d, profile)
    assert answer["Status"] == "Error"
    assert says in answer["ErrorChain"][0]["USEnglishDescription"]
    after = d.file()
    for key in ("Certificate", "Key", "URL", "Enrollment", "State"):
        assert after[key] == before[key]
    d.run("poll")
    assert open_one.ctl.state(who) == "enabled"


def test_renewal_that_the_server_refuses(open_one, tmp_path):
    """A certificate for anybody is none to renew with: the device rolls
    back."""
    d = Enrolling(open_one, tmp_path)
    d.enroll()
    before = d.certificate()
    answer = install(open_one, d, profile_of(open_one))
    assert ("Authenticate", 400) in d.said
    assert answer["Status"] == "Error"
    assert d.certificate() == before
    d.run("poll")


# ---- a server that does what none should ----

class Handler(ScriptHandler):
    def do_PUT(self):
        self.server.by.append(self.connection.getpeercert(True))
        super().do_PUT()


@pytest.fixture
def odd(open_one, tmp_path):
    """A device that enrolled with a scripted server, by a certificate of the
    real one: (device, script, its profile with a fresh challenge)."""
    script = Script()
    script.RequestHandlerClass = Handler
    script.by = []
    context = ssl.create_default_context(
        ssl.Purpose.CLIENT_AUTH, cafile=open_one.path("pki", "device-ca.pem"))
    context.load_cert_chain(open_one.path("pki", "server.pem"),
                            open_one.path("pki", "server.key"))
    context.verify_mode = ssl.CERT_OPTIONAL
    script.socket = context.wrap_socket(script.socket, server_side=True)
    thread = threading.Thread(target=script.serve_forever, args=(0.02,))
    thread.start()
    try:
        def profile(**more):
            made = profile_of(open_one)
            mdm = payload(made, "com.apple.mdm")
            mdm["ServerURL"] = mdm["CheckInURL"] = \
                "https://localhost:%d/mdm" % script.server_address[1]
            mdm.update(more)
            return made

        d = Enrolling(open_one, tmp_path)
        d.by_file = lambda made, *args, code=0: enroll_by(
            d, tmp_path, made, *args, code=code)
        yield d, script, profile
    finally:
        script.shutdown()
        thread.join()
        script.server_close()


def enroll_by(d, folder, profile, *args, code=0):
    path = folder / "enrollment.mobileconfig"
    path.write_bytes(plistlib.dumps(profile))
    return d.run("enroll", "--profile", path, *args, code=code)["device"]


def der(d):
    return d.certificate().public_bytes(serialization.Encoding.DER)


def test_token_update_of_a_renewal_fails(odd):
    """Authenticate was taken, TokenUpdate was not: back to the former
    certificate, which also says so."""
    d, script, profile = odd
    d.by_file(profile())
    before, kept = der(d), d.file()
    uuid, body = plists.command("InstallProfile",
                                Payload=plistlib.dumps(profile()))
    script.by.clear()
    script.play((200, body), 200, 503)
    d.run("poll")
    assert script.messages == ["Idle", "Authenticate", "TokenUpdate", "Error"]
    assert script.by[0] == script.by[3] == before == der(d)
    assert script.by[1] == script.by[2] != before
    assert script.got[3]["CommandUUID"] == uuid
    assert "TokenUpdate" in script.got[3]["ErrorChain"][0][
        "USEnglishDescription"]
    # Nor were tokens lost.
    now = d.file()
    assert now["Channels"][0]["Token"] == kept["Channels"][0]["Token"]
    assert now["State"] == kept["State"]


def test_a_renewal_is_acknowledged_by_the_new_certificate(odd):
    d, script, profile = odd
    d.by_file(profile())
    before = der(d)
    uuid, body = plists.command("InstallProfile",
                                Payload=plistlib.dumps(profile()))
    script.by.clear()
    script.play((200, body))
    d.run("poll")
    assert script.messages == ["Idle", "Authenticate", "TokenUpdate",
                               "Acknowledged"]
    assert script.by[0] == before
    assert script.by[1:] == [der(d)] * 3
    assert der(d) != before


def test_unenrolled_by_a_renewal(odd):
    d, script, profile = odd
    d.by_file(profile())
    _, body = plists.command("InstallProfile",
                             Payload=plistlib.dumps(profile()))
    script.play((200, body), 401)
    d.run("poll", code=3)
    assert script.messages == ["Idle", "Authenticate"]
    assert d.run("list")["state"] == "unenrolled"


def test_authenticate_is_refused(odd):
    """What the device was stays; a certificate that it got is of no use."""
    d, script, profile = odd
    script.play(400)
    shown = d.by_file(profile(), code=1)
    assert shown["state"] == "new"
    assert "Certificate" not in d.file()


def test_removed_without_check_out(odd):
    d, script, profile = odd
    made = profile(CheckOutWhenRemoved=False)
    d.by_file(made)
    _, body = plists.command("RemoveProfile",
                             Identifier=made["PayloadIdentifier"])
    script.play((200, body))
    d.run("poll")
    assert script.messages == ["Idle"]
    assert d.run("list")["state"] == "left"


def test_pinned(odd, open_one, tmp_path):
    """Where both URLs are pinned, nothing else is trusted."""
    d, script, profile = odd
    made = profile()
    root = payload(made, "com.apple.security.root")
    other = pki.CA.make(str(tmp_path)).cert.public_bytes(
        serialization.Encoding.DER)
    made["PayloadContent"].insert(0, {
        "PayloadType": "com.apple.security.pkcs1", "PayloadVersion": 1,
        "PayloadIdentifier": "pin", "PayloadUUID": "PIN",
        "PayloadContent": other})
    mdm = payload(made, "com.apple.mdm")

    def pin(uuid):
        mdm["ServerURLPinningCertificateUUIDs"] = [uuid]
        mdm["CheckInURLPinningCertificateUUIDs"] = [uuid]
        payload(made, "com.apple.security.scep")["PayloadContent"][
            "Challenge"] = payload(profile_of(open_one),
                                   "com.apple.security.scep")[
            "PayloadContent"]["Challenge"]

    pin("PIN")
    who = d.by_file(made, code=4)["id"]
    assert d.steps[-1] == "PKCSReq"     # that server is not pinned
    assert d.said == [("Authenticate", 0)]
    assert script.got == []
    pin(root["PayloadUUID"])
    assert d.by_file(made, "--udid", who)["state"] == "enrolled"
    with open(d.file()["CAFile"]) as f:
        assert f.read().count("BEGIN CERTIFICATE") == 1


# ---- restored, and gone ----

def test_restored_from_a_backup(open_one, tmp_path):
    d, ctl = Enrolling(open_one, tmp_path), open_one.ctl
    who = d.enroll()["id"]
    ctl.enqueue(who, plists.command("EraseDevice")[1])
    d.run("poll")
    assert d.run("list")["state"] == "erased"
    assert "Certificate" not in d.file()
    d.run("restore")
    assert d.said == [("TokenUpdate", 200)]
    assert d.run("list")["state"] == "enrolled"
    assert ctl.state(who) == "enabled"
    d.run("poll")


def test_restored_after_leaving(open_one, tmp_path):
    d, ctl = Enrolling(open_one, tmp_path), open_one.ctl
    who = d.enroll()["id"]
    d.run("checkout")
    assert ctl.state(who) != "enabled"
    d.run("restore")
    assert d.said == [("TokenUpdate", 200)]
    assert ctl.state(who) == "enabled"


def test_removed_by_its_server(open_one, tmp_path):
    d, ctl = Enrolling(open_one, tmp_path), open_one.ctl
    who = d.enroll()["id"]
    ctl.run("enrollments", "remove", who, "--no-push")
    d.run("poll")
    assert d.said == [("Idle", 200), ("CheckOut", 200)]
    assert d.run("list")["state"] == "left"
    assert ctl.state(who) != "enabled"


# ---- Setup Assistant ----

@pytest.fixture(scope="module")
def apple(tmp_path_factory):
    """A CA that stands for Apple's of devices, and another like it."""
    made = {}
    for which in ("real", "false"):
        folder = tmp_path_factory.mktemp(which)
        ca = pki.CA.make(str(folder), "Apple device CA of e2e")
        made[which] = [str(folder / "ca.pem"), str(folder / "ca.key")]
        for path, data in zip(made[which], (
                ca.cert.public_bytes(serialization.Encoding.PEM),
                ca.key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption()))):
            with open(path, "wb") as f:
                f.write(data)
    return made


@pytest.fixture(scope="module")
def ade_server(apple):
    """Only for devices that Apple made, with iOS 18.6 at least."""
    s = servers.Server("lighttpd", profile_access="ade", topic=TOPIC,
                       min_os_ios="18.6 (a) 22G999")
    s.init()
    with open(apple["real"][0]) as f, \
            open(s.path("pki", "apple.pem"), "w") as to:
        to.write(f.read())
    os.chmod(s.path("pki", "apple.pem"), 0o644)
    s.set(ade_ca_file=s.path("pki", "apple.pem"))
    try:
        s.start()
        s.ctl.run("guard", "release")
        yield s
        s.stop()
    finally:
        s.remove()


def made_by(files):
    return ["--apple-cert", files[0], "--apple-key", files[1]]


@pytest.mark.parametrize("how", ["--ade", "--ade-web"])
def test_setup_assistant(ade_server, apple, tmp_path, how):
    d = Enrolling(ade_server, tmp_path)
    shown = d.enroll(how, *made_by(apple["real"]), "--os-version", "18.5",
                     "--build-version", "22F76", "--awaiting-configuration")
    assert d.steps == ["update", *ROUTE]
    assert "now OS 18.6 (a), build 22G999" in d.text("update")
    assert shown["os_version"] == "18.6 (a)"
    assert shown["state"] == "enrolled"
    assert ade_server.ctl.state(shown["id"]) == "enabled"


def test_new_enough_for_setup_assistant(ade_server, apple, tmp_path):
    d = Enrolling(ade_server, tmp_path)
    d.enroll("--ade", *made_by(apple["real"]), "--os-version", "18.10")
    assert d.steps == ROUTE


def test_a_device_that_cannot_update_is_let_in(ade_server, apple, tmp_path):
    d = Enrolling(ade_server, tmp_path)
    d.enroll("--ade", "--cannot-update", *made_by(apple["real"]),
             "--os-version", "18.5")
    assert d.steps == ROUTE


@pytest.mark.parametrize("how", [(), ("--ade",), ("--ade", "false")])
def test_setup_assistant_of_a_stranger(ade_server, apple, tmp_path, how):
    """By the plain link, signed by itself, signed by another CA."""
    d = Enrolling(ade_server, tmp_path)
    shown = d.enroll(*how[:1], *(made_by(apple["false"]) if how[1:] else ()),
                     "--os-version", "18.6", code=1)
    assert d.steps == ["profile"]
    assert "403" in d.text("profile")
    assert shown["state"] == "new"


def test_blocked_in_setup_assistant(ade_server, apple, tmp_path):
    d = Enrolling(ade_server, tmp_path)
    who = d.enroll("--ade", *made_by(apple["real"]), "--os-version",
                   "19.0")["id"]
    ade_server.ctl.run("enrollments", "block", who)
    d.run("poll", code=3)
    d.enroll("--ade", *made_by(apple["real"]), "--udid", who, code=1)
    assert "com.apple.unrecognized.device" in d.text("profile")
