"""What the documents tell an operator to type works, as it stands there."""

import os
import re
import subprocess
import tempfile

import pytest

import server as servers
from api import quote

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


def literals(page, section):
    """The literal displays of a section, as mandoc shows them."""
    with open(os.path.join(SOURCE, "man", page)) as f:
        text = f.read()
    part = re.search(r"^\.Ss %s\n(.*?)^\.S[sh] " % re.escape(section), text,
                     re.M | re.S).group(1)
    found = re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed$", part, re.M | re.S)
    return "".join(found).replace(r"\e", "\\")


def shell(server, script, **more):
    """In a folder of its own, by whoever started the server."""
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], cwd=folder,
            capture_output=True, text=True, timeout=120,
            env=servers.environment(
                MOORING_DIR=server.directory, CURL_CA_BUNDLE=server.root_file,
                PATH=servers.BUILD + ":" + os.environ["PATH"], HOME=folder,
                API="https://localhost:%d" % server.admin_port, **more))


@pytest.mark.parametrize("shown", ["id", "number"])
def test_admin_api(fresh, shown):
    server = fresh("lighttpd")
    device = server.enrolled()
    script = literals("mooring.7", "The admin API")
    assert script.count("api ") >= 7
    r = shell(server, script, ID=quote(device.id) if shown == "id" else "@1")
    assert r.returncode == 0, r
    assert device.id in r.stdout and '"cancelled": 1' in r.stdout, r
    assert server.ctl.json("webhooks", "show", "inventory")["topics"] == [
        "mdm.*"]
    device.idle().refused(401)


def test_a_failure_is_seen(fresh):
    """The scripts end at the first call that is refused."""
    server = fresh("lighttpd")
    r = shell(server, literals("mooring.7", "The admin API"), ID="nobody")
    assert r.returncode != 0 and "404" in r.stderr, r
