"""What the RDS API tells, as values: clusters, instances, snapshots, retained backups. Times are aware UTC.

Every field is as the API gave it; None where it gave nothing. Names are the API's identifiers, never ARNs,
unless a field says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

ENGINE = "aurora-postgresql"
AVAILABLE = "available"
DELETING = "deleting"
RETAINED = "retained"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedSecret:
    """The master secret that RDS keeps itself. status: creating | active | rotating | impaired."""

    arn: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One DB cluster.

    parameter_group     the cluster parameter group's name
    data_api            the HTTP endpoint, which answers without a network path to the database
    vpc_networking, internet_gateway  told for clusters of the express configuration only
    roles               ARNs of the IAM roles with which the database itself reaches other services
    members             names of its instances; `writer` is the one among them that writes
    """

    name: str
    status: str
    engine: str
    engine_version: str
    resource_id: str
    arn: str
    created_at: datetime | None = None
    endpoint: str | None = None
    port: int | None = None
    master_username: str = ""
    encrypted: bool = False
    kms_key: str | None = None
    parameter_group: str | None = None
    subnet_group: str = ""
    security_groups: tuple[str, ...] = ()
    iam_authentication: bool = False
    data_api: bool = False
    vpc_networking: bool | None = None
    internet_gateway: bool | None = None
    publicly_accessible: bool | None = None
    roles: tuple[str, ...] = ()
    log_exports: tuple[str, ...] = ()
    backup_retention_days: int | None = None
    members: tuple[str, ...] = ()
    writer: str | None = None
    availability_zones: tuple[str, ...] = ()
    deletion_protection: bool | None = None
    copy_tags_to_snapshot: bool = False
    storage_type: str | None = None
    backup_window: str | None = None
    maintenance_window: str | None = None
    min_acu: float | None = None
    max_acu: float | None = None
    earliest_restorable_at: datetime | None = None
    latest_restorable_at: datetime | None = None
    managed_secret: ManagedSecret | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One DB instance. `subnets` are those of its subnet group; `zone` is the one availability zone it is in.

    endpoint  its own host, not the cluster's; None while it has none
    """

    name: str
    cluster: str | None
    status: str
    resource_id: str = ""
    arn: str = ""
    endpoint: str | None = None
    publicly_accessible: bool | None = None
    security_groups: tuple[str, ...] = ()
    vpc: str | None = None
    subnets: tuple[str, ...] = ()
    instance_class: str = ""
    zone: str | None = None
    promotion_tier: int | None = None
    parameter_group: str | None = None
    performance_insights: bool = False
    created_at: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One cluster snapshot. type: automated | manual | awsbackup | shared | public."""

    name: str
    cluster: str
    status: str
    type: str
    engine: str
    engine_version: str
    created_at: datetime | None = None
    encrypted: bool = False
    kms_key: str | None = None
    master_username: str = ""
    iam_authentication: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetainedBackup:
    """One automated backup. status: active while its cluster lives, retained after."""

    cluster: str
    resource_id: str
    status: str
    engine: str
    engine_version: str
    earliest_restorable_at: datetime | None = None
    latest_restorable_at: datetime | None = None
    encrypted: bool = False
    kms_key: str | None = None
    master_username: str = ""
    iam_authentication: bool = False
    backup_retention_days: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Everything from which the source can be brought back, as found.

    snapshots  those of the source, and the one the request names, whatever cluster it is of
    source     None when the cluster no longer exists
    instances  the source's
    retained   automated backups that outlive the deleted source
    """

    source: Cluster | None
    instances: tuple[Instance, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    retained: tuple[RetainedBackup, ...] = ()
