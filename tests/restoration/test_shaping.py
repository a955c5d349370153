"""The restored cluster is like the source, and like nothing that AWS would choose."""

from dataclasses import replace

import pytest

from lambdas.contracts import InstanceShape
from lambdas.errors import ProductionTargetRefused
from lambdas.restoration import shaping
from restoration.samples import ID, POINT, RESTORATION, SETTINGS, SHAPE, SOURCE


def test_what_a_restore_would_leave_to_chance_is_as_the_source_has_it() -> None:
    order = shaping.restore_order(RESTORATION, POINT, SHAPE, settings=SETTINGS)
    assert order.target == f"{SOURCE}-restored-{ID}"
    assert order.subnet_group == SHAPE.subnet_group
    assert order.parameter_group == SHAPE.cluster_parameter_group
    assert order.kms_key == SHAPE.kms_key
    assert (order.min_acu, order.max_acu) == (0.5, 16.0)
    assert order.iam_authentication
    assert order.log_exports == ("postgresql",)
    assert order.backup_retention_days == 35
    assert order.copy_tags_to_snapshot


def test_it_is_protected_from_deletion_even_where_the_source_was_not() -> None:
    unprotected = replace(SHAPE, deletion_protection=False)
    assert shaping.restore_order(RESTORATION, POINT, unprotected, settings=SETTINGS).deletion_protection


def test_the_verifier_reaches_it_through_its_own_group_beside_the_sources() -> None:
    order = shaping.restore_order(RESTORATION, POINT, SHAPE, settings=SETTINGS)
    assert order.security_groups == ("sg-database", "sg-verified")


def test_it_bears_the_sources_tags_but_neither_awss_own_nor_an_earlier_restores() -> None:
    tags = shaping.restore_order(RESTORATION, POINT, SHAPE, settings=SETTINGS).tags
    assert tags["team"] == "platform"
    assert tags["coder-day2:restore"] == ID
    assert not [key for key in tags if key.startswith("aws:")]


def test_a_parameter_group_of_another_major_version_is_left_to_the_default() -> None:
    upgraded = replace(SHAPE, engine_version="16.2")
    assert shaping.parameter_group(POINT, upgraded) is None
    assert {each.parameter_group for each in shaping.instance_orders(RESTORATION, POINT, upgraded)} == {None}


def test_a_target_that_could_have_been_there_before_is_never_restored_to() -> None:
    with pytest.raises(ProductionTargetRefused):
        shaping.restore_order(replace(RESTORATION, target=SOURCE), POINT, SHAPE, settings=SETTINGS)


def test_it_has_a_writer_and_as_many_readers_as_the_source_had_in_their_zones() -> None:
    orders = shaping.instance_orders(RESTORATION, POINT, SHAPE)
    assert [each.name for each in orders] == [f"{RESTORATION.target}-1", f"{RESTORATION.target}-2"]
    assert [each.zone for each in orders] == ["eu-central-1a", "eu-central-1b"]
    assert [each.promotion_tier for each in orders] == [0, 1]


def test_readers_that_shared_the_writers_zone_get_zones_of_their_own() -> None:
    crowded = tuple(replace(each, zone="eu-central-1a") for each in SHAPE.members)
    orders = shaping.instance_orders(RESTORATION, POINT, replace(SHAPE, members=crowded))
    assert [each.zone for each in orders] == ["eu-central-1a", "eu-central-1b"]


def test_more_readers_than_zones_are_left_to_aws() -> None:
    many = tuple(InstanceShape(name=str(n), instance_class="db.r6g.large", zone="eu-central-1a") for n in range(5))
    assert shaping.spread(many, SHAPE.availability_zones)[3:] == [None, None]


def test_provisioned_instances_get_no_serverless_range() -> None:
    members = tuple(replace(each, instance_class="db.r6g.large") for each in SHAPE.members)
    order = shaping.restore_order(RESTORATION, POINT, replace(SHAPE, members=members), settings=SETTINGS)
    assert (order.min_acu, order.max_acu) == (None, None)


def test_the_shape_of_the_last_drill_stands_in_for_a_source_that_is_gone() -> None:
    gone = replace(SHAPE, described=False, security_groups=(), members=(), master_username="as-of-the-backup")
    shape, origin = shaping.shape_of(gone, recorded=SHAPE, settings=SETTINGS)
    assert origin == "the last drill's blueprint"
    assert shape.security_groups == ("sg-database",)
    assert shape.master_username == "as-of-the-backup"
    assert not shape.described


def test_without_a_recorded_shape_the_settings_name_the_groups_or_nothing_is_restored() -> None:
    gone = replace(SHAPE, described=False, security_groups=(), members=())
    shape, origin = shaping.shape_of(gone, recorded=None, settings=SETTINGS)
    assert origin == "the settings"
    assert "default security group" in (shaping.shape_fault(shape) or "")
    assert shaping.shape_fault(SHAPE) is None
