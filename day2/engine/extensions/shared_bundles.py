"""A bundle is unpacked once, however many functions and processes run it.

MiniStack unpacks it for each process anew, and Python then compiles every module of it again: seconds for each
function's first call. Functions see their code in a folder that they share here and own on AWS; neither may write
to it (on AWS /var/task is read-only).
"""

import io
import os
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

from ministack.core import lambda_runtime

from day2.engine.settings import EngineSettings

NEEDS = ("core.lambda_runtime.Worker", "core.lambda_runtime.zipfile")

_CODE = "code.zip"

_spawn = lambda_runtime.Worker._spawn
_unpacking = threading.Lock()
_here = threading.local()


def install(settings: EngineSettings) -> None:
    folder = settings.workspace / "tmp" / "bundles"

    def spawn(worker: Any) -> None:
        """MiniStack's start of a process, with the unpacked bundle at hand."""
        code = worker.code_zip
        _here.bundle = _unpacked(code, folder / worker.config["CodeSha256"].replace("/", "_"))
        worker.code_zip = b""  # it would only be written beside the folder
        try:
            _spawn(worker)
        finally:
            worker.code_zip = code
            _here.bundle = None

    lambda_runtime.Worker._spawn = spawn
    named = {name: getattr(zipfile, name) for name in ("BadZipFile", "LargeZipFile")}
    lambda_runtime.zipfile = SimpleNamespace(**named, ZipFile=_open)


def _unpacked(code: bytes, folder: Path) -> Path:
    with _unpacking:
        if not folder.exists():
            fresh = folder.with_suffix(".new")
            with zipfile.ZipFile(io.BytesIO(code)) as bundle:
                bundle.extractall(fresh)
            fresh.rename(folder)
    return folder


def _open(file: Any, *arguments: Any) -> Any:
    """The archive of a function's code is a link to its unpacked bundle; a layer's is read as ever."""
    bundle = getattr(_here, "bundle", None)
    return _Linked(bundle) if bundle and os.fspath(file).endswith(_CODE) else zipfile.ZipFile(file, *arguments)


class _Linked:
    """Looks like an archive to MiniStack."""

    def __init__(self, bundle: Path) -> None:
        self._bundle = bundle

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def extractall(self, path: str) -> None:
        Path(path).rmdir()
        Path(path).symlink_to(self._bundle)
