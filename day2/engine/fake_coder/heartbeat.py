"""The row of `replicas` by which coderd's replicas know of each other, and a drill the newest write of production."""

import threading
from uuid import uuid4

from day2.engine.fake_coder import log
from day2.engine.fake_coder.configuration import Configuration
from day2.engine.fake_coder.database import DatabaseUnavailable, Pool

EVERY_SECONDS = 5.0
_SHORTEST_SECONDS = 0.1

_REGISTER = """\
INSERT INTO replicas (id, created_at, started_at, updated_at, hostname, region_id, relay_address, database_latency,
                      version)
VALUES (CAST(:id AS uuid), now(), now(), now(), :hostname, 0, :relay, 1, :version)
"""
_BEAT = "UPDATE replicas SET updated_at = now() WHERE id = CAST(:id AS uuid)"
_STOP = "UPDATE replicas SET updated_at = now(), stopped_at = now() WHERE id = CAST(:id AS uuid)"


class Heartbeat:
    """One replica's row: made at once, touched every five (scaled) seconds in a thread of its own, until `stop`."""

    def __init__(self, pool: Pool, configuration: Configuration) -> None:
        """Raises DatabaseUnavailable."""
        self._pool, self._id = pool, str(uuid4())
        self._pause = max(EVERY_SECONDS * configuration.time_scale, _SHORTEST_SECONDS)
        self._over = threading.Event()
        pool.rows(
            _REGISTER,
            id=self._id,
            hostname=configuration.replica,
            relay=f"http://{configuration.host}:{configuration.port}",
            version=configuration.version,
        )
        threading.Thread(target=self._go_on, daemon=True, name="heartbeat").start()

    def stop(self) -> None:
        """Say in the row that the replica has stopped, where the database still hears it."""
        self._over.set()
        self._write(_STOP)

    def _go_on(self) -> None:
        while not self._over.wait(self._pause):
            self._write(_BEAT)

    def _write(self, statement: str) -> None:
        try:
            self._pool.rows(statement, id=self._id)
        except DatabaseUnavailable as fault:
            log.say("warn", "replicasync: heartbeat not written", error=fault)
