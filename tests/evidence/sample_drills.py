"""Workflow states of drills as the machine leaves them, made from the contracts: passed, failed, cut short."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas import payload
from lambdas.contracts import (
    Baseline,
    Blueprint,
    CheckGroup,
    CheckResult,
    Credentials,
    DatabaseFacts,
    Drill,
    GroupResult,
    InstanceShape,
    IsolationFact,
    Judgement,
    Objective,
    RecoveryPoint,
    Timing,
    Verdict,
    VerificationPlan,
)
from lambdas.evidence import record, timeline
from lambdas.evidence.summary import Summary
from lambdas.settings import Database, Evidence, Objectives, Settings

OPENED = datetime(2026, 11, 23, 2, 0, 7, 250_000, tzinfo=UTC)
EXECUTION = "arn:aws:states:eu-west-1:111122223333:execution:coder-day2-prod-dr-drill:8c1f0b7e"
ID = "20261123-5f0c9a1e"
TARGET = f"coder-dr-test-{ID}"
SOURCE = "coder-prod-aurora"

SETTINGS = Settings(
    environment="prod",
    version="0.1.0",
    source=SOURCE,
    snapshot_patterns=(f"rds:{SOURCE}-*", "awsbackup:*", "coder-prod-*"),
    prefix="coder-dr-test",
    database=Database(
        name="coder",
        subnet_group="coder-prod-db-subnet-group",
        security_group="sg-0drill",
        verifier_security_group="sg-0verifier",
        min_acu=2,
        max_acu=16,
    ),
    objectives=Objectives(rto_minutes=120, rpo_minutes=15, snapshot_age_hours=26, drill_interval_days=31),
    evidence=Evidence(
        bucket="coder-day2-prod-evidence", table="ledger", topic="arn:aws:sns:eu-west-1:1:topic", retention_days=400
    ),
)

DRILL = Drill(
    id=ID,
    environment="prod",
    source=SOURCE,
    target=TARGET,
    writer=f"{TARGET}-writer",
    namespace=TARGET,
    execution=EXECUTION,
    opened_at=OPENED,
    give_up_at=OPENED + timedelta(hours=2),
    recovery_point="latest-snapshot",
    started_by="schedule",
    reason="Monthly proof that the backups restore",
    slot=OPENED.replace(second=0, microsecond=0),
)

SNAPSHOT = RecoveryPoint(
    kind="snapshot",
    id="rds:coder-prod-aurora-2026-11-23-01-12",
    time=datetime(2026, 11, 23, 1, 12, 41, tzinfo=UTC),
    origin="automated",
    source=SOURCE,
    engine="aurora-postgresql",
    engine_version="16.6",
    encrypted=True,
    kms_key="arn:aws:kms:eu-west-1:111122223333:key/1f4f7d3c-0b55-4f8e-9a6f-1b2c3d4e5f60",
    age_seconds=2846,
    reason="The newest of 35 available snapshots, 47 minutes old; the oldest allowed is 26 hours.",
)

BLUEPRINT = Blueprint(
    described=True,
    cluster_parameter_group="coder-prod-aurora-pg16",
    subnet_group="coder-prod-db-subnet-group",
    port=5432,
    master_username="coder_admin",
    iam_authentication=True,
    log_exports=("postgresql",),
    backup_retention_days=35,
    instances=2,
    min_acu=2,
    max_acu=64,
    engine_version="16.6",
    security_groups=("sg-0a51b7d2c9e8f4310",),
    kms_key="arn:aws:kms:eu-west-1:111122223333:key/1f4f7d3c-0b55-4f8e-9a6f-1b2c3d4e5f60",
    deletion_protection=True,
    availability_zones=("eu-west-1a", "eu-west-1b", "eu-west-1c"),
    members=(
        InstanceShape(
            name=f"{SOURCE}-0",
            instance_class="db.serverless",
            writer=True,
            zone="eu-west-1a",
            promotion_tier=0,
            parameter_group="coder-prod-aurora-pg16-instance",
            performance_insights=True,
        ),
        InstanceShape(
            name=f"{SOURCE}-1",
            instance_class="db.serverless",
            zone="eu-west-1b",
            promotion_tier=1,
            parameter_group="coder-prod-aurora-pg16-instance",
        ),
    ),
    tags={"Team": "platform"},
    copy_tags_to_snapshot=True,
    storage_type="aurora",
    backup_window="01:00-01:30",
    maintenance_window="sun:03:00-sun:03:30",
)

FACTS = DatabaseFacts(
    server_version="16.6",
    schema_version=401,
    coder_release="2.29",
    database_bytes=38_654_705_664,
    tables=89,
    encryption_keys=("3f2a9c81d0b4e7", "a91be02c77d615"),
    amcheck="created",
    other_sessions=0,
)

COUNTS = {
    "api_keys": 8_412,
    "audit_logs": 1_204_377,
    "group_members": 3_106,
    "groups": 48,
    "organizations": 3,
    "provisioner_jobs": 184_220,
    "template_versions": 1_912,
    "templates": 64,
    "users": 1_284,
    "workspace_agents": 402_118,
    "workspace_builds": 176_034,
    "workspaces": 4_207,
}
BASELINE = Baseline(
    drill="20261023-77aa0123",
    taken_at=OPENED - timedelta(days=31),
    counts={
        **COUNTS,
        "users": 1_241,
        "workspaces": 4_011,
        "audit_logs": 1_101_902,
        "api_keys": 8_930,
        "workspace_builds": 168_771,
        "templates": 64,
    },
)

_CHECKS = (
    ("A01_schema_migrations_clean", "critical", "pass", 1, "1", "rows=1 version=401 dirty=false"),
    ("A02_schema_version", "info", "report", 401, "reported", "golang-migrate version"),
    ("A05_invalid_indexes", "critical", "pass", 0, "0", "none"),
    ("A07_disabled_triggers", "critical", "pass", 0, "0", "none"),
    ("B01_users_active", "critical", "pass", 1_284, ">= 1", "deleted and system users left out"),
    ("B02_owner_exists", "critical", "pass", 6, ">= 1", "active owners"),
    ("B05_deleted_users_with_credentials", "critical", "pass", 0, "0", "keys of deleted users"),
    ("B10_group_members_outside_organization", "warning", "pass", 0, "0", "none"),
    ("C01_templates_live", "critical", "pass", 64, ">= 1", "not deleted"),
    ("C02_template_active_version_missing", "critical", "pass", 0, "0", "none"),
    ("C08_template_presets", "info", "skip", None, "reported", "column template_version_presets.prebuild is absent"),
    ("D02_workspaces_without_build", "critical", "pass", 0, "0", "none"),
    ("D04_build_number_gaps", "warning", "pass", 0, "0", "none"),
    ("D06_running_without_terraform_state", "critical", "pass", 0, "0", "none"),
    ("D08_running_workspaces", "info", "report", 611, "reported", "latest build start, job succeeded"),
    ("E04_job_of_build_missing_or_wrong_type", "critical", "pass", 0, "0", "none"),
    ("F01_license_valid", "critical", "pass", 1, ">= 1", "1 valid until 2027-04-01"),
    ("F05_dbcrypt_active_keys", "info", "report", 2, "reported", "2 active digests"),
    ("F06_encrypted_rows_with_unknown_key", "critical", "pass", 0, "0", "none"),
    ("G01_audit_latest", "info", "report", 41, "reported", "seconds before the recovery point"),
    ("FK01_no_orphans", "critical", "pass", 0, "0", "142 foreign keys scanned"),
    ("PH01_physical", "critical", "pass", 0, "0", "412 relations whole, 3 by a sample of 5 %"),
    ("CT01_row_counts", "critical", "pass", 0, "0", "no table shrank by more than 5 %"),
)


def check(row: tuple[Any, ...], *, seconds: float = 0.042) -> CheckResult:
    name, severity, verdict, value, expected, detail = row
    return CheckResult(
        id=name,
        title=TITLES[name],
        severity=severity,
        verdict=verdict,
        value=value,
        expected=expected,
        detail=detail,
        seconds=seconds,
        digest=f"{abs(hash_of(name)):016x}"[:16],
    )


TITLES = {
    "A01_schema_migrations_clean": "The schema's migrations are complete",
    "A02_schema_version": "Schema version",
    "A05_invalid_indexes": "Every index is valid",
    "A07_disabled_triggers": "Every trigger is enabled",
    "B01_users_active": "There are users who can sign in",
    "B02_owner_exists": "There is an owner who can administer the deployment",
    "B05_deleted_users_with_credentials": "No deleted user keeps credentials",
    "B10_group_members_outside_organization": "Members of groups belong to the organization",
    "C01_templates_live": "There are templates",
    "C02_template_active_version_missing": "Every template's active version exists",
    "C08_template_presets": "Presets of templates",
    "D02_workspaces_without_build": "Every workspace has a build",
    "D04_build_number_gaps": "Build numbers have no gaps",
    "D06_running_without_terraform_state": "Running workspaces have their Terraform state",
    "D08_running_workspaces": "Running workspaces",
    "E04_job_of_build_missing_or_wrong_type": "Every build has a job of its type",
    "F01_license_valid": "There is a licence that is valid at the recovery point",
    "F05_dbcrypt_active_keys": "Encryption keys that coderd needs to start",
    "F06_encrypted_rows_with_unknown_key": "Every encrypted row's key is known",
    "G01_audit_latest": "Newest audit entry",
    "FK01_no_orphans": "Every foreign key's parent exists",
    "PH01_physical": "Pages and indexes are sound",
    "CT01_row_counts": "No table has shrunk since the last passed drill",
}


def hash_of(text: str) -> int:
    return int.from_bytes(text.encode().ljust(8, b"-")[:8], "big")


CONTROL = CheckResult(
    id="NC_D02_workspaces_without_build",
    title="Every workspace has a build",
    severity="critical",
    verdict="fail",
    value=1,
    expected="0",
    detail="one broken row made for this, in a temporary table",
    seconds=0.003,
    digest="0f1e2d3c4b5a6978",
    control=True,
)
CHECKS = tuple(check(row, seconds=0.011 * (index + 1)) for index, row in enumerate(_CHECKS))


def objective(verdict: str, reason: str, measured: float | None = None, promised: float | None = None) -> Objective:
    return Objective(verdict=verdict, reason=reason, measured_seconds=measured, objective_seconds=promised)  # type: ignore[arg-type]


RTO = objective("pass", "verified data after 25 min 19 s, the objective is 2 h", 1518.4, 7200)
RPO = objective("pass", "41 s of work would be lost, by the newest write found in the copy.", 41, 900)
SNAPSHOT_AGE = objective(
    "pass",
    "the latest snapshot was 47 min 27 s old, of at most 26 h; "
    "the RPO of 15 min is proven by the point-in-time drill, not by this one",
    2846.25,
    93_600,
)
INTEGRITY = objective("pass", "18 of 18 checks that can fail passed, 1 skipped.")


def caught(name: str, message: str) -> dict[str, str]:
    """What Catch stores of a Lambda error."""
    return {"Error": name, "Cause": json.dumps({"errorMessage": message, "errorType": name, "stackTrace": ["File x"]})}


class Clock:
    """Walks through the drill: each step takes its seconds, and says when it ran."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def step(self, state: str, seconds: float, retries: int = 0) -> dict[str, Any]:
        begun, self.now = self.now, self.now + timedelta(seconds=seconds)
        timing = Timing(state=state, entered_at=begun, finished_at=self.now, retries=retries)
        self.now += timedelta(milliseconds=40)
        return {"timing": payload.write(timing)}


