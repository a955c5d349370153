"""Options that say where: on this machine, or in an AWS account."""

from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from day2.drill.deployment import Deployment, NotDeployed, find
from day2.engine import engine as engines
from day2.engine import synth
from day2.engine.furnishing import POLL_SECONDS
from lambdas.errors import InputRejected

Local = Annotated[bool, typer.Option("--local/--aws", metavar="", help="On this machine, or in your AWS account.")]
Environment = Annotated[
    str,
    typer.Option(
        "--env", metavar="NAME", help="The deployed environment, with --aws. Left out: prod.", show_default=False
    ),
]
Json = Annotated[bool, typer.Option("--json", metavar="", help="For machines.")]


def asked_for(environment: str, *, local: bool) -> str:
    """The environment that is meant: production where none is named. Raises InputRejected for one beside --local."""
    if local and environment:
        raise InputRejected((f"--env {environment}: goes with --aws; without it day2 works on this machine",))
    return environment or "prod"


def on_aws(environment: str) -> Deployment:
    """The deployment of `environment` in the account and Region of the caller's credentials. Raises NotDeployed."""

    def client(service: str) -> Any:
        make: Any = boto3.client
        return make(service)

    return find(environment, client)


def on_the_engine() -> Deployment | None:
    """The deployment on the engine that is up; None without one, and on one that is not furnished yet."""
    if not engines.status().running:
        return None
    try:
        return find(synth.ENVIRONMENT, engines.Engine.find().client, poll_seconds=POLL_SECONDS)
    except NotDeployed:
        return None


def caller(deployment: Deployment) -> str:
    """Who starts something there, for its record: told by STS, and believed by nobody who needs proof."""
    try:
        return f"{deployment.clients('sts').get_caller_identity()['Arn']} with day2"
    except (ClientError, BotoCoreError):
        return "day2; who is in CloudTrail's StartExecution"
