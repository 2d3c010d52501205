#!/usr/bin/python3
"""Makes tests/data/crypto: certificates and signatures by implementations
that are not Mooring's (Python's cryptography and the openssl program). Run
only to make them anew; the keys are thrown away. `make.py push` makes only
the push certificates, whose keys are kept: they belong to nobody."""
import datetime
import pathlib
import subprocess
import sys
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID as EKU, NameOID

OUT = pathlib.Path(__file__).parent / "crypto"
WORK = pathlib.Path(tempfile.mkdtemp())
BODY = b"<?xml version=\"1.0\"?>\n<plist><dict/></plist>\r\n\0end"


def day(year):
    return datetime.datetime(year, 1, 1)


def rsa_key(bits=2048):
    return rsa.generate_private_key(65537, bits)


def name(cn):
    return x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Fixtures, \u00c4rger & Co"),
        x509.NameAttribute(NameOID.COMMON_NAME, cn)])


def usage(*which):
    all_ = ["digital_signature", "content_commitment", "key_encipherment",
            "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign",
            "encipher_only", "decipher_only"]
    return x509.KeyUsage(**{k: k in which for k in all_})


def cert(file, cn, key, issuer=None, ca=False, ekus=(EKU.CLIENT_AUTH,),
         ku=("digital_signature", "key_encipherment"), start=2020, end=2120,
         aki=True):
    """issuer: (certificate, key), None for self-signed."""
    by = issuer[0].subject if issuer else name(cn)
    sign = issuer[1] if issuer else key
    b = (x509.CertificateBuilder().subject_name(name(cn)).issuer_name(by)
         .public_key(key.public_key()).serial_number(x509.random_serial_number())
         .not_valid_before(day(start)).not_valid_after(day(end))
         .add_extension(x509.BasicConstraints(ca, None), True))
    if ca:
        b = b.add_extension(usage("key_cert_sign", "crl_sign"), True)
        b = b.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    elif ku:
        b = b.add_extension(usage(*ku), True)
    if ekus and not ca:
        b = b.add_extension(x509.ExtendedKeyUsage(ekus), False)
    if issuer and aki:
        b = b.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
            sign.public_key()), False)
    c = b.sign(sign, hashes.SHA256())
    (OUT / (file + ".pem")).write_bytes(c.public_bytes(serialization.Encoding.PEM))
    (WORK / (file + ".key")).write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    return c, key


def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True)


def cms(file, *signers, args=()):
    ids = []
    for s in signers:
        ids += ["-signer", OUT / (s + ".pem"), "-inkey", WORK / (s + ".key")]
    openssl("cms", "-sign", "-binary", "-in", OUT / "body", "-outform", "DER",
            "-out", OUT / (file + ".p7s"), *ids, *args)


def indefinite(der, levels):
    """The same with the outer lengths left open, as streaming encoders do.
    (The SignedData is the second element of its level.)"""
    head = 2 + (der[1] & 0x7f if der[1] & 0x80 else 0)
    inner = der[head:]
    if levels > 1:
        skip = 2 + inner[1] if inner[0] == 0x06 else 0
        inner = inner[:skip] + indefinite(inner[skip:], levels - 1)
    return der[:1] + b"\x80" + inner + b"\0\0"


def md5_cert(file, issuer):
    """cryptography signs nothing with MD5 any more."""
    ext = WORK / "ext"
    ext.write_text("extendedKeyUsage=clientAuth\nkeyUsage=digitalSignature\n")
    openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout",
            WORK / "md5.key", "-subj", "/CN=md5", "-out", WORK / "md5.csr")
    openssl("x509", "-req", "-in", WORK / "md5.csr", "-md5", "-CA",
            OUT / (issuer + ".pem"), "-CAkey", WORK / (issuer + ".key"),
            "-extfile", ext, "-days", "36500", "-set_serial", "77",
            "-out", OUT / (file + ".pem"))


def push(file, uids, key, start=2020, end=2120):
    """A push certificate as Apple makes them, with its key."""
    subject = x509.Name(
        [x509.NameAttribute(NameOID.USER_ID, u) for u in uids]
        + [x509.NameAttribute(NameOID.COMMON_NAME, "APSP:" + file),
           x509.NameAttribute(NameOID.COUNTRY_NAME, "US")])
    c = (x509.CertificateBuilder().subject_name(subject)
         .issuer_name(name("Fixture Push CA")).public_key(key.public_key())
         .serial_number(x509.random_serial_number())
         .not_valid_before(day(start)).not_valid_after(day(end))
         .add_extension(x509.ExtendedKeyUsage([EKU.CLIENT_AUTH]), False)
         .sign(key, hashes.SHA256()))
    (OUT / (file + ".pem")).write_bytes(
        c.public_bytes(serialization.Encoding.PEM))
    write_key(file + ".key", key, "PKCS8")


def write_key(file, key, form, password=None):
    form = {"PKCS8": serialization.PrivateFormat.PKCS8,
            "OLD": serialization.PrivateFormat.TraditionalOpenSSL}[form]
    how = (serialization.BestAvailableEncryption(password) if password
           else serialization.NoEncryption())
    (OUT / file).write_bytes(key.private_bytes(
        serialization.Encoding.PEM, form, how))


