"""A continuous backup restores exactly what was committed by the time asked for."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from shutil import rmtree

import pytest

from day2.engine.postgres.account import current
from day2.engine.postgres.backups import ContinuousBackup, NotRestorable, take
from day2.engine.postgres.configuration import now
from day2.engine.postgres.server import Server, scratch_folder


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    folder = scratch_folder(current())
    yield current().folder(folder / "it's 100% here")  # every character that a shell or a setting could trip over
    rmtree(folder)


@pytest.fixture(scope="module")
def source(home: Path) -> Iterator[Server]:
    server = Server(home / "source")
    server.archive = ContinuousBackup(home / "backups").wal
    server.initialise()
    server.start()
    server.sql("create table events (what int)")
    yield server
    server.destroy()


@pytest.fixture(scope="module")
def backups(home: Path, source: Server) -> ContinuousBackup:
    begun = ContinuousBackup(home / "backups")
    begun.take_base(source)
    return begun


@pytest.fixture
def new_server(home: Path) -> Iterator[Callable[[str], Server]]:
    """Makes servers that are gone after the test, however it ends."""
    made: list[Server] = []

    def make(name: str) -> Server:
        made.append(Server(home / name))
        return made[-1]

    yield make
    for server in made:
        server.destroy()


def test_recovery_stops_between_two_commits(
    source: Server, backups: ContinuousBackup, new_server: Callable[[str], Server]
) -> None:
    source.sql("insert into events values (1)")
    between = now()
    source.sql("insert into events values (2)")
    backups.extend(source)
    copy = new_server("copy")
    backups.recover(copy, until=between)
    assert copy.sql("select what from events") == "1"


def test_a_copy_of_a_copy_is_recovered_on_its_own_timeline(
    home: Path, source: Server, backups: ContinuousBackup, new_server: Callable[[str], Server]
) -> None:
    backups.extend(source)
    assert backups.window is not None
    first = new_server("first")
    backups.recover(first, until=backups.window[1])
    first.stop()
    again = ContinuousBackup(home / "again")
    first.archive = again.wal
    first.start()
    again.take_base(first)
    first.sql("insert into events values (3)")
    again.extend(first)
    assert again.window is not None
    second = new_server("second")
    again.recover(second, until=again.window[1])
    assert "3" in second.sql("select what from events").split()


def test_a_time_outside_the_window_is_refused(
    source: Server, backups: ContinuousBackup, new_server: Callable[[str], Server]
) -> None:
    backups.extend(source)
    assert backups.window is not None
    earliest, latest = backups.window
    for until in (earliest - timedelta(seconds=1), latest + timedelta(hours=1)):
        with pytest.raises(NotRestorable):
            backups.recover(new_server("never"), until=until)


def test_a_young_window_is_not_extended(source: Server, backups: ContinuousBackup) -> None:
    backups.extend(source)
    before = backups.window
    backups.extend(source, unless_within=timedelta(minutes=1))
    assert backups.window == before


def test_the_window_reaches_the_moment_at_which_it_was_extended(source: Server, backups: ContinuousBackup) -> None:
    """Rounded down to its milliseconds, it would end before a commit that was over just then."""
    for _ in range(3):
        asked = now()
        backups.extend(source)
        assert backups.window is not None
        assert backups.window[1] >= asked


def test_the_window_opens_with_the_first_base_backup(
    home: Path, source: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = ContinuousBackup(home / "opened")
    monkeypatch.setattr(begun, "wal", source.archive)
    begun.take_base(source)
    assert begun.window is not None


def test_the_archivers_own_switch_right_after_the_marker_does_not_hold_up_the_window(
    source: Server, backups: ContinuousBackup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`archive_timeout` may close the marker's segment before we do; ours then stands at the start of an empty one."""
    backups.extend(source)
    assert backups.window is not None
    before = backups.window[1]
    ask = source.sql
    monkeypatch.setattr(source, "sql", lambda text: ask(text.replace(";\n", ";\nselect from pg_switch_wal();\n", 1)))
    backups.extend(source, patience=10)
    assert backups.window[1] > before


def test_a_lent_snapshot_is_where_recovery_begins_until_it_is_taken_back(
    home: Path, source: Server, backups: ContinuousBackup
) -> None:
    snapshot = take(source, home / "snapshot")
    backups.lend(snapshot)
    backups.extend(source)
    window = backups.window
    backups.take_back(snapshot)
    assert backups.window == window
    assert snapshot not in backups.bases
