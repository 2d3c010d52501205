"""Who is it: certificates, signatures, and headers that are none. Every fault
of identity is 400 with one plain line, never a 401, and changes nothing."""

import base64
import datetime
import subprocess
import urllib.parse

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

import device
import pki
import plists
import processes

TLS = ("lighttpd", "lighttpd-socket", "lighttpd-cgi", "apache",
       "apache-fcgid")


@pytest.fixture(scope="session")
def foreign(tmp_path_factory):
    return pki.CA.make(str(tmp_path_factory.mktemp("foreign")))


def imposter(victim, identity, how):
    return device.Channel(victim.server, victim.ids, identity, how)


def refused(channel, *words):
    """Both endpoints say no; where the web server itself ends the handshake,
    that is a no as well."""
    for send in (channel.idle, channel.token_update, channel.check_out,
                 channel.authenticate):
        try:
            reply = send()
        except (OSError, device.http.client.HTTPException):
            assert channel.how == "tls"
            channel.wire.close()
            continue
        reply.refused(400, *words)


@pytest.fixture
def victim(server):
    d = server.enrolled()
    yield d
    assert server.ctl.state(d.id) == "enabled"
    d.idle().accepted()


# ---- certificates ----

def test_no_certificate(victim):
    nobody = imposter(victim, victim.identity, "none")
    refused(nobody)


def test_foreign_ca(server, victim, foreign, how):
    refused(imposter(victim, foreign.issue(), how))


def test_foreign_ca_of_the_same_name(server, victim, tmp_path, how):
    subject = server.ca.cert.subject.rfc4514_string()
    ca = pki.CA.make(str(tmp_path), subject)
    ca.cert = server.ca.cert    # issue() takes the issuer's name from it
    refused(imposter(victim, ca.issue(), how))


@pytest.mark.parametrize("begins, ends", [(-3, -1), (1, 9)],
                         ids=["expired", "not yet valid"])
def test_out_of_time(server, victim, how, begins, ends):
    refused(imposter(victim, server.ca.issue(
        begins=begins * pki.DAY, ends=ends * pki.DAY), how))


@pytest.mark.parametrize("usages", [
    (), (ExtendedKeyUsageOID.SERVER_AUTH,),
    (ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.CODE_SIGNING)],
    ids=["none", "server", "mail and code"])
def test_without_client_auth(server, victim, how, usages):
    refused(imposter(victim, server.ca.issue(usages=usages), how))


def test_the_server_and_the_ca_are_no_devices(server, victim, how):
    """Certificates that we made for something else."""
    with open(server.path("pki", "server.pem"), "rb") as f:
        cert = pki.x509.load_pem_x509_certificate(f.read())
    with open(server.path("pki", "server.key"), "rb") as f:
        key = pki.serialization.load_pem_private_key(f.read(), None)
    refused(imposter(victim, pki.Identity(cert, key, server.folder, "srv"),
                     how))
    refused(imposter(victim, pki.Identity(server.ca.cert, server.ca.key,
                                          server.folder, "ca"), how))


def test_of_another_device(server, victim, how):
    other = server.enrolled()
    refused(imposter(victim, other.identity, how))
    assert server.ctl.state(other.id) == "enabled"
    other.idle().accepted()


def test_issued_by_a_device(server, victim, how):
    """A device's certificate is no CA."""
    other = server.enrolled()
    ca = pki.CA(other.identity.cert, other.identity.key, server.folder)
    leaf = ca.issue()
    with open(leaf.cert_file, "ab") as f:
        f.write(other.identity.pem)
    refused(imposter(victim, leaf, how))


@pytest.mark.flavours("lighttpd", "apache", "apache-cgi")
def test_expires_while_connected(server, how):
    """Neither a kept-open connection nor a cache outlives a certificate."""
    end = datetime.timedelta(seconds=3)
    identity = server.ca.issue(ends=end)
    over = identity.cert.not_valid_after
    d = server.device(how=how, identity=identity).enroll()
    d.idle().accepted()
    for _ in processes.deadline(10, "the end of the certificate"):
        # It is good to the end of its last second.
        if datetime.datetime.utcnow() > over + datetime.timedelta(seconds=2):
            break
    refused(d, "expired")
    assert server.ctl.state(d.id) == "enabled"


