"""Damage to the files of a real server is found, and nothing else is called damaged."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from day2.engine.postgres.server import Server as Running
from day2.engine.postgres.server import throwaway
from lambdas.adapters import postgres
from lambdas.adapters.postgres import Server, Session
from lambdas.contracts import CheckGroup, CheckResult
from lambdas.verification import checks, groups, runner
from lambdas.verification.planning import HEAP, INDEX_WITH_HEAP
from lambdas.verification.structure import BLOCK_BYTES
from lambdas.verification.work import Outcome, Pages

from .conftest import signed_in

TABLES = """
CREATE EXTENSION amcheck;
CREATE TABLE sound (id int PRIMARY KEY, note text);
CREATE TABLE hit (id int PRIMARY KEY, note text);
INSERT INTO sound SELECT n, repeat('x', 400) FROM generate_series(1, 500) n;
INSERT INTO hit SELECT n, repeat('x', 400) FROM generate_series(1, 500) n;
"""


@pytest.fixture(scope="module", params=["with checksums", "without checksums"])
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    with throwaway() as server:
        server.sql(TABLES, database="coder")
        if request.param == "without checksums":
            server.stop()
            server.account.run([server.installation.tool("pg_checksums"), "--disable", f"--pgdata={server.data}"])
            server.start()
        yield server


@pytest.fixture
def server(running: Running) -> Server:
    return signed_in(running)


def damage(running: Running, relation: str, *, offset: int, with_bytes: bytes) -> tuple[Path, bytes]:
    """Overwrite bytes of a relation's file while the server is down; what was there."""
    file = running.data / running.sql(f"CHECKPOINT; SELECT pg_relation_filepath('{relation}')", database="coder")
    running.stop()
    whole = file.read_bytes()
    file.write_bytes(whole[:offset] + with_bytes + whole[offset + len(with_bytes) :])
    running.start()
    return file, whole


def mend(running: Running, file: Path, whole: bytes) -> None:
    running.stop()
    file.write_bytes(whole)
    running.start()


def physical(server: Server) -> CheckResult:
    (found,) = [check for check in runner.verify(server).checks if check.id == checks.PHYSICAL]
    return found


def look(session: Session, kind: str, *names: str) -> Outcome:
    session.begin()
    return Pages(kind=kind, names=names, schema="public", weight=0).run(session, lambda: 30.0)


def test_a_damaged_page_is_found_and_its_table_named(running: Running, server: Server) -> None:
    assert physical(server).verdict == "pass"
    # The middle of the second page holds rows: their headers become nonsense.
    kept = damage(running, "hit", offset=BLOCK_BYTES + BLOCK_BYTES // 2, with_bytes=b"\xff" * 1024)

    found = physical(server)
    mend(running, *kept)

    assert found.verdict == "fail"
    assert "public.hit" in found.detail
    assert "public.sound" not in found.detail
    assert found.value is not None
    assert found.value > 0
    assert physical(server).verdict == "pass"


def test_a_damaged_index_page_is_found_and_its_index_named(running: Running, server: Server) -> None:
    kept = damage(running, "hit_pkey", offset=BLOCK_BYTES + 24, with_bytes=b"\xff" * 64)

    found = physical(server)
    mend(running, *kept)

    assert found.verdict == "fail"
    assert "public.hit_pkey" in found.detail
    assert "public.sound" not in found.detail


def test_a_row_that_its_index_does_not_know_is_found(running: Running, server: Server) -> None:
    running.sql(
        "UPDATE pg_index SET indisready = false WHERE indexrelid = 'hit_pkey'::regclass;"
        "INSERT INTO hit VALUES (1001, 'unknown to the index');"
        "UPDATE pg_index SET indisready = true WHERE indexrelid = 'hit_pkey'::regclass;",
        database="coder",
    )

    found = physical(server)
    running.sql("DELETE FROM hit WHERE id = 1001; VACUUM hit; REINDEX TABLE hit", database="coder")

    assert found.verdict == "fail"
    assert "public.hit_pkey" in found.detail


def test_a_range_of_blocks_does_not_see_beyond_itself(running: Running, server: Server) -> None:
    kept = damage(running, "hit", offset=BLOCK_BYTES * 3 + BLOCK_BYTES // 2, with_bytes=b"\xff" * 1024)
    try:
        with postgres.session(server, statement_seconds=30) as session:
            before = look(session, HEAP, "public.hit[0:2]")
        with postgres.session(server, statement_seconds=30) as session:
            within = look(session, HEAP, "public.hit[3:3]")
    finally:
        mend(running, *kept)

    assert not before.found
    assert set(within.found) == {"public.hit[3:3]"}


def test_a_relation_that_cannot_be_looked_at_hides_no_other_and_is_not_called_damaged(server: Server) -> None:
    with postgres.session(server, statement_seconds=30) as session:
        outcome = look(session, INDEX_WITH_HEAP, "public.hit_pkey", "public.gone_pkey")

    assert not outcome.found
    assert outcome.refused == {"public.gone_pkey": "42P01"}


def test_a_group_in_which_nothing_could_be_told_is_skipped_and_not_passed() -> None:
    group = CheckGroup(id="physical-1", kind="physical", items=("heap a", "heap b"), planned_seconds=1)
    untold = Outcome(check=checks.PHYSICAL, untold={"a": "not permitted", "b": "not permitted"})

    (result,) = groups.assemble(group, [untold], known=groups.Known(checks={}), seconds=1).checks

    assert result.verdict == "skip"
    assert result.detail == "left out: a (not permitted), b (not permitted)"
