"""An engine that did not come to be says why, and its log is kept when it is gone."""

from pathlib import Path

import pytest

from day2.engine.failures import PreparationFailed, kept, likely_cause

FULL = "initdb: error: could not write file: No space left on device"
STEPS = "2026-11-25 21:24:17 INFO [lambda_runtime] Lambda worker spawned for coder-day2-local-judge\n"
HYPERCORN = "2026-11-25 21:24:17 INFO [hypercorn.error] Running on http://127.0.0.1:34631 (CTRL + C to quit)\n"


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        (f"{STEPS}{FULL}\nTraceback (most recent call last):\nRuntimeError: No data to serve.\n", FULL),
        (f"FATAL:  could not start\n{STEPS}LOG:  shutting down\n", "FATAL:  could not start"),
        ("ERROR:  the first\nERROR:  the last\n", "ERROR:  the last"),
        (
            f"{STEPS}day2.engine.ProgramFailed: initdb ended with 1\n{STEPS}",
            "day2.engine.ProgramFailed: initdb ended with 1",
        ),
        ("The engine needs MiniStack 1 and found none.\n", "The engine needs MiniStack 1 and found none."),
        (f"{STEPS}{HYPERCORN}", ""),
        ("", ""),
    ],
)
def test_the_likely_cause_is_the_last_line_of_the_likeliest_kind(log: str, cause: str) -> None:
    assert likely_cause(log) == cause


def fail(place: Path, **told: str) -> PreparationFailed:
    with pytest.raises(PreparationFailed) as failure, kept(place):
        raise PreparationFailed("It did not come to be.", resource="it", **told)
    return failure.value


def test_the_log_is_kept_and_named(tmp_path: Path) -> None:
    place = tmp_path / ".engine" / "last-failure.log"
    assert fail(place, log="said").next_step == f"Read {place}."
    assert place.read_text() == "said"
    told = fail(place, log="said more", next_step="Correct the template.")
    assert told.next_step == f"Correct the template. Read {place}."
    assert place.read_text() == "said more"


def test_a_log_that_cannot_be_kept_hides_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = fail(tmp_path / "file" / "last-failure.log", log="said")
    assert told.what == "It did not come to be."
    assert told.next_step.startswith("The log could not be kept at ")