def passed(**judged: Any) -> dict[str, Any]:
    """A monthly drill that passed, 25 minutes to verified data and 9 to nothing left."""
    clock = Clock(OPENED)
    state: dict[str, Any] = {"drill": payload.write(DRILL) | clock.step("OpenDrill", 1.2)}
    state["choice"] = {
        "recovery_point": payload.write(SNAPSHOT),
        "blueprint": payload.write(BLUEPRINT),
    } | clock.step("ChooseRecoveryPoint", 1.6)
    parallel = Clock(clock.now)
    state["prepared"] = {
        "restore": restored(clock),
        "namespace": {
            "namespace": {"skipped": False, "reason": "created", "namespace": TARGET, "network_policy": "deny-all"}
            | parallel.step("CreateNamespace", 2.3)
        },
    }
    state["isolation"] = {"proven": True, "facts": payload.write(ISOLATION)} | clock.step("ProveIsolation", 2.1)
    plan = VerificationPlan(
        facts=FACTS,
        groups=(CheckGroup(id="sql-1", kind="sql", items=("A01",), planned_seconds=30),),
        skipped=tuple(each for each in CHECKS if each.verdict == "skip"),
    )
    state["plan"] = payload.write(plan) | clock.step("PlanVerification", 11.4)
    side = Clock(clock.now)
    state["results"] = [
        payload.write(GroupResult(group="sql-1", checks=(*CHECKS, CONTROL), counts={}, seconds=31))
        | clock.step("RunChecks", 188.0),
        payload.write(GroupResult(group="counts", checks=(), counts=COUNTS, seconds=22)) | side.step("RunChecks", 24.0),
    ]
    state["judgement"] = payload.write(judgement(**judged)) | clock.step("Judge", 1.1)
    return swept_up(state, clock)


