"""A retirement: the only roles that may delete a database which was production's, and the walls around the one that is.

A cluster is known to IAM by three things, and all of them must hold: its name is one of the platform's and not the
source's, it bears the environment's tag, and it bears `coder-day2:serving=no`. That mark is put by a restore alone: on
what it makes, until the cut-over, and on the old cluster once nothing can be taken back. A cluster that no restore
knows has no mark, and the one that a restore cut over to has `yes`: neither can be deleted, whatever a step believes.

What IAM cannot say: `rds:ModifyDBCluster` has no condition for what is modified, so that the role which takes the
deletion protection off a resting cluster could change other things of it; the one step that has it does nothing else.
"""

from collections.abc import Mapping

from cdk.names import RETIRE, Names
from cdk.permissions.database import ENVIRONMENT_TAG, VERBS
from cdk.permissions.restore import SERVING_TAG
from cdk.permissions.statement import Statement

RESTING, SERVES = "no", "yes"
RETIREMENT_TAG = "coder-day2:retirement"
FOLDER = "retirements"
"""Every record's key begins with it (`lambdas.retirement.record`)."""


def _resting(names: Names) -> dict[str, Mapping[str, str]]:
    return {
        "StringEquals": {
            f"aws:ResourceTag/{ENVIRONMENT_TAG}": names.environment,
            f"aws:ResourceTag/{SERVING_TAG}": RESTING,
        }
    }


def _places(names: Names) -> tuple[str, ...]:
    """What a change of a cluster is authorised on beside it."""
    return (
        names.arn("rds", "cluster-pg:*"),
        names.arn("rds", "pg:*"),
        names.arn("rds", "og:default:aurora-postgresql-*"),
    )


def mark(names: Names) -> tuple[Statement, ...]:
    """For the restore's own steps that say which cluster serves: FenceDatabase and SettleGroups."""
    return (
        Statement(
            sid="SayWhichServes",
            actions=("rds:AddTagsToResource",),
            resources=(*names.of_the_platform("cluster"), *names.of_the_platform("db")),
            conditions={
                "StringEquals": {
                    f"aws:RequestTag/{ENVIRONMENT_TAG}": names.environment,
                    f"aws:RequestTag/{SERVING_TAG}": [SERVES, RESTING],
                }
            },
            why=f"The tag {SERVING_TAG} of the platform's clusters and instances, by which a retirement is walled in.",
        ),
    )


def look_at_connections(_names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="LookAtConnections",
            actions=("cloudwatch:GetMetricStatistics",),
            resources=("*",),
            why="CloudWatch's metrics take no resource; the numbers of connections are read.",
        ),
    )


def look_at_retirements(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="LookAtRetirements",
            actions=("states:DescribeExecution",),
            resources=(names.executions_arn(RETIRE),),
            why="Executions of the retirement's machine: whether the one that holds the lock still runs.",
        ),
    )


def hold_cluster(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="HoldTheCluster",
            actions=("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"),
            resources=(names.table_arn,),
            why="The one table of drills: the lock of a cluster, and which restores run.",
        ),
    )


def close_retirement(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="CloseTheRetirement",
            actions=("dynamodb:DeleteItem", "dynamodb:PutItem"),
            resources=(names.table_arn,),
            why="The one table of drills: the retirement's end and its lock.",
        ),
    )


def write_records(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="KeepRetirements",
            actions=("s3:GetObject", "s3:PutObject"),
            resources=(f"{names.bucket_arn}/{FOLDER}/*",),
            why="The folder of retirements, in which each has its own. Nothing can be deleted or unlocked.",
        ),
    )


def take_final_snapshot(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="TakeTheFinalSnapshot",
            actions=("rds:CreateDBClusterSnapshot", "rds:AddTagsToResource"),
            resources=(names.final_snapshots,),
            conditions={
                "StringEquals": {f"aws:RequestTag/{ENVIRONMENT_TAG}": names.environment},
                "Null": {f"aws:RequestTag/{RETIREMENT_TAG}": "false"},
            },
            why="New snapshots of the platform's clusters that are called final, tagged in the request.",
        ),
        Statement(
            sid="OfWhatIsRetired",
            actions=("rds:CreateDBClusterSnapshot",),
            resources=names.of_the_platform("cluster"),
            conditions=_resting(names),
            why=f"Clusters of the platform that bear {SERVING_TAG}={RESTING}.",
        ),
        *_use_key(names),
    )


