"""A platform restore and the databases: what it makes beside the source, what it changes, and the wall around both.

It may make clusters and instances of one beginning, give the source and those other security groups and other names,
and give (those only) a master password. Which actions take which resources and condition keys: Service Authorization
Reference, "Amazon RDS" (2026-11). What follows from it, and what IAM cannot say, is told in `cdk.permissions_page`.
"""

from collections.abc import Mapping

from cdk.names import Names
from cdk.permissions.database import ENVIRONMENT_TAG, VERBS, never_public
from cdk.permissions.statement import Statement

RESTORE_TAG, SERVING_TAG = "coder-day2:restore", "coder-day2:serving"

_RESTORES = ("rds:RestoreDBClusterFromSnapshot", "rds:RestoreDBClusterToPointInTime")
_MODIFIES = ("rds:ModifyDBCluster", "rds:ModifyDBInstance")
_LOOKS = ("rds:Describe*", "rds:List*")
# Of VERBS those that a restore has a use for; what it does with them is held by statements of their own.
_USED_VERBS = frozenset({"Add", "Create", "Modify"})
_ON_NO_RESOURCE = ("rds:CreateDBProxy", "rds:ModifyCertificates", "rds:ModifyDBRecommendation")


def _tagging(names: Names) -> dict[str, Mapping[str, str]]:
    """Only with a restore's tags in the request."""
    return {
        "StringEquals": {f"aws:RequestTag/{ENVIRONMENT_TAG}": names.environment},
        "Null": {f"aws:RequestTag/{RESTORE_TAG}": "false"},
    }


def _tagged(names: Names) -> dict[str, Mapping[str, str]]:
    """Only what bears a restore's tags."""
    return {
        "StringEquals": {f"aws:ResourceTag/{ENVIRONMENT_TAG}": names.environment},
        "Null": {f"aws:ResourceTag/{RESTORE_TAG}": "false"},
    }


def _groups(names: Names) -> tuple[str, ...]:
    """What a cluster or an instance is shaped by; not its security groups, on which no RDS action is authorised."""
    return (
        names.arn("rds", "cluster-pg:*"),
        names.arn("rds", "pg:*"),
        names.arn("rds", "og:default:aurora-postgresql-*"),
    )


def _places(names: Names) -> tuple[str, ...]:
    return (names.arn("rds", "subgrp:*"), *_groups(names))


def _made(names: Names) -> tuple[str, ...]:
    """What restores make, under the name that they give it."""
    return names.restored("cluster"), names.restored("db")


def _touched(names: Names) -> tuple[str, ...]:
    """All that a restore changes: the source, what it made, and the source under its other name."""
    return (
        names.source_cluster,
        names.source_instances,
        *_made(names),
        names.set_aside("cluster"),
        names.set_aside("db"),
    )


def restore_beside(names: Names) -> tuple[Statement, ...]:
    source = names.settings.source.cluster
    return (
        Statement(
            sid="RestoreBesideTheSource",
            actions=(*_RESTORES, "rds:AddTagsToResource"),
            resources=(names.restored("cluster"),),
            conditions=_tagging(names),
            why=f"New clusters that begin with {names.restored_prefix}, tagged in the request as a restore's.",
        ),
        Statement(
            sid="RestoreThePlatformFromSnapshots",
            actions=("rds:RestoreDBClusterFromSnapshot",),
            resources=names.source_snapshots,
            why=f"The snapshots that a drill may take too; the step takes those of {source} only.",
        ),
        Statement(
            sid="RestoreThePlatformToPointInTime",
            actions=("rds:RestoreDBClusterToPointInTime",),
            resources=(names.source_cluster, names.arn("rds", "cluster-auto-backup:*")),
            why=(
                "The source, and the retained backup that it leaves when it is deleted, whose id only AWS knows: "
                "another cluster's is kept out by the step alone."
            ),
        ),
        Statement(
            sid="ShapeItLikeTheSource",
            actions=_RESTORES,
            resources=_places(names),
            why="Whatever subnet, parameter and option groups the source has or had; they are used, not changed.",
        ),
        *_use_keys(names),
    )


def add_instances(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="AddInstancesBesideTheSource",
            actions=("rds:CreateDBInstance", "rds:AddTagsToResource"),
            resources=(names.restored("db"),),
            conditions=_tagging(names),
            why=f"New instances that begin with {names.restored_prefix}, tagged in the request as a restore's.",
        ),
        Statement(
            sid="AddInstancesToTheRestored",
            actions=("rds:CreateDBInstance",),
            resources=(names.restored("cluster"), *_places(names)),
            why="They join a restored cluster, with the groups that the source's instances have.",
        ),
        *_use_keys(names),
        never_public(names),
    )


def _use_keys(names: Names) -> tuple[Statement, ...]:
    if names.settings.source.kms_key is None:
        return ()  # the AWS-managed key of RDS lets its account's callers through by its own policy
    via_rds = {"kms:ViaService": f"rds.{names.settings.aws.region}.amazonaws.com"}
    return (
        Statement(
            sid="ReadThePlatformsKey",
            actions=("kms:DescribeKey", "kms:Decrypt"),
            resources=(names.settings.source.kms_key,),
            conditions={"StringEquals": via_rds},
            why="The key of the source and its backups, through RDS only; an instance needs it as a cluster does.",
        ),
        Statement(
            sid="LetRdsUseThePlatformsKey",
            actions=("kms:CreateGrant",),
            resources=(names.settings.source.kms_key,),
            conditions={"StringEquals": via_rds, "Bool": {"kms:GrantIsForAWSResource": "true"}},
            why="RDS passes the key on to the restored storage; no other grant can be made.",
        ),
    )


