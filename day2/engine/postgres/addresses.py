"""An address for each cluster, so that an endpoint is a host as on AWS: a loopback address of its own.

Platforms that give only 127.0.0.1 (macOS) get that address and a free port.
"""

import random
import socket

POSTGRES = 5432
ONLY_ADDRESS = "127.0.0.1"
"""Where the platform gives no other one."""

ATTEMPTS = 20
_DIE = random.SystemRandom()


def choose(port: int = POSTGRES) -> tuple[str, int]:
    """An address and port that could be bound just now; `port` itself wherever addresses abound.

    The address is drawn at random from some sixteen million, so that engines side by side do not meet.
    """
    for _ in range(ATTEMPTS):
        address = f"127.{_DIE.randint(1, 254)}.{_DIE.randint(1, 254)}.{_DIE.randint(2, 254)}"
        try:
            return address, _bound(address, port)
        except OSError:
            continue
    return ONLY_ADDRESS, _bound(ONLY_ADDRESS, 0)


def _bound(address: str, port: int) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as held:
        held.bind((address, port))
        return int(held.getsockname()[1])
