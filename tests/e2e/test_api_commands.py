"""Commands as JSON, what became of them, what devices answered, and what is
known of a device out of that; the device is mooring-device, or a scripted
one where it must say what no healthy device does."""

import base64
import datetime
import json
import plistlib
import re

import pytest

import openapi
import plists
from api import Api, new_token, quote
from test_device import real

pytestmark = pytest.mark.flavours(
    "lighttpd", "lighttpd-socket", "lighttpd-cgi", "apache", "apache-fcgid")

KINDS = {
    "device_information": "DeviceInformation",
    "security_info": "SecurityInfo",
    "installed_application_list": "InstalledApplicationList",
    "profile_list": "ProfileList",
    "certificate_list": "CertificateList",
}


@pytest.fixture
def api(server):
    return Api(server)


def of(who, verb=""):
    return "/v1/enrollments/" + quote(
        who if isinstance(who, str) else who.id) + verb


def ids_of(*devices):
    return [d if isinstance(d, str) else d.id for d in devices]


def new(api, devices, request_type="ProfileList", status=200, query="",
        options=None, **keys):
    """POST /v1/commands."""
    return api.post("/v1/commands" + query, {
        "ids": ids_of(*devices), "no_push": True,
        "command": {"RequestType": request_type, **keys},
        **(options or {})}).ok(status).json


def as_json(value):
    """What the API makes of a property list."""
    if isinstance(value, dict):
        return {k: as_json(v) for k, v in value.items()}
    if isinstance(value, list):
        return [as_json(v) for v in value]
    if isinstance(value, bytes):
        return {"$data": base64.b64encode(value).decode()}
    if isinstance(value, datetime.datetime):
        return {"$date": value.strftime("%Y-%m-%dT%H:%M:%SZ")}
    return value


# ---- queueing ----

def test_json_becomes_a_plist(server, api):
    device = server.enrolled()
    payload = bytes(range(256))
    made = new(api, [device], "InstallProfile",
               Payload={"$data": base64.b64encode(payload).decode()})
    assert made["request_type"] == "InstallProfile"
    assert "warning" not in made
    [target] = made["targets"]
    assert (target["asked"], target["id"], target["outcome"]) == (
        device.id, device.id, "queued")
    sent = device.idle()
    assert sent.content_type == plists.COMMAND_TYPE
    assert sent.plist() == {
        "CommandUUID": made["command_uuid"],
        "Command": {"RequestType": "InstallProfile", "Payload": payload}}


def test_every_type_arrives(server, api):
    device = server.enrolled()
    keys = {"Text": "caf\u00e9 <&>", "Yes": True, "No": False, "Int": -5,
            "Big": 2**63 - 1, "Real": 1.5, "Whole": 2.0, "List": [1, ["x"], {}],
            "Data": b"\0\xff", "Date": datetime.datetime(2026, 11, 22, 13, 52),
            "Dict": {"In": {"Side": "x"}}}
    made = new(api, [device], "OfTomorrow", **as_json(keys))
    assert "OfTomorrow" in made["warning"]
    got = device.idle().plist()["Command"]
    assert got == {"RequestType": "OfTomorrow", **keys}
    assert type(got["Whole"]) is float and type(got["Int"]) is int


def test_targets_and_status(server, api):
    one, two = server.enrolled(), server.enrolled()
    gone = server.enrolled()
    gone.check_out().accepted()
    made = new(api, [one, "nobody", gone, two, one], status=207)
    assert [(t["outcome"], t.get("error_kind")) for t in made["targets"]] == [
        ("queued", None), ("error", "not_found"), ("error", "conflict"),
        ("queued", None), ("known", None)]
    assert "error" not in made
    # The same again, for more: as NanoMDM's clients do after a timeout.
    options = {"command_uuid": made["command_uuid"]}
    again = new(api, [one, two], options=options)
    assert [t["outcome"] for t in again["targets"]] == ["known", "known"]
    # The same UUID for something else.
    other = new(api, [one], "SecurityInfo", status=409, options=options)
    assert other["error"] == other["targets"][0]["error"]
    assert other["targets"][0]["error_kind"] == "conflict"
    none = new(api, ["nobody", "noone"], status=404)
    assert "no enrollment nobody" in none["error"]
    assert len(none["targets"]) == 2


