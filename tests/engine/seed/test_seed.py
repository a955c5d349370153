"""The seed is a healthy Coder deployment, the same at every making."""

import base64
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from seeded import Database

from day2.engine import seed
from day2.engine.seed import artifacts
from lambdas.verification import checks, dsn, runner

AS_OF = datetime(2026, 3, 2, 0, 10, tzinfo=UTC)
Healthy = tuple[Database, seed.SeedFacts]
Maker = Callable[..., Database]


@pytest.fixture(scope="module")
def monday(new_database: Maker) -> Database:
    """The small seed just after the midnight before a Monday."""
    database = new_database("monday")
    seed.apply(database.dsn, psql=database.psql, size=seed.SMALL, as_of=AS_OF)
    return database


def test_the_same_size_and_time_make_the_same_rows(monday: Database, new_database: Maker) -> None:
    again = new_database("monday_again")
    seed.apply(again.dsn, psql=again.psql, size=seed.SMALL, as_of=AS_OF)
    assert again.digests() == monday.digests()


def test_the_number_of_connections_that_load_changes_no_row(monday: Database, new_database: Maker) -> None:
    again = new_database("monday_by_two")
    seed.apply(again.dsn, psql=again.psql, size=replace(seed.SMALL, lanes=2), as_of=AS_OF)
    assert again.digests() == monday.digests()


def test_no_row_is_later_than_as_of(monday: Database) -> None:
    """Only what is meant for the future is: ends, deadlines and the next start."""
    columns = monday.rows("""
        SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND data_type LIKE 'timestamp%';""")
    future = {"expires_at", "oauth_expiry", "deadline", "exp", "deletes_at", "next_start_at"}
    asked = "".join(
        f"SELECT '{table}.{column}' FROM \"{table}\" WHERE \"{column}\" > '{AS_OF.isoformat()}' LIMIT 1;\n"  # noqa: S608
        for table, column in columns
        if column not in future
    )
    assert monday.rows(asked) == []


@pytest.mark.parametrize("phase", ["drill", "live"])
def test_the_healthy_seed_passes_every_check(healthy: Healthy, phase: checks.Phase) -> None:
    database, facts = healthy
    as_of = facts.as_of if phase == "drill" else None
    report = runner.verify(dsn.read(database.dsn, environment={}), as_of=as_of, phase=phase)
    unhappy = {check.id: check.detail for check in report.checks if check.verdict in {"fail", "warn"}}
    skipped = {check.id for check in report.checks if check.verdict == "skip"}
    assert unhappy == {}
    assert skipped <= {"PH01_physical"}


def test_every_foreign_key_finds_its_parent(healthy: Healthy) -> None:
    database, _ = healthy
    scans = database.rows("""
        SELECT format('SELECT %L, count(*) FROM %s c WHERE %s AND NOT EXISTS (SELECT 1 FROM %s p WHERE %s)',
                      conrelid::regclass || ' ' || conname, conrelid::regclass,
                      string_agg(format('c.%I IS NOT NULL', a.attname), ' AND '), confrelid::regclass,
                      string_agg(format('p.%I = c.%I', f.attname, a.attname), ' AND '))
        FROM pg_constraint, unnest(conkey, confkey) AS k (mine, theirs), pg_attribute AS a, pg_attribute AS f
        WHERE contype = 'f' AND a.attrelid = conrelid AND a.attnum = mine
          AND f.attrelid = confrelid AND f.attnum = theirs
        GROUP BY conname, conrelid, confrelid;""")
    found = database.rows("".join(f"{scan};\n" for (scan,) in scans))
    assert len(found) > 40
    assert [key for key, orphans in found if orphans != "0"] == []


def test_what_coder_leaves_without_a_foreign_key_stays_so(healthy: Healthy) -> None:
    database, _ = healthy
    guarded = {
        tuple(row)
        for row in database.rows("""
            SELECT conrelid::regclass, attname
            FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
            WHERE contype = 'f';""")
    }
    open_columns = {
        ("templates", "active_version_id"),
        ("template_versions", "job_id"),
        ("workspace_builds", "initiator_id"),
        ("provisioner_jobs", "file_id"),
        ("provisioner_jobs", "initiator_id"),
        ("provisioner_jobs", "worker_id"),
        ("external_auth_links", "user_id"),
    }
    assert guarded & open_columns == set()
    assert {table for table, _ in guarded} & {"audit_logs", "replicas"} == set()


def test_small_is_a_small_team(healthy: Healthy) -> None:
    counts = healthy[1].counts
    assert 20 <= counts["users"] <= 99
    assert 80 <= counts["workspaces"] <= 150
    assert 800 <= counts["workspace_builds"] <= 1_500


def test_every_table_holds_something(healthy: Healthy) -> None:
    assert [table for table, rows in healthy[1].counts.items() if rows == 0] == []


def test_workspaces_stand_in_every_way_they_can(healthy: Healthy) -> None:
    database, _ = healthy
    standing = {
        tuple(row)
        for row in database.rows("""
            SELECT DISTINCT ON (w.id) b.transition, j.job_status
            FROM workspaces w JOIN workspace_builds b ON b.workspace_id = w.id
            JOIN provisioner_jobs j ON j.id = b.job_id ORDER BY w.id, b.build_number DESC;""")
    }
    assert standing >= {
        ("start", "succeeded"),
        ("stop", "succeeded"),
        ("delete", "succeeded"),
        ("start", "failed"),
        ("start", "pending"),
        ("start", "running"),
    }


