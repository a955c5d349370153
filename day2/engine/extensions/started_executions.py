"""CloudTrail's LookupEvents knows who asked for StartExecution, and what came of it.

MiniStack records nothing unless told to, then everything, under an invented user and without an answer. Here each
StartExecution that a caller sends is recorded, refused ones with their error, as AWS does: the input is hidden, the
answer has the execution's ARN (https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cloud-trail.html).
AWS delivers such an event minutes later, here it is there at once. What a schedule, a rule or another execution starts
is not recorded.
"""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from ministack.core import iam_evaluator, responses, router
from ministack.services import cloudtrail, stepfunctions

from day2.engine.settings import EngineSettings

NEEDS = (
    "core.iam_evaluator.CredentialResolutionError",
    "core.iam_evaluator.resolve_credential",
    "core.responses.get_account_id",
    "core.responses.get_region",
    "core.router.extract_access_key_id",
    "services.cloudtrail._get_event_queue",
    "services.stepfunctions.handle_request",
)

_TARGET = "AWSStepFunctions.StartExecution"
_REFUSED = 400
_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"

Headers = Mapping[str, str]
Shown = dict[str, Any]

_handle = stepfunctions.handle_request


def install(_settings: EngineSettings) -> None:
    stepfunctions.handle_request = handle


async def handle(method: str, path: str, headers: Headers, body: bytes, query: Any) -> Any:
    """MiniStack's answer, noted down when it is about an execution's start."""
    answer = await _handle(method, path, headers, body, query)
    if headers.get("x-amz-target") == _TARGET:
        _record(headers, json.loads(body), status=answer[0], answered=json.loads(answer[2]))
    return answer


def _record(headers: Headers, request: Shown, *, status: int, answered: Shown) -> None:
    now = datetime.now(UTC)
    identity = _identity(headers)
    machine = request.get("stateMachineArn")
    event: Shown = {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": f"{now:%FT%TZ}",
        "eventSource": "states.amazonaws.com",
        "eventName": "StartExecution",
        "awsRegion": responses.get_region(),
        "sourceIPAddress": "127.0.0.1",
        "userAgent": headers.get("user-agent", ""),
        "requestParameters": {**request, **({"input": _HIDDEN} if "input" in request else {})},
        "responseElements": None,
        "requestID": str(uuid4()),
        "eventID": str(uuid4()),
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": responses.get_account_id(),
        "eventCategory": "Management",
    }
    if status < _REFUSED:
        started = f"{now:%b} {now.day}, {now:%Y, %I:%M:%S %p}"
        event["responseElements"] = {"executionArn": answered["executionArn"], "startDate": started}
    else:
        event |= {"errorCode": answered.get("__type"), "errorMessage": answered.get("message")}
    cloudtrail._get_event_queue().append(
        {
            "EventId": event["eventID"],
            "EventName": event["eventName"],
            "EventSource": event["eventSource"],
            "EventTime": time.time(),
            "Username": identity.get("userName") or identity["arn"].rsplit("/", 1)[-1],
            "AccessKeyId": identity["accessKeyId"],
            "ReadOnly": "false",
            "Resources": [{"ResourceType": "AWS::StepFunctions::StateMachine", "ResourceName": machine}],
            "CloudTrailEvent": json.dumps(event),
        }
    )


def _identity(headers: Headers) -> Shown:
    """The userIdentity of a request's signer, who was let through: a user, a role's session, or the account itself."""
    account = responses.get_account_id()
    key = router.extract_access_key_id(dict(headers), {}) or account
    found = iam_evaluator.resolve_credential(key, account)
    if isinstance(found, iam_evaluator.CredentialResolutionError):
        return {"type": "Unknown", "arn": "", "accountId": account, "accessKeyId": key}
    identity = {
        "type": {"User": "IAMUser"}.get(found.principal_type, found.principal_type),
        "principalId": found.principal_id,
        "arn": found.principal_arn,
        "accountId": found.account_id,
        "accessKeyId": key,
    }
    if found.principal_type == "User":
        identity["userName"] = found.principal_name
    return identity
