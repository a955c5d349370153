"""A machine that asks as a platform restore does, by the real handlers, on the session's engine."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

from core_bench import User, Workbench, eventually

from day2.drill.deployment import Deployment
from day2.restore.answering import Answered, answer
from lambdas import payload
from lambdas.approval.message import function_of
from lambdas.approval.request import Decision
from lambdas.contracts import DatabaseFacts, Judgement, Objective, Verdict
from lambdas.restore_contracts import Plan, Restoration
from lambdas.settings import Database, Evidence, Objectives, Restore, Settings

FOUR_HOURS = 14_400
ASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "TimeoutSecondsPath": "$.restoration.approval_seconds",
    "ResultPath": "$.approval",
    "End": True,
}
STEP = {
    "state.$": "$$.State.Name",
    "entered_at.$": "$$.State.EnteredTime",
    "retries.$": "$$.State.RetryCount",
    "execution.$": "$$.Execution.Id",
    "execution_started_at.$": "$$.Execution.StartTime",
}


class Approvals:
    """The two functions with the rights that they need and no other, a ledger, a topic, and a machine that asks."""

    def __init__(self, bench: Workbench, *, two_person: bool) -> None:
        self.bench = bench
        self.environment = f"t{uuid4().hex[:8]}"
        self.table = f"ledger-{self.environment}"
        # Its ARN is part of what the functions may do, which is decided before it is made.
        region, account = bench.engine.settings.region, bench.engine.settings.account
        topic = bench.engine.client("sns").create_topic(Name=self.environment)["TopicArn"]
        table = bench.engine.client("dynamodb").create_table(
            TableName=self.table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )["TableDescription"]["TableArn"]
        self.settings = _settings(self.environment, table=self.table, topic=topic, two_person=two_person)
        ask = self._function(
            "ask_approval",
            _may("dynamodb:PutItem", "dynamodb:GetItem", on=table),
            _may("sns:Publish", on=topic),
        )
        definition = {"StartAt": "AskApproval", "States": {"AskApproval": _asking(ask)}}
        self.machine = bench.machine(definition)
        self.answers = self._function(
            "answer_approval",
            _may("dynamodb:GetItem", "dynamodb:UpdateItem", on=table),
            _may("states:SendTaskSuccess", "states:SendTaskFailure", on=self.machine),
            _may("cloudtrail:LookupEvents", on="*"),
        )
        self._executions = f"arn:aws:states:{region}:{account}:execution:{self.machine.rpartition(':')[2]}"

    def start(self, starter: User) -> Restoration:
        """Start it as somebody; the restore, once its question stands."""
        restoration = _restoration(self.environment, execution=f"{self._executions}:{uuid4().hex}")
        admitted = {"opening": "same", "reason": "nothing is migrated"}
        state = {"restoration": restoration, "plan": _PLAN, "judgement": _JUDGEMENT, "admission": admitted}
        starter.client("stepfunctions").start_execution(
            stateMachineArn=self.machine,
            name=restoration.execution.rpartition(":")[2],
            input=json.dumps(payload.write(state)),
        )
        ledger = self.bench.engine.client("dynamodb")
        key = {"pk": {"S": "approvals"}, "sk": {"S": restoration.id}}
        machine = self.bench.engine.client("stepfunctions")
        asks = {"TableName": self.table, "Key": key}
        eventually(
            lambda: (
                ledger.get_item(**asks).get("Item")
                or machine.describe_execution(executionArn=restoration.execution).get("cause")
            )
        )
        return restoration

    def answer(self, user: User, restore: str, decision: Decision, reason: str = "") -> Answered:
        """As `day2 approve` and `day2 reject` do, with that user's credentials."""
        return answer(self.deployment(user), restore=restore, decision=decision, reason=reason)

    def deployment(self, user: User) -> Deployment:
        return Deployment(
            environment=self.environment,
            clients=user.client,
            drill_machine="",
            sweep_machine="",
            source="",
            bucket="",
            table=self.table,
            poll_seconds=0,
        )

    def _function(self, handler: str, *statements: dict[str, Any]) -> str:
        name = function_of(self.environment) if handler == "answer_approval" else f"{handler}-{self.environment}"
        made = self.bench.engine.client("lambda").create_function(
            FunctionName=name.replace("_", "-"),
            Runtime="python3.13",
            Handler=f"lambdas.approval.handlers.{handler}.handler",
            Role=self.bench.role(*statements),
            Code={"ZipFile": _code()},
            Environment={"Variables": {"DAY2_SETTINGS": json.dumps(payload.write(self.settings))}},
            Timeout=60,
        )
        return str(made["FunctionArn"])


