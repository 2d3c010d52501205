"""What the courier's sweep removes, as cron runs it: each kind of record by
its own settings, and nothing else."""

import plists
from courier import hook, run_courier, settled, waiting


def events(server, upto):
    """The numbers of those that are kept."""
    return [seq for seq in range(1, upto + 1) if server.ctl.run(
        "events", "show", seq, check=False).returncode == 0]


def audit(server):
    return server.ctl.json("audit", "--all")["audit"]


def answered(server, d, n):
    """The CommandUUIDs of n commands with their results."""
    uuids = []
    for _ in range(n):
        uuid, body = plists.command()
        server.ctl.enqueue(d.id, body)
        d.idle()
        d.answer(uuid).accepted()
        uuids.append(uuid)
    return uuids


def test_retention(fresh):
    """The settings count at the next sweep: the latest stay."""
    server = fresh()
    d = server.enrolled()
    uuids = answered(server, d, 5)
    server.stop()
    run_courier(server, "--once")
    log = audit(server)
    assert len(log) > 5
    server.set(result_max=2, audit_max=3)
    run_courier(server, "--once")
    assert audit(server) == log[:3]
    assert server.ctl.json("store", "info")["finished"] == 2
    assert [server.ctl.run("commands", "show", u, "--result", d.id,
                           check=False).returncode for u in uuids] == [
        3, 3, 3, 0, 0]


def test_latest_events_stay(fresh, receivers):
    """event_max counts what was delivered; what waits stays beside it."""
    server, r = fresh(), receivers()
    hook(server, r)
    d = server.enrolled()
    for n in range(4):
        d.answer("command %d" % n).accepted()
    r.wait(6)
    settled(server)
    server.ctl.run("webhooks", "pause", "hook")
    d.answer("waits").accepted()
    server.stop()
    run_courier(server, "--once")
    assert events(server, 8) == [1, 2, 3, 4, 5, 6, 7]
    server.set(event_max=2)
    run_courier(server, "--once")
    assert events(server, 8) == [5, 6, 7]
    assert [e["seq"] for e in waiting(server)["events"]] == [7]
    # Delivered, it is one of the two.
    server.ctl.run("webhooks", "resume", "hook")
    run_courier(server, "--once")
    r.wait(7)
    run_courier(server, "--once")
    assert events(server, 8) == [6, 7]


def test_days_of_retention(fresh, receivers):
    """event_days, audit_days and result_days, each at its own time."""
    server = fresh(event_days=3, audit_days=5, result_days=7)
    r, paused = receivers(), receivers()
    hook(server, r)
    d = server.enrolled()
    uuid, = answered(server, d, 1)
    r.wait(4)
    settled(server)
    # This one waits for its webhook, as long as it takes.
    hook(server, paused, "--topics", "mdm.CheckOut", name="paused")
    server.ctl.run("webhooks", "pause", "paused")
    d.check_out().accepted()
    r.wait(5)
    server.stop()
    run_courier(server, "--once")
    log = audit(server)
    assert log and [e["topic"] for e in waiting(server)["events"]] == [
        "mdm.CheckOut"]

    def kept():
        return (events(server, 6), audit(server) == log, server.ctl.run(
            "commands", "show", uuid, "--result", d.id,
            check=False).returncode == 0)

    want = {2.9: ([1, 2, 3, 4, 5], True, True), 3.1: ([5], True, True),
            4.9: ([5], True, True), 5.1: ([5], False, True),
            6.9: ([5], False, True), 7.1: ([5], False, False)}
    for days, left in want.items():
        run_courier(server, "--once", days=days)
        assert kept() == left, days
    assert audit(server) == []
    assert paused.seen == []
