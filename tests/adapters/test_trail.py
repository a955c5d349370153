"""CloudTrail's door against a stubbed client: who started an execution, if that is told yet."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from lambdas.adapters.trail import Trail
from lambdas.errors import AccessRefused, ServiceBusy

ALICE = "arn:aws:sts::111122223333:assumed-role/Operators/alice"
EXECUTION = "arn:aws:states:eu-west-1:111122223333:execution:coder-day2-prod-platform-restore:one"
STARTED = datetime(2026, 11, 23, 10, 40, tzinfo=UTC)
ASKED = {
    "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "StartExecution"}],
    "StartTime": STARTED - timedelta(minutes=2),
    "EndTime": STARTED + timedelta(minutes=2),
}


@pytest.fixture(scope="module")
def client() -> Any:
    return boto3.client(  # type: ignore[call-overload]  # the stubs do not know this service
        "cloudtrail", region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing"
    )


@pytest.fixture
def stub(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stubbed:
        yield stubbed


def event(execution: str | None = EXECUTION, *, by: str = ALICE, **changes: Any) -> dict[str, Any]:
    """As CloudTrail records it (Step Functions, "Recording API calls with AWS CloudTrail")."""
    told = {
        "eventSource": "states.amazonaws.com",
        "eventName": "StartExecution",
        "userIdentity": {"type": "AssumedRole", "arn": by, "accountId": "111122223333"},
        "requestParameters": {"input": "HIDDEN_DUE_TO_SECURITY_REASONS", "name": "one"},
        "responseElements": execution and {"startDate": "Nov 23, 2026, 10:40:00 AM", "executionArn": execution},
        **changes,
    }
    return {"EventName": "StartExecution", "CloudTrailEvent": json.dumps(told)}


def page(*events: dict[str, Any], more: str = "") -> dict[str, Any]:
    return {"Events": list(events), **({"NextToken": more} if more else {})}


def starter(client: Any) -> str | None:
    return Trail(client).starter(EXECUTION, started_at=STARTED)


def test_the_starter_is_the_caller_of_the_start_of_this_execution(client: Any, stub: Stubber) -> None:
    others = (event("arn:another", by="arn:bob"), event(None, by="arn:bob", errorCode="ExecutionAlreadyExists"))
    stub.add_response("lookup_events", page(*others, event()), ASKED)
    assert starter(client) == ALICE


def test_all_pages_are_read(client: Any, stub: Stubber) -> None:
    stub.add_response("lookup_events", page(event("arn:another"), more="next"), ASKED)
    stub.add_response("lookup_events", page(event()), {**ASKED, "NextToken": "next"})
    assert starter(client) == ALICE


def test_a_start_that_is_not_told_yet_is_none(client: Any, stub: Stubber) -> None:
    stub.add_response("lookup_events", page(event("arn:another")), ASKED)
    assert starter(client) is None


def test_a_busy_account_is_not_read_without_end(client: Any, stub: Stubber) -> None:
    for _ in range(20):
        stub.add_response("lookup_events", page(more="next"))
    assert starter(client) is None


@pytest.mark.parametrize(
    "strange",
    [
        {"EventName": "StartExecution"},
        {"CloudTrailEvent": "{"},
        {"CloudTrailEvent": "[]"},
        event(userIdentity={"type": "AWSService"}),
        event(eventSource="example.com"),
    ],
)
def test_an_event_that_names_no_caller_is_passed_over(client: Any, stub: Stubber, strange: dict[str, Any]) -> None:
    stub.add_response("lookup_events", page(strange, event()), ASKED)
    assert starter(client) == ALICE


def test_a_denied_look_is_told_as_such(client: Any, stub: Stubber) -> None:
    stub.add_client_error("lookup_events", "AccessDeniedException", http_status_code=400)
    with pytest.raises(AccessRefused, match="LookupEvents"):
        starter(client)


def test_a_throttled_look_is_no_absence(client: Any, stub: Stubber) -> None:
    stub.add_client_error("lookup_events", "ThrottlingException", http_status_code=400)
    with pytest.raises(ServiceBusy):
        starter(client)
