"""The shape of `config/<environment>.toml`: one model for each of its tables, one field for each of its settings.

`cdk.environments` reads a file into it; `cdk.settings_rules` holds what spans several fields.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from lambdas.scaling.crontab import expression, parse
from lambdas.settings import LONGEST_DEFER_MINUTES, LONGEST_READY_MINUTES


class Table(BaseModel):
    """A TOML table: unknown keys are refused, values are what they are (no string is taken for a number)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _form(regex: str, words: str) -> BeforeValidator:
    """A string of this form; the message names the form in words instead of the expression."""

    def check(value: Any) -> Any:
        if isinstance(value, str) and not re.fullmatch(regex, value):
            raise ValueError(f"{value!r} is not {words}")
        return value

    return BeforeValidator(check)


def _range(value: Any) -> Any:
    """A range as a security group takes it: no bits beyond its prefix, and not the whole internet."""
    if isinstance(value, str) and IPv4Network(value).prefixlen == 0:
        raise ValueError(f"{value!r} is everything; name the ranges of the VPC")
    return value


def _crontab(value: str) -> str:
    """A crontab that one expression of Scheduler can say; its faults are told in words."""
    expression(parse(value))
    return value


def _date(value: Any) -> Any:
    """A date of TOML's own, or one between quotes."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        return date.fromisoformat(value)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError(f"{value!r} is not a date such as 2026-11-26")  # noqa: TRY004  pydantic's own would be a bug
    return value


def _dates(value: Any, info: ValidationInfo) -> Any:
    """The dates in the file of this name beside the settings, one a line, what follows a `#` left out."""
    files: Mapping[str, str] = (info.context or {}).get("files", {})
    if value not in files:
        known = ", ".join(sorted(files)) or "none"
        raise ValueError(f"{value!r} is no .txt file beside these settings; there are: {known}")
    found, faults = [], []
    for number, line in enumerate(files[value].splitlines(), start=1):
        if written := line.partition("#")[0].strip():
            try:
                found.append(_date(written))
            except ValueError as fault:
                faults.append(f"line {number}: {fault}")
    if faults:
        raise ValueError("; ".join(faults))
    return tuple(found)


# Of the names made from it, the bucket's has the least room: 14 of 63 characters, where the Region's name is longest.
EnvironmentName = Annotated[
    str,
    _form(
        r"(?=.{1,14}$)[a-z0-9](?:-?[a-z0-9])*",
        "the name of an environment, and so of its file (1-14 lower-case letters, digits and single hyphens)",
    ),
]
Identifier = Annotated[
    str,
    _form(
        r"(?=.{1,63}$)[a-z](?:-?[a-z0-9])*",
        "an RDS identifier (1-63 lower-case letters, digits and single hyphens, a letter first)",
    ),
]
Name = Annotated[
    str, _form(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}", "a name of letters, digits, dots, hyphens and underscores")
]
SnapshotPattern = Annotated[str, _form(r"[a-z][a-z0-9-]*\*?", "a snapshot's name, which may end in one *")]
Account = Annotated[str, _form(r"\d{12}", "an AWS account id (12 digits)")]
Region = Annotated[str, _form(r"[a-z]{2}(-[a-z]+)+-\d", "an AWS Region such as eu-central-1")]
VpcId = Annotated[str, _form(r"vpc-[0-9a-f]{8,17}", "a VPC id such as vpc-0a1b2c3d4e5f60718")]
SubnetId = Annotated[str, _form(r"subnet-[0-9a-f]{8,17}", "a subnet id such as subnet-0a1b2c3d4e5f60718")]
SecurityGroupId = Annotated[str, _form(r"sg-[0-9a-f]{8,17}", "a security group's id such as sg-0a1b2c3d4e5f60718")]
SecretName = Annotated[
    str, _form(r"[A-Za-z0-9/_+=.@-]{1,512}", "the name of a Secrets Manager secret, without the ARN around it")
]
KubernetesName = Annotated[
    str, _form(r"(?=.{1,63}$)[a-z0-9](?:-?[a-z0-9])*", "a Kubernetes name (lower-case letters, digits, hyphens)")
]
ClusterAddress = Annotated[
    str,
    _form(
        r"(module\.[A-Za-z_][\w-]*(\[\d+\]|\[\"[^\"\\]+\"\])?\.)*aws_rds_cluster\.[A-Za-z_][\w-]*",
        "the address of an aws_rds_cluster in Terraform, such as module.aurora.aws_rds_cluster.main",
    ),
]
InstancesAddress = Annotated[
    str,
    _form(
        r"(module\.[A-Za-z_][\w-]*(\[\d+\]|\[\"[^\"\\]+\"\])?\.)*aws_rds_cluster_instance\.[A-Za-z_][\w-]*",
        "the address of an aws_rds_cluster_instance in Terraform, without the index in brackets at its end",
    ),
]
RelativePath = Annotated[
    str, _form(r"[A-Za-z0-9._-][A-Za-z0-9._/-]*", "a path of letters, digits, dots, hyphens and slashes, not absolute")
]
TerraformName = Annotated[str, _form(r"[A-Za-z_][\w-]*", "the name of a variable in Terraform")]
ConnectionArn = Annotated[
    str,
    _form(
        r"arn:aws[a-z-]*:(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection/[0-9a-f-]{36}",
        "the ARN of a connection of CodeConnections",
    ),
]
RoleArn = Annotated[str, _form(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+", "the ARN of an IAM role")]
Repository = Annotated[str, _form(r"[\w.-]+(/[\w.-]+)+", "a repository such as owner/name")]
TerraformVersion = Annotated[str, _form(r"1\.\d+\.\d+", "a version of Terraform such as 1.11.4")]
Sha256 = Annotated[str, _form(r"[0-9a-f]{64}", "a SHA-256 sum of 64 lower-case hexadecimal digits")]
Strategy = Literal["repoint", "swap-identifiers"]
Cidr = Annotated[
    str,
    BeforeValidator(_range),  # runs after the form
    _form(r"(\d{1,3}\.){3}\d{1,3}/\d{1,2}", "an IPv4 range such as 10.20.0.0/16"),
]
KeyArn = Annotated[
    str, _form(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+", "a KMS key ARN (not an alias)")
]
Email = Annotated[str, _form(r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address")]
CheckId = Annotated[str, _form(r"[A-Z]{1,2}\d{2}_[a-z0-9_]+", "a check's id such as B02_owner_exists")]
Cron = Annotated[
    str,
    _form(
        r"cron\(\S+ \S+ \S+ \S+ \S+ \S+\)",
        "a Scheduler expression of six fields such as cron(0 3 1 * ? *) for 03:00 on the 1st",
    ),
]
TimeZone = Annotated[str, _form(r"UTC|[A-Za-z_]+(/[A-Za-z0-9_+-]+)+", "an IANA time zone such as Europe/Berlin or UTC")]
ScheduleName = Annotated[
    str, _form(r"(?!sweep$)[A-Za-z0-9._-]{1,64}", "a schedule's name (1-64 letters, digits, dots, hyphens; not sweep)")
]
Crontab = Annotated[str, AfterValidator(_crontab)]
Holiday = Annotated[date, BeforeValidator(_date)]
ProfileName = Annotated[
    str,
    _form(r"(?=.{1,16}$)[a-z0-9](?:-?[a-z0-9])*", "a profile's name (1-16 lower-case letters, digits, single hyphens)"),
]
ScalingScheduleName = Annotated[
    str,
    _form(
        r"(?=.{1,30}$)[a-z0-9](?:-?[a-z0-9])*", "a schedule's name (1-30 lower-case letters, digits, single hyphens)"
    ),
]
AlarmName = Annotated[str, _form(r"[\x20-\x7e]{1,255}", "an alarm's name of at most 255 printable characters")]
AlarmChange = Annotated[str, _form(r"[+-][1-9]\d{0,3}%?", "a change such as +5 or -20%")]
TopicArn = Annotated[str, _form(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}", "the ARN of an SNS topic")]
Nodes = Annotated[int, Field(ge=0, le=1000)]
RecoveryPoint = Literal["latest-snapshot", "latest-restorable-time"]
Acu = Annotated[float, Field(ge=0, le=256, multiple_of=0.5)]
LogDays = Literal[1, 7, 14, 30, 60, 90, 180, 365, 731]
Percent = Annotated[float, Field(ge=0, le=100)]


class Aws(Table):
    """Where everything is deployed; given, so that no synth asks an account."""

    account: Account
    region: Region


class Source(Table):
    """The cluster whose backups are drilled.

    `kms_key` is the key its backups are encrypted with; `manual_snapshots` are the patterns (with `*`) of the names
    that people give to its manual snapshots, the only ones a drill may restore beside the automated.
    """

    cluster: Identifier
    database: Name
    port: Annotated[int, Field(ge=1150, le=65535)] = 5432
    kms_key: KeyArn | None = None
    manual_snapshots: Annotated[tuple[SnapshotPattern, ...], BeforeValidator(_tuple)] = ()


class Copy(Table):
    """The restored cluster: its name's prefix, where it is placed, how large it grows."""

    prefix: Identifier = "coder-dr-test"
    subnet_group: Name
    cluster_parameter_group: Name | None = None
    min_acu: Acu = 0.5
    max_acu: Acu = 8.0
    kms_key: KeyArn | None = None


