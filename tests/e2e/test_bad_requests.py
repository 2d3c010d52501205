"""Bad requests around the body, behind each web server: sizes, lengths,
methods, paths. Never a 200 for what did not arrive whole, never a 401."""

import pytest

import device
import plists
import server as servers

MIB = 1 << 20


def signed_head(d, body, more=()):
    """Head lines that identify the device in any flavour."""
    lines = ["Host: localhost", "Content-Type: " + plists.CONNECT_TYPE]
    if d.how == "signature":
        lines.append("Mdm-Signature: " + d.identity.sign(body))
    return lines + list(more)


def raw(server, d, start, lines, body=b"", close_write=False):
    head = "\r\n".join([start, *lines, "", ""]).encode()
    return device.raw_exchange(
        server, head + body, d.identity if d.how == "tls" else None,
        close_write)


@pytest.fixture
def survivor(server):
    d = server.enrolled()
    before = server.ctl.enrollment(d.id)
    workers = None if server.is_cgi else server.workers()
    yield d
    d.idle().accepted()
    after = server.ctl.enrollment(d.id)
    for known in (before, after):
        known.pop("last_seen", None)
        known.pop("push_waits", None)
    assert after == before
    if server.flavour not in servers.PLAIN_CGI + ("apache-fcgid",):
        assert server.workers() == workers, "a worker died"


def test_body_over_the_limit(survivor):
    """413 from us; a web server may answer 413, 500 or a reset before."""
    body = plists.dump(plists.idle(survivor.ids)) + b" " * (17 * MIB)
    try:
        reply = survivor.put(body, plists.CONNECT_TYPE)
    except OSError:
        return
    assert reply.status in (413, 500), reply


def test_body_just_below_the_limit(survivor):
    body = plists.dump(plists.idle(survivor.ids))
    body += b"\n" * (16 * MIB - len(body) - 1)
    survivor.put(body, plists.CONNECT_TYPE).accepted()


def test_result_of_eight_megabytes(survivor):
    survivor.answer(plists.new_uuid(), Payload=b"\xa5" * (8 * MIB)).accepted()


def test_chunked_body(server, survivor):
    """No Content-Length at all: read to the end, or refused; never half."""
    uuid, command = plists.command()
    server.ctl.enqueue(survivor.id, command)
    body = plists.dump(plists.result(survivor.ids, uuid, Pad="x" * 70000))
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 8000]),
                                         body[i:i + 8000])
                      for i in range(0, len(body), 8000)) + b"0\r\n\r\n"
    reply = raw(server, survivor, "PUT /mdm HTTP/1.1", signed_head(
        survivor, body, ["Transfer-Encoding: chunked", "Connection: close"]),
        chunks)
    if reply.status == 200:
        target = server.ctl.target(uuid, survivor.id)
        assert target["state"] == "acknowledged"
        assert server.ctl.result(uuid, survivor.id) == body
    else:
        assert reply.status in (400, 411, 501), reply
        assert server.ctl.target_state(uuid, survivor.id) == "ready"


def test_body_shorter_than_it_says(server, survivor):
    """The rest never comes: nothing is stored, no 200."""
    uuid, command = plists.command()
    server.ctl.enqueue(survivor.id, command)
    body = plists.dump(plists.result(survivor.ids, uuid))
    reply = raw(server, survivor, "PUT /mdm HTTP/1.1", signed_head(
        survivor, body, ["Content-Length: %d" % (len(body) + 100),
                         "Connection: close"]), body, close_write=True)
    assert reply is None or reply.status in (400, 408, 413, 500), reply
    assert server.ctl.target_state(uuid, survivor.id) == "ready"
    server.ctl.run("queue", "clear", survivor.id)


def test_body_longer_than_it_says(server, survivor):
    """Only what was announced is the body, and that is cut."""
    body = plists.dump(plists.idle(survivor.ids))
    reply = raw(server, survivor, "PUT /mdm HTTP/1.1", signed_head(
        survivor, body[:-30], ["Content-Length: %d" % (len(body) - 30),
                               "Connection: close"]), body)
    assert reply is not None and reply.status == 400, reply


