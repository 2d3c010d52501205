"""Who may enroll by signing in, through the admin API."""

import pytest

from api import FLAVOURS, Api, new_token, quote
from test_accounts import PASSWORD, settings, sign_in

LIST = "/v1/users"


@pytest.fixture
def api(pool, flavour):
    return Api(pool.get(flavour, **settings()))


@pytest.fixture
def one(pool):
    return Api(pool.get("lighttpd", **settings()))


def listed(api):
    return [u["name"] for u in api.pages(LIST, "users", 2)]


@pytest.mark.flavours(*FLAVOURS)
def test_users(api):
    name = "zoë/+%@example.com"
    path = LIST + "/" + quote(name)
    made = api.post(LIST, {"name": name, "password": PASSWORD}).ok(201)
    assert made.json["managed_apple_account"] == name
    assert made.json["disabled"] is False
    assert sign_in(api.server, name).status == 308
    api.post(LIST, {"name": name.upper().replace("Ë", "ë"),
                    "password": PASSWORD}).refused(409)
    changed = api.patch(path, {"managed_apple_account": "z@school.example",
                               "password": "another password"}).ok().json
    assert changed["managed_apple_account"] == "z@school.example"
    assert sign_in(api.server, name).status == 403
    assert sign_in(api.server, name, "another password").status == 308
    assert api.patch(path, {"disabled": True}).ok().json["disabled"] is True
    assert sign_in(api.server, name, "another password").status == 403
    assert api.patch(path, {"disabled": False}).ok().json == \
        {**changed, "changed": api.patch(path, {}).ok().json["changed"]}
    assert name in listed(api)
    assert api.request("DELETE", path).status == 204
    api.request("DELETE", path).refused(404)
    api.patch(path, {"disabled": True}).refused(404)
    assert name not in listed(api)
    did = [a for a in api.server.ctl.json("audit")["audit"]
           if a["op"].startswith("users.")]
    assert did[0]["op"] == "users.remove" and did[-1]["op"] == "users.add"
    for secret in (PASSWORD, "another password"):
        assert not api.server.find_log(secret)
        assert secret not in str(did)


def test_pages(one):
    """Names as long as they may be, one a page."""
    names = ["%d%s@example.com" % (i, "p" * 242) for i in range(3)]
    for n in names:
        one.post(LIST, {"name": n, "password": PASSWORD}).ok(201)
    got = [u["name"] for u in one.pages(LIST, "users", 1)]
    assert [n for n in got if n in names] == names
    for n in names:
        assert one.request("DELETE", LIST + "/" + quote(n)).status == 204


@pytest.mark.parametrize("word, body", [
    ("name", {"password": PASSWORD}), ("password", {"name": "a@b"}),
    ("name", {"name": 7, "password": PASSWORD}),
    ("password", {"name": "a@b", "password": 12345678}),
    ("password", {"name": "a@b", "password": "short"}),
    ("managed_apple_account", {"name": "ann", "password": PASSWORD}),
    ("managed_apple_account", {"name": "a@b", "password": PASSWORD,
                               "managed_apple_account": None}),
    ("disabled", {"name": "a@b", "password": PASSWORD, "disabled": "no"}),
    ("hash", {"name": "a@b", "password": PASSWORD, "hash": "x"}),
])
def test_bad_input(one, word, body):
    before = listed(one)
    r = one.post(LIST, body).refused(400, word)
    assert PASSWORD not in r.error
    assert listed(one) == before


def test_name_does_not_change(one):
    one.patch(LIST + "/a@b", {"name": "c@d"}).refused(400, "name")


def test_admins_alone(one):
    for scope in ("read", "command"):
        other = Api(one.server, new_token(one.server, scope)[1])
        other.get(LIST).refused(403)
        other.post(LIST, {"name": "a@b", "password": PASSWORD}).refused(403)
        other.patch(LIST + "/a@b", {}).refused(403)
        other.request("DELETE", LIST + "/a@b").refused(403)
