"""The whole life of a device of each enrollment kind, behind each web server:
enrolled, commands taken and answered, tokens changed, gone, restored, and
enrolled anew."""

import plistlib

import pytest

import device
import pki
import plists

DEVICES = ("device", "byod-device")
# kind of the channel: kind of the device it belongs to
CHANNELS = {"device": "device", "user": "device", "shared-ipad": "device",
            "byod-device": "byod-device", "byod-user": "byod-device"}


def details(kind):
    """What an Authenticate of the kind carries."""
    if kind == "byod-device":
        return {"DeviceName": "Eve's iPhone", "OSVersion": "18.1"}
    return {"SerialNumber": "C02E2E" + plists.new_uuid()[:6],
            "DeviceName": "Zoë's Mac", "Model": "Mac14,2",
            "ModelName": "MacBook Air", "ProductName": "Mac14,2",
            "OSVersion": "15.1", "BuildVersion": "24B83"}


def queue(server, channel, request_type="DeviceInformation", **keys):
    uuid, body = plists.command(request_type, **keys)
    server.ctl.enqueue(channel.id, body)
    return uuid, body


@pytest.mark.parametrize("kind", CHANNELS)
def test_whole_life(server, kind):
    ctl = server.ctl
    parent = server.device(CHANNELS[kind])
    about = details(parent.kind)
    parent.authenticate(**about).accepted()
    assert ctl.state(parent.id) == "authenticated"
    parent.token_update().accepted()
    channel = parent
    if kind not in DEVICES:
        channel = parent.user(kind)
        channel.token_update().accepted()

    shown = ctl.enrollment(channel.id)
    assert shown["id"] == channel.id
    assert shown["type"] == plists.KINDS[kind]
    assert shown["state"] == "enabled"
    assert shown["enabled"] is True
    assert shown["token_update_tally"] == 1
    if kind == "device":
        assert shown["serial_number"] == about["SerialNumber"]
        assert shown["device_name"] == about["DeviceName"]
        assert shown["os_version"] == "15.1"

    # Commands: taken byte for byte, in order, answered, kept.
    channel.idle().accepted()
    first, first_body = queue(server, channel)
    second, second_body = queue(server, channel, "ProfileList",
                                ManagedOnly=True)
    assert ctl.queue(channel.id) == [first, second]
    channel.idle().gives(first_body)
    channel.idle().gives(first_body)    # until it is answered
    channel.answer(first, QueryResponses={"DeviceName": "Zoë"}
                   ).gives(second_body)
    channel.answer(second, "Error", ErrorChain=[{
        "ErrorCode": 12021, "ErrorDomain": "MCMDMErrorDomain",
        "LocalizedDescription": "nein", "USEnglishDescription": "no"}]
        ).accepted()
    channel.idle().accepted()
    done = ctl.target(first, channel.id)
    assert done["state"] == "acknowledged"
    assert done["deliveries"] == 2
    raw = plistlib.loads(ctl.result(first, channel.id))
    assert raw["QueryResponses"] == {"DeviceName": "Zoë"}
    assert ctl.target_state(second, channel.id) == "error"
    assert ctl.queue(channel.id) == []

    # Another token, of another size, is just another token.
    channel.token_update(Token=b"\x01" * 100).accepted()
    assert ctl.enrollment(channel.id)["token_update_tally"] == 2

    # Gone: the device and its user channels, with what waits for them.
    waiting, waiting_body = queue(server, channel)
    parent.check_out().accepted()
    assert ctl.state(parent.id) == "left"
    assert ctl.enrollment(channel.id)["enabled"] is False
    channel.idle().accepted()

    # Restored from a backup: TokenUpdate alone starts a new generation.
    generation = ctl.enrollment(parent.id)["generation"]
    parent.token_update().accepted()
    assert ctl.state(parent.id) == "enabled"
    assert ctl.enrollment(parent.id)["generation"] == generation + 1
    assert ctl.enrollment(parent.id)["token_update_tally"] == 1
    if channel is not parent:
        channel.token_update().accepted()
    assert ctl.target_state(waiting, channel.id) == "cancelled"
    channel.idle().accepted()

    # Enrolled anew: the queue is cancelled, history stays.
    old, _ = queue(server, channel)
    parent.authenticate(**about).accepted()
    assert ctl.state(parent.id) == "authenticated"
    assert ctl.enrollment(channel.id)["enabled"] is False
    assert ctl.target_state(old, channel.id) == "cancelled"
    assert ctl.target_state(first, channel.id) == "acknowledged"
    channel.idle().accepted()
    parent.token_update().accepted()
    if channel is not parent:
        assert ctl.state(channel.id) == "disabled"
        channel.token_update().accepted()
    assert ctl.enrollment(channel.id)["token_update_tally"] == 1
    last, last_body = queue(server, channel)
    channel.idle().gives(last_body)
    channel.answer(last).accepted()


def test_identity_is_by_signature_everywhere(server):
    """A proxy in front may end TLS: the signature carries the identity."""
    d = server.device(how="signature").enroll()
    uuid, body = queue(server, d)
    d.idle().gives(body)
    d.answer(uuid).accepted()


