"""Account-driven enrollment: who may sign in, the login page, the token, the
profile and the enrollment that comes of it. The device is http.client, then
mooring-device."""

import html.parser
import os
import plistlib
import pty
import re
import select
import subprocess
import termios
import urllib.parse

import pytest

import api as apis
import plists
import processes
import server as servers
from device import Wire
from test_ade import Apple

FLAVOURS = ("lighttpd", "lighttpd-cgi", "apache", "apache-fcgid")
PROFILE = "application/x-apple-aspen-config"
WELL_KNOWN = "/.well-known/com.apple.remotemanagement"
LOGIN = "/mdm/enroll/login"
PASSWORD = "correct horse battery"
INFO = {"LANGUAGE": "en", "PRODUCT": "iPhone15,2", "VERSION": "22A1"}
BODY = plistlib.dumps(INFO)
HAND_BACK = "apple-remotemanagement-user-login://authentication-results" \
    "?access-token="
# What mooringctl says of each kind of error by its exit status.
BAD_INPUT, NOT_FOUND, CONFLICT = 1, 3, 4


def settings(**more):
    return {"topic": plists.TOPIC, "account_enrollment": "byod",
            "organization": "Ada & Sons <Ltd>", **more}


@pytest.fixture
def byod(pool, flavour):
    return pool.get(flavour, **settings())


@pytest.fixture
def one(pool):
    """For what does not depend on the web server."""
    return pool.get("lighttpd", **settings())


def new_user(server, *options, name=None, password=PASSWORD):
    name = name or "u%d@example.com" % next(apis.numbers)
    server.ctl.run("users", "add", name, *options, input=password + "\n")
    return name


def ask(server, method, target, body=None, headers=(), source=None):
    wire = Wire(server, source=source or apis.new_address())
    try:
        return wire.request(method, target, body, headers)
    finally:
        wire.close()


def fetch(server, token=None, body=BODY, path="/mdm/enroll/byod",
          kind="application/x-www-form-urlencoded", scheme="Bearer "):
    headers = [("Content-Type", kind)]
    if token is not None:
        headers.append(("Authorization", scheme + token))
    return ask(server, "POST", path, body, headers)


def sign_in(server, name, password=PASSWORD, source=None):
    return ask(server, "POST", LOGIN, urllib.parse.urlencode(
        {"name": name, "password": password}).encode(),
        {"Content-Type": "application/x-www-form-urlencoded"}, source)


def token_of(reply):
    assert (reply.status, reply.body) == (308, b""), reply
    assert reply.headers["Cache-Control"] == "no-store"
    where = reply.headers["Location"]
    assert where.startswith(HAND_BACK), where
    token = where[len(HAND_BACK):]
    assert re.fullmatch("[A-Za-z0-9_-]{43}", token)
    return token


def sent_to_login(reply, server):
    """The 401 of Apple's simple flow, and nothing more is said."""
    assert reply.status == 401, reply
    assert reply.headers.get_all("WWW-Authenticate") == [
        'Bearer method="apple-as-web", url="https://localhost:%d%s"' % (
            server.port, LOGIN)]
    assert reply.headers["Cache-Control"] == "no-store"
    reply.refused(401, "sign in first")


class Form(html.parser.HTMLParser):
    """The page as a browser reads it."""

    def __init__(self, reply, status):
        super().__init__()
        assert reply.status == status, reply
        assert reply.content_type == "text/html; charset=utf-8"
        assert reply.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in \
            reply.headers["Content-Security-Policy"]
        self.tags, self.inputs, self.words = [], {}, []
        self.alert, self.inside = None, None
        self.feed(reply.body.decode())
        assert reply.body.rstrip().endswith(b"</html>")
        assert "script" not in self.tags
        assert set(self.inputs) == {"name", "password"}
        assert self.inputs["password"].get("value") is None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append(tag)
        self.inside = "alert" if attrs.get("role") == "alert" else tag
        if tag == "input":
            self.inputs[attrs["name"]] = attrs

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside == "alert":
            self.alert = data
        if self.inside != "style":
            self.words.append(data)

    @property
    def name(self):
        return self.inputs["name"]["value"]


# ---- mooringctl users ----

