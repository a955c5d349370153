"""How a restore ended, and what the platform serves from now: decided from the state of its machine alone.

The machine's order makes it decidable: what fails before StopPlatform changed nothing of the platform; what fails from
there on turns back; and the way back is entered once, goes one way, and is over when the platform was looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lambdas import errors
from lambdas.evidence import failures
from lambdas.evidence.failures import Failure
from lambdas.evidence.restore_timeline import turned_back
from lambdas.restore_contracts import Outcome

State = Mapping[str, Any]

_PARTS = (
    ("restore", "failure"),
    ("rollback", "back_failure"),
    ("settling", "settle_failure"),
    ("reconciliation", "reconcile_failure"),
    ("handover", "handover_failure"),
    ("settling", "back_settle_failure"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What the platform serves from.

    database  restored | old | nothing | unknown
    cluster   that one's name by now; None for nothing and unknown
    proven    it was looked at there; of an untouched platform, nothing was to be proven
    sentence  the same in words, with what it rests on
    """

    database: Literal["restored", "old", "nothing", "unknown"]
    cluster: str | None
    proven: bool
    sentence: str


def outcome_of(state: State) -> Outcome:
    """How it ended, by the words of `lambdas.restore_contracts.Outcome`."""
    if superseded_by(state):
        return "failed"
    if turned_back(state):
        proven = state.get("back_platform_checks") and not state.get("back_failure")
        return "rolled-back" if proven else "fenced"
    if state.get("refusal") and not state.get("failure"):
        return "not-cut-over"
    if state.get("soaked") and not state.get("failure"):
        return "kept"
    beside = state.get("admission") and _restoration(state).get("cut_over") == "none"
    return "beside" if beside and not state.get("failure") else "failed"


def errors_of(state: State) -> tuple[Failure, ...]:
    """Every failure, in the order in which they happened: the first is the outcome's error."""
    found = tuple(failures.read(state[name], part=part) for part, name in _PARTS if state.get(name))
    if not found and outcome_of(state) == "failed":
        return (
            Failure(
                part="restore",
                name=errors.VerificationFailed.__name__,
                sentence="The restore came to its end without having come anywhere.",
            ),
        )
    return found


def superseded_by(state: State) -> str | None:
    """The sentence of the refusal, where this restore was redriven after another one had led the platform."""
    found = (failures.read(state[name], part=part) for part, name in _PARTS if state.get(name))
    return next((each.sentence for each in found if each.name == errors.RestoreSuperseded.__name__), None)


def serving_of(state: State) -> Serving:
    """Where the platform is served from now."""
    match outcome_of(state):
        case "kept":
            cluster = restored_name(state)
            return Serving(
                database="restored",
                cluster=cluster,
                proven=True,
                sentence=f"The platform serves from {cluster}, the restored database.",
            )
        case "rolled-back":
            return _old(state, "The platform serves from {}, the old database, again.", proven=True)
        case "fenced":
            return _after_a_failed_rollback(state)
        case _:
            return _untouched(state)


def _untouched(state: State) -> Serving:
    if refusal := superseded_by(state):
        return _unknown(refusal)
    survey, platform = state.get("survey"), state.get("platform") or {}
    if not survey:
        return _unknown("The platform was left untouched. It ended before anybody looked whether its database exists.")
    if elsewhere := (survey.get("others") or {}).get(platform.get("host")):
        led = f"its secrets name {elsewhere}, which another restore has made"
        return _unknown(f"The platform was left untouched: {led}.")
    if survey.get("source_exists") is False:
        return Serving(
            database="nothing",
            cluster=None,
            proven=False,
            sentence="The platform was left as it was, and its old database no longer exists: it serves nothing.",
        )
    return _old(state, "The platform was left untouched: it stays on {}, the old database.", proven=False)


def _after_a_failed_rollback(state: State) -> Serving:
    if state.get("opened"):
        return _old(
            state,
            "The platform was given {} again, the old database, and was not seen to serve from it.",
            proven=False,
        )
    if state.get("back_pods_gone"):
        return Serving(
            database="nothing",
            cluster=None,
            proven=True,
            sentence="The platform is stopped and serves nothing: coderd has no replicas, and neither database could "
            "be brought to serve it.",
        )
    return _unknown(
        "What the platform serves from is not known: the rollback could not stop it first. Look before all else how "
        "many replicas coderd has, and which database its Secret names."
    )


def _unknown(sentence: str) -> Serving:
    return Serving(database="unknown", cluster=None, proven=False, sentence=sentence)


def _old(state: State, sentence: str, *, proven: bool) -> Serving:
    cluster = _restoration(state).get("source") or "the source"
    return Serving(database="old", cluster=cluster, proven=proven, sentence=sentence.format(cluster))


def swapped(state: State) -> bool:
    """Whether the clusters have each other's names by now, as far as the steps told."""
    return bool(state.get("swapped")) and not state.get("back_swapped")


def restored_name(state: State) -> str | None:
    """The restored cluster's name by now; None when none was made."""
    if not state.get("cluster"):
        return None
    return _restoration(state).get("source" if swapped(state) else "target")


def old_name(state: State) -> str | None:
    """The old cluster's name by now; None when it is gone."""
    if (state.get("survey") or {}).get("source_exists") is False:
        return None
    return _restoration(state).get("old_name" if swapped(state) else "source")


def _restoration(state: State) -> State:
    return state.get("restoration") or {}
