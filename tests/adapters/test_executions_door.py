"""The executions' door against moto: running, ended, or not known any more."""

from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from mypy_boto3_stepfunctions import SFNClient

from lambdas.adapters.executions import Execution, Executions
from lambdas.errors import AccessRefused, RequestRefused

ARN = "arn:aws:states:eu-west-1:123456789012:execution:dr-drill:one"


@pytest.fixture(scope="module")
def client() -> SFNClient:
    """One for all tests: making it takes longer than any of them."""
    return boto3.client(
        "stepfunctions", region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing"
    )


@pytest.fixture(autouse=True)
def cloud() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.fixture
def execution(client: SFNClient) -> str:
    machine = client.create_state_machine(
        name="dr-drill",
        definition='{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9, "End": true}}}',
        roleArn="arn:aws:iam::123456789012:role/x",
    )["stateMachineArn"]
    return client.start_execution(stateMachineArn=machine, name="one")["executionArn"]


def test_an_execution_that_runs_is_told_as_running(client: SFNClient, execution: str) -> None:
    seen = Executions(client).execution(execution)
    assert seen is not None
    assert seen.runs
    assert seen.stopped_at is None


def test_an_execution_that_was_stopped_is_told_with_its_time(client: SFNClient, execution: str) -> None:
    client.stop_execution(executionArn=execution)
    seen = Executions(client).execution(execution)
    assert seen is not None
    assert (seen.runs, seen.status) == (False, "ABORTED")
    assert seen.stopped_at is not None
    assert seen.stopped_at.tzinfo is not None


def test_an_execution_that_is_about_to_go_on_counts_as_running() -> None:
    assert Execution(arn=ARN, status="PENDING_REDRIVE").runs


@pytest.mark.parametrize("fault", ["ExecutionDoesNotExist", "InvalidArn"])
def test_an_execution_that_aws_forgot_is_none(client: SFNClient, fault: str) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("describe_execution", fault)
        assert Executions(client).execution(ARN) is None


def test_a_denied_look_says_nothing_about_the_execution(client: SFNClient) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("describe_execution", "AccessDeniedException")
        with pytest.raises(AccessRefused):
            Executions(client).execution(ARN)


TOKEN = "a-task-token"


def test_a_state_that_waits_goes_on_with_what_it_is_sent(client: SFNClient) -> None:
    with Stubber(client) as stub:
        stub.add_response("send_task_success", {}, {"taskToken": TOKEN, "output": '{"decision": "approved"}'})
        assert Executions(client).send_success(TOKEN, {"decision": "approved"}, about="20261123-1a2b3c4d")


def test_a_state_that_waits_fails_with_the_error_it_is_sent(client: SFNClient) -> None:
    with Stubber(client) as stub:
        sent = {"taskToken": TOKEN, "error": "ApprovalRejected", "cause": "x" * 32_768}
        stub.add_response("send_task_failure", {}, sent)
        rejected = Executions(client).send_failure(
            TOKEN, error="ApprovalRejected", cause="x" * 40_000, about="20261123-1a2b3c4d"
        )
        assert rejected


@pytest.mark.parametrize("over", ["TaskTimedOut", "TaskDoesNotExist"])
def test_a_wait_that_is_over_is_told_as_such(client: SFNClient, over: str) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("send_task_success", over)
        assert not Executions(client).send_success(TOKEN, {}, about="20261123-1a2b3c4d")
        stub.add_client_error("send_task_failure", over)
        assert not Executions(client).send_failure(TOKEN, error="x", cause="y", about="20261123-1a2b3c4d")


def test_a_token_that_is_none_is_refused_by_the_restores_name_and_never_shown(client: SFNClient) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("send_task_success", "InvalidToken", "Invalid token")
        with pytest.raises(RequestRefused, match="20261123-1a2b3c4d") as raised:
            Executions(client).send_success(TOKEN, {}, about="20261123-1a2b3c4d")
    assert TOKEN not in str(raised.value)
