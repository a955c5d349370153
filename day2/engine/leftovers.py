"""What must be gone when the engine is gone, noted down before it can be forgotten.

Processes that leave the engine's process group and folders outside its workspace are noted here at the moment they
come to be. PostgreSQL servers are found by the folder that holds their data, so that one which is still starting is
not missed. They are cleared when the engine's process is gone and adds nothing more: by whoever ended it, else by
its guard, at the latest by the next `up` or `down`. Standard library only.
"""

import json
import shutil
import signal
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from day2.engine.processes import Process, servers_in, wait_until_gone

_GRACE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Leftovers:
    """The notes of one engine, one file each, in `folder`."""

    folder: Path

    @classmethod
    def of(cls, workspace: Path) -> "Leftovers":
        return cls(workspace / "leftovers")

    def note_process(self, pid: int) -> None:
        """Note a process that SIGTERM ends."""
        if process := Process.of(pid):
            self._note(f"process-{pid}", {"pid": pid, "started": process.started})

    def forget_process(self, pid: int) -> None:
        """It has ended; nothing is left of it."""
        (self.folder / f"process-{pid}.json").unlink(missing_ok=True)

    def note_folder(self, path: Path) -> None:
        """Note a folder that is to be removed, and the servers with their data in it that are to be ended before."""
        self._note(f"folder-{sha256(str(path).encode()).hexdigest()[:16]}", {"path": str(path)})

    @property
    def folders(self) -> list[Path]:
        """The noted folders."""
        return [Path(each["path"]) for each in self._notes() if "path" in each]

    def clear(self) -> None:
        """End every noted process and every server in a noted folder, then remove the folders, then the notes."""
        processes = [Process(each["pid"], each["started"]) for each in self._notes() if "pid" in each]
        folders = self.folders
        servers = servers_in(folders)
        for process in processes:
            process.send(signal.SIGTERM)
        for server in servers:
            server.send(signal.SIGQUIT)  # PostgreSQL's quickest end: nobody needs its data any more
        for stubborn in wait_until_gone([*processes, *servers], seconds=_GRACE_SECONDS):
            stubborn.send(signal.SIGKILL)
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _notes(self) -> list[dict[str, Any]]:
        return [json.loads(file.read_text()) for file in sorted(self.folder.glob("*.json"))]

    def _note(self, name: str, content: dict[str, object]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = self.folder / f"{name}.new"
        fresh.write_text(json.dumps(content))
        fresh.rename(self.folder / f"{name}.json")
