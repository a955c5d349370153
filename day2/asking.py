"""AWS asked with the operator's own credentials: what is refused says which right is missing from them."""

from collections.abc import Iterator
from contextlib import contextmanager

from lambdas.adapters import aws
from lambdas.errors import AccessRefused, RequestRefused, ServiceBusy


@contextmanager
def as_operator(resource: str, *, action: str) -> Iterator[None]:
    """Turn botocore's errors into named ones about `resource`; `action` is the permission that the call needs.

    Raises:
        AccessRefused: the caller's role lacks it.
        RequestRefused: AWS refused the call itself.
        ServiceBusy: AWS does not answer, or throttles.
    """
    try:
        with aws.asking(resource):
            yield
    except AccessRefused as refusal:
        raise AccessRefused(
            refusal.what, resource=resource, next_step=f"Sign in with a role that may call {action}."
        ) from refusal
    except RequestRefused as refusal:
        raise RequestRefused(
            refusal.what, resource=resource, next_step="Mend what the message names, and run the command again."
        ) from refusal
    except ServiceBusy as refusal:
        raise ServiceBusy(refusal.what, resource=resource, next_step="Run the command again in a minute.") from refusal
