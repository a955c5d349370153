"""The door to EC2's network: security groups and route tables, as values of `lambdas.recovery.isolation`."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.adapters import aws
from lambdas.recovery.isolation import Route, RouteTable, Rule, SecurityGroup

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

_Item = Mapping[str, Any]
_NOT_FOUND = frozenset({"InvalidGroup.NotFound", "InvalidGroupId.Malformed"})
# A route names what it leads to in one of these fields; a prefix list or a CIDR names where.
_LEADS_BY = (
    "GatewayId",
    "NatGatewayId",
    "EgressOnlyInternetGatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "NetworkInterfaceId",
    "InstanceId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "CoreNetworkArn",
)
_LEADS_TO = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")


@cache
def door() -> "Ec2":
    """This function's door, one client for the life of the process."""
    return Ec2(aws.client("ec2"))


class Ec2:
    """The network of one account and Region."""

    def __init__(self, client: "EC2Client") -> None:
        self._client = client

    def security_groups(self, ids: Sequence[str]) -> tuple[SecurityGroup, ...]:
        """Those of the groups that exist, with all their rules."""
        with aws.asking(", ".join(ids)):
            try:
                pages = self._client.get_paginator("describe_security_groups").paginate(GroupIds=list(ids))
                return tuple(_group(each) for page in pages for each in page["SecurityGroups"])
            except ClientError as refusal:
                if aws.code(refusal) in _NOT_FOUND:
                    return ()
                raise

    def route_tables(self, vpc: str) -> tuple[RouteTable, ...]:
        """All route tables of a VPC, the main one among them."""
        with aws.asking(vpc):
            query = self._client.get_paginator("describe_route_tables").paginate(
                Filters=[{"Name": "vpc-id", "Values": [vpc]}]
            )
            return tuple(_table(each) for page in query for each in page["RouteTables"])


def _group(told: _Item) -> SecurityGroup:
    return SecurityGroup(
        id=told["GroupId"],
        ingress=tuple(_rule(each) for each in told.get("IpPermissions", ())),
        egress=tuple(_rule(each) for each in told.get("IpPermissionsEgress", ())),
    )


def _rule(told: _Item) -> Rule:
    return Rule(
        protocol=told.get("IpProtocol", "-1"),
        from_port=told.get("FromPort"),
        to_port=told.get("ToPort"),
        groups=tuple(each["GroupId"] for each in told.get("UserIdGroupPairs", ())),
        cidrs=(
            *(each["CidrIp"] for each in told.get("IpRanges", ())),
            *(each["CidrIpv6"] for each in told.get("Ipv6Ranges", ())),
        ),
        prefix_lists=tuple(each["PrefixListId"] for each in told.get("PrefixListIds", ())),
    )


def _table(told: _Item) -> RouteTable:
    associations = told.get("Associations", ())
    return RouteTable(
        id=told["RouteTableId"],
        main=any(each.get("Main") for each in associations),
        subnets=tuple(each["SubnetId"] for each in associations if each.get("SubnetId")),
        routes=tuple(Route(to=_first(each, _LEADS_TO), by=_first(each, _LEADS_BY)) for each in told.get("Routes", ())),
    )


def _first(told: _Item, names: Sequence[str]) -> str:
    return next((str(told[name]) for name in names if told.get(name)), "unknown")
