"""`day2 scale workspaces`: what is asked of the machine, and a sentence for every way it can end."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from day2.cli import scale_group
from day2.cli.app import app
from day2.drill.deployment import Deployment
from day2.drill.execution import Watched
from lambdas import payload
from lambdas.scaling.contracts import Decision, Doomed, Holding, Sizes

TEN, EIGHT = Sizes(smallest=2, desired=10, largest=200), Sizes(smallest=2, desired=8, largest=200)
SHRINK = Decision(
    action="shrink",
    rule="shrink",
    reason="coder-local-ws shrinks from 10 nodes (2 to 200) to 8 nodes (2 to 200): 8 nodes",
    before=TEN,
    after=EIGHT,
    remove=tuple(Doomed(name=f"node-{each}", instance=f"i-{each}") for each in range(2)),
)
BLOCKED = Decision(
    action="nothing",
    rule="blocked",
    reason="of the 8 nodes to take away 0 hold nothing",
    before=TEN,
    after=TEN,
    left=8,
    holding=(Holding(node="node-1", holds=("ws-1", "ws-2"), more=10), Holding(node="node-2", holds=("ws-3",))),
)


def output(decision: Decision, **more: Any) -> dict[str, Any]:
    """Of the machine, after a look at ten nodes of which four hold workspaces."""
    nodes = [{"name": f"node-{each}", "ready": each != 9, "holds": ["ws"] if each < 4 else []} for each in range(10)]
    seen = {"running": 40, "moving": 1, "total": 40, "pods": 41, "unplaced": 0}
    return {
        "held": {"group": {"name": "coder-local-ws", "sizes": payload.write(TEN)}},
        "capacity": {"nodes": nodes, "workspaces": seen, "queue": None, "unknown": []},
        "plan": {"decision": payload.write(decision)},
        **more,
    }


def ended(status: str, *, error: str = "", cause: str = "", **told: Any) -> Watched:
    now = datetime(2026, 11, 27, 6, 30, tzinfo=UTC)
    return Watched(
        execution="arn:aws:states:eu-west-1:1:execution:coder-day2-local-scale:one",
        status=status,
        started_at=now,
        stopped_at=now,
        states=(),
        output=told,
        error=error,
        cause=cause,
    )


@dataclass
class Place:
    """Where the command works: what it started, and how that ends."""

    ends: Watched
    started: list[dict[str, Any]] = field(default_factory=list)
    decided: Decision | None = None

    def run(self, *words: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(app, ["scale", *words])
        return done.exit_code, done.stdout, " ".join(done.stderr.split())


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Place:
    here = Place(ends=ended("SUCCEEDED", **output(SHRINK, recorded={"group": "coder-local-ws", "outcome": "scaled"})))

    def start(_deployment: Deployment, request: dict[str, Any]) -> str:
        here.started.append(request)
        return here.ends.execution

    def follow(_deployment: Deployment, _execution: str) -> Iterator[Watched]:
        yield here.ends

    monkeypatch.setattr(scale_group, "on_the_engine", lambda: "the engine")
    monkeypatch.setattr(scale_group, "caller", lambda _deployment: "somebody with day2")
    monkeypatch.setattr(scale_group.running, "start", start)
    monkeypatch.setattr(scale_group.running, "decided", lambda _deployment, _seen: here.decided)
    monkeypatch.setattr(scale_group, "follow", follow)
    return here


def test_only_what_is_said_is_asked_for(place: Place) -> None:
    place.run("workspaces", "--desired", "0")
    place.run("provisioners", "--by=-20%", "--when-blocked", "defer", "--reason", "the evening", "--explain")
    by = {"by": "-20%", "when_blocked": "defer", "reason": "the evening", "dry_run": True}
    assert place.started == [
        {"group": "workspace", "desired": 0, "started_by": "somebody with day2"},
        {"group": "provisioner", "started_by": "somebody with day2", **by},
    ]


def test_limits_and_a_profile_are_asked_for_by_the_names_of_the_request(place: Place) -> None:
    place.run("workspaces", "--min", "2", "--max", "20", "--desired", "5")
    place.run("workspaces", "--profile", "peak")
    assert [{"min", "max", "desired"} <= set(each) for each in place.started] == [True, False]
    assert place.started[1]["profile"] == "peak"


def test_an_override_ends_at_a_moment_in_utc(place: Place) -> None:
    place.run("workspaces", "--desired", "20", "--for", "3h")
    until = payload.parse_instant(place.started[0]["until"])
    assert abs(until - datetime.now(UTC) - timedelta(hours=3)) < timedelta(minutes=1)


def test_a_length_that_is_none_starts_nothing(place: Place) -> None:
    code, _, told = place.run("workspaces", "--desired", "20", "--for", "soon")
    assert (code, "'soon' is no length" in told, place.started) == (2, True, [])


def test_a_scaling_shows_facts_rule_decision_and_how_it_ended(place: Place) -> None:
    code, shown, _ = place.run("workspaces", "--desired", "8")
    assert code == 0
    assert " ".join(shown.split()).endswith(
        "✓ coder-local-ws: scaled group coder-local-ws, 10 desired (2 to 200) nodes 10, 9 Ready, 6 hold nothing "
        "workspaces 40 running, 1 on the move, 41 with pods rule shrink "
        f"decision {SHRINK.reason} to go node-0, node-1"
    )


def test_an_explanation_says_that_nothing_was_changed_and_what_holds_which_node(place: Place) -> None:
    place.ends = ended("SUCCEEDED", **output(BLOCKED))
    code, shown, _ = place.run("workspaces", "--desired", "2", "--explain")
    told = " ".join(shown.split())
    assert (code, "Nothing was changed." in told) == (0, True)
    assert told.endswith("held node-1 by ws-1, ws-2 and 10 more held node-2 by ws-3")


def test_what_is_unknown_and_the_queue_are_among_the_facts(place: Place) -> None:
    told = output(SHRINK)
    told["capacity"] |= {"workspaces": None, "queue": {"pending": 3, "running": 1}, "unknown": ["Coder: no answer"]}
    place.ends = ended("SUCCEEDED", **told)
    shown = " ".join(place.run("provisioners", "--desired", "2", "--explain")[1].split())
    assert "queue 3 jobs pending, 1 running unknown Coder: no answer rule shrink" in shown


def test_machines_get_the_record_and_nothing_else(place: Place) -> None:
    code, shown, told = place.run("workspaces", "--desired", "8", "--json")
    assert (code, json.loads(shown)) == (0, {"group": "coder-local-ws", "outcome": "scaled"})
    assert "Started arn:aws:states" in told


@pytest.mark.parametrize(
    ("ends", "code", "sentences"),
    [
        (
            ended("FAILED", error="InputRejected", cause="request.group: is missing; request.desired: -1 is too few"),
            2,
            ["request.group: is missing", "request.desired: -1 is too few"],
        ),
        (
            ended("FAILED", error="ScalingRefused", cause="of the 18 nodes to take away 16 hold nothing"),
            1,
            ["ScalingRefused: of the 18 nodes to take away 16 hold nothing"],
        ),
        (ended("TIMED_OUT"), 1, ["TIMED_OUT"]),
    ],
    ids=["bad input", "refused", "timed out"],
)
def test_every_other_end_is_told_with_its_exit_code(
    place: Place, ends: Watched, code: int, sentences: list[str]
) -> None:
    place.ends = ends
    left, shown, told = place.run("workspaces", "--desired", "8", "--json")
    assert (left, shown) == (code, "")
    assert all(each in told for each in sentences), told


def test_a_refusal_names_the_workspaces_that_hold_nodes(place: Place) -> None:
    place.ends = ended("FAILED", error="ScalingRefused", cause=BLOCKED.reason)
    place.decided = BLOCKED
    code, _, told = place.run("workspaces", "--desired", "2")
    assert code == 1
    assert told.endswith("held node-1 by ws-1, ws-2 and 10 more held node-2 by ws-3")


def test_of_many_nodes_that_are_held_a_few_are_named_and_the_others_counted(place: Place) -> None:
    many = tuple(Holding(node=f"node-{each}", holds=(f"ws-{each}",)) for each in range(50))
    place.ends, place.decided = ended("FAILED", error="ScalingRefused", cause="no"), replace(BLOCKED, holding=many)
    told = place.run("workspaces", "--desired", "2")[2]
    assert told.endswith("held node-7 by ws-7 held 42 more nodes")


def test_without_an_engine_it_is_said_how_to_start_one(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale_group, "on_the_engine", lambda: None)
    code, _, told = place.run("workspaces", "--desired", "8")
    assert (code, "day2 engine up" in told, place.started) == (1, True, [])


def test_an_environment_goes_with_aws_only(place: Place) -> None:
    code, _, told = place.run("workspaces", "--desired", "8", "--env", "prod")
    assert (code, "goes with --aws" in told, place.started) == (2, True, [])
