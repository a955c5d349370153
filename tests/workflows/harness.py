"""A small world: state machines, their functions and a clock, all in this process.

    with world(handlers) as here:
        drill = here.run("dr-drill", {})
        assert drill.status == "SUCCEEDED"

Functions are called in the strand of the state that invokes them, take a little virtual time, and fail as
Lambda reports a failure. What happens at an invocation can be bent: see `on_invoke`.
"""

from __future__ import annotations

import importlib
import json
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from lambdas import runtime, steps

from .interpreter import Execution, patched, substituted
from .virtual_time import VirtualEvent, VirtualTime

ROOT = Path(__file__).parents[2]
MACHINES = ("dr-drill", "sweep", "platform-restore", "retire", "scale", "ready-check")
MIDNIGHT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

Handler = Callable[[Mapping[str, Any], object], Any]


def definition(machine: str) -> str:
    """The committed ASL file, with its functions' ARNs."""
    return substituted((ROOT / "statemachines" / f"{machine}.asl.json").read_text())


@cache
def real_handlers() -> Mapping[str, Handler]:
    """Every step's own handler."""
    return {step.name: importlib.import_module(step.handler.removesuffix(".handler")).handler for step in steps.STEPS}


class FunctionDied(Exception):
    """An invocation ends with the error type `name`, whatever its handler did. Raised by `on_invoke`."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"the function died: {name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One call of a function: which, in which execution and state, for the how-manyth time (from 0).

    `drill` is the id of the drill that the event names: in a sweep, which of the dead ones it is about.
    """

    step: str
    state: str
    execution: str
    retries: int
    started_at: datetime
    drill: str | None = None


@dataclass
class World:
    """See the module. `seconds` is what one invocation takes; `on_invoke` wraps every handler.

    `on_invoke` gets the invocation and a function that runs the handler; it may run it, or not, or raise.
    """

    time: VirtualTime
    handlers: Mapping[str, Handler]
    definitions: Mapping[str, str]
    seconds: float = 0.5
    on_invoke: Callable[[Invocation, Callable[[], Any]], Any] = lambda _, work: work()
    executions: dict[str, Execution] = field(default_factory=dict)
    invocations: list[Invocation] = field(default_factory=list)
    largest_payload_bytes: int = 0
    _ended: dict[str, VirtualEvent] = field(default_factory=dict)

    def start(self, machine: str, request: Any = None, *, name: str | None = None) -> Execution:
        """Start an execution; it proceeds when the driver waits."""
        name = name or f"execution-{len(self.executions) + 1}"
        execution = Execution(
            self.time,
            machine=machine,
            definition=self.definitions[machine],
            name=name,
            request={} if request is None else request,
        )
        return self._spawn(execution)

    def _spawn(self, execution: Execution) -> Execution:
        self.executions[execution.arn] = execution
        ended = self._ended[execution.arn] = VirtualEvent(self.time)

        def run() -> None:
            execution.run()
            ended.set()

        self.time.spawn(run, name=execution.arn)
        return execution

    def redrive(self, execution: Execution) -> Execution:
        """Go on with an execution that has ended from the state that it had entered, under the same name, as AWS does.

        What is given to that state is its input then; `$$.Execution.StartTime` stays, the state's entry is now.
        """
        state, given = execution.interrupted()
        again = Execution(
            self.time,
            machine=execution.machine,
            definition=self.definitions[execution.machine],
            name=execution.name,
            request=given,
            started_at=execution.started_at,
            start_at=state,
        )
        return self._spawn(again)

    def wait(self, execution: Execution) -> Execution:
        """Let time pass until it has ended."""
        self._ended[execution.arn].wait()
        return execution

    def run(self, machine: str, request: Any = None, *, name: str | None = None) -> Execution:
        """Start an execution and let time pass until it has ended."""
        return self.wait(self.start(machine, request, name=name))

    def visits(self, execution: Execution) -> Counter[str]:
        """How often each state invoked its function."""
        return Counter(each.state for each in self.invocations if each.execution == execution.arn)

    def invoke(self, function: str, payload: bytes) -> dict[str, Any]:
        """What moto calls in place of Lambda."""
        event = json.loads(payload)
        context = event.get("step", {})
        invocation = Invocation(
            step=function,
            state=context.get("state", ""),
            execution=context.get("execution", ""),
            retries=context.get("retries", 0),
            started_at=self.time.now,
            drill=_drill_of(event),
        )
        self.invocations.append(invocation)
        self.time.sleep(self.seconds)
        try:
            result = self.on_invoke(invocation, lambda: self.handlers[function](event, None))
        except FunctionDied as death:
            return _failed(death.name, death)
        except Exception as error:  # noqa: BLE001  whatever leaves a function, Lambda reports by its class name
            return _failed(type(error).__name__, error)
        text = json.dumps(result)
        self.largest_payload_bytes = max(self.largest_payload_bytes, len(payload), len(text.encode()))
        return {"StatusCode": 200, "Payload": json.loads(text)}


def _drill_of(event: Mapping[str, Any]) -> str | None:
    named = event.get("drill") or (event.get("drill_state") or {}).get("drill") or {}
    return named.get("id")


def _failed(name: str, error: Exception) -> dict[str, Any]:
    """As Lambda's runtime for Python reports it: the trace has the lines of source."""
    trace = traceback.format_tb(error.__traceback__)
    payload = {"errorMessage": str(error), "errorType": name, "requestId": "0", "stackTrace": trace}
    return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": payload}


@contextmanager
def world(
    handlers: Mapping[str, Handler] | None = None,
    *,
    definitions: Mapping[str, str] | None = None,
    start: datetime = MIDNIGHT,
) -> Iterator[World]:
    """A world with the committed machines, or those given, from `start` on."""
    time = VirtualTime(start)
    here = World(
        time=time,
        handlers=handlers if handlers is not None else real_handlers(),
        definitions=definitions or {machine: definition(machine) for machine in MACHINES},
    )
    with patched(time, here.invoke), patch.object(runtime, "utc_now", lambda: time.now):
        try:
            yield here
        finally:
            time.close()
