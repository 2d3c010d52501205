"""mooringctl guard, ca, store, backup."""

import contextlib
import os
import socket
import stat
import subprocess
import tempfile

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

import pki
import plists
import processes
import server as servers
from sites import CONFLICT, FAILED, OK, PATIENCE, USAGE, refused


# ---- guard ----

def test_guard(new):
    s = new()
    assert s.ctl.guard()["closed"] is True
    assert b"holds no enrollment" in s.run("guard", "show").stdout
    assert s.device().idle().status == 503
    s.ctl.run("guard", "release")
    shown = s.ctl.guard()
    assert (shown["closed"], shown["armed"], shown["limit"]) == (
        False, False, 10)
    assert s.device().idle().status == 401
    assert s.ctl.guard()["refused"] == 1
    assert b"1 of 10" in s.run("guard", "show").stdout


# ---- CAs ----

def test_ca_issue(site):
    ca = x509.load_pem_x509_certificate(
        open(site.path("pki", "device-ca.pem"), "rb").read())
    for options, kind in (([], rsa.RSAPublicKey),
                          (["--ec", "--days", "3"], ec.EllipticCurvePublicKey)):
        prefix = os.path.join(site.folder, "issued-%d" % len(options))
        shown = site.ctl.json("ca", "issue", "--cn", "Zoë's", "--out", prefix,
                              *options)
        assert shown["cert_file"] == prefix + ".pem"
        cert = x509.load_pem_x509_certificate(
            open(prefix + ".pem", "rb").read())
        assert isinstance(cert.public_key(), kind)
        assert "Zoë's" in cert.subject.rfc4514_string()
        ca.public_key().verify(cert.signature, cert.tbs_certificate_bytes,
                               padding.PKCS1v15(),
                               cert.signature_hash_algorithm)
        assert ExtendedKeyUsageOID.CLIENT_AUTH in \
            cert.extensions.get_extension_for_class(
                x509.ExtendedKeyUsage).value
        days = (cert.not_valid_after - cert.not_valid_before).days
        assert days == (3 if "--days" in options else 365)
        assert stat.S_IMODE(os.stat(prefix + ".key").st_mode) == 0o600
        key = open(prefix + ".key", "rb").read()
        assert serialization.load_pem_private_key(
            key, None).public_key().public_numbers() == \
            cert.public_key().public_numbers()
        refused(site.run("ca", "issue", "--cn", "x", "--out", prefix),
                CONFLICT, "exists")
        assert open(prefix + ".key", "rb").read() == key
    # Nothing is issued that nobody could have.
    before = site.ctl.json("ca", "issued")
    nowhere = os.path.join(site.folder, "no", "where")
    refused(site.run("ca", "issue", "--cn", "x", "--out", nowhere), FAILED,
            nowhere, "No such file")
    refused(site.run("profile", "show", "--out", nowhere), FAILED, nowhere)
    assert site.ctl.json("ca", "issued") == before
    assert site.ctl.json("challenge", "list")["challenges"] == []
    for cn in ("", "x" * 65, "a\nb", os.fsdecode(b"\xff")):
        refused(site.run("ca", "issue", "--cn", cn, "--out",
                         os.path.join(site.folder, "no")), FAILED, "name")


def test_issued_certificate_enrolls_until_revoked(site):
    prefix = os.path.join(site.folder, "lost")
    site.ctl.run("ca", "issue", "--cn", "lost", "--ec", "--out", prefix)
    d = site.device()
    d.wire.identity = type("Issued", (), {
        "pem": open(prefix + ".pem", "rb").read()})
    d.authenticate().accepted()
    d.token_update().accepted()
    shown = site.ctl.json("ca", "revoke", prefix + ".pem")
    assert shown["changed"] is True
    assert shown["device_number"] == site.ctl.enrollment(d.id)["number"]
    d.idle().refused(400, "revoked")
    assert site.ctl.state(d.id) == "enabled"
    assert "cert_revoked" in site.ctl.enrollment(d.id)
    r = site.run("ca", "revoke", "-", input=open(prefix + ".pem", "rb").read())
    assert r.returncode == OK and b"was revoked" in r.stdout
    refused(site.run("ca", "revoke", site.path("pki", "device-ca.pem")),
            FAILED, "is a CA")


def test_issue_names_its_own_files(site):
    folder = tempfile.mkdtemp(dir=site.folder)
    os.chown(folder, site.user.pw_uid, site.user.pw_gid)
    r = subprocess.run(
        [servers.program("mooringctl"), "ca", "issue", "--ec", "--cn",
         "../é /x", "--dir", site.directory], cwd=folder,
        capture_output=True, env=servers.environment(), timeout=PATIENCE)
    assert r.returncode == OK, r
    assert sorted(os.listdir(folder)) == ["_._____x.key", "_._____x.pem"]


