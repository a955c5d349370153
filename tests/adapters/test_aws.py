"""Whatever botocore raises becomes one of ours: busy, denied, or refused, about a resource and with a next step."""

from typing import Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from lambdas.adapters import aws
from lambdas.errors import AccessRefused, Day2Error, RequestRefused, ServiceBusy

URL = "https://rds.eu-west-1.amazonaws.com"


def refusal(code: str, *, status: int = 400, message: str = "no") -> ClientError:
    told: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(told, "DescribeDBClusters")


def translated(fault: Exception, **advice: str) -> Day2Error:
    with pytest.raises(Day2Error) as raised, aws.asking("coder-prod-aurora", **advice):
        raise fault
    assert raised.value.resource == "coder-prod-aurora"
    assert raised.value.next_step
    return raised.value


@pytest.mark.parametrize(
    ("fault", "ours"),
    [
        (refusal("Throttling"), ServiceBusy),
        (refusal("ThrottlingException"), ServiceBusy),
        (refusal("RequestLimitExceeded", status=503), ServiceBusy),
        (refusal("AnythingAtAll", status=429), ServiceBusy),
        (refusal("InternalFailure", status=500), ServiceBusy),
        (EndpointConnectionError(endpoint_url=URL), ServiceBusy),
        (ConnectTimeoutError(endpoint_url=URL), ServiceBusy),
        (ReadTimeoutError(endpoint_url=URL), ServiceBusy),
        (ConnectionClosedError(endpoint_url=URL), ServiceBusy),
        (ResponseParserError("an HTML page"), ServiceBusy),
        (refusal("AccessDenied", status=403), AccessRefused),
        (refusal("AccessDeniedException"), AccessRefused),
        (refusal("UnauthorizedOperation", status=403), AccessRefused),
        (refusal("ExpiredTokenException", status=403), AccessRefused),
        (NoCredentialsError(), AccessRefused),
        (refusal("InvalidParameterCombination"), RequestRefused),
        (refusal("DBClusterQuotaExceededFault", status=403), RequestRefused),
        (NoRegionError(), RequestRefused),
        (ParamValidationError(report="x"), RequestRefused),
        (BotoCoreError(), RequestRefused),
    ],
    ids=lambda each: getattr(each, "__name__", None) or type(each).__name__,
)
def test_every_fault_lands_in_its_family(fault: Exception, ours: type[Day2Error]) -> None:
    assert type(translated(fault)) is ours


def test_a_refusal_names_operation_code_and_message() -> None:
    told = str(translated(refusal("StorageQuotaExceeded", message="The quota is 100.")))
    assert told.startswith("DescribeDBClusters answered StorageQuotaExceeded: The quota is 100. [coder-prod-aurora]")


def test_a_denied_call_says_what_to_allow() -> None:
    assert "Allow DescribeDBClusters" in translated(refusal("AccessDenied")).next_step


def test_a_message_that_would_fill_the_console_is_cut() -> None:
    assert len(str(translated(refusal("X", message="x" * 9000)))) < 600


def test_the_caller_may_know_better_what_to_do() -> None:
    assert translated(refusal("X"), next_step="Look there.").next_step == "Look there."


def test_our_own_errors_pass_untouched() -> None:
    ours = RequestRefused("x", resource="y", next_step="z")
    with pytest.raises(RequestRefused) as raised, aws.asking("coder-prod-aurora"):
        raise ours
    assert raised.value is ours


def test_a_code_is_told_alike_with_and_without_its_fault() -> None:
    assert aws.code(refusal("DBClusterNotFoundFault")) == aws.code(refusal("DBClusterNotFound")) == "DBClusterNotFound"


def test_a_client_gives_up_well_within_the_shortest_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    config = aws.client("rds").meta.config
    attempts = config.retries["total_max_attempts"]
    assert attempts * (config.connect_timeout + config.read_timeout) < 60
