"""Answering a restore's question: a proof of who answers, and the call of the function that takes answers."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from day2.drill.deployment import Deployment
from lambdas import errors
from lambdas.approval.identity import HEADER, bound_to
from lambdas.approval.message import function_of
from lambdas.approval.request import Decision
from lambdas.errors import AccessRefused, Day2Error, InputRejected, RequestRefused

_PROOF_SECONDS = 60
_DENIED = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"})
_ABSENT = frozenset({"ResourceNotFoundException", "FunctionNotFound"})
# As Day2Error puts its parts together; a resource never has brackets.
_PARTS = re.compile(r"(?P<what>.*) \[(?P<resource>[^\[\]]*)\] (?P<next_step>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer that counts. `by` is the ARN as STS told it; `again`: it was recorded before, and was sent again."""

    restore: str
    decision: Decision
    by: str
    again: bool = False


def prove(sts: Any, *, restore: str, decision: Decision) -> str:
    """A presigned GetCallerIdentity, good for a minute and for this one answer. Nothing is sent to STS here."""

    def bind(request: Any, **_: object) -> None:
        request.headers[HEADER] = bound_to(restore, decision)

    event = "before-sign.sts.GetCallerIdentity"
    sts.meta.events.register(event, bind, unique_id="coder-day2")
    try:
        return str(sts.generate_presigned_url("get_caller_identity", ExpiresIn=_PROOF_SECONDS, HttpMethod="GET"))
    finally:
        sts.meta.events.unregister(event, unique_id="coder-day2")


def answer(deployment: Deployment, *, restore: str, decision: Decision, reason: str = "") -> Answered:
    """Give one answer, as whoever the deployment's credentials are.

    Raises:
        InputRejected, ApproverRefused, RequestRefused, ServiceBusy: as the function refused it.
        AccessRefused: these credentials may not call the function.
    """
    request: dict[str, Any] = {"id": restore, "decision": decision}
    request |= {"reason": reason} if reason else {}
    request["proof"] = prove(deployment.clients("sts"), restore=restore, decision=decision)
    told = _invoke(deployment, function_of(deployment.environment), request)
    return Answered(restore=told["restore"], decision=told["decision"], by=told["by"], again=bool(told.get("again")))


def _invoke(deployment: Deployment, function: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        called = deployment.clients("lambda").invoke(FunctionName=function, Payload=json.dumps(request).encode())
    except ClientError as refusal:
        raise _not_called(refusal, function) from refusal
    told = json.loads(called["Payload"].read() or b"null")
    if called.get("FunctionError") or not isinstance(told, dict):
        raise _refused(told if isinstance(told, dict) else {}, function)
    return told


def _not_called(refusal: ClientError, function: str) -> Day2Error:
    code, message = (refusal.response.get("Error", {}).get(each, "") for each in ("Code", "Message"))
    if code in _DENIED:
        return AccessRefused(
            "You may not answer restores.", resource=function, next_step="Sign in with a role that may call it."
        )
    if code in _ABSENT:
        return RequestRefused(
            "There is no function that takes answers.",
            resource=function,
            next_step="Settings with [platform] and [restore] deploy one: run `make deploy`.",
        )
    return RequestRefused(f"The answer was not taken: {code}: {message}", resource=function, next_step="Answer again.")


def _refused(told: Mapping[str, Any], function: str) -> Day2Error:
    """The function's own error, by its name and the parts of its text."""
    name, text = str(told.get("errorType", "")), str(told.get("errorMessage", ""))
    kind, parts = getattr(errors, name, None), _PARTS.fullmatch(text)
    if isinstance(kind, type) and issubclass(kind, Day2Error) and parts:
        if kind is InputRejected:
            return InputRejected(parts["what"].split("; "), resource=parts["resource"])
        return kind(parts["what"], resource=parts["resource"], next_step=parts["next_step"])
    return RequestRefused(
        f"The function failed: {name or 'without a word'}.",
        resource=function,
        next_step="Answer again: the same answer does no harm. If it stays so, look in the function's log.",
    )
