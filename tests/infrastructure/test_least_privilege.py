"""No role can do more than its step's code asks for, and none less."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from pkgutil import iter_modules

import botocore.session
import pytest
from botocore import xform_name

from cdk import permissions
from cdk.bundles import SERVICES
from infrastructure.iam import as_list, request
from infrastructure.templates import Assembly
from lambdas.steps import BY_NAME, STEPS

LAMBDAS = Path(permissions.__file__).resolve().parents[2] / "lambdas"
PLACE = LAMBDAS / "platform" / "place.py"

# Which API stands behind which door, and how IAM spells it.
DOORS = {
    "alarms": ("cloudwatch", "cloudwatch"),
    "approvals": ("dynamodb", "dynamodb"),
    "archive": ("s3", "s3"),
    "coder": None,
    "ec2": ("ec2", "ec2"),
    "executions": ("stepfunctions", "states"),
    "fleet": ("autoscaling", "autoscaling"),
    "identity": None,  # sends what somebody else has signed
    "kubernetes": ("eks", "eks"),
    "ledger": ("dynamodb", "dynamodb"),
    "metrics": ("cloudwatch", "cloudwatch"),
    "node_groups": ("eks", "eks"),
    "postgres": None,
    "rds": ("rds", "rds"),
    "restores": ("dynamodb", "dynamodb"),
    "retirements": ("dynamodb", "dynamodb"),
    "scalings": ("dynamodb", "dynamodb"),
    "secrets": ("secretsmanager", "secretsmanager"),
    "table": ("dynamodb", "dynamodb"),
    "topic": ("sns", "sns"),
    "trail": ("cloudtrail", "cloudtrail"),
    "aws": None,
}
# Granted without a call of ours: Lambda's own needs, and what RDS, S3 and SNS do in the caller's name.
IN_OUR_NAME = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:GenerateDataKey",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "secretsmanager:CreateSecret",
    "secretsmanager:TagResource",
    "sqs:SendMessage",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
WITHOUT_RESOURCE = {
    "autoscaling:Describe",
    "cloudtrail:LookupEvents",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricStatistics",
    "ec2:Describe",
    "logs:",
    "rds:Describe",
    "secretsmanager:ListSecrets",
    "xray:",
}


def test_every_step_has_its_row_and_every_row_its_step() -> None:
    assert permissions.unknown_steps() == set()


def test_every_call_of_a_door_is_granted_to_somebody_and_nothing_else_is(prod: Assembly) -> None:
    called = {action for door in DOORS for action in calls_of(door)}
    granted = {action for step in STEPS for action in prod.roles[step.name].allowed_actions()}
    assert granted - IN_OUR_NAME == called - IN_OUR_NAME


@pytest.mark.parametrize("step", [step.name for step in STEPS])
def test_a_step_has_the_services_whose_doors_its_code_can_reach(prod: Assembly, step: str) -> None:
    handler = LAMBDAS / BY_NAME[step].room / "handlers" / f"{BY_NAME[step].file}.py"
    reached = {DOORS[door][1] for door in doors_behind(handler) if DOORS[door]}
    granted = {action.split(":")[0] for action in prod.roles[step].allowed_actions() - IN_OUR_NAME}
    assert granted == reached


def test_no_role_is_allowed_a_family_of_actions(prod: Assembly) -> None:
    assert not [
        (role.name, action) for role in prod.roles.values() for action in role.allowed_actions() if "*" in action
    ]


def test_every_resource_is_named_where_its_api_can_name_one(prod: Assembly) -> None:
    unnamed = {
        action
        for role in prod.roles.values()
        for statement in role.statements
        if statement["Effect"] == "Allow" and "*" in as_list(statement["Resource"])
        for action in as_list(statement["Action"])
    }
    of_lambda = IN_OUR_NAME  # network interfaces that do not exist yet
    assert {
        action for action in unnamed - of_lambda if not any(action.startswith(each) for each in WITHOUT_RESOURCE)
    } == set()


@pytest.mark.parametrize(
    "action",
    ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention", "s3:PutObjectRetention",
     "s3:PutObjectLegalHold", "s3:PutLifecycleConfiguration", "s3:PutBucketPolicy"],
)  # fmt: skip
def test_nobody_can_take_evidence_away(prod: Assembly, action: str) -> None:
    bucket = "arn:aws:s3:::coder-day2-prod-evidence-111122223333-eu-central-1"
    records = (f"{bucket}/{each}/coder-prod-aurora/20261123-0a1b2c3d/record.json" for each in ("drills", "restores"))
    for resource in (bucket, *records):
        assert not [role.name for role in prod.roles.values() if role.may(request(action, resource))]


@pytest.mark.parametrize(
    ("folder", "writers"),
    [
        ("drills", {"RecordEvidence"}),
        ("restores", {"RecordRestore", "WriteHandover"}),
        ("elsewhere", set()),
    ],
)
def test_records_are_written_below_their_folder_by_the_steps_that_write_them(
    prod: Assembly, folder: str, writers: set[str]
) -> None:
    bucket = "arn:aws:s3:::coder-day2-prod-evidence-111122223333-eu-central-1"
    record = request("s3:PutObject", f"{bucket}/{folder}/coder-prod-aurora/20261123-0a1b2c3d/record.json")
    assert {role.name for role in prod.roles.values() if role.may(record)} == writers


def test_a_state_machine_runs_the_steps_that_its_definition_names(prod: Assembly) -> None:
    for workflow in ("dr-drill", "sweep", "platform-restore", "retire", "scale", "ready-check"):
        asl = (LAMBDAS.parent / "statemachines" / f"{workflow}.asl.json").read_text()
        named = {step.name for step in STEPS if f"${{{step.name}}}" in asl}
        may = {
            step.name
            for step in STEPS
            if prod.roles[workflow].may(
                request(
                    "lambda:InvokeFunction",
                    f"arn:aws:lambda:eu-central-1:111122223333:function:coder-day2-prod-{step.file.replace('_', '-')}",
                )
            )
        }
        assert may == named


def test_who_starts_what(prod: Assembly) -> None:
    machines = {
        each: request(
            "states:StartExecution", f"arn:aws:states:eu-central-1:111122223333:stateMachine:coder-day2-prod-{each}"
        )
        for each in ("dr-drill", "sweep", "platform-restore", "retire", "scale", "ready-check")
    }
    starters = {
        each: {role.name for role in prod.roles.values() if role.may(asked)} for each, asked in machines.items()
    }
    assert starters == {
        "dr-drill": {"schedules"},
        "sweep": {"schedules", "clean-up rule"},
        "platform-restore": set(),  # a person's decision alone, as is the next
        "retire": set(),
        "scale": {"scaling schedules", "RouteAlarm", "ReconcileAlarms"},
        "ready-check": {"scaling schedules"},
    }


def test_a_service_assumes_its_role_for_this_account_only(prod: Assembly) -> None:
    for each in prod.of_type("AWS::IAM::Role"):
        statement = each["AssumeRolePolicyDocument"]["Statement"][0]
        if statement["Principal"]["Service"] != "lambda.amazonaws.com":
            assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}


def test_policies_fit_into_a_role(prod: Assembly) -> None:
    assert max(role.policy_characters for role in prod.roles.values()) < 10_240


def calls_of(door: str) -> Iterator[str]:
    """The IAM actions of every API call in an adapter."""
    if DOORS[door] is None:
        return
    service, prefix = DOORS[door]
    names = operations(service)
    place = LAMBDAS / "adapters" / door
    files = sorted(place.glob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    for node in (node for file in files for node in ast.walk(parsed(file))):
        word = node.attr if isinstance(node, ast.Attribute) else node.value if isinstance(node, ast.Constant) else None
        if isinstance(word, str) and word in names:
            yield f"{prefix}:{names[word]}"


@cache
def operations(service: str) -> Mapping[str, str]:
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name): name for name in model.operation_names}


def doors_behind(file: Path) -> set[str]:
    """The adapters that a module imports, or that the modules it imports do; of a Place's, those it is asked for."""
    seen = {file}
    todo = [file]
    while todo:
        for name in imported(todo.pop()):
            module = LAMBDAS.parent.joinpath(*name.split(".")).with_suffix(".py")
            if module.is_file() and module.parent != LAMBDAS / "adapters" and module not in seen:
                seen.add(module)
                todo.append(module)
    doors = {door for module in seen - {PLACE} for door in adapters_of(module)}
    if PLACE in seen:
        asked = {"__init__", *(name for module in seen - {PLACE} for name in attributes_of(module))}
        doors |= {door for method, used in doors_of_a_place().items() if method in asked for door in used}
    return doors


@cache
def doors_of_a_place() -> Mapping[str, set[str]]:
    """Every method of Place, and the adapters that its code names: only who asks for the token needs its secret."""
    [place] = [node for node in parsed(PLACE).body if isinstance(node, ast.ClassDef)]
    doors = adapters_of(PLACE)
    return {
        method.name: {node.id for node in ast.walk(method) if isinstance(node, ast.Name)} & doors
        for method in place.body
        if isinstance(method, ast.FunctionDef)
    }


def adapters_of(file: Path) -> set[str]:
    return {parts[2] for parts in (each.split(".") for each in imported(file)) if parts[1] == "adapters" and parts[2:]}


def attributes_of(file: Path) -> set[str]:
    return {node.attr for node in ast.walk(parsed(file)) if isinstance(node, ast.Attribute)}


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("lambdas."):
            yield node.module
            yield from (f"{node.module}.{each.name}" for each in node.names)


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def test_every_door_is_known_here() -> None:
    assert {module.name for module in iter_modules([str(LAMBDAS / "adapters")])} == DOORS.keys()


def test_the_bundles_hold_the_model_of_every_door() -> None:
    assert {door[0] for door in DOORS.values() if door} | {"sts"} == set(SERVICES)
