"""One platform and one restore of it, from which the tests depart."""

from datetime import UTC, datetime, timedelta

from lambdas.contracts import Blueprint, InstanceShape, RecoveryPoint
from lambdas.restore_contracts import PlatformFacts, Restoration, UrlSource, Workload
from lambdas.settings import Database, Evidence, Kubernetes, Objectives, Platform, Restore, Settings

NOW = datetime(2026, 11, 23, 10, 40, tzinfo=UTC)
EMPTIED_AT = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
SOURCE = "coder-prod-aurora"
ID = "20261123-0a1b2c3d"
EXECUTION = "arn:aws:states:eu-central-1:111122223333:execution:coder-day2-prod-platform-restore:by-hand"

SETTINGS = Settings(
    environment="prod",
    version="0.1.0",
    source=SOURCE,
    snapshot_patterns=(f"rds:{SOURCE}-*", "awsbackup:*"),
    prefix="coder-dr-test",
    database=Database(
        name="coder",
        subnet_group="coder-prod-db-subnet-group",
        security_group="sg-verified",
        verifier_security_group="sg-verifier",
        min_acu=0.5,
        max_acu=8.0,
    ),
    objectives=Objectives(rto_minutes=120, rpo_minutes=15, snapshot_age_hours=26, drill_interval_days=35),
    evidence=Evidence(bucket="evidence", table="drills", topic="arn:aws:sns:x:1:t", retention_days=400),
    kubernetes=Kubernetes(cluster="coder-prod"),
    platform=Platform(connection_secret="coder/prod/aurora-master"),
    restore=Restore(restored=f"{SOURCE}-restored-", old=f"{SOURCE}-old-"),
)

RESTORATION = Restoration(
    id=ID,
    environment="prod",
    source=SOURCE,
    target=f"{SOURCE}-restored-{ID}",
    old_name=f"{SOURCE}-old-{ID}",
    execution=EXECUTION,
    opened_at=NOW,
    give_up_at=NOW + timedelta(hours=12),
    recovery_point="time:2026-11-23T10:29:59Z",
    cut_over="after-approval",
    strategy="repoint",
    dry_run=False,
    approval_seconds=14_400,
    soak_seconds=900,
    started_by="somebody",
    reason="a script emptied a table",
    ticket="OPS-1",
)

POINT = RecoveryPoint(
    kind="point-in-time",
    id="2026-11-23T10:29:59Z",
    time=EMPTIED_AT - timedelta(seconds=1),
    origin="continuous",
    source=SOURCE,
    engine="aurora-postgresql",
    engine_version="15.4",
    encrypted=True,
    kms_key="arn:aws:kms:eu-central-1:111122223333:key/backup",
    age_seconds=601,
    reason="named by the request",
)

SHAPE = Blueprint(
    described=True,
    cluster_parameter_group="coder-prod-aurora-pg",
    subnet_group="coder-prod-db-subnet-group",
    port=5432,
    master_username="coder_admin",
    iam_authentication=True,
    log_exports=("postgresql",),
    backup_retention_days=35,
    instances=2,
    min_acu=0.5,
    max_acu=16.0,
    engine_version="15.4",
    security_groups=("sg-database",),
    kms_key="arn:aws:kms:eu-central-1:111122223333:key/database",
    deletion_protection=True,
    availability_zones=("eu-central-1a", "eu-central-1b", "eu-central-1c"),
    members=(
        InstanceShape(
            name=f"{SOURCE}-1",
            instance_class="db.serverless",
            writer=True,
            zone="eu-central-1a",
            promotion_tier=0,
            parameter_group="coder-prod-pg",
        ),
        InstanceShape(
            name=f"{SOURCE}-2",
            instance_class="db.serverless",
            zone="eu-central-1b",
            promotion_tier=1,
            parameter_group="coder-prod-pg",
        ),
    ),
    tags={"team": "platform", "aws:cloudformation:stack-name": "x", "coder-day2:restore": "20250101-00000000"},
    copy_tags_to_snapshot=True,
)

PLATFORM = PlatformFacts(
    coder=Workload(namespace="coder", name="coder", replicas=3, ready=3, images=("ghcr.io/coder/coder:v2.29.1",)),
    provisioners=(
        Workload(namespace="coder-prov", name="coder-provisioner", replicas=5, ready=5, images=("coder:v2.29.1",)),
    ),
    url=UrlSource(container="coder", secret="coder-db-url", key="url", by="secretKeyRef"),
    host="coder-prod-aurora.cluster-x",
    secret_host="coder-prod-aurora.cluster-x",
    login="coder_admin",
    version="v2.29.1+abc",
    newest_audit_rows=43,
)
