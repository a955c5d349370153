"""The ledger, the records, the topic, their key, and the executions that are looked at."""

from cdk.names import DRILL, Names
from cdk.permissions.statement import Row, Statement

FOLDER, RESTORES = "drills", "restores"
"""Every record's key begins with one of them (`lambdas.evidence.naming`)."""


def ledger(sid: str, *actions: str, why: str) -> Row:
    """A row of actions on the one table."""

    def row(names: Names) -> tuple[Statement, ...]:
        return (
            Statement(
                sid=sid,
                actions=tuple(f"dynamodb:{action}" for action in actions),
                resources=(names.table_arn,),
                why=f"The one table of drills: {why}.",
            ),
        )

    return row


claim = ledger("ClaimSlotAndSource", "GetItem", "PutItem", why="the slot, the source's lock and the drill's entry")
read_baseline = ledger("ReadTheBaseline", "GetItem", why="the counts of the last passed drill")
read_history = ledger("ReadTheHistory", "Query", why="which drills ran and which run")
close = ledger(
    "CloseTheDrill",
    "DeleteItem",
    "GetItem",
    "PutItem",
    "Query",
    "UpdateItem",
    why="the drill's end, the baseline, the trend, and the lock that is let go",
)


claim_restore = ledger(
    "OpenTheRestore", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem", why="the restore's lock, the entries"
)
know_leader = ledger("KnowWhoLeads", "GetItem", "Query", why="who holds the source, and who has led the platform")
become_leader = ledger("LeadThePlatform", "UpdateItem", why="which restore leads the platform from now on")
read_ledger = ledger("ReadWhatDrillsKnow", "GetItem", why="the last recorded shape and counts of the source")
keep_approval = ledger("KeepTheQuestion", "GetItem", "PutItem", "UpdateItem", why="the question, its answer")
close_restore = ledger(
    "CloseTheRestore", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem", why="the restore's end and its lock"
)


def write_restores(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="KeepRestores",
            actions=("s3:GetObject", "s3:PutObject"),
            resources=(f"{names.bucket_arn}/{RESTORES}/*",),
            why="The folder of restores, in which each has its own. Nothing can be deleted or unlocked.",
        ),
    )


def write_records(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="KeepRecords",
            actions=("s3:GetObject", "s3:PutObject"),
            resources=(f"{names.bucket_arn}/{FOLDER}/*",),
            why="The folder of drill records, in which each drill has its own. Nothing can be deleted or unlocked.",
        ),
    )


def announce(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(sid="Tell", actions=("sns:Publish",), resources=(names.topic_arn,), why="The one topic of drills."),
    )


def use_key(names: Names, key: str) -> Statement:
    services = [f"{service}.{names.settings.aws.region}.amazonaws.com" for service in ("s3", "sns")]
    return Statement(
        sid="UseTheEvidencesKey",
        actions=("kms:Decrypt", "kms:GenerateDataKey"),
        resources=(key,),
        conditions={"StringEquals": {"kms:ViaService": services}},
        why="The key of the bucket and the topic, through S3 and SNS only.",
    )


def look_at_executions(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="LookAtDrills",
            actions=("states:DescribeExecution",),
            resources=(names.executions_arn(DRILL),),
            why="Executions of the drill machine, whose names are made when they start.",
        ),
    )
