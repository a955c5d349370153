"""The restored copy: looking, restoring, deleting, reading its secret; and the wall around everything else.

Which actions take which resources and condition keys: Service Authorization Reference, "Amazon RDS" (2026-11).
"""

from collections.abc import Mapping

from cdk.names import Names
from cdk.permissions.statement import Statement

ENVIRONMENT_TAG, DRILL_TAG = "coder-day2:environment", "coder-day2:drill"

# The verbs of every RDS action that does more than describe, Restore apart, which has a rule of its own. By hand, so
# that a template does not change with the botocore it was made beside; a test compares them with botocore's model.
# Download reads logs, which quote statements with their data.
VERBS = (
    *("Add", "Apply", "Authorize", "Backtrack", "Cancel", "Copy", "Create", "Delete", "Deregister", "Disable"),
    *("Download", "Enable", "Failover", "Modify", "Promote", "Purchase", "Reboot", "Register", "Remove", "Reset"),
    *("Revoke", "Start", "Stop", "Switchover"),
)


def _tagged(names: Names) -> dict[str, Mapping[str, str]]:
    """Only what bears the drills' tags."""
    return {
        "StringEquals": {f"aws:ResourceTag/{ENVIRONMENT_TAG}": names.environment},
        "Null": {f"aws:ResourceTag/{DRILL_TAG}": "false"},
    }


def _tagging(names: Names) -> dict[str, Mapping[str, str]]:
    """Only with the drills' tags in the request."""
    return {
        "StringEquals": {f"aws:RequestTag/{ENVIRONMENT_TAG}": names.environment},
        "Null": {f"aws:RequestTag/{DRILL_TAG}": "false"},
    }


def look(_names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="LookAtDatabases",
            actions=(
                "rds:DescribeDBClusterAutomatedBackups",
                "rds:DescribeDBClusterSnapshots",
                "rds:DescribeDBClusters",
                "rds:DescribeDBInstances",
            ),
            resources=("*",),
            why=(
                "Describes list what exists, leftovers of unknown name among it, and a list is authorised as a whole; "
                "they show names, states and tags, never data."
            ),
        ),
    )


def restore(names: Names) -> tuple[Statement, ...]:
    copy = names.settings.copy_
    restore = ("rds:RestoreDBClusterFromSnapshot", "rds:RestoreDBClusterToPointInTime")
    return (
        Statement(
            sid="RestoreUnderThePrefix",
            actions=(*restore, "rds:AddTagsToResource"),
            resources=(names.drills_own("cluster"),),
            conditions=_tagging(names),
            why=f"New clusters under the prefix {copy.prefix}-, and only when the request tags them as a drill's.",
        ),
        Statement(
            sid="RestoreFromSnapshots",
            actions=("rds:RestoreDBClusterFromSnapshot",),
            resources=names.source_snapshots,
            why=(
                "Automated snapshots by the source's name, manual ones by the settings' patterns, and all of AWS "
                f"Backup's. No name tells whose a snapshot is: the step takes those of {names.settings.source.cluster}."
            ),
        ),
        Statement(
            sid="RestoreToPointInTime",
            actions=("rds:RestoreDBClusterToPointInTime",),
            resources=(names.source_cluster, names.arn("rds", "cluster-auto-backup:*")),
            why=(
                "The source, and the retained backup that it leaves when it is deleted, whose id only AWS knows: "
                "another cluster's is kept out by the step alone."
            ),
        ),
        Statement(
            sid="PlaceTheCopy",
            actions=restore,
            resources=(names.arn("rds", f"subgrp:{copy.subnet_group}"), *_groups(names)),
            why="The copy's subnet group, parameter group and the engine's default option group are used, not changed.",
        ),
        *_use_keys(names),
    )


def _groups(names: Names) -> tuple[str, str]:
    """The copy's parameter group (the source's own, when the settings name none) and the engine's option group."""
    group = names.settings.copy_.cluster_parameter_group or "*"
    return names.arn("rds", f"cluster-pg:{group}"), names.arn("rds", "og:default:aurora-postgresql-*")


def _use_keys(names: Names) -> tuple[Statement, ...]:
    keys = sorted({key for key in (names.settings.source.kms_key, names.settings.copy_.kms_key) if key})
    if not keys:
        return ()  # the AWS-managed key of RDS lets its account's callers through by its own policy
    via_rds = {"kms:ViaService": f"rds.{names.settings.aws.region}.amazonaws.com"}
    return (
        Statement(
            sid="ReadTheBackupsKey",
            actions=("kms:DescribeKey", "kms:Decrypt"),
            resources=tuple(keys),
            conditions={"StringEquals": via_rds},
            why="The keys of the backups and of the copy, through RDS only; an instance needs them as a cluster does.",
        ),
        Statement(
            sid="LetRdsUseTheKey",
            actions=("kms:CreateGrant",),
            resources=tuple(keys),
            conditions={"StringEquals": via_rds, "Bool": {"kms:GrantIsForAWSResource": "true"}},
            why="RDS passes the key on to the copy's storage; no other grant can be made.",
        ),
    )


def add_instance(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="AddWriterUnderThePrefix",
            actions=("rds:CreateDBInstance", "rds:AddTagsToResource"),
            resources=(names.drills_own("db"),),
            conditions=_tagging(names),
            why="New instances under the drills' prefix, and only when the request tags them as a drill's.",
        ),
        Statement(
            sid="AddWriterToTheCopy",
            actions=("rds:CreateDBInstance",),
            resources=(
                names.drills_own("cluster"),
                names.arn("rds", f"subgrp:{names.settings.copy_.subnet_group}"),
                names.arn("rds", "pg:default.aurora-postgresql*"),
                names.arn("rds", "og:default:aurora-postgresql-*"),
            ),
            why="The instance joins a cluster under the prefix, with the engine's default groups of every version.",
        ),
        *_use_keys(names),
        never_public(names),
    )


