"""Who runs PostgreSQL: this user, or where this user is root, one without privileges (PostgreSQL refuses root)."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

UNPRIVILEGED = ("postgres", "nobody")
ENTER = 0o1


class ProgramFailed(RuntimeError):
    """A PostgreSQL program ended with an error; the text holds the end of what it said."""


@dataclass(frozen=True, slots=True)
class Account:
    """The operating-system user of the servers. `switched` when the programs have to change to it."""

    name: str
    uid: int
    gid: int
    switched: bool

    def run(self, command: Sequence[str], *, given: str = "", environment: Mapping[str, str] | None = None) -> str:
        """Run a program as this user and return what it printed; `given` is its standard input.

        Raises:
            ProgramFailed: it ended with another code than 0.
        """
        done = subprocess.run(  # noqa: S603 the programs are PostgreSQL's own
            command,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            user=self.uid if self.switched else None,
            group=self.gid if self.switched else None,
            extra_groups=[] if self.switched else None,
            umask=0o077,
            env={"PATH": os.defpath, "LC_ALL": "C", **(environment or {})},
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip()[-2000:]
            raise ProgramFailed(f"{Path(command[0]).name} ended with {done.returncode}: {said}")
        return done.stdout

    def can_run(self, program: str) -> bool:
        """Whether this user may execute a program where it lies."""
        if not self.switched:
            return os.access(program, os.X_OK)
        try:
            self.run([program, "--version"])
        except (PermissionError, ProgramFailed):
            return False
        return True

    def folder(self, path: Path) -> Path:
        """Make a folder that is this user's alone."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.own(path)
        return path

    def own(self, path: Path) -> None:
        if self.switched:
            shutil.chown(path, self.uid, self.gid)

    def write(self, path: Path, text: str) -> Path:
        """Write a file that only this user reads."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text)
        self.own(path)
        return path

    def enters(self, path: Path) -> bool:
        """Whether this user can reach `path`: every existing folder above it lets others through."""
        if not self.switched:
            return True
        above = [folder for folder in (path, *path.parents) if folder.exists()]
        return all(self._passes(folder.stat()) for folder in above)

    def _passes(self, seen: os.stat_result) -> bool:
        if seen.st_uid == self.uid:
            return bool(seen.st_mode & ENTER << 6)
        return bool(seen.st_mode & (ENTER << 3 if seen.st_gid == self.gid else ENTER))


@cache
def current() -> Account:
    """This process's user, or an existing unprivileged one for root; none is ever created."""
    if os.geteuid():
        mine = pwd.getpwuid(os.geteuid())
        return Account(mine.pw_name, mine.pw_uid, mine.pw_gid, switched=False)
    known = {user.pw_name: user for user in pwd.getpwall()}
    for name in UNPRIVILEGED:
        if user := known.get(name):
            return Account(user.pw_name, user.pw_uid, user.pw_gid, switched=True)
    raise ProgramFailed("PostgreSQL refuses root, and no user postgres or nobody exists. Start as another user.")
