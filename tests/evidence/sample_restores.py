"""States of the restore's machine as it leaves them, made from the contracts: one for each way it can end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sample_drills
from sample_drills import BLUEPRINT, CHECKS, CONTROL, COUNTS, FACTS, SETTINGS, SOURCE, Clock, caught

from lambdas import payload
from lambdas.contracts import CheckGroup, GroupResult, RecoveryPoint, VerificationPlan
from lambdas.evidence import restore_record, timeline
from lambdas.restore_contracts import (
    Approval,
    ApprovalItem,
    BeforeDatabase,
    BeforePlatform,
    Change,
    Handover,
    Mismatch,
    Plan,
    PlannedCall,
    PlatformCheck,
    PlatformFacts,
    Reconciliation,
    Restoration,
    UrlSource,
    Workload,
)
from lambdas.settings import Settings

OPENED = datetime(2026, 11, 23, 10, 33, 12, 400_000, tzinfo=UTC)
POINT = datetime(2026, 11, 23, 10, 29, 59, tzinfo=UTC)
EXECUTION = "arn:aws:states:eu-west-1:111122223333:execution:coder-day2-prod-platform-restore:ops-1234"
ID = "20261123-8c1f0b7e"
TARGET = f"{SOURCE}-restored-{ID}"
OLD_NAME = f"{SOURCE}-old-{ID}"
ANNA = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Operators_0a1b2c3d/anna@example.com"

RESTORATION = Restoration(
    id=ID,
    environment="prod",
    source=SOURCE,
    target=TARGET,
    old_name=OLD_NAME,
    execution=EXECUTION,
    opened_at=OPENED,
    give_up_at=OPENED + timedelta(hours=12),
    recovery_point="time:2026-11-23T10:29:59Z",
    started_by="arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Operators_0a1b2c3d/bernd@example.com",
    reason="A clean-up script has emptied workspaces at 10:30",
    ticket="OPS-1234",
    cut_over="after-approval",
    strategy="repoint",
    dry_run=False,
    approval_seconds=14_400,
    soak_seconds=900,
)
RECOVERY_POINT = RecoveryPoint(
    kind="point-in-time",
    id="2026-11-23T10:29:59Z",
    time=POINT,
    origin="continuous",
    source=SOURCE,
    engine="aurora-postgresql",
    engine_version="16.6",
    encrypted=True,
    kms_key=BLUEPRINT.kms_key,
    age_seconds=194,
    reason="named by the request",
    earliest_restorable_at=OPENED - timedelta(days=35),
    latest_restorable_at=OPENED - timedelta(minutes=1),
)
CODER = Workload(namespace="coder", name="coder", replicas=2, ready=2, images=("ghcr.io/coder/coder:v2.29.1",))
PROVISIONERS = (Workload(namespace="coder-prov", name="coder-provisioner", replicas=5, ready=5, images=CODER.images),)
URL = UrlSource(container="coder", secret="coder-db-url", key="url", by="secretKeyRef")
HOST = f"{SOURCE}.cluster-c1example.eu-west-1.rds.amazonaws.com"
PLATFORM = PlatformFacts(
    coder=CODER,
    provisioners=PROVISIONERS,
    url=URL,
    host=HOST,
    secret_host=HOST,
    login="coder_admin",
    version="v2.29.1+a1b2c3d",
    deployment_id="5f0c9a1e-0000-4000-8000-8c1f0b7e0000",
    newest_audit_rows=37,
)
PLAN = Plan(
    summary=f"Restore {SOURCE} from 2026-11-23T10:29:59Z to {TARGET} beside it and, once a person has approved it, cut "
    "the platform over to it by repointing its secrets.",
    calls=(
        PlannedCall(
            call="rds:RestoreDBClusterToPointInTime",
            resource=TARGET,
            changes="a new cluster, engine 16.6, shaped like the source as it is, protected from deletion",
        ),
        PlannedCall(
            call="patch Deployment", resource="coder/coder", changes="replicas 2 to 0", undo="scaling it to 2 again"
        ),
        PlannedCall(
            call="secretsmanager:PutSecretValue",
            resource="the connection secret",
            changes="the host to the restored cluster's",
            undo="making the version before the current one",
        ),
    ),
    lost="Everything written in the last 3 min 15 s: 37 rows of the audit log are younger.",
    lost_seconds=195,
    lost_audit_rows=37,
    warnings=("The schema is as old as the binary.",),
    hourly_cost_dollars=0.48,
)
BEFORE = BeforePlatform(
    coder=CODER,
    provisioners=PROVISIONERS,
    url=URL,
    secret_version="0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
    secret_digest="3f2a9c81d0b4e7aa",
    kubernetes_digest="a91be02c77d61555",
)
BEFORE_DATABASE = BeforeDatabase(
    exists=True,
    name=SOURCE,
    resource_id="cluster-PROD",
    status="available",
    endpoint=HOST,
    security_groups=("sg-0a51b7d2c9e8f4310",),
    instances=(f"{SOURCE}-0", f"{SOURCE}-1"),
)
GROUPS = ("sg-0a51b7d2c9e8f4310", "sg-0drill")
FENCED = Change(what="security groups", resource=SOURCE, before="sg-0a51b7d2c9e8f4310", after="sg-0drill")
REPOINTED = (
    Change(
        what="host of the connection secret",
        resource="coder/prod/aurora-master",
        before=BEFORE.secret_digest,
        after="77d6155529be02c1",
        kept_as=BEFORE.secret_version,
    ),
    Change(
        what="host in the connection URL of coderd",
        resource="coder/coder-db-url[url]",
        before=BEFORE.kubernetes_digest,
        after="0d13f6e2b9a8c704",
        kept_as=f"coder/coder-db-url-before-{ID}",
    ),
)
SWAPPED = (
    Change(what="identifier", resource="cluster-PROD", before=SOURCE, after=OLD_NAME),
    Change(what="identifier", resource="cluster-NEW", before=TARGET, after=SOURCE),
)
LOOKS = (
    PlatformCheck(id="rollout", title="The rollout is complete", verdict="pass", detail="2 of 2 replicas are ready"),
    PlatformCheck(id="alive", title="/healthz of every replica", verdict="pass", detail="2 replicas say OK"),
    PlatformCheck(id="version", title="The release is the same", verdict="pass", detail="v2.29.1, as before"),
    PlatformCheck(id="health", title="coderd's own health", verdict="skip", detail="there is no token to ask with"),
    PlatformCheck(id="users", title="Users by API and SQL", verdict="pass", detail="API 1284, database 1284"),
    PlatformCheck(id="groups", title="Groups by API and SQL", verdict="skip", detail="403: the licence has no groups"),
    PlatformCheck(id="connected", title="coderd uses this database", verdict="pass", detail="14 connections"),
    PlatformCheck(id="left", title="Nobody uses the other one", verdict="pass", detail="0 connections"),
)
SICK = (
    *LOOKS[:1],
    PlatformCheck(id="alive", title="/healthz of every replica", verdict="fail", detail="coder-6f7: 503"),
)
RECONCILIATION = Reconciliation(
    without_row=Mismatch(
        count=2,
        workspaces=("0b0e3f6e-1111-4111-8111-000000000001", "0b0e3f6e-1111-4111-8111-000000000002"),
        owners=("9a7c1c52-2222-4222-8222-000000000001", ""),
    ),
    without_pod=Mismatch(
        count=1,
        workspaces=("0b0e3f6e-1111-4111-8111-000000000003",),
        owners=("9a7c1c52-2222-4222-8222-000000000003",),
    ),
)
HANDOVER = Handover(
    files={
        "handover.sh": f"restores/{SOURCE}/{ID}/handover/handover.sh",
        "import.tf": f"restores/{SOURCE}/{ID}/handover/import.tf",
        "README.md": f"restores/{SOURCE}/{ID}/handover/README.md",
    },
    summary="The state has to forget the old cluster and to import the restored one with its instances; one variable "
    "of environments/prod.tfvars names the new identifier.",
    warnings=("The next plan would replace a live database until the script has run.",),
)
ASKED_AT = OPENED + timedelta(minutes=24)


def asked(**changes: Any) -> ApprovalItem:
    """The question as the ledger keeps it."""
    item = ApprovalItem(
        restoration=RESTORATION,
        token="AAAA",
        asked_at=ASKED_AT,
        expires_at=ASKED_AT + timedelta(hours=4),
        summary=PLAN.summary,
        lost=PLAN.lost,
        verdict="pass",
    )
    return replace(item, **changes)


class Machine:
    """Walks a restore through its machine; each method is a stretch of it, and ends where it says."""

    def __init__(self, **changes: Any) -> None:
        self.clock = Clock(OPENED)
        self.restoration = replace(RESTORATION, **changes)
        self.state: dict[str, Any] = {}
        self.put("restoration", "OpenRestore", 1.3, payload.write(self.restoration))

    def put(self, key: str, state: str, seconds: float, told: Any = None, retries: int = 0) -> None:
        self.state[key] = {**(told or {}), **self.clock.step(state, seconds, retries)}

    def fail(self, name: str, sentence: str, *, key: str = "failure", after: float = 4.0) -> None:
        self.clock.now += timedelta(seconds=after)
        self.state[key] = caught(name, sentence)

    def plan(self, *, source_exists: bool = True) -> None:
        survey = {"recovery_point": payload.write(RECOVERY_POINT), "blueprint": payload.write(BLUEPRINT)}
        origin = "the source as it is" if source_exists else "the last drill's blueprint"
        survey |= {"origin": origin, "source_exists": source_exists}
        rows = PLATFORM.newest_audit_rows if source_exists else None
        self.put("survey", "SurveyDatabase", 2.1, survey)
        self.put("platform", "SurveyPlatform", 3.4, payload.write(replace(PLATFORM, newest_audit_rows=rows)))
        self.put("plan", "PlanRestore", 0.4, payload.write(replace(PLAN, lost_audit_rows=rows)))

    def restore(self) -> None:
        cluster = {
            "cluster": self.restoration.target,
            "resource_id": "cluster-NEW",
            "arn": f"arn:aws:rds:eu-west-1:111122223333:cluster:{TARGET}",
            "engine_version": "16.6",
            "security_groups": list(GROUPS),
            "parameter_group": "coder-prod-aurora-pg16",
            "adopted": False,
        }
        self.put("cluster", "RestoreBeside", 4.2, cluster)
        self.put("cluster_ready", "AwaitCluster", 702.0, retries=23)
        self.put("instances", "AddInstances", 3.1, {"instances": [f"{TARGET}-1", f"{TARGET}-2"]})
        self.put("instances_ready", "AwaitInstances", 461.0, retries=15)
        self.put("login", "TryLogin", 1.2, {"accepted": True})
        self.state["credentials"] = {"host": HOST}

    def verify(self) -> None:
        groups = (CheckGroup(id="sql-1", kind="sql", items=("A01",), planned_seconds=30),)
        skipped = tuple(each for each in CHECKS if each.verdict == "skip")
        checks = VerificationPlan(facts=FACTS, groups=groups, skipped=skipped)
        self.put("checks", "PlanRestoredChecks", 9.0, payload.write(checks))
        side = Clock(self.clock.now)
        self.state["results"] = [
            payload.write(GroupResult(group="sql-1", checks=(*CHECKS, CONTROL), counts={}, seconds=31))
            | self.clock.step("RunRestoredChecks", 141.0),
            payload.write(GroupResult(group="counts", checks=(), counts=COUNTS, seconds=22))
            | side.step("RunRestoredChecks", 24.0),
        ]
        self.put("judgement", "JudgeRestore", 1.1, payload.write(sample_drills.judgement()))
        told = {"opening": "same", "reason": "the schema is at migration 401 (2.29), coderd v2.29.1 brings 401"}
        self.put("admission", "AdmitData", 0.3, told)

    def approve(self, minutes: float = 17) -> None:
        self.clock.now += timedelta(minutes=minutes)
        answer = Approval(decision="approved", by=ANNA, at=self.clock.now, reason="Checked with the team")
        self.state["approval"] = payload.write(answer)

    def fence(self) -> None:
        self.put("before", "RememberPlatform", 1.4, payload.write(BEFORE))
        self.put("database_before", "RememberDatabase", 0.9, payload.write(BEFORE_DATABASE))
        self.put("stopped", "StopPlatform", 1.1, {"stopped": ["coder-prov/coder-provisioner", "coder/coder"]})
        self.put("pods_gone", "AwaitStopped", 34.0, {"gone": True}, retries=6)
        self.put("fenced", "FenceDatabase", 1.7, {"changes": [payload.write(FENCED)], "skipped": None})
        self.put("silence", "SilenceDatabase", 2.2, {"connections": 0, "ended": 1, "skipped": None})

    def cut_over(self) -> None:
        if self.restoration.strategy == "repoint":
            self.put("repointed", "Repoint", 1.9, {"changes": payload.write(REPOINTED)})
        else:
            self.put("swapped", "SwapIdentifiers", 168.0, {"changes": payload.write(SWAPPED)}, retries=11)
        self.put("located", "LocateDatabases", 0.6)

    def start(self) -> None:
        self.put("started", "StartCoder", 0.8, {"replicas": 2})
        self.put("rolled_out", "AwaitRollout", 47.0, {"complete": True}, retries=8)
        self.put("provisioners_started", "StartProvisioners", 0.9, {"started": ["coder-prov/coder-provisioner"]})
        self.put("platform_checks", "VerifyPlatform", 5.2, {"checks": payload.write(LOOKS)})

    def keep(self) -> None:
        self.put("soaked", "Soak", 903.0, {"checks": payload.write(LOOKS), "looks": 30}, retries=29)
        self.put("settled", "SettleGroups", 1.2, {"security_groups": [GROUPS[0]], "skipped": None})
        self.put("reconciliation", "Reconcile", 3.8, payload.write(RECONCILIATION))
        self.put("handover", "WriteHandover", 2.4, payload.write(HANDOVER))

    def turn_back(self) -> None:
        self.put("back_stopped", "BackStopPlatform", 1.0, {"stopped": ["coder-prov/coder-provisioner", "coder/coder"]})
        self.put("back_pods_gone", "BackAwaitStopped", 31.0, {"gone": True}, retries=5)
        if self.restoration.strategy == "repoint":
            turned = [
                payload.write(replace(each, before=each.after, after=each.before, kept_as=None)) for each in REPOINTED
            ]
            self.put("back_repointed", "RepointBack", 1.8, {"changes": turned})
        else:
            self.put("back_swapped", "BackSwapIdentifiers", 171.0, {"changes": []}, retries=11)
        self.put("unfenced", "UnfenceDatabase", 1.5, {"security_groups": list(GROUPS), "skipped": None})

    def serve_again(self) -> None:
        self.put("opened", "OpenDatabase", 2.0, {"credentials": {"host": HOST}})
        self.put("back_started", "BackStartCoder", 0.8, {"replicas": 2})
        self.put("back_rolled_out", "BackAwaitRollout", 44.0, {"complete": True}, retries=7)
        self.put("back_provisioners_started", "BackStartProvisioners", 0.9)
        self.put("back_platform_checks", "BackVerifyPlatform", 5.0, {"checks": payload.write(LOOKS)})
        self.put("back_settled", "BackSettleGroups", 1.1, {"security_groups": [GROUPS[0]], "skipped": None})


def _to_the_fence(**changes: Any) -> Machine:
    machine = Machine(**changes)
    machine.plan()
    machine.restore()
    machine.verify()
    if machine.restoration.cut_over == "after-approval":
        machine.approve()
    machine.fence()
    return machine


def kept(**changes: Any) -> dict[str, Any]:
    """The platform serves on the restored database."""
    machine = _to_the_fence(**changes)
    machine.cut_over()
    machine.start()
    machine.keep()
    return machine.state


def swapped() -> dict[str, Any]:
    """The same by the clusters' names, without asking anyone."""
    return kept(strategy="swap-identifiers", cut_over="automatic")


