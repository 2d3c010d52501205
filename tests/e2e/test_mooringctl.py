"""mooringctl on a data directory without a web server: what it prints, and its
exit statuses."""

import base64
import os
import pwd
import re
import shutil
import subprocess

import pytest

import pki
import plists
import server as servers
from sites import (CONFLICT, FAILED, NOT_FOUND, OK, PATIENCE, USAGE, refused,
                   run)

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

COMMANDS = [
    "init", "serve", "config check", "enrollments list", "enrollments show",
    "enrollments block", "enrollments unblock", "enrollments unmanage",
    "enrollments remove", "enrollments profile", "enrollments forget",
    "enrollments allow", "enqueue", "queue list", "queue clear",
    "queue remove", "queue requeue", "commands show", "webhooks list",
    "webhooks show", "webhooks add", "webhooks set", "webhooks pause",
    "webhooks resume", "webhooks remove", "events list", "events show",
    "events replay", "inventory", "push", "push-cert put", "push-cert list",
    "push-cert resume", "push-cert remove", "guard show", "guard release",
    "health", "ca list", "ca trust", "ca issue", "ca revoke",
    "ca revoke-serial", "ca issued", "ca expiring", "ca crl", "ca renew",
    "challenge new", "challenge list", "challenge revoke", "invite new",
    "invite list", "invite revoke", "profile show", "store info",
    "store check", "store compact", "store migrate", "backup", "restore",
    "export", "import", "renew", "tokens new", "tokens list", "tokens revoke",
    "users add", "users password", "users account", "users disable",
    "users enable", "users list", "users remove", "audit",
]


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
    found = re.findall(r"^  ([a-z][a-z-]*(?: [a-z-]+)?)(?=  | [A-Z[])", text,
                       re.M)
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
