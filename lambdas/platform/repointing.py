"""Leading the platform's two secrets to another database: what they hold then, and where the old is kept."""

import json
from hashlib import sha256

from lambdas.errors import RequestRefused
from lambdas.platform.connection_url import POSTGRES
from lambdas.restore_contracts import Restoration

LABEL = "coder-day2/restoration"


def led_secret(text: str, *, host: str, port: int) -> str:
    """The connection secret's text with another host and port; all else as it was, the port's type included."""
    held = json.loads(text)
    told = held.get("port", POSTGRES)
    return json.dumps({**held, "host": host, "port": str(port) if isinstance(told, str) else port})


def version_id(restoration: Restoration) -> str:
    """The id of the connection secret's version that this restore writes: the same at every try of it."""
    return sha256(f"{restoration.execution}/connection-secret".encode()).hexdigest()


def kept_name(secret: str, restoration: Restoration) -> str:
    """The Secret that keeps the Kubernetes Secret's value from before."""
    return f"{secret}-before-{restoration.id}"


def changed_meanwhile(what: str, *, resource: str) -> RequestRefused:
    """The error when a value is neither what was remembered nor what this restore wrote."""
    return RequestRefused(
        f"{what} was changed by somebody else since this restore remembered it.",
        resource=resource,
        next_step="See who changed it (Argo CD, External Secrets, a person), and start a new restore.",
    )
