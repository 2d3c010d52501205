"""The enrollment profile: who gets it, what stands in it, its signature.
plistlib, cryptography and openssl read what Mooring makes."""

import concurrent.futures
import datetime
import os
import plistlib
import pty
import re
import subprocess
import urllib.parse

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7

import api as apis
import pki
import plists
import processes
import server as servers
from device import Wire

TYPE = "application/x-apple-aspen-config"
UUID = re.compile("[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")


def by_type(profile):
    """Payloads by their type; the SCEP payload's keys are its own."""
    return {p["PayloadType"].rpartition(".")[2]: p
            for p in profile["PayloadContent"]}


def challenge_of(body):
    return by_type(plistlib.loads(body))["scep"]["PayloadContent"]["Challenge"]


def fetch(server, target, method="GET", source=None):
    wire = Wire(server, source=source)
    try:
        return wire.request(method, target)
    finally:
        wire.close()


def new_invite(server, *options):
    """The target of the link, and what is known of it."""
    made = server.ctl.json("invite", "new", *options)
    url = urllib.parse.urlsplit(made["url"])
    assert (url.scheme, url.netloc) == ("https", "localhost:%d" % server.port)
    return "%s?%s" % (url.path, url.query), made


def tickets(server, noun, **match):
    return [t for t in server.ctl.json(noun, "list", "--all")[noun + "s"]
            if all(t.get(k) == v for k, v in match.items())]


def transactions(server):
    """How often the store was written, by LMDB's own tool."""
    out = subprocess.run(["mdb_stat", "-e", server.path("store")], check=True,
                         capture_output=True, text=True).stdout
    return int(re.search(r"Last transaction ID: (\d+)", out)[1])


# ---- the profile over HTTP ----

def test_invite(pool, flavour):
    server = pool.get(flavour, topic=plists.TOPIC)
    target, made = new_invite(server, "--serial", "C0FFEE")
    r = fetch(server, target)
    assert r.status == 200, r
    assert r.content_type == TYPE
    assert r.headers["Content-Disposition"] == \
        'attachment; filename="enroll.mobileconfig"'
    assert r.headers["Cache-Control"] == "no-store"
    profile = plistlib.loads(r.body)
    payloads = by_type(profile)
    mdm, scep = payloads["mdm"], payloads["scep"]["PayloadContent"]
    base = "https://localhost:%d" % server.port
    assert profile["PayloadType"] == "Configuration"
    assert mdm["Topic"] == plists.TOPIC
    assert mdm["ServerURL"] == base + "/mdm"
    assert mdm["CheckInURL"] == base + "/mdm/checkin"
    assert mdm["SignMessage"] is True
    assert mdm["IdentityCertificateUUID"] == payloads["scep"]["PayloadUUID"]
    assert scep["URL"] == base + "/scep"
    assert scep["Subject"] == [[["CN", "C0FFEE"]]]
    with open(server.root_file, "rb") as f:
        root = x509.load_pem_x509_certificate(f.read())
    assert payloads["root"]["PayloadContent"] == root.public_bytes(pki.DER)
    for p in [profile, *profile["PayloadContent"]]:
        assert UUID.fullmatch(p["PayloadUUID"]) and p["PayloadVersion"] == 1
    ours, = tickets(server, "challenge", invite=made["hash"])
    assert (ours["serial"], ours["state"]) == ("C0FFEE", "active")
    assert tickets(server, "invite", hash=made["hash"])[0]["fetched"] == 1
    # Another one is another profile.
    again = fetch(server, target)
    assert challenge_of(again.body) != scep["Challenge"]
    assert plistlib.loads(again.body)["PayloadUUID"] != profile["PayloadUUID"]


@pytest.fixture
def invites(pool):
    return pool.get("lighttpd", topic=plists.TOPIC)


def test_head_makes_nothing(invites):
    target, made = new_invite(invites)
    r = fetch(invites, target, "HEAD")
    assert (r.status, r.content_type, r.body) == (200, TYPE, b"")
    assert not tickets(invites, "challenge", invite=made["hash"])


