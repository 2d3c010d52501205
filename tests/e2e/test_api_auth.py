"""Who may call the admin API: tokens, their scopes, what is said of it in the
audit log; and that a caller without a token changes nothing."""

import base64
import contextlib
import json
import os
import re
import signal
import subprocess
import time

import pytest

import api
import device
import plists
import processes

ON_ALL = pytest.mark.flavours(*api.FLAVOURS)
# One process that lives on: where failures are counted.
ON_WORKERS = pytest.mark.flavours("lighttpd", "lighttpd-socket", "apache")
LIST = "/v1/tokens"


@pytest.fixture
def admin(server):
    return api.Api(server)


def last_txn(server):
    """The number of the store's last transaction: every commit adds one."""
    out = subprocess.run(["mdb_stat", "-e", server.path("store")],
                         capture_output=True, check=True, text=True).stdout
    return int(re.search(r"Last transaction ID: (\d+)", out).group(1))


@contextlib.contextmanager
def alone(server):
    """Nobody but the workers writes meanwhile."""
    couriers = processes.of_directory(server.directory, "mooring-courier")
    for p in couriers:
        processes.kill(p, signal.SIGSTOP)
    try:
        yield
    finally:
        for p in couriers:
            processes.kill(p, signal.SIGCONT)


def audit(server, *args):
    return server.ctl.json("audit", "--all", *args)["audit"]


# ---- being let in ----

@ON_ALL
def test_both_schemes(server, admin):
    token = api.admin_token(server)
    assert re.fullmatch(r"mooring_[A-Za-z0-9_-]{43}", token)
    for header in (api.bearer(token), "bearer " + token, "BEARER  " + token,
                   api.basic_of(token), api.basic_of(token, ""),
                   api.basic_of(token, "anybody at all"),
                   api.basic_of(token).replace("Basic", "basic")):
        admin.get(LIST, authorization=header).ok()


@ON_ALL
def test_version_needs_no_token(server):
    r = api.Api(server, "").get("/version").ok()
    assert list(r.json) == ["version"]


@ON_ALL
def test_scopes(server, admin):
    """403 says what is missing, and whose token it is."""
    for scope in api.SCOPES:
        name, token = api.new_token(server, scope)
        r = admin.get(LIST, authorization=api.bearer(token))
        if scope == "admin":
            r.ok()
            continue
        assert r.refused(403).error == (
            "token %s has scope %s; this needs admin" % (name, scope))
        assert "WWW-Authenticate" not in r.headers


@ON_ALL
def test_every_refusal_is_the_same(server):
    """No token, a wrong one, one that expired or was revoked; by each
    scheme."""
    name, revoked = api.new_token(server, "admin")
    _, expired = api.new_token(server, "admin", "--expires", "+1s")
    caller = api.Api(server, "")
    server.ctl.run("tokens", "revoke", name)
    for _ in processes.deadline(10, "the end of a token"):
        r = caller.get(LIST, authorization=api.bearer(expired))
        if r.status != 200:
            break
    replies = [r, caller.get(LIST)]
    for token in (revoked, expired, "wrong"):
        replies.append(caller.get(LIST, authorization=api.bearer(token)))
        replies.append(caller.get(LIST, authorization=api.basic_of(token)))
    for r in replies:
        r.unauthorized()
    for why in ("no token", "an unknown token",
                "token %s is revoked" % name, "has expired"):
        server.wait_log("status=401", why)


@ON_ALL
def test_a_revoked_token_ends_at_once(server, admin):
    """Also in a worker that has let it in many times."""
    name, token = api.new_token(server, "admin")
    caller = api.Api(server, token)
    for _ in range(5):
        caller.get(LIST).ok()
    admin.delete(LIST + "/" + name).ok(204)
    caller.get(LIST).unauthorized()


# ---- odd headers ----

