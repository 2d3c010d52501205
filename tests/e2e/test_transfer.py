"""Enrollments that move: from one data directory to another, from a NanoMDM
server's directory, and to its migration endpoint."""

import base64
import hashlib
import http.server
import json
import os
import plistlib
import threading

import pytest

import plists
from test_backup import copy_as_owner, moved, one_line, write_as_owner


def fingerprint(d):
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding
    with open(d.identity.cert_file, "rb") as f:
        cert = x509.load_pem_x509_certificate(f.read())
    return hashlib.sha256(cert.public_bytes(Encoding.DER)).hexdigest()


def trusting(fresh, server, **settings):
    """A server of its own that trusts the other one's device CA."""
    other = fresh(start=False, **settings)
    other.ctl.run("ca", "trust", server.path("pki", "device-ca.pem"))
    os.chmod(server.folder, 0o711)
    os.chmod(other.folder, 0o711)
    return other


@pytest.fixture
def filled(fresh):
    """A server with an enrollment of each kind, and one that left."""
    server = fresh()
    d = server.enrolled()
    d.token_update(UnlockToken=b"unlock me").accepted()
    d.token_update().accepted()
    server.channels = [d, d.user().enroll(),
                       d.user("shared-ipad").enroll()]
    byod = server.enrolled("byod-device")
    server.channels += [byod, byod.user().enroll()]
    server.left = server.enrolled()
    server.left.check_out().accepted()
    return server


def export(server, *options):
    text = server.ctl.run("export", *options, "-").stdout
    return text, [json.loads(line) for line in text.splitlines()]


# ---- lines of JSON ----

def test_what_is_exported(filled):
    text, lines = export(filled)
    by_id = {line["id"]: line for line in lines}
    assert set(by_id) == {d.id for d in filled.channels}
    for d in filled.channels:
        line = by_id[d.id]
        assert line["type"] == plists.KINDS[d.kind]
        assert line["state"] == "enabled"
        user = d.kind not in ("device", "byod-device")
        assert ("authenticate" in line) == (not user)
        assert ("cert_sha256" in line) == (not user)
        if not user:
            said = plistlib.loads(base64.b64decode(line["authenticate"]))
            assert said["MessageType"] == "Authenticate"
            assert line["cert_sha256"] == fingerprint(d)
        said = plistlib.loads(base64.b64decode(line["token_update"]))
        assert said["MessageType"] == "TokenUpdate"
    first = by_id[filled.channels[0].id]
    assert first["tally"] == 3
    assert base64.b64decode(first["unlock_token"]) == b"unlock me"
    # Devices before their user channels.
    users = ["authenticate" not in line for line in lines]
    assert users == sorted(users)
    _, lines = export(filled, "--all")
    states = {line["id"]: line["state"] for line in lines}
    assert states[filled.left.id] == "left"
    audit = filled.ctl.run("audit", "--json").stdout.decode()
    assert '"export"' in audit


def test_a_file_is_new_and_0600(filled):
    file = os.path.join(filled.folder, "out")
    said = filled.ctl.json("export", file)
    assert said == {"devices": 2, "users": 3, "skipped": 0, "failed": 0}
    assert os.stat(file).st_mode & 0o777 == 0o600
    one_line(filled.ctl.run("export", file, check=False), 4, file)
    for wrong in ((), (file, "--to", "https://x"), ("--to", "https://x"),
                  ("--all", "--to", "https://x", "--token-file", "-")):
        assert filled.ctl.run("export", *wrong, check=False).returncode == 2


