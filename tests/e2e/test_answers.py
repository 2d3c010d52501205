"""The table "Answers to a device": each state, each message, each policy that
changes an answer. A refused message must leave the state as it was."""

import json
import plistlib

import pytest

import plists

POLICIES = [{"on_restore": restore, "unmanaged_response": response}
            for restore in ("accept", "reject")
            for response in ("401", "403")]
MESSAGES = ("Authenticate", "TokenUpdate", "CheckOut", "Idle", "Result")
USER_MESSAGES = ("UserAuthenticate", "TokenUpdate", "Idle", "Result")

OK = "200"          # zero bytes
BAD = "400"
GONE = "unmanage"   # 401, or 403 by unmanaged_response
USER_NO = "410"
LATER = "503"       # before its device's own TokenUpdate


def send(channel, message):
    if message == "Authenticate":
        return channel.authenticate()
    if message == "TokenUpdate":
        return channel.token_update()
    if message == "CheckOut":
        return channel.check_out()
    if message == "UserAuthenticate":
        return channel.user_authenticate()
    if message == "Idle":
        return channel.idle()
    return channel.answer(plists.new_uuid())


def check(reply, want, policy):
    if want == OK:
        reply.accepted()
    elif want == GONE and policy.get("unmanaged_response") == "403":
        assert reply.status == 403, reply
        assert reply.content_type in ("application/json", "application/xml")
        read = (plistlib.loads if reply.content_type == "application/xml"
                else json.loads)
        code = read(reply.body)["code"]
        assert code == "com.apple.unrecognized.device"
    elif want == GONE:
        assert reply.status == 401, reply
        # Nothing that a device could take for a way to authenticate.
        assert "WWW-Authenticate" not in reply.headers
    else:
        reply.refused(int(want))


def in_state(server, state):
    """A device channel in a state of the table."""
    d = server.device()
    if state == "unknown":
        return d
    d.authenticate().accepted()
    if state == "authenticated":
        return d
    d.token_update().accepted()
    if state == "left":
        d.check_out().accepted()
    elif state == "unmanaged":
        server.ctl.run("enrollments", "unmanage", d.id)
    elif state == "blocked":
        server.ctl.run("enrollments", "block", d.id)
    else:
        assert state == "enabled"
    return d


def device_answer(state, message, policy):
    """(answer, state after). The table, once."""
    reject = policy["on_restore"] == "reject"
    if state in ("enabled", "authenticated"):
        after = {"Authenticate": "authenticated", "TokenUpdate": "enabled",
                 "CheckOut": "left"}
        return OK, after.get(message, state)
    if state == "unknown":
        return {"Authenticate": (OK, "authenticated"),
                "TokenUpdate": (GONE, None) if reject else (OK, "enabled"),
                "CheckOut": (OK, None)}.get(message, (GONE, None))
    if message == "Authenticate":
        return (GONE, state) if state == "blocked" else (OK, "authenticated")
    if message == "CheckOut":
        return OK, state
    if state == "left" and not reject:
        return OK, "enabled" if message == "TokenUpdate" else state
    return GONE, state


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("state", [
    "unknown", "authenticated", "enabled", "left", "unmanaged", "blocked"])
@pytest.mark.parametrize("policy", POLICIES,
                         ids=lambda p: "-".join(p.values()))
def test_device_channel(pool, policy, state, message):
    server = pool.get("lighttpd", **policy)
    d = in_state(server, state)
    want, after = device_answer(state, message, policy)
    check(send(d, message), want, policy)
    if after is None:
        assert not server.ctl.exists(d.id)
    else:
        assert server.ctl.state(d.id) == after


def user_answer(state, kind, message, policy):
    """User channels, by the state of their device; and whether the channel
    stands enabled afterwards."""
    if state in ("unmanaged", "blocked"):
        return GONE, False
    if state == "left" and policy["on_restore"] == "reject":
        return GONE, False
    if state == "left":
        return LATER if message == "TokenUpdate" else OK, False
    if message == "UserAuthenticate":
        return USER_NO, False
    return OK, message == "TokenUpdate" and state == "enabled"


@pytest.mark.parametrize("known", [True, False], ids=["known", "new"])
@pytest.mark.parametrize("kind, message", [
    (kind, message) for kind in ("user", "shared-ipad")
    for message in USER_MESSAGES
    # Only macOS asks whether it may.
    if (kind, message) != ("shared-ipad", "UserAuthenticate")])
@pytest.mark.parametrize("state", [
    "authenticated", "enabled", "left", "unmanaged", "blocked"])
@pytest.mark.parametrize("policy", POLICIES[::3],
                         ids=lambda p: "-".join(p.values()))
