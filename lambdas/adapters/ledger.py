"""The door to what is kept of drills: which run, how they ended, what the next is compared with, what they saw.

How it lies in the table: `lambdas.adapters.table`.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas import payload
from lambdas.adapters.table import Item, Table, document, epoch, key, read, text
from lambdas.contracts import Baseline, Blueprint, Drill
from lambdas.evidence.summary import Summary

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DRILLS = "drills"
# A slot may be delivered again for as long as the schedule retries (a day at most); the rest is for the curious.
SLOT_KEPT = timedelta(days=30)


class Ledger:
    """The drills of one environment, in one table."""

    def __init__(self, table: str, client: "DynamoDBClient") -> None:
        self._table = Table(table, client)

    def claim_slot(self, *, source: str, recovery_point: str, slot: datetime, execution: str) -> bool:
        """True when this execution owns the schedule's slot, also when it asks again; False for a duplicate.

        `recovery_point` as requested: two schedules of one source may share a moment.
        """
        return self._table.put_if(
            {
                **key(f"slot#{source}#{recovery_point}", payload.instant(slot)),
                "execution": text(execution),
                "expires_at": epoch(slot + SLOT_KEPT),
            },
            condition="attribute_not_exists(pk) OR execution = :me",
            values={":me": text(execution)},
        )

    def lock(self, *, source: str, execution: str, drill: str, until: datetime, now: datetime) -> str | None:
        """Hold the source for one drill. None: it is ours (new, ours already, or taken over after its `until`).

        Otherwise the execution ARN of the holder. `until` must lie past everything the drill may still do.
        """
        about = {"drill": text(drill)}
        return self._table.hold(f"lock#{source}", me=execution, about=about, until=until, now=now)

    def unlock(self, *, source: str, execution: str) -> None:
        """Let the source go, if this execution holds it; another's lock stays."""
        self._table.let_go(f"lock#{source}", me=execution)

    def open_drill(self, drill: Drill) -> None:
        """Enter a drill as running. An entry that is closed already stays closed."""
        self._table.put_if(
            {
                **key(DRILLS, drill.id),
                "drill_state": text("running"),
                "drill_source": text(drill.source),
                "opened_at": text(payload.instant(drill.opened_at)),
                "drill": document(drill),
            },
            condition="attribute_not_exists(pk) OR drill_state = :running",
            values={":running": text("running")},
        )

    def close_drill(self, summary: Summary) -> None:
        """Enter a drill's end; whatever was entered at its start stays beside it. Same summary, same entry."""
        self._table.update(
            DRILLS,
            summary.id,
            {
                "drill_state": text(summary.outcome),
                "drill_source": text(summary.source),
                "opened_at": text(payload.instant(summary.opened_at)),
                "summary": document(summary),
            },
        )

    def running(self) -> tuple[Drill, ...]:
        """Every drill that was opened and not closed, of all sources; its execution may be dead by now."""
        return tuple(
            payload.read(Drill, read(item, "drill"))
            for item in self._table.items(DRILLS)
            if item["drill_state"]["S"] == "running"
        )

    def history(self, source: str, limit: int) -> tuple[Summary, ...]:
        """The finished drills of a source, newest first, at most `limit`."""
        found: list[Summary] = []
        for item in self._table.items(DRILLS):
            # Ids sort by day: a day begun is read to its end before the moments decide.
            if len(found) >= limit and item["sk"]["S"][:8] != found[-1].id[:8]:
                break
            if item["drill_source"]["S"] == source and "summary" in item:
                found.append(_summary(item))
        return tuple(sorted(found, key=lambda each: each.opened_at, reverse=True)[:limit])

    def entry(self, drill_id: str) -> Drill | Summary | None:
        """A drill by its id: its Summary when it has ended, its Drill while it runs, None when unknown."""
        item = self._table.get(DRILLS, drill_id)
        if item is None:
            return None
        return _summary(item) if "summary" in item else payload.read(Drill, read(item, "drill"))

    def baseline(self, source: str) -> Baseline | None:
        """What the next drill of a source is compared with; None before the first passed one."""
        item = self._table.get(f"baseline#{source}", "latest")
        return None if item is None else payload.read(Baseline, read(item, "baseline"))

    def put_baseline(self, source: str, baseline: Baseline) -> None:
        """Replace a source's baseline."""
        self._table.put({**key(f"baseline#{source}", "latest"), "baseline": document(baseline)})

    def blueprint(self, source: str) -> Blueprint | None:
        """The source's shape as a drill saw it last; None where none ever saw it."""
        item = self._table.get(f"blueprint#{source}", "latest")
        return None if item is None else payload.read(Blueprint, read(item, "blueprint"))

    def put_blueprint(self, source: str, blueprint: Blueprint, *, seen_at: datetime) -> None:
        """Keep the source's shape, unless one that was seen later is kept already."""
        self._table.put_if(
            {
                **key(f"blueprint#{source}", "latest"),
                "blueprint": document(blueprint),
                "seen_at": epoch(seen_at),
            },
            condition="attribute_not_exists(pk) OR seen_at <= :seen",
            values={":seen": epoch(seen_at)},
        )


def _summary(item: Item) -> Summary:
    return payload.read(Summary, read(item, "summary"))
