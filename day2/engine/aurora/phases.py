"""The phases that AWS takes its time for: work in the background, and a status that changes when it is done."""

import contextvars
import logging
import threading
import time
from collections.abc import Callable

_LOG = logging.getLogger("aurora")
_POLL_SECONDS = 0.05

Action = Callable[[], None]


def nothing() -> None:
    """No work to do."""


def begin(
    name: str,
    *,
    seconds: float,
    work: Action = nothing,
    done: Callable[[Exception | None], None],
    held: Callable[[], bool] = lambda: False,
) -> None:
    """Do `work` in the background; `done(None)` comes not before `seconds` have passed, nor while `held`.

    When `work` raises, `done` gets that at once.
    """
    context = contextvars.copy_context()  # MiniStack keeps the caller's account and Region there

    def run() -> None:
        ends_at = time.monotonic() + seconds
        try:
            work()
        except Exception as failure:  # noqa: BLE001 whatever it was, the resource ends in a status that says so
            _LOG.exception("%s failed", name)
            done(failure)
            return
        time.sleep(max(0.0, ends_at - time.monotonic()))
        while held():
            time.sleep(_POLL_SECONDS)
        done(None)

    threading.Thread(target=context.run, args=(run,), name=name, daemon=True).start()
