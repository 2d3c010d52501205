"""Backups: taken while devices are at work, put back elsewhere, refused when
they are not sound; and a store of an older version that is migrated."""

import datetime
import json
import lzma
import os
import signal
import subprocess
import termios
import threading

import pytest

import plists
import processes
from device import Channel
from namespace import SmallStore
from server import environment, program

DATA = os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "data")


def write_as_owner(server, data, *parts):
    path = server.path(*parts)
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, 0o600)
    os.chown(path, server.user.pw_uid, server.user.pw_gid)


def copy_as_owner(server, source, *parts):
    with open(source, "rb") as f:
        write_as_owner(server, f.read(), *parts)


def one_line(r, code, *words):
    """Refused with this exit status, in one line that says why."""
    assert r.returncode == code, r
    assert r.stdout == b""
    lines = r.stderr.decode().splitlines()
    assert len(lines) == 1 and lines[0].startswith("mooringctl: "), r
    for word in words:
        assert word in lines[0], (word, lines)


def moved(server, d):
    """The same device, where another server is now."""
    return Channel(server, dict(d.ids), d.identity, kind=d.kind)


# ---- under load ----

class Load:
    """Devices that poll, answer and renew their tokens until they are told
    to stop."""

    def __init__(self, server, n):
        self.devices = [server.enrolled() for _ in range(n)]
        self.server, self.going, self.trouble = server, True, []
        self.rounds = 0
        self.threads = [threading.Thread(target=self.work, args=(d,))
                        for d in self.devices]

    def work(self, d):
        try:
            while self.going:
                uuid, body = plists.command("InstallProfile",
                                            Payload=b"x" * 30000)
                self.server.ctl.enqueue(d.id, body)
                d.idle().gives(body)
                d.answer(uuid, Filler="y" * 20000).accepted()
                d.token_update().accepted()
                self.rounds += 1
        except Exception as e:
            self.trouble.append(e)

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *unused):
        self.going = False
        for t in self.threads:
            t.join()


def test_backup_under_load_restored_elsewhere(fresh):
    server = fresh()
    backups = []
    with Load(server, 4) as load:
        for i in range(6):
            file = os.path.join(server.folder, "backup%d" % i)
            backups.append((file, server.ctl.json("backup", file)))
    assert not load.trouble and load.rounds > 0
    for file, said in backups:
        assert said["file"] == file
        assert said["bytes"] == os.path.getsize(file)
        assert said["grown_bytes"] >= 0
        assert said["key_ring"] == server.path("secrets", "seal.key")
        assert os.stat(file).st_mode & 0o777 == 0o600
    d, waiting = load.devices[0], plists.command()
    server.ctl.enqueue(d.id, waiting[1])
    file = os.path.join(server.folder, "backup")
    text = server.ctl.run("backup", file).stdout.decode()
    assert file in text and "secrets/seal.key" in text
    later = server.enrolled()
    server.stop()

    other = fresh(start=False)
    copy_as_owner(other, server.path("secrets", "seal.key"),
                  "secrets", "seal.key")
    copy_as_owner(other, server.path("pki", "device-ca.pem"),
                  "pki", "device-ca.bundle.pem")
    # They are another user's to read.
    os.chmod(server.folder, 0o711)
    os.chmod(other.folder, 0o711)
    for source, _ in backups:
        other.ctl.run("restore", source)
        other.ctl.run("store", "check")
    r = other.ctl.json("restore", file)
    assert r["restored"] == file and os.path.exists(r["kept"])
    other.ctl.run("store", "check")
    guard = other.ctl.guard()
    assert guard["armed_until"] == r["guard_armed_until"]
    assert guard["why"] == "restore"
    other.start()
    moved(other, d).idle().gives(waiting[1])
    for each in load.devices[1:]:
        moved(other, each).idle().accepted()
        moved(other, each).token_update().accepted()
    # It came after the backup: not told to go.
    moved(other, later).idle().refused(503)
    other.ctl.run("store", "check")


def test_backup_that_is_ended(fresh):
    """By a signal at any moment: the file is whole, or not there, and nothing
    is left beside it."""
    server = fresh()
    d = server.enrolled()
    for _ in range(30):
        server.ctl.enqueue(d.id, plists.command(
            "InstallProfile", Payload=b"x" * 300000)[1])
    server.stop()
    other = fresh(start=False)
    copy_as_owner(other, server.path("secrets", "seal.key"),
                  "secrets", "seal.key")
    os.chmod(server.folder, 0o711)
    os.chmod(other.folder, 0o711)
    folder = os.path.join(server.folder, "backups")
    os.mkdir(folder)
    os.chown(folder, server.user.pw_uid, server.user.pw_gid)
    whole = 0
    for i, after in enumerate([0, 2, 4, 6, 8, 10, 12, 15, 20, 30, 2000]):
        file = os.path.join(folder, "b%d" % i)
        p = subprocess.Popen(
            [program("mooringctl"), "backup", file, "--dir",
             server.directory], stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env=environment())
        try:
            p.wait(after / 1000)
        except subprocess.TimeoutExpired:
            p.send_signal(signal.SIGTERM)
        p.communicate()
        if os.path.exists(file):
            whole += 1
            other.ctl.run("restore", file)
            os.unlink(file)
        else:
            assert p.returncode != 0
        assert os.listdir(folder) == []
    assert whole > 0
    server.ctl.run("store", "check")


