"""What went wrong, in the order an operator asks: the first error, then what the way out met."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambdas import errors
from lambdas.errors import Day2Error, NotYet
from lambdas.words import loss

State = Mapping[str, Any]

# A message of AWS's own (a time-out, a refused call) is safe to show; the text of an unforeseen exception is
# not: it may quote a row, a name or a value.
_AWS_NAMES = ("States.", "Lambda.", "Runtime.", "Sandbox.")
_LONGEST = 1_000
# The next step of what the machine was to ask for again: no longer true where it is what ended the execution.
_ASKED_AGAIN = re.compile(r"(?<=\] )Nothing to do\b[^\]]*$")
_WAY_OUT = (
    ("teardown", "teardown_failure"),
    ("namespace", "namespace_failure"),
    ("proof", "proof_failure"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A named error and its sentence. `part` is where: drill, verdict, teardown, namespace or proof."""

    part: str
    name: str
    sentence: str


def read(caught: Mapping[str, Any], *, part: str) -> Failure:
    """A Failure from what Catch stored: `Error` is a class name, `Cause` Lambda's JSON (or AWS's own text).

    What is retried reached Catch because it stayed so: its next step is then the error's `at_last`.
    """
    name = str(caught.get("Error") or "Unknown").rpartition(":")[2]
    return Failure(part=part, name=name, sentence=_sentence(name, str(caught.get("Cause") or "")))


def _sentence(name: str, cause: str) -> str:
    try:
        told = json.loads(cause)
    except ValueError:
        told = cause
    message = str(told.get("errorMessage") or "") if isinstance(told, dict) else str(told)
    if _is_ours(name) or name.startswith(_AWS_NAMES):
        return _at_last(name, message.strip())[:_LONGEST] or f"{name}, without a message."
    return f"An unforeseen {name}; its trace is in the log of the step's function."


def _at_last(name: str, message: str) -> str:
    known = getattr(errors, name, None)
    if isinstance(known, type) and issubclass(known, NotYet):
        return _ASKED_AGAIN.sub(known.at_last, message)
    return message


def _is_ours(name: str) -> bool:
    known = getattr(errors, name, None)
    return isinstance(known, type) and issubclass(known, Day2Error)


def results_lost(state: State) -> bool:
    """Whether a sweep recorded the drill: what its own execution had found out is not at hand."""
    died = (state.get("failure") or {}).get("Error") == errors.ExecutionDied.__name__
    return died or "cluster_seen" in state


def of_the_drill(state: State) -> Failure | None:
    """What ended the drill before its judgement, or None."""
    caught = state.get("failure")
    return read(caught, part="drill") if caught else None


def of_the_verdict(state: State) -> Failure | None:
    """A failed judgement as an error of its own, or None."""
    verdict = (state.get("judgement") or {}).get("verdict")
    if verdict is None or verdict["overall"] != "fail":
        return None
    point = (state.get("choice") or {}).get("recovery_point") or {}
    # Integrity that was not measured fails a drill; a time that was not does not.
    reasons = [
        f"{word}: {verdict[name]['reason'].rstrip('.')}"
        for name, word, fatal in (
            ("integrity", "Integrity", {"fail", "not-measured"}),
            ("rto", "Recovery time", {"fail"}),
            ("rpo", loss(from_snapshot=point.get("kind") == "snapshot"), {"fail"}),
        )
        if verdict[name]["verdict"] in fatal
    ]
    return Failure(
        part="verdict",
        name=errors.ChecksFailed.__name__,
        sentence=_with_stop("; ".join(reasons) or "The judgement is fail"),
    )


def of_the_way_out(state: State) -> tuple[Failure, ...]:
    """What the teardown and its proof met, in the order they ran."""
    return tuple(read(state[name], part=part) for part, name in _WAY_OUT if state.get(name))


def all_of(state: State, *, proven: bool) -> tuple[Failure, ...]:
    """Every failure; the first is the drill's outcome. `proven`: the cleanup is.

    Order: what ended the drill, its verdict, what the way out met, and last that a judgement or a proof is
    missing although nothing failed, which only a fault of the machine itself can bring about.
    """
    found = [each for each in (of_the_drill(state), of_the_verdict(state), *of_the_way_out(state)) if each]
    if not found and not state.get("judgement"):
        found.append(
            Failure(
                part="drill",
                name=errors.VerificationFailed.__name__,
                sentence="The drill came to its end without a judgement.",
            )
        )
    if not found and not proven:
        found.append(
            Failure(
                part="proof",
                name=errors.LeftoversFound.__name__,
                sentence="The drill came to its end without the proof that nothing is left.",
            )
        )
    return tuple(found)


def _with_stop(sentence: str) -> str:
    return sentence if sentence.endswith(".") else f"{sentence}."