ODD = {
    "empty": "",
    "blank": " ",
    "no scheme": "TOKEN",
    "another scheme": "Digest TOKEN",
    "scheme alone": "Bearer",
    "scheme and blank": "Basic ",
    "tab": "Bearer\tTOKEN",
    "no blank": "BearerTOKEN",
    "two in one": "Bearer TOKEN, Bearer TOKEN",
    "basic twice": "BASIC, BASIC",
    "token as user": api.basic_of("", "TOKEN"),
    "no colon": "Basic " + base64.b64encode(b"TOKEN").decode(),
    "base64 junk": "Basic !!!!",
    "base64 cut": "BASIC_CUT",
    "base64 with a blank": "BASIC_BLANK",
    "url alphabet": "Basic _-_-_-_-",
    "NUL in the password": api.basic_of(b"TOKEN\0more"),
    "NUL before it": api.basic_of(b"\0TOKEN"),
    "line end in it": api.basic_of(b"TOKEN\n"),
    "not UTF-8": api.basic_of(b"\xff\xfeTOKEN"),
    "Latin-1": "Bearer \xe9\xe8TOKEN",
    "huge": "Bearer " + "A" * 30000,
    "huge basic": api.basic_of("A" * 20000),
    "format": "Bearer %s%n%s%n",
    "hex of it": "HEX",
}


@ON_WORKERS
def test_odd_headers(fresh, flavour):
    """Nobody gets in by them, the worker lives on, and the log says nothing
    of what was sent."""
    server = fresh(flavour)
    token = api.admin_token(server)
    workers = server.workers("api.fcgi")

    def wire():
        return device.Wire(server, port=server.admin_port,
                           source=api.new_address())

    def header(text):
        if text.startswith("Basic "):
            try:
                raw = base64.b64decode(text[6:], validate=True)
                return "Basic " + base64.b64encode(
                    raw.replace(b"TOKEN", token.encode())).decode()
            except ValueError:
                pass
        return (text.replace("BASIC_CUT", api.basic_of(token)[:-3])
                .replace("BASIC_BLANK", api.basic_of(token)[:20] + " "
                         + api.basic_of(token)[20:])
                .replace("BASIC", api.basic_of(token))
                .replace("HEX", "Bearer " + token.encode().hex())
                .replace("TOKEN", token))

    for what, text in ODD.items():
        r = wire().request("GET", LIST, headers=[
            ("Authorization", header(text).encode("latin-1"))])
        # What the web server itself refuses does not arrive.
        assert r.status in (401, 400), (what, r)
        assert b"tokens" not in r.body, what
    for pair in ((api.bearer(token), api.bearer("wrong")),
                 (api.bearer("wrong"), api.bearer(token)),
                 (api.bearer(token), api.bearer(token))):
        r = wire().request("GET", LIST, headers=[
            ("Authorization", p) for p in pair])
        assert r.status in (401, 400), r
    assert server.workers("api.fcgi") == workers
    for _, text in server.log_texts():
        assert token not in text and token[8:30] not in text
        assert "AAAAAAAA" not in text


# ---- a caller without a token changes nothing ----

@ON_ALL
def test_no_write_without_a_token(fresh, flavour):
    """Not even of the failure; after the next good call there is one."""
    server = fresh(flavour)
    caller = api.Api(server, "")
    name, token = api.new_token(server, "read")
    server.ctl.run("tokens", "revoke", name)
    with alone(server):
        before = last_txn(server)
        for method, path in (
                ("GET", LIST), ("POST", LIST), ("DELETE", LIST + "/admin"),
                ("GET", "/v1/audit")):
            for text in ("", api.bearer(token), api.bearer("wrong")):
                body = None if method == "GET" else b'{"name":"evil"}'
                r = caller.request(method, path, body, authorization=text)
                r.unauthorized()
        assert last_txn(server) == before
        name, token = api.new_token(server, "read")
        between = last_txn(server)
        assert between > before
        caller.get(LIST, authorization=api.bearer(token)).refused(403)
        assert last_txn(server) == between + 1      # its last use


