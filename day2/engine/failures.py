"""Why an engine did not come to be: read out of its log while that is there, and kept when the engine is gone."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from day2.engine.leftovers import Leftovers
from day2.engine.postgres.configuration import tail_of
from day2.engine.seed.psql import SeedFailed
from day2.engine.settings import WORKSPACE, EngineSettings
from lambdas.errors import Refused

KEPT_LOG = WORKSPACE / "last-failure.log"
_READ_LOG = "Read the engine's log."

_MACHINE = (
    errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EADDRINUSE, errno.EACCES,
)  # fmt: skip
_TELLING = (
    re.compile("|".join(re.escape(os.strerror(number)) for number in _MACHINE)),
    re.compile(r"\b(FATAL|PANIC|ERROR): "),
    re.compile(r"^[\w.]*(Error|Exception|Failed|Missing|NotRestorable): |^The engine needs "),
)
"""The likeliest first: what the machine lacks explains whatever went wrong after it."""

_LONGEST_CAUSE = 240
_LONGEST_LOG = 100_000


class PreparationFailed(Refused):
    """The engine, or what a drill needs on it, did not come to be. `log` is what engine and databases had said."""

    def __init__(self, what: str, *, resource: str, next_step: str = _READ_LOG, log: str = "") -> None:
        super().__init__(what, resource=resource, next_step=next_step)
        self.log = log


def likely_cause(log: str) -> str:
    """The last line of the likeliest kind that tells a cause; empty where no line does."""
    lines = [line.strip() for line in log.splitlines()]
    for telling in _TELLING:
        for line in reversed(lines):
            if telling.search(line):
                return line[:_LONGEST_CAUSE]
    return ""


@contextmanager
def explained(settings: EngineSettings) -> Iterator[None]:
    """What fails in the block is told with its likely cause, out of the logs of this engine and of its databases."""
    try:
        yield
    except (PreparationFailed, SeedFailed) as failure:
        raise _explained(failure.what, failure.resource, failure.next_step, settings) from failure
    except (ClientError, BotoCoreError) as failure:
        raise _explained(f"The engine failed: {failure}", "the embedded engine", _READ_LOG, settings) from failure


def _explained(what: str, resource: str, next_step: str, settings: EngineSettings) -> PreparationFailed:
    log = _said(settings)
    cause = likely_cause(log)
    told = what if not cause or likely_cause(what) else f"{what.rstrip('.')}. The likely cause: {cause}"
    return PreparationFailed(told, resource=resource, next_step=next_step, log=log)


def _said(settings: EngineSettings) -> str:
    servers = [
        log for folder in Leftovers.of(settings.workspace).folders for log in folder.glob("*/volume/postgres.log")
    ]
    return "".join(f"{log.name}\n{tail_of(log, _LONGEST_LOG)}\n\n" for log in (*servers, settings.log_file))


@contextmanager
def kept(place: Path = KEPT_LOG) -> Iterator[None]:
    """The log of what fails in the block is kept at `place`, and named: the engine's own goes with its workspace."""
    try:
        yield
    except PreparationFailed as failure:
        if not failure.log:
            raise
        advice = "" if failure.next_step == _READ_LOG else f"{failure.next_step} "
        step = f"{advice}{_keep(failure.log, place)}"
        raise PreparationFailed(failure.what, resource=failure.resource, next_step=step, log=failure.log) from failure


def _keep(log: str, place: Path) -> str:
    """Where it is read from now on."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(log)
    except OSError as fault:
        return f"The log could not be kept at {place}: {fault.strerror}."
    return f"Read {place}."
