"""mooringctl init: what it makes, and what it leaves alone."""

import contextlib
import json
import os
import re
import stat
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

import server as servers
from sites import CONFLICT, FAILED, NOT_FOUND, OK, PATIENCE, ROOT, refused, run


TREE = {
    "": 0o711, "mooring.conf": 0o600, "store": 0o700, "pki": 0o700,
    "pki/device-ca.pem": 0o600, "pki/device-ca.key": 0o600,
    "pki/device-ca.bundle.pem": 0o600, "pki/server.pem": 0o600,
    "pki/server.key": 0o600, "pki/server-root.pem": 0o600,
    "secrets": 0o700, "secrets/seal.key": 0o600,
    "secrets/admin.token": 0o600, "public": 0o755, "run": 0o700,
}


def tree(top):
    for folder, folders, files in os.walk(top):
        for name in ["", *files] if folder == top else [*files, "."]:
            yield os.path.normpath(os.path.join(folder, name))


def contents(site):
    return {p: open(p, "rb").read() for p in tree(site.directory)
            if os.path.isfile(p) and "/store/" not in p}


def test_init_makes_the_tree(new):
    umask = os.umask(0)
    try:
        s = new()
    finally:
        os.umask(umask)
    for name, mode in TREE.items():
        st = os.stat(s.path(name))
        assert stat.S_IMODE(st.st_mode) == mode, name
    for path in tree(s.directory):
        st = os.stat(path)
        assert (st.st_uid, st.st_gid) == (s.user.pw_uid, s.user.pw_gid), path
        assert path.endswith("/public") or path == s.directory or \
            stat.S_IMODE(st.st_mode) & 0o077 == 0, path


def test_init_again_changes_nothing(new):
    s = new()
    before = contents(s)
    r = s.ctl.run("init")       # by itself knows what is there
    assert contents(s) == before
    assert not re.search(rb"^(made|note)", r.stdout, re.M)
    # Another URL does not change the one that is there, and says so.
    r = s.init("--url", "https://other.example.com")
    assert contents(s) == before
    assert b"note  %s/mooring.conf: url = https://mdm.example.com is kept" \
        % s.directory.encode() in r.stdout
    s.ctl.run("store", "check")
    # ... nor does it look like an unclean end.
    s.enrolled()
    s.ctl.run("init")
    assert s.ctl.guard()["armed"] is False


def test_init_goes_on_where_it_was_cut_off(new):
    """Killed anywhere, the next run finishes it and keeps what there is."""
    s = new(init=False)
    args = [servers.program("mooringctl"), "init", "--dir", s.directory,
            "--url", "https://mdm.example.com",
            *(["--user", s.user.pw_name] if ROOT else [])]
    for milliseconds in (1, 5, 10, 20, 40, 80, 160):
        before = contents(s)
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(args, env=servers.environment(), check=True,
                           capture_output=True, timeout=milliseconds / 1000)
        after = contents(s)
        for path in before:
            if not path.endswith("server-root.pem"):
                assert after.get(path, before[path]) == before[path], path
    subprocess.run(args, env=servers.environment(), check=True,
                   capture_output=True, timeout=PATIENCE)
    for name, mode in TREE.items():
        assert stat.S_IMODE(os.stat(s.path(name)).st_mode) == mode, name
    s.ctl.run("store", "check")
    s.ctl.run("ca", "issue", "--cn", "x", "--out", s.path("run", "x"))


def test_init_certificates(site):
    def load(name):
        with open(site.path("pki", name), "rb") as f:
            return x509.load_pem_x509_certificate(f.read())

    def key_of(name):
        with open(site.path("pki", name), "rb") as f:
            return serialization.load_pem_private_key(f.read(), None)

    for cert, key in (("device-ca.pem", "device-ca.key"),
                      ("server.pem", "server.key")):
        assert load(cert).public_key() .public_numbers() == \
            key_of(key).public_key().public_numbers()
    ca = load("device-ca.pem")
    assert isinstance(ca.public_key(), rsa.RSAPublicKey)
    usage = ca.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature and usage.key_encipherment
    assert usage.key_cert_sign and usage.crl_sign
    server = load("server.pem")
    names = server.extensions.get_extension_for_class(
        x509.SubjectAlternativeName).value
    assert "mdm.example.com" in names.get_values_for_type(x509.DNSName)
    load("server-root.pem").public_key().verify(
        server.signature, server.tbs_certificate_bytes,
        ec.ECDSA(server.signature_hash_algorithm))


@pytest.mark.parametrize("args", [
    [], ["--url", ""], ["--url", "http://mdm.example.com"],
    ["--url", "https://mdm.example.com/"], ["--url", "https://x:0"],
    ["--url", "https://x", "--listen", "8443"],
    ["--url", "https://x", "--admin-listen", "x:1"],
    ["--url", "https://x", "--listen", ""]])
def test_init_bad_options(new, args):
    s = new(init=False)
    refused(s.init(*args, check=False), FAILED)
    assert not os.path.exists(s.directory)


def test_init_makes_folders_above(new):
    s = new(init=False)
    s.directory = os.path.join(s.folder, "a", "b", "c")
    s.ctl.directory = s.directory
    s.init("--url", "https://mdm.example.com")
    s.ctl.run("config", "check")


def test_init_where_a_file_is(new):
    s = new(init=False)
    s.put("d", b"")
    refused(s.init("--url", "https://x", check=False), CONFLICT, "folder")


def test_init_without_its_seal_key(new):
    s = new()
    os.rename(s.path("secrets", "seal.key"), s.path("run", "ring"))
    r = s.ctl.run("init", check=False)
    assert r.returncode == CONFLICT and b"seal.key is missing" in r.stderr
    assert not os.path.exists(s.path("secrets", "seal.key"))


def test_init_as_json(new):
    s = new(init=False)
    shown = json.loads(s.init("--url", "https://x", "--json").stdout)
    assert shown["dir"] == s.directory
    assert {"did": "made", "path": "store"} in shown["steps"]
    assert {step["did"] for step in s.ctl.json("init")["steps"]} == {"kept"}


def test_init_for_a_user(new):
    s = new(init=False)
    args = ["init", "--dir", s.directory, "--url", "https://x", "--user"]
    refused(run(*args, "no-such-user"), NOT_FOUND, "no-such-user")
    if not ROOT:
        refused(run(*args, "root"), FAILED, "only root")
    assert not os.path.exists(s.directory)


@pytest.mark.root
def test_init_as_root(new, tmp_path):
    # A directory of somebody else's is not taken.
    s = new()
    r = run("init", "--dir", s.directory, "--url", "https://x", "--user",
            "daemon")
    refused(r, CONFLICT, "belongs to user")
    # The user has to be able to reach it.
    os.chmod(tmp_path, 0o700)
    r = run("init", "--dir", tmp_path / "d", "--url", "https://x", "--user",
            s.user.pw_name)
    refused(r, FAILED, "cannot use")
    # Root's own: allowed, with a word on what will not work.
    r = run("init", "--dir", tmp_path / "r", "--url", "https://x")
    assert r.returncode == OK and b"refuse to run programs as root" in r.stderr
    # An empty directory that is there is given to the user, also by a link.
    e = new(init=False)
    os.mkdir(e.directory)
    os.symlink(e.directory, tmp_path / "link")
    run("init", "--dir", tmp_path / "link", "--url", "https://x", "--user",
        e.user.pw_name)
    os.chmod(tmp_path, 0o711)
    e.init("--url", "https://x")
    assert os.stat(e.path("store")).st_uid == e.user.pw_uid
