"""A fake Kubernetes API server: the objects of `store` over HTTPS on loopback.

It is a fake: no policy is enforced, no pod runs but those of Coder's Deployments (`workloads`), a node is full by the
number of its pods, and whoever bears a known token may do everything.
"""

import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from day2.engine.fake_kubernetes import proxying
from day2.engine.fake_kubernetes.controller import Controller
from day2.engine.fake_kubernetes.proxying import Wanted
from day2.engine.fake_kubernetes.requests import UNAUTHORIZED, Refusal
from day2.engine.fake_kubernetes.store import Store

VERSION = {"major": "1", "minor": "33", "gitVersion": "v1.33.0-fake", "platform": "fake"}

_JSON = "application/json"

Knows = Callable[[str], bool]
"""Whether a bearer token is of someone known."""


@dataclass(frozen=True, slots=True)
class FakeKubernetes:
    """A running server. `endpoint` is what DescribeCluster tells."""

    store: Store
    endpoint: str
    _controller: Controller
    _server: ThreadingHTTPServer

    @classmethod
    def start(
        cls, *, certificate: tuple[Path, Path], knows: Knows, store: Store, controller: Controller
    ) -> "FakeKubernetes":
        """Serve `store` on a free port of 127.0.0.1, in threads of this process; `controller` keeps its pods."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(store, knows, controller))
        server.daemon_threads = True
        # The handshake belongs to the connection's own thread, or one silent client would stop all others.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True, name="fake-kubernetes").start()
        return cls(store, f"https://127.0.0.1:{server.server_port}", controller, server)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._controller.stop()


def _handler(store: Store, knows: Knows, controller: Controller) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            code, kind, sent = self._answer(body)
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def _answer(self, body: bytes) -> tuple[int, str, bytes]:
            scheme, _, token = self.headers.get("Authorization", "").partition(" ")
            if scheme != "Bearer" or not knows(token):
                return UNAUTHORIZED.code, _JSON, json.dumps(UNAUTHORIZED.status).encode()
            where = urlsplit(self.path)
            if where.path == "/version":
                return 200, _JSON, json.dumps(VERSION).encode()
            if self.command == "GET" and (wanted := proxying.parse(where.path)):
                return _relayed(wanted, where.query, self.headers, store=store, controller=controller)
            with store.lock:
                code, answer = store.answer(
                    self.command,
                    where.path,
                    query=dict(parse_qsl(where.query)),
                    body=json.loads(body or b"{}"),
                    content_type=self.headers.get("Content-Type", ""),
                )
                if self.command != "GET":
                    controller.look()
                if isinstance(answer, str):
                    return code, "text/plain", answer.encode()
                return code, _JSON, json.dumps(answer).encode()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815  the names http.server looks for

        def log_message(self, *_: Any) -> None:
            """The engine's log is for what goes wrong."""

    return Handler


def _relayed(
    wanted: Wanted, query: str, headers: Message, *, store: Store, controller: Controller
) -> tuple[int, str, bytes]:
    """A pod's own answer. Without the store's lock: it may take a while."""
    try:
        with store.lock:
            address = controller.address(wanted)
        return proxying.relay(address, f"{wanted.path}?{query}" if query else wanted.path, dict(headers.items()))
    except Refusal as refusal:
        return refusal.code, _JSON, json.dumps(refusal.status).encode()