def rolled_back(**changes: Any) -> dict[str, Any]:
    """The restored database was not healthy while it was watched: the old one serves again."""
    machine = _to_the_fence(**changes)
    machine.cut_over()
    machine.start()
    machine.fail(
        "PlatformNotHealthy",
        "/healthz of every replica: coder-6f7: 503 [coder/coder] Nothing to do yet: it is looked at again, and a "
        "platform that stays so is led back.",
        after=372,
    )
    machine.turn_back()
    machine.serve_again()
    return machine.state


def fenced() -> dict[str, Any]:
    """Neither database could serve: the old one was gone before, and the restored one did not come up."""
    machine = Machine()
    machine.plan(source_exists=False)
    machine.restore()
    machine.verify()
    machine.approve(minutes=3)
    machine.fence()
    machine.state["fenced"] |= {"changes": [], "skipped": f"{SOURCE} no longer exists"}
    machine.state["silence"] |= {"skipped": "it no longer exists"}
    machine.cut_over()
    machine.put("started", "StartCoder", 0.8, {"replicas": 2})
    machine.fail("CutOverOverdue", "0 of 2 replicas are ready after 15 min [coder/coder] See the pods.", after=901)
    machine.turn_back()
    machine.state["unfenced"] |= {"skipped": f"{SOURCE} no longer exists", "security_groups": []}
    machine.fail(
        "OldDatabaseCannotServe",
        f"The old database cannot serve: it no longer exists. [{SOURCE}] Start another restore.",
        key="back_failure",
    )
    return machine.state


