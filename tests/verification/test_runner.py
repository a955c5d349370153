"""The whole verification against a real PostgreSQL: plan, groups, one snapshot, one report."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from lambdas import payload
from lambdas.adapters import postgres
from lambdas.adapters.postgres import Server, connecting
from lambdas.contracts import CheckGroup, GroupResult, VerificationPlan
from lambdas.errors import VerificationFailed
from lambdas.settings import Verification
from lambdas.verification import checks, packing, runner, verdict
from lambdas.verification.report import Report

from .conftest import Seeded

SETTINGS = Verification()


@pytest.fixture(scope="module")
def copy(seeded: Seeded) -> Iterator[Server]:
    """A drill's copy: the seed in a database of its own, on which the extension may be created."""
    seeded.running.sql("CREATE DATABASE copy TEMPLATE coder OWNER coder_admin")
    yield seeded.database("copy")
    seeded.running.sql("DROP DATABASE copy WITH (FORCE)")


def planned(server: Server, settings: Verification = SETTINGS) -> VerificationPlan:
    plan = runner.make_plan(server, phase="drill", settings=settings, seed="drill", copy=True)
    return payload.read(VerificationPlan, json.loads(json.dumps(payload.write(plan))))


def ran(server: Server, plan: VerificationPlan, seeded: Seeded, settings: Verification = SETTINGS) -> list[GroupResult]:
    return [
        runner.run_group(server, group, as_of=seeded.as_of, phase="drill", settings=settings) for group in plan.groups
    ]


def by_id(report: Report) -> dict[str, checks.CheckResult]:
    return {check.id: check for check in report.checks}


def test_a_drills_plan_and_groups_pass_on_a_healthy_copy(copy: Server, seeded: Seeded) -> None:
    plan = planned(copy)
    results = ran(copy, plan, seeded)

    found = verdict.with_verifier(verdict.gather(plan, results, expect={}))
    assert plan.facts.amcheck == "created"
    assert plan.facts.coder_release == "2.29"
    assert {group.kind for group in plan.groups} == {"sql", "foreign-keys", "counts", "physical"}
    assert verdict.integrity(found).verdict == "pass", verdict.integrity(found).reason
    assert {check.id for check in found if check.verdict == "skip"} == set()
    assert len([check for check in found if check.control]) >= 3
    counts = verdict.row_counts(results)
    assert counts["users"] == 41
    assert "workspace_agent_metadata" not in counts
    assert len(json.dumps(payload.write(results))) < 64 * 1024


def test_small_groups_find_the_same_as_large_ones(copy: Server, seeded: Seeded) -> None:
    small = Verification(group_seconds=1)
    plan, divided = planned(copy), planned(copy, small)

    one = verdict.gather(plan, ran(copy, plan, seeded), expect={})
    many = verdict.gather(divided, ran(copy, divided, seeded, small), expect={})

    assert len(divided.groups) > len(plan.groups)
    assert [(check.id, check.verdict, check.value) for check in one] == [
        (check.id, check.verdict, check.value) for check in many
    ]


def test_verify_answers_in_the_form_of_its_json(seeded: Seeded) -> None:
    report = runner.verify(seeded.server, as_of=seeded.as_of)
    document = json.loads(json.dumps(report.document()))

    assert list(document) == ["verdict", "as_of", "server_version", "schema_version", "checks"]
    assert document["verdict"] == "pass", report.reason
    assert document["as_of"] == payload.instant(seeded.as_of)
    assert document["schema_version"] == 401
    for check in document["checks"]:
        assert list(check) == ["id", "severity", "verdict", "value", "expected", "detail", "seconds"]
        assert check["verdict"] in {"pass", "warn", "fail", "skip", "report"}
    assert not any(check["id"].startswith("NC_") for check in document["checks"])


def test_verify_creates_nothing_and_says_why_pages_were_not_looked_at(seeded: Seeded) -> None:
    physical = by_id(runner.verify(seeded.server, as_of=seeded.as_of))[checks.PHYSICAL]

    assert physical.verdict == "skip"
    assert "created on a drill's copy only" in physical.detail
    assert seeded.running.sql("SELECT count(*) FROM pg_extension WHERE extname = 'amcheck'", database="coder") == "0"


def test_verify_looks_at_the_pages_where_the_extension_is_there(copy: Server, seeded: Seeded) -> None:
    planned(copy)

    physical = by_id(runner.verify(copy, as_of=seeded.as_of))[checks.PHYSICAL]

    assert physical.verdict == "pass", physical.detail


