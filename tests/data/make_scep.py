#!/usr/bin/python3
"""Makes tests/data/crypto/scep (and crypto/attached-*): certification requests
and SCEP messages, good and bad ones, by scep_maker.py and by the openssl
program. Run only to make them anew. The keys that are kept belong to nobody.
The corpora of the fuzzers are taken from here."""
import pathlib
import shutil
import subprocess
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from scep_maker import (
    CIPHERS, DATA, DER, DIGESTS, ENVELOPED, FAIL_TEXT, OAEP, RSA, SCEP, SIGNED,
    Device, alg, attribute, challenge, csr, envelope, head, integer, octets, oid,
    printable, self_signed, seq, setof, signed_data, signer_info, spki, tlv, utf8)

HERE = pathlib.Path(__file__).parent
OUT = HERE / "crypto" / "scep"
CORPUS = HERE.parent / "fuzz" / "corpus"
WORK = pathlib.Path(tempfile.mkdtemp())
PEM = serialization.Encoding.PEM


def put(name, data):
    (OUT / name).write_bytes(data)
    return data


def openssl(*args, data=b""):
    return subprocess.run(["openssl", *map(str, args)], input=data, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def keep(name, cert, key=None):
    put(name + ".pem", cert.public_bytes(PEM))
    if key:
        put(name + ".key", key.private_bytes(
            PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


# --- certification requests

def nested(levels, tag=0x30):
    out = b""
    for _ in range(levels):
        out = tlv(tag, out)
    return out


def rsa_spki(n, e):
    return seq(alg(RSA), tlv(3, b"\0", seq(integer(n), integer(e))))


def requests(key, small):
    p256 = ec.generate_private_key(ec.SECP256R1())
    good = put("csr-rsa.der", csr(key, [challenge(printable("Secret-1"))]))
    put("csr-utf8.der", csr(key, [challenge(utf8("Geh\u00e4im"))]))
    put("csr-ec.der", csr(p256, [challenge(printable("Secret-1"))]))
    put("csr-1024.der", csr(small, [challenge(printable("Secret-1"))]))
    for d in "sha1", "sha512", "md5":
        put("csr-%s.der" % d, csr(key, [challenge(printable("Secret-1"))], d))
    put("csr-none.der", csr(key))
    put("csr-no-name.der", csr(key, cn=None))
    put("csr-control.der", csr(key, cn="a\nb"))
    for name, values in (
            ("nul", [printable("Secret-1\0x")]), ("empty", [printable("")]),
            ("255", [printable("x" * 255)]), ("256", [printable("x" * 256)]),
            ("bmp", [tlv(0x1e, "Secret-1".encode("utf-16-be"))]),
            ("octets", [octets(b"Secret-1")]), ("bad-utf8", [utf8(b"Secret\xff")]),
            ("values", [printable("Secret-1"), printable("Secret-2")]),
            ("no-value", []), ("sequence", [seq(printable("Secret-1"))])):
        put("csr-challenge-%s.der" % name, csr(key, [challenge(*values)]))
    put("csr-challenge-twice.der", csr(
        key, [challenge(printable("Secret-1")), challenge(printable("Secret-2"))]))
    put("csr-bad-signature.der", good[:-5] + bytes([good[-5] ^ 1]) + good[-4:])
    put("csr-trailing.der", good + b"\0")
    put("csr-ber.der", indefinite(good))
    put("csr-deep.der", csr(key, [challenge(nested(2000))]))
    put("csr-deep-set.der", nested(4000, 0x31))
    n = key.public_key().public_numbers().n
    put("csr-exponent-1.der", csr(key, public=rsa_spki(n, 1)))
    put("csr-exponent-even.der", csr(key, public=rsa_spki(n, 65536)))
    put("csr-exponent-long.der", csr(key, public=rsa_spki(n, (1 << 80) + 1)))
    put("csr-modulus-even.der", csr(key, public=rsa_spki(n - 1, 65537)))
    put("csr-rsa-huge.der", csr(key, public=rsa_spki((1 << 16400) + 1, 65537)))
    put("csr-512.der", csr(rsa.generate_private_key(65537, 512)))
    put("csr-other-key.der", csr(key, public=spki(small)))
    put("csr-python.der", x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Python")]))
        .add_attribute(x509.oid.AttributeOID.CHALLENGE_PASSWORD, b"from python")
        .sign(key, hashes.SHA256()).public_bytes(DER))
    put("csr-ed25519.der", x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ed")]))
        .sign(ed25519.Ed25519PrivateKey.generate(), None).public_bytes(DER))
    conf = WORK / "req.cnf"
    conf.write_text("[req]\ndistinguished_name=d\nattributes=a\nprompt=no\n[d]\n"
                    "CN=openssl\n[a]\nchallengePassword=from openssl\n")
    for name, args in (
            ("openssl", ["-newkey", "rsa:2048"]),
            ("pss", ["-newkey", "rsa:2048", "-sigopt", "rsa_padding_mode:pss"]),
            ("pss-key", ["-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"]),
            ("dsa", None),
            ("ec192", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime192v1"]),
            ("ec-explicit", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                             "-pkeyopt", "ec_param_enc:explicit"])):
        if name == "dsa":
            openssl("dsaparam", "-genkey", "-out", WORK / "dsa.key", "2048")
            args = ["-key", WORK / "dsa.key"]
        put("csr-%s.der" % name, openssl(
            "req", "-new", "-config", conf, "-nodes", "-keyout", WORK / "any.key",
            "-outform", "DER", *args))
    return good


# --- SCEP messages

def indefinite(der):
    """The outermost length left open."""
    skip = 2 + (der[1] & 0x7f if der[1] & 0x80 else 0)
    return der[:1] + b"\x80" + der[skip:] + b"\0\0"


def good_messages(device, ca, request):
    env = envelope(request, ca)
    put("req.der", device.message(env, head()))
    for digest, cipher in (("sha1", "3des"), ("sha384", "aes192"), ("sha512", "aes256")):
        put("req-%s-%s.der" % (digest, cipher), device.message(
            envelope(request, ca, cipher), head(), digest))
    put("req-ber.der", indefinite(device.message(indefinite(env), head())))
    put("req-pss.der", device.message(env, head(), pss=True))
    put("req-no-nonce.der", device.message(env, head(nonce=None)))
    put("req-utf8.der", device.message(env, head(transaction=utf8("\u00fc+/="))))
    put("req-renewal.der", device.message(env, head("17")))
    put("req-unknown-type.der", device.message(env, head("999")))
    put("req-no-content.der", device.message(None, head("20")))
    put("req-empty-content.der", device.message(b"", head("20")))
    for name, extra in (("openssl", ["-aes128"]), ("openssl-3des", ["-des3"]),
                        ("openssl-stream", ["-aes256", "-stream"]),
                        ("openssl-keyid", ["-aes128", "-keyid"])):
        put("req-%s.der" % name, device.message(openssl(
            "cms", "-encrypt", "-binary", "-outform", "DER", *extra, OUT / "ca.pem",
            data=request), head()))
    return env


def bad_messages(device, other, ca, env, request):
    msg = device.message
    good = msg(env, head())
    info = signer_info(env, device.cert, device.key, head())
    second = signer_info(env, other.cert, other.key, head())
    put("bad-two-signers.der", signed_data(env, [info, second],
                                           [device.der, other.der]))
    put("bad-three-signers.der", signed_data(env, [info, second, info],
                                             [device.der, other.der]))
    put("bad-no-signer.der", signed_data(env, [], [device.der]))
    put("bad-no-cert.der", signed_data(env, [info], []))
    put("bad-other-cert.der", signed_data(env, [info], [other.der]))
    put("bad-wrong-key.der", signed_data(env, [signer_info(
        env, device.cert, other.key, head())], [device.der]))
    put("bad-other-content.der", signed_data(envelope(request, ca), [info],
                                             [device.der]))
    for d in "md5", "sha224":
        put("bad-%s.der" % d, msg(env, head(), d))
    weak = rsa.generate_private_key(65537, 512)
    put("bad-weak-signer.der", Device(self_signed("Weak", weak), weak).message(
        env, head()))
    put("bad-no-attributes.der", msg(env, None))
    put("bad-trailing.der", good + b"\0")
    put("bad-enveloped-only.der", env)
    put("bad-content-text.der", msg(b"hello", head()))
    put("bad-content-signed.der", msg(good, head()))
    put("bad-content-trailing.der", msg(env + b"\0", head()))
    for name, kw in (
            ("transaction-none", {"transaction": None}),
            ("transaction-empty", {"transaction": printable("")}),
            ("transaction-256", {"transaction": printable("x" * 256)}),
            ("transaction-nul", {"transaction": printable("a\0b")}),
            ("transaction-line", {"transaction": utf8("a\nb")}),
            ("transaction-octets", {"transaction": octets(b"abc")}),
            ("nonce-15", {"nonce": bytes(15)}), ("nonce-17", {"nonce": bytes(17)}),
            ("type-none", {"type_": None}), ("type-text", {"type_": "PKCSReq"}),
            ("type-1000", {"type_": "1000"}), ("type-sign", {"type_": "-19"})):
        put("bad-%s.der" % name, msg(env, head(**kw)))
    put("bad-transaction-twice.der", msg(env, head() + [
        attribute(SCEP + "7", printable("Transaction-2"))]))
    put("bad-transaction-values.der", msg(env, head(transaction=None) + [
        attribute(SCEP + "7", printable("a"), printable("b"))]))
    put("bad-transaction-no-value.der", msg(env, head(transaction=None) + [
        attribute(SCEP + "7")]))
    for cipher in "des", "rc2":
        der = openssl("cms", "-encrypt", "-binary", "-outform", "DER", "-provider",
                      "legacy", "-provider", "default", "-" + cipher, OUT / "ca.pem",
                      data=request)
        put("bad-%s.der" % cipher, msg(der, head()))
    put("bad-gcm.der", msg(openssl(
        "cms", "-encrypt", "-binary", "-outform", "DER", "-aes-128-gcm",
        OUT / "ca.pem", data=request), head()))
    put("bad-cipher-oid.der", msg(env.replace(
        oid(CIPHERS["aes128"][0]), oid("2.16.840.1.101.3.4.1.99")), head()))
    put("bad-iv.der", msg(env.replace(oid(CIPHERS["aes128"][0]) + b"\4\x10",
                                      oid(CIPHERS["aes128"][0]) + b"\x0c\x10"), head()))
    put("bad-deep.der", nested(4000))
    put("bad-deep-content.der", msg(seq(oid(ENVELOPED), tlv(
        0xa0, nested(4000, 0xa0))), head()))
    put("bad-deep-attribute.der", msg(env, head(transaction=nested(3000))))
    put("bad-deep-octets.der", seq(oid(SIGNED), tlv(0xa0, seq(
        integer(1), setof(alg(DIGESTS["sha256"][0])),
        seq(oid(DATA), tlv(0xa0, nested(3000, 0x24)))))))
    # What can be read and not be decrypted.
    put("shut-other-ca.der", msg(envelope(request, other.cert), head()))
    for damage in "key", "content", "cut":
        put("shut-%s.der" % damage, msg(envelope(request, ca, damage=damage), head()))
    put("shut-oaep.der", msg(envelope(request, ca, key_alg=OAEP), head()))
    put("shut-text.der", msg(envelope(b"hello", ca), head()))
    put("shut-empty.der", msg(envelope(b"", ca), head()))
    put("shut-behind.der", msg(envelope(request + b"x", ca), head()))
    # The signature of PKCS #1 v1.5 holds, but for somebody else's request.
    put("odd-mismatch.der", other.message(env, head()))


def replies(device, ca, certs):
    def attrs(status, *more):
        return head("3") + [attribute(SCEP + "6", octets(bytes(16)))] + (
            [attribute(SCEP + "3", printable(status))] if status else []) + list(more)

    inside = seq(oid(SIGNED), tlv(0xa0, seq(
        integer(1), tlv(0x31), seq(oid(DATA)), tlv(0xa0, *certs), tlv(0x31))))
    none = seq(oid(SIGNED), tlv(0xa0, seq(
        integer(1), tlv(0x31), seq(oid(DATA)), tlv(0x31))))
    many = seq(oid(SIGNED), tlv(0xa0, seq(
        integer(1), tlv(0x31), seq(oid(DATA)), tlv(0xa0, *certs[:1] * 33), tlv(0x31))))
    fail = attribute(SCEP + "4", printable("2"))
    put("rep-success.der", ca.message(envelope(inside, device.cert, "aes256"), attrs("0")))
    put("rep-no-certs.der", ca.message(envelope(none, device.cert), attrs("0")))
    put("rep-many-certs.der", ca.message(envelope(many, device.cert), attrs("0")))
    put("rep-not-signed.der", ca.message(envelope(certs[0], device.cert), attrs("0")))
    put("rep-failure.der", ca.message(None, attrs(
        "2", fail, attribute(FAIL_TEXT, utf8("wrong challenge")))))
    put("rep-failure-empty.der", ca.message(b"", attrs("2", fail)))
    put("rep-pending.der", ca.message(None, attrs("3")))
    put("bad-rep-no-status.der", ca.message(None, attrs(None)))
    put("bad-rep-status-1.der", ca.message(None, attrs("1")))
    put("bad-rep-no-fail.der", ca.message(None, attrs("2")))
    put("bad-rep-fail-5.der", ca.message(None, attrs(
        "2", attribute(SCEP + "4", printable("5")))))
    put("bad-rep-fail-text.der", ca.message(None, attrs(
        "2", fail, attribute(FAIL_TEXT, utf8("a\nb")))))


def attached():
    """Beside make.py's detached ones, over the same body."""
    to, body = HERE / "crypto", HERE / "crypto" / "body"
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "36500", "-subj",
            "/CN=attached", "-keyout", WORK / "at.key", "-out", WORK / "at.pem")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "36500", "-subj",
            "/CN=second", "-keyout", WORK / "at2.key", "-out", WORK / "at2.pem")
    first = ["-signer", WORK / "at.pem", "-inkey", WORK / "at.key"]
    for name, args in (
            ("chain", ["-certfile", to / "ca-inter.pem"]),
            ("stream", ["-stream"]), ("md5", ["-md", "md5"]),
            ("nocerts", ["-nocerts"]),
            ("two", ["-signer", WORK / "at2.pem", "-inkey", WORK / "at2.key"]),
            ("type", ["-econtent_type", "1.2.840.113549.1.7.3"])):
        openssl("cms", "-sign", "-binary", "-nodetach", "-in", body, "-outform", "DER",
                "-out", to / ("attached-%s.p7s" % name), *first, *args)


CSR_SEEDS = """rsa ec ec-explicit challenge-bmp challenge-twice dsa pss-key exponent-1
python ed25519 512 no-name""".split()


def corpora():
    for folder, target in (("csr", "csr-"), ("scep_cms", "")):
        to = CORPUS / folder
        shutil.rmtree(to, ignore_errors=True)
        to.mkdir()
        for file in sorted(OUT.glob("*.der")):
            is_csr = file.name.startswith("csr-")
            name = file.stem.removeprefix(target)
            if is_csr != bool(target) or file.stat().st_size > 4096 or \
                    is_csr and name not in CSR_SEEDS:
                continue
            (to / name).write_bytes(file.read_bytes())
    to = CORPUS / "scep_op"
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir()
    for file in sorted((CORPUS / "scep_cms").iterdir()):
        if file.name.startswith(("odd-", "req", "shut-")):
            shutil.copy(file, to)


def c_text(file):
    return "\n".join('\t"%s\\n"' % line for line in
                     (OUT / file).read_text().strip().split("\n"))


def fuzz_key():
    guard = "MOORING_TESTS_FUZZ_SCEP_CMS_KEY_H"
    (CORPUS.parent / "scep_cms_key.h").write_text(
        "#ifndef %s\n#define %s\n\n/* Written by tests/data/make_scep.py, with the "
        "corpus that it opens. */\nstatic const char ca_cert_pem[] =\n%s;\n"
        "static const char ca_key_pem[] =\n%s;\n\n#endif\n" % (
            guard, guard, c_text("ca.pem"), c_text("ca.key")))


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    keys = [rsa.generate_private_key(65537, n) for n in (2048, 2048, 2048, 1024)]
    ca = self_signed("SCEP CA", keys[0], ca=True)
    device = Device(self_signed("New device", keys[1]), keys[1])
    other = Device(self_signed("Other device", keys[2]), keys[2])
    keep("ca", ca, keys[0])
    keep("device", device.cert, device.key)
    keep("other", other.cert)
    request = requests(device.key, keys[3])
    env = good_messages(device, ca, request)
    bad_messages(device, other, ca, env, request)
    replies(device, Device(ca, keys[0]), [other.der, ca.public_bytes(DER)])
    attached()
    corpora()
    fuzz_key()
    shutil.rmtree(WORK)


if __name__ == "__main__":
    main()
