"""People's workspaces on the engine's platform: started and stopped, in Coder's database and as pods on nodes at once.

Coder and Kubernetes agree about them at every moment as a real platform's do: a workspace is on the move while its pod
comes or goes. A pod finds its node by the fake's scheduler, or waits for room.

    people = Workspaces.on(Engine.find())
    morning = people.start(40)            # running by Coder; people.placed() tells on which nodes, "" while on none
    people.stop(morning[:30])
    people.queue(8)                       # a burst of builds that wait for provisioners
    while people.take_up() or people.finish():
        ...
    assert people.killed() == ()          # none ended because its node did
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from day2.engine import node_groups, workspace_pods
from day2.engine.cluster_door import door_to
from day2.engine.engine import Engine
from day2.engine.failures import PreparationFailed
from day2.engine.furnishing import kubernetes_cluster, production
from day2.engine.postgres import binaries
from day2.engine.workspace_builds import Build, Builds
from day2.engine.workspace_pods import WORKSPACE_LABEL, Killed, Workspace
from lambdas.adapters.kubernetes import Kubernetes


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspaces:
    """The workspaces of one engine. `builds` is the database that production's connection secret named."""

    builds: Builds
    kubernetes: Kubernetes
    namespace: str = "coder-ws"

    @classmethod
    def on(cls, engine: Engine) -> "Workspaces":
        """Those of a furnished engine. Raises PreparationFailed on one that has no platform."""
        dsn, cluster = production(engine), kubernetes_cluster()
        if dsn is None or cluster is None:
            raise PreparationFailed("No platform with Coder stands on this engine.", resource=engine.endpoint)
        builds = Builds(dsn, Path(binaries.find().tool("psql")))
        return cls(builds=builds, kubernetes=door_to(engine.client, cluster))

    def start(self, count: int) -> tuple[str, ...]:
        """Start so many, stopped ones first and then new ones; their ids. Their pods may still wait for a node."""
        return self._come(self.builds.starts(count, begun="running"))

    def stop(self, workspaces: Iterable[str]) -> tuple[str, ...]:
        """Stop these; the ids of those that ran. Their pods are gone."""
        stops = self.builds.stops(workspaces, begun="running")
        for each in stops:
            self.kubernetes.call("DELETE", f"{self._pods}/{workspace_pods.name_of(each.workspace.id)}")
        self.builds.complete(stops)
        return tuple(each.workspace.id for each in stops)

    def queue(self, count: int) -> tuple[str, ...]:
        """Order so many starts, which wait for provisioners: the ids of the workspaces."""
        return tuple(each.workspace.id for each in self.builds.starts(count, begun="pending"))

    def take_up(self) -> int:
        """Every idle provisioner takes a job that waits; how many did."""
        return self.builds.take_up()

    def finish(self, most: int | None = None) -> tuple[str, ...]:
        """Let the builds succeed that provisioners run, the longest first; the ids of the workspaces."""
        return self._come(self.builds.starting()[:most])

    def running(self) -> tuple[str, ...]:
        """The ids of those that run, by Coder."""
        return tuple(each.id for each in workspace_pods.running(self.builds.dsn, psql=self.builds.psql))

    def placed(self) -> Mapping[str, str]:
        """Workspace (id) -> the node of its pod, empty while it waits for one."""
        pods = self.kubernetes.pods(self.namespace, WORKSPACE_LABEL)
        return {each.labels[WORKSPACE_LABEL]: each.node for each in pods}

    def killed(self) -> tuple[Killed, ...]:
        """Every workspace that ended because its node did, since the engine is up."""
        return workspace_pods.killed(self.kubernetes, self.namespace)

    @property
    def _pods(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/pods"

    def _come(self, starts: tuple[Build, ...]) -> tuple[str, ...]:
        for each in starts:
            self._make_pod(each.workspace)
        self.builds.complete(starts)
        return tuple(each.workspace.id for each in starts)

    def _make_pod(self, workspace: Workspace) -> None:
        place = node_groups.selecting(node_groups.WORKSPACE)
        self.kubernetes.create(self._pods, workspace_pods.pod(workspace, place=place))
