"""The calls, and what their refusals mean."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.adapters import aws
from lambdas.adapters.rds import items, orders
from lambdas.adapters.rds.items import Item
from lambdas.errors import ClusterNotReady, NoUsableRecoveryPoint, ServiceBusy, StillDeleting
from lambdas.recovery.database import (
    Cluster,
    Instance,
    Inventory,
    RetainedBackup,
    Snapshot,
)
from lambdas.recovery.restoring import InstanceOrder, RestoreOrder

if TYPE_CHECKING:
    from mypy_boto3_rds import RDSClient

_NOT_FOUND = frozenset(
    {
        "DBClusterAutomatedBackupNotFound",
        "DBClusterNotFound",
        "DBClusterSnapshotNotFound",
        "DBInstanceNotFound",
    }
)
# The recovery point went away, or its key did, between the choice and the restore.
_POINT_UNUSABLE = _NOT_FOUND | {"InvalidDBClusterSnapshotState", "InvalidRestore", "KMSKeyNotAccessible"}
_WRONG_STATE = frozenset(
    {
        "InvalidDBClusterAutomatedBackupState",
        "InvalidDBClusterSnapshotState",
        "InvalidDBClusterState",
        "InvalidDBInstanceState",
    }
)


@cache
def door() -> "Rds":
    """This function's door, one client for the life of the process."""
    return Rds(aws.client("rds"))


