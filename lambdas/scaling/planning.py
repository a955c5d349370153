"""What happens to a node group: facts, a demand and the policy in, a decision with its reason out.

The rules are asked in order; the first that has an answer decides.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from lambdas.scaling import guard, standing
from lambdas.scaling.case import Case
from lambdas.scaling.contracts import Action, Decision, Demand, Doomed, Facts, nodes
from lambdas.scaling.sizing import OutOfBounds, target
from lambdas.settings import ScaledGroup
from lambdas.words import clock

_SCALED = ("ACTIVE", "UPDATING")
"""Of a node group's states, those in which its sizes can be changed: the second once its update is over."""


def plan_scaling(facts: Facts, demand: Demand, policy: ScaledGroup, now: datetime) -> Decision:
    """The one decision on `demand`; the same for the same arguments.

    Never outside the group's limits, never a node that holds something, and nothing is taken away while a fact is
    missing or contradicts another.
    """
    found = target(demand.change, facts.group.sizes, policy, origin=demand.origin)
    if isinstance(found, OutOfBounds):
        sizes = facts.group.sizes
        return Decision(action="refuse", rule="limits", reason="; ".join(found.faults), before=sizes, after=sizes)
    case = Case(facts=facts, demand=demand, policy=policy, now=now, target=found)
    return next(decision for rule in _RULES if (decision := rule(case)) is not None)


def _state(case: Case) -> Decision | None:
    group = case.facts.group
    if group.status in _SCALED:
        return None
    return case.decide("refuse", "state", f"{group.name} is {group.status}; only an ACTIVE group is scaled", alert=True)


def _same(case: Case) -> Decision | None:
    if case.target.sizes != case.before:
        return None
    note = f", {case.target.note}" if case.target.note else ""
    return case.decide(
        "nothing", "as asked", f"{case.facts.group.name} has {case.before.text} already ({case.target.asked}{note})"
    )


def _grow(case: Case) -> Decision | None:
    """More nodes, or other limits without fewer nodes. Growing disturbs nobody, so doubtful facts do not stop it."""
    if case.fewer > 0:
        return None
    return case.decide("grow", "grow", _sentence(case, "grows"), after=case.target.sizes)


def _doubt(case: Case) -> Decision | None:
    doubts = guard.doubts(case.facts, case.policy)
    if not doubts:
        return None
    return case.decide(
        "refuse", "doubt", f"nothing is taken away while facts are in doubt: {'; '.join(doubts)}", alert=True
    )


def _work_to_come(case: Case) -> Decision | None:
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


def _shrink(case: Case) -> Decision:
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


def _blocked(case: Case, missing: int, why: str) -> Decision:
    """Nothing can go now: `clamp` has then done all it may, `defer` waits while it may, everything else is refused."""
    waits = case.demand.when_blocked == "defer" and case.now < case.demand.give_up
    ending = f"; it is tried again until {clock(case.demand.give_up)}" if waits else ""
    action: Action = "wait" if waits else "nothing" if case.demand.when_blocked == "clamp" else "refuse"
    return case.decide(action, "blocked", f"{why}{ending}", left=missing, holding=guard.holding(case.facts.nodes))


_RULES: tuple[Callable[[Case], Decision | None], ...] = (
    _state,
    standing.freeze,
    standing.override,
    standing.replaced,
    standing.holiday,
    standing.cooldown,
    standing.promised,
    standing.overtaken,
    _same,
    _grow,
    _doubt,
    _work_to_come,
    _shrink,
)


def _sentence(case: Case, verb: str) -> str:
    """`coder-prod-ws grows from 10 nodes (10 to 200) to 50 nodes (10 to 200): profile peak`."""
    note = f", {case.target.note}" if case.target.note else ""
    return (
        f"{case.facts.group.name} {verb} from {case.before.text} to {case.target.sizes.text}: {case.target.asked}{note}"
    )
