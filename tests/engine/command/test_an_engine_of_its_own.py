"""From nothing to nothing: `day2 drill` where no engine is up, as `make drill` runs it; `day2 engine up` and `down`."""

import json
from pathlib import Path
from typing import Any

import pytest
from operator_command import COLUMNS, Command

from day2.engine import engine as engines


@pytest.fixture(scope="module")
def day2(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """In a folder that has neither engine nor reports."""
    return Command(tmp_path_factory.mktemp("from-nothing"))


@pytest.fixture(scope="module")
def page(day2: Command) -> str:
    """What a drill with a reason printed; not quite what a schedule asks for, so it is started by hand."""
    return day2.page("drill", "--seed", "small", "--reason", "after the upgrade")


def records(folder: Path) -> list[Any]:
    """What lies in the reports, the oldest first."""
    found = [json.loads(file.read_bytes()) for file in folder.glob("reports/*/record.json")]
    return sorted(found, key=lambda each: str(each["drill"]["opened_at"]))


def test_a_drill_shows_its_states_and_ends_with_the_verdict(page: str) -> None:
    lines = page.splitlines()
    for shown in ("snapshot taken", "OpenDrill", "RunChecks", "DeleteDatabase", "Announce"):
        assert any(shown in line for line in lines), shown
    assert lines[-1].startswith("passed, RTO "), "the last line of a long page is the outcome"


def test_what_one_machine_cannot_show_is_said(page: str) -> None:
    assert "On one machine: what only AWS can show is listed in the report." in page


def test_a_drill_with_a_reason_is_started_by_hand_and_says_so(day2: Command, page: str) -> None:
    (record,) = records(day2.folder)
    assert record["request"]["reason"] == "after the upgrade"
    assert record["drill"]["started_by"] == "day2 drill on this machine"
    assert record["drill"]["id"] in page


def test_nothing_of_its_engine_is_left(day2: Command, page: str) -> None:
    assert "The engine is gone again" in page
    assert [each.name for each in day2.folder.iterdir()] == ["reports"]
    assert not engines.status(day2.folder / ".engine").running


@pytest.fixture(scope="module")
def again(day2: Command, page: str) -> Any:
    """A second drill there, of the slot of the monthly schedule, as a document."""
    assert page
    return day2.document("drill", "--seed", "small")


def test_the_second_drill_knows_the_first_although_its_engine_does_not(day2: Command, again: Any) -> None:
    earlier, later = records(day2.folder)
    assert later["drill"]["id"] == again["id"]
    first, second = (
        (day2.folder / "reports" / each["drill"]["id"] / "report.html").read_text() for each in (earlier, later)
    )
    assert "This is the first drill on record." in first
    assert "This is the first drill on record." not in second
    assert later["drill"]["started_by"] == "schedule monthly-snapshot"


def test_the_engine_comes_up_with_everything_and_goes_without_a_trace(day2: Command, again: Any) -> None:
    assert again["outcome"]["result"] == "passed"
    try:
        for says in ("AWS_ENDPOINT_URL", "The engine is up already."):
            done = day2.run("engine", "up")
            assert done.returncode == 0, done.stderr
            assert says in done.stdout
            wide = [line for line in done.stdout.splitlines() if len(line) > COLUMNS]
            assert all(line.startswith("  export CODER_PG_CONNECTION_URL=") for line in wide), (
                "wrapped, it is no command"
            )
        assert day2.document("engine", "status")["running"]
    finally:
        said = day2.page("engine", "down")
    assert "nothing is left running" in said
    assert not day2.document("engine", "status", code=1)["running"]
    assert "No engine was running." in day2.page("engine", "down")
