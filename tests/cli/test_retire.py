"""`day2 retire`: its name twice, a reason, and a sentence for every way it can end."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from day2.cli import retire
from day2.cli.app import app
from day2.drill.deployment import Deployment
from day2.drill.execution import Watched
from lambdas.errors import InputRejected

OLD = "coder-prod-aurora-old-20261123-1a2b3c4d"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
GONE = {
    "outcome": "retired",
    "cluster": OLD,
    "successor": "coder-prod-aurora",
    "final_snapshot": f"{OLD}-final-0a1b2c3d",
    "started_by": "somebody with day2",
    "record": f"retirements/{OLD}/20261124-0a1b2c3d/record.json",
}
MAY_GO = {"cluster": OLD, "successor": "coder-prod-aurora", "instances": [f"{OLD}-1"], "snapshot": f"{OLD}-final-1"}


@dataclass
class Place:
    """Where the command works: what it started, and how that ends."""

    ends: Watched
    terminal: bool = False
    started: list[dict[str, Any]] = field(default_factory=list)

    def run(self, *words: str, types: str = "") -> tuple[int, str]:
        done = CliRunner(env={"COLUMNS": "100"}).invoke(app, ["retire", *words], input=types)
        return done.exit_code, done.output


def ended(status: str, *, output: dict[str, Any] | None = None, error: str = "", cause: str = "") -> Watched:
    return Watched(
        execution="arn:aws:states:eu-west-1:1:execution:coder-day2-local-retire:one",
        status=status,
        started_at=NOW,
        stopped_at=NOW,
        states=(),
        output=output or {},
        error=error,
        cause=cause,
    )


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Place:
    here = Place(ends=ended("SUCCEEDED", output=GONE))

    def start(_deployment: Deployment, request: dict[str, Any]) -> str:
        here.started.append(request)
        return here.ends.execution

    def follow(_deployment: Deployment, _execution: str) -> Iterator[Watched]:
        yield here.ends

    monkeypatch.setattr(retire, "on_the_engine", lambda: "the engine")
    monkeypatch.setattr(retire, "caller", lambda _deployment: "somebody with day2")
    monkeypatch.setattr(retire.retiring, "start", start)
    monkeypatch.setattr(retire, "follow", follow)
    monkeypatch.setattr(retire, "_somebody_is_there", lambda: here.terminal)
    return here


def test_a_script_names_it_twice(place: Place) -> None:
    code, told = place.run(OLD, "--yes", OLD, "--reason", "a week has passed", "--ticket", "OPS-7")
    assert code == 0
    assert f"{OLD} is gone" in told
    assert place.started == [
        {
            "cluster": OLD,
            "confirm": OLD,
            "reason": "a week has passed",
            "ticket": "OPS-7",
            "started_by": "somebody with day2",
        }
    ]


def test_a_person_types_its_name(place: Place) -> None:
    place.terminal = True
    assert place.run(OLD, types=f"a week has passed\n{OLD}\n")[0] == 0
    assert (place.started[0]["confirm"], place.started[0]["reason"]) == (OLD, "a week has passed")


@pytest.mark.parametrize("typed", ["yes", "coder-prod-aurora", f"{OLD}-1"])
def test_anything_else_typed_starts_nothing(place: Place, typed: str) -> None:
    place.terminal = True
    code, told = place.run(OLD, "--reason", "a week has passed", types=f"{typed}\n")
    assert code == 2
    assert f"{typed} is not {OLD}" in " ".join(told.split())
    assert place.started == []


def test_without_a_terminal_and_without_words_everything_missing_is_named_at_once(place: Place) -> None:
    code, told = place.run(OLD)
    assert code == 2
    assert "--reason: is missing" in told
    assert "--yes: is missing" in told
    assert place.started == []


def test_a_dry_run_asks_for_nothing(place: Place) -> None:
    place.ends = ended("SUCCEEDED", output=MAY_GO)
    code, told = place.run(OLD, "--dry-run")
    assert code == 0
    assert "may be retired; nothing was changed" in told
    assert place.started[0]["dry_run"] is True


@pytest.mark.parametrize("error", ["ClusterInUse", "TeardownOverdue", "ProductionTargetRefused"])
def test_a_refusal_is_its_own_sentence(place: Place, error: str) -> None:
    cause = json.dumps({"errorMessage": "Somebody is connected [it] Find out who."})
    place.ends = ended("FAILED", error=error, cause=cause)
    code, told = place.run(OLD, "--yes", OLD, "--reason", "x")
    assert code == 1
    assert f"{error}: Somebody is connected" in told


def test_each_fault_of_a_request_is_a_line_of_its_own(place: Place) -> None:
    faults = ("request.cluster: it serves; look again", "request.confirm: another name")
    place.ends = ended("FAILED", error="InputRejected", cause=json.dumps({"errorMessage": str(InputRejected(faults))}))
    code, told = place.run(OLD, "--yes", OLD, "--reason", "x")
    assert code == 2
    assert [line.strip("✗ ") for line in told.splitlines() if "request" in line][:2] == list(faults)
    assert "nothing was created" not in told


def test_what_is_for_machines_is_the_ledgers_entry(place: Place) -> None:
    place.ends = ended("SUCCEEDED", output=GONE)
    done = CliRunner().invoke(app, ["retire", OLD, "--yes", OLD, "--reason", "x", "--json"])
    assert json.loads(done.stdout) == GONE


def test_ctrl_c_ends_the_watching_only_and_says_how_to_stop_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_deployment: Deployment, _execution: str) -> Iterator[Watched]:
        yield ended("RUNNING")
        raise KeyboardInterrupt

    monkeypatch.setattr(retire, "follow", interrupted)
    code, told = place.run(OLD, "--yes", OLD, "--reason", "x")
    assert code == 130
    assert "goes on in the engine" in told


def test_an_environment_that_deploys_no_restore_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = Deployment(
        environment="prod", clients=lambda _: None, drill_machine="", sweep_machine="", source="", bucket="", table="",
        poll_seconds=0,
    )  # fmt: skip
    monkeypatch.setattr(retire, "on_the_engine", lambda: bare)
    monkeypatch.setattr(retire, "caller", lambda _deployment: "somebody")
    done = CliRunner().invoke(app, ["retire", OLD, "--yes", OLD, "--reason", "x"])
    assert done.exit_code == 1
    assert "retires no clusters" in done.output
