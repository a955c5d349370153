"""The drill record: one JSON document that says what was drilled, what was seen, and what it rests on.

`build` is pure and makes the same record from the same state, so a retry of the step stores the same bytes.
Its shape is `record.schema.json`; its bytes are `canonical.canonical(record)`. A part that the drill never came to
is null, and `absent` says why: nothing is filled in.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from lambdas import payload
from lambdas.contracts import (
    Baseline,
    Blueprint,
    CheckResult,
    DatabaseFacts,
    IsolationFact,
    RecoveryPoint,
    Timing,
    Verdict,
)
from lambdas.evidence import canonical, cost, failures, stops, timeline
from lambdas.evidence.cleanup import cleanup
from lambdas.evidence.failures import Failure
from lambdas.settings import Settings

RECORD_VERSION = 1

State = Mapping[str, Any]
Record = dict[str, Any]
T = TypeVar("T")

NOT_SHOWN_ON_ONE_MACHINE = (
    "How long Aurora takes to restore, to start an instance and to delete: the durations here are the engine's.",
    "That the functions inside the VPC reach the copy, its secret and Kubernetes through routes and endpoints.",
    "That key policies and the roles of the schedule and of the state machine allow what they must.",
    "That the schedule fires in its time zone, and that an alarm looks at the right dimensions.",
    "Service quotas, and the 256 KiB that a state may hold.",
)
_CLUSTER_FACTS = (
    "cluster",
    "resource_id",
    "engine_version",
    "min_acu",
    "max_acu",
    "parameter_group",
    "adopted",
)
# Who answers for the drill: an Identity Center session is named by an address, and an auditor needs it as it is.
_ACCOUNTABLE = ("execution", "started_by")
_ADDRESS = re.compile(r"[^\s@\"'<>/:,;()]+@[^\s@\"'<>/:,;()]+\.[A-Za-z]{2,}")


def build(state: State, settings: Settings, now: datetime, *, baseline: Baseline | None = None) -> Record:
    """The record of the drill whose workflow state is `state`, in canonical order.

    now       when the recording step was entered: the same for all its retries
    baseline  what the ledger holds for the source, before this drill replaces it
    """
    ran = timeline.timings(state)
    cleaned = cleanup(state)
    failed = failures.all_of(state, proven=cleaned["proven"])
    stopped, lost = stops.stopped_in(state, ran), failures.results_lost(state)
    steps = (*timeline.returned(ran), *stops.failed(state, ran, now=now))
    parts = {
        **_copy(state),
        **_verification(state, baseline),
        "cost": None if lost else cost.estimate(state, ran, now=now, whole=not any(each.failed for each in steps)),
    }
    record = {
        "record_version": RECORD_VERSION,
        "software": {"name": "coder-day2", "version": settings.version},
        "environment": settings.environment,
        "on_one_machine": settings.on_one_machine,
        "not_shown": list(NOT_SHOWN_ON_ONE_MACHINE) if settings.on_one_machine else [],
        "recorded_at": now,
        "drill": _drill(state["drill"]),
        "request": _request(state["drill"]),
        "objectives": _objectives(settings),
        "outcome": _outcome(failed, stopped, lost=lost),
        **parts,
        "phases": timeline.phases(steps),
        "seconds": _whole(ran, state, now),
        "cleanup": cleaned,
        "absent": _absent(parts, failed, stopped, lost=lost),
    }
    told = _without_addresses(payload.write(record))
    told["drill"] |= {name: state["drill"].get(name) for name in _ACCOUNTABLE}
    ordered: Record = canonical.normal(told)
    return ordered


def _drill(drill: State) -> dict[str, Any]:
    names = ("id", "execution", "source", "target", "writer", "namespace", "started_by", "opened_at", "give_up_at")
    return {name: drill.get(name) for name in names}


def _request(drill: State) -> dict[str, Any]:
    return {
        "recovery_point": drill.get("recovery_point"),
        "reason": drill.get("reason") or None,
        "slot": drill.get("slot"),
        "accept_shrunk_tables": list(drill.get("accept_shrunk_tables") or ()),
    }


def _objectives(settings: Settings) -> dict[str, Any]:
    promised = settings.objectives
    return {
        "rto_seconds": promised.rto_minutes * 60,
        "rpo_seconds": promised.rpo_minutes * 60,
        "snapshot_age_seconds": promised.snapshot_age_hours * 3_600,
        "drill_interval_days": promised.drill_interval_days,
    }


def _outcome(failed: tuple[Failure, ...], stopped: str | None, *, lost: bool) -> dict[str, Any]:
    return {
        "recorded_by": "sweep" if lost else "drill",
        "result": "failed" if failed else "passed",
        "error": failed[0] if failed else None,
        "stopped_in": stopped,
        "further": list(failed[1:]),
    }


def _copy(state: State) -> dict[str, Any]:
    """What was restored, from what, and how it was shut off."""
    choice, prepared = state.get("choice") or {}, state.get("prepared") or {}
    restore, namespace = prepared.get("restore") or {}, (prepared.get("namespace") or {}).get("namespace")
    cluster, isolation = restore.get("cluster"), state.get("isolation")
    credentials = restore.get("credentials_ready") or {}
    return {
        "recovery_point": _contract(RecoveryPoint, choice.get("recovery_point")),
        "blueprint": _shape(choice.get("blueprint")),
        "target": cluster
        and {
            **{name: cluster.get(name) for name in _CLUSTER_FACTS},
            "endpoint": credentials.get("host"),
            "database": credentials.get("database"),
        },
        "namespace": namespace
        and {
            "skipped": namespace.get("skipped") is True,
            **{name: namespace.get(name) or None for name in ("reason", "namespace", "network_policy")},
        },
        "isolation": isolation
        and {
            "proven": isolation.get("proven") is True,
            "facts": [_contract(IsolationFact, each) for each in isolation.get("facts") or ()],
        },
    }


def _shape(blueprint: State | None) -> dict[str, Any] | None:
    """The source's shape with its tags by name only: a value may be a person's."""
    if blueprint is None:
        return None
    told: dict[str, Any] = payload.write(payload.read(Blueprint, blueprint))
    return {**told, "tags": sorted(told["tags"])}


def _verification(state: State, baseline: Baseline | None) -> dict[str, Any]:
    judgement, plan = state.get("judgement") or {}, state.get("plan") or {}
    everything = _checks(state)
    checks = [each for each in everything if not each["control"]]
    words = ("pass", "warn", "fail", "skip", "report")
    used = judgement.get("baseline_drill")
    known = baseline if baseline is not None and baseline.drill == used else None
    return {
        "database": _contract(DatabaseFacts, judgement.get("facts") or plan.get("facts")),
        "data_as_of": judgement.get("data_as_of"),
        "verdict": _contract(Verdict, judgement.get("verdict")),
        "checks": checks or None,
        "controls": [each for each in everything if each["control"]] if everything else None,
        "tally": {word: sum(each["verdict"] == word for each in checks) for word in words} if everything else None,
        "counts": _counts(state),
        "baseline": used
        and {
            "drill": used,
            "taken_at": known and known.taken_at,
            "counts": known and known.counts,
            "warned": known and list(known.warned),
        },
        "next_baseline": _contract(Baseline, judgement.get("next_baseline")),
    }


def _checks(state: State) -> list[dict[str, Any]]:
    """Every check once, by id: as judged, else as it ran, else as it was skipped in the plan."""
    judged = (state.get("judgement") or {}).get("checks") or ()
    ran = [check for group in state.get("results") or () for check in group["checks"]]
    skipped = (state.get("plan") or {}).get("skipped") or ()
    found: dict[str, dict[str, Any]] = {}
    for each in (*judged, *ran, *skipped):
        found.setdefault(each["id"], _check(each))
    return [found[name] for name in sorted(found)]


def _check(data: State) -> dict[str, Any]:
    check: dict[str, Any] = payload.write(payload.read(CheckResult, data))
    check["actual"] = check.pop("value")
    return check


def _counts(state: State) -> dict[str, int] | None:
    """Rows by table: as judged, else what the counting groups brought home; None when no table was counted."""
    judgement = state.get("judgement")
    brought = [judgement] if judgement is not None else state.get("results") or ()
    return {table: rows for each in brought for table, rows in (each.get("counts") or {}).items()} or None


def _whole(ran: tuple[Timing, ...], state: State, now: datetime) -> float:
    """From the drill's start to the recording step's entry."""
    opened = payload.parse_instant(state["drill"]["opened_at"])
    return (now - min([opened, *(each.entered_at for each in ran)])).total_seconds()


def _absent(
    parts: Mapping[str, Any], failed: tuple[Failure, ...], stopped: str | None, *, lost: bool
) -> dict[str, str]:
    ended = f"The drill ended{f' in {stopped}' if stopped else ''}"
    early = f"{ended} ({failed[0].name}) before this was known." if failed else "Nothing was reported."
    if lost:
        early = "Not known: a sweep recorded this drill, without the results of its execution."
    known_reasons = {
        "baseline": "no counts of an earlier passed drill are at hand",
        "counts": "No table was counted.",
        "next_baseline": "The judgement keeps the present baseline.",
        "data_as_of": "No column that tells the newest write was found.",
    }
    judged = parts["verdict"] is not None
    missing = (name for name, part in parts.items() if part is None)
    return {name: known_reasons.get(name, early) if judged else early for name in missing}


def _contract(kind: type[T], data: State | None) -> T | None:
    """`data` narrowed to the contract's own fields, so that the schema and the contracts move together."""
    return None if data is None else payload.read(kind, data)


def _without_addresses(value: Any) -> Any:
    """The same JSON without e-mail addresses: an operator's reason, an error or a server's words may carry one."""
    if isinstance(value, str):
        return _ADDRESS.sub("[address removed]", value)
    if isinstance(value, Mapping):
        return {name: _without_addresses(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_without_addresses(item) for item in value]
    return value
