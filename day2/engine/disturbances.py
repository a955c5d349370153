"""Faults on order: what tests need to see go wrong, switched on by an empty file in the engine's workspace.

A disturbance of one occasion is used up by it; the others last until their file is removed. Which there are stands
with what they disturb: `aurora.disturbances`, `nodes.disturbances`.
"""

from enum import StrEnum
from pathlib import Path


class Disturbances:
    """The disturbances of one engine."""

    def __init__(self, workspace: Path) -> None:
        self._folder = workspace / "disturbances"

    def order(self, what: StrEnum) -> None:
        """Switch one on."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / what).touch()

    def lift(self, what: StrEnum) -> None:
        """Switch one off."""
        (self._folder / what).unlink(missing_ok=True)

    def lasts(self, what: StrEnum) -> bool:
        """Whether it is on."""
        return (self._folder / what).exists()

    def strikes(self, what: StrEnum) -> bool:
        """Whether it was on, and use it up."""
        try:
            (self._folder / what).unlink()
        except FileNotFoundError:
            return False
        return True
