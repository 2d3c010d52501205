"""A device's next certificate: renewals that lose nothing, rolling back,
enrolling anew in between, and certificates that were issued for somebody
else. The renewals are of another CA, whose part is played here: it puts the
subject into the certificate that our profile asks for."""

import plistlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID

import pki
import plists
import processes

OIDS = {"CN": NameOID.COMMON_NAME, "O": NameOID.ORGANIZATION_NAME}


@pytest.fixture(scope="module")
def server(pool):
    return pool.get("lighttpd", topic=plists.TOPIC,
                    scep_url="https://ca.example.org/scep")


@pytest.fixture(scope="module")
def no_grace(pool):
    return pool.get("lighttpd", topic=plists.TOPIC, renewal_grace_days=0,
                    scep_url="https://ca.example.org/scep")


def issued(server, *options):
    """Of `mooringctl ca issue`."""
    stem = plists.new_uuid()
    prefix = server.path("run", stem)
    server.ctl.run("ca", "issue", "--cn", "issued", "--out", prefix, "--ec",
                   *options)
    with open(prefix + ".pem", "rb") as f:
        cert = x509.load_pem_x509_certificate(f.read())
    with open(prefix + ".key", "rb") as f:
        key = serialization.load_pem_private_key(f.read(), None)
    return pki.Identity(cert, key, server.folder, stem)


class Alive:
    """An enrolled device with everything that a renewal could lose."""

    def __init__(self, server):
        self.server = server
        self.d = d = server.device()
        d.authenticate(SerialNumber="SN" + d.id[:8]).accepted()
        d.token_update(UnlockToken=b"unlock").accepted()
        self.user = d.user()
        self.user.token_update().accepted()
        self.uuid, self.body = plists.command("ProfileList")
        server.ctl.enqueue([d.id, self.user.id], self.body)

    def check(self, tally=1, generation=1):
        for channel, n in ((self.d, tally), (self.user, 1)):
            shown = self.server.ctl.enrollment(channel.id)
            assert shown["state"] == "enabled"
            assert shown["generation"] == generation
            assert shown["token_update_tally"] == n
            assert shown["has_push_token"]
            assert self.uuid in self.server.ctl.queue(channel.id)
        shown = self.server.ctl.enrollment(self.d.id)
        assert shown["has_unlock_token"]
        assert shown["serial_number"] == "SN" + self.d.id[:8]

    def ask(self):
        """Asked to renew; the subject that the profile wants."""
        self.server.ctl.run("renew", self.d.id, "--no-push")
        # What was queued before is not to be answered here.
        uuid = self.server.ctl.queue(self.d.id)[-1]
        assert self.server.ctl.command(uuid)["request_type"] == \
            "InstallProfile"
        reply = self.d.answer(self.uuid, "NotNow")
        profile = plistlib.loads(reply.plist()["Command"]["Payload"])
        scep, = [p for p in profile["PayloadContent"]
                 if p["PayloadType"] == "com.apple.security.scep"]
        subject = scep["PayloadContent"]["Subject"]
        # It waits for an answer until it is installed.
        return uuid, x509.Name([
            x509.NameAttribute(OIDS[oid], value)
            for (oid, value), in subject])

    def renewed(self):
        """The channel with the certificate of a renewal, which has said
        nothing yet."""
        uuid, subject = self.ask()
        new = self.d.again(self.server.ca.issue(subject=subject))
        new.uuid = uuid
        return new


def bound(server, d):
    return server.ctl.enrollment(d.id)["cert_sha256"]


# ---- renewing ----

def test_renewal_loses_nothing(server):
    alive = Alive(server)
    new = alive.renewed()
    new.authenticate(OSVersion="18.4").accepted()
    alive.check()
    assert bound(server, alive.d) == new.identity.sha256
    assert server.ctl.enrollment(alive.d.id)["os_version"] == "18.4"
    # The answer was lost: it comes again, and is a renewal still.
    new.authenticate().accepted()
    alive.check()
    # Until the TokenUpdate, and for some time after, either is good.
    alive.d.idle().gives(alive.body)
    new.idle().gives(alive.body)
    new.token_update().accepted()
    alive.check(tally=2)
    alive.d.idle().gives(alive.body)
    new.answer(new.uuid).gives(alive.body)
    new.authenticate().accepted()
    alive.check(tally=2)
    # The user's channel is the device's: it speaks by the new one too.
    again = alive.user.again(new.identity)
    again.idle().gives(alive.body)
    server.ctl.run("store", "check")


def test_no_grace(no_grace):
    alive = Alive(no_grace)
    new = alive.renewed()
    new.authenticate().accepted()
    alive.d.idle().gives(alive.body)
    new.token_update().accepted()
    alive.d.idle().refused(400)
    assert alive.d.authenticate().status == 400
    no_grace.wait_log("mooring.identity_conflict", alive.d.identity.sha256)
    new.idle().gives(alive.body)
    alive.check(tally=2)