def restored(clock: Clock) -> dict[str, Any]:
    """The restore branch when all went well."""
    cluster = {
        "cluster": TARGET,
        "resource_id": "cluster-ABCDEFGHIJKL",
        "engine_version": "16.6",
        "min_acu": 2.0,
        "max_acu": 16.0,
        "adopted": False,
    }
    secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:rds!cluster-0a1b2c3d"
    host = f"{TARGET}.cluster-c0ffee.eu-west-1.rds.amazonaws.com"
    return {
        "cluster": cluster | clock.step("RestoreCluster", 3.2),
        "cluster_ready": {} | clock.step("AwaitCluster", 731.5, 46),
        "instance": {} | clock.step("AddInstance", 1.4),
        "instance_ready": {} | clock.step("AwaitInstance", 432.0, 28),
        "credentials": {} | clock.step("ResetCredentials", 1.3),
        "credentials_ready": payload.write(Credentials(secret=secret, host=host, port=5432, database="coder"))
        | clock.step("AwaitCredentials", 121.0, 9),
    }


ISOLATION = (
    IsolationFact(
        fact="The copy lets in the verifier alone", resource="sg-0drill", seen="one rule: TCP 5432 from sg-0verifier"
    ),
    IsolationFact(fact="No instance is public", resource=f"{TARGET}-writer", seen="PubliclyAccessible is false"),
    IsolationFact(
        fact="No subnet routes to an internet gateway",
        resource="coder-prod-db-subnet-group",
        seen="3 subnets, 3 route tables, no igw- route",
    ),
)


