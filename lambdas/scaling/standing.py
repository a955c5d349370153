"""The rules that look at what was said and done before: by people, schedules, and the scalings of the last minutes."""

from datetime import datetime, timedelta

from lambdas.scaling.case import Case
from lambdas.scaling.contracts import Decision, Demand, Override, Wanted, nodes
from lambdas.scaling.sizing import OutOfBounds, target
from lambdas.settings import ScaledGroup
from lambdas.words import clock

_UNHEARD = ("limits", "state", "freeze", "override", "replaced", "holiday")
"""Rules by which a schedule has no say: what it wants is not to be had, or not now."""


def wanted(decision: Decision, demand: Demand, policy: ScaledGroup) -> Wanted | None:
    """What stands as the last schedule's word after this decision on it; None where nothing new does.

    Also of a schedule that finds as many nodes as it wants, or more: it has changed nothing, and counts on them.
    """
    if demand.origin != "schedule" or decision.rule in _UNHEARD:
        return None
    found = target(demand.change, decision.before, policy, origin=demand.origin)
    return None if isinstance(found, OutOfBounds) else Wanted(desired=found.sizes.desired, asked_at=demand.asked_at)


def freeze(case: Case) -> Decision | None:
    frozen = case.facts.standing.frozen
    if case.demand.origin == "operator" or not _holds(frozen, case.now):
        return None
    return case.decide("nothing", "freeze", f"automatic scaling is frozen {_until(frozen)}")


def override(case: Case) -> Decision | None:
    override = case.facts.standing.override
    if case.demand.origin == "operator" or not _holds(override, case.now):
        return None
    return case.decide("nothing", "override", f"what a person ordered holds {_until(override)}")


def replaced(case: Case) -> Decision | None:
    """A schedule that was deferred, or delivered late, is over when a later one was heard."""
    last = case.facts.standing.wanted
    if case.demand.origin != "schedule" or last is None or last.asked_at <= case.demand.asked_at:
        return None
    return case.decide(
        "nothing", "replaced", f"a later schedule asked for {nodes(last.desired)} at {clock(last.asked_at)}"
    )


def holiday(case: Case) -> Decision | None:
    if case.demand.origin != "schedule" or not case.facts.holiday or case.fewer >= 0:
        return None
    return case.decide("nothing", "holiday", "today is a holiday, on which no schedule adds nodes")


def cooldown(case: Case) -> Decision | None:
    """An alarm adds some time after the last growth, and takes away after any change: a flapping one cannot saw."""
    if case.demand.origin != "alarm" or case.fewer == 0:
        return None
    standing = case.facts.standing
    grows = case.fewer < 0
    minutes = case.policy.cooldown_out_minutes if grows else case.policy.cooldown_in_minutes
    changes = [standing.grown_at] if grows else [standing.grown_at, standing.shrunk_at]
    over = max((each + timedelta(minutes=minutes) for each in changes if each), default=case.now)
    if over <= case.now:
        return None
    return case.decide(
        "nothing", "cooldown", f"the group changed a short while ago; an alarm waits until {clock(over)}"
    )


def promised(case: Case) -> Decision | None:
    """What a schedule wants an alarm lets be for as long as what the group has grown by.

    The schedule may have found it there already, so that nothing has grown; its nodes are empty until work begins.
    """
    last = case.facts.standing.wanted
    if case.demand.origin != "alarm" or case.fewer <= 0 or last is None or case.target.sizes.desired >= last.desired:
        return None
    over = last.asked_at + timedelta(minutes=case.policy.cooldown_in_minutes)
    if over <= case.now:
        return None
    return case.decide(
        "nothing",
        "promised",
        f"a schedule wants {nodes(last.desired)}; an alarm takes none of them before {clock(over)}",
    )


def overtaken(case: Case) -> Decision | None:
    """A deferred shrink lets nodes be that were ordered after it was asked: each try would undo what an alarm did."""
    demand, grown = case.demand, case.facts.standing.grown_at
    if demand.when_blocked != "defer" or case.fewer <= 0 or grown is None or grown <= demand.asked_at:
        return None
    over = grown + timedelta(minutes=case.policy.cooldown_in_minutes)
    if over <= case.now:
        return None
    return case.decide(
        "wait" if case.now < demand.give_up else "refuse",
        "overtaken",
        f"the group grew after this was asked; nothing is taken away before {clock(over)}",
        left=case.fewer,
    )


def _holds(word: Override | None, now: datetime) -> bool:
    return word is not None and now < word.until


def _until(word: Override | None) -> str:
    assert word is not None  # noqa: S101  asked only of one that holds
    reason = f" ({word.reason})" if word.reason else ""
    return f"until {clock(word.until)}, by {word.by}{reason}"
