"""mooringctl on a data directory without a web server: what it prints, its
exit statuses, what it makes. Devices speak through plain CGI."""

import base64
import contextlib
import json
import os
import plistlib
import pwd
import re
import shutil
import socket
import stat
import subprocess
import tempfile

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

import cgi
import device
import pki
import plists
import processes
import server as servers

ROOT = os.geteuid() == 0
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
OK, FAILED, USAGE, NOT_FOUND, CONFLICT = range(5)
PATIENCE = 60

COMMANDS = [
    "init", "serve", "config check",
    "enrollments list", "enrollments show", "enrollments block",
    "enrollments unblock", "enrollments unmanage", "enrollments remove",
    "enrollments forget",
    "enrollments allow", "inventory",
    "enqueue", "queue list", "queue clear", "queue remove", "queue requeue",
    "commands show",
    "webhooks list", "webhooks show", "webhooks add", "webhooks set",
    "webhooks pause", "webhooks resume", "webhooks remove",
    "events list", "events show", "events replay",
    "push", "push-cert put", "push-cert list", "push-cert resume",
    "push-cert remove", "guard show", "guard release",
    "ca list", "ca trust", "ca issue", "ca revoke",
    "tokens new", "tokens list", "tokens revoke", "audit",
    "health", "store info", "store check", "store compact", "store migrate",
    "backup", "restore", "export", "import",
]


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


@pytest.fixture(scope="module")
def site():
    s = Site()
    yield s
    s.remove()


@pytest.fixture
def new():
    """Makes sites of a test's own."""
    made = []

    def make(**more):
        made.append(Site(**more))
        return made[-1]

    yield make
    for s in made:
        s.remove()


# ---- help and usage ----

@pytest.mark.parametrize("command", COMMANDS)
def test_help(command):
    r = run(*command.split(), "--help")
    assert r.returncode == OK
    assert r.stdout.decode().startswith("usage: mooringctl " + command)
    assert b"--json" in r.stdout and b"--dir DIR" in r.stdout
    assert r.stderr == b""


@pytest.mark.parametrize("args", [
    ["--help"], ["-h"], ["--json", "--help"], ["enrollments", "--help"],
    ["store", "-h"], ["--help", "queue"]])
def test_help_of_many(args):
    r = run(*args)
    assert r.returncode == OK, r
    assert len(r.stdout.splitlines()) > 8
    assert r.stderr == b""


def test_help_lists_every_command():
    text = run("--help").stdout.decode()
    found = re.findall(r"^  ([a-z][a-z-]*(?: [a-z]+)?)(?=  | [A-Z[])", text, re.M)
    assert sorted(found) == sorted(COMMANDS)


@pytest.mark.parametrize("args", [
    ["--version"], ["store", "check", "--version"]])
def test_version(args):
    r = run(*args)
    assert (r.returncode, r.stderr) == (OK, b"")
    assert re.fullmatch(rb"mooringctl \d+\.\d+\.\d+\n", r.stdout)


def test_manual_names_every_command_and_option():
    with open(os.path.join(SOURCE, "man", "mooringctl.8")) as f:
        manual = f.read()
    for command in COMMANDS:
        assert re.search(r"Ic %s\b" % command, manual), command
        text = run(*command.split(), "--help").stdout.decode()
        for option in re.findall(r"^  --([a-z-]+)", text, re.M):
            assert "Fl -%s" % option in manual or \
                "Fl -%s" % option.replace("-", r"\-") in manual, option