def test_builds_of_a_workspace_follow_one_another(monday: Database) -> None:
    assert monday.rows("""
        SELECT workspace_id
        FROM (SELECT workspace_id, created_at, lag(created_at) OVER w AS before FROM workspace_builds
              WINDOW w AS (PARTITION BY workspace_id ORDER BY build_number)) AS b
        WHERE created_at <= before;""") == []  # fmt: skip


def test_most_builds_fall_on_weekdays(monday: Database) -> None:
    weekend, all_builds = monday.rows("""
        SELECT count(*) FILTER (WHERE extract(isodow FROM created_at) > 5), count(*) FROM workspace_builds;""")[0]
    assert 0 < int(weekend) < int(all_builds) / 10


def test_terraform_states_are_json_with_the_workspace_in_them(healthy: Healthy) -> None:
    database, _ = healthy
    strangers = database.value("""
        SELECT count(*) FROM workspace_builds
        WHERE convert_from(provisioner_state, 'UTF8')::jsonb ->> 'lineage' <> workspace_id::text;""")
    assert strangers == "0"


def test_each_template_version_has_a_source_of_its_own_that_opens(healthy: Healthy) -> None:
    database, _ = healthy
    sources = database.rows("SELECT encode(data, 'hex') FROM files;")
    mains = set()
    for (source,) in sources:
        with tarfile.open(fileobj=io.BytesIO(bytes.fromhex(source))) as tar:
            member = tar.extractfile("main.tf")
            assert member is not None
            mains.add(member.read())
    assert len(mains) == len(sources)
    assert not any(artifacts.MARKER.encode() in main for main in mains)


def test_the_licence_is_a_token_that_says_it_is_none(healthy: Healthy) -> None:
    database, _ = healthy
    header, claims, signature = (
        base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        for part in database.value("SELECT jwt FROM licenses;").split(".")
    )
    assert json.loads(header)["alg"] == "none"
    assert json.loads(claims)["license_expires"] > AS_OF.timestamp()
    assert signature == b"this is no licence"


def test_mail_goes_nowhere(healthy: Healthy) -> None:
    database, _ = healthy
    assert database.value("SELECT count(*) FROM users WHERE email !~ '@(example[.]com|system)$';") == "0"


def test_heartbeats_stop_just_before_as_of(healthy: Healthy) -> None:
    database, facts = healthy
    newest = database.rows("""
        SELECT to_json(max(updated_at)) #>> '{}' FROM replicas;
        SELECT to_json(max(last_seen_at)) #>> '{}' FROM provisioner_daemons;
        SELECT to_json(max("time")) #>> '{}' FROM audit_logs;""")
    for (time,) in newest:
        assert timedelta(0) < facts.as_of - datetime.fromisoformat(time) < timedelta(seconds=60)


def test_nothing_of_the_plan_stays_behind(healthy: Healthy) -> None:
    database, _ = healthy
    assert database.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'seed';") == "0"


def test_a_user_who_is_deleted_loses_every_way_to_sign_in(copy: Database) -> None:
    user = copy.value("SELECT user_id FROM api_keys JOIN user_links USING (user_id) ORDER BY 1 LIMIT 1;")
    copy.rows(f"UPDATE users SET deleted = true WHERE id = '{user}';")  # noqa: S608
    left = copy.value(f"""
        SELECT (SELECT count(*) FROM api_keys WHERE user_id = '{user}')
             + (SELECT count(*) FROM user_links WHERE user_id = '{user}');""")  # noqa: S608
    assert left == "0"


def test_an_occupied_database_is_left_alone(healthy: Healthy) -> None:
    database, facts = healthy
    with pytest.raises(seed.SeedFailed, match="already holds tables"):
        seed.apply(database.dsn, psql=database.psql, size=seed.SMALL, as_of=facts.as_of)


def test_a_time_without_its_zone_is_refused(healthy: Healthy) -> None:
    database, _ = healthy
    naive = AS_OF.replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        seed.apply(database.dsn, psql=database.psql, size=seed.SMALL, as_of=naive)
    with pytest.raises(ValueError, match="time zone"):
        seed.live_on(database.dsn, psql=database.psql, as_of=naive)


def test_an_unreachable_database_is_one_sentence(healthy: Healthy) -> None:
    database, _ = healthy
    with pytest.raises(seed.SeedFailed) as refused:
        seed.apply("postgresql://nobody@127.0.0.1:1/none", psql=database.psql, size=seed.SMALL, as_of=AS_OF)
    assert "\n" not in str(refused.value)


def test_the_password_is_in_no_process_list(tmp_path: Path) -> None:
    fake = tmp_path / "psql"
    fake.write_text('#!/bin/sh\necho "$@" >&2\necho "ERROR: $PGUSER $PGHOST $PGDATABASE" >&2\nexit 1\n')
    fake.chmod(0o755)
    with pytest.raises(seed.SeedFailed) as refused:
        seed.apply("postgresql://ann:s%3Acret@db.example.com:6543/coder", psql=fake, size=seed.SMALL, as_of=AS_OF)
    assert "ann db.example.com coder" in str(refused.value)
    assert "cret" not in str(refused.value)


def test_a_size_is_found_by_its_name_or_the_names_are_told() -> None:
    assert seed.size_named("large") is seed.LARGE
    with pytest.raises(ValueError, match="small or large"):
        seed.size_named("huge")


def test_four_times_the_size_is_four_times_the_people_and_workspaces() -> None:
    larger = seed.LARGE.times(4)
    assert (larger.users, larger.workspaces) == (4 * seed.LARGE.users, 4 * seed.LARGE.workspaces)
    assert larger.templates == seed.LARGE.templates