def test_when_and_in_what_order(server, api):
    device = server.enrolled()
    later = new(api, [device], options={"not_before": "+1h"})
    low = new(api, [device], options={"priority": 5, "dedupe_key": "k"})
    high = new(api, [device], options={"priority": 200, "not_after": "+1d"})
    same = new(api, [device], options={"dedupe_key": "k"})
    assert same["targets"][0]["outcome"] == "duplicate"
    listed = api.get(of(device, "/commands?state=queued")).ok().json
    assert [c["command_uuid"] for c in listed["commands"]] == [
        high["command_uuid"], low["command_uuid"], later["command_uuid"]]
    assert listed["commands"][2]["state"] == "waiting"
    assert "not_before" in listed["commands"][2]
    assert (listed["id"], "next_cursor" in listed) == (device.id, False)


@pytest.mark.parametrize("body, words", [
    (b"", ["JSON object"]),
    (b"[]", ["JSON object"]),
    (b"{", ["JSON"]),
    ({}, ["ids"]),
    ({"ids": []}, ["ids"]),
    ({"ids": "x"}, ["ids"]),
    ({"ids": ["x", 1]}, ["ids[1]"]),
    ({"ids": ["x", ""]}, ["ids[1]"]),
    ({"ids": ["x"] * 10001}, ["ids"]),
    ({"ids": ["x"], "comand": {}}, ["comand"]),
    ({"ids": ["x"]}, ["command"]),
    ({"ids": ["x"], "command": []}, ["command"]),
    ({"ids": ["x"], "command": {}}, ["RequestType"]),
    ({"ids": ["x"], "command": {"RequestType": None}}, ["RequestType", "null"]),
    ({"ids": ["x"], "command": {"RequestType": "InstallProfile"}},
     ["Payload: missing"]),
    ({"ids": ["x"], "command": {"RequestType": "Settings", "Settings": [
        {"Item": "DeviceName", "DeviceName": 5}]}},
     ["Settings[0].DeviceName: expected string, got integer"]),
    ({"ids": ["x"], "command": {"RequestType": "InstallProfile",
                                "Payload": {"$data": "*"}}},
     ["Payload.$data: not base64"]),
    ({"ids": ["x"], "command": {"RequestType": "X",
                                "D": {"$date": "today"}}}, ["D.$date"]),
    ({"ids": ["x"], "command": {"RequestType": "X", "a": "\x01"}}, ["a: "]),
    ({"ids": ["x"], "command": {"RequestType": "X"}, "command_uuid": 5},
     ["command_uuid"]),
    ({"ids": ["x"], "command": {"RequestType": "X"},
      "command_uuid": "u" * 300}, ["CommandUUID"]),
    ({"ids": ["x"], "command": {"RequestType": "X" * 257}},
     ["Command: RequestType: longer than 256 bytes"]),
    ({"ids": ["x"], "command": {"RequestType": "X"}, "priority": 256},
     ["priority"]),
    ({"ids": ["x"], "command": {"RequestType": "X"}, "priority": 1.5},
     ["priority"]),
    ({"ids": ["x"], "command": {"RequestType": "X"}, "no_push": 1},
     ["no_push"]),
    ({"ids": ["x"], "command": {"RequestType": "X"}, "not_after": "soon"},
     ["not_after"]),
    ({"ids": ["x"], "command": {"RequestType": "X"}, "not_after": 5},
     ["not-after"]),
    # The year 10000, and far beyond what can be written as a time.
    ({"ids": ["x"], "command": {"RequestType": "X"},
      "not_after": 253402300800}, ["not_after"]),
    ({"ids": ["x"], "command": {"RequestType": "X"}, "not_before": 2 ** 62},
     ["not_before"]),
    ({"ids": ["x"], "command": {"RequestType": "X", "D": {
        "$date": "2026-02-29T00:00:00Z"}}}, ["D.$date"]),
    ({"ids": ["x"], "command": {"RequestType": "X"}, "dedupe_key": ""},
     ["dedupe_key"]),
    (b'{"ids":["x"],"ids":["y"]}', ["duplicate"]),
    (b'{"ids":["x"],"command":' + b'{"a":' * 600 + b"1" + b"}" * 601,
     ["nested"]),
])
def test_bad_bodies(server, api, body, words):
    api.post("/v1/commands", body).refused(400, *words)


