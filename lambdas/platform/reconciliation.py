"""Workspaces that only one side knows: the pods that run, or the database that takes them for running."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lambdas.platform.cluster import Pod
from lambdas.restore_contracts import Mismatch, Reconciliation

WORKSPACE = "com.coder.workspace.id"
_OWNER = "com.coder.user.id"
_LISTED = 200
_NOTHING = Mismatch(count=0, workspaces=(), owners=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A workspace that the database has. `running`: its latest build is a start that succeeded."""

    owner: str
    running: bool


def compare(pods: Sequence[Pod], workspaces: Mapping[str, Workspace]) -> Reconciliation:
    """Pods by their label against the workspaces that are not deleted, by id. Pods that are over do not count."""
    owners = {
        pod.labels[WORKSPACE]: pod.labels.get(_OWNER, "") for pod in pods if WORKSPACE in pod.labels and not pod.over
    }
    without_pod = {id_: each.owner for id_, each in workspaces.items() if each.running and id_ not in owners}
    return Reconciliation(
        without_row=_mismatch({id_: owner for id_, owner in owners.items() if id_ not in workspaces}),
        without_pod=_mismatch(without_pod),
    )


def not_looked_at(why: str) -> Reconciliation:
    """Nothing is known, which is not the same as nothing found."""
    return Reconciliation(without_row=_NOTHING, without_pod=_NOTHING, unknown=why)


def _mismatch(found: Mapping[str, str]) -> Mismatch:
    listed = sorted(found.items())[:_LISTED]
    return Mismatch(
        count=len(found),
        workspaces=tuple(workspace for workspace, _ in listed),
        owners=tuple(owner for _, owner in listed),
    )