def test_ten_fetches(invites):
    target, made = new_invite(invites)
    for _ in range(10):
        assert fetch(invites, target).status == 200
    fetch(invites, target, source=apis.new_address()).refused(403, "link")
    assert len(tickets(invites, "challenge", invite=made["hash"])) == 10
    # All of them go with it.
    invites.ctl.run("invite", "revoke", made["hash"][:12])
    assert not tickets(invites, "challenge", invite=made["hash"])
    assert not tickets(invites, "invite", hash=made["hash"])


def test_refused(server):
    """By people in a browser; no device is told to leave."""
    for target in ("/mdm/enroll", "/mdm/enroll?invite=", "/mdm/enroll?x=1",
                   "/mdm/enroll?invite=" + "A" * 43,
                   "/mdm/enroll?invite=" + "A" * 5000,
                   "/mdm/enroll?invite=%00%ff"):
        r = fetch(server, target, source=apis.new_address())
        assert r.refused(403).headers["Cache-Control"] == "no-store"
    assert fetch(server, "/mdm/enroll/none/of/ours").status == 404


def test_wrong_invites_are_slowed_and_never_written(invites):
    target, _ = new_invite(invites)
    source = apis.new_address()
    before = transactions(invites)
    for n in range(10):
        fetch(invites, "/mdm/enroll?invite=wrong%d" % n,
              source=source).refused(403)
    statuses = {fetch(invites, "/mdm/enroll?invite=wrong", source=source)
                .status for _ in range(3)}
    assert 429 in statuses and statuses <= {403, 429}
    assert transactions(invites) == before
    r = fetch(invites, target, source=source)
    assert r.status == 429 and int(r.headers["Retry-After"]) >= 1
    assert fetch(invites, target, source=apis.new_address()).status == 200


def test_only_for_ade(fresh):
    server = fresh(profile_access="ade", topic=plists.TOPIC)
    r = server.ctl.run("invite", "new")
    assert b"profile_access is ade" in r.stderr
    url = urllib.parse.urlsplit(r.stdout.decode().strip())
    fetch(server, "/mdm/enroll?" + url.query).refused(403)
    fetch(server, "/mdm/enroll").refused(403)


@pytest.mark.flavours("lighttpd", "lighttpd-cgi")
def test_rate(fresh, flavour):
    """Over all threads, and (CGI) over processes: so many within a minute,
    and the others wrote nothing."""
    server = fresh(flavour, profile_access="open", topic=plists.TOPIC,
                   challenge_rate=12)
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        got = list(threads.map(lambda _: fetch(server, "/mdm/enroll"),
                               range(30)))
    assert sorted(r.status for r in got) == [200] * 12 + [503] * 18
    for r in got:
        if r.status == 503:
            r.refused(503)
    challenges = {challenge_of(r.body) for r in got if r.status == 200}
    assert len(challenges) == 12
    assert len(tickets(server, "challenge", source="open")) == 12
    # Who was vouched for is let through.
    target, _ = new_invite(server)
    assert fetch(server, target).status == 200


def test_no_topic(lighttpd):
    """Nobody gets a profile that could not work; the operator is told."""
    target, made = new_invite(lighttpd)
    r = fetch(lighttpd, target).refused(503)
    assert "topic" not in r.text
    assert lighttpd.wait_log("push-cert put", "kind=conflict")
    r = lighttpd.ctl.run("profile", "show", check=False)
    assert r.returncode == 4 and b"topic" in r.stderr
    apis.Api(lighttpd).post("/v1/profile").refused(409, "topic")
    assert not tickets(lighttpd, "challenge", invite=made["hash"])


# ---- the signature ----

def new_signer(folder):
    """root -> intermediate -> signer: (root, signer file, key file)."""
    keys = [rsa.generate_private_key(public_exponent=65537, key_size=2048)
            for _ in range(3)]
    names = [pki.name(n) for n in ("Root", "Intermediate", "Signer")]
    certs = []
    for i, key in enumerate(keys):
        certs.append(
            x509.CertificateBuilder().subject_name(names[i])
            .issuer_name(names[max(i - 1, 0)]).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(pki.now() - datetime.timedelta(days=1))
            .not_valid_after(pki.now() + datetime.timedelta(days=30))
            .add_extension(x509.BasicConstraints(i < 2, None), True)
            .sign(keys[max(i - 1, 0)], hashes.SHA256()))
    paths = []
    for name, data in (
            ("root.pem", certs[0].public_bytes(pki.PEM)),
            ("sign.pem", certs[2].public_bytes(pki.PEM)
             + certs[1].public_bytes(pki.PEM)),
            ("sign.key", keys[2].private_bytes(
                pki.PEM, pki.serialization.PrivateFormat.PKCS8,
                pki.serialization.NoEncryption()))):
        paths.append(os.path.join(folder, name))
        with open(paths[-1], "wb") as f:
            f.write(data)
        os.chown(paths[-1], servers.owner().pw_uid, servers.owner().pw_gid)
    return certs, paths


