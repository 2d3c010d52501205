"""A SCEP client that is none of ours: messages by tests/data/scep_maker.py
and `cryptography`, replies read by the openssl command."""

import base64
import os
import re
import socket
import subprocess
import sys
import threading
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import AttributeOID

import pki
from device import Wire

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "data"))
import scep_maker as maker  # noqa: E402

PATH = "/scep"
MESSAGE = "application/x-pki-message"
PKCS_REQ, RENEWAL_REQ, CERT_POLL, GET_CERT, GET_CRL = "19", "17", "20", "21", "22"
BAD_ALG, BAD_MESSAGE_CHECK, BAD_REQUEST, BAD_TIME, BAD_CERT_ID = range(5)
NONCE = bytes(range(16))


def openssl(*args, data=b""):
    r = subprocess.run(["openssl", *map(str, args)], input=data,
                       capture_output=True)
    assert r.returncode == 0, r.stderr.decode()
    return r.stdout


def same_key(cert, key):
    return (cert.public_key().public_numbers() ==
            key.public_key().public_numbers())


def csr(key, challenge=None, subject="What a client likes"):
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        pki.name(subject))
    if challenge is not None:
        builder = builder.add_attribute(
            AttributeOID.CHALLENGE_PASSWORD, challenge.encode())
    return builder.sign(key, hashes.SHA256()).public_bytes(pki.DER)


def message(server, content, cert, key, kind=PKCS_REQ, transaction="T",
            digest="sha256", cipher="aes128", to=None):
    """content None: no envelope."""
    inside = None if content is None else maker.envelope(
        content, to or server.ca.cert, cipher)
    return maker.Device(cert, key).message(
        inside, maker.head(kind, maker.printable(transaction), NONCE), digest)


class CertRep:
    """A reply, its signature checked by openssl to be the CA's."""

    def __init__(self, server, der):
        ca = server.path("pki", "device-ca.pem")
        self.content = openssl(
            "cms", "-verify", "-binary", "-inform", "DER", "-noverify",
            "-nointern", "-certfile", ca, "-CAfile", ca, data=der)
        self.text = openssl("cms", "-cmsout", "-print", "-inform", "DER",
                            data=der).decode()
        assert self.attribute("2") == "PRINTABLESTRING:3"
        assert self.attribute("6").startswith("OCTET STRING:")
        self.ok = self.attribute("3") == "PRINTABLESTRING:0"
        self.transaction = self.attribute("7").partition(":")[2]
        fail = self.attribute("4")
        self.fail = None if self.ok else int(fail.partition(":")[2])
        assert self.ok == bool(self.content) and (fail is None) == self.ok

    def attribute(self, tail):
        m = re.search(r"object: .*\(2\.16\.840\.1\.113733\.1\.9\.%s\)\s+"
                      r"set:\s+(\S.*)" % tail, self.text)
        return m and m[1].strip()

    def opened(self, identity):
        return openssl("cms", "-decrypt", "-binary", "-inform", "DER",
                       "-recip", identity.cert_file, "-inkey",
                       identity.key_file, data=self.content)


class Client:
    """A key with a self-signed certificate, later with what it was given."""

    def __init__(self, server, key=None, source=None):
        self.server = server
        self.key = key or pki.rsa_key()
        own = pki.CA(None, self.key, server.folder)
        own.cert = maker.self_signed("Temporary", self.key)
        self.identity = pki.Identity(own.cert, self.key, server.folder,
                                     "scep%d" % next(pki.CA.numbers))
        self.wire = Wire(server, source=source)

    def get(self, operation, text=None):
        return self.wire.request("GET", "%s?operation=%s%s" % (
            PATH, operation, "" if text is None else "&message=" + text))

    def post(self, der):
        return self.wire.request("POST", PATH + "?operation=PKIOperation", der,
                                 [("Content-Type", MESSAGE)])

    def message(self, challenge=None, key=None, content=None, **more):
        if content is None:
            content = csr(key or self.key, challenge)
        return message(self.server, content, self.identity.cert,
                       self.identity.key, **more)

    def told(self, reply, transaction="T"):
        assert (reply.status, reply.content_type) == (200, MESSAGE), reply
        rep = CertRep(self.server, reply.body)
        assert rep.transaction == transaction
        return rep

    def ask(self, challenge=None, by_get=None, transaction="T", **more):
        """by_get: how base64 is escaped."""
        der = self.message(challenge, transaction=transaction, **more)
        if by_get is None:
            return self.told(self.post(der), transaction)
        return self.told(self.get("PKIOperation", by_get(
            base64.b64encode(der).decode())), transaction)

    def given(self, challenge=None, key=None, **more):
        """The identity that it was given."""
        rep = self.ask(challenge, key=key, **more)
        assert rep.ok, rep.fail
        certs = pkcs7.load_der_pkcs7_certificates(rep.opened(self.identity))
        key = key or self.key
        assert same_key(certs[0], key)
        return pki.Identity(certs[0], key, self.server.folder,
                            "scep%d" % next(pki.CA.numbers))

    def refused(self, fail, challenge=None, **more):
        rep = self.ask(challenge, **more)
        assert (rep.ok, rep.fail) == (False, fail)
        return rep

    def close(self):
        self.wire.close()


def escape_nothing(text):
    return text


def escape_equals(text):
    """As macOS does: '+' and '/' go raw."""
    return text.replace("=", "%3D")


def escape_all(text):
    return urllib.parse.quote(text, safe="")


class Relay:
    """Plain HTTP on loopback for a client that cannot be told whom to trust:
    each connection goes on by TLS, byte for byte."""

    def __init__(self, server):
        self.server = server
        self.context = pki.tls_context(server.root_file)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(plain,),
                             daemon=True).start()

    def _relay(self, plain):
        """One request, one answer: the server is asked to close."""
        with plain, self.context.wrap_socket(
                socket.create_connection(("127.0.0.1", self.server.port), 60),
                server_hostname="localhost") as tls:
            head = b""
            while b"\r\n\r\n" not in head:
                data = plain.recv(65536)
                if not data:
                    return
                head += data
            tls.sendall(head.replace(b"\r\n", b"\r\nConnection: close\r\n",
                                     1))
            while data := tls.recv(65536):
                plain.sendall(data)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
