"""What the checks of `day2 doctor` tell."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it should be.

    check      the check's name
    resource   what it is about
    next_step  what mends it; a command where there is one
    """

    check: str
    what: str
    resource: str
    next_step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """A check that could not look from here: nothing is known, neither good nor bad."""

    check: str
    reason: str


Result = Finding | Skip