def push_certs():
    key = rsa_key()
    push("push", ["com.apple.mgmt.External.fixture-1"], key)
    write_key("push-old-form.key", key, "OLD")
    write_key("push-encrypted.key", key, "PKCS8", b"secret")
    write_key("push-old-encrypted.key", key, "OLD", b"secret")
    push("push-sooner", ["com.apple.mgmt.External.fixture-1"], rsa_key(),
         end=2119)
    push("push-other", ["com.apple.mgmt.External.fixture-2"],
         ec.generate_private_key(ec.SECP256R1()))
    push("push-expired", ["com.apple.mgmt.External.fixture-1"], rsa_key(),
         start=2010, end=2011)
    push("push-no-uid", [], rsa_key(1024))
    push("push-two-uids", ["com.apple.mgmt.a", "com.apple.mgmt.b"],
         rsa_key(1024))
    push("push-not-apple", ["de.example.mdm"], rsa_key(1024))


def main():
    OUT.mkdir(exist_ok=True)
    push_certs()
    if sys.argv[1:] == ["push"]:
        return
    ca = cert("ca", "Device CA", rsa_key(), ca=True)
    again = cert("ca-again", "Device CA", rsa_key(), ca=True)
    ec_ca = cert("ca-ec", "EC CA", ec.generate_private_key(ec.SECP384R1()), ca=True)
    old = cert("ca-expired", "Old CA", rsa_key(), ca=True, start=2001, end=2005)
    inter = cert("ca-inter", "Intermediate", rsa_key(), ca, ca=True)
    plain = cert("not-ca", "No CA", rsa_key(), ca)

    cert("rsa", "rsa device", rsa_key(), ca)
    cert("ec", "ec device", ec.generate_private_key(ec.SECP256R1()), ca)
    cert("ec521", "ec521 device", ec.generate_private_key(ec.SECP521R1()), ec_ca)
    cert("rsa1024", "small", rsa_key(1024), ca)
    cert("rsa512", "too small", rsa_key(512), ca)
    cert("ed25519", "ed25519", ed25519.Ed25519PrivateKey.generate(), ca)
    cert("no-eku", "no eku", rsa_key(), ca, ekus=())
    cert("server-auth", "server", rsa_key(), ca, ekus=(EKU.SERVER_AUTH,))
    cert("any-eku", "any", rsa_key(), ca,
         ekus=(EKU.ANY_EXTENDED_KEY_USAGE,))
    cert("both-eku", "both", rsa_key(), ca,
         ekus=(EKU.SERVER_AUTH, EKU.CLIENT_AUTH))
    cert("no-ku", "no ku", rsa_key(), ca, ku=())
    cert("encipher-only", "encipher", rsa_key(), ca, ku=("key_encipherment",))
    cert("expired", "expired", rsa_key(), ca, start=2010, end=2012)
    cert("future", "future", rsa_key(), ca, start=2110)
    cert("of-again", "of the second", rsa_key(), again, aki=False)
    cert("of-first", "of the first", rsa_key(), ca, aki=False)
    cert("of-inter", "of intermediate", rsa_key(), inter)
    cert("of-expired-ca", "of old", rsa_key(), old)
    cert("of-not-ca", "of no CA", rsa_key(), plain)
    cert("foreign", "foreign", rsa_key(),
         cert("ca-foreign", "Foreign CA", rsa_key(), ca=True))
    cert("self-signed", "self", rsa_key())
    md5_cert("md5", "ca")

    (OUT / "body").write_bytes(BODY)
    cms("rsa", "rsa")
    cms("sha1", "rsa", args=("-md", "sha1"))
    cms("sha512", "rsa", args=("-md", "sha512"))
    cms("md5", "rsa", args=("-md", "md5"))
    cms("pss", "rsa", args=("-keyopt", "rsa_padding_mode:pss"))
    cms("ec", "ec")
    cms("ec521", "ec521", args=("-md", "sha512"))
    cms("noattr", "rsa", args=("-noattr",))
    cms("keyid", "ca", args=("-keyid",))
    cms("chain", "of-inter", args=("-certfile", OUT / "ca-inter.pem"))
    cms("two", "rsa", "ec")
    cms("nocerts", "rsa", args=("-nocerts",))
    cms("attached", "rsa", args=("-nodetach",))
    cms("rsa512", "rsa512", args=("-md", "sha1", "-noattr"))
    (OUT / "ber.p7s").write_bytes(indefinite((OUT / "rsa.p7s").read_bytes(), 3))
    openssl("cms", "-digest_create", "-in", OUT / "body", "-outform", "DER",
            "-out", OUT / "digested.p7s")
    rsa_cert = x509.load_pem_x509_certificate((OUT / "rsa.pem").read_bytes())
    key = serialization.load_pem_private_key(
        (WORK / "rsa.key").read_bytes(), None)
    (OUT / "python.p7s").write_bytes(
        pkcs7.PKCS7SignatureBuilder().set_data(BODY)
        .add_signer(rsa_cert, key, hashes.SHA384())
        .sign(serialization.Encoding.DER,
              [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]))


if __name__ == "__main__":
    main()
