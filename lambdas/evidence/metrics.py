"""The numbers CloudWatch keeps of drills, as embedded metric format on standard output.

Namespace `CoderDay2`. Dimensions:

| metrics                                                              | dimensions                                  |
|----------------------------------------------------------------------|---------------------------------------------|
| DrillPassed, DrillFailed (0 or 1), RtoSeconds, RpoSeconds (of a      | Environment, Source                         |
| point in time) or SnapshotAgeSeconds, ChecksFailed, Leftovers        | and the same with RecoveryPointKind         |
| PhaseSeconds                                                         | Environment, Source, Phase                  |
| RestoreOutageSeconds, RestoreRtoSeconds, RestoreRpoSeconds           | Environment, Source                         |
| DaysSinceLastPassedDrill, DaysSinceLastPassedPointInTimeDrill,       | Environment, Source                         |
| Leftovers (the daily sweep's)                                        |                                             |

A snapshot proves no RPO, so its drill sends none: the two figures must not become one series.
A quantity that was not measured is not sent: no point is no zero. Of Leftovers, only a sweep of everything sends zero:
a drill, or a sweep after one execution, that left nothing behind cannot speak for what others left.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from lambdas.evidence.restore_summary import RestoreSummary
from lambdas.evidence.summary import Summary

NAMESPACE = "CoderDay2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Values under one or two sets of dimensions: `dimensions`, and those with `also` beside them."""

    dimensions: Mapping[str, str]
    values: Mapping[str, tuple[MetricUnit, float]]
    also: Mapping[str, str] | None = None


def of_drill(summary: Summary) -> tuple[Series, ...]:
    """A finished drill."""
    where = {"Environment": summary.environment, "Source": summary.source}
    passed = summary.outcome == "passed"
    values: dict[str, tuple[MetricUnit, float]] = {
        "DrillPassed": (MetricUnit.Count, int(passed)),
        "DrillFailed": (MetricUnit.Count, int(not passed)),
        "ChecksFailed": (MetricUnit.Count, len(summary.failed_checks)),
    }
    if summary.leftovers:
        values["Leftovers"] = (MetricUnit.Count, summary.leftovers)
    if summary.rto_seconds is not None:
        values["RtoSeconds"] = (MetricUnit.Seconds, summary.rto_seconds)
    if summary.rpo_seconds is not None:
        values["SnapshotAgeSeconds" if summary.from_snapshot else "RpoSeconds"] = (
            MetricUnit.Seconds,
            summary.rpo_seconds,
        )
    kind = summary.recovery_point_kind
    return (
        Series(dimensions=where, values=values, also={"RecoveryPointKind": kind} if kind else None),
        *(
            Series(
                dimensions={**where, "Phase": phase},
                values={"PhaseSeconds": (MetricUnit.Seconds, seconds)},
            )
            for phase, seconds in summary.phases.items()
        ),
    )


def of_restore(summary: RestoreSummary) -> tuple[Series, ...]:
    """A finished restore: what it took away, how long it took, how far it went back. Only what came to an end is."""
    measured = {
        "RestoreOutageSeconds": summary.outage_seconds,
        "RestoreRtoSeconds": summary.rto_seconds,
        "RestoreRpoSeconds": summary.rpo_seconds,
    }
    values = {name: (MetricUnit.Seconds, seconds) for name, seconds in measured.items() if seconds is not None}
    where = {"Environment": summary.environment, "Source": summary.source}
    return (Series(dimensions=where, values=values),) if values else ()


def of_lost_evidence(*, environment: str, source: str) -> tuple[Series, ...]:
    """A drill whose evidence could not be stored: it has not passed."""
    return (
        Series(
            dimensions={"Environment": environment, "Source": source},
            values={"DrillPassed": (MetricUnit.Count, 0), "DrillFailed": (MetricUnit.Count, 1)},
        ),
    )


def of_sweep(  # noqa: PLR0913  one number each, by its name
    *, environment: str, source: str, leftovers: int, days: float, point_in_time_days: float, everything: bool
) -> tuple[Series, ...]:
    """A sweep's count: of `everything`, or of what one execution left."""
    values: dict[str, tuple[MetricUnit, float]] = {
        "DaysSinceLastPassedDrill": (MetricUnit.NoUnit, days),
        "DaysSinceLastPassedPointInTimeDrill": (MetricUnit.NoUnit, point_in_time_days),
    }
    if everything or leftovers:
        values["Leftovers"] = (MetricUnit.Count, leftovers)
    return (Series(dimensions={"Environment": environment, "Source": source}, values=values),)


def publish(series: Iterable[Series], *, at: datetime) -> None:
    """Write each series as one line of embedded metric format."""
    for each in series:
        # An empty service keeps the environment's POWERTOOLS_SERVICE_NAME from becoming a dimension.
        line = EphemeralMetrics(namespace=NAMESPACE, service="")
        line.set_timestamp(at)
        for name, value in each.dimensions.items():
            line.add_dimension(name=name, value=value)
        if each.also:
            line.add_dimensions(**each.dimensions, **each.also)
        for name, (unit, amount) in each.values.items():
            line.add_metric(name=name, unit=unit, value=amount)
        line.flush_metrics()
