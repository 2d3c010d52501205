"""The whole way into management and on, as mooring-device goes it: profile,
signature, SCEP, check-in, renewal, restore, through the real servers."""

import plistlib
import subprocess

import pytest
from cryptography import x509

import server as servers
from test_device import Device

TOPIC = "com.apple.mgmt.External.route"
ALL = ("lighttpd", "apache", "apache-fcgid", "lighttpd-cgi")


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
        import json
        self.errors = r.stderr.decode()
        self.lines = [json.loads(x) for x in r.stdout.splitlines()]
        return self.lines[-1] if self.lines else None

    @property
    def steps(self):
        return [(x["step"], x["outcome"]) for x in self.lines if "step" in x]

    def text(self, step):
        return [x["text"] for x in self.lines if x.get("step") == step][-1]


def url(server, path="/mdm/enroll"):
    return "https://localhost:%d%s" % (server.port, path)


@pytest.fixture
def open_server(pool, flavour):
    return pool.get(flavour, profile_access="open", topic=TOPIC,
                    challenge_rate=100000)


@pytest.mark.flavours(*ALL)
def test_whole_route(open_server, tmp_path):
    d, ctl = Enrolling(open_server, tmp_path), open_server.ctl
    shown = d.run("enroll", "--profile", url(open_server))["device"]
    print(d.lines)
    assert shown["state"] == "enrolled"