def test_nothing_is_added_to_a_database_that_serves(seeded: Seeded) -> None:
    seeded.running.sql("CREATE DATABASE serving TEMPLATE coder OWNER coder_admin")
    try:
        serving = seeded.database("serving")
        runner.make_plan(serving, phase="live", settings=SETTINGS, seed="restore", copy=False)
        physical = by_id(runner.verify(serving, as_of=seeded.as_of))[checks.PHYSICAL]
        extensions = seeded.running.sql("SELECT string_agg(extname, ',') FROM pg_extension", database="serving")
    finally:
        seeded.running.sql("DROP DATABASE serving WITH (FORCE)")

    assert physical.verdict == "skip"
    assert extensions == "plpgsql"


def test_the_checks_of_a_living_deployment_run_when_asked_for(seeded: Seeded) -> None:
    found = by_id(runner.verify(seeded.server, as_of=seeded.as_of, phase="live"))

    assert found["E06_provisioner_daemons_alive"].verdict == "pass"
    assert "A13_nothing_after_recovery_point" not in found


def test_without_a_moment_the_servers_clock_is_meant(seeded: Seeded) -> None:
    assert runner.verify(seeded.server).as_of >= seeded.as_of


def test_a_recovery_point_before_the_data_is_noticed(seeded: Seeded) -> None:
    found = by_id(runner.verify(seeded.server, as_of=seeded.as_of - timedelta(days=2)))

    assert found["A13_nothing_after_recovery_point"].verdict == "warn"


def test_a_database_of_something_else_fails_and_skips_with_reasons(seeded: Seeded) -> None:
    seeded.running.sql("CREATE DATABASE empty")
    try:
        report = runner.verify(seeded.database("empty"))
    finally:
        seeded.running.sql("DROP DATABASE empty")

    found = by_id(report)
    assert report.verdict == "fail"
    assert found["A04_core_tables_present"].verdict == "fail"
    assert found["A01_schema_migrations_clean"].verdict == "skip"
    assert "schema_migrations" in found["A01_schema_migrations_clean"].detail
    assert found[checks.VERIFIER].verdict == "fail"


def test_an_older_release_without_a_table_skips_its_checks(copy: Server, seeded: Seeded) -> None:
    seeded.running.sql("ALTER TABLE crypto_keys RENAME TO later", database="copy")
    try:
        report = runner.verify(copy, as_of=seeded.as_of)
    finally:
        seeded.running.sql("ALTER TABLE later RENAME TO crypto_keys", database="copy")

    skipped = by_id(report)["F04_crypto_keys_usable"]
    assert skipped.verdict == "skip"
    assert skipped.detail.startswith("not in this database: crypto_keys.")
    assert report.verdict == "pass"


def test_the_open_source_edition_reports_its_missing_licence(copy: Server, seeded: Seeded) -> None:
    seeded.running.sql("CREATE TABLE kept AS TABLE licenses; DELETE FROM licenses", database="copy")
    try:
        enterprise = runner.verify(copy, as_of=seeded.as_of)
        settings = Verification(expect={"F01_license_valid": "report"})
        open_source = runner.verify(copy, as_of=seeded.as_of, settings=settings)
    finally:
        seeded.running.sql("INSERT INTO licenses TABLE kept; DROP TABLE kept", database="copy")

    assert enterprise.verdict == "fail"
    assert by_id(open_source)["F01_license_valid"].verdict == "report"
    assert open_source.verdict == "pass", open_source.reason


def test_an_orphan_fails_and_its_constraint_is_named(copy: Server, seeded: Seeded) -> None:
    seeded.running.sql(
        "SET session_replication_role = replica; UPDATE workspace_agents SET resource_id = gen_random_uuid()"
        " WHERE id = (SELECT min(id::text)::uuid FROM workspace_agents)",
        database="copy",
    )

    orphans = by_id(runner.verify(copy, as_of=seeded.as_of))[checks.FOREIGN_KEYS]

    assert (orphans.verdict, orphans.value) == ("fail", 1)
    assert "workspace_agents.workspace_agents_resource_id_fkey: 1" in orphans.detail