class Rds:
    """RDS of one account and Region."""

    def __init__(self, client: "RDSClient") -> None:
        self._client = client

    def cluster(self, name: str) -> Cluster | None:
        """The cluster of that name."""
        found = self._pages("describe_db_clusters", "DBClusters", {"DBClusterIdentifier": name}, resource=name)
        return next((items.cluster(each) for each in found), None)

    def cluster_of(self, resource_id: str) -> Cluster | None:
        """The cluster of that resource id, whatever its name is by now."""
        return next((each for each in self.clusters() if each.resource_id == resource_id), None)

    def clusters(self) -> tuple[Cluster, ...]:
        """All clusters."""
        return tuple(items.cluster(each) for each in self._pages("describe_db_clusters", "DBClusters"))

    def instance(self, name: str) -> Instance | None:
        """The instance of that name."""
        found = self._pages("describe_db_instances", "DBInstances", {"DBInstanceIdentifier": name}, resource=name)
        return next((items.instance(each) for each in found), None)

    def instances(self) -> tuple[Instance, ...]:
        """All instances."""
        return tuple(items.instance(each) for each in self._pages("describe_db_instances", "DBInstances"))

    def snapshot(self, name: str) -> Snapshot | None:
        """The cluster snapshot of that name, whatever cluster it is of."""
        query = {"DBClusterSnapshotIdentifier": name}
        found = self._pages("describe_db_cluster_snapshots", "DBClusterSnapshots", query, resource=name)
        return next((items.snapshot(each) for each in found), None)

    def snapshots(self) -> tuple[Snapshot, ...]:
        """All cluster snapshots of this account.

        Not asked for by cluster: that filter wants a cluster that exists, and a deleted one's snapshots matter most.
        """
        found = self._pages("describe_db_cluster_snapshots", "DBClusterSnapshots")
        return tuple(items.snapshot(each) for each in found)

    def automated_backups(self) -> tuple[RetainedBackup, ...]:
        """All automated backups of clusters, of living ones and of deleted ones."""
        found = self._pages("describe_db_cluster_automated_backups", "DBClusterAutomatedBackups")
        return tuple(items.backup(each) for each in found)

    def inventory(self, source: str, *, named: str | None = None) -> Inventory:
        """Everything from which `source` can be restored, and the snapshot `named`, if it exists."""
        cluster = self.cluster(source)
        snapshots = tuple(each for each in self.snapshots() if each.cluster.lower() == source.lower())
        if named is not None and named.lower() not in {each.name.lower() for each in snapshots}:
            asked = self.snapshot(named)
            snapshots += (asked,) if asked is not None else ()
        if cluster is None:
            retained = tuple(each for each in self.automated_backups() if each.cluster.lower() == source.lower())
            return Inventory(source=None, snapshots=snapshots, retained=retained)
        instances = tuple(each for each in self.instances() if each.cluster == cluster.name)
        return Inventory(source=cluster, instances=instances, snapshots=snapshots)

    def restore(self, order: RestoreOrder) -> Cluster | None:
        """Start the restore. None: the name exists by now. Raises NoUsableRecoveryPoint when the point went away."""
        if order.point.kind == "snapshot":
            start: Callable[..., Any] = self._client.restore_db_cluster_from_snapshot
            told = {"SnapshotIdentifier": order.point.id, "Engine": order.point.engine}
            told["EngineVersion"] = order.point.engine_version
        else:
            start = self._client.restore_db_cluster_to_point_in_time
            told = orders.point_in_time(order)
        with aws.asking(order.target):
            try:
                return items.cluster(start(**told, **orders.shape(order))["DBCluster"])
            except ClientError as refusal:
                if aws.code(refusal) == "DBClusterAlreadyExists":
                    return None
                if aws.code(refusal) == "InvalidDBClusterState":
                    raise _busy(order.point.source, "a restore") from refusal
                if aws.code(refusal) in _POINT_UNUSABLE:
                    raise NoUsableRecoveryPoint(
                        f"It cannot be restored: {aws.code(refusal)}.",
                        resource=order.point.id,
                        next_step="See whether the recovery point and its KMS key still exist and are usable.",
                    ) from refusal
                raise

    def add_instance(self, order: InstanceOrder) -> Instance | None:
        """Create an instance. None: the name exists by now. Raises ServiceBusy in a wrong state."""
        with aws.asking(order.name):
            try:
                created = self._client.create_db_instance(**orders.instance_shape(order))
            except ClientError as refusal:
                if aws.code(refusal) == "DBInstanceAlreadyExists":
                    return None
                if aws.code(refusal) in _WRONG_STATE:
                    raise _busy(order.cluster, "an instance") from refusal
                raise
            return items.instance(created["DBInstance"])

    def manage_master_password(self, cluster: str) -> None:
        """Let RDS set a master password and keep it as a managed secret. Raises ClusterNotReady in a wrong state."""
        with aws.asking(cluster):
            try:
                self._client.modify_db_cluster(
                    DBClusterIdentifier=cluster, ManageMasterUserPassword=True, ApplyImmediately=True
                )
            except ClientError as refusal:
                if aws.code(refusal) not in _WRONG_STATE:
                    raise
                raise ClusterNotReady(
                    "Its state does not allow a new password yet.",
                    resource=cluster,
                    next_step="Nothing to do: the machine asks again.",
                ) from refusal

    def set_master_password(self, cluster: str, password: str) -> None:
        """Set the master user's password. Raises ServiceBusy in a wrong state."""
        self._modify(cluster, {"MasterUserPassword": password}, what="a new password")

    def set_security_groups(self, cluster: str, groups: Sequence[str]) -> None:
        """Put these in the place of the cluster's security groups. Raises ServiceBusy in a wrong state."""
        self._modify(cluster, {"VpcSecurityGroupIds": list(groups)}, what="other security groups")

    def unprotect(self, cluster: str) -> None:
        """Switch its deletion protection off. As `set_security_groups`."""
        self._modify(cluster, {"DeletionProtection": False}, what="its deletion")

    def rename_cluster(self, name: str, new: str) -> None:
        """Begin to give the cluster another identifier, and with it other endpoints. As `set_security_groups`."""
        self._modify(name, {"NewDBClusterIdentifier": new}, what="another name")

    def rename_instance(self, name: str, new: str) -> None:
        """Begin to give an instance another identifier, for which it restarts. Raises ServiceBusy in a wrong state."""
        with aws.asking(name):
            try:
                self._client.modify_db_instance(
                    DBInstanceIdentifier=name, NewDBInstanceIdentifier=new, ApplyImmediately=True
                )
            except ClientError as refusal:
                if aws.code(refusal) not in _WRONG_STATE | {"DBInstanceAlreadyExists"}:
                    raise
                raise _busy(name, "another name") from refusal

    def _modify(self, cluster: str, changes: Mapping[str, Any], *, what: str) -> None:
        with aws.asking(cluster):
            try:
                self._client.modify_db_cluster(DBClusterIdentifier=cluster, ApplyImmediately=True, **changes)
            except ClientError as refusal:
                if aws.code(refusal) not in _WRONG_STATE | {"DBClusterAlreadyExists"}:
                    raise
                raise _busy(cluster, what) from refusal

    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        """Set these tags of a resource; its other ones stay."""
        with aws.asking(arn):
            self._client.add_tags_to_resource(ResourceName=arn, Tags=orders.as_tags(tags))

    def take_snapshot(self, name: str, *, cluster: str, tags: Mapping[str, str]) -> None:
        """Begin a manual snapshot; one of that name that exists is left as it is. ServiceBusy in a wrong state."""
        with aws.asking(name):
            try:
                self._client.create_db_cluster_snapshot(
                    DBClusterSnapshotIdentifier=name, DBClusterIdentifier=cluster, Tags=orders.as_tags(tags)
                )
            except ClientError as refusal:
                if aws.code(refusal) == "DBClusterSnapshotAlreadyExists":
                    return
                if aws.code(refusal) not in _WRONG_STATE:
                    raise
                raise _busy(cluster, "a snapshot") from refusal

    def delete_instance(self, name: str) -> None:
        """Start the deletion; absent is done. Raises StillDeleting when its state does not allow it yet."""
        self._delete(name, lambda: self._client.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True))

    def delete_cluster(self, name: str, *, keep_backups: bool = False) -> None:
        """Start the deletion, without a last snapshot of its own; as `delete_instance`.

        Its automated backups go with it, or stay as retained ones until their days are over.
        """
        self._delete(
            name,
            lambda: self._client.delete_db_cluster(
                DBClusterIdentifier=name, SkipFinalSnapshot=True, DeleteAutomatedBackups=not keep_backups
            ),
        )

    def delete_snapshot(self, name: str) -> None:
        """Delete a manual cluster snapshot; as `delete_instance`."""
        self._delete(name, lambda: self._client.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=name))

    def delete_automated_backup(self, resource_id: str) -> None:
        """Delete the automated backup of a deleted cluster; as `delete_instance`."""
        self._delete(
            resource_id, lambda: self._client.delete_db_cluster_automated_backup(DbClusterResourceId=resource_id)
        )

    def _delete(self, name: str, delete: Callable[[], object]) -> None:
        with aws.asking(name):
            try:
                delete()
            except ClientError as refusal:
                if aws.code(refusal) in _NOT_FOUND:
                    return
                if aws.code(refusal) not in _WRONG_STATE:
                    raise
                raise StillDeleting(
                    "Its state does not allow the deletion yet.",
                    resource=name,
                    next_step="Nothing to do: the machine asks again.",
                ) from refusal

    def _pages(
        self, operation: str, listed: str, query: Mapping[str, str] | None = None, *, resource: str = "*"
    ) -> Iterator[Item]:
        with aws.asking(resource):
            try:
                # Any: the operation's name is a value here, so no overload of the stubs can apply.
                paginator: Any = self._client.get_paginator(operation)  # type: ignore[call-overload]
                for page in paginator.paginate(**(query or {})):
                    yield from page[listed]
            except ClientError as refusal:
                if aws.code(refusal) not in _NOT_FOUND:
                    raise


def _busy(cluster: str, what: str) -> ServiceBusy:
    """A cluster that was available a moment ago is being backed up or maintained: minutes, not a reason to give up."""
    return ServiceBusy(
        f"Its state does not allow {what} right now.",
        resource=cluster,
        next_step="Nothing to do: the machine asks again. See the cluster's status if it stays like this.",
    )
