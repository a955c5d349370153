"""Connects, plans and runs: what the steps call, and what `day2 verify` calls."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime
from time import monotonic

from lambdas.adapters import postgres
from lambdas.adapters.postgres import APPLICATION, Refusal, Server, Session
from lambdas.contracts import CheckGroup, GroupResult, VerificationPlan
from lambdas.errors import VerificationFailed
from lambdas.settings import Verification
from lambdas.verification import checks, inventory, planning
from lambdas.verification.checks import Check, Phase
from lambdas.verification.groups import Known, Outcome, Task, assemble, tasks
from lambdas.verification.structure import Inventory

# Below RunChecks' 900 s, with room for connecting, answering and the last statement's end.
GROUP_BUDGET_SECONDS = 840
PLAN_BUDGET_SECONDS = 240


class Budget:
    """What is left of a function's time, as the limit of the next statement."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds

    def __call__(self) -> float:
        return max(0.001, self._end - monotonic())


def make_plan(
    server: Server, *, as_of: datetime, phase: Phase, settings: Verification, seed: str, copy: bool
) -> VerificationPlan:
    """Look at the database and divide the work. On a drill's `copy` the extension amcheck is created first.

    Raises:
        DatabaseNotReachable, AccessRefused, VerificationFailed: as `postgres.connect` and its statements do.
        InputRejected: the settings expect something of a check that does not exist.
    """
    chosen = checks.chosen(phase, expect=settings.expect)
    created = _create_amcheck(server) if copy else ""
    with postgres.session(server, statement_seconds=PLAN_BUDGET_SECONDS) as session:
        session.begin(as_of=as_of)
        return planning.plan(
            _look(session, chosen), chosen=chosen, settings=settings, seed=seed, amcheck=created
        )


def run_group(server: Server, group: CheckGroup, *, as_of: datetime, phase: Phase, settings: Verification) -> GroupResult:
    """Run one group on one exported snapshot, over as many connections as the settings say and the work needs."""
    started = monotonic()
    chosen = checks.chosen(phase, expect=settings.expect)
    with _sessions(server, as_of=as_of, count=min(settings.connections, len(group.items))) as sessions:
        work = _tasks(group, known=_known(group, sessions[0], chosen))
        outcomes = side_by_side(work, sessions, budget=Budget(GROUP_BUDGET_SECONDS))
    return assemble(group, outcomes, seconds=monotonic() - started)


def side_by_side(work: Iterable[Task], sessions: Sequence[Session], *, budget: Budget) -> list[Outcome]:
    """Every task once, the heaviest first, each session in a thread of its own; the first error ends all.

    Raises:
        VerificationFailed: a connection was lost, or the time ran out.
    """
    waiting = deque(sorted(work, key=lambda task: -task.weight))
    with ThreadPoolExecutor(len(sessions), thread_name_prefix="verify") as threads:
        running = [threads.submit(_one_by_one, waiting, session, budget) for session in sessions]
        try:
            return [outcome for each in running for outcome in each.result()]
        except BaseException:
            # The others hear of it by their connections' end, and the server stops what it does for them.
            waiting.clear()
            for session in sessions:
                session.abandon()
            raise


def _one_by_one(waiting: deque[Task], session: Session, budget: Budget) -> list[Outcome]:
    done = []
    while True:
        try:
            task = waiting.popleft()
        except IndexError:
            return done
        done.append(task.run(session, budget))


@contextmanager
def _sessions(server: Server, *, as_of: datetime, count: int) -> Iterator[list[Session]]:
    """Sessions that all see the instant of the first."""
    with ExitStack() as held:
        with ThreadPoolExecutor(count) as threads:
            opened = [
                threads.submit(postgres.connect, server, statement_seconds=GROUP_BUDGET_SECONDS) for _ in range(count)
            ]
        sessions = []
        for each in opened:
            if each.exception() is None:
                sessions.append(each.result())
                held.callback(sessions[-1].close)
        for each in opened:
            each.result()
        first, *others = sessions
        first.begin(as_of=as_of)
        if others:
            snapshot = first.export()
            for session in others:
                session.begin(as_of=as_of, snapshot=snapshot)
        yield sessions


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
    sizes = {table.name: table.bytes for table in inventory.tables(session)}
    keys = inventory.foreign_keys(session) if group.kind == "foreign-keys" else ()
    return Known(checks=by_id, sizes=sizes, foreign_keys={key.item: key for key in keys})


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
    """Create the extension on a copy, and say in words how that went."""
    with postgres.session(server, statement_seconds=PLAN_BUDGET_SECONDS, writes=True) as session:
        if session.rows("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'", doing="looking for amcheck"):
            return ""
        answer = session.execute("CREATE EXTENSION IF NOT EXISTS amcheck", doing="creating amcheck")
    if isinstance(answer, Refusal):
        return f"unavailable: the server refused to create it with SQLSTATE {answer.sqlstate}"
    return "created"
