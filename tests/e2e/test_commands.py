"""The command queue, as a device and an operator see it: order, NotNow,
stuck and once-only commands, results that come twice or from nowhere."""

import concurrent.futures
import plistlib
import time

import pytest

import plists
import processes


def queue(server, channel, request_type="DeviceInformation", options=(),
          **keys):
    uuid, body = plists.command(request_type, **keys)
    server.ctl.enqueue(channel.id, body, *options)
    return uuid, body


def state(server, channel, uuid):
    return server.ctl.target_state(uuid, channel.id)


# ---- order ----

def test_order_is_that_of_queueing(lighttpd):
    d = lighttpd.enrolled()
    commands = [queue(lighttpd, d) for _ in range(5)]
    reply = d.idle()
    for uuid, body in commands:
        reply.gives(body)
        reply = d.answer(uuid)
    reply.accepted()


def test_higher_priority_goes_first(lighttpd):
    d = lighttpd.enrolled()
    normal = queue(lighttpd, d)
    low = queue(lighttpd, d, options=("--priority", 1))
    high = queue(lighttpd, d, options=("--priority", 200))
    high2 = queue(lighttpd, d, options=("--priority", 200))
    want = [high, high2, normal, low]
    assert lighttpd.ctl.queue(d.id) == [uuid for uuid, _ in want]
    reply = d.idle()
    for uuid, body in want:
        reply.gives(body)
        reply = d.answer(uuid)
    reply.accepted()


def test_channels_have_their_own_queues(lighttpd):
    d = lighttpd.enrolled()
    user, other = d.user().enroll(), d.user(short_name="bob").enroll()
    uuid, body = queue(lighttpd, user)
    d.idle().accepted()
    other.idle().accepted()
    user.idle().gives(body)
    d.answer(uuid).accepted()           # not the device's to answer
    assert state(lighttpd, user, uuid) == "ready"
    user.answer(uuid).accepted()
    assert state(lighttpd, user, uuid) == "acknowledged"


# ---- NotNow ----

def test_not_now_ends_the_session(lighttpd):
    d = lighttpd.enrolled()
    uuid, body = queue(lighttpd, d)
    d.idle().gives(body)
    d.answer(uuid, "NotNow").accepted()
    assert state(lighttpd, d, uuid) == "parked"
    d.idle().gives(body)                # the next session
    d.answer(uuid, "NotNow").accepted()
    assert lighttpd.ctl.target(uuid, d.id)["notnow"] == 2
    d.idle().gives(body)
    d.answer(uuid).accepted()
    assert state(lighttpd, d, uuid) == "acknowledged"


def test_not_now_offers_the_others_then_parked_ones_again(lighttpd):
    """After NotNow only those that have not said NotNow; after any other
    status the parked ones again; so the session ends on NotNow."""
    d = lighttpd.enrolled()
    (a, a_body), (b, b_body), (c, c_body) = [
        queue(lighttpd, d) for _ in range(3)]
    d.idle().gives(a_body)
    d.answer(a, "NotNow").gives(b_body)
    d.answer(b, "NotNow").gives(c_body)
    d.answer(c, "Acknowledged").gives(a_body)
    d.answer(a, "NotNow").accepted()
    assert lighttpd.ctl.queue(d.id) == [a, b]
    d.idle().gives(a_body)
    d.answer(a, "Error").gives(b_body)
    d.answer(b, "CommandFormatError").accepted()
    assert state(lighttpd, d, a) == "error"
    assert state(lighttpd, d, b) == "format_error"


def test_not_now_again_for_the_same_command(lighttpd):
    """A repeated NotNow (its answer was lost) neither loops nor loses."""
    d = lighttpd.enrolled()
    uuid, body = queue(lighttpd, d)
    d.idle().gives(body)
    for _ in range(3):
        d.answer(uuid, "NotNow").accepted()
    d.idle().gives(body)


def test_not_now_after_the_answer_changes_nothing(lighttpd):
    d = lighttpd.enrolled()
    uuid, _ = queue(lighttpd, d)
    d.answer(uuid).accepted()
    d.answer(uuid, "NotNow").accepted()
    assert state(lighttpd, d, uuid) == "acknowledged"
    d.idle().accepted()


def test_priority_within_parked(lighttpd):
    """Parked ones keep their place for the next session."""
    d = lighttpd.enrolled()
    a, a_body = queue(lighttpd, d)
    b, b_body = queue(lighttpd, d)
    d.idle().gives(a_body)
    d.answer(a, "NotNow").gives(b_body)
    d.answer(b, "NotNow").accepted()
    late, late_body = queue(lighttpd, d)
    first, first_body = queue(lighttpd, d, options=("--priority", 255))
    d.idle().gives(first_body)
    d.answer(first).gives(a_body)
    d.answer(a).gives(b_body)
    d.answer(b).gives(late_body)
    d.answer(late).accepted()


