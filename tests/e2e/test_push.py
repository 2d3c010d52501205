"""Pushes through the whole of it: what the API or a device's command asks for
reaches a played APNs, at once or by the courier, whatever comes between."""

import os
import shutil
import tempfile
import time

import pytest

import apns as played
import plists
import processes
from nano import Nano
from receiver import KEY, Receiver


@pytest.fixture
def apple():
    folder = tempfile.mkdtemp(prefix="mrg-apns-", dir="/tmp")
    os.chmod(folder, 0o755)
    with played.Apns(folder) as a:
        yield a
        assert a.stats()["faults"] == []
    shutil.rmtree(folder)


@pytest.fixture
def server(fresh, apple):
    s = fresh(apns_url=apple.url, apns_ca_file=apple.ca_file)
    s.ctl.run("push-cert", "put", "-", input=apple.push_cert(plists.TOPIC))
    return s


def enrolled(server):
    """A device whose push token and magic are known."""
    d = server.enrolled()
    update = plists.token_update(d.ids)
    d.say(update).accepted()
    d.token, d.magic = update["Token"].hex(), update["PushMagic"]
    return d


def pushed(apple, d, count=1, seconds=30):
    for _ in processes.deadline(seconds, "%d pushes of %s" % (count, d.id)):
        seen = apple.seen(d.token)
        if len(seen) >= count:
            return seen


def test_what_is_pushed(server, apple):
    d = enrolled(server)
    uuid, body = plists.command()
    reply = Nano(server).enqueue(d.id, body)
    assert reply.status == 200, reply
    one, = pushed(apple, d)
    assert one["body"] == '{"mdm":"%s"}' % d.magic
    headers = {k: v for k, v in one["headers"].items()
               if k.startswith(("apns-", "content-type"))}
    expires = int(headers.pop("apns-expiration"))
    assert abs(expires - time.time() - 7 * 86400) < 120
    assert headers == {
        "apns-topic": plists.TOPIC, "apns-push-type": "mdm",
        "apns-priority": "10", "content-type": "application/json",
        "apns-id": reply.json["status"][d.id]["push_result"]}
    # The command was there before the push.
    d.say(plists.idle(d.ids)).gives(body)


def test_down_and_up_again(server, apple):
    """What could not be sent is the courier's."""
    devices = [enrolled(server) for _ in range(5)]
    apple.unlisten()
    reply = Nano(server).push(*(d.id for d in devices))
    assert reply.status == 200, reply
    ids = {k: v["push_result"] for k, v in reply.json["status"].items()}
    assert len(ids) == 5
    apple.listen()
    for d in devices:
        assert pushed(apple, d)[0]["headers"]["apns-id"] == ids[d.id]
    assert len(apple.seen()) == 5


def test_worker_dies_in_between(server, apple):
    """The push is stored before it is sent: a kill -9 of the worker that
    sends it loses nothing."""
    d = enrolled(server)
    apple.rule(delay=600)
    process = os.fork()
    if process == 0:        # waits for an answer that never comes
        try:
            Nano(server).push(d.id)
        finally:
            os._exit(0)
    first, = pushed(apple, d)
    for pid in server.workers("api.fcgi"):
        processes.kill(pid)
    os.waitpid(process, 0)
    apple.reset()
    again = pushed(apple, d, seconds=120)[0]
    assert again["headers"]["apns-id"] == first["headers"]["apns-id"]


def test_events(server, apple):
    receiver = Receiver()
    try:
        server.ctl.run("webhooks", "add", "hook", receiver.url, "--key", "-",
                       "--topics", "mooring.*", input=KEY + "\n")
        d, other = enrolled(server), enrolled(server)
        nano = Nano(server)
        apple.rule(token=d.token, status=410, reason="Unregistered",
                   timestamp=int(time.time() * 1000))
        assert nano.push(d.id).status == 500
        event, = receiver.wait_of(d.id, "mooring.push_dead")
        assert event.json["mooring_event"]["reason"] == "Unregistered"
        # Until its next TokenUpdate.
        assert "dead" in nano.push(d.id).json["status"][d.id]["push_error"]
        assert len(apple.seen(d.token)) == 1
        apple.rule(topic=plists.TOPIC, status=403, reason="BadCertificate")
        assert nano.push(other.id).status == 500
        for _ in processes.deadline(20, "mooring.push_stopped"):
            if [e for e in receiver.taken
                    if e.topic == "mooring.push_stopped"]:
                break
        assert nano.push(other.id).status == 500
        assert len(apple.seen(other.token)) == 1
        # A new certificate: what waited is pushed by itself.
        apple.reset()
        server.ctl.run("push-cert", "put", "-",
                       input=apple.push_cert(plists.TOPIC))
        pushed(apple, other)
    finally:
        receiver.close()