@pytest.mark.parametrize("args", [
    [], ["nonsense"], ["enrollments"], ["enrollments", "nonsense"],
    ["config"], ["--nonsense"], ["enrollments", "list", "--nonsense"],
    ["enrollments", "list", "-x"], ["enrollments", "list", "--limit"],
    ["enrollments", "list", "--limit", "0"],
    ["enrollments", "list", "--limit", "x"],
    ["enrollments", "list", "--limit", "-1"],
    ["enrollments", "list", "--limit", "99999999999999999999"],
    ["enrollments", "list", "--all", "--limit", "1"],
    ["enrollments", "list", "--after", "x"], ["enrollments", "list", "x"],
    ["enrollments", "list", "--all=yes"],
    ["enrollments", "show"], ["enrollments", "show", "a", "b"],
    ["enrollments", "block"], ["enrollments", "unblock"],
    ["enrollments", "unmanage"], ["enrollments", "allow"],
    ["enrollments", "allow", "--remove"],
    ["enrollments", "allow", "--list", "--serial", "x"],
    ["enqueue"], ["enqueue", "x"], ["queue", "list"], ["queue", "clear"],
    ["queue", "list", "x", "--after", "zz"],
    ["queue", "requeue", "x"], ["commands", "show"],
    ["commands", "show", "x", "--body", "--result", "y"],
    ["enrollments", "remove"], ["enrollments", "remove", "a", "b"],
    ["enrollments", "forget"], ["enrollments", "forget", "a", "b"],
    ["enrollments", "remove", "--force", "a"],
    ["webhooks", "add", "x"], ["webhooks", "set", "x"], ["webhooks", "show"],
    ["webhooks", "remove"], ["webhooks", "list", "x"],
    ["webhooks", "pause"], ["webhooks", "resume", "a", "b"],
    ["events", "list", "--buried", "--waiting"],
    ["events", "list", "--after", "zz"], ["events", "show"],
    ["events", "show", "x"], ["events", "show", "0"],
    ["events", "replay", "x"], ["events", "replay", "x", "y"],
    ["events", "replay", "--all", "x", "1"],
    ["guard", "show", "x"], ["ca", "trust"], ["ca", "issue"],
    ["ca", "issue", "--cn", "x", "--days", "0"],
    ["ca", "revoke"], ["store", "check", "x"]])
def test_usage(site, args):
    r = site.run(*args) if args else run()
    assert r.returncode == USAGE, r
    assert r.stdout == b"" and r.stderr, r
    if len(args) > 1:
        refused(r, USAGE)


def test_operands_behind_two_dashes(site):
    refused(site.run("enrollments", "show", "-x"), USAGE, "-x")
    r = run("enrollments", "show", "--dir", site.directory, "--", "-x")
    refused(r, NOT_FOUND, "-x")


@pytest.mark.parametrize("command", [
    "config check", "enrollments list", "enrollments show x",
    "queue list x", "guard show", "ca list", "ca issue --cn x",
    "store info", "store check", "store compact"])
def test_no_data_directory(tmp_path, command):
    for directory in (tmp_path, tmp_path / "absent"):
        refused(run(*command.split(), "--dir", directory), NOT_FOUND)
    file = tmp_path / "file"
    file.write_bytes(b"")
    r = run(*command.split(), "--dir", file)
    assert r.returncode in (FAILED, CONFLICT), r
    assert list(os.listdir(tmp_path)) == ["file"]


def test_directory_from_the_environment(site):
    r = run("config", "check", MOORING_DIR=site.directory)
    assert r.stdout == site.run("config", "check").stdout
    assert run("--dir", site.directory, "config", "check",
               MOORING_DIR="/absent").stdout == r.stdout


def test_output_that_cannot_be_written(site):
    with open("/dev/full", "wb") as full:
        r = subprocess.run(
            [servers.program("mooringctl"), "config", "check", "--dir",
             site.directory], stdout=full, stderr=subprocess.PIPE,
            env=servers.environment(), timeout=PATIENCE)
    assert r.returncode == FAILED
    assert b"cannot write" in r.stderr


# ---- init ----

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


# ---- settings ----

def test_config_check(new):
    s = new()
    text = s.run("config", "check").stdout.decode()
    assert "url = https://mdm.example.com\n" in text
    assert s.ctl.json("config", "check")["url"] == "https://mdm.example.com"
    with open(s.path("mooring.conf"), "a") as f:
        f.write("nonsense = 1\n")
        line = len(open(s.path("mooring.conf")).readlines()) + 1
    for command in ("config check", "enrollments list", "store compact"):
        refused(s.run(*command.split()), FAILED,
                "mooring.conf:%d: " % line, "nonsense")


# ---- enrollments ----

