"""PlanScaling: decide, and enter the decision with the facts that it saw before anything is done."""

from lambdas import payload
from lambdas.adapters import aws
from lambdas.adapters.scalings import Scalings
from lambdas.runtime import Call, step
from lambdas.scaling.calendar import is_holiday
from lambdas.scaling.contracts import Capacity, Facts, Held, Override, Plan, ScalingRun
from lambdas.scaling.groups import policy_of, scaling_of
from lambdas.scaling.ordering import plan
from lambdas.scaling.planning import plan_scaling
from lambdas.scaling.standing import wanted


@step
def handler(call: Call) -> Plan:
    """Take `run`, `held`, `capacity`. A dry run enters nothing.

    A person's `until` is said here, before the first order: a schedule that comes in between finds it said. So is what
    a schedule wants, which an alarm then lets be.
    """
    run, held, seen = call.take(ScalingRun, "run"), call.take(Held, "held"), call.take(Capacity, "capacity")
    facts = Facts(
        group=held.group,
        nodes=seen.nodes,
        workspaces=seen.workspaces,
        queue=seen.queue,
        unknown=seen.unknown,
        standing=held.standing,
        holiday=is_holiday(call.now, scaling_of(call.settings)),
    )
    policy = policy_of(call.settings, run.demand.role)
    decision = plan_scaling(facts, run.demand, policy, call.now)
    if not run.dry_run:
        scalings = Scalings(call.settings.evidence.table, aws.client("dynamodb"))
        if run.until is not None and decision.action != "refuse":
            scalings.say(run.node_group, Override(until=run.until, by=run.started_by, reason=run.demand.reason))
        if (word := wanted(decision, run.demand, policy)) is not None:
            scalings.want(run.node_group, word)
        scalings.enter(run, decision, at=call.context.entered_at, facts=payload.write(facts))
    return plan(decision)
