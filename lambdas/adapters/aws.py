"""What every AWS door shares: how a client is made, and how a refusal becomes one of our errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
)
from botocore.exceptions import (
    ConnectionError as NoConnection,
)
from botocore.parsers import ResponseParserError

from lambdas.errors import AccessRefused, Day2Error, RequestRefused, ServiceBusy

# Three attempts of at most 3 + 8 s end well within the shortest function's 60 s, so that a slow API
# arrives as ServiceBusy, which the machine retries, and not as a time-out, which it does not understand.
CONFIG = Config(
    connect_timeout=3,
    read_timeout=8,
    retries={"mode": "standard", "total_max_attempts": 3},
    user_agent_extra="coder-day2",
)

_SERVER_ERROR = 500
_TOO_MANY_REQUESTS = 429
_LONGEST_MESSAGE = 400
_THROTTLED = frozenset(
    {
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "AuthorizationError",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "NotAuthorized",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
    }
)


def client(service: str) -> Any:
    """A client of `service` with this project's time limits; region and credentials from the environment."""
    make: Any = boto3.client
    return make(service, config=CONFIG)


def code(refusal: ClientError) -> str:
    """The service's error code, without the `Fault` that RDS puts behind some of its codes and not behind others."""
    return str(refusal.response.get("Error", {}).get("Code", "Unknown")).removesuffix("Fault")


@contextmanager
def asking(resource: str, *, next_step: str = "") -> Iterator[None]:
    """Turn whatever botocore raises inside into ServiceBusy, AccessRefused or RequestRefused about `resource`.

    `next_step` replaces the advice of RequestRefused, where the caller knows better what an operator does.
    """
    try:
        yield
    except ClientError as refusal:
        raise _refused(refusal, resource=resource, next_step=next_step) from refusal
    except (BotoCoreError, ResponseParserError) as fault:
        raise _unanswered(fault, resource=resource) from fault


def _refused(refusal: ClientError, *, resource: str, next_step: str) -> Day2Error:
    metadata = refusal.response.get("ResponseMetadata", {})
    status = metadata.get("HTTPStatusCode", 0)
    name = code(refusal)
    message = str(refusal.response.get("Error", {}).get("Message", ""))[:_LONGEST_MESSAGE].strip()
    told = f"{refusal.operation_name} answered {name}: {message or 'no message'}"
    if name in _THROTTLED or status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR:
        return ServiceBusy(told, resource=resource, next_step="Nothing to do: the step is tried again.")
    if name in _DENIED:
        return AccessRefused(
            told,
            resource=resource,
            next_step=f"Allow {refusal.operation_name} on this resource in the function's role, and start again.",
        )
    return RequestRefused(
        told, resource=resource, next_step=next_step or "Mend what the message names, and start again."
    )


def _unanswered(fault: BotoCoreError | ResponseParserError, *, resource: str) -> Day2Error:
    told = f"{type(fault).__name__}: {str(fault)[:_LONGEST_MESSAGE]}"
    if isinstance(fault, NoCredentialsError):
        return AccessRefused(told, resource=resource, next_step="Give the function a role, and start again.")
    if isinstance(fault, NoConnection | HTTPClientError | IncompleteReadError | ResponseParserError):
        return ServiceBusy(told, resource=resource, next_step="Nothing to do: the step is tried again.")
    return RequestRefused(told, resource=resource, next_step="Mend the function's configuration, and start again.")
