"""RecordEvidence: the record first, once; then what is drawn from it; the ledger entry last."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lambdas import payload
from lambdas.adapters import aws
from lambdas.adapters.archive import Archive
from lambdas.adapters.ledger import Ledger
from lambdas.contracts import Baseline, Blueprint
from lambdas.evidence import metrics, naming, record, rendering
from lambdas.evidence.canonical import canonical, digest
from lambdas.evidence.cleanup import leftovers
from lambdas.evidence.opening import drill_of
from lambdas.evidence.storing import storing
from lambdas.evidence.summary import Summary, summarise
from lambdas.runtime import Call, step

TREND = 12


@step
def handler(call: Call) -> dict[str, Any]:
    """Store everything and return the drill's Summary, with the bucket and the Markdown's key beside it.

    Every part is derived from the bytes that stand in the archive, so that a retry, or the sweep after a death
    half way through, ends with the same evidence. `swept` is the key of a sweep's own record of a drill whose
    record stood already; else null.
    """
    where = call.settings.evidence
    ledger = Ledger(where.table, aws.client("dynamodb"))
    archive = Archive(where.bucket, aws.client("s3"))
    drill = _drill(call, ledger)
    built = _build(call, drill, ledger)
    places = naming.places(source=drill["source"], drill=drill["id"])
    with storing("the record", places.record):
        content = archive.keep(places.record, canonical(built), content_type=naming.JSON)
    kept = json.loads(content)
    summary = summarise(kept, record_key=places.record, report_key=places.report, sha256=digest(content))
    # Whose drill it is, and whose lock, is told by the drill itself: a record is for readers.
    swept = None
    if drill["execution"] != call.context.execution and kept != built:
        swept = _also_swept(call, built, places=places, archive=archive)
        summary = replace(summary, leftovers=leftovers(built))
    _render(kept, summary, places=places, archive=archive, ledger=ledger)
    _keep_shape(call, drill, ledger)
    _enter(kept, summary, execution=drill["execution"], ledger=ledger, table=where.table)
    if swept is None:
        metrics.publish(metrics.of_drill(summary), at=call.now)
    return {**payload.write(summary), "bucket": where.bucket, "markdown": places.markdown, "swept": swept}


def _drill(call: Call, ledger: Ledger) -> dict[str, Any]:
    with storing("the ledger's entries", call.settings.evidence.table):
        return drill_of(call.event["drill_state"], context=call.context, settings=call.settings, running=ledger.running)


def _build(call: Call, drill: Mapping[str, Any], ledger: Ledger) -> dict[str, Any]:
    """The record of this state. Its moment is the state's entry, not the clock: the same at every attempt."""
    with storing("the ledger's entries", call.settings.evidence.table):
        baseline = ledger.baseline(drill["source"])
    state = {**call.event["drill_state"], "drill": drill}
    return record.build(state, call.settings, call.context.entered_at, baseline=baseline)


def _also_swept(call: Call, built: Mapping[str, Any], *, places: naming.Places, archive: Archive) -> str:
    """A sweep's record beside the drill's own, which stays as it was written."""
    key = places.sweep(call.context.entered_at)
    with storing("the sweep's record", key):
        archive.keep(key, canonical(built), content_type=naming.JSON)
    return key


def _render(
    kept: Mapping[str, Any], summary: Summary, *, places: naming.Places, archive: Archive, ledger: Ledger
) -> None:
    with storing("the history for the trend", summary.source):
        earlier = [each for each in ledger.history(summary.source, TREND) if each.id != summary.id]
    with storing("the Markdown report", places.markdown):
        text = rendering.render_markdown(kept)
        archive.put(places.markdown, text.encode(), content_type=naming.MARKDOWN)
    with storing("the HTML report", places.report):
        page = rendering.render_html(kept, earlier[: TREND - 1])
        archive.put(places.report, page.encode(), content_type=naming.HTML)


def _keep_shape(call: Call, drill: Mapping[str, Any], ledger: Ledger) -> None:
    """The source's shape, for the restore of a day on which it is gone; whether or not the drill passed.

    From the state, not from the record, which leaves out the values of tags.
    """
    told = (call.event["drill_state"].get("choice") or {}).get("blueprint")
    # One that a restore has left fenced is no shape to come back to: its groups are the fence's.
    fenced = told and set(told["security_groups"]) <= {call.settings.database.security_group}
    if told and told["described"] and not fenced:
        shape, seen_at = payload.read(Blueprint, told), payload.parse_instant(drill["opened_at"])
        with storing("the source's shape", call.settings.evidence.table):
            ledger.put_blueprint(drill["source"], shape, seen_at=seen_at)


def _enter(kept: Mapping[str, Any], summary: Summary, *, execution: str, ledger: Ledger, table: str) -> None:
    """What the next drill is compared with, then the lock, and last the drill's end in the ledger.

    What fails before the lock keeps the source shut. The entry is last, because the sweep takes up every drill that
    is still open there: a function that dies at any point in here leaves nothing that nobody looks at again.
    """
    with storing("the baseline", table):
        following = _following(kept, summary, present=ledger.baseline(summary.source))
        if following is not None:
            ledger.put_baseline(summary.source, following)
    with storing("the end of the source's lock", table):
        ledger.unlock(source=summary.source, execution=execution)
    with storing("the ledger entry", table):
        ledger.close_drill(summary)


def _following(kept: Mapping[str, Any], summary: Summary, *, present: Baseline | None) -> Baseline | None:
    """The next baseline, None where the present one stays as it is.

    A failed drill leaves the counts alone, but not what it saw shrink: whatever it failed for, the next one that sees
    it sees it again. Only beside the counts that it was compared with, and a passed one only over older counts: the
    sweep may come after another drill has passed.
    """
    if kept["next_baseline"] is None:
        return None
    judged = payload.read(Baseline, kept["next_baseline"])
    if summary.outcome == "passed":
        return judged if present is None or present.taken_at <= judged.taken_at else None
    if present is None or kept["baseline"] is None or present.drill != kept["baseline"]["drill"]:
        return None
    return replace(present, warned=judged.warned)
