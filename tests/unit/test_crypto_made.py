#!/usr/bin/env python3
"""What src/crypto sends to others (made by crypto_maker), read by the openssl
program and by Python's cryptography."""
import os
import pathlib
import subprocess
import sys
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import AttributeOID, ExtendedKeyUsageOID, NameOID

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "fcgi"))
import tap  # noqa: E402

DATA = pathlib.Path(os.environ["TEST_DATA"]) / "crypto" / "scep"
CA = x509.load_pem_x509_certificate((DATA / "ca.pem").read_bytes())
DEVICE = x509.load_pem_x509_certificate((DATA / "device.pem").read_bytes())
REQUEST = x509.load_der_x509_csr((DATA / "csr-rsa.der").read_bytes())
PROFILE = b"<plist>\n\t<true/>\r\n</plist>\n"
NOW = "1800000009"
KINDS = {"old": ("sha1", "des-ede3-cbc"), "new": ("sha256", "aes-128-cbc"),
         "strong": ("sha512", "aes-256-cbc")}


def openssl(*args, data=b"", ok=True):
    p = subprocess.run(["openssl", *map(str, args)], input=data,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if (p.returncode == 0) != ok:
        raise AssertionError("%s: %s" % (args, p.stderr.decode()))
    return p.stdout if ok else p.stderr


def made(name):
    return (DIR / name).read_bytes()


def issued():
    return x509.load_pem_x509_certificate(made("issued.pem"))


def test_issued():
    c = issued()
    parts = [(a.oid, a.value) for a in c.subject]
    assert parts == [(NameOID.ORGANIZATION_NAME, "B\u00fcro"),
                     (NameOID.ORGANIZATIONAL_UNIT_NAME, "MDM"),
                     (NameOID.COMMON_NAME, "Ger\u00e4t, 1")], parts
    assert c.public_key().public_numbers() == REQUEST.public_key().public_numbers()
    assert isinstance(c.signature_hash_algorithm, hashes.SHA256)
    assert 120 <= c.serial_number.bit_length() <= 127
    assert c.not_valid_before.year == 2027
    ext = c.extensions
    usage = ext.get_extension_for_class(x509.KeyUsage)
    assert usage.critical and usage.value.digital_signature
    assert usage.value.key_encipherment and not usage.value.key_cert_sign
    assert not usage.value.data_encipherment and not usage.value.crl_sign
    assert list(ext.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.CLIENT_AUTH]
    assert ext.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert len(ext) == 5, [e.oid for e in ext]
    openssl("verify", "-x509_strict", "-purpose", "sslclient", "-attime", NOW,
            "-CAfile", DATA / "ca.pem", DIR / "issued.pem")


def test_request():
    csr = x509.load_der_x509_csr(made("csr.der"))
    assert csr.is_signature_valid
    assert csr.attributes.get_attribute_for_oid(
        AttributeOID.CHALLENGE_PASSWORD).value == b"a challenge"
    assert csr.public_key().public_numbers() == DEVICE.public_key().public_numbers()
    openssl("req", "-inform", "DER", "-verify", "-noout", data=made("csr.der"))


def test_crl():
    crl = x509.load_der_x509_crl(made("crl.der"))
    assert crl.is_signature_valid(CA.public_key())
    assert crl.issuer == CA.subject
    assert isinstance(crl.signature_hash_algorithm, hashes.SHA256)
    rows = {r.serial_number: r.revocation_date.timestamp() for r in crl}
    assert set(rows) == {0x7f01, 2, issued().serial_number}, rows
    number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    assert number == 0x1234567890
    crl.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    assert crl.last_update.year == 2027 and crl.next_update.year == 2028
    assert made("crl.pem").startswith(b"-----BEGIN X509 CRL-----\n")
    openssl("crl", "-CAfile", DATA / "ca.pem", "-noout", data=made("crl.pem"))
    says = openssl("verify", "-crl_check", "-attime", NOW, "-CAfile", DATA / "ca.pem",
                   "-CRLfile", DIR / "crl.pem", DIR / "issued.pem", ok=False)
    assert b"certificate revoked" in says, says
    empty = x509.load_der_x509_crl(made("crl-empty.der"))
    assert len(list(empty)) == 0 and empty.is_signature_valid(CA.public_key())


def test_profile():
    out = openssl("cms", "-verify", "-binary", "-inform", "DER", "-CAfile",
                  DATA / "ca.pem", "-purpose", "any", "-attime", NOW,
                  data=made("profile.p7m"))
    assert out == PROFILE, out
    assert openssl("smime", "-verify", "-inform", "DER", "-noverify",
                   data=made("profile.p7m")) == PROFILE
    certs = pkcs7.load_der_pkcs7_certificates(made("profile.p7m"))
    assert {c.fingerprint(hashes.SHA256()) for c in certs} == {
        c.fingerprint(hashes.SHA256()) for c in (issued(), CA)}
    shown = openssl("cms", "-cmsout", "-print", "-inform", "DER",
                    data=made("profile.p7m"))
    assert b"sha256" in shown and b"rsaEncryption" in shown and b"pss" not in shown
    definite(made("profile.p7m"))


def definite(der):
    """DER's lengths are never open."""
    levels = openssl("asn1parse", "-inform", "DER", data=der)
    assert b"l=inf" not in levels


def signed(name, cert):
    """The content, by openssl, and what its signature says of itself."""
    text = openssl("cms", "-cmsout", "-print", "-inform", "DER", data=made(name))
    definite(made(name))
    with open(DIR / "signer.pem", "wb") as f:
        f.write((DATA / cert).read_bytes())
    return text, lambda ok=True: openssl(
        "cms", "-verify", "-binary", "-noverify", "-nointern", "-certfile",
        DIR / "signer.pem", "-inform", "DER", data=made(name), ok=ok)


def opened(content, name, cipher):
    shown = openssl("cms", "-cmsout", "-print", "-inform", "DER", data=content).decode()
    assert cipher in shown and "rsaEncryption" in shown, shown
    definite(content)
    return openssl("cms", "-decrypt", "-binary", "-inform", "DER", "-recip",
                   DATA / (name + ".pem"), "-inkey", DATA / (name + ".key"),
                   data=content)


def test_scep_requests():
    for kind, (digest, cipher) in KINDS.items():
        text, content = signed("request-%s.der" % kind, "device.pem")
        text = text.decode()
        assert digest in text, text
        for piece in ("2.16.840.1.113733.1.9.2", "PRINTABLESTRING:19",
                      "2.16.840.1.113733.1.9.7", "PRINTABLESTRING:T-1"):
            assert piece in text, text
        assert opened(content(), "ca", cipher) == (DATA / "csr-rsa.der").read_bytes()


def test_scep_replies():
    for kind, (digest, cipher) in KINDS.items():
        text, content = signed("reply-%s.der" % kind, "ca.pem")
        text = text.decode()
        assert digest in text and "PRINTABLESTRING:3" in text, text
        assert "PRINTABLESTRING:0" in text and "113733.1.9.6" in text, text
        inner = opened(content(), "device", cipher)
        assert pkcs7.load_der_pkcs7_certificates(inner) == [issued(), CA]
        definite(inner)


def test_scep_failures():
    for kind, (digest, _) in KINDS.items():
        text, content = signed("failure-%s.der" % kind, "ca.pem")
        text = text.decode()
        assert "PRINTABLESTRING:2" in text and "UTF8STRING:no" in text, text
        assert digest in text, text
        assert content() == b""


def test_scep_by_pkcs7():
    """OpenSSL's older reader, which clients such as certmonger use."""
    for kind in KINDS:
        for name, signer in (("request", "device"), ("reply", "ca"), ("failure", "ca")):
            openssl("smime", "-verify", "-binary", "-inform", "DER", "-CAfile",
                    DATA / (signer + ".pem"), "-purpose", "any", "-attime", NOW,
                    data=made("%s-%s.der" % (name, kind)))
        inner = openssl("smime", "-verify", "-binary", "-inform", "DER", "-noverify",
                        data=made("reply-%s.der" % kind))
        assert pkcs7.load_der_pkcs7_certificates(openssl(
            "smime", "-decrypt", "-binary", "-inform", "DER", "-recip",
            DATA / "device.pem", "-inkey", DATA / "device.key",
            data=inner)) == [issued(), CA]


def test_degenerate():
    certs = pkcs7.load_der_pkcs7_certificates(made("degenerate.p7c"))
    assert certs == [issued(), CA]      # the issued one first
    text = openssl("pkcs7", "-inform", "DER", "-print_certs", "-noout",
                   data=made("degenerate.p7c"))
    assert text.count(b"subject=") == 2
    definite(made("degenerate.p7c"))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="mooring-made-") as folder:
        DIR = pathlib.Path(folder)
        subprocess.run([os.path.abspath("tests/unit/crypto_maker"), folder], check=True)
        tap.main(sys.modules[__name__])
