"""cdk-nag's AwsSolutions is part of every synthesis: a finding is accepted with a reason, or there is no template."""

import json
from collections.abc import Iterator

import pytest

from cdk.environments import load
from cdk.names import Names
from infrastructure.templates import LIFECYCLES, Assembly


def accepted(prod: Assembly) -> Iterator[tuple[str, str, str]]:
    """Every accepted finding: where, which, why."""
    for lifecycle in LIFECYCLES:
        file = prod.folder / f"coder-day2-prod-{lifecycle}.metadata.json"
        if not file.exists():
            continue
        for path, entries in json.loads(file.read_text()).items():
            for entry in entries:
                if entry["type"] == "aws:cdk:acknowledged-rules":
                    for rule, why in entry["data"].items():
                        yield path, rule, why


def test_nothing_is_left_to_find(prod: Assembly) -> None:
    report = json.loads((prod.folder / "validation-report.json").read_text())
    assert not [each for each in report["pluginReports"] if each.get("violations")]


def test_every_accepted_finding_has_its_reason(prod: Assembly) -> None:
    found = list(accepted(prod))
    assert len(found) > 50
    assert not [(path, rule) for path, rule, why in found if len(why.split()) < 5]


def test_what_is_accepted_is_of_four_kinds_and_no_more(prod: Assembly) -> None:
    """Wildcards that a statement explains, the pinned Python, the dead-letter queue, the access log's own log."""
    rules = {rule.partition("[")[0].rpartition("AwsSolutions-")[2] for _, rule, _ in accepted(prod) if "Aws" in rule}
    assert rules == {"IAM5", "L1", "SQS3", "S1"}


def test_no_wildcard_is_accepted_that_is_not_in_the_permissions(prod: Assembly) -> None:
    told = json.dumps([role.statements for role in prod.roles.values()])
    for _, rule, _ in accepted(prod):
        if "IAM5" in rule:
            assert json.dumps(rule.partition("[Resource::")[2].removesuffix("]")) in told


def test_a_fault_that_nobody_accepted_stops_the_synthesis() -> None:
    from aws_cdk import App, Stack  # noqa: PLC0415
    from aws_cdk.aws_sqs import Queue  # noqa: PLC0415

    from cdk import assembly  # noqa: PLC0415

    app = App(analytics_reporting=False)
    Queue(Stack(app, Names(settings=load("prod")).stack("faulty")), "Queue")
    assembly.inspect(app)
    with pytest.raises(RuntimeError, match="AwsSolutions-SQS3"):
        app.synth()
