"""AdmitData: nobody is asked to cut over to data that failed, nor to a schema that coderd cannot open."""

from typing import Any

from lambdas.contracts import Judgement
from lambdas.errors import RestoredDataRefused, SchemaTooNew
from lambdas.restore_contracts import PlatformFacts, Restoration
from lambdas.runtime import Call, step
from lambdas.verification import opening


@step
def handler(call: Call) -> dict[str, Any]:
    """Take `restoration`, `judgement` and `platform`; give what coderd will do with the schema, in words.

    What cannot be known is told to the person who approves; where nobody is asked, it is a stop.
    """
    restoration, judgement = call.take(Restoration, "restoration"), call.take(Judgement, "judgement")
    if judgement.verdict.overall == "fail":
        raise RestoredDataRefused(
            f"The restored data did not pass: {judgement.verdict.integrity.reason}",
            resource=restoration.target,
            next_step="See the failed checks in the report, and restore another recovery point.",
        )
    found = opening.judge(judgement.facts.schema_version, call.take(PlatformFacts, "platform").version)
    if found.verdict == "newer" or (found.verdict == "unknown" and restoration.cut_over == "automatic"):
        raise SchemaTooNew(
            found.reason[0].upper() + found.reason[1:] + ".",
            resource=restoration.target,
            next_step="Upgrade Coder to the release of that schema first, or restore a recovery point from before it.",
        )
    return {"opening": found.verdict, "reason": found.reason}
