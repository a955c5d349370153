"""One drill in a line: what the ledger keeps of it, and what the history and its trend are drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from lambdas.contracts import RecoveryPointKind

Outcome = Literal["passed", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A finished drill.

    requested       the recovery point as asked for: latest-snapshot | latest-restorable-time | snapshot:ID | time:...
    recovery_point_kind, recovery_point_id   what was restored; None when the drill failed before its choice
    verdict         the judgement's overall word; None when the drill never came to one. A drill can have the
                    verdict `pass` and the outcome `failed`: its cleanup was not proven
    rto_seconds     start of the drill to verified data; None when nothing was verified
    rpo_seconds     recovery point to the newest write found; None when it could not be measured
    phases          seconds of each phase of the recovery time that was reached, by its name
    failed_checks   ids of the checks that failed
    leftovers       resources still there after the teardown; None when that could not be looked at
    error, cause    the first error's name and its sentence; None when the drill passed
    record, report  keys in the evidence bucket; None when nothing could be stored
    sha256          of the record's bytes, hexadecimal
    """

    id: str
    environment: str
    source: str
    execution: str
    opened_at: datetime
    closed_at: datetime
    requested: str
    outcome: Outcome
    recovery_point_kind: RecoveryPointKind | None = None
    recovery_point_id: str | None = None
    verdict: Literal["pass", "warn", "fail"] | None = None
    rto_seconds: float | None = None
    rto_objective_seconds: float | None = None
    rpo_seconds: float | None = None
    rpo_objective_seconds: float | None = None
    phases: Mapping[str, float] = field(default_factory=dict)
    failed_checks: tuple[str, ...] = ()
    leftovers: int | None = None
    error: str | None = None
    cause: str | None = None
    record: str | None = None
    report: str | None = None
    sha256: str | None = None
