"""Faults on order: what tests need to see go wrong, switched on by an empty file in the engine's workspace.

A disturbance of one occasion is used up by it; the others last until their file is removed.
"""

from enum import StrEnum
from pathlib import Path


class Disturbance(StrEnum):
    """What can be made to go wrong."""

    RESTORE_FAILS = "restore-fails"
    """The next restored cluster ends in `failed`. One occasion."""
    INSTANCE_FAILS = "instance-fails"
    """The next instance ends in `failed`. One occasion."""
    DATABASE_UNREACHABLE = "database-unreachable"
    """The next cluster's first instance becomes available, but its endpoint does not answer. One occasion."""
    RESTORE_HANGS = "restore-hangs"
    """Restored clusters stay `creating`. Lasting."""
    SNAPSHOT_HANGS = "snapshot-hangs"
    """Snapshots stay `creating`. Lasting."""
    CREDENTIALS_HANG = "credentials-hang"
    """Managed secrets stay `creating`. Lasting."""
    DELETION_HANGS = "deletion-hangs"
    """Clusters stay `deleting`. Lasting."""
    RENAME_HANGS = "rename-hangs"
    """Clusters and instances stay `renaming`, at the new address already. Lasting."""
    DELETION_REFUSED = "deletion-refused"
    """The next DeleteDBCluster is answered with InternalFailure. One occasion."""
    THROTTLED = "throttled"
    """Every call is answered with Throttling. Lasting."""


class Disturbances:
    """The disturbances of one engine."""

    def __init__(self, workspace: Path) -> None:
        self._folder = workspace / "disturbances"

    def order(self, what: Disturbance) -> None:
        """Switch one on."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / what).touch()

    def lift(self, what: Disturbance) -> None:
        """Switch one off."""
        (self._folder / what).unlink(missing_ok=True)

    def lasts(self, what: Disturbance) -> bool:
        """Whether it is on."""
        return (self._folder / what).exists()

    def strikes(self, what: Disturbance) -> bool:
        """Whether it was on, and use it up."""
        try:
            (self._folder / what).unlink()
        except FileNotFoundError:
            return False
        return True
