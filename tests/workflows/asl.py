"""The ASL files as the tests look at them: every state with where it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lambdas import steps

FOLDER = Path(__file__).parents[2] / "statemachines"
FILES = tuple(sorted(path.name.removesuffix(".asl.json") for path in FOLDER.glob("*.asl.json")))

Json = Mapping[str, Any]

# The one service integration: a function is called with a token, and whoever has that lets the state go on.
ASKS = "arn:aws:states:::lambda:invoke.waitForTaskToken"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One state. `scope` is the StartAt/States object it stands in, `enclosing` the Parallel or Map around that."""

    machine: str
    name: str
    body: Json
    scope: Json
    enclosing: State | None

    @property
    def label(self) -> str:
        return f"{self.machine}.{self.name}"

    @property
    def asks(self) -> bool:
        """Whether it waits for somebody's answer, and not for its function."""
        return bool(self.body["Resource"] == ASKS)

    @property
    def step(self) -> steps.Step:
        """The step that a Task names. Raises KeyError for a Resource that is no step's substitution."""
        named = self.body["Parameters"]["FunctionName"] if self.asks else self.body["Resource"]
        return steps.BY_NAME[named.removeprefix("${").removesuffix("}")]

    @property
    def told(self) -> Json:
        """What a Task's function is called with."""
        parameters: Json = self.body["Parameters"]
        return parameters["Payload"] if self.asks else parameters  # type: ignore[no-any-return]

    def retries(self) -> dict[str, Json]:
        """Error name -> the retrier that takes it."""
        return {error: retrier for retrier in self.body.get("Retry", []) for error in retrier["ErrorEquals"]}

    def caught(self) -> set[str]:
        """The error names that a Catch of this state, or of one around it, takes."""
        own = {error for catcher in self.body.get("Catch", []) for error in catcher["ErrorEquals"]}
        return own | (self.enclosing.caught() if self.enclosing else set())

    def targets(self) -> set[str]:
        """Where it can go."""
        branches = [*self.body.get("Choices", []), *self.body.get("Catch", [])]
        named = {each["Next"] for each in branches}
        return named | {self.body[key] for key in ("Next", "Default") if key in self.body}


def text(machine: str) -> str:
    return (FOLDER / f"{machine}.asl.json").read_text()


def load(machine: str) -> Json:
    return json.loads(text(machine))  # type: ignore[no-any-return]


def scopes(machine: str) -> Iterator[tuple[Json, State | None]]:
    """Every StartAt/States object of a machine with what encloses it, outermost first."""

    def within(scope: Json, enclosing: State | None) -> Iterator[tuple[Json, State | None]]:
        yield scope, enclosing
        for state in _states(machine, scope, enclosing):
            inner = [*state.body.get("Branches", []), *filter(None, [state.body.get("ItemProcessor")])]
            for each in inner:
                yield from within(each, state)

    return within(load(machine), None)


def states(machine: str) -> list[State]:
    """Every state of a machine, in the file's order."""
    return [state for scope, enclosing in scopes(machine) for state in _states(machine, scope, enclosing)]


def tasks(machine: str) -> list[State]:
    return [state for state in states(machine) if state.body["Type"] == "Task"]


def substitutions(machine: str) -> set[str]:
    return set(re.findall(r"\$\{(\w+)\}", text(machine)))


def _states(machine: str, scope: Json, enclosing: State | None) -> list[State]:
    return [
        State(machine=machine, name=name, body=body, scope=scope, enclosing=enclosing)
        for name, body in scope["States"].items()
    ]