def test_a_user_who_may_not_read_is_told_so_and_nothing_passes(seeded: Seeded) -> None:
    seeded.running.sql("CREATE ROLE stranger LOGIN PASSWORD 'stranger'")
    report = runner.verify(replace(seeded.server, user="stranger", password="stranger"), as_of=seeded.as_of)

    found = by_id(report)
    assert report.verdict == "fail"
    assert found["B01_users_active"].detail == "the statement failed with SQLSTATE 42501"
    assert found[checks.ROW_COUNTS].verdict == "fail"
    assert found[checks.FOREIGN_KEYS].verdict == "fail"


def test_reading_all_data_is_all_that_verify_needs(seeded: Seeded) -> None:
    seeded.running.sql("CREATE ROLE reader LOGIN PASSWORD 'reader' IN ROLE pg_read_all_data")

    report = runner.verify(replace(seeded.server, user="reader", password="reader"), as_of=seeded.as_of)

    assert report.verdict == "pass", report.reason


def test_a_planned_table_that_is_gone_stops_its_group(seeded: Seeded, copy: Server) -> None:
    group = CheckGroup(id="foreign-keys-1", kind="foreign-keys", items=("gone.gone_fkey",), planned_seconds=1)

    with pytest.raises(VerificationFailed, match=r"gone\.gone_fkey was planned and is not in the database any more"):
        runner.run_group(copy, group, as_of=seeded.as_of, phase="drill", settings=SETTINGS)


@pytest.fixture
def slow(seeded: Seeded) -> Iterator[Server]:
    """A database whose files take three seconds to read."""
    seeded.running.sql("CREATE DATABASE slow TEMPLATE coder OWNER coder_admin")
    slow = "ALTER TABLE files RENAME TO f; CREATE VIEW files AS SELECT f.* FROM f, pg_sleep(3)"
    seeded.running.sql(f"{slow}; ALTER TABLE files OWNER TO coder_admin", database="slow")
    yield seeded.database("slow")
    seeded.running.sql("DROP DATABASE slow WITH (FORCE)")


def test_a_group_that_runs_out_of_time_does_not_pass(
    slow: Server, seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "GROUP_BUDGET_SECONDS", 0)
    monkeypatch.setattr(connecting, "_limits", lambda **_: "SET timezone = 'UTC'")
    group = CheckGroup(id="sql-1", kind="sql", items=("C05_active_version_source_missing",), planned_seconds=1)

    result = runner.run_group(slow, group, as_of=seeded.as_of, phase="drill", settings=SETTINGS)

    assert [(check.verdict, check.detail) for check in result.checks] == [("fail", "timed out")]


def test_a_check_too_large_for_its_time_is_unfinished_and_neither_passed_nor_failed(
    slow: Server, seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "LONGEST_ITEM_SECONDS", 1)
    group = CheckGroup(
        id="sql-1", kind="sql", items=("C05_active_version_source_missing",), planned_seconds=600, bounded=True
    )

    (found,) = runner.run_group(slow, group, as_of=seeded.as_of, phase="drill", settings=SETTINGS).checks

    assert (found.verdict, found.value, found.unfinished) == ("skip", None, True)
    assert found.detail == "did not end within the 1 s that it may take"


def test_a_statement_at_an_operators_desk_may_take_longer_than_a_function_could_wait(
    slow: Server, seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "GROUP_BUDGET_SECONDS", 1)
    monkeypatch.setattr(connecting, "GRACE_SECONDS", 1)

    found = by_id(runner.verify(slow, as_of=seeded.as_of))

    assert found["C05_active_version_source_missing"].seconds > 2.9
    assert found["C05_active_version_source_missing"].verdict == "pass"


def test_one_lost_connection_ends_all_of_them(seeded: Seeded) -> None:
    held = threading.Event()

    class Sleeping:
        weight = 1.0

        def run(self, session: postgres.Session, limit: object) -> object:  # noqa: ARG002  a Task's form
            held.set()
            return session.rows("SELECT pg_sleep(30)", doing="sleeping")

    class Failing:
        weight = 0.0

        def run(self, session: postgres.Session, limit: object) -> object:  # noqa: ARG002  a Task's form
            held.wait(10)
            return session.rows("SELECT pg_terminate_backend(pg_backend_pid())", doing="ending")

    with (
        postgres.session(seeded.server, statement_seconds=60) as one,
        postgres.session(seeded.server, statement_seconds=60) as other,
        pytest.raises(VerificationFailed, match="the connection was lost"),
    ):
        runner.side_by_side([Sleeping(), Failing()], [one, other], budget=runner.Budget(60))  # type: ignore[list-item]
