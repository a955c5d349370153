"""The engine's own certificate authority: TLS that real clients verify in full, on loopback.

Standard library only. It stands in for two authorities: Amazon's RDS bundle (`ca_file` is what a verifier is
given as root certificate) and an EKS cluster's CA (`DescribeCluster` hands out the same file's content).
Certificates follow RFC 5280 closely enough for `ssl.VERIFY_X509_STRICT`, which Python 3.13 turns on.
"""

import base64
import fcntl
import hashlib
import ipaddress
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from day2.engine.p256 import PrivateKey

_CA_DAYS = 3650
_LEAF_DAYS = 825  # the longest that Apple's verifier accepts
_CLOCK_SKEW = timedelta(hours=1)

_SEQUENCE, _SET, _INTEGER, _BIT_STRING, _OCTET_STRING, _BOOLEAN, _OID = 0x30, 0x31, 0x02, 0x03, 0x04, 0x01, 0x06
_UTF8, _UTC_TIME, _EXPLICIT_0, _EXPLICIT_1, _EXPLICIT_3 = 0x0C, 0x17, 0xA0, 0xA1, 0xA3
_DNS_NAME, _IP_ADDRESS, _KEY_IDENTIFIER = 0x82, 0x87, 0x80


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
                key = PrivateKey.generate()
                _write_secret(authority._ca_key_file, _key_pem(key))
                certificate = _certificate(
                    name=_CA_NAME, key=key, issuer_key=key, days=_CA_DAYS, extensions=_of_ca(key)
                )
                _write(authority.ca_file, certificate)
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
                ca_key, key = _read_key(self._ca_key_file), PrivateKey.generate()
                _write_secret(key_file, _key_pem(key))
                extensions = _of_server(names, key=key, ca_key=ca_key)
                leaf = _certificate(name=names[0], key=key, issuer_key=ca_key, days=_LEAF_DAYS, extensions=extensions)
                _write(certificate_file, leaf + self.ca_file.read_text())
        return certificate_file, key_file

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


_CA_NAME = "coder-day2 local engine CA"


def _write(file: Path, text: str) -> None:
    """Whole or not at all: a reader in another process never sees half a certificate."""
    fresh = file.with_suffix(file.suffix + ".new")
    fresh.write_text(text)
    fresh.rename(file)


def _write_secret(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text)


def _certificate(*, name: str, key: PrivateKey, issuer_key: PrivateKey, days: int, extensions: bytes) -> str:
    now = datetime.now(UTC)
    body = _der(
        _SEQUENCE,
        _der(_EXPLICIT_0, _integer(2)),  # X.509 version 3
        _integer(secrets.randbits(127) | 1 << 126),
        _ECDSA_WITH_SHA256,
        _distinguished_name(_CA_NAME),
        _der(_SEQUENCE, _time(now - _CLOCK_SKEW), _time(now + timedelta(days=days))),
        _distinguished_name(name),
        _public_key(key),
        _der(_EXPLICIT_3, _der(_SEQUENCE, extensions)),
    )
    r, s = issuer_key.sign(body)
    signature = _der(_SEQUENCE, _integer(r), _integer(s))
    return _pem("CERTIFICATE", _der(_SEQUENCE, body, _ECDSA_WITH_SHA256, _bits(signature)))


def _of_ca(key: PrivateKey) -> bytes:
    return (
        _extension("2.5.29.19", _der(_SEQUENCE, _der(_BOOLEAN, b"\xff"), _integer(0)), critical=True)
        + _extension("2.5.29.15", _der(_BIT_STRING, b"\x01\x06"), critical=True)  # keyCertSign, cRLSign
        + _extension("2.5.29.14", _der(_OCTET_STRING, _key_identifier(key)))
    )


def _of_server(names: tuple[str, ...], *, key: PrivateKey, ca_key: PrivateKey) -> bytes:
    return (
        _extension("2.5.29.19", _der(_SEQUENCE), critical=True)
        + _extension("2.5.29.15", _der(_BIT_STRING, b"\x07\x80"), critical=True)  # digitalSignature
        + _extension("2.5.29.37", _der(_SEQUENCE, _oid("1.3.6.1.5.5.7.3.1")))  # serverAuth
        + _extension("2.5.29.14", _der(_OCTET_STRING, _key_identifier(key)))
        + _extension("2.5.29.35", _der(_SEQUENCE, _der(_KEY_IDENTIFIER, _key_identifier(ca_key))))
        + _extension("2.5.29.17", _der(_SEQUENCE, *(_alternative_name(name) for name in names)))
    )


def _extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    flag = _der(_BOOLEAN, b"\xff") if critical else b""
    return _der(_SEQUENCE, _oid(oid), flag, _der(_OCTET_STRING, value))


def _alternative_name(host: str) -> bytes:
    try:
        return _der(_IP_ADDRESS, ipaddress.ip_address(host).packed)
    except ValueError:
        return _der(_DNS_NAME, host.encode("ascii"))


def _distinguished_name(common_name: str) -> bytes:
    # ub-common-name is 64 characters; the subject alternative names hold the host in full.
    attribute = _der(_SEQUENCE, _oid("2.5.4.3"), _der(_UTF8, common_name[:64].encode()))
    return _der(_SEQUENCE, _der(_SET, attribute))


def _key_identifier(key: PrivateKey) -> bytes:
    return hashlib.sha1(key.public_bytes, usedforsecurity=False).digest()


def _public_key(key: PrivateKey) -> bytes:
    return _der(_SEQUENCE, _der(_SEQUENCE, _oid("1.2.840.10045.2.1"), _CURVE), _bits(key.public_bytes))


def _key_pem(key: PrivateKey) -> str:
    """SEC 1 form (RFC 5915), which OpenSSL and PostgreSQL read."""
    body = (
        _integer(1),
        _der(_OCTET_STRING, key.secret_bytes),
        _der(_EXPLICIT_0, _CURVE),
        _der(_EXPLICIT_1, _bits(key.public_bytes)),
    )
    return _pem("EC PRIVATE KEY", _der(_SEQUENCE, *body))


_SECRET_AT = 7  # sequence (2 bytes), version (3), octet-string header (2)


def _read_key(file: Path) -> PrivateKey:
    """A key that `_key_pem` wrote."""
    der = base64.b64decode("".join(file.read_text().splitlines()[1:-1]))
    return PrivateKey(int.from_bytes(der[_SECRET_AT : _SECRET_AT + 32], "big"))


def _pem(label: str, der: bytes) -> str:
    text = base64.b64encode(der).decode()
    lines = "\n".join(text[start : start + 64] for start in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"


def _der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:  # noqa: PLR2004  the short form of X.690, 8.1.3.4
        return bytes((tag, length)) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + content


def _integer(value: int) -> bytes:
    return _der(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _bits(content: bytes) -> bytes:
    return _der(_BIT_STRING, b"\x00", content)


def _time(moment: datetime) -> bytes:
    """UTCTime, which RFC 5280 wants until 2049."""
    return _der(_UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode())


def _oid(dotted: str) -> bytes:
    first, second, *rest = (int(part) for part in dotted.split("."))
    content = bytearray()
    for arc in (40 * first + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(0x80 | arc & 0x7F)
        content += bytes(reversed(septets))
    return _der(_OID, bytes(content))


_CURVE = _oid("1.2.840.10045.3.1.7")
_ECDSA_WITH_SHA256 = _der(_SEQUENCE, _oid("1.2.840.10045.4.3.2"))