def test_users(one):
    ctl = one.ctl
    name = new_user(one, "--account", "ada@school.example")

    def shown():
        found = [u for u in ctl.json("users", "list")["users"]
                 if u["name"] == name]
        return found[0] if found else None

    assert shown()["managed_apple_account"] == "ada@school.example"
    assert shown()["disabled"] is False
    ctl.run("users", "account", name.upper(), "other@school.example")
    assert shown()["managed_apple_account"] == "other@school.example"
    ctl.run("users", "account", name, "")
    assert shown()["managed_apple_account"] == name
    ctl.run("users", "disable", name)
    assert shown()["disabled"] is True
    assert re.search(re.escape(name) + r" .* disabled ",
                     ctl.run("users", "list").stdout.decode())
    ctl.run("users", "enable", name)
    assert shown()["disabled"] is False
    ctl.run("users", "password", name, input="another password\n")
    assert sign_in(one, name).status == 403
    assert sign_in(one, name, "another password").status == 308
    ctl.run("users", "remove", name)
    assert shown() is None
    assert ctl.run("users", "remove", name,
                   check=False).returncode == NOT_FOUND
    did = [a["op"] for a in ctl.json("audit")["audit"]]
    assert did[:7] == ["users.remove", "users.set", "users.set", "users.set",
                       "users.set", "users.set", "users.add"]


def test_users_refused(one):
    ctl, name = one.ctl, new_user(one)

    def no(code, *args, input=PASSWORD + "\n"):
        before = ctl.json("users", "list")
        r = ctl.run("users", *args, input=input, check=False)
        assert r.returncode == code, (args, r)
        assert ctl.json("users", "list") == before
        return r.stderr.decode()

    no(CONFLICT, "add", name.upper())
    for verb in ("password", "disable", "enable", "remove"):
        no(NOT_FOUND, verb, "nobody@example.com")
    no(NOT_FOUND, "account", "nobody@example.com", "a@example.com")
    for bad in ("", "x" * 256, "a\nb@c", "a\x7f@b", "a\u202e@b", " a@b", "a@b ", "ada"):
        no(BAD_INPUT, "add", bad)
    no(BAD_INPUT, "add", "b@example.com", "--account", "no at")
    no(BAD_INPUT, "account", name, "no at")
    for password in ("", "\n", "seven77\n", "x" * 1025 + "\n"):
        no(BAD_INPUT, "add", "b@example.com", input=password)
        no(BAD_INPUT, "password", name, input=password)
    assert sign_in(one, name).status == 308


@pytest.mark.parametrize("name", [
    "zoë:müller@example.com", "ada lovelace@example.com", "a+b@example.com",
    "a&b=c%41@example.com", "学生@example.com", "\"<i>'@example.com",
    "x" * 250 + "@e.de"])
def test_any_name(one, name):
    new_user(one, name=name, password="pässwörd & +%41=")
    token = token_of(sign_in(one, name, "pässwörd & +%41="))
    r = fetch(one, token)
    mdm = plistlib.loads(r.body)["PayloadContent"][-1]
    assert mdm["AssignedManagedAppleID"] == name
    r = ask(one, "GET", LOGIN + "?user-identifier=" +
            urllib.parse.quote(name))
    assert Form(r, 200).name == name
    one.ctl.run("users", "remove", name)


class Terminal:
    """mooringctl on a terminal of its own; what it shows."""

    def __init__(self, server, *args):
        self.ours, theirs = pty.openpty()
        self.shown = b""
        self.process = subprocess.Popen(
            [servers.program("mooringctl"), *args, "--dir",
             server.directory], stdin=theirs, stdout=theirs, stderr=theirs,
            env=servers.environment())
        self.before = termios.tcgetattr(theirs)
        self.theirs = theirs

    def answers(self, prompt, text):
        """Waits for the prompt, which comes when echo is off."""
        for _ in processes.deadline(20, prompt):
            if select.select([self.ours], [], [], 0.1)[0]:
                self.shown += os.read(self.ours, 4096)
            if self.shown.decode().endswith(prompt + ": "):
                break
        with open("/proc/%d/cmdline" % self.process.pid, "rb") as f:
            assert PASSWORD.encode() not in f.read()
        os.write(self.ours, text)

    def ends(self):
        code = self.process.wait(30)
        assert termios.tcgetattr(self.theirs) == self.before
        os.close(self.theirs)
        try:
            while chunk := os.read(self.ours, 4096):
                self.shown += chunk
        except OSError:
            pass        # what Linux says when the other side closed
        os.close(self.ours)
        return code


