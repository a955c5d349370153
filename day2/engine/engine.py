"""The operator's side of the engine: start it, ask it, stop it, and leave nothing running."""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

from day2.engine import settings as engine_settings
from day2.engine.leftovers import Leftovers
from day2.engine.processes import Process, members_of_group, wait_until_gone
from day2.engine.settings import WORKSPACE, EngineSettings
from lambdas.errors import Refused

REPOSITORY = Path(__file__).resolve().parents[2]
PYTHON = REPOSITORY / ".venv-engine" / "bin" / "python"
_LAUNCHER = Path(__file__).with_name("launcher.py")

START_SECONDS = 60.0
_STOP_SECONDS = 8.0
_POLL_SECONDS = 0.05
_LOG_TAIL = 2000


class EngineNotAvailable(Refused):
    """The engine could not be started, or none runs in the workspace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What `status` found in a workspace. `pid` and `endpoint` are those of the running engine."""

    running: bool
    workspace: Path
    endpoint: str = ""
    pid: int = 0
    log_file: Path | None = None


@dataclass(frozen=True, slots=True)
class _Running:
    """The state file's content: the engine's process and what it was started with."""

    process: Process
    settings: EngineSettings


class Engine:
    """One engine in one workspace.

    As a context manager it ends with the block, and with this process however that ends. `up()` starts one that
    outlives this process; `Engine.find(workspace)` finds it again.
    """

    def __init__(self, settings: EngineSettings | None = None) -> None:
        chosen = settings or EngineSettings()
        self.settings = replace(chosen, workspace=chosen.workspace.absolute())
        self._child: subprocess.Popen[bytes] | None = None
        self._clients: dict[str, Any] = {}

    @classmethod
    def find(cls, workspace: Path = WORKSPACE) -> "Engine":
        """The engine that runs in `workspace`. Raises EngineNotAvailable."""
        running = _running(workspace.absolute())
        if running is None:
            raise EngineNotAvailable(
                "No engine runs here.", resource=str(workspace), next_step="Start one with `day2 engine up`."
            )
        return cls(running.settings)

    def __enter__(self) -> Self:
        self._start(with_parent=True)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.stop()

    def up(self) -> Self:
        """Start it so that it outlives this process; one that runs here already is left as it is."""
        if (running := _running(self.settings.workspace)) is not None:
            self.settings = running.settings
            return self
        return self.start()

    def start(self) -> Self:
        """Start it so that it outlives this process. Raises EngineNotAvailable when one runs here already."""
        self._start(with_parent=False)
        return self

    def stop(self) -> bool:
        """End everything it started and remove its temporary files; the log stays. False when nothing ran."""
        was_running = down(self.settings.workspace)
        if self._child is not None:
            if self._child.stdin:
                self._child.stdin.close()
            self._child.terminate()  # if it is not noted yet, `down` has not found it
            self._child.wait()
            self._child = None
        self._clients.clear()
        return was_running

    @property
    def endpoint(self) -> str:
        return self.settings.endpoint

    def client(self, service: str) -> Any:
        """The boto3 client of this engine for a service, with the operator's own permissions (all)."""
        if service not in self._clients:
            make: Any = self.session().client
            settings = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}, max_pool_connections=32)
            self._clients[service] = make(service, endpoint_url=self.endpoint, config=settings)
        return self._clients[service]

    def session(self) -> boto3.Session:
        """Credentials and Region of this engine; the endpoint is the client's."""
        return boto3.Session(
            aws_access_key_id=self.settings.account,
            aws_secret_access_key="test",  # noqa: S106  opens nothing beyond loopback
            region_name=self.settings.region,
        )

    def environment(self) -> dict[str, str]:
        """Variables with which any AWS SDK or the AWS CLI talks to this engine."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.settings.account,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": self.settings.region,
            "AWS_DEFAULT_REGION": self.settings.region,
        }

    def _start(self, *, with_parent: bool) -> None:
        try:
            with _alone(self.settings.workspace):
                self._launch(with_parent=with_parent)
            self._wait_until_healthy()
        except BaseException:  # Ctrl-C among them: nobody else knows yet what was begun
            if self._child is not None:
                self.stop()
            raise
        if not with_parent:
            self._child = None

    def _launch(self, *, with_parent: bool) -> None:
        """From here on the workspace's state names this engine."""
        workspace = self.settings.workspace
        if _running(workspace) is not None:
            raise EngineNotAvailable(
                "An engine runs here already.", resource=str(workspace), next_step="Stop it with `day2 engine down`."
            )
        down(workspace)  # what a killed engine left
        free, another = _free_ports()
        self.settings = replace(
            self.settings, port=self.settings.port or free, coder_port=self.settings.coder_port or another
        )
        for name in ("tmp", "home"):
            (workspace / name).mkdir(parents=True, exist_ok=True)
        settings_file = workspace / "settings.json"
        settings_file.write_text(engine_settings.write(self.settings))
        self._child = _launch(settings_file, self.settings, with_parent=with_parent)
        _write_state(self._child.pid, self.settings)

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self._child is not None and self._child.poll() is None and time.monotonic() < deadline:
            if _healthy(self.endpoint):
                return
            time.sleep(_POLL_SECONDS)
        said = self.settings.log_file.read_text(errors="replace")[-_LOG_TAIL:].strip()
        raise EngineNotAvailable(
            f"The engine did not start: {said or 'it said nothing.'}",
            resource=str(self.settings.workspace),
            next_step=f"Read {self.settings.log_file}.",
        )