def test_enrollments(site):
    d = site.enrolled(SerialNumber="C02CLI", DeviceName="Zoë's\x7f Mac")
    user = d.user(short_name="ada")
    user.token_update().accepted()
    shown = site.ctl.enrollment(d.id)
    assert shown["serial_number"] == "C02CLI"
    assert shown["state"] == "enabled"
    assert [u["id"] for u in shown["user_channels"]] == [user.id]
    number = "@%d" % shown["number"]
    assert site.ctl.enrollment(number) == shown
    assert site.ctl.enrollment(user.id)["device"]["id"] == d.id

    text = site.run("enrollments", "list", "--all").stdout.decode()
    assert "\t" not in text and "\x7f" not in text
    [row] = [r for r in text.splitlines() if r.endswith("  " + d.id)]
    assert row.split()[0] == number and "Zoë's? Mac" in row
    assert "C02CLI" in site.run("enrollments", "show", d.id).stdout.decode()


def test_pages_of_enrollments(new):
    s = new()
    ids = [s.enrolled().id for _ in range(5)]
    seen, after = [], 0
    while after is not None:
        page = s.ctl.json("enrollments", "list", "--limit", 2,
                          "--after", after)
        assert len(page["enrollments"]) in (1, 2)
        seen += [e["id"] for e in page["enrollments"]]
        after = page.get("next")
    assert seen == ids
    everything = s.ctl.json("enrollments", "list", "--all")
    assert [e["id"] for e in everything["enrollments"]] == ids
    assert "next" not in everything
    text = s.run("enrollments", "list", "--limit", "2").stdout.decode()
    assert text.splitlines()[-1] == "There are more: --after 2"


def test_pages_of_the_audit_log(new):
    s = new()
    for i in range(5):
        s.run("tokens", "new", "t%d" % i)
    seen, before = [], []
    while before is not None:
        page = s.ctl.json("audit", "--limit", 2, *before)
        assert len(page["audit"]) in (1, 2)
        seen += page["audit"]
        before = ["--before", page["next"]] if "next" in page else None
    assert seen == s.ctl.json("audit", "--all")["audit"]
    assert [r["target"] for r in seen[:5]] == [
        "t%d" % i for i in (4, 3, 2, 1, 0)]
    text = s.run("audit", "--limit", "2").stderr.decode()
    assert text.splitlines()[-1] == \
        "There are more: --before %d" % seen[1]["seq"]


STRANGE = ["a:b/c,d%2F é漢\U0001f600", "line\nfeed", "tab\tquote\"'\\$(x)`",
           "-dash", "@1", "x" * 4096, "..", "<&>"]


@pytest.mark.parametrize("udid", STRANGE, ids=range(len(STRANGE)))
def test_strange_ids(site, udid):
    d = site.enrolled(udid)
    [e] = [e for e in site.ctl.json("enrollments", "list", "--all")
           ["enrollments"] if e["id"] == udid]
    number = "@%d" % e["number"]
    shown = json.loads(run("enrollments", "show", "--json", "--dir",
                           site.directory, "--",
                           number if udid[0] in "-@" else udid).stdout)
    assert shown["id"] == udid
    uuid, body = plists.command()
    site.ctl.enqueue(number, body)
    d.idle().gives(body)
    for args in (["enrollments", "show", number], ["queue", "list", number],
                 ["commands", "show", uuid]):
        text = site.run(*args).stdout.decode()
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)
    # Each on its own line, whatever is in the id.
    text = site.run("enrollments", "list", "--all").stdout.decode()
    assert len(text.splitlines()) == 1 + len(
        site.ctl.json("enrollments", "list", "--all")["enrollments"])


@pytest.mark.parametrize("who", [
    "nobody", "@999999", "@", "@0", "@x", "a:b", "é\n", "y" * 4096,
    "y" * 100000, b"\xff\xfe"], ids=range(10))
@pytest.mark.parametrize("command", [
    "enrollments show", "enrollments block", "enrollments unblock",
    "enrollments unmanage", "queue list", "queue clear"])
def test_unknown_ids(site, command, who):
    who = os.fsdecode(who)
    refused(site.run(*command.split(), who), NOT_FOUND, "no enrollment")


def test_empty_id(site):
    refused(site.run("enrollments", "show", ""), FAILED, "empty")