def test_need_sync_response_gets_everything(lighttpd):
    """Login is blocked until an empty reply: all of it, once, then empty."""
    user = lighttpd.enrolled("user")
    commands = dict(queue(lighttpd, user) for _ in range(4))
    parked = list(commands)[:2]
    user.idle()
    for uuid in parked:
        user.answer(uuid, "NotNow")
    reply = user.idle(NeedSyncResponse=True)
    seen = []
    while reply.body:
        uuid = reply.plist()["CommandUUID"]
        assert uuid not in seen
        seen.append(uuid)
        assert commands[uuid] == reply.body
        reply = user.answer(uuid, NeedSyncResponse=True)
    reply.accepted()
    assert sorted(seen) == sorted(commands)


def test_need_sync_response_with_not_now_ends(lighttpd):
    """A device that answers NotNow to all is told so in finite time."""
    user = lighttpd.enrolled("user")
    commands = dict(queue(lighttpd, user) for _ in range(3))
    reply, seen = user.idle(NeedSyncResponse=True), []
    while reply.body:
        assert len(seen) < 10
        seen.append(reply.plist()["CommandUUID"])
        reply = user.answer(seen[-1], "NotNow", NeedSyncResponse=True)
    assert set(seen) == set(commands)
    assert set(lighttpd.ctl.queue(user.id)) == set(commands)


def test_user_configuration(lighttpd):
    """In Setup Assistant the user channel answers NotNow to everything until
    an empty reply; afterwards it is offered again."""
    user = lighttpd.enrolled("user")
    uuid, body = queue(lighttpd, user, "InstallProfile", Payload=b"x")
    user.idle(UserConfiguration=True).gives(body)
    user.answer(uuid, "NotNow", UserConfiguration=True).accepted()
    user.idle().gives(body)
    user.answer(uuid).accepted()


# ---- answers of all sorts ----

def test_result_twice_is_one_result(lighttpd):
    """A lost reply makes a device send it again: the first one stays."""
    d = lighttpd.enrolled()
    uuid, _ = queue(lighttpd, d)
    second, second_body = queue(lighttpd, d)
    d.answer(uuid, Attempt=1).gives(second_body)
    d.answer(uuid, Attempt=2).gives(second_body)
    d.answer(uuid, "Error", Attempt=3).gives(second_body)
    target = lighttpd.ctl.target(uuid, d.id)
    assert target["state"] == "acknowledged"
    assert plistlib.loads(lighttpd.ctl.result(uuid, d.id))["Attempt"] == 1


def test_unknown_command_uuid(lighttpd):
    """Deleted, or another server's: 200 with the next command."""
    d = lighttpd.enrolled()
    d.answer(plists.new_uuid()).accepted()
    uuid, body = queue(lighttpd, d)
    strange = plists.new_uuid()
    for status in ("Acknowledged", "Error", "CommandFormatError"):
        d.answer(strange, status).gives(body)
    d.answer("x" * 5000).gives(body)    # no name of ours, no harm
    d.answer("../%00/é").gives(body)
    assert state(lighttpd, d, uuid) == "ready"


def test_status_of_the_future_is_an_error(lighttpd):
    d = lighttpd.enrolled()
    uuid, _ = queue(lighttpd, d)
    other, other_body = queue(lighttpd, d)
    d.answer(uuid, "Postponed").gives(other_body)
    assert state(lighttpd, d, uuid) == "error"


def test_result_before_delivery(lighttpd):
    """What the device did is what happened, whatever we remember."""
    d = lighttpd.enrolled()
    uuid, _ = queue(lighttpd, d)
    d.answer(uuid).accepted()
    assert state(lighttpd, d, uuid) == "acknowledged"


def test_result_of_a_cancelled_command(lighttpd):
    d = lighttpd.enrolled()
    uuid, body = queue(lighttpd, d)
    d.idle().gives(body)
    lighttpd.ctl.run("queue", "clear", d.id)
    assert state(lighttpd, d, uuid) == "cancelled"
    d.answer(uuid, After="clear").accepted()
    target = lighttpd.ctl.target(uuid, d.id)
    assert target["state"] == "acknowledged"
    assert b"clear" in lighttpd.ctl.result(uuid, d.id)


def test_result_of_an_unbound_certificate_is_not_kept(lighttpd):
    """Also where the answer is 200 because the device has left."""
    d = lighttpd.enrolled()
    uuid, body = queue(lighttpd, d)
    d.idle().gives(body)
    d.check_out().accepted()
    d.again(identity=lighttpd.ca.issue()).answer(uuid, Forged=True)
    assert state(lighttpd, d, uuid) != "acknowledged"
    d.answer(uuid, Forged=False).accepted()
    assert state(lighttpd, d, uuid) == "acknowledged"


# ---- delivered too often, or once ----

