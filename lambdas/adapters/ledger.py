"""The door to DynamoDB: which drill runs, which have run, and what the next one is compared with.

One table, two string keys, no index, so that every read a decision rests on can be strongly consistent:

| pk                          | sk       | holds                                                                |
|-----------------------------|----------|----------------------------------------------------------------------|
| `slot#<source>#<requested>` | the slot | the execution that claimed a schedule's slot; expires                |
| `lock#<source>`             | `lock`   | the execution and drill that hold the source, until when; expires    |
| `baseline#<source>`         | `latest` | the last passed drill's counts, what has shrunk since, as JSON       |
| `drills`                    | drill id | one item a drill: `running` with its Drill, later its Summary, JSON  |

All drills share one partition on purpose. Their ids begin with the date, so one query backwards reads the newest
first; a year of four drills a month is some 100 kB, far below what a partition or a page would mind.
Expiry (`expires_at`, epoch seconds) only tidies up: no decision waits for it.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from lambdas import payload
from lambdas.adapters import aws
from lambdas.contracts import Baseline, Drill
from lambdas.evidence.summary import Summary

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DRILLS = "drills"
# A slot may be delivered again for as long as the schedule retries (a day at most); the rest is for the curious.
SLOT_KEPT = timedelta(days=30)
LOCK_KEPT = timedelta(days=7)

_Item = Mapping[str, Any]


class Ledger:
    """The drills of one environment, in one table."""

    def __init__(self, table: str, client: "DynamoDBClient") -> None:
        self._table = table
        self._client = client

    def claim_slot(self, *, source: str, recovery_point: str, slot: datetime, execution: str) -> bool:
        """True when this execution owns the schedule's slot, also when it asks again; False for a duplicate.

        `recovery_point` as requested: two schedules of one source may share a moment.
        """
        return self._put_if(
            {
                **_key(f"slot#{source}#{recovery_point}", payload.instant(slot)),
                "execution": {"S": execution},
                "expires_at": _epoch(slot + SLOT_KEPT),
            },
            condition="attribute_not_exists(pk) OR execution = :me",
            values={":me": {"S": execution}},
        )

    def lock(self, *, source: str, execution: str, drill: str, until: datetime, now: datetime) -> str | None:
        """Hold the source for one drill. None: it is ours (new, ours already, or taken over after its `until`).

        Otherwise the execution ARN of the holder. `until` must lie past everything the drill may still do.
        """
        item = {
            **_key(f"lock#{source}", "lock"),
            "execution": {"S": execution},
            "drill": {"S": drill},
            "held_until": _epoch(until),
            "expires_at": _epoch(until + LOCK_KEPT),
        }
        condition = "attribute_not_exists(pk) OR execution = :me OR held_until <= :now"
        values = {":me": {"S": execution}, ":now": _epoch(now)}
        # A second try, because the holder may have let go between the refusal and the look at who it is.
        for _ in range(2):
            if self._put_if(item, condition=condition, values=values):
                return None
            held = self._get(f"lock#{source}", "lock")
            if held is not None:
                return str(held["execution"]["S"])
        return "unknown"

    def unlock(self, *, source: str, execution: str) -> None:
        """Let the source go, if this execution holds it; another's lock stays."""
        with aws.asking(self._table):
            try:
                self._client.delete_item(
                    TableName=self._table,
                    Key=_key(f"lock#{source}", "lock"),
                    ConditionExpression="execution = :me",
                    ExpressionAttributeValues={":me": {"S": execution}},
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return

    def open_drill(self, drill: Drill) -> None:
        """Enter a drill as running. An entry that is closed already stays closed."""
        self._put_if(
            {
                **_key(DRILLS, drill.id),
                "drill_state": {"S": "running"},
                "drill_source": {"S": drill.source},
                "opened_at": {"S": payload.instant(drill.opened_at)},
                "drill": _document(drill),
            },
            condition="attribute_not_exists(pk) OR drill_state = :running",
            values={":running": {"S": "running"}},
        )

    def close_drill(self, summary: Summary) -> None:
        """Enter a drill's end; whatever was entered at its start stays beside it. Same summary, same entry."""
        with aws.asking(self._table):
            self._client.update_item(
                TableName=self._table,
                Key=_key(DRILLS, summary.id),
                UpdateExpression=(
                    "SET drill_state = :outcome, drill_source = :source, opened_at = :opened, summary = :summary"
                ),
                ExpressionAttributeValues={
                    ":outcome": {"S": summary.outcome},
                    ":source": {"S": summary.source},
                    ":opened": {"S": payload.instant(summary.opened_at)},
                    ":summary": _document(summary),
                },
            )

    def running(self) -> tuple[Drill, ...]:
        """Every drill that was opened and not closed, of all sources; its execution may be dead by now."""
        return tuple(
            payload.read(Drill, _read(item, "drill"))
            for item in self._drills()
            if item["drill_state"]["S"] == "running"
        )

    def history(self, source: str, limit: int) -> tuple[Summary, ...]:
        """The finished drills of a source, newest first, at most `limit`."""
        found: list[Summary] = []
        for item in self._drills():
            # Ids sort by day: a day begun is read to its end before the moments decide.
            if len(found) >= limit and item["sk"]["S"][:8] != found[-1].id[:8]:
                break
            if item["drill_source"]["S"] == source and "summary" in item:
                found.append(_summary(item))
        return tuple(sorted(found, key=lambda each: each.opened_at, reverse=True)[:limit])

    def entry(self, drill_id: str) -> Drill | Summary | None:
        """A drill by its id: its Summary when it has ended, its Drill while it runs, None when unknown."""
        item = self._get(DRILLS, drill_id)
        if item is None:
            return None
        return _summary(item) if "summary" in item else payload.read(Drill, _read(item, "drill"))

    def baseline(self, source: str) -> Baseline | None:
        """What the next drill of a source is compared with; None before the first passed one."""
        item = self._get(f"baseline#{source}", "latest")
        return None if item is None else payload.read(Baseline, _read(item, "baseline"))

    def put_baseline(self, source: str, baseline: Baseline) -> None:
        """Replace a source's baseline."""
        with aws.asking(self._table):
            self._client.put_item(
                TableName=self._table,
                Item={**_key(f"baseline#{source}", "latest"), "baseline": _document(baseline)},
            )

    def _put_if(self, item: _Item, *, condition: str, values: _Item) -> bool:
        with aws.asking(self._table):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=values,
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def _get(self, pk: str, sk: str) -> _Item | None:
        with aws.asking(self._table):
            return self._client.get_item(TableName=self._table, Key=_key(pk, sk), ConsistentRead=True).get("Item")

    def _drills(self) -> Iterator[_Item]:
        """Every drill's item, ids descending, a page at a time."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :drills",
            "ExpressionAttributeValues": {":drills": {"S": DRILLS}},
            "ScanIndexForward": False,
            "ConsistentRead": True,
        }
        while True:
            with aws.asking(self._table):
                page = self._client.query(**query)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _epoch(moment: datetime) -> dict[str, Any]:
    return {"N": str(int(moment.timestamp()))}


def _document(value: Any) -> dict[str, Any]:
    return {"S": json.dumps(payload.write(value), sort_keys=True)}


def _read(item: _Item, name: str) -> Any:
    return json.loads(item[name]["S"])


def _summary(item: _Item) -> Summary:
    return payload.read(Summary, _read(item, "summary"))