def _asking(function: str) -> dict[str, Any]:
    parts = {f"{name}.$": f"$.{name}" for name in ("restoration", "plan", "judgement", "admission")}
    given = {"step": STEP, "token.$": "$$.Task.Token", **parts}
    return {**ASK, "Parameters": {"FunctionName": function, "Payload": given}}


def _may(*actions: str, on: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on}


def _code() -> bytes:
    """Our code, and what of its dependencies the engine's Python has not."""
    archive = io.BytesIO()
    packages = ("lambdas", "aws_lambda_powertools", "boto3", "s3transfer")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as bundle:
        for folder in (Path(_file(each)).parent for each in packages):
            for file in sorted(folder.rglob("*.py")):
                bundle.writestr(zipfile.ZipInfo(str(file.relative_to(folder.parent))), file.read_bytes())
        bundle.writestr(zipfile.ZipInfo("typing_extensions.py"), Path(_file("typing_extensions")).read_bytes())
    return archive.getvalue()


def _file(module: str) -> str:
    found = find_spec(module)
    assert found is not None
    return str(found.origin)


def _settings(environment: str, *, table: str, topic: str, two_person: bool) -> Settings:
    return Settings(
        environment=environment,
        version="1.0.0",
        source="coder-prod-aurora",
        snapshot_patterns=(),
        prefix="coder-dr-test",
        database=Database(
            name="coder",
            subnet_group="subnets",
            security_group="sg-isolated",
            verifier_security_group="sg-verifier",
            min_acu=0.5,
            max_acu=8,
        ),
        objectives=Objectives(rto_minutes=120, rpo_minutes=15, snapshot_age_hours=26, drill_interval_days=31),
        evidence=Evidence(bucket="evidence", table=table, topic=topic, retention_days=400),
        restore=Restore(restored="coder-prod-aurora-restored-", old="coder-prod-aurora-old-", two_person=two_person),
        on_one_machine=True,
    )


def _restoration(environment: str, *, execution: str) -> Restoration:
    now = datetime.now(UTC)
    id_ = f"{now:%Y%m%d}-{uuid4().hex[:8]}"
    return Restoration(
        id=id_,
        environment=environment,
        source="coder-prod-aurora",
        target=f"coder-prod-aurora-restored-{id_}",
        execution=execution,
        opened_at=now,
        give_up_at=now + timedelta(hours=2),
        recovery_point="latest-restorable-time",
        started_by="a test",
        old_name=f"coder-prod-aurora-old-{id_}",
        cut_over="after-approval",
        strategy="repoint",
        dry_run=False,
        approval_seconds=FOUR_HOURS,
        soak_seconds=900,
    )


_PLAN = Plan(
    summary="Coder starts on the restored database",
    calls=(),
    lost="35 min of work",
    lost_seconds=2_100,
    lost_audit_rows=None,
    warnings=(),
    hourly_cost_dollars=0.48,
)
_PASSED = Objective(verdict="pass", reason="61 checks passed")
_JUDGEMENT = Judgement(
    verdict=Verdict(overall="pass", integrity=_PASSED, rto=_PASSED, rpo=_PASSED),
    checks=(),
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
