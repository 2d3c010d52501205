"""Identity from a proxy's header: only by a variable that the web server set
for a listener of its own, from a trusted address, exactly once. And what else
only a hand-made CGI environment can bring."""

import base64
import urllib.parse

import pytest

import cgi
import pki
import plists
import server as servers

RULES = {"identity": "header", "trusted_proxy": "10.1.2.0/24, ::1"}


def rfc9440(identity):
    return ":%s:" % base64.b64encode(identity.der).decode()


def escaped(identity):
    return urllib.parse.quote(identity.pem.decode())


@pytest.fixture(scope="module")
def site(pool_module):
    """A data directory whose store is used by single CGI requests only."""
    server = pool_module(**RULES)
    server.ctl.run("guard", "release")
    return server


@pytest.fixture(scope="module")
def pool_module():
    made = []

    def make(**settings):
        made.append(servers.Server("lighttpd-cgi", **settings).init())
        return made[-1]

    yield make
    for s in made:
        s.remove()


class Proxied:
    """A device whose certificate a proxy passes on."""

    def __init__(self, site, **variables):
        self.site = site
        self.ids = {"UDID": plists.new_uuid()}
        self.identity = site.ca.issue()
        self.variables = {
            "MOORING_CERT_HEADER": "rfc9440", "REMOTE_ADDR": "10.1.2.3",
            "HTTP_CLIENT_CERT": rfc9440(self.identity), **variables}

    def say(self, message, **more):
        kind = (plists.CHECKIN_TYPE if "MessageType" in message
                else plists.CONNECT_TYPE)
        return cgi.run(self.site, plists.dump(message), CONTENT_TYPE=kind,
                       **{**self.variables, **more})

    def authenticate(self, **more):
        return self.say(plists.authenticate(self.ids), **more)


@pytest.mark.parametrize("variables", [
    {}, {"REMOTE_ADDR": "::1"}, {"REMOTE_ADDR": "10.1.2.255"}], ids=str)
def test_rfc9440(site, variables):
    d = Proxied(site, **variables)
    d.authenticate().accepted()
    d.say(plists.token_update(d.ids)).accepted()
    d.say(plists.idle(d.ids)).accepted()
    assert site.ctl.state(d.ids["UDID"]) == "enabled"


def test_escaped_pem(site):
    d = Proxied(site)
    d.variables.update(
        MOORING_CERT_HEADER="pem", HTTP_CLIENT_CERT=None,
        HTTP_X_SSL_CLIENT_CERT=escaped(d.identity))
    d.authenticate().accepted()


def test_ways_that_are_none(site):
    """Each row breaks one condition."""
    d = Proxied(site)
    good, pem = rfc9440(d.identity), escaped(d.identity)
    for broken in (
            {"MOORING_CERT_HEADER": None}, {"MOORING_CERT_HEADER": ""},
            {"MOORING_CERT_HEADER": "yes"},
            {"MOORING_CERT_HEADER": None,
             "HTTP_MOORING_CERT_HEADER": "rfc9440"},
            {"MOORING_CERT_HEADER": "pem"},
            {"REMOTE_ADDR": "127.0.0.1"}, {"REMOTE_ADDR": "10.1.3.1"},
            {"REMOTE_ADDR": "::2"}, {"REMOTE_ADDR": ""},
            {"REMOTE_ADDR": None}, {"REMOTE_ADDR": "10.1.2.3, 10.1.2.3"},
            {"REMOTE_ADDR": "127.0.0.1",
             "HTTP_X_FORWARDED_FOR": "10.1.2.3"},
            {"HTTP_CLIENT_CERT": None}, {"HTTP_CLIENT_CERT": ""},
            {"HTTP_CLIENT_CERT": good + ", " + good},
            {"HTTP_CLIENT_CERT": good + good},
            {"HTTP_CLIENT_CERT": good[1:]}, {"HTTP_CLIENT_CERT": good[:-1]},
            {"HTTP_CLIENT_CERT": good.strip(":")},
            {"HTTP_CLIENT_CERT": ":" + good[2:]},
            {"HTTP_CLIENT_CERT": "::"}, {"HTTP_CLIENT_CERT": ":!:"},
            {"HTTP_CLIENT_CERT": pem},
            {"HTTP_CLIENT_CERT": None, "HTTP_X_SSL_CLIENT_CERT": pem},
            {"HTTP_CLIENT_CERT": None, "CLIENT_CERT": good},
            {"HTTP_CLIENT_CERT": rfc9440(pki.CA.make(
                site.folder).issue())},
            {"HTTP_CLIENT_CERT": rfc9440(site.ca.issue(
                begins=-2 * pki.DAY, ends=-pki.DAY))},
            {"HTTP_CLIENT_CERT": ":%s:" % base64.b64encode(
                d.identity.der + d.identity.der).decode()}):
        reply = d.authenticate(**broken)
        assert reply.status == 400, (broken, reply)
        assert not site.ctl.exists(d.ids["UDID"]), broken
    d.authenticate().accepted()


