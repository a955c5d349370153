"""Every value that a restore changed, before and after, in the order in which it was changed.

Steps that change values tell them as `Change`s. What follows from the state alone (replica counts, the old database's
read-only default, the security groups given back) is told here in the same form. Of a step that failed half way nothing
is told: what it had changed, the way back found and tells.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from lambdas import payload
from lambdas.evidence import restore_outcome
from lambdas.restore_contracts import Change

State = Mapping[str, Any]
READ_ONLY = "default_transaction_read_only"


def changes(state: State) -> list[dict[str, Any]]:
    """The record's `changes`: each a Change, with `on_the_way` there or back."""
    return [{**payload.write(each), "on_the_way": "there"} for each in _there(state)] + [
        {**payload.write(each), "on_the_way": "back"} for each in _back(state)
    ]


def _there(state: State) -> Iterator[Change]:
    restoration = state.get("restoration") or {}
    if state.get("password"):
        yield Change(
            what="master password",
            resource=restoration["target"],
            before="the recovery point's",
            after="the connection secret's",
        )
    if state.get("stopped"):
        yield from _replicas(state, down=True)
    yield from _told(state, "fenced")
    if state.get("silence") and not state["silence"].get("skipped"):
        yield Change(what=READ_ONLY, resource=restoration["source"], before="off", after="on")
    yield from _told(state, "repointed")
    yield from _told(state, "swapped")
    if state.get("started"):
        yield from _replicas(state, down=False)
    if state.get("settled"):
        yield from _settled(state)


def _back(state: State) -> Iterator[Change]:
    restoration = state.get("restoration") or {}
    if state.get("back_stopped") and state.get("started"):
        yield from _replicas(state, down=True)
    yield from _told(state, "back_repointed")
    if state.get("back_swapped"):
        yield from _told(state, "swapped", turned=True)
    if state.get("unfenced") and not state["unfenced"].get("skipped"):
        yield from _told(state, "fenced", turned=True)
    if state.get("opened"):
        yield Change(what=READ_ONLY, resource=restoration["source"], before="on", after="off")
    if state.get("back_started"):
        yield from _replicas(state, down=False)


def _told(state: State, step: str, *, turned: bool = False) -> Iterator[Change]:
    for each in (state.get(step) or {}).get("changes") or ():
        change = payload.read(Change, each)
        yield replace(change, before=change.after, after=change.before, kept_as=None) if turned else change


def _replicas(state: State, *, down: bool) -> Iterator[Change]:
    before = state["before"]
    for each in (before["coder"], *before["provisioners"]):
        if each["replicas"]:
            ends = (str(each["replicas"]), "0")
            first, then = ends if down else ends[::-1]
            yield Change(what="replicas", resource=f"{each['namespace']}/{each['name']}", before=first, after=then)


def _settled(state: State) -> Iterator[Change]:
    groups, before = state["settled"].get("security_groups") or (), state["cluster"].get("security_groups") or ()
    if groups:
        yield Change(
            what="security groups",
            resource=restore_outcome.restored_name(state) or state["restoration"]["target"],
            before=", ".join(before),
            after=", ".join(groups),
        )