class HeldBackup:
    """A backup that waits, before it reads, for the terminal it would show
    its progress on."""

    def __init__(self, server, file):
        self.master, slave = os.openpty()
        self.slave = slave
        termios.tcflow(slave, termios.TCOOFF)
        self.process = subprocess.Popen(
            [program("mooringctl"), "backup", file, "--json", "--dir",
             server.directory], stdout=subprocess.PIPE, stderr=slave,
            env=environment())
        folder = os.path.dirname(file)
        for _ in processes.deadline(10, "the file of the copy"):
            if any(t.startswith(folder + "/") for t in self.open_files()):
                return

    def open_files(self):
        """What it writes to has no name yet: "FOLDER/#123 (deleted)"."""
        fds = "/proc/%d/fd" % self.process.pid
        for fd in os.listdir(fds):
            try:
                yield os.readlink(os.path.join(fds, fd))
            except FileNotFoundError:
                pass

    def go_on(self):
        """Its exit status, and what it said."""
        assert self.process.poll() is None
        termios.tcflow(self.slave, termios.TCOON)
        os.close(self.slave)
        out = self.process.communicate(timeout=60)[0]
        said = b""
        try:
            while chunk := os.read(self.master, 4096):
                said += chunk
        except OSError:
            pass            # the end of a terminal
        os.close(self.master)
        return self.process.returncode, out, said.decode()


def test_backup_while_the_store_grows(fresh):
    """By more than backup_max_growth it is given up."""
    server = fresh()
    d = server.enrolled()
    folder = os.path.join(server.folder, "backups")
    os.mkdir(folder)
    os.chown(folder, server.user.pw_uid, server.user.pw_gid)
    file = os.path.join(folder, "b")

    def grow():
        for _ in range(4):
            server.ctl.enqueue(d.id, plists.command(
                "InstallProfile", Payload=os.urandom(700000))[1])

    server.set(backup_max_growth="2M")
    backup = HeldBackup(server, file)
    grow()
    code, out, said = backup.go_on()
    assert (code, out) == (5, b""), said
    assert "given up" in said and "backup_max_growth" in said
    assert os.listdir(folder) == []
    for limit in ("64M", "0"):
        server.set(backup_max_growth=limit)
        backup = HeldBackup(server, file)
        grow()
        code, out, said = backup.go_on()
        assert code == 0, said
        assert json.loads(out)["grown_bytes"] > 2 << 20
        assert os.listdir(folder) == ["b"]
        os.unlink(file)
    server.ctl.run("store", "check")


# ---- what is refused ----

def test_restore_refuses(fresh):
    server = fresh()
    d = server.enrolled()
    good = os.path.join(server.folder, "good")
    bad = os.path.join(server.folder, "bad")
    server.ctl.run("backup", good)
    one_line(server.ctl.run("backup", good, check=False), 4, good)
    # While others have it open, and who.
    one_line(server.ctl.run("restore", good, check=False), 4, "mdm.fcgi")
    server.stop()
    before = sorted(os.listdir(server.path("store")))
    with open(good, "rb") as f:
        data = f.read()
    one_line(server.ctl.run("restore", bad, check=False), 3, bad)
    for cut in (b"", b"nothing of ours\n" * 1000, data[:-20000]):
        write_as_owner(server, cut, "..", "bad")
        r = server.ctl.run("restore", bad, check=False)
        assert r.returncode == 1 and r.stdout == b""
        assert bad in r.stderr.decode().splitlines()[-1]
    # Sealed under other keys.
    other = fresh(start=False)
    write_as_owner(other, data, "..", "foreign")
    r = other.ctl.run("restore", os.path.join(other.folder, "foreign"),
                      check=False)
    assert r.returncode == 1
    assert "faults" in r.stderr.decode().splitlines()[-1]
    # Nothing is lost, and nothing is left over.
    assert sorted(os.listdir(server.path("store"))) == before
    server.ctl.run("store", "check")
    server.start()
    moved(server, d).idle().accepted()


@pytest.fixture
def small():
    made = []

    def make(**settings):
        s = SmallStore(**settings)
        made.append(s)
        return s.init()

    yield make
    for s in made:
        try:
            s.stop()
        finally:
            s.remove()


def test_full_disk(small):
    """For the backup, and for what is restored."""
    server = small().start()
    d = server.enrolled()
    good = os.path.join(server.folder, "good")
    server.ctl.run("backup", good)
    server.fill()
    here = server.path("store", "here")
    one_line(server.ctl.run("backup", here, check=False), 1, here, "space")
    assert not [f for f in os.listdir(server.path("store")) if "here" in f]
    server.empty()
    server.stop()
    server.fill()
    r = server.ctl.run("restore", good, check=False)
    assert r.returncode in (1, 5) and b"space" in r.stderr
    server.empty()
    server.ctl.run("store", "check")
    server.start()
    moved(server, d).idle().accepted()


