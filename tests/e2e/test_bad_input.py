"""Bad input in bodies: each gets a 400 with one plain line that names what is
wrong, changes nothing, and leaves the worker alive. (Trouble below HTTP's
body: test_bad_requests.py.)"""

import plistlib
import struct

import pytest

import plists

X = b'<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0">%s</plist>'


def xml(inner):
    return X % inner


def idle_xml(udid, more=b""):
    return xml(b"<dict><key>Status</key><string>Idle</string><key>UDID</key>"
               b"<string>%s</string>%s</dict>" % (udid.encode(), more))


def bplist(objects, top=0, ref=4):
    """A binary plist of raw objects, so that it may hold what plistlib would
    not write: cycles, doubling graphs, wrong offsets."""
    data, offsets = b"bplist00", []
    for o in objects:
        offsets.append(len(data))
        data += o
    table = len(data)
    for o in offsets:
        data += struct.pack(">Q", o)
    return data + struct.pack(">6xBBQQQ", 8, ref, len(objects), top, table)


def barray(*refs):
    return bytes([0xa0 | len(refs)]) + b"".join(
        struct.pack(">I", r) for r in refs)


def bstring(text):
    return bytes([0x50 | len(text)]) + text


def bdict(pairs):
    keys, values = zip(*pairs)
    return bytes([0xd0 | len(pairs)]) + b"".join(
        struct.pack(">I", r) for r in keys + values)


def nested_arrays(depth):
    return bplist([barray(n + 1) for n in range(depth)] + [b"\x50"])


def doubling(levels):
    return bplist([barray(n + 1, n + 1) for n in range(levels)] + [b"\x50"])


def doubling_dict(levels):
    """The same below a key of an otherwise good message."""
    first = 7
    head = [bdict([(1, 2), (3, 4), (5, 6)]), bstring(b"Status"),
            bstring(b"Idle"), bstring(b"UDID"), bstring(b"some-udid"),
            bstring(b"Extra"), barray(first, first)]
    return bplist(head + [barray(first + n + 1, first + n + 1)
                          for n in range(levels)] + [b"\x50"])


GOOD = plists.dump(plists.idle({"UDID": "U"}))
GOOD_BIN = plists.dump(plists.idle({"UDID": "U"}), binary=True)

