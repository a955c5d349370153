"""Whether the drill left nothing behind, and on what that rests."""

from collections.abc import Mapping
from typing import Any

from lambdas.evidence import failures

State = Mapping[str, Any]


def cleanup(state: State) -> dict[str, Any]:
    """The record's `cleanup`.

    proven      every kind of resource was looked for after the teardown, and none was found
    leftovers   how many were found; null when that could not be looked at
    looked_at   `found` -1 stands for a listing that could not be read
    """
    met = failures.of_the_way_out(state)
    proof = state.get("nothing_left")
    looked_at = [{"what": each["what"], "found": each["found"]} for each in (proof or {}).get("looked_at") or ()]
    # A listing that could not be read (-1) counts as one thing left.
    found = sum(abs(each["found"]) for each in looked_at)
    proven = proof is not None and proof.get("clear") is True and bool(looked_at) and found == 0
    return {
        "attempted": bool(met or proof or state.get("database_deleted")),
        "proven": proven,
        "reason": _reason(state, proven=proven, found=found),
        "leftovers": found if proof is not None else None,
        "looked_at": looked_at if proof is not None else None,
        "database": _gone(state.get("database_deleted")),
        "namespace": _gone(state.get("namespace_deleted")),
        "failures": list(met),
    }


def _reason(state: State, *, proven: bool, found: int) -> str:
    if proven:
        return "Everything a drill creates was looked for after the teardown, and nothing was found."
    proof = state.get("proof_failure")
    if proof is not None:
        return failures.read(proof, part="proof").sentence
    if found:
        return f"{found} resources of the drill were still there after the teardown, or could not be ruled out."
    if state.get("nothing_left") is not None:
        return "The look for leftovers did not say that all is clear."
    if state.get("teardown_failure") or state.get("database_deleted"):
        return "The look for leftovers did not run."
    return "No teardown ran: the drill ended before it named anything to create."


def _gone(result: State | None) -> dict[str, Any] | None:
    """A teardown step's word: it saw that everything it deletes is gone, or that there was nothing to do."""
    if result is None:
        return None
    return {
        "gone": result.get("gone") is True,
        "skipped": result.get("skipped") is True,
        "reason": result.get("reason") or None,
    }


def leftovers(record: Mapping[str, Any]) -> int:
    """How many resources a drill left, for a metric: what could not be ruled out counts as one."""
    told = record["cleanup"]
    if told["proven"] or not told["attempted"]:
        return 0
    return int(told["leftovers"] or 1)
