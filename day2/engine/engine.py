"""The operator's side of the engine: start it, ask it, stop it, and leave nothing running."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

from day2.engine import settings as engine_settings
from day2.engine import state
from day2.engine.failures import PreparationFailed, likely_cause
from day2.engine.processes import Process
from day2.engine.settings import WORKSPACE, EngineSettings
from day2.engine.state import Begun
from lambdas.errors import Refused

REPOSITORY = Path(__file__).resolve().parents[2]
PYTHON = REPOSITORY / ".venv-engine" / "bin" / "python"
_LAUNCHER = Path(__file__).with_name("launcher.py")

START_SECONDS = 60.0
_POLL_SECONDS = 0.05


class EngineNotAvailable(Refused):
    """No engine can be used or begun in the workspace: none is up, or one is, or it is still starting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What `status` found in a workspace. `pid` and `endpoint` are those of the engine that runs or starts."""

    running: bool
    workspace: Path
    starting: bool = False
    endpoint: str = ""
    pid: int = 0
    log_file: Path | None = None


class Engine:
    """One engine in one workspace.

    As a context manager it ends with the block, and with this process however that ends. `coming_up()` starts one
    that outlives both; `Engine.find(workspace)` finds it again. `seed` names the size of what it is seeded with, for
    whoever finds it.
    """

    def __init__(self, settings: EngineSettings | None = None, *, seed: str = "") -> None:
        chosen = settings or EngineSettings()
        self.settings = replace(chosen, workspace=chosen.workspace.absolute())
        self.seed = seed
        self._child: subprocess.Popen[bytes] | None = None
        self._clients: dict[str, Any] = {}

    @classmethod
    def find(cls, workspace: Path = WORKSPACE) -> "Engine":
        """The engine that runs in `workspace`. Raises EngineNotAvailable."""
        begun = state.living(workspace.absolute())
        if begun is None:
            raise EngineNotAvailable(
                "No engine runs here.", resource=str(workspace), next_step="Start one with `day2 engine up`."
            )
        if not begun.ready:
            raise _still_starting(begun)
        return cls(begun.settings, seed=begun.seed)

    @classmethod
    def that_is_up(cls, workspace: Path = WORKSPACE) -> "Engine | None":
        """The engine that runs in `workspace` and answers, if any. Raises EngineNotAvailable while it is starting."""
        found = status(workspace)
        return cls.find(workspace) if found.running or found.starting else None

    def __enter__(self) -> Self:
        try:
            self._start()
            self._announce()
        except BaseException:  # Ctrl-C among them: nobody else knows yet what was begun
            self.stop()
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.stop()

    @contextmanager
    def coming_up(self) -> Iterator[Self]:
        """Start it, and let it outlive this process once the block has furnished it. Raises EngineNotAvailable.

        Until then it is starting to everyone else, and ends with a block that fails, and with this process.
        """
        try:
            self._start()
            yield self
            self._announce()
        except BaseException:
            self.stop()
            raise
        self._let_go()

    def up(self) -> Self:
        """Start one that needs no furnishing, and outlives this process. Raises EngineNotAvailable."""
        with self.coming_up():
            return self

    def stop(self) -> None:
        """End everything it started and remove its temporary files; the log stays. No-op where it started nothing."""
        if (child := self._child) is None:
            return
        self._child = None
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(state.STOP_SECONDS)
        down(self.settings.workspace)
        if child.stdin:
            child.stdin.close()
        self._clients.clear()

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

    def _start(self) -> None:
        workspace = self.settings.workspace
        workspace.mkdir(parents=True, exist_ok=True)
        with state.alone(workspace):
            if (other := state.living(workspace)) is not None:
                raise _runs_already(other) if other.ready else _still_starting(other)
            state.clear(workspace)  # what a killed engine left
            self._launch()
        self._wait_until_healthy()

    def _launch(self) -> None:
        """From here on the workspace's state names this engine."""
        workspace = self.settings.workspace
        free, another = _free_ports()
        self.settings = replace(
            self.settings, port=self.settings.port or free, coder_port=self.settings.coder_port or another
        )
        for name in ("tmp", "home"):
            (workspace / name).mkdir(parents=True, exist_ok=True)
        settings_file = workspace / "settings.json"
        settings_file.write_text(engine_settings.write(self.settings))
        self._child = _launch(settings_file, self.settings)
        state.write(self._begun(ready=False))

    def _begun(self, *, ready: bool) -> Begun:
        pid = self._child.pid if self._child else 0
        process = Process.of(pid) or Process(pid, "")
        return Begun(process=process, settings=self.settings, ready=ready, seed=self.seed)

    def _announce(self) -> None:
        """Whoever looks may use it from here on."""
        begun, workspace = self._begun(ready=True), self.settings.workspace
        with state.alone(workspace):
            noted = state.living(workspace)
            if noted is None or noted.process != begun.process:
                raise EngineNotAvailable(
                    "The engine was ended while it was still starting.",
                    resource=str(workspace),
                    next_step="Start it again with `day2 engine up`.",
                )
            state.write(begun)

    def _let_go(self) -> None:
        """It no longer ends with this process."""
        if self._child and self._child.stdin:
            self._child.stdin.write(b"\n")
            self._child.stdin.close()
        self._child = None

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self._child is not None and self._child.poll() is None and time.monotonic() < deadline:
            if _healthy(self.endpoint):
                return
            time.sleep(_POLL_SECONDS)
        said = self.settings.log_file.read_text(errors="replace")
        raise PreparationFailed(
            f"The engine did not start: {likely_cause(said) or 'it did not say why.'}",
            resource=str(self.settings.workspace),
            log=said,
        )