def test_block_unblock_unmanage(site):
    d = site.enrolled()
    user = d.user()
    user.token_update().accepted()
    for order in ("block", "unblock", "unmanage"):
        line = refused(site.run("enrollments", order, user.id), CONFLICT)
        assert d.id in line
    uuid, body = plists.command()
    site.ctl.enqueue([d.id, user.id], body)

    shown = site.ctl.json("enrollments", "block", d.id)
    assert (shown["was"], shown["state"]) == ("enabled", "blocked")
    refused(site.run("enrollments", "unmanage", d.id), CONFLICT, "unblock")
    refused_command = plists.command()[1]
    r = site.run("enqueue", d.id, "-", input=refused_command)
    assert r.returncode == CONFLICT and b"it is blocked" in r.stderr
    text = site.run("enrollments", "show", d.id).stdout.decode()
    assert "blocked (before: enabled)" in text
    assert site.ctl.json("enrollments", "unblock", d.id)["changed"] is True
    assert site.ctl.json("enrollments", "unblock", d.id)["changed"] is False
    assert site.ctl.queue(d.id) == [uuid]
    d.idle().gives(body)

    shown = site.ctl.json("enrollments", "unmanage", d.id)
    assert (shown["state"], shown["cancelled"]) == ("unmanaged", 2)
    assert site.ctl.state(user.id) == "disabled"
    assert site.ctl.queue(user.id) == []
    assert d.idle().status == 401
    text = site.run("enrollments", "unmanage", d.id).stdout.decode()
    assert "unchanged" in text


def test_allow(site):
    for args in (["--serial", "S1", "--udid", "U é", "--serial", "S2"],
                 ["--serial", "S1"]):
        site.ctl.run("enrollments", "allow", *args)
    listed = site.ctl.json("enrollments", "allow", "--list")["allowed"]
    assert {(a["kind"], a["value"]) for a in listed} == {
        ("serial", "S1"), ("serial", "S2"), ("udid", "U é")}
    refused(site.run("enrollments", "allow", "--serial", "S3", "--udid", ""),
            FAILED, "udid")
    refused(site.run("enrollments", "allow", "--udid", "x" * 4097), FAILED)
    r = site.run("enrollments", "allow", "--remove", "--serial", "S1",
                 "--serial", "S3")
    assert r.stdout == b"serial S1: removed\nserial S3: was not there\n"
    assert b"S2" in site.run("enrollments", "allow", "--list").stdout


def test_allow_too_many(site):
    many = [x for i in range(1001) for x in ("--serial", "N%d" % i)]
    refused(site.run("enrollments", "allow", *many), FAILED, "1000")
    assert b"N1000" not in site.run("enrollments", "allow", "--list").stdout


# ---- commands ----

def test_enqueue_byte_for_byte(site):
    d = site.enrolled()
    uuid, body = plists.command()
    file = site.put("command.plist", body)
    shown = json.loads(site.run("enqueue", d.id, file, "--json").stdout)
    assert shown["command_uuid"] == uuid
    assert shown["request_type"] == "DeviceInformation"
    [t] = shown["targets"]
    assert (t["id"], t["outcome"]) == (d.id, "queued")
    assert site.run("commands", "show", uuid, "--body").stdout == body
    again = site.run("enqueue", d.id, file)
    assert again.returncode == OK and b"known" in again.stdout
    d.idle().gives(body)


def test_enqueue_binary(site):
    d = site.enrolled()
    keys = {"CommandUUID": plists.new_uuid(), "Command": {
        "RequestType": "InstallProfile", "Payload": bytes(range(256)),
        "Nested": {"List": [1, -2, 2.5, True, "é", {"a": b""}]}}}
    site.ctl.enqueue(d.id, plists.dump(keys, binary=True))
    reply = d.idle()
    assert reply.body.startswith(b"<?xml")
    assert reply.plist() == keys


def test_enqueue_without_uuid(site):
    d = site.enrolled()
    shown = json.loads(site.run("enqueue", "--json", d.id, "-", input=plists.dump(
        {"Command": {"RequestType": "ProfileList"}})).stdout)
    given = d.idle().plist()
    assert given["CommandUUID"] == shown["command_uuid"]
    assert re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}",
                        shown["command_uuid"])