def test_revoked(server, how):
    d = server.enrolled(how=how)
    server.ctl.run("ca", "revoke", d.identity.cert_file)
    refused(d, "revoked")
    assert server.ctl.state(d.id) == "enabled"


def test_twin_of_a_certificate(server, victim):
    """A certificate is public. Somebody makes one with the same issuer and
    serial number for a key of his own, and sends the real one along: what is
    verified must be what is trusted."""
    ca = pki.CA.make(server.folder)
    ca.cert = server.ca.cert            # its name, not its key
    twin = ca.issue(serial=victim.identity.cert.serial_number,
                    subject=victim.identity.cert.subject)
    body = plists.dump(plists.idle(victim.ids))
    d = imposter(victim, victim.identity, "signature")
    for options in ((), ("-certfile", victim.identity.cert_file)):
        d.put(body, plists.CONNECT_TYPE, signature=twin.sign_openssl(
            body, *options)).refused(400)


# ---- Mdm-Signature ----

def test_signature_algorithms(server):
    """RSA and ECDSA, SHA-256 to SHA-512, with and without attributes, by
    `cryptography` and by the openssl command."""
    d = server.device(how="signature", key=pki.rsa_key())
    e = server.device(how="signature")
    for who in (d, e):
        body = plists.dump(plists.authenticate(who.ids))
        who.put(body, plists.CHECKIN_TYPE,
                signature=who.identity.sign_openssl(body)).accepted()
        who.token_update().accepted()
        body = plists.dump(plists.idle(who.ids))
        for options in (["-noattr"], ["-md", "sha384"], ["-md", "sha512"],
                        ["-nosmimecap"], ["-keyid"],
                        ["-certfile", server.path("pki", "device-ca.pem")]):
            who.put(body, plists.CONNECT_TYPE,
                    signature=who.identity.sign_openssl(body, *options)
                    ).accepted()
        who.put(body, plists.CONNECT_TYPE, signature=who.identity.sign(
            body, [pki.pkcs7.PKCS7Options.NoCapabilities])).accepted()


def signatures(d, body):
    """name: a header value that must not be taken for a good one."""
    good = d.identity.sign(body)
    der = base64.b64decode(good)
    other = d.server.device().identity
    return {
        "empty": "",
        "not base64": "!!! not base64 !!!",
        "base64 of junk": base64.b64encode(b"junk" * 50).decode(),
        "a certificate": base64.b64encode(d.identity.der).decode(),
        "truncated": base64.b64encode(der[:-7]).decode(),
        "truncated base64": good[:-3],
        "trailing junk": base64.b64encode(der + b"junk").decode(),
        "twice": good + good,
        "url-safe alphabet": base64.urlsafe_b64encode(
            b"\xff\xef\xbe" + der).decode(),
        "of another body": d.identity.sign(body + b" "),
        "of an empty body": d.identity.sign(b""),
        "two signers": pki.sign_by_two(d.identity, other, body),
        "two signers swapped": pki.sign_by_two(other, d.identity, body),
        "flipped bit": base64.b64encode(
            der[:-10] + bytes([der[-10] ^ 1]) + der[-9:]).decode(),
        "attached, other content": base64.b64encode(subprocess.run(
            ["openssl", "cms", "-sign", "-binary", "-nodetach", "-outform",
             "DER", "-signer", d.identity.cert_file, "-inkey",
             d.identity.key_file], input=b"something else",
            capture_output=True, check=True).stdout).decode(),
        "no certificate inside": d.identity.sign_openssl(body, "-nocerts"),
    }


SIGNATURES = (
    "empty", "not base64", "base64 of junk", "a certificate", "truncated",
    "truncated base64", "trailing junk", "twice", "url-safe alphabet",
    "of another body", "of an empty body", "two signers",
    "two signers swapped", "flipped bit", "attached, other content",
    "no certificate inside")


