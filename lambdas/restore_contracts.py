"""What the steps of a platform restore hand to one another, beside what they share with a drill (`lambdas.contracts`).

The same rules: aware UTC, units in names, no secret. A changed value that is one (a connection URL, a password) is told
by a digest, and by the version under which the service keeps the one before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from lambdas.contracts import Run

CutOver = Literal["none", "after-approval", "automatic"]
Strategy = Literal["repoint", "swap-identifiers"]
Outcome = Literal["kept", "beside", "not-cut-over", "rolled-back", "fenced", "failed"]
"""How a restore ends.

kept          the platform serves on the restored database
beside        the restored cluster stands beside, verified; no cut-over was asked for
not-cut-over  the same, because the approval was refused or did not come
rolled-back   the platform serves on the old database again
fenced        the platform serves nothing: it could be brought back to neither database, and is not half switched
failed        before anything of the platform was changed
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration(Run):
    """One platform restore, as `OpenRestore` named it.

    target    the restored cluster, `<source>-restored-<id>` unless the request names another of that beginning
    old_name  what swap-identifiers renames the old cluster to: `<source>-old-<id>`
    approval_seconds, soak_seconds  how long an answer is waited for, and the platform watched; from the settings
    """

    old_name: str
    cut_over: CutOver
    strategy: Strategy
    dry_run: bool
    approval_seconds: int
    soak_seconds: int
    ticket: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A Deployment: how many replicas it is to have, how many are ready, and the images of its containers."""

    namespace: str
    name: str
    replicas: int
    ready: int
    images: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlSource:
    """Where the Deployment takes its connection URL from: a Secret and its key.

    by  `secretKeyRef` of one variable, or `envFrom`, which takes the whole Secret and names the variable by the key
    """

    container: str
    secret: str
    key: str
    by: Literal["secretKeyRef", "envFrom"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformFacts:
    """What SurveyPlatform found: the platform as it stands before anything is changed.

    host         the database host that the Deployment's Secret names
    secret_host  the one that the connection secret names
    login        the user of the connection secret (a name, not a secret)
    secret_version  the version of the connection secret that was current
    user         the one as whom the Deployment's Secret signs in
    version      coderd's version as it tells it, else by its image's tag; None when neither tells
    newest_audit_rows  rows of the audit log since the recovery point in the old database; None when it was not asked
    unknown      what could not be found out, and why, each a sentence
    warnings     what a cut-over by the Secret would meet, each a sentence
    """

    coder: Workload
    provisioners: tuple[Workload, ...]
    url: UrlSource
    host: str
    secret_host: str
    login: str
    version: str | None = None
    deployment_id: str | None = None
    newest_audit_rows: int | None = None
    unknown: tuple[str, ...] = ()
    user: str = ""
    secret_version: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """One line of the plan: the call, the resource, and what it changes. `undo` is how a rollback takes it back."""

    call: str
    resource: str
    changes: str
    undo: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """PlanRestore's result, in words that stand in the approval's message, the dry run and the report.

    lost       what is lost by going back: a sentence
    lost_seconds  from the recovery point to the plan
    warnings   what the approver should know
    """

    summary: str
    calls: tuple[PlannedCall, ...]
    lost: str
    lost_seconds: int
    lost_audit_rows: int | None
    warnings: tuple[str, ...]
    hourly_cost_dollars: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """How a restore was let through, or not: `AskApproval`'s answer, as the answering function recorded it.

    by  the approver's ARN as STS told it; None when nobody answered, or nobody was asked
    """

    decision: Literal["approved", "rejected", "expired", "not-asked"]
    by: str | None = None
    at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforePlatform:
    """The platform as RememberPlatform saw it right before the fence; a rollback puts back exactly this.

    secret_version     the connection secret's version id (AWSCURRENT)
    secret_digest      first 16 hexadecimal digits of the SHA-256 of its text
    kubernetes_digest  the same, of the Kubernetes Secret's value under the key
    version            coderd's, as a replica told it, else by its image's tag; None when neither tells
    """

    coder: Workload
    provisioners: tuple[Workload, ...]
    url: UrlSource
    secret_version: str
    secret_digest: str
    kubernetes_digest: str
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforeDatabase:
    """The clusters as RememberDatabase saw them right before the fence. `exists` False: the old one is gone.

    name, resource_id, status, endpoint, port, security_groups  of the old cluster
    instances     the old cluster's, the writer first
    names         resource id -> identifier, of both clusters and all their instances
    restored      the resource ids among them that are of the restored cluster
    cannot_serve  why a rollback to the old cluster is impossible, in words; None when it can serve
    """

    exists: bool
    name: str
    resource_id: str = ""
    status: str = ""
    endpoint: str | None = None
    port: int = 5432
    security_groups: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    restored: tuple[str, ...] = ()
    cannot_serve: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One value that was changed, as the report shows it: before and after, digests for secrets.

    kept_as  where the value before still is (a secret's version id, the name of a Kubernetes Secret); None: nowhere
    """

    what: str
    resource: str
    before: str
    after: str
    kept_as: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformCheck:
    """One look at the platform after a cut-over. A missing right or licence is a `skip` with its reason."""

    id: str
    title: str
    verdict: Literal["pass", "fail", "skip"]
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One kind of difference between pods and database: at most 200 listed, `count` is of all.

    workspaces, owners  ids side by side; an owner that is not known is empty
    """

    count: int
    workspaces: tuple[str, ...]
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """Workspaces that only one side knows. Nothing of it is deleted.

    without_row   pods whose workspace is not in the database (created after the recovery point)
    without_pod   workspaces that the database takes for running and that have no pod
    unknown       why it could not be looked at; None when it was
    """

    without_row: Mismatch
    without_pod: Mismatch
    unknown: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What Terraform has to be told, as WriteHandover stored it.

    files     name -> key in the evidence bucket
    warnings  where the next plan would replace a live database
    """

    files: Mapping[str, str]
    summary: str
    warnings: tuple[str, ...] = ()


ApprovalState = Literal["waiting", "approved", "rejected", "expired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalItem:
    """A question as the ledger keeps it, and its answer when there is one.

    token      with it, and the right to send it, the machine goes on: it is shown to nobody
    summary, lost  the plan's
    verdict    what the verification came to: pass | warn
    by, at, reason  of the answer
    sent_at    when the machine was known to have it; None: it may not
    """

    restoration: Restoration
    token: str = field(repr=False)
    asked_at: datetime
    expires_at: datetime
    summary: str = ""
    lost: str = ""
    verdict: str = ""
    state: ApprovalState = "waiting"
    by: str | None = None
    at: datetime | None = None
    reason: str = ""
    sent_at: datetime | None = None
