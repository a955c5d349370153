"""What `day2 verify` answers. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from lambdas import payload
from lambdas.contracts import CheckResult, DatabaseFacts, GroupResult, VerificationPlan
from lambdas.verification import baseline, verdict

_SHOWN = ("id", "severity", "verdict", "value", "expected", "detail", "seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One verification of one database.

    checks    every check, without the planted faults
    controls  the planted faults, which have to fail
    """

    verdict: Literal["pass", "warn", "fail"]
    reason: str
    as_of: datetime
    facts: DatabaseFacts
    checks: tuple[CheckResult, ...]
    controls: tuple[CheckResult, ...]
    counts: Mapping[str, int]

    def document(self) -> dict[str, Any]:
        """The answer of `day2 verify --json`."""
        return {
            "verdict": self.verdict,
            "as_of": payload.instant(self.as_of),
            "server_version": self.facts.server_version,
            "schema_version": self.facts.schema_version,
            "checks": [{name: getattr(check, name) for name in _SHOWN} for check in self.checks],
        }


def of(plan: VerificationPlan, results: Sequence[GroupResult], *, as_of: datetime, expect: Mapping[str, str]) -> Report:
    """The report of a whole plan. What could not be measured at all is a failure."""
    counts = verdict.row_counts(results)
    counted = baseline.uncompared(counts, why="compared in drills only")
    planted = baseline.control(drill="verify", as_of=as_of)
    found = verdict.with_verifier(verdict.gather(plan, results, also=(counted, planted), expect=expect))
    integrity = verdict.integrity(found)
    return Report(
        verdict=verdict.overall(integrity),
        reason=integrity.reason,
        as_of=as_of,
        facts=plan.facts,
        checks=tuple(check for check in found if not check.control),
        controls=tuple(check for check in found if check.control),
        counts=counts,
    )
