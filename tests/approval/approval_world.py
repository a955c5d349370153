"""What the two handlers meet: ledger and topic in a mocked account, fakes of STS, CloudTrail and Step Functions."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from restore_samples import ALICE, ASKED, BOB, PLAN, RESTORATION, TOKEN, judgement, question

from lambdas import payload
from lambdas.adapters.approvals import Approvals
from lambdas.approval.handlers import answer_approval, ask_approval
from lambdas.approval.identity import Proof
from lambdas.errors import ApproverRefused
from lambdas.settings import Settings

ORIGIN = "https://sts.eu-west-1.amazonaws.com"


@dataclass
class FakeSts:
    """Knows who signed, and for which answer: another's is refused, as by the signature."""

    signer: str = BOB
    signed_for: str = ""
    origins: tuple[str, ...] = (ORIGIN,)
    asked: list[str] = field(default_factory=list)

    def caller(self, proof: Proof, *, bound_to: str) -> str:
        self.asked.append(bound_to)
        if bound_to != self.signed_for:
            raise ApproverRefused("STS does not take the signature", resource=proof.origin, next_step="")
        return self.signer


@dataclass
class FakeTrail:
    """Who started the execution, as far as CloudTrail knows."""

    started_by: str | None = ALICE
    asked: list[tuple[str, datetime]] = field(default_factory=list)

    def starter(self, execution: str, *, started_at: datetime) -> str | None:
        self.asked.append((execution, started_at))
        return self.started_by


@dataclass
class FakeMachine:
    """What it heard; `waits` False: nobody waits with that token. `fault` is raised once, before it hears anything."""

    waits: bool = True
    heard: list[tuple[str, str, Any]] = field(default_factory=list)
    fault: Exception | None = None

    def send_success(self, token: str, output: Any, *, about: str) -> bool:
        return self._hear(token, "success", output, about)

    def send_failure(self, token: str, *, error: str, cause: str, about: str) -> bool:
        return self._hear(token, error, cause, about)

    def _hear(self, token: str, kind: str, told: Any, about: str) -> bool:
        assert about == RESTORATION.id
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        if self.waits:
            self.heard.append((token, kind, told))
        return self.waits


@dataclass
class World:
    """One test's."""

    settings: Settings
    approvals: Approvals
    sqs: Any
    queue: str
    now: datetime = ASKED
    sts: FakeSts = field(default_factory=FakeSts)
    trail: FakeTrail = field(default_factory=FakeTrail)
    machine: FakeMachine = field(default_factory=FakeMachine)

    def ask(self, token: str = TOKEN, *, entered_at: datetime = ASKED) -> dict[str, Any]:
        """AskApproval, as the machine calls it."""
        step = {
            "state": "AskApproval",
            "entered_at": payload.instant(entered_at),
            "retries": 0,
            "execution": RESTORATION.execution,
            "execution_started_at": payload.instant(RESTORATION.opened_at),
        }
        parts = payload.write({"restoration": RESTORATION, "plan": PLAN, "judgement": judgement()})
        parts["admission"] = {"opening": "same", "reason": "nothing is migrated"}
        return ask_approval.handler({"step": step, "token": token, **parts}, None)

    def asked(self, token: str = TOKEN) -> None:
        """The question stands already, without a message."""
        self.approvals.ask_approval(question(token))

    def answer(self, decision: str, *, by: str = BOB, reason: str = "", **changes: Any) -> dict[str, Any]:
        """AnswerApproval, as `day2` calls it."""
        self.sts.signer, self.sts.signed_for = by, f"{RESTORATION.id}:{decision}"
        event = {"id": RESTORATION.id, "decision": decision, "proof": self.proof(), **changes}
        return answer_approval.handler({**event, **({"reason": reason} if reason else {})}, None)

    def proof(self) -> str:
        """One that is young at this world's time."""
        return (
            f"{ORIGIN}/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256"
            f"&X-Amz-Credential=AKIA%2F{self.now:%Y%m%d}%2Feu-west-1%2Fsts%2Faws4_request"
            f"&X-Amz-Date={self.now:%Y%m%dT%H%M%SZ}&X-Amz-Expires=60"
            f"&X-Amz-SignedHeaders=host%3Bx-day2-approval&X-Amz-Signature={'ab' * 32}"
        )

    def later(self, **how: float) -> None:
        self.now += timedelta(**how)

    def messages(self) -> list[dict[str, str]]:
        received = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        return [json.loads(each["Body"]) for each in received.get("Messages", ())]
