"""Options that say where: on this machine, or in an AWS account."""

from typing import Annotated, Any

import boto3
import typer

from day2.drill.deployment import Deployment, find
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
