"""The door to what is kept of retirements: one at a time of a cluster, and how each ended.

How it lies in the table: `lambdas.adapters.table`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lambdas.adapters.table import Table, document, key, read, text
from lambdas.retirement.contracts import Retirement

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RETIREMENTS = "retirements"


class Retirements:
    """The retirements of one environment, in its one table."""

    def __init__(self, table: str, client: "DynamoDBClient") -> None:
        self._table = Table(table, client)

    def lock(self, retirement: Retirement, *, until: datetime) -> str | None:
        """Hold the cluster for one retirement. None: it is ours; else the execution ARN of the holder."""
        about = {"retirement": text(retirement.id)}
        return self._table.hold(
            _lock_of(retirement.cluster), me=retirement.execution, about=about, until=until, now=None
        )

    def take_over(self, retirement: Retirement, *, holder: str, until: datetime) -> str | None:
        """Hold it in place of `holder`, an execution that no longer runs. None: it is ours; else who holds it."""
        about = {"retirement": text(retirement.id)}
        return self._table.take_over(
            _lock_of(retirement.cluster), me=retirement.execution, holder=holder, about=about, until=until
        )

    def unlock(self, *, cluster: str, execution: str) -> None:
        """Let the cluster go, if this execution holds it; another's lock stays."""
        self._table.let_go(_lock_of(cluster), me=execution)

    def close(self, retirement: str, summary: Mapping[str, Any]) -> None:
        """Enter a retirement's end. Same summary, same entry."""
        self._table.put({**key(RETIREMENTS, retirement), "summary": document(summary)})

    def entry(self, retirement: str) -> Mapping[str, Any] | None:
        """A retirement that has ended, by its id; None when it is not known."""
        item = self._table.get(RETIREMENTS, retirement)
        return None if item is None else dict(read(item, "summary"))


def _lock_of(cluster: str) -> str:
    return f"retirement-lock#{cluster}"