# ---- an older version's store ----

# What tests/data/store-N holds.
OLD = {
    1: {
        "device": "2507CA80-3B93-4420-9AE1-05D8923DBB5F",
        "user": "2507CA80-3B93-4420-9AE1-05D8923DBB5F:"
                "441F6335-BF50-47CD-AF34-4DC79C9EE802",
        "left": "3360F577-CBEC-4164-9B3B-0D75538A9E35",
        "blocked": "652D4CA3-3AB6-404D-BCF6-08BF437F57EA",
        "answered": "E7760751-6409-4E0C-8413-2C18184345E3",
        "queued": "06EA224F-72FB-463E-8BB3-187437969D65",
    },
    2: {
        "device": "E7780979-6957-4817-A427-7827D60BF961",
        "user": "E7780979-6957-4817-A427-7827D60BF961:"
                "53C6A593-A30A-44A2-89B5-6238192F38E0",
        "left": "AF29CAD6-AE5F-4BB4-9022-B2EA73431ADC",
        "blocked": "541D541E-4D2D-43C4-B124-99135BE2A7D7",
        "answered": "3AA4C14E-875C-4BE9-8313-6E3140B0D172",
        "queued": "82CE2415-FDF3-4733-837D-4DAFC466323D",
        "cert": "ccfdd289587a9342616dcd83e5e5423414c90e00"
                "07dd8f57401ba0dda8266241",
        "former": "b2c61644f6ac2f6a1d57fea1a3fc1ed6f8551755"
                  "9fc65e6833ece49d8cf703a6",
        "revoked": "003f4333e4f97f0f5f7df8d1b382ff6bbb3dcb46"
                   "85b15f9914570febdb9f562b",
        "not_after": datetime.datetime(2026, 12, 22, 21, 29, 31,
                                       tzinfo=datetime.timezone.utc),
    },
}
SCHEMA = 3


def old_file(version, name):
    return os.path.join(DATA, "store-%d" % version, name)


def old_data(version):
    with lzma.open(old_file(version, "data.mdb.xz")) as f:
        return f.read()


def keys(server, table):
    """Of a table of the store, as lmdb-utils reads it: hexadecimal."""
    dump = subprocess.run(["mdb_dump", "-s", table, server.path("store")],
                          capture_output=True, text=True, check=True).stdout
    return [line[1:] for line in dump.splitlines()
            if line.startswith(" ")][::2]


def check_certs(server, old):
    """Schema 2 did not know when a certificate expires."""
    assert keys(server, "certs_revoked") == [old["revoked"]]
    expiring = [(int(k[:16], 16), k[16:])
                for k in keys(server, "certs_expiring")]
    assert (int(old["not_after"].timestamp()), old["cert"]) in expiring
    # The device, the one that left and the one that is blocked.
    assert len(expiring) == 3
    assert not {old["former"], old["revoked"]} & {k for _, k in expiring}


def check_old(server, version):
    old, ctl = OLD[version], server.ctl
    assert ctl.state(old["device"]) == "enabled"
    assert ctl.state(old["user"]) == "enabled"
    assert ctl.state(old["left"]) == "left"
    assert ctl.state(old["blocked"]) == "blocked"
    assert ctl.queue(old["device"]) == [old["queued"]]
    assert b"Acknowledged" in ctl.result(old["answered"], old["device"])
    assert ctl.json("store", "info")["schema"] == SCHEMA
    if "cert" in old:
        check_certs(server, old)
    ctl.run("store", "check")


@pytest.mark.parametrize("version", OLD)
def test_migrate(fresh, version):
    server = fresh(start=False)
    for name in os.listdir(server.path("store")):
        os.unlink(server.path("store", name))
    write_as_owner(server, old_data(version), "store", "data.mdb")
    copy_as_owner(server, old_file(version, "seal.key"),
                  "secrets", "seal.key")
    one_line(server.ctl.run("enrollments", "list", check=False), 4,
             "mooringctl store migrate")
    assert server.ctl.json("store", "migrate") == {"from": version,
                                                   "to": SCHEMA}
    assert server.ctl.guard()["why"] == "migration"
    assert server.ctl.json("store", "migrate") == {"from": SCHEMA,
                                                   "to": SCHEMA}
    check_old(server, version)
    server.start()
    one_line(server.ctl.run("store", "migrate", check=False), 4, "mdm.fcgi")
    server.device().idle().refused(503)     # unknown: the guard is armed
    server.enrolled()
    server.ctl.run("store", "check")


@pytest.mark.parametrize("version", OLD)
def test_restore_of_an_older_version(fresh, version):
    server = fresh(start=False)
    old = os.path.join(server.folder, "old")
    write_as_owner(server, old_data(version), "..", "old")
    copy_as_owner(server, old_file(version, "seal.key"),
                  "secrets", "seal.key")
    server.ctl.run("restore", old)
    check_old(server, version)
    with open(old, "rb") as f:
        assert f.read() == old_data(version)
