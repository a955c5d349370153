"""An engine with node groups and workspaces on them, and what tests ask of it."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import urllib3
from operator_command import Command

from day2.drill import execution
from day2.drill.deployment import Deployment
from day2.drill.execution import Watched
from day2.engine import schedules
from day2.engine.disturbances import Disturbances
from day2.engine.furnishing import Furnished
from day2.engine.seed import psql
from day2.engine.workspace_pods import name_of
from day2.engine.workspaces import Workspaces
from day2.scaling import running
from lambdas.adapters.scalings import EVERYTHING, Scalings
from lambdas.scaling.contracts import Decision, Node, Override, ScalingRun

Found = TypeVar("Found")

CLUSTER, WORKSPACES, PROVISIONERS = "coder-local", "coder-local-ws", "coder-local-prov"
PATIENCE_SECONDS = 30.0
_ENROLLED = "SELECT count(*) FROM provisioner_daemons WHERE last_seen_at > now() - interval '3 seconds';"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One engine, in the folder of `day2`. `people` start and stop workspaces on it."""

    furnished: Furnished
    folder: Path
    people: Workspaces

    @property
    def deployment(self) -> Deployment:
        return self.furnished.deployment

    @cached_property
    def day2(self) -> Command:
        return Command(self.folder)

    @cached_property
    def ledger(self) -> Scalings:
        return Scalings(self.deployment.table, self.client("dynamodb"))

    @property
    def disturbances(self) -> Disturbances:
        return Disturbances(self.furnished.engine.settings.workspace)

    def client(self, service: str) -> Any:
        return self.furnished.engine.client(service)

    # Scalings

    def start(self, group: str = "workspace", **request: Any) -> str:
        return running.start(self.deployment, {"group": group, "started_by": "the tests", **request})

    def follow(self, arn: str) -> Watched:
        """The execution as it ended."""
        *_, last = execution.follow(self.deployment, arn)
        return last

    def scale(self, group: str = "workspace", **request: Any) -> Watched:
        """A scaling as it ended."""
        return self.follow(self.start(group, **request))

    def fire(self, schedule: str, *, at: datetime | None = None) -> str:
        """What the deployed schedule `<role>-<name>` starts."""
        return schedules.fire(self.furnished.engine, self.deployment.environment, schedule, at=at, scaling=True)

    def reach(self, arn: str, state: str) -> Watched:
        """The execution when it has entered `state`."""
        for seen in execution.follow(self.deployment, arn):
            if state in names(seen):
                return seen
        raise AssertionError(f"it ended without {state}: {seen.status} {seen.error} {seen.sentence}")

    def history(self) -> list[tuple[datetime, ScalingRun, Decision, Mapping[str, Any] | None]]:
        """What was decided within the hour, the latest first, and how it ended."""
        now = datetime.now(UTC)
        return list(running.history(self.deployment, since=now - timedelta(hours=1), until=now))

    def say_nothing_holds(self) -> None:
        """Every override and freeze has lapsed."""
        over = Override(until=datetime.now(UTC) - timedelta(hours=1), by="the tests")
        for group in (WORKSPACES, PROVISIONERS, EVERYTHING):
            self.ledger.say(group, over)

    @contextmanager
    def told(self, role: str, **policy: float) -> Iterator[None]:
        """AwaitNodes reads another policy of this role in the block."""
        functions, name = self.client("lambda"), "coder-day2-local-await-nodes"
        before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        settings = json.loads(before["DAY2_SETTINGS"])
        settings["scaling"]["groups"][role] |= policy
        changed = {**before, "DAY2_SETTINGS": json.dumps(settings)}
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": changed})
        try:
            yield
        finally:
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": before})

    @contextmanager
    def unheard(self) -> Iterator[None]:
        """What alarms say in the block reaches nobody."""
        topics = self.client("sns")
        [each] = [
            one
            for one in topics.list_subscriptions()["Subscriptions"]
            if one["Endpoint"].endswith(":coder-day2-local-route-alarm")
        ]
        topics.unsubscribe(SubscriptionArn=each["SubscriptionArn"])
        try:
            yield
        finally:
            topics.subscribe(TopicArn=each["TopicArn"], Protocol="lambda", Endpoint=each["Endpoint"])

    @contextmanager
    def waits(self, scale: float) -> Iterator[None]:
        """Waits of the machine take this share of their time in the block."""
        self._set_waits(scale)
        try:
            yield
        finally:
            self._set_waits(self.furnished.engine.settings.wait_scale)

    def _set_waits(self, scale: float) -> None:
        told = json.dumps({"stepfunctions._SFN_WAIT_SCALE": scale})
        answer = urllib3.request("POST", f"{self.furnished.engine.endpoint}/_ministack/config", body=told)
        assert answer.json()["applied"]

    # The platform

    def sizes(self, group: str = WORKSPACES) -> tuple[int, int, int]:
        """Smallest, desired and largest, by EKS."""
        told = self.client("eks").describe_nodegroup(clusterName=CLUSTER, nodegroupName=group)
        sizes = told["nodegroup"]["scalingConfig"]
        return sizes["minSize"], sizes["desiredSize"], sizes["maxSize"]

    def set_sizes(self, group: str, **sizes: int) -> None:
        """By EKS, past every guard."""
        self.client("eks").update_nodegroup_config(clusterName=CLUSTER, nodegroupName=group, scalingConfig=sizes)
        eventually(lambda: self.status(group) == "ACTIVE" or None)

    def status(self, group: str = WORKSPACES) -> str:
        told = self.client("eks").describe_nodegroup(clusterName=CLUSTER, nodegroupName=group)
        return str(told["nodegroup"]["status"])

    def nodes(self, group: str = WORKSPACES) -> tuple[Node, ...]:
        return self.people.kubernetes.nodes(group)

    def occupied(self) -> set[str]:
        """The nodes with workspaces, once every workspace has one."""

        def look() -> set[str] | None:
            nodes = set(self.people.placed().values())
            return None if "" in nodes else nodes

        return eventually(look)

    def empty(self) -> set[str]:
        """The nodes without workspaces."""
        occupied = self.occupied()
        return {each.name for each in self.nodes()} - occupied

    def without_pods(self, workspaces: Iterable[str]) -> None:
        """Somebody deletes the pods of running workspaces."""
        for each in workspaces:
            self.people.kubernetes.call("DELETE", f"/api/v1/namespaces/coder-ws/pods/{name_of(each)}")

    def take_up(self) -> int | None:
        """How many builds the provisioners take; None for none."""
        return self.people.take_up() or None

    def busy(self) -> int:
        """How many builds run."""
        return len(self.people.builds.starting())

    def enrolled(self) -> int:
        """How many daemons Coder would give a build now."""
        told = psql.run(self.people.builds.dsn, _ENROLLED, psql=self.people.builds.psql, variables={})
        return int(told.strip())

    def leaving(self) -> set[str]:
        """The provisioners that are to end."""
        pods = self.people.kubernetes.pods("coder-prov", "app.kubernetes.io/name=coder-provisioner")
        return {each.name for each in pods if each.terminating}

    def with_empty(self, count: int) -> None:
        """Have so many nodes more than hold workspaces, all Ready and none cordoned."""
        eventually(lambda: sum(each.ready for each in self.nodes()) == self.sizes()[1] or None)
        wanted = len(self.occupied()) + count
        seen = self.scale(desired=wanted)
        assert seen.status == "SUCCEEDED", seen.sentence
        eventually(lambda: self.sizes()[1] == wanted or None)


def names(seen: Watched) -> tuple[str, ...]:
    """The tasks and waits that an execution has entered, in their order."""
    return tuple(each.name for each in seen.states)


def decision(seen: Watched) -> Mapping[str, Any]:
    """What was decided."""
    found: Mapping[str, Any] = seen.output["plan"]["decision"]
    return found


def eventually(look: Callable[[], Found | None]) -> Found:
    """The first thing that `look` sees."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (seen := look()) is None:
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)
    return seen


def called(nodes: Iterable[Node]) -> set[str]:
    return {each.name for each in nodes}
