"""One platform restore in a line: what the ledger keeps of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lambdas import payload
from lambdas.contracts import RecoveryPointKind
from lambdas.restore_contracts import CutOver, Outcome, Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreSummary:
    """A finished restore.

    requested       the recovery point as asked for
    cut_over, strategy  as asked for; None when the first step died before it named the restore
    serves_from     the cluster that the platform serves from now; None when from none, or when it is not known
    verdict         of the restored data; None when it was never judged
    rto_seconds     opening to a verified platform, people's time included; `own_seconds` without it
    outage_seconds  fence to the platform's verification; None when it was not fenced, or not brought back
    rpo_seconds     recovery point to the fence: what was written in between is lost; None when nothing was cut over
    lost_audit_rows rows of the audit log in it, where the old database could be asked
    phases          seconds of each phase that was gone through to its end, by its name
    error, cause    the first error's name and its sentence; None where there was none
    record, report  keys in the evidence bucket; None when nothing could be stored
    sha256          of the record's bytes, hexadecimal
    """

    id: str
    environment: str
    source: str
    target: str
    execution: str
    opened_at: datetime
    closed_at: datetime
    requested: str
    cut_over: CutOver | None
    strategy: Strategy | None
    outcome: Outcome
    serves_from: str | None = None
    recovery_point_kind: RecoveryPointKind | None = None
    recovery_point_id: str | None = None
    recovery_point_time: datetime | None = None
    verdict: str | None = None
    rto_seconds: float | None = None
    own_seconds: float | None = None
    rto_objective_seconds: float | None = None
    outage_seconds: float | None = None
    rpo_seconds: float | None = None
    rpo_objective_seconds: float | None = None
    lost_audit_rows: int | None = None
    approved_by: str | None = None
    phases: Mapping[str, float] = field(default_factory=dict)
    error: str | None = None
    cause: str | None = None
    record: str | None = None
    report: str | None = None
    sha256: str | None = None


def summarise(record: Mapping[str, Any], *, record_key: str, report_key: str, sha256: str) -> RestoreSummary:
    """The summary of a record, as `restore_record.build` made it or as it was read back."""
    restore, outcome, point = record["restore"], record["outcome"], record["recovery_point"] or {}
    rto, loss, error = record["rto"], record["loss"], outcome["error"] or {}
    return RestoreSummary(
        id=restore["id"],
        environment=record["environment"],
        source=restore["source"],
        target=restore["target"] or "",
        execution=restore["execution"],
        opened_at=payload.parse_instant(restore["opened_at"]),
        closed_at=payload.parse_instant(record["recorded_at"]),
        requested=restore["requested"] or "unknown",
        cut_over=restore["cut_over"],
        strategy=restore["strategy"],
        outcome=outcome["result"],
        serves_from=record["serving"]["cluster"],
        recovery_point_kind=point.get("kind"),
        recovery_point_id=point.get("id"),
        recovery_point_time=payload.parse_instant(point["time"]) if point else None,
        verdict=(record["verdict"] or {}).get("overall"),
        rto_seconds=rto["measured_seconds"],
        own_seconds=rto["own_seconds"],
        rto_objective_seconds=rto["objective_seconds"],
        outage_seconds=record["outage"]["seconds"] if record["outage"]["periods"] else None,
        rpo_seconds=loss["seconds"] if outcome["result"] == "kept" else None,
        rpo_objective_seconds=loss["objective_seconds"],
        lost_audit_rows=loss["audit_rows"],
        approved_by=record["approval"]["by"] if record["approval"]["decision"] == "approved" else None,
        phases={
            phase["name"]: phase["seconds"]
            for phase in record["phases"]
            if not phase["failed"] and phase["seconds"] is not None
        },
        error=error.get("name"),
        cause=error.get("sentence"),
        record=record_key,
        report=report_key,
        sha256=sha256,
    )
