"""Lines on standard error, in the form of coderd's own: they are the pod's log."""

import sys
from datetime import UTC, datetime


def say(level: str, message: str, **fields: object) -> None:
    """`2026-11-25 18:45:37.123 [warn]  ping postgres: retrying  error="..."  try=1`."""
    moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    told = "".join(f"  {name}={_shown(value)}" for name, value in fields.items())
    sys.stderr.write(f"{moment} [{level}]  {message}{told}\n")
    sys.stderr.flush()


def fail(reason: str) -> None:
    """The two lines with which coderd ends."""
    sys.stderr.write(f'Encountered an error running "fake coder server"\nerror: {reason}\n')
    sys.stderr.flush()


def _shown(value: object) -> str:
    if isinstance(value, int | float):
        return str(value)
    return '"' + " ".join(str(value).split()).replace('"', '\\"') + '"'
