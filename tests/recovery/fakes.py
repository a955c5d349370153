"""A small AWS of values, with a clock of its own: what the recovery steps meet behind their doors.

Time passes only when a test says so. Each changing call may be told to die right after its effect (`dies_after`), to
refuse (`refuses`), or to be slow; that is how a step is seen to be idempotent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from lambdas.adapters.executions import Execution
from lambdas.adapters.kubernetes import Namespace
from lambdas.contracts import Drill
from lambdas.errors import StillDeleting
from lambdas.recovery.database import (
    AVAILABLE,
    DELETING,
    Cluster,
    Instance,
    Inventory,
    ManagedSecret,
    RetainedBackup,
    Snapshot,
)
from lambdas.recovery.isolation import Route, RouteTable, Rule, SecurityGroup
from lambdas.recovery.names import label_value
from lambdas.recovery.restoring import InstanceOrder, RestoreOrder

ACCOUNT = "arn:aws:states:eu-west-1:111122223333"


class Died(Exception):
    """The function ended without a word, right after its effect."""


@dataclass
class Clock:
    """Virtual time."""

    now: datetime

    def passes(self, **span: float) -> None:
        """Let time pass: `clock.passes(minutes=12)`."""
        self.now += timedelta(**span)


@dataclass
class Faults:
    """What goes wrong at which call of a door, by the method's name."""

    dies_after: set[str] = field(default_factory=set)
    refuses: dict[str, Exception] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def before(self, call: str) -> None:
        self.calls.append(call)
        if call in self.refuses:
            raise self.refuses[call]

    def after(self, call: str) -> None:
        if call in self.dies_after:
            self.dies_after.discard(call)
            raise Died(call)


