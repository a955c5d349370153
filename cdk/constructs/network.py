"""The copy's isolation: two security groups, of which one may reach the other on one port, and nothing else may."""

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from cdk.findings import acknowledge
from cdk.names import Names

_HTTPS = 443


class Isolation(Construct):
    """The copy's group lets in the verifier's group on the database port; the verifier's reaches it and HTTPS.

    Rules stand in the groups themselves where they can. The one between the groups' ends that cannot (each group
    would need the other first) is the verifier's way out to the copy.
    """

    def __init__(self, scope: Construct, construct_id: str, *, names: Names) -> None:
        super().__init__(scope, construct_id)
        settings = names.settings
        verifier = ec2.CfnSecurityGroup(
            self,
            "Verifier",
            group_name=f"{names.prefix}-verifier",
            group_description="Functions that verify a restored copy",
            vpc_id=settings.network.vpc,
            security_group_egress=[
                _opening(f"VPC endpoints and the Kubernetes API in {cidr}", _HTTPS, cidr)
                for cidr in settings.network.https_to
            ],
        )
        copy = ec2.CfnSecurityGroup(
            self,
            "Copy",
            group_name=f"{names.prefix}-copy",
            group_description="A restored copy: the verifier comes in, nothing goes out",
            vpc_id=settings.network.vpc,
            security_group_ingress=[
                ec2.CfnSecurityGroup.IngressProperty(
                    description="The verifier only",
                    ip_protocol="tcp",
                    from_port=settings.source.port,
                    to_port=settings.source.port,
                    source_security_group_id=verifier.attr_group_id,
                )
            ],
            # An empty list would mean AWS's default, which lets everything out: this rule matches no packet.
            security_group_egress=[
                ec2.CfnSecurityGroup.EgressProperty(
                    description="Nothing goes out",
                    ip_protocol="icmp",
                    from_port=252,
                    to_port=86,
                    cidr_ip="255.255.255.255/32",
                )
            ],
        )
        ec2.CfnSecurityGroupEgress(
            self,
            "VerifierToCopy",
            group_id=verifier.attr_group_id,
            destination_security_group_id=copy.attr_group_id,
            ip_protocol="tcp",
            from_port=settings.source.port,
            to_port=settings.source.port,
            description="The restored copy's database",
        )
        self.copy_group = copy.attr_group_id
        self.verifier_group = verifier.attr_group_id
        vpc = settings.network
        self.vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id=vpc.vpc,
            availability_zones=list(vpc.availability_zones),
            private_subnet_ids=list(vpc.function_subnets),
        )
        for subnet in self.vpc.private_subnets:
            acknowledge(subnet, "@aws-cdk/aws-ec2:noSubnetRouteTableId", reason="Nothing here changes the routes.")


def _opening(description: str, port: int, cidr: str) -> ec2.CfnSecurityGroup.EgressProperty:
    return ec2.CfnSecurityGroup.EgressProperty(
        description=description, ip_protocol="tcp", from_port=port, to_port=port, cidr_ip=cidr
    )
