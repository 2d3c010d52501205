#!/usr/bin/python3
"""Makes tests/data/crypto/ade and the fuzzer's corpus machineinfo: MachineInfo
as devices send it, signed below a CA that stands in for Apple's, by Python's
cryptography and the openssl program. As Apple's, all of its certificates have
expired. Run only to make them anew. The key that is kept belongs to nobody."""
import base64
import datetime
import pathlib
import plistlib
import shutil
import subprocess
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

HERE = pathlib.Path(__file__).parent
OUT = HERE / "crypto" / "ade"
CORPUS = HERE.parent / "fuzz" / "corpus" / "machineinfo"
WORK = pathlib.Path(tempfile.mkdtemp())
DER = serialization.Encoding.DER
PEM = serialization.Encoding.PEM

INFO = {
    "UDID": "00008110-001A2B3C4D5E6F70", "SERIAL": "F2LXK1ABCD",
    "PRODUCT": "iPhone15,2", "VERSION": "21B91", "OS_VERSION": "17.1",
    "SUPPLEMENTAL_BUILD_VERSION": "21B92",
    "SUPPLEMENTAL_OS_VERSION_EXTRA": "(a)",
    "IMEI": "35 000000 000000 0", "MEID": "35000000000000", "LANGUAGE": "en",
    "MDM_CAN_REQUEST_SOFTWARE_UPDATE": True,
    "MANDATORY_SOFTWARE_UPDATE_REQUIRED": True,
    "MDM_CAN_REQUEST_PSSO_CONFIG": True,
    "SOFTWARE_UPDATE_DEVICE_ID": "iPhone15,2", "PAIRING_TOKEN": b"\1\2\3",
}


def name(cn):
    return x509.Name([
        x509.NameAttribute(NameOID.COMMON_NAME, cn),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Not Apple Inc.")])


def cert(stem, cn, issuer=None, ca=False, bits=2048, digest=hashes.SHA256()):
    key = rsa.generate_private_key(65537, bits)
    by, signer = (issuer[0].subject, issuer[1]) if issuer else (name(cn), key)
    c = (x509.CertificateBuilder().subject_name(name(cn)).issuer_name(by)
         .public_key(key.public_key())
         .serial_number(x509.random_serial_number())
         .not_valid_before(datetime.datetime(2007, 4, 16))
         .not_valid_after(datetime.datetime(2014, 4, 16))
         .add_extension(x509.BasicConstraints(ca, None), True)
         .add_extension(x509.KeyUsage(
             not ca, False, not ca, False, False, ca, ca, False, False), True)
         .sign(signer, digest))
    (WORK / (stem + ".pem")).write_bytes(c.public_bytes(PEM))
    (WORK / (stem + ".key")).write_bytes(key.private_bytes(
        PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    return c, key


def signed(body, *signers, more=()):
    b = pkcs7.PKCS7SignatureBuilder().set_data(body)
    for c, key in signers:
        b = b.add_signer(c, key, hashes.SHA256())
    for c, _ in more:
        b = b.add_certificate(c)
    return b.sign(DER, [pkcs7.PKCS7Options.Binary])


def openssl(stem, body, *more):
    return subprocess.run(
        ["openssl", "cms", "-sign", "-binary", "-nodetach", "-signer",
         WORK / (stem + ".pem"), "-inkey", WORK / (stem + ".key"),
         "-outform", "DER", *more],
        input=body, capture_output=True, check=True).stdout


def put(file, data):
    (OUT / file).write_bytes(data)
    if len(data) < 16384:
        (CORPUS / file.partition(".")[0]).write_bytes(b"\0" + data)


def main():
    for folder in (OUT, CORPUS):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    root = cert("root", "Not Apple's Root CA", ca=True)
    inter = cert("inter", "Not Apple's iPhone Device CA", root, ca=True)
    device = cert("device", "F2LXK1ABCD", inter)
    strange = cert("strange", "F2LXK1ABCD",
                   cert("strange-ca", "Not Apple's iPhone Device CA", ca=True))
    alone = cert("alone", "F2LXK1ABCD")
    # As Apple's of 2007: SHA-1 all the way, and small keys of devices.
    old = cert("old", "F2LXK1ABCD", cert(
        "old-inter", "Not Apple's iPhone Device CA", root, ca=True,
        digest=hashes.SHA1()), bits=1024, digest=hashes.SHA1())

    for stem in ("root", "inter"):
        (OUT / (stem + ".pem")).write_bytes(
            (WORK / (stem + ".pem")).read_bytes())
    (OUT / "device.pem").write_bytes(b"".join(
        (WORK / f).read_bytes()
        for f in ("device.pem", "device.key", "inter.pem")))

    xml = plistlib.dumps(INFO)
    least = plistlib.dumps({k: INFO[k] for k in
                            ("UDID", "SERIAL", "PRODUCT", "VERSION")})
    put("good.p7s", signed(xml, device, more=[inter]))
    put("least.p7s", signed(least, device, more=[inter]))
    put("binary.p7s", signed(
        plistlib.dumps(INFO, fmt=plistlib.FMT_BINARY), device, more=[inter]))
    (OUT / "old-inter.pem").write_bytes(
        (WORK / "old-inter.pem").read_bytes())
    put("old.p7s", openssl("old", xml, "-md", "sha1"))
    put("root-too.p7s", signed(xml, device, more=[inter, root]))
    put("no-chain.p7s", signed(xml, device))
    put("foreign.p7s", signed(xml, strange, more=[inter]))
    put("self-signed.p7s", signed(xml, alone))
    put("two-signers.p7s", signed(xml, device, strange, more=[inter]))
    put("no-signer.p7s", pkcs7.serialize_certificates([device[0]], DER))
    put("account.p7s", signed(plistlib.dumps(
        {"LANGUAGE": "en", "PRODUCT": "iPad13,1", "VERSION": "21B91"}),
        device, more=[inter]))
    put("no-plist.p7s", signed(b"PRODUCT=iPhone15,2", device, more=[inter]))
    put("lacks-udid.p7s", signed(plistlib.dumps(
        {k: v for k, v in INFO.items() if k != "UDID"}), device,
        more=[inter]))
    put("detached.p7s", pkcs7.PKCS7SignatureBuilder().set_data(xml)
        .add_signer(device[0], device[1], hashes.SHA256())
        .sign(DER, [pkcs7.PKCS7Options.DetachedSignature,
                    pkcs7.PKCS7Options.Binary]))
    put("openssl.p7s", openssl("device", xml, "-stream", "-md", "sha1",
                               "-certfile", WORK / "inter.pem"))

    # The first byte chooses how it is read (fuzz_machineinfo.c).
    (CORPUS / "unverified").write_bytes(
        b"\1" + (OUT / "least.p7s").read_bytes())
    (CORPUS / "bare").write_bytes(b"\2" + plistlib.dumps(
        {"PRODUCT": "Mac14,7", "VERSION": "22F66", "OS_VERSION": "13.4"}))
    (CORPUS / "bare-cms").write_bytes(
        b"\2" + (OUT / "account.p7s").read_bytes())
    (CORPUS / "header").write_bytes(
        b"\3" + base64.b64encode((OUT / "least.p7s").read_bytes()))
    (CORPUS / "versions").write_bytes(b"\4" + b"17.6.1 (a)\n18.0.0")
    (CORPUS / "strange-versions").write_bytes(b"\4" + b"..1.x (\n1.99999999999")
    shutil.rmtree(WORK)


if __name__ == "__main__":
    main()
