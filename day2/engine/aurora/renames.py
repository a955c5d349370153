"""NewDBClusterIdentifier and NewDBInstanceIdentifier: the same resource under another name.

Until it is done the old identifier shows the status `renaming` and the new one is taken but unknown; from then on it
is the other way round. Resource id, tags, backups and snapshots stay the resource's own; the ARN and the endpoint are
the identifier's. A snapshot goes on bearing the name that its cluster had. Without ApplyImmediately a rename is pending
until the maintenance window, which never comes here.
"""

from day2.engine.aurora import phases, references, stores
from day2.engine.aurora.disturbances import Disturbance
from day2.engine.aurora.phases import Action
from day2.engine.aurora.records import Aurora, Cluster, Instance
from day2.engine.aurora.wire import Request

RENAMING = "renaming"


def cluster_name(aurora: Aurora, request: Request) -> str:
    """The new identifier that ModifyDBCluster asks for, or "". Raises DBClusterAlreadyExistsFault."""
    parameter = "NewDBClusterIdentifier"
    return references.free_cluster_id(aurora, request, parameter=parameter) if request.get(parameter) else ""


def instance_name(aurora: Aurora, request: Request) -> str:
    """The new identifier that ModifyDBInstance asks for, or "". Raises DBInstanceAlreadyExists."""
    parameter = "NewDBInstanceIdentifier"
    return references.free_instance_id(aurora, request, parameter=parameter) if request.get(parameter) else ""


def begin_cluster(aurora: Aurora, cluster: Cluster, name: str, *, at_once: bool) -> None:
    """Rename a cluster; its server moves to the new identifier's address, cutting off who is connected.

    The address is free: a name is taken until its last owner's server has left it.
    """
    cluster.shown["PendingModifiedValues"] = {"DBClusterIdentifier": name}
    if not at_once:
        return
    cluster.becomes, cluster.shown["Status"] = name, RENAMING
    phases.begin(
        f"rename {cluster.id}",
        seconds=aurora.phases.renaming,
        work=lambda: aurora.move(cluster.volume, identifier=name),
        done=lambda failure: _end_cluster(aurora, cluster, failed=failure is not None),
        held=lambda: aurora.disturbances.lasts(Disturbance.RENAME_HANGS),
    )


def _end_cluster(aurora: Aurora, cluster: Cluster, *, failed: bool) -> None:
    with aurora.lock:
        name, cluster.becomes = cluster.becomes, ""
        del cluster.shown["PendingModifiedValues"]
        if failed:
            cluster.shown["Status"] = "failed"
            return
        arn = aurora.arn("cluster", name)
        stores.move_tags(cluster.shown["DBClusterArn"], arn)
        cluster.shown |= {"DBClusterIdentifier": name, "DBClusterArn": arn, "Status": "available"}
        cluster.shown |= cluster.volume.endpoint
        del aurora.clusters[cluster.id]
        cluster.id = name
        aurora.clusters[name] = cluster


def begin_instance(aurora: Aurora, instance: Instance, name: str, *, at_once: bool) -> None:
    """Rename an instance, which reboots it: the server, where it is the writer."""
    instance.shown["PendingModifiedValues"] = {"DBInstanceIdentifier": name}
    if not at_once:
        return
    instance.becomes, instance.shown["DBInstanceStatus"] = name, RENAMING
    phases.begin(
        f"rename {instance.id}",
        seconds=aurora.phases.renaming,
        work=_reboot(instance),
        done=lambda failure: _end_instance(aurora, instance, failed=failure is not None),
        held=lambda: aurora.disturbances.lasts(Disturbance.RENAME_HANGS),
    )


def _reboot(instance: Instance) -> Action:
    if instance.cluster.instances[0] != instance.id:
        return phases.nothing

    def reboot() -> None:
        with instance.cluster.volume.offline():
            pass

    return reboot


def _end_instance(aurora: Aurora, instance: Instance, *, failed: bool) -> None:
    with aurora.lock:
        name, instance.becomes = instance.becomes, ""
        del instance.shown["PendingModifiedValues"]
        if instance.status != RENAMING:
            return  # deleted meanwhile
        if failed:
            instance.shown["DBInstanceStatus"] = "failed"
            return
        arn = aurora.arn("db", name)
        stores.move_tags(instance.shown["DBInstanceArn"], arn)
        instance.shown |= {"DBInstanceIdentifier": name, "DBInstanceArn": arn, "DBInstanceStatus": "available"}
        members = instance.cluster.instances
        members[members.index(instance.id)] = name
        del aurora.instances[instance.id]
        instance.id = name
        aurora.instances[name] = instance
