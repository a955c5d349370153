"""What a person answers: typed, and refused with every fault at once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from lambdas import reading
from lambdas.approval.identity import Proof, read_proof
from lambdas.errors import InputRejected
from lambdas.reading import Fault, kind, shown

Decision = Literal["approved", "rejected"]

_ID = re.compile(r"\d{8}-[0-9a-f]{8}")
_NEEDED = {
    "id": "the restore's id, such as 20261123-1a2b3c4d",
    "decision": "approved or rejected",
    "proof": "a presigned GetCallerIdentity; `day2 approve` and `day2 reject` make one",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer to one restore. `reason` is a rejection's reason, or an approval's comment."""

    id: str
    decision: Decision
    proof: Proof
    reason: str = ""


def read_answer(data: Any, *, expected: Sequence[str], now: datetime) -> Answer:
    """Read any JSON value as an answer; `expected` are the origins that a proof may be for.

    Raises:
        InputRejected: with every fault in it, each with its field's path.
    """
    read = reading.fields(
        data,
        {
            "id": _restore,
            "decision": reading.one_of("approved", "rejected"),
            "reason": reading.text,
            "proof": lambda value: _proof(value, expected=expected, now=now),
        },
    )
    faults = list(read.faults)
    if isinstance(data, dict):
        faults += [f"request.{name}: is missing; {what}" for name, what in _NEEDED.items() if name not in data]
        if data.get("decision") == "rejected" and "reason" not in data:
            faults.append("request.reason: is missing; a rejection says why")
    if faults:
        raise InputRejected(faults)
    return Answer(**read.values)


def _restore(value: Any) -> str:
    written = reading.text(value)
    if not _ID.fullmatch(written):
        raise Fault(f"{shown(written)} is no restore's id, such as 20261123-1a2b3c4d")
    return written


def _proof(value: Any, *, expected: Sequence[str], now: datetime) -> Proof:
    if not isinstance(value, str):
        raise Fault(f"a string is expected, not {kind(value)}")
    proof, faults = read_proof(value, expected=expected, now=now)
    if proof is None:
        raise Fault("; ".join(faults))
    return proof
