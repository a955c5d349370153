"""The door to what is kept of platform restores: which runs, how they ended. In the table: `lambdas.adapters.table`."""

from datetime import datetime
from typing import TYPE_CHECKING

from lambdas import payload
from lambdas.adapters.table import Item, Table, document, key, read, text
from lambdas.evidence.restore_summary import RestoreSummary
from lambdas.restore_contracts import Restoration

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RESTORES = "restores"


class Restores:
    """The platform restores of one environment, in its one table."""

    def __init__(self, table: str, client: "DynamoDBClient") -> None:
        self._table = Table(table, client)

    def lock(self, restoration: Restoration, *, until: datetime) -> str | None:
        """Hold the source for one restore. None: it is ours (new, or ours already); else the holder's execution ARN.

        `until`: when the entry is stale, for who reads the table. It frees nothing; a dead holder is taken over.
        """
        return self._table.hold(
            _lock_of(restoration.source), me=restoration.execution, about=_about(restoration), until=until, now=None
        )

    def take_over(self, restoration: Restoration, *, holder: str, until: datetime) -> str | None:
        """Hold the source in place of `holder`, an execution that no longer runs. None: it is ours.

        Otherwise who holds it: of several that saw the same dead holder, one wins.
        """
        return self._table.take_over(
            _lock_of(restoration.source),
            me=restoration.execution,
            holder=holder,
            about=_about(restoration),
            until=until,
        )

    def holder(self, source: str) -> str | None:
        """The execution ARN of the restore that holds the source; None when it is free."""
        return self._table.holder(_lock_of(source))

    def unlock(self, *, source: str, execution: str) -> None:
        """Let the source go, if this execution holds it; another's lock stays."""
        self._table.let_go(_lock_of(source), me=execution)

    def open(self, restoration: Restoration) -> None:
        """Enter a restore as running. An entry that is closed already stays closed."""
        self._table.put_if(
            {
                **key(RESTORES, restoration.id),
                "restore_state": text("running"),
                "restore_source": text(restoration.source),
                "restoration": document(restoration),
            },
            condition="attribute_not_exists(pk) OR restore_state = :running",
            values={":running": text("running")},
        )

    def lead(self, restoration: Restoration) -> None:
        """Enter that from now on this restore leads the platform, and none does that began before it."""
        self._table.update(RESTORES, restoration.id, {"leads": text("yes")})

    def leaders(self, source: str) -> tuple[Restoration, ...]:
        """Every restore of a source that ever came to lead the platform, newest first."""
        found = [
            payload.read(Restoration, read(item, "restoration"))
            for item in self._table.items(RESTORES)
            if item["restore_source"]["S"] == source and "leads" in item
        ]
        return tuple(sorted(found, key=lambda each: each.opened_at, reverse=True))

    def unfinished(self, source: str) -> tuple[Restoration, ...]:
        """Those of the leaders that were never closed: they run, or somebody stopped them on their way."""
        open_ = {each.id for each in self.running()}
        return tuple(each for each in self.leaders(source) if each.id in open_)

    def close(self, summary: RestoreSummary) -> None:
        """Enter a restore's end; whatever was entered at its start stays beside it. Same summary, same entry."""
        self._table.update(
            RESTORES,
            summary.id,
            {
                "restore_state": text(summary.outcome),
                "restore_source": text(summary.source),
                "summary": document(summary),
            },
        )

    def running(self) -> tuple[Restoration, ...]:
        """Every restore that was opened and not closed, of all sources; its execution may be dead by now."""
        return tuple(
            payload.read(Restoration, read(item, "restoration"))
            for item in self._table.items(RESTORES)
            if item["restore_state"]["S"] == "running"
        )

    def history(self, source: str, limit: int) -> tuple[RestoreSummary, ...]:
        """The finished restores of a source, newest first, at most `limit`."""
        # All are read: in the life of an environment they are a handful.
        found = [
            _summary(item)
            for item in self._table.items(RESTORES)
            if item["restore_source"]["S"] == source and "summary" in item
        ]
        return tuple(sorted(found, key=lambda each: each.opened_at, reverse=True)[:limit])

    def entry(self, restore_id: str) -> Restoration | RestoreSummary | None:
        """A restore by its id: its summary when it has ended, its Restoration while it runs, None when unknown."""
        item = self._table.get(RESTORES, restore_id)
        if item is None:
            return None
        return _summary(item) if "summary" in item else payload.read(Restoration, read(item, "restoration"))


def _lock_of(source: str) -> str:
    return f"restore-lock#{source}"


def _about(restoration: Restoration) -> Item:
    return {"restore": text(restoration.id)}


def _summary(item: Item) -> RestoreSummary:
    return payload.read(RestoreSummary, read(item, "summary"))
