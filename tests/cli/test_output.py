"""What the terminal shows: durations that fit a column, errors as sentences, exit codes for scripts."""

import os
import sys
from collections.abc import Callable

import pytest
import typer
from botocore.exceptions import ClientError, EndpointConnectionError
from rich.table import Table

from day2.cli.app import app
from day2.cli.exit_codes import BAD_INPUT, FAILED
from day2.cli.output import console, duration, errors, run, sentences
from lambdas.errors import InputRejected, RestoreFailed


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (0.84, "0.8 s"),
        (42.4, "42 s"),
        (59.6, "1:00"),
        (727, "12:07"),
        (3600, "1:00:00"),
        (3800, "1:03:20"),
    ],
)
def test_a_duration_is_as_exact_as_its_size_asks_for(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_every_fault_of_bad_input_is_a_line_and_the_code_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as left, sentences():
        raise InputRejected(["request.source: unknown", "request.target: outside the prefix"])
    assert left.value.exit_code == BAD_INPUT
    said = capsys.readouterr().err
    assert "request.source: unknown" in said
    assert "request.target: outside the prefix" in said


def test_a_refusal_says_what_on_what_and_what_next_and_the_code_is_1(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as left, sentences():
        raise RestoreFailed("The key is disabled.", resource="coder-dr-test-1", next_step="Enable it.")
    assert left.value.exit_code == FAILED
    said = capsys.readouterr().err
    assert "The key is disabled." in said
    assert "coder-dr-test-1" in said
    assert "Enable it." in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (PermissionError(13, "Permission denied", "reports"), "Permission denied: reports"),
        (ClientError({"Error": {"Code": "ExpiredToken", "Message": "expired"}}, "DescribeExecution"), "ExpiredToken"),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:4566/"), "The engine was stopped meanwhile"),
        (EndpointConnectionError(endpoint_url="https://rds.eu-central-1.amazonaws.com/"), "Check the network"),
        (RuntimeError("a bug of ours"), "Unforeseen: RuntimeError: a bug of ours"),
    ],
)
def test_whatever_leaves_a_command_is_a_sentence_and_the_code_is_1(
    fault: Exception, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def app() -> None:
        raise fault

    with pytest.raises(SystemExit) as left:
        run(app)
    assert left.value.code == FAILED
    assert told in capsys.readouterr().err


def test_a_trace_is_shown_to_whoever_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAY2_TRACE", "1")

    def app() -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        run(app)


def padded() -> None:
    grid = Table.grid(expand=True)
    grid.add_row("what", "follows")
    for each in (console, errors):
        each.print(grid)


def helped() -> None:
    app(["drill", "--help"], standalone_mode=False)


@pytest.mark.parametrize("app", [padded, helped])
def test_no_line_that_leaves_for_a_pipe_or_a_file_ends_in_blanks(
    app: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    run(app)
    told = capsys.readouterr()
    assert told.out.strip()
    assert [line for line in (told.out + told.err).splitlines() if line != line.rstrip()] == []


def test_a_terminal_gets_its_lines_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    near, far = os.openpty()
    with os.fdopen(near, "rb"), os.fdopen(far, "w") as terminal:
        monkeypatch.setattr(sys, "stdout", terminal)
        run(lambda: None)
        assert sys.stdout is terminal