class Network(Table):
    """The platform's VPC, as the functions that speak SQL and Kubernetes are placed in it.

    `https_to` are the ranges behind which they find the VPC endpoints of Secrets Manager and EKS and the
    cluster's private Kubernetes endpoint.
    """

    vpc: VpcId
    availability_zones: Annotated[tuple[Name, ...], BeforeValidator(_tuple), Field(min_length=1)]
    function_subnets: Annotated[tuple[SubnetId, ...], BeforeValidator(_tuple), Field(min_length=1)]
    https_to: Annotated[tuple[Cidr, ...], BeforeValidator(_tuple), Field(min_length=1)]


class Kubernetes(Table):
    """The EKS cluster in which a run's namespace is made."""

    cluster: Name


class Platform(Table):
    """Coder on that cluster, and the secrets by which it and this system reach its database.

    `database_security_groups` are those of the source that let the verifier's group in; left out, what a restore would
    lose is not counted in rows, because the old database cannot be asked before it is fenced.
    """

    connection_secret: SecretName
    token_secret: SecretName | None = None
    secrets_kms_key: KeyArn | None = None
    namespace: KubernetesName = "coder"
    deployment: KubernetesName = "coder"
    provisioners: KubernetesName | None = "coder-prov"
    workspaces: KubernetesName = "coder-ws"
    database_security_groups: Annotated[tuple[SecurityGroupId, ...], BeforeValidator(_tuple)] = ()


