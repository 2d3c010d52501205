"""Events reach webhooks: as NanoMDM's users know them, in order, until they
are taken, and never at the cost of a device."""

import datetime
import os
import shutil
import signal
import subprocess
import time

import pytest

import pki
import plists
import processes
import server as servers
from courier import couriers, hook, run_courier, settled, waiting
from receiver import CLOSE, CUT, HANG


# ---- what is said ----

def test_life_of_a_device(fresh, receivers, flavour):
    """Every message and every field."""
    server, r = fresh(flavour), receivers()
    hook(server, r)
    began = datetime.datetime.now(datetime.timezone.utc)
    d = server.device()
    q = {"path": "/mdm?site=a%20b&x=1&x=2&flag"}
    sent = []

    def say(channel, message):
        sent.append(plists.dump(message))
        return channel.say(message, **q)

    say(d, plists.authenticate(d.ids)).accepted()
    say(d, plists.token_update(d.ids)).accepted()
    say(d, plists.token_update(d.ids)).accepted()
    uuid, body = plists.command()
    server.ctl.enqueue(d.id, body)
    say(d, plists.idle(d.ids)).gives(body)
    say(d, plists.result(d.ids, uuid)).accepted()
    say(d, plists.check_out(d.ids)).accepted()
    events = r.wait_of(d.id, "mdm.Authenticate", "mdm.TokenUpdate",
                       "mdm.TokenUpdate", "mdm.Connect", "mdm.Connect",
                       "mdm.CheckOut")
    assert [e.raw for e in events] == sent
    assert len({e.uuid for e in events}) == 6
    for e in events:
        assert set(e.json) == {"topic", "event_id", "created_at",
                               "acknowledge_event" if e.topic == "mdm.Connect"
                               else "checkin_event"}
        at = datetime.datetime.strptime(e.json["created_at"],
                                        "%Y-%m-%dT%H:%M:%S%z")
        assert abs((at - began).total_seconds()) < 120
        assert e.inner["udid"] == d.id
        assert e.inner["ids"] == {"id": d.id, "type": "Device"}
        assert e.inner["url_params"] == {"site": "a b", "x": "1", "flag": ""}
        assert "enrollment_id" not in e.inner
    assert [e.inner.get("token_update_tally") for e in events] == [
        None, 1, 2, None, None, None]
    assert [e.inner.get("status") for e in events] == [
        None, None, None, "Idle", "Acknowledged", None]
    assert [e.inner.get("command_uuid") for e in events] == [
        None, None, None, None, uuid, None]


@pytest.mark.parametrize("kind", list(plists.KINDS))
def test_ids_of_each_kind(fresh, receivers, kind):
    server, r = fresh(), receivers()
    hook(server, r, "--topics", "mdm.TokenUpdate")
    d = server.enrolled(kind)
    r.wait(2 if ":" in d.id else 1)
    e, = r.of(d.id)
    want = {"id": d.id, "type": plists.KINDS[kind]}
    if ":" in d.id:
        want["parent_id"] = d.id.partition(":")[0]
    assert e.inner["ids"] == want
    assert "url_params" not in e.inner
    assert e.inner.get("udid") == d.ids.get("UDID")
    assert e.inner.get("enrollment_id") == d.ids.get("EnrollmentID")


def test_who_hears_what(fresh, receivers):
    """Filters, Idle, a webhook without a key; and refused messages are
    nobody's business."""
    server = fresh()
    few, most = receivers(), receivers(key=None)
    hook(server, few, "--topics", "mdm.Authenticate, mdm.CheckOut",
         name="few")
    hook(server, most, "--idle", "no", name="most")
    other, d = server.enrolled(), server.enrolled()
    d.idle().accepted()
    d.answer("no such command").accepted()
    assert server.device().idle().status == 401
    assert d.again(server.ca.issue("another")).idle().status == 400
    assert d.again(other.identity).idle().status == 400
    d.check_out().accepted()
    few.wait_of(d.id, "mdm.Authenticate", "mdm.CheckOut")
    # another device's certificate: an event of our own
    got = most.wait_of(d.id, "mdm.Authenticate", "mdm.TokenUpdate",
                       "mdm.Connect", "mooring.identity_conflict",
                       "mdm.CheckOut")
    assert got[2].inner["status"] == "Acknowledged"
    assert got[3].inner["cert"] == "of another device"
    assert got[3].inner["cert_sha256"] == other.identity.sha256
    assert len(most.taken) == 7
    assert len(few.taken) == 3
    settled(server)