def test_tls_is_not_looked_at_when_not_configured(site):
    """identity = header: another source is no source."""
    d = Proxied(site, MOORING_CERT_HEADER=None, HTTP_CLIENT_CERT=None)
    d.variables.update(SSL_CLIENT_CERT=d.identity.pem.decode(),
                       SSL_CLIENT_VERIFY="SUCCESS")
    d.authenticate().refused(400)


def test_header_and_tls_that_differ(pool_module):
    site = pool_module(identity="tls, header", trusted_proxy="10.1.2.3")
    site.ctl.run("guard", "release")
    d, other = Proxied(site), Proxied(site)
    d.authenticate(SSL_CLIENT_CERT=other.identity.pem.decode(),
                   SSL_CLIENT_VERIFY="SUCCESS").refused(400)
    d.authenticate(SSL_CLIENT_CERT=d.identity.pem.decode(),
                   SSL_CLIENT_VERIFY="SUCCESS").accepted()


# ---- what web servers say of a client certificate ----

@pytest.fixture(scope="module")
def by_tls(pool_module):
    site = pool_module()
    site.ctl.run("guard", "release")
    return site


def tls_device(site, **variables):
    d = Proxied(site)
    d.variables = {"SSL_CLIENT_CERT": d.identity.pem.decode(),
                   "SSL_CLIENT_VERIFY": "SUCCESS", **variables}
    return d


@pytest.mark.parametrize("verify", [
    "SUCCESS", "GENEROUS", "FAILED:unable to get local issuer certificate"])
def test_our_own_check_decides(by_tls, verify):
    """Apache's optional_no_ca says GENEROUS for a foreign one, with the PEM:
    what the web server thinks of a chain, either way, does not count. (With
    a PEM the handshake has proved the key.)"""
    d = tls_device(by_tls, SSL_CLIENT_VERIFY=verify)
    d.authenticate().accepted()
    d = tls_device(by_tls, SSL_CLIENT_VERIFY=verify)
    d.variables["SSL_CLIENT_CERT"] = pki.CA.make(
        by_tls.folder).issue().pem.decode()
    d.authenticate().refused(400)


@pytest.mark.parametrize("broken", [
    {"SSL_CLIENT_VERIFY": "NONE"}, {"SSL_CLIENT_VERIFY": None},
    {"SSL_CLIENT_VERIFY": "FAILED:certificate has expired",
     "SSL_CLIENT_CERT": None},
    {"SSL_CLIENT_CERT": None}, {"SSL_CLIENT_CERT": ""},
    {"SSL_CLIENT_CERT": "junk"},
    {"SSL_CLIENT_CERT": None, "HTTP_SSL_CLIENT_CERT": "x"}], ids=str)
def test_tls_variables_that_are_none(by_tls, broken):
    d = tls_device(by_tls)
    d.authenticate(**broken).refused(400)
    d.authenticate().accepted()


# ---- bodies that lie, as some CGI gateways pass them on ----

def test_content_length_and_body(by_tls):
    d = tls_device(by_tls)
    d.authenticate().accepted()
    d.say(plists.token_update(d.ids)).accepted()
    body = plists.dump(plists.idle(d.ids))
    # Cut on the way: never a 200.
    for length in (len(body) + 1, 10 ** 6):
        d.say(plists.idle(d.ids), CONTENT_LENGTH=str(length)).refused(400)
