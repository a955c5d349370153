"""RecordRetirement: the record first, once; then the ledger's entry; last the lock."""

import json
from typing import Any

from lambdas.adapters import aws
from lambdas.adapters.archive import Archive
from lambdas.adapters.retirements import Retirements
from lambdas.evidence.canonical import canonical, digest
from lambdas.evidence.naming import JSON
from lambdas.evidence.storing import storing
from lambdas.retirement import record
from lambdas.runtime import Call, step

_THEN = "Until it is recorded, what it did is in its execution's history alone."


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `retirement_state`, the machine's whole state; give what the ledger has of it. Dry runs do not come here."""
    where, state = call.settings.evidence, call.event["retirement_state"]
    retirement = state["retirement"]
    built = record.build(state, call.settings, closed_at=call.context.entered_at)
    key = record.place(retirement["cluster"], retirement["id"])
    with storing("the record", key, then=_THEN):
        content = Archive(where.bucket, aws.client("s3")).keep(key, canonical(built), content_type=JSON)
    kept = json.loads(content)
    summary = {
        "id": retirement["id"],
        "cluster": retirement["cluster"],
        "successor": retirement["successor"],
        "outcome": kept["outcome"],
        "final_snapshot": (kept["final_snapshot"] or {}).get("name"),
        "started_by": retirement["started_by"],
        "reason": kept["retirement"]["reason"],
        "ticket": kept["retirement"]["ticket"],
        "opened_at": kept["opened_at"],
        "closed_at": kept["closed_at"],
        "error": kept["error"],
        "cause": kept["cause"],
        "record": key,
        "sha256": digest(content),
    }
    retirements = Retirements(where.table, aws.client("dynamodb"))
    with storing("the ledger entry", where.table, then=_THEN):
        retirements.close(retirement["id"], summary)
    with storing("the end of the cluster's lock", where.table, then=_THEN):
        retirements.unlock(cluster=retirement["cluster"], execution=retirement["execution"])
    return summary
