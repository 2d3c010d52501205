"""Certification requests and SCEP messages, good ones and as bad as they are
wanted, by a DER writer of its own on Python's cryptography. None of our code.
make_scep.py keeps some of them; the end-to-end tests make theirs."""
import datetime
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding as block, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES, TripleDES
from cryptography.x509.oid import NameOID

DER = serialization.Encoding.DER


def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    if n < 128:
        return bytes([tag, n]) + body
    size = (n.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + n.to_bytes(size, "big") + body


def seq(*parts):
    return tlv(0x30, *parts)


def setof(*parts):
    return tlv(0x31, *sorted(parts))


def integer(n):
    return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def oid(text):
    first, second, *rest = map(int, text.split("."))
    out = b""
    for n in [first * 40 + second, *rest]:
        part = bytes([n & 127])
        while n > 127:
            n >>= 7
            part = bytes([n & 127 | 128]) + part
        out += part
    return tlv(6, out)


def octets(b):
    return tlv(4, b)


def printable(s):
    return tlv(0x13, s.encode() if isinstance(s, str) else s)


def utf8(s):
    return tlv(0x0c, s.encode() if isinstance(s, str) else s)


NULL = b"\5\0"
RSA = "1.2.840.113549.1.1.1"
PSS = "1.2.840.113549.1.1.10"
OAEP = "1.2.840.113549.1.1.7"
DATA, SIGNED, ENVELOPED = ("1.2.840.113549.1.7." + n for n in "123")
CHALLENGE = "1.2.840.113549.1.9.7"
SCEP = "2.16.840.1.113733.1.9."
FAIL_TEXT = "1.3.6.1.5.5.7.24.1"
DIGESTS = {
    "md5": ("1.2.840.113549.2.5", hashes.MD5(), "1.2.840.113549.1.1.4"),
    "sha1": ("1.3.14.3.2.26", hashes.SHA1(), "1.2.840.113549.1.1.5"),
    "sha224": ("2.16.840.1.101.3.4.2.4", hashes.SHA224(), "1.2.840.113549.1.1.14"),
    "sha256": ("2.16.840.1.101.3.4.2.1", hashes.SHA256(), "1.2.840.113549.1.1.11"),
    "sha384": ("2.16.840.1.101.3.4.2.2", hashes.SHA384(), "1.2.840.113549.1.1.12"),
    "sha512": ("2.16.840.1.101.3.4.2.3", hashes.SHA512(), "1.2.840.113549.1.1.13"),
}
CIPHERS = {
    "aes128": ("2.16.840.1.101.3.4.1.2", AES, 16, 16),
    "aes192": ("2.16.840.1.101.3.4.1.22", AES, 24, 16),
    "aes256": ("2.16.840.1.101.3.4.1.42", AES, 32, 16),
    "3des": ("1.2.840.113549.3.7", TripleDES, 24, 8),
}


def alg(o, *parameters):
    return seq(oid(o), *(parameters or (NULL,)))


def self_signed(name, key, ca=False):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    b = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
         .public_key(key.public_key()).serial_number(x509.random_serial_number())
         .not_valid_before(datetime.datetime(2020, 1, 1))
         .not_valid_after(datetime.datetime(2120, 1, 1))
         .add_extension(x509.BasicConstraints(ca, None), True)
         .add_extension(x509.SubjectKeyIdentifier.from_public_key(
             key.public_key()), False))
    if ca:
        b = b.add_extension(x509.KeyUsage(
            True, False, True, False, False, True, True, False, False), True)
    return b.sign(key, hashes.SHA256())


def attribute(o, *values):
    return seq(oid(o), setof(*values))


