"""Which recovery point is chosen, and what is said when none is."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas import payload
from lambdas.contracts import Blueprint
from lambdas.errors import NoUsableRecoveryPoint
from lambdas.recovery.database import ENGINE, Instance, Inventory, RetainedBackup, Snapshot
from lambdas.recovery.recovery_points import blueprint, choose, problems
from lambdas.recovery.request import Selector
from lambdas.recovery.restoring import parameter_group

from .conftest import NOW, SETTINGS, production, snapshot

LATEST = Selector(form="latest-snapshot")
LATEST_TIME = Selector(form="latest-restorable-time")

SNAPSHOTS = st.builds(
    snapshot,
    st.builds("{}-{}".format, st.sampled_from(["coder-prod", "of-somebody"]), st.uuids()),
    hours=st.floats(min_value=0, max_value=100),
    status=st.sampled_from(["available", "creating", "failed"]),
    engine=st.sampled_from([ENGINE, "aurora-mysql"]),
    cluster=st.sampled_from(["coder-prod-aurora", "billing"]),
)


def retained(**changes: object) -> RetainedBackup:
    backup = RetainedBackup(
        cluster="coder-prod-aurora",
        resource_id="cluster-GONE",
        status="retained",
        engine=ENGINE,
        engine_version="15.8",
        earliest_restorable_at=NOW - timedelta(days=20),
        latest_restorable_at=NOW - timedelta(days=2),
        encrypted=True,
        kms_key="arn:aws:kms:::key/kept",
        master_username="coder_admin",
        backup_retention_days=20,
    )
    return replace(backup, **changes)


@given(st.lists(SNAPSHOTS, max_size=8))
def test_the_latest_snapshot_is_the_newest_that_can_be_drilled_or_none(snapshots: list[Snapshot]) -> None:
    inventory = Inventory(source=production(), snapshots=tuple(snapshots))
    usable = [
        each
        for each in snapshots
        if (each.status, each.engine, each.cluster) == ("available", ENGINE, "coder-prod-aurora")
        and each.name.startswith("coder-prod-")
    ]
    try:
        point = choose(LATEST, inventory, settings=SETTINGS, now=NOW)
    except NoUsableRecoveryPoint:
        assert all(NOW - (each.created_at or NOW) > timedelta(hours=26) for each in usable)
        return
    assert point.time == max(each.created_at for each in usable if each.created_at)
    assert point.age_seconds <= 26 * 3600
    assert point.id in {each.name for each in usable}


def test_a_snapshot_that_is_still_creating_is_never_chosen_and_is_told() -> None:
    snapshots = (snapshot("coder-prod-old", hours=3), snapshot("coder-prod-new", hours=0.1, status="creating"))
    point = choose(LATEST, Inventory(source=production(), snapshots=snapshots), settings=SETTINGS, now=NOW)
    assert point.id == "coder-prod-old"
    assert "newer but not usable: coder-prod-new" in point.reason


def test_a_latest_snapshot_older_than_the_objective_is_refused_with_what_was_found() -> None:
    snapshots = (snapshot("coder-prod-stale", hours=26.1), snapshot("coder-prod-bad", hours=1, status="failed"))
    with pytest.raises(
        NoUsableRecoveryPoint, match=r"coder-prod-stale .* 26\.1 h old, and 26\.0 h are allowed.*coder-prod-bad"
    ):
        choose(LATEST, Inventory(source=production(), snapshots=snapshots), settings=SETTINGS, now=NOW)


def test_no_snapshot_at_all_is_told() -> None:
    with pytest.raises(NoUsableRecoveryPoint, match="none exists"):
        choose(LATEST, Inventory(source=production()), settings=SETTINGS, now=NOW)


def test_a_newer_snapshot_whose_name_iam_does_not_let_a_drill_restore_is_passed_over() -> None:
    snapshots = (snapshot("coder-prod-old", hours=3), snapshot("before-the-upgrade", hours=1))
    point = choose(LATEST, Inventory(source=production(), snapshots=snapshots), settings=SETTINGS, now=NOW)
    assert (point.id, point.reason) == ("coder-prod-old", "the newest of 1 available snapshots")


@pytest.mark.parametrize(
    ("admitted", "told"),
    [
        ((), "no usable snapshot: none exists but 2 whose names"),
        ((snapshot("coder-prod-stale", hours=27),), r"found coder-prod-stale \([^)]*\), and 2 whose names"),
    ],
    ids=["none", "an old one"],
)
def test_a_refusal_tells_how_many_snapshots_were_left_out_and_which_setting_admits_them(
    admitted: tuple[Snapshot, ...], told: str
) -> None:
    others = (snapshot("before-the-upgrade", hours=1), snapshot("by-hand", hours=2))
    inventory = Inventory(source=production(), snapshots=(*admitted, *others))
    with pytest.raises(NoUsableRecoveryPoint, match=f"{told} the settings' source.manual_snapshots does not admit"):
        choose(LATEST, inventory, settings=SETTINGS, now=NOW)


def test_a_named_snapshot_may_be_older_than_the_objective() -> None:
    inventory = Inventory(source=production(), snapshots=(snapshot("coder-prod-yearly", hours=9000),))
    point = choose(Selector(form="snapshot", snapshot="coder-prod-yearly"), inventory, settings=SETTINGS, now=NOW)
    assert (point.id, point.origin, point.age_seconds) == ("coder-prod-yearly", "manual", 9000 * 3600)


@pytest.mark.parametrize(
    ("name", "type_", "origin"),
    [
        ("rds:coder-prod-aurora-1", "automated", "automated"),
        ("coder-prod-mine", "manual", "manual"),
        ("awsbackup:job-1", "awsbackup", "aws-backup"),
        ("awsbackup:job-2", "manual", "aws-backup"),
    ],
)
def test_the_origin_of_a_snapshot_is_told(name: str, type_: str, origin: str) -> None:
    inventory = Inventory(source=production(), snapshots=(snapshot(name, hours=1, type=type_),))
    assert choose(LATEST, inventory, settings=SETTINGS, now=NOW).origin == origin


def test_the_latest_restorable_time_becomes_a_concrete_time_before_it() -> None:
    point = choose(LATEST_TIME, Inventory(source=production()), settings=SETTINGS, now=NOW)
    assert (point.kind, point.time, point.age_seconds) == ("point-in-time", NOW - timedelta(minutes=5, seconds=1), 301)
    assert point.id == "2026-11-23T01:55:06Z"
    assert point.source_resource_id is None


@given(st.timedeltas(min_value=timedelta(days=-40), max_value=timedelta(days=1)))
def test_a_time_is_taken_inside_the_window_and_nowhere_else(offset: timedelta) -> None:
    inventory = Inventory(source=production())
    selector = Selector(form="time", time=NOW + offset)
    inside = timedelta(days=-35) <= offset < timedelta(minutes=-5)
    assert (problems(selector, inventory, source=SETTINGS.source) == ()) == inside
    if inside:
        assert choose(selector, inventory, settings=SETTINGS, now=NOW).time == NOW + offset
    else:
        with pytest.raises(NoUsableRecoveryPoint, match="outside the restorable window"):
            choose(selector, inventory, settings=SETTINGS, now=NOW)


def test_the_latest_restorable_time_itself_is_refused_as_rds_would_refuse_it() -> None:
    selector = Selector(form="time", time=NOW - timedelta(minutes=5))
    assert problems(selector, Inventory(source=production()), source=SETTINGS.source)


def test_a_window_of_less_than_a_second_gives_its_beginning() -> None:
    moment = NOW - timedelta(minutes=5)
    inventory = Inventory(source=production(earliest_restorable_at=moment))
    assert choose(LATEST_TIME, inventory, settings=SETTINGS, now=NOW).time == moment


def test_a_deleted_source_is_restored_through_its_retained_backup() -> None:
    inventory = Inventory(source=None, retained=(retained(),))
    point = choose(LATEST_TIME, inventory, settings=SETTINGS, now=NOW)
    assert (point.source_resource_id, point.engine_version) == ("cluster-GONE", "15.8")
    shape = blueprint(point, inventory, SETTINGS)
    assert not shape.described
    assert (shape.master_username, shape.backup_retention_days, shape.instances) == ("coder_admin", 20, 0)


def test_of_several_retained_backups_the_one_that_holds_the_time_is_taken() -> None:
    older = retained(
        resource_id="cluster-OLDER",
        earliest_restorable_at=NOW - timedelta(days=60),
        latest_restorable_at=NOW - timedelta(days=30),
    )
    inventory = Inventory(source=None, retained=(retained(), older))
    at = Selector(form="time", time=NOW - timedelta(days=31))
    assert choose(at, inventory, settings=SETTINGS, now=NOW).source_resource_id == "cluster-OLDER"
    assert choose(LATEST_TIME, inventory, settings=SETTINGS, now=NOW).source_resource_id == "cluster-GONE"


def test_a_deleted_source_s_snapshots_can_still_be_drilled() -> None:
    inventory = Inventory(source=None, snapshots=(snapshot("coder-prod-kept", hours=5),))
    point = choose(LATEST, inventory, settings=SETTINGS, now=NOW)
    shape = blueprint(point, inventory, SETTINGS)
    assert not shape.described
    assert (shape.master_username, shape.subnet_group) == ("coder_admin", "coder-prod-db-subnet-group")


@pytest.mark.parametrize(
    ("inventory", "told"),
    [
        (Inventory(source=None), "no longer exists and no retained automated backup"),
        (Inventory(source=production(latest_restorable_at=None)), "automated backups are off"),
    ],
)
def test_a_source_without_a_window_says_why(inventory: Inventory, told: str) -> None:
    with pytest.raises(NoUsableRecoveryPoint, match=told):
        choose(LATEST_TIME, inventory, settings=SETTINGS, now=NOW)


def test_a_continuous_backup_of_another_engine_is_refused() -> None:
    with pytest.raises(NoUsableRecoveryPoint, match="aurora-mysql"):
        choose(LATEST_TIME, Inventory(source=production(engine="aurora-mysql")), settings=SETTINGS, now=NOW)


def test_the_source_s_shape_is_recorded() -> None:
    inventory = Inventory(source=production(), snapshots=(snapshot("coder-prod-mine", hours=1),))
    shape = blueprint(choose(LATEST, inventory, settings=SETTINGS, now=NOW), inventory, SETTINGS)
    assert shape.described
    assert (shape.instances, shape.backup_retention_days, shape.log_exports) == (2, 35, ("postgresql",))
    assert (shape.min_acu, shape.max_acu, shape.master_username) == (0.5, 16, "coder_admin")


def test_the_source_s_instances_are_recorded_the_writer_first() -> None:
    source = production(writer="coder-prod-aurora-1", deletion_protection=True, availability_zones=("a", "b", "c"))
    reader, writer = (
        Instance(
            name=name,
            cluster=source.name,
            status="available",
            instance_class="db.serverless",
            zone=zone,
            promotion_tier=1,
            parameter_group="coder-prod-pg16",
        )
        for name, zone in (("coder-prod-aurora-0", "a"), ("coder-prod-aurora-1", "b"))
    )
    inventory = Inventory(source=source, instances=(reader, writer), snapshots=(snapshot("coder-prod-mine", hours=1),))
    shape = blueprint(choose(LATEST, inventory, settings=SETTINGS, now=NOW), inventory, SETTINGS)
    assert [(each.name, each.writer, each.zone) for each in shape.members] == [
        ("coder-prod-aurora-1", True, "b"),
        ("coder-prod-aurora-0", False, "a"),
    ]
    assert (shape.security_groups, shape.kms_key) == (("sg-production",), source.kms_key)
    assert (shape.deletion_protection, shape.availability_zones) == (True, ("a", "b", "c"))


def test_a_blueprint_of_an_older_release_still_reads() -> None:
    """The ledger keeps the last one for as long as no drill runs."""
    inventory = Inventory(source=production(), snapshots=(snapshot("coder-prod-mine", hours=1),))
    told = payload.write(blueprint(choose(LATEST, inventory, settings=SETTINGS, now=NOW), inventory, SETTINGS))
    since = ("security_groups", "kms_key", "deletion_protection", "availability_zones", "members", "tags")
    old = payload.read(Blueprint, {name: value for name, value in told.items() if name not in since})
    assert (old.instances, old.members, old.security_groups) == (2, (), ())


def test_a_parameter_group_of_another_major_version_is_not_given_to_the_copy() -> None:
    inventory = Inventory(
        source=production(), snapshots=(snapshot("coder-prod-before-upgrade", hours=1, engine_version="15.8"),)
    )
    point = choose(LATEST, inventory, settings=SETTINGS, now=NOW)
    shape = blueprint(point, inventory, SETTINGS)
    assert parameter_group(point, shape, SETTINGS) is None
    assert parameter_group(replace(point, engine_version="16.3"), shape, SETTINGS) == "coder-prod-pg16"


@pytest.mark.parametrize("version", ["16.6", "15.8"])
def test_the_settings_parameter_group_is_given_to_the_copy_whatever_the_sources_is(version: str) -> None:
    """IAM allows no other."""
    configured = replace(SETTINGS, database=replace(SETTINGS.database, cluster_parameter_group="coder-drills"))
    inventory = Inventory(
        source=production(), snapshots=(snapshot("coder-prod-mine", hours=1, engine_version=version),)
    )
    point = choose(LATEST, inventory, settings=configured, now=NOW)
    assert parameter_group(point, blueprint(point, inventory, configured), configured) == "coder-drills"
