"""Each corruption is found by the check it names, and by nothing before it is applied."""

import pytest
from seeded import Database

from day2.engine import seed
from lambdas.verification import checks, dsn, runner

Healthy = tuple[Database, seed.SeedFacts]
CATALOGUE = {check.id: check for check in checks.catalogue()}
BY_STATEMENT = [each for each in seed.corruptions() if each.found_by in CATALOGUE]


def _value(database: Database, check: checks.Check, *, as_of: str, first: str = "") -> int:
    """The check's value inside a transaction that is rolled back, after `first`."""
    outcome = database.rows(f"""
        SET coder.as_of = '{as_of}';
        BEGIN;
        {first}
        {check.statement};
        ROLLBACK;""")
    return int(outcome[-1][0])


def _met(check: checks.Check, value: int) -> bool:
    return {"zero": value == 0, "one": value == 1, "positive": value >= 1}[check.expect]


@pytest.mark.parametrize("corruption", BY_STATEMENT, ids=lambda each: each.name)
def test_a_corruption_fails_the_check_that_has_to_find_it(healthy: Healthy, corruption: seed.Corruption) -> None:
    database, facts = healthy
    check = CATALOGUE[corruption.found_by]
    as_of = facts.as_of.isoformat()
    assert _met(check, _value(database, check, as_of=as_of))
    assert not _met(check, _value(database, check, as_of=as_of, first=corruption.sql))


def test_every_check_that_can_fail_has_a_corruption_of_its_own() -> None:
    named = [each.found_by for each in BY_STATEMENT]
    assert sorted(named) == sorted(check.id for check in CATALOGUE.values() if check.expect != "report")


def test_orphans_are_found_by_the_scan_of_foreign_keys(copy: Database) -> None:
    seed.corrupt(copy.dsn, psql=copy.psql, name="resources-lost")
    report = runner.verify(dsn.read(copy.dsn, environment={}))
    assert [check.id for check in report.checks if check.verdict == "fail"] == ["FK01_no_orphans"]


def test_an_index_that_lost_rows_is_found_by_the_physical_check(copy: Database) -> None:
    copy.rows("CREATE EXTENSION amcheck;")
    server = dsn.read(copy.dsn, environment={})
    assert {check.id: check.verdict for check in runner.verify(server).checks}["PH01_physical"] == "pass"
    seed.corrupt(copy.dsn, psql=copy.psql, name="index-lost-rows")
    failed = [check.id for check in runner.verify(server).checks if check.verdict == "fail"]
    assert failed == ["PH01_physical"]


@pytest.mark.parametrize(
    ("name", "table"), [("audit-log-emptied", "audit_logs"), ("table-truncated", "notification_messages")]
)
def test_an_emptied_table_is_seen_in_the_counts_alone(copy: Database, name: str, table: str) -> None:
    seed.corrupt(copy.dsn, psql=copy.psql, name=name)
    report = runner.verify(dsn.read(copy.dsn, environment={}))
    assert report.counts[table] == 0
    assert [check.id for check in report.checks if check.verdict == "fail"] == []


def test_an_unknown_corruption_names_those_there_are() -> None:
    with pytest.raises(ValueError, match="terraform-state-emptied"):
        seed.corruption("earthquake")


def test_names_are_used_once_and_every_block_of_the_file_is_read() -> None:
    names = [each.name for each in seed.corruptions()]
    assert len(names) == len(set(names)) == 48
