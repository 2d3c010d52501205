"""Renewal of identities: by mooringctl, by the courier, and what is no
renewal. mooring-device does the device's side, through scep.fcgi."""

import datetime
import json
import plistlib
import subprocess

import pytest

import plists
import processes
import server as servers

SETTINGS = {"topic": plists.TOPIC, "profile_access": "open"}
FAILED, CONFLICT = 1, 4


class Sim:
    """One simulated device that enrolls by the profile of a server."""

    def __init__(self, server, folder, udid=None):
        self.server, self.udid = server, udid or plists.new_uuid()
        self.serial = "S" + self.udid[:8]
        self.state = str(folder / "sim")

    def run(self, command, *more, code=0):
        r = subprocess.run(
            [servers.program("mooring-device"), command, "--state", self.state,
             "--udid", self.udid, *map(str, more)],
            capture_output=True, text=True, timeout=120)
        assert r.returncode == code, (r.returncode, r.stdout, r.stderr)
        return r.stdout

    def enroll(self, url=None, code=0):
        return self.run(
            "enroll", "--serial", self.serial, "--ca", self.server.root_file,
            "--profile", url or "https://localhost:%d/mdm/enroll"
            % self.server.port, code=code)

    def poll(self):
        return self.run("poll")

    @property
    def enrollment(self):
        return self.server.ctl.enrollment(self.udid)

    @property
    def issued(self):
        """Of the certificates that were issued, this device's, in order."""
        number = self.enrollment["number"]
        found = [c for c in self.server.ctl.json("ca", "issued")["certificates"]
                 if c.get("device_number") == number]
        # Within one second, what replaced the others is the last.
        return sorted(found, key=lambda c: (c["issued"],
                                            c["state"] == "valid"))


@pytest.fixture
def sim(pool, flavour, tmp_path):
    return Sim(pool.get(flavour, **SETTINGS), tmp_path)


def queue(sim, request_type="ProfileList", *options):
    uuid, body = plists.command(request_type)
    sim.server.ctl.enqueue(sim.udid, body, *options)
    return uuid


def test_nothing_is_lost(sim):
    ctl = sim.server.ctl
    sim.enroll()
    before = sim.enrollment
    waiting = queue(sim, "ProfileList", "--not-before", "+1h")
    done = ctl.json("renew", sim.udid)
    assert done["outcome"] == "queued"
    assert done["not_after"] == sim.issued[0]["not_after"]
    again = ctl.json("renew", sim.udid)
    assert again["outcome"] == "duplicate"
    assert again["command_uuid"] == done["command_uuid"]
    sim.poll()
    after = sim.enrollment
    assert after["generation"] == before["generation"]
    assert after["token_update_tally"] == before["token_update_tally"] + 1
    assert after["state"] == "enabled"
    assert ctl.queue(sim.udid) == [waiting]
    assert ctl.target_state(done["command_uuid"], sim.udid) == "acknowledged"
    old, new = sim.issued
    assert (old["state"], new["state"]) == ("replaced", "valid")
    assert (old["source"], new["source"]) == ("open", "renewal")
    assert new["renewal_of"] == before["number"]
    assert after["cert_sha256"] == new["sha256"]
    # And it goes on with the new one.
    info = queue(sim, "SecurityInfo")
    sim.poll()
    assert ctl.target_state(info, sim.udid) == "acknowledged"


def test_the_profile_is_the_one_it_enrolled_with(fresh, tmp_path):
    """Settings that changed meanwhile are not for those who are here."""
    server = fresh(**SETTINGS, profile_identifier="org.example.first",
                   access_rights=1023)
    sim = Sim(server, tmp_path)
    sim.enroll()
    server.set(profile_identifier="org.example.second", access_rights=8191,
               sign_message="no")
    server.restart()
    facts = server.ctl.json("enrollments", "profile", sim.udid)
    assert facts["identifier"] == "org.example.first"
    assert facts["access_rights"] == 1023
    uuid = server.ctl.json("renew", sim.udid)["command_uuid"]
    command = plistlib.loads(server.ctl.run(
        "commands", "show", uuid, "--body").stdout)
    profile = plistlib.loads(command["Command"]["Payload"])
    assert profile["PayloadIdentifier"] == "org.example.first"
    mdm = [p for p in profile["PayloadContent"]
           if p["PayloadType"] == "com.apple.mdm"][0]
    assert mdm["AccessRights"] == 1023
    assert mdm["SignMessage"] is False
    sim.poll()
    assert [c["state"] for c in sim.issued] == ["replaced", "valid"]


def test_a_real_enrollment_meanwhile(sim):
    """The device was erased while a renewal waited for it."""
    ctl = sim.server.ctl
    sim.enroll()
    pending = ctl.json("renew", sim.udid)["command_uuid"]
    invite = ctl.json("invite", "new", "--serial", sim.serial)["url"]
    sim.enroll(invite)
    assert sim.enrollment["generation"] == 2
    assert ctl.target_state(pending, sim.udid) == "cancelled"
    assert [c["source"] for c in sim.issued] == ["open", "invite"]
    assert ctl.json("renew", sim.udid)["outcome"] == "queued"
    sim.poll()
    assert sim.enrollment["generation"] == 2
    assert [c["state"] for c in sim.issued][-1] == "valid"