@dataclass
class FakeRds:
    """RDS with time in it: a restore is `creating` for `restore_takes`, a deletion `deleting` for `deletion_takes`."""

    clock: Clock
    faults: Faults
    restore_takes: timedelta = timedelta(minutes=12)
    instance_takes: timedelta = timedelta(minutes=7)
    secret_takes: timedelta = timedelta(minutes=2)
    deletion_takes: timedelta = timedelta(minutes=8)
    all_clusters: dict[str, Cluster] = field(default_factory=dict)
    all_instances: dict[str, Instance] = field(default_factory=dict)
    all_snapshots: dict[str, Snapshot] = field(default_factory=dict)
    all_backups: dict[str, RetainedBackup] = field(default_factory=dict)
    orders: list[RestoreOrder] = field(default_factory=list)
    ends_in: str = AVAILABLE
    _done_at: dict[str, datetime] = field(default_factory=dict)
    _gone_at: dict[str, datetime] = field(default_factory=dict)
    _secret_at: dict[str, datetime] = field(default_factory=dict)

    def cluster(self, name: str) -> Cluster | None:
        self.faults.before("cluster")
        return next((each for each in self._clusters() if each.name == name), None)

    def clusters(self) -> tuple[Cluster, ...]:
        self.faults.before("clusters")
        return self._clusters()

    def instance(self, name: str) -> Instance | None:
        self.faults.before("instance")
        return next((each for each in self._instances() if each.name == name), None)

    def instances(self) -> tuple[Instance, ...]:
        self.faults.before("instances")
        return self._instances()

    def snapshot(self, name: str) -> Snapshot | None:
        return self.all_snapshots.get(name)

    def snapshots(self) -> tuple[Snapshot, ...]:
        self.faults.before("snapshots")
        return tuple(self.all_snapshots.values())

    def automated_backups(self) -> tuple[RetainedBackup, ...]:
        self.faults.before("automated_backups")
        return tuple(self.all_backups.values())

    def inventory(self, source: str, *, named: str | None = None) -> Inventory:
        snapshots = tuple(each for each in self.snapshots() if each.cluster == source or each.name == named)
        cluster = self.cluster(source)
        if cluster is None:
            retained = tuple(each for each in self.automated_backups() if each.cluster == source)
            return Inventory(source=None, snapshots=snapshots, retained=retained)
        instances = tuple(each for each in self.instances() if each.cluster == source)
        return Inventory(source=cluster, instances=instances, snapshots=snapshots)

    def restore(self, order: RestoreOrder) -> Cluster | None:
        self.faults.before("restore")
        if order.target in {each.name for each in self._clusters()}:
            return None
        self.orders.append(order)
        cluster = Cluster(
            name=order.target,
            status="creating",
            engine=order.point.engine,
            engine_version=order.point.engine_version,
            resource_id=f"cluster-{order.target.upper()}",
            arn=f"arn:aws:rds:eu-west-1:111122223333:cluster:{order.target}",
            created_at=self.clock.now,
            endpoint=f"{order.target}.cluster-x.eu-west-1.rds.amazonaws.com",
            port=order.port,
            security_groups=order.security_groups,
            subnet_group=order.subnet_group,
            tags=order.tags,
        )
        self.all_clusters[cluster.name] = cluster
        self._done_at[cluster.name] = self.clock.now + self.restore_takes
        self.faults.after("restore")
        return cluster

    def add_instance(self, order: InstanceOrder) -> Instance | None:
        self.faults.before("add_instance")
        if order.name in self.all_instances:
            return None
        instance = Instance(
            name=order.name,
            cluster=order.cluster,
            status="creating",
            publicly_accessible=False,
            security_groups=self.all_clusters[order.cluster].security_groups,
            vpc="vpc-1",
            subnets=("subnet-a", "subnet-b"),
            created_at=self.clock.now,
            tags=order.tags,
        )
        self.all_instances[order.name] = instance
        self._done_at[order.name] = self.clock.now + self.instance_takes
        self.faults.after("add_instance")
        return instance

    def manage_master_password(self, cluster: str) -> None:
        self.faults.before("manage_master_password")
        self._secret_at[cluster] = self.clock.now + self.secret_takes
        self.faults.after("manage_master_password")

    def delete_instance(self, name: str) -> None:
        self._delete("delete_instance", name)

    def delete_cluster(self, name: str) -> None:
        if any(each.cluster == name and each.status != DELETING for each in self._instances()):
            raise StillDeleting("it has instances", resource=name, next_step="")
        self._delete("delete_cluster", name)

    def delete_snapshot(self, name: str) -> None:
        self.faults.before("delete_snapshot")
        self.all_snapshots.pop(name, None)

    def delete_automated_backup(self, resource_id: str) -> None:
        self.faults.before("delete_automated_backup")
        self.all_backups.pop(resource_id, None)

    def secrets_of(self, cluster: str) -> tuple[str, ...]:
        found = next((each for each in self._clusters() if each.name == cluster), None)
        return (found.managed_secret.arn,) if found and found.managed_secret else ()

    def _delete(self, call: str, name: str) -> None:
        self.faults.before(call)
        self._gone_at.setdefault(name, self.clock.now + self.deletion_takes)
        self.faults.after(call)

    def _clusters(self) -> tuple[Cluster, ...]:
        return tuple(
            replace(each, status=self._status(each.name, each.status), managed_secret=self._secret(each))
            for each in self.all_clusters.values()
            if not self._is_gone(each.name)
        )

    def _instances(self) -> tuple[Instance, ...]:
        return tuple(
            replace(each, status=self._status(each.name, each.status))
            for each in self.all_instances.values()
            if not self._is_gone(each.name)
        )

    def _is_gone(self, name: str) -> bool:
        return name in self._gone_at and self.clock.now >= self._gone_at[name]

    def _status(self, name: str, told: str) -> str:
        if name in self._gone_at:
            return DELETING
        if name in self._done_at:
            return self.ends_in if self.clock.now >= self._done_at[name] else "creating"
        return told

    def _secret(self, cluster: Cluster) -> ManagedSecret | None:
        if cluster.name not in self._secret_at:
            return cluster.managed_secret
        status = "active" if self.clock.now >= self._secret_at[cluster.name] else "creating"
        return ManagedSecret(arn=f"arn:aws:secretsmanager:::secret:rds!cluster-{cluster.name}", status=status)


@dataclass
class FakeSecrets:
    """The managed secrets of the fake clusters, and others a test adds."""

    rds: FakeRds
    faults: Faults
    others: dict[str, str] = field(default_factory=dict)

    def managed_by(self, cluster: str) -> tuple[str, ...]:
        self.faults.before("managed_by")
        return (*self.rds.secrets_of(cluster), *(name for name, of in self.others.items() if of == cluster))


@dataclass
class FakeEc2:
    """The network around the copy: closed, unless a test opens it."""

    faults: Faults
    groups: list[SecurityGroup]
    tables: list[RouteTable]

    def security_groups(self, ids: Sequence[str]) -> tuple[SecurityGroup, ...]:
        self.faults.before("security_groups")
        return tuple(each for each in self.groups if each.id in ids)

    def route_tables(self, vpc: str) -> tuple[RouteTable, ...]:  # noqa: ARG002  the door's signature
        self.faults.before("route_tables")
        return tuple(self.tables)


