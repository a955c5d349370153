"""The door to what is kept of scalings: one at a time of a group, who said what holds, and what was decided when.

How it lies in the table: `lambdas.adapters.table`.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from lambdas import payload
from lambdas.adapters.table import Table, document, epoch, key, read, text
from lambdas.scaling.contracts import Decision, Override, ScalingRun, Standing, Wanted

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CLAIM_KEPT = timedelta(days=8)
"""Longer than anything is delivered again: Scheduler tries for a day, SNS for 23 days only where nobody answers."""
HISTORY_KEPT = timedelta(days=400)
EVERYTHING = "*"
"""The group of a freeze, which holds for all of them."""


class Scalings:
    """The scalings of one environment, in its one table."""

    def __init__(self, table: str, client: "DynamoDBClient") -> None:
        self._table = Table(table, client)

    def claim(self, *, group: str, by: str, moment: datetime, execution: str) -> bool:
        """True when this execution has the slot of a schedule or the transition of an alarm; False for a duplicate.

        `by` is the name of the schedule or alarm, `moment` the slot or the transition.
        """
        return self._table.put_if(
            {
                **key(f"scaling-claim#{group}#{by}", payload.instant(moment)),
                "execution": text(execution),
                "expires_at": epoch(moment + CLAIM_KEPT),
            },
            condition="attribute_not_exists(pk) OR execution = :me",
            values={":me": text(execution)},
        )

    def lock(self, run: ScalingRun, *, until: datetime) -> str | None:
        """Hold the group for one scaling. None: it is ours; else the execution ARN of the holder."""
        about = {"scaling": text(run.id)}
        return self._table.hold(_lock_of(run.node_group), me=run.execution, about=about, until=until, now=None)

    def take_over(self, run: ScalingRun, *, holder: str, until: datetime) -> str | None:
        """Hold it in place of `holder`, an execution that no longer runs. None: it is ours; else who holds it."""
        about = {"scaling": text(run.id)}
        return self._table.take_over(
            _lock_of(run.node_group), me=run.execution, holder=holder, about=about, until=until
        )

    def unlock(self, run: ScalingRun) -> None:
        """Let the group go, if this execution holds it; another's lock stays."""
        self._table.let_go(_lock_of(run.node_group), me=run.execution)

    def standing(self, group: str) -> Standing:
        """What a person said that may hold still, and when the group last changed."""
        said = self._said(group)
        return Standing(
            override=said.get("override"),
            frozen=self._said(EVERYTHING).get("override"),
            wanted=said.get("wanted"),
            grown_at=said.get("grown_at"),
            shrunk_at=said.get("shrunk_at"),
        )

    def say(self, group: str, override: Override) -> None:
        """A person's word for a group, or for EVERYTHING: it replaces the one before."""
        self._table.update(f"scaling#{group}", "standing", {"ordered": document(override)})

    def want(self, group: str, wanted: Wanted) -> None:
        """A schedule's word for a group: it replaces the one before."""
        self._table.update(f"scaling#{group}", "standing", {"wanted": document(wanted)})

    def note_change(self, group: str, *, grown: bool, at: datetime) -> None:
        """When the group last grew, or shrank: what an alarm's cooldown is counted from."""
        self._table.update(
            f"scaling#{group}", "standing", {"grown_at" if grown else "shrunk_at": text(payload.instant(at))}
        )

    def enter(self, run: ScalingRun, decision: Decision, *, at: datetime, facts: Mapping[str, Any]) -> None:
        """Enter a decision with the facts it saw, under its moment. The same again is the same entry."""
        self._table.put(
            {
                **key(_month(at), f"{payload.instant(at)}#{run.id}"),
                "run": document(run),
                "decision": document(decision),
                "facts": document(facts),
                "expires_at": epoch(at + HISTORY_KEPT),
            }
        )

    def close(self, summary: Mapping[str, Any]) -> None:
        """Enter how a scaling ended, once: the first end stays."""
        opened = payload.parse_instant(summary["opened_at"])
        self._table.put_if(
            {
                **key(_ends(opened), summary["id"]),
                "summary": document(summary),
                "expires_at": epoch(opened + HISTORY_KEPT),
            },
            condition="attribute_not_exists(pk)",
            values={},
        )

    def end(self, run: ScalingRun) -> Mapping[str, Any] | None:
        """How a scaling ended; None while it goes on."""
        item = self._table.get(_ends(run.opened_at), run.id)
        return None if item is None else dict(read(item, "summary"))

    def history(self, *, since: datetime, until: datetime) -> Iterator[tuple[datetime, ScalingRun, Decision]]:
        """The decisions from `since` to `until`, the latest first, a month's partition at a time."""
        month = until.astimezone(UTC)
        while (month.year, month.month) >= (since.year, since.month):
            for item in self._table.items(_month(month)):
                at = payload.parse_instant(str(item["sk"]["S"]).partition("#")[0])
                if since <= at <= until:
                    yield (
                        at,
                        payload.read(ScalingRun, read(item, "run")),
                        payload.read(Decision, read(item, "decision")),
                    )
            month = month.replace(day=1) - timedelta(days=1)

    def _said(self, group: str) -> dict[str, Any]:
        item = self._table.get(f"scaling#{group}", "standing")
        if item is None:
            return {}
        said: dict[str, Any] = {
            name: payload.parse_instant(str(item[name]["S"])) for name in ("grown_at", "shrunk_at") if name in item
        }
        if "ordered" in item:
            said["override"] = payload.read(Override, read(item, "ordered"))
        if "wanted" in item:
            said["wanted"] = payload.read(Wanted, read(item, "wanted"))
        return said


def _month(moment: datetime) -> str:
    """The partition of a month's decisions, in UTC: an alarm that flaps all month stays far below what one may hold."""
    return f"scalings#{payload.instant(moment)[:7]}"


def _ends(opened_at: datetime) -> str:
    return f"scaling-ends#{payload.instant(opened_at)[:7]}"


def _lock_of(group: str) -> str:
    return f"scaling-lock#{group}"