@ON_ALL
def test_nothing_is_read_before_the_token(server):
    """What is wrong with a body is told to nobody who has no token; but too
    large is too large."""
    caller = api.Api(server, "")
    for body in (b"", b"{", b"[" * 100000, b'{"name":1}', b"\xff" * 1000):
        caller.post(LIST, body).unauthorized()
    r = device.raw_exchange(
        server, b"POST /v1/tokens HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Length: 100\r\nConnection: close\r\n\r\n{}",
        close_write=True, port=server.admin_port)
    assert r is None or r.status >= 400 and b"Content-Length" not in r.body, r
    r = device.raw_exchange(
        server, b"POST /v1/tokens HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Length: 999999999999\r\nConnection: close\r\n\r\n{}",
        close_write=True, port=server.admin_port)
    assert r is None or r.status in (400, 413, 500, 502), r


# ---- the throttle ----

def fail_until_throttled(caller, most=30):
    """How many tries were answered before that."""
    for n in range(most):
        r = caller.get(LIST, authorization=api.bearer("guess %d" % n))
        if r.status == 429:
            return n, r.throttled()
        r.unauthorized()
    raise AssertionError("not throttled after %d" % most)


@ON_WORKERS
def test_throttle(fresh, flavour):
    """Ten failures, then a wait; it ends by itself; others do not wait."""
    server = fresh(flavour)
    token = api.admin_token(server)
    _, unseen = api.new_token(server, "admin")
    caller = api.Api(server, "")
    seen = api.Api(server, token, source=caller.address)
    seen.get(LIST).ok()
    tried, wait = fail_until_throttled(caller)
    began = time.monotonic()
    assert (tried, wait) == (10, 1)
    # A token that this process knows is good does not wait; another one from
    # this address does, though it is good.
    seen.get(LIST).ok()
    r = caller.get(LIST, authorization=api.bearer(unseen))
    if time.monotonic() - began < 0.9:
        r.throttled()
    # From elsewhere nobody waits.
    api.Api(server, "").get(
        LIST, authorization=api.bearer("guess")).unauthorized()
    server.wait_log("adminauth.throttle", caller.address)
    server.wait_log("status=429", "kind=throttled")
    for _ in processes.deadline(10, "the end of the wait"):
        r = caller.get(LIST, authorization=api.bearer(unseen))
        if r.status == 200:
            break
        r.throttled()
    # The next failure is answered, and doubles it.
    caller.get(LIST, authorization=api.bearer("guess")).unauthorized()
    assert caller.get(LIST, authorization=api.bearer("guess")).throttled() == 2
    # Devices are another program's business.
    server.enrolled().idle().accepted()


@ON_ALL
def test_asking_without_a_token_is_no_failure(server):
    caller = api.Api(server, "")
    for _ in range(30):
        caller.get(LIST).unauthorized()


# ---- last use ----

@ON_ALL
def test_last_use_to_the_minute(fresh, flavour):
    """One write a minute at most, however often it is used."""
    server = fresh(flavour)

    def used(name):
        for t in server.ctl.json("tokens", "list")["tokens"]:
            if t["name"] == name:
                return t.get("last_used")
        raise AssertionError(name)

    name, token = api.new_token(server, "admin")
    assert used(name) is None
    caller = api.Api(server, token)
    with alone(server):
        before, began = last_txn(server), int(time.time())
        for _ in range(20):
            caller.get(LIST).ok()
        writes, ended = last_txn(server) - before, int(time.time())
    # Under mod_fcgid there may be several processes, one after another here.
    assert 1 <= writes <= ended // 60 - began // 60 + 1
    assert used(name) in [
        time.strftime("%Y-%m-%dT%H:%M:00Z", time.gmtime(t))
        for t in (began, ended)]


# ---- tokens by the API ----