def test_binary_plist(server):
    d = server.device()
    d.say(plists.authenticate(d.ids), binary=True).accepted()
    d.say(plists.token_update(d.ids), binary=True).accepted()
    uuid, body = queue(server, d)
    d.say(plists.idle(d.ids), binary=True).gives(body)
    d.say(plists.result(d.ids, uuid), binary=True).accepted()
    assert server.ctl.target_state(uuid, d.id) == "acknowledged"


@pytest.mark.parametrize("path, checkin_only", [
    ("/mdm", False), ("/mdm?token=a%20b&x=1", False), ("/checkin", True),
    ("/mdm/checkin", True), ("/mdm/connect", False)])
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_device_urls(server, path, checkin_only, method):
    """The URLs of other servers: devices move here by DNS."""
    d = server.device()
    checkin = path if checkin_only or "connect" not in path else "/checkin"
    d.say(plists.authenticate(d.ids), path=checkin, method=method).accepted()
    d.say(plists.token_update(d.ids), path=checkin, method=method).accepted()
    if not checkin_only:
        _, body = queue(server, d)
        d.say(plists.idle(d.ids), path=path, method=method).gives(body)


def test_checkin_is_known_by_the_prefix_of_its_type(lighttpd):
    d = lighttpd.device()
    for suffix in ("", "; charset=UTF-8", ";x=y"):
        d.put(plists.dump(plists.authenticate(d.ids)),
              plists.CHECKIN_TYPE + suffix).accepted()
        d.put(plists.dump(plists.token_update(d.ids)),
              plists.CHECKIN_TYPE + suffix).accepted()
    for kind in ("application/x-apple-aspen-mdm", "text/plain", ""):
        d.put(plists.dump(plists.idle(d.ids)), kind).accepted()


@pytest.mark.flavours("lighttpd", "apache")
def test_life_over_http2(server):
    """curl speaks HTTP/2 with a client certificate."""
    d = server.device()

    def say(message):
        kind = (plists.CHECKIN_TYPE if "MessageType" in message
                else plists.CONNECT_TYPE)
        status, version, body = device.curl(
            server, plists.dump(message), kind, d.identity, "--http2")
        assert version == "2"
        return status, body

    assert say(plists.authenticate(d.ids)) == (200, b"")
    assert say(plists.token_update(d.ids)) == (200, b"")
    uuid, command = queue(server, d)
    assert say(plists.idle(d.ids)) == (200, command)
    assert say(plists.result(d.ids, uuid)) == (200, b"")
    assert server.ctl.target_state(uuid, d.id) == "acknowledged"
    assert say(plists.check_out(d.ids)) == (200, b"")
    assert server.ctl.state(d.id) == "left"
    assert say(plists.token_update(d.ids)) == (200, b"")
    assert server.ctl.state(d.id) == "enabled"


def test_rsa_device(lighttpd):
    """Both kinds of keys, both ways of identity."""
    for how in ("tls", "signature", "both"):
        d = lighttpd.device(how=how, key=pki.rsa_key())
        d.enroll()
        d.idle().accepted()


def test_large_results_and_commands(server):
    """An InstalledApplicationList of megabytes, a profile of as much."""
    d = server.enrolled()
    uuid, body = queue(server, d, "InstallProfile",
                       Payload=bytes(range(256)) * 8192)
    d.idle().gives(body)
    apps = [{"Name": "App %d" % n, "Identifier": "org.example.%d" % n}
            for n in range(30000)]
    d.answer(uuid, InstalledApplicationList=apps).accepted()
    raw = server.ctl.result(uuid, d.id)
    assert plistlib.loads(raw)["InstalledApplicationList"] == apps


def test_unlock_token_stays_when_missing(lighttpd):
    """A TokenUpdate without UnlockToken keeps the stored one, an
    Authenticate drops the push token."""
    d = lighttpd.device()
    d.authenticate().accepted()
    d.token_update(UnlockToken=b"unlock me" * 300).accepted()
    assert lighttpd.ctl.enrollment(d.id)["has_unlock_token"] is True
    d.token_update().accepted()
    shown = lighttpd.ctl.enrollment(d.id)
    assert shown["has_unlock_token"] is True
    assert shown["has_push_token"] is True
    d.authenticate().accepted()
    assert lighttpd.ctl.enrollment(d.id)["has_push_token"] is False


def test_awaiting_configuration_is_kept(lighttpd):
    d = lighttpd.device()
    d.authenticate().accepted()
    d.token_update(AwaitingConfiguration=True).accepted()
    assert lighttpd.ctl.enrollment(d.id)["awaiting_configuration"] is True
    d.token_update().accepted()
    assert lighttpd.ctl.enrollment(d.id)["awaiting_configuration"] is True


def test_history_is_kept_over_generations(lighttpd):
    """Three lives of one device; each result stays where it was."""
    d = lighttpd.device()
    uuids = []
    for life in range(3):
        d.enroll()
        uuid, body = queue(lighttpd, d)
        d.idle().gives(body)
        d.answer(uuid, Life=life).accepted()
        uuids.append(uuid)
    for life, uuid in enumerate(uuids):
        raw = lighttpd.ctl.result(uuid, d.id)
        assert plistlib.loads(raw)["Life"] == life
    assert lighttpd.ctl.enrollment(d.id)["generation"] == 3
