"""Accepted findings of cdk-nag: each names its resource and its reason, where the resource is made."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def accept(construct: IConstruct, rule: str, *, reason: str) -> None:
    """Accept one finding of AwsSolutions on this construct; `rule` is `IAM5[Resource::*]` or like."""
    Validations.of(construct).acknowledge(Acknowledgment(id=f"AwsSolutions-{rule}", reason=reason))
