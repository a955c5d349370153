"""The question that a restore asks before its cut-over: what will be done, what is lost, and how to answer."""

from collections.abc import Sequence
from datetime import datetime

from lambdas.approval.identity import HEADER
from lambdas.contracts import CheckResult, Judgement
from lambdas.evidence.message import Message
from lambdas.restore_contracts import Plan, PlannedCall, Restoration
from lambdas.words import clock, dollars, duration, plural, sentence

_MOST_CHECKS = 20
_VERDICTS = {"pass": "passed", "warn": "passed with warnings", "fail": "FAILED"}
_HOUR = 3_600


def function_of(environment: str) -> str:
    """The name of the function that takes answers."""
    return f"coder-day2-{environment}-answer-approval"


def of_approval(  # noqa: PLR0913  one word for each thing that the answer rests on
    restoration: Restoration,
    plan: Plan,
    judgement: Judgement,
    *,
    schema: str,
    asked_at: datetime,
    expires_at: datetime,
    two_person: bool,
    region: str | None,
) -> Message:
    """The question.

    schema  what coderd will do with the restored schema, in words
    region  None: the restore runs on one machine, which has no console
    """
    waiting = (expires_at - asked_at).total_seconds()
    lines = [
        f"The restore {restoration.id} of {restoration.source} ({restoration.environment}) is verified and waits.",
        "Shall the platform be cut over to the restored database?",
        "",
        f"Answer until    {clock(expires_at)}, {duration(waiting)} from now",
        f"Restored as     {restoration.target}",
        f"Asked for       {restoration.recovery_point}, by {restoration.strategy}",
        f"Started by      {restoration.started_by}",
        *([f"Reason          {restoration.reason}"] if restoration.reason else []),
        *([f"Ticket          {restoration.ticket}"] if restoration.ticket else []),
        "",
        *_section("WHAT IS LOST", _lost(plan)),
        *_section("VERIFICATION", [*_verified(judgement), *([sentence(schema)] if schema else [])]),
        *_section("WHAT WILL BE DONE", [sentence(plan.summary), *_steps(plan.calls)]),
        *(_section("WARNINGS", [f"- {sentence(each)}" for each in plan.warnings]) if plan.warnings else []),
        *_section("WHAT WAITING COSTS", _cost(plan, waiting)),
        *_section("HOW TO ANSWER", _how(restoration, two_person=two_person, region=region)),
    ]
    return Message(
        subject=f"[{restoration.environment}] Approve or reject restore {restoration.id}: {restoration.source}",
        body="\n".join(lines),
    )


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [title, *lines, ""]


def _lost(plan: Plan) -> list[str]:
    return [
        sentence(plan.lost),
        "Where the old database still serves, what people write until the cut-over is lost with it.",
    ]


def _verified(judgement: Judgement) -> list[str]:
    counted = [each for each in judgement.checks if not each.control]
    told = {verdict: [each for each in counted if each.verdict == verdict] for verdict in ("fail", "warn", "skip")}
    integrity = judgement.verdict.integrity
    return [
        f"The restored data {_VERDICTS.get(integrity.verdict, 'was not measured')}: {sentence(integrity.reason)}",
        *_checks("failed", told["fail"]),
        *_checks("warned", told["warn"]),
        *([f"{plural(len(told['skip']), 'check was', 'checks were')} skipped."] if told["skip"] else []),
    ]


def _checks(word: str, found: Sequence[CheckResult]) -> list[str]:
    more = len(found) - _MOST_CHECKS
    lines = [f"- {word}: {each.id}: {sentence(each.detail or each.title)}" for each in found[:_MOST_CHECKS]]
    return [*lines, f"- {word}: {more} more"] if more > 0 else lines


def _steps(calls: Sequence[PlannedCall]) -> list[str]:
    lines = []
    for number, each in enumerate(calls, start=1):
        lines.append(f"{number:2}. {each.call} on {each.resource}: {sentence(each.changes)}")
        if each.undo:
            lines.append(f"    Taken back by: {sentence(each.undo)}")
    return lines


def _cost(plan: Plan, waiting: float) -> list[str]:
    hourly = plan.hourly_cost_dollars
    if not hourly:
        # No least capacity is known: provisioned instances, or a cluster that may scale to nothing.
        return ["The restored cluster costs its storage and what capacity it takes, also after the wait."]
    until = f"{dollars(hourly)} an hour, {dollars(hourly * waiting / _HOUR)} until the wait ends"
    return [f"The restored cluster costs at least {until}, and goes on after it: a restore deletes no cluster."]


def _how(restoration: Restoration, *, two_person: bool, region: str | None) -> list[str]:
    where = f" --aws --env {restoration.environment}" if region else ""
    lines = [
        "With day2, as yourself:",
        f"    day2 approve {restoration.id}{where} --comment TEXT",
        f"    day2 reject {restoration.id}{where} --reason TEXT",
        "A rejection, or no answer in time, leaves the restored cluster as it is, and the platform untouched.",
    ]
    if two_person:
        lines.append("Who started the restore may reject it, and may not approve it.")
    if region:
        lines += [
            "",
            "In the console, as yourself:",
            f"1. Read the plan and the checks in the execution: {_execution(restoration.execution, region)}",
            f"2. Open CloudShell in {region}, put your decision (approved or rejected) and the reason into the second",
            "   line of this, and paste it:",
            "",
            *in_a_shell(restoration, region=region).splitlines(),
        ]
    return lines


def _execution(arn: str, region: str) -> str:
    return f"https://{region}.console.aws.amazon.com/states/home?region={region}#/v2/executions/details/{arn}"


def in_a_shell(restoration: Restoration, *, region: str) -> str:
    """What answers where nothing but Python and boto3 is at hand, as in CloudShell."""
    function = function_of(restoration.environment)
    return f"""\
python3 - <<'END'
restore, decision, reason = "{restoration.id}", "DECISION", "REASON"
import json, boto3
sts, functions = (boto3.client(each, region_name="{region}") for each in ("sts", "lambda"))
def bind(request, **_): request.headers["{HEADER}"] = restore + ":" + decision
sts.meta.events.register("before-sign.sts.GetCallerIdentity", bind)
proof = sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
answer = {{"id": restore, "decision": decision, "proof": proof, **({{"reason": reason}} if reason else {{}})}}
told = functions.invoke(FunctionName="{function}", Payload=json.dumps(answer))
print(told["Payload"].read().decode())
END
"""
