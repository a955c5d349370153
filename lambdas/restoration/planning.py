"""The plan of a restore in words: every call that will be made, what it changes, how it is taken back, what is lost."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from lambdas.contracts import Blueprint, RecoveryPoint
from lambdas.evidence.cost import USD_PER_ACU_HOUR
from lambdas.recovery.restoring import SERVERLESS
from lambdas.recovery.waiting import never_heals
from lambdas.restoration.renaming import names_fault
from lambdas.restoration.shaping import SOURCE, ShapeOrigin, instance_orders, parameter_group, shape_fault
from lambdas.restore_contracts import Plan, PlannedCall, PlatformFacts, Restoration
from lambdas.words import clock, dollars, duration, number, plural, sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a plan is made from. `source_exists`: the old cluster can be fenced, and gone back to.

    others      endpoint -> name of the clusters that restores have made or set aside
    unfinished  id of a restore that was stopped while it swapped names, where the source is not there
    """

    restoration: Restoration
    point: RecoveryPoint
    shape: Blueprint
    origin: ShapeOrigin
    platform: PlatformFacts
    source_exists: bool
    source_status: str = ""
    others: Mapping[str, str] = field(default_factory=dict)
    unfinished: str | None = None


def faults(facts: Facts) -> tuple[str, ...]:
    """Why it cannot be done as it was asked for; each a sentence. Empty when it can."""
    found = [shape_fault(facts.shape), _led_elsewhere(facts), _half_swapped(facts)]
    if facts.restoration.strategy == "swap-identifiers" and facts.source_exists:
        found.append(names_fault(facts.restoration, tuple(each.name for each in facts.shape.members)))
        if never_heals(facts.source_status):
            found.append(
                f"{facts.restoration.source} is {facts.source_status}, and RDS renames only what is available; use the "
                "strategy repoint"
            )
    return tuple(each for each in found if each)


def _led_elsewhere(facts: Facts) -> str | None:
    """Why it would fence, and come back to, a cluster that the platform does not serve from. None when it would not."""
    if facts.restoration.cut_over == "none":
        return None
    led = [facts.others[host] for host in (facts.platform.host, facts.platform.secret_host) if host in facts.others]
    if not led:
        return None
    return (
        f"the platform's secrets name {led[0]} and not {facts.restoration.source}: a restore would fence the one and "
        f"leave the other open. If an earlier restore was kept, make {led[0]} the settings' source.cluster and deploy; "
        "if it was stopped on its way, redrive its execution"
    )


def _half_swapped(facts: Facts) -> str | None:
    """Why the source is not gone although nothing bears its name. None where it is."""
    if facts.unfinished is None or facts.source_exists or facts.restoration.cut_over == "none":
        return None
    return (
        f"nothing bears the name {facts.restoration.source} because restore {facts.unfinished} was stopped while it "
        "swapped names: redrive its execution, which goes on from there"
    )


def make(facts: Facts, *, now: datetime) -> Plan:
    """The plan. What is lost is counted to `now`; the fence comes later, and the record then measures it."""
    lost_seconds = max(0, round((now - facts.point.time).total_seconds()))
    rows = facts.platform.newest_audit_rows
    return Plan(
        summary=_summary(facts),
        calls=tuple(_calls(facts)),
        lost=_lost(lost_seconds, rows, source_exists=facts.source_exists),
        lost_seconds=lost_seconds,
        lost_audit_rows=rows,
        warnings=tuple(sentence(each) for each in _warnings(facts)),
        hourly_cost_dollars=_least_an_hour(facts),
    )


def _least_an_hour(facts: Facts) -> float:
    """What the least capacity of its Serverless v2 instances costs; 0 where there is none to count."""
    orders = instance_orders(facts.restoration, facts.point, facts.shape)
    serverless = [each for each in orders if each.instance_class == SERVERLESS]
    return round((facts.shape.min_acu or 0) * USD_PER_ACU_HOUR * len(serverless), 4)


def _summary(facts: Facts) -> str:
    restoration, point = facts.restoration, facts.point
    what = f"Restore {restoration.source} from {point.id} ({clock(point.time)}) to {restoration.target} beside it"
    then = {
        "none": "and leave the platform where it is",
        "after-approval": "and, once a person has approved it, cut the platform over to it",
        "automatic": "and cut the platform over to it without asking anyone",
    }[restoration.cut_over]
    by = {"repoint": "by repointing its secrets", "swap-identifiers": "by swapping the clusters' names"}
    return f"{what}, {then}{'' if restoration.cut_over == 'none' else f' {by[restoration.strategy]}'}."


def _lost(seconds: int, rows: int | None, *, source_exists: bool) -> str:
    if rows is not None:
        counted = f"{plural(rows, 'row')} of the audit log {'is' if rows == 1 else 'are'} younger"
    elif source_exists:
        counted = "how many rows of the audit log are younger could not be asked"
    else:
        counted = "the old database is gone, so nobody can count the rows"
    return f"Everything written in the last {duration(seconds)}: {counted}."


def _calls(facts: Facts) -> Iterator[PlannedCall]:
    yield from _restoring(facts)
    if facts.restoration.cut_over == "none":
        return
    if facts.restoration.cut_over == "after-approval":
        yield PlannedCall(call="sns:Publish", resource="the topic", changes="asks for approval, and waits for it")
    yield from _fencing(facts)
    yield from _cutting_over(facts)
    coder = facts.platform.coder
    yield PlannedCall(
        call="patch Deployment",
        resource=f"{coder.namespace}/{coder.name}",
        changes=f"replicas 0 to {coder.replicas}, of the same image",
        undo="scaling it to 0, and up again on the old database",
    )
    for each in facts.platform.provisioners:
        yield PlannedCall(
            call="patch Deployment", resource=f"{each.namespace}/{each.name}", changes=f"replicas 0 to {each.replicas}"
        )