# ---- receivers that behave badly ----

def test_only_200_is_success(fresh, receivers):
    """Each device's first event is answered badly once. What follows it
    waits, and other devices do not."""
    server, r = fresh(webhook_timeout=2), receivers()
    r.headers = [("Location", r.url)]
    bad = [201, 204, 302, 404, 500, 429, 503, CLOSE, CUT, HANG]
    first = {}

    def behave(event):
        if event.id in first and first[event.id]:
            return first[event.id].pop()
        return 200

    r.behave = behave
    devices = [server.device() for _ in bad]
    for d, how in zip(devices, bad):
        first[d.id] = [how]
    hook(server, r)
    for d in devices:
        d.enroll()
    for d, how in zip(devices, bad):
        r.wait_of(d.id, "mdm.Authenticate", "mdm.TokenUpdate", seconds=40)
        seen = [e for e in r.seen if e.id == d.id]
        assert [e.topic for e in seen] == ["mdm.Authenticate"] * 2 + [
            "mdm.TokenUpdate"], how
        assert seen[0].body == seen[1].body
    assert len(r.taken) == 2 * len(bad)


def test_slow_and_dead_receivers_slow_nobody(fresh, receivers):
    """One hangs, one is not there; the third and all devices go on."""
    server = fresh(webhook_timeout=5, webhook_parallel=4)
    hangs, gone, good = receivers(), receivers(), receivers()
    hangs.behave = lambda e: HANG
    gone.vanish()
    for name, r in (("hangs", hangs), ("gone", gone), ("good", good)):
        hook(server, r, name=name)
    slowest = 0
    devices = []
    for _ in range(10):
        d = server.device()
        devices.append(d)
        for say in (d.authenticate, d.token_update, d.idle):
            began = time.monotonic()
            say().accepted()
            slowest = max(slowest, time.monotonic() - began)
    assert slowest < 4
    for d in devices:
        good.wait_of(d.id, "mdm.Authenticate", "mdm.TokenUpdate",
                     "mdm.Connect", seconds=4)
    assert 1 <= hangs.most <= 4
    assert hangs.taken == []
    state = {w["name"]: w for w in
             server.ctl.json("webhooks", "list")["webhooks"]}
    assert state["gone"]["failures"] > 0
    assert state["good"]["failures"] == 0


def test_receiver_comes_back(fresh, receivers):
    """What happened meanwhile arrives, in order, once it is there again."""
    server, r = fresh(), receivers()
    hook(server, r)
    d = server.enrolled()
    r.wait_of(d.id, "mdm.Authenticate", "mdm.TokenUpdate")
    r.vanish()
    for n in range(5):
        d.answer("command %d" % n).accepted()
    server.wait_log("event=webhook.failing", "webhook=hook")
    assert len(waiting(server)["events"]) == 5
    r.open()
    got = r.wait(7, seconds=30)
    assert [e.inner.get("command_uuid") for e in got[2:]] == [
        "command %d" % n for n in range(5)]
    server.wait_log("event=webhook.works", "webhook=hook")


def test_one_device_that_is_refused_holds_up_no_other(fresh, receivers):
    server, r = fresh(), receivers()
    bad, good = server.device(), server.device()
    r.behave = lambda e: 500 if e.id == bad.id else 200
    hook(server, r)
    bad.enroll()
    good.enroll()
    for n in range(20):
        good.answer("command %d" % n).accepted()
    got = r.wait(22)
    assert {e.id for e in got} == {good.id}
    assert {e.topic for e in r.seen if e.id == bad.id} == {
        "mdm.Authenticate"}