def test_unchecked(server, api):
    device = server.enrolled()
    new(api, [device], "InstallProfile", query="?unchecked=1")
    assert device.idle().plist()["Command"] == {"RequestType": "InstallProfile"}


def test_one_lock_at_a_time(server, api):
    device = server.enrolled()
    first = new(api, [device], "DeviceLock", PIN="111111")
    refused = new(api, [device], "DeviceLock", status=409, PIN="222222")
    assert first["command_uuid"] in refused["error"]
    assert "222222" not in json.dumps(refused)
    # NanoMDM's call too: 500 when it fails for all.
    uuid, body = plists.command("DeviceLock", PIN="333333")
    reply = api.put("/v1/enqueue/%s?nopush=1" % quote(device.id), body)
    assert reply.status == 500, reply
    assert first["command_uuid"] in reply.json["status"][device.id][
        "command_error"]
    # And the tool.
    r = server.ctl.run("enqueue", device.id, "-", input=body, check=False)
    assert r.returncode == 4
    forced = new(api, [device], "DeviceLock", query="?force=1", PIN="222222")
    api.delete(of(device, "/commands/" + first["command_uuid"])).ok(204)
    assert device.idle().plist()["CommandUUID"] == forced["command_uuid"]
    device.answer(forced["command_uuid"]).accepted()
    server.ctl.run("enqueue", device.id, "-", input=body)
    assert device.idle().plist()["CommandUUID"] == uuid


# ---- what became of it ----

def test_command_and_its_targets(server, api):
    devices = [server.enrolled() for _ in range(5)]
    made = new(api, devices, "SecurityInfo")
    uuid = made["command_uuid"]
    devices[0].answer(uuid, SecurityInfo={"PasscodePresent": True}).accepted()
    devices[1].answer(uuid, "Error", ErrorChain=[{
        "ErrorCode": 5, "ErrorDomain": "Dom", "LocalizedDescription": "No",
        "USEnglishDescription": "No"}]).accepted()
    devices[2].idle()
    devices[2].answer(uuid, "NotNow").accepted()
    whole = api.get("/v1/commands/" + uuid).ok()
    by_id = {t["id"]: t for t in whole.json["targets"]}
    assert [by_id[d.id]["state"] for d in devices] == [
        "acknowledged", "error", "parked", "ready", "ready"]
    assert by_id[devices[1].id]["error"] == "Dom 5: No"
    assert by_id[devices[0].id]["result_size"] > 0
    assert "body" not in whole.json
    paged = api.pages("/v1/commands/" + uuid, "targets", 2)
    assert paged == whole.json["targets"]
    same = api.get("/v1/commands/" + uuid, headers={
        "If-None-Match": whole.headers["ETag"]})
    assert (same.status, same.body) == (304, b"")
    devices[3].answer(uuid).accepted()
    api.get("/v1/commands/" + uuid, headers={
        "If-None-Match": whole.headers["ETag"]}).ok()
    api.get("/v1/commands/nothing").refused(404, "nothing")


def test_long_errors_are_cut(server, api):
    """A page has a thousand of them, and each device chooses its own."""
    device = server.enrolled()
    uuid = new(api, [device], "SecurityInfo")["command_uuid"]
    device.answer(uuid, "Error", ErrorChain=[{
        "ErrorCode": 5, "ErrorDomain": "D" * 900,
        "LocalizedDescription": "\u00e9\n" * 100000}]).accepted()
    shown, = api.get("/v1/commands/" + uuid).ok().json["targets"]
    assert re.fullmatch("D{900} 5: (\u00e9\n)+\u00e9?\u2026", shown["error"])
    assert 990 < len(shown["error"].encode()) < 1010
    assert shown["result_size"] > 300000


