"""The runbook speaks of what is there: every error, alarm and state, and commands that AWS understands."""

import json
import re
import shlex

import boto3
import pytest
from botocore import xform_name

from cdk.permissions_page import PAGE
from infrastructure.templates import Assembly
from lambdas import errors
from lambdas.steps import DRILL_STEPS, OPERATIONS, RESTORE_STEPS, RETIRE_STEPS, SCALE_STEPS, Step

ROOT = PAGE.parent.parent
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
# Of a session of its own: moto reaches no client of a default session that is older than moto's import.
RDS = boto3.Session().client("rds", region_name="eu-central-1")
# Of the AWS CLI itself, not of the operation.
GLOBAL_OPTIONS = ("query",)


def section(title: str) -> str:
    return RUNBOOK.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def named_in_first_column(title: str) -> list[str]:
    cells = re.findall(r"^\| (`[^|]*`) \|", section(title), flags=re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def commands() -> list[list[str]]:
    """Every `aws rds` command, its lines joined."""
    joined = RUNBOOK.replace("\\\n", " ")
    return [shlex.split(line) for line in re.findall(r"^ +aws rds (.*)$", joined, flags=re.MULTILINE)]


def states(machine: dict[str, object]) -> set[str]:
    found = set()
    for key, value in machine.items():
        children = value if isinstance(value, list) else [value]
        found |= set(value) if key == "States" and isinstance(value, dict) else set()
        found |= {name for child in children if isinstance(child, dict) for name in states(child)}
    return found


def refusals(*catalogue: Step) -> set[str]:
    return {each.__name__ for step in catalogue for each in step.raises if issubclass(each, errors.Refused)}


@pytest.mark.parametrize(
    ("chapter", "raised"),
    [
        # What no step raises: the outcome of a verdict, and of an execution that died.
        ("When a drill fails", refusals(*DRILL_STEPS) | {"ChecksFailed", "ExecutionDied"}),
        ("When a restore fails", refusals(*RESTORE_STEPS, *OPERATIONS) | {"ApprovalRejected"}),
        ("When a retirement is refused", refusals(*RETIRE_STEPS)),
        ("When a scaling is refused or fails", refusals(*SCALE_STEPS)),
    ],
)
def test_every_error_that_ends_a_run_is_explained(chapter: str, raised: set[str]) -> None:
    explained = named_in_first_column(chapter)
    assert raised <= set(explained)
    assert len(explained) == len(set(explained))
    assert {name for name in explained if not hasattr(errors, name)} == set()


@pytest.mark.parametrize(
    ("chapter", "among"),
    [
        ("The monthly drill", {"ChooseRecoveryPoint", "RunChecks", "ProveNothingLeft"}),
        ("Bringing the platform back", {"RestoreBeside", "SilenceDatabase", "WriteHandover"}),
        ("Scaling node groups", {"HoldGroup", "LookAgain", "TerminateNodes"}),
        ("Retire the old cluster", {"OpenRetirement", "ConfirmUnused", "DeleteRetired"}),
    ],
)
def test_every_state_that_it_names_is_in_a_workflow(chapter: str, among: set[str]) -> None:
    known = {
        name
        for file in (ROOT / "statemachines").glob("*.asl.json")
        for name in states(json.loads(file.read_text(encoding="utf-8")))
    }
    named = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", section(chapter)))
    assert among <= named
    assert named <= known


def test_every_alarm_has_its_first_look(prod: Assembly) -> None:
    alarms = {
        str(each["Properties"]["AlarmName"]).removeprefix("coder-day2-prod-")
        for stack in prod.raw.values()
        for each in stack["Resources"].values()
        if each["Type"] == "AWS::CloudWatch::Alarm"
    }
    assert set(named_in_first_column("When an alarm fires")) == alarms


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_a_command_by_hand_is_one_that_aws_understands(words: list[str]) -> None:
    name, *rest = words
    if name == "wait":
        name, *rest = rest
        assert name.replace("-", "_") in RDS.waiter_names
        name = f"describe-{name.rpartition('-')[0]}s"  # the call that this waiter repeats
    operations = {xform_name(each, "-"): each for each in RDS.meta.service_model.operation_names}
    shape = RDS.meta.service_model.operation_model(operations[name]).input_shape
    assert shape is not None
    takes = {xform_name(each, "-"): member.type_name for each, member in shape.members.items()}
    options = [word.removeprefix("--") for word in rest if word.startswith("--")]
    for option in options:
        assert option in (*takes, *GLOBAL_OPTIONS) or takes[option.removeprefix("no-")] == "boolean"
    assert {xform_name(each, "-") for each in shape.required_members} <= set(options)


def test_the_copy_by_hand_bears_the_tags_by_which_the_sweep_knows_it() -> None:
    creating = [words for words in commands() if words[0].startswith(("restore", "create"))]
    assert len(creating) == 3
    for words in creating:
        assert "Key=coder-day2:drill,Value=ID" in words
        assert "Key=coder-day2:environment,Value=prod" in words