def test_user_channel(pool, policy, state, kind, known, message):
    server = pool.get("lighttpd", **policy)
    d = in_state(server, "enabled")
    user = d.user(kind)
    if known:
        user.token_update().accepted()
    if state == "authenticated":
        d.authenticate().accepted()
    elif state == "left":
        d.check_out().accepted()
    elif state == "unmanaged":
        server.ctl.run("enrollments", "unmanage", d.id)
    elif state == "blocked":
        server.ctl.run("enrollments", "block", d.id)
    want, enabled = user_answer(state, kind, message, policy)
    reply = send(user, message)
    check(reply, want, policy)
    if state == "enabled":
        assert (server.ctl.exists(user.id) and
                server.ctl.enrollment(user.id)["enabled"]) is (
                    enabled or known)


@pytest.mark.parametrize("message", USER_MESSAGES)
@pytest.mark.parametrize("policy", POLICIES[::2],
                         ids=lambda p: "-".join(p.values()))
def test_user_channel_of_unknown_device(pool, policy, message):
    server = pool.get("lighttpd", **policy)
    user = server.device().user()
    restored = message == "TokenUpdate" and policy["on_restore"] == "accept"
    check(send(user, message), LATER if restored else GONE, policy)
    assert not server.ctl.exists(user.id)


def test_restore_where_the_user_comes_first(lighttpd):
    """A token that got a 200 is not dropped by what comes after it."""
    d = lighttpd.enrolled()
    user = d.user().enroll()
    d.check_out().accepted()
    user.token_update().refused(503)
    d.token_update().accepted()
    user.token_update().accepted()
    assert lighttpd.ctl.state(user.id) == "enabled"


@pytest.mark.parametrize("message", ["TokenUpdate", "Idle", "Result"])
def test_shared_ipad_user_not_wanted(pool, message):
    """410 for the TokenUpdate of a user we do not manage, never 401."""
    policy = {"shared_ipad_users": "decline"}
    server = pool.get("lighttpd", **policy)
    d = server.enrolled()
    user = d.user("shared-ipad")
    check(send(user, message),
          USER_NO if message == "TokenUpdate" else OK, policy)
    assert not server.ctl.exists(user.id)
    # macOS users and devices are not meant.
    d.user("user").token_update().accepted()


def test_check_out_of_a_user_channel_is_no_message(lighttpd):
    user = lighttpd.enrolled("user")
    user.check_out().refused(400)
    user.authenticate().refused(400)
    assert lighttpd.ctl.state(user.id) == "enabled"


def test_disabled_user_channel_gets_nothing(lighttpd):
    """Commands wait for the TokenUpdate of their channel."""
    d = lighttpd.enrolled()
    user = d.user().enroll()
    d.enroll()
    assert lighttpd.ctl.state(user.id) == "disabled"
    user.idle().accepted()
    user.token_update().accepted()
    uuid, body = plists.command("ProfileList")
    lighttpd.ctl.enqueue(user.id, body)
    user.idle().gives(body)


def test_result_between_authenticate_and_token_update_is_kept(lighttpd):
    d = lighttpd.enrolled()
    uuid, body = plists.command()
    lighttpd.ctl.enqueue(d.id, body)
    d.idle().gives(body)
    d.authenticate().accepted()
    d.idle().accepted()
    d.answer(uuid, Late=True).accepted()
    target = lighttpd.ctl.target(uuid, d.id)
    assert target["state"] == "acknowledged"
    assert plistlib.loads(lighttpd.ctl.result(uuid, d.id))["Late"] is True


# ---- bindings ----

@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("state", [
    "unknown", "authenticated", "enabled", "left", "unmanaged", "blocked"])
@pytest.mark.parametrize("reenroll", ["any", "issued"])
def test_certificate_of_another_device(pool, reenroll, state, message):
    """400 before any state is looked at, and nobody changes."""
    server = pool.get("lighttpd", reenroll=reenroll)
    thief = server.enrolled()
    d = in_state(server, state)
    stolen = d.again(identity=thief.identity)
    send(stolen, message).refused(400)
    assert server.ctl.state(thief.id) == "enabled"
    if state == "unknown":
        assert not server.ctl.exists(d.id)
    else:
        assert server.ctl.state(d.id) == state
        want, _ = device_answer(state, "Idle", {"on_restore": "accept"})
        check(d.idle(), want, {})


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("state", ["authenticated", "enabled"])
@pytest.mark.parametrize("reenroll", ["any", "issued"])
def test_certificate_bound_to_nobody(pool, reenroll, state, message):
    """A fresh certificate for a known device: only Authenticate, and only by
    `reenroll`."""
    server = pool.get("lighttpd", reenroll=reenroll)
    d = in_state(server, state)
    other = d.again(identity=server.ca.issue())
    reply = send(other, message)
    if message == "Authenticate" and (reenroll == "any"
                                      or state != "enabled"):
        reply.accepted()
        assert server.ctl.state(d.id) == "authenticated"
        d.idle().refused(400)           # the former certificate
        other.token_update().accepted()
        assert server.ctl.state(d.id) == "enabled"
    else:
        reply.refused(400)
        assert server.ctl.state(d.id) == state
        d.idle().accepted()


