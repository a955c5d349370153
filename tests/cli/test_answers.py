"""`day2 approvals`, `approve` and `reject`: what waits, and an answer in one sentence, whatever becomes of it."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from typer.testing import CliRunner

from day2.cli import approvals
from day2.cli.app import app
from day2.drill.deployment import Deployment
from lambdas import errors
from lambdas.adapters.approvals import Approvals
from lambdas.errors import Day2Error
from lambdas.restore_contracts import ApprovalItem, Restoration

ID = "20261123-1a2b3c4d"
BOB = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Operators_0123456789abcdef/bob@example.com"


@cache
def client(service: str) -> Any:
    """One client for all tests: moto answers it anew in each, and making it costs more than a test."""
    make: Any = boto3.client
    return make(service, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")


@dataclass
class Functions:
    """Lambda, with one function: what it was called with, and what it says."""

    says: Any = None
    error: Day2Error | None = None
    fault: ClientError | None = None
    called: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803  Lambda's names
        self.called.append((FunctionName, json.loads(Payload)))
        if self.fault is not None:
            raise self.fault
        if self.error is not None:
            told = {"errorType": type(self.error).__name__, "errorMessage": str(self.error), "stackTrace": []}
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(told).encode())}
        return {"Payload": io.BytesIO(json.dumps(self.says).encode())}


@dataclass
class Place:
    """Where the commands work."""

    functions: Functions
    ledger: Approvals

    def run(self, *words: str) -> tuple[int, str, str]:
        done = CliRunner(env={"COLUMNS": "80"}).invoke(app, list(words))
        return done.exit_code, done.stdout, done.stderr

    def ask(self, restore: str = ID, *, minutes: float = 240, **changes: Any) -> None:
        now = datetime.now(UTC)
        self.ledger.ask_approval(question(restore, now=now, expires_at=now + timedelta(minutes=minutes), **changes))


def question(restore: str, *, now: datetime, expires_at: datetime, **changes: Any) -> ApprovalItem:
    source = "coder-prod-aurora"
    restoration = Restoration(
        id=restore,
        environment="local",
        source=source,
        target=f"{source}-restored-{restore}",
        execution="arn:aws:states:eu-west-1:111122223333:execution:platform-restore:one",
        opened_at=now - timedelta(minutes=30),
        give_up_at=now + timedelta(hours=2),
        recovery_point="time:2026-11-23T10:29:59Z",
        started_by=f"{BOB} with day2",
        old_name=f"{source}-old-{restore}",
        cut_over="after-approval",
        strategy="repoint",
        dry_run=False,
        approval_seconds=14_400,
        soak_seconds=900,
        reason=changes.get("reason", ""),
    )
    return ApprovalItem(
        restoration=restoration,
        token="the-task-token",
        asked_at=now,
        expires_at=expires_at,
        summary="Coder starts on the restored database",
        lost="35 min of work, with 412 rows of the audit log, which nobody brings back",
        verdict="warn",
    )


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    with mock_aws():
        dynamodb = client("dynamodb")
        dynamodb.create_table(
            TableName="ledger",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        here = Place(functions=Functions(), ledger=Approvals("ledger", dynamodb))
        clients = {"dynamodb": dynamodb, "lambda": here.functions, "sts": client("sts")}

        def deployment(environment: str) -> Deployment:
            return Deployment(
                environment=environment,
                clients=lambda service: clients[service],
                drill_machine="",
                sweep_machine="",
                source="coder-prod-aurora",
                bucket="",
                table="ledger",
                poll_seconds=0,
            )

        monkeypatch.setattr(approvals, "on_the_engine", lambda: deployment("local"))
        monkeypatch.setattr(approvals, "on_aws", deployment)
        yield here


def answered(decision: str = "approved", *, again: bool = False) -> dict[str, Any]:
    return {"restore": ID, "decision": decision, "by": BOB, "again": again}


def test_what_waits_is_shown_within_80_columns(place: Place) -> None:
    place.ask(reason="a script emptied workspaces")
    code, out, _ = place.run("approvals")
    assert code == 0
    for told in (ID, "coder-prod-aurora", "expires in  4 h", "412 rows", "started by", "bob@example.com"):
        assert told in out
    assert max(map(len, out.splitlines())) <= 80
    assert "day2 reject ID --reason TEXT" in out


def test_with_aws_the_answers_options_are_shown_too(place: Place) -> None:
    place.ask()
    _, out, _ = place.run("approvals", "--aws", "--env", "prod")
    assert "  day2 approve ID --aws --env prod\n" in out


def test_what_is_answered_or_too_late_does_not_wait(place: Place) -> None:
    place.ask("20261123-00000001", minutes=-1)
    place.ask("20261123-00000002")
    place.ledger.answer("20261123-00000002", decision="approved", by=BOB, at=datetime.now(UTC), reason="")
    assert place.run("approvals") == (0, "No restore waits for an approval.\n", "")


def test_for_machines_all_is_told_but_the_token(place: Place) -> None:
    place.ask()
    code, out, _ = place.run("approvals", "--json")
    (told,) = json.loads(out)
    assert code == 0
    assert (told["id"], told["verdict"], told["started_by"]) == (ID, "warn", f"{BOB} with day2")
    assert 14_390 < told["expires_in_seconds"] <= 14_400
    assert "the-task-token" not in out


def test_an_approval_is_given_with_a_proof_that_is_bound_to_it(place: Place) -> None:
    place.functions.says = answered()
    code, out, _ = place.run("approve", ID, "--comment", "it is what we lost")
    assert code == 0
    assert out.splitlines()[0] == f"✓ The restore {ID} is approved."
    assert BOB in out.replace("\n", "")
    ((function, sent),) = place.functions.called
    assert function == "coder-day2-local-answer-approval"
    assert "X-Amz-SignedHeaders=host%3Bx-day2-approval" in sent.pop("proof")
    assert sent == {"id": ID, "decision": "approved", "reason": "it is what we lost"}


def test_an_answer_in_aws_goes_to_the_environments_function(place: Place) -> None:
    place.functions.says = answered()
    assert place.run("approve", ID, "--aws", "--env", "staging")[0] == 0
    assert place.functions.called[0][0] == "coder-day2-staging-answer-approval"
    assert "reason" not in place.functions.called[0][1]


def test_a_rejection_says_what_stays(place: Place) -> None:
    place.functions.says = answered("rejected")
    code, out, _ = place.run("reject", ID, "--reason", "wrong moment")
    assert (code, out.splitlines()[0]) == (0, f"✓ The restore {ID} is rejected.")
    assert "The restored cluster stays as it is, and the platform untouched." in out


def test_an_answer_that_was_given_before_is_told_as_such(place: Place) -> None:
    place.functions.says = answered(again=True)
    assert f"The restore {ID} is already approved." in place.run("approve", ID)[1]


def test_for_machines_an_answer_is_json(place: Place) -> None:
    place.functions.says = answered()
    assert json.loads(place.run("approve", ID, "--json")[1]) == answered()


def test_a_rejection_without_a_reason_is_bad_input(place: Place) -> None:
    assert place.run("reject", ID)[0] == 2
    assert place.functions.called == []


@pytest.mark.parametrize("name", ["ApproverRefused", "RequestRefused", "ServiceBusy"])
def test_a_refusal_is_told_in_the_functions_own_words(place: Place, name: str) -> None:
    place.functions.error = getattr(errors, name)("Alice [a] started it.", resource=ID, next_step="Let Bob answer.")
    code, out, err = place.run("approve", ID)
    assert (code, out) == (1, "")
    assert err == f"✗ Alice [a] started it.\n  On: {ID}\n  Let Bob answer.\n"


def test_bad_input_is_told_fault_by_fault(place: Place) -> None:
    place.functions.error = errors.InputRejected(("request.id: 'x' is none", "request.proof: is missing"))
    assert place.run("approve", "x") == (2, "", "✗ request.id: 'x' is none\n  request.proof: is missing\n")


@pytest.mark.parametrize(
    "told", [{}, {"errorType": "KeyError", "errorMessage": "'x'"}, {"errorType": "ApproverRefused"}, None, 3]
)
def test_a_function_that_failed_is_told_without_its_insides(
    place: Place, monkeypatch: pytest.MonkeyPatch, told: Any
) -> None:
    answer = {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(told).encode())}
    monkeypatch.setattr(place.functions, "invoke", lambda **_: answer)
    code, _, err = place.run("approve", ID)
    assert code == 1
    assert err.startswith("✗ The function failed: ")
    assert "the same answer does no harm" in err


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("AccessDeniedException", "You may not answer restores."),
        ("ResourceNotFoundException", "There is no function that takes answers."),
        ("TooManyRequestsException", "The answer was not taken: TooManyRequestsException: later"),
    ],
)
def test_a_function_that_cannot_be_called_is_told_in_a_sentence(place: Place, code: str, sentence: str) -> None:
    place.functions.fault = ClientError({"Error": {"Code": code, "Message": "later"}}, "Invoke")
    exit_code, _, err = place.run("approve", ID)
    assert (exit_code, err.splitlines()[0]) == (1, f"✗ {sentence}")


@pytest.mark.parametrize("words", [["approvals"], ["approve", ID], ["reject", ID, "--reason", "x"]])
def test_without_an_engine_nothing_waits_here(monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    monkeypatch.setattr(approvals, "on_the_engine", lambda: None)
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1
    assert done.stderr.startswith("✗ No engine is up here")


def test_an_environment_goes_with_aws_only(place: Place) -> None:
    assert place.run("approve", ID, "--env", "prod")[0] == 2