def nested(n):
    return (b"<plist><dict><key>Command</key>" + b"<array>" * n +
            b"</array>" * n + b"</dict></plist>")


BAD = {
    "empty": b"", "junk": b"junk", "nul": b"\0" * 1000,
    "cut": plists.command()[1][:-20],
    "cut-binary": plists.dump({"Command": {"RequestType": "x" * 99}},
                              binary=True)[:-20],
    "array": plists.dump([1]), "no-command": plists.dump({"a": 1}),
    "command-string": plists.dump({"Command": "x"}),
    "no-type": plists.dump({"Command": {}}),
    "type-data": plists.dump({"Command": {"RequestType": b"x"}}),
    "type-empty": plists.dump({"Command": {"RequestType": ""}}),
    "uuid-int": plists.dump({"CommandUUID": 1,
                             "Command": {"RequestType": "x"}}),
    "uuid-empty": plists.dump({"CommandUUID": "",
                               "Command": {"RequestType": "x"}}),
    "uuid-long": plists.dump({"CommandUUID": "x" * 257,
                              "Command": {"RequestType": "x"}}),
    "deep": nested(300000), "json": b'{"Command": {"RequestType": "x"}}',
    "trailing": plists.command()[1] + b"trailing",
    "20MB": plists.dump({"Command": {"RequestType": "x",
                                     "Payload": b"x" * 15000000}}),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_commands(site, what):
    d = site.enrolled()
    before = site.ctl.json("store", "info")["commands"]
    for r in (site.run("enqueue", d.id, "-", input=BAD[what]),
              site.run("enqueue", d.id, site.put("bad", BAD[what]))):
        refused(r, FAILED)
    assert site.ctl.queue(d.id) == []
    assert site.ctl.json("store", "info")["commands"] == before


def test_files_that_cannot_be_read(site, tmp_path):
    d = site.enrolled()
    for command in (["enqueue", d.id], ["ca", "trust"], ["ca", "revoke"]):
        refused(site.run(*command, tmp_path / "absent"), NOT_FOUND, "absent")
        assert site.run(*command, tmp_path).returncode == FAILED
        refused(site.run(*command, "/dev/null"), FAILED, "empty")


@pytest.mark.root
def test_root_may_read_what_the_owner_may_not(site, tmp_path):
    d = site.enrolled()
    os.chmod(tmp_path, 0o700)
    uuid, body = plists.command()
    (tmp_path / "command").write_bytes(body)
    site.ctl.run("enqueue", d.id, tmp_path / "command")
    d.idle().gives(body)


@pytest.mark.root
def test_root_is_told_as_whom_it_may_not_write(site, tmp_path):
    os.chmod(tmp_path, 0o700)
    copy = tmp_path / "copy"
    line = refused(site.run("store", "compact", "--to", copy), FAILED,
                   "Permission denied")
    assert "(as %s, to whom the data" % site.user.pw_name in line
    line = refused(site.run("backup", tmp_path / "b"), FAILED)
    assert "/b: Permission denied (as %s, " % site.user.pw_name in line
    line = refused(site.run("ca", "issue", "--cn", "x", "--out",
                            tmp_path / "x"), FAILED)
    assert "/x.key: Permission denied (as" in line


def test_kept_secrets_are_named(site):
    d = site.enrolled()
    d.token_update(UnlockToken=b"unlock").accepted()
    out = site.ctl.run("enrollments", "show", d.id).stdout.decode()
    assert re.search(r"^kept secrets +push token, unlock token$", out, re.M)
    assert not re.search(r" $", out, re.M)


def test_some_targets_fail(site):
    d = site.enrolled()
    gone = site.enrolled()
    gone.check_out().accepted()
    uuid, body = plists.command()
    r = site.run("enqueue", d.id, "nobody", gone.id, "@999999", "-",
                 "--json", input=body)
    assert r.returncode == FAILED
    assert b"3 of 4 targets failed" in r.stderr and uuid.encode() in r.stderr
    targets = json.loads(r.stdout)["targets"]
    assert [t["outcome"] for t in targets] == [
        "queued", "error", "error", "error"]
    assert [t.get("error_kind") for t in targets] == [
        None, "not_found", "conflict", "not_found"]
    d.idle().gives(body)
    # All for one reason: its status.
    r = site.run("enqueue", "nobody", "-", input=body)
    assert r.returncode == NOT_FOUND, r
    other = body.replace(b"DeviceInformation", b"ProfileList")
    r = site.run("enqueue", d.id, "-", input=other)
    assert r.returncode == CONFLICT and uuid.encode() in r.stderr


def test_one_command_for_many(site):
    devices = [site.enrolled() for _ in range(6)]
    ids = [d.id for d in devices]
    uuid, body = plists.command()
    site.ctl.enqueue(ids + ["@%d" % site.ctl.enrollment(ids[0])["number"]],
                     body)
    pages, after = [], 0
    while after is not None:
        page = site.ctl.json("commands", "show", uuid, "--limit", 4,
                             "--after", after)
        pages.append([t["id"] for t in page["targets"]])
        after = page.get("next")
    assert [len(p) for p in pages] == [4, 2]
    assert sum(pages, []) == ids
    text = site.run("commands", "show", uuid).stdout.decode()
    assert len(text.splitlines()) == 2 + 6 and "\t" not in text


@pytest.mark.parametrize("args", [
    ["--priority", "256"], ["--priority", "-1"], ["--priority", ""],
    ["--not-before", "now"], ["--not-before", "2026-02-30T00:00:00Z"],
    ["--not-after", "1h"]])
def test_bad_options_of_enqueue(site, args):
    refused(site.run("enqueue", *args, "x", "-", input=b""), USAGE, args[0])


@pytest.mark.parametrize("args", [
    ["--not-after", "2020-01-01T00:00:00Z"],
    ["--not-before", "+2h", "--not-after", "+1h"],
    ["--dedupe", ""], ["--dedupe", "k" * 257]])
def test_options_that_make_no_sense(site, args):
    d = site.enrolled()
    refused(site.run("enqueue", *args, d.id, "-", input=plists.command()[1]),
            FAILED, args[-2].lstrip("-"))
    assert site.ctl.queue(d.id) == []


def test_queue(site):
    d = site.enrolled()
    uuids = []
    for options in (["--priority", 1], [], ["--priority", 255],
                    ["--not-before", "+1h"], ["--dedupe", "k"]):
        uuid, body = plists.command("ProfileList")
        site.ctl.enqueue(d.id, body, *options)
        uuids.append(uuid)
    low, plain, high, later, keyed = uuids
    r = site.run("enqueue", "--dedupe", "k", d.id, "-",
                 input=plists.command()[1])
    assert r.returncode == OK and b"duplicate" in r.stdout
    assert site.ctl.queue(d.id) == [high, plain, keyed, low, later]
    listed = {c["command_uuid"]: c for c in site.ctl.queued(d.id)}
    assert listed[later]["state"] == "waiting"
    assert listed[low]["priority"] == 1
    assert listed[keyed]["dedupe"] == "k"

    seen, cursor = [], []
    while True:
        page = site.ctl.json("queue", "list", d.id, "--limit", 2, *cursor)
        seen += [c["command_uuid"] for c in page["commands"]]
        if "next" not in page:
            break
        cursor = ["--after", page["next"]]
    assert seen == [high, plain, keyed, low, later]
    assert b"There are more" in site.run("queue", "list", d.id, "--limit",
                                         "1").stdout

    assert site.ctl.json("queue", "clear", d.id)["cancelled"] == 5
    assert site.ctl.json("queue", "clear", d.id)["cancelled"] == 0
    assert site.ctl.target_state(low, d.id) == "cancelled"
    site.ctl.run("queue", "requeue", d.id, low)
    assert site.ctl.queue(d.id) == [low]
    refused(site.run("queue", "requeue", d.id, low), CONFLICT, low)
    refused(site.run("queue", "requeue", d.id, "nothing"), NOT_FOUND)
    refused(site.run("queue", "requeue", "nobody", low), NOT_FOUND)


def test_what_became_of_a_command(site):
    d, refuses = site.enrolled(), site.enrolled()
    uuid, body = plists.command()
    site.ctl.enqueue([d.id, refuses.id], body)
    d.idle().gives(body)
    d.answer(uuid, QueryResponses={"DeviceName": "é"}).accepted()
    refuses.idle().gives(body)
    refuses.answer(uuid, "Error", ErrorChain=[{
        "ErrorCode": 12021, "ErrorDomain": "MCMDMErrorDomain",
        "LocalizedDescription": "local", "USEnglishDescription":
        "“Thing” is not\na valid request."}]).accepted()

    shown = site.ctl.command(uuid)
    assert shown["request_type"] == "DeviceInformation"
    one, two = shown["targets"]
    assert (one["state"], one["deliveries"]) == ("acknowledged", 1)
    assert one["queued"] <= one["finished"]
    assert two["state"] == "error"
    assert two["error"] == ("MCMDMErrorDomain 12021: “Thing” is not\n"
                            "a valid request.")
    raw = site.run("commands", "show", uuid, "--result", d.id).stdout
    assert plistlib.loads(raw)["QueryResponses"] == {"DeviceName": "é"}
    assert one["result_size"] == len(raw)
    coded = site.ctl.json("commands", "show", uuid, "--result", d.id)
    assert base64.b64decode(coded["base64"]) == raw
    text = site.run("commands", "show", uuid).stdout.decode()
    assert "“Thing” is not?a valid request." in text
    refused(site.run("commands", "show", "nothing"), NOT_FOUND, "nothing")
    refused(site.run("commands", "show", uuid, "--result", "nobody"),
            NOT_FOUND)


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


# ---- the audit line, and what is never said ----

def test_changes_are_logged_when_asked(site):
    d = site.enrolled()
    uuid, body = plists.command()
    me = "who=cli:" + pwd.getpwuid(os.getuid()).pw_name
    for args, what in (
            (["enqueue", d.id, "-"], "op=enqueue target=%s" % uuid),
            (["queue", "clear", d.id], "op=queue.clear target=\"%s" % d.id),
            (["enrollments", "block", d.id], "op=enrollments.block"),
            (["enrollments", "unblock", d.id], "op=enrollments.unblock"),
            (["enrollments", "unmanage", d.id], "op=enrollments.unmanage"),
            (["guard", "release"], "op=guard.release")):
        r = site.run(*args, "-v", input=body)
        assert r.returncode == OK, r
        [line] = [line for line in r.stderr.decode().splitlines()
                  if "event=admin" in line]
        assert what in line and me in line, line
        assert len(r.stderr.splitlines()) == 1
    assert site.run("guard", "release").stderr == b""


def test_no_secret_is_printed(new):
    s = new(init=False)
    out = s.init("--url", "https://x", "-v").stdout
    s.ca = pki.CA.load(s.path("pki", "device-ca.pem"),
                       s.path("pki", "device-ca.key"), s.folder)
    d = s.device("secretive")
    d.authenticate().accepted()
    d.token_update(Token=b"TOKENTOKEN", PushMagic="MAGICMAGIC",
                   UnlockToken=b"UNLOCKUNLOCK").accepted()
    for args in (["enrollments", "show", d.id], ["enrollments", "list"],
                 ["config", "check"], ["store", "check"], ["store", "info"],
                 ["ca", "list"], ["init"],
                 ["ca", "issue", "--cn", "x", "--out", s.path("run", "x")]):
        for more in ([], ["--json", "-v"]):
            r = s.run(*args, *more)
            out += r.stdout + r.stderr
    secrets = [open(s.path("secrets", "admin.token"), "rb").read().strip(),
               open(s.path("secrets", "seal.key"), "rb").read().split()[1],
               b"MAGICMAGIC", b"PRIVATE KEY"]
    for raw in (b"TOKENTOKEN", b"UNLOCKUNLOCK"):
        secrets += [raw, base64.b64encode(raw), raw.hex().encode()]
    for secret in secrets:
        assert secret not in out


def test_manual_pages_are_clean():
    if shutil.which("mandoc") is None:
        pytest.fail("mandoc is not installed")
    for page in ("mooringctl.8", "mooring.7"):
        r = subprocess.run(["mandoc", "-Tlint", "-W", "warning",
                            os.path.join(SOURCE, "man", page)],
                           capture_output=True)
        assert (r.returncode, r.stdout) == (0, b""), r
