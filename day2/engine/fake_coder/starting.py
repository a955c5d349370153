"""How a coderd comes to its database at start, or says why it does not and ends."""

import time

from day2.engine.fake_coder import log
from day2.engine.fake_coder.configuration import Configuration
from day2.engine.fake_coder.database import DatabaseUnavailable, Pool

_TRIES_FOR_SECONDS = 30.0
_LONGEST_PAUSE_SECONDS = 3.0
# Of a scaled interval: less would not outlast the blink of a database that is being started.
_SHORTEST_TRIES_SECONDS = 0.5
_SHORTEST_PAUSE_SECONDS = 0.1


class CannotStart(Exception):
    """The reason with which coderd ends."""


def connect(configuration: Configuration) -> Pool:
    """The open pool on a database whose schema is this release's. Raises CannotStart."""
    pool = _reached(configuration)
    try:
        _migrate(pool, configuration)
    except DatabaseUnavailable as fault:
        raise CannotStart(f"connect to postgres: migrate up: {fault}") from fault
    return pool


def _reached(configuration: Configuration) -> Pool:
    scale = configuration.time_scale
    deadline = time.monotonic() + max(_TRIES_FOR_SECONDS * scale, _SHORTEST_TRIES_SECONDS)
    pause, tries = max(scale, _SHORTEST_PAUSE_SECONDS), 0
    while True:
        tries += 1
        try:
            return Pool(configuration.database)
        except DatabaseUnavailable as fault:
            log.say("warn", "ping postgres: retrying", error=fault, **{"try": tries})
            if time.monotonic() + pause > deadline:
                raise CannotStart(
                    f"connect to postgres: unable to connect after {tries} tries; last error: ping postgres: {fault}"
                ) from fault
        time.sleep(pause)
        pause = min(pause * 2, max(_LONGEST_PAUSE_SECONDS * scale, _SHORTEST_PAUSE_SECONDS))


def _migrate(pool: Pool, configuration: Configuration) -> None:
    """Refuse a newer schema as golang-migrate does. Of an older one the number is changed, and nothing else."""
    if pool.rows("SELECT to_regclass('public.schema_migrations') IS NULL")[0][0]:
        raise CannotStart("connect to postgres: migrate up: the fake makes no schema: there is no schema_migrations")
    found = pool.rows("SELECT version, dirty FROM public.schema_migrations")
    version, dirty = found[0] if found else (0, False)
    if dirty:
        raise CannotStart(f"connect to postgres: migrate up: Dirty database version {version}. Fix and force version.")
    if version > configuration.schema:
        raise CannotStart(f"connect to postgres: migrate up: no migration found for version {version}")
    if version < configuration.schema:
        log.say(
            "warn",
            "migrate up: this is a fake: only the number changes, the tables stay as they are",
            old=version,
            new=configuration.schema,
        )
        pool.rows(
            "UPDATE public.schema_migrations SET version = :new WHERE version = :old",
            new=configuration.schema,
            old=version,
        )
