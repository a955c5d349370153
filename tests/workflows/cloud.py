"""A fake cloud, called so: what the adapters' clients talk to, below every door and above every wire.

RDS, EC2, the managed secrets and the executions are small fakes in virtual time; DynamoDB, S3 and SNS are moto's.
Every call is checked against the API's own model, in both directions, and kept in `calls`, so that a test can say
what was never called. `meddle` sees each call before it is answered and may refuse it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from unittest.mock import patch

import boto3
from botocore.client import BaseClient
from botocore.exceptions import ParamValidationError
from botocore.validate import ParamValidator
from moto import mock_aws
from moto.s3 import urls as s3_urls
from moto.s3.models import S3Backend
from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackNotifyConsumerError

from lambdas import settings as runtime_settings
from lambdas.evidence import metrics
from lambdas.settings import Database, Evidence, Kubernetes, Objectives, Settings

from .cloud_kubernetes import KubernetesFake
from .cloud_nodes import NodesFake
from .cloud_platform import PlatformFake
from .cloud_rds import ACCOUNT, QUICK, REALISTIC, REGION, SOURCE, SUBNETS, VPC, Durations, Json, Rds, Refusal, copied
from .harness import World
from .interpreter import Answer

__all__ = ["QUICK", "REALISTIC", "SETTINGS", "SOURCE", "Call", "Cloud", "Durations", "Refusal", "cloud"]

SETTINGS = Settings(
    environment="prod",
    version="0.1.0",
    source=SOURCE,
    snapshot_patterns=(f"rds:{SOURCE}-*", "awsbackup:*", "by-hand"),
    prefix="coder-dr-test",
    database=Database(
        name="coder",
        subnet_group="coder-prod-db-subnet-group",
        security_group="sg-drill",
        verifier_security_group="sg-verifier",
        min_acu=0.5,
        max_acu=8.0,
    ),
    objectives=Objectives(rto_minutes=120, rpo_minutes=15, snapshot_age_hours=26, drill_interval_days=35),
    evidence=Evidence(
        bucket="coder-day2-evidence",
        table="coder-day2-drills",
        topic=f"arn:aws:sns:{REGION}:{ACCOUNT}:coder-day2-drills",
        retention_days=400,
    ),
    kubernetes=Kubernetes(cluster="coder-prod"),
)
MOTO = {"dynamodb", "s3", "sns"}
READS = ("Describe", "Get", "List", "Head", "Query", "Scan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One API call as the client made it."""

    service: str
    operation: str
    asked: Mapping[str, Any]

    @property
    def changes(self) -> bool:
        return not self.operation.startswith(READS)


