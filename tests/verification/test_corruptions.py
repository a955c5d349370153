"""Every check that can fail is made to fail by a corruption of its own, and passes on the healthy seed."""

from collections.abc import Iterator

import pytest

from lambdas import payload
from lambdas.adapters import postgres
from lambdas.adapters.postgres import Session
from lambdas.contracts import CheckResult
from lambdas.verification import checks, inventory, structure
from lambdas.verification.checks import Check
from lambdas.verification.work import Counts, Orphans, Statement

from .conftest import Seeded
from .corruptions import CORRUPTIONS

JUDGED = {check.id: check for check in checks.catalogue() if check.expect != "report"}


@pytest.fixture(scope="module")
def writing(seeded: Seeded) -> Iterator[Session]:
    with postgres.session(seeded.server, statement_seconds=60, writes=True) as session:
        yield session


@pytest.fixture
def session(writing: Session, seeded: Seeded) -> Iterator[Session]:
    """A transaction in which anything may be broken; it is rolled back."""
    writing.rows("BEGIN; SET LOCAL session_replication_role = replica", doing="test")
    writing.tell("coder.as_of", payload.instant(seeded.as_of))
    try:
        yield writing
    finally:
        writing.rows("ROLLBACK", doing="test")


def run(session: Session, check: Check) -> CheckResult:
    (result,) = Statement(check=check, weight=0).run(session, lambda: 30.0).results
    return result


def test_there_is_a_corruption_for_every_check_that_can_fail() -> None:
    assert set(CORRUPTIONS) == set(JUDGED)


@pytest.mark.parametrize("check", checks.catalogue(), ids=lambda check: check.id)
def test_the_healthy_seed_passes(check: Check, session: Session) -> None:
    result = run(session, check)

    assert result.verdict == ("pass" if check.id in JUDGED else "report"), result.detail


@pytest.mark.parametrize("check", JUDGED.values(), ids=lambda check: check.id)
def test_its_corruption_is_found(check: Check, session: Session) -> None:
    session.rows(CORRUPTIONS[check.id], doing="corrupting")

    result = run(session, check)

    assert result.verdict == {"critical": "fail", "warning": "warn"}[check.severity], result.detail
    assert "SQLSTATE" not in result.detail


@pytest.mark.parametrize("check", checks.catalogue(), ids=lambda check: check.id)
def test_no_name_and_no_address_is_told(check: Check, session: Session) -> None:
    if check.id in CORRUPTIONS:
        session.rows(CORRUPTIONS[check.id], doing="corrupting")
    detail = run(session, check).detail

    secrets = session.rows(
        "SELECT username FROM users UNION SELECT email FROM users UNION SELECT name FROM users WHERE name <> ''"
        " UNION SELECT name FROM organizations UNION SELECT name FROM groups WHERE length(name) > 3"
        " UNION SELECT name FROM templates UNION SELECT name FROM workspaces"
        " UNION SELECT value FROM site_configs UNION SELECT jwt FROM licenses",
        doing="test",
    )
    words = set(detail.replace(",", " ").split())
    assert not words & {str(row[0]) for row in secrets}
    assert "@" not in detail


@pytest.mark.parametrize("control", checks.controls(checks.catalogue()), ids=lambda check: check.id)
def test_a_planted_fault_is_seen_in_a_healthy_database(control: Check, session: Session) -> None:
    result = run(session, control)

    assert result.verdict == "fail"
    assert result.control
    assert "SQLSTATE" not in result.detail


def test_a_check_that_ends_in_an_error_does_not_pass(session: Session) -> None:
    session.rows("DROP TABLE crypto_keys", doing="corrupting")

    result = run(session, JUDGED["F04_crypto_keys_usable"])

    assert (result.verdict, result.value) == ("fail", None)
    assert result.detail == "the statement failed with SQLSTATE 42P01"


def test_a_licence_that_does_not_decode_warns(session: Session) -> None:
    session.rows("UPDATE licenses SET jwt = 'a.b.c'", doing="corrupting")
    (check,) = [each for each in checks.catalogue() if each.id == "F10_license_days_left"]

    assert run(session, check).verdict == "warn"


def test_the_first_five_ids_are_told_and_how_many_more(session: Session) -> None:
    session.rows("UPDATE template_versions SET job_id = gen_random_uuid()", doing="corrupting")
    versions = session.rows("SELECT id::text FROM template_versions ORDER BY id LIMIT 5", doing="test")

    result = run(session, JUDGED["C04_template_version_job_missing"])

    listed = ", ".join(str(row[0]) for row in versions)
    assert result.value is not None
    assert result.detail == f"template versions whose import job is gone: {listed} and {result.value - 5} more"


def test_an_orphan_of_any_foreign_key_is_found_and_counted(session: Session) -> None:
    keys = [key for key in inventory.foreign_keys(session) if not key.unlogged]
    assert len(keys) > 40
    for child in {key.child for key in keys}:
        mine = tuple(key for key in keys if key.child == child)
        healthy = Orphans(keys=mine, blocks=None, weight=0).run(session, lambda: 30.0)
        assert not healthy.found
        assert not healthy.refused
    session.rows("UPDATE workspace_agents SET resource_id = gen_random_uuid()", doing="corrupting")
    agents = session.rows("SELECT count(*) FROM workspace_agents", doing="test")[0][0]

    mine = tuple(key for key in keys if key.child == "workspace_agents")
    found = Orphans(keys=mine, blocks=None, weight=0).run(session, lambda: 30.0).found

    assert found == {"workspace_agents.workspace_agents_resource_id_fkey": agents}


def test_an_empty_column_is_no_orphan(session: Session) -> None:
    keys = tuple(key for key in inventory.foreign_keys(session) if key.child == "template_versions")
    session.rows("UPDATE template_versions SET template_id = NULL", doing="corrupting")

    assert not Orphans(keys=keys, blocks=None, weight=0).run(session, lambda: 30.0).found


def test_ranges_of_a_table_hold_together_what_the_whole_holds(session: Session) -> None:
    session.rows("UPDATE workspace_builds SET template_version_id = gen_random_uuid()", doing="corrupting")
    keys = tuple(key for key in inventory.foreign_keys(session) if key.child == "workspace_builds")
    (table,) = [each for each in inventory.tables(session) if each.name == "workspace_builds"]
    blocks = table.bytes // structure.BLOCK_BYTES
    middle = blocks // 2
    assert 0 < middle < blocks

    whole = Orphans(keys=keys, blocks=None, weight=0).run(session, lambda: 30.0).found
    ranges = [(0, middle), (middle + 1, blocks)]
    halves = [Orphans(keys=keys, blocks=each, weight=0).run(session, lambda: 30.0).found for each in ranges]
    items = tuple(structure.part("workspace_builds", each) for each in ranges)
    counts = Counts(items=("workspace_builds", *items), weight=0).run(session, lambda: 30.0).counts

    assert {name: halves[0].get(name, 0) + halves[1].get(name, 0) for name in whole} == whole
    assert counts["workspace_builds"] == counts[items[0]] + counts[items[1]]
    assert min(counts.values()) > 0


def test_a_table_that_cannot_be_counted_hides_no_other(session: Session) -> None:
    outcome = Counts(items=("users", "nothing", "files"), weight=0).run(session, lambda: 30.0)

    assert set(outcome.counts) == {"users", "files"}
    assert outcome.refused == {"nothing": "42P01"}