# Bodies that are no property list of ours on any endpoint.
MALFORMED = {
    "empty": b"",
    "not a plist": b"hello, world",
    "json": b'{"Status": "Idle", "UDID": "U"}',
    "white space": b"  \n\t ",
    "NULs": b"\0" * 100,
    "truncated xml": GOOD[:-20],
    "truncated early": GOOD[:120],
    "only the xml head": GOOD[:30],
    "truncated binary": GOOD_BIN[:-1],
    "truncated binary half": GOOD_BIN[:len(GOOD_BIN) // 2],
    "binary head only": b"bplist00",
    "binary of the future": b"bplist15" + GOOD_BIN[8:],
    "xml root missing": b'<?xml version="1.0"?>\n<plist version="1.0"/>',
    "two roots": xml(b"<dict/><dict/>"),
    "array root": plists.dump([1, 2]),
    "string root": plists.dump("Idle"),
    "binary array root": plists.dump([1], binary=True),
    "integer root": plists.dump(5),
    "nested 300,000 deep": xml(b"<array>" * 300000 + b"</array>" * 300000),
    "dicts 300,000 deep": xml(b"<dict><key>a</key>" * 300000
                              + b"</dict>" * 300000),
    "unclosed 300,000 deep": xml(b"<array>" * 300000),
    "100,000 nested binary arrays": nested_arrays(100000),
    "cycle of one": bplist([barray(0)]),
    "cycle of two": bplist([barray(1), barray(0)]),
    "cycle in a dict": bplist([bdict([(1, 0)]), bstring(b"Status")]),
    "doubling 2^40": doubling(40),
    "doubling in a dict": doubling_dict(60),
    "a million objects": xml(b"<array>" + b"<true/>" * 1000000
                             + b"</array>"),
    "reference beyond": bplist([barray(77)]),
    "offset beyond": b"bplist00\x08" + struct.pack(
        ">Q6xBBQQQ", 99999, 8, 4, 1, 0, 9),
    "object count huge": b"bplist00\x08" + struct.pack(
        ">Q6xBBQQQ", 8, 8, 4, 2 ** 61, 0, 9),
    "length huge": bplist([b"\x4f\x13" + struct.pack(">Q", 2 ** 62)]),
    "length negative": bplist([b"\x5f\x13" + struct.pack(">q", -1)]),
    "entity bomb": b'<?xml version="1.0"?>\n<!DOCTYPE plist [<!ENTITY a "'
                   + b"x" * 1000 + b'"><!ENTITY b "' + b"&a;" * 1000
                   + b'">]><plist version="1.0"><dict><key>Status</key>'
                   b"<string>&b;</string></dict></plist>",
    "entity to a file": b'<?xml version="1.0"?>\n<!DOCTYPE plist [<!ENTITY '
                        b'a SYSTEM "file:///etc/passwd">]><plist version='
                        b'"1.0"><dict><key>Status</key><string>&a;</string>'
                        b"</dict></plist>",
    "trailing junk": GOOD + b"junk",
    "trailing plist": GOOD + GOOD,
    "trailing NUL": GOOD + b"\0",
    "binary trailing junk": GOOD_BIN + b"junk",
    "unknown entity": idle_xml("a&nbsp;b"),
    "NUL reference": idle_xml("a&#0;b"),
    "NUL reference hex": idle_xml("a&#x00;b"),
    "not utf-8": idle_xml("U").replace(b"<string>U<", b"<string>\xff\xfe<"),
    "missing value": idle_xml("U", b"<key>Extra</key>"),
    "value without key": idle_xml("U", b"<string>Extra</string>"),
    "bad data": idle_xml("U", b"<key>Token</key><data>!!!!</data>"),
    "bad tag": idle_xml("U", b"<key>Extra</key><blob>x</blob>"),
}


@pytest.fixture
def survivor(lighttpd):
    """An enrolled device; afterwards it and the worker are as before."""
    d = lighttpd.enrolled()
    before = lighttpd.ctl.enrollment(d.id)
    workers = lighttpd.workers()
    yield d
    d.idle().accepted()
    after = lighttpd.ctl.enrollment(d.id)
    for known in (before, after):
        known.pop("last_seen", None)
    assert after == before
    assert lighttpd.workers() == workers, "a worker died"


@pytest.mark.parametrize("name", MALFORMED)
@pytest.mark.parametrize("endpoint", ["check-in", "command"])
def test_malformed(survivor, endpoint, name):
    body = MALFORMED[name]
    kind = (plists.CHECKIN_TYPE if endpoint == "check-in"
            else plists.CONNECT_TYPE)
    reply = survivor.put(body, kind)
    reply.refused(400)
    assert len(reply.body) < 1000
    if len(body) > 2000:
        return
    # The line says what is wrong, without the body in it.
    assert b"passwd" not in reply.body and b"root:" not in reply.body


UNTYPED = [5, 1.5, True, b"bytes", ["a"], {"a": "b"}]


def mistyped(message, key, value):
    changed = dict(message)
    changed[key] = value
    return changed


@pytest.mark.parametrize("key, kinds", [
    ("MessageType", "AT"), ("Topic", "AT"), ("UDID", "ATI"),
    ("PushMagic", "T"), ("SerialNumber", "A"), ("DeviceName", "A"),
    ("OSVersion", "A"), ("Model", "A"), ("IMEI", "A"), ("MEID", "A"),
    ("ProductName", "A"), ("BuildVersion", "A"), ("ModelName", "A"),
    ("Status", "IR"), ("CommandUUID", "R"), ("EnrollmentID", "ATI"),
    ("UserID", "TI"), ("UserShortName", "TI"), ("UserLongName", "TI"),
    ("EnrollmentUserID", "TI")])
def test_wrong_type_of_text(survivor, key, kinds):
    ids = survivor.ids
    messages = {"A": plists.authenticate(ids), "T": plists.token_update(ids),
                "I": plists.idle(ids), "R": plists.result(ids, "X")}
    for kind in kinds:
        for value in UNTYPED:
            survivor.say(mistyped(messages[kind], key, value)
                         ).refused(400, key)


@pytest.mark.parametrize("key, bad", [
    ("Token", ["text", 5, True, ["a"]]),
    ("UnlockToken", ["text", 5, True, {}]),
    ("AwaitingConfiguration", ["true", 1, b"x"]),
    ("NotOnConsole", ["true", 1, b"x"])])
def test_wrong_type_of_others(survivor, key, bad):
    for value in bad:
        message = plists.token_update(survivor.ids, **{key: value})
        survivor.say(message).refused(400, key)
        survivor.say(message, binary=True).refused(400, key)


@pytest.mark.parametrize("key", ["NeedSyncResponse", "UserConfiguration",
                                 "NotOnConsole"])
def test_wrong_type_on_the_command_endpoint(survivor, key):
    survivor.idle(**{key: "yes"}).refused(400, key)


@pytest.mark.parametrize("message, key", [
    ("authenticate", "MessageType"), ("authenticate", "Topic"),
    ("authenticate", "UDID"), ("token_update", "Topic"),
    ("token_update", "Token"), ("token_update", "PushMagic"),
    ("token_update", "UDID"), ("check_out", "Topic"), ("check_out", "UDID"),
    ("idle", "Status"), ("idle", "UDID"), ("result", "CommandUUID")])
def test_missing_or_empty_key(survivor, message, key):
    ids = survivor.ids
    whole = (plists.result(ids, "X") if message == "result"
             else getattr(plists, message)(ids))
    kind = (plists.CHECKIN_TYPE if "MessageType" in whole
            else plists.CONNECT_TYPE)
    missing = {k: v for k, v in whole.items() if k != key}
    survivor.put(plists.dump(missing), kind).refused(400, key)
    empty = mistyped(whole, key, b"" if key == "Token" else "")
    survivor.put(plists.dump(empty), kind).refused(400, key)


@pytest.mark.parametrize("name", [
    "authenticate", "Authenticat", "Authenticate ", "SetBootstrapTokenn",
    "Idle", "\u00c4", "A" * 100000])
def test_unknown_message_type(survivor, name):
    reply = survivor.say({**plists.authenticate(survivor.ids),
                          "MessageType": name}).refused(400, "MessageType")
    assert len(reply.body) < 500


def test_ids_of_two_kinds_and_incomplete_ids(survivor):
    """A Shared iPad user without a short name is nobody; UDID goes first."""
    udid = survivor.ids["UDID"]
    for ids in ({"UDID": udid, "UserID": plists.SHARED_IPAD_USER},
                {"UDID": udid, "UserID": plists.SHARED_IPAD_USER.lower(),
                 "UserShortName": ""}):
        survivor.say(plists.token_update(ids)).refused(400, "UserShortName")
    survivor.say(plists.idle({"EnrollmentUserID": "x"})).refused(400)
    survivor.say(plists.idle({"UserID": "x"})).refused(400)
    survivor.idle(EnrollmentID="other").accepted()


def test_all_f_user_id_is_compared_without_case(lighttpd):
    d = lighttpd.enrolled()
    user = d.user("shared-ipad")
    user.ids["UserID"] = user.ids["UserID"].lower()
    user.enroll()
    assert lighttpd.ctl.enrollment(user.id)["type"] == "Shared iPad"


ODD_IDS = {
    "slashes": "../../etc/passwd", "colons": "a:b:c", "commas": "a,b,,c",
    "percent": "100%25%00%2F", "newline": "a\nb\n\nc", "at": "@17",
    "spaces": " a  b ", "german": "Gerät-ÄÖÜ", "emoji": "\U0001f4f1" * 9,
    "quotes": "'\"`$(reboot)", "markup": "<b>&amp;</b>", "tab": "\t",
    "4096 bytes": "x" * 4088, "4096 bytes of utf-8": "é" * 2044,
}


@pytest.mark.parametrize("name", ODD_IDS)
def test_odd_ids_are_accepted(lighttpd, name):
    """Opaque bytes, whatever they are; found again by the operator."""
    d = lighttpd.device(udid=plists.new_uuid()[:8] + ODD_IDS[name])
    d.authenticate().accepted()
    d.token_update().accepted()
    uuid, command = plists.command()
    lighttpd.ctl.enqueue(d.id, command)
    d.idle().gives(command)
    d.answer(uuid).accepted()
    assert lighttpd.ctl.target_state(uuid, d.id) == "acknowledged"


@pytest.mark.parametrize("key", ["UDID", "EnrollmentID"])
def test_device_called_as_a_number(lighttpd, key):
    """A tool that queues a command for the id of an event must not queue it
    for the enrollment of that number."""
    other = lighttpd.enrolled()
    number = "@%d" % lighttpd.ctl.enrollment(other.id)["number"]
    d = lighttpd.device("device" if key == "UDID" else "byod-device",
                        udid=number).enroll()
    uuid, command = plists.command()
    r = lighttpd.ctl.run("enqueue", number, "-", input=command, check=False)
    assert r.returncode == 4 and b"more than one" in r.stdout + r.stderr
    d.idle().accepted()
    other.idle().accepted()
    [mine] = [e for e in lighttpd.ctl.json("enrollments", "list", "--all")
              ["enrollments"] if e["id"] == number]
    lighttpd.ctl.enqueue("@%d" % mine["number"], command)
    other.idle().accepted()
    d.idle().gives(command)


@pytest.mark.parametrize("length", [4097, 1 << 20])
def test_long_ids_are_refused(survivor, length):
    for key in ("UDID", "EnrollmentID", "UserID", "UserShortName",
                "EnrollmentUserID"):
        ids = {"UDID": survivor.ids["UDID"]}
        if key == "EnrollmentID":
            ids = {}
        elif key == "EnrollmentUserID":
            ids = {"EnrollmentID": "e"}
        elif key == "UserShortName":
            ids["UserID"] = plists.SHARED_IPAD_USER
        ids[key] = "x" * length
        reply = survivor.say(plists.token_update(ids)).refused(400, key)
        assert len(reply.body) < 500


def test_id_with_nul_is_refused(survivor):
    """libplist hides what stands behind a NUL: "victim\\0junk"."""
    victim = survivor.ids["UDID"]
    for message in (plists.idle({"UDID": victim + "\0junk"}),
                    plists.token_update({"UDID": victim + "\0"})):
        body = plistlib.dumps(message, fmt=plistlib.FMT_BINARY)
        kind = (plists.CHECKIN_TYPE if "MessageType" in message
                else plists.CONNECT_TYPE)
        survivor.put(body, kind).refused(400)
    wide = plistlib.dumps(plists.idle({"UDID": victim + "é\0junk"}),
                          fmt=plistlib.FMT_BINARY)
    survivor.put(wide, plists.CONNECT_TYPE).refused(400)


def test_duplicate_keys(survivor):
    """Two UDIDs: whoever checks one and uses the other is fooled."""
    udid = survivor.ids["UDID"]
    twice = idle_xml(udid, b"<key>UDID</key><string>another</string>")
    survivor.put(twice, plists.CONNECT_TYPE).refused(400, "UDID")
    binary = bplist([
        bdict([(1, 2), (3, 4), (3, 5)]), bstring(b"Status"), bstring(b"Idle"),
        bstring(b"UDID"), bstring(udid[:8].encode()), bstring(b"another")])
    survivor.put(binary, plists.CONNECT_TYPE).refused(400, "UDID")


def test_large_but_honest(survivor):
    """Long texts where long texts may be."""
    survivor.idle(Comment="x" * 3000000).accepted()
    survivor.idle(List=list(range(50000))).accepted()
    deep = "leaf"
    for _ in range(200):
        deep = [deep]
    survivor.idle(Deep=deep).accepted()


def test_checkin_by_another_content_type_is_never_taken(lighttpd):
    """A 200 would tell the device that it is enrolled."""
    d = lighttpd.device()
    body = plists.dump(plists.authenticate(d.ids))
    for _ in range(5):
        d.put(body, plists.CONNECT_TYPE).refused(400, "Content-Type")
    for _ in range(5):
        d.put(b"", plists.CONNECT_TYPE).refused(400)
    d.put(body, plists.CHECKIN_TYPE).accepted()


def test_unreadable_result_is_taken_the_third_time(lighttpd):
    """A device resends a result until it gets 2xx; from a check-in it does
    not come to that, nor from another certificate."""
    d, other = lighttpd.enrolled(), lighttpd.enrolled()
    body = b"an unreadable result " + plists.new_uuid().encode()
    for _ in range(4):
        d.put(body, plists.CHECKIN_TYPE).refused(400)
    for _ in range(2):
        d.put(body, plists.CONNECT_TYPE).refused(400)
    for _ in range(2):
        other.put(body, plists.CONNECT_TYPE).refused(400)
    d.put(body, plists.CONNECT_TYPE).accepted()
    d.put(body + b".", plists.CONNECT_TYPE).refused(400)
    lighttpd.wait_log("unreadable body stored")
