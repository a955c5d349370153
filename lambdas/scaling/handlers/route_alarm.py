"""RouteAlarm: messages of alarms, by SNS. Each starts a scaling, or is dropped with a reason."""

from typing import Any

from lambdas.adapters import alarms, executions
from lambdas.runtime import Operation, logger, operation
from lambdas.scaling.groups import scaling_of
from lambdas.scaling.notices import notices
from lambdas.scaling.routing import Routed, route


@operation
def handler(call: Operation) -> dict[str, Any]:
    """Take an SNS event; give how many messages had which `verdicts`.

    An error raises, and Lambda delivers the event again: what was started by then is started once by its name.
    """
    scaling, told = scaling_of(call.settings), notices(call.event)
    read = [each for each in told if each is not None]
    present = alarms.door().present({each.alarm for each in read} & set(scaling.alarms))
    routed = {each: route(each, present.get(each.alarm), scaling.alarms) for each in dict.fromkeys(read)}
    verdicts = ["no alarm"] * (len(told) - len(read)) + ["doubled"] * (len(read) - len(routed))
    return {"verdicts": _counted([*verdicts, *(start(each, machine=scaling.machine) for each in routed.values())])}


def start(routed: Routed, *, machine: str) -> str:
    """Start what is to be started, and log what came of it; the verdict, or `doubled` where it was started before."""
    verdict: str = routed.verdict
    if routed.start is not None and not executions.door().start(machine, routed.start.name, routed.start.request):
        verdict = "doubled"
    logger.info(routed.reason, extra={"alarm": routed.alarm, "verdict": verdict})
    return verdict


def _counted(verdicts: list[str]) -> dict[str, int]:
    return {each: verdicts.count(each) for each in sorted(set(verdicts))}
