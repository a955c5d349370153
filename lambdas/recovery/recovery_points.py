"""Which recovery point a drill restores, and why none may do.

Rules (AWS): only an `available` snapshot can be restored, and the newest one may still be `creating`; point-in-time
takes any instant between the cluster's earliest and latest restorable time, which lies some minutes behind now; a
deleted source lives on in its manual snapshots and, if it was told to, in a retained automated backup.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import assert_never

from lambdas import payload
from lambdas.contracts import Blueprint, InstanceShape, RecoveryPoint
from lambdas.errors import NoUsableRecoveryPoint
from lambdas.recovery.database import AVAILABLE, ENGINE, Cluster, Instance, Inventory, RetainedBackup, Snapshot
from lambdas.recovery.names import is_restorable
from lambdas.recovery.request import Selector
from lambdas.settings import Settings

_ORIGINS = {"automated": "automated", "manual": "manual", "awsbackup": "aws-backup"}
_BACKUP_PREFIXES = {"rds:": "automated", "awsbackup:": "aws-backup"}
_SHOWN = 5
# RestoreToTime "must be before the latest restorable time" (RestoreDBClusterToPointInTime, API reference).
_BEFORE_LATEST = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Where point-in-time restore reaches: of the living source, or of the retained backup `resource_id`."""

    earliest: datetime
    latest: datetime
    engine: str
    engine_version: str
    encrypted: bool
    kms_key: str | None
    resource_id: str | None = None


def problems(selector: Selector, inventory: Inventory, *, source: str) -> tuple[str, ...]:
    """What the world has against the recovery point that a request names. Empty for the `latest-…` forms.

    A source without any usable snapshot is no fault of the request: that drill runs, fails and leaves evidence.
    """
    match selector.form:
        case "latest-snapshot" | "latest-restorable-time":
            return ()
        case "snapshot":
            named = _named(selector, inventory)
            if named is None:
                return (f"there is no cluster snapshot {selector.snapshot} in this account and Region",)
            return snapshot_faults(named, source=source)
        case "time":
            return _time_faults(selector, inventory)
        case _:
            assert_never(selector.form)


def snapshot_faults(snapshot: Snapshot, *, source: str) -> tuple[str, ...]:
    """Why this snapshot cannot be drilled for `source`. Empty when it can."""
    faults = []
    if snapshot.cluster.lower() != source.lower():
        faults.append(f"snapshot {snapshot.name} is of the cluster {snapshot.cluster}, not of {source}")
    if snapshot.engine != ENGINE:
        faults.append(f"snapshot {snapshot.name} is of the engine {snapshot.engine}, not {ENGINE}")
    if snapshot.status != AVAILABLE:
        faults.append(f"snapshot {snapshot.name} is {snapshot.status}, not {AVAILABLE}")
    elif snapshot.created_at is None:
        faults.append(f"snapshot {snapshot.name} has no time of creation")
    return tuple(faults)


def choose(
    selector: Selector, inventory: Inventory, *, settings: Settings, now: datetime, any_age: bool = False
) -> RecoveryPoint:
    """The recovery point to restore, with the reason. Raises NoUsableRecoveryPoint with what was found instead.

    `any_age`: the latest snapshot is taken however old it is. A drill refuses an old one, because the daily backup did
    not run; to who has lost a database it is the best there is.
    """
    match selector.form:
        case "latest-snapshot":
            return _latest_snapshot(inventory, settings=settings, now=now, any_age=any_age)
        case "latest-restorable-time":
            window = restore_window(inventory, before=None)
            if window is None:
                raise _unusable(_no_window(inventory, settings.source), settings)
            moment = max(window.earliest, window.latest - _BEFORE_LATEST)
            reason = "the latest restorable time, less a second: a restore takes times before it"
            return _at(moment, window, reason=reason, source=settings.source, now=now)
        case "snapshot":
            named = _named(selector, inventory)
            faults = problems(selector, inventory, source=settings.source)
            if named is None or faults:
                raise _unusable("; ".join(faults), settings)
            return _from(named, reason="named by the request", inventory=inventory, now=now)
        case "time":
            window = restore_window(inventory, before=selector.time)
            faults = _time_faults(selector, inventory)
            if window is None or selector.time is None or faults:
                raise _unusable("; ".join(faults), settings)
            return _at(selector.time, window, reason="named by the request", source=settings.source, now=now)
        case _:
            assert_never(selector.form)


