"""A schema is opened by the Coder that knows it, migrated by a newer one, and refused by an older one."""

import pytest

from lambdas.verification import opening


def test_the_releases_own_schema_is_opened_as_it_is() -> None:
    assert opening.judge(401, "v2.29.1+0b8c8ef").verdict == "same"


def test_an_older_schema_is_migrated_and_it_is_said_that_this_is_for_good() -> None:
    found = opening.judge(393, "v2.29.1")
    assert found.verdict == "forward"
    assert "no way back" in found.reason


@pytest.mark.parametrize("migration", [412, 509, 600])
def test_a_schema_of_a_later_release_is_newer_than_the_binary(migration: int) -> None:
    found = opening.judge(migration, "v2.29.1")
    assert found.verdict == "newer"
    assert f"no migration found for version {migration}" in found.reason


def test_a_number_between_two_releases_may_be_a_patchs_so_that_nobody_claims_to_know() -> None:
    assert opening.judge(405, "v2.29.1").verdict == "unknown"


@pytest.mark.parametrize("version", [None, "", "v3.1.0", "latest"])
def test_a_version_that_is_not_known_is_called_so(version: str | None) -> None:
    assert opening.judge(401, version).verdict == "unknown"


def test_a_database_without_migrations_is_not_coders() -> None:
    assert opening.judge(None, "v2.29.1").verdict == "newer"
