"""The one address of a Deployment's replicas: a relay to those that are ready, as a Service and its balancer are one.

Not SO_REUSEPORT: the kernel would deal connections to whoever listens, a replica on its way out among them, and a
probe could not tell one replica from another. So each has an address of its own, and this one chooses.
"""

import selectors
import socket
import socketserver
import threading
from collections.abc import Sequence
from contextlib import suppress

Address = tuple[str, int]

_CONNECT_SECONDS = 2.0
_CHUNK = 65536
_NOBODY = b'{"message": "No replica is ready."}\n'
UNAVAILABLE = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_NOBODY), _NOBODY)
)


class Front:
    """Listens from the first `serve` on. One owner has the address; others are passed over until it lets go."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._owner = ""
        self._ready: tuple[Address, ...] = ()
        self._turn = 0
        self._lock = threading.Lock()
        self._server: socketserver.ThreadingTCPServer | None = None

    def serve(self, owner: str, ready: Sequence[Address]) -> None:
        """Send connections to these replicas of `owner`. OSError: another program has the port."""
        with self._lock:
            if self._owner not in ("", owner):
                return
            self._owner, self._ready = owner, tuple(ready)
            if self._server is None:
                self._server = self._listening()

    def release(self, owner: str) -> None:
        """`owner` is gone; the address is the next one's."""
        with self._lock:
            if self._owner == owner:
                self._owner, self._ready = "", ()

    def choice(self) -> tuple[Address, ...]:
        """The ready replicas, another one first each time."""
        with self._lock:
            self._turn += 1
            at = self._turn % len(self._ready) if self._ready else 0
            return self._ready[at:] + self._ready[:at]

    def _listening(self) -> socketserver.ThreadingTCPServer:
        front = self

        class Relay(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):  # either side may hang up at any time
                    _relay(self.request, front.choice())

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        server = Server(("127.0.0.1", self._port), Relay)
        threading.Thread(target=server.serve_forever, daemon=True, name="coder-front").start()
        return server


def _relay(client: socket.socket, replicas: Sequence[Address]) -> None:
    for address in replicas:
        try:
            replica = socket.create_connection(address, timeout=_CONNECT_SECONDS)
        except OSError:
            continue  # it went since it was last looked at
        with replica:
            replica.settimeout(None)
            _splice(client, replica)
        return
    client.recv(_CHUNK)
    client.sendall(UNAVAILABLE)


def _splice(one: socket.socket, other: socket.socket) -> None:
    """Pass on what each says to the other until one of them has said all."""
    with selectors.DefaultSelector() as ears:
        ears.register(one, selectors.EVENT_READ, other)
        ears.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _ in ears.select():
                heard = key.fileobj.recv(_CHUNK)  # type: ignore[union-attr]
                if not heard:
                    return
                key.data.sendall(heard)