def never_public(_names: Names) -> Statement:
    """For every role that makes instances, a drill's and a restore's."""
    return Statement(
        sid="NeverPublic",
        effect="Deny",
        actions=("rds:CreateDBInstance",),
        resources=("*",),
        conditions={"Bool": {"rds:PubliclyAccessible": "true"}},
        why="No instance gets a public address: RDS tells IAM what is asked for, and the step itself says `false`.",
    )


def reset_credentials(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="GiveTheCopyItsOwnSecret",
            actions=("rds:ModifyDBCluster",),
            resources=(names.drills_own("cluster"),),
            conditions={**_tagged(names), "BoolIfExists": {"rds:ManageMasterUserPassword": "true"}},
            why="Clusters under the prefix that bear the drills' tags, and only towards a managed password.",
        ),
        Statement(
            sid="LeaveItsGroups",
            actions=("rds:ModifyDBCluster",),
            resources=_groups(names),
            why="A change of a cluster is authorised on its groups too; the groups themselves are not changed.",
        ),
        Statement(
            sid="LetRdsMakeTheSecret",
            actions=("secretsmanager:CreateSecret", "secretsmanager:TagResource"),
            resources=(names.managed_secrets,),
            why="RDS makes the managed secret in the caller's name and chooses the end of its name; it is not read.",
        ),
        Statement(
            sid="LetRdsSeeTheSecretsKey",
            actions=("kms:DescribeKey",),
            resources=(names.arn("kms", "key/*"),),
            conditions={
                "StringEquals": {
                    "kms:ViaService": [
                        f"{service}.{names.settings.aws.region}.amazonaws.com" for service in ("rds", "secretsmanager")
                    ]
                }
            },
            why=(
                "RDS looks, in the caller's name, at the key that encrypts the secret: the account's own of Secrets "
                "Manager, whose id only AWS knows. Looking encrypts nothing."
            ),
        ),
    )


def delete(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="DeleteTheDrillsOwn",
            actions=("rds:DeleteDBCluster", "rds:DeleteDBClusterSnapshot", "rds:DeleteDBInstance"),
            resources=(names.drills_own("cluster"), names.drills_own("cluster-snapshot"), names.drills_own("db")),
            conditions=_tagged(names),
            why="What bears both the drills' prefix and their tags; a name or a tag alone is not enough.",
        ),
        Statement(
            sid="DeleteTheCopysBackups",
            actions=("rds:DeleteDBClusterAutomatedBackup",),
            resources=(names.arn("rds", "cluster-auto-backup:*"),),
            conditions=_tagged(names),
            why="Backups that a deleted copy leaves, by the tags alone: AWS makes up their ids.",
        ),
    )


def guard(names: Names) -> tuple[Statement, ...]:
    """What no role of a drill may do, whatever else it is allowed."""
    placing = tuple(names.arn("rds", f"{kind}:*") for kind in ("subgrp", "cluster-pg", "pg", "og"))
    own = tuple(names.drills_own(kind) for kind in ("cluster", "db", "cluster-snapshot"))
    backups = names.arn("rds", "cluster-auto-backup:*")
    return (
        Statement(
            sid="NothingOutsideThePrefix",
            effect="Deny",
            actions=tuple(f"rds:{verb}*" for verb in VERBS),
            except_resources=(*own, *placing, backups),
            why=(
                "Everything but describing and restoring, on what is outside the drills' prefix, production first of "
                "all; groups and automated backups have statements of their own."
            ),
        ),
        Statement(
            sid="NoOthersBackups",
            effect="Deny",
            actions=tuple(f"rds:{verb}*" for verb in VERBS),
            resources=(backups,),
            conditions={"Null": {f"aws:ResourceTag/{DRILL_TAG}": "true"}},
            why="Automated backups bear no name to go by; one without a drill's tag may be production's.",
        ),
        Statement(
            sid="GroupsAreUsedNotChanged",
            effect="Deny",
            actions=(
                *(f"rds:{verb}*Group" for verb in ("Copy", "Create", "Delete", "Modify", "Reset")),
                "rds:AddTagsToResource",
                "rds:RemoveTagsFromResource",
            ),
            resources=placing,
            why="The platform's subnet and parameter groups.",
        ),
        Statement(
            sid="RestoreFromTheSourceOnly",
            effect="Deny",
            actions=("rds:Restore*",),
            except_resources=(*own, names.source_cluster, *names.source_snapshots, backups, *placing),
            why=(
                "A restore onto, or from, anything but the drills' prefix, the one source, snapshots of the names that "
                "a drill may restore, and retained backups; of which cluster these are, the step sees and IAM does not."
            ),
        ),
        Statement(
            sid="NoSnapshotOntoTheSource",
            effect="Deny",
            actions=("rds:RestoreDBClusterFromSnapshot", "rds:RestoreDBClusterFromS3"),
            resources=(names.source_cluster,),
            why="A restore from a snapshot needs the source for nothing but to replace it.",
        ),
    )


def read_managed_secret(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="ReadTheCopysSecret",
            actions=("secretsmanager:GetSecretValue",),
            resources=(names.managed_secrets,),
            conditions={"StringLike": {"aws:ResourceTag/aws:rds:primaryDBClusterArn": names.drills_own("cluster")}},
            why="Managed secrets of clusters under the prefix, by the tag that RDS sets: their names are random.",
        ),
    )


def look_at_secrets(_names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="LookForSecrets",
            actions=("secretsmanager:ListSecrets",),
            resources=("*",),
            why="Listing takes no resource; it shows names and tags, never a value.",
        ),
    )
