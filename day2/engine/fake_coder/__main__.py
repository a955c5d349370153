"""Runs one replica of the fake Coder until SIGTERM, or until standard input ends with `--with-parent`."""

import os
import signal
import sys
import threading
from typing import NoReturn

from day2.engine.fake_coder import configuration as configurations
from day2.engine.fake_coder import log, rows, starting
from day2.engine.fake_coder.api import Api
from day2.engine.fake_coder.configuration import Configuration, Misconfigured
from day2.engine.fake_coder.database import DatabaseUnavailable, Pool
from day2.engine.fake_coder.heartbeat import Heartbeat
from day2.engine.fake_coder.provisioning import SHORTEST_STALE_SECONDS, STALE_SECONDS, Provisioning
from day2.engine.fake_coder.server import serve

_LAST_SECONDS = 2.5
"""How long the last write to the database may take before the process ends without it."""


def main(arguments: list[str]) -> int:
    """Exit code 0 after SIGTERM, 1 where coderd would end with an error."""
    signal.signal(signal.SIGTERM, _leave)
    if "--with-parent" in arguments:
        threading.Thread(target=_end_with_parent, daemon=True, name="parent").start()
    try:
        configuration = configurations.read()
        log.say("info", "this is a fake Coder", version=configuration.version, replica=configuration.replica)
        pool = starting.connect(configuration)
        _run(pool, configuration)
    except (Misconfigured, starting.CannotStart, DatabaseUnavailable, OSError) as fault:
        log.fail(str(fault))
        return 1
    return 0


def _run(pool: Pool, configuration: Configuration) -> None:
    """Answer until `_leave` is called; what is being answered then is cut off, as no front sends more."""
    found = pool.rows(rows.DEPLOYMENT_ID)
    provisioning = Provisioning(
        pool=pool,
        version=configuration.version,
        stale_seconds=max(STALE_SECONDS * configuration.time_scale, SHORTEST_STALE_SECONDS),
    )
    deployment_id = found[0][0] if found else ""
    api = Api(pool=pool, version=configuration.version, deployment_id=deployment_id, provisioning=provisioning)
    heartbeat = Heartbeat(pool, configuration)  # before anyone takes it for ready
    try:
        serve(api, host=configuration.host, port=configuration.port)
        log.say("info", f"Started HTTP listener at http://{configuration.host}:{configuration.port}")
        threading.Event().wait()
    finally:
        last = threading.Timer(_LAST_SECONDS, os._exit, args=(0,))
        last.daemon = True
        last.start()
        heartbeat.stop()
        pool.close()


def _leave(*_: object) -> NoReturn:
    log.say("info", "Interrupt caught, gracefully exiting")
    sys.exit(0)


def _end_with_parent() -> None:
    """The engine holds the other end of standard input; when it ends, however it ends, so does this."""
    while os.read(0, 1):
        pass
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
