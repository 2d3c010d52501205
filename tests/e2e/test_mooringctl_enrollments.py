"""mooringctl enrollments, audit: lists, and what is done to an enrollment."""

import json
import os
import re

import pytest

import plists
from sites import CONFLICT, FAILED, NOT_FOUND, refused, run


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


def test_enrollments_by_what_they_are(new):
    s = new()
    d, other = s.enrolled(SerialNumber="C02ONE"), s.enrolled(
        SerialNumber="C02TWO")
    user = d.user()
    user.token_update().accepted()
    s.run("enrollments", "block", other.id)

    def found(*args):
        return [e["id"] for e in s.ctl.json("enrollments", "list", *args)
                ["enrollments"]]

    assert found() == [d.id, other.id, user.id]
    assert found("--serial", "C02ONE") == [d.id]
    assert found("--serial", "C02NONE") == []
    assert found("--state", "blocked") == [other.id]
    assert found("--state", "enabled", "--limit", 1) == [d.id]
    assert found("--state", "enabled", "--after", 1) == [user.id]
    assert found("--type", "User") == [user.id]
    assert found("--type", "Device", "--state", "enabled") == [d.id]
    for bad in (["--state", "well"], ["--type", "device"]):
        refused(s.run("enrollments", "list", *bad), FAILED,
                bad[0][2:], "none of that name")


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