def test_stuck_after_max_deliveries(fresh):
    server = fresh(max_deliveries=3, touch_seconds=1)
    d = server.enrolled()
    uuid, body = queue(server, d)
    other, other_body = queue(server, d)
    given = 0
    for _ in range(50):
        reply = d.idle()
        if reply.body != body:
            break
        given += 1
        if given >= 3:      # deliveries are counted with the next commit
            server.ctl.run("enrollments", "show", d.id)
            d.token_update().accepted()
    assert 3 <= given <= 5
    reply.gives(other_body)
    assert state(server, d, uuid) == "stuck"
    assert server.ctl.queue(d.id) == [other]
    server.ctl.run("queue", "requeue", d.id, uuid)
    d.answer(other).gives(body)
    d.answer(uuid).accepted()
    assert state(server, d, uuid) == "acknowledged"


@pytest.mark.parametrize("request_type", [
    "EraseDevice", "RestartDevice", "ShutDownDevice"])
def test_once_only(lighttpd, request_type):
    """Delivered once, then it stands as sent: a device that is erased never
    answers, and one that restarted must not restart again."""
    d = lighttpd.enrolled()
    uuid, body = queue(lighttpd, d, request_type)
    other, other_body = queue(lighttpd, d)
    d.idle().gives(body)
    d.idle().gives(other_body)
    target = lighttpd.ctl.target(uuid, d.id)
    assert (target["state"], target["deliveries"]) == ("sent", 1)
    d.answer(uuid).gives(other_body)
    assert state(lighttpd, d, uuid) == "acknowledged"


def test_once_only_after_not_now(lighttpd):
    """A device that says NotNow has not run it: it must get it again."""
    d = lighttpd.enrolled()
    uuid, body = queue(lighttpd, d, "RestartDevice")
    d.idle().gives(body)
    d.answer(uuid, "NotNow").accepted()
    assert state(lighttpd, d, uuid) == "parked"
    d.idle().gives(body)
    d.answer(uuid).accepted()
    assert state(lighttpd, d, uuid) == "acknowledged"


def test_sent_can_be_queued_again(lighttpd):
    d = lighttpd.enrolled()
    uuid, body = queue(lighttpd, d, "RestartDevice")
    d.idle().gives(body)
    d.idle().accepted()
    lighttpd.ctl.run("queue", "requeue", d.id, uuid)
    d.idle().gives(body)


# ---- times ----

def rfc3339(when):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))


def test_not_before_and_not_after(lighttpd):
    d = lighttpd.enrolled()
    soon = int(time.time()) + 4
    later, later_body = queue(lighttpd, d, options=(
        "--not-before", rfc3339(soon), "--priority", 255))
    never, _ = queue(lighttpd, d, options=("--not-before", "+1h"))
    short, short_body = queue(lighttpd, d, options=(
        "--not-after", rfc3339(soon)))
    d.idle().gives(short_body)
    assert state(lighttpd, d, later) == "waiting"
    for _ in processes.deadline(10, "the command that waits"):
        # time(2), which the server reads, is a tick behind time.time().
        if time.time() >= soon + 1.1:
            break
    d.idle().gives(later_body)
    d.answer(later).accepted()
    assert state(lighttpd, d, short) == "expired"
    assert lighttpd.ctl.queue(d.id) == [never]


# ---- what operators do ----

def test_shared_body_for_many_targets(lighttpd):
    devices = [lighttpd.enrolled() for _ in range(4)]
    uuid, body = plists.command("ProfileList")
    lighttpd.ctl.enqueue([d.id for d in devices], body)
    for n, d in enumerate(devices):
        d.idle().gives(body)
        if n:
            d.answer(uuid, Who=n).accepted()
    targets = {t["id"]: t["state"]
               for t in lighttpd.ctl.command(uuid)["targets"]}
    assert targets == {d.id: "acknowledged" if n else "ready"
                       for n, d in enumerate(devices)}


def test_same_uuid_same_bytes(lighttpd):
    """Idempotent, also for further targets; never twice for one."""
    one, two = lighttpd.enrolled(), lighttpd.enrolled()
    uuid, body = plists.command()
    lighttpd.ctl.enqueue(one.id, body)
    lighttpd.ctl.enqueue([one.id, two.id], body)
    assert lighttpd.ctl.queue(one.id) == [uuid]
    assert lighttpd.ctl.queue(two.id) == [uuid]
    one.answer(uuid).accepted()
    lighttpd.ctl.enqueue(one.id, body)
    one.idle().accepted()
    assert lighttpd.ctl.queue(one.id) == []


def test_same_uuid_other_bytes(lighttpd):
    d = lighttpd.enrolled()
    uuid, body = plists.command()
    lighttpd.ctl.enqueue(d.id, body)
    other = body.replace(b"DeviceInformation", b"ProfileList")
    r = lighttpd.ctl.run("enqueue", d.id, "-", input=other, check=False)
    assert r.returncode not in (0, 2)
    assert uuid in r.stderr.decode()
    d.idle().gives(body)


