"""scep.fcgi behind the web servers, asked by certmonger's scep-submit, by
`cryptography` with openssl, and by hostile clients."""

import concurrent.futures
import os
import re
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

import api
import device
import pki
import plists
import scep
import server as servers
from device import Wire

SUBMIT = "/usr/lib/certmonger/scep-submit"


def challenge(server, *options):
    return server.ctl.json("challenge", "new", *options)["challenge"]


def transactions(server):
    """How often the store was written, by LMDB's own tool."""
    out = subprocess.run(["mdb_stat", "-e", server.path("store")], check=True,
                         capture_output=True, text=True).stdout
    return int(re.search(r"Last transaction ID: (\d+)", out)[1])


def issued(server):
    return server.ctl.json("ca", "issued")["certificates"]


@pytest.fixture
def client(server):
    c = scep.Client(server)
    yield c
    c.close()


@pytest.fixture
def one(lighttpd):
    c = scep.Client(lighttpd)
    yield c
    c.close()


def new_name():
    return "T" + plists.new_uuid()


# ---- operations ----

def test_capabilities(client):
    r = client.get("GetCACaps")
    assert (r.status, r.content_type) == (200, "text/plain")
    lines = r.body.decode().split("\n")
    assert lines.pop() == "" and {
        "AES", "SHA-256", "SHA-512", "SHA-1", "DES3", "POSTPKIOperation",
        "SCEPStandard", "Renewal"} == set(lines)


def test_ca_certificate(client):
    for text in (None, "", "a%20name"):
        r = client.get("GetCACert", text)
        assert (r.status, r.content_type) == (200,
                                              "application/x-x509-ca-cert")
        ca = x509.load_der_x509_certificate(r.body)
        assert ca == client.server.ca.cert
    usage = ca.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature and usage.key_encipherment
    assert usage.key_cert_sign


def test_unknown_operations(client):
    for target in ("", "?operation=", "?operation=GetNextCACert", "?x=y",
                   "?operation=PKIOperation",
                   "?operation=PKIOperation&message=%",
                   "?operation=PKIOperation&message=AA*A",
                   "?operation=" + "A" * 3000):
        client.wire.request("GET", "/scep" + target).refused(400)
    for name in ("GetCACert", "GetCACaps", ""):
        client.wire.request("POST", "/scep?operation=" + name,
                            b"x").refused(400)
    assert client.wire.request("PUT", "/scep", b"").status == 405
    assert client.wire.request("GET", "/scep/more").status == 404


# ---- from a challenge to management ----

def test_enroll(client):
    server, before = client.server, time.time()
    udid = plists.new_uuid()
    mine = challenge(server, "--serial", "C0FFEE1", "--udid", udid)
    name = new_name()
    got = client.given(mine, transaction=name)
    cert = got.cert
    assert cert.subject.get_attributes_for_oid(
        NameOID.COMMON_NAME)[0].value == "C0FFEE1"
    server.ca.cert.public_key().verify(
        cert.signature, cert.tbs_certificate_bytes, padding.PKCS1v15(),
        cert.signature_hash_algorithm)
    get = cert.extensions.get_extension_for_class
    assert list(get(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.CLIENT_AUTH]
    assert get(x509.KeyUsage).value.digital_signature
    assert not get(x509.BasicConstraints).value.ca
    assert cert.serial_number.bit_length() > 64
    days = (cert.not_valid_after - cert.not_valid_before).days
    assert 300 < days < 900 and cert.not_valid_before.timestamp() <= before
    row, = [c for c in issued(server)
            if int(c["serial"], 16) == cert.serial_number]
    # It works at once, however it is shown.
    d = device.new_device(server, udid=udid, identity=got)
    d.authenticate(SerialNumber="C0FFEE1").accepted()
    d.token_update().accepted()
    d.idle().accepted()
    # And no more from the moment it is revoked.
    server.ctl.run("ca", "revoke-serial", row["serial"])
    d.idle().refused(400, "revoked")
    client.refused(scep.BAD_REQUEST, mine, transaction=name)


def test_get(client):
    for escape in (scep.escape_nothing, scep.escape_equals, scep.escape_all):
        mine = challenge(client.server)
        # Enough messages to hold each odd character.
        name = new_name()
        first = client.given(mine, by_get=escape, transaction=name)
        for _ in range(2):
            again = client.given(mine, by_get=escape, transaction=name)
            assert again.der == first.der
        assert client.given(mine, transaction=name).der == first.der


@pytest.mark.parametrize("digest, cipher", [
    ("sha1", "3des"), ("sha256", "aes256"), ("sha512", "aes128")])
def test_algorithms(one, digest, cipher):
    rep = one.ask(challenge(one.server), transaction=new_name(),
                  digest=digest, cipher=cipher)
    assert rep.ok
    shown = scep.openssl("cms", "-cmsout", "-print", "-inform", "DER",
                         data=rep.content).decode()
    assert {"3des": "des-ede3-cbc", "aes256": "aes-256-cbc",
            "aes128": "aes-128-cbc"}[cipher] in shown
    assert re.search(r"digestAlgorithm:\s+algorithm: %s " % digest, rep.text)


def test_same_request_at_once(client):
    server, n = client.server, len(issued(client.server))
    mine, name = challenge(server), new_name()
    bodies = [client.message(mine, transaction=name) for _ in range(8)]

    def post(body):
        wire = Wire(server)
        try:
            r = wire.request("POST", "/scep?operation=PKIOperation", body)
        finally:
            wire.close()
        rep = client.told(r, name)
        assert rep.ok
        return rep.opened(client.identity)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(post, bodies))) == 1
    assert len(issued(server)) == n + 1