def test_user_channel_shares_the_device_binding(lighttpd):
    d = lighttpd.enrolled()
    user = d.user()
    stranger = user.again(identity=lighttpd.ca.issue())
    for message in USER_MESSAGES:
        send(stranger, message).refused(400)
    assert not lighttpd.ctl.exists(user.id)
    user.token_update().accepted()


def test_one_certificate_never_speaks_for_two(lighttpd):
    """Nor after its device has left: it stays its device's."""
    d = lighttpd.enrolled()
    d.check_out().accepted()
    other = lighttpd.device(identity=d.identity)
    other.authenticate().refused(400)
    assert not lighttpd.ctl.exists(other.id)


# ---- policies of enrollment ----

def test_allowlist(pool):
    server = pool.get("lighttpd", enroll=False, enrollment="allowlist")
    serial = "C02ALLOW" + plists.new_uuid()[:4]
    d = server.device()
    refused = d.authenticate(SerialNumber=serial)
    assert refused.status in (400, 401), refused
    assert not server.ctl.exists(d.id)

    server.ctl.run("enrollments", "allow", "--serial", serial)
    d.authenticate(SerialNumber=serial).accepted()
    d.token_update().accepted()
    d.idle().accepted()

    by_udid = server.device()
    assert by_udid.authenticate().status == refused.status
    server.ctl.run("enrollments", "allow", "--udid", by_udid.ids["UDID"])
    by_udid.enroll()
    # After unmanage an Authenticate is judged by the policy again.
    server.ctl.run("enrollments", "unmanage", by_udid.id)
    assert by_udid.idle().status == 401
    by_udid.enroll()
    assert server.ctl.state(by_udid.id) == "enabled"


def test_refused_authenticates_are_not_guarded(fresh):
    """Nobody's management ends by them, so they neither count nor wait."""
    server = fresh(enrollment="allowlist", unmanaged_limit=2)
    server.ctl.run("guard", "release")
    assert [server.device().authenticate().status
            for _ in range(5)] == [401] * 5
    assert server.ctl.guard()["refused"] == 0


def test_user_authenticate_is_declined(lighttpd):
    """Both steps, known user or not; the channel stays as it was."""
    d = lighttpd.enrolled()
    for user in (d.user(), d.user().enroll()):
        user.user_authenticate().refused(410)
        user.user_authenticate(DigestResponse="Digest x").refused(410)
    assert lighttpd.ctl.state(user.id) == "enabled"
    d.user_authenticate().refused(400)      # not a device's to say


def test_blocked_is_for_good_until_unblocked(lighttpd):
    d = lighttpd.enrolled()
    lighttpd.ctl.run("enrollments", "block", d.id)
    for message, status in (("Idle", 401), ("Authenticate", 401),
                            ("TokenUpdate", 401), ("CheckOut", 200)):
        assert send(d, message).status == status
        assert lighttpd.ctl.state(d.id) == "blocked"
    lighttpd.ctl.run("enrollments", "unblock", d.id)
    assert lighttpd.ctl.state(d.id) != "blocked"
    d.enroll()
    d.idle().accepted()


def test_operator_orders_are_not_guarded(fresh):
    """401s that an operator wanted do not count for the guard."""
    server = fresh(unmanaged_limit=2)
    devices = [server.enrolled() for _ in range(5)]
    for d in devices:
        server.ctl.run("enrollments", "unmanage", d.id)
    assert [d.idle().status for d in devices] == [401] * 5
    assert server.device().idle().status == 401


def test_guard_counts_distinct_unknown_devices(fresh):
    """Over the limit 503; who was told before is told again."""
    server = fresh(unmanaged_limit=3, on_restore="reject")
    server.enrolled()
    strangers = [server.device() for _ in range(3)]
    for d in strangers:
        assert d.idle().status == 401
        assert d.idle().status == 401   # counted once
        assert d.token_update().status == 401
    late = server.device()
    late.idle().refused(503)
    late.token_update().refused(503)
    late.user().idle().refused(503)
    assert [d.idle().status for d in strangers] == [401] * 3
    # Those that may enroll or leave are not held up.
    late.check_out().accepted()
    server.device().enroll().idle().accepted()
    guard = server.ctl.guard()
    assert guard["refused"] == 3
    assert guard["limit"] == 3
    assert guard["closed"] is True
    server.ctl.run("guard", "release")
    assert late.idle().status == 401


def test_guard_is_armed_while_the_store_is_empty(fresh):
    server = fresh(on_restore="reject")
    d = server.device()
    for message, status in (("Idle", 503), ("Result", 503),
                            ("TokenUpdate", 503), ("CheckOut", 200)):
        reply = send(d, message)
        assert reply.status == status, (message, reply)
        d.user().idle().refused(503)
    assert server.ctl.guard()["armed"] is True
    server.ctl.run("guard", "release")
    assert server.ctl.guard()["armed"] is False
    assert d.idle().status == 401


def test_guard_ends_with_the_first_enrollment(fresh):
    server = fresh()
    d = server.device()
    d.idle().refused(503)
    d.enroll()
    assert server.device().idle().status == 401
