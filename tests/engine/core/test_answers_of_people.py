"""A restore's question and its answer by the deployed handlers: users with keys, signatures that STS really checks."""

import json

import pytest
from approval_bench import Approvals
from core_bench import User, Workbench

from day2.restore.answering import prove
from lambdas.errors import AccessRefused, ApproverRefused, InputRejected, RequestRefused


@pytest.fixture
def starter(bench: Workbench) -> User:
    return User(bench, "states:StartExecution", "lambda:InvokeFunction")


@pytest.fixture
def second(bench: Workbench) -> User:
    return User(bench, "lambda:InvokeFunction")


def test_two_people_restore_and_one_alone_does_not(bench: Workbench, starter: User, second: User) -> None:
    approvals = Approvals(bench, two_person=True)
    restore = approvals.start(starter)
    with pytest.raises(ApproverRefused, match="A second person has to approve"):
        approvals.answer(starter, restore.id, "approved")
    with pytest.raises(AccessRefused, match="You may not answer restores"):
        approvals.answer(User(bench), restore.id, "approved")
    another = prove(second.client("sts"), restore=restore.id, decision="rejected")
    event = {"id": restore.id, "decision": "approved", "proof": another}
    told = starter.client("lambda").invoke(FunctionName=approvals.answers, Payload=json.dumps(event))
    assert "STS does not take the signature (403)" in json.loads(told["Payload"].read())["errorMessage"]

    given = approvals.answer(second, restore.id, "approved", "it is what we lost")
    assert (given.by, given.again) == (second.arn, False)
    approval = bench.wait(restore.execution).output["approval"]
    assert approval["by"] == second.arn
    assert (approval["decision"], approval["reason"]) == ("approved", "it is what we lost")
    assert approvals.answer(second, restore.id, "approved").again
    with pytest.raises(RequestRefused, match="answered already"):
        approvals.answer(second, restore.id, "rejected", "no")


def test_the_starter_alone_rejects_and_the_wait_ends_by_that(bench: Workbench, starter: User) -> None:
    approvals = Approvals(bench, two_person=True)
    restore = approvals.start(starter)
    with pytest.raises(InputRejected, match="has asked for an approval"):
        approvals.answer(starter, "20200101-00000000", "rejected", "no")
    approvals.answer(starter, restore.id, "rejected", "my mistake")
    ended = bench.wait(restore.execution)
    assert (ended.status, ended.error) == ("FAILED", "ApprovalRejected")
    assert "My mistake." in ended.cause
    assert starter.arn in ended.cause


def test_a_restore_that_was_stopped_takes_no_answer(bench: Workbench, starter: User, second: User) -> None:
    approvals = Approvals(bench, two_person=False)
    restore = approvals.start(starter)
    bench.engine.client("stepfunctions").stop_execution(executionArn=restore.execution)
    with pytest.raises(RequestRefused, match="the restore does not wait any more"):
        approvals.answer(second, restore.id, "approved")