@ON_ALL
def test_token_life(server, admin):
    r = admin.post(LIST, {"name": "life-" + server.flavour,
                          "scope": "command", "expires": "+90d"}).ok(201)
    made = r.json
    assert r.headers["Cache-Control"] == "no-store"
    assert (made["scope"], made["state"], made["made_by"]) == (
        "command", "active", "token:admin")
    assert abs(90 * 86400 - (api_time(made["expires"])
                             - api_time(made["created"]))) <= 1
    name, text = made["name"], made.pop("token")
    assert re.fullmatch(r"mooring_[A-Za-z0-9_-]{43}", text)
    admin.post(LIST, {"name": name}).refused(409, name)
    listed = [t for t in admin.pages(LIST, "tokens")
              if t["name"] == name]
    assert listed == [made]
    api.Api(server, text).get(LIST).refused(403, "scope command")
    admin.delete(LIST + "/" + name).ok(204)
    admin.delete(LIST + "/" + name).ok(204)     # it is so already
    api.Api(server, text).get(LIST).unauthorized()
    again = admin.post(LIST, {"name": name}).ok(201).json
    assert (again["scope"], "expires" in again) == ("read", False)
    admin.delete(LIST + "/@%d" % again["number"]).ok(204)
    admin.delete(LIST + "/nobody-of-that-name").refused(404)
    assert {t["state"] for t in server.ctl.json("tokens", "list")["tokens"]
            if t["name"] == name} == {"revoked"}


def api_time(text):
    return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


@pytest.mark.parametrize("body", [
    {}, {"name": ""}, {"name": "a b"}, {"name": 5}, {"name": None},
    {"name": ["x"]}, {"name": "x" * 65}, {"name": "..", "scope": "read"},
    {"name": "x", "scope": "root"}, {"name": "x", "scope": 1},
    {"name": "x", "scope": None}, {"name": "x", "scope": ["admin"]},
    {"name": "x", "expires": "tomorrow"}, {"name": "x", "expires": -1},
    {"name": "x", "expires": "2001-01-01T00:00:00Z"},
    {"name": "x", "expires": True}, {"name": "x", "expires": 1e99},
    {"name": "x", "expires": 2 ** 62}, {"name": "x", "expires": 253402300800},
    {"name": "x", "expire": "+1d"}, {"Name": "x"}, [], "x", 5, None,
    b"", b"{", b"{}{}", b"name=x", b'{"name":"x","name":"y"}',
    b'{"name":"x\\u0000y"}', b'{"name":"\xff"}'], ids=repr)
def test_bad_new_tokens(lighttpd, body):
    before = len(lighttpd.ctl.json("tokens", "list")["tokens"])
    api.Api(lighttpd).post(
        LIST, b"null" if body is None else body).refused(400)
    assert len(lighttpd.ctl.json("tokens", "list")["tokens"]) == before


# ---- mooringctl ----

def test_tokens_on_the_command_line(lighttpd):
    """The text is on stdout alone, so that scripts can take it."""
    r = lighttpd.ctl.run("tokens", "new", "cli-1", "--scope", "admin",
                         "--expires", "30")
    text = r.stdout.decode()
    assert re.fullmatch(r"mooring_[A-Za-z0-9_-]{43}\n", text)
    assert b"cli-1" in r.stderr and text.strip().encode() not in r.stderr
    api.Api(lighttpd, text.strip()).get(LIST).ok()
    made = lighttpd.ctl.json("tokens", "new", "cli-2")
    assert made["scope"] == "read" and "expires" not in made
    table = lighttpd.ctl.run("tokens", "list").stdout.decode()
    assert "cli-1" in table and "cli-2" in table
    assert text.strip() not in table and made["token"] not in table
    assert lighttpd.ctl.run("tokens", "new", "cli-1",
                            check=False).returncode == 4
    for bad in (("a b",), ("x", "--scope", "root"), ("x", "--expires", "0"),
                ("x", "--expires", "soon"), ("@3",)):
        r = lighttpd.ctl.run("tokens", "new", *bad, check=False)
        assert r.returncode in (1, 2) and not r.stdout, bad
    assert lighttpd.ctl.json("tokens", "revoke", "cli-1")["changed"]
    assert not lighttpd.ctl.json("tokens", "revoke", "cli-1")["changed"]
    assert lighttpd.ctl.run("tokens", "revoke", "nobody",
                            check=False).returncode == 3