def test_password_on_a_terminal(one):
    name = "u%d@example.com" % next(apis.numbers)
    t = Terminal(one, "users", "add", name)
    t.answers("Password", PASSWORD.encode() + b"\n")
    t.answers("Password again", b"correct horse batterz\n")
    assert t.ends() == BAD_INPUT
    assert b"differ" in t.shown and b"horse" not in t.shown
    t = Terminal(one, "users", "add", name)
    t.answers("Password", PASSWORD.encode() + b"\n")
    t.answers("Password again", PASSWORD.encode() + b"\n")
    assert t.ends() == 0
    assert b"added" in t.shown and b"horse" not in t.shown
    assert sign_in(one, name).status == 308


def test_password_is_kept_nowhere(fresh):
    server = fresh(**settings())
    password, wrong = "QZpassphraseQZ", "QZwrongphraseQZ"
    name = new_user(server, password=password)
    server.ctl.run("users", "password", name, input=password + "\n")
    token = token_of(sign_in(server, name, password))
    assert sign_in(server, name, wrong).status == 403
    assert fetch(server, token).status == 200
    for pid in processes.of_directory(server.directory):
        with open("/proc/%d/cmdline" % pid, "rb") as f:
            assert b"QZ" not in f.read()
    said = server.ctl.run("audit", "--json").stdout + \
        server.ctl.run("users", "list", "--json").stdout
    assert name.encode() in said
    server.stop()
    looked = 0
    secrets = [password, wrong, token, "pbkdf2"]
    for folder, _, files in os.walk(server.folder):
        for file in files:
            with open(os.path.join(folder, file), "rb") as f:
                said += f.read()
            looked += 1
    assert looked > 10
    for secret in secrets:
        assert secret.encode() not in said, secret


# ---- discovery ----

def test_off(pool, flavour):
    server = pool.get(flavour)
    for method, target in (("GET", WELL_KNOWN), ("GET", LOGIN),
                           ("POST", LOGIN), ("POST", "/mdm/enroll/byod"),
                           ("POST", "/mdm/enroll/adde")):
        r = ask(server, method, target, BODY if method == "POST" else None)
        assert r.refused(404).headers["WWW-Authenticate"] is None


@pytest.mark.flavours(*FLAVOURS)
def test_well_known(byod):
    r = ask(byod, "GET", WELL_KNOWN +
            "?user-identifier=ada@example.com&model-family=iPhone")
    assert (r.status, r.content_type) == (200, "application/json")
    assert r.json() == {"Servers": [{
        "Version": "mdm-byod",
        "BaseURL": "https://localhost:%d/mdm/enroll/byod" % byod.port}]}
    assert ask(byod, "POST", WELL_KNOWN, b"").status == 405


def test_adde(pool):
    server = pool.get("lighttpd", **settings(account_enrollment="adde",
                                             access_rights=1023))
    (said,) = ask(server, "GET", WELL_KNOWN).json()["Servers"]
    assert said == {"Version": "mdm-adde", "BaseURL":
                    "https://localhost:%d/mdm/enroll/adde" % server.port}
    sent_to_login(fetch(server, path="/mdm/enroll/adde"), server)
    fetch(server).refused(404)
    token = token_of(sign_in(server, new_user(server)))
    r = fetch(server, token, path="/mdm/enroll/adde")
    mdm = plistlib.loads(r.body)["PayloadContent"][-1]
    assert (mdm["EnrollmentMode"], mdm["AccessRights"]) == ("ADDE", 1023)


# ---- the profile's URL ----

@pytest.mark.flavours(*FLAVOURS)
def test_sent_to_login(byod):
    sent_to_login(fetch(byod), byod)
    # Apple's device CA is not looked for: any signature, or none.
    signed = Apple().says(INFO)
    for kind in ("application/xml", "application/pkcs7-signature",
                 "application/x-www-form-urlencoded", "text/html", "x"):
        sent_to_login(fetch(byod, body=BODY, kind=kind), byod)
        sent_to_login(fetch(byod, body=signed, kind=kind), byod)


def test_login_elsewhere(fresh):
    server = fresh(**settings(login_url="https://login.example.com/in"))
    assert fetch(server).headers["WWW-Authenticate"] == \
        'Bearer method="apple-as-web", url="https://login.example.com/in"'


