"""How a restore's end reads in a terminal: never surer than what is known, each figure with its unit."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from day2.cli import restored
from lambdas.evidence.restore_summary import RestoreSummary

MOMENT = datetime(2026, 11, 23, 10, 33, 12, tzinfo=UTC)
KEPT = RestoreSummary(
    id="20261123-8c1f0b7e",
    environment="prod",
    source="coder-prod-aurora",
    target="coder-prod-aurora-restored-20261123-8c1f0b7e",
    execution="arn:aws:states:eu-west-1:111122223333:execution:coder-day2-prod-platform-restore:ops-1234",
    opened_at=MOMENT,
    closed_at=MOMENT,
    requested="time:2026-11-23T10:29:59Z",
    cut_over="after-approval",
    strategy="repoint",
    outcome="kept",
    serves_from="coder-prod-aurora-restored-20261123-8c1f0b7e",
    recovery_point_kind="point-in-time",
    recovery_point_id="2026-11-23T10:29:59Z",
    recovery_point_time=datetime(2026, 11, 23, 10, 29, 59, tzinfo=UTC),
    verdict="pass",
    rto_seconds=2_449,
    own_seconds=1_429,
    outage_seconds=96,
    rpo_seconds=2_582,
    lost_audit_rows=37,
    approved_by="arn:aws:sts::111122223333:assumed-role/Operators/anna@example.com",
)


def told(files: tuple[Path, ...] = (), **changes: Any) -> list[str]:
    console = Console(width=80)
    with console.capture() as capture:
        console.print(restored.shown(replace(KEPT, **changes), files))
    return [line.rstrip() for line in capture.get().splitlines()]


def test_every_time_has_its_unit_and_the_approver_a_name() -> None:
    lines = told()
    assert "  lost         the last 43 min 02 s; 37 rows of the audit log" in lines
    assert "  outage       1 min 36 s" in lines
    assert "  took         40 min 49 s, 23 min 49 s without waiting for people" in lines
    assert "  approved by  anna@example.com" in lines


def test_where_nobody_was_waited_for_the_time_is_said_once() -> None:
    assert "  took         40 min 49 s" in told(own_seconds=2_449)


def test_a_moment_to_go_back_to_is_said_once_and_a_snapshot_with_its_moment() -> None:
    assert "  back to      2026-11-23 10:29:59 UTC" in told()
    lines = told(recovery_point_kind="snapshot", recovery_point_id="nightly-7")
    assert "  back to      nightly-7 (2026-11-23 10:29:59 UTC)" in lines


@pytest.mark.parametrize(
    ("serves_from", "said"),
    [
        (None, "✗ FENCED: no database is known to serve the platform."),
        (
            "coder-prod-aurora",
            "✗ NOT PROVEN: the platform was given its old database back, and was not seen to serve.",
        ),
    ],
)
def test_a_platform_that_nobody_saw_serve_is_not_called_stopped(serves_from: str | None, said: str) -> None:
    lines = told(outcome="fenced", serves_from=serves_from, outage_seconds=None)
    assert said in " ".join(lines)
    assert "  outage       not known to be over" in lines


def test_a_restore_that_made_no_cluster_has_a_target_and_nothing_restored() -> None:
    lines = told(outcome="failed", verdict=None, outage_seconds=None)
    assert not any(line.startswith(("  restored", "  data", "  outage")) for line in lines)
    assert any(line.startswith("  target") for line in lines)


def test_a_kept_cluster_is_named_once_by_the_name_that_it_serves_under() -> None:
    lines = told(serves_from="coder-prod-aurora", strategy="swap-identifiers")
    assert "  serves from  coder-prod-aurora" in lines
    assert not any("restored-20261123-8c1f0b7e" in line for line in lines)


def test_what_to_do_next_is_looked_for_where_the_report_is() -> None:
    assert told((Path("reports/x/report.html"),))[-1] == "What to do next is in the report."
    assert "What to do next is in the report." not in told()


def test_nothing_is_wider_than_a_terminal() -> None:
    assert max(map(len, told((Path("reports/20261123-8c1f0b7e/report.html"),)))) <= 80
