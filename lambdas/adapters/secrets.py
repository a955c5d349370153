"""The door to Secrets Manager: logins, the platform's connection secret and its versions, Coder's session token."""

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from lambdas.adapters import aws
from lambdas.errors import RequestRefused

_CURRENT = "AWSCURRENT"
_CLUSTER_TAG = "aws:rds:primaryDBClusterArn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A database user. The password is left out of the representation, so that no log line can hold it."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSecret:
    """One version of the secret with which people and tools reach the platform's database. What is secret never shows.

    text  all of it, as it is stored: other keys than these stay in it
    """

    version: str
    user: str
    host: str
    port: int
    database: str
    password: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionToken:
    """Coder's session token, which never shows."""

    value: str = field(repr=False)


@cache
def door() -> "Secrets":
    """This function's door, one client for the life of the process."""
    return Secrets()


class Secrets:
    """Secrets Manager of one account and Region."""

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

    def connection(self, secret: str, *, version: str | None = None) -> ConnectionSecret:
        """A version of the connection secret, the current one where none is named.

        It is a JSON object of username, password, host, port and database.

        Raises:
            AccessRefused: the role may not read it.
            RequestRefused: there is no such secret or version, or it is of another form.
            ServiceBusy: Secrets Manager throttled or did not answer.
        """
        which = {"VersionStage": _CURRENT} if version is None else {"VersionId": version}
        with aws.asking(secret, next_step="Look at the secret and its versions, and start again."):
            answer = self._client.get_secret_value(SecretId=secret, **which)
        try:
            held = json.loads(answer["SecretString"])
            return ConnectionSecret(
                version=answer["VersionId"],
                user=held["username"],
                host=held["host"],
                port=int(held["port"]),
                database=held["database"],
                password=held["password"],
                text=answer["SecretString"],
            )
        except (KeyError, TypeError, ValueError):
            raise RequestRefused(
                "the secret does not hold a JSON object with username, password, host, port and database",
                resource=secret,
                next_step="Give it this form, and start again.",
            ) from None

    def put_version(self, secret: str, text: str, *, version: str) -> None:
        """Make a version of that id (32 to 64 characters) the current one, whether or not it is there already.

        Secrets Manager ignores a second put of the same id and content (PutSecretValue, ClientRequestToken), also
        where another version has become the current one since: so that is looked at afterwards.

        Raises:
            AccessRefused, RequestRefused (that id holds something else), ServiceBusy.
        """
        with aws.asking(secret):
            self._client.put_secret_value(
                SecretId=secret, SecretString=text, ClientRequestToken=version, VersionStages=[_CURRENT]
            )
        self.make_current(secret, version)

    def make_current(self, secret: str, version: str) -> None:
        """Move AWSCURRENT to this version; AWSPREVIOUS goes to the one that had it.

        Raises:
            AccessRefused, RequestRefused (there is no such version any more), ServiceBusy.
        """
        current = self.connection(secret).version
        if current == version:
            return
        with aws.asking(secret, next_step="Look at the secret's versions: the one before may have been removed."):
            self._client.update_secret_version_stage(
                SecretId=secret, VersionStage=_CURRENT, MoveToVersionId=version, RemoveFromVersionId=current
            )

    def session_token(self, secret: str) -> SessionToken:
        """A token of Coder's: the text itself, or the `token` of a JSON object.

        Raises:
            AccessRefused, RequestRefused (there is no such secret, or it is empty), ServiceBusy.
        """
        with aws.asking(secret):
            text = str(self._client.get_secret_value(SecretId=secret).get("SecretString") or "").strip()
        try:
            held = json.loads(text)
        except ValueError:
            held = None
        token = held.get("token") if isinstance(held, dict) else text
        if not isinstance(token, str) or not token:
            raise RequestRefused(
                "the secret holds no session token",
                resource=secret,
                next_step='Store one as plain text or as {"token": "..."}: `coder tokens create`.',
            )
        return SessionToken(value=token)

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
