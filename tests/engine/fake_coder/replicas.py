"""A replica of the fake Coder as a process of its own, and the database it serves, as tests ask them."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import urllib3

from day2.engine.engine import REPOSITORY
from day2.engine.postgres.addresses import choose
from day2.engine.postgres.server import Server

QUICK = 0.01
"""Of coderd's own intervals."""


_KEY = """\
INSERT INTO api_keys (id, hashed_secret, user_id, last_used, expires_at, created_at, updated_at, login_type, token_name,
                      scopes, allow_list)
SELECT '{key}', decode('{digest}', 'hex'), id, now(), now() + interval '{hours} hours', now(), now(), 'token', '{key}',
       '{{coder:all}}', '{{*:*}}'
FROM users WHERE username = '{username}';
"""
_CONNECTIONS = """\
SELECT count(*) FROM pg_stat_activity WHERE application_name = 'coderd' AND datname = current_database();
"""
_CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}';"


def eventually(look: Callable[[], Any], *, seconds: float = 15.0) -> Any:
    """The first truthy thing that `look` sees."""
    deadline = time.monotonic() + seconds
    while not (seen := look()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert seen, "it did not come in time"
    return seen


@dataclass(frozen=True, slots=True)
class Production:
    """One database of the throwaway server."""

    server: Server
    name: str

    @property
    def dsn(self) -> str:
        return self.server.dsn.rpartition("/")[0] + f"/{self.name}"

    def value(self, sql: str) -> str:
        return self.server.sql(sql, database=self.name)

    def token(self, username: str, *, hours: float = 1) -> str:
        """A session token of that user."""
        key, secret = uuid4().hex[:10], uuid4().hex[:22]
        digest = hashlib.sha256(secret.encode()).hexdigest()
        self.value(_KEY.format(key=key, digest=digest, hours=hours, username=username))
        return f"{key}-{secret}"

    def connections(self) -> int:
        """How many `coderd` has open to it."""
        return int(self.value(_CONNECTIONS))

    def cut_connections(self) -> None:
        """End them all, as a server does that goes away."""
        self.server.sql(_CUT.format(name=self.name))


class Replica:
    """`python -m day2.engine.fake_coder` on an address of its own; its standard error is `log()`."""

    def __init__(self, dsn: str, **environment: str) -> None:
        host, port = choose(8080)
        self.url = f"http://{host}:{port}"
        self.http = urllib3.PoolManager(retries=False)
        self._told = {
            "PATH": os.defpath,
            "CODER_PG_CONNECTION_URL": dsn,
            "CODER_HTTP_ADDRESS": f"{host}:{port}",
            "HOSTNAME": "coder-under-test",
            "FAKE_CODER_TIME_SCALE": str(QUICK),
            **environment,
        }

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "day2.engine.fake_coder", "--with-parent"],
            cwd=REPOSITORY,
            env=self._told,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.process.kill()
        with suppress(ValueError), self.process:  # what a test closed itself
            pass

    def end(self, with_signal: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Its exit code and its log."""
        self.process.send_signal(with_signal)
        return self.ended()

    def ended(self) -> tuple[int, str]:
        code = self.process.wait(timeout=20)  # not communicate: that closes its input, with which it ends
        assert self.process.stderr
        return code, self.process.stderr.read()

    def await_healthy(self) -> None:
        eventually(lambda: self.process.poll() is not None or self.healthy())
        assert self.process.poll() is None, self.ended()

    def healthy(self) -> bool:
        try:
            return self.http.request("GET", f"{self.url}/healthz", timeout=2).data == b"OK"
        except urllib3.exceptions.HTTPError:
            return False

    def get(self, path: str, token: str = "") -> tuple[int, Any]:
        """The status and the document of an answer."""
        answer = self.http.request(
            "GET", f"{self.url}/api/v2/{path}", headers={"Coder-Session-Token": token}, timeout=10
        )
        return answer.status, answer.json()
