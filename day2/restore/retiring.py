"""Starting a retirement, and how it ended."""

from collections.abc import Mapping
from typing import Any

from day2.drill import execution
from day2.drill.deployment import Deployment
from lambdas.errors import RequestRefused


def start(deployment: Deployment, request: Mapping[str, Any]) -> str:
    """Start the machine that retires; the execution's ARN. Raises RequestRefused where it is not, or may not be."""
    if deployment.retire_machine is None:
        raise RequestRefused(
            "This environment retires no clusters.",
            resource=f"coder-day2-{deployment.environment}-operations",
            next_step="Give its settings the tables [platform] and [restore], and run `make deploy`.",
        )
    return execution.start(deployment, request, machine=deployment.retire_machine)
