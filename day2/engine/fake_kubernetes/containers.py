"""A pod's container as a real process: started, watched, restarted with a growing back-off, ended."""

import os
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from day2.engine.fake_kubernetes.environments import Unresolved
from day2.engine.fake_kubernetes.objects import now as written_now
from day2.engine.fake_kubernetes.requests import Object
from day2.engine.leftovers import Leftovers

REPOSITORY = Path(__file__).resolve().parents[3]
_LINES = 2000
_LONGEST_BACK_OFF = 30
"""In first back-offs: of 10 s, as Kubernetes has it, five minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What every process is started with.

    python     the operator's interpreter: the fake Coder needs a PostgreSQL driver, which the engine's has not
    given      variables beneath those of the container
    back_off   seconds before the first restart
    grace      seconds from SIGTERM to SIGKILL
    """

    python: Path
    given: Mapping[str, str]
    leftovers: Leftovers
    back_off: float
    grace: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a log and when it was read."""

    at: datetime
    text: str


class Container:
    """One container. `step` moves it on; `log` is its standard error, `previous` that of the run before."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._process: subprocess.Popen[str] | None = None
        self._due, self._crashes, self._kill_at = 0.0, 0, 0.0
        self._started, self._fault = "", ""
        self._last_end: Object = {}
        self.restarts = 0
        self.log: deque[Line] = deque(maxlen=_LINES)
        self.previous: deque[Line] = deque(maxlen=_LINES)

    @property
    def running(self) -> bool:
        """Whether the process has not ended."""
        return self._process is not None and self._process.poll() is None

    def step(self, clock: float, environment: Callable[[], Mapping[str, str]]) -> None:
        """Note that it has ended, and start it where it is due. The environment is resolved at each start."""
        if self.running:
            return
        if self._process is not None:
            self._note_end(self._process.returncode, clock)
        if clock < self._due:
            return
        try:
            self._start(environment())
        except (Unresolved, OSError, ValueError) as fault:  # no such interpreter, or what no environment can hold
            self._fault = str(fault)

    def succeeded(self) -> None:
        """It is ready: a crash from now on is the first one. Kubernetes forgets the earlier ones after ten minutes."""
        self._crashes = 0

    def end(self, clock: float) -> bool:
        """Ask it to end, or after its grace make it. Whether it has."""
        if self._process is None or not self.running:
            self._forget()
            return True
        if not self._kill_at:
            self._kill_at = clock + self._runtime.grace
            self._process.terminate()
        elif clock >= self._kill_at:
            self._process.kill()
        return False

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._forget()

    def state(self) -> Object:
        """Its part of a container status: `state`, and `lastState` where it ran before."""
        last: Object = {"lastState": {"terminated": self._last_end}} if self._last_end else {}
        if self.running:
            return {"state": {"running": {"startedAt": self._started}}, **last}
        if self._fault:
            return {"state": {"waiting": {"reason": "CreateContainerConfigError", "message": self._fault}}, **last}
        if self._last_end:
            return {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, **last}
        return {}

    def _start(self, environment: Mapping[str, str]) -> None:
        self._fault, self._started = "", written_now()
        self.previous, self.log = self.log, deque(maxlen=_LINES)
        if self._last_end:
            self.restarts += 1
        self._process = subprocess.Popen(  # noqa: S603  our own program
            [self._runtime.python, "-m", "day2.engine.fake_coder", "--with-parent"],
            cwd=REPOSITORY,  # where its package is found, whatever that interpreter has installed
            env={"PATH": os.defpath, **self._runtime.given, **environment},
            stdin=subprocess.PIPE,  # held open as long as this process lives, and no longer
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        self._runtime.leftovers.note_process(self._process.pid)
        threading.Thread(target=_read, args=(self._process, self.log), daemon=True, name="pod-log").start()

    def _note_end(self, code: int, clock: float) -> None:
        reason = "Completed" if code == 0 else "Error"
        self._last_end = {"exitCode": code if code >= 0 else 128 - code, "reason": reason, "finishedAt": written_now()}
        self._due = clock + self._runtime.back_off * min(2**self._crashes, _LONGEST_BACK_OFF)
        self._crashes += 1
        self._forget()

    def _forget(self) -> None:
        if self._process is not None:
            self._runtime.leftovers.forget_process(self._process.pid)
            if self._process.stdin:
                self._process.stdin.close()
            self._process = None


def chosen(lines: deque[Line], *, tail: int | None, since: float | None) -> str:
    """The text of a log: its last `tail` lines, those of the last `since` seconds."""
    oldest = datetime.now(UTC) - timedelta(seconds=since) if since is not None else None
    kept = [line for line in tuple(lines) if oldest is None or line.at >= oldest]
    return "".join(f"{line.text}\n" for line in (kept if tail is None else kept[-tail:] if tail else []))


def _read(process: subprocess.Popen[str], log: deque[Line]) -> None:
    for text in process.stderr or ():
        log.append(Line(datetime.now(UTC), text.rstrip("\n")))
