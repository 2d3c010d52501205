"""Commands for who enrolls, and devices that wait in Setup Assistant until
they are sent DeviceConfigured."""

import os
import plistlib

import pytest

import plists
import processes
from courier import run_courier

COMMANDS = {
    "10-list.plist": {"RequestType": "ProfileList"},
    "20-info.plist": {"Command": {"RequestType": "DeviceInformation",
                                  "Queries": ["UDID"]},
                      "CommandUUID": "not kept"},
    "30-security.plist": {"RequestType": "SecurityInfo"},
    "readme.txt": {"RequestType": "EraseDevice"},
}
ORDER = ["ProfileList", "DeviceInformation", "SecurityInfo"]


@pytest.fixture
def with_commands(fresh):
    def make(**settings):
        server = fresh(start=False)
        folder = server.path("first")
        os.mkdir(folder)
        for name, content in COMMANDS.items():
            write(server, name, content)
        os.chown(folder, server.user.pw_uid, server.user.pw_gid)
        server.set(first_commands=folder, **settings)
        return server.start()
    return make


def write(server, name, content):
    with open(server.path("first", name), "wb") as f:
        plistlib.dump(content, f)
        os.fchown(f.fileno(), server.user.pw_uid, server.user.pw_gid)


def enroll(server, awaiting=True):
    d = server.device()
    return again(d, awaiting)


def again(d, awaiting=True):
    d.authenticate().accepted()
    d.token_update(AwaitingConfiguration=awaiting).accepted()
    return d


def given(reply):
    """(RequestType, CommandUUID) of what was handed out."""
    assert reply.status == 200 and reply.body, reply
    command = reply.plist()
    return command["Command"]["RequestType"], command["CommandUUID"]


def expect(reply, request_type):
    got, uuid = given(reply)
    assert got == request_type
    return uuid


def awaiting(server, d):
    return server.ctl.enrollment(d.id)["awaiting_configuration"]


def test_first_commands_in_order_then_released(with_commands):
    server = with_commands()
    d = enroll(server)
    assert awaiting(server, d)
    reply, uuids = d.idle(), []
    for request_type in ORDER:
        uuids.append(expect(reply, request_type))
        reply = d.answer(uuids[-1])
    last = expect(reply, "DeviceConfigured")
    assert awaiting(server, d)
    d.answer(last).accepted()
    assert not awaiting(server, d)
    d.idle().accepted()
    # One body for all devices, also of those that do not wait.
    other = enroll(server, awaiting=False)
    reply = other.idle()
    for uuid, request_type in zip(uuids, ORDER):
        assert expect(reply, request_type) == uuid
        reply = other.answer(uuid)
    reply.accepted()
    # Who enrolls anew begins anew.
    again(d)
    reply = d.idle()
    for uuid in [*uuids, last]:
        assert given(reply)[1] == uuid
        reply = d.answer(uuid)
    reply.accepted()
    assert not awaiting(server, d)


def test_a_changed_file_is_another_command(with_commands):
    server = with_commands()
    d = enroll(server, awaiting=False)
    before = expect(d.idle(), "ProfileList")
    write(server, "10-list.plist", {"RequestType": "ProfileList",
                                    "ManagedOnly": True})
    other = enroll(server, awaiting=False)
    assert expect(other.idle(), "ProfileList") != before
    assert given(d.idle())[1] == before


def test_error_and_not_now_do_not_hold_it_up(with_commands):
    server = with_commands()
    d = enroll(server)
    first = expect(d.idle(), "ProfileList")
    second = expect(d.answer(first, "NotNow"), "DeviceInformation")
    # After any other status the parked ones are offered again.
    assert given(d.answer(second, "Error"))[1] == first
    third = expect(d.answer(first, "NotNow"), "SecurityInfo")
    last = expect(d.answer(third, "NotNow"), "DeviceConfigured")
    assert given(d.answer(last))[1] == first
    assert not awaiting(server, d)


def test_all_not_now(with_commands):
    server = with_commands()
    d = enroll(server)
    reply = d.idle()
    for request_type in ORDER:
        reply = d.answer(expect(reply, request_type), "NotNow")
    last = expect(reply, "DeviceConfigured")
    # It may be answered NotNow itself, and comes again.
    d.answer(last, "NotNow").accepted()
    assert awaiting(server, d)
    reply = d.idle()
    for request_type in ORDER:
        reply = d.answer(expect(reply, request_type))
    assert given(reply)[1] == last
    d.answer(last).accepted()
    assert not awaiting(server, d)


def test_stuck_does_not_hold_it_up(with_commands):
    server = with_commands(max_deliveries=2, touch_seconds=0)
    d = enroll(server)
    for request_type in ORDER:
        for _ in range(2):
            uuid = expect(d.idle(), request_type)
    expect(d.idle(), "DeviceConfigured")
    assert server.ctl.target_state(uuid, d.id) == "stuck"


def test_no_first_commands(lighttpd):
    d = lighttpd.device()
    d.authenticate().accepted()
    d.idle().accepted()
    d.token_update(AwaitingConfiguration=True).accepted()
    uuid = expect(d.idle(), "DeviceConfigured")
    d.answer(uuid).accepted()
    assert not awaiting(lighttpd, d)
    # A user's channel is none of it.
    user = d.user()
    user.token_update(AwaitingConfiguration=True).accepted()
    user.idle().accepted()


def test_the_setting_is_no(with_commands):
    server = with_commands(await_device_configured="no")
    d = enroll(server)
    reply = d.idle()
    for request_type in ORDER:
        reply = d.answer(expect(reply, request_type))
    reply.accepted()
    assert awaiting(server, d)
    # Then it is the operator's task.
    uuid, body = plists.command("DeviceConfigured")
    server.ctl.enqueue(d.id, body)
    d.idle().gives(body)
    d.answer(uuid).accepted()
    assert not awaiting(server, d)


def test_what_cannot_be_read_does_not_stop_enrolling(with_commands):
    server = with_commands()
    with open(server.path("first", "10-list.plist"), "w") as f:
        f.write("no property list")
    os.unlink(server.path("first", "30-security.plist"))
    d = enroll(server)
    uuid = expect(d.idle(), "DeviceInformation")
    expect(d.answer(uuid), "DeviceConfigured")
    server.wait_log("first_commands", "10-list.plist")
    server.set(first_commands="/nowhere")
    for _ in processes.deadline(10, "the new setting"):
        d = enroll(server)
        if given(d.idle())[0] == "DeviceConfigured":
            break
    server.wait_log("first_commands", "/nowhere")


def test_the_limit(with_commands):
    """A device that never answers is let go after await_limit, before all
    that waits for it, and not a minute earlier."""
    server = with_commands(await_limit=15)
    d = enroll(server)
    held = expect(d.idle(), "ProfileList")
    server.stop()
    before = server.ctl.queue(d.id)
    run_courier(server, "--once", days=14 / 1440)
    assert server.ctl.queue(d.id) == before
    run_courier(server, "--once", days=16 / 1440)
    queued = server.ctl.queued(d.id)
    assert queued[0]["request_type"] == "DeviceConfigured"
    assert [c["command_uuid"] for c in queued[1:]] == before
    # Once, however often it is looked at.
    run_courier(server, "--once", days=17 / 1440)
    assert server.ctl.queue(d.id) == [c["command_uuid"] for c in queued]
    server.start()
    d = d.again()
    uuid = expect(d.idle(), "DeviceConfigured")
    assert expect(d.answer(uuid), "ProfileList") == held
    assert not awaiting(server, d)