def test_ca_trust(site):
    former = pki.CA.make(site.folder, "Former CA")
    [one] = site.ctl.json("ca", "trust", site.put("former", former.pem()))["cas"]
    assert one["added"] is True and "Former CA" in one["subject"]
    [one] = site.ctl.json("ca", "trust", site.put("former", former.pem()))["cas"]
    assert one["added"] is False
    listed = site.ctl.json("ca", "list")["cas"]
    assert sum("Former CA" in c["subject"] for c in listed) == 1
    st = os.stat(site.path("pki", "device-ca.bundle.pem"))
    assert stat.S_IMODE(st.st_mode) == 0o600
    assert st.st_uid == site.user.pw_uid
    leaf = former.issue()
    for bad in (leaf.pem, former.pem() + leaf.pem, b"junk", former.pem()[:300],
                b"\0" * (2 << 20)):
        refused(site.run("ca", "trust", "-", input=bad), FAILED)
    assert site.ctl.json("ca", "list")["cas"] == listed


def test_ca_trust_at_the_same_time(site):
    """Two at once do not lose one's work."""
    cas = [pki.CA.make(site.folder, "Parallel %d" % i) for i in range(6)]
    running = [subprocess.Popen(
        [servers.program("mooringctl"), "ca", "trust", "--dir",
         site.directory, site.put("ca-%d" % i, ca.pem())],
        stdout=subprocess.DEVNULL, env=servers.environment())
        for i, ca in enumerate(cas)]
    assert [p.wait(PATIENCE) for p in running] == [OK] * 6
    text = site.run("ca", "list").stdout.decode()
    assert all("Parallel %d" % i in text for i in range(6))


# ---- store ----

def test_store_check_and_compact(new):
    s = new()
    d = s.enrolled()
    uuid, body = plists.command()
    s.ctl.enqueue(d.id, body)
    assert s.ctl.json("store", "check") == {"faults": [], "count": 0}
    info = s.ctl.json("store", "info")
    assert (info["enrollments"], info["queued"]) == (1, 1)
    copy = s.path("run", "copy")
    s.ctl.run("store", "compact", "--to", copy)
    assert stat.S_IMODE(os.stat(copy).st_mode) == 0o600
    refused(s.run("store", "compact", "--to", copy), CONFLICT, "exists")
    shown = s.ctl.json("store", "compact")
    assert shown["after_bytes"] <= shown["before_bytes"]
    assert s.ctl.queue(d.id) == [uuid]
    # The copy is a store.
    os.rename(copy, s.path("store", "data.mdb"))
    assert s.ctl.queue(d.id) == [uuid]
    s.ctl.run("store", "check")


def test_compact_while_it_is_open(new):
    """A worker has the store open: named, and nothing is changed; all else
    goes on."""
    s = new()
    d = s.enrolled()
    user = {} if s.user.pw_uid == os.geteuid() else {
        "user": s.user.pw_uid, "group": s.user.pw_gid, "extra_groups": []}
    # FastCGI: its socket is standard input.
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(os.path.join(s.folder, "socket"))
    listener.listen()
    worker = subprocess.Popen(
        [servers.program("cgi-bin/mdm.fcgi")], stdin=listener,
        env={"MOORING_DIR": s.directory}, cwd="/", **user)
    try:
        for _ in processes.deadline(20, "the worker has the store open"):
            if holds(worker.pid, s.path("store", "data.mdb")):
                break
        line = refused(s.run("store", "compact"), CONFLICT)
        assert "mdm.fcgi (process %d): stop that first" % worker.pid in line
        line = refused(s.run("store", "migrate"), CONFLICT, "stop that")
        s.ctl.run("store", "compact", "--to", s.path("run", "copy"))
        s.ctl.run("store", "check")
        uuid, body = plists.command()
        s.ctl.enqueue(d.id, body)
        s.ctl.run("init")
    finally:
        worker.terminate()
        worker.wait(PATIENCE)
        listener.close()
    s.ctl.run("store", "compact")
    assert s.ctl.queue(d.id) == [uuid]


def holds(pid, path):
    with contextlib.suppress(OSError):
        folder = "/proc/%d/fd" % pid
        return any(os.path.realpath(os.path.join(folder, fd)) == path
                   for fd in os.listdir(folder))
    return False


def test_damaged_store(new):
    s = new()
    s.enrolled()
    size = os.path.getsize(s.path("store", "data.mdb"))
    with open(s.path("store", "data.mdb"), "r+b") as f:
        f.write(os.urandom(size))
    for command in ("enrollments list", "store check", "guard show"):
        r = s.run(*command.split())
        assert r.returncode not in (OK, USAGE) and r.returncode > 0, r
        assert len(r.stderr.splitlines()) >= 1


@pytest.mark.parametrize("verb", ["backup", "restore"])
def test_backups_are_files(site, verb):
    said = refused(site.run(verb, "-"), USAGE, "FILE", "./-")
    assert "standard" in said
    assert not os.path.exists("-")
