"""The engine's own process: MiniStack with what it lacks.

Runs under the engine's Python (`.venv-engine`), never imported by the operator's side:

    python -I launcher.py SETTINGS_FILE

It ends when standard input does, which the operator's process holds open, unless a byte came before: then it stays.

The repository is importable in this process alone. Lambda functions run in processes of their own, which inherit
the environment but not `sys.path`: they find their bundle and what lies in the engine's Python, and nothing of
this repository.
"""

import importlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from day2.engine import settings as engine_settings
from day2.engine.authority import Authority
from day2.engine.leftovers import Leftovers
from day2.engine.processes import Process
from day2.engine.settings import EngineSettings

MINISTACK = "1.5.33"
"""The one version whose private names the extensions know."""

EXTENSIONS = (
    "exception_names",
    "shared_bundles",
    "secure_transport",
    "rds_permissions",
    "strict_paths",
    "endings",
    "retries",
    "branches",
    "task_tokens",
    "execution_metrics",
    "embedded_metrics",
    "alarms",
    "payload_limit",
    "security_group_rules",
    "no_op_resources",
    "kubernetes",
    "node_groups",
    "schedules",
    "started_executions",
    "answer_permissions",
)
"""In the order in which they are put in place."""

CANNOT_RUN = 3
_GUARD = Path(__file__).with_name("guard.py")


class Unfit(Exception):
    """MiniStack is not the one the extensions were written for."""


def main(arguments: list[str]) -> int:
    """Serve until told to stop; 3 when MiniStack is missing or not the pinned one."""
    settings = engine_settings.read(Path(arguments[0]).read_text())
    _prepare_environment(settings)
    try:
        install(settings)
    except Unfit as unfit:
        sys.stderr.write(f"{unfit}\n")
        return CANNOT_RUN
    threading.Thread(target=_end_with_parent, daemon=True, name="parent").start()
    _guard = _guarded(settings)  # its end of standard input closes with this name, which must last
    from ministack.app import main as serve  # noqa: PLC0415  reads its settings from the environment on import

    sys.argv = ["ministack"]
    serve()
    return 0


def install(settings: EngineSettings) -> None:
    """Check MiniStack, then put every extension in place, the Aurora one last. Raises Unfit."""
    check_version()
    extensions = [importlib.import_module(f"day2.engine.extensions.{name}") for name in EXTENSIONS]
    extensions.append(importlib.import_module("day2.engine.aurora"))
    if missing := list(missing_names(extensions)):
        names = ", ".join(missing)
        raise Unfit(f"MiniStack {MINISTACK} lacks {names}, which the engine extends. Run `make setup`.")
    for extension in extensions:
        extension.install(settings)


def check_version() -> None:
    """Raise Unfit unless the pinned MiniStack is installed."""
    try:
        found = version("ministack")
    except PackageNotFoundError:
        found = "none"
    if found != MINISTACK:
        raise Unfit(f"The engine needs MiniStack {MINISTACK} and found {found}. Run `make setup`.")


def missing_names(extensions: Iterable[ModuleType]) -> Iterator[str]:
    """Each name of an extension's NEEDS (`services.lambda_svc._emit_lambda_logs`) that MiniStack does not have."""
    for extension in extensions:
        for name in extension.NEEDS:
            module, _, attribute = name.rpartition(".")
            if not hasattr(importlib.import_module(f"ministack.{module}"), attribute):
                yield f"{module}.{attribute}"


def _prepare_environment(settings: EngineSettings) -> None:
    """MiniStack reads these when it is imported; Lambda processes inherit them, so nothing else stands here."""
    os.environ.update(
        BIND_HOST="127.0.0.1",
        GATEWAY_PORT=str(settings.port),
        MINISTACK_REGION=settings.region,
        MINISTACK_ACCOUNT_ID=settings.account,
        AWS_ACCESS_KEY_ID=settings.account,
        AWS_SECRET_ACCESS_KEY="test",  # noqa: S106  opens nothing beyond loopback
        AWS_DEFAULT_REGION=settings.region,
        AUTH=str(settings.enforce_roles).lower(),
        SFN_WAIT_SCALE=str(settings.wait_scale),
        SFTP_ENABLED="0",
        IOT_MTLS_ENABLED="0",
        # The functions' one difference from AWS: which authority signed the databases' certificates.
        DATABASE_CA_FILE=str(Authority.at(settings.certificates).ca_file),
        # What MiniStack would keep beside every other engine's in the machine's temporary folder.
        STATE_DIR=str(settings.workspace / "tmp" / "state"),
        # No socket there: containers of another MiniStack on this machine are none of the engine's business.
        DOCKER_HOST=f"unix://{settings.workspace / 'no-docker.sock'}",
    )


def _guarded(settings: EngineSettings) -> subprocess.Popen[bytes]:
    """The process that clears up after this one when nobody else does, in a session that no signal to this meets."""
    own = Process.of(os.getpid())
    guard = subprocess.Popen(  # noqa: S603  our own program
        [sys.executable, "-I", _GUARD, settings.workspace, str(os.getpid()), own.started if own else ""],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    Leftovers.of(settings.workspace).note_process(guard.pid)
    return guard


def _end_with_parent() -> None:
    """End as the operator's process does, however it does, unless it has let this one go."""
    if not os.read(0, 1):  # unbuffered: a reader's lock would disturb the interpreter's end
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