class TerraformRunner(Table):
    """A pipeline that runs the handover against the team's repository, with an approval before the apply.

    `folder` is that of the root module in the repository. `plan_role` is what Terraform works as when it hands the
    state over and plans (read everywhere, write its state); `apply_role` when it applies. Each trusts the role of its
    job, which the stack's output TerraformRoles names. `terraform_sha256` is the sum of the version's linux_amd64.zip,
    from its SHA256SUMS.
    """

    connection: ConnectionArn
    repository: Repository
    branch: Annotated[str, _form(r"[\w./-]+", "a branch's name")] = "main"
    folder: RelativePath = "."
    plan_role: RoleArn
    apply_role: RoleArn
    terraform_version: TerraformVersion
    terraform_sha256: Sha256


class RestoreTerraform(Table):
    """Where the platform's Terraform keeps the database; `lambdas.settings.Terraform` explains each field."""

    cluster: ClusterAddress = "module.aurora.aws_rds_cluster.main"
    instances: InstancesAddress = "module.aurora.aws_rds_cluster_instance.main"
    var_file: RelativePath = "environments/prod.tfvars"
    identifier_variable: TerraformName = "aurora_cluster_identifier"
    workspace: Name = "default"
    runner: TerraformRunner | None = None


class Restore(Table):
    """How a platform restore goes; `lambdas.settings.Restore` explains each field."""

    strategies: Annotated[tuple[Strategy, ...], BeforeValidator(_tuple), Field(min_length=1)] = (
        "repoint",
        "swap-identifiers",
    )
    two_person: bool = False
    approval_minutes: Annotated[int, Field(ge=1, le=10080)] = 240
    soak_minutes: Annotated[float, Field(gt=0, le=240)] = 15.0
    security_groups: Annotated[tuple[SecurityGroupId, ...], BeforeValidator(_tuple)] = ()
    terraform: RestoreTerraform = RestoreTerraform()


class Objectives(Table):
    """What is promised and measured."""

    rto_minutes: Annotated[int, Field(ge=1, le=300)]
    rpo_minutes: Annotated[int, Field(ge=1, le=1440)]
    snapshot_age_hours: Annotated[int, Field(ge=1, le=840)]
    drill_interval_days: Annotated[int, Field(ge=1, le=366)]


class Evidence(Table):
    """How records are kept. Under Object Lock nobody shortens `retention_days` afterwards."""

    retention_days: Annotated[int, Field(ge=1, le=3653)]
    object_lock: Literal["GOVERNANCE", "COMPLIANCE"]
    encryption: Literal["kms", "s3-managed"] = "kms"


class Verification(Table):
    """How the catalogue of checks runs; `lambdas.settings.Verification` explains each field."""

    expect: Mapping[CheckId, Literal["zero", "positive", "one", "report"]] = {}
    may_shrink: Annotated[tuple[Name, ...], BeforeValidator(_tuple)] = ()
    shrink_percent: Percent = 5.0
    physical_full_gib: Annotated[float, Field(gt=0)] = 20.0
    sample_percent: Annotated[int, Field(ge=1, le=100)] = 5
    group_seconds: Annotated[int, Field(ge=10, le=600)] = 240
    connections: Annotated[int, Field(ge=1, le=16)] = 2


class Schedule(Table):
    """One drill schedule."""

    cron: Cron
    recovery_point: RecoveryPoint


