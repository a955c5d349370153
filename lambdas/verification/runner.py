"""Connects, plans and runs: what the steps call, and what `day2 verify` calls."""

import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

from lambdas import payload
from lambdas.adapters import postgres
from lambdas.adapters.postgres import APPLICATION, Refusal, Server, Session
from lambdas.contracts import CheckGroup, GroupResult, VerificationPlan
from lambdas.errors import VerificationFailed
from lambdas.settings import Verification
from lambdas.verification import checks, inventory, packing, planning
from lambdas.verification.checks import Check, Phase
from lambdas.verification.groups import Known, assemble, tasks
from lambdas.verification.structure import Inventory, Table
from lambdas.verification.work import Outcome, Task

if TYPE_CHECKING:
    from lambdas.verification.report import Report

# Below RunChecks' 900 s, with room for connecting, answering and the last statement's end.
GROUP_BUDGET_SECONDS = 840
PLAN_BUDGET_SECONDS = 240
# `verify` runs at an operator's desk: no function ends it, only an operator.
UNHURRIED_SECONDS = 24 * 3600


class Budget:
    """What is left of a function's time, as the limit of the next statement."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds

    def __call__(self) -> float:
        return max(0.001, self._end - monotonic())


def make_plan(server: Server, *, phase: Phase, settings: Verification, seed: str, copy: bool) -> VerificationPlan:
    """Look at the database and divide the work. On a drill's `copy` the extension amcheck is created first.

    Raises:
        DatabaseNotReachable, AccessRefused, VerificationFailed: as `postgres.connect` and its statements do.
        InputRejected: the settings expect something of a check that does not exist.
    """
    chosen = checks.chosen(phase, expect=settings.expect)
    created = _create_amcheck(server) if copy else ""
    with postgres.session(server, statement_seconds=PLAN_BUDGET_SECONDS) as session:
        session.begin()
        return planning.plan(_look(session, chosen), chosen=chosen, settings=settings, seed=seed, amcheck=created)


def run_group(
    server: Server, group: CheckGroup, *, as_of: datetime, phase: Phase, settings: Verification
) -> GroupResult:
    """Run one group on one exported snapshot, over as many connections as the settings say and the work needs."""
    started = monotonic()
    chosen = checks.chosen(phase, expect=settings.expect)
    count = min(settings.connections, len(group.items))
    seconds = packing.LONGEST_ITEM_SECONDS if group.bounded else GROUP_BUDGET_SECONDS
    with _sessions(server, as_of=as_of, count=count, statement_seconds=seconds) as (sessions, _):
        known = _known(group, sessions[0], chosen)
        work = _tasks(group, known=known)
        outcomes = side_by_side(work, sessions, budget=Budget(seconds))
    return assemble(group, outcomes, known=known, seconds=monotonic() - started)


def verify(
    server: Server, *, as_of: datetime | None = None, phase: Phase = "drill", settings: Verification | None = None
) -> "Report":
    """The whole verification of any database on one exported snapshot, changing nothing.

    `as_of` None is the server's present time. `phase` live adds the checks of a deployment that runs.

    Raises:
        DatabaseNotReachable, AccessRefused, VerificationFailed: as for a drill's steps.
    """
    from lambdas.verification import report  # noqa: PLC0415  the functions of a drill start sooner without it

    settings = settings or Verification()
    chosen = checks.chosen(phase, expect=settings.expect)
    with _sessions(server, as_of=as_of, count=settings.connections, statement_seconds=UNHURRIED_SECONDS) as (
        sessions,
        moment,
    ):
        held = _look(sessions[0], chosen)
        plan = planning.plan(held, chosen=chosen, settings=settings, seed=payload.instant(moment))
        known = _all_known(held, chosen)
        work = [(group, task) for group in plan.groups for task in _tasks(group, known=known)]
        outcomes = side_by_side([task for _, task in work], sessions, budget=Budget(UNHURRIED_SECONDS))
    done = [(group.id, outcome) for (group, _), outcome in zip(work, outcomes, strict=True)]
    results = [
        assemble(group, [outcome for name, outcome in done if name == group.id], known=known, seconds=0.0)
        for group in plan.groups
    ]
    return report.of(plan, results, as_of=moment, expect=settings.expect)


def verify_dsn(
    address: str,
    *,
    as_of: datetime | None = None,
    phase: Phase = "drill",
    settings: Verification | None = None,
    environment: Mapping[str, str] = os.environ,
) -> "Report":
    """As `verify`, of the database that a `postgresql://` address names.

    Raises:
        InputRejected: the address is malformed; the message never quotes it.
        DatabaseNotReachable, AccessRefused, VerificationFailed: as `verify`.
    """
    from lambdas.verification import dsn  # noqa: PLC0415  the functions of a drill start sooner without it

    server = dsn.read(address, environment=environment)
    return verify(server, as_of=as_of, phase=phase, settings=settings)


def side_by_side(work: Sequence[Task], sessions: Sequence[Session], *, budget: Budget) -> list[Outcome]:
    """Every task once, the heaviest first, each session in a thread of its own; the first error ends all.

    The outcomes are in the order of `work`.

    Raises:
        VerificationFailed: a connection was lost.
    """
    waiting = deque(sorted(range(len(work)), key=lambda number: -work[number].weight))
    done: dict[int, Outcome] = {}

    def one_by_one(session: Session) -> None:
        with suppress(IndexError):
            while True:
                number = waiting.popleft()
                done[number] = work[number].run(session, budget)

    with ThreadPoolExecutor(len(sessions), thread_name_prefix="verify") as threads:
        running = [threads.submit(one_by_one, session) for session in sessions]
        try:
            for each in as_completed(running):
                each.result()
        except BaseException:
            # The others hear of it by their connections' end, and the server stops what it does for them.
            waiting.clear()
            for session in sessions:
                session.abandon()
            raise
    return [done[number] for number in range(len(work))]


@contextmanager
def _sessions(
    server: Server, *, as_of: datetime | None, count: int, statement_seconds: int
) -> Iterator[tuple[list[Session], datetime]]:
    """Sessions that all see the instant of the first, and the moment that their statements refer to.

    A connection that is silent for longer than `statement_seconds` counts as lost.
    """
    with ExitStack() as held:
        sessions = _connected(server, count=count, statement_seconds=statement_seconds, held=held)
        now = sessions[0].begin()
        snapshot = sessions[0].export() if count > 1 else None
        for session in sessions[1:]:
            session.begin(snapshot=snapshot)
        moment = as_of or now
        for session in sessions:
            session.tell("coder.as_of", payload.instant(moment))
        yield sessions, moment


def _connected(server: Server, *, count: int, statement_seconds: int, held: ExitStack) -> list[Session]:
    """Sessions that `held` closes, signed in side by side."""
    with ThreadPoolExecutor(count) as threads:
        opening = [threads.submit(postgres.connect, server, statement_seconds=statement_seconds) for _ in range(count)]
    for each in opening:
        if each.exception() is None:
            held.callback(each.result().close)
    return [each.result() for each in opening]


def _look(session: Session, chosen: Sequence[Check]) -> Inventory:
    required = {name for check in chosen for name in check.requires}
    return inventory.take(session, required=required, own=APPLICATION)


def _known(group: CheckGroup, session: Session, chosen: Sequence[Check]) -> Known:
    """Only what the group's kind needs is read again."""
    by_id = {check.id: check for check in (*chosen, *checks.controls(chosen))}
    if group.kind == "physical":
        schema, _ = inventory.amcheck(session)
        sizes = {relation.name: relation.bytes for relation in inventory.relations(session)}
        return Known(checks=by_id, sizes=sizes, amcheck_schema=schema or "public")
    tables = inventory.tables(session)
    keys = inventory.foreign_keys(session) if group.kind == "foreign-keys" else ()
    return Known(
        checks=by_id,
        sizes={table.name: table.bytes for table in tables},
        roots=_roots(tables),
        foreign_keys={key.item: key for key in keys},
    )


