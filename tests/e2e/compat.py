"""What the tests of NanoMDM's API share: servers that push to a played APNs
(apns.py), and devices on them."""

import os

import pytest

import plists
from nano import wait_for

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# With an admin listener: all but the shared hosting.
ADMIN = ("lighttpd", "lighttpd-socket", "lighttpd-cgi", "apache",
         "apache-fcgid")
everywhere = pytest.mark.flavours(*ADMIN)


def served(pool, flavour, apple):
    server = pool.get(flavour, apns_url=apple.url, apns_ca_file=apple.ca_file)
    if not hasattr(server, "push_cert"):
        server.push_cert = apple.push_cert(plists.TOPIC)
        server.ctl.run("push-cert", "put", "-", input=server.push_cert)
    return server


def enrolled(nano, **more):
    """An enrolled device with the token that it is pushed by."""
    d = nano.server.device(**more)
    d.token, d.magic = os.urandom(32), plists.new_uuid()
    d.authenticate().accepted()
    d.token_update(Token=d.token, PushMagic=d.magic).accepted()
    return d


def pushed(apple, d, count=1):
    """The requests that APNs got for this device."""
    return wait_for(lambda: len(apple.seen(d.token.hex())) >= count
                    and apple.seen(d.token.hex()), name="push")
