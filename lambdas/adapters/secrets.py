"""The door to Secrets Manager: reads the login that RDS keeps for a copy's master user."""

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from lambdas.adapters import aws
from lambdas.errors import RequestRefused

_CLUSTER_TAG = "aws:rds:primaryDBClusterArn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A database user. The password is left out of the representation, so that no log line can hold it."""

    user: str
    password: str = field(repr=False)


@cache
def door() -> "Secrets":
    """This function's door, one client for the life of the process."""
    return Secrets()


class Secrets:
    """Secrets Manager, for reading only."""

    def __init__(self, client: Any | None = None) -> None:
        self._client = client or aws.client("secretsmanager")

    def login(self, secret: str) -> Login:
        """The `username` and `password` that the secret with this ARN holds.

        RDS writes the managed master secret as a JSON object of these two
        (Aurora User Guide, "Password management with Amazon Aurora and AWS Secrets Manager").

        Raises:
            AccessRefused: the role may not read it.
            RequestRefused: there is no such secret, or it holds no login.
            ServiceBusy: Secrets Manager throttled or did not answer.
        """
        with aws.asking(secret, next_step="Look whether the copy's managed secret is active, and start again."):
            answer = self._client.get_secret_value(SecretId=secret)
        try:
            held = json.loads(answer["SecretString"])
            return Login(user=held["username"], password=held["password"])
        except (KeyError, TypeError, ValueError):
            # Without the cause: a parser's message may quote what it could not read.
            raise RequestRefused(
                "the secret does not hold a JSON object with username and password",
                resource=secret,
                next_step="Give it the form that RDS writes, and start again.",
            ) from None

    def managed_by(self, cluster: str) -> tuple[str, ...]:
        """The ARNs of the master secrets that RDS keeps for the cluster of this name, whether or not it still exists.

        RDS names them by chance and tags them with their cluster's ARN. One that is scheduled for deletion is not
        listed.

        Raises:
            AccessRefused: the role may not list secrets.
            RequestRefused: Secrets Manager refused the call.
            ServiceBusy: Secrets Manager throttled or did not answer.
        """
        with aws.asking(cluster):
            pages = self._client.get_paginator("list_secrets").paginate(
                Filters=[{"Key": "tag-key", "Values": [_CLUSTER_TAG]}]
            )
            return tuple(
                secret["ARN"]
                for page in pages
                for secret in page["SecretList"]
                for tag in secret.get("Tags", ())
                if tag["Key"] == _CLUSTER_TAG and tag["Value"].rpartition(":")[2] == cluster
            )
