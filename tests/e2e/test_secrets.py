"""A stolen store gives nothing away, nor does a log, nor a file that others
may read."""

import base64
import os
import stat
import subprocess

import pytest

import plists


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


@pytest.fixture
def told(fresh):
    """A server that was told secrets of every sort, changed and deleted, so
    that freed pages are written as well."""
    server = fresh(log_level="debug")
    secrets = []

    def secret(name, length=48):
        value = (b"%s-" % name.encode() + os.urandom(length).hex().encode()
                 )[:length]
        secrets.append(value)
        return value

    for n in range(20):
        d = server.device()
        d.authenticate(DeviceName="not secret",
                       Extra=secret("raw-authenticate").decode()).accepted()
        for _ in range(3):
            d.token_update(
                Token=secret("push-token"),
                PushMagic=secret("push-magic").decode(),
                UnlockToken=secret("unlock-token", 700)).accepted()
        user = d.user()
        user.token_update(Token=secret("user-token")).accepted()
        uuid, body = plists.command(
            "DeviceLock", PIN=secret("pin").decode(),
            Message=secret("message", 3000).decode())
        server.ctl.enqueue([d.id, user.id], body)
        d.idle().gives(body)
        d.answer(uuid, QueryResponses={
            "Key": secret("result").decode(),
            "Long": secret("long-result", 20000)}).accepted()
        bad = b"unreadable " + secret("unreadable")
        for _ in range(3):
            d.put(bad, plists.CONNECT_TYPE)
        # Refused ones must not be found either, whatever they were.
        d.put(secret("refused"), plists.CHECKIN_TYPE).refused(400)
        d.authenticate(Extra=secret("again").decode()).accepted()
    server.stop()
    return server, secrets


def test_store_and_logs_hold_no_secret(told):
    server, secrets = told
    needles = [n for s in secrets for n in spellings(s)]
    # Parts of long ones: a page holds only a piece.
    needles += [s[at:at + 24] for s in secrets if len(s) > 100
                for at in range(0, len(s) - 24, 97)]
    seen = list(files(server.directory)) + [server.log_file]
    assert any("store" in path and os.path.getsize(path) > 100000
               for path in seen)
    for path in seen:
        assert not contains(path, needles), path


def test_the_search_finds_what_is_there(told):
    """The needles of this test are good: what is not sealed is found."""
    server, _ = told
    assert any(contains(path, [b"not secret"])
               for path in files(server.path("store")))
    key = contains(server.path("secrets", "seal.key"), [b""])
    assert key


def test_copy_of_the_store_without_the_key_opens_nothing(told, tmp_path):
    """LMDB's own tools read the file; our secrets stay shut."""
    server, secrets = told
    dump = subprocess.run(
        ["mdb_dump", "-a", server.path("store")], capture_output=True,
        check=True).stdout
    assert len(dump) > 10000
    for s in secrets:
        assert s.hex().encode() not in dump
        assert s not in dump


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
            elif stat.S_ISREG(info.st_mode):
                assert mode == 0o600, (path, oct(mode))
            elif stat.S_ISSOCK(info.st_mode):
                assert mode & 0o007 == 0, (path, oct(mode))
    assert stat.S_IMODE(os.stat(server.directory).st_mode) in (0o700, 0o711)


def test_keys_are_not_on_command_lines(server):
    import processes
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
