"""Where an environment is deployed: its state machines, evidence and ledger, read from the stacks' outputs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.errors import Refused

Clients = Callable[[str], Any]


class NotDeployed(Refused):
    """The environment's stacks are not in this account and Region, or the account cannot be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One deployed environment. `clients` gives a boto3 client for a service's name.

    restore_machine, retire_machine  None where the settings describe no platform to restore
    scale_machine                    None where they scale no node group
    """

    environment: str
    clients: Clients
    drill_machine: str
    sweep_machine: str
    source: str
    bucket: str
    table: str
    poll_seconds: float
    restore_machine: str | None = None
    retire_machine: str | None = None
    scale_machine: str | None = None


def find(environment: str, clients: Clients, *, poll_seconds: float = 5.0) -> Deployment:
    """The deployment of `environment`, from the outputs of its stacks. Raises NotDeployed."""
    outputs = {
        **_outputs(clients, f"coder-day2-{environment}-evidence"),
        **_outputs(clients, f"coder-day2-{environment}-operations"),
    }
    try:
        return Deployment(
            environment=environment,
            clients=clients,
            drill_machine=outputs["DrillMachine"],
            sweep_machine=outputs["SweepMachine"],
            source=outputs["Source"],
            bucket=outputs["EvidenceBucket"],
            table=outputs["Ledger"],
            poll_seconds=poll_seconds,
            restore_machine=outputs.get("RestoreMachine"),
            retire_machine=outputs.get("RetireMachine"),
            scale_machine=outputs.get("ScaleMachine"),
        )
    except KeyError as missing:
        raise NotDeployed(
            f"The stacks of {environment!r} have no output {missing}.",
            resource=f"coder-day2-{environment}-operations",
            next_step=f"They are from another version: run `make deploy ENV={environment}`.",
        ) from missing


def _outputs(clients: Clients, stack: str) -> Mapping[str, str]:
    try:
        found = clients("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            raise NotDeployed(
                "coder-day2 is not deployed in this account and Region.",
                resource=stack,
                next_step="Deploy it with `make deploy ENV=…`, or choose another --env, profile or Region.",
            ) from error
        raise NotDeployed(
            f"AWS refused to describe the stack: {error.response['Error']['Code']}.",
            resource=stack,
            next_step="Sign in with a role that may call cloudformation:DescribeStacks.",
        ) from error
    except BotoCoreError as error:
        raise NotDeployed(
            f"AWS could not be asked: {str(error).rstrip('.')}.",
            resource=stack,
            next_step="Check credentials, profile and Region (AWS_PROFILE, AWS_DEFAULT_REGION).",
        ) from error
    return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
