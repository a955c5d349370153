"""The outcome of a restore in a word and in a sentence, as report, message and console begin with it."""

from collections.abc import Mapping
from typing import Any

from lambdas import payload
from lambdas.evidence.headline import Headline
from lambdas.words import clock, duration, plural

Record = Mapping[str, Any]


def headline(record: Record) -> Headline:
    """What a person reads first."""
    word, tone = _word(record)
    return Headline(word=word, tone=tone, sentence=_sentence(record))


def _word(record: Record) -> tuple[str, str]:
    match record["outcome"]["result"]:
        case "kept":
            loose = bool(record["outcome"]["further"]) or (record["verdict"] or {}).get("overall") == "warn"
            return ("Restored, with loose ends", "warn") if loose else ("Restored", "pass")
        case "beside":
            return "Restored beside", "pass"
        case "not-cut-over":
            return "Not cut over", "warn"
        case "rolled-back":
            return "Rolled back", "warn"
        case "fenced":
            return ("Fenced", "fail") if record["serving"]["database"] == "nothing" else ("Not brought back", "fail")
        case _:
            return "Failed", "fail"


def _sentence(record: Record) -> str:
    restored, serving = record["clusters"]["restored"], record["serving"]
    match record["outcome"]["result"]:
        case "kept":
            return f"Coder serves from the restored database, as of {_point(record)}."
        case "beside":
            return f"{restored} stands beside, verified, as of {_point(record)}. No cut-over was asked for."
        case "not-cut-over":
            why = "was rejected" if record["approval"]["decision"] == "rejected" else "did not come in time"
            return f"The approval {why}. {restored} stands beside, verified and untouched."
        case "rolled-back":
            return "Coder serves from its old database again, with the secrets and replicas that it had."
        case "fenced":
            return str(serving["sentence"])
        case _:
            return f"It ended before anything of the platform was changed. {serving['sentence']}"


def _point(record: Record) -> str:
    return clock(payload.parse_instant(record["recovery_point"]["time"]))


def lost(record: Record) -> str:
    """What the serving database has not, in a sentence."""
    told = record["loss"]
    if told["stands_in"] is None:
        return "Nothing."
    much = duration(told["seconds"]) if told["seconds"] is not None else "An unknown time"
    rows = (
        ""
        if told["audit_rows"] is None
        else f", with {plural(told['audit_rows'], 'row')} of the audit log when planned"
    )
    where = {
        "old": f"The old database, {record['clusters']['old']}, still has them.",
        "restored": f"Only {record['clusters']['restored']} has them.",
        "nowhere": "No database has them any more.",
    }[told["stands_in"]]
    return f"{much} of writes{rows}. {where}"


def outage(record: Record) -> str:
    """How long the platform served nobody."""
    told = record["outage"]
    if not told["periods"]:
        return "none"
    if told["seconds"] is not None:
        return duration(told["seconds"])
    serving = record["serving"]
    if serving["database"] == "nothing":
        return "goes on"
    return "not known" if serving["proven"] else "not known to be over"
