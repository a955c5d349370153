"""The command `day2` as an operator runs it: a process of its own on a terminal of 80 columns."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COLUMNS = 80


@dataclass(frozen=True, slots=True)
class Command:
    """Runs `day2` in the folder in which the engine is up, as if on a terminal of 80 columns, `variables` set."""

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603  our own command
            self._words(arguments),
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  our own command
            self._words(arguments),
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def _words(self, arguments: Sequence[str]) -> list[str | Path]:
        return [Path(sys.executable).with_name("day2"), *arguments]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.variables, "COLUMNS": str(COLUMNS)}

    def document(self, *arguments: str, code: int = 0) -> Any:
        """What it prints for machines."""
        done = self.run(*arguments, "--json")
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    def page(self, *arguments: str, code: int = 0) -> str:
        """What it prints for people, none of it wider than the terminal nor filled up with blanks."""
        done = self.run(*arguments)
        assert done.returncode == code, done.stderr
        assert {line for line in done.stdout.splitlines() if len(line) > COLUMNS or line.endswith(" ")} == set()
        return done.stdout

    def refusal(self, *arguments: str, code: int = 2) -> str:
        """What it says when it refuses: sentences for people, and nothing that a machine would read as a result."""
        done = self.run(*arguments, "--json")
        assert (done.returncode, done.stdout) == (code, "")
        assert "Traceback" not in done.stderr
        assert {line for line in done.stderr.splitlines() if len(line) > COLUMNS} == set()
        return " ".join(done.stderr.split())
