"""Production goes on after a recovery point."""

from collections.abc import Callable
from datetime import timedelta

from seeded import Database

from day2.engine import seed
from lambdas.verification import dsn, runner

Healthy = tuple[Database, seed.SeedFacts]


def _holds(database: Database, marker: seed.Marker) -> bool:
    return database.value(f"SELECT count(*) FROM {marker.table} WHERE id = '{marker.id}';") == "1"  # noqa: S608


def test_what_was_before_is_in_both_and_what_came_after_in_one(copy: Database, healthy: Healthy) -> None:
    recovery_point, facts = healthy
    later = seed.live_on(copy.dsn, psql=copy.psql, as_of=facts.as_of + timedelta(minutes=15))
    assert _holds(copy, later.before)
    assert _holds(copy, later.after)
    assert _holds(recovery_point, later.before)
    assert not _holds(recovery_point, later.after)
    assert later.before.time < facts.as_of < later.after.time <= later.as_of
    assert later.began_at < later.ended_at


def test_it_tells_what_was_added(copy: Database, healthy: Healthy) -> None:
    _, facts = healthy
    added = seed.live_on(copy.dsn, psql=copy.psql, as_of=facts.as_of + timedelta(minutes=15)).added
    assert {"workspaces", "workspace_builds", "provisioner_jobs", "audit_logs"} <= set(added)
    assert all(
        int(copy.value(f"SELECT count(*) FROM {table};")) == facts.counts[table] + rows  # noqa: S608
        for table, rows in added.items()
    )


def test_workspaces_are_deleted_too(copy: Database, healthy: Healthy) -> None:
    recovery_point, facts = healthy
    seed.live_on(copy.dsn, psql=copy.psql, as_of=facts.as_of + timedelta(minutes=15))
    deleted = "SELECT count(*) FROM workspaces WHERE deleted;"
    assert int(copy.value(deleted)) > int(recovery_point.value(deleted))


def test_production_stays_healthy_however_long_it_goes_on(copy: Database, healthy: Healthy) -> None:
    _, facts = healthy
    for minutes in (1, 2):
        seed.live_on(copy.dsn, psql=copy.psql, as_of=facts.as_of + timedelta(minutes=minutes))
    server = dsn.read(copy.dsn, environment={})
    report = runner.verify(server, as_of=facts.as_of + timedelta(minutes=2), phase="live")
    assert {check.id: check.detail for check in report.checks if check.verdict in {"fail", "warn"}} == {}


def test_nothing_is_written_ahead_of_the_clock_however_soon_it_goes_on(copy: Database, healthy: Healthy) -> None:
    """What a copy holds of a time after its recovery point is a fault that the verifier looks for."""
    _, facts = healthy
    soon = facts.as_of + timedelta(seconds=5)
    seed.live_on(copy.dsn, psql=copy.psql, as_of=soon)
    for table, column in (
        ("provisioner_jobs", "updated_at"),
        ("provisioner_jobs", "completed_at"),
        ("workspace_builds", "updated_at"),
    ):
        ahead = f"SELECT count(*) FROM {table} WHERE {column} > '{soon.isoformat()}';"  # noqa: S608
        assert copy.value(ahead) == "0", (table, column)


def test_heartbeats_move_on(copy: Database, healthy: Healthy) -> None:
    _, facts = healthy
    newest = (
        "SELECT greatest((SELECT max(updated_at) FROM replicas), (SELECT max(last_seen_at) FROM provisioner_daemons));"
    )
    before = copy.value(newest)
    seed.live_on(copy.dsn, psql=copy.psql, as_of=facts.as_of + timedelta(minutes=15))
    assert copy.value(newest) > before


def test_the_same_time_changes_two_copies_alike(
    copy: Database, healthy: Healthy, new_database: Callable[[str, str], Database]
) -> None:
    _, facts = healthy
    other = new_database("a_second_copy", "coder")
    for database in (copy, other):
        seed.live_on(database.dsn, psql=database.psql, as_of=facts.as_of + timedelta(minutes=15))
    assert copy.digests() == other.digests()