def down(workspace: Path = WORKSPACE) -> bool:
    """End the engine of `workspace` and all that it started, after a crash too. False when none was running."""
    folder = workspace.absolute()
    if not folder.is_dir():
        return False
    with state.alone(folder):
        return state.clear(folder)


def status(workspace: Path = WORKSPACE) -> Status:
    """Whether an engine runs in `workspace` and answers, or is still starting."""
    begun = state.living(workspace.absolute())
    if begun is None or (begun.ready and not _healthy(begun.settings.endpoint)):
        return Status(running=False, workspace=workspace)
    return Status(
        running=begun.ready,
        starting=not begun.ready,
        workspace=workspace,
        endpoint=begun.settings.endpoint,
        pid=begun.process.pid,
        log_file=begun.settings.log_file,
    )


def _runs_already(begun: Begun) -> EngineNotAvailable:
    return EngineNotAvailable(
        "An engine runs here already.",
        resource=str(begun.settings.workspace),
        next_step="Stop it with `day2 engine down`.",
    )


def _still_starting(begun: Begun) -> EngineNotAvailable:
    return EngineNotAvailable(
        "The engine is still starting.",
        resource=f"process {begun.process.pid}",
        next_step="Wait until `day2 engine status` says that it runs, or end it with `day2 engine down`.",
    )


def _launch(settings_file: Path, settings: EngineSettings) -> subprocess.Popen[bytes]:
    """The launcher in a process group of its own and a clean environment, which the Lambda functions inherit.

    It lives no longer than this process holds its standard input, unless it is let go.
    """
    python = Path(os.environ.get("DAY2_ENGINE_PYTHON", PYTHON))
    if not python.exists():
        raise EngineNotAvailable(
            "The engine's own Python environment is missing.", resource=str(python), next_step="Run `make setup`."
        )
    with settings.log_file.open("wb") as log:
        return subprocess.Popen(  # noqa: S603  our own program
            [python, "-I", _LAUNCHER, settings_file],
            cwd=settings.workspace,
            env=_clean_environment(settings.workspace),
            stdin=subprocess.PIPE,
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
