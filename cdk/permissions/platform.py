"""A platform restore beside the databases: the two secrets of the platform, the question and its answer."""

from cdk.names import RESTORE, Names
from cdk.permissions.statement import Statement


def read_connection_secret(names: Names) -> tuple[Statement, ...]:
    platform = names.settings.platform
    if platform is None:
        return ()
    return (
        Statement(
            sid="ReadTheConnectionSecret",
            actions=("secretsmanager:GetSecretValue",),
            resources=(names.secret(platform.connection_secret),),
            why="The one secret with which the platform reaches its database.",
        ),
    )


def write_connection_secret(names: Names) -> tuple[Statement, ...]:
    platform = names.settings.platform
    if platform is None:
        return ()
    return (
        Statement(
            sid="RepointTheConnectionSecret",
            actions=("secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"),
            resources=(names.secret(platform.connection_secret),),
            why="A new version of the one secret, and the version before when a rollback asks for it.",
        ),
    )


def read_token(names: Names) -> tuple[Statement, ...]:
    platform = names.settings.platform
    if platform is None or platform.token_secret is None:
        return ()
    return (
        Statement(
            sid="ReadCodersToken",
            actions=("secretsmanager:GetSecretValue",),
            resources=(names.secret(platform.token_secret),),
            why="The session token by which Coder is asked for its counts.",
        ),
    )


def read_with_key(names: Names) -> tuple[Statement, ...]:
    return _use_key(names, "ReadWithTheSecretsKey", "kms:Decrypt")


def write_with_key(names: Names) -> tuple[Statement, ...]:
    return _use_key(names, "WriteWithTheSecretsKey", "kms:GenerateDataKey")


def _use_key(names: Names, sid: str, action: str) -> tuple[Statement, ...]:
    """Secrets Manager uses a key in the caller's name, in a context of the secret's ARN (its guide, "Encryption")."""
    platform = names.settings.platform
    if platform is None or platform.secrets_kms_key is None:
        return ()  # the AWS-managed key of Secrets Manager lets its account's callers through by its own policy
    secrets = [names.secret(each) for each in (platform.connection_secret, platform.token_secret) if each]
    return (
        Statement(
            sid=sid,
            actions=(action,),
            resources=(platform.secrets_kms_key,),
            conditions={
                "StringEquals": {"kms:ViaService": f"secretsmanager.{names.settings.aws.region}.amazonaws.com"},
                "StringLike": {"kms:EncryptionContext:SecretARN": secrets},
            },
            why="The key of the platform's secrets, through Secrets Manager and for these secrets only.",
        ),
    )


def look_at_restores(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="LookAtRestores",
            actions=("states:DescribeExecution",),
            resources=(names.executions_arn(RESTORE),),
            why="Executions of the restore machine: whether the one that holds the lock still runs.",
        ),
    )


def answer(names: Names) -> tuple[Statement, ...]:
    return (
        Statement(
            sid="LetTheRestoreGoOn",
            actions=("states:SendTaskSuccess", "states:SendTaskFailure"),
            resources=(names.machine_arn(RESTORE),),
            why=(
                "The answer to a waiting restore, and to no other machine. The Service Authorization Reference names "
                "no resource for it; Step Functions authorises it on the machine whose task holds the token."
            ),
        ),
        Statement(
            sid="SeeWhoStartedIt",
            actions=("cloudtrail:LookupEvents",),
            resources=("*",),
            why="Looking events up takes no resource; it is read for StartExecution alone.",
        ),
    )