def _restoring(facts: Facts) -> Iterator[PlannedCall]:
    restoration, point, shape = facts.restoration, facts.point, facts.shape
    snapshot = point.kind == "snapshot"
    yield PlannedCall(
        call=f"rds:RestoreDBCluster{'FromSnapshot' if snapshot else 'ToPointInTime'}",
        resource=restoration.target,
        changes=(
            f"a new cluster, engine {point.engine_version}, shaped like {facts.origin}: groups "
            f"{', '.join(shape.security_groups)}; parameter group {parameter_group(point, shape) or 'the default'}; "
            f"protected from deletion"
        ),
    )
    for order in instance_orders(restoration, point, shape):
        yield PlannedCall(
            call="rds:CreateDBInstance",
            resource=order.name,
            changes=f"{order.instance_class} in {order.zone or 'a zone that AWS chooses'}",
        )
    yield PlannedCall(
        call="rds:ModifyDBCluster",
        resource=restoration.target,
        changes="the master password, only if the recovery point has an older one than the connection secret",
    )


def _fencing(facts: Facts) -> Iterator[PlannedCall]:
    for each in (facts.platform.coder, *facts.platform.provisioners):
        yield PlannedCall(
            call="patch Deployment",
            resource=f"{each.namespace}/{each.name}",
            changes=f"replicas {each.replicas} to 0",
            undo=f"scaling it to {each.replicas} again",
        )
    if facts.source_exists:
        yield PlannedCall(
            call="rds:ModifyDBCluster",
            resource=facts.restoration.source,
            changes=f"its security groups {', '.join(facts.shape.security_groups)} to the one that admits nobody else",
            undo="giving it the same groups again",
        )
        yield PlannedCall(
            call="ALTER DATABASE",
            resource=facts.restoration.source,
            changes="new sessions read only; what is still connected is disconnected",
            undo="RESET default_transaction_read_only",
        )


def _cutting_over(facts: Facts) -> Iterator[PlannedCall]:
    restoration, platform = facts.restoration, facts.platform
    if restoration.strategy == "swap-identifiers":
        if facts.source_exists:
            yield PlannedCall(
                call="rds:ModifyDBCluster, rds:ModifyDBInstance",
                resource=restoration.source,
                changes=f"its name to {restoration.old_name}, and its instances' names after it",
                undo="renaming them as they were",
            )
        yield PlannedCall(
            call="rds:ModifyDBCluster, rds:ModifyDBInstance",
            resource=restoration.target,
            changes=f"its name to {restoration.source}, and its instances' names after it",
            undo="renaming them as they were",
        )
        return
    yield PlannedCall(
        call="secretsmanager:PutSecretValue",
        resource="the connection secret",
        changes=f"host {platform.secret_host} to the restored cluster's",
        undo="making the version before the current one",
    )
    yield PlannedCall(
        call="replace Secret",
        resource=f"{platform.coder.namespace}/{platform.url.secret}",
        changes=f"the host in {platform.url.key}; the value before is kept in a Secret of its own",
        undo="writing the value before",
    )


def _warnings(facts: Facts) -> Iterator[str]:
    platform, shape = facts.platform, facts.shape
    if shape.master_username and platform.login != shape.master_username:
        yield (
            f"the connection secret's user {platform.login} is not the master user {shape.master_username}: should its "
            "password have changed since the recovery point, it cannot be set from that secret"
        )
    if not facts.source_exists:
        yield "the old cluster is gone: a cut-over cannot be taken back, it can only be fenced"
    if facts.source_exists and never_heals(facts.source_status):
        yield f"the old cluster is {facts.source_status}: a cut-over cannot be taken back, it can only be fenced"
    if facts.origin != SOURCE:
        yield f"the source cannot be looked at; the shape is from {facts.origin}"
    if parameter_group(facts.point, shape) is None and shape.cluster_parameter_group is not None:
        yield (
            f"the parameter group {shape.cluster_parameter_group} is of another major version than the recovery point: "
            "the restored cluster gets the default one"
        )
    if platform.version is None:
        yield "coderd does not tell its version, so whether it can open the restored schema is not known"
    if facts.point.kind == "snapshot" and facts.point.latest_restorable_at is not None:
        yield (
            f"a restore to a time could go as far as {clock(facts.point.latest_restorable_at)} and would lose less "
            "than this snapshot"
        )
    yield from platform.warnings
    yield from platform.unknown


def cost_of_waiting(plan: Plan) -> str:
    """What the restored cluster costs while nobody uses it."""
    if not plan.hourly_cost_dollars:
        return "The restored cluster costs its storage, and what capacity it takes, for as long as it stays."
    return f"The restored cluster costs at least {dollars(plan.hourly_cost_dollars)} an hour for as long as it stays."


def as_text(plan: Plan) -> str:
    """The plan as an operator reads it in a message or a terminal."""
    lines = [plan.summary, "", f"Lost: {plan.lost}", ""]
    for position, each in enumerate(plan.calls, start=1):
        lines.append(f"{number(position):>3}. {each.call} on {each.resource}: {each.changes}.")
        if each.undo:
            lines.append(f"     A rollback: {each.undo}.")
    if plan.warnings:
        lines += ["", "Mind:", *(f"  - {each}" for each in plan.warnings)]
    return "\n".join(lines)
