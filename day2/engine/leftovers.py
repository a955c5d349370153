"""What must be gone when the engine is gone, noted down before it can be forgotten.

Servers that leave the engine's process group (PostgreSQL does) and folders outside its workspace are noted here
at the moment they come to be. Whoever ends the engine clears them: its own process on the way out, or after a
crash the next `up` or `down`. Standard library only.
"""

import json
import shutil
import signal
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from day2.engine.processes import Process, wait_until_gone

_GRACE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Leftovers:
    """The notes of one engine, one file each, in `folder`."""

    folder: Path

    @classmethod
    def of(cls, workspace: Path) -> "Leftovers":
        return cls(workspace / "leftovers")

    def note_process(self, pid: int, *, stop_with: signal.Signals = signal.SIGTERM) -> None:
        """Note a server. `stop_with` is what ends it quickly (SIGQUIT for a PostgreSQL postmaster)."""
        if process := Process.of(pid):
            self._note(f"process-{pid}", {"pid": pid, "started": process.started, "stop_with": int(stop_with)})

    def forget_process(self, pid: int) -> None:
        """It has ended; nothing is left of it."""
        (self.folder / f"process-{pid}.json").unlink(missing_ok=True)

    def note_folder(self, path: Path) -> None:
        """Note a folder outside the workspace that is to be removed."""
        self._note(f"folder-{sha256(str(path).encode()).hexdigest()[:16]}", {"path": str(path)})

    def clear(self) -> None:
        """End every noted process, then remove every noted folder, then the notes."""
        notes = [json.loads(file.read_text()) for file in sorted(self.folder.glob("*.json"))]
        stops = [(Process(each["pid"], each["started"]), each["stop_with"]) for each in notes if "pid" in each]
        for process, stop_with in stops:
            process.send(signal.Signals(stop_with))
        for stubborn in wait_until_gone([process for process, _ in stops], seconds=_GRACE_SECONDS):
            stubborn.send(signal.SIGKILL)
        for each in notes:
            if "path" in each:
                shutil.rmtree(each["path"], ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _note(self, name: str, content: dict[str, object]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = self.folder / f"{name}.new"
        fresh.write_text(json.dumps(content))
        fresh.rename(self.folder / f"{name}.json")
