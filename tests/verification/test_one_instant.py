"""All of a verification sees the database of one instant, and reads of it what it says it reads."""

from collections.abc import Sequence

import pytest

from lambdas.adapters.postgres import Session
from lambdas.contracts import CheckGroup
from lambdas.settings import Verification
from lambdas.verification import runner
from lambdas.verification.work import Outcome, Task

from .conftest import Seeded

GROUP = CheckGroup(id="sql-1", kind="sql", items=("B01_users_active", "C01_templates_live"), planned_seconds=1)


def test_a_row_that_is_committed_between_two_sessions_is_seen_by_neither(
    seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeded.running.sql("CREATE TABLE witness (id int)", database="coder")
    side_by_side, export = runner.side_by_side, Session.export
    seen: list[int] = []

    def exporting(session: Session) -> str:
        snapshot = export(session)
        seeded.running.sql("INSERT INTO witness VALUES (1)", database="coder")
        return snapshot

    def looking(work: Sequence[Task], sessions: Sequence[Session], *, budget: runner.Budget) -> list[Outcome]:
        seen.extend(session.rows("SELECT count(*) FROM public.witness", doing="looking")[0][0] for session in sessions)
        return side_by_side(work, sessions, budget=budget)

    monkeypatch.setattr(Session, "export", exporting)
    monkeypatch.setattr(runner, "side_by_side", looking)
    try:
        settings = Verification(connections=2)
        runner.run_group(seeded.server, GROUP, as_of=seeded.as_of, phase="drill", settings=settings)
    finally:
        rows = seeded.running.sql("SELECT count(*) FROM witness", database="coder")
        seeded.running.sql("DROP TABLE witness", database="coder")

    assert rows == "1"
    assert seen == [0, 0]


def test_the_digests_of_the_keys_that_coderd_needs_are_reported(seeded: Seeded) -> None:
    held = seeded.running.sql(
        "SELECT string_agg(active_key_digest, ',' ORDER BY active_key_digest) FROM dbcrypt_keys", database="coder"
    )

    facts = runner.make_plan(seeded.server, phase="drill", settings=Verification(), seed="x", copy=False).facts

    assert facts.encryption_keys
    assert ",".join(facts.encryption_keys) == held
