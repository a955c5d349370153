"""A role that can do what its statements say and nothing more; nobody adds to it later."""

from collections.abc import Iterable, Mapping
from typing import Any

from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk.findings import accept
from cdk.permissions.statement import Statement


def role(  # noqa: PLR0913  what a role is, each by its name
    scope: Construct,
    construct_id: str,
    *,
    service: str,
    description: str,
    statements: Iterable[Statement],
    trust: Mapping[str, Any] | None = None,
) -> iam.IRole:
    """A role for an AWS service. `trust` are conditions on who may assume it.

    Every `*` in an Allow is reported by cdk-nag, and accepted with the statement's own `why`.
    """
    statements = tuple(statements)
    made = iam.Role(
        scope,
        construct_id,
        assumed_by=iam.ServicePrincipal(f"{service}.amazonaws.com", conditions=trust),
        description=description,
        inline_policies={
            "permissions": iam.PolicyDocument(
                statements=[iam.PolicyStatement.from_json(each.document()) for each in statements]
            )
        },
    )
    reasons: dict[str, list[str]] = {}
    for each in statements:
        for resource in each.resources:
            if "*" in resource and each.effect == "Allow":
                reasons.setdefault(resource, []).append(f"{each.sid}: {each.why}")
    for resource, why in reasons.items():
        accept(made, f"IAM5[Resource::{resource}]", reason=" ".join(why))
    return made.without_policy_updates()
