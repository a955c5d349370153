"""The run's Kubernetes namespace, where the settings name a cluster."""

from collections.abc import Mapping
from typing import Any

NO_KUBERNETES: Mapping[str, Any] = {
    "skipped": True,
    "reason": "the settings name no Kubernetes cluster",
    "namespace": None,
    "network_policy": None,
}