@dataclass
class Cloud:
    """See the module. `meddle` raises Refusal before a call takes effect; `aftermath` runs after it did.

    `announced` are the messages that the topic took, each with its `Subject` and its `Message`.
    """

    world: World
    rds: Rds
    kubernetes: KubernetesFake
    settings: Settings = SETTINGS
    calls: list[Call] = field(default_factory=list)
    refused: list[Call] = field(default_factory=list)
    metrics: list[Any] = field(default_factory=list)
    announced: list[Mapping[str, Any]] = field(default_factory=list)
    meddle: Callable[[Call], None] = lambda _: None
    aftermath: Callable[[Call], None] = lambda _: None
    ingress_from: str = "sg-verifier"
    platform: PlatformFake | None = None
    nodes: NodesFake | None = None
    alarms: dict[str, Json] = field(default_factory=dict)

    def ring(self, alarm: str, state: str) -> None:
        """An alarm changes its state now."""
        now = self.world.time.now
        self.alarms[alarm] = {
            "AlarmName": alarm,
            "StateValue": state,
            "StateUpdatedTimestamp": now,
            "StateTransitionedTimestamp": now,
        }

    def attach(self, platform: PlatformFake) -> None:
        """Put a platform into this cloud: its secrets, and the faults that its Kubernetes API may answer with."""
        self.platform = platform
        platform.meddle = self._meddle_with_kubernetes
        platform.aftermath = lambda: self.aftermath(self.calls[-1])

    def left(self) -> dict[str, Json]:
        """Everything that exists and is not production's, by kind and name."""
        return {name: told for name, told in self._everything().items() if not _is_production(told)}

    def production(self) -> dict[str, Json]:
        """Everything of production, to be compared before and after."""
        return {name: told for name, told in self._everything().items() if _is_production(told)}

    def changes(self) -> list[Call]:
        """Every call that changes a database."""
        return [call for call in self.calls if call.changes and call.service in {"rds", "ec2"}]

    def writes(self) -> list[Call]:
        """Every call that changes anything anywhere."""
        return [call for call in self.calls if call.changes]

    def ledger(self) -> list[Json]:
        """Every item of the ledger."""
        items = _client("dynamodb").scan(TableName=self.settings.evidence.table)["Items"]
        return [{name: next(iter(value.values())) for name, value in item.items()} for item in items]

    def locks(self) -> list[str]:
        """Who holds a source."""
        return [item["execution"] for item in self.ledger() if item["pk"].startswith("lock#")]

    def records(self) -> list[Json]:
        """Every drill's record, in the order of their ids."""
        return self._kept(r"/record\.json")

    def sweep_records(self) -> list[Json]:
        """What sweeps recorded of drills whose own record stood already, in the order of their ids."""
        return self._kept(r"/sweep-\w+\.json")

    def announced_of(self, drill: str) -> list[str]:
        """The subjects of the messages that name a drill."""
        return [told["Subject"] for told in self.announced if drill in told["Message"]]

    def measured(self, metric: str) -> list[float]:
        """Every value that was sent of a metric, oldest first."""
        return [each.values[metric][1] for series in self.metrics for each in series if metric in each.values]

    def _kept(self, key: str) -> list[Json]:
        s3, bucket = _client("s3"), self.settings.evidence.bucket
        found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        keys = [each["Key"] for each in found if re.search(f"{key}$", each["Key"])]
        return [json.loads(s3.get_object(Bucket=bucket, Key=each)["Body"].read()) for each in keys]

    def answer(self, client: BaseClient, call: Call, original: Callable[[], Json]) -> Json:
        """What a client's call gets. Raises the client's own exception for a Refusal."""
        model = client.meta.service_model.operation_model(call.operation)
        if model.input_shape is not None:
            faults = ParamValidator().validate(dict(call.asked), model.input_shape)
            if faults.has_errors():
                raise ParamValidationError(report=faults.generate_report())
        self.calls.append(call)
        try:
            self.meddle(call)
            if call.service in MOTO:
                answer = original()
            else:
                answer = copied(self._answer(call))
                _check(answer, model.output_shape, call.operation)
        except Refusal as refusal:
            raise _exception(client, refusal, call.operation) from None
        if call.operation == "Publish":
            self.announced.append(call.asked)
        self.aftermath(call)
        return answer

    def _meddle_with_kubernetes(self, method: str, path: str, sent: Json | None) -> int | None:
        operation = f"{'Get' if method == 'GET' else method} {path}"
        call = Call(service="kubernetes", operation=operation, asked=sent or {})
        self.calls.append(call)
        try:
            self.meddle(call)
        except Refusal as refusal:
            return {"Throttling": 429, "AccessDenied": 403}.get(refusal.shape, 500)
        return None

    def _answer(self, call: Call) -> Json:
        match call.service:
            case "rds":
                return self.rds.answer(call.operation, call.asked)
            case "ec2":
                return self._network(call)
            case "stepfunctions":
                return self._execution(call)
            case "secretsmanager":
                told = self.platform.secrets_manager(call.operation, call.asked) if self.platform else None
                return self._secret(call) if told is None else told
            case "cloudwatch":
                return self._watch(call)
            case "autoscaling" | "eks":
                told = self.nodes.answer(call.service, call.operation, call.asked) if self.nodes else None
                cluster = {"cluster": {"name": "coder-prod", "status": "ACTIVE", "endpoint": "http://127.0.0.1"}}
                return cluster if told is None else told
            case _:
                raise NotImplementedError(f"{call.service}.{call.operation}")

    def _network(self, call: Call) -> Json:
        match call.operation:
            case "DescribeSecurityGroups":
                inward = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}
                inward["UserIdGroupPairs"] = [{"GroupId": self.ingress_from, "UserId": ACCOUNT}]
                nowhere = {"IpProtocol": "icmp", "FromPort": 252, "ToPort": 86}
                nowhere["IpRanges"] = [{"CidrIp": "255.255.255.255/32"}]
                group = {"GroupId": "sg-drill", "IpPermissions": [inward], "IpPermissionsEgress": [nowhere]}
                return {"SecurityGroups": [group]}
            case "DescribeRouteTables":
                local = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}
                nat = {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "active"}
                main = {"Main": True, "RouteTableAssociationId": "rtbassoc-0"}
                used = [{"Main": False, "SubnetId": each, "RouteTableAssociationId": each} for each in SUBNETS]
                return {
                    "RouteTables": [
                        {"RouteTableId": "rtb-main", "VpcId": VPC, "Associations": [main], "Routes": [local]},
                        {"RouteTableId": "rtb-1", "VpcId": VPC, "Associations": used, "Routes": [local, nat]},
                    ]
                }
            case _:
                raise NotImplementedError(f"ec2.{call.operation}")

    def _watch(self, call: Call) -> Json:
        if call.operation == "DescribeAlarms":
            return {"MetricAlarms": [self.alarms[each] for each in call.asked["AlarmNames"] if each in self.alarms]}
        return {"Label": "DatabaseConnections", "Datapoints": self.rds.connections(call.asked)}

    def _start(self, asked: Mapping[str, Any]) -> Json:
        """As AWS: the same name with the same input is the execution that runs still."""
        machine, name = asked["stateMachineArn"].rpartition("coder-day2-prod-")[2], asked["name"]
        there = next((each for each in self.world.executions.values() if each.name == name), None)
        if there is None:
            there = self.world.start(machine, json.loads(asked["input"]), name=name)
        elif there.status != "RUNNING" or there.input != json.loads(asked["input"]):
            raise Refusal("ExecutionAlreadyExists")
        return {"executionArn": there.arn, "startDate": there.started_at}

    def _execution(self, call: Call) -> Json:
        if call.operation == "StartExecution":
            return self._start(call.asked)
        if call.operation in {"SendTaskSuccess", "SendTaskFailure"}:
            return self._answer_task(call.asked)
        execution = self.world.executions.get(call.asked["executionArn"])
        if call.operation != "DescribeExecution" or execution is None:
            raise Refusal("ExecutionDoesNotExist")
        told = {
            "executionArn": execution.arn,
            "stateMachineArn": execution.arn.replace(":execution:", ":stateMachine:").rpartition(":")[0],
            "name": execution.name,
            "status": execution.status,
            "startDate": execution.started_at,
            "input": json.dumps(execution.input),
        }
        stopped = {"stopDate": execution.stopped_at, "error": execution.error, "cause": execution.cause}
        return told | {name: value for name, value in stopped.items() if value is not None}

    def _answer_task(self, asked: Mapping[str, Any]) -> Json:
        output = asked.get("output")
        told: Answer = (asked["error"], asked["cause"]) if output is None else json.loads(output)
        try:
            if not any(each.answer(asked["taskToken"], told) for each in self.world.executions.values()):
                raise Refusal("InvalidToken")
        except CallbackNotifyConsumerError:
            raise Refusal("TaskTimedOut") from None
        return {}

    def _secret(self, call: Call) -> Json:
        secrets = self.rds.secrets()
        arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:"
        match call.operation:
            case "GetSecretValue":
                wanted = call.asked["SecretId"]
                if wanted not in secrets:
                    raise Refusal("ResourceNotFoundException")
                login = {"username": "coder_admin", "password": "of the copy"}
                return {"ARN": wanted, "Name": wanted.rpartition(":")[2], "SecretString": json.dumps(login)}
            case "ListSecrets":
                tags = {
                    each: [{"Key": "aws:rds:primaryDBClusterArn", "Value": f"{arn}{cluster}"}]
                    for each, cluster in secrets.items()
                }
                wanted = {value for each in call.asked.get("Filters", []) for value in each["Values"]}
                found = {
                    each: told
                    for each, told in tags.items()
                    if not wanted - {"aws:rds:primaryDBClusterArn", told[0]["Value"]}
                }
                return {
                    "SecretList": [
                        {"ARN": each, "Name": each.rpartition(":")[2], "Tags": told, "OwningService": "rds"}
                        for each, told in found.items()
                    ]
                }
            case _:
                raise NotImplementedError(f"secretsmanager.{call.operation}")

    def _everything(self) -> dict[str, Json]:
        namespaces = {f"namespace {name}": told for name, told in self.kubernetes.namespaces().items()}
        locks = {f"lock of {each}": {"execution": each} for each in self.locks()}
        return {**self.rds.left(), **namespaces, **locks}


