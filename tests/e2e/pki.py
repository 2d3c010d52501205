"""Certificates and signatures of devices, made with `cryptography` and, for
some, with the openssl command."""

import base64
import datetime
import functools
import hashlib
import ipaddress
import itertools
import os
import ssl
import subprocess

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER
DAY = datetime.timedelta(days=1)


def now():
    return datetime.datetime.utcnow().replace(microsecond=0)


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@functools.lru_cache(maxsize=None)
def rsa_key(number=0):
    """RSA keys are slow to make: a few, used again under new certificates."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def ec_key():
    return ec.generate_private_key(ec.SECP256R1())


class Identity:
    """A certificate with its key, as PEM files for the TLS of others."""

    def __init__(self, cert, key, folder, stem):
        self.cert, self.key = cert, key
        self.der = cert.public_bytes(DER)
        self.pem = cert.public_bytes(PEM)
        self.sha256 = hashlib.sha256(self.der).hexdigest()
        self.cert_file = os.path.join(folder, stem + ".pem")
        self.key_file = os.path.join(folder, stem + ".key")
        with open(self.cert_file, "wb") as f:
            f.write(self.pem)
        with open(self.key_file, "wb") as f:
            f.write(key.private_bytes(
                PEM, serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption()))

    def sign(self, body, options=()):
        """The Mdm-Signature of a body: detached CMS, base64 on one line."""
        der = (pkcs7.PKCS7SignatureBuilder().set_data(body)
               .add_signer(self.cert, self.key, hashes.SHA256())
               .sign(DER, [pkcs7.PKCS7Options.DetachedSignature,
                           pkcs7.PKCS7Options.Binary, *options]))
        return base64.b64encode(der).decode()

    def sign_openssl(self, body, *more):
        """The same by `openssl cms`."""
        der = subprocess.run(
            ["openssl", "cms", "-sign", "-binary", "-outform", "DER",
             "-signer", self.cert_file, "-inkey", self.key_file, *more],
            input=body, capture_output=True, check=True).stdout
        return base64.b64encode(der).decode()


def sign_by_two(one, two, body):
    """CMS with two signers, each valid by itself."""
    builder = pkcs7.PKCS7SignatureBuilder().set_data(body)
    for who in (one, two):
        builder = builder.add_signer(who.cert, who.key, hashes.SHA256())
    der = builder.sign(DER, [pkcs7.PKCS7Options.DetachedSignature,
                             pkcs7.PKCS7Options.Binary])
    return base64.b64encode(der).decode()


class CA:
    """Issues identities: with the server's device CA, or a foreign one."""
    numbers = itertools.count(1)    # next() is safe between threads

    def __init__(self, cert, key, folder):
        self.cert, self.key, self.folder = cert, key, folder

    @classmethod
    def load(cls, cert_file, key_file, folder):
        with open(cert_file, "rb") as f:
            cert = x509.load_pem_x509_certificate(f.read())
        with open(key_file, "rb") as f:
            key = serialization.load_pem_private_key(f.read(), None)
        return cls(cert, key, folder)

    @classmethod
    def make(cls, folder, common_name="Somebody else's device CA"):
        key = ec_key()
        cert = (x509.CertificateBuilder()
                .subject_name(name(common_name)).issuer_name(name(common_name))
                .public_key(key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(now() - DAY)
                .not_valid_after(now() + 365 * DAY))
        return cls(cls._as_ca(cert, key).sign(key, hashes.SHA256()), key,
                   folder)

    @staticmethod
    def _as_ca(builder, key):
        return (builder
                .add_extension(x509.BasicConstraints(True, None), True)
                .add_extension(x509.KeyUsage(
                    True, False, False, False, False, True, True, False,
                    False), True)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(
                    key.public_key()), False))

    def issue_ca(self, common_name, key):
        """The certificate of a CA below this one."""
        builder = (x509.CertificateBuilder()
                   .subject_name(name(common_name))
                   .issuer_name(self.cert.subject)
                   .public_key(key.public_key())
                   .serial_number(x509.random_serial_number())
                   .not_valid_before(now() - DAY)
                   .not_valid_after(now() + 365 * DAY))
        return self._as_ca(builder, key).sign(self.key, hashes.SHA256())

    def pem(self):
        return self.cert.public_bytes(PEM)

    def issue(self, common_name="e2e device", key=None, begins=-DAY,
              ends=30 * DAY, usages=(ExtendedKeyUsageOID.CLIENT_AUTH,),
              serial=None, subject=None, more=()):
        key = key or ec_key()
        builder = (x509.CertificateBuilder()
                   .subject_name(subject or name(common_name))
                   .issuer_name(self.cert.subject)
                   .public_key(key.public_key())
                   .serial_number(serial or x509.random_serial_number())
                   .not_valid_before(now() + begins)
                   .not_valid_after(now() + ends)
                   .add_extension(x509.BasicConstraints(False, None), True)
                   .add_extension(
                       x509.SubjectKeyIdentifier.from_public_key(
                           key.public_key()), False)
                   .add_extension(
                       x509.AuthorityKeyIdentifier.from_issuer_public_key(
                           self.key.public_key()), False)
                   .add_extension(x509.KeyUsage(
                       True, False, True, False, False, False, False, False,
                       False), True))
        if usages:
            builder = builder.add_extension(
                x509.ExtendedKeyUsage(list(usages)), False)
        for extension in more:
            builder = builder.add_extension(extension, False)
        cert = builder.sign(self.key, hashes.SHA256())
        return Identity(cert, key, self.folder, "id%d" % next(CA.numbers))


def server_identity(ca):
    """Of a server on this machine."""
    return ca.issue("localhost", usages=(ExtendedKeyUsageOID.SERVER_AUTH,),
                    more=(x509.SubjectAlternativeName([
                        x509.DNSName("localhost"), x509.IPAddress(
                            ipaddress.ip_address("127.0.0.1"))]),))


def push_certificate(folder, topic):
    """An MDM push certificate with its key, in one PEM, of nobody's CA."""
    identity = CA.make(folder, "Push CA").issue(subject=x509.Name(
        [x509.NameAttribute(NameOID.USER_ID, topic)]), ends=365 * DAY)
    return identity.pem + identity.key.private_bytes(
        PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def tls_context(root_file, identity=None):
    """A device's TLS: it trusts the server's root and nobody else."""
    context = ssl.create_default_context(cafile=root_file)
    if identity:
        context.load_cert_chain(identity.cert_file, identity.key_file)
    return context
