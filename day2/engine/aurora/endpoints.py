"""Which address belongs to which cluster identifier.

On AWS an endpoint is a DNS name made of the identifier: who takes over the identifier takes over the endpoint, and
whoever connects to it then reaches the other cluster. Here an endpoint is a loopback address, and the same holds.
"""

from day2.engine.postgres.addresses import ONLY_ADDRESS, choose

Address = tuple[str, int]


class Endpoints:
    """The addresses of every identifier that was ever in use on this engine."""

    def __init__(self) -> None:
        self._known: dict[str, Address] = {}

    def of(self, identifier: str, *, port: int) -> Address:
        """Host and port of an identifier, those it had before where there are such. At `port` if the host allows it."""
        if identifier not in self._known:
            self._known[identifier] = choose(port)
        host, at = self._known[identifier]
        return (host, at if host == ONLY_ADDRESS else port)
