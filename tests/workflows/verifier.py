"""Stand-ins for the three verification steps, for the runs in which what the database holds does not matter.

They keep the contracts, read the copy's secret as the real ones do, and find whatever `found` says. The real steps
run against a real PostgreSQL in tests of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lambdas.adapters import secrets
from lambdas.contracts import (
    Baseline,
    CheckGroup,
    CheckResult,
    CheckVerdict,
    Credentials,
    DatabaseFacts,
    Drill,
    GroupResult,
    Judgement,
    Objective,
    Verdict,
    VerificationPlan,
)
from lambdas.runtime import Call, step

from .harness import Handler

GROUPS = ("integrity", "foreign-keys", "counts", "physical", "more")
FACTS = DatabaseFacts(
    server_version="16.6",
    schema_version=401,
    coder_release="2.29",
    database_bytes=8_000_000_000,
    tables=89,
    encryption_keys=(),
    amcheck="created",
    other_sessions=0,
)


@dataclass
class Verifier:
    """`found` is what every check finds; `read` counts the logins that were read."""

    found: CheckVerdict = "pass"
    read: int = 0
    checks_a_group: int = 2
    counts: Mapping[str, int] = field(default_factory=lambda: {"users": 1200, "workspaces": 3400})

    def handlers(self) -> dict[str, Handler]:
        return {"PlanVerification": step(self.plan), "RunChecks": step(self.run), "Judge": step(self.judge)}

    def plan(self, call: Call) -> VerificationPlan:
        self._sign_in(call)
        groups = tuple(CheckGroup(id=each, kind="sql", items=(each,), planned_seconds=60) for each in GROUPS)
        return VerificationPlan(facts=FACTS, groups=groups)

    def run(self, call: Call) -> GroupResult:
        self._sign_in(call)
        group = call.take(CheckGroup, "group")
        checks = tuple(self._check(f"{group.id}-{number}") for number in range(self.checks_a_group))
        return GroupResult(group=group.id, checks=checks, counts=self.counts, seconds=40.0)

    def judge(self, call: Call) -> Judgement:
        drill, plan = call.take(Drill, "drill"), call.take(VerificationPlan, "plan")
        checks = tuple(check for each in call.event["results"] for check in each["checks"])
        fine = all(check["verdict"] == "pass" for check in checks)
        integrity = Objective(verdict="pass" if fine else "fail", reason="all passed" if fine else "a check failed")
        seconds = (call.now - drill.opened_at).total_seconds()
        rto = Objective(verdict="pass", reason="within it", measured_seconds=seconds, objective_seconds=7200.0)
        rpo = Objective(verdict="not-measured", reason="a snapshot is not a point in time")
        return Judgement(
            verdict=Verdict(overall=integrity.verdict, integrity=integrity, rto=rto, rpo=rpo),  # type: ignore[arg-type]
            checks=tuple(self._check(check["id"]) for check in checks),
            counts=self.counts,
            facts=plan.facts,
            next_baseline=Baseline(drill=drill.id, taken_at=call.now, counts=self.counts),
        )

    def _sign_in(self, call: Call) -> None:
        assert secrets.door().login(call.take(Credentials, "credentials").secret).password
        self.read += 1

    def _check(self, name: str) -> CheckResult:
        return CheckResult(
            id=name,
            severity="critical",
            verdict=self.found,
            value=0 if self.found == "pass" else 3,
            expected="0",
            detail="",
            seconds=0.02,
            digest="0123456789abcdef",
            title=f"What {name} looks at",
        )


def standing_in(verifier: Verifier | None = None) -> Mapping[str, Any]:
    """The handlers of the three steps."""
    return (verifier or Verifier()).handlers()