def _use_key(names: Names) -> tuple[Statement, ...]:
    key = names.settings.source.kms_key
    if key is None:
        return ()
    via_rds = {"kms:ViaService": f"rds.{names.settings.aws.region}.amazonaws.com"}
    return (
        Statement(
            sid="ReadTheRetiredsKey",
            actions=("kms:DescribeKey", "kms:Decrypt"),
            resources=(key,),
            conditions={"StringEquals": via_rds},
            why="The key of the platform's database and its snapshots, through RDS only.",
        ),
        Statement(
            sid="LetRdsKeepTheSnapshot",
            actions=("kms:CreateGrant",),
            resources=(key,),
            conditions={"StringEquals": via_rds, "Bool": {"kms:GrantIsForAWSResource": "true"}},
            why="RDS passes the key on to the snapshot; no other grant can be made.",
        ),
    )


def delete(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="DeleteWhatIsRetired",
            actions=("rds:DeleteDBCluster", "rds:DeleteDBInstance", "rds:ModifyDBCluster"),
            resources=(*names.of_the_platform("cluster"), *names.of_the_platform("db")),
            conditions=_resting(names),
            why=(
                f"Clusters and instances of the platform that bear {SERVING_TAG}={RESTING}; changed only to take their "
                "deletion protection off."
            ),
        ),
        Statement(
            sid="LeaveTheRetiredsGroups",
            actions=("rds:ModifyDBCluster",),
            resources=_places(names),
            why="A change of a cluster is authorised on its groups too; the groups are not changed.",
        ),
    )


def guard(names: Names) -> tuple[Statement, ...]:
    """What no role of a retirement may do, whatever else it is allowed."""
    beside = (*_places(names), names.final_snapshots)
    verbs = tuple(f"rds:{verb}*" for verb in VERBS)
    return (
        Statement(
            sid="NothingElseOfADatabase",
            effect="Deny",
            except_actions=(
                *("rds:Describe*", "rds:ListTagsForResource", "rds:AddTagsToResource", "rds:CreateDBClusterSnapshot"),
                *("rds:ModifyDBCluster", "rds:DeleteDBCluster", "rds:DeleteDBInstance"),
            ),
            resources=(f"arn:{names.partition}:rds:*",),
            why="A retirement takes a snapshot, unprotects and deletes; it changes and restores nothing.",
        ),
        Statement(
            sid="NeverTheSource",
            effect="Deny",
            actions=(*verbs, "rds:Restore*"),
            resources=(names.source_cluster,),
            why="The cluster that the settings call the source, whatever it is tagged with.",
        ),
        Statement(
            sid="NothingUnmarked",
            effect="Deny",
            actions=verbs,
            except_resources=beside,
            conditions={"Null": {f"aws:ResourceTag/{SERVING_TAG}": "true"}},
            why="What no restore has marked: a database that was never restored, and everybody else's.",
        ),
        Statement(
            sid="NothingThatServes",
            effect="Deny",
            actions=verbs,
            except_resources=beside,
            conditions={"StringEquals": {f"aws:ResourceTag/{SERVING_TAG}": SERVES}},
            why="What a restore has cut over to, or was about to.",
        ),
        Statement(
            sid="NoOthersDatabase",
            effect="Deny",
            actions=verbs,
            except_resources=(*names.of_the_platform("cluster"), *names.of_the_platform("db"), *beside),
            why="Everything but describing, on what does not bear one of the platform's names.",
        ),
        Statement(
            sid="BackupsStay",
            effect="Deny",
            actions=(
                *("rds:DeleteDBClusterSnapshot", "rds:DeleteDBSnapshot", "rds:DeleteDBClusterAutomatedBackup"),
                *("rds:ModifyDBClusterSnapshotAttribute", "rds:Restore*"),
            ),
            resources=("*",),
            why="What is left of a retired database is deleted, shared or restored by nobody here.",
        ),
    )
