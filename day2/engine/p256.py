"""Signatures on the curve P-256, in plain Python: enough for the certificates of servers on loopback.

The engine's environment holds no library for this, and neither an `openssl` program nor a compiler may be
needed. It takes its secrets from the operating system but is not constant in time: no key made here guards
anything beyond one machine. Curve constants: FIPS 186-4, D.1.2.3.
"""

import hashlib
import secrets
from dataclasses import dataclass

Point = tuple[int, int]

_P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_A = _P - 3
_G: Point = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A secret number below the curve's order."""

    secret: int

    @classmethod
    def generate(cls) -> "PrivateKey":
        return cls(1 + secrets.randbelow(_N - 1))

    @property
    def secret_bytes(self) -> bytes:
        return self.secret.to_bytes(32, "big")

    @property
    def public_bytes(self) -> bytes:
        """The public point, uncompressed: 0x04, x, y."""
        x, y = _multiply(self.secret, _G)
        return b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")

    def sign(self, message: bytes) -> tuple[int, int]:
        """ECDSA with SHA-256: the two numbers of the signature."""
        digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
        while True:
            nonce = 1 + secrets.randbelow(_N - 1)
            r = _multiply(nonce, _G)[0] % _N
            s = pow(nonce, -1, _N) * (digest + r * self.secret) % _N
            if r and s:
                return r, s


def _add(left: Point | None, right: Point | None) -> Point | None:
    """Sum of two points; None is the neutral one."""
    if left is None:
        return right
    if right is None:
        return left
    (x1, y1), (x2, y2) = left, right
    if x1 == x2:
        if (y1 + y2) % _P == 0:
            return None
        slope = (3 * x1 * x1 + _A) * pow(2 * y1, -1, _P) % _P
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, _P) % _P
    x3 = (slope * slope - x1 - x2) % _P
    return x3, (slope * (x1 - x3) - y1) % _P


def _multiply(factor: int, point: Point) -> Point:
    result: Point | None = None
    addend: Point | None = point
    while factor:
        if factor & 1:
            result = _add(result, addend)
        addend = _add(addend, addend)
        factor >>= 1
    if result is None:
        raise ValueError("a multiple of the curve's order has no coordinates")
    return result
