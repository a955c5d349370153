"""An EKS cluster that is there from the start, with the fake Kubernetes API behind its endpoint.

A client reaches it as it reaches EKS: endpoint and CA from DescribeCluster, and a token that its identity signed.
MiniStack would start a real API server in Docker, which this machine may not have.
"""

import base64
import time

from ministack.services import eks

from day2.engine.authority import Authority
from day2.engine.extensions import eks_tokens
from day2.engine.fake_kubernetes.server import FakeKubernetes
from day2.engine.fake_kubernetes.store import Store
from day2.engine.settings import EngineSettings

NEEDS = ("services.eks._cluster_arn", "services.eks._clusters", *eks_tokens.NEEDS)

KUBERNETES = "1.33"


def install(settings: EngineSettings) -> None:
    authority = Authority.at(settings.certificates)
    api = FakeKubernetes.start(
        certificate=authority.issue(["127.0.0.1", "localhost"]),
        knows=lambda token: eks_tokens.is_known(token, settings),
        store=Store(settings.phases),
    )
    eks._clusters[settings.eks_cluster] = {
        "name": settings.eks_cluster,
        "arn": eks._cluster_arn(settings.eks_cluster),
        "createdAt": time.time(),
        "version": KUBERNETES,
        "endpoint": api.endpoint,
        "roleArn": f"arn:aws:iam::{settings.account}:role/{settings.eks_cluster}",
        "resourcesVpcConfig": {"endpointPublicAccess": False, "endpointPrivateAccess": True, "subnetIds": []},
        "kubernetesNetworkConfig": {"serviceIpv4Cidr": "10.100.0.0/16", "ipFamily": "ipv4"},
        "status": "ACTIVE",
        "certificateAuthority": {"data": base64.b64encode(authority.ca_file.read_bytes()).decode()},
        "platformVersion": "fake.1",
        "accessConfig": {"authenticationMode": "API"},
        "tags": {},
    }