def verify(der, root):
    """The content, if `openssl cms` finds a chain from the signer to the
    root with what came along."""
    return subprocess.run(
        ["openssl", "cms", "-verify", "-inform", "DER", "-CAfile", root,
         "-purpose", "any", "-binary"], input=der, capture_output=True)


def test_signed(fresh):
    server = fresh(start=False)
    certs, (root, cert, key) = new_signer(server.folder)
    server.set(topic=plists.TOPIC, profile_access="open",
               profile_sign_cert=cert, profile_sign_key=key)
    server.start()
    r = fetch(server, "/mdm/enroll")
    assert (r.status, r.content_type) == (200, TYPE)
    got = verify(r.body, root)
    assert got.returncode == 0, got.stderr
    assert challenge_of(got.stdout)
    assert set(pkcs7.load_der_pkcs7_certificates(r.body)) == set(certs[1:])
    text = subprocess.run(
        ["openssl", "cms", "-cmsout", "-print", "-inform", "DER"],
        input=r.body, capture_output=True, check=True).stdout
    assert b"sha256" in text and b"sha1" not in text
    at = r.body.index(b"PayloadOrganization" if b"PayloadOrganization" in
                      r.body else b"PayloadScope")
    assert verify(r.body[:at] + b"X" + r.body[at + 1:], root).returncode != 0
    # The operator's own, on stdout, in a file, and not signed.
    shown = server.ctl.run("profile", "show", "--udid", "U-1").stdout
    assert challenge_of(verify(shown, root).stdout)
    out = os.path.join(server.folder, "p.mobileconfig")
    server.ctl.run("profile", "show", "--out", out)
    with open(out, "rb") as f:
        assert verify(f.read(), root).returncode == 0
    assert os.stat(out).st_mode & 0o777 == 0o600
    plain = server.ctl.run("profile", "show", "--unsigned").stdout
    assert challenge_of(plain)
    # A key that does not fit: an operator's trouble, no device's.
    server.set(profile_sign_key=os.path.join(server.folder, "none.key"))
    for _ in processes.deadline(10, "the new setting"):
        r = fetch(server, "/mdm/enroll")
        if r.status != 200:
            break
    r.refused(503)
    assert server.wait_log("profile_sign_key", "event=request")


# ---- other settings, as an operator looks at them ----

@pytest.fixture(scope="module")
def bare():
    """A data directory that nobody serves."""
    s = servers.Server("lighttpd").init()
    s.set(topic=plists.TOPIC)
    yield s
    s.remove()


def shown(server, *options, **settings):
    """The profile with these settings, by payload."""
    with open(server.path("mooring.conf")) as f:
        before = f.read()
    try:
        server.set(**settings)
        out = server.ctl.run("profile", "show", *options).stdout
        return by_type(plistlib.loads(out))
    finally:
        with open(server.path("mooring.conf"), "w") as f:
            f.write(before)


def test_external_scep(bare):
    p = shown(bare, scep_url="https://ca.example.com/scep", scep_name="one",
              scep_url_challenge="theirs", identity_key_size="4096")
    scep = p["scep"]["PayloadContent"]
    assert scep["URL"] == "https://ca.example.com/scep"
    assert (scep["Name"], scep["Challenge"]) == ("one", "theirs")
    assert scep["Keysize"] == 4096
    assert not tickets(bare, "challenge")


def test_acme(bare):
    p = shown(bare, "--serial", "C0FFEE", identity_source="acme",
              acme_url="https://ca.example.com/acme/directory")
    assert "scep" not in p
    assert p["acme"]["DirectoryURL"] == "https://ca.example.com/acme/directory"
    assert p["acme"]["ClientIdentifier"] == "C0FFEE"
    assert p["acme"]["HardwareBound"] and p["acme"]["Attest"]
    assert p["mdm"]["IdentityCertificateUUID"] == p["acme"]["PayloadUUID"]