def test_bad_machine_info(one):
    token = token_of(sign_in(one, new_user(one)))
    for body in (b"", b"junk", b"\x30\x80", plistlib.dumps([]),
                 plistlib.dumps({"PRODUCT": "iPhone15,2"}),
                 plistlib.dumps({**INFO, "PRODUCT": 7})):
        fetch(one, token, body).refused(400)
    assert fetch(one, token, b" " * 70000).status == 413
    # None of them counted as one of five.
    for _ in range(5):
        assert fetch(one, token).status == 200


@pytest.mark.flavours(*FLAVOURS)
def test_no_other_401(byod):
    """Which a device takes for an end of its management."""
    for target in ("/mdm/enroll", "/mdm/enroll/anchors", "/mdm/enroll/trust",
                   "/MDMServiceConfig", LOGIN, WELL_KNOWN,
                   "/mdm/enroll/other"):
        for method in ("GET", "POST", "PUT"):
            r = ask(byod, method, target, BODY if method != "GET" else None,
                    {"Authorization": "Bearer " + "A" * 43})
            assert r.status != 401, (method, target, r)
            assert r.headers["WWW-Authenticate"] is None
    assert ask(byod, "GET", "/mdm/enroll/byod").status == 405


# ---- the login page ----

@pytest.mark.flavours(*FLAVOURS)
def test_login_page(byod):
    r = ask(byod, "GET", LOGIN + "?user-identifier=ada@example.com")
    form = Form(r, 200)
    assert form.name == "ada@example.com"
    assert form.alert is None
    assert "Ada & Sons <Ltd>" in "".join(form.words)
    assert Form(ask(byod, "GET", LOGIN), 200).name == ""


@pytest.mark.parametrize("query, shown", [
    ("%3Cscript%3Ealert(1)%3C/script%3E", "<script>alert(1)</script>"),
    ("%22%20onfocus%3D%22alert(1)", '" onfocus="alert(1)'),
    ("'%26lt;%26%2339;", "'&lt;&#39;"),
    ("a+b@example.com", "a+b@example.com"),
    ("a%2Bb@example.com", "a+b@example.com"),
    ("zo%C3%AB@example.com", "zoë@example.com"),
    ("%22" * 255, '"' * 255),
    # No name of anybody's.
    ("%22" * 256, ""), ("%ff%fe", ""), ("x%C3", ""),
])
def test_prefilled(one, query, shown):
    r = ask(one, "GET", LOGIN + "?model-family=iPhone&user-identifier="
            + query)
    assert Form(r, 200).name == shown


def test_bad_query(one):
    for query in ("user-identifier=%00", "user-identifier=%zz"):
        r = ask(one, "GET", LOGIN + "?" + query)
        assert r.status in (200, 400), r
        if r.status == 200:
            assert Form(r, 200).name == ""


@pytest.mark.flavours(*FLAVOURS)
def test_wrong_password(byod):
    name = new_user(byod)
    disabled = new_user(byod)
    byod.ctl.run("users", "disable", disabled)
    pages = [sign_in(byod, *pair) for pair in (
        (name, "wrong password"), (disabled, PASSWORD),
        ("<b>\"nobody'@example.com", PASSWORD), (name, ""),
        ("x" * 300, PASSWORD), ('"' * 4000, PASSWORD), ("", PASSWORD))]
    said = {Form(r, 403).alert for r in pages}
    assert len(said) == 1 and "wrong" in said.pop()
    assert Form(pages[0], 403).name == name
    assert Form(pages[2], 403).name == "<b>\"nobody'@example.com"
    for r in pages:
        assert r.headers["WWW-Authenticate"] is None
        assert r.headers["Location"] is None


def test_odd_forms(one):
    name = new_user(one)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in (b"", b"&&&", b"name", b"name=&password=", b"password=x",
                 b"name=%00&password=x", b"\xff=\xfe", b"name=%zz",
                 b'name=' + b'"' * 16000):
        assert Form(ask(one, "POST", LOGIN, body, kind), 403).name == ""
    assert ask(one, "POST", LOGIN, b"x" * 17000, kind).status == 413
    # As phones type it.
    token_of(sign_in(one, " %s " % name.upper()))


