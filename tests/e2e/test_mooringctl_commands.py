"""mooringctl enqueue, queue, commands."""

import base64
import json
import os
import plistlib
import re

import pytest

import plists
from sites import CONFLICT, FAILED, NOT_FOUND, OK, USAGE, refused


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
