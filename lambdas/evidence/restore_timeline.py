"""When the states of a restore ran, as far as its state tells: those that returned, those that failed, and the wait."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from lambdas import payload
from lambdas.contracts import Timing
from lambdas.evidence import timeline
from lambdas.evidence.timeline import During, Phase, State, Step

ASK = "AskApproval"
FENCE, VERIFIED = "StopPlatform", "VerifyPlatform"
BACK, BACK_VERIFIED = "BackStopPlatform", "BackVerifyPlatform"
_PASSWORD = ("SetMasterPassword", "AwaitPassword", "ConfirmLogin")
_BY_STRATEGY = {"repoint": "Repoint", "swap-identifiers": "SwapIdentifiers"}
_BACK_BY_STRATEGY = {"repoint": "RepointBack", "swap-identifiers": "BackSwapIdentifiers"}
# What fails behind the decision is kept apart and does not end a restore.
_LOOSE = {
    "settle_failure": "SettleGroups",
    "reconcile_failure": "Reconcile",
    "handover_failure": "WriteHandover",
    "back_settle_failure": "BackSettleGroups",
}


def _phase(name: str, title: str, during: During, *states: str) -> Phase:
    counts = during in ("work", "waiting", "outage")
    return Phase(name=name, title=title, states=states, counts_towards_rto=counts, during=during)


PHASES: tuple[Phase, ...] = (
    _phase("declare", "Declare and plan", "work", "OpenRestore", "SurveyDatabase", "SurveyPlatform", "PlanRestore"),
    _phase(
        "restore",
        "Restore beside",
        "work",
        *("RestoreBeside", "AwaitCluster", "AddInstances", "AwaitInstances", "TryLogin", *_PASSWORD),
    ),
    _phase("verify", "Verify the data", "work", "PlanRestoredChecks", "RunRestoredChecks", "JudgeRestore", "AdmitData"),
    _phase("approval", "Wait for the approval", "waiting", ASK),
    _phase("remember", "Note what is there", "work", "RememberPlatform", "RememberDatabase"),
    _phase("fence", "Fence", "outage", FENCE, "AwaitStopped", "FenceDatabase", "SilenceDatabase"),
    _phase("cut-over", "Cut over", "outage", *_BY_STRATEGY.values(), "LocateDatabases"),
    _phase("start", "Start Coder", "outage", "StartCoder", "AwaitRollout", "StartProvisioners"),
    _phase("platform", "Verify the platform", "outage", VERIFIED),
    _phase("soak", "Watch the platform", "watch", "Soak"),
    _phase(
        "rollback",
        "Roll back",
        "rollback",
        *(BACK, "BackAwaitStopped", *_BACK_BY_STRATEGY.values(), "UnfenceDatabase", "OpenDatabase"),
        *("BackStartCoder", "BackAwaitRollout", "BackStartProvisioners", BACK_VERIFIED, "BackSettleGroups"),
    ),
    _phase("handover", "Settle and hand over", "after", "SettleGroups", "Reconcile", "WriteHandover"),
)
_BY_NAME = {phase.name: phase.states for phase in PHASES}


def way(state: State) -> tuple[str, ...]:
    """The states that this restore goes through when nothing fails, in their order."""
    restoration, login = state.get("restoration") or {}, state.get("login") or {}
    left_out = {*_BY_STRATEGY.values()} - {_BY_STRATEGY.get(restoration.get("strategy") or "")}
    if login.get("accepted"):
        left_out |= {*_PASSWORD}
    if restoration.get("cut_over") != "after-approval":
        left_out.add(ASK)
    phases = [name for name in _BY_NAME if name != "rollback"]
    if restoration.get("cut_over") == "none":
        phases = ["declare", "restore", "verify", "handover"]
        left_out |= {"SettleGroups", "Reconcile"}
    return tuple(each for name in phases for each in _BY_NAME[name] if each not in left_out)


def way_back(state: State) -> tuple[str, ...]:
    """The states of the rollback, in their order."""
    strategy = (state.get("restoration") or {}).get("strategy") or ""
    left_out = {*_BACK_BY_STRATEGY.values()} - {_BACK_BY_STRATEGY.get(strategy)}
    return tuple(each for each in _BY_NAME["rollback"] if each not in left_out)


def turned_back(state: State) -> bool:
    """Whether the rollback was entered."""
    return bool(state.get("back_stopped") or state.get("back_failure"))


def stopped_in(state: State, ran: Iterable[Timing]) -> str | None:
    """The state in which a restore with a `failure` or a `refusal` stopped, as far as the order of states tells."""
    if not (state.get("failure") or state.get("refusal")):
        return None
    return next((each for each in way(state) if each not in _returned(state, ran)), None)


def steps(state: State, ran: Sequence[Timing], *, now: datetime) -> tuple[Step, ...]:
    """Every state that ran, in its order; `now` is the recording step's entry.

    A state that failed told no times, nor does the wait for an answer: these are their neighbours'.
    """
    returned, failing = _returned(state, ran), _failing(state, ran)
    order = [each for each in (*way(state), *way_back(state)) if each in returned or each in failing]
    told = {each: _told(each, ran) for each in order}
    made = []
    for place, name in enumerate(order):
        entered, finished, retries = told[name]
        if entered is None:
            entered = told[order[place - 1]][1] if place else _opened(state)
            finished = told[order[place + 1]][0] if place + 1 < len(order) else now
        failed = name in failing and not (name == ASK and state.get("refusal"))
        made.append(Step(state=name, entered_at=entered, finished_at=finished, retries=retries, failed=failed))
    return tuple(made)


def _returned(state: State, ran: Iterable[Timing]) -> set[str]:
    asked = {ASK} if state.get("approval") else set()
    return {each.state for each in ran} | asked


def _failing(state: State, ran: Sequence[Timing]) -> set[str]:
    returned = _returned(state, ran)
    names = {stopped_in(state, ran), *(name for failure, name in _LOOSE.items() if state.get(failure))}
    if state.get("back_failure"):
        names.add(next((each for each in way_back(state) if each not in returned), None))
    return {each for each in names if each is not None and each not in returned}


def _told(name: str, ran: Sequence[Timing]) -> tuple[datetime | None, datetime | None, int | None]:
    mine = [each for each in ran if each.state == name]
    if not mine:
        return None, None, None
    begun, ended = timeline.between(tuple(mine), name, name)
    return begun, ended, sum(each.retries for each in mine)


def _opened(state: State) -> datetime | None:
    opened = (state.get("restoration") or {}).get("opened_at")
    return payload.parse_instant(opened) if opened else None


def entered(found: Iterable[Step], name: str) -> datetime | None:
    """When a state was entered, whatever became of it."""
    return next((each.entered_at for each in found if each.state == name), None)


def finished(found: Iterable[Step], name: str) -> datetime | None:
    """When a state returned; None when it failed."""
    return next((each.finished_at for each in found if each.state == name and not each.failed), None)