def test_pinning(bare):
    p = shown(bare, "--without-challenge", pinning="yes")
    pins = [p["root"]["PayloadUUID"]]
    assert p["mdm"]["ServerURLPinningCertificateUUIDs"] == pins
    assert p["mdm"]["CheckInURLPinningCertificateUUIDs"] == pins


def test_account_modes(bare):
    account = ("--account", "ann@example.com", "--without-challenge")
    byod = shown(bare, *account, "--mode", "BYOD")["mdm"]
    adde = shown(bare, *account, "--mode", "ADDE")["mdm"]
    assert byod["EnrollmentMode"] == "BYOD" and "AccessRights" not in byod
    assert byod["AssignedManagedAppleID"] == "ann@example.com"
    assert adde["EnrollmentMode"] == "ADDE" and adde["AccessRights"] == 8191
    r = bare.ctl.run("profile", "show", "--mode", "BYOD", check=False)
    assert r.returncode == 2 and b"--account" in r.stderr


# ---- challenges and invites ----

def test_challenges_by_mooringctl(bare):
    r = bare.ctl.run("challenge", "new", "--serial", "S-1", "--ttl", "1h")
    text = r.stdout.decode().strip()
    assert re.fullmatch("[A-Za-z0-9_-]{43}", text)
    mine, = tickets(bare, "challenge", serial="S-1")
    assert mine["source"] == "operator" and mine["state"] == "active"
    assert text not in bare.ctl.run("challenge", "list").stdout.decode()
    assert text.encode() not in open(
        bare.path("store", "data.mdb"), "rb").read()
    for ttl in ("59s", "367d", "1", "soon", "-1h"):
        assert bare.ctl.run("challenge", "new", "--ttl", ttl,
                            check=False).returncode == 2, ttl
    bare.ctl.run("challenge", "revoke", mine["hash"])
    assert not tickets(bare, "challenge", serial="S-1")
    assert bare.ctl.run("challenge", "revoke", mine["hash"],
                        check=False).returncode == 3
    did = [a["op"] for a in bare.ctl.json("audit")["audit"]]
    assert did[:2] == ["challenge.revoke", "challenge.new"]


def on_terminal(server, *args):
    """What mooringctl writes to a terminal."""
    ours, theirs = pty.openpty()
    p = subprocess.Popen(
        [servers.program("mooringctl"), *args, "--dir", server.directory],
        stdout=theirs, stderr=subprocess.DEVNULL, env=servers.environment())
    os.close(theirs)
    out = b""
    try:
        while chunk := os.read(ours, 65536):
            out += chunk
    except OSError:
        pass        # what Linux says when the other side closed
    os.close(ours)
    assert p.wait(30) == 0
    return out.decode()


def modules(drawing):
    """The rows of a drawn code: True for a dark module."""
    rows = []
    for line in drawing:
        rows.append([c in "▄ " for c in line])
        rows.append([c in "▀ " for c in line])
    return rows


def test_qr_code(bare):
    plain = bare.ctl.run("invite", "new").stdout.decode()
    assert plain.count("\n") == 1 and plain.startswith("https://localhost:")
    drawn = bare.ctl.run("invite", "new", "--qr").stdout.decode()
    rows = modules([line for line in drawn.splitlines()[1:] if line])
    width = len(rows[0])
    assert all(len(r) == width for r in rows) and (width - 8 - 17) % 4 == 0
    finder = ["1111111", "1000001", "1011101", "1011101", "1011101",
              "1000001", "1111111"]
    for y, x in ((4, 4), (4, width - 11), (width - 11, 4)):
        assert [[c == "1" for c in r] for r in finder] == [
            row[x:x + 7] for row in rows[y:y + 7]]
    for quiet in (*rows[:4], *rows[width - 4:width]):
        assert not any(quiet)
    assert not any(any(r[:4]) or any(r[-4:]) for r in rows)
    terminal = on_terminal(bare, "invite", "new")
    assert terminal.count("█") > 50 and "\033[40;97m" in terminal
    assert "█" not in on_terminal(bare, "invite", "new", "--no-qr")