@pytest.mark.flavours("lighttpd", "apache")
def test_throttle(byod):
    name, source = new_user(byod), apis.new_address()
    for _ in range(10):
        Form(sign_in(byod, name, "wrong password", source), 403)
    seen = [sign_in(byod, name, "wrong password", source) for _ in range(3)]
    assert {r.status for r in seen} <= {403, 429}
    r = sign_in(byod, name, PASSWORD, source)
    form = Form(r, 429)
    assert "wait" in form.alert and form.name == name
    assert 1 <= int(r.headers["Retry-After"]) <= 60
    assert byod.wait_log("login_throttled", source)
    # Nobody else is held up.
    token_of(sign_in(byod, name))


def test_log_names_the_account_alone(one):
    name = new_user(one)
    sign_in(one, name, "QQwrong passwordQQ")
    assert one.wait_log("account=" + name, "status=403")
    token = token_of(sign_in(one, name))
    assert one.wait_log("account=" + name, "status=308")
    assert fetch(one, token).status == 200
    for secret in ("QQ", PASSWORD, token):
        assert not one.find_log(secret), secret


# ---- the token ----

@pytest.mark.flavours(*FLAVOURS)
def test_profile(byod):
    name = new_user(byod, "--account", "ada@school.example")
    token = token_of(sign_in(byod, name))
    for scheme in ("Bearer ", "bearer "):
        r = fetch(byod, token, scheme=scheme)
        assert (r.status, r.content_type) == (200, PROFILE), r
        assert r.headers["Cache-Control"] == "no-store"
        mdm = plistlib.loads(r.body)["PayloadContent"][-1]
        assert mdm["PayloadType"] == "com.apple.mdm"
        assert mdm["EnrollmentMode"] == "BYOD"
        assert mdm["AssignedManagedAppleID"] == "ada@school.example"
        assert "AccessRights" not in mdm


def test_token_wears_out(one):
    token = token_of(sign_in(one, new_user(one)))
    for _ in range(5):
        assert fetch(one, token).status == 200
    for _ in range(2):
        sent_to_login(fetch(one, token), one)
    assert one.wait_log("bearer token has fetched enough profiles")


def test_no_token_of_ours(one):
    name = new_user(one)
    invite = one.ctl.json("invite", "new")["url"].partition("=")[2]
    challenge = one.ctl.run("challenge", "new").stdout.decode().strip()
    good = token_of(sign_in(one, name))
    admin = apis.admin_token(one)
    before = one.ctl.json("audit")
    for bad in (invite, challenge, admin, "A" * 43, "A" * 5000, "", good[:-1],
                good + "A", good + " x"):
        sent_to_login(fetch(one, bad), one)
    sent_to_login(fetch(one, good, scheme="Basic "), one)
    sent_to_login(fetch(one, good, scheme=""), one)
    assert one.ctl.json("audit") == before
    assert fetch(one, good).status == 200


def test_token_of_somebody_who_may_no_longer(one):
    ctl, name = one.ctl, new_user(one)
    token = token_of(sign_in(one, name))
    ctl.run("users", "disable", name)
    sent_to_login(fetch(one, token), one)
    ctl.run("users", "enable", name)
    assert fetch(one, token).status == 200
    ctl.run("users", "remove", name)
    sent_to_login(fetch(one, token), one)


# ---- into management ----

@pytest.mark.flavours(*FLAVOURS)
def test_whole_enrollment(byod, tmp_path):
    name = new_user(byod, "--account", "ada@school.example")
    file = tmp_path / "p.mobileconfig"
    file.write_bytes(fetch(byod, token_of(sign_in(byod, name))).body)
    who = plists.new_uuid()
    r = subprocess.run(
        [servers.program("mooring-device"), "enroll", "--state",
         str(tmp_path / "sim"), "--ca", byod.root_file, "--kind",
         "byod-device", "--udid", who, "--profile", str(file)],
        capture_output=True, text=True, timeout=120)
    assert r.returncode == 0, (r.stdout, r.stderr)
    shown = byod.ctl.enrollment(who)
    assert shown["state"] == "enabled"
    facts = byod.ctl.json("enrollments", "profile", who)
    assert facts["enrollment_mode"] == "BYOD"
    assert facts["account"] == "ada@school.example"
    assert "access_rights" not in facts
    (issued,) = [i for i in byod.ctl.json("ca", "issued")["certificates"]
                 if i.get("sha256") == shown["cert_sha256"]]
    assert issued["source"] == "account"