def restore_window(inventory: Inventory, *, before: datetime | None) -> Window | None:
    """The window of the living source; else of the retained backup that holds `before`, or reaches furthest."""
    source = inventory.source
    if source is not None:
        return _window_of_cluster(source)
    windows = [window for each in inventory.retained if (window := _window_of_backup(each)) is not None]
    holding = [each for each in windows if before is not None and each.earliest <= before <= each.latest]
    return max(holding or windows, key=lambda each: each.latest, default=None)


def blueprint(point: RecoveryPoint, inventory: Inventory, settings: Settings) -> Blueprint:
    """The source's shape; from the recovery point and the settings when the source no longer exists."""
    source = inventory.source
    if source is not None:
        return Blueprint(
            described=True,
            cluster_parameter_group=source.parameter_group,
            subnet_group=source.subnet_group,
            port=source.port or settings.database.port,
            master_username=source.master_username,
            iam_authentication=source.iam_authentication,
            log_exports=source.log_exports,
            backup_retention_days=source.backup_retention_days,
            instances=len(source.members),
            min_acu=source.min_acu,
            max_acu=source.max_acu,
            engine_version=source.engine_version,
            security_groups=source.security_groups,
            kms_key=source.kms_key,
            deletion_protection=source.deletion_protection,
            availability_zones=source.availability_zones,
            members=_members(source, inventory.instances),
            tags=source.tags,
            copy_tags_to_snapshot=source.copy_tags_to_snapshot,
            storage_type=source.storage_type,
            backup_window=source.backup_window,
            maintenance_window=source.maintenance_window,
        )
    backup = next((each for each in inventory.retained if each.resource_id == point.source_resource_id), None)
    snapshot = next((each for each in inventory.snapshots if each.name == point.id), None)
    origin = backup or snapshot
    return Blueprint(
        described=False,
        cluster_parameter_group=settings.database.cluster_parameter_group,
        subnet_group=settings.database.subnet_group,
        port=settings.database.port,
        master_username=origin.master_username if origin else "",
        iam_authentication=origin.iam_authentication if origin else False,
        log_exports=(),
        backup_retention_days=backup.backup_retention_days if backup else None,
        instances=0,
        min_acu=None,
        max_acu=None,
    )


def _members(source: Cluster, instances: Sequence[Instance]) -> tuple[InstanceShape, ...]:
    """The source's instances, the writer first, then by name."""
    ordered = sorted(instances, key=lambda each: (each.name != source.writer, each.name))
    return tuple(
        InstanceShape(
            name=each.name,
            instance_class=each.instance_class,
            writer=each.name == source.writer,
            zone=each.zone,
            promotion_tier=each.promotion_tier,
            parameter_group=each.parameter_group,
            performance_insights=each.performance_insights,
        )
        for each in ordered
    )


def _latest_snapshot(inventory: Inventory, *, settings: Settings, now: datetime, any_age: bool) -> RecoveryPoint:
    own = [each for each in inventory.snapshots if each.cluster.lower() == settings.source.lower()]
    admitted = [each for each in own if is_restorable(each.name, settings)]
    usable = [each for each in admitted if not snapshot_faults(each, source=settings.source)]
    found = _listed(admitted, left_out=len(own) - len(admitted))
    if not usable:
        raise _unusable(f"no usable snapshot: {found}", settings)
    newest = max(usable, key=_created)
    allowed = timedelta(hours=settings.objectives.snapshot_age_hours)
    age = now - _created(newest)
    if age > allowed and not any_age:
        raise _unusable(
            f"the newest usable snapshot {newest.name} is of {payload.instant(_created(newest))}, {_hours(age)} old, "
            f"and {_hours(allowed)} are allowed: {found}",
            settings,
        )
    passed_over = [each.name for each in admitted if _created(each) > _created(newest)]
    reason = f"the newest of {len(usable)} available snapshots"
    if passed_over:
        reason += f"; newer but not usable: {', '.join(passed_over[:_SHOWN])}"
    return _from(newest, reason=reason, inventory=inventory, now=now)


def _named(selector: Selector, inventory: Inventory) -> Snapshot | None:
    name = (selector.snapshot or "").lower()
    return next((each for each in inventory.snapshots if each.name.lower() == name), None)


