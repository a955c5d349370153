"""What happens to a node group: facts, a demand and the policy in, a decision with its reason out.

The rules are asked in order; the first that has an answer decides.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from lambdas.scaling import guard
from lambdas.scaling.contracts import Action, Decision, Demand, Doomed, Facts, Override, Sizes, nodes
from lambdas.scaling.sizing import OutOfBounds, Target, target
from lambdas.settings import ScaledGroup
from lambdas.words import clock

_SCALED = ("ACTIVE", "UPDATING")
"""Of a node group's states, those in which its sizes can be changed: the second once its update is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One question to the rules."""

    facts: Facts
    demand: Demand
    policy: ScaledGroup
    now: datetime
    target: Target

    @property
    def before(self) -> Sizes:
        return self.facts.group.sizes

    @property
    def fewer(self) -> int:
        """How many nodes should go; negative where more should come."""
        return self.before.desired - self.target.sizes.desired

    def decide(self, action: Action, rule: str, reason: str, **more: Any) -> Decision:
        return Decision(
            **{"action": action, "rule": rule, "reason": reason, "before": self.before, "after": self.before, **more}
        )


def plan_scaling(facts: Facts, demand: Demand, policy: ScaledGroup, now: datetime) -> Decision:
    """The one decision on `demand`; the same for the same arguments.

    Never outside the group's limits, never a node that holds something, and nothing is taken away while a fact is
    missing or contradicts another.
    """
    found = target(demand.change, facts.group.sizes, policy, origin=demand.origin)
    if isinstance(found, OutOfBounds):
        sizes = facts.group.sizes
        return Decision(action="refuse", rule="limits", reason="; ".join(found.faults), before=sizes, after=sizes)
    case = _Case(facts=facts, demand=demand, policy=policy, now=now, target=found)
    return next(decision for rule in _RULES if (decision := rule(case)) is not None)


def _state(case: _Case) -> Decision | None:
    group = case.facts.group
    if group.status in _SCALED:
        return None
    return case.decide("refuse", "state", f"{group.name} is {group.status}; only an ACTIVE group is scaled", alert=True)


def _freeze(case: _Case) -> Decision | None:
    frozen = case.facts.standing.frozen
    if case.demand.origin == "operator" or not _holds(frozen, case.now):
        return None
    return case.decide("nothing", "freeze", f"automatic scaling is frozen {_until(frozen)}")


def _override(case: _Case) -> Decision | None:
    override = case.facts.standing.override
    if case.demand.origin == "operator" or not _holds(override, case.now):
        return None
    return case.decide("nothing", "override", f"what a person ordered holds {_until(override)}")


def _holiday(case: _Case) -> Decision | None:
    if case.demand.origin != "schedule" or not case.facts.holiday or case.fewer >= 0:
        return None
    return case.decide("nothing", "holiday", "today is a holiday, on which no schedule adds nodes")


def _cooldown(case: _Case) -> Decision | None:
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


def _overtaken(case: _Case) -> Decision | None:
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


def _same(case: _Case) -> Decision | None:
    if case.target.sizes != case.before:
        return None
    note = f", {case.target.note}" if case.target.note else ""
    return case.decide(
        "nothing", "as asked", f"{case.facts.group.name} has {case.before.text} already ({case.target.asked}{note})"
    )


def _grow(case: _Case) -> Decision | None:
    """More nodes, or other limits without fewer nodes. Growing disturbs nobody, so doubtful facts do not stop it."""
    if case.fewer > 0:
        return None
    return case.decide("grow", "grow", _sentence(case, "grows"), after=case.target.sizes)


def _doubt(case: _Case) -> Decision | None:
    doubts = guard.doubts(case.facts, case.policy)
    if not doubts:
        return None
    return case.decide(
        "refuse", "doubt", f"nothing is taken away while facts are in doubt: {'; '.join(doubts)}", alert=True
    )


def _work_to_come(case: _Case) -> Decision | None:
    """The last provisioners stay while there is work for them: to none only when nothing waits."""
    if case.facts.group.role != "provisioner" or case.target.sizes.desired > 0:
        return None
    work = guard.work_to_come(case.facts.queue)
    if not work:
        return None
    if case.demand.when_blocked == "clamp" and case.before.desired > 1 and case.before.smallest <= 1:
        kept = replace(case.target, sizes=replace(case.target.sizes, desired=1), note=f"one node stays: {work}")
        return _shrink(replace(case, target=kept))
    return _blocked(case, case.fewer, f"not to none while {work}")


def _shrink(case: _Case) -> Decision:
    """Exactly the nodes that hold nothing, as many as asked; what to do when they are too few is the demand's word."""
    chosen = guard.removable(case.facts.nodes, case.fewer)
    missing = case.fewer - len(chosen)
    if missing and (case.demand.when_blocked == "refuse" or not chosen):
        empty = len(guard.removable(case.facts.nodes, len(case.facts.nodes)))
        return _blocked(case, missing, f"of the {nodes(case.fewer)} to take away {empty} hold nothing")
    sizes = case.target.sizes
    after = replace(sizes, desired=sizes.desired + missing, largest=max(sizes.largest, sizes.desired + missing))
    reason = _sentence(case, "shrinks")
    if missing:
        reason = f"{reason}; {nodes(missing)} of these still hold something"
    return case.decide(
        "shrink",
        "shrink",
        reason,
        after=after,
        remove=tuple(Doomed(name=each.name, instance=each.instance) for each in chosen),
        left=missing,
        holding=guard.holding(case.facts.nodes) if missing else (),
    )


def _blocked(case: _Case, missing: int, why: str) -> Decision:
    """Nothing can go now: `clamp` has then done all it may, `defer` waits while it may, everything else is refused."""
    waits = case.demand.when_blocked == "defer" and case.now < case.demand.give_up
    ending = f"; it is tried again until {clock(case.demand.give_up)}" if waits else ""
    action: Action = "wait" if waits else "nothing" if case.demand.when_blocked == "clamp" else "refuse"
    return case.decide(action, "blocked", f"{why}{ending}", left=missing, holding=guard.holding(case.facts.nodes))


_RULES: tuple[Callable[[_Case], Decision | None], ...] = (
    _state,
    _freeze,
    _override,
    _holiday,
    _cooldown,
    _overtaken,
    _same,
    _grow,
    _doubt,
    _work_to_come,
    _shrink,
)


def _holds(word: Override | None, now: datetime) -> bool:
    return word is not None and now < word.until


def _until(word: Override | None) -> str:
    assert word is not None  # noqa: S101  asked only of one that holds
    reason = f" ({word.reason})" if word.reason else ""
    return f"until {clock(word.until)}, by {word.by}{reason}"


def _sentence(case: _Case, verb: str) -> str:
    """`coder-prod-ws grows from 10 nodes (10 to 200) to 50 nodes (10 to 200): profile peak`."""
    note = f", {case.target.note}" if case.target.note else ""
    return (
        f"{case.facts.group.name} {verb} from {case.before.text} to {case.target.sizes.text}: {case.target.asked}{note}"
    )