def test_static_challenge(fresh):
    server = fresh(scep_challenge="for everybody")
    client = scep.Client(server)
    client.given("for everybody", transaction="one")
    client.given("for everybody", transaction="two")
    client.refused(scep.BAD_REQUEST, "for everybodY", transaction="three")
    assert server.find_log("for everybod") is None


def test_guesses(fresh):
    """A static challenge cannot be tried out; others are not slowed."""
    server = fresh(scep_challenge="1234")
    guesser = scep.Client(server, source=api.new_address())
    for n in range(10):
        guesser.refused(scep.BAD_REQUEST, str(n), transaction=str(n))
    replies = [guesser.post(guesser.message("11")) for _ in range(3)]
    throttled = [r for r in replies if r.status == 429]
    assert throttled and int(throttled[0].headers["Retry-After"]) > 0
    assert server.wait_log("too many wrong challenges")
    other = scep.Client(server, source=api.new_address())
    other.given("1234")


def test_random_ones_cannot_be_guessed(lighttpd):
    """Many devices may share one address."""
    client = scep.Client(lighttpd, source=api.new_address())
    for n in range(15):
        client.refused(scep.BAD_REQUEST, str(n), transaction=new_name())
    client.given(challenge(lighttpd), transaction=new_name())


# ---- what is told of it ----

def test_log_and_figures(lighttpd):
    client = scep.Client(lighttpd)

    def outcomes():
        text = api.Api(lighttpd).get("/metrics").ok().body.decode()
        return {m[1]: int(m[2]) for m in re.finditer(
            r'mooring_scep_total\{message="PKCSReq",outcome="(\w+)"\} (\d+)',
            text)}

    mine, name = challenge(lighttpd), new_name()
    before = outcomes()
    client.given(mine, transaction=name)
    client.given(mine, transaction=name)
    client.refused(scep.BAD_REQUEST, mine, transaction=new_name())
    after = outcomes()
    for outcome in ("ok", "again", "refused"):
        assert after[outcome] == before.get(outcome, 0) + 1
    assert lighttpd.wait_log(name, "sent again")
    row, = [c for c in issued(lighttpd)
            if lighttpd.find_log(name, c["serial"])]
    assert row["state"] == "valid"
    assert lighttpd.find_log(mine) is None


def test_no_key(fresh):
    """Only scep.fcgi wants the CA's key: the others go on without."""
    server = fresh()
    client = scep.Client(server)
    d = server.enrolled()
    os.rename(server.path("pki", "device-ca.key"), server.path("elsewhere"))
    client.get("GetCACert").refused(503)
    client.post(client.message("x")).refused(503)
    assert client.get("GetCACaps").status == 200
    d.idle().accepted()
    os.rename(server.path("elsewhere"), server.path("pki", "device-ca.key"))
    assert client.get("GetCACert").status == 200


# ---- renewal ----

def test_renewal_request(client):
    server = client.server
    first = client.given(challenge(server), transaction=new_name())
    d = device.new_device(server, identity=first).enroll()
    client.identity = first
    fresh_key = pki.rsa_key(1)
    name = new_name()
    second = client.given(key=fresh_key, kind=scep.RENEWAL_REQ,
                          transaction=name)
    assert second.der != first.der
    assert client.given(key=fresh_key, kind=scep.RENEWAL_REQ,
                        transaction=name).der == second.der
    server.ctl.enqueue(d.id, plists.command("ProfileList")[1])
    queued = server.ctl.queue(d.id)
    renewed = d.again(second)
    renewed.authenticate().accepted()
    renewed.token_update().accepted()
    assert server.ctl.queue(d.id) == queued
    assert server.ctl.enrollment(d.id)["state"] == "enabled"
    # The new one asks again with the key it has.
    client.identity = second
    third = client.given(key=fresh_key, kind=scep.RENEWAL_REQ,
                         transaction=name)
    assert third.der not in (first.der, second.der)