def test_what_a_receiver_says_is_not_believed(fresh, receivers):
    """Nor shown: its words stay out of our log, as does what is secret in a
    URL."""
    server, r = fresh(), receivers()
    r.behave = lambda e: 500
    r.headers = [("X-Words", "evil=words"), ("Retry-After", "-1"),
                 ("Retry-After", "x")]
    hook(server, r, url=r.url + "?token=secret-of-the-url")
    server.enrolled()
    server.wait_log("event=event.failed", "reason=\"HTTP status 500\"")
    assert not server.find_log("secret-of-the-url")
    assert not server.find_log("evil=words")


def test_receiver_of_a_private_ca(fresh, receivers):
    """Reached when webhook_ca_file holds its CA, and by nothing else: the
    system knows it not, another CA has not issued it."""
    server = fresh(start=False)
    ca = pki.CA.make(server.folder, "A CA of the house")
    other = pki.CA.make(server.folder, "A CA of another house")
    identity = pki.server_identity(ca)
    r, second = receivers(identity=identity), receivers(identity=identity)

    def trust(name, *cas):
        with open(server.path(name), "wb") as f:
            f.write(b"".join(c.pem() for c in cas))
        server.set(webhook_ca_file=server.path(name))

    hook(server, r)
    server.start()
    d = server.enrolled()
    server.wait_log("event=webhook.failing", "webhook=hook", "certificate")
    server.stop()
    trust("other.pem", other)
    hook(server, second, "--topics", "mdm.CheckOut", name="second")
    server.start()
    d.again(d.identity).check_out().accepted()
    server.wait_log("event=webhook.failing", "webhook=second", "certificate")
    assert r.seen == second.seen == []
    # Followed while it runs.
    trust("both.pem", other, ca)
    r.wait_of(d.id, "mdm.Authenticate", "mdm.TokenUpdate", "mdm.CheckOut")
    second.wait_of(d.id, "mdm.CheckOut")
    server.wait_log("event=webhook.works", "webhook=hook")


# ---- replay ----

def test_replay(fresh, receivers):
    """A delivered event again, the same as before."""
    server, r = fresh(), receivers()
    hook(server, r)
    d = server.enrolled()
    first, second = r.wait_of(d.id, "mdm.Authenticate", "mdm.TokenUpdate")
    server.ctl.run("events", "replay", "hook", "1")
    r.wait(3)
    assert r.taken[2].body == first.body
    assert server.ctl.run("events", "replay", "hook", "99",
                          check=False).returncode != 0
    settled(server)
    server.ctl.run("webhooks", "pause", "hook")
    d.idle().accepted()
    assert len(waiting(server)["events"]) == 1
    server.ctl.run("webhooks", "resume", "hook")
    assert r.wait(4)[3].topic == "mdm.Connect"


# ---- the courier itself ----

def test_once(fresh, receivers):
    """As cron runs it: until nothing is due; beside another it does
    nothing."""
    server, r = fresh(), receivers()
    r.vanish()
    hook(server, r)
    d = server.enrolled()
    assert "another courier" in run_courier(server, "--once")
    server.stop()
    server.ctl.run("webhooks", "resume", "hook")
    began = time.monotonic()
    said = run_courier(server, "--once")    # nobody there: not for long
    assert "event=lead" not in said         # cron would mail it
    courier = {c["name"]: c for c in server.ctl.json(
        "health", check=False)["checks"]}["courier"]
    assert (courier["status"], courier["text"][:4]) == ("ok", "ran ")
    assert time.monotonic() - began < 20
    assert r.seen == []
    r.open()
    server.ctl.run("webhooks", "resume", "hook")
    for n in range(5):
        run_courier(server, "--once")
        if len(r.taken) == 2:
            break
        time.sleep(1)       # its back-off
    r.wait_of(d.id, "mdm.Authenticate", "mdm.TokenUpdate", seconds=1)
    run_courier(server, "--once")
    assert len(r.taken) == 2


