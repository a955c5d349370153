"""An instance of a node group: where it is, and the moments of its life."""

import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network

from day2.engine.settings import PhaseSeconds

_FIRST_HOST = 10
"""AWS keeps the first four of a subnet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """A subnet of the group, in one zone."""

    id: str
    zone: str
    cidr: str


@dataclass(slots=True)
class Addresses:
    """Gives each instance an address of its own in its subnet."""

    _given: Counter[str] = field(default_factory=Counter)

    def next(self, subnet: Subnet) -> IPv4Address:
        network = IPv4Network(subnet.cidr)
        number = self._given[subnet.id] % (network.num_addresses - _FIRST_HOST - 1)
        self._given[subnet.id] += 1
        return network.network_address + _FIRST_HOST + number


@dataclass(slots=True, kw_only=True)
class Instance:
    """One instance: launched, in service, a node that is NotReady, and `ready`; `gone_at` once its end has begun."""

    id: str
    subnet: Subnet
    address: IPv4Address
    launched_at: datetime
    in_service_at: datetime
    joins_at: datetime
    ready_at: datetime
    ready: bool = False
    gone_at: datetime | None = None

    @classmethod
    def launch(cls, subnet: Subnet, address: IPv4Address, *, now: datetime, phases: PhaseSeconds) -> "Instance":
        in_service = now + timedelta(seconds=phases.instance_launching)
        joins = in_service + timedelta(seconds=phases.node_joining)
        return cls(
            id=f"i-0{secrets.token_hex(8)}",
            subnet=subnet,
            address=address,
            launched_at=now,
            in_service_at=in_service,
            joins_at=joins,
            ready_at=joins + timedelta(seconds=phases.node_starting),
        )

    @property
    def node(self) -> str:
        """The name of its node: its private DNS name, by address."""
        region = self.subnet.zone[:-1]
        domain = "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"
        return f"ip-{str(self.address).replace('.', '-')}.{domain}"

    @property
    def leaving(self) -> bool:
        return self.gone_at is not None

    def joined(self, now: datetime) -> bool:
        """Whether Kubernetes has a node of it."""
        return now >= self.joins_at

    def moments(self) -> tuple[datetime, ...]:
        """When something of it changes."""
        coming = (self.in_service_at, self.joins_at, self.ready_at)
        return coming if self.gone_at is None else (*coming, self.gone_at)

    def shown(self, now: datetime) -> Mapping[str, object]:
        """As DescribeAutoScalingGroups shows it. EKS holds a terminating instance in `Terminating:Wait` to drain it."""
        state = "Terminating:Wait" if self.leaving else "InService" if now >= self.in_service_at else "Pending"
        return {
            "InstanceId": self.id,
            "LifecycleState": state,
            "HealthStatus": "Healthy",
            "AvailabilityZone": self.subnet.zone,
            "ProtectedFromScaleIn": False,
        }