def test_first_token_of_an_older_directory(fresh):
    """One that was made before tokens were stored: init puts it there, and
    running it again changes nothing."""
    server = fresh(start=False)
    path = server.path("secrets", "admin.token")
    text = "0123456789abcdef" * 4
    with open(path, "w") as f:
        f.write(text + "\n")
    subprocess.run(["rm", "-r", server.path("store")], check=True)
    for _ in range(2):
        server.ctl.run("init")
        with open(path) as f:
            assert f.read() == text + "\n"
    tokens = server.ctl.json("tokens", "list")["tokens"]
    assert [(t["name"], t["scope"]) for t in tokens] == [("admin", "admin")]
    server.start()
    api.Api(server, text).get(LIST).ok()


# ---- the audit log ----

@ON_ALL
def test_who_did_what(server, admin):
    """Each by its own name, in the order of what happened, with the
    enrollment that it was done to."""
    d = server.enrolled(how=server.how)
    uuid, body = plists.command("DeviceLock", PIN="123456")
    server.ctl.enqueue(d.id, body)
    server.ctl.run("enrollments", "block", d.id)
    server.ctl.run("enrollments", "unblock", d.id)
    server.ctl.run("queue", "clear", d.id)
    name, _ = api.new_token(server, "read")
    admin.delete(LIST + "/" + name).ok(204)
    number = server.ctl.enrollment(d.id)["number"]
    cli = "cli:" + server_starter()
    records = audit(server, "--enrollment", d.id)
    assert [(r["who"], r["op"], r.get("target"), r.get("detail"))
            for r in reversed(records)] == [
        (cli, "enqueue", uuid, "DeviceLock"),
        (cli, "enrollments.block", None, None),
        (cli, "enrollments.unblock", None, None),
        (cli, "queue.clear", None, "1 commands")]
    assert {(r["enrollment"], r["enrollment_number"])
            for r in records} == {(d.id, number)}
    assert admin.pages("/v1/audit?enrollment=" + d.id, "audit") == records
    tokens = [r for r in admin.pages("/v1/audit", "audit", 50)
              if r.get("target") == name]
    assert [(r["who"], r["op"]) for r in tokens] == [
        ("token:admin", "tokens.revoke"), (cli, "tokens.new")]
    assert "123456" not in json.dumps(audit(server))
    table = server.ctl.run("audit", "--limit", 5).stdout.decode()
    assert len(table.splitlines()) == 6 and "token:admin" in table
    admin.get("/v1/audit?enrollment=nobody").refused(404)
    _, reader = api.new_token(server, "command")
    api.Api(server, reader).get("/v1/audit").refused(403, "needs admin")


def server_starter():
    return subprocess.run(["id", "-un"], capture_output=True, check=True,
                          text=True).stdout.strip()


def test_tokens_stand_nowhere(fresh):
    """Neither in the store nor in a log, whichever way they came."""
    server = fresh(log_level="debug")
    admin = api.Api(server)
    texts = [api.admin_token(server)]
    for n in range(3):
        texts.append(api.new_token(server, "admin")[1])
        texts.append(admin.post(LIST, {
            "name": "n%d" % n, "scope": "admin"}).ok(201).json["token"])
    for text in texts:
        for header in (api.bearer(text), api.basic_of(text), "Digest " + text):
            admin.get(LIST, authorization=header)
        admin.get(LIST + "?token=x", authorization=api.basic_of("x", text))
    server.stop()
    for base, _, names in os.walk(server.directory):
        for name in names:
            path = os.path.join(base, name)
            if name == "admin.token" or not os.path.isfile(path):
                continue
            with open(path, "rb") as f:
                data = f.read()
            for text in texts:
                assert text[8:].encode() not in data, path
                assert base64.b64encode(text.encode())[:40] not in data, path
                assert text.encode().hex().encode() not in data, path
