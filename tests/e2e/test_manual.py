"""What the documents tell an operator to type works, as it stands there."""

import os
import re
import subprocess
import tempfile

import pytest

import pki
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


def blocks(section):
    """The indented lines of a section of README.md."""
    with open(os.path.join(SOURCE, "README.md")) as f:
        part = f.read().split("\n## %s\n" % section)[1].split("\n## ")[0]
    return "".join(re.findall(r"^    (.*\n)", part, re.M))


def test_operate_it(fresh):
    """README's section, in one go. Warnings of `health` are fine here."""
    server = fresh("lighttpd")
    device = server.enrolled()
    backups = os.path.join(server.folder, "backup")
    os.mkdir(backups)
    os.chown(backups, server.user.pw_uid, server.user.pw_gid)
    topic = server.ctl.enrollment(device.id)["topic"]
    push_pem = os.path.join(server.folder, "push.pem")
    with open(push_pem, "wb") as f:
        f.write(pki.push_certificate(server.folder, topic))
    script = blocks("Operate it")
    for old, new in [("/var/lib/mooring", server.directory),
                     ("127.0.0.1:8444", "localhost:%d" % server.admin_port),
                     ("/srv/backup", backups), ("push.pem", push_pem),
                     ("00008130-001C4D", device.id)]:
        assert old in script, old
        script = script.replace(old, new)
    r = shell(server, """
        mooringctl() { command mooringctl "$@" || test $? = 6; }
        """ + script)
    assert r.returncode == 0, r
    for word in (device.id, topic, "mooring_", "push_certificate",
                 '"status"', "0 queued again"):
        assert word in r.stdout, (word, r)
    assert len(os.listdir(backups)) == 1
    assert server.ctl.json("tokens", "list")["tokens"][-1]["name"] == \
        "dashboard"


def test_a_failure_is_seen(fresh):
    """The scripts end at the first call that is refused."""
    server = fresh("lighttpd")
    r = shell(server, literals("mooring.7", "The admin API"), ID="nobody")
    assert r.returncode != 0 and "404" in r.stderr, r