def closed_network(isolated: str, verifier: str, port: int) -> tuple[SecurityGroup, RouteTable]:
    """What the copy's surroundings should look like."""
    rule = Rule(protocol="tcp", from_port=port, to_port=port, groups=(verifier,))
    group = SecurityGroup(id=isolated, ingress=(rule,), egress=())
    routes = (Route(to="10.0.0.0/16", by="local"), Route(to="0.0.0.0/0", by="nat-1"))
    return group, RouteTable(id="rtb-1", main=False, subnets=("subnet-a", "subnet-b"), routes=routes)


@dataclass
class FakeKubernetes:
    """Namespaces and their policies."""

    clock: Clock
    faults: Faults
    deletion_takes: timedelta = timedelta(seconds=20)
    all_namespaces: dict[str, Namespace] = field(default_factory=dict)
    policies: set[str] = field(default_factory=set)
    _gone_at: dict[str, datetime] = field(default_factory=dict)

    def namespace(self, name: str) -> Namespace | None:
        self.faults.before("namespace")
        if name in self._gone_at and self.clock.now >= self._gone_at[name]:
            return None
        found = self.all_namespaces.get(name)
        return replace(found, terminating=name in self._gone_at) if found else None

    def namespaces(self, labels: Mapping[str, str]) -> tuple[Namespace, ...]:
        self.faults.before("namespaces")
        return tuple(each for each in self.all_namespaces.values() if labels.items() <= each.labels.items())

    def create_namespace(
        self, name: str, *, labels: Mapping[str, str], annotations: Mapping[str, str]
    ) -> Namespace | None:
        self.faults.before("create_namespace")
        if name in self.all_namespaces:
            return None
        assert all(value == label_value(value) for value in labels.values())
        made = Namespace(
            name=name,
            uid=f"uid-{name}",
            terminating=False,
            created_at=self.clock.now,
            labels=labels,
            annotations=annotations,
        )
        self.all_namespaces[name] = made
        self.faults.after("create_namespace")
        return made

    def deny_all_traffic(self, namespace: str, *, labels: Mapping[str, str]) -> str:  # noqa: ARG002  the door's signature
        self.faults.before("deny_all_traffic")
        self.policies.add(namespace)
        self.faults.after("deny_all_traffic")
        return "deny-all"

    def delete_namespace(self, namespace: Namespace) -> None:
        self.faults.before("delete_namespace")
        self._gone_at.setdefault(namespace.name, self.clock.now + self.deletion_takes)
        self.faults.after("delete_namespace")


@dataclass
class FakeLedger:
    """Who holds what, in a dictionary."""

    faults: Faults
    slots: dict[tuple[str, str, datetime], str] = field(default_factory=dict)
    locks: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    entries: dict[str, Drill] = field(default_factory=dict)

    def claim_slot(self, *, source: str, recovery_point: str, slot: datetime, execution: str) -> bool:
        self.faults.before("claim_slot")
        owner = self.slots.setdefault((source, recovery_point, slot), execution)
        self.faults.after("claim_slot")
        return owner == execution

    def lock(self, *, source: str, execution: str, drill: str, until: datetime, now: datetime) -> str | None:  # noqa: ARG002  the door's signature
        self.faults.before("lock")
        holder, held_until = self.locks.get(source, (execution, until))
        if holder != execution and held_until > now:
            return holder
        self.locks[source] = (execution, until)
        self.faults.after("lock")
        return None

    def unlock(self, *, source: str, execution: str) -> None:
        if self.locks.get(source, ("",))[0] == execution:
            del self.locks[source]

    def open_drill(self, drill: Drill) -> None:
        self.faults.before("open_drill")
        self.entries[drill.id] = drill
        self.faults.after("open_drill")

    def running(self) -> tuple[Drill, ...]:
        self.faults.before("running")
        return tuple(self.entries.values())


@dataclass
class FakeExecutions:
    """What became of each execution."""

    faults: Faults
    known: dict[str, Execution] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def execution(self, arn: str) -> Execution | None:
        self.asked.append(arn)
        self.faults.before("execution")
        return self.known.get(arn)


def execution_arn(name: str) -> str:
    """The ARN of an execution of the drill's machine."""
    return f"{ACCOUNT}:execution:dr-drill:{name}"


Json = dict[str, Any]
