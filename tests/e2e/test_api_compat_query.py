"""NanoMDM's enrollments/query."""

import concurrent.futures
import os
import re

import pytest

import plists
from compat import everywhere


def pages(nano, body, by, limit):
    """All that is found, page by page."""
    found, query = [], ""
    while True:
        r = nano.query(body, "?limit=%d%s" % (limit, query))
        assert r.status == 200, r
        page = r.json["enrollments"]
        assert len(page) <= limit
        found += page
        if by == "offset":
            assert "next_cursor" not in r.json or query == ""
            if len(page) < limit:
                return found
            query = "&offset=%d" % len(found)
        else:
            if "next_cursor" not in r.json:
                return found
            query = "&cursor=" + r.json["next_cursor"]


@everywhere
def test_query(nano):
    d = nano.server.device()
    serial = "S" + plists.new_uuid()[:8]
    d.authenticate(SerialNumber=serial).accepted()
    d.token_update(UnlockToken=b"\x00secret").accepted()
    user = d.user()
    user.token_update().accepted()
    r = nano.query({"filter": {"serials": [serial]}})
    assert r.status == 200, r
    assert r.headers["content-type"] == "application/json"
    seen = r.json["enrollments"][0]["last_seen"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", seen)
    assert r.body.decode().replace(
        r.json["enrollments"][1]["last_seen"], seen) == (
        '{\n\t"enrollments": [\n\t\t{\n\t\t\t"id": "%s",\n'
        '\t\t\t"type": "Device",\n\t\t\t"device": {\n'
        '\t\t\t\t"serial_number": "%s"\n\t\t\t},\n'
        '\t\t\t"enabled": true,\n\t\t\t"token_update_tally": 1,\n'
        '\t\t\t"last_seen": "%s"\n\t\t},\n\t\t{\n\t\t\t"id": "%s",\n'
        '\t\t\t"type": "User",\n\t\t\t"device": {\n'
        '\t\t\t\t"serial_number": "%s"\n\t\t\t},\n'
        '\t\t\t"user": {\n\t\t\t\t"user_short_name": "ada",\n'
        '\t\t\t\t"user_long_name": "Ada L."\n\t\t\t},\n'
        '\t\t\t"enabled": true,\n\t\t\t"token_update_tally": 1,\n'
        '\t\t\t"last_seen": "%s"\n\t\t}\n\t]\n}\n' % (
            d.id, serial, seen, user.id, serial, seen))
    r = nano.query({"filter": {"ids": [d.id]}, "options": {
        "include_device_cert": True, "include_unlock_token": True}})
    device = r.json["enrollments"][0]["device"]
    assert device == {
        "serial_number": serial, "unlock_token": "AHNlY3JldA==",
        "device_cert": d.identity.pem.decode()}
    # The certificate that is bound now.
    renewed = nano.server.ca.issue("renewed")
    d.check_out().accepted()
    again = d.again(renewed)
    again.authenticate(SerialNumber=serial).accepted()
    again.token_update().accepted()
    r = nano.query({"filter": {"ids": [d.id]},
                    "options": {"include_device_cert": True}})
    assert r.json["enrollments"][0]["device"] == {
        "serial_number": serial, "device_cert": renewed.pem.decode()}


def test_query_filters(one):
    server = one.server
    tag = plists.new_uuid()[:8]
    devices = []
    for n in range(4):
        d = server.device()
        d.authenticate(SerialNumber="F%s-%d" % (tag, n)).accepted()
        d.token_update().accepted()
        devices.append(d)
    users = [d.user(short_name="%s-%d" % (tag, n))
             for n, d in enumerate(devices)]
    for u in users:
        u.token_update().accepted()
    devices[3].check_out().accepted()
    serials = ["F%s-%d" % (tag, n) for n in range(4)] + ["other"]
    both = {d.id for d in devices} | {u.id for u in users}

    def found(**filter):
        r = one.query({"filter": filter})
        assert r.status == 200, r
        return [e["id"] for e in r.json["enrollments"]]

    assert set(found(serials=serials)) == both
    assert found(serials=serials[:1]) == [devices[0].id, users[0].id]
    assert found(serials=["none"]) == []
    assert found(ids=[devices[1].id, users[0].id, "none"]) == [
        devices[1].id, users[0].id]
    assert found(user_short_names=[tag + "-2", tag + "-0"]) == [
        users[0].id, users[2].id]
    assert set(found(serials=serials, types=["User"])) == {
        u.id for u in users}
    assert found(serials=serials, types=["Shared iPad"]) == []
    assert set(found(serials=serials, types=["Device"], enabled=True)) == {
        d.id for d in devices[:3]}
    assert set(found(serials=serials, enabled=False)) == {
        devices[3].id, users[3].id}
    assert found(ids=[devices[0].id], serials=serials[1:]) == []
    assert set(found(serials=serials, ids=None, types=None,
                     enabled=None)) == both
    for by in ("cursor", "offset"):
        for limit in (1, 3, 8, 100):
            for filter in ({"serials": serials},
                           {"ids": sorted(both)},
                           {"serials": serials, "types": ["Device"]}):
                got = pages(one, {"filter": filter}, by, limit)
                names = [e["id"] for e in got]
                assert len(names) == len(set(names)), (by, limit)
                assert set(names) == both & (
                    {d.id for d in devices} if "types" in filter else both)


@pytest.mark.flavours("lighttpd", "apache")
def test_query_pages(nano):
    """As mdmdirector: pages of 500, five at once, by offset."""
    for _ in range(3):
        nano.server.enrolled()
    everything = pages(nano, None, "cursor", 10000)
    assert pages(nano, {}, "cursor", 2) == everything
    assert len(everything) >= 3
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        offsets = range(0, len(everything) + 5, 2)
        found = pool.map(lambda o: nano.query(
            {"filter": None}, "?limit=2&offset=%d" % o), offsets)
        got = [e["id"] for r in found for e in r.json["enrollments"]]
    assert got == [e["id"] for e in everything]
    # What is empty was not given.
    r = nano.query({}, "?limit=&offset=&cursor=")
    assert (r.status, r.json) == (200, nano.query({}).json)
    r = nano.query({}, "?limit=2&offset=")
    assert len(r.json["enrollments"]) == 2 and "next_cursor" in r.json
    r = nano.query({}, "?limit=500&offset=100000")
    assert (r.status, r.json) == (200, {"enrollments": []})


def test_query_of_large_tokens(one):
    """A device chooses how large its token is: a page ends where they would
    be too much for one answer."""
    devices = []
    for _ in range(5):
        devices.append(one.server.device())
        devices[-1].authenticate().accepted()
        devices[-1].token_update(UnlockToken=os.urandom(9 << 20)).accepted()
    body = {"filter": {"ids": [d.id for d in devices]},
            "options": {"include_unlock_token": True}}
    r = one.query(body, "?limit=10")
    assert (r.status, len(r.json["enrollments"])) == (200, 4)
    got = r.json["enrollments"]
    r = one.query(body, "?limit=10&cursor=" + r.json["next_cursor"])
    got += r.json["enrollments"]
    assert "next_cursor" not in r.json
    assert [e["id"] for e in got] == [d.id for d in devices]
    # Who pages by offset would take a short page for the last one.
    r = one.query(body, "?limit=10&offset=0")
    assert (r.status, list(r.json)) == (413, ["error"])
    r = one.query(body, "?limit=2&offset=3")
    assert [e["id"] for e in r.json["enrollments"]] == [
        d.id for d in devices[3:]]


def test_query_refused(one):
    for body in (b"x", b"[]", b"{", b"\xff", b'{"filter":[]}',
                 b'{"filter":{"ids":"x"}}', b'{"filter":{"ids":[1]}}',
                 b'{"filter":{"id":["x"]}}', b'{"filters":{}}',
                 b'{"filter":{"enabled":1}}',
                 b'{"filter":{"types":["device"]}}',
                 b'{"options":{"include_device_cert":"yes"}}',
                 b'{"options":{"include":true}}', b'[' * 100000):
        r = one.curl("/v1/enrollments/query", "-X", "POST",
                     "--data-binary", "@-", input=body)
        assert (r.status, list(r.json)) == (400, ["error"]), (body[:40], r)
    for query in ("?limit=0", "?limit=x", "?limit=-1", "?limit=10001",
                  "?offset=-1", "?cursor=x", "?cursor=00&offset=1",
                  "?cursor=0000000000000001&offset=0"):
        r = one.query({}, query)
        assert (r.status, list(r.json)) == (400, ["error"]), (query, r)
    for method in ("GET", "PUT", "DELETE"):
        assert one.curl("/v1/enrollments/query", "-X",
                        method).status in (404, 405)
