"""`day2 scale history` and `day2 freeze`: what was decided, as people and scripts read it; a word that holds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from day2.cli import scale_history
from day2.cli.app import app
from lambdas.scaling.contracts import Change, Decision, Demand, Override, ScalingRun, Sizes

AT = datetime(2026, 11, 26, 10, 45, tzinfo=UTC)
SIZES = Sizes(smallest=2, desired=10, largest=200)


def run_of(id_: str, *, by: str, reason: str = "") -> ScalingRun:
    demand = Demand(
        role="workspace",
        change=Change(desired=12),
        origin="operator",
        when_blocked="refuse",
        asked_at=AT,
        give_up=AT + timedelta(hours=2),
        reason=reason,
    )
    return ScalingRun(
        id=id_,
        environment="local",
        execution=f"arn:{id_}",
        opened_at=AT,
        started_by=by,
        cluster="coder-local",
        node_group="coder-local-ws",
        demand=demand,
    )


def entry(
    id_: str, *, ended: Mapping[str, Any] | None, by: str = "ann", reason: str = "", minutes: int = 0
) -> scale_history.Entry:
    decision = Decision(action="grow", rule="grow", reason=f"decision of {id_}", before=SIZES, after=SIZES)
    return AT - timedelta(minutes=minutes), run_of(id_, by=by, reason=reason), decision, ended


@dataclass
class Place:
    """The ledger that the commands ask, and what they enter."""

    entries: list[scale_history.Entry] = field(default_factory=list)
    asked: list[tuple[datetime, datetime]] = field(default_factory=list)
    frozen: list[Override] = field(default_factory=list)

    def run(self, *words: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(app, [*words])
        return done.exit_code, done.stdout, " ".join(done.stderr.split())


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Place:
    here = Place()

    def history(_deployment: object, *, since: datetime, until: datetime) -> list[scale_history.Entry]:
        here.asked.append((since, until))
        return here.entries

    monkeypatch.setattr(scale_history, "deployment_of", lambda _environment, *, local: f"local: {local}")
    monkeypatch.setattr(scale_history, "caller", lambda _deployment: "somebody with day2")
    monkeypatch.setattr(scale_history.running, "history", history)
    monkeypatch.setattr(scale_history.running, "freeze", lambda _deployment, word: here.frozen.append(word))
    return here


def test_the_history_shows_outcome_decision_and_by_whom(place: Place) -> None:
    place.entries = [
        entry("three", ended=None),
        entry("two", ended={"outcome": "scaled"}, reason="a course", minutes=5),
        entry("one", ended={"outcome": "failed"}, by="schedule workspace-morning", minutes=9),
    ]
    code, shown, _ = place.run("scale", "history")
    assert (code, [line.rstrip() for line in shown.splitlines()]) == (
        0,
        [
            "when (UTC)        group      outcome  decision, and by whom",
            "2026-11-26 10:45  workspace  goes on  decision of three",
            "                                      ann",
            "2026-11-26 10:40  workspace  scaled   decision of two",
            "                                      ann (a course)",
            "2026-11-26 10:36  workspace  failed   decision of one",
            "                                      schedule workspace-morning",
        ],
    )


def test_machines_get_every_field(place: Place) -> None:
    place.entries = [entry("one", ended={"outcome": "scaled"}, reason="a course")]
    (told,) = json.loads(place.run("scale", "history", "--json")[1])
    assert told["decision"]["rule"] == "grow"
    del told["decision"]
    assert told == {
        "at": "2026-11-26T10:45:00Z",
        "scaling": "one",
        "group": "coder-local-ws",
        "started_by": "ann",
        "reason": "a course",
        "ended": {"outcome": "scaled"},
    }


def test_the_last_three_months_are_asked_for_unless_others_are(place: Place) -> None:
    place.run("scale", "history", "--json")
    place.run("scale", "history", "--json", "--days", "7")
    assert [(until - since).days for since, until in place.asked] == [92, 7]


def test_where_nothing_was_decided_people_hear_it_and_machines_get_an_empty_list(place: Place) -> None:
    code, shown, told = place.run("scale", "history")
    assert (code, shown, "Nothing was decided in the last 92 days" in told) == (1, "", True)
    assert place.run("scale", "history", "--json")[:2] == (0, "[]\n")


def test_a_freeze_holds_until_a_moment_in_somebody_s_name(place: Place) -> None:
    code, shown, _ = place.run("freeze", "--for", "2h", "--reason", "an audit")
    (word,) = place.frozen
    assert (code, word.by, word.reason) == (0, "somebody with day2", "an audit")
    assert abs(word.until - datetime.now(UTC) - timedelta(hours=2)) < timedelta(minutes=1)
    assert "Nothing is scaled by the clock or by alarms until" in shown


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "a freeze ends by itself"),
        (("--until", "2026-01-01T00:00:00Z"), "is past"),
        (("--for", "2h", "--until", "22:00"), "exclude each other"),
        (("--until", "noon"), "neither a time of day"),
    ],
    ids=["without an end", "past", "two ends", "no time"],
)
def test_a_freeze_without_one_end_to_come_is_refused(place: Place, words: tuple[str, ...], sentence: str) -> None:
    code, _, told = place.run("freeze", *words)
    assert (code, sentence in told, place.frozen) == (2, True, [])
