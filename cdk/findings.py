"""Accepted findings: each names its resource and its reason, where the resource is made."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def accept(construct: IConstruct, rule: str, *, reason: str) -> None:
    """Accept one finding of cdk-nag's AwsSolutions on this construct; `rule` is `IAM5[Resource::*]` or like."""
    acknowledge(construct, f"AwsSolutions-{rule}", reason=reason)


def acknowledge(construct: IConstruct, finding: str, *, reason: str) -> None:
    """Accept a finding of any origin on this construct."""
    Validations.of(construct).acknowledge(Acknowledgment(id=finding, reason=reason))