def half_back() -> dict[str, Any]:
    """The rollback opened the old database and failed at the rollout: nobody saw the platform serve."""
    machine = _to_the_fence()
    machine.fail("RequestRefused", "The secret cannot be written [coder/prod/aurora-master] See its policy.")
    machine.turn_back()
    machine.put("opened", "OpenDatabase", 2.0, {"credentials": {"host": HOST}})
    machine.put("back_started", "BackStartCoder", 0.8, {"replicas": 2})
    machine.fail("CutOverOverdue", "1 of 2 replicas is ready [coder/coder] See the pods.", key="back_failure")
    return machine.state


def stuck() -> dict[str, Any]:
    """Kubernetes went away while the platform was watched, and with it every way back."""
    machine = _to_the_fence()
    machine.cut_over()
    machine.start()
    machine.fail("KubernetesUnavailable", "No answer [coder-prod] Look at the API server.", after=120)
    machine.fail("KubernetesUnavailable", "Still no answer [coder-prod] Look there.", key="back_failure", after=90)
    return machine.state


def _asked_for() -> Machine:
    machine = Machine()
    machine.plan()
    machine.restore()
    machine.verify()
    return machine


def rejected() -> dict[str, Any]:
    """Somebody said no."""
    machine = _asked_for()
    machine.fail("ApprovalRejected", "The cut-over was refused [anna] The cluster stands.", key="refusal", after=600)
    return machine.state


