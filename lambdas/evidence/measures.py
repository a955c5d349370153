"""A figure with its objective, as a tile of the page and as a row of the form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.words import duration, number, plural, sentence

Record = Mapping[str, Any]

WHOLE = "no critical check fails"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One of the things a drill or a restore proves. `share` of the objective in percent, where both are known.

    As a figure with small print it is `value` and `against`, as a row of a table `measured` and `objective`.
    """

    title: str
    verdict: str
    value: str
    against: str
    measured: str
    objective: str
    reason: str
    share: float | None = None


def integrity(record: Record) -> Measure:
    """How many of the checks that can fail have passed; reported and skipped ones are neither."""
    told, tally = record["verdict"]["integrity"], record["tally"]
    able = tally["pass"] + tally["warn"] + tally["fail"]
    beside = [
        plural(tally[word], one, many)
        for word, one, many in (("skip", "skipped", "skipped"), ("report", "reported", "reported"))
        if tally[word]
    ]
    value, against = f"{number(tally['pass'])} of {number(able)}", ", ".join(["checks passed", *beside])
    return Measure(
        title="Data integrity",
        verdict=told["verdict"],
        value=value,
        against=against,
        measured=f"{value} {against}",
        objective=WHOLE,
        reason=sentence(told["reason"]),
        share=100 * tally["pass"] / able if able else None,
    )


def timed(
    title: str, told: Mapping[str, Any] | None, objective: float, early: str, *, unmeasured: str = "Not measured"
) -> Measure:
    """A quantity of time against the most it may be; `early` says why there is none, where there is none."""
    measured = told["measured_seconds"] if told else None
    value, most = unmeasured if measured is None else duration(measured), f"at most {duration(objective)}"
    return Measure(
        title=title,
        verdict=told["verdict"] if told else "not-measured",
        value=value,
        against=f"the objective is {most}" if measured is None else f"of {most}",
        measured=value,
        objective=most,
        reason=sentence(told["reason"]) if told else early,
        share=None if measured is None or objective <= 0 else max(0.0, min(100 * measured / objective, 100)),
    )
