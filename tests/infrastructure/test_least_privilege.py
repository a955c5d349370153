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

# Which API stands behind which door, and how IAM spells it.
DOORS = {
    "archive": ("s3", "s3"),
    "ec2": ("ec2", "ec2"),
    "executions": ("stepfunctions", "states"),
    "kubernetes": ("eks", "eks"),
    "ledger": ("dynamodb", "dynamodb"),
    "postgres": None,
    "rds": ("rds", "rds"),
    "secrets": ("secretsmanager", "secretsmanager"),
    "topic": ("sns", "sns"),
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
    "rds:AddTagsToResource",
    "secretsmanager:CreateSecret",
    "secretsmanager:TagResource",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
WITHOUT_RESOURCE = {"ec2:Describe", "logs:", "rds:Describe", "secretsmanager:ListSecrets", "xray:"}


def test_every_step_has_its_row_and_every_row_its_step() -> None:
    assert permissions.unknown_steps() == set()


def test_every_call_of_a_door_is_granted_to_somebody_and_nothing_else_is(prod: Assembly) -> None:
    called = {action for door in DOORS for action in calls_of(door)}
    granted = {action for step in STEPS for action in prod.roles[step.name].allowed_actions()}
    assert granted - IN_OUR_NAME == called


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
    for resource in (bucket, f"{bucket}/drills/coder-prod-aurora/20261123-0a1b2c3d/record.json"):
        assert not [role.name for role in prod.roles.values() if role.may(request(action, resource))]


def test_records_are_written_below_the_drills_folder_by_one_step_only(prod: Assembly) -> None:
    bucket = "arn:aws:s3:::coder-day2-prod-evidence-111122223333-eu-central-1"
    below = request("s3:PutObject", f"{bucket}/drills/coder-prod-aurora/20261123-0a1b2c3d/record.json")
    beside = request("s3:PutObject", f"{bucket}/elsewhere/record.json")
    assert [role.name for role in prod.roles.values() if role.may(below)] == ["RecordEvidence"]
    assert not [role.name for role in prod.roles.values() if role.may(beside)]


def test_a_state_machine_runs_the_steps_that_its_definition_names(prod: Assembly) -> None:
    for workflow in ("dr-drill", "sweep"):
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
        for each in ("dr-drill", "sweep")
    }
    starters = {
        each: {role.name for role in prod.roles.values() if role.may(asked)} for each, asked in machines.items()
    }
    assert starters == {"dr-drill": {"schedules"}, "sweep": {"schedules", "clean-up rule"}}


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
    tree = ast.parse((LAMBDAS / "adapters" / f"{door}.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        word = node.attr if isinstance(node, ast.Attribute) else node.value if isinstance(node, ast.Constant) else None
        if isinstance(word, str) and word in names:
            yield f"{prefix}:{names[word]}"


@cache
def operations(service: str) -> Mapping[str, str]:
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name): name for name in model.operation_names}


def doors_behind(file: Path) -> set[str]:
    """The adapters that a module imports, or that the modules it imports do."""
    seen: set[Path] = set()
    todo, doors = [file], set()
    while todo:
        for name in imported(todo.pop()):
            parts = name.split(".")
            if parts[:2] == ["lambdas", "adapters"] and len(parts) > 2:
                doors.add(parts[2])
                continue
            module = LAMBDAS.parent.joinpath(*parts).with_suffix(".py")
            if module.is_file() and module not in seen:
                seen.add(module)
                todo.append(module)
    return doors


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("lambdas"):
            yield node.module
            yield from (f"{node.module}.{each.name}" for each in node.names)


def test_every_door_is_known_here() -> None:
    assert {module.name for module in iter_modules([str(LAMBDAS / "adapters")])} == DOORS.keys()


def test_the_bundles_hold_the_model_of_every_door() -> None:
    assert {door[0] for door in DOORS.values() if door} | {"sts"} == set(SERVICES)