def test_rollback(no_grace):
    """The update failed on the device, which goes back to what it had."""
    alive = Alive(no_grace)
    new = alive.renewed()
    new.authenticate().accepted()
    alive.d.authenticate().accepted()
    alive.check()
    alive.d.token_update().accepted()
    alive.check(tally=2)
    assert bound(no_grace, alive.d) == alive.d.identity.sha256
    # By then the new one is the former.
    new.idle().refused(400)
    alive.d.idle().gives(alive.body)


def test_rollback_without_a_word(server):
    alive = Alive(server)
    new = alive.renewed()
    new.authenticate().accepted()
    alive.d.idle().gives(alive.body)
    alive.d.answer(new.uuid, "Error").gives(alive.body)
    alive.check()


def test_renewed_without_check_in(server):
    """As when SCEP is renewed on the device itself."""
    alive = Alive(server)
    new = alive.renewed()
    new.idle().gives(alive.body)
    assert bound(server, alive.d) == new.identity.sha256
    alive.check()
    again = alive.renewed()
    again.answer(alive.uuid, "NotNow")
    assert bound(server, alive.d) == again.identity.sha256


def test_nonce_is_of_one_device(server):
    alive, other = Alive(server), Alive(server)
    new = alive.renewed()
    stolen = other.d.again(new.identity)
    assert stolen.authenticate().status == 400
    assert stolen.idle().status == 400
    other.check()
    new.authenticate().accepted()
    alive.check()


def test_enrolled_anew_while_a_renewal_is_pending(server):
    alive = Alive(server)
    new = alive.renewed()
    new.authenticate().accepted()
    # Erased meanwhile: it comes by a certificate that is for its UDID.
    third = alive.d.again(issued(server, "--udid", alive.d.id))
    third.authenticate().accepted()
    shown = server.ctl.enrollment(alive.d.id)
    assert shown["state"] == "authenticated"
    assert shown["generation"] == 2
    third.token_update().accepted()
    third.idle().accepted()
    assert server.ctl.target_state(alive.uuid, alive.d.id) == "cancelled"
    assert server.ctl.state(alive.user.id) == "disabled"
    alive.d.idle().refused(400)
    new.idle().refused(400)
    assert new.authenticate().status == 400
    third.idle().accepted()


# ---- for whom it was issued ----

def test_another_certificate_of_an_enrolled_device(lighttpd):
    """reenroll = issued, by default."""
    d = lighttpd.enrolled()
    for identity in (lighttpd.ca.issue(), issued(lighttpd)):
        d.again(identity).authenticate().refused(
            400, "not issued for this enrolled device")
        assert "identity_refused" in lighttpd.wait_log(identity.sha256)
    d.idle().accepted()
    new = d.again(issued(lighttpd, "--udid", d.id))
    new.enroll()
    d.idle().refused(400)
    assert lighttpd.ctl.enrollment(d.id)["generation"] == 2


def test_serial_number_that_is_stored(lighttpd):
    serial = "C" + plists.new_uuid()[:8]
    d = lighttpd.device()
    d.authenticate(SerialNumber=serial).accepted()
    d.token_update().accepted()
    # What the message says of itself makes nobody another.
    other = d.again(issued(lighttpd, "--serial", "MINE"))
    assert other.authenticate(SerialNumber="MINE").status == 400
    assert other.authenticate(SerialNumber=serial).status == 400
    new = d.again(issued(lighttpd, "--serial", serial))
    new.authenticate(SerialNumber=serial).accepted()
    new.token_update().accepted()
    assert lighttpd.ctl.enrollment(d.id)["generation"] == 2


@pytest.mark.parametrize("reenroll", ["any", "issued"])
def test_issued_for_another_device(pool, reenroll):
    """In every state, whatever the settings."""
    server = pool.get("lighttpd", reenroll=reenroll)
    owner, stranger = plists.new_uuid(), server.device()
    identity = issued(server, "--udid", owner)
    thief = stranger.again(identity)
    thief.authenticate().refused(400, "issued for another device")
    thief.token_update().refused(400, "issued for another device")
    assert not server.ctl.exists(stranger.id)
    stranger.enroll()
    thief.authenticate().refused(400, "issued for another device")
    thief.idle().refused(400)
    stranger.check_out().accepted()
    thief.authenticate().refused(400, "issued for another device")
    server.ctl.run("enrollments", "unmanage", stranger.id)
    thief.authenticate().refused(400, "issued for another device")
    line = server.wait_log("identity_refused", identity.sha256)
    assert "issued_for_udid=" + owner in line
    server.device(udid=owner, identity=identity).enroll()


def test_each_refusal_is_a_line(lighttpd):
    """Also where the event is one in an hour."""
    d = lighttpd.enrolled()
    other = d.again(lighttpd.ca.issue())
    for _ in range(3):
        assert other.authenticate().status == 400
    for _ in processes.deadline(10, "three lines"):
        lines = [line for _, text in lighttpd.log_texts()
                 for line in text.splitlines()
                 if "identity_refused" in line
                 and other.identity.sha256 in line]
        if len(lines) >= 3:
            break
