"""An engine on which Coder serves, and what tests of a restore ask of it, as an operator would."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from operator_command import Command
from restored_platform import House

from day2.drill import execution
from day2.drill.execution import Watched
from day2.engine.furnishing import Furnished
from day2.restore import reports, running
from day2.restore.waiting import waiting
from lambdas.evidence.restore_summary import RestoreSummary

FIRST_STEP = "coder-day2-local-open-restore"
"""The function that reads from its settings how long a restore waits for an answer, and soaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A restore that has ended, in which state, with what the ledger and the bucket have of it. `form` is its page."""

    seen: Watched
    end: str
    summary: RestoreSummary
    record: Mapping[str, Any]
    form: str

    @property
    def id(self) -> str:
        return self.summary.id


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One engine with everything on it, in the folder of `day2`. `house` is the platform on it, and its databases."""

    furnished: Furnished
    folder: Path
    house: House

    @property
    def source(self) -> str:
        return self.house.source

    @cached_property
    def day2(self) -> Command:
        return Command(self.folder)

    def start(self, **request: Any) -> str:
        """Start a restore on the platform as it is at first, wherever the one before has left it."""
        self.house.come_home()
        return running.start(self.furnished.deployment, {"started_by": "the tests", **request})

    def follow(self, arn: str) -> Watched:
        """The execution as it ended."""
        *_, last = execution.follow(self.furnished.deployment, arn)
        return last

    def reach(self, arn: str, state: str) -> Watched:
        """The execution while it is in `state`."""
        for seen in execution.follow(self.furnished.deployment, arn):
            if any(each.name == state and each.exited_at is None for each in seen.states) and not seen.ended:
                return seen
        raise AssertionError(f"it was not seen in {state}: {seen.status} {seen.error} {seen.sentence}")

    def asked(self, arn: str) -> str:
        """The restore's id, once it waits for a person."""
        id_ = running.id_of(self.reach(arn, running.ASKS))
        deployment = self.furnished.deployment
        self.house.eventually(
            lambda: id_ in {each.restoration.id for each in waiting(deployment, now=datetime.now(UTC))}
        )
        return id_

    def ended(self, arn: str) -> Restored:
        """The restore once it has ended, with its record as the bucket has it."""
        deployment = self.furnished.deployment
        ended = running.ended(deployment, self.follow(arn))
        assert ended.summary is not None, (ended.seen.error, ended.seen.sentence)
        _page, form, *_, record = reports.fetch(deployment, ended.summary, folder=self.folder / "fetched")
        return Restored(
            seen=ended.seen,
            end=self._last_state(arn),
            summary=ended.summary,
            record=json.loads(record.read_text()),
            form=form.read_text(),
        )

    def _last_state(self, arn: str) -> str:
        machine = self.house.client("stepfunctions")
        events = machine.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=10)["events"]
        entered = (each.get("stateEnteredEventDetails", {}).get("name") for each in events)
        return next(name for name in entered if name)

    @contextmanager
    def told(self, **restore: float) -> Iterator[None]:
        """Restores that start in the block read other settings of the table [restore]."""
        functions = self.house.client("lambda")
        before = functions.get_function_configuration(FunctionName=FIRST_STEP)["Environment"]["Variables"]
        settings = json.loads(before["DAY2_SETTINGS"])
        changed = {**settings, "restore": {**settings["restore"], **restore}}
        variables = {**before, "DAY2_SETTINGS": json.dumps(changed)}
        functions.update_function_configuration(FunctionName=FIRST_STEP, Environment={"Variables": variables})
        try:
            yield
        finally:
            functions.update_function_configuration(FunctionName=FIRST_STEP, Environment={"Variables": before})
