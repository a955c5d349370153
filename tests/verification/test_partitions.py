"""Partitioned tables of a real PostgreSQL: counted as one, read by their partitions, joined as they are declared."""

from collections.abc import Iterator

import pytest

from lambdas.adapters import postgres
from lambdas.adapters.postgres import Server
from lambdas.contracts import CheckResult, GroupResult
from lambdas.settings import Verification
from lambdas.verification import checks, planning, runner, script, verdict

from .conftest import Seeded

TABLES = """
CREATE TABLE owner (id int PRIMARY KEY);
CREATE TABLE event (id int, at date, owner_id int REFERENCES owner, note text, PRIMARY KEY (id, at))
    PARTITION BY RANGE (at);
CREATE TABLE event_old PARTITION OF event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE event_new PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY HASH (id);
CREATE TABLE event_new_0 PARTITION OF event_new FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE event_new_1 PARTITION OF event_new FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE remark (event_id int, event_at date, FOREIGN KEY (event_id, event_at) REFERENCES event)
    PARTITION BY LIST (event_at);
CREATE TABLE remark_rest PARTITION OF remark DEFAULT;
CREATE TABLE flag (event_id int, event_at date, FOREIGN KEY (event_id, event_at) REFERENCES event);
CREATE TABLE unused (id int) PARTITION BY LIST (id);
INSERT INTO owner SELECT generate_series(1, 3);
INSERT INTO event SELECT n, date '2025-07-01' + n, n % 3 + 1, repeat('x', 400) FROM generate_series(1, 365) n;
INSERT INTO remark SELECT id, at FROM event; INSERT INTO flag SELECT id, at FROM event;
CREATE EXTENSION amcheck;
ANALYZE;
"""


@pytest.fixture
def server(seeded: Seeded) -> Iterator[Server]:
    seeded.running.sql("CREATE DATABASE partitioned OWNER coder_admin")
    seeded.running.sql(TABLES, database="partitioned")
    yield seeded.database("partitioned")
    seeded.running.sql("DROP DATABASE partitioned WITH (FORCE)")


def by_id(results: tuple[CheckResult, ...], check: str) -> CheckResult:
    (found,) = [each for each in results if each.id == check]
    return found


def ran(server: Server, seeded: Seeded, settings: Verification) -> tuple[list[GroupResult], tuple[CheckResult, ...]]:
    plan = runner.make_plan(server, phase="drill", settings=settings, seed="drill", copy=False)
    results = [
        runner.run_group(server, group, as_of=seeded.as_of, phase="drill", settings=settings) for group in plan.groups
    ]
    return results, verdict.gather(plan, results, expect={})


def test_a_partitioned_table_is_counted_under_its_own_name_and_its_keys_hold(server: Server) -> None:
    report = runner.verify(server)

    assert report.counts == {"owner": 3, "event": 365, "remark": 365, "flag": 365, "unused": 0}
    keys = by_id(report.checks, checks.FOREIGN_KEYS)
    assert (keys.verdict, keys.value) == ("pass", 0)
    # Three partitions of event, one of remark, and flag: the entries for partitions that are referred to are no keys.
    assert keys.detail == "5 foreign keys"
    assert by_id(report.checks, checks.PHYSICAL).verdict == "pass"


def test_groups_of_ranges_find_the_same(server: Server, seeded: Seeded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "SCAN_BYTES_PER_SECOND", 8192)

    results, found = ran(server, seeded, Verification(group_seconds=10))

    assert len([group for group in results if group.group.startswith("counts")]) > 2
    assert verdict.row_counts(results)["event"] == 365
    assert by_id(found, checks.FOREIGN_KEYS).verdict == "pass"


def test_an_orphan_in_a_partition_is_found(server: Server, seeded: Seeded) -> None:
    seeded.running.sql(
        "SET session_replication_role = replica; UPDATE event_new_0 SET owner_id = 9; DELETE FROM event_old",
        database="partitioned",
    )
    moved = int(seeded.running.sql("SELECT count(*) FROM event_new_0", database="partitioned"))
    left = int(seeded.running.sql("SELECT count(*) FROM event", database="partitioned"))

    keys = by_id(runner.verify(server).checks, checks.FOREIGN_KEYS)

    assert (keys.verdict, keys.value) == ("fail", moved + 2 * (365 - left))
    assert f"event_new_0.event_owner_id_fkey: {moved}" in keys.detail


def test_the_sizes_of_the_partitions_are_planned_for_what_names_the_table(server: Server) -> None:
    with postgres.session(server, statement_seconds=30) as session:
        tables = {table.name: table for table in runner.inventory.tables(session)}

    partitions = [tables[name] for name in ("event_old", "event_new_0", "event_new_1")]
    assert tables["event"].bytes == sum(each.bytes for each in partitions) > 0
    assert tables["event"].rows == sum(each.rows for each in partitions) == 365
    assert {each.root for each in partitions} == {"event"}
    assert (tables["unused"].bytes, tables["unused"].rows) == (0, 0)


def test_a_table_with_an_unlogged_partition_is_compared_with_nothing(server: Server, seeded: Seeded) -> None:
    seeded.running.sql(
        "CREATE UNLOGGED TABLE event_next PARTITION OF event FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",
        database="partitioned",
    )

    plan = runner.make_plan(server, phase="drill", settings=Verification(), seed="drill", copy=False)

    assert plan.unlogged == ("event", "event_next")
    planned = {item for group in plan.groups if group.kind == "foreign-keys" for item in group.items}
    assert planned == {
        "event_new_0.event_owner_id_fkey",
        "event_new_1.event_owner_id_fkey",
        "event_old.event_owner_id_fkey",
    }


def test_the_script_for_psql_counts_no_row_twice(server: Server, seeded: Seeded) -> None:
    with postgres.session(server, statement_seconds=30) as session:
        written = script.sql(session, as_of=seeded.as_of)

    assert "public.event_old c" in written
    assert "count(*) FROM public.event c" not in written
