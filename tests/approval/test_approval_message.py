"""The question: who reads only this message can decide, and knows how to answer."""

import io
import json
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3
import pytest
from botocore.response import StreamingBody
from restore_samples import ASKED, PLAN, REGION, RESTORATION, check, judgement

from lambdas.adapters.topic import subject_of
from lambdas.approval import identity, message
from lambdas.contracts import Judgement

SCHEMA = "the schema is that of this coderd (401): nothing is migrated"
PASSED = judgement(check("users", "pass"), check("licences", "skip", "no such table"))


def body(told: Judgement = PASSED, *, two_person: bool = False, region: str | None = REGION) -> str:
    return message.of_approval(
        RESTORATION,
        PLAN,
        told,
        schema=SCHEMA,
        asked_at=ASKED,
        expires_at=ASKED + timedelta(hours=4),
        two_person=two_person,
        region=region,
    ).body


def test_the_subject_says_what_is_wanted_and_fits_sns() -> None:
    subject = message.of_approval(
        RESTORATION, PLAN, PASSED, schema=SCHEMA, asked_at=ASKED, expires_at=ASKED, two_person=False, region=REGION
    ).subject
    assert subject == "[prod] Approve or reject restore 20261123-1a2b3c4d: coder-prod-aurora"
    assert subject_of(subject) == subject


def test_it_says_until_when_and_for_what() -> None:
    lines = body().splitlines()
    assert "Answer until    2026-11-23 15:05:00 UTC, 4 h from now" in lines
    assert "Asked for       time:2026-11-23T10:29:59Z, by repoint" in lines
    assert "Reason          a script emptied workspaces at 10:30" in lines
    assert "Ticket          OPS-17" in lines


def test_it_says_what_is_lost_and_that_waiting_adds_to_it() -> None:
    assert "35 min of work, with 412 rows of the audit log." in body()
    assert "what people write until the cut-over is lost with it" in body()


def test_it_tells_the_plan_call_by_call_with_how_each_is_taken_back() -> None:
    lines = body().splitlines()
    first = lines.index(" 1. Scale to 0 on Deployment coder/coder: From 2 replicas to none.")
    assert lines[first + 1] == "    Taken back by: Scale to 2."
    assert " 2. PutSecretValue on coder/prod/aurora-master: Host: the restored cluster." in lines
    assert "- The migration to Coder 2.34 has no way back." in lines


def test_it_tells_the_verdict_and_counts_what_was_skipped() -> None:
    assert "The restored data passed: 61 checks, pass." in body().splitlines()
    assert "1 check was skipped." in body().splitlines()


def test_it_says_what_coderd_will_do_with_the_schema() -> None:
    assert "The schema is that of this coderd (401): nothing is migrated." in body().splitlines()


def test_a_warning_is_told_by_its_check_and_a_planted_fault_is_not() -> None:
    told = body(judgement(check("shrunk", "warn", "workspaces lost 12 %"), check("planted", "fail", control=True)))
    assert "The restored data passed with warnings: 61 checks, warn." in told
    assert "- warned: shrunk: Workspaces lost 12 %." in told.splitlines()
    assert "planted" not in told


def test_many_warnings_are_counted_not_listed() -> None:
    told = body(judgement(*(check(f"check-{at}", "warn", "x") for at in range(25))))
    assert "- warned: 5 more" in told.splitlines()


def test_it_says_what_waiting_costs() -> None:
    assert "at least $0.48 an hour, $1.92 until the wait ends" in body()


def test_it_says_how_to_answer_on_aws() -> None:
    told = body()
    assert "    day2 approve 20261123-1a2b3c4d --aws --env prod --comment TEXT" in told.splitlines()
    assert "    day2 reject 20261123-1a2b3c4d --aws --env prod --reason TEXT" in told.splitlines()
    assert (
        f"https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/{RESTORATION.execution}"
        in told
    )


def test_on_one_machine_there_is_no_console_to_answer_in() -> None:
    told = body(region=None)
    assert "    day2 approve 20261123-1a2b3c4d --comment TEXT" in told.splitlines()
    assert "console" not in told


@pytest.mark.parametrize("two_person", [True, False])
def test_it_says_who_may_not_approve(*, two_person: bool) -> None:
    assert ("may not approve it" in body(two_person=two_person)) == two_person


def test_a_restore_without_reason_or_ticket_has_no_empty_lines_for_them() -> None:
    told = message.of_approval(
        replace(RESTORATION, reason="", ticket=""),
        replace(PLAN, warnings=()),
        PASSED,
        schema=SCHEMA,
        asked_at=ASKED,
        expires_at=ASKED,
        two_person=False,
        region=REGION,
    ).body
    assert all(word not in told for word in ("Reason  ", "Ticket", "WARNINGS"))


@pytest.mark.parametrize("reason", ["", "it is what we lost"])
def test_what_is_pasted_into_cloudshell_calls_the_function_with_a_proof(
    monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    called: list[dict[str, Any]] = []

    class Functions:
        def invoke(self, **how: Any) -> dict[str, Any]:
            called.append(how)
            return {"Payload": StreamingBody(io.BytesIO(b'{"by": "me"}'), None)}

    sts = boto3.client("sts", region_name=REGION, aws_access_key_id="AKIA", aws_secret_access_key="x")
    monkeypatch.setattr(boto3, "client", lambda service, **_: sts if service == "sts" else Functions())
    first, *lines, last = message.in_a_shell(RESTORATION, region=REGION).splitlines()
    assert (first, last) == ("python3 - <<'END'", "END")
    script = "\n".join(lines).replace("DECISION", "approved").replace("REASON", reason)
    with redirect_stdout(io.StringIO()) as out:
        exec(script, {})  # noqa: S102  it is what is handed to operators
    assert out.getvalue() == '{"by": "me"}\n'
    assert called[0]["FunctionName"] == "coder-day2-prod-answer-approval"
    sent = json.loads(called[0]["Payload"])
    assert sent.pop("reason", "") == reason
    assert {**sent, "proof": ""} == {"id": RESTORATION.id, "decision": "approved", "proof": ""}
    signed = dict(parse_qsl(urlsplit(sent["proof"]).query))["X-Amz-Date"]
    proof, faults = identity.read_proof(
        sent["proof"],
        expected=identity.origins(f"https://sts.{REGION}.amazonaws.com"),
        now=datetime.strptime(signed, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC),
    )
    assert faults == ()
    assert proof is not None
