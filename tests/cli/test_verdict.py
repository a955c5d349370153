"""A verification in the terminal: a verdict and its figure are never cut, whatever the terminal's width."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from rich.console import Console

from day2.cli import drills, verdict
from lambdas.evidence.summary import Summary

LONG = "in a long sentence that no terminal of a usual width holds beside a name and a figure, so it gives way"
CHECKS: list[dict[str, Any]] = [
    {"id": "A04_core_tables_present", "verdict": "fail", "value": 23, "expected": "0", "detail": f"missing {LONG}"},
    {"id": "A13_nothing_after_recovery_point", "verdict": "skip", "value": None, "expected": "0", "detail": LONG},
    {"id": "B01_users_active", "verdict": "pass", "value": 1000, "expected": "at least 1", "detail": ""},
    {"id": "NC01_planted", "verdict": "fail", "value": 1, "expected": "0", "detail": LONG, "control": True},
]


def ended(outcome: Literal["passed", "failed"], *, rto: float | None, rpo: float | None) -> Summary:
    now = datetime(2026, 11, 23, 2, tzinfo=UTC)
    return Summary(
        id="20261123-0000abcd",
        environment="prod",
        source="coder-prod-aurora",
        execution="arn",
        opened_at=now,
        closed_at=now,
        requested="latest-restorable-time",
        outcome=outcome,
        rto_seconds=rto,
        rto_objective_seconds=7200,
        rpo_seconds=rpo,
        rpo_objective_seconds=900,
    )


def printed(told: object, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    console.print(told)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def shown(width: int, checks: Sequence[Mapping[str, Any]] = CHECKS) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    verdict.show_checks(console, checks)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_every_verdict_and_figure_is_shown_at_any_width(width: int) -> None:
    lines = shown(width).splitlines()
    marks = [line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "]
    assert marks == ["FAIL", "skip", "pass", "found"]
    for figure in (" 23 ", " - ", " 1000 "):
        assert any(figure in line for line in lines)
    assert all(len(line) <= width for line in lines)


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("verdict", ["fail", "warn", "skip"])
def test_why_a_check_needs_attention_is_told_in_full(verdict: str, width: int) -> None:
    told = shown(width, [{**CHECKS[1], "verdict": verdict}])
    assert LONG in " ".join(told.split())


def test_a_reason_stands_below_the_line_of_its_check() -> None:
    line, *reason, following = shown(80, CHECKS[1:3]).splitlines()
    assert line.split() == ["skip", "A13_nothing_after_recovery_point", "-"]
    assert " ".join(each.strip() for each in reason) == LONG
    assert following.split() == ["pass", "B01_users_active", "1000", "expected", "at", "least", "1"]


def test_a_figure_without_an_expectation_is_only_reported() -> None:
    console = Console(file=io.StringIO(), width=80)
    verdict.show_checks(
        console, [{"id": "A02_schema_version", "verdict": "report", "value": 401, "expected": "reported", "detail": ""}]
    )
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().split() == ["info", "A02_schema_version", "401", "reported"]


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        ({"rto": 725.0, "rpo": 40.0}, "FAILED, RTO 12:05 of 2:00:00, RPO 40 s of 15:00"),
        ({"rto": 725.0, "rpo": None}, "FAILED, RTO 12:05 of 2:00:00"),
        ({"rto": None, "rpo": None}, "FAILED"),
    ],
)
def test_the_last_line_repeats_the_verdict_and_what_was_measured(measured: dict[str, float | None], said: str) -> None:
    assert printed(verdict.closing(ended("failed", **measured))) == f"{said}\n"


SNAPSHOT = replace(ended("passed", rto=725.0, rpo=7.8), recovery_point_kind="snapshot", rpo_objective_seconds=93_600)


def test_a_snapshots_age_is_not_printed_as_the_rpo() -> None:
    assert printed(verdict.closing(SNAPSHOT)) == "passed, RTO 12:05 of 2:00:00, snapshot age 7.8 s of 26:00:00\n"
    part = {"verdict": "pass", "reason": "", "measured_seconds": 7.8, "objective_seconds": 93_600}
    rows = printed(verdict.objectives(dict.fromkeys(("integrity", "rto", "rpo"), part), SNAPSHOT)).splitlines()
    assert rows[-1].split() == ["snapshot", "age", "pass", "7.8", "s", "of", "26:00:00"]


def test_the_history_has_no_snapshots_age_under_the_rpo() -> None:
    rows = printed(drills.table([SNAPSHOT, ended("passed", rto=725.0, rpo=40.0)])).splitlines()[1:]
    assert [row.split()[2:5] for row in rows] == [["12:05", "-", "snapshot"], ["12:05", "40", "s"]]


def test_a_name_in_brackets_is_shown_as_it_is() -> None:
    console = Console(file=io.StringIO(), width=80)
    verdict.show_checks(console, [{**CHECKS[0], "detail": "the table [red]users[/red] is missing"}])
    assert isinstance(console.file, io.StringIO)
    assert "[red]users[/red]" in console.file.getvalue()