def test_bad_signatures(victim, how):
    """Also beside a good TLS certificate: what is there must be right."""
    d = imposter(victim, victim.identity, how)
    body = plists.dump(plists.idle(d.ids))
    made = signatures(d, body)
    assert set(made) == set(SIGNATURES)
    for name, value in made.items():
        # Without `or`, since an empty signature is one as well.
        reply = d.wire.request("PUT", "/mdm", body, [
            ("Content-Type", plists.CONNECT_TYPE), ("Mdm-Signature", value)])
        if name == "empty" and how == "tls":
            assert reply.status in (200, 400), (name, reply)
            continue
        assert reply.status == 400, (name, reply)
        assert len(reply.text.splitlines()) == 1, (name, reply)
        assert value == "" or value[:40] not in reply.text


def test_signature_twice(victim):
    """Two headers of the same name become one value that is no base64."""
    d = imposter(victim, victim.identity, "signature")
    body = plists.dump(plists.idle(d.ids))
    good = d.identity.sign(body)
    reply = d.wire.request("PUT", "/mdm", body, [
        ("Content-Type", plists.CONNECT_TYPE),
        ("Mdm-Signature", good), ("Mdm-Signature", good)])
    assert reply.status == 400, reply


@pytest.mark.flavours(*TLS)
def test_signature_and_tls_that_differ(server, victim):
    other = server.enrolled()
    d = imposter(victim, victim.identity, "tls")
    body = plists.dump(plists.idle(victim.ids))
    for who in (other, server.device()):
        reply = d.wire.request("PUT", "/mdm", body, [
            ("Content-Type", plists.CONNECT_TYPE),
            ("Mdm-Signature", who.identity.sign(body))])
        reply.refused(400)


@pytest.mark.flavours(*TLS)
def test_signature_and_tls_that_agree(server, victim):
    imposter(victim, victim.identity, "both").idle().accepted()


# ---- headers that claim to be a certificate ----

def forged(victim):
    """Every spelling that some proxy uses, and what CGI makes of them."""
    pem = victim.identity.pem.decode()
    rfc9440 = ":%s:" % base64.b64encode(victim.identity.der).decode()
    one_line = pem.replace("\n", " ")
    escaped = urllib.parse.quote(pem)
    pairs = []
    for name in ("SSL-Client-Cert", "SSL_CLIENT_CERT", "X-SSL-Client-Cert",
                 "X_SSL_CLIENT_CERT", "Client-Cert", "Client_Cert",
                 "client-cert", "X-Client-Cert", "X-Forwarded-Client-Cert",
                 "X-Forwarded-Tls-Client-Cert", "X-ARR-ClientCert",
                 "REDIRECT_SSL_CLIENT_CERT", "HTTP_CLIENT_CERT",
                 "HTTP-SSL-CLIENT-CERT"):
        for value in (rfc9440, escaped, one_line):
            pairs.append((name, value))
    return pairs


VERIFY = [("SSL-Client-Verify", "SUCCESS"), ("SSL_CLIENT_VERIFY", "SUCCESS"),
          ("X-SSL-Client-Verify", "SUCCESS"),
          ("MOORING_CERT_HEADER", "rfc9440"),
          ("MOORING-CERT-HEADER", "rfc9440"),
          ("Mooring-Cert-Header", "rfc9440"), ("MOORING_DIR", "/tmp"),
          ("Proxy", "127.0.0.1"), ("X-Forwarded-For", "127.0.0.1"),
          ("REMOTE_ADDR", "127.0.0.1")]


def test_forged_headers_alone(victim):
    d = imposter(victim, victim.identity, "none")
    body = plists.dump(plists.idle(victim.ids))
    for header in forged(victim):
        reply = d.wire.request("PUT", "/mdm", body, [
            ("Content-Type", plists.CONNECT_TYPE), header, *VERIFY])
        assert reply.status == 400, (header, reply)


