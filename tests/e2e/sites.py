"""mooringctl on a data directory without a web server: runs of it, and devices
that speak through plain CGI."""

import os
import shutil
import subprocess
import tempfile

import cgi
import device
import pki
import plists
import server as servers


ROOT = os.geteuid() == 0
OK, FAILED, USAGE, NOT_FOUND, CONFLICT = range(5)
PATIENCE = 60


def run(*args, input=None, **more):
    if isinstance(input, str):
        input = input.encode()
    return subprocess.run(
        [servers.program("mooringctl"), *map(os.fsencode, map(str, args))],
        input=input, capture_output=True, timeout=PATIENCE,
        env=servers.environment(**more))


def refused(r, code, *words):
    """One line that says why, and nothing on standard output."""
    assert r.returncode == code, r
    assert r.stdout == b"", r
    lines = r.stderr.decode().splitlines()
    assert len(lines) == (2 if code == USAGE else 1), r
    assert lines[0].startswith("mooringctl: "), r
    assert code != USAGE or lines[1].startswith("Try: mooringctl"), r
    for word in words:
        assert word in lines[0], r
    return lines[0]


class Site:
    """A data directory and devices, as the servers of other tests."""
    how = "tls"

    def __init__(self, url="https://mdm.example.com", init=True):
        self.user = servers.owner()
        self.folder = tempfile.mkdtemp(prefix="mrg-", dir="/tmp")
        os.chmod(self.folder, 0o755)
        os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        self.directory = os.path.join(self.folder, "d")
        self.ctl = servers.Ctl(self.directory)
        if init:
            self.init("--url", url)
            self.ca = pki.CA.load(self.path("pki", "device-ca.pem"),
                                  self.path("pki", "device-ca.key"),
                                  self.folder)

    def init(self, *args, check=True):
        user = ["--user", self.user.pw_name] if ROOT else []
        return self.ctl.run("init", *args, *user, check=check)

    def run(self, *args, **more):
        return run(*args, "--dir", self.directory, **more)

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def put(self, name, content):
        """A file that the owner of the directory can read."""
        path = os.path.join(self.folder, name)
        with open(path, "wb") as f:
            f.write(content)
        return path

    def device(self, udid=None):
        identity = self.ca.issue()
        return device.Channel(self, {"UDID": udid or plists.new_uuid()},
                              identity, wire=Wire(self, identity))

    def enrolled(self, udid=None, **keys):
        d = self.device(udid)
        d.authenticate(**keys).accepted()
        d.token_update().accepted()
        return d

    def remove(self):
        shutil.rmtree(self.folder)


class Wire:
    """device.Wire through one CGI process a request."""

    def __init__(self, site, identity):
        self.site, self.identity = site, identity

    def request(self, method, path, body=None, headers=()):
        return cgi.run(self.site, body or b"", REQUEST_METHOD=method,
                       REQUEST_URI=path,
                       CONTENT_TYPE=dict(headers)["Content-Type"],
                       SSL_CLIENT_CERT=self.identity.pem.decode(),
                       SSL_CLIENT_VERIFY="SUCCESS")