def test_api(invites):
    api = apis.Api(invites)
    made = api.post("/v1/challenges", {"serial": "S-2", "expires": "+2h"}
                    ).ok(201)
    assert made.headers["Cache-Control"] == "no-store"
    made = made.json
    assert len(made.pop("challenge")) == 43
    assert made in api.pages("/v1/challenges", "challenges")
    api.delete("/v1/challenges/" + made["hash"]).ok(204)
    api.delete("/v1/challenges/" + made["hash"]).refused(404)

    made = api.post("/v1/invites").ok(201).json
    target = made.pop("url").partition(":%d" % invites.port)[2]
    assert made in api.pages("/v1/invites", "invites")
    assert fetch(invites, target).status == 200
    api.delete("/v1/invites/%s" % made["hash"][:16]).ok(204)
    fetch(invites, target, source=apis.new_address()).refused(403)

    r = api.post("/v1/profile", {"serial": "S-3", "account": "a@example.com",
                                 "mode": "ADDE"}).ok()
    assert r.headers["Content-Type"] == TYPE
    assert r.headers["Cache-Control"] == "no-store"
    assert by_type(plistlib.loads(r.body))["mdm"]["EnrollmentMode"] == "ADDE"
    assert tickets(invites, "challenge", serial="S-3")
    r = api.post("/v1/profile", {"without_challenge": True}).ok()
    assert "Challenge" not in by_type(plistlib.loads(
        r.body))["scep"]["PayloadContent"]


def test_api_refuses(invites):
    api = apis.Api(invites)
    for path in ("/v1/challenges", "/v1/invites", "/v1/profile"):
        for body in ({"serial": ""}, {"serial": 1}, {"expires": "+59s"},
                     {"expires": "+367d"}, {"expires": 1}, {"nonsense": 1},
                     {"udid": "a\nb"}, []):
            api.post(path, body).refused(400)
    api.post("/v1/profile", {"mode": "BYOD"}).refused(400, "account")
    api.post("/v1/profile", {"unsigned": "yes"}).refused(400, "unsigned")
    api.delete("/v1/challenges/1234567").refused(400, "hexadecimal")
    api.delete("/v1/invites/12345678").refused(404)
    for scope in ("read", "command"):
        other = apis.Api(invites, apis.new_token(invites, scope)[1])
        other.get("/v1/challenges").ok()
        other.get("/v1/invites").ok()
        for path in ("/v1/challenges", "/v1/invites", "/v1/profile"):
            other.post(path, {}).refused(403)
        other.delete("/v1/invites/12345678").refused(403)


# ---- an invite, from the link to the certificate ----

def enroll_by(server, profile, folder):
    """mooring-device by a link or a file: its exit status, and what it
    printed."""
    r = subprocess.run(
        [servers.program("mooring-device"), "enroll", "--json", "--state",
         str(folder), "--ca", server.root_file, "--profile", profile],
        capture_output=True, timeout=120)
    return r.returncode, r.stdout.decode() + r.stderr.decode()


def test_invite_is_for_one_device(invites, tmp_path):
    target, made = new_invite(invites)
    link = "https://localhost:%d%s" % (invites.port, target)
    early = tmp_path / "early.mobileconfig"
    early.write_bytes(fetch(invites, target).body)
    code, said = enroll_by(invites, link, tmp_path / "one")
    assert code == 0, said
    mine, = tickets(invites, "invite", hash=made["hash"])
    assert (mine["state"], mine["fetched"]) == ("used", 2)
    of_invite = tickets(invites, "challenge", invite=made["hash"])
    assert sorted(t["state"] for t in of_invite) == ["active", "used"]
    assert [t for t in of_invite if t["state"] == "used"][0]["certificate"]
    # The link is spent, and so is a profile that was fetched in time.
    code, said = enroll_by(invites, link, tmp_path / "two")
    assert code != 0 and "403" in said, said
    code, said = enroll_by(invites, str(early), tmp_path / "three")
    assert code != 0, said
    assert invites.wait_log("came by an invite that was used before")


def test_invite_for_another_device(invites, tmp_path):
    """The certificate names the device that the invite was made for, so
    another one gets no further than that."""
    target, _ = new_invite(invites, "--serial", "NOT-THIS-ONE")
    code, said = enroll_by(invites, "https://localhost:%d%s" % (
        invites.port, target), tmp_path / "one")
    assert code != 0 and "400" in said, said