def set_password(names: Names) -> tuple[Statement, ...]:
    restored = names.restored("cluster")
    return (
        Statement(
            sid="SetTheRestoredPassword",
            actions=("rds:ModifyDBCluster",),
            resources=(restored,),
            conditions=_tagged(names),
            why="Restored clusters that bear a restore's tags, whose password the recovery point has brought along.",
        ),
        _leave_groups(names),
        Statement(
            sid="NeverTheSourcesPassword",
            effect="Deny",
            actions=_MODIFIES,
            except_resources=(restored, *_groups(names)),
            why="Whoever knows the connection secret may set the password of a restored cluster, and of no other.",
        ),
    )


def fence(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="FenceTheSource",
            actions=("rds:ModifyDBCluster",),
            resources=(names.source_cluster,),
            why="The source's security groups, taken and given back while it bears its own name.",
        ),
        _leave_groups(names),
    )


def unfence(names: Names) -> tuple[Statement, ...]:
    return (
        *fence(names),
        Statement(
            sid="CloseTheRestored",
            actions=("rds:ModifyDBCluster",),
            resources=(names.restored("cluster"),),
            conditions=_tagged(names),
            why="The security groups of the restored cluster, which a rollback closes before it opens the source.",
        ),
    )


def settle_groups(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="SettleTheGroups",
            actions=("rds:ModifyDBCluster",),
            resources=(names.source_cluster, names.restored("cluster")),
            why="The security groups of the cluster that serves, which bears the source's name or its own.",
        ),
        _leave_groups(names),
    )


def rename(names: Names) -> tuple[Statement, ...]:
    if names.settings.restore is None or "swap-identifiers" not in names.settings.restore.strategies:
        return ()
    return (
        Statement(
            sid="SwapNames",
            actions=_MODIFIES,
            resources=_touched(names),
            why="The names of the source, of the restored cluster, and of their instances, from either side of a swap.",
        ),
        _leave_groups(names),
    )


def _leave_groups(names: Names) -> Statement:
    return Statement(
        sid="LeaveTheirGroups",
        actions=_MODIFIES,
        resources=_places(names),
        why="A change of a cluster or an instance is authorised on its groups too; the groups are not changed.",
    )


def guard(names: Names) -> tuple[Statement, ...]:
    """What no role of a restore may do, whatever else it is allowed."""
    return (*_nothing_else(names), *_nowhere_else(names), *_from_nothing_else(names))


def _nothing_else(names: Names) -> tuple[Statement, ...]:
    """No other action."""
    return (
        Statement(
            sid="NothingElseOfRds",
            effect="Deny",
            except_actions=(*_LOOKS, *_RESTORES, *_MODIFIES, "rds:AddTagsToResource", "rds:CreateDBInstance"),
            resources=(f"arn:{names.partition}:rds:*",),
            why=(
                "A restore makes, renames and re-groups, and no more: it never deletes, stops, reboots or fails over "
                "a database, nor opens one to anybody. The old one stays until a person retires it."
            ),
        ),
        Statement(
            sid="NothingIsEverDeleted",
            effect="Deny",
            actions=(*(f"rds:{verb}*" for verb in VERBS if verb not in _USED_VERBS), *_ON_NO_RESOURCE),
            resources=("*",),
            why="The same by its verbs, also for the actions that RDS authorises on no resource at all.",
        ),
    )


def _nowhere_else(names: Names) -> tuple[Statement, ...]:
    """Nothing is made, changed or tagged but what a restore is about."""
    made, places = _made(names), _places(names)
    return (
        Statement(
            sid="NoOtherCluster",
            effect="Deny",
            actions=_MODIFIES,
            except_resources=(*_touched(names), *places),
            why="Changing what is neither the source nor made by a restore.",
        ),
        Statement(
            sid="NoInstanceElsewhere",
            effect="Deny",
            actions=("rds:CreateDBInstance",),
            except_resources=(*made, *places),
            why="An instance of another name, or for another cluster, than what a restore made.",
        ),
        Statement(
            sid="NoTagElsewhere",
            effect="Deny",
            actions=("rds:AddTagsToResource",),
            except_resources=(*names.of_the_platform("cluster"), *names.of_the_platform("db")),
            why="Tags on what does not bear one of the platform's names: groups, backups, everybody else's databases.",
        ),
        Statement(
            sid="NoTagButTheMark",
            effect="Deny",
            actions=("rds:AddTagsToResource",),
            except_resources=made,
            conditions={"Null": {f"aws:RequestTag/{SERVING_TAG}": "true"}},
            why=f"On the source nothing but the mark {SERVING_TAG}: a restore's own tags say what a restore made.",
        ),
    )


def _from_nothing_else(names: Names) -> tuple[Statement, ...]:
    """Nothing is restored from elsewhere, nor onto anything."""
    restored, _ = _made(names)
    backups = names.arn("rds", "cluster-auto-backup:*")
    return (
        Statement(
            sid="PlatformFromTheSourceOnly",
            effect="Deny",
            actions=("rds:Restore*",),
            except_resources=(restored, names.source_cluster, *names.source_snapshots, backups, *_places(names)),
            why=(
                "A restore onto, or from, anything but a restored name, the one source, its snapshots and retained "
                "backups; of which cluster these are, the step sees and IAM does not."
            ),
        ),
        Statement(
            sid="NoSnapshotOverTheSource",
            effect="Deny",
            actions=("rds:RestoreDBClusterFromSnapshot",),
            resources=(names.source_cluster,),
            why="A restore from a snapshot needs the source for nothing but to replace it.",
        ),
    )