class Schedules(Table):
    """When drills and the sweep start, in the wall-clock time of `time_zone`."""

    time_zone: TimeZone
    flexible_minutes: Annotated[int, Field(ge=0, le=1440)] = 15
    sweep_cron: Cron
    drills: Mapping[ScheduleName, Schedule]
    enabled: bool = True


class ScalingSchedule(Table):
    """A profile at a time: `cron` is a crontab of five fields, in the zone of `scaling.time_zone`.

    `ahead_minutes` orders the change so long before the crontab's times, by which its nodes are then promised Ready.
    """

    cron: Crontab
    profile: ProfileName
    ahead_minutes: Annotated[int, Field(ge=0, le=120)] = 0
    when_blocked: Literal["refuse", "clamp", "defer"] = "defer"


class TeamMetric(Table):
    """A load in percent that the team measures itself, looked at in place of ours."""

    namespace: Annotated[str, Field(min_length=1, max_length=255)]
    name: Annotated[str, Field(min_length=1, max_length=255)]
    statistic: Literal["Average", "Maximum", "Minimum", "Sum"] = "Average"
    dimensions: Mapping[str, str] = {}


class GroupAlarms(Table):
    """When our two alarms of a group ring: its load in percent, above one threshold and below another for so long."""

    enabled: bool = True
    out_above: Annotated[float, Field(gt=0, le=100)] = 85.0
    out_minutes: Annotated[int, Field(ge=1, le=60)] = 2
    in_below: Annotated[float, Field(ge=0, lt=100)] = 45.0
    in_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    metric: TeamMetric | None = None


class TeamAlarm(Table):
    """An alarm of the team's own: what is asked of a group when it goes into ALARM, and when it is OK again."""

    group: Literal["workspace", "provisioner"]
    alarm: AlarmChange | None = None
    ok: AlarmChange | None = None


class ScaledGroup(Table):
    """How one role's node group is scaled; `lambdas.settings.ScaledGroup` explains each field."""

    node_group: Name
    floor: Nodes
    ceiling: Nodes
    profiles: Mapping[ProfileName, Nodes] = {}
    schedules: Mapping[ScalingScheduleName, ScalingSchedule] = {}
    step_out: Annotated[int, Field(ge=1)] = 5
    step_in: Annotated[int, Field(ge=1)] = 2
    largest_step: Annotated[int, Field(ge=1)] = 20
    cooldown_out_minutes: Annotated[float, Field(ge=0, le=1440)] = 5.0
    cooldown_in_minutes: Annotated[float, Field(ge=0, le=1440)] = 30.0
    defer_minutes: Annotated[int, Field(ge=1, le=LONGEST_DEFER_MINUTES)] = 120
    ready_minutes: Annotated[int, Field(ge=1, le=LONGEST_READY_MINUTES)] = 15
    alarm_ready_minutes: Annotated[int, Field(ge=1, le=LONGEST_READY_MINUTES)] = 5
    longest_wait_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    tolerance_percent: Percent = 5.0
    pods_per_node: Annotated[int | None, Field(ge=1)] = None
    autostop_ahead_minutes: Annotated[int, Field(ge=0, le=1440)] = 30
    alarms: GroupAlarms = GroupAlarms()


class Scaling(Table):
    """Which node groups are scaled, when by the clock, and on which days none grows by it.

    `control` is the node group that is never scaled. Dates come from `holidays` and, one a line, from `holidays_file`
    beside the settings. `alarms` are the team's own by name, told by the topics of `alarm_topics`.
    """

    time_zone: TimeZone
    control: Name
    holidays: Annotated[tuple[Holiday, ...], BeforeValidator(_tuple)] = ()
    holidays_file: Annotated[tuple[date, ...], BeforeValidator(_dates)] = ()
    groups: Annotated[Mapping[Literal["workspace", "provisioner"], ScaledGroup], Field(min_length=1)]
    alarms: Mapping[AlarmName, TeamAlarm] = {}
    alarm_topics: Annotated[tuple[TopicArn, ...], BeforeValidator(_tuple)] = ()

    @property
    def all_holidays(self) -> tuple[date, ...]:
        """Each once, in order."""
        return tuple(sorted({*self.holidays, *self.holidays_file}))


class Watch(Table):
    """Who hears of it, and how long logs stay."""

    emails: Annotated[tuple[Email, ...], BeforeValidator(_tuple)] = ()
    log_retention_days: LogDays = 90


class EnvironmentSettings(Table):
    """One environment."""

    environment: EnvironmentName
    on_one_machine: bool = False
    aws: Aws
    source: Source
    copy_: Annotated[Copy, Field(alias="copy")]
    network: Network
    kubernetes: Kubernetes | None = None
    platform: Platform | None = None
    restore: Restore | None = None
    scaling: Scaling | None = None
    objectives: Objectives
    evidence: Evidence
    verification: Verification = Verification()
    schedules: Schedules
    watch: Watch = Watch()
