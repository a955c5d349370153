"""The engine's own certificate authority: TLS that real clients verify in full, on loopback.

It stands in for two authorities: Amazon's RDS bundle (`ca_file` is what a verifier is given as root certificate) and
an EKS cluster's CA (`DescribeCluster` hands out the same file's content). Certificates follow RFC 5280 closely enough
for `ssl.VERIFY_X509_STRICT`, which Python 3.13 turns on.
"""

import fcntl
import hashlib
import ipaddress
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CA_NAME = "coder-day2 local engine CA"
_CA_LIFE = timedelta(days=3650)
_LEAF_LIFE = timedelta(days=825)  # the longest that Apple's verifier accepts
_CLOCK_SKEW = timedelta(hours=1)
_LONGEST_COMMON_NAME = 64


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA whose key and certificates lie in `folder` (mode 0700). Safe to open from several processes."""

    folder: Path

    @classmethod
    def at(cls, folder: Path) -> "Authority":
        """The authority in `folder`, made there on first use."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        authority = cls(folder)
        with authority._alone():
            if not authority.ca_file.exists():
                key = ec.generate_private_key(ec.SECP256R1())
                _write_secret(authority._ca_key_file, key)
                _write(authority.ca_file, _of_ca(key))
        return authority

    @property
    def ca_file(self) -> Path:
        """The root certificate, PEM."""
        return self.folder / "ca.pem"

    @property
    def _ca_key_file(self) -> Path:
        return self.folder / "ca.key"

    def issue(self, hosts: Iterable[str]) -> tuple[Path, Path]:
        """A server certificate for `hosts` (names or IP addresses) as PEM files: certificate, key (mode 0600).

        The same hosts get the same files again. The certificate file ends with the CA's own certificate.
        """
        names = tuple(dict.fromkeys(hosts))
        if not names:
            raise ValueError("a server certificate needs at least one host")
        stem = hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]
        certificate_file, key_file = self.folder / f"{stem}.pem", self.folder / f"{stem}.key"
        with self._alone():
            if not certificate_file.exists():
                key = ec.generate_private_key(ec.SECP256R1())
                _write_secret(key_file, key)
                _write(certificate_file, _of_server(names, key, ca_key=_read_key(self._ca_key_file)), self.ca_file)
        return certificate_file, key_file

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _of_ca(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    return (
        _begun(_CA_NAME, key, life=_CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _of_server(
    names: tuple[str, ...], key: ec.EllipticCurvePrivateKey, *, ca_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    return (
        _begun(names[0], key, life=_LEAF_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        .sign(ca_key, hashes.SHA256())
    )


def _begun(name: str, key: ec.EllipticCurvePrivateKey, *, life: timedelta) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(_CA_NAME))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _named(common_name: str) -> x509.Name:
    # The subject alternative names hold a long host in full.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:_LONGEST_COMMON_NAME])])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(file: Path, certificate: x509.Certificate, *chain: Path) -> None:
    """Whole or not at all: a reader in another process never sees half a certificate."""
    fresh = file.with_suffix(file.suffix + ".new")
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    fresh.write_bytes(pem + b"".join(each.read_bytes() for each in chain))
    fresh.rename(file)


def _write_secret(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    file.touch(mode=0o600)
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _read_key(file: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{file} holds another kind of key")
    return key