@pytest.mark.parametrize("order", [1, -1])
def test_forged_headers_beside_a_certificate(server, victim, order):
    """The header of the victim over the TLS (or signature) of somebody else,
    in both orders of the two spellings."""
    other = server.enrolled()
    body = plists.dump(plists.idle(victim.ids))
    rfc9440 = ":%s:" % base64.b64encode(victim.identity.der).decode()
    headers = [("Client-Cert", rfc9440), ("Client_Cert", rfc9440),
               ("SSL-Client-Cert", rfc9440), ("SSL_CLIENT_CERT", rfc9440)
               ][::order]
    thief = imposter(victim, other.identity, server.how)
    thief.put(body, plists.CONNECT_TYPE,
              headers=[*headers, *VERIFY]).refused(400)
    # And they do not disturb a device that sends them along.
    victim.put(body, plists.CONNECT_TYPE,
               headers=[("Client-Cert", "nonsense"), *VERIFY]).accepted()


@pytest.mark.parametrize("settings", [
    {"identity": "header", "trusted_proxy": "127.0.0.1, ::1"},
    {"identity": "signature, tls, header",
     "trusted_proxy": "127.0.0.1, ::1"}], ids=["only", "also"])
def test_header_needs_its_own_listener(pool, settings):
    """Header identity is configured and the proxy is trusted, but the web
    server has not marked this listener: the header is just a header."""
    server = pool.get("lighttpd", enroll=False, **settings)
    d = server.device(how="none")
    body = plists.dump(plists.authenticate(d.ids))
    for header in forged(d):
        reply = d.wire.request("PUT", "/mdm", body, [
            ("Content-Type", plists.CHECKIN_TYPE), header, *VERIFY])
        assert reply.status == 400, (header, reply)
    assert not server.ctl.exists(d.id)


# ---- CAs of other servers ----

def test_ca_trust(fresh, tmp_path):
    """A device that comes from another server keeps its identity."""
    server = fresh()
    ca = pki.CA.make(str(tmp_path), "The former server's CA")
    d = server.device(identity=ca.issue("moved here"))
    refused(d)
    server.ctl.run("ca", "trust", "-", input=ca.pem())
    assert "The former server's CA" in server.ctl.run(
        "ca", "list").stdout.decode()
    assert len(server.ctl.json("ca", "list")["cas"]) == 2
    server.restart()    # where the web server itself looks at the CAs
    d = server.device(identity=d.identity)
    d.enroll()
    d.idle().accepted()
    other = server.enrolled()           # ours go on as before
    other.again(how="signature").idle().accepted()


def test_ca_trust_is_taken_up_while_running(fresh, tmp_path):
    server = fresh()
    ca = pki.CA.make(str(tmp_path), "Another CA")
    d = server.device(how="signature", identity=ca.issue())
    d.authenticate().refused(400)
    server.ctl.run("ca", "trust", "-", input=ca.pem())
    for _ in processes.deadline(10, "the bundle read again"):
        if d.authenticate().status == 200:
            break
    d.token_update().accepted()


def test_ca_trust_refuses_what_is_no_ca(lighttpd, foreign):
    """A leaf, junk, a key, nothing: one line, and the bundle stays."""
    with open(lighttpd.path("pki", "device-ca.bundle.pem"), "rb") as f:
        before = f.read()
    leaf = lighttpd.ca.issue()
    with open(leaf.key_file, "rb") as f:
        key = f.read()
    for pem in (leaf.pem, key, b"junk", b"", foreign.pem() + leaf.pem,
                foreign.pem()[:-40], b"\0" * 5000):
        r = lighttpd.ctl.run("ca", "trust", "-", input=pem, check=False)
        assert r.returncode == 1, (pem, r)
        assert len(r.stderr.splitlines()) == 1
        assert b"PRIVATE" not in r.stderr
    r = lighttpd.ctl.run("ca", "trust", "/nowhere.pem", check=False)
    assert r.returncode == 3
    with open(lighttpd.path("pki", "device-ca.bundle.pem"), "rb") as f:
        assert f.read() == before