def test_sigterm_gives_leases_back(fresh, receivers):
    """What hangs is dropped within seconds, and the next one delivers it at
    once."""
    server, r = fresh(), receivers()
    r.behave = lambda e: HANG
    hook(server, r)
    server.enrolled()
    r.wait(1, seen=True)
    pid, = couriers(server)
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 14
    r.behave = lambda e: 200
    run_courier(server, "--once")
    assert [e.topic for e in r.taken] == ["mdm.Authenticate",
                                          "mdm.TokenUpdate"]


def test_two_couriers(fresh, receivers):
    """Nothing twice while all is well; when the first dies, the second is
    woken instead of it."""
    server, r = fresh(), receivers()
    hook(server, r)
    second = run_courier(server, wait=False)
    try:
        devices = [server.enrolled() for _ in range(20)]
        r.wait(40)
        for d in devices:
            r.wait_of(d.id, "mdm.Authenticate", "mdm.TokenUpdate")
        first = [p for p in couriers(server) if p != second.pid]
        assert len(first) == 1
        # serve starts it again; whoever is first leads
        processes.kill(first[0])
        server.wait_log("event=child_ended", "child=mooring-courier",
                        "signal=9")
        d = server.enrolled()
        r.wait_of(d.id, "mdm.Authenticate", "mdm.TokenUpdate", seconds=8)
        second.send_signal(signal.SIGTERM)
        assert second.wait(15) == 0
    finally:
        second.kill()
        second.communicate()
    d.idle().accepted()
    r.wait_of(d.id, "mdm.Authenticate", "mdm.TokenUpdate", "mdm.Connect",
              seconds=8)


def test_woken_at_once(fresh, receivers):
    """By whoever commits: far sooner than it looks by itself."""
    server, r = fresh(), receivers()
    hook(server, r)
    d = server.enrolled()
    r.wait(2)
    waits = []
    for n in range(5):
        d.idle().accepted()
        began = time.monotonic()
        r.wait(3 + n)
        waits.append(time.monotonic() - began)
    assert sorted(waits)[2] < 1, waits


def test_settings_are_followed(fresh, receivers):
    """A time-out that is set while it runs."""
    server, r = fresh(webhook_timeout=60), receivers()
    answers = [HANG]
    r.behave = lambda e: answers.pop() if answers else 200
    hook(server, r)
    server.set(webhook_timeout=1)
    time.sleep(2)       # conf is looked at once a second
    d = server.enrolled()
    r.wait_of(d.id, "mdm.Authenticate", "mdm.TokenUpdate", seconds=15)


def test_courier_waits_for_a_store(fresh):
    """Started before there is one; ends when told to, all the same."""
    server = fresh(start=False)
    os.rename(server.path("store"), server.path("elsewhere"))
    p = run_courier(server, wait=False)
    try:
        line = p.stderr.readline()
        assert "mooringctl init" in line, line
        os.rename(server.path("elsewhere"), server.path("store"))
        for _ in processes.deadline(10, "the courier to lead"):
            if os.path.exists(server.path("run", "courier.sock")):
                break
        p.send_signal(signal.SIGTERM)
        assert p.wait(15) == 0
        assert not os.path.exists(server.path("run", "courier.sock"))
    finally:
        p.kill()
        p.communicate()


def test_once_without_a_folder_for_its_lock(fresh):
    """Then nobody can say that no other is at work."""
    server = fresh(start=False)
    shutil.rmtree(server.path("run"))
    p = run_courier(server, "--once", wait=False)
    _, err = p.communicate(timeout=20)
    assert p.returncode == 1
    assert "courier.lock" in err


def test_bad_options(fresh):
    server = fresh(start=False)
    for options, code in ((["--what"], 2), (["x"], 2), (["--help"], 0),
                          (["--version"], 0)):
        r = subprocess.run(
            [servers.program("mooring-courier"), "--dir", server.directory,
             *options], capture_output=True, text=True, timeout=20)
        assert r.returncode == code
        assert r.stderr if code else r.stdout
