"""Connections: resumed TLS sessions, chains, kept-open ones, limits that are
set low, identity sources in another order."""

import http.client
import socket
import ssl

import pytest

import device
import pki
import plists

TLS = ("lighttpd", "lighttpd-socket", "lighttpd-cgi", "apache",
       "apache-fcgid")
KIB = 1 << 10


def exchange(tls, d, message):
    body = plists.dump(message)
    tls.sendall(b"PUT /mdm HTTP/1.1\r\nHost: localhost\r\nConnection: close"
                b"\r\nContent-Type: application/x-apple-aspen-mdm\r\n"
                b"Content-Length: %d\r\n\r\n" % len(body) + body)
    r = http.client.HTTPResponse(tls)
    r.begin()
    return device.Reply(r.status, r.headers, r.read())


@pytest.mark.flavours(*TLS)
@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_resumed_session_keeps_its_identity(server, version):
    """A device that resumes a TLS session sends no certificate again: the
    web server remembers it, or does a whole handshake; never nobody's, never
    somebody else's."""
    d, other = server.enrolled(), server.enrolled()
    contexts = []
    for who in (d, other):
        context = pki.tls_context(server.root_file, who.identity)
        context.minimum_version = context.maximum_version = getattr(
            ssl.TLSVersion, version)
        contexts.append(context)

    def connect(context, session=None):
        plain = socket.create_connection(("127.0.0.1", server.port), 30)
        return context.wrap_socket(plain, server_hostname="localhost",
                                   session=session)

    with connect(contexts[0]) as tls:
        exchange(tls, d, plists.idle(d.ids)).accepted()
        session = tls.session
    with connect(contexts[1]) as tls:
        exchange(tls, other, plists.idle(other.ids)).accepted()
    for _ in range(3):
        with connect(contexts[0], session) as tls:
            exchange(tls, d, plists.idle(d.ids)).accepted()
            session = tls.session or session
        with connect(contexts[0], session) as tls:
            exchange(tls, d, plists.idle(other.ids)).refused(400)


def test_chain_with_an_intermediate(fresh, tmp_path):
    """Certificates of a device CA below a trusted root, once both are
    trusted: the web servers pass on the leaf alone."""
    server = fresh()
    root = pki.CA.make(str(tmp_path), "A root")
    key = pki.ec_key()
    middle = pki.CA(root.issue_ca("An issuer", key), key, str(tmp_path))
    server.ctl.run("ca", "trust", "-", input=root.pem() + middle.pem())
    server.restart()
    for how in ("tls", "signature"):
        d = server.device(how=how, identity=middle.issue("below a root"))
        d.enroll().idle().accepted()


def test_many_requests_on_one_connection(server):
    d = server.enrolled()
    for _ in range(100):
        d.idle().accepted()


@pytest.mark.flavours("lighttpd", "lighttpd-cgi", "apache", "apache-fcgid",
                      "apache-cgi")
def test_low_limit(pool, flavour):
    """A max_body below the web servers' own limits: 413 from us, with a
    reason; nothing is cut and taken."""
    server = pool.get(flavour, max_body="64K")
    d = server.enrolled(how=server.how)
    for size in (60 * KIB, 64 * KIB - 1, 64 * KIB):
        body = plists.dump(plists.idle(d.ids))
        d.put(body + b"\n" * (size - len(body)),
              plists.CONNECT_TYPE).accepted()
    for size in (64 * KIB + 1, 100 * KIB, 129 * KIB, 200 * KIB, 1000 * KIB):
        body = plists.dump(plists.idle(d.ids))
        try:
            reply = d.put(body + b"\n" * (size - len(body)),
                          plists.CONNECT_TYPE)
        except OSError:
            d.wire.close()
            continue
        assert reply.status in (413, 500), (size, reply)
        if size < 66 * KIB:
            reply.refused(413)
    d.idle().accepted()


@pytest.mark.parametrize("identity, good, bad", [
    ("tls", "tls", "signature"), ("signature", "signature", "tls")])
def test_only_the_configured_source_counts(pool, identity, good, bad):
    server = pool.get("lighttpd", enroll=False, identity=identity)
    d = server.device(how=good).enroll()
    d.idle().accepted()
    d.again(how=bad).idle().refused(400)
    # What is not looked at cannot differ.
    stranger = server.ca.issue()
    body = plists.dump(plists.idle(d.ids))
    if identity == "tls":
        d.put(body, plists.CONNECT_TYPE, headers=[
            ("Mdm-Signature", stranger.sign(body))]).accepted()
    else:
        wire = device.Wire(server, stranger)
        wire.request("PUT", "/mdm", body, [
            ("Content-Type", plists.CONNECT_TYPE),
            ("Mdm-Signature", d.identity.sign(body))]).accepted()


def test_former_certificate_is_an_event(lighttpd):
    """An operator learns that a replaced certificate is still in use."""
    d = lighttpd.enrolled()
    d.check_out().accepted()
    new = d.again(identity=lighttpd.ca.issue())
    new.enroll()
    d.idle().refused(400)
    lighttpd.wait_log("mooring.identity_conflict", d.identity.sha256)
    new.idle().accepted()