def test_strange_uuids(server, api):
    device = server.enrolled()
    for uuid in ("a/b", "50%", "?x=1&y#z", "\u00e9", "..", "x" * 256):
        new(api, [device], options={"command_uuid": uuid})
        shown = api.get("/v1/commands/" + quote(uuid)).ok().json
        assert shown["command_uuid"] == uuid
        device.answer(uuid, ProfileList=[]).accepted()
        r = api.get("/v1/commands/%s/results/%s" % (
            quote(uuid), quote(device.id))).ok().json
        assert r["result"]["ProfileList"] == []


def test_result(server, api):
    device = server.enrolled()
    uuid = new(api, [device], "CertificateList")["command_uuid"]
    target = "/v1/commands/%s/results/%s" % (uuid, quote(device.id))
    api.get(target).refused(404, "has not answered")
    answers = {"CertificateList": [
        {"CommonName": "x", "IsIdentity": True, "Data": b"\x30\x00"}],
        "When": datetime.datetime(2026, 1, 2, 3, 4, 5)}
    device.answer(uuid, **answers).accepted()
    shown = api.get(target).ok().json
    assert (shown["id"], shown["state"]) == (device.id, "acknowledged")
    assert shown["result"] == {
        "Status": "Acknowledged", "CommandUUID": uuid, "UDID": device.id,
        **as_json(answers)}
    by_number = "/v1/commands/%s/results/%s" % (uuid, quote(
        "@%d" % shown["number"]))
    assert api.get(by_number).ok().json == shown
    for raw in (api.get(target + "?raw=1"), api.get(target, headers={
            "Accept": "application/xml"})):
        assert raw.ok().headers["Content-Type"] == "application/xml"
        assert raw.body == server.ctl.result(uuid, device.id)
        assert plistlib.loads(raw.body)["CertificateList"] == \
            answers["CertificateList"]
    api.get("/v1/commands/%s/results/nobody" % uuid).refused(404, "nobody")
    # Binary, as the device sent it.
    uuid = new(api, [device])["command_uuid"]
    device.say(plists.result(device.ids, uuid, ProfileList=[]),
               binary=True).accepted()
    raw = api.get("/v1/commands/%s/results/%s?raw=1" % (
        uuid, quote(device.id))).ok()
    assert raw.headers["Content-Type"] == "application/octet-stream"
    assert raw.body.startswith(b"bplist")


def test_scopes(server, api):
    device = server.enrolled()
    uuid = new(api, [device], "SecurityInfo")["command_uuid"]
    device.answer(uuid, SecurityInfo={
        "FDE_Enabled": True, "FDE_PersonalRecoveryKeyCMS": b"recovery",
        "FDE_PersonalRecoveryKeyDeviceKey": "dk"}).accepted()
    reader = Api(server, new_token(server, "read")[1])
    sender = Api(server, new_token(server, "command")[1])
    result = "/v1/commands/%s/results/%s" % (uuid, quote(device.id))
    reader.get("/v1/commands/" + uuid).ok()
    reader.get(of(device, "/commands")).ok()
    reader.get(result).refused(403, "command")
    sender.get(result).ok()
    for request in (
            lambda a: a.post("/v1/commands", {}),
            lambda a: a.delete(of(device, "/commands/" + uuid)),
            lambda a: a.post(of(device, "/commands/%s/requeue" % uuid))):
        request(reader).refused(403, "command")
        assert request(sender).status != 403
    kind = of(device, "/inventory/security_info")
    assert reader.get(kind).ok().json["value"] == {"FDE_Enabled": True}
    assert sender.get(kind).ok().json["value"][
        "FDE_PersonalRecoveryKeyCMS"] == as_json(b"recovery")


# ---- of one enrollment ----

