"""RecordRestore: the record first, once; then what is drawn from it; the ledger entry last."""

import json
from collections.abc import Mapping
from typing import Any

from lambdas import payload
from lambdas.adapters import aws
from lambdas.adapters.approvals import Approvals
from lambdas.adapters.archive import Archive
from lambdas.adapters.ledger import Ledger
from lambdas.adapters.restores import Restores
from lambdas.evidence import metrics, naming, rendering, restore_record
from lambdas.evidence.canonical import canonical, digest
from lambdas.evidence.opening import restoration_of
from lambdas.evidence.restore_outcome import errors_of
from lambdas.evidence.restore_summary import RestoreSummary, summarise
from lambdas.evidence.storing import storing
from lambdas.runtime import Call, step

_THEN = "Until it is recorded, what it did is in its execution's history alone."


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restore_state`, the machine's whole state; return the RestoreSummary, with what an announcement needs.

    Every part is derived from the bytes that stand in the archive, so that a retry after a death half way through ends
    with the same evidence. A dry run is not recorded: its end is told and nothing is written.
    """
    where, state = call.settings.evidence, call.event["restore_state"]
    restores = Restores(where.table, aws.client("dynamodb"))
    with storing("the ledger's entries", where.table, then=_THEN):
        restoration = restoration_of(state, context=call.context, settings=call.settings, running=restores.running)
    if restoration.get("dry_run") or (not state.get("restoration") and state.get("dry_run")):
        return _dry_run(state)
    archive = Archive(where.bucket, aws.client("s3"))
    places = naming.restore_places(source=restoration["source"], restore=restoration["id"])
    built = _build(call, {**state, "restoration": restoration})
    with storing("the record", places.record, then=_THEN):
        content = archive.keep(places.record, canonical(built), content_type=naming.JSON)
    kept = json.loads(content)
    summary = summarise(kept, record_key=places.record, report_key=places.report, sha256=digest(content))
    _render(kept, places=places, archive=archive)
    _enter(call, summary, execution=restoration["execution"], restores=restores)
    metrics.publish(metrics.of_restore(summary), at=call.now)
    return {
        **payload.write(summary),
        "bucket": where.bucket,
        "markdown": places.markdown,
        "approval": kept["approval"],
    }


def _dry_run(state: Mapping[str, Any]) -> dict[str, Any]:
    """Only a dry run that failed comes here; its end is the machine's."""
    first = errors_of(state)[0]
    return {"outcome": "failed", "error": first.name, "cause": first.sentence, "record": None, "report": None}


def _build(call: Call, state: Mapping[str, Any]) -> dict[str, Any]:
    """The record of this state. Its moment is the state's entry, not the clock: the same at every attempt."""
    table, restoration = call.settings.evidence.table, state["restoration"]
    with storing("the ledger's entries", table, then=_THEN):
        baseline = Ledger(table, aws.client("dynamodb")).baseline(restoration["source"])
        asked = Approvals(table, aws.client("dynamodb")).approval(restoration["id"])
    return restore_record.build(state, call.settings, call.context.entered_at, baseline=baseline, asked=asked)


def _render(kept: Mapping[str, Any], *, places: naming.Places, archive: Archive) -> None:
    with storing("the Markdown report", places.markdown, then=_THEN):
        text = rendering.render_restore_markdown(kept)
        archive.put(places.markdown, text.encode(), content_type=naming.MARKDOWN)
    with storing("the HTML report", places.report, then=_THEN):
        page = rendering.render_restore_html(kept)
        archive.put(places.report, page.encode(), content_type=naming.HTML)


def _enter(call: Call, summary: RestoreSummary, *, execution: str, restores: Restores) -> None:
    """No question stays open, the next restore may begin, and last the end of this one."""
    table = call.settings.evidence.table
    with storing("the end of the question", table, then=_THEN):
        Approvals(table, aws.client("dynamodb")).expire(summary.id)
    with storing("the end of the source's lock", table, then=_THEN):
        restores.unlock(source=summary.source, execution=execution)
    with storing("the ledger entry", table, then=_THEN):
        restores.close(summary)