def test_round_trip(fresh, filled):
    text, _ = export(filled, "--all")
    other = trusting(fresh, filled)
    said = json.loads(other.ctl.run("import", "-", "--json",
                                    input=text).stdout)
    assert said == {"devices": 3, "users": 3, "skipped": 0, "failed": 0}
    other.ctl.run("store", "check")
    assert other.ctl.guard()["why"] == "import"
    for d in filled.channels:
        ours, theirs = (s.ctl.enrollment(d.id) for s in (other, filled))
        for key in ("id", "type", "state", "topic", "token_update_tally",
                    "has_push_token", "has_unlock_token",
                    "has_bootstrap_token"):
            assert ours[key] == theirs[key], key
        for key in ("cert_sha256", "user_id", "user_short_name"):
            assert ours.get(key) == theirs.get(key), key
    assert other.ctl.state(filled.left.id) == "left"
    # The same lines come out again.
    again = other.ctl.run("export", "--all", "-").stdout
    assert sorted(again.splitlines()) == sorted(text.splitlines())
    # Nobody has come yet, so it can be done again.
    said = other.ctl.run("import", "-", input=text).stdout.decode()
    assert "unknown devices are told to come back later" in said
    filled.stop()
    other.start()
    uuid, body = plists.command()
    for d in filled.channels:
        other.ctl.enqueue(d.id, body)
        moved(other, d).idle().gives(body)
        moved(other, d).answer(uuid).accepted()
        assert other.ctl.target_state(uuid, d.id) == "acknowledged"
    # Unknown ones are not told to go.
    other.device().idle().refused(503)
    # Now that they have come, they are left alone.
    r = other.ctl.run("import", "-", "--json", input=text)
    said = json.loads(r.stdout)
    assert said["devices"] == 1 and said["skipped"] == 5, (said, r.stderr)
    moved(other, filled.channels[0]).idle().accepted()
    other.ctl.run("store", "check")


def test_another_certificate(fresh, filled):
    """What is known of a certificate counts; without it the first one is
    bound, where the setting says so."""
    text, lines = export(filled)
    other = trusting(fresh, filled, first_binding="imported")
    for line in lines:
        if line["id"] == filled.channels[3].id:
            del line["cert_sha256"]
    other.ctl.run("import", "-", input="\n".join(map(json.dumps, lines)))
    filled.stop()
    other.start()
    known, unknown = filled.channels[0], filled.channels[3]
    stranger = filled.ca.issue("stranger")
    moved(other, known).again(identity=stranger).idle().refused(400)
    moved(other, known).idle().accepted()
    moved(other, unknown).idle().accepted()
    assert other.ctl.enrollment(unknown.id)["cert_sha256"] == \
        fingerprint(unknown)
    moved(other, unknown).again(identity=stranger).idle().refused(400)


def test_bad_lines(fresh, filled):
    _, lines = export(filled)
    device, user = dict(lines[0]), dict(lines[-1])
    other = fresh(start=False)
    alone = {k: v for k, v in device.items() if k != "token_update"}
    bad = [
        "no JSON", "[]", "{}",
        json.dumps({"id": "x"}),
        json.dumps({**device, "authenticate": "%%"}),
        json.dumps({**device, "authenticate": device["token_update"]}),
        json.dumps({**device, "authenticate": user["token_update"]}),
        json.dumps({**device, "cert_sha256": "abcd"}),
        json.dumps({**device, "id": "another"}),
        json.dumps({**device, "type": "User"}),
        json.dumps({**device, "state": "dreaming"}),
        json.dumps({**device, "state": "disabled"}),
        json.dumps({**device, "tally": -1}),
        json.dumps(alone),
        json.dumps({**user, "authenticate": device["authenticate"]}),
        json.dumps({**user, "bootstrap_token": "AAAA"}),
        json.dumps(user),
    ]
    r = other.ctl.run("import", "-", "--json", input="\n".join(bad) + "\n",
                      check=False)
    assert r.returncode == 1
    assert json.loads(r.stdout) == {"devices": 0, "users": 0, "skipped": 0,
                                    "failed": len(bad)}
    said = r.stderr.decode().splitlines()
    assert len(said) == len(bad)
    for number, line in enumerate(said, 1):
        assert line.startswith("mooringctl: line %d: " % number), line
    assert other.ctl.json("enrollments", "list")["enrollments"] == []
    # One that is bad harms no other.
    r = other.ctl.run("import", "-", "--json", check=False,
                      input="\n".join([bad[0], json.dumps(device), bad[1]]))
    assert json.loads(r.stdout)["devices"] == 1
    assert other.ctl.state(device["id"]) == "enabled"
    other.ctl.run("store", "check")


