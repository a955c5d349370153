"""What `day2 verify` takes: expectations of an operator's own, and every fault of its input at once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from day2.cli import verify
from day2.cli.app import app
from lambdas import payload
from lambdas.settings import Verification
from lambdas.verification.report import Report

ADDRESS = "postgresql://reader@localhost/coder"


class Asked(Exception):
    """Everything was read."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the verification was asked for, which then does not take place."""
    told: dict[str, Any] = {}

    def verify_dsn(dsn: str, *, settings: Verification, **more: Any) -> Report:
        told.update(more, dsn=dsn, settings=settings)
        raise Asked

    monkeypatch.setattr(verify, "verify_dsn", verify_dsn)
    return told


@pytest.fixture
def day2(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: CliRunner().invoke(app, ["verify", *arguments])


def test_expectations_are_given_check_by_check(day2: Callable[..., Result], asked: dict[str, Any]) -> None:
    day2(ADDRESS, "--expect", "F01_license_valid=report", "--expect", "B01_users_active=one")

    assert asked["settings"].expect == {"F01_license_valid": "report", "B01_users_active": "one"}


def test_without_expectations_the_catalogues_own_hold(day2: Callable[..., Result], asked: dict[str, Any]) -> None:
    day2(ADDRESS)

    assert asked["settings"].expect == {}


def test_an_instant_that_has_not_come_is_refused(day2: Callable[..., Result], asked: dict[str, Any]) -> None:
    tomorrow = payload.instant(datetime.now(UTC) + timedelta(days=1))
    refused = day2(ADDRESS, "--as-of", tomorrow)
    assert (refused.exit_code, asked) == (2, {})
    assert f"--as-of: {tomorrow} is in the future" in refused.stderr


def test_an_instant_that_has_passed_is_what_the_data_must_reflect(
    day2: Callable[..., Result], asked: dict[str, Any]
) -> None:
    day2(ADDRESS, "--as-of", "2026-11-23T02:00:00Z")
    assert asked["as_of"] == datetime(2026, 11, 23, 2, tzinfo=UTC)


def test_every_fault_of_the_input_is_told_at_once(day2: Callable[..., Result], asked: dict[str, Any]) -> None:
    refused = day2(
        *("mysql://ann:s3cret@localhost/coder", "--as-of", "yesterday"),
        *("--expect", "F01_license_valid", "--expect", "Z99_nothing=zero", "--expect", "B01_users_active=many"),
        *("--expect", "D01_workspaces_live=zero", "--expect", "C01_templates_live=one"),
        *("--expect", "C01_templates_live=report"),
    )

    assert refused.exit_code == 2
    assert not asked
    said = refused.output
    for fault in (
        "does not begin with postgresql://",
        "--as-of: ",
        "--expect F01_license_valid: write it as ID=zero, positive, one or report",
        "--expect Z99_nothing: there is no such check",
        "--expect B01_users_active: 'many' is none of zero, positive, one, report",
        "--expect D01_workspaces_live: 'zero' would change nothing",
        "--expect C01_templates_live: is given twice",
    ):
        assert fault in said
    assert "s3cret" not in said