def _roots(tables: Sequence[Table]) -> dict[str, str]:
    return {table.name: table.root for table in tables if table.root}


def _all_known(held: Inventory, chosen: Sequence[Check]) -> Known:
    return Known(
        checks={check.id: check for check in (*chosen, *checks.controls(chosen))},
        foreign_keys={key.item: key for key in held.foreign_keys},
        # Tables bear no schema and relations do, so that no name means both.
        sizes={table.name: table.bytes for table in held.tables}
        | {relation.name: relation.bytes for relation in held.relations},
        roots=_roots(held.tables),
        amcheck_schema=held.amcheck_schema,
    )


def _tasks(group: CheckGroup, *, known: Known) -> list[Task]:
    try:
        return tasks(group, known)
    except KeyError as unknown:
        raise VerificationFailed(
            f"{unknown.args[0]} was planned and is not in the database any more",
            resource=group.id,
            next_step="Start again; something changed the database while it was verified.",
        ) from unknown


def _create_amcheck(server: Server) -> str:
    """Create the extension on a copy, and say in words how that went; nothing where it was there before."""
    with postgres.session(server, statement_seconds=PLAN_BUDGET_SECONDS, writes=True) as session:
        if session.rows("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'", doing="looking for amcheck"):
            return ""
        answer = session.execute("CREATE EXTENSION IF NOT EXISTS amcheck", doing="creating amcheck")
    if isinstance(answer, Refusal):
        return f"unavailable: the server refused to create it with SQLSTATE {answer.sqlstate}"
    return "created"