def judgement(  # noqa: PLR0913  one for each thing a test varies
    *,
    overall: str = "pass",
    checks: tuple[CheckResult, ...] = (*CHECKS, CONTROL),
    integrity: Objective = INTEGRITY,
    rto: Objective = RTO,
    rpo: Objective = SNAPSHOT_AGE,
    counts: Mapping[str, int] = COUNTS,
) -> Judgement:
    return Judgement(
        verdict=Verdict(overall=overall, integrity=integrity, rto=rto, rpo=rpo),  # type: ignore[arg-type]
        checks=checks,
        counts=counts,
        facts=FACTS,
        baseline_drill=BASELINE.drill,
        next_baseline=None if overall == "fail" else Baseline(drill=ID, taken_at=OPENED, counts=counts),
        data_as_of=SNAPSHOT.time - timedelta(seconds=41),
    )


def swept_up(state: dict[str, Any], clock: Clock) -> dict[str, Any]:
    """The way out when it went well."""
    state["database_deleted"] = {"gone": True} | clock.step("DeleteDatabase", 498.0, 34)
    state["namespace_deleted"] = {"skipped": False, "gone": True} | clock.step("DeleteNamespace", 6.4, 2)
    looked_at = [
        {"what": what, "found": 0}
        for what in ("clusters", "instances", "snapshots", "retained backups", "managed secret", "namespace")
    ]
    state["nothing_left"] = {"clear": True, "looked_at": looked_at} | clock.step("ProveNothingLeft", 2.7)
    return state


def replaced(**verdicts: tuple[str, int, str]) -> tuple[CheckResult, ...]:
    """The checks, with some of another verdict, value and detail."""
    rows = []
    for row in _CHECKS:
        verdict, value, detail = verdicts.get(row[0], (row[2], row[3], row[5]))
        rows.append(check((row[0], row[1], verdict, value, row[4], detail), seconds=0.011 * (len(rows) + 1)))
    return (*rows, CONTROL)


def failed() -> dict[str, Any]:
    """The copy came up, but its data are broken."""
    return passed(
        overall="fail",
        checks=replaced(
            C02_template_active_version_missing=("fail", 3, "3 templates point at a version that is not there"),
            D04_build_number_gaps=("warn", 12, "12 workspaces with a gap"),
            CT01_row_counts=("fail", 1, "workspace_agents: emptied, 402118 rows in the baseline"),
        ),
        integrity=objective("fail", "2 critical checks failed: C02_template_active_version_missing, CT01_row_counts."),
        counts={**COUNTS, "workspace_agents": 0},
    )


