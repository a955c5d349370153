"""The fake's HTTP, on the address that it was given."""

import json
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from day2.engine.fake_coder.api import Api

ENROL = "/fake/provisionerdaemons"
"""POST `{"names": [...]}`: what a provisioner's connection is to coderd, its engine's word is to the fake."""
TOKEN_HEADER = "Coder-Session-Token"  # noqa: S105  a header's name


def serve(api: Api, *, host: str, port: int) -> None:
    """Answer from now on, in threads of this process. OSError: the address is taken or not to be had."""
    server = ThreadingHTTPServer((host, port), _handler(api))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True, name="fake-coder").start()


def _handler(api: Api) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            where = urlsplit(self.path)
            if where.path == "/healthz":  # alive, whatever the database does
                self._send(HTTPStatus.OK, "text/plain; charset=utf-8", b"OK")
                return
            token = self.headers.get(TOKEN_HEADER, "")
            status, document = api.get(where.path, dict(parse_qsl(where.query)), token)
            self._send(status, "application/json; charset=utf-8", json.dumps(document).encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path != ENROL:
                self._send(HTTPStatus.NOT_FOUND, "application/json", b'{"message": "Route not found."}')
                return
            status, document = api.enrol(json.loads(body)["names"])
            self._send(status, "application/json; charset=utf-8", json.dumps(document).encode())

        def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """The pod's log is for what coderd would say at its start and its end."""

    return Handler
