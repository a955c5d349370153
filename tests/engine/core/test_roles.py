"""A function may do what its role allows, and nothing else."""

import json
from typing import Any
from uuid import uuid4

import pytest
from core_bench import Workbench

ASKS = """
from botocore.exceptions import ClientError
from botocore.session import Session

def handler(event, context):
    client = Session().create_client(event["service"])
    try:
        getattr(client, event["call"])(**event["with"])
        return "done"
    except ClientError as error:
        return error.response["Error"]["Code"]
"""

ACCOUNT = "eu-central-1:000000000000"
DENIED = ("AccessDenied", "AccessDeniedException", "AuthorizationError")


def allow(*actions: str, on: str = "*", **conditions: Any) -> dict[str, Any]:
    condition = {"Condition": conditions} if conditions else {}
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **condition}


def ask(bench: Workbench, statements: list[dict[str, Any]], service: str, call: str, **arguments: Any) -> str:
    """What a function with these statements is answered."""
    function = bench.function(ASKS, role=bench.role(*statements))
    event = {"service": service, "call": call, "with": arguments}
    answer = bench.engine.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    told: str = json.loads(answer["Payload"].read())
    return told


@pytest.fixture
def bucket(bench: Workbench) -> str:
    name = f"bucket-{uuid4().hex[:8]}"
    bench.engine.client("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": bench.engine.settings.region}
    )
    return name


def test_a_role_without_a_statement_may_do_nothing(bench: Workbench, bucket: str) -> None:
    assert ask(bench, [], "s3", "put_object", Bucket=bucket, Key="a", Body="x") in DENIED


def test_a_statement_reaches_as_far_as_its_arn(bench: Workbench, bucket: str) -> None:
    may = [allow("s3:PutObject", on=f"arn:aws:s3:::{bucket}/drills/*")]
    assert ask(bench, may, "s3", "put_object", Bucket=bucket, Key="drills/a", Body="x") == "done"
    assert ask(bench, may, "s3", "put_object", Bucket=bucket, Key="other/a", Body="x") in DENIED


def test_a_bucket_that_wants_tls_takes_what_functions_send(bench: Workbench, bucket: str) -> None:
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    bench.engine.client("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
    may = [allow("s3:PutObject", on=f"arn:aws:s3:::{bucket}/*")]
    assert ask(bench, may, "s3", "put_object", Bucket=bucket, Key="a", Body="x") == "done"


CLUSTER, SNAPSHOT = f"arn:aws:rds:{ACCOUNT}:cluster:", f"arn:aws:rds:{ACCOUNT}:cluster-snapshot:"
TAGGED = {"StringEquals": {"aws:RequestTag/coder-day2:environment": "local"}}
TAGS = [{"Key": "coder-day2:environment", "Value": "local"}]
RESTORE = "rds:RestoreDBClusterFromSnapshot"


ONTO = allow(RESTORE, on=f"{CLUSTER}dr-*")
ONTO_TAGGED = allow(RESTORE, "rds:AddTagsToResource", on=f"{CLUSTER}dr-*", **TAGGED)
BACKUP_TAGGED = allow("rds:AddTagsToResource", on=f"arn:aws:rds:{ACCOUNT}:cluster-auto-backup:*", **TAGGED)
FROM = allow(RESTORE, on=f"{SNAPSHOT}*")


@pytest.mark.parametrize(
    ("missing", "statements"),
    [
        ("nothing", [ONTO_TAGGED, BACKUP_TAGGED, FROM]),
        ("snapshot", [ONTO_TAGGED, BACKUP_TAGGED]),
        ("cluster", [FROM]),
        ("tagging", [ONTO, BACKUP_TAGGED, FROM]),
        ("tagging of the backup", [ONTO_TAGGED, FROM]),
    ],
)
def test_a_restore_needs_every_resource_that_it_names(
    bench: Workbench, missing: str, statements: list[dict[str, Any]]
) -> None:
    answer = ask(
        bench,
        statements,
        "rds",
        "restore_db_cluster_from_snapshot",
        DBClusterIdentifier="dr-1",
        SnapshotIdentifier="none-such",
        Engine="aurora-postgresql",
        Tags=TAGS,
        TagSpecifications=[{"ResourceType": "cluster-auto-backup", "Tags": TAGS}],
    )
    assert (answer in DENIED) == (missing != "nothing"), answer


def test_a_restore_onto_another_name_is_denied(bench: Workbench) -> None:
    wanted = {"DBClusterIdentifier": "coder-prod-aurora", "SnapshotIdentifier": "any", "Engine": "aurora-postgresql"}
    assert ask(bench, [ONTO, FROM], "rds", "restore_db_cluster_from_snapshot", **wanted) in DENIED


def test_deleting_a_snapshot_is_checked_on_the_snapshot(bench: Workbench) -> None:
    may = [allow("rds:DeleteDBClusterSnapshot", on=f"{SNAPSHOT}dr-*")]
    name = "DBClusterSnapshotIdentifier"
    assert ask(bench, may, "rds", "delete_db_cluster_snapshot", **{name: "dr-1"}) == "DBClusterSnapshotNotFoundFault"
    assert ask(bench, may, "rds", "delete_db_cluster_snapshot", **{name: "prod-1"}) in DENIED


DATABASE = f"arn:aws:rds:{ACCOUNT}:db:"


@pytest.mark.parametrize(
    ("call", "action", "kind", "parameter"),
    [
        ("modify_db_cluster", "rds:ModifyDBCluster", CLUSTER, "DBClusterIdentifier"),
        ("modify_db_instance", "rds:ModifyDBInstance", DATABASE, "DBInstanceIdentifier"),
    ],
)
def test_a_rename_is_checked_on_what_is_renamed(
    bench: Workbench, call: str, action: str, kind: str, parameter: str
) -> None:
    may = [allow(action, on=f"{kind}restored-*")]
    absent = {CLUSTER: "DBClusterNotFoundFault", DATABASE: "DBInstanceNotFound"}[kind]
    for name, answers in (("restored-1", (absent,)), ("coder-prod-aurora", DENIED)):
        asked = {parameter: name, f"New{parameter}": "any-name", "ApplyImmediately": True}
        assert ask(bench, may, "rds", call, **asked) in answers


def test_tagging_is_checked_on_the_resource_and_on_the_tags(bench: Workbench) -> None:
    keys = {"ForAllValues:StringEquals": {"aws:TagKeys": ["coder-day2:environment"]}}
    may_add = [allow("rds:AddTagsToResource", on=f"{CLUSTER}restored-*", **TAGGED)]
    may_remove = [allow("rds:RemoveTagsFromResource", on=f"{CLUSTER}restored-*", **keys)]
    absent = ("DBClusterNotFoundFault",)
    other_tags = [{"Key": "team", "Value": "platform"}]
    for name, tags, answers in (("restored-1", TAGS, absent), ("restored-1", other_tags, DENIED)):
        asked: dict[str, Any] = {"ResourceName": f"{CLUSTER}{name}", "Tags": tags}
        assert ask(bench, may_add, "rds", "add_tags_to_resource", **asked) in answers
    for name, answers in (("restored-1", absent), ("coder-prod-aurora", DENIED)):
        asked = {"ResourceName": f"{CLUSTER}{name}", "TagKeys": ["coder-day2:environment"]}
        assert ask(bench, may_remove, "rds", "remove_tags_from_resource", **asked) in answers
