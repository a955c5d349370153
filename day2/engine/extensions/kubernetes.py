"""Every EKS cluster has a fake Kubernetes API of its own behind its endpoint; their Coder shares one address.

A client reaches it as it reaches EKS: endpoint and CA from DescribeCluster, and a token that its identity signed.
MiniStack would start a real API server in Docker, which this machine may not have.
"""

import base64
from collections.abc import Mapping
from typing import Any

from ministack.services import eks

from day2.engine.authority import Authority
from day2.engine.extensions import eks_tokens
from day2.engine.fake_kubernetes.containers import Runtime
from day2.engine.fake_kubernetes.controller import Controller
from day2.engine.fake_kubernetes.front import Front
from day2.engine.fake_kubernetes.server import FakeKubernetes
from day2.engine.fake_kubernetes.store import Store
from day2.engine.leftovers import Leftovers
from day2.engine.settings import EngineSettings

NEEDS = (
    "services.eks._clusters",
    "services.eks._create_cluster",
    "services.eks._delete_cluster",
    "services.eks._describe_cluster",
    *eks_tokens.NEEDS,
)

Answer = tuple[int, Mapping[str, str], bytes]

_OK = 200

APIS: dict[str, FakeKubernetes] = {}
"""By the names of their clusters."""

_create = eks._create_cluster
_delete = eks._delete_cluster


def install(settings: EngineSettings) -> None:
    runtime, front = _runtime(settings), Front(settings.coder_port)

    def create(body: Mapping[str, Any], creator: str | None = None) -> Answer:
        answer: Answer = _create(body, creator)
        if answer[0] != _OK:
            return answer
        name = body["name"]
        APIS[name] = _start(name, settings, runtime, front)
        authority = Authority.at(settings.certificates).ca_file.read_bytes()
        trust = {"data": base64.b64encode(authority).decode()}
        eks._clusters[name].update(endpoint=APIS[name].endpoint, certificateAuthority=trust)
        described: Answer = eks._describe_cluster(name)
        return described

    def delete(name: str) -> Answer:
        if api := APIS.pop(name, None):
            api.stop()
        answer: Answer = _delete(name)
        return answer

    eks._create_cluster, eks._delete_cluster = create, delete


def _start(cluster: str, settings: EngineSettings, runtime: Runtime, front: Front) -> FakeKubernetes:
    store = Store(settings.phases)
    return FakeKubernetes.start(
        certificate=Authority.at(settings.certificates).issue(["127.0.0.1", "localhost"]),
        knows=lambda token: eks_tokens.is_known(token, cluster=cluster, account=settings.account),
        store=store,
        controller=Controller(store, runtime, front),
    )


def _runtime(settings: EngineSettings) -> Runtime:
    return Runtime(
        python=settings.python,
        given={
            # As the Go driver reads it: which authority signed the databases' certificates.
            "PGSSLROOTCERT": str(Authority.at(settings.certificates).ca_file),
            "FAKE_CODER_TIME_SCALE": str(settings.wait_scale),
        },
        leftovers=Leftovers.of(settings.workspace),
        back_off=settings.phases.crash_back_off,
        grace=settings.phases.pod_grace,
    )
