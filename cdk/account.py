"""`python -m cdk.account prod`: whether the caller's credentials are for the account that an environment names.

Asked before the CDK command, which says the same later and less clearly.
"""

import sys
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cdk.environments import SettingsError, load

_QUICK = Config(connect_timeout=3, read_timeout=8, retries={"mode": "standard", "total_max_attempts": 2})


def fault(environment: str, *, account: str, caller: Callable[[], str]) -> str | None:
    """Why these credentials cannot deploy `environment`, as a sentence; None when they are for its account."""
    try:
        signed_in = caller()
    except (BotoCoreError, ClientError) as refusal:
        return (
            f"Nothing was deployed: AWS does not know who you are ({str(refusal).rstrip('.')}). "
            f"Sign in to account {account}, for instance with AWS_PROFILE, and try again."
        )
    if signed_in != account:
        return (
            f"Nothing was deployed: your credentials are for account {signed_in}, and config/{environment}.toml names "
            f"{account}. Sign in to that one, or correct aws.account."
        )
    return None


def main(words: list[str]) -> int:
    """0 when the credentials fit, 1 when they do not, 2 when the settings cannot be deployed anyway."""
    if len(words) != 1:
        sys.stderr.write("usage: python -m cdk.account ENVIRONMENT\n")
        return 2
    try:
        aws = load(words[0]).aws
    except SettingsError as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2

    def caller() -> str:
        sts: Any = boto3.client("sts", region_name=aws.region, config=_QUICK)
        return str(sts.get_caller_identity()["Account"])

    said = fault(words[0], account=aws.account, caller=caller)
    if said:
        sys.stderr.write(f"{said}\n")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