def expired() -> dict[str, Any]:
    """Nobody said anything."""
    machine = _asked_for()
    machine.clock.now += timedelta(hours=4)
    machine.state["refusal"] = {"Error": "States.Timeout", "Cause": ""}
    return machine.state


def beside() -> dict[str, Any]:
    """No cut-over was asked for."""
    machine = Machine(cut_over="none")
    machine.plan()
    machine.restore()
    machine.verify()
    return machine.state


def refused_data() -> dict[str, Any]:
    """The restored data did not pass: nobody was asked."""
    machine = Machine()
    machine.plan()
    machine.restore()
    machine.verify()
    del machine.state["admission"]
    failed = sample_drills.failed()["judgement"]
    machine.state["judgement"] = {**failed, "timing": machine.state["judgement"]["timing"]}
    machine.state["failure"] = caught("RestoredDataRefused", f"The restored data did not pass [{TARGET}] See.")
    return machine.state


def unplanned() -> dict[str, Any]:
    """The platform could not be looked at: nothing was made."""
    machine = Machine()
    survey = {"recovery_point": payload.write(RECOVERY_POINT), "blueprint": payload.write(BLUEPRINT)}
    machine.put("survey", "SurveyDatabase", 2.1, survey | {"origin": "the source as it is", "source_exists": True})
    machine.fail("PlanRefused", "There is no Deployment coder [coder/coder] Correct the settings' platform.")
    return machine.state


ALL = (kept, swapped, rolled_back, fenced, half_back, stuck, rejected, expired, beside, refused_data, unplanned)
"""Every way a restore can end, and some of the same end by another way."""


def question(state: dict[str, Any]) -> ApprovalItem | None:
    """What the ledger holds for this state."""
    if "approval" in state:
        return asked(state="approved", by=ANNA, at=payload.parse_instant(state["approval"]["at"]))
    if refusal := state.get("refusal"):
        answered = refusal["Error"] == "ApprovalRejected"
        return asked(state="rejected", by=ANNA, at=ASKED_AT, reason="Not before the weekend") if answered else asked()
    return None


def recorded_at(state: dict[str, Any]) -> datetime:
    """When the recording step is entered: some seconds behind what ran last."""
    ran = timeline.timings(state)
    waited = {"ApprovalRejected": 600, "States.Timeout": 14_400}.get((state.get("refusal") or {}).get("Error", ""), 4)
    return max(each.finished_at for each in ran) + timedelta(seconds=waited)


def recorded(state: dict[str, Any], settings: Settings = SETTINGS) -> dict[str, Any]:
    """The record of a restore."""
    return restore_record.build(
        state, settings, recorded_at(state), baseline=sample_drills.BASELINE, asked=question(state)
    )
