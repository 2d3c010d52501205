"""mooring.conf while the server runs, and what init makes."""

import json
import os
import re
import stat

import pytest

import processes
import server as servers


def test_settings_are_taken_up_while_running(fresh):
    server = fresh()
    d = server.enrolled()
    server.ctl.run("enrollments", "unmanage", d.id)
    assert d.idle().status == 401
    server.set(unmanaged_response="403")
    for _ in processes.deadline(10, "the new setting"):
        if d.idle().status == 403:
            break
    assert len(server.workers()) == 1


def test_bad_settings_keep_the_old_ones(fresh):
    """A bad new file is an alert, and no outage."""
    server = fresh(unmanaged_response="403")
    d = server.enrolled()
    workers = server.workers()
    server.set(unmanaged_response="402", nonsense="1")
    r = server.ctl.run("config", "check", check=False)
    assert r.returncode == 1
    assert re.search(rb"mooring\.conf:\d+: ", r.stderr), r.stderr
    for _ in processes.deadline(10, "the alert"):
        d.idle().accepted()     # workers look when a request comes
        if server.find_log("mooring.conf:"):
            break
    assert server.workers() == workers
    server.ctl.run("enrollments", "list", check=False)


def test_serve_refuses_bad_settings(fresh):
    server = fresh(start=False)
    server.set(threads="a few")
    with pytest.raises(AssertionError) as failed:
        server.start()
    assert re.search(r"mooring\.conf:\d+: ", str(failed.value))


def test_config_check(lighttpd):
    shown = lighttpd.ctl.json("config", "check")
    assert shown["listen"] == "127.0.0.1:%d" % lighttpd.port
    assert shown["on_restore"] == "accept"


def test_settings_that_do_not_go_together(fresh):
    """The file is used, and config check and health say what is odd."""
    server = fresh(start=False)
    server.set(renew_days="400")
    r = server.ctl.run("config", "check", "--json")
    assert json.loads(r.stdout)["renew_days"] == "400"
    assert r.stderr.decode().count("\n") == 1
    assert b"warning: renew_days is not less than identity_days" in r.stderr
    said = [c for c in server.ctl.json("health", check=False)["checks"]
            if c["name"] == "settings"][0]
    assert said["status"] == "warn" and "renew_days" in said["text"]
    server.set(renew_days="30")
    assert server.ctl.run("config", "check").stderr == b""


def test_init_twice_changes_nothing(fresh):
    server = fresh(start=False)

    def content():
        found = {}
        for base, _, names in os.walk(server.directory):
            for name in names:
                with open(os.path.join(base, name), "rb") as f:
                    found[os.path.join(base, name)] = f.read()
        return found
    before = content()
    server.ctl.run("init", "--url", "https://localhost:1")
    after = content()
    assert after.keys() == before.keys()
    for path in before:
        if "lock" not in path:
            assert after[path] == before[path], path


def test_what_init_makes(fresh):
    server = fresh(start=False)
    for path in ("mooring.conf", "store", "pki/device-ca.pem",
                 "pki/device-ca.key", "pki/device-ca.bundle.pem",
                 "pki/server.pem", "pki/server.key", "pki/server-root.pem",
                 "secrets/seal.key", "secrets/admin.token", "public", "run"):
        assert os.path.exists(server.path(path)), path
    assert stat.S_IMODE(os.stat(server.path("public")).st_mode) == 0o755
    usage = server.ca.cert.extensions.get_extension_for_class(
        servers.pki.x509.KeyUsage).value
    assert (usage.digital_signature and usage.key_encipherment
            and usage.key_cert_sign and usage.crl_sign)
    assert isinstance(server.ca.key, servers.pki.rsa.RSAPrivateKey)


@pytest.mark.parametrize("args", [
    ("nonsense",), ("enrollments",), ("enrollments", "nonsense"),
    ("enqueue",), ("queue", "list"), ("commands", "show"), ("ca", "trust"),
    ("guard", "open"), ("enrollments", "list", "--nonsense"), ()], ids=str)
def test_usage_errors(lighttpd, args):
    r = lighttpd.ctl.run(*args, check=False)
    assert r.returncode == 2, r
    assert r.stderr and not r.stdout


def test_unknown_things_are_not_found(lighttpd):
    for args in (("enrollments", "show", "nobody"),
                 ("enrollments", "block", "nobody"),
                 ("queue", "list", "nobody"), ("commands", "show", "none"),
                 ("enrollments", "show", "@999999999")):
        r = lighttpd.ctl.run(*args, check=False)
        assert r.returncode == 3, (args, r)
        assert len(r.stderr.splitlines()) == 1


@pytest.mark.parametrize("args", [
    (), ("enrollments",), ("enrollments", "list"), ("enrollments", "show"),
    ("enrollments", "block"), ("enrollments", "unblock"),
    ("enrollments", "unmanage"), ("enrollments", "allow"), ("enqueue",),
    ("queue",), ("queue", "list"), ("queue", "clear"), ("queue", "requeue"),
    ("commands", "show"), ("guard", "show"), ("guard", "release"),
    ("ca", "trust"), ("ca", "list"), ("store", "check"),
    ("tokens",), ("tokens", "new"), ("tokens", "list"), ("tokens", "revoke"),
    ("audit",),
    ("store", "compact"), ("config", "check"), ("init",), ("serve",)],
    ids=" ".join)
def test_help_everywhere(lighttpd, args):
    r = lighttpd.ctl.run(*args, "--help")
    assert b"usage" in r.stdout and not r.stderr


def test_tables_and_lists(fresh):
    """Human tables by default; --json pages to the end."""
    server = fresh()
    devices = [server.enrolled() for _ in range(7)]
    table = server.ctl.run("enrollments", "list").stdout.decode()
    listed = server.ctl.json("enrollments", "list")["enrollments"]
    assert {e["id"] for e in listed} == {d.id for d in devices}
    for d in devices:
        assert d.id in table
    page = server.ctl.json("enrollments", "list", "--limit", 3)
    assert len(page["enrollments"]) == 3


def test_compact_needs_the_store_alone(fresh):
    server = fresh()
    d = server.enrolled()
    r = server.ctl.run("store", "compact", check=False)
    assert r.returncode == 4
    server.stop()
    server.ctl.run("store", "compact")
    server.ctl.run("store", "check")
    server.start()
    d.again().idle().accepted()
