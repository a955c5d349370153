"""The way to a cluster of the engine's, as a Lambda function would go it."""

from base64 import b64decode

from day2.engine.platform import Clients
from lambdas.adapters.kubernetes import Kubernetes, bearer_token


def door_to(clients: Clients, cluster: str) -> Kubernetes:
    """The fake Kubernetes API of a cluster, with the operator's own permissions."""
    told, sts = clients("eks").describe_cluster(name=cluster)["cluster"], clients("sts")
    return Kubernetes(
        name=cluster,
        endpoint=told["endpoint"],
        authority=b64decode(told["certificateAuthority"]["data"]).decode(),
        token=lambda: bearer_token(sts, cluster),
    )
