"""Judges a drill: everything that was found, beside the baseline and the objectives. No I/O."""

from collections.abc import Sequence
from datetime import datetime

from lambdas.contracts import (
    Baseline,
    CheckResult,
    Drill,
    GroupResult,
    Judgement,
    Objective,
    RecoveryPoint,
    Verdict,
    VerificationPlan,
)
from lambdas.restore_contracts import Restoration
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
    counts = verdict.row_counts(results)
    rules = _rules(plan, settings, accepted=frozenset(drill.accept_shrunk_tables))
    compared = baseline.compare(counts, before=before, rules=rules, drill=drill.id, as_of=point.time)
    found, everything = _found(plan, results, compared.result, run=drill.id, point=point, settings=settings)
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


def judge_restored(  # noqa: PLR0913  as above
    *,
    restoration: Restoration,
    point: RecoveryPoint,
    plan: VerificationPlan,
    results: Sequence[GroupResult],
    before: Baseline | None,
    settings: Settings,
) -> Judgement:
    """As `judge`, of data that a platform is to be brought back with: its integrity alone decides.

    The times are promises about the whole restore and are measured at its end; however late, good data is still wanted.
    The next drill is not compared with it.

    Raises:
        VerificationFailed: a planned group brought no result.
    """
    counts = verdict.row_counts(results)
    compared = baseline.compare(
        counts, before=before, rules=_rules(plan, settings), drill=restoration.id, as_of=point.time
    )
    found, everything = _found(plan, results, compared.result, run=restoration.id, point=point, settings=settings)
    integrity = verdict.integrity(everything)
    later = Objective(verdict="not-measured", reason="measured when the platform serves again")
    return Judgement(
        verdict=Verdict(
            overall={"pass": "pass", "warn": "warn"}.get(integrity.verdict, "fail"),  # type: ignore[arg-type]
            integrity=integrity,
            rto=later,
            rpo=later,
        ),
        checks=everything,
        counts=counts,
        facts=plan.facts,
        baseline_drill=before.drill if before else None,
        data_as_of=verdict.newest_write(found, as_of=point.time),
    )


def _rules(plan: VerificationPlan, settings: Settings, *, accepted: frozenset[str] = frozenset()) -> baseline.Rules:
    return baseline.Rules(
        shrink_percent=settings.verification.shrink_percent,
        may_shrink=frozenset(settings.verification.may_shrink),
        accepted=accepted,
        unlogged=frozenset(plan.unlogged),
    )


def _found(  # noqa: PLR0913  as above
    plan: VerificationPlan,
    results: Sequence[GroupResult],
    compared: CheckResult,
    *,
    run: str,
    point: RecoveryPoint,
    settings: Settings,
) -> tuple[tuple[CheckResult, ...], tuple[CheckResult, ...]]:
    """What was found, and the same with the check of the verifier itself."""
    planted = baseline.control(drill=run, as_of=point.time)
    found = verdict.gather(plan, results, also=(compared, planted), expect=settings.verification.expect)
    return found, verdict.with_verifier(found)
