"""A stolen store gives nothing away, nor does a log, nor a file that others
may read."""

import base64
import os
import re
import shutil
import stat
import subprocess
import tempfile

import pytest

import apns as played
import plists
import processes
import server as servers
from nano import Nano
from receiver import Receiver


def spellings(secret):
    """A secret as it may stand in a file: raw, in hex, in base64 at each
    alignment (only what does not depend on its neighbours)."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + secret)
        yield text[4 if shift else 0:-4]


def contains(path, needles):
    with open(path, "rb") as f:
        data = f.read()
    return [n for n in needles if n in data]


def files(folder):
    for base, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(base, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                yield path


@pytest.fixture(scope="module")
def told():
    """A server that was told secrets of every sort, changed and deleted, so
    that freed pages are written as well; then stopped. All secrets consist
    of one marker, so that any part of any of them is found by it."""
    server = servers.Server("lighttpd", log_level="debug").init().start()
    marker = os.urandom(16).hex().encode()

    def secret(length=100):
        return (marker * length)[:length]

    for _ in range(10):
        d = server.device()
        d.authenticate(DeviceName="not secret",
                       Extra=secret().decode()).accepted()
        for size in (32, 100, 300):
            d.token_update(Token=secret(size), PushMagic=secret().decode(),
                           UnlockToken=secret(700 + size)).accepted()
        user = d.user()
        user.token_update(Token=secret()).accepted()
        uuid, body = plists.command(
            "DeviceLock", PIN=secret().decode(),
            Message=secret(3000).decode())
        server.ctl.enqueue([d.id, user.id], body)
        d.idle().gives(body)
        d.answer(uuid, QueryResponses={"Key": secret(64).decode(),
                                       "Long": secret(20000)}).accepted()
        for _ in range(3):
            d.put(b"unreadable " + secret(), plists.CONNECT_TYPE)
        # Refused ones must not be found either, whatever they were.
        d.put(secret(), plists.CHECKIN_TYPE).refused(400)
        d.token_update(Token=secret().decode()).refused(400)
        d.authenticate(Extra=secret().decode()).accepted()
    server.stop()
    yield server, marker
    server.remove()


def test_store_and_logs_hold_no_secret(told):
    """Every file whole, freed pages included."""
    server, marker = told
    needles = list(spellings(marker))
    seen = [*files(server.directory), server.log_file]
    assert os.path.getsize(server.path("store", "data.mdb")) > 500000
    for path in seen:
        assert not contains(path, needles), path


@pytest.fixture(scope="module")
def operated():
    """A server whose operating parts were told secrets too: webhooks, one of
    which is dead, pushes, inventory, tokens; while it runs and afterwards."""
    folder = tempfile.mkdtemp(prefix="mrg-apns-", dir="/tmp")
    os.chmod(folder, 0o755)
    receiver = Receiver(key=None)
    marker = os.urandom(16).hex()
    with played.Apns(folder) as apple:
        server = servers.Server(
            "lighttpd", log_level="debug", apns_url=apple.url,
            apns_ca_file=apple.ca_file).init()
        server.start()
        try:
            ctl = server.ctl
            cert = apple.push_cert(plists.TOPIC)
            ctl.run("push-cert", "put", "-", input=cert)
            ctl.run("webhooks", "add", "alive", receiver.url + "/" + marker,
                    "--key", "-", input=marker * 2 + "\n")
            ctl.run("webhooks", "add", "dead", "http://127.0.0.1:9/%s?k=%s" %
                    (marker, marker), "--key", "-",
                    input=marker * 2 + "\n")
            token = re.search("mooring_[-_A-Za-z0-9]+", str(ctl.run(
                "tokens", "new", "reader", "--scope", "read"))).group()
            d = server.device()
            d.authenticate(Extra=marker).accepted()
            d.token_update(Token=(marker * 2).encode(),
                           PushMagic=marker * 3).accepted()
            other = server.device()
            other.authenticate().accepted()
            other.token_update(Token=(marker * 3).encode(),
                               PushMagic=marker).accepted()
            apple.rule(token=(marker * 3).encode().hex(), status=410,
                       reason="Unregistered")
            uuid, body = plists.command("DeviceInformation",
                                        Queries=["DeviceName"])
            Nano(server).enqueue([d.id, other.id], body)
            Nano(server, token=token).push(d.id)
            Nano(server, token=marker).push(d.id)
            d.idle().gives(body)
            d.answer(uuid, QueryResponses={
                "DeviceName": marker * 5, "WiFiMAC": marker}).accepted()
            receiver.wait_of(d.id, "mdm.Authenticate", "mdm.TokenUpdate",
                             "mdm.Connect", "mdm.Connect")
            server.wait_log("event=event.failed", seconds=30)
            lines = cert.split("PRIVATE KEY-----")[1].split("\n")
            key = [line for line in lines if len(line) == 64]
            yield server, marker, token, key
        finally:
            server.stop()
            server.remove()
            receiver.close()
            shutil.rmtree(folder)


def test_what_operates_it_keeps_its_secrets(operated):
    server, marker, token, key = operated
    metrics = Nano(server).curl("/metrics")
    assert metrics.status == 200, metrics
    text = bytes(metrics.body)
    for verb in (("audit",), ("events", "list"), ("enrollments", "list"),
                 ("push-cert", "list"), ("tokens", "list")):
        text += server.ctl.run(*verb).stdout
    server.stop()
    needles = list(spellings(marker.encode()))
    needles += [token.encode(), base64.b64decode(key[1])]
    needles += [line.encode() for line in key]
    assert not [n for n in needles if n in text]
    assert os.path.getsize(server.path("store", "data.mdb")) > 100000
    for path in [*files(server.directory), server.log_file]:
        assert not contains(path, needles), path


def test_the_search_finds_what_is_there(told):
    """What is not sealed is found, and the needles match what plists hold."""
    server, marker = told
    assert contains(server.path("store", "data.mdb"), [b"not secret"])
    needles = set(spellings(marker))
    for shift in range(3):
        text = plists.dump({"Token": b"x" * shift + marker}).replace(
            b"\n", b"").replace(b"\t", b"")
        assert any(n in text for n in needles)


def test_store_without_the_key_ring_opens_nothing(told):
    """LMDB's own tool reads the file; the secrets stay shut."""
    server, marker = told
    dump = subprocess.run(
        ["mdb_dump", "-a", server.path("store")], capture_output=True,
        check=True).stdout
    assert len(dump) > 100000
    assert plists.TOPIC.encode().hex().encode() in dump
    assert marker.hex().encode() not in dump.replace(b"\n", b"")