@contextmanager
def cloud(world: World, *, durations: Durations = QUICK, settings: Settings = SETTINGS) -> Iterator[Cloud]:
    """The cloud that this world's functions find, with a production that can be drilled."""
    here = Cloud(
        world=world,
        rds=Rds(world.time, durations=durations),
        kubernetes=KubernetesFake(world.time),
        settings=settings,
    )
    original = BaseClient._make_api_call  # type: ignore[attr-defined]  # private, and the seam that all calls pass

    def call(self: BaseClient, operation: str, asked: Mapping[str, Any]) -> Any:
        service = self.meta.service_model.service_name
        made = Call(service=service, operation=operation, asked=copied(dict(asked)))
        return here.answer(self, made, lambda: original(self, operation, asked))

    with ExitStack() as stack:
        stack.enter_context(mock_aws())
        # moto loads this module anew at every call of S3, in case the environment has changed.
        stack.enter_context(patch.object(S3Backend, "_url_module", s3_urls))
        stack.enter_context(patch.dict("os.environ", {"AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION}))
        _evidence(settings.evidence)
        stack.enter_context(patch.object(BaseClient, "_make_api_call", call))
        stack.enter_context(patch.object(boto3, "client", _client))
        stack.enter_context(patch.object(runtime_settings, "current", lambda: settings))
        here.kubernetes.meddle = here._meddle_with_kubernetes
        here.kubernetes.aftermath = lambda: here.aftermath(here.calls[-1])
        stack.enter_context(here.kubernetes.serving())
        stack.enter_context(patch.object(metrics, "publish", lambda series, **_: here.metrics.append(series)))
        yield here


_boto3_client: Any = boto3.client


@cache
def _client(service: str, **_: object) -> Any:
    """One client a service for all tests: making one takes longer than a drill."""
    return _boto3_client(service, region_name=REGION)


def _evidence(evidence: Evidence) -> None:
    """The table, the bucket and the topic, as the stack makes them."""
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    _client("dynamodb").create_table(
        TableName=evidence.table,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    _client("s3").create_bucket(
        Bucket=evidence.bucket,
        ObjectLockEnabledForBucket=True,
        CreateBucketConfiguration={"LocationConstraint": REGION},
    )
    _client("sns").create_topic(Name=evidence.topic.rpartition(":")[2])


def _is_production(told: Json) -> bool:
    name = told.get("DBClusterIdentifier", told.get("name", ""))
    return name == SOURCE or name in {"coder", "coder-ws", "coder-prov"}


def _exception(client: BaseClient, refusal: Refusal, operation: str) -> Exception:
    """As botocore makes it of a service's answer."""
    shapes = {shape.name: shape for shape in client.meta.service_model.error_shapes}
    code, status = refusal.shape, 400
    if refusal.shape in shapes:
        told = shapes[refusal.shape].metadata.get("error", {})
        code, status = told.get("code", refusal.shape), told.get("httpStatusCode", 400)
    answer = {"Error": {"Code": code, "Message": str(refusal)}, "ResponseMetadata": {"HTTPStatusCode": status}}
    error: Any = client.exceptions.from_code(code)
    return error(answer, operation)  # type: ignore[no-any-return]


def _check(answer: Any, shape: Any, where: str) -> None:
    """A fake may leave out what nobody reads, but never tell what the API has no name for."""
    if shape is None:
        return
    match shape.type_name:
        case "structure":
            unknown = set(answer) - set(shape.members)
            assert not unknown, f"{where} has no {unknown}"
            for name, value in answer.items():
                _check(value, shape.members[name], f"{where}.{name}")
        case "list":
            for each in answer:
                _check(each, shape.member, where)
