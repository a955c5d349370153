"""The record of a platform restore: what was asked, done, measured and changed, and what it rests on.

As a drill's (`lambdas.evidence.record`): `build` is pure and makes the same record from the same state, its shape is
`restore_record.schema.json`, its bytes are canonical, and a part that the restore never came to is null, with the
reason in `absent`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lambdas import payload
from lambdas.contracts import Baseline, RecoveryPoint
from lambdas.evidence import canonical, restore_changes, restore_measures, restore_timeline, timeline
from lambdas.evidence.failures import Failure
from lambdas.evidence.parts import contract, objectives, shape, verification, without_addresses
from lambdas.evidence.restore_outcome import errors_of, old_name, outcome_of, restored_name, serving_of
from lambdas.restore_contracts import (
    Approval,
    ApprovalItem,
    Handover,
    Outcome,
    Plan,
    PlatformCheck,
    PlatformFacts,
    Reconciliation,
)
from lambdas.settings import Settings

RECORD_VERSION = 1

State = Mapping[str, Any]
Record = dict[str, Any]

NOT_SHOWN_ON_ONE_MACHINE = (
    "How long Aurora takes to restore, to start an instance and to rename one: the durations here are the engine's.",
    "That the functions inside the VPC reach both databases and Kubernetes through routes, endpoints and RBAC.",
    "That key policies, permission boundaries and the roles of the state machine allow what they must.",
    "How long resolvers and connection pools keep an address that has moved.",
    "What the real coderd does with its database; a small server stands in for it.",
)
_RESTORE = ("id", "execution", "source", "target", "old_name", "strategy", "cut_over", "started_by", "reason", "ticket")
_TARGET = ("cluster", "resource_id", "engine_version", "parameter_group", "adopted")
_NOT_CUT_OVER = "The platform was not cut over."


def build(
    state: State,
    settings: Settings,
    now: datetime,
    *,
    baseline: Baseline | None = None,
    asked: ApprovalItem | None = None,
) -> Record:
    """The record of the restore whose machine's state is `state`, in canonical order.

    now       when the recording step was entered: the same for all its retries
    baseline  the counts that the ledger holds for the source
    asked     the question that the ledger holds for this restore
    """
    ran = timeline.timings(state)
    steps = restore_timeline.steps(state, ran, now=now)
    outcome, failed = outcome_of(state), errors_of(state)
    stopped = restore_timeline.stopped_in(state, ran)
    promised = settings.objectives
    parts = _parts(state, baseline)
    opened = payload.parse_instant(state["restoration"]["opened_at"])
    record = {
        "record_version": RECORD_VERSION,
        "software": {"name": "coder-day2", "version": settings.version},
        "environment": settings.environment,
        "on_one_machine": settings.on_one_machine,
        "not_shown": list(NOT_SHOWN_ON_ONE_MACHINE) if settings.on_one_machine else [],
        "recorded_at": now,
        "restore": _restore(state["restoration"]),
        "objectives": objectives(settings),
        "outcome": _outcome(outcome, failed, stopped),
        "serving": serving_of(state),
        "clusters": {"restored": restored_name(state), "old": old_name(state)},
        **parts,
        "approval": _approval(state, asked, steps),
        "rto": restore_measures.recovery_time(state, steps, promised),
        "outage": restore_measures.outage(state, steps),
        "loss": restore_measures.loss(state, steps, promised),
        "changes": restore_changes.changes(state),
        "phases": timeline.phases(steps, restore_timeline.PHASES),
        "seconds": max((now - opened).total_seconds(), 0.0),
        "absent": _absent(parts, outcome, failed, stopped),
    }
    told = without_addresses(payload.write(record))
    # Who answers for it: an Identity Center session is named by an address, and an auditor needs it as it is.
    told["restore"] |= {name: state["restoration"].get(name) for name in ("execution", "started_by")}
    told["approval"]["by"] = record["approval"]["by"]
    ordered: Record = canonical.normal(told)
    return ordered


def _restore(restoration: State) -> dict[str, Any]:
    return {
        **{name: restoration.get(name) or None for name in _RESTORE},
        "opened_at": restoration["opened_at"],
        "requested": restoration.get("recovery_point"),
    }


def _outcome(outcome: Outcome, failed: Sequence[Failure], stopped: str | None) -> dict[str, Any]:
    """An error is the outcome's only where it ended the restore; what failed behind the decision is further."""
    ended = outcome in ("rolled-back", "fenced", "failed")
    return {
        "result": outcome,
        "error": failed[0] if ended and failed else None,
        "stopped_in": stopped if ended else None,
        "further": list(failed[1:] if ended else failed),
    }