def test_modes_of_everything(server):
    """Files 0600, folders 0700, whatever the umask; public/ may be read."""
    server.enrolled().idle().accepted()
    owner = server.user.pw_uid
    for base, folders, names in os.walk(server.directory):
        for name in folders + names:
            path = os.path.join(base, name)
            info = os.lstat(path)
            mode = stat.S_IMODE(info.st_mode)
            assert info.st_uid == owner, path
            if path.startswith(server.path("public")):
                continue
            if stat.S_ISDIR(info.st_mode):
                assert mode == 0o700, (path, oct(mode))
            elif name == "apache.pid":
                assert mode == 0o644    # Apache's own, in a folder of 0700
            elif name in ("mdm.cgi", "enroll.cgi", "scep.cgi"):
                assert mode == 0o700, (path, oct(mode))
            elif stat.S_ISREG(info.st_mode):
                assert mode == 0o600, (path, oct(mode))
            elif stat.S_ISSOCK(info.st_mode):
                assert mode & 0o007 == 0, (path, oct(mode))
    assert stat.S_IMODE(os.stat(server.directory).st_mode) in (0o700, 0o711)


def test_keys_are_not_on_command_lines(server):
    for pid in processes.of_directory(server.directory):
        with open("/proc/%d/cmdline" % pid, "rb") as f:
            assert b"PRIVATE" not in f.read()


def test_log_line_per_request(lighttpd):
    """key=value, with request id, enrollment, message, status and time."""
    d = lighttpd.enrolled()
    number = lighttpd.ctl.enrollment(d.id)["number"]
    uuid, body = plists.command()
    lighttpd.ctl.enqueue(d.id, body)
    d.idle().gives(body)
    line = lighttpd.wait_log("message=Idle", "enrollment=@%d" % number, uuid)
    fields = dict(f.split("=", 1) for f in line.split() if "=" in f)
    assert fields["status"] == "200"
    assert int(fields["us"]) > 0
    assert fields["id"]


def test_hostile_text_stays_on_its_line(lighttpd):
    """A device's words cannot forge a line of the log."""
    d = lighttpd.device(udid=plists.new_uuid() + "\nlevel=error forged=1")
    d.enroll()
    d.say({"MessageType": "A\nforged=2", **d.ids}).refused(400)
    d.answer("B\nforged=3").accepted()
    d.put(b"x", plists.CONNECT_TYPE, path="/mdm?a=\x1b[31m%0aforged=4"
          .replace("\x1b", "%1b"))
    lighttpd.wait_log("MessageType")
    for _, text in lighttpd.log_texts():
        for line in text.splitlines():
            assert not line.startswith(("forged=", "level=error forged"))
            assert "\x1b" not in line
