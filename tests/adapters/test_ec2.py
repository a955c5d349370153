"""The network's door against moto: rules and routes arrive whole, for whichever kind of peer or gateway."""

from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from mypy_boto3_ec2 import EC2Client

from lambdas.adapters.ec2 import Ec2
from lambdas.errors import AccessRefused
from lambdas.recovery.isolation import Route, Rule


@pytest.fixture(scope="module")
def client() -> EC2Client:
    """One for all tests: making it takes longer than any of them."""
    return boto3.client("ec2", region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing")


@pytest.fixture(autouse=True)
def cloud() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.fixture
def vpc(client: EC2Client) -> str:
    return client.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


def test_a_group_s_rules_arrive_with_every_kind_of_peer(client: EC2Client, vpc: str) -> None:
    verifier = client.create_security_group(GroupName="v", Description="v", VpcId=vpc)["GroupId"]
    isolated = client.create_security_group(GroupName="i", Description="i", VpcId=vpc)["GroupId"]
    client.authorize_security_group_ingress(
        GroupId=isolated,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": verifier}]},
            {
                "IpProtocol": "-1",
                "IpRanges": [{"CidrIp": "10.0.0.0/8"}],
                "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
                "PrefixListIds": [{"PrefixListId": "pl-1"}],
            },
        ],
    )
    (group,) = Ec2(client).security_groups([isolated])
    assert group.ingress[0] == Rule(protocol="tcp", from_port=5432, to_port=5432, groups=(verifier,))
    assert set(group.ingress[1].peers) == {"10.0.0.0/8", "::/0", "pl-1"}
    assert group.ingress[1].from_port is None
    assert group.egress == (Rule(protocol="-1", from_port=None, to_port=None, cidrs=("0.0.0.0/0",)),)


def test_a_group_that_does_not_exist_is_not_there(client: EC2Client) -> None:
    assert Ec2(client).security_groups(["sg-00000000000000000"]) == ()


def test_a_vpc_s_route_tables_arrive_with_their_gateways(client: EC2Client, vpc: str) -> None:
    subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    gateway = client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    client.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = client.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    client.associate_route_table(RouteTableId=table, SubnetId=subnet)
    client.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    tables = {each.id: each for each in Ec2(client).route_tables(vpc)}
    assert tables[table].subnets == (subnet,)
    assert not tables[table].main
    assert Route(to="0.0.0.0/0", by=gateway) in tables[table].routes
    assert Route(to="10.0.0.0/16", by="local") in tables[table].routes
    (main,) = (each for each in tables.values() if each.main)
    assert main.subnets == ()


def test_outbound_gateways_are_told_by_their_own_ids(client: EC2Client) -> None:
    routes = [
        {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1"},
        {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"},
        {"DestinationPrefixListId": "pl-1", "GatewayId": "vpce-1"},
    ]
    with Stubber(client) as stub:
        stub.add_response("describe_route_tables", {"RouteTables": [{"RouteTableId": "rtb-1", "Routes": routes}]})
        (table,) = Ec2(client).route_tables("vpc-1")
    assert table.routes == (
        Route(to="::/0", by="eigw-1"),
        Route(to="0.0.0.0/0", by="nat-1"),
        Route(to="pl-1", by="vpce-1"),
    )


def test_a_denied_look_is_not_an_empty_one(client: EC2Client) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("describe_security_groups", "UnauthorizedOperation", http_status_code=403)
        with pytest.raises(AccessRefused):
            Ec2(client).security_groups(["sg-1"])
