"""A restore that waits for its answer, as the steps before it tell it."""

from datetime import UTC, datetime, timedelta

from lambdas.contracts import CheckResult, CheckVerdict, DatabaseFacts, Judgement, Objective, Verdict
from lambdas.restore_contracts import ApprovalItem, Plan, PlannedCall, Restoration

ACCOUNT, REGION = "111122223333", "eu-west-1"
STARTED = datetime(2026, 11, 23, 10, 40, tzinfo=UTC)
ASKED = STARTED + timedelta(minutes=25)
EXECUTION = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:coder-day2-prod-platform-restore:one"
ALICE, BOB = (f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in ("alice", "bob"))

RESTORATION = Restoration(
    id="20261123-1a2b3c4d",
    environment="prod",
    source="coder-prod-aurora",
    target="coder-prod-aurora-restored-20261123-1a2b3c4d",
    execution=EXECUTION,
    opened_at=STARTED,
    give_up_at=STARTED + timedelta(hours=2),
    recovery_point="time:2026-11-23T10:29:59Z",
    started_by=f"{ALICE} with day2",
    reason="a script emptied workspaces at 10:30",
    old_name="coder-prod-aurora-old-20261123-1a2b3c4d",
    cut_over="after-approval",
    strategy="repoint",
    dry_run=False,
    approval_seconds=14_400,
    soak_seconds=900,
    ticket="OPS-17",
)

PLAN = Plan(
    summary="coderd and the provisioners are stopped, the old database is fenced, and Coder starts on the restored one",
    calls=(
        PlannedCall(
            call="Scale to 0",
            resource="Deployment coder/coder",
            changes="from 2 replicas to none",
            undo="scale to 2",
        ),
        PlannedCall(call="PutSecretValue", resource="coder/prod/aurora-master", changes="host: the restored cluster"),
    ),
    lost="35 min of work, with 412 rows of the audit log",
    lost_seconds=2_100,
    lost_audit_rows=412,
    warnings=("the migration to Coder 2.34 has no way back",),
    hourly_cost_dollars=0.48,
)


def check(name: str, verdict: CheckVerdict, detail: str = "", *, control: bool = False) -> CheckResult:
    return CheckResult(
        id=name,
        severity="critical",
        verdict=verdict,
        value=0,
        expected="0",
        detail=detail,
        seconds=0.1,
        digest="ab",
        control=control,
    )


def judgement(*checks: CheckResult) -> Judgement:
    warned = any(each.verdict == "warn" for each in checks)
    word = "warn" if warned else "pass"
    other = Objective(verdict="pass", reason="")
    return Judgement(
        verdict=Verdict(
            overall="warn" if warned else "pass",
            integrity=Objective(verdict="warn" if warned else "pass", reason=f"61 checks, {word}"),
            rto=other,
            rpo=other,
        ),
        checks=checks,
        counts={},
        facts=DatabaseFacts(
            server_version="16.6",
            schema_version=401,
            coder_release="2.29",
            database_bytes=1,
            tables=89,
            encryption_keys=(),
            amcheck="present",
            other_sessions=0,
        ),
    )


TOKEN = "a-task-token"


def question(token: str = TOKEN) -> ApprovalItem:
    """What the restore asked."""
    return ApprovalItem(
        restoration=RESTORATION,
        token=token,
        asked_at=ASKED,
        expires_at=ASKED + timedelta(seconds=RESTORATION.approval_seconds),
        summary=PLAN.summary,
        lost=PLAN.lost,
        verdict="pass",
    )
