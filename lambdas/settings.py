"""What every function knows of its environment: names and numbers, no secrets.

The CDK app writes it as JSON into the environment variable `DAY2_SETTINGS`, from `config/<environment>.toml`
and the resources it makes; `current()` reads it once per process.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from lambdas import payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Where drills are restored. `kms_key` None keeps the recovery point's own key.

    security_group           the copy's only group: it lets in the verifier's group on `port` and nothing else
    verifier_security_group  the group of the functions inside the VPC that read the copy
    """

    name: str
    subnet_group: str
    security_group: str
    verifier_security_group: str
    min_acu: float
    max_acu: float
    cluster_parameter_group: str | None = None
    kms_key: str | None = None
    port: int = 5432


@dataclass(frozen=True, slots=True, kw_only=True)
class Objectives:
    """What is promised. `snapshot_age_hours` is the oldest a latest snapshot may be and still be drilled."""

    rto_minutes: int
    rpo_minutes: int
    snapshot_age_hours: int
    drill_interval_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """How the catalogue runs.

    expect            check id -> expectation that replaces the catalogue's (zero | positive | one | report)
    may_shrink        tables that a retention job shortens on purpose, outside shrink_percent; emptied or missing
                      they still fail
    shrink_percent    a table that lost more than this since the baseline is shrinking (0-100)
    physical_full_gib relations up to this size are checked whole, larger ones by sample
    sample_percent    share of a larger relation's blocks that is checked (1-100)
    group_seconds     planned duration of one Map item, far below a function's 900 s
    """

    expect: Mapping[str, str] = field(default_factory=dict)
    may_shrink: tuple[str, ...] = ()
    shrink_percent: float = 5.0
    physical_full_gib: float = 20.0
    sample_percent: int = 5
    group_seconds: int = 240
    connections: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubernetes:
    """The EKS cluster in which a run's namespace is made; absent when the settings name none."""

    cluster: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """Coder as it stands on the Kubernetes cluster, and the secret with which people and tools reach its database.

    connection_secret  name of the Secrets Manager secret: JSON of username, password, host, port, database
    token_secret       name of the secret that holds a Coder session token; None: what needs one is skipped
    provisioners       the namespace whose Deployments are all provisioners; None: there are none
    """

    connection_secret: str
    token_secret: str | None = None
    namespace: str = "coder"
    deployment: str = "coder"
    provisioners: str | None = "coder-prov"
    workspaces: str = "coder-ws"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terraform:
    """Where the platform's Terraform keeps the database.

    cluster, instances  resource addresses; the instances' without their index
    var_file            the variables of the environment, as given to `-var-file`
    identifier_variable the one among them that names the cluster
    workspace           the one that holds this environment
    """

    cluster: str = "module.aurora.aws_rds_cluster.main"
    instances: str = "module.aurora.aws_rds_cluster_instance.main"
    var_file: str = "environments/prod.tfvars"
    identifier_variable: str = "aurora_cluster_identifier"
    workspace: str = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """How a platform restore goes.

    restored, old    what the names of clusters begin with that a restore makes, and that swap-identifiers sets aside
    two_person       who started a restore may not approve its cut-over
    security_groups  those of the restored cluster where the source is gone and no drill has recorded its shape
    """

    restored: str
    old: str
    strategies: tuple[Literal["repoint", "swap-identifiers"], ...] = ("repoint", "swap-identifiers")
    two_person: bool = False
    approval_minutes: int = 240
    soak_minutes: float = 15
    security_groups: tuple[str, ...] = ()
    terraform: Terraform = field(default_factory=Terraform)


LONGEST_READY_MINUTES = 60
LONGEST_DEFER_MINUTES = 300
"""The machine ends after six hours, whatever it waits for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledGroup:
    """How one role's node group is scaled. Sizes are nodes.

    floor, ceiling     automatic scaling stays between them, and within the group's own limits
    profiles           name -> desired nodes
    step_out, step_in  how many an alarm adds or takes away
    largest_step       the most that one automatic change adds or takes away, a profile's excepted
    cooldown_out_minutes, cooldown_in_minutes  an alarm's change waits so long after the group last grew, or changed
    defer_minutes      how long `defer` tries again; LONGEST_DEFER_MINUTES at most
    ready_minutes      within which ordered nodes are Ready, else an alert; LONGEST_READY_MINUTES at most
    alarm_ready_minutes  the same of nodes that an alarm has ordered: somebody waits for them
    longest_wait_seconds a build that has waited longer makes the group full, whatever its daemons do
    tolerance_percent  how far Coder's count of running workspaces may be from the pods' before both are doubted
    pods_per_node      provisioners of a node; None for a role whose pods are not scaled
    autostop_ahead_minutes  provisioners stay for workspaces that are stopped by themselves so soon
    """

    node_group: str
    floor: int
    ceiling: int
    profiles: Mapping[str, int] = field(default_factory=dict)
    step_out: int = 5
    step_in: int = 2
    largest_step: int = 20
    cooldown_out_minutes: float = 5
    cooldown_in_minutes: float = 30
    defer_minutes: int = 120
    ready_minutes: int = 15
    alarm_ready_minutes: int = 5
    longest_wait_seconds: int = 60
    tolerance_percent: float = 5.0
    pods_per_node: int | None = None
    autostop_ahead_minutes: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRule:
    """What is asked of a role's group when an alarm changes: `+5` or `-20%`, as in a request; empty: nothing.

    alarm, ok  when it goes into ALARM, and when it is OK again
    """

    role: Literal["workspace", "provisioner"]
    alarm: str = ""
    ok: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """Which node groups are scaled; holidays are dates in `time_zone`.

    control  the node group of Coder itself, which is never scaled and never among them; empty: not told
    machine  ARN of the machine that alarms start
    alarms   by name: no other alarm is listened to
    """

    groups: Mapping[Literal["workspace", "provisioner"], ScaledGroup]
    control: str = ""
    time_zone: str = "UTC"
    holidays: tuple[str, ...] = ()
    machine: str = ""
    alarms: Mapping[str, AlarmRule] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where records go. `object_lock` NONE is for an engine that has none."""

    bucket: str
    table: str
    topic: str
    retention_days: int
    object_lock: Literal["GOVERNANCE", "COMPLIANCE"] = "GOVERNANCE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One environment, as its functions see it.

    snapshot_patterns  the names (with `*`) of the snapshots that IAM lets a drill restore
    platform, restore  both there, or neither: then no platform restore is deployed
    scaling            absent: no node group is scaled
    """

    environment: str
    version: str
    source: str
    snapshot_patterns: tuple[str, ...]
    prefix: str
    database: Database
    objectives: Objectives
    evidence: Evidence
    verification: Verification = field(default_factory=Verification)
    kubernetes: Kubernetes | None = None
    platform: Platform | None = None
    restore: Restore | None = None
    scaling: Scaling | None = None
    on_one_machine: bool = False


def parse(text: str) -> Settings:
    """Settings from the JSON that the CDK app wrote."""
    return payload.read(Settings, json.loads(text))


@cache
def current() -> Settings:
    """This function's settings, from its environment."""
    return parse(os.environ["DAY2_SETTINGS"])