@pytest.mark.parametrize("length", ["-1", "junk", "99999999999999999999",
                                    "0x10", "5, 5"])
def test_lengths_that_are_none(server, survivor, length):
    body = plists.dump(plists.idle(survivor.ids))
    reply = raw(server, survivor, "PUT /mdm HTTP/1.1", signed_head(
        survivor, body, ["Content-Length: " + length, "Connection: close"]),
        body, close_write=True)
    assert reply is None or reply.status in (400, 411, 413, 500), reply


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS",
                                    "PATCH", "PROPFIND", "TRACE", "BREW"])
def test_wrong_methods(server, survivor, method):
    if method == "TRACE" and survivor.server.flavour == "apache-cgi":
        return      # answered by the host's Apache, which is not ours to set
    reply = survivor.put(b"", plists.CONNECT_TYPE, method=method)
    assert reply.status in (400, 405, 501), reply
    if reply.status == 405 and method in ("GET", "DELETE"):
        assert "PUT" in reply.headers["Allow"]


@pytest.mark.parametrize("path", [
    "/mdmfoo", "/mdm/", "/mdm/foo", "/mdm/checkin/x", "/mdm//checkin",
    "/MDM", "/xmdm", "/x/mdm", "/mdm.fcgi", "/cgi-bin/mdm.fcgi",
    "/mdm/..%2fmdm", "/mdm;x", "/mdm%2Fcheckin", "/checkin/", "/m%64mx",
    "/", "/favicon.ico", "/mooring.conf", "/pki/device-ca.key"])
def test_wrong_paths(survivor, path):
    """404 and never anything that a device could act upon."""
    reply = survivor.put(plists.dump(plists.idle(survivor.ids)),
                         plists.CONNECT_TYPE, path=path)
    # 501: lighttpd's own for a PUT of what is not ours.
    assert reply.status in (400, 403, 404, 405, 501), reply
    get = survivor.wire.request("GET", path)
    assert get.status in (400, 403, 404, 405), get
    assert b"PRIVATE KEY" not in get.body
    for r in (reply, get):
        assert "WWW-Authenticate" not in r.headers


@pytest.mark.parametrize("path", ["/mdm%00", "/mdm%0a", "/mdm%ff", "/%2e%2e",
                                  "/mdm/%2e%2e/%2e%2e/etc/passwd", "//mdm"])
def test_strange_escapes(survivor, path):
    reply = survivor.put(plists.dump(plists.idle(survivor.ids)),
                         plists.CONNECT_TYPE, path=path)
    assert reply.status not in (401, 500) and reply.status < 503, reply
    assert b"root:" not in reply.body


def test_authorization_is_not_ours_to_ask(survivor):
    """No auth module's own 401 or redirect may reach a device URL."""
    for value in ("Basic Zm9vOmJhcg==", "Bearer x", "Negotiate", "Basic"):
        survivor.put(plists.dump(plists.idle(survivor.ids)),
                     plists.CONNECT_TYPE,
                     headers=[("Authorization", value)]).accepted()


def test_expect_continue(server, survivor):
    """curl and others ask before a large body."""
    if survivor.how != "tls":
        more = ["-H", "Mdm-Signature: " + survivor.identity.sign(
            plists.dump(plists.idle(survivor.ids)))]
        identity = None
    else:
        more, identity = [], survivor.identity
    status, _, body = device.curl(
        server, plists.dump(plists.idle(survivor.ids)), plists.CONNECT_TYPE,
        identity, "-H", "Expect: 100-continue", "--http1.1", *more)
    assert (status, body) == (200, b"")


@pytest.mark.flavours(*(f for f in servers.FLAVOURS if f != "apache-cgi"))
def test_admin_listener_has_no_device_urls(server):
    """Whoever reaches it can be nobody's device, and it asks for none."""
    class Admin:
        port, root_file = server.admin_port, server.root_file
    d = server.enrolled()
    wire = device.Wire(Admin, d.identity)
    body = plists.dump(plists.idle(d.ids))
    reply = wire.request("PUT", "/mdm", body, [
        ("Content-Type", plists.CONNECT_TYPE)])
    assert reply.status in (400, 403, 404), reply
