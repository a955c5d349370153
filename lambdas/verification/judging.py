"""Judges a drill: everything that was found, beside the baseline and the objectives. No I/O."""

from collections.abc import Sequence
from datetime import datetime

from lambdas.contracts import Baseline, Drill, GroupResult, Judgement, RecoveryPoint, VerificationPlan
from lambdas.settings import Settings
from lambdas.verification import baseline, verdict


def judge(  # noqa: PLR0913  one word for each thing that a verdict rests on
    *,
    drill: Drill,
    point: RecoveryPoint,
    plan: VerificationPlan,
    results: Sequence[GroupResult],
    before: Baseline | None,
    settings: Settings,
    now: datetime,
) -> Judgement:
    """The judgement. RTO ends `now`: the data is verified.

    Raises:
        VerificationFailed: a planned group brought no result.
    """
    rules = baseline.Rules(
        shrink_percent=settings.verification.shrink_percent,
        may_shrink=frozenset(settings.verification.may_shrink),
        accepted=frozenset(drill.accept_shrunk_tables),
        unlogged=frozenset(plan.unlogged),
    )
    counts = verdict.row_counts(results)
    compared = baseline.compare(counts, before=before, rules=rules, drill=drill.id, as_of=point.time)
    planted = baseline.control(drill=drill.id, as_of=point.time)
    found = verdict.gather(plan, results, also=(compared.result, planted), expect=settings.verification.expect)
    everything = verdict.with_verifier(found)
    newest = verdict.newest_write(found, as_of=point.time)
    return Judgement(
        verdict=verdict.of_drill(
            integrity=verdict.integrity(everything),
            rto=verdict.rto(drill, now=now, objectives=settings.objectives),
            rpo=verdict.rpo(
                drill,
                point,
                newest_write=newest if verdict.has_heartbeat(found) else None,
                objectives=settings.objectives,
            ),
        ),
        checks=everything,
        counts=counts,
        facts=plan.facts,
        baseline_drill=before.drill if before else None,
        next_baseline=compared.next,
        data_as_of=newest,
    )