def point_in_time() -> dict[str, Any]:
    """The other monthly drill: the latest restorable time, which proves the RPO."""
    state = passed(rpo=RPO)
    state["drill"]["recovery_point"] = "latest-restorable-time"
    state["choice"]["recovery_point"] |= {
        "kind": "point-in-time",
        "id": "2026-11-23T01:59:26Z",
        "time": "2026-11-23T01:59:26Z",
        "origin": "continuous",
        "age_seconds": 41,
        "reason": "The latest restorable time, 41 s old.",
    }
    return state


def cut_short() -> dict[str, Any]:
    """No usable recovery point: ended before anything was restored."""
    clock = Clock(OPENED)
    state: dict[str, Any] = {"drill": payload.write(DRILL) | clock.step("OpenDrill", 1.2)}
    state["failure"] = caught(
        "NoUsableRecoveryPoint",
        "The newest available snapshot is 61 hours old, and 26 is the most allowed [coder-prod-aurora] "
        "Look why the nightly snapshot is missing, or name an older one.",
    )
    return swept_up(state, clock)


def restore_overdue() -> dict[str, Any]:
    """The restore never became available, and the teardown met an error of its own."""
    clock = Clock(OPENED)
    state: dict[str, Any] = {"drill": payload.write(DRILL) | clock.step("OpenDrill", 1.2)}
    state["choice"] = {
        "recovery_point": payload.write(SNAPSHOT),
        "blueprint": payload.write(BLUEPRINT),
    } | clock.step("ChooseRecoveryPoint", 1.6)
    parallel, whole = Clock(clock.now), restored(clock)
    late = caught("RestoreOverdue", f"The cluster is still creating after 2 hours [{TARGET}] Look at its events.")
    state["prepared"] = {
        "restore": {"cluster": whole["cluster"], "failure": late},
        "namespace": {
            "namespace": {
                "skipped": True,
                "reason": "The settings name no cluster.",
                "namespace": None,
                "network_policy": None,
            }
            | parallel.step("CreateNamespace", 0.4)
        },
    }
    state["failure"] = late
    state["teardown_failure"] = caught("TeardownOverdue", f"Still deleting after 4 hours [{TARGET}] Look.")
    state["proof_failure"] = caught("LeftoversFound", f"1 cluster is left [{TARGET}] Delete it by hand.")
    return state


def died() -> dict[str, Any]:
    """As the sweep hands it on: a drill whose execution was stopped by hand."""
    clock = Clock(OPENED + timedelta(hours=5))
    state = {
        "drill": payload.write(DRILL),
        "failure": {"Error": "ExecutionDied", "Cause": "The execution was aborted; the sweep cleaned up after it."},
        "cluster_seen": True,
        "died_at": payload.instant(OPENED + timedelta(minutes=12)),
    }
    return swept_up(state, clock)


def history(count: int = 11) -> tuple[Summary, ...]:
    """Earlier drills, newest first: two failed, one of them before anything was measured."""
    drills = []
    for back in range(1, count + 1):
        opened = OPENED - timedelta(days=30.5 * back)
        wrong, early = back in (4, 9), back == 9
        drills.append(
            Summary(
                id=f"{opened:%Y%m%d}-{back:08x}",
                environment="prod",
                source=SOURCE,
                execution=f"{EXECUTION}-{back}",
                opened_at=opened,
                closed_at=opened + timedelta(minutes=40),
                requested="latest-snapshot",
                outcome="failed" if wrong else "passed",
                verdict=None if early else "fail" if wrong else "pass",
                recovery_point_kind="snapshot" if back % 2 else "point-in-time",
                rto_seconds=None if early else 1500 + 220 * (back % 5) - 60 * back,
                rto_objective_seconds=7200,
                rpo_seconds=40 + back,
                rpo_objective_seconds=93_600 if back % 2 else 900,
                error="RestoreFailed" if early else "ChecksFailed" if wrong else None,
            )
        )
    return tuple(drills)


def recorded_at(state: Mapping[str, Any]) -> datetime:
    """When a drill's recording step is entered: right behind what ran last."""
    ran = timeline.timings(state)
    return max((each.finished_at for each in ran), default=OPENED) + timedelta(milliseconds=40)


def recorded(state: Mapping[str, Any], settings: Settings = SETTINGS) -> dict[str, Any]:
    """The record of a drill."""
    return record.build(state, settings, recorded_at(state), baseline=BASELINE)
