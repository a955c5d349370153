"""Values that verification's tests start from."""

from datetime import UTC, datetime, timedelta

from lambdas.contracts import (
    CheckResult,
    CheckVerdict,
    DatabaseFacts,
    Drill,
    GroupResult,
    RecoveryPoint,
    RecoveryPointKind,
    Severity,
    VerificationPlan,
)
from lambdas.settings import Database, Evidence, Objectives, Settings, Verification
from lambdas.verification.structure import ForeignKey, Inventory, Relation, Table

OPENED = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TAKEN = OPENED - timedelta(minutes=6)
OBJECTIVES = Objectives(rto_minutes=120, rpo_minutes=15, snapshot_age_hours=26, drill_interval_days=35)


def drill(recovery_point: str = "latest-snapshot", *, accept: tuple[str, ...] = ()) -> Drill:
    return Drill(
        id="20261123-0a1b2c3d",
        environment="test",
        source="coder-prod-aurora",
        target="coder-dr-test-20261123-0a1b2c3d",
        writer="coder-dr-test-20261123-0a1b2c3d-writer",
        namespace="coder-dr-test-20261123-0a1b2c3d",
        execution="arn:execution",
        opened_at=OPENED,
        give_up_at=OPENED + timedelta(hours=2),
        recovery_point=recovery_point,
        started_by="schedule",
        accept_shrunk_tables=accept,
    )


def point(kind: RecoveryPointKind = "snapshot", *, time: datetime = TAKEN) -> RecoveryPoint:
    return RecoveryPoint(
        kind=kind,
        id="rds:coder-prod-aurora-2026-11-23",
        time=time,
        origin="automated",
        source="coder-prod-aurora",
        engine="aurora-postgresql",
        engine_version="16.4",
        encrypted=True,
        kms_key=None,
        age_seconds=360,
        reason="newest",
    )


def result(  # noqa: PLR0913  a sample names what its test is about
    check: str = "B01_users_active",
    verdict: CheckVerdict = "pass",
    *,
    severity: Severity = "critical",
    value: int | None = 0,
    control: bool = False,
    detail: str = "",
    unfinished: bool = False,
) -> CheckResult:
    return CheckResult(
        id=check,
        severity=severity,
        verdict=verdict,
        value=value,
        expected="0",
        detail=detail,
        seconds=0.1,
        digest="0" * 16,
        control=control,
        unfinished=unfinished,
    )


def planted(count: int = 3, verdict: CheckVerdict = "fail") -> tuple[CheckResult, ...]:
    return tuple(result(f"NC_{number}", verdict, control=True) for number in range(count))


FACTS = DatabaseFacts(
    server_version="16.4",
    schema_version=401,
    coder_release="2.29",
    database_bytes=1,
    tables=1,
    encryption_keys=(),
    amcheck="created",
    other_sessions=0,
)
PLAN = VerificationPlan(facts=FACTS, groups=())


def group(*checks: CheckResult, name: str = "sql-1", **counts: int) -> GroupResult:
    return GroupResult(group=name, checks=checks, counts=counts, seconds=1.0)


def table(name: str, size: int = 8192, *, rows: int = 10, unlogged: bool = False) -> Table:
    return Table(name=name, bytes=size, rows=rows, unlogged=unlogged)


def key(child: str, parent: str, *, name: str = "", column: str = "parent_id", unlogged: bool = False) -> ForeignKey:
    return ForeignKey(
        name=name or f"{child}_{column}_fkey",
        child=child,
        parent=parent,
        child_columns=(column,),
        parent_columns=("id",),
        types=("uuid",),
        unlogged=unlogged,
    )


def inventory(
    *,
    tables: tuple[Table, ...] = (),
    keys: tuple[ForeignKey, ...] = (),
    relations: tuple[Relation, ...] = (),
    absent: frozenset[str] = frozenset(),
    amcheck: str = "present",
) -> Inventory:
    return Inventory(
        read_at=OPENED,
        server_version="16.4",
        database_bytes=1,
        other_sessions=0,
        schema_version=401,
        encryption_keys=(),
        amcheck=amcheck,  # type: ignore[arg-type]  # a test may try any word
        absent=absent,
        tables=tables,
        foreign_keys=keys,
        relations=relations,
    )


def settings(verification: Verification | None = None) -> Settings:
    return Settings(
        environment="test",
        version="0",
        source="coder-prod-aurora",
        snapshot_patterns=("rds:coder-prod-aurora-*",),
        prefix="coder-dr-test",
        database=Database(
            name="coder",
            subnet_group="s",
            security_group="sg",
            verifier_security_group="v",
            min_acu=0.5,
            max_acu=4,
        ),
        objectives=OBJECTIVES,
        evidence=Evidence(bucket="b", table="t", topic="topic", retention_days=400),
        verification=verification or Verification(),
    )
