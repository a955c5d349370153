"""How a secret value is told in records: by a digest."""

from hashlib import sha256


def digest(text: str) -> str:
    """The first 16 hexadecimal digits of its SHA-256."""
    return sha256(text.encode()).hexdigest()[:16]