# ---- NanoMDM's directories ----

class Nano:
    """Writes such a directory."""

    def __init__(self, server, layout):
        self.server, self.layout = server, layout
        self.folder = os.path.join(server.folder, layout)

    def put(self, path, data):
        path = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)

    def kv(self, bucket, key, data):
        self.put("%s/%s/%s/%s" % (bucket, key[0:2], key[2:4], key), data)

    def add(self, line, disabled=False, bootstrap=None, cert=True):
        i, user = line["id"], "authenticate" not in line
        auth = base64.b64decode(line.get("authenticate", ""))
        token = base64.b64decode(line["token_update"])
        unlock = base64.b64decode(line.get("unlock_token", ""))
        sha = line.get("cert_sha256", "").encode()
        if self.layout == "filekv":
            self.kv("enrollments", i + ".type", line["type"].encode())
            self.kv("enrollments", i + ".tok_tal", b"%d" % line["tally"])
            self.kv("users" if user else "devices", i + ".tok_upd", token)
            if unlock:
                self.kv("enrollments", i + ".unl_tok", unlock)
            if disabled:
                self.kv("enrollments", i + ".disabled", b"1")
            if user:
                self.kv("users", i + ".device_ch", i.split(":")[0].encode())
                return
            self.kv("devices", i + ".auth", auth)
            if cert:
                self.kv("cert_auth", i + ".cert_hash", sha)
                self.kv("cert_auth", line["cert_sha256"] + ".hash_cert",
                        i.encode())
            if bootstrap:
                self.kv("devices", i + ".bstoken", bootstrap)
            return
        self.put(i + "/TokenUpdate.plist", token)
        self.put(i + "/TokenUpdate.tally.txt", b"%d" % line["tally"])
        if unlock:
            self.put(i + "/UnlockToken.dat", unlock)
        if disabled:
            self.put(i + "/Disabled", b"")
        if user:
            return
        self.put(i + "/Authenticate.plist", auth)
        if cert:
            self.put(i + "/CertAuth.sha256.txt", sha)
        if bootstrap:
            self.put(i + "/BootstrapToken.dat", bootstrap)


@pytest.mark.parametrize("layout", ["filekv", "file"])
def test_nanomdm_directory(fresh, filled, layout):
    other = trusting(fresh, filled, first_binding="imported")
    nano = Nano(other, layout)
    _, lines = export(filled, "--all")
    first = filled.channels[0].id
    for line in lines:
        nano.add(line, disabled=line["id"] == filled.left.id,
                 bootstrap=b"boot" if line["id"] == first else None,
                 cert=line["id"] == first)
    for root, folders, files in os.walk(nano.folder):
        for name in folders + files:
            os.chmod(os.path.join(root, name), 0o755)
    r = other.ctl.run("import", nano.folder, "--json")
    assert json.loads(r.stdout) == {"devices": 2, "users": 3, "skipped": 1,
                                    "failed": 0}
    assert filled.left.id in r.stderr.decode()
    other.ctl.run("store", "check")
    _, ours = export(other)
    ours = {line["id"]: line for line in ours}
    for line in lines:
        if line["id"] == filled.left.id:
            assert line["id"] not in ours
            continue
        if line["id"] == first:
            line["bootstrap_token"] = base64.b64encode(b"boot").decode()
        elif "cert_sha256" in line:
            del line["cert_sha256"]
        assert ours[line["id"]] == line
    filled.stop()
    other.start()
    for d in filled.channels:
        moved(other, d).idle().accepted()


def test_nanomdm_directory_that_is_none(fresh):
    server = fresh(start=False)
    folder = os.path.join(server.folder, "empty")
    os.mkdir(folder, 0o755)
    os.chmod(server.folder, 0o711)
    one_line(server.ctl.run("import", folder, check=False), 3, folder)
    one_line(server.ctl.run("import", folder + "none", check=False), 3)


# ---- to a migration endpoint ----

