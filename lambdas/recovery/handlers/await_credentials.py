"""AwaitCredentials: look whether the managed secret is active, and tell how the copy is reached."""

from lambdas.adapters import rds
from lambdas.contracts import Credentials, Drill
from lambdas.errors import CredentialsNotReady
from lambdas.recovery.waiting import judge_credentials, require_ready
from lambdas.runtime import Call, step


@step
def handler(call: Call) -> Credentials:
    """Take `drill`; give the secret's ARN and the writer's endpoint. A reader would refuse unlogged relations."""
    drill = call.take(Drill, "drill")
    cluster = rds.door().cluster(drill.target)
    wait = judge_credentials(cluster, run=drill, now=call.now)
    require_ready(wait, resource=drill.target, not_yet=CredentialsNotReady)
    # Ready says that all three are there; the type checker cannot know.
    assert cluster is not None and cluster.managed_secret is not None and cluster.endpoint is not None  # noqa: PT018, S101
    return Credentials(
        secret=cluster.managed_secret.arn,
        host=cluster.endpoint,
        port=cluster.port or call.settings.database.port,
        database=call.settings.database.name,
    )
