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
        self._names = names
        self._port = names.settings.source.port
        verifier = self._verifier()
        copy = self._copy(verifier)
        self._way_to_the_copy(verifier, copy)
        self._way_to_the_source(verifier)
        self.copy_group = copy.attr_group_id
        self.verifier_group = verifier.attr_group_id
        self.vpc = self._vpc()

    def _verifier(self) -> ec2.CfnSecurityGroup:
        network = self._names.settings.network
        return ec2.CfnSecurityGroup(
            self,
            "Verifier",
            group_name=f"{self._names.prefix}-verifier",
            group_description="Functions that verify a restored copy",
            vpc_id=network.vpc,
            security_group_egress=[
                ec2.CfnSecurityGroup.EgressProperty(
                    description=f"VPC endpoints and the Kubernetes API in {cidr}",
                    ip_protocol="tcp",
                    from_port=_HTTPS,
                    to_port=_HTTPS,
                    cidr_ip=cidr,
                )
                for cidr in network.https_to
            ],
        )

    def _copy(self, verifier: ec2.CfnSecurityGroup) -> ec2.CfnSecurityGroup:
        return ec2.CfnSecurityGroup(
            self,
            "Copy",
            group_name=f"{self._names.prefix}-copy",
            group_description="A restored copy: the verifier comes in, nothing goes out",
            vpc_id=self._names.settings.network.vpc,
            security_group_ingress=[
                ec2.CfnSecurityGroup.IngressProperty(
                    description="The verifier only",
                    ip_protocol="tcp",
                    from_port=self._port,
                    to_port=self._port,
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

    def _way_to_the_copy(self, verifier: ec2.CfnSecurityGroup, copy: ec2.CfnSecurityGroup) -> None:
        ec2.CfnSecurityGroupEgress(
            self,
            "VerifierToCopy",
            group_id=verifier.attr_group_id,
            destination_security_group_id=copy.attr_group_id,
            ip_protocol="tcp",
            from_port=self._port,
            to_port=self._port,
            description="The restored copy's database",
        )

    def _way_to_the_source(self, verifier: ec2.CfnSecurityGroup) -> None:
        """Out to the groups of the platform's database that the settings name: what a restore would lose is counted."""
        platform = self._names.settings.platform
        for position, group in enumerate(platform.database_security_groups if platform else (), start=1):
            ec2.CfnSecurityGroupEgress(
                self,
                f"VerifierToSource{position}",
                group_id=verifier.attr_group_id,
                destination_security_group_id=group,
                ip_protocol="tcp",
                from_port=self._port,
                to_port=self._port,
                description="The platform's database",
            )

    def _vpc(self) -> ec2.IVpc:
        network = self._names.settings.network
        vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id=network.vpc,
            availability_zones=list(network.availability_zones),
            private_subnet_ids=list(network.function_subnets),
        )
        for subnet in vpc.private_subnets:
            acknowledge(subnet, "@aws-cdk/aws-ec2:noSubnetRouteTableId", reason="Nothing here changes the routes.")
        return vpc