class Migration:
    """What NanoMDM does there, as far as a client sees it."""

    def __init__(self, token="secret"):
        want = "Basic " + base64.b64encode(
            b"nanomdm:" + token.encode()).decode()
        self.got = got = []
        self.refuse = refuse = set()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = 200
                if self.path != "/migration":
                    status = 404
                elif self.headers["Authorization"] != want:
                    status = 401
                else:
                    message = plistlib.loads(body)
                    if message.get("UDID") in refuse:
                        status = 500
                    else:
                        got.append(message)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *unused):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.http.server_port
        self.thread = threading.Thread(target=self.http.serve_forever)
        self.thread.start()

    def close(self):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def migration():
    m = Migration()
    yield m
    m.close()


def copied(server, path):
    """Where the owner of the data directory can read it."""
    copy_as_owner(server, path, "..", os.path.basename(path))
    return os.path.join(server.folder, os.path.basename(path))


def token_file(server, token="secret"):
    write_as_owner(server, token.encode() + b"\n", "..", "token")
    return os.path.join(server.folder, "token")


def test_export_to(filled, migration):
    file = token_file(filled)
    said = json.loads(filled.ctl.run(
        "export", "--json", "--to", migration.url, "--token-file",
        file).stdout)
    assert said == {"devices": 2, "users": 3, "skipped": 0, "failed": 0}
    kinds = [m["MessageType"] for m in migration.got]
    assert kinds == ["Authenticate", "TokenUpdate"] * 2 + ["TokenUpdate"] * 3
    # It came with an earlier TokenUpdate.
    first = migration.got[1]
    assert first["UDID"] == filled.channels[0].id
    assert first["UnlockToken"] == b"unlock me"
    # With /migration, too; one that is refused is named.
    migration.refuse.add(filled.channels[0].id)
    r = filled.ctl.run("export", "--json", "--to", migration.url +
                       "/migration", "--token-file", file, check=False)
    assert r.returncode == 1
    assert json.loads(r.stdout)["failed"] == 3
    assert filled.channels[0].id in r.stderr.decode()


def test_export_to_another_mooring(fresh, filled):
    """Bootstrap tokens included, which no message of a device holds."""
    text, lines = export(filled)
    for line in lines:
        if line["id"] == filled.channels[0].id:
            line["bootstrap_token"] = base64.b64encode(b"boot").decode()
    source = trusting(fresh, filled)
    source.ctl.run("import", "-", input="\n".join(map(json.dumps, lines)))
    other = trusting(fresh, filled, first_binding="imported")
    other.start()
    token = other.ctl.run("tokens", "new", "--scope", "admin",
                          "move").stdout.decode().strip()
    said = json.loads(source.ctl.run(
        "export", "--json", "--to", "https://localhost:%d" % other.admin_port,
        "--token-file", token_file(source, token),
        "--ca", copied(source, other.root_file)).stdout)
    assert said == {"devices": 2, "users": 3, "skipped": 0, "failed": 0}
    _, ours = export(other)
    ours = {line["id"]: line for line in ours}
    for line in lines:
        mine = ours[line["id"]]
        for key in ("authenticate", "unlock_token", "bootstrap_token"):
            assert mine.get(key) == line.get(key), key
        assert "cert_sha256" not in mine
    filled.stop()
    for d in filled.channels:
        moved(other, d).idle().accepted()
    other.ctl.run("store", "check")


def test_export_to_nobody(filled, migration):
    wrong = token_file(filled, "wrong")
    one_line(filled.ctl.run("export", "--to", migration.url, "--token-file",
                            wrong, check=False), 1, "401")
    one_line(filled.ctl.run("export", "--to", migration.url + "/x",
                            "--token-file", wrong, check=False), 1, "404")
    one_line(filled.ctl.run("export", "--to", "http://127.0.0.1:1",
                            "--token-file", wrong, check=False), 1)
    one_line(filled.ctl.run("export", "--to", migration.url, "--token-file",
                            "/nonexistent", check=False), 1)
    assert migration.got == []