def test_commands_of_an_enrollment(server, api):
    device = server.enrolled()
    uuids = [new(api, [device])["command_uuid"] for _ in range(7)]
    for uuid in uuids[:3]:
        device.answer(uuid, ProfileList=[])
    whole = api.get(of(device, "/commands")).ok().json["commands"]
    assert [c["command_uuid"] for c in whole] == uuids[3:] + uuids[2::-1]
    assert [c["has_result"] for c in whole] == [False] * 4 + [True] * 3
    for limit in (1, 2, 3, 4, 5, 7):
        paged = api.pages(of(device, "/commands"), "commands", limit)
        assert paged == whole, limit
    finished = api.pages(of(device, "/commands?state=finished"), "commands", 2)
    assert finished == whole[4:]
    queued = api.pages(of(device, "/commands?state=queued"), "commands", 2)
    assert queued == whole[:4]
    first = api.get(of(device, "/commands?limit=1")).ok().json["next_cursor"]
    api.get(of(device, "/commands?state=finished&cursor=" + first)).refused(
        400, "cursor")
    api.get(of(device, "/commands?cursor=00")).refused(400, "cursor")
    api.get(of(device, "/commands?cursor=zz")).refused(400, "cursor")
    api.get(of(device, "/commands?state=other")).refused(400, "state")
    api.get(of("nobody", "/commands")).refused(404, "nobody")


def test_cancel_and_requeue(server, api):
    device = server.enrolled()
    uuid = new(api, [device])["command_uuid"]
    one = of(device, "/commands/" + uuid)
    api.post(one + "/requeue").refused(409, "is queued")
    api.delete(one).ok(204)
    device.idle().accepted()
    api.delete(one).refused(409, "cancelled")
    again = api.post(one + "/requeue").ok().json
    assert (again["id"], again["command_uuid"]) == (device.id, uuid)
    assert device.idle().plist()["CommandUUID"] == uuid
    device.answer(uuid, ProfileList=[]).accepted()
    api.delete(one).refused(409, "acknowledged")
    api.post(one + "/requeue").ok()
    for who, what in ((device.id, "none"), ("nobody", uuid)):
        target = of(who, "/commands/" + what)
        api.delete(target).refused(404)
        api.post(target + "/requeue").refused(404)
    # A once-only command that was sent.
    erase = new(api, [device], "EraseDevice")["command_uuid"]
    device.answer(uuid, ProfileList=[])
    new(api, [device], "EraseDevice", status=409)
    api.post(of(device, "/commands/%s/requeue" % erase)).ok()
    assert device.idle().plist()["CommandUUID"] == erase
    device.answer(erase).accepted()
    new(api, [device], "EraseDevice")


def test_audit(server, api):
    device = server.enrolled()
    uuid = new(api, [device], "DeviceLock", PIN="987654")["command_uuid"]
    api.delete(of(device, "/commands/" + uuid)).ok(204)
    api.post(of(device, "/commands/%s/requeue" % uuid)).ok()
    log = api.get("/v1/audit?enrollment=" + quote(device.id)).ok()
    assert [r["op"] for r in log.json["audit"]][:3] == [
        "queue.requeue", "queue.remove", "enqueue"]
    assert b"987654" not in log.body


# ---- inventory ----

