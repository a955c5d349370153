"""What steps hand to one another: frozen values, read from and written to JSON by `lambdas.payload`.

Times are aware UTC. A quantity's unit is in its name. Nothing here holds a secret: credentials travel as
the ARN of a Secrets Manager secret and are read where they are used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

CheckVerdict = Literal["pass", "warn", "fail", "skip", "report"]
Severity = Literal["critical", "warning", "info"]
ObjectiveVerdict = Literal["pass", "warn", "fail", "not-measured"]
RecoveryPointKind = Literal["snapshot", "point-in-time"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepContext:
    """Who calls: filled from the ASL context object (`$$`) in every Task's `step` parameter.

    `entered_at` is the state's entry, the same for every retry of it; `retries` counts from 0.
    """

    state: str
    entered_at: datetime
    retries: int
    execution: str
    execution_started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When a step's state was entered and when the step returned; every step's result carries it as `timing`."""

    state: str
    entered_at: datetime
    finished_at: datetime
    retries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a drill and a platform restore have in common: a recovery point brought back as a cluster beside the source.

    id          `YYYYMMDD-` and 8 hexadecimal digits, from the execution: a retry or redrive names the same
    target      the restored cluster
    give_up_at  no wait of the restore goes on after this (from the RTO objective)
    recovery_point  as requested: latest-snapshot | latest-restorable-time | snapshot:ID | time:RFC3339
    """

    id: str
    environment: str
    source: str
    target: str
    execution: str
    opened_at: datetime
    give_up_at: datetime
    recovery_point: str
    started_by: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill(Run):
    """One drill, as `OpenDrill` named it. Every later step works on these names and no others.

    target      `<prefix>-<id>` unless the request names another under the same prefix
    writer      its one instance, `<target>-writer`
    namespace   the Kubernetes namespace of the run, equal to `target`
    duplicate   the schedule's slot was claimed by an earlier execution; this one ends quietly
    """

    writer: str
    namespace: str
    slot: datetime | None = None
    duplicate: bool = False
    accept_shrunk_tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryPoint:
    """What is restored. `time` is the instant the copy's data must reflect.

    id      the snapshot's identifier, or the RFC 3339 time of a point-in-time restore
    origin  automated | manual | aws-backup | continuous
    reason  why this one, in words for the operator
    source_resource_id  the deleted source's resource id, when its retained automated backup is what is restored
    """

    kind: RecoveryPointKind
    id: str
    time: datetime
    origin: str
    source: str
    engine: str
    engine_version: str
    encrypted: bool
    kms_key: str | None
    age_seconds: int
    reason: str
    earliest_restorable_at: datetime | None = None
    latest_restorable_at: datetime | None = None
    source_resource_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceShape:
    """One of the source's instances, as far as another can be made like it. Publicly accessible none may be.

    zone            its availability zone
    promotion_tier  0 to 15: the lowest takes over first
    """

    name: str
    instance_class: str
    writer: bool = False
    zone: str | None = None
    promotion_tier: int | None = None
    parameter_group: str | None = None
    performance_insights: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """The source's shape at the recovery point, recorded with every drill: once the source is gone, it stands in.

    described   False when the source no longer exists and the settings stood in for it
    instances   how many there are; `members` tells of each that was seen, the writer first
    availability_zones  where its instances may be
    tags        its own and AWS's, as RDS tells them
    backup_window, maintenance_window  `hh:mm-hh:mm`, `ddd:hh:mm-ddd:hh:mm`, both UTC
    """

    described: bool
    cluster_parameter_group: str | None
    subnet_group: str
    port: int
    master_username: str
    iam_authentication: bool
    log_exports: tuple[str, ...]
    backup_retention_days: int | None
    instances: int
    min_acu: float | None
    max_acu: float | None
    engine_version: str | None = None
    security_groups: tuple[str, ...] = ()
    kms_key: str | None = None
    deletion_protection: bool | None = None
    availability_zones: tuple[str, ...] = ()
    members: tuple[InstanceShape, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    copy_tags_to_snapshot: bool = False
    storage_type: str | None = None
    backup_window: str | None = None
    maintenance_window: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One check's outcome.

    digest    first 16 hexadecimal digits of the SHA-256 of the statement that ran
    expected  in words: `0`, `>= 1`, `1`, `reported`, or the override from the settings
    detail    counts, identifiers and digests only: never rows, names or e-mail addresses
    control   the deliberate failure that proves the verifier can fail; left out of the verdict's counts
    title     what the check looks at, one line for the report
    unfinished  its time limit ended it before it could answer, or a part of it: nothing is known of that
    """

    id: str
    severity: Severity
    verdict: CheckVerdict
    value: int | None
    expected: str
    detail: str
    seconds: float
    digest: str
    control: bool = False
    title: str = ""
    unfinished: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """One measured quantity against its objective."""

    verdict: ObjectiveVerdict
    reason: str
    measured_seconds: float | None = None
    objective_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the drill proved. `overall` is the worst of the three; a warning does not fail a drill."""

    overall: Literal["pass", "warn", "fail"]
    integrity: Objective
    rto: Objective
    rpo: Objective


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """How the verifier reaches the copy: an endpoint and the ARN of the secret, never the secret itself."""

    secret: str
    host: str
    port: int
    database: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolationFact:
    """One thing looked at, in words: what was expected to be closed, on which resource, and what was seen."""

    fact: str
    resource: str
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFacts:
    """What PlanVerification read of the copy.

    coder_release    the release whose newest migration this schema has, or a range in words
    encryption_keys  dbcrypt key digests, which coderd needs the keys of
    amcheck          created | present | unavailable, with the reason
    other_sessions   client connections besides the verifier's own
    """

    server_version: str
    schema_version: int | None
    coder_release: str
    database_bytes: int
    tables: int
    encryption_keys: tuple[str, ...]
    amcheck: str
    other_sessions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckGroup:
    """One Map item: checks, foreign keys, tables to count or relations to examine, of planned duration.

    bounded  a single piece of work that may take longer than a group should: when its time limit strikes, it is
             unfinished rather than failed, for its size alone explains it
    """

    id: str
    kind: Literal["sql", "foreign-keys", "counts", "physical"]
    items: tuple[str, ...]
    planned_seconds: float
    bounded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationPlan:
    """PlanVerification's result: the facts, the groups, and the checks that cannot run here, as skips.

    notes     by check id: what the plan leaves out or only samples, in words for the check's detail
    unlogged  tables that exist and are not counted, because crash recovery empties them
    """

    facts: DatabaseFacts
    groups: tuple[CheckGroup, ...]
    skipped: tuple[CheckResult, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    unlogged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResult:
    """RunChecks' result. `counts` holds rows by table for the groups that count."""

    group: str
    checks: tuple[CheckResult, ...]
    counts: Mapping[str, int]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Judge's result: the verdict and everything it rests on.

    counts        rows by table of this copy
    baseline_drill  the passed drill whose counts these were compared with, None at the first
    next_baseline what the next drill compares with, to be stored when this drill passed (a warning passes);
                  a table that warned keeps its old count in it. When it failed, only `warned` is stored, beside
                  the present counts. None keeps the present baseline
    data_as_of    the newest write found in the copy, from the heartbeat or activity columns
    """

    verdict: Verdict
    checks: tuple[CheckResult, ...]
    counts: Mapping[str, int]
    facts: DatabaseFacts
    baseline_drill: str | None = None
    next_baseline: "Baseline | None" = None
    data_as_of: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Rows by table that the next drill of the same source is compared with; kept by the ledger.

    drill   the passed drill whose judgement gave the counts
    warned  tables that had shrunk in the last drill that was compared with them, passed or not: a warning there, a
            failure when it is seen again
    """

    drill: str
    taken_at: datetime
    counts: Mapping[str, int]
    warned: tuple[str, ...] = ()
