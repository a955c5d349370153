"""One drill in a line: what the ledger keeps of it, and what the history and its trend are drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from lambdas import payload
from lambdas.contracts import RecoveryPointKind
from lambdas.evidence.cleanup import leftovers

Outcome = Literal["passed", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A finished drill.

    requested       the recovery point as asked for: latest-snapshot | latest-restorable-time | snapshot:ID | time:...
    recovery_point_kind, recovery_point_id   what was restored; None when the drill failed before its choice
    verdict         the judgement's overall word; None when the drill never came to one. A drill can have the
                    verdict `pass` and the outcome `failed`: its cleanup was not proven
    rto_seconds     start of the drill to verified data; None when nothing was verified
    rpo_seconds     what would have been lost, against its objective; of a drill `from_snapshot`, the snapshot's age
                    against the age that one may have. None when it could not be measured
    phases          seconds of each phase that was gone through to its end, by its name
    failed_checks   ids of the checks that failed
    leftovers       resources still there after the teardown; what could not be ruled out counts as one
    error, cause    the first error's name and its sentence; None when the drill passed
    recorded_by     `sweep`: the execution ended without recording its drill, and what it had found out is not known
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
    leftovers: int = 0
    error: str | None = None
    cause: str | None = None
    recorded_by: Literal["drill", "sweep"] = "drill"
    record: str | None = None
    report: str | None = None
    sha256: str | None = None

    @property
    def from_snapshot(self) -> bool:
        """Whether a snapshot was drilled, or asked for where none was chosen: it proves no RPO."""
        return _from_snapshot(self.recovery_point_kind, self.requested)


def summarise(record: Mapping[str, Any], *, record_key: str, report_key: str, sha256: str) -> Summary:
    """The summary of a record, as `record.build` made it or as it was read back."""
    drill, outcome, point = record["drill"], record["outcome"], record["recovery_point"] or {}
    verdict, error = record["verdict"] or {}, outcome["error"] or {}
    promised = record["objectives"]
    rto, rpo = verdict.get("rto") or {}, verdict.get("rpo") or {}
    requested = record["request"]["recovery_point"] or "unknown"
    allowed = "snapshot_age_seconds" if _from_snapshot(point.get("kind"), requested) else "rpo_seconds"
    return Summary(
        id=drill["id"],
        environment=record["environment"],
        source=drill["source"],
        execution=drill["execution"],
        opened_at=payload.parse_instant(drill["opened_at"]),
        closed_at=payload.parse_instant(record["recorded_at"]),
        requested=requested,
        outcome=outcome["result"],
        recovery_point_kind=point.get("kind"),
        recovery_point_id=point.get("id"),
        verdict=verdict.get("overall"),
        rto_seconds=rto.get("measured_seconds"),
        rto_objective_seconds=rto.get("objective_seconds") or promised["rto_seconds"],
        rpo_seconds=rpo.get("measured_seconds"),
        rpo_objective_seconds=rpo.get("objective_seconds") or promised[allowed],
        phases={phase["name"]: phase["seconds"] for phase in record["phases"] if not phase["failed"]},
        failed_checks=tuple(check["id"] for check in record["checks"] or () if check["verdict"] == "fail"),
        leftovers=leftovers(record),
        error=error.get("name"),
        cause=error.get("sentence"),
        recorded_by=outcome["recorded_by"],
        record=record_key,
        report=report_key,
        sha256=sha256,
    )


def _from_snapshot(kind: RecoveryPointKind | None, requested: str) -> bool:
    if kind is None:
        return requested == "latest-snapshot" or requested.startswith("snapshot:")
    return kind == "snapshot"