def test_inventory_of_a_device(server, api, tmp_path):
    """What mooring-device says when it is asked, and said again by the API
    as its own answers have it."""
    device = real(server, tmp_path)
    who = device.run("enroll")["device"]["id"]
    assert set(api.get(of(who, "/inventory")).ok().json) == {"id", "number"}
    api.get(of(who, "/inventory/profile_list")).refused(404, "ProfileList")
    uuids = {}
    for name, request_type in KINDS.items():
        keys = {"Queries": ["UDID", "OSVersion", "BatteryLevel"]} \
            if name == "device_information" else {}
        uuids[name] = new(api, [who], request_type, **keys)["command_uuid"]
    assert device.run("poll")["commands"] == 5
    inventory = api.get(of(who, "/inventory")).ok()
    for name, request_type in KINDS.items():
        answer = plistlib.loads(server.ctl.result(uuids[name], who))
        said = answer["QueryResponses" if name == "device_information"
                      else request_type]
        assert said, name
        assert inventory.json[name]["value"] == as_json(said)
        shown = api.get("/v1/commands/" + uuids[name]).ok().json["targets"][0]
        assert inventory.json[name]["at"] == shown["finished"]
        one = api.get(of(who, "/inventory/" + name)).ok().json
        assert one["kind"] == name
        assert one["value"] == inventory.json[name]["value"]
        assert api.get(of(who, "/inventory/" + request_type),
                       check=False).ok().json == one
    assert inventory.json["device_information"]["value"]["UDID"] == who
    # Merged key by key.
    new(api, [who], "DeviceInformation", Queries=["DeviceName"])
    device.run("poll")
    merged = api.get(of(who, "/inventory/device_information")).ok().json
    assert set(merged["value"]) == {
        "UDID", "OSVersion", "BatteryLevel", "DeviceName"}
    same = api.get(of(who, "/inventory"), headers={
        "If-None-Match": inventory.headers["ETag"]})
    assert same.status == 200
    # The tool says the same.
    told = server.ctl.json("inventory", who)
    assert told == api.get(of(who, "/inventory")).ok().json
    assert server.ctl.json("inventory", who, "ProfileList")["value"] == \
        inventory.json["profile_list"]["value"]
    text = server.ctl.run("inventory", who).stdout.decode()
    for request_type in KINDS.values():
        assert request_type in text
    assert merged["value"]["DeviceName"] in text
    api.get(of(who, "/inventory/nothing")).refused(404, "profile_list")
    api.get(of("nobody", "/inventory")).refused(404, "nobody")


def test_a_device_that_removes_its_profile(server, api, tmp_path):
    device = real(server, tmp_path)
    who = device.run("enroll")["device"]["id"]
    # Which profile it is must be known first.
    api.post(of(who, "/remove")).refused(409, "ProfileList", "identifier")
    r = server.ctl.run("enrollments", "remove", who, check=False)
    assert r.returncode == 4 and b"--profile" in r.stderr
    new(api, [who], "ProfileList")
    device.run("poll")
    r = api.post(of(who, "/remove?no_push=1")).ok().json
    uuid = r.pop("command_uuid")
    number = server.ctl.enrollment(who)["number"]
    assert r == {"id": who, "number": number, "outcome": "queued",
                 "profile": "com.example.mooring.enrollment",
                 "request_type": "RemoveProfile"}
    again = server.ctl.json("enrollments", "remove", who)
    assert again["outcome"] == "duplicate" and "command_uuid" not in again
    body = plistlib.loads(server.ctl.run(
        "commands", "show", "--body", uuid).stdout)
    assert body["Command"]["Identifier"] == "com.example.mooring.enrollment"
    log = api.get("/v1/audit?enrollment=" + quote(who)).ok().json["audit"]
    assert (log[0]["op"], log[0]["who"], log[0]["target"]) == (
        "enrollments.remove", "token:admin", uuid)
    assert device.run("poll")["device"]["state"] == "left"
    assert server.ctl.state(who) == "left"
    shown = api.get("/v1/commands/" + uuid).ok().json
    assert shown["once"] and len(shown["targets"]) == 1
    api.post(of(who, "/remove?profile=x")).refused(409, "left")


def test_an_identifier_that_is_given(server, api):
    device = server.enrolled()
    user = device.user().enroll()
    api.post(of(device, "/remove?profile=")).refused(400, "profile")
    api.post(of(user, "/remove?profile=x")).refused(409, "name its device")
    api.post(of("nobody", "/remove?profile=x")).refused(404)
    text = server.ctl.run("enrollments", "remove", "--profile", "a.b",
                          device.id).stdout.decode()
    uuid = server.ctl.queue(device.id)[0]
    assert text.startswith("%s: RemoveProfile of a.b queued as command %s\n"
                           % (device.id, uuid))
    # Once only: what a device says of another profile is still taken.
    device.idle().gives(server.ctl.run(
        "commands", "show", "--body", uuid).stdout)
    device.idle().accepted()
    assert server.ctl.target(uuid, device.id)["state"] == "sent"
    device.answer(uuid, "Error").accepted()
    assert server.ctl.target(uuid, device.id)["state"] == "error"


