"""Certificates, renewals and silent devices through the admin API."""

import concurrent.futures
import plistlib

import pytest

import plists
from api import FLAVOURS, Api, new_token, quote
from test_renewal import SETTINGS, Sim

pytestmark = pytest.mark.flavours(*FLAVOURS)


@pytest.fixture
def sim(pool, flavour, tmp_path):
    s = Sim(pool.get(flavour, **SETTINGS), tmp_path)
    s.enroll()
    return s


@pytest.fixture
def api(sim):
    return Api(sim.server)


def of(sim, verb):
    return "/v1/enrollments/%s/%s" % (quote(sim.udid), verb)


def mine(api, sim):
    number = sim.enrollment["number"]
    return [c for c in api.pages("/v1/certificates", "certificates", 2)
            if c.get("device_number") == number]


def test_renew(api, sim):
    done = api.request("POST", of(sim, "renew"), b"").ok().json
    assert done["outcome"] == "queued" and done["id"] == sim.udid
    again = api.request("POST", of(sim, "renew") + "?no_push=1", b"").ok().json
    assert again["outcome"] == "duplicate"
    assert again["command_uuid"] == done["command_uuid"]
    sim.poll()
    assert sorted(c["state"] for c in mine(api, sim)) == ["replaced", "valid"]
    api.post("/v1/enrollments/nobody/renew", b"").refused(404)


def test_renewed_by_many_at_once(api, sim):
    """One is heard, and the others are told of it: what is noted of the
    renewal is what was queued."""
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        done = [r.ok().json for r in threads.map(
            lambda _: Api(sim.server).post(of(sim, "renew"), b""), range(16))]
    assert sorted(d["outcome"] for d in done) == ["duplicate"] * 15 + ["queued"]
    assert {d["command_uuid"] for d in done} == set(
        sim.server.ctl.queue(sim.udid))


def test_what_the_profile_said(api, sim):
    facts = api.get(of(sim, "profile")).ok().json
    assert facts["topic"] == plists.TOPIC
    assert facts["access_rights"] == 8191 and "missing" not in facts
    d = sim.server.enrolled()
    path = "/v1/enrollments/%s/" % quote(d.id)
    assert api.get(path + "profile").ok().json["missing"] == \
        "identifier"
    api.post(path + "renew", b"").refused(409, "identifier")
    for bad in ({"identifer": "x"}, {"access_rights": 9000}, {"topic": "x"},
                {"enrollment_mode": "X"}, {"server_url": "http://x"},
                {"capabilities": [1]}):
        api.patch(path + "profile", bad).refused(400, list(bad)[0])
    api.patch(path + "profile", {
        "identifier": "org.x", "topic": plists.TOPIC, "access_rights": 1,
        "server_url": "https://localhost:%d/mdm" % sim.server.port,
        "capabilities": ["com.apple.mdm.bootstraptoken"]}).ok()
    api.post(path + "renew", b"").ok()
    profile = plistlib.loads(d.idle().plist()["Command"]["Payload"])
    mdm = [p for p in profile["PayloadContent"]
           if p["PayloadType"] == "com.apple.mdm"][0]
    assert mdm["ServerCapabilities"] == ["com.apple.mdm.bootstraptoken"]
    assert mdm["AccessRights"] == 1


def test_revoke(api, sim):
    one, = mine(api, sim)
    assert (one["state"], one["source"]) == ("valid", "open")
    sim.poll()
    api.delete("/v1/certificates/" + one["serial"].upper()).ok(204)
    assert [c["state"] for c in mine(api, sim)] == ["revoked"]
    said = sim.run("poll", code=1)
    assert "certificate revoked" in said
    api.delete("/v1/certificates/00ff").refused(404)
    assert sim.enrollment["state"] == "enabled"


def test_expiring(api, sim):
    def listed(days):
        return [x["id"] for x in api.pages(
            "/v1/certificates/expiring?days=%d" % days, "enrollments", 3)]

    assert sim.udid in listed(366) and sim.udid not in listed(300)
    api.get("/v1/certificates/expiring?days=x").refused(400, "days")


def test_silent(api, sim):
    """Seen just now: a restored or erased device is told by its silence."""
    def listed(query):
        return [e["id"] for e in api.pages("/v1/enrollments?" + query,
                                           "enrollments", 50)]

    assert sim.udid in listed("state=enabled")
    assert sim.udid not in listed("silent=1")
    api.get("/v1/enrollments?silent=0").refused(400, "silent")
    ctl = sim.server.ctl
    shown = ctl.json("enrollments", "list", "--silent", "1", "--all")
    assert sim.udid not in [e["id"] for e in shown["enrollments"]]


def test_scopes(api, sim):
    read, command = (Api(sim.server, new_token(sim.server, s)[1])
                     for s in ("read", "command"))
    read.get("/v1/certificates").ok()
    read.get(of(sim, "profile")).ok()
    read.post(of(sim, "renew"), b"").refused(403)
    command.post(of(sim, "renew"), b"").ok()
    command.patch(of(sim, "profile"), {"identifier": "x"}).refused(403)
    command.delete("/v1/certificates/00").refused(403)
