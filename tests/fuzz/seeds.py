#!/usr/bin/env python3
"""Makes the seeds of the corpora anew: python3 tests/fuzz/seeds.py

What a fuzzer found is added by hand beside them as found-*. The big hostile
inputs are made in the unit tests.
"""
import datetime
import plistlib
import struct
import subprocess
import tempfile
from pathlib import Path

CORPUS = Path(__file__).resolve().parent / "corpus"
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n'
DOCTYPE = (b'<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" '
           b'"http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n')


def put(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def xml(body):
    return b"<plist>" + body + b"</plist>"


def binary(objects, root, refs=1, offsets=1):
    """A binary property list of raw objects."""
    out, at = b"bplist00", []
    for data in objects:
        at.append(len(out))
        out += data
    table = len(out)
    out += b"".join(a.to_bytes(offsets, "big") for a in at)
    return out + struct.pack(">6xBBQQQ", offsets, refs, len(objects), root, table)


def property_lists():
    everything = {
        "Text": "caf\u00e9 <&> \U0001f600", "Empty": "", "Int": -5,
        "Big": 2**64 - 1, "Real": 1.5, "Yes": True, "No": False,
        "Data": bytes(range(20)), "Array": [1, "two", [], {}],
        "Date": datetime.datetime(2026, 11, 22, 13, 52),
        "Dict": {"In": {"Side": "x"}},
    }
    put("pl", "all.xml", plistlib.dumps(everything))
    put("pl", "all.bin", plistlib.dumps(everything, fmt=plistlib.FMT_BINARY))
    put("pl", "uid.bin", plistlib.dumps([plistlib.UID(3)], fmt=plistlib.FMT_BINARY))
    put("pl", "prolog.xml", b"\xef\xbb\xbf" + HEAD + b"<!-- <x> --><?pi \"a\"?>" +
        DOCTYPE + b"<plist version='1.0'><true/></plist><!-- end -->\n")
    put("pl", "texts.xml", xml(
        b"<array><string>a&lt;&#65;&#x42;&amp;#0;<!-- c --><![CDATA[<d>]]>e</string>"
        b"<integer> 0x1F </integer><real>-.5e+3</real><real>nan</real>"
        b"<data>\n\tAA\n\tE=\n</data><true></true><string/></array>"))
    put("pl", "references.xml", xml(b"<string>&#0;&#xd800;&#x110000;&x;&</string>"))
    put("pl", "entity.xml", b'<!DOCTYPE plist [<!ENTITY a "b">]>' +
        xml(b"<string>&a;</string>"))
    put("pl", "quotes.xml", b'<?x "?>' + xml(b'<string>"?></string>'))
    put("pl", "twice.xml", xml(b"<dict><key>a&amp;</key><true/>"
                               b"<key>a&#38;</key><true/></dict>"))
    put("pl", "deep.xml", xml(b"<array>" * 514 + b"</array>" * 514))
    put("pl", "many-keys.xml", xml(b"<dict>" + b"".join(
        b"<key>k%d</key><true/>" % (i * 7919 % 40) for i in range(40)) + b"</dict>"))
    put("pl", "nul.xml", xml(b"<string>victim\0junk</string>"))
    put("pl", "trailing.xml", xml(b"<true/>") + b"junk")
    put("pl", "mismatch.xml", xml(b"<array><dict></array></dict>"))
    put("pl", "openstep.txt", b'{ a = "b"; c = <0fbd>; }')
    put("pl", "cycle.bin", binary([b"\xa1\x01", b"\xd1\x02\x00", b"\x51k"], 0))
    put("pl", "doubling.bin", binary(
        [b"\xa2" + bytes([i + 1, i + 1]) for i in range(40)] + [b"\x09"], 0))
    put("pl", "deep.bin", binary(
        [b"\xa1" + struct.pack(">H", i + 1) for i in range(514)] + [b"\x09"], 0, 2, 2))
    put("pl", "utf16.bin", binary([b"\x63\xd8\x3d\xde\x00\x00\xe9", b"\x51k",
                                   b"\xd1\x01\x00"], 2))
    put("pl", "twice.bin", binary([b"\x51k", b"\x61\x00k", b"\xd2\x00\x01\x00\x00"], 2))
    put("pl", "overlap.bin", binary([b"\xa3\xa1\x00\x09"], 0))
    put("pl", "numbers.bin", binary(
        [b"\x14" + bytes(8) + b"\xff" * 8, b"\x13" + b"\xff" * 8, b"\x22\x7f\xc0\0\0",
         b"\x23" + bytes(8), b"\x33" + bytes(8), b"\x80\x01", b"\x4f\x11\0\2ab",
         b"\xa7\0\1\2\3\4\5\6"], 7))
    put("pl", "lengths.bin", binary([b"\x5f\x13" + b"\xff" * 8], 0))


def messages():
    device = {"UDID": "0000FE00-5FADE97DCBBBEDA5", "Topic": "com.apple.mgmt.x"}
    user = dict(device, UserID="A-B-C", UserShortName="ann", UserLongName="Ann")
    shared = dict(device, UserID="FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
                  UserShortName="ann@example.com")
    byod = {"EnrollmentID": "E-1", "Topic": "com.apple.mgmt.x"}
    token = {"MessageType": "TokenUpdate", "Token": b"\1" * 32, "PushMagic": "M-1",
             "UnlockToken": b"\2" * 40, "AwaitingConfiguration": True,
             "NotOnConsole": False}
    for name, ids in (("device", device), ("user", user), ("shared", shared),
                      ("byod", byod),
                      ("byod-user", dict(byod, EnrollmentUserID="U-1"))):
        put("checkin_msg", "token-%s.xml" % name, plistlib.dumps({**token, **ids}))
        put("result_msg", "idle-%s.xml" % name,
            plistlib.dumps(dict(ids, Status="Idle")))
    put("checkin_msg", "authenticate.xml", plistlib.dumps(dict(
        device, MessageType="Authenticate", SerialNumber="S1", DeviceName="d",
        Model="m", ModelName="n", ProductName="p", OSVersion="18.1",
        BuildVersion="22B", IMEI="1", MEID="2")))
    put("checkin_msg", "authenticate.bin", plistlib.dumps(dict(
        device, MessageType="Authenticate"), fmt=plistlib.FMT_BINARY))
    put("checkin_msg", "check-out.xml",
        plistlib.dumps(dict(device, MessageType="CheckOut")))
    put("checkin_msg", "user-authenticate.xml",
        plistlib.dumps(dict(user, MessageType="UserAuthenticate")))
    put("checkin_msg", "unknown.xml", plistlib.dumps(dict(device, MessageType="New")))
    put("checkin_msg", "wrong-types.xml", plistlib.dumps(dict(
        device, MessageType="TokenUpdate", Token="text", PushMagic=b"data")))
    put("checkin_msg", "empty-ids.xml", plistlib.dumps(dict(
        shared, UserShortName="", MessageType="TokenUpdate")))
    put("checkin_msg", "array.xml", plistlib.dumps([]))
    put("checkin_msg", "empty", b"")
    for status in ("Acknowledged", "Error", "CommandFormatError", "NotNow", "Future"):
        put("result_msg", "%s.xml" % status.lower(), plistlib.dumps(dict(
            device, Status=status, CommandUUID="C-1",
            ErrorChain=[{"ErrorCode": 12, "ErrorDomain": "MCMDM",
                         "LocalizedDescription": "no"}])))
    put("result_msg", "flags.xml", plistlib.dumps(dict(
        user, Status="Idle", NeedSyncResponse=True, UserConfiguration=True,
        NotOnConsole=True)))
    put("result_msg", "no-uuid.xml", plistlib.dumps(dict(device, Status="Error")))
    put("result_msg", "wrong-types.xml", plistlib.dumps(dict(
        device, Status=1, CommandUUID=[], NeedSyncResponse="yes")))
    for key, value in (
            ("QueryResponses", {"OSVersion": "18.5", "BatteryLevel": 0.5,
                                "LastCloudBackupDate": datetime.datetime(1, 1, 1)}),
            ("SecurityInfo", {"PasscodePresent": True, "SecureBoot": {"a": [1]}}),
            ("InstalledApplicationList", [{"Identifier": "a.b", "BundleSize": 2**40}]),
            ("ProfileList", [{"PayloadUUID": "U", "SignerCertificates": [b"x"]}]),
            ("CertificateList", [])):
        for form, name in ((plistlib.FMT_XML, "xml"), (plistlib.FMT_BINARY, "bin")):
            put("result_msg", "%s.%s" % (key.lower(), name), plistlib.dumps(dict(
                device, Status="Acknowledged", CommandUUID="C", **{key: value}), fmt=form))
    put("result_msg", "result.bin", plistlib.dumps(dict(
        device, Status="Acknowledged", CommandUUID="C-2"), fmt=plistlib.FMT_BINARY))


def json_and_records():
    put("json", "all.json", b'{"s":"caf\\u00e9\\n","i":-7,"r":1.5e3,"b":true,'
        b'"n":null,"l":[1,"two",{"x":[]}],"e":{}}')
    put("json", "deep.json", b"[" * 513)
    put("json", "twice.json", b'{"a":1,"a":2}')
    put("json", "bad-text.json", b'["\xff\\u0000\\ud800\\x"]')
    put("json", "numbers.json", b"[0,-0,1e999,123456789012345678901,0.1,-1E-5]")
    put("rec", "all", b"\1\1\1\7\2\2\1\0\3\10\xff\xff\xff\xff\xff\xff\xff\xff\4\2hi")
    put("rec", "long", b"\1\5\x80\1" + b"x" * 128)
    put("rec", "twice", b"\1\5\1x\5\1y")
    put("rec", "cut", b"\1\5\xff\xff\xff\xff\xff\xff\xff\xff\xff\1x")
    put("rec", "version", b"\2\1\1x")


def between():
    """Property lists, and JSON that becomes one."""
    for name in "all.xml", "all.bin", "uid.bin", "texts.xml", "deep.xml", "numbers.bin":
        put("pl_json", name, (CORPUS / "pl" / name).read_bytes())
    put("pl_json", "dates.bin", binary(
        [b"\xa5\1\2\3\4\5"] + [b"\x33" + struct.pack(">d", t) for t in
                               (0, -6.3e10, 6.4e10, 3.19e11, -3.19e11)], 0))
    put("pl_json", "reals.bin", binary(
        [b"\xa4\1\2\3\4"] + [b"\x23" + struct.pack(">d", v) for v in
                             (float("nan"), float("-inf"), 5e-324, 1e308)], 0))
    put("pl_json", "command.json", b'{"RequestType":"Settings","Settings":[{"Item":'
        b'"Wallpaper","Image":{"$data":"AAE="},"Where":1,"At":{"$date":'
        b'"2026-11-22T13:52:00Z"},"r":1.0,"b":[true,false,-1,1e3,{}]}]}')
    put("pl_json", "null.json", b'{"a":[1,null]}')
    put("pl_json", "data.json", b'[{"$data":"AA"}]')
    put("pl_json", "markers.json", b'[{"$data":"","$date":""},{"$date":"x"}]')
    put("pl_json", "keys.json", b'{"":1,"\\u0001":2,"\\u0002":3,"\\ufffd":4}')
    put("pl_json", "deep.json", b"[" * 512 + b"]" * 512)


def signatures():
    body = b"<plist><dict/></plist>"
    with tempfile.TemporaryDirectory() as name:
        def openssl(*args, data=b""):
            return subprocess.run(["openssl", *args], input=data, cwd=name, check=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout

        for key, new in (("ec", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]),
                         ("rsa", ["rsa:2048"])):
            openssl("req", "-x509", "-newkey", *new, "-nodes", "-keyout", key + ".key",
                    "-out", key + ".pem", "-subj", "/CN=seed", "-days", "36500")
        ec, rsa = (["-signer", k + ".pem", "-inkey", k + ".key"] for k in ("ec", "rsa"))
        for seed, args in (
                ("ec", ec), ("rsa", rsa), ("two-signers", ec + rsa),
                ("attached", ec + ["-nodetach"]), ("no-certificate", ec + ["-nocerts"]),
                ("no-attributes", ec + ["-noattr"]), ("key-id", ec + ["-keyid"]),
                ("pss", rsa + ["-keyopt", "rsa_padding_mode:pss"])):
            der = openssl("cms", "-sign", "-binary", "-outform", "DER", *args, data=body)
            put("cms", seed, struct.pack(">H", len(der)) + der + body)
        der = openssl("cms", "-sign", "-binary", "-outform", "DER", *ec, data=body)
        put("cms", "other-body", struct.pack(">H", len(der)) + der + b"other")
        put("cms", "indefinite", b"\0\4\x30\x80\0\0" + body)
        put("cms", "long", b"\0\6\x30\x84\xff\xff\xff\xff" + body)


if __name__ == "__main__":
    property_lists()
    messages()
    json_and_records()
    between()
    signatures()