def test_renewal_refused(one):
    server, name = one.server, new_name()
    one.refused(scep.BAD_MESSAGE_CHECK, kind=scep.RENEWAL_REQ,
                transaction=name)
    free = one.given(challenge(server), transaction=name)
    temporary, one.identity = one.identity, free
    one.refused(scep.BAD_REQUEST, kind=scep.RENEWAL_REQ, transaction=name)
    d = device.new_device(server, identity=free).enroll()
    server.ctl.run("enrollments", "block", d.id)
    one.refused(scep.BAD_REQUEST, kind=scep.RENEWAL_REQ, transaction=name)
    server.ctl.run("enrollments", "unblock", d.id)
    one.given(kind=scep.RENEWAL_REQ, transaction=name)
    server.ctl.run("ca", "revoke", free.cert_file)
    one.refused(scep.BAD_MESSAGE_CHECK, kind=scep.RENEWAL_REQ,
                transaction=name)
    for identity in (pki.CA.make(server.folder).issue(key=one.key),
                     server.ca.issue(key=one.key, begins=-9 * pki.DAY,
                                     ends=-pki.DAY), temporary):
        one.identity = identity
        one.refused(scep.BAD_MESSAGE_CHECK, kind=scep.RENEWAL_REQ,
                    transaction=name)


# ---- poll and revocation list ----

def test_poll(client):
    name = new_name()
    got = client.given(challenge(client.server), transaction=name)
    rep = client.ask(kind=scep.CERT_POLL, transaction=name, content=b"0\0")
    assert rep.ok and got.der in rep.opened(client.identity)
    client.refused(scep.BAD_CERT_ID, kind=scep.CERT_POLL, content=b"0\0",
                   transaction=new_name())
    other = scep.Client(client.server, pki.rsa_key(1))
    other.refused(scep.BAD_CERT_ID, kind=scep.CERT_POLL, content=b"0\0",
                  transaction=name)
    client.refused(scep.BAD_REQUEST, kind=scep.GET_CERT, content=b"0\0")
    client.refused(scep.BAD_REQUEST, kind="99", content=b"0\0")


def test_crl(fresh, flavour):
    server = fresh(flavour)
    client = scep.Client(server)
    client.refused(scep.BAD_MESSAGE_CHECK, kind=scep.GET_CRL, content=b"0\0")
    gone = client.given(challenge(server), transaction="gone")
    server.ctl.run("ca", "revoke", gone.cert_file)
    client.identity = client.given(challenge(server), transaction="stays")
    rep = client.ask(kind=scep.GET_CRL, content=b"0\0")
    pem = scep.openssl("pkcs7", "-inform", "DER", "-print_certs",
                       data=rep.opened(client.identity))
    crl = x509.load_pem_x509_crl(pem[pem.index(b"-----BEGIN X509 CRL"):])
    assert crl.is_signature_valid(server.ca.cert.public_key())
    assert [c.serial_number for c in crl] == [gone.cert.serial_number]
    now = pki.now()
    assert crl.last_update <= now + pki.DAY and crl.next_update > now + pki.DAY


# ---- refused ----

def test_bad_challenges(client):
    server = client.server
    mine, name = challenge(server), new_name()
    short = challenge(server, "--ttl", "60s")
    n = len(issued(server))
    before = transactions(server)
    for bad in (None, "", "nonsense", mine[:-1], mine + "x", "\u00e9",
                "x" * 255, "x" * 256):
        rep = client.refused(scep.BAD_REQUEST, bad, transaction=name)
        assert rep.content == b""
    if not server.is_cgi:       # each of its processes notes its last_seen
        assert transactions(server) == before
    assert len(issued(server)) == n
    client.given(mine, transaction=name)
    client.refused(scep.BAD_REQUEST, mine, transaction=new_name())
    other = scep.Client(server, pki.rsa_key(1))
    other.refused(scep.BAD_REQUEST, mine, transaction=name)
    line = server.wait_log(name, "refused")
    assert "PKCSReq" in line
    for secret in (mine, short):
        assert server.find_log(secret) is None


def test_foreign_challenge(client):
    """Minted for one device, used by another: the certificate names the one,
    and the other gets no further than that."""
    server = client.server
    got = client.given(challenge(server, "--serial", "THE-ONE"),
                       transaction=new_name())
    d = device.new_device(server, identity=got)
    d.authenticate(SerialNumber="THE-OTHER").refused(400)


