"""The two Lambda bundles: our code and its pinned dependencies, fetched for another platform without Docker.

A bundle is made once for its content: the hash of everything that goes in names it, a second synth finds it there.
Everything in it is pure Python, so the same bundle runs on Lambda (arm64) and on the embedded engine.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lambdas import steps

ROOT = Path(__file__).resolve().parent.parent
CODE = ROOT / "lambdas"
REQUIREMENTS = CODE / "requirements.txt"
BUILD = ROOT / "build" / "bundles"

PYTHON = "3.13"
PLATFORMS = ("manylinux_2_28_aarch64", "manylinux2014_aarch64")  # glibc 2.34 of Lambda's Amazon Linux 2023 reads both

# botocore brings the models of 400 services (28 MB); the doors in lambdas/adapters use these.
SERVICES = (
    "autoscaling",
    "cloudtrail",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "eks",
    "rds",
    "s3",
    "secretsmanager",
    "sns",
    "stepfunctions",
    "sts",
)
# What a bundle has no use for: SQL runs inside the VPC only, reports are rendered outside only.
LEFT_OUT: dict[steps.Bundle, tuple[str, ...]] = {
    "control": ("asn1crypto", "pg8000", "scramp"),
    "inside": ("jinja2", "markupsafe"),
}
_SKIPPED_FOLDERS = frozenset({"__pycache__", "bin", "examples", "test", "tests"})
_SKIPPED_SUFFIXES = frozenset({".c", ".in", ".pyc", ".pyi", ".so"})
_SKIPPED_FILES = frozenset(
    {".lock", "INSTALLER", "RECORD", "REQUESTED", "WHEEL", "direct_url.json", "requirements.txt"}
)
_OLD_SECONDS = 300
_MADE_BY = "1"  # counts up when this module makes another bundle of the same content


class BundleFailed(Exception):
    """The dependencies could not be fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A folder to deploy and the hash of what it was made from."""

    name: steps.Bundle
    folder: Path
    digest: str


def make(name: steps.Bundle, *, build: Path = BUILD) -> Bundle:
    """The bundle of this name, made if its content is not there yet. Raises BundleFailed."""
    digest = _digest(name)
    folder = build / name / digest[:16]
    build.mkdir(parents=True, exist_ok=True)
    with _alone(build / ".lock"):
        if not folder.exists():
            dependencies = _dependencies(build)
            _tidy(build / name)
            scratch = build / name / ".making"
            _copy(dependencies, scratch, leave_out=LEFT_OUT[name])
            _prune_models(scratch / "botocore" / "data")
            _copy(CODE, scratch / CODE.name)
            scratch.rename(folder)
            os.utime(folder)
    return Bundle(name=name, folder=folder, digest=digest)


def files(folder: Path, *, leave_out: tuple[str, ...] = ()) -> Iterator[Path]:
    """What of a folder belongs in a bundle, relative to it, in one order everywhere."""
    for path in sorted(folder.rglob("*")):
        part = path.relative_to(folder)
        distribution = part.parts[0].split("-")[0].removesuffix(".py").lower()
        skipped = (
            _SKIPPED_FOLDERS & set(part.parts[:-1])
            or path.suffix in _SKIPPED_SUFFIXES
            or path.name in _SKIPPED_FILES
            or distribution in leave_out
        )
        if path.is_file() and not skipped:
            yield part


def _digest(name: str) -> str:
    content = hashlib.sha256(f"{_MADE_BY} {name} {PYTHON} {PLATFORMS} {SERVICES} {LEFT_OUT}".encode())
    content.update(REQUIREMENTS.read_bytes())
    for part in files(CODE):
        content.update(f"\0{part.as_posix()}\0".encode())
        content.update((CODE / part).read_bytes())
    return content.hexdigest()


def _dependencies(build: Path) -> Path:
    """The unpruned dependencies of both bundles, fetched once for their locked requirements."""
    locked = hashlib.sha256(f"{PYTHON} {PLATFORMS}".encode() + REQUIREMENTS.read_bytes()).hexdigest()[:16]
    folder = build / "dependencies" / locked
    if not folder.exists():
        shutil.rmtree(build / "dependencies", ignore_errors=True)
        scratch = build / "dependencies" / ".fetching"
        _fetch(scratch)
        scratch.rename(folder)
    return folder


def _fetch(folder: Path) -> None:
    platforms = [word for name in PLATFORMS for word in ("--platform", name)]
    command = [
        sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile",
        "--target", str(folder), *platforms, "--python-version", PYTHON, "--implementation", "cp",
        "--require-hashes", "--only-binary", ":all:", "--requirement", str(REQUIREMENTS),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own arguments
    if done.returncode:
        raise BundleFailed(
            f"The Lambda dependencies could not be fetched [{REQUIREMENTS.name}] "
            f"Look at the network and the package index, then synthesize again. pip said:\n{done.stderr.strip()}"
        )


def _copy(source: Path, target: Path, *, leave_out: tuple[str, ...] = ()) -> None:
    for part in files(source, leave_out=leave_out):
        (target / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / part, target / part)


def _prune_models(data: Path) -> None:
    for service in data.iterdir():
        if service.is_dir() and service.name not in SERVICES:
            shutil.rmtree(service)


def _tidy(folder: Path) -> None:
    """Remove what a broken-off run left, and bundles so old that no synth beside this one can still be reading them."""
    for each in folder.glob("*"):
        if each.name == ".making" or time.time() - each.stat().st_mtime > _OLD_SECONDS:
            shutil.rmtree(each, ignore_errors=True)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Two synths at once make one bundle."""
    handle = os.open(lock, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
