"""An RDS call is checked on every resource that it names, as on AWS.

MiniStack checks it on one cluster or instance, and on `*` where it names neither, which no statement about a
snapshot's or backup's ARN allows. Which resources an action is authorised on: Service Authorization Reference,
"Actions, resources, and condition keys for Amazon RDS". A request that sets tags is also checked as
rds:AddTagsToResource on what it creates, a new cluster's automated backup included. A rename is a change of the
resource under its present name: that reference lists no second one for the new name. Option groups and default
parameter groups, which no request names, are not checked; nor are the KMS keys that RDS uses for the caller.
"""

import contextvars
from collections.abc import Iterator, Mapping
from typing import Any

from ministack.core import iam_actions, iam_evaluator

from day2.engine.aurora.records import backup_name
from day2.engine.settings import EngineSettings

NEEDS = (
    "core.iam_actions._query_param",
    "core.iam_actions.extract_resource_arn",
    "core.iam_evaluator.enforce",
)

_BACKUP = "cluster-auto-backup"
# Parameter -> the resource type in the ARN. The first that an action has is the resource it is about.
_BY_ACTION: Mapping[str, tuple[tuple[str, str], ...]] = {
    "RestoreDBClusterFromSnapshot": (
        ("DBClusterIdentifier", "cluster"),
        ("SnapshotIdentifier", "cluster-snapshot"),
        ("DBSubnetGroupName", "subgrp"),
        ("DBClusterParameterGroupName", "cluster-pg"),
    ),
    "RestoreDBClusterToPointInTime": (
        ("DBClusterIdentifier", "cluster"),
        ("SourceDBClusterIdentifier", "cluster"),
        ("SourceDbClusterResourceId", _BACKUP),
        ("DBSubnetGroupName", "subgrp"),
        ("DBClusterParameterGroupName", "cluster-pg"),
    ),
    "CreateDBInstance": (
        ("DBInstanceIdentifier", "db"),
        ("DBClusterIdentifier", "cluster"),
        ("DBSubnetGroupName", "subgrp"),
        ("DBParameterGroupName", "pg"),
    ),
    "ModifyDBCluster": (
        ("DBClusterIdentifier", "cluster"),
        ("DBClusterParameterGroupName", "cluster-pg"),
        ("DBInstanceParameterGroupName", "pg"),
    ),
    "ModifyDBInstance": (("DBInstanceIdentifier", "db"), ("DBParameterGroupName", "pg")),
    "DeleteDBCluster": (("DBClusterIdentifier", "cluster"), ("FinalDBSnapshotIdentifier", "cluster-snapshot")),
    "DeleteDBInstance": (("DBInstanceIdentifier", "db"),),
    "CreateDBClusterSnapshot": (
        ("DBClusterSnapshotIdentifier", "cluster-snapshot"),
        ("DBClusterIdentifier", "cluster"),
    ),
    "DeleteDBClusterSnapshot": (("DBClusterSnapshotIdentifier", "cluster-snapshot"),),
    "DeleteDBClusterAutomatedBackup": (("DbClusterResourceId", _BACKUP),),
    "AddTagsToResource": (("ResourceName", ""),),
    "RemoveTagsFromResource": (("ResourceName", ""),),
    "ListTagsForResource": (("ResourceName", ""),),
}
_CREATES = ("Create", "Restore")

Check = tuple[str, str]

_extract = iam_actions.extract_resource_arn
_enforce = iam_evaluator.enforce
_further: contextvars.ContextVar[tuple[Check, ...]] = contextvars.ContextVar("further_checks", default=())


def install(_settings: EngineSettings) -> None:
    iam_actions.extract_resource_arn = extract
    iam_evaluator.enforce = enforce


def extract(service: str, *request: Any) -> str:
    """The resource that a request is about; the further ones wait for `enforce`, which follows in the same context."""
    _further.set(())
    first = str(_extract(service, *request))
    if service != "rds":
        return first
    parameters, region, account = request[-3:]
    checks = tuple(_checks(parameters, region=region, account=account))
    _further.set(checks[1:])
    return checks[0][1] if checks else first


def enforce(key: str, action: str, service: str, region: str, **more: Any) -> Any:
    """None when the caller may do it on every resource, else what MiniStack says of the first refusal."""
    denied = _enforce(key, action, service, region, **more)
    if service != "rds":
        return denied
    for further_action, arn in _further.get():
        denied = denied or _enforce(key, further_action, service, region, **{**more, "resource_arn": arn})
    _further.set(())
    return denied


def _checks(parameters: Mapping[str, Any], *, region: str, account: str) -> Iterator[Check]:
    """Action and ARN of each check that a request needs."""
    action = iam_actions._query_param(parameters, "Action")

    def arn(kind: str, name: str) -> str:
        name = backup_name(name) if kind == _BACKUP else name
        return name if name.startswith("arn:") else f"arn:aws:rds:{region}:{account}:{kind}:{name}"

    arns = [
        arn(kind, value)
        for name, kind in _BY_ACTION.get(action, ())
        if (value := iam_actions._query_param(parameters, name))
    ]
    yield from ((f"rds:{action}", arn) for arn in arns)
    if arns and action.startswith(_CREATES) and any(name.startswith("Tags.") for name in parameters):
        yield "rds:AddTagsToResource", arns[0]
    if any(name.startswith("TagSpecifications.") for name in parameters):
        yield "rds:AddTagsToResource", arn(_BACKUP, "new")