def spki(key):
    return key.public_key().public_bytes(
        DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def csr(key, attributes=(), digest="sha256", cn="A device", public=None):
    name = seq(setof(seq(oid("2.5.4.10"), utf8("\u00c4rger & Co"))),
               setof(seq(oid("2.5.4.3"), utf8(cn)))) if cn is not None else seq()
    info = seq(integer(0), name, public or spki(key), tlv(0xa0, *sorted(attributes)))
    _, md, rsa_oid = DIGESTS[digest]
    if isinstance(key, rsa.RSAPrivateKey):
        signed, how = key.sign(info, padding.PKCS1v15(), md), alg(rsa_oid)
    else:
        signed = key.sign(info, ec.ECDSA(md))
        how = seq(oid("1.2.840.10045.4.3.2"))
    return seq(info, how, tlv(3, b"\0", signed))


def challenge(*values):
    return attribute(CHALLENGE, *values)


def issuer_and_serial(cert):
    return seq(cert.issuer.public_bytes(), integer(cert.serial_number))


def envelope(content, cert, cipher="aes128", key_alg=None, damage=None):
    o, algorithm, key_len, iv_len = CIPHERS[cipher]
    key, iv = os.urandom(key_len), os.urandom(iv_len)
    pad = block.PKCS7(iv_len * 8).padder()
    enc = Cipher(algorithm(key), modes.CBC(iv)).encryptor()
    body = enc.update(pad.update(content) + pad.finalize()) + enc.finalize()
    how = padding.PKCS1v15()
    if key_alg == OAEP:
        how = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    wrapped = cert.public_key().encrypt(key, how)
    if damage == "key":
        wrapped = wrapped[:-1] + bytes([wrapped[-1] ^ 1])
    if damage == "content":
        body = body[:-1] + bytes([body[-1] ^ 1])
    if damage == "cut":
        body = body[:-3]
    recipient = seq(integer(0), issuer_and_serial(cert),
                    alg(key_alg, seq()) if key_alg == OAEP else alg(RSA),
                    octets(wrapped))
    inner = seq(oid(DATA), alg(o, octets(iv)), tlv(0x80, body))
    return seq(oid(ENVELOPED), tlv(0xa0, seq(integer(0), setof(recipient), inner)))


def digest_of(md, data):
    h = hashes.Hash(md)
    h.update(data)
    return h.finalize()


def signer_info(content, cert, key, attributes, digest="sha256", pss=False):
    """attributes None: a signature without."""
    o, md, _ = DIGESTS[digest]
    signed = content or b""
    part = b""
    if attributes is not None:
        part = setof(*attributes, attribute("1.2.840.113549.1.9.3", oid(DATA)),
                     attribute("1.2.840.113549.1.9.4", octets(digest_of(md, signed))))
        signed, part = part, b"\xa0" + part[1:]
    if pss:
        how = padding.PSS(padding.MGF1(md), md.digest_size)
        named = seq(oid(PSS), seq(
            tlv(0xa0, alg(o)), tlv(0xa1, seq(oid("1.2.840.113549.1.1.8"), alg(o))),
            tlv(0xa2, integer(md.digest_size))))
    else:
        how, named = padding.PKCS1v15(), alg(RSA)
    return seq(integer(1), issuer_and_serial(cert), alg(o), part, named,
               octets(key.sign(signed, how, md)))


def signed_data(content, infos, certs, digest="sha256"):
    inside = seq(oid(DATA), tlv(0xa0, octets(content)) if content is not None else b"")
    return seq(oid(SIGNED), tlv(0xa0, seq(
        integer(1), setof(alg(DIGESTS[digest][0])), inside,
        tlv(0xa0, *certs) if certs else b"", setof(*infos))))


def head(type_="19", transaction=printable("Transaction-1"), nonce=bytes(range(16))):
    out = []
    if type_ is not None:
        out.append(attribute(SCEP + "2", printable(type_)))
    if transaction is not None:
        out.append(attribute(SCEP + "7", transaction))
    if nonce is not None:
        out.append(attribute(SCEP + "5", octets(nonce)))
    return out


class Device:
    def __init__(self, cert, key):
        self.cert, self.key, self.der = cert, key, cert.public_bytes(DER)

    def message(self, content, attributes, digest="sha256", **kw):
        return signed_data(content, [signer_info(
            content, self.cert, self.key, attributes, digest, **kw)],
            [self.der], digest)
