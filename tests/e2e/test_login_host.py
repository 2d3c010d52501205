"""The login page at a host name of its own: the listener that the shipped
web server file shows, as it stands there."""

import os
import re
import subprocess

import pytest

import device
import ports
import processes
import server as servers
from test_accounts import LOGIN, PASSWORD, fetch, new_user, settings, token_of


def sample(port):
    """What mooring.conf of lighttpd shows for signing in."""
    with open(os.path.join(servers.SOURCE, "lighttpd", "mooring.conf")) as f:
        text = f.read()
    lines = text[text.index("# People who sign in"):].splitlines()
    shown = [line[1:].lstrip(" ") for line in lines if line.startswith("#")]
    start = [i for i, s in enumerate(shown) if s.startswith("$SERVER")][0]
    return re.sub(r'"[0-9.]+:\d+"', '"127.0.0.1:%d"' % port,
                  "\n".join(shown[start:]), count=1)


def asks_for_a_certificate(server, port):
    r = subprocess.run(
        ["openssl", "s_client", "-connect", "localhost:%d" % port, "-CAfile",
         server.root_file], stdin=subprocess.DEVNULL, capture_output=True,
        timeout=30)
    assert b"Verify return code: 0 (ok)" in r.stdout, r
    return b"No client certificate CA names sent" not in r.stdout


@pytest.fixture
def site(fresh):
    """A server, and a second lighttpd in front of the same programs."""
    port, (other, admin) = ports.pair()[0], ports.pair()
    server = fresh("lighttpd-socket", **settings(
        login_url="https://localhost:%d%s" % (port, LOGIN)))
    with open(server.path("run", "lighttpd.conf")) as f:
        text = f.read()
    text = text.replace(":%d\"" % server.port, ":%d\"" % other).replace(
        "= %d\n" % server.port, "= %d\n" % other).replace(
        ":%d\"" % server.admin_port, ":%d\"" % admin).replace(
        "lighttpd.pid", "login.pid")
    conf = os.path.join(server.folder, "login.conf")
    with open(conf, "w") as f:
        f.write(text + sample(port) + "\n")
    os.chmod(conf, 0o644)
    user = server.user
    root = os.geteuid() == 0
    p = subprocess.Popen(
        ["lighttpd", "-D", "-f", conf], stdin=subprocess.DEVNULL,
        env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"},
        **({"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
           if root else {}))
    try:
        for _ in processes.deadline(20, "a second web server"):
            assert p.poll() is None, "lighttpd does not take the sample"
            try:
                device.Wire(server, port=port).request("GET", LOGIN)
                break
            except OSError:
                pass
        yield server, port
    finally:
        p.kill()
        p.wait()


def test_signing_in_at_a_host_of_its_own(site):
    server, port = site
    assert asks_for_a_certificate(server, server.port)
    assert not asks_for_a_certificate(server, port)
    where = "https://localhost:%d%s" % (port, LOGIN)
    assert fetch(server).headers["WWW-Authenticate"] == \
        'Bearer method="apple-as-web", url="%s"' % where
    name = new_user(server)
    wire = device.Wire(server, port=port)
    page = wire.request("GET", LOGIN + "?user-identifier=" + name)
    assert page.status == 200 and name.encode() in page.body
    # The form goes to where the page came from.
    assert b"action=" not in page.body
    token = token_of(wire.request(
        "POST", LOGIN, ("name=%s&password=%s" % (
            name, PASSWORD.replace(" ", "+"))).encode(),
        {"Content-Type": "application/x-www-form-urlencoded"}))
    r = fetch(server, token)
    assert r.status == 200
    assert b"<string>%s</string>" % name.encode() in r.body
    # No device is managed there.
    assert wire.request("PUT", "/mdm", b"x").status == 404
    wire.close()
