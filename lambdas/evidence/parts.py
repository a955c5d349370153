"""What the record of a drill and of a restore have in common: the verification's results, and how a part is told."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from lambdas import payload
from lambdas.contracts import Baseline, Blueprint, CheckResult, DatabaseFacts, Verdict
from lambdas.settings import Settings

State = Mapping[str, Any]
T = TypeVar("T")

_ADDRESS = re.compile(r"[^\s@\"'<>/:,;()]+@[^\s@\"'<>/:,;()]+\.[A-Za-z]{2,}")


def objectives(settings: Settings) -> dict[str, Any]:
    """What is promised, in seconds but for the drills' interval."""
    promised = settings.objectives
    return {
        "rto_seconds": promised.rto_minutes * 60,
        "rpo_seconds": promised.rpo_minutes * 60,
        "snapshot_age_seconds": promised.snapshot_age_hours * 3_600,
        "drill_interval_days": promised.drill_interval_days,
    }


def shape(blueprint: State | None) -> dict[str, Any] | None:
    """The source's shape with its tags by name only: a value may be a person's."""
    if blueprint is None:
        return None
    told: dict[str, Any] = payload.write(payload.read(Blueprint, blueprint))
    return {**told, "tags": sorted(told["tags"])}


def verification(state: State, baseline: Baseline | None) -> dict[str, Any]:
    """What was read and judged: of a state's `plan` (of the checks), `results` and `judgement`, as far as they are."""
    judgement, plan = state.get("judgement") or {}, state.get("plan") or {}
    everything = _checks(state)
    checks = [each for each in everything if not each["control"]]
    words = ("pass", "warn", "fail", "skip", "report")
    used = judgement.get("baseline_drill")
    known = baseline if baseline is not None and baseline.drill == used else None
    return {
        "database": contract(DatabaseFacts, judgement.get("facts") or plan.get("facts")),
        "data_as_of": judgement.get("data_as_of"),
        "verdict": contract(Verdict, judgement.get("verdict")),
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


def contract(kind: type[T], data: State | None) -> T | None:
    """`data` narrowed to the contract's own fields, so that the schema and the contracts move together."""
    return None if data is None else payload.read(kind, data)


def without_addresses(value: Any) -> Any:
    """The same JSON without e-mail addresses: an operator's reason, an error or a server's words may carry one."""
    if isinstance(value, str):
        return _ADDRESS.sub("[address removed]", value)
    if isinstance(value, Mapping):
        return {name: without_addresses(item) for name, item in value.items()}
    if isinstance(value, list):
        return [without_addresses(item) for item in value]
    return value