def test_dedupe_key(lighttpd):
    d = lighttpd.enrolled()
    first, first_body = queue(lighttpd, d, options=("--dedupe", "inventory"))
    queue(lighttpd, d, options=("--dedupe", "inventory"))
    assert lighttpd.ctl.queue(d.id) == [first]
    d.idle().gives(first_body)
    d.answer(first).accepted()
    again, _ = queue(lighttpd, d, options=("--dedupe", "inventory"))
    assert lighttpd.ctl.queue(d.id) == [again]


def test_missing_command_uuid_is_made(lighttpd):
    d = lighttpd.enrolled()
    body = plists.dump({"Command": {"RequestType": "SecurityInfo"}})
    lighttpd.ctl.enqueue(d.id, body)
    [uuid] = lighttpd.ctl.queue(d.id)
    given = d.idle().plist()
    assert given == {"CommandUUID": uuid,
                     "Command": {"RequestType": "SecurityInfo"}}
    assert uuid


@pytest.mark.parametrize("body", [
    b"", b"junk", b"<plist><dict>", plists.dump({"CommandUUID": "x"}),
    plists.dump({"CommandUUID": "x", "Command": {}}),
    plists.dump({"CommandUUID": 5, "Command": {"RequestType": "A"}}),
    plists.dump({"CommandUUID": "x" * 300, "Command": {"RequestType": "A"}}),
    plists.dump(["A"])], ids=range(8))
def test_bad_commands_are_refused(lighttpd, body):
    d = lighttpd.enrolled()
    r = lighttpd.ctl.run("enqueue", d.id, "-", input=body, check=False)
    assert r.returncode == 1, r
    assert len(r.stderr.splitlines()) == 1
    assert lighttpd.ctl.queue(d.id) == []


def test_unknown_target_queues_nothing_silently(lighttpd):
    d = lighttpd.enrolled()
    uuid, body = plists.command()
    r = lighttpd.ctl.run("enqueue", d.id, plists.new_uuid(), "-",
                         input=body, check=False)
    assert r.returncode != 0
    # Either all or nothing would do; a half that is not told would not.
    assert r.stderr


def test_numbers_name_enrollments(lighttpd):
    """@NUMBER works wherever an id is taken."""
    d = lighttpd.device(udid="a:b/c,d e\u00e9%2F")
    d.enroll()
    number = "@%d" % lighttpd.ctl.enrollment(d.id)["number"]
    uuid, body = plists.command()
    lighttpd.ctl.enqueue(number, body)
    assert lighttpd.ctl.queue(number) == [uuid]
    d.idle().gives(body)
    lighttpd.ctl.run("queue", "clear", number)
    assert lighttpd.ctl.queue(d.id) == []


def test_requeue_what_was_answered(lighttpd):
    d = lighttpd.enrolled()
    uuid, body = queue(lighttpd, d)
    d.answer(uuid, "Error").accepted()
    lighttpd.ctl.run("queue", "requeue", d.id, uuid)
    d.idle().gives(body)
    r = lighttpd.ctl.run("queue", "requeue", d.id, uuid, check=False)
    assert r.returncode == 4    # it is queued
    d.answer(uuid, Second=True).accepted()
    target = lighttpd.ctl.target(uuid, d.id)
    assert target["state"] == "acknowledged"
    assert b"Second" in lighttpd.ctl.result(uuid, d.id)


# ---- at the same time ----

def test_two_connections_of_one_enrollment(server):
    """Polls and results on both: none is lost, none doubled."""
    d = server.enrolled()
    commands = dict(queue(server, d) for _ in range(12))

    def session(number):
        channel, answered, reply = d.again(), [], None
        reply = channel.idle()
        while reply.body:
            uuid = reply.plist()["CommandUUID"]
            assert reply.body == commands[uuid]
            answered.append(uuid)
            reply = channel.answer(uuid, Session=number)
        reply.accepted()
        channel.wire.close()
        return answered

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        both = list(pool.map(session, (1, 2)))
    assert set(both[0]) | set(both[1]) == set(commands)
    for uuid in commands:
        target = server.ctl.target(uuid, d.id)
        assert target["state"] == "acknowledged"
    assert server.ctl.queue(d.id) == []


def test_once_only_to_two_connections(lighttpd):
    """Twenty polls at once: one of them gets the restart."""
    d = lighttpd.enrolled()
    channels = [d.again() for _ in range(20)]
    for c in channels:
        c.idle().accepted()             # connected, ready to go
    _, body = queue(lighttpd, d, "RestartDevice")
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda c: c.idle(), channels))
    assert [r.body for r in replies if r.body] == [body]