def test_bad_requests(one):
    server = one.server
    mine, name = challenge(server), new_name()
    n = len(issued(server))
    weak = rsa.generate_private_key(65537, 1024)
    scep.Client(server, weak).refused(scep.BAD_ALG, mine)
    one.refused(scep.BAD_MESSAGE_CHECK, mine, key=pki.rsa_key(1))
    one.refused(scep.BAD_MESSAGE_CHECK, mine, key=pki.ec_key())
    one.refused(scep.BAD_REQUEST, content=os.urandom(600))
    one.refused(scep.BAD_REQUEST, mine, to=scep.maker.self_signed(
        "Other CA", pki.rsa_key(1), ca=True))
    assert len(issued(server)) == n
    one.given(mine, transaction=name)


def test_hostile_bytes(client):
    server = client.server
    before = transactions(server)
    good = client.message("nonsense")
    maker, here = scep.maker, client.identity
    env = maker.envelope(scep.csr(client.key, "nonsense"), server.ca.cert)
    info = maker.signer_info(env, here.cert, here.key, maker.head())
    for body in (b"", b"\0", os.urandom(3000), good[:-1], good + b"\0",
                 b"\x30\x80" * 5000, env,
                 maker.signed_data(env, [], [here.der]),
                 maker.signed_data(env, [info, info], [here.der])):
        client.post(body).refused(400)
    client.post(b"\x30\x84\0\x02\0\0" + bytes(0x20000)).refused(413)
    r = device.raw_exchange(
        server, b"POST /scep?operation=PKIOperation HTTP/1.1\r\n"
        b"Host: localhost\r\nContent-Length: 20971520\r\n\r\n" +
        bytes(20 << 20))
    assert r is None or r.status in (413, 500), r
    if not server.is_cgi:
        assert transactions(server) == before
    assert client.get("GetCACaps").status == 200


# ---- certmonger ----

class Submit:
    """Debian's certmonger: the helper that it talks SCEP with."""

    def __init__(self, server):
        self.server = server
        self.relay = scep.Relay(server)

    def run(self, *args, url=None, code=0, **env):
        r = subprocess.run(
            [SUBMIT, "-u", url or "https://localhost:%d/scep" %
             self.server.port, "-R", self.server.root_file, *args],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
            env={**os.environ, **env})
        assert r.returncode == code, (r.returncode, r.stdout, r.stderr)
        return r.stdout

    def send(self, der, code=0):
        """As the daemon hands it a message. It asks GetCACaps first, and
        forgets -R for what comes then: hence the relay."""
        ca = self.server.path("pki", "device-ca.pem")
        pem = scep.openssl("pkcs7", "-inform", "DER", "-outform", "PEM",
                           data=der)
        return self.run("-p", "-r", ca, "-N", ca, "-I", ca, code=code,
                        url="http://127.0.0.1:%d/scep" % self.relay.port,
                        CERTMONGER_OPERATION="SUBMIT",
                        CERTMONGER_PKCSREQ=pem.decode())


@pytest.fixture
def submit(server):
    assert os.path.exists(SUBMIT), "certmonger is not installed"
    s = Submit(server)
    yield s
    s.relay.close()


def opened(out, identity):
    inner = scep.openssl("cms", "-decrypt", "-binary", "-inform", "PEM",
                         "-recip", identity.cert_file, "-inkey",
                         identity.key_file, data=out)
    return scep.pkcs7.load_der_pkcs7_certificates(inner)[0]


def test_certmonger(submit, client):
    server = submit.server
    caps = submit.run("-c").decode().split()
    assert "POSTPKIOperation" in caps and "Renewal" in caps
    ca = server.ca.cert.public_bytes(pki.PEM)
    assert ca.strip() in submit.run("-C")
    name = new_name()
    cert = opened(submit.send(client.message(
        challenge(server), transaction=name)), client.identity)
    assert scep.same_key(cert, client.key)
    first = pki.Identity(cert, client.key, server.folder, "cm" + name)
    d = device.new_device(server, identity=first).enroll()
    d.idle().accepted()
    client.identity = first
    again = opened(submit.send(client.message(
        kind=scep.RENEWAL_REQ, transaction=name)), first)
    assert again.serial_number != cert.serial_number
    renewed = d.again(pki.Identity(again, client.key, server.folder,
                                   "cmr" + name))
    renewed.idle().accepted()
    submit.send(client.message("nonsense", transaction=new_name()), code=2)
