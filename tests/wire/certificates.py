"""Certificates of all kinds, made for these tests, as files."""

import datetime
import functools
import pathlib
import tempfile
from dataclasses import dataclass

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

KEY_PASSWORD = "open sesame"
HOSTS = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class Files:
    """Paths of PEM files. A certificate and its key are in one file unless the name says otherwise."""

    directory: pathlib.Path

    def __getattr__(self, name: str) -> str:
        path = self.directory / f"{name}.pem"
        assert path.exists(), name
        return str(path)


@functools.cache
def files() -> Files:
    """The certificates, made once."""
    directory = tempfile.TemporaryDirectory()
    _KEPT.append(directory)
    found = pathlib.Path(directory.name)
    _make(found)
    return Files(found)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


def _make(directory: pathlib.Path) -> None:
    ca, stranger = trustme.CA(), trustme.CA()
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    made = {
        "server": ca.issue_cert(*HOSTS),
        "elsewhere": ca.issue_cert("elsewhere.example"),
        "expired": ca.issue_cert(*HOSTS, not_before=now - 2 * day, not_after=now - day),
        "early": ca.issue_cert(*HOSTS, not_before=now + day, not_after=now + 2 * day),
        "revoked": ca.issue_cert(*HOSTS),
        "stranger": stranger.issue_cert(*HOSTS),
        "client": ca.issue_cert(common_name="shop"),
        "client_expired": ca.issue_cert(common_name="shop", not_before=now - 2 * day, not_after=now - day),
    }
    for name, leaf in made.items():
        leaf.private_key_and_cert_chain_pem.write_to_path(directory / f"{name}.pem")
    ca.cert_pem.write_to_path(directory / "ca.pem")
    stranger.cert_pem.write_to_path(directory / "stranger_ca.pem")
    client = made["client"]
    client.cert_chain_pems[0].write_to_path(directory / "client_certificate.pem")
    client.private_key_pem.write_to_path(directory / "client_key.pem")
    made["server"].private_key_pem.write_to_path(directory / "other_key.pem")
    _write_encrypted(client, directory / "client_key_encrypted.pem")
    _write_crl(ca, made["revoked"], directory / "crl.pem", now)
    (directory / "no.pem").write_bytes(b"\x30\x82 this is DER or anything else")
    (directory / "damaged.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")


def _write_encrypted(leaf: trustme.LeafCert, path: pathlib.Path) -> None:
    key = load_pem_private_key(leaf.private_key_pem.bytes(), None)
    encryption = BestAvailableEncryption(KEY_PASSWORD.encode())
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))


def _write_crl(ca: trustme.CA, revoked: trustme.LeafCert, path: pathlib.Path, now: datetime.datetime) -> None:
    issuer = x509.load_pem_x509_certificate(ca.cert_pem.bytes())
    leaf = x509.load_pem_x509_certificate(revoked.cert_chain_pems[0].bytes())
    key = load_pem_private_key(ca.private_key_pem.bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    entry = x509.RevokedCertificateBuilder().serial_number(leaf.serial_number).revocation_date(now).build()
    hour = datetime.timedelta(hours=1)
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.subject).last_update(now - hour)
    crl = builder.next_update(now + hour).add_revoked_certificate(entry).sign(key, hashes.SHA256())
    path.write_bytes(crl.public_bytes(Encoding.PEM))