@contextmanager
def _alone(workspace: Path) -> Iterator[None]:
    """One engine at a time is begun in a workspace: two at once would each take the other for what a crash left."""
    workspace.mkdir(parents=True, exist_ok=True)
    folder = os.open(workspace, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def down(workspace: Path = WORKSPACE) -> bool:
    """End the engine of `workspace` and all that it started, after a crash too. False when none was running."""
    folder = workspace.absolute()
    noted = _noted(folder)
    was_running = noted is not None and noted.process.alive
    if noted is not None:
        noted.process.send(signal.SIGTERM)
        wait_until_gone([noted.process], seconds=_STOP_SECONDS)
        noted.process.send(signal.SIGKILL)
        workers = members_of_group(noted.process.pid, naming=folder)
        for worker in workers:
            worker.send(signal.SIGKILL)
        wait_until_gone([noted.process, *workers], seconds=_STOP_SECONDS)
    Leftovers.of(folder).clear()
    for name in ("tmp", "home"):
        shutil.rmtree(folder / name, ignore_errors=True)
    _state_file(folder).unlink(missing_ok=True)
    return was_running


def status(workspace: Path = WORKSPACE) -> Status:
    """Whether an engine runs in `workspace` and answers."""
    running = _running(workspace.absolute())
    if running is None or not _healthy(running.settings.endpoint):
        return Status(running=False, workspace=workspace)
    settings = running.settings
    return Status(
        running=True,
        workspace=workspace,
        endpoint=settings.endpoint,
        pid=running.process.pid,
        log_file=settings.log_file,
    )


def _launch(settings_file: Path, settings: EngineSettings, *, with_parent: bool) -> subprocess.Popen[bytes]:
    """The launcher in a process group of its own and a clean environment, which the Lambda functions inherit."""
    python = Path(os.environ.get("DAY2_ENGINE_PYTHON", PYTHON))
    if not python.exists():
        raise EngineNotAvailable(
            "The engine's own Python environment is missing.", resource=str(python), next_step="Run `make setup`."
        )
    extra: Iterable[str] = ("--with-parent",) if with_parent else ()
    with settings.log_file.open("wb") as log:
        return subprocess.Popen(  # noqa: S603  our own program
            [python, "-I", _LAUNCHER, settings_file, *extra],
            cwd=settings.workspace,
            env=_clean_environment(settings.workspace),
            stdin=subprocess.PIPE if with_parent else subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _clean_environment(workspace: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "PGBIN", "LANG", "LC_ALL", "TZ") if name in os.environ}
    return {"PATH": os.defpath, **kept, "HOME": str(workspace / "home"), "TMPDIR": str(workspace / "tmp")}


def _healthy(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2) as answer:  # noqa: S310  loopback
            return bool(answer.status == 200)  # noqa: PLR2004  OK
    except (urllib.error.URLError, OSError):
        return False


def _free_ports() -> tuple[int, int]:
    """Two, held at once so that they differ."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return int(one.getsockname()[1]), int(other.getsockname()[1])


def _state_file(workspace: Path) -> Path:
    return workspace / "state.json"


def _write_state(pid: int, settings: EngineSettings) -> None:
    process = Process.of(pid)
    state = {"pid": pid, "started": process.started if process else "", "settings": engine_settings.write(settings)}
    file = _state_file(settings.workspace)
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps(state))
    beside.replace(file)  # whole or not at all, also on a full disk


def _noted(workspace: Path) -> _Running | None:
    """The engine that the state file names, alive or not."""
    try:
        state = json.loads(_state_file(workspace).read_text())
    except (FileNotFoundError, ValueError):  # not there, or cut off: nothing is noted
        return None
    return _Running(Process(state["pid"], state["started"]), engine_settings.read(state["settings"]))


def _running(workspace: Path) -> _Running | None:
    noted = _noted(workspace)
    return noted if noted is not None and noted.process.alive else None
