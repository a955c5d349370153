"""The door to the Kubernetes API of an EKS cluster: plain JSON over urllib3, which botocore brings along.

A client library would cost a cold start 0.4 to 1 s and the bundle 8 to 99 MB, for some fifteen calls.

    client.py                                     one request and what its answer means
    opening.py                                    which endpoint, whose token
    namespaces.py, workloads.py, secrets.py, replicas.py, nodes.py, resources.py   the calls by what they are about

Errors: ServiceBusy when the API does not answer, throttles or fails; KubernetesUnavailable when it refuses, or when
the cluster cannot be found out about. "Not found" is an answer: None.
"""

from lambdas.adapters.kubernetes.client import Answer
from lambdas.adapters.kubernetes.namespaces import DENY_ALL, Namespace
from lambdas.adapters.kubernetes.opening import Kubernetes, Tokens, bearer_token, door, opened
from lambdas.adapters.kubernetes.replicas import Proxied

__all__ = ["DENY_ALL", "Answer", "Kubernetes", "Namespace", "Proxied", "Tokens", "bearer_token", "door", "opened"]
