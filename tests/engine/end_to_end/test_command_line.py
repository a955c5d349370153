"""The command `day2` as an operator runs it, beside a running engine."""

from collections.abc import Iterator
from typing import Any

import pytest
from operator_command import Command
from stage import NOTHING, Drilled, Stage

from day2.engine import platform, seed

SNAPSHOT = "coder-local-of-today"
CHECK_FIELDS = {"id", "severity", "verdict", "value", "expected", "detail", "seconds"}


@pytest.fixture(scope="module")
def day2(stage: Stage) -> Command:
    return Command(stage.folder)


@pytest.fixture(scope="module")
def drilled(stage: Stage, scheduled: Drilled, day2: Command) -> Any:
    """What `day2 drill --json` printed. Its snapshot is of now: with an older one, tables would seem to have shrunk."""
    platform.take_snapshot(stage.client, stage.furnished.platform.names, SNAPSHOT)
    return day2.document("drill", "--seed", "small")


@pytest.fixture(scope="module")
def corrupted(stage: Stage) -> Iterator[str]:
    """The address of a copy of production from which all users were deleted."""
    postgres, dsn = stage.another("postgres"), stage.another("corrupted")
    stage.sql("CREATE DATABASE corrupted TEMPLATE coder;", dsn=postgres)
    seed.corrupt(dsn, psql=stage.psql, name="users-all-deleted")
    yield dsn
    stage.sql("DROP DATABASE corrupted;", dsn=postgres)


def test_a_drill_on_the_engine_that_is_up_is_one_document(stage: Stage, drilled: Any) -> None:
    assert (drilled["outcome"]["result"], drilled["recovery_point"]["id"]) == ("passed", SNAPSHOT)
    assert drilled["cleanup"]["proven"] is True
    assert [(stage.folder / file).is_file() for file in drilled["files"]] == [True, True, True]
    assert stage.left() == NOTHING


def test_the_history_lists_it_beside_what_others_started(day2: Command, drilled: Any, scheduled: Drilled) -> None:
    listed = [each["id"] for each in day2.document("drills", "--limit", "100")]
    assert [listed.count(each) for each in (drilled["id"], scheduled.id)] == [1, 1]
    assert listed.index(drilled["id"]) < listed.index(scheduled.id), "the newest first"
    page = day2.page("drills")
    assert drilled["id"] in page
    assert "passed" in page


def test_its_report_is_shown_again(day2: Command, drilled: Any) -> None:
    assert day2.document("report", drilled["id"])["drill"]["id"] == drilled["id"]
    page = day2.page("report", drilled["id"])
    assert drilled["sha256"] in page
    assert "as the ledger has it" in page, "the engine is up, and it was its drill"
    assert "C01_templates_live" in page


def test_a_healthy_database_is_verified_and_left_as_it_is(stage: Stage, day2: Command) -> None:
    before = stage.production()
    found = day2.document("verify", stage.furnished.platform.dsn)
    assert found["verdict"] == "pass"
    assert {"verdict", "as_of", "server_version", "schema_version", "checks"} <= set(found)
    assert all(set(each) >= CHECK_FIELDS for each in found["checks"])
    assert {each["verdict"] for each in found["checks"]} <= {"pass", "report", "skip"}
    assert stage.production() == before


def test_tls_is_verified_in_full_when_asked(stage: Stage, day2: Command) -> None:
    authority = stage.engine.settings.certificates / "ca.pem"
    dsn = stage.furnished.platform.dsn.replace("sslmode=require", f"sslmode=verify-full&sslrootcert={authority}")
    assert "C01_templates_live" in day2.page("verify", dsn)


def test_a_corrupted_database_is_told_from_it(day2: Command, corrupted: str) -> None:
    found = day2.document("verify", corrupted, code=1)
    assert found["verdict"] == "fail"
    assert "B01_users_active" in {each["id"] for each in found["checks"] if each["verdict"] == "fail"}
    assert "B01_users_active" in day2.page("verify", corrupted, code=1)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("verify", "postgresql://ann:s3cret@db.example.com:port/coder"), "not a URL with a valid port"),
        (("verify", "mysql://ann:s3cret@db.example.com/coder"), "does not begin with postgresql://"),
        (("verify", "postgresql://ann:s3cret@localhost/coder", "--as-of", "yesterday"), "--as-of"),
        (("drill", "--recovery-point", "snapshot:coder-local-unheard-of"), "coder-local-unheard-of"),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, tuple) else "",
)
def test_bad_input_is_told_in_sentences(stage: Stage, day2: Command, arguments: tuple[str, ...], says: str) -> None:
    said = day2.refusal(*arguments)
    assert says in said
    assert "s3cret" not in said
    assert stage.left() == NOTHING


def test_every_fault_of_a_command_is_told_at_once(day2: Command) -> None:
    said = day2.refusal("drill", "--recovery-point", "yesterday", "--target", "coder-local-aurora")
    assert "'yesterday' is none of latest-snapshot" in said
    assert "does not begin with coder-dr-test-" in said


def test_a_database_that_nobody_serves_is_told_in_sentences(day2: Command) -> None:
    assert "127.0.0.1" in day2.refusal("verify", "postgresql://ann:s3cret@127.0.0.1:1/coder", code=1)


def test_a_drill_that_nobody_knows_is_told_in_sentences(day2: Command) -> None:
    assert "20200101-00000000" in day2.refusal("report", "20200101-00000000", code=1)


def test_the_engine_tells_that_it_runs(stage: Stage, day2: Command) -> None:
    assert day2.document("engine", "status")["endpoint"] == stage.engine.endpoint
