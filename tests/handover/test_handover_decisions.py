"""What an operator is told to do with Terraform's state, for each way a restore can end."""

import pytest
from handover_samples import (
    CLUSTER,
    INSTANCES,
    OLD,
    SOURCE,
    TARGET,
    blueprint,
    handover,
    live,
)

from lambdas.contracts import Blueprint
from lambdas.handover.replacing import attributes, warnings
from lambdas.handover.terraform import StateHandover, operations, summary
from lambdas.recovery.database import Cluster


def said(told: StateHandover, shape: Blueprint | None = None, **of_live: object) -> str:
    return "\n".join(warnings(told, live(told.serving, **of_live), shape or blueprint()))


def test_a_repointed_platform_has_its_addresses_given_up_before_they_are_taken_again() -> None:
    words = operations(handover())
    taken_out = next(n for n, each in enumerate(words) if "terraform state rm" in each)
    imported = [n for n, each in enumerate(words) if each.startswith("Import")]
    assert len(imported) == 3
    assert taken_out < min(imported)
    assert "terraform state pull" in words[0]


def test_a_repointed_platform_imports_every_address_and_changes_the_variable_that_names_the_cluster() -> None:
    told = handover()
    assert dict(told.imports) == {
        CLUSTER: TARGET,
        f"{INSTANCES}[0]": f"{TARGET}-1",
        f"{INSTANCES}[1]": f"{TARGET}-2",
    }
    assert dict(told.variables) == {"aurora_cluster_identifier": TARGET}


def test_swapped_names_need_the_refresh_and_nothing_else() -> None:
    told = handover("swap-identifiers")
    words = "\n".join(operations(told))
    assert "-refresh-only" in words
    assert "cluster-RESTORED" in words
    assert "state rm" not in words
    assert "Import " not in words
    assert not told.variables


def test_the_old_cluster_is_said_to_be_nobodys_under_the_name_that_it_has_now() -> None:
    assert f"`day2 retire {SOURCE}`" in said(handover())
    assert f"`day2 retire {OLD}`" in said(handover("swap-identifiers"))


def test_a_source_that_is_gone_is_not_asked_to_be_retired() -> None:
    told = handover(exists=False)
    assert told.old is None
    assert "day2 retire" not in said(told)
    assert dict(told.imports)[CLUSTER] == TARGET


def test_a_repointed_platform_is_warned_of_the_variable_first_of_all() -> None:
    first = warnings(handover(), live(), blueprint())[0]
    assert "REPLACE the live database" in first
    assert "aurora_cluster_identifier" in first
    assert "Hold every other plan" in first


def test_after_swapped_names_no_variable_is_warned_of() -> None:
    assert "aurora_cluster_identifier" not in said(handover("swap-identifiers"))


@pytest.mark.parametrize("strategy", ["repoint", "swap-identifiers"])
def test_nobody_is_left_to_set_the_snapshot_identifier(strategy: str) -> None:
    told = handover(strategy)  # type: ignore[arg-type]
    assert "snapshot_identifier and restore_to_point_in_time" in said(told)


@pytest.mark.parametrize(
    ("attribute", "other"),
    [
        ("kms_key_id", {"kms_key": "arn:aws:kms:eu-central-1:111122223333:key/another"}),
        ("db_subnet_group_name", {"subnet_group": "another"}),
        ("master_username", {"master_username": "coder"}),
        ("availability_zones", {"availability_zones": ("eu-central-1a", "eu-central-1c")}),
    ],
)
def test_what_differs_and_replaces_is_warned_of_by_its_name_and_both_values(
    attribute: str, other: dict[str, object]
) -> None:
    assert f"{attribute} is" not in said(handover())
    assert f"{attribute} is" in said(handover(), **other)


def test_what_is_not_known_of_the_source_is_no_difference() -> None:
    unknown = blueprint(described=False, kms_key=None, availability_zones=(), members=(), instances=0)
    assert "kms_key_id is" not in said(handover(), unknown)


def test_zones_in_another_order_are_the_same_zones() -> None:
    zones = next(each for each in attributes(live(), blueprint(), source=SOURCE) if each.name == "availability_zones")
    assert not zones.differs


def test_instances_that_are_not_named_as_the_old_ones_were_are_warned_of() -> None:
    named = blueprint(members=tuple(each for each in blueprint().members[:1]), instances=1)
    assert "identifier" in said(handover(members=(f"{TARGET}-writer",)), named)
    assert "are not named as" not in said(handover())


def test_fewer_instances_than_before_are_warned_of() -> None:
    assert "1 instances where coder-prod-aurora had 2" in said(handover(members=(f"{TARGET}-1",)))


def test_an_engine_that_is_older_than_the_configuration_says_is_warned_of() -> None:
    assert "The engine is 16.4" in said(handover(), engine_version="16.4")


def test_iam_logins_are_warned_of_where_there_are_any() -> None:
    assert "rds-db:connect" in said(handover("swap-identifiers"), blueprint(iam_authentication=True))
    assert "rds-db:connect" not in said(handover("swap-identifiers"))


def test_the_summary_says_what_hangs_on_it() -> None:
    assert "no plan" in summary(handover())
    assert "only refreshed" in summary(handover("swap-identifiers"))


def test_the_live_cluster_is_the_one_that_is_handed_over() -> None:
    cluster: Cluster = live()
    assert handover().document()["cluster"] == {
        "address": CLUSTER,
        "id": cluster.name,
        "resource_id": cluster.resource_id,
    }
