"""The door to the questions that restores ask before a cut-over, and to their one answer.

In the table: `lambdas.adapters.table`. What a decision rests on (the state, until when an answer counts, the token)
stands in attributes of its own, which the conditions of the writes compare; the rest is one document.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from lambdas import payload
from lambdas.adapters.table import Item, Table, document, epoch, key, read, text
from lambdas.restore_contracts import ApprovalItem, ApprovalState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

APPROVALS = "approvals"
_WAITING = {":waiting": text("waiting")}


class Approvals:
    """The questions of one environment, one for each restore, in its one table."""

    def __init__(self, table: str, client: "DynamoDBClient") -> None:
        self._table = Table(table, client)

    def ask_approval(self, item: ApprovalItem) -> None:
        """Enter a question. Asked again with the same token, it stays as it is, answered or not.

        With another token it is a new question, which replaces what was asked before it and never what was asked since:
        the call that a retry has overtaken may arrive late.
        """
        self._table.put_if(
            {
                **key(APPROVALS, item.restoration.id),
                "question": document(item),
                "approval_state": text(item.state),
                "task_token": text(item.token),
                "asked_at": epoch(item.asked_at),
                "answer_until": epoch(item.expires_at),
            },
            condition="attribute_not_exists(pk) OR (task_token <> :token AND asked_at <= :asked)",
            values={":token": text(item.token), ":asked": epoch(item.asked_at)},
        )

    def approvals(self, state: ApprovalState | None = None) -> tuple[ApprovalItem, ...]:
        """Every question, or those in a state, newest first. One that nobody closed may be `waiting` and too late."""
        found = [_item(each) for each in self._table.items(APPROVALS)]
        wanted = [each for each in found if state is None or each.state == state]
        return tuple(sorted(wanted, key=lambda each: each.asked_at, reverse=True))

    def approval(self, restore_id: str) -> ApprovalItem | None:
        """The question that a restore asked last; None when it asked none."""
        item = self._table.get(APPROVALS, restore_id)
        return None if item is None else _item(item)

    def answer(  # noqa: PLR0913  an answer is who, what, when and why
        self,
        restore_id: str,
        *,
        decision: Literal["approved", "rejected"],
        by: str,
        at: datetime,
        reason: str,
        token: str | None = None,
    ) -> bool:
        """Enter the answer. True for the one that wins; False when it was answered or has expired meanwhile.

        `token` is that of the question which was read: one that was asked anew since then is not answered.
        """
        same, known = ("", {}) if token is None else (" AND task_token = :asked_with", {":asked_with": text(token)})
        return self._table.update(
            APPROVALS,
            restore_id,
            {
                "approval_state": text(decision),
                "answered_by": text(by),
                "answered_at": text(payload.instant(at)),
                "reason": text(reason),
            },
            condition=f"approval_state = :waiting AND answer_until > :at{same}",
            known={**_WAITING, ":at": epoch(at), **known},
        )

    def sent(self, restore_id: str, *, token: str, at: datetime) -> bool:
        """Note that the machine has the answer; False where the question was asked anew since."""
        return self._table.update(
            APPROVALS,
            restore_id,
            {"sent_at": text(payload.instant(at))},
            condition="task_token = :token",
            known={":token": text(token)},
        )

    def expire(self, restore_id: str) -> bool:
        """Close a question that nobody answered; False when there is none that waits."""
        return self._table.update(
            APPROVALS,
            restore_id,
            {"approval_state": text("expired")},
            condition="approval_state = :waiting",
            known=_WAITING,
        )


def _item(item: Item) -> ApprovalItem:
    answered = {"state": item["approval_state"]["S"]}
    if "answered_by" in item:
        answered |= {
            "by": item["answered_by"]["S"],
            "at": item["answered_at"]["S"],
            "reason": item["reason"]["S"],
        }
    if "sent_at" in item:
        answered["sent_at"] = item["sent_at"]["S"]
    return payload.read(ApprovalItem, {**read(item, "question"), **answered})
