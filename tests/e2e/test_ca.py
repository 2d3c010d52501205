"""The device CA as others meet it: its revocation list, and a new certificate
of its own while devices are at work."""

import os
import subprocess

import pytest

import device
import pki
import scep
from test_scep import challenge, issued, new_name


def crl(server, *args, data=b""):
    return subprocess.run(
        ["openssl", "crl", "-noout", "-CAfile",
         server.path("pki", "device-ca.pem"), *args],
        input=data, capture_output=True)


def verifies(server, identity, list_file):
    """Whether somebody else who goes by the list takes the certificate."""
    r = subprocess.run(
        ["openssl", "verify", "-crl_check", "-CRLfile", list_file, "-CAfile",
         server.path("pki", "device-ca.pem"), "-purpose", "sslclient",
         identity.cert_file], capture_output=True, text=True)
    assert r.returncode == 0 or "revoked" in r.stdout + r.stderr, r
    return r.returncode == 0


def test_crl_for_others(fresh, tmp_path):
    server = fresh()
    gone, stays = (scep.Client(server, pki.rsa_key(n)) for n in (0, 1))
    gone, stays = (c.given(challenge(server), transaction=new_name())
                   for c in (gone, stays))
    devices = [device.new_device(server, identity=i).enroll()
               for i in (gone, stays)]
    path = os.path.join(server.folder, "crl.pem")
    server.ctl.run("ca", "crl", "--out", path)
    r = crl(server, "-in", path)
    assert r.returncode == 0 and b"verify OK" in r.stderr, r
    assert verifies(server, gone, path) and verifies(server, stays, path)
    server.ctl.run("ca", "revoke-serial",
                   "%x" % gone.cert.serial_number)
    # In force at the next request, with no list at any web server.
    assert devices[0].idle().status != 200
    devices[1].idle().accepted()
    der = server.ctl.run("ca", "crl", "--der", "--hours", "5").stdout
    r = crl(server, "-inform", "DER", "-text", data=der)
    assert r.returncode == 0 and b"verify OK" in r.stderr, r
    assert b"%X" % gone.cert.serial_number in r.stdout
    server.ctl.run("ca", "crl", "--out", path)
    assert not verifies(server, gone, path) and verifies(server, stays, path)
    # By the CA's next certificate as well, and not by another CA's.
    server.ctl.run("ca", "renew")
    r = crl(server, "-in", path)
    assert r.returncode == 0 and b"verify OK" in r.stderr, r
    other = pki.CA.make(str(tmp_path), "Mooring device CA localhost")
    (tmp_path / "other.pem").write_bytes(other.cert.public_bytes(pki.PEM))
    r = subprocess.run(["openssl", "crl", "-noout", "-in", path, "-CAfile",
                        str(tmp_path / "other.pem")], capture_output=True)
    assert b"verify OK" not in r.stderr, r


@pytest.mark.flavours("lighttpd", "apache")
def test_renewed_while_a_request_is_on_its_way(fresh, flavour):
    """What was made for the certificate before is answered; who has one of
    before goes on, and who gets one now gets in, with no restart."""
    server = fresh(flavour)
    client = scep.Client(server)
    old = client.given(challenge(server), transaction=new_name())
    before = device.new_device(server, identity=old).enroll()
    name = new_name()
    on_its_way = client.message(challenge(server), transaction=name)
    renewal = scep.Client(server, client.key)
    renewal.identity = old
    renewal_on_its_way = renewal.message(kind=scep.RENEWAL_REQ,
                                         transaction=name + "r")
    was = client.get("GetCACert").body
    server.ctl.run("ca", "renew", "--days", "3000")
    n = len(issued(server))
    rep = client.told(client.post(on_its_way), name)
    assert rep.ok
    assert renewal.told(renewal.post(renewal_on_its_way), name + "r").ok
    assert len(issued(server)) == n + 2
    assert client.get("GetCACert").body != was
    before.idle().accepted()
    server.ca = pki.CA.load(server.path("pki", "device-ca.pem"),
                            server.path("pki", "device-ca.key"),
                            server.folder)
    fresh_one = scep.Client(server, pki.rsa_key(1))
    new = fresh_one.given(challenge(server), transaction=new_name())
    after = device.new_device(server, identity=new).enroll()
    after.idle().accepted()
    server.restart()
    for d in (before, after):
        d.again().idle().accepted()
    for c in (client, renewal, fresh_one):
        c.close()
