"""The one table of an environment in DynamoDB: two string keys, no index, every read strongly consistent.

Who keeps what in it, one door each; `expires_at` (epoch seconds) only tidies up, and no decision waits for it:

| pk                          | sk         | holds                                                      | door      |
|-----------------------------|------------|------------------------------------------------------------|-----------|
| `slot#<source>#<requested>` | the slot   | the execution that claimed a schedule's slot; expires      | ledger    |
| `lock#<source>`             | `lock`     | the execution and drill that hold the source; expires      | ledger    |
| `baseline#<source>`         | `latest`   | the last passed drill's counts, and what shrank since      | ledger    |
| `blueprint#<source>`        | `latest`   | the source's shape as a drill saw it last, and when        | ledger    |
| `drills`                    | drill id   | one item a drill: `running`, later its summary             | ledger    |
| `restore-lock#<source>`     | `lock`     | the execution and restore that hold the source; expires    | restores  |
| `restores`                  | restore id | one item a restore: `running`, later its summary           | restores  |
| `approvals`                 | restore id | the question that was asked last for a restore, its answer | approvals |
| `retirement-lock#<cluster>` | `lock`     | the execution and retirement that hold a cluster; expires  | retirements |
| `retirements`               | its id     | one item a retirement that has ended: how                  | retirements |
| `scaling-claim#<group>#<by>`| slot, ...  | the execution that has a slot or a transition; expires    | scalings  |
| `scaling-lock#<group>`      | `lock`     | the execution and scaling that hold a node group; expires  | scalings  |
| `scaling#<group>`           | `standing` | what a person ordered until when; when it grew and shrank  | scalings  |
| `scalings#<month>`          | time#id    | one item a decision, with the facts it saw; expires        | scalings  |
| `scaling-ends#<month>`      | its id     | one item a scaling that has ended: how; expires            | scalings  |

All drills share one partition on purpose, and so do restores and approvals. Their ids begin with the date, so one query
backwards reads the newest first; a year of four drills a month is some 100 kB, far below what a partition or a page
would mind.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from lambdas import payload
from lambdas.adapters import aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LOCK_KEPT = timedelta(days=7)

Item = Mapping[str, Any]


class Table:
    """The table, as its doors use it. Every refusal is one of ours; a condition that does not hold is an answer."""

    def __init__(self, name: str, client: "DynamoDBClient") -> None:
        self._name = name
        self._client = client

    def get(self, pk: str, sk: str) -> Item | None:
        """One item."""
        with aws.asking(self._name):
            return self._client.get_item(TableName=self._name, Key=key(pk, sk), ConsistentRead=True).get("Item")

    def items(self, pk: str) -> Iterator[Item]:
        """Every item of a partition, sort keys descending, a page at a time."""
        query: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": pk}},
            "ScanIndexForward": False,
            "ConsistentRead": True,
        }
        while True:
            with aws.asking(self._name):
                page = self._client.query(**query)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def put(self, item: Item) -> None:
        """Replace an item."""
        with aws.asking(self._name):
            self._client.put_item(TableName=self._name, Item=item)

    def put_if(self, item: Item, *, condition: str, values: Item) -> bool:
        """Replace an item where the condition holds; False where it does not."""
        known: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
        with aws.asking(self._name):
            try:
                self._client.put_item(
                    TableName=self._name,
                    Item=item,
                    ConditionExpression=condition,
                    **known,
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def update(
        self, pk: str, sk: str, values: Item, *, condition: str | None = None, known: Item | None = None
    ) -> bool:
        """Set attributes, whatever else is there; False where the condition, which may use `known`, does not hold."""
        told = {f":{name}": value for name, value in values.items()}
        only: dict[str, Any] = {} if condition is None else {"ConditionExpression": condition}
        with aws.asking(self._name):
            try:
                self._client.update_item(
                    TableName=self._name,
                    Key=key(pk, sk),
                    UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in values),
                    ExpressionAttributeValues={**told, **(known or {})},
                    **only,
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def hold(self, pk: str, *, me: str, about: Item, until: datetime, now: datetime | None) -> str | None:
        """Take a lock. None: it is ours (new, ours already, or taken over after its `until`); else who holds it.

        Without `now` its `until` frees nothing: who asks looks whether the holder runs, which a redrive may well do.
        """
        condition, values = "attribute_not_exists(pk) OR execution = :me", {":me": {"S": me}}
        if now is not None:
            condition, values = f"{condition} OR held_until <= :now", {**values, ":now": epoch(now)}
        item = _lock(pk, me=me, about=about, until=until)
        # A second try, because the holder may have let go between the refusal and the look at who it is.
        for _ in range(2):
            if self.put_if(item, condition=condition, values=values):
                return None
            if held := self.holder(pk):
                return held
        return "unknown"

    def take_over(self, pk: str, *, me: str, holder: str, about: Item, until: datetime) -> str | None:
        """Take the lock of a holder that was seen to be dead. None: it is ours; else who holds it instead."""
        item = _lock(pk, me=me, about=about, until=until)
        values = {":me": {"S": me}, ":holder": {"S": holder}}
        condition = "attribute_not_exists(pk) OR execution = :me OR execution = :holder"
        if self.put_if(item, condition=condition, values=values):
            return None
        return self.holder(pk) or "unknown"

    def holder(self, pk: str) -> str | None:
        """Who holds a lock; None when it is free."""
        held = self.get(pk, "lock")
        return None if held is None else str(held["execution"]["S"])

    def let_go(self, pk: str, *, me: str) -> None:
        """Give a lock back, if it is held by `me`; another's stays."""
        with aws.asking(self._name):
            try:
                self._client.delete_item(
                    TableName=self._name,
                    Key=key(pk, "lock"),
                    ConditionExpression="execution = :me",
                    ExpressionAttributeValues={":me": {"S": me}},
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return


def _lock(pk: str, *, me: str, about: Item, until: datetime) -> dict[str, Any]:
    return {
        **key(pk, "lock"),
        **about,
        "execution": {"S": me},
        "held_until": epoch(until),
        "expires_at": epoch(until + LOCK_KEPT),
    }


def key(pk: str, sk: str) -> dict[str, Any]:
    """An item's key."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def text(value: str) -> dict[str, Any]:
    """A string, as an attribute."""
    return {"S": value}


def epoch(moment: datetime) -> dict[str, Any]:
    """A moment in whole seconds, as an attribute that compares."""
    return {"N": str(int(moment.timestamp()))}


def document(value: Any) -> dict[str, Any]:
    """A contract, as JSON in an attribute."""
    return {"S": json.dumps(payload.write(value), sort_keys=True)}


def read(item: Item, name: str) -> Any:
    """The JSON of an attribute."""
    return json.loads(item[name]["S"])
