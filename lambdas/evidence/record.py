"""The drill record: one JSON document that says what was drilled, what was seen, and what it rests on.

`build` is pure and makes the same record from the same state, so a retry of the step stores the same bytes.
Its shape is `record.schema.json`; its bytes are `canonical.canonical(record)`. A part that the drill never came to
is null, and `absent` says why: nothing is filled in.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lambdas import payload
from lambdas.contracts import Baseline, IsolationFact, RecoveryPoint, Timing
from lambdas.evidence import canonical, cost, failures, stops, timeline
from lambdas.evidence.cleanup import cleanup
from lambdas.evidence.failures import Failure
from lambdas.evidence.parts import contract, objectives, shape, verification, without_addresses
from lambdas.settings import Settings

RECORD_VERSION = 1

State = Mapping[str, Any]
Record = dict[str, Any]

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
        **verification(state, baseline),
        "next_baseline": contract(Baseline, (state.get("judgement") or {}).get("next_baseline")),
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
        "objectives": objectives(settings),
        "outcome": _outcome(failed, stopped, lost=lost),
        **parts,
        "phases": timeline.phases(steps),
        "seconds": _whole(ran, state, now),
        "cleanup": cleaned,
        "absent": _absent(parts, failed, stopped, lost=lost),
    }
    told = without_addresses(payload.write(record))
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
        "recovery_point": contract(RecoveryPoint, choice.get("recovery_point")),
        "blueprint": shape(choice.get("blueprint")),
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
            "facts": [contract(IsolationFact, each) for each in isolation.get("facts") or ()],
        },
    }


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
