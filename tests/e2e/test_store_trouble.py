"""Trouble with the disk: 503 and nothing lost, never 401, and all is well
again when there is room."""

import concurrent.futures
import os

import pytest

import plists
import processes
from namespace import SmallStore


@pytest.fixture
def small():
    made = []

    def make(flavour="lighttpd", room=8 << 20, **settings):
        s = SmallStore(flavour, **settings)
        made.append(s)
        return s.init(room=room)

    yield make
    for s in made:
        try:
            s.stop()
        finally:
            s.remove()


def all_refused_for_now(server, d, uuid):
    """Every message that is stored: 503 with Retry-After, from known and
    from unknown devices. They are large, since a full disk has room for small
    ones: LMDB uses its own free pages again."""
    large = {"Filler": "x" * 300000}
    d.token_update(**large).refused(503)
    d.answer(uuid, **large).refused(503)
    d.authenticate(**large).refused(503)
    server.device().authenticate(**large).refused(503)
    server.device().token_update(**large).refused(503)
    d.user().token_update(**large).refused(503)


def wait_accepts(d):
    for _ in processes.deadline(20, "the store to take writes again"):
        if d.token_update().status == 200:
            return


@pytest.mark.flavours("lighttpd", "lighttpd-cgi", "apache")
def test_disk_full(small, flavour):
    server = small(flavour, max_deliveries=1000).start()
    d = server.enrolled(how=server.how)
    uuid, body = plists.command()
    server.ctl.enqueue(d.id, body)
    workers = server.workers()
    tally = server.ctl.enrollment(d.id)["token_update_tally"]
    server.fill()
    all_refused_for_now(server, d, uuid)
    # Reading needs no room: also not for many that read at once.
    channels = [d.again() for _ in range(24)]
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        for reply in pool.map(lambda c: c.idle(), channels):
            reply.gives(body)
    _, large = plists.command("InstallProfile", Payload=b"x" * 300000)
    r = server.ctl.run("enqueue", d.id, "-", input=large, check=False)
    assert r.returncode == 5, r
    assert r.stderr.count(b"mooringctl: ") == 1
    server.ctl.run("store", "check")
    server.empty()
    wait_accepts(d)
    if not server.is_cgi:
        assert server.workers() == workers, "a worker died"
    assert server.ctl.enrollment(d.id)["token_update_tally"] == tally + 1
    assert server.ctl.target_state(uuid, d.id) == "ready"
    d.answer(uuid).accepted()
    assert server.ctl.target_state(uuid, d.id) == "acknowledged"
    server.enrolled()
    server.ctl.run("store", "check")


def enroll_until_full(server, filler, **who):
    """Devices with large messages, until one is answered 503; those before."""
    enrolled = []
    for _ in range(3000):
        d = server.device(**who)
        last = d.authenticate(Filler="x" * filler)
        if last.status == 200:
            last = d.token_update()
        if last.status != 200:
            break
        enrolled.append(d)
    last.refused(503)
    assert len(enrolled) > 5
    return enrolled


def test_disk_fills_up_slowly(small):
    """Devices come until there is no room; every 200 is kept."""
    server = small(room=2 << 20).start()
    enrolled = enroll_until_full(server, 20000, identity=None)
    for d in enrolled:
        assert server.ctl.state(d.id) == "enabled"
        d.idle().accepted()


def test_read_only_then_writable(small):
    server = small()
    server.start()
    d = server.enrolled()
    uuid, body = plists.command()
    server.ctl.enqueue(d.id, body)
    server.stop()
    server.remount("ro")
    server.start()
    d = d.again()
    all_refused_for_now(server, d, uuid)
    # Not even those that nobody knows are sent away, nor do small ones pass.
    server.device().idle().refused(503)
    d.token_update().refused(503)
    d.check_out().refused(503)
    reply = d.idle()
    assert reply.status == 503 or reply.body == body, reply
    workers = server.workers()
    server.remount("rw")
    wait_accepts(d)
    assert server.workers() == workers
    d.answer(uuid).accepted()
    assert server.ctl.target_state(uuid, d.id) == "acknowledged"


def test_map_full(fresh):
    """The address space is used up: 503, until it is made larger."""
    server = fresh(map_size="2M")
    enrolled = enroll_until_full(server, 30000)
    some = enrolled[0]
    some.idle().accepted()
    server.device().authenticate(Filler="x" * 30000).refused(503)
    server.set(map_size="64M")
    server.restart()
    late = server.device()
    late.authenticate(Filler="x" * 30000).accepted()
    late.token_update().accepted()
    for d in enrolled:
        assert server.ctl.state(d.id) == "enabled"
    assert server.ctl.guard()["armed"] is False


def test_store_that_is_not_there(fresh):
    """Emptied, or not mounted yet: 503 for everybody, never 401, and well
    again when it is back, without a restart."""
    server = fresh()
    d = server.enrolled()
    server.stop()
    os.rename(server.path("store"), server.path("elsewhere"))
    server.start()
    again = d.again()
    for send in (again.idle, again.token_update, again.authenticate,
                 again.check_out, server.device().idle):
        send().refused(503)
    os.rename(server.path("elsewhere"), server.path("store"))
    wait_accepts(again)
    again.idle().accepted()


def test_store_that_is_damaged(fresh):
    """Zeroed from the first page on: 503, never 401."""
    server = fresh()
    d = server.enrolled()
    server.stop()
    with open(server.path("store", "data.mdb"), "r+b") as f:
        f.write(b"\0" * 8192)
    server.start()
    d = d.again()
    for send in (d.idle, d.token_update, d.check_out, d.authenticate):
        send().refused(503)
    r = server.ctl.run("enrollments", "list", check=False)
    assert r.returncode == 5 or r.returncode == 1
    assert len(r.stderr.splitlines()) == 1


def test_newer_schema_and_lost_keys(fresh):
    """Without its key ring nothing can be opened, and nothing is made anew
    over it."""
    server = fresh()
    d = server.enrolled()
    server.stop()
    ring = server.path("secrets", "seal.key")
    os.rename(ring, ring + ".away")
    r = server.ctl.run("enrollments", "show", d.id, check=False)
    assert r.returncode != 0
    assert not os.path.exists(ring)
    os.rename(ring + ".away", ring)
    server.start()
    d.again().idle().accepted()
