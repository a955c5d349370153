"""A recorded trace: what is taken, and everything that is wrong with one at once."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from simulated import ZONE

from day2.scaling.simulation.trace_file import read
from lambdas.errors import InputRejected

CSV = """\
time,workspace,event
2026-10-26T08:55:00-04:00,ws-1,start
2026-10-26T09:10:00-04:00,ws-2,stop
2026-10-27T19:00:00-04:00,ws-1,stop
"""
JSON_LINES = """\
{"time": "2026-10-26T08:55:00-04:00", "workspace": "ws-1", "event": "start"}

{"time": "2026-10-27T23:00:00Z", "workspace": "ws-1", "event": "stop"}
{"time": "2026-10-26T13:10:00Z", "workspace": "ws-2", "event": "stop"}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "trace"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("text", [CSV, JSON_LINES, "\ufeff" + CSV.replace("\n", "\r\n")], ids=["CSV", "JSON", "Excel"])
def test_a_trace_begins_at_midnight_of_its_first_day_and_is_in_order(tmp_path: Path, text: str) -> None:
    found = read(written(tmp_path, text), zone=ZONE)
    assert (found.begins, found.ends) == (datetime(2026, 10, 26, 4, tzinfo=UTC), datetime(2026, 10, 28, 4, tzinfo=UTC))
    assert [(each.workspace, each.verb) for each in found.events] == [
        ("ws-1", "start"), ("ws-2", "stop"), ("ws-1", "stop"),
    ]  # fmt: skip
    assert found.present == ("ws-2",)


def test_a_part_of_it_knows_what_was_started_before(tmp_path: Path) -> None:
    found = read(written(tmp_path, CSV), zone=ZONE, first=date(2026, 10, 27), days=1)
    assert found.present == ("ws-1",)
    assert len(found.events) == 1


def test_every_fault_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "time,workspace,event\n"
        "yesterday,ws-1,start\n"
        "2026-10-26T09:00:00,ws-1,start\n"
        "2026-10-26T09:00:00Z,,begin\n"
        "2026-10-26T09:00:00Z,ws-2,start\n"
        "2026-10-26T10:00:00Z,ws-2,start\n"
        "2026-10-26T11:00:00Z\n",
    )
    with pytest.raises(InputRejected) as refused:
        read(path, zone=ZONE)
    assert [each.removeprefix(f"--trace {path}: ") for each in refused.value.problems] == [
        "line 2: time: Invalid isoformat string: 'yesterday'",
        "line 3: time: '2026-10-26T09:00:00' has no UTC offset",
        "line 4: workspace: is missing",
        "line 4: event: 'begin' is neither start nor stop",
        "line 7: workspace: is missing",
        "line 7: event: '' is neither start nor stop",
        "line 6: ws-2 is started again, as on line 5",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: the header has no time, no workspace, no event"),
        ("time,workspace,event\n", "has no event"),
        ("when,workspace,event\n", "line 1: the header has no time"),
        ('{"time": \n', "line 1: is no JSON"),
        ('{"time": "2026-10-26T09:00:00Z", "workspace": "a", "event": "start"}\n[1]\n', "line 2: is no JSON object"),
        ('{"time": 7, "workspace": 7, "event": ["start"]}\n', "line 1: workspace: is missing"),
    ],
)
def test_a_file_that_is_no_trace_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(InputRejected, match=problem):
        read(written(tmp_path, text), zone=ZONE)


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="No such file"):
        read(tmp_path / "none", zone=ZONE)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputRejected, match="is not UTF-8"):
        read(tmp_path / "binary", zone=ZONE)


def test_days_without_an_event_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="has no event from 2026-11-09 to 2026-11-10"):
        read(written(tmp_path, CSV), zone=ZONE, first=date(2026, 11, 9), days=1)