def test_enrolled_is_not_enrolled_anew_by_anybody(sim):
    """reenroll = issued: the open profile names nobody."""
    sim.enroll()
    said = sim.enroll(code=FAILED)
    assert "was not issued for this enrolled device" in said
    assert sim.enrollment["generation"] == 1
    sim.poll()


def test_what_is_not_known(pool, flavour, tmp_path):
    """A device that came with a certificate of its operator's making."""
    server = pool.get(flavour, **SETTINGS)
    d = server.enrolled()
    r = server.ctl.run("renew", d.id, check=False)
    assert r.returncode == CONFLICT
    assert b"identifier of its enrollment profile is not known" in r.stderr
    url = "https://localhost:%d/mdm" % server.port
    server.ctl.run("enrollments", "profile", d.id, "--identifier", "org.x",
                   "--topic", plists.TOPIC, "--server-url", url,
                   "--access-rights", "8191")
    shown = server.ctl.json("enrollments", "profile", d.id)
    assert "missing" not in shown
    uuid = server.ctl.json("renew", d.id)["command_uuid"]
    profile = plistlib.loads(d.idle().plist()["Command"]["Payload"])
    assert profile["PayloadIdentifier"] == "org.x"
    d.answer(uuid).accepted()


def test_who_cannot_renew(sim):
    sim.enroll()
    ctl = sim.server.ctl
    d = sim.server.enrolled("user")
    assert ctl.run("renew", d.id, check=False).returncode == CONFLICT
    ctl.run("enrollments", "unmanage", sim.udid)
    r = ctl.run("renew", sim.udid, check=False)
    assert r.returncode == CONFLICT and b"is unmanaged" in r.stderr
    assert ctl.run("renew", "nobody", check=False).returncode == 3


def test_the_courier_asks_in_time(fresh, tmp_path):
    server = fresh(**SETTINGS, identity_days=20, renew_days=10)
    sim = Sim(server, tmp_path)
    sim.enroll()
    soon = server.ctl.json("ca", "expiring", "--days", "21")["enrollments"]
    assert [x["id"] for x in soon] == [sim.udid]
    assert "renewal_asked" not in soon[0]
    assert not server.ctl.json("ca", "expiring", "--days", "19")["enrollments"]
    server.restart()    # the courier sweeps when it starts
    server.wait_log("prog=mooring-courier")
    assert server.ctl.queue(sim.udid) == []
    server.stop()
    server.set(renew_days=30)
    server.start()
    for _ in processes.deadline(20, "a renewal in the queue"):
        if server.ctl.queue(sim.udid):
            break
    queued = server.ctl.queued(sim.udid)
    assert [c["request_type"] for c in queued] == ["InstallProfile"]
    soon = server.ctl.json("ca", "expiring", "--days", "21")["enrollments"]
    assert "renewal_asked" in soon[0]
    sim.poll()
    # Certificates of 20 days are renewed for 20 days: not asked again.
    server.restart()
    server.stop()
    assert server.ctl.queue(sim.udid) == []
    assert len(sim.issued) == 2
    audit = server.ctl.json("audit", "--enrollment", sim.udid)["audit"]
    assert [r["who"] for r in audit if r["op"] == "renew"] == ["courier"]


def test_facts_go_along(fresh, tmp_path):
    """Exported, imported elsewhere, and renewed there."""
    one, two = fresh(**SETTINGS), fresh(**SETTINGS, start=False)
    sim = Sim(one, tmp_path)
    sim.enroll()
    lines = one.ctl.run("export", "-").stdout
    line = [x for x in map(json.loads, lines.splitlines())
            if x["id"] == sim.udid][0]
    facts = one.ctl.json("enrollments", "profile", sim.udid)
    assert line["profile"] == facts
    two.ctl.run("import", "-", input=lines)
    assert two.ctl.json("enrollments", "profile", sim.udid) == facts
    for bad, word in (({"topic": 7}, b"profile: topic"), ("x", b"profile"),
                      ({"access_rights": 0}, b"access_rights"),
                      ({"capabilities": ["a b"]}, b"capabilities")):
        r = two.ctl.run("import", "-", check=False,
                        input=json.dumps({**line, "profile": bad}))
        assert r.returncode != 0 and word in r.stdout + r.stderr


def test_a_short_grace(fresh, tmp_path):
    """Without grace the former certificate ends with the TokenUpdate."""
    server = fresh(**SETTINGS, renewal_grace_days=0)
    sim = Sim(server, tmp_path)
    sim.enroll()
    uuid = server.ctl.json("renew", sim.udid)["command_uuid"]
    sim.poll()
    old, new = sim.issued
    assert (old["state"], new["state"]) == ("replaced", "valid")
    replaced = datetime.datetime.fromisoformat(
        old["replaced"].replace("Z", "+00:00"))
    assert replaced <= datetime.datetime.now(datetime.timezone.utc)
    assert server.ctl.target_state(uuid, sim.udid) == "acknowledged"