def test_what_is_no_inventory(server, api):
    device = server.enrolled()
    apps = [{"Identifier": "a"}]

    def ask(status="Acknowledged", answers=None, **keys):
        uuid = new(api, [device], "InstalledApplicationList",
                   **keys)["command_uuid"]
        device.answer(uuid, status, InstalledApplicationList=apps
                      if answers is None else answers).accepted()

    ask(Identifiers=["a"])
    ask(ManagedAppsOnly=True)
    ask("Error")
    ask(answers={"no": "list"})
    # Not asked for.
    uuid = new(api, [device])["command_uuid"]
    device.answer(uuid, InstalledApplicationList=apps).accepted()
    device.answer(plists.new_uuid(), InstalledApplicationList=apps).accepted()
    kind = of(device, "/inventory/installed_application_list")
    api.get(kind).refused(404)
    ask()
    assert api.get(kind).ok().json["value"] == apps
    ask(answers=[])
    assert api.get(kind).ok().json["value"] == []


# ---- the tool ----

def test_tool_takes_json(server):
    device = server.enrolled()
    r = server.ctl.run("enqueue", "--json-command", device.id, "-", input=(
        b'{"RequestType":"InstallProfile","Payload":{"$data":"AAE="}}'))
    assert b"warning" not in r.stderr
    assert device.idle().plist()["Command"]["Payload"] == b"\0\1"
    for text, words in (
            (b'{"RequestType":"InstallProfile"}', b"Payload: missing"),
            (b'{"RequestType":"X","a":null}', b"a: null"),
            (b"[]", b"JSON object"), (b"{", b"JSON")):
        r = server.ctl.run("enqueue", "--json-command", device.id, "-",
                           input=text, check=False)
        assert (r.returncode, words in r.stderr) == (1, True), r


def test_tool_checks(server):
    device = server.enrolled()
    _, body = plists.command("InstallProfile")
    r = server.ctl.run("enqueue", device.id, "-", input=body, check=False)
    assert r.returncode == 1
    assert b"Payload: missing" in r.stderr
    server.ctl.run("enqueue", "--unchecked", device.id, "-", input=body)
    _, body = plists.command("ProfileList", New=1)
    r = server.ctl.run("enqueue", device.id, "-", input=body)
    assert b"warning: New: not in Apple's schema" in r.stderr
    told = server.ctl.json("enqueue", device.id, "-", input=body)
    assert told["warning"] == "New: not in Apple's schema"
    uuid = told["command_uuid"]
    server.ctl.run("queue", "remove", device.id, uuid)
    r = server.ctl.run("queue", "remove", device.id, uuid, check=False)
    assert r.returncode == 4


def test_nanomdm_shape_stays(server, api):
    """A warning goes to the log line, not into NanoMDM's reply."""
    device = server.enrolled()
    uuid, body = plists.command("ProfileList", New=1)
    reply = api.put("/v1/enqueue/%s?nopush=1" % quote(device.id), body).ok()
    assert reply.json == {"no_push": True, "command_uuid": uuid,
                          "request_type": "ProfileList"}
    server.wait_log("warning=\"New: not in Apple's schema\"")


def test_every_call_is_documented():
    for path in ("/v1/commands", "/v1/commands/{uuid}",
                 "/v1/commands/{uuid}/results/{id}",
                 "/v1/enrollments/{id}/commands",
                 "/v1/enrollments/{id}/commands/{uuid}",
                 "/v1/enrollments/{id}/commands/{uuid}/requeue",
                 "/v1/enrollments/{id}/inventory",
                 "/v1/enrollments/{id}/inventory/{kind}"):
        assert path in openapi.DOCUMENT["paths"]
