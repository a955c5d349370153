"""What the deployed functions' roles let them do to production: nothing."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from stage import Drilled, Stage

from lambdas import payload
from lambdas.contracts import Drill

# Asks RDS with the role's own credentials, which a function gets and nobody else.
PROBE = """
from botocore.exceptions import ClientError
from botocore.session import Session

def handler(event, context):
    rds, answers = Session().create_client("rds"), []
    for call, arguments in event:
        try:
            getattr(rds, call)(**arguments)
            answers.append("done")
        except ClientError as error:
            answers.append(error.response["Error"]["Code"])
    return answers
"""
# The others have no statement that changes anything in RDS; the template's tests say so of each.
CHANGE_SOMETHING = ("restore-cluster", "add-instance", "reset-credentials", "delete-database")
Ask = Callable[..., list[str]]


def changes_to(cluster: str, *, snapshot: str) -> list[tuple[str, Mapping[str, Any]]]:
    """One of each call by which a cluster and its instance are changed, made or deleted."""
    engine = {"Engine": "aurora-postgresql"}
    return [
        ("delete_db_cluster", {"DBClusterIdentifier": cluster, "SkipFinalSnapshot": True}),
        ("delete_db_instance", {"DBInstanceIdentifier": f"{cluster}-1", "SkipFinalSnapshot": True}),
        ("modify_db_cluster", {"DBClusterIdentifier": cluster, "MasterUserPassword": "another-password"}),
        (
            "restore_db_cluster_from_snapshot",
            {"DBClusterIdentifier": cluster, "SnapshotIdentifier": snapshot, **engine},
        ),
        (
            "create_db_instance",
            {
                "DBInstanceIdentifier": f"{cluster}-2",
                "DBClusterIdentifier": cluster,
                "DBInstanceClass": "db.serverless",
                **engine,
            },
        ),
    ]


@pytest.fixture(scope="module")
def ask(stage: Stage) -> Ask:
    """Makes calls with the role of a deployed function; the error code of each, or `done`."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr(zipfile.ZipInfo("probe.py"), PROBE)
    functions = stage.client("lambda")

    def call(step: str, calls: list[tuple[str, Mapping[str, Any]]]) -> list[str]:
        deployed = functions.get_function_configuration(FunctionName=f"coder-day2-local-{step}")
        probe = functions.create_function(
            FunctionName=f"probe-{step}",
            Runtime="python3.13",
            Handler="probe.handler",
            Role=deployed["Role"],
            Code={"ZipFile": archive.getvalue()},
            Timeout=30,
        )["FunctionArn"]
        try:
            answer = functions.invoke(FunctionName=probe, Payload=json.dumps(calls))
            answers: list[str] = json.loads(answer["Payload"].read())
            return answers
        finally:
            functions.delete_function(FunctionName=probe)

    return call


@pytest.mark.parametrize("step", CHANGE_SOMETHING)
def test_no_role_may_change_production_or_a_name_that_is_no_drills(stage: Stage, ask: Ask, step: str) -> None:
    before = stage.production()
    calls = [
        *changes_to(stage.source, snapshot=stage.furnished.snapshot),
        *changes_to("somebody-elses", snapshot=stage.furnished.snapshot),
    ]
    assert ask(step, calls) == ["AccessDenied"] * len(calls)
    assert stage.production() == before


def test_the_role_that_deletes_may_look(stage: Stage, ask: Ask) -> None:
    """Else the denials above would tell nothing of the statement that denies."""
    assert ask("delete-database", [("describe_db_clusters", {"DBClusterIdentifier": stage.source})]) == ["done"]


def test_the_function_that_deletes_refuses_production_before_its_role_does(stage: Stage, scheduled: Drilled) -> None:
    before = stage.production()
    drill = payload.read(Drill, scheduled.seen.output["drill"])
    forged = replace(drill, target=stage.source, writer=f"{stage.source}-writer", namespace=stage.source)
    step = {
        "state": "DeleteDatabase",
        "entered_at": payload.instant(scheduled.seen.started_at),
        "retries": 0,
        "execution": scheduled.seen.execution,
        "execution_started_at": payload.instant(scheduled.seen.started_at),
    }
    answer = stage.client("lambda").invoke(
        FunctionName="coder-day2-local-delete-database",
        Payload=json.dumps({"step": step, "drill": payload.write(forged), "drill_state": {}}),
    )
    assert json.loads(answer["Payload"].read())["errorType"] == "ProductionTargetRefused"
    assert stage.production() == before