def _time_faults(selector: Selector, inventory: Inventory) -> tuple[str, ...]:
    window = restore_window(inventory, before=selector.time)
    if selector.time is None or window is None:
        return ("there is no continuous backup to restore a time from",)
    faults = []
    if window.engine != ENGINE:
        faults.append(f"the backup is of the engine {window.engine}, not {ENGINE}")
    if not window.earliest <= selector.time < window.latest:
        faults.append(
            f"{payload.instant(selector.time)} lies outside the restorable window, "
            f"{payload.instant(window.earliest)} to {payload.instant(window.latest)}"
        )
    return tuple(faults)


def _from(snapshot: Snapshot, *, reason: str, inventory: Inventory, now: datetime) -> RecoveryPoint:
    window = _window_of_cluster(inventory.source) if inventory.source is not None else None
    return RecoveryPoint(
        kind="snapshot",
        id=snapshot.name,
        time=_created(snapshot),
        origin=_origin(snapshot),
        source=snapshot.cluster,
        engine=snapshot.engine,
        engine_version=snapshot.engine_version,
        encrypted=snapshot.encrypted,
        kms_key=snapshot.kms_key,
        age_seconds=_age_seconds(_created(snapshot), now=now),
        reason=reason,
        earliest_restorable_at=window.earliest if window else None,
        latest_restorable_at=window.latest if window else None,
    )


def _at(moment: datetime, window: Window, *, reason: str, source: str, now: datetime) -> RecoveryPoint:
    if window.engine != ENGINE:
        raise NoUsableRecoveryPoint(
            f"the continuous backup is of the engine {window.engine}, not {ENGINE}",
            resource=source,
            next_step="Correct the settings' source.",
        )
    via = ", through the retained backup of the deleted source" if window.resource_id else ""
    return RecoveryPoint(
        kind="point-in-time",
        id=payload.instant(moment),
        time=moment,
        origin="continuous",
        source=source,
        engine=window.engine,
        engine_version=window.engine_version,
        encrypted=window.encrypted,
        kms_key=window.kms_key,
        age_seconds=_age_seconds(moment, now=now),
        reason=f"{reason}{via}",
        earliest_restorable_at=window.earliest,
        latest_restorable_at=window.latest,
        source_resource_id=window.resource_id,
    )


def _window_of_cluster(cluster: Cluster) -> Window | None:
    if cluster.earliest_restorable_at is None or cluster.latest_restorable_at is None:
        return None
    return Window(
        earliest=cluster.earliest_restorable_at,
        latest=cluster.latest_restorable_at,
        engine=cluster.engine,
        engine_version=cluster.engine_version,
        encrypted=cluster.encrypted,
        kms_key=cluster.kms_key,
    )


def _window_of_backup(backup: RetainedBackup) -> Window | None:
    if backup.earliest_restorable_at is None or backup.latest_restorable_at is None:
        return None
    return Window(
        earliest=backup.earliest_restorable_at,
        latest=backup.latest_restorable_at,
        engine=backup.engine,
        engine_version=backup.engine_version,
        encrypted=backup.encrypted,
        kms_key=backup.kms_key,
        resource_id=backup.resource_id,
    )


def _no_window(inventory: Inventory, source: str) -> str:
    if inventory.source is None:
        return f"{source} no longer exists and no retained automated backup of it does"
    return f"{source} tells no restorable window: its automated backups are off or have not begun"


def _origin(snapshot: Snapshot) -> str:
    for prefix, origin in _BACKUP_PREFIXES.items():
        if snapshot.name.startswith(prefix):
            return origin
    return _ORIGINS.get(snapshot.type, snapshot.type)


def _created(snapshot: Snapshot) -> datetime:
    return snapshot.created_at or datetime.min.replace(tzinfo=UTC)


def _age_seconds(moment: datetime, *, now: datetime) -> int:
    return max(0, int((now - moment).total_seconds()))


def _listed(snapshots: Sequence[Snapshot], *, left_out: int) -> str:
    others = f"{left_out} whose names the settings' source.manual_snapshots does not admit"
    if not snapshots:
        return f"none exists but {others}" if left_out else "none exists"
    newest = sorted(snapshots, key=_created, reverse=True)
    words = [f"{each.name} ({each.engine}, {each.status})" for each in newest[:_SHOWN]]
    more = f" and {len(newest) - _SHOWN} more" if len(newest) > _SHOWN else ""
    return f"found {', '.join(words)}{more}{f', and {others}' if left_out else ''}"


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:.1f} h"


def _unusable(what: str, settings: Settings) -> NoUsableRecoveryPoint:
    return NoUsableRecoveryPoint(
        what,
        resource=settings.source,
        next_step="See why its backups are missing or late; until then it cannot be brought back from one.",
    )
