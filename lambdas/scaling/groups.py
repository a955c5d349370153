"""Which node groups are scaled, by the settings: no other one is ever named to AWS or to Kubernetes."""

from lambdas.errors import ScalingRefused
from lambdas.scaling.contracts import Role
from lambdas.settings import ScaledGroup, Scaling, Settings


def scaling_of(settings: Settings) -> Scaling:
    """How scaling goes here. Raises ScalingRefused where the settings scale nothing."""
    if settings.scaling is None or not settings.scaling.groups:
        raise ScalingRefused(
            "The settings name no node group that is scaled.",
            resource=f"environment {settings.environment}",
            next_step="Name [scaling.groups] in the environment's settings, and deploy them.",
        )
    return settings.scaling


def cluster_of(settings: Settings) -> str:
    """The EKS cluster of the node groups. Raises ScalingRefused where the settings name none."""
    if settings.kubernetes is None:
        raise ScalingRefused(
            "The settings name no Kubernetes cluster.",
            resource=f"environment {settings.environment}",
            next_step="Name [kubernetes] in the environment's settings, and deploy them.",
        )
    return settings.kubernetes.cluster


def policy_of(settings: Settings, role: Role) -> ScaledGroup:
    """The policy of a role's group. Raises ScalingRefused where it has none (any more)."""
    policy = scaling_of(settings).groups.get(role)
    if policy is None:
        raise ScalingRefused(
            f"The settings scale no {role} group.",
            resource=f"environment {settings.environment}",
            next_step=f"Name [scaling.groups.{role}] in the environment's settings, and deploy them.",
        )
    return policy
