"""A device restored from a backup: to itself, as the setting has it, and to
another one, which shows by the silence of the old record."""

import json
import subprocess

import pytest

import plists
import server as servers
from courier import ahead
from test_enroll_route import Enrolling, TOPIC

UNENROLLED = 3      # what mooring-device exits with


def silent(server, days, later):
    """Who has been silent for so many days, seen so many days from now."""
    r = subprocess.run(
        [servers.program("mooringctl"), "enrollments", "list", "--silent",
         str(days), "--all", "--json", "--dir", server.directory],
        capture_output=True, timeout=60,
        env=servers.environment(**ahead(server, later)))
    assert r.returncode == 0, r
    return [e["id"] for e in json.loads(r.stdout)["enrollments"]]


@pytest.fixture
def site(fresh):
    def make(**settings):
        s = fresh(profile_access="open", topic=TOPIC, **settings)
        s.ctl.run("guard", "release")
        return s
    return make


@pytest.mark.parametrize("how", ["erased", "left"])
def test_to_the_same_device(site, tmp_path, how):
    """Refused, by the setting; then taken back, with what it was."""
    server = site(on_restore="reject")
    d, ctl = Enrolling(server, tmp_path), server.ctl
    who = d.enroll()["id"]
    if how == "erased":
        ctl.enqueue(who, plists.command("EraseDevice")[1])
        d.run("poll")
    else:
        d.run("checkout")
        assert ctl.state(who) == "left"
    before = ctl.state(who)
    d.run("restore", code=UNENROLLED if how == "left" else 0)
    if how == "left":
        assert d.said == [("TokenUpdate", 401)]
        assert ctl.state(who) == before
        assert d.run("list")["state"] == "unenrolled"
        server.set(on_restore="accept")
        server.restart()
        d.run("restore")
    # One that was erased never said that it left: it is still enrolled.
    assert d.said == [("TokenUpdate", 200)]
    assert ctl.state(who) == "enabled"
    uuid, body = plists.command()
    ctl.enqueue(who, body)
    d.run("poll")
    assert ctl.target_state(uuid, who) == "acknowledged"


def test_to_another_device(site, tmp_path):
    """Nothing arrives: the enrollment does not go along. The new device
    enrolls as itself; the old record falls silent, and stays as it is."""
    server = site()
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    old = Enrolling(server, tmp_path / "old")
    who = old.enroll()["id"]
    uuid, body = plists.command()
    server.ctl.enqueue(who, body)
    assert silent(server, 30, 29.9) == []
    assert silent(server, 30, 30.1) == [who]
    new = Enrolling(server, tmp_path / "new")
    other = new.enroll()["id"]
    assert other != who
    assert server.ctl.state(who) == "enabled"
    assert server.ctl.queue(who) == [uuid]
    assert sorted(silent(server, 30, 30.1)) == sorted([who, other])
    old.run("poll")
    assert server.ctl.queue(who) == []