def _parts(state: State, baseline: Baseline | None) -> dict[str, Any]:
    survey, cluster = state.get("survey") or {}, state.get("cluster")
    checked = {"plan": state.get("checks"), "results": state.get("results"), "judgement": state.get("judgement")}
    admission = state.get("admission")
    return {
        "recovery_point": contract(RecoveryPoint, survey.get("recovery_point")),
        "blueprint": shape(survey.get("blueprint")),
        "shape_origin": survey.get("origin"),
        "source_exists": survey.get("source_exists"),
        "platform": contract(PlatformFacts, state.get("platform")),
        "plan": contract(Plan, state.get("plan")),
        "target": cluster
        and {
            **{name: cluster.get(name) for name in _TARGET},
            "security_groups": list(cluster.get("security_groups") or ()),
            "instances": list((state.get("instances") or {}).get("instances") or ()),
        },
        **verification(checked, baseline),
        "admission": admission and {name: admission.get(name) for name in ("opening", "reason")},
        "platform_checks": _platform_checks(state),
        "reconciliation": contract(Reconciliation, state.get("reconciliation")),
        "handover": contract(Handover, state.get("handover")),
    }


def _platform_checks(state: State) -> dict[str, Any] | None:
    """The last look at the platform on either database; `looks` of the watch, None where it was not over."""
    soaked, seen, back = (state.get(name) for name in ("soaked", "platform_checks", "back_platform_checks"))
    if not (soaked or seen or back):
        return None
    return {
        "restored": _checks(soaked or seen),
        "old": _checks(back),
        "looks": soaked and soaked.get("looks"),
    }


def _checks(told: State | None) -> list[PlatformCheck] | None:
    return None if not told else [payload.read(PlatformCheck, each) for each in told["checks"]]


def _approval(state: State, asked: ApprovalItem | None, steps: Sequence[timeline.Step]) -> dict[str, Any]:
    """Who let it through, or not, and for how long it waited for that."""
    answer = _answer(state, asked)
    wait = next((each for each in steps if each.state == restore_timeline.ASK and not each.failed), None)
    return {
        **payload.write(answer),
        "asked_at": wait and wait.entered_at,
        "expires_at": asked.expires_at if asked and wait else None,
    }


def _answer(state: State, asked: ApprovalItem | None) -> Approval:
    if state.get("approval"):
        return payload.read(Approval, state["approval"])
    if refusal := state.get("refusal"):
        if str(refusal.get("Error")).startswith("States."):
            return Approval(decision="expired", reason="Nobody answered in time.")
        return Approval(
            decision="rejected",
            by=asked.by if asked else None,
            at=asked.at if asked else None,
            reason=asked.reason if asked else "",
        )
    cut_over = (state.get("restoration") or {}).get("cut_over")
    why = {
        "automatic": "The request asked for a cut-over without asking anyone.",
        "none": "The request asked for no cut-over.",
    }
    return Approval(decision="not-asked", reason=why.get(cut_over or "", "The restore ended before it asked."))


def _absent(
    parts: Mapping[str, Any], outcome: Outcome, failed: Sequence[Failure], stopped: str | None
) -> dict[str, str]:
    ended = f"The restore ended{f' in {stopped}' if stopped else ''}"
    early = f"{ended} ({failed[0].name}) before this was known." if failed else "Nothing was reported."
    known_reasons = {
        "baseline": "no counts of an earlier passed drill are at hand",
        "counts": "No table was counted.",
        "data_as_of": "No column that tells the newest write was found.",
        "handover": "There is nothing to hand over." if outcome != "kept" else early,
    }
    if outcome in ("beside", "not-cut-over"):
        known_reasons |= {"platform_checks": _NOT_CUT_OVER, "reconciliation": _NOT_CUT_OVER}
    if outcome == "rolled-back":
        known_reasons["reconciliation"] = "The platform is back on the database that it had."
    judged = parts["verdict"] is not None
    after_all = ("platform_checks", "reconciliation", "handover")
    return {
        name: known_reasons.get(name, early) if judged or name in after_all else early
        for name, part in parts.items()
        if part is None
    }
